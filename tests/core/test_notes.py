"""What stands beside people's words: stored as records, read by the model as lines."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.notes import SILENCE, content_of, from_json, to_json, with_notes
from bot.core.scene import Note, Position, Speaker, Turn

NOTES = st.lists(st.builds(Note, st.text(min_size=1, max_size=9), st.text(max_size=9))).map(tuple)


def test_a_model_reads_the_words_and_a_line_for_each_note() -> None:
    alice = Speaker(1, "Alice", user_id=7)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    turn = Turn(1, 1, Position(1), alice, "look", 5, at, notes=(Note("image", "cat.png"), Note("audio")))
    assert content_of(turn) == "look\n[image: cat.png]\n[audio]"


@pytest.mark.parametrize(
    ("text", "notes", "read"),
    [
        ("look", (), "look"),
        ("", (Note("image", "cat.png"),), "[image: cat.png]"),
        ("", (SILENCE,), "…"),
        ("", (), ""),
        ("Hi", (Note("from tomorrow", "new"),), "Hi\n[from tomorrow: new]"),
    ],
)
def test_words_may_be_missing_and_so_may_notes(text: str, notes: tuple[Note, ...], read: str) -> None:
    assert with_notes(text, notes) == read


@given(NOTES)
def test_notes_come_back_as_they_were(notes: tuple[Note, ...]) -> None:
    assert from_json(to_json(notes)) == notes


def test_no_notes_take_no_room() -> None:
    assert to_json(()) == ""
    assert json.loads(to_json((Note("image", "猫"),))) == [{"kind": "image", "label": "猫"}]
    assert "猫" in to_json((Note("image", "猫"),))


@pytest.mark.parametrize(
    "stored",
    ["", "[", "{}", "7", "null", "[1, [], null, {}]", '[{"kind": ""}]', '[{"kind": 1, "label": "x"}]'],
)
def test_what_is_no_note_is_left_out(stored: str) -> None:
    assert from_json(stored) == ()


def test_what_a_later_version_adds_to_a_note_is_passed_over() -> None:
    assert from_json('[{"kind": "reply", "label": "Bob", "message": 5}, {"kind": "x", "label": 1}]') == (
        Note("reply", "Bob"),
    )
