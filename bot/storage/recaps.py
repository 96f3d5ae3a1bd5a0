"""The recaps of scenes: summaries of what was said up to a position, each made from the one before it.

Law: a recap holds as long as all that it was made from is as it was. Where a turn under it changes or goes,
it is deleted in the same transaction, with those after it. What a person wrote stays where a turn was only
edited.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.memory.recap import digest_of
from bot.core.scene import END, Position, Turn
from bot.storage.branches import stretches
from bot.storage.columns import from_ms, storable, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Row, Run
from bot.storage.landmarks import last_landmark
from bot.storage.rows import turn_of


@dataclass(frozen=True, slots=True)
class Recap:
    """A summary of a scene's turns from `since` to `reaches`.

    Attributes:
        id: its number.
        scene_id: the scene that it was made in: the one that reads it, or a parent.
        since: the position of the first turn in it.
        reaches: the position of the last.
        left_out: how many turns before it or within are not in it.
        text: its text.
        tokens: those of the text.
        by_user: the person who wrote or changed it; None for a model.
        at: when it was made.
    """

    id: int
    scene_id: int
    since: Position
    reaches: Position
    left_out: int
    text: str
    tokens: int
    by_user: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """A recap that a model has made: of which turns, on top of which recap.

    Attributes:
        base: the recap before it; None for the first.
        turns: the turns after that, as the model read them.
        left_out: how many turns were left out in between.
        text: the new text.
        tokens: those of the text.
        at: when it was made.
    """

    base: Recap | None
    turns: Sequence[Turn]
    left_out: int
    text: str
    tokens: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many turns, and of how many tokens, are in no recap yet."""

    turns: int = 0
    tokens: int = 0


_NEWEST: Final = """
SELECT * FROM recap WHERE scene_id = ? AND reaches < ? ORDER BY reaches DESC, id DESC LIMIT 1
"""

_ADD: Final = """
INSERT INTO recap (scene_id, since, reaches, left_out, text, tokens, by_user, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *
"""

_OLDEST: Final = """
SELECT * FROM spoken WHERE scene_id = ? AND position >= ? AND position < ? ORDER BY position LIMIT ?
"""

_BACKLOG: Final = """
SELECT count(*) AS turns, CAST(coalesce(sum(tokens), 0) AS BIGINT) AS tokens FROM spoken
WHERE scene_id = ? AND position >= ? AND position < ?
"""

_LATEST: Final = """
SELECT position, tokens FROM spoken WHERE scene_id = ? AND position >= ? AND position < ?
ORDER BY position DESC LIMIT ?
"""

CHUNK: Final = 2000
"""Turns that are looked at in one go: a scene may have a million."""

# The scene and all that branch off it at or after a position.
_OVERTAKEN: Final = """
WITH RECURSIVE below (id) AS (
    SELECT id FROM scene WHERE id = :scene
    UNION ALL
    SELECT scene.id FROM scene JOIN below ON scene.parent = below.id WHERE scene.until >= :position
)
DELETE FROM recap WHERE scene_id IN (SELECT id FROM below) AND reaches >= :position
    AND (by_user IS NULL OR :gone = 1)
RETURNING scene_id
"""


