"""The notes beside a person's words: the bot's records of attachments, or of an empty mention.

Law: a note is a plain record, stored apart from the words; only a prompt puts the two together. Of notes by a
later version, the known fields are read.
"""

import json
from collections.abc import Sequence
from typing import Final

from bot.core.scene import Note, Turn
from bot.core.speech import in_story

SILENCE: Final = Note("silence")
"""A person mentioned the persona without any words, and waits for an answer."""

_SILENT: Final = "…"


def with_notes(text: str, notes: Sequence[Note]) -> str:
    """Return the text for the model: words, and a line for each note."""
    return "\n".join(filter(None, [text, *map(_line, notes)])) if notes else text


def told_with(text: str, notes: Sequence[Note]) -> str:
    """Return a person's text for the model: what belongs to the story, with its notes."""
    return with_notes(in_story(text), notes)


def content_of(turn: Turn) -> str:
    """Return the text of a turn for the model, with its notes; a person's without asides."""
    return with_notes(turn.text, turn.notes) if turn.user_id is None else told_with(turn.text, turn.notes)


def _line(note: Note) -> str:
    if note.kind == SILENCE.kind:
        return _SILENT
    return f"[{note.kind}: {note.label}]" if note.label else f"[{note.kind}]"


def bracketed(text: str) -> str:
    """Return a text as a note in a prompt: one line in square brackets, with only round ones inside."""
    return f"[{' '.join(text.translate(_ROUND).split())}]"


_ROUND: Final = str.maketrans("[]［］", "()（）")  # noqa: RUF001 - full-width


def to_json(notes: Sequence[Note]) -> str:
    """Return notes as JSON for the database; "" for none."""
    records = [{"kind": note.kind, "label": note.label} for note in notes]
    return json.dumps(records, ensure_ascii=False) if records else ""


def from_json(stored: str) -> tuple[Note, ...]:
    """Return the notes of a stored JSON, without entries that are not notes."""
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
