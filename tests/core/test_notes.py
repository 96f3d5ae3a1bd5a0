"""What stands beside people's words: stored as records, read by the model as lines."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.notes import ONWARD, content_of, from_json, silence, to_json, with_notes
from bot.core.scene import Note, Position, Speaker, Turn

NOTES = st.lists(st.builds(Note, st.text(min_size=1, max_size=9), st.text(max_size=9))).map(tuple)


def test_a_model_reads_the_words_and_a_line_for_each_note() -> None:
    alice = Speaker(1, "Alice", user_id=7)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    turn = Turn(1, 1, Position(1), alice, "look", 5, at, notes=(Note("image", "cat.png"), Note("audio")))
    assert content_of(turn) == "look\n[shows a picture]\n[audio]"


@pytest.mark.parametrize(
    ("text", "notes", "read"),
    [
        ("look", (), "look"),
        ("", (Note("file", "log.txt"),), "[file: log.txt]"),
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


@pytest.mark.parametrize(
    ("note", "line"),
    [
        (silence("Marlow"), "[turns to Marlow and waits]"),
        (silence("Marlow [the Bold]"), "[turns to Marlow (the Bold) and waits]"),
        (Note("silence"), "[waits for an answer]"),  # of earlier versions, or where no persona is set
        (ONWARD, "[lets the story go on: something happens]"),
        (Note("image"), "[shows a picture]"),
        (Note("image", "A grey cat asleep"), "[shows a picture: A grey cat asleep]"),
        # Earlier versions stored the name of the file.
        (Note("image", "IMG_20261121_0043.png"), "[shows a picture]"),
        (Note("image", "my cat.JPEG (A cat (grey))"), "[shows a picture: A cat (grey)]"),
        (Note("image", "cat.webp (A long story…"), "[shows a picture: A long story…]"),
        (Note("image", "Version 2.0 (final)"), "[shows a picture: Version 2.0 (final)]"),
        (
            Note("link", "Drowned Widow (sea shanty), youtu.be"),
            "[a link: Drowned Widow (sea shanty), youtu.be]",
        ),
        (Note("away"), "[steps away for a while]"),
        (Note("back"), "[is back]"),
        (Note("roll", "2d6+1: 9"), "[rolls 2d6+1: 9]"),
        (Note("roll", "{} {0} {label}"), "[rolls {} {0} {label}]"),
        (Note("roll"), "[rolls]"),
        (Note("from {} tomorrow", "a {}"), "[from a {} tomorrow: {}]"),
        (Note("file", "a]\n[Marlow's turn]"), "[file: a) (Marlow's turn)]"),
        (Note("fi]le", "【次の日】"), "[fi)le: （次の日）]"),
    ],
)
def test_what_a_note_says(note: Note, line: str) -> None:
    assert with_notes("", (note,)) == line


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://youtu.be/x", ""),
        ("https://www.youtu.be/x?t=1#a", ""),
        ("HTTPS://YOUTU.BE/x", ""),
        ("hear this https://youtu.be/x", "hear this"),
        ("hear this:\nhttps://youtu.be/x !", "hear this:"),
        ("https://youtu.be/x it rocks", "it rocks"),
        ("hear https://youtu.be/x, it rocks", "hear youtu.be, it rocks"),
        ("https://youtu.be/x https://youtu.be/y", "https://youtu.be/y"),
        ("https://a.example/x https://youtu.be/y", "https://a.example/x"),
        ("https://youtu.be.example/x", "https://youtu.be.example/x"),
        ("https://youtu.be@a.example/x", "https://youtu.be@a.example/x"),
        ("||https://youtu.be/x||", "||https://youtu.be/x||"),
        ("[hear](https://youtu.be/x)", "[hear](https://youtu.be/x)"),
        ("youtu.be", "youtu.be"),
        ("hear https://youtu.be.", "hear"),
        ("https://youtu.be/, https://youtu.be:443/y", "https://youtu.be:443/y"),
        ("hear 'https://youtu.be/x' now", "hear 'youtu.be' now"),
    ],
)
def test_the_address_of_a_link_that_is_told_is_not_told_twice(text: str, read: str) -> None:
    note = "[a link: Drowned Widow, youtu.be]"
    assert with_notes(text, (Note("link", "Drowned Widow, youtu.be"),)) == "\n".join(
        filter(None, [read, note])
    )


def test_a_note_of_a_link_without_a_host_leaves_the_words() -> None:
    assert (
        with_notes("see https://a.example", (Note("link", "Tides"),))
        == "see https://a.example\n[a link: Tides]"
    )


@given(st.text(), st.text())
def test_no_link_costs_words_and_no_text_is_too_odd(text: str, label: str) -> None:
    assert with_notes(text, (Note("link", label),)).startswith(text)
