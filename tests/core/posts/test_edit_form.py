"""A text in parts, and together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.posts.edit_form import cut
from bot.core.posts.pages import utf16_length

ANY = st.characters(exclude_categories=["Cs"])
WORDS = st.text(st.sampled_from("ab .\n\t😀é\u0301"), max_size=400)


@given(text=st.one_of(st.text(ANY, max_size=300), WORDS), limit=st.integers(8, 120))
def test_parts_that_nobody_changed_are_the_text_to_the_letter(text: str, limit: int) -> None:
    parts = cut(text, limit=limit)
    if parts is None:
        assert utf16_length(text.strip()) > limit
        return
    if text.strip():
        assert parts.joined(parts.texts) == text
    assert len(parts.texts) <= 5
    assert all(utf16_length(part) <= limit for part in parts.texts)


@given(text=st.one_of(st.text(ANY, max_size=300), WORDS), limit=st.integers(8, 120))
def test_a_form_that_cuts_blanks_off_takes_nothing_away(text: str, limit: int) -> None:
    parts = cut(text, limit=limit)
    if parts is not None and text.strip():
        assert all(part == part.strip() for part in parts.texts)
        assert parts.joined([f" {part}\n" for part in parts.texts]) == text
        assert parts.joined([part.replace("\n", "\r\n") for part in parts.texts]) == text


@given(text=WORDS)
def test_whatever_is_well_below_the_most_has_room(text: str) -> None:
    assert utf16_length(text.strip()) > 150 or cut(text, limit=100) is not None


def test_it_is_cut_between_paragraphs() -> None:
    text = "\n\n".join(["one " * 200, "two " * 200, "three " * 200]).replace(" \n", "\n").strip()
    parts = cut(text, limit=2000)
    assert parts is not None
    assert [part.split()[0] for part in parts.texts] == ["one", "three"]
    assert parts.joints == ("", "\n\n", "")


@pytest.mark.parametrize(
    ("text", "first", "joint"),
    [
        (
            "a" * 40 + "\n\n" + "b" * 20 + "\n" + "c" * 50,
            "a" * 40,
            "\n\n",
        ),  # a paragraph before a nearer line
        ("a" * 40 + " \n " + "b" * 15 + " " + "c" * 50, "a" * 40, " \n "),  # a line before a nearer blank
        ("a" * 45 + " " + "b" * 9 + "  " + "c" * 50, "a" * 45 + " " + "b" * 9, "  "),  # the nearest blank
        ("a" * 33 + " " + "b" * 77, "a" * 33, " "),
        ("a" * 32 + " " + "b" * 78, "a" * 32 + " " + "b" * 67, ""),  # a blank that comes too early
        ("a" * 98 + "👩\u200d🚀" + "b" * 5, "a" * 98, ""),  # no sign is torn
        ("a" * 20 + "\uffff" * 85, "a" * 20 + "\uffff" * 80, ""),  # one unit, the last of those
        ("a" * 20 + "\U00010000" * 45, "a" * 20 + "\U00010000" * 40, ""),  # two units, the first of those
    ],
)
def test_where_it_is_cut(text: str, first: str, joint: str) -> None:
    parts = cut(text, limit=100)
    assert parts is not None
    assert len(parts.texts) == 2
    assert (parts.texts[0], parts.joints[1]) == (first, joint)
    assert parts.joined(parts.texts) == text


def test_what_fits_one_field_with_room_to_write_is_one_part() -> None:
    assert cut("a" * 3500).texts == ("a" * 3500,)  # type: ignore[union-attr]
    assert len(cut("a" * 3501).texts) == 2  # type: ignore[union-attr]
    assert len(cut("a" * 20_000).texts) == 5  # type: ignore[union-attr]
    assert cut("a" * 20_001) is None


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (("x", "c"), "x\n\nc"),
        (("", "c"), "c"),
        (("a", " "), "a"),
        (("", ""), ""),
    ],
)
def test_a_part_that_was_emptied_takes_its_joint_along(texts: tuple[str, str], text: str) -> None:
    parts = cut("a" * 50 + "\n\n" + "b" * 50, limit=60)
    assert parts is not None
    assert len(parts.texts) == 2
    assert parts.joined(texts) == text
