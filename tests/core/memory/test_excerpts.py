"""Excerpts of turns: one line around the first of the words, with the words marked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.memory.excerpts import excerpt_of
from bot.core.memory.words import search_of

LONG = "She walks on and on and on. " * 4 + "The lantern\n went out. " + "Nobody says a word now. " * 4


def marked(text: str, search: str, limit: int) -> str:
    parts = excerpt_of(text, search_of(search).spans(text), limit)
    return "".join(f"<{part.text}>" if part.is_hit else part.text for part in parts)


@pytest.mark.parametrize(
    ("text", "search", "limit", "excerpt"),
    [
        ("The lantern went out.", "lantern", 99, "The <lantern> went out."),
        ("The lantern\nwent  out.", "out lantern", 99, "The <lantern> went <out>."),
        ("Lantern", "lantern", 99, "<Lantern>"),
        (LONG, "lantern", 40, "…on. The <lantern> went out. Nobody…"),
        (LONG, "nobody", 40, "…went out. <Nobody> says a word now.…"),
        (LONG, '"she walks"', 30, "<She walks> on and on and on.…"),
        (LONG, "lantern", 8, "…<lant>…"),
        ("走" * 50 + "客栈" + "去" * 50, "客栈", 20, "…走走走走走走<客栈>去去去去去去去去去去…"),
        ("Nothing here", "lantern", 99, "Nothing here"),
        ("", "lantern", 99, ""),
    ],
)
def test_an_excerpt_has_the_words_in_their_midst(text: str, search: str, limit: int, excerpt: str) -> None:
    assert marked(text, search, limit) == excerpt


@given(st.text(max_size=60), st.text(max_size=8), st.integers(4, 40))
def test_an_excerpt_is_one_line_within_its_limit(text: str, search: str, limit: int) -> None:
    spans = search_of(search).spans(text)
    parts = excerpt_of(text, spans, limit)
    shown = "".join(part.text for part in parts)
    assert len(shown) <= limit
    assert "\n" not in shown
    assert any(part.is_hit for part in parts) == bool(spans)
