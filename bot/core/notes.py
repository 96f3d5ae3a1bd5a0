"""What stands beside a person's words: notes of ours on what they attached or left unsaid.

Law: a note is a plain record, stored apart from the words; only a prompt puts the two together. What a later
version has written is read as far as it is known.
"""

import json
from collections.abc import Sequence
from typing import Final

from bot.core.scene import Note, Turn

SILENCE: Final = Note("silence")
"""Somebody turned to the persona and said nothing: they wait."""

_SILENT: Final = "…"


def with_notes(text: str, notes: Sequence[Note]) -> str:
    """Return what a model reads of words and the notes beside them: a line for each note."""
    return "\n".join(filter(None, [text, *map(_line, notes)])) if notes else text


def content_of(turn: Turn) -> str:
    """Return what a model reads of a turn."""
    return with_notes(turn.text, turn.notes)


def _line(note: Note) -> str:
    if note.kind == SILENCE.kind:
        return _SILENT
    return f"[{note.kind}: {note.label}]" if note.label else f"[{note.kind}]"


def to_json(notes: Sequence[Note]) -> str:
    """Return notes as they are stored; "" for none."""
    records = [{"kind": note.kind, "label": note.label} for note in notes]
    return json.dumps(records, ensure_ascii=False) if records else ""


def from_json(stored: str) -> tuple[Note, ...]:
    """Return the notes that were stored, without those that are none."""
    try:
        records = json.loads(stored) if stored else []
    except ValueError:
        return ()
    found = map(_note, records if isinstance(records, list) else [])
    return tuple(note for note in found if note is not None)


def _note(record: object) -> Note | None:
    if not isinstance(record, dict):
        return None
    kind, label = record.get("kind"), record.get("label", "")
    return Note(kind, label) if isinstance(kind, str) and kind and isinstance(label, str) else None
