"""Estimates err upwards, by script, and never beyond the bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.tokens import estimate, turn_cost


def test_the_estimate_lies_above_what_m2her_counted_and_not_far() -> None:
    # The reply in the vendor's API reference, with its `completion_tokens`.
    text = "Hello! I'm M2-her, an AI assistant developed by MiniMax. Nice to meet you! How can I help you?"
    assert 23 <= estimate(text) <= 46


def test_nothing_costs_nothing() -> None:
    assert estimate("") == 0


@given(st.text(max_size=200))
def test_no_estimate_exceeds_the_bytes_or_is_zero(text: str) -> None:
    assert (1 if text.strip() else 0) <= estimate(text) <= len(text.encode("utf-8", "surrogatepass"))


@given(st.text(max_size=100), st.text(max_size=100))
def test_more_text_never_costs_less_than_its_parts_by_more_than_the_joint(one: str, other: str) -> None:
    assert estimate(one + " " + other) >= max(estimate(one), estimate(other)) - 4


@pytest.mark.parametrize(
    ("text", "least"),
    [
        ("Иди сюда, мой друг", 6),
        ("ここに来てください", 3),
        ("여기로 와 주세요", 5),
        ("มาที่นี่เถอะ", 10),
        ("בוא הנה, ידידי", 10),
        ("🧙‍♂️🔥🐉", 6),
        ("<@123456789012345678> <:ale:1>", 10),
        ("zażółć gęślą jaźń", 9),
    ],
)
def test_scripts_that_cost_more_are_charged_more(text: str, least: int) -> None:
    assert estimate(text) >= least


def test_a_turn_costs_its_name_too() -> None:
    assert turn_cost("Alice", "Evening.") == estimate("Alice") + estimate("Evening.")
