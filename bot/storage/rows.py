"""The conversion of rows into records.

Law: a stored row is a valid record; nothing is looked up here.
"""

from collections.abc import Iterable

from bot.core.notes import from_json
from bot.core.scene import Ending, Participant, Place, Position, Post, Reference, Slice, Speaker, Target, Turn
from bot.storage.columns import from_ms
from bot.storage.engine import Row

TURN = "SELECT * FROM turn_with_speaker WHERE id = ?"
"""Selects one turn, even a removed or unfinished one."""

POSTS = "SELECT * FROM post WHERE turn_id = ? ORDER BY page"
"""Selects the posts of a turn, and those that are only planned."""


def speaker_of(row: Row) -> Speaker:
    """Return a row of `speaker` as a record."""
    return Speaker(row["id"], row["name"], row["user_id"], row["persona_key"], row["character"])


def named_speaker(row: Row, persona_key: str | None = None) -> Speaker:
    """Return the speaker of a row that has `speaker_id` and the speaker's name, user_id and character."""
    return Speaker(row["speaker_id"], row["name"], row["user_id"], persona_key, row["character"])


def place_of(row: Row) -> Place:
    """Return a row with the columns of `place` as a record."""
    return Place(row["channel_id"], row["parent_id"], row["guild_id"], row["category_id"], row["owner"])


def turn_of(row: Row, references: tuple[Reference, ...] = (), target: Target | None = None) -> Turn:
    """Return a row of `turn_with_speaker` or `spoken` as a record, with what it refers and replies to."""
    return Turn(
        id=row["id"],
        scene_id=row["scene_id"],
        position=Position(row["position"]),
        speaker=named_speaker(row, row["persona_key"]),
        text=row["text"],
        tokens=row["tokens"],
        created_at=from_ms(row["created_at"]),
        message_id=row["message_id"],
        ending=Ending(row["ending"]) if row["ending"] else None,
        swipe=row["swipe"],
        removal_id=row["removal_id"],
        notes=from_json(row["notes"]),
        editor=row["editor"],
        spoken_by=_spoken_by(row),
        references=references,
        target=target,
    )


def _spoken_by(row: Row) -> Participant | None:
    return None if row["spoken_by"] is None else Participant(row["spoken_by"], row["spoken_name"])


def posts_of(rows: Iterable[Row]) -> tuple[Post, ...]:
    """Return the rows of `post` that are messages."""
    return tuple(
        Post(
            row["message_id"],
            row["turn_id"],
            row["page"],
            row["slice_start"],
            row["slice_end"],
            row["hook_id"],
            row["heading"],
        )
        for row in rows
        if row["message_id"] is not None
    )


def planned_of(rows: Iterable[Row]) -> tuple[Slice, ...]:
    """Return the rows of `post` that were about to be sent."""
    return tuple(
        Slice(row["page"], row["slice_start"], row["slice_end"], row["nonce"], row["hook_id"], row["heading"])
        for row in rows
        if row["message_id"] is None
    )
