"""How rows become records.

Law: a row that is stored is a record that exists; nothing is looked up here.
"""

import sqlite3
from collections.abc import Iterable

from bot.core.scene import Ending, Post, Slice, Turn
from bot.storage.columns import from_ms


def turn_of(row: sqlite3.Row) -> Turn:
    """A row of `turn` or `spoken`."""
    return Turn(
        id=row["id"],
        scene_id=row["scene_id"],
        name=row["name"],
        text=row["text"],
        tokens=row["tokens"],
        created_at=from_ms(row["created_at"]),
        user_id=row["user_id"],
        persona_key=row["persona_key"],
        message_id=row["message_id"],
        ending=Ending(row["ending"]) if row["ending"] else None,
        swipe=row["swipe"],
        removal_id=row["removal_id"],
    )


def posts_of(rows: Iterable[sqlite3.Row]) -> tuple[Post, ...]:
    """The rows of `post` that are messages."""
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


def planned_of(rows: Iterable[sqlite3.Row]) -> tuple[Slice, ...]:
    """The rows of `post` that were about to be sent."""
    return tuple(
        Slice(row["page"], row["slice_start"], row["slice_end"], row["nonce"], row["hook_id"], row["heading"])
        for row in rows
        if row["message_id"] is None
    )
