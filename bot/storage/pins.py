"""The pins of scenes and their author's notes: what people want a story to remember.

Law: a pin that still has the words of a turn follows the turn: its edits, its removal, its deletion. One that
a person has written or changed is that person's. A branch begins with copies of its own. Nobody is told the
words of people who have opted out.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.memory.memory import fact_of
from bot.core.scene import Position
from bot.storage.columns import storable, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Row
from bot.storage.preferences import OPT_OUT
from bot.storage.rows import turn_of


@dataclass(frozen=True, slots=True)
class Pin:
    """A fact of a scene. `turn_id` is the turn whose words it still has, None for a person's own."""

    id: int
    text: str
    turn_id: int | None = None


# Those of a turn that was taken out of the story, or that an undo left out in a branch, come back with it.
_TOLD: Final = f"""
turn.removal_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM scene WHERE scene.id = pin.scene_id AND scene.id <> turn.scene_id
        AND scene.until < turn.position
) AND NOT EXISTS (
    SELECT 1 FROM preference WHERE preference.user_id = pin.author_id AND preference.key = '{OPT_OUT}'
)
"""  # noqa: S608 - ours

_PINS: Final = f"""
SELECT pin.id, pin.text, pin.turn_id FROM pin LEFT JOIN turn ON turn.id = pin.turn_id
WHERE pin.scene_id = ? AND {_TOLD} ORDER BY pin.rank, pin.id
"""  # noqa: S608 - ours

_NEXT: Final = "SELECT coalesce(max(rank), 0) + 1 AS rank, count(*) AS count FROM pin WHERE scene_id = ?"

_ADD: Final = """
INSERT INTO pin (scene_id, rank, text, turn_id, position, author_id, by_user, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id, text, turn_id
"""

_NEIGHBOUR: Final = f"""
SELECT pin.id, pin.rank FROM pin AS mine
JOIN pin ON pin.scene_id = mine.scene_id AND pin.rank < mine.rank
LEFT JOIN turn ON turn.id = pin.turn_id
WHERE mine.id = ? AND {_TOLD} ORDER BY pin.rank DESC LIMIT 1
"""  # noqa: S608 - ours

_FOLLOWED: Final = """
SELECT turn.* FROM turn_with_speaker AS turn
WHERE turn.id = ? AND EXISTS (SELECT 1 FROM pin WHERE pin.turn_id = turn.id)
"""

_NOTE: Final = f"""
SELECT text FROM author_note WHERE scene_id = ? AND NOT EXISTS (
    SELECT 1 FROM preference WHERE preference.user_id = author_note.by_user AND preference.key = '{OPT_OUT}'
)
"""  # noqa: S608 - ours

_PUT_NOTE: Final = """
INSERT INTO author_note (scene_id, text, by_user, created_at) VALUES (?, ?, ?, ?)
ON CONFLICT (scene_id) DO UPDATE SET
    text = excluded.text, by_user = excluded.by_user, created_at = excluded.created_at
"""


class Pins:
    """The pins and notes of all scenes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of_scene(self, scene_id: int) -> list[Pin]:
        """Return the pins of a scene in order, without those of turns that are out of the story."""
        return [_pin(row) for row in await self._db.read(_PINS, (scene_id,))]

    async def add(self, scene_id: int, made: "Made", most: int) -> Pin | None:
        """Store a pin after all others; None if the scene has `most` of them already."""
        async with self._db.transaction() as tx:
            (last,) = await tx.run(_NEXT, (scene_id,))
            if last["count"] >= most:
                return None
            of = (made.position, made.author_id, made.by_user, to_ms(made.at))
            rows = await tx.run(_ADD, (scene_id, last["rank"], storable(made.text), made.turn_id, *of))
            return _pin(rows[0])

    async def edit(self, pin_id: int, text: str, by_user: int, at: datetime) -> None:
        """Store a person's words for a pin: it no longer follows a turn."""
        sql = """
        UPDATE pin SET text = ?, turn_id = NULL, author_id = ?, by_user = ?, created_at = ? WHERE id = ?
        """
        await self._db.write(sql, (storable(text), by_user, by_user, to_ms(at), pin_id))

    async def drop(self, pin_id: int) -> None:
        """Delete a pin."""
        await self._db.write("DELETE FROM pin WHERE id = ?", (pin_id,))

    async def raise_(self, pin_id: int) -> bool:
        """Move a pin before the one before it; return False for the first."""
        async with self._db.transaction() as tx:
            before = await tx.run(_NEIGHBOUR, (pin_id,))
            mine = await tx.run("SELECT rank FROM pin WHERE id = ?", (pin_id,))
            if not before or not mine:
                return False
            for id_, rank in ((pin_id, before[0]["rank"]), (before[0]["id"], mine[0]["rank"])):
                await tx.run("UPDATE pin SET rank = ? WHERE id = ?", (rank, id_))
            return True

    async def note(self, scene_id: int) -> str:
        """Return the author's note of a scene; "" if it has none."""
        rows = await self._db.read(_NOTE, (scene_id,))
        return rows[0]["text"] if rows else ""

    async def put_note(self, scene_id: int, text: str, by_user: int, at: datetime) -> None:
        """Store the author's note of a scene; "" deletes it."""
        if text:
            await self._db.write(_PUT_NOTE, (scene_id, storable(text), by_user, to_ms(at)))
        else:
            await self._db.write("DELETE FROM author_note WHERE scene_id = ?", (scene_id,))


@dataclass(frozen=True, slots=True)
class Made:
    """A pin to be stored.

    Attributes:
        text: its words.
        by_user: who made it.
        at: when.
        position: that of its turn, or of the scene's newest one.
        author_id: the person whose words it has; None for a persona's.
        turn_id: the turn whose words it has; None for a person's own.
    """

    text: str
    by_user: int
    at: datetime
    position: Position
    author_id: int | None
    turn_id: int | None = None


async def follow(tx: Transaction, turn_id: int) -> None:
    """Bring the pins that have a turn's words up to the turn as it is now."""
    for row in await tx.run(_FOLLOWED, (turn_id,)):
        text = fact_of(turn_of(row))
        if text:
            await tx.run("UPDATE pin SET text = ? WHERE turn_id = ?", (storable(text), turn_id))
        else:
            await forget_pins(tx, turn_id)


async def forget_pins(tx: Transaction, turn_id: int) -> None:
    """Delete the pins that have the words of a turn that people are about to delete."""
    await tx.run("DELETE FROM pin WHERE turn_id = ?", (turn_id,))


async def carry(tx: Transaction, parent_id: int, branch_id: int, until: Position) -> None:
    """Give a new branch copies of what its parent remembered up to the position where it begins."""
    copied = """
    INSERT INTO pin (scene_id, rank, text, turn_id, position, author_id, by_user, created_at)
    SELECT ?, rank, text, turn_id, position, author_id, by_user, created_at FROM pin
    WHERE scene_id = ? AND position <= ?
    """
    await tx.run(copied, (branch_id, parent_id, until))
    note = """
    INSERT INTO author_note (scene_id, text, by_user, created_at)
    SELECT ?, text, by_user, created_at FROM author_note WHERE scene_id = ?
    """
    await tx.run(note, (branch_id, parent_id))


def _pin(row: Row) -> Pin:
    return Pin(row["id"], row["text"], row["turn_id"])
