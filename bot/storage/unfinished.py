"""Personas' turns without an ending that people have seen: being written, or left so by a crash.

Law: a turn is closed by the process that writes it; one that no living process writes is closed by the first
that takes it up. It stays here until people see how it ended.
"""

from collections.abc import Iterable
from typing import Final

from bot.core.scene import Ending, Turn, Unfinished
from bot.storage.database import Database
from bot.storage.engine import Value
from bot.storage.rows import POSTS, TURN, place_of, planned_of, posts_of, turn_of
from bot.storage.swipes import close_left, shown
from bot.storage.writers import another_writes, hand_on, left, ours, take_up

_ALL: Final = """
SELECT turn.*, speaker.name, speaker.user_id, speaker.character,
    place.channel_id, place.owner, place.parent_id, place.guild_id, place.category_id
FROM turn JOIN speaker ON speaker.id = turn.speaker_id JOIN scene ON scene.id = turn.scene_id
JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
WHERE turn.persona_key IS NOT NULL
    AND (turn.ending IS NULL OR turn.ending = 'crashed' OR turn.former IS NOT NULL)
ORDER BY turn.id
"""

_LEFT: Final = _ALL.replace("ORDER BY", f"AND {left('turn')} ORDER BY")

_OURS: Final = _ALL.replace("ORDER BY", f"AND {ours('turn')} ORDER BY")


class UnfinishedTurns:
    """The unfinished turns of all scenes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> list[Unfinished]:
        """Return personas' turns that are being written, or that a crash cut off unknown to people."""
        return await self._read(_ALL)

    async def left(self) -> list[Unfinished]:
        """Return those of `all` that no living process sees to."""
        return await self._read(_LEFT)

    async def ours(self) -> list[Unfinished]:
        """Return those of `all` to which no other living process sees."""
        return await self._read(_OURS, (self._db.writer,))

    async def another_writes(self, scene_id: int) -> bool:
        """Return whether a reply is being written in a scene by another process, living or not."""
        return await another_writes(self._db, scene_id)

    async def close(self, turn_id: int, tokens: int, ending: Ending = Ending.CRASHED) -> Turn | None:
        """Close a turn that was left open, with the text it had; `tokens` is its count.

        A revision that had written nothing new is undone. A crashed turn stays among the unfinished until
        people have been told (`told`). None if the turn is gone.
        """
        async with self._db.transaction() as tx:
            await close_left(tx, turn_id, tokens, ending)
            rows = await tx.run(TURN, (turn_id,))
        return turn_of(rows[0]) if rows else None

    async def take_up(self, turn_id: int, tokens: int) -> bool:
        """Close a turn that no living process sees to, as its writer from now on; False if one does.

        `tokens` is the count of its text; the rest is as with `close`.
        """
        async with self._db.transaction() as tx:
            if not await take_up(tx, turn_id):
                return False
            await close_left(tx, turn_id, tokens, Ending.CRASHED)
        return True

    async def hand_on(self, turns: Iterable[Turn]) -> bool:
        """Leave turns to whichever process takes them up; False if all were left before."""
        turns = tuple(turns)
        if not turns:
            return False
        async with self._db.transaction() as tx:
            return any([await hand_on(tx, turn) for turn in turns])

    async def told(self, turn_id: int) -> None:
        """Store that people see the turn and how it ended, or that they cannot be told."""
        sql = "UPDATE turn SET ending = ? WHERE id = ? AND ending = ?"
        async with self._db.transaction() as tx:
            await tx.run(sql, (Ending.INTERRUPTED, turn_id, Ending.CRASHED))
            await shown(tx, turn_id)

    async def _read(self, sql: str, values: tuple[Value, ...] = ()) -> list[Unfinished]:
        found = []
        for row in await self._db.read(sql, values):
            pages = await self._db.read(POSTS, (row["id"],))
            found.append(Unfinished(turn_of(row), place_of(row), posts_of(pages), planned_of(pages)))
        return found
