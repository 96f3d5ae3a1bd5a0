"""A text in parts, and together again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.posts.edit_form import cut
from bot.core.posts.pages import utf16_length

ANY = st.characters(exclude_categories=["Cs"])
WORDS = st.text(st.sampled_from("ab .\n\t😀é\u0301"), max_size=400)


@example(text="0\r\n0", limit=8)
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


@example(text="0\r\n0", limit=8)
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


ACCENT = "\u0301"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        # In halves as nearly as may be: here after 30 characters of 60. A field holds 40.
        ("a" * 20 + "\n\n" + "b" * 10 + "\n\n" + "c" * 26, ["a" * 20 + "\n\n" + "b" * 10, "c" * 26]),
        ("a" * 26 + " " + "b" * 5 + "    " + "c" * 24, ["a" * 26 + " " + "b" * 5, "c" * 24]),
        # A paragraph before a line before a blank.
        ("a" * 30 + " " + "b" * 9 + "\n\n" + "c" * 18, ["a" * 30 + " " + "b" * 9, "c" * 18]),
        ("a" * 29 + " " + "b" * 5 + "\n" + "c" * 24, ["a" * 29 + " " + "b" * 5, "c" * 24]),
        ("a" * 22 + "\n\n" + "b" * 8 + "\n" + "c" * 27, ["a" * 22, "b" * 8 + "\n" + "c" * 27]),
        # No part is much shorter than half of the text, if that can be.
        ("a" * 17 + " " + "b" * 40, ["a" * 17, "b" * 40]),
        ("a" * 16 + " " + "b" * 41, ["a" * 16 + " " + "b" * 23, "b" * 18]),
        # Without a blank: between letters as people see them.
        ("a" * 39 + f"e{ACCENT}" + "b" * 19, ["a" * 39, f"e{ACCENT}" + "b" * 19]),
        ("a" * 10 + f"e{ACCENT * 20}e{ACCENT * 27}", ["a" * 10 + f"e{ACCENT * 20}", f"e{ACCENT * 27}"]),
        ("a" * 8 + f"e{ACCENT * 6}e{ACCENT * 34}", ["a" * 8 + f"e{ACCENT * 6}", f"e{ACCENT * 34}"]),
        ("😀" * 30, ["😀" * 20, "😀" * 10]),
        # Within one only where it is longer than a field.
        (f"e{ACCENT * 59}", [f"e{ACCENT * 39}", ACCENT * 20]),
        (f"abe{ACCENT * 57}", [f"abe{ACCENT * 37}", ACCENT * 20]),
    ],
)
def test_where_a_part_ends(text: str, parts: list[str]) -> None:
    found = cut(text, limit=40)
    assert found is not None
    assert list(found.texts) == parts


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


def test_blanks_around_a_text_that_was_emptied_go_with_it() -> None:
    parts = cut("\n" + "a" * 50 + "\n\n" + "b" * 50 + " ", limit=60)
    assert parts is not None
    assert parts.joined(("x", "c")) == "\nx\n\nc "
    assert parts.joined(("", "")) == ""


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_text_is_one_empty_part_to_write_in(blank: str) -> None:
    parts = cut(blank)
    assert parts is not None
    assert parts.texts == ("",)
    assert parts.joined(("New words.",)) == "New words."
    assert parts.joined(("",)) == ""