class Recaps:
    """The recaps of all scenes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def newest(self, scene_id: int, before: Position = END) -> Recap | None:
        """Return the recap that reaches furthest, but not to `before`; None if there is none.

        A branch's own go before those of its parents, of which it reads those up to where it begins.
        """
        return await _newest(self._db.read, scene_id, before)

    async def get(self, recap_id: int) -> Recap | None:
        """Return a recap; None if it does not hold anymore."""
        rows = await self._db.read("SELECT * FROM recap WHERE id = ?", (recap_id,))
        return _recap(rows[0]) if rows else None

    async def turns_after(self, scene_id: int, after: Position, until: Position, most: int) -> list[Turn]:
        """Return the oldest `most` turns after one position and up to another, in order."""
        return await _oldest(self._db.read, scene_id, after, until, most)

    async def backlog(self, scene_id: int, after: Position, until: Position) -> Backlog:
        """Return how much was said after one position and up to another; counts it all."""
        turns = tokens = 0
        for part in await stretches(self._db.read, scene_id, Position(after + 1), Position(until + 1)):
            (row,) = await self._db.read(_BACKLOG, (part.scene_id, part.start, part.before))
            turns, tokens = turns + row["turns"], tokens + row["tokens"]
        return Backlog(turns, tokens)

    async def latest(self, scene_id: int, after: Position, until: Position, tokens: int) -> Position:
        """Return the position after which there are at most so many tokens of turns."""
        for part in await stretches(self._db.read, scene_id, Position(after + 1), Position(until + 1)):
            before = part.before
            while rows := await self._db.read(_LATEST, (part.scene_id, part.start, before, CHUNK)):
                for row in rows:
                    tokens -= row["tokens"]
                    if tokens < 0:
                        return Position(row["position"])
                before = rows[-1]["position"]
        return after

    async def landmark(self, scene_id: int, until: Position) -> tuple[int, int] | None:
        """Return the ids of channel and message of the last turn up to a position; None if there is none."""
        return await last_landmark(self._db.read, scene_id, until)

    async def add(self, scene_id: int, step: Step) -> Recap | None:
        """Store what a model has made; None if the base or any of the turns is not as it was anymore."""
        first, last = step.turns[0].position, step.turns[-1].position
        since = step.base.since if step.base else first
        left_out = step.left_out + (step.base.left_out if step.base else 0)
        async with self._db.transaction() as tx:
            base = await _newest(tx.run, scene_id, Position(last + 1))
            if (base.id if base else None) != (step.base.id if step.base else None):
                return None
            now = await _oldest(tx.run, scene_id, Position(first - 1), last, len(step.turns) + 1)
            if digest_of(now) != digest_of(step.turns):
                return None
            written = (storable(step.text), step.tokens, None, to_ms(step.at))
            rows = await tx.run(_ADD, (scene_id, since, last, left_out, *written))
            return _recap(rows[0])

    async def rewrite(
        self, scene_id: int, recap: Recap, text: str, tokens: int, by: tuple[int, datetime]
    ) -> None:
        """Store a person's text (who, when) for a recap; what was made from the one before it goes.

        A branch gets one of its own; "" deletes the recap there.
        """
        user, at = by
        async with self._db.transaction() as tx:
            later = "DELETE FROM recap WHERE scene_id = ? AND (reaches > ? OR id = ?)"
            await tx.run(later, (scene_id, recap.reaches, recap.id))
            if text:
                values = (recap.since, recap.reaches, recap.left_out, storable(text), tokens, user, to_ms(at))
                await tx.run(_ADD, (scene_id, *values))

    async def forget(self, scene_id: int) -> None:
        """Delete a scene's own recaps that a model made, so that they are made again."""
        await self._db.write("DELETE FROM recap WHERE scene_id = ? AND by_user IS NULL", (scene_id,))

    async def is_paused(self, scene_id: int) -> bool:
        """Return whether no recaps are made of a scene."""
        rows = await self._db.read("SELECT recap_paused FROM scene WHERE id = ?", (scene_id,))
        return bool(rows and rows[0]["recap_paused"])

    async def pause(self, scene_id: int, *, paused: bool) -> None:
        """Store whether recaps are made of a scene."""
        await self._db.write("UPDATE scene SET recap_paused = ? WHERE id = ?", (int(paused), scene_id))


async def overtake(tx: Transaction, turn_id: int, *, gone: bool = False) -> None:
    """Delete the recaps of which a turn that changes is a part; `gone` says that it leaves the story."""
    for row in await tx.run("SELECT scene_id, position FROM turn WHERE id = ?", (turn_id,)):
        await overtake_from(tx, row["scene_id"], row["position"], gone=gone)


async def overtake_from(tx: Transaction, scene_id: int, position: Position, *, gone: bool = False) -> None:
    """Delete the recaps that reach to a position of a scene or beyond it."""
    facts = {"scene": scene_id, "position": position, "gone": int(gone)}
    tell_overtaken(tx, {row["scene_id"] for row in await tx.run(_OVERTAKEN, facts)})


def tell_overtaken(tx: Transaction, scene_ids: Iterable[int]) -> None:
    """Tell the database's `overtaken` in which scenes recaps are gone, to be made again."""
    for scene_id in scene_ids:
        for tell in tx.overtaken:
            tell(scene_id)


async def _newest(read: Run, scene_id: int, before: Position) -> Recap | None:
    for part in await stretches(read, scene_id):
        rows = await read(_NEWEST, (part.scene_id, min(before, part.before)))
        if rows:
            return _recap(rows[0])
    return None


async def _oldest(read: Run, scene_id: int, after: Position, until: Position, most: int) -> list[Turn]:
    found: list[Turn] = []
    for part in reversed(await stretches(read, scene_id, Position(after + 1), Position(until + 1))):
        rest = most - len(found)
        if rest > 0:
            rows = await read(_OLDEST, (part.scene_id, part.start, part.before, rest))
            found += map(turn_of, rows)
    return found


def _recap(row: Row) -> Recap:
    where = (row["id"], row["scene_id"], Position(row["since"]), Position(row["reaches"]), row["left_out"])
    return Recap(*where, row["text"], row["tokens"], row["by_user"], from_ms(row["created_at"]))
