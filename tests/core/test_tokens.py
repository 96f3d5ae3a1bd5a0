"""Counting by script: never beyond the bytes, and more for scripts that cost more."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.tokens import BY_SCRIPT, Size

count = BY_SCRIPT.count


def test_the_vendor_s_own_example_costs_about_what_it_says() -> None:
    # The reply in the vendor's API reference. Its `completion_tokens` are those of the Chinese original, 23.
    text = "Hello! I'm M2-her, an AI assistant developed by MiniMax. Nice to meet you! How can I help you?"
    assert count(text) == 29
    assert count("你好！我是 M2-her，由 MiniMax 开发的") == 12


def test_nothing_costs_nothing_and_anything_something() -> None:
    assert count("") == 0
    assert count(" ") == 1
    assert count("\u0301") == 2


@given(st.text(st.characters(), max_size=200))
def test_no_count_exceeds_the_bytes_or_is_zero(text: str) -> None:
    assert (1 if text else 0) <= count(text) <= len(text.encode("utf-8", "surrogatepass"))


@given(st.text(max_size=100), st.text(max_size=100))
def test_more_text_never_costs_less_than_its_parts_by_more_than_the_joint(one: str, other: str) -> None:
    assert count(one + " " + other) >= max(count(one), count(other)) - 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Evening", 1),
        ("Incomprehensibilities", 7),
        ("zażółć gęślą jaźń", 12),
        ("WHAT IS HAPPENING", 6),
        ("1234567", 3),
        ("a\n\n\nb", 3),
        ("?!?!", 1),
        ("#$%&", 2),
        ("Иди сюда, мой друг", 9),
        ("ここに来てください", 3),
        ("コーヒー", 2),
        ("여기로 와 주세요", 5),
        ("ㅋㅋㅋ", 6),
        ("มาที่นี่เถอะ", 13),
        ("בוא הנה, ידידי", 12),
        ("سلام", 2),
        ("گچپژ", 5),
        ("ﷺ", 2),
        ("🧙\u200d♂️🔥🐉", 13),
        ("<@123456789012345678> <:ale:1>", 14),
        ("ហើយ", 8),
    ],
)
def test_what_texts_are_counted_as(text: str, expected: int) -> None:
    assert count(text) == expected


def test_sizes_add_up() -> None:
    assert Size(100, 3) + Size(20, 1) == Size(120, 4)
    assert Size(120, 4) - Size(20, 1) == Size(100, 3)
