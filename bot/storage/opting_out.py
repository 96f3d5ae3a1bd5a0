"""Who has opted out, and what becomes of their words.

Law: their words stay stored, and no prompt has them until they take part again; what prompts quote of theirs
is deleted.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.storage.columns import from_ms
from bot.storage.database import Database
from bot.storage.derived import turn_settled
from bot.storage.marks import mark_again
from bot.storage.personal_data import OPTING_OUT
from bot.storage.preferences import OPT_IN, OPT_OUT
from bot.storage.recaps import tell_overtaken
from bot.storage.subject_access import PIECE, SubjectAccess

_OPT_IN: Final = """
INSERT INTO preference (user_id, key, value) VALUES (?, ?, ?)
ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value
"""


@dataclass(frozen=True, slots=True)
class Choices:
    """What people have decided about a message.

    Attributes:
        out: who has opted out of those in it.
        forgotten_at: when its author was forgotten; None if they were not.
        opted_in: the id of the press by which its author opted in again; None if they never did.
    """

    out: frozenset[int]
    forgotten_at: datetime | None
    opted_in: int | None


class OptOuts:
    """What people have chosen about their messages."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._access = SubjectAccess(db)

    async def choices(self, user_ids: Collection[int], author_id: int, channel_id: int) -> Choices:
        """Return which of these people have opted out, and what else the author decided for a channel."""
        marks = ", ".join("?" * len(user_ids))
        sql = f"""
        SELECT key, user_id, value FROM preference
        WHERE (key = ? AND user_id IN ({marks})) OR (key = ? AND user_id = ?)
        UNION ALL
        SELECT '', user_id, CAST(at AS TEXT) FROM forgotten WHERE user_id = ? AND channel_id IN (0, ?)
        """  # noqa: S608 - marks
        rows = await self._db.read(sql, (OPT_OUT, *user_ids, OPT_IN, author_id, author_id, channel_id))
        forgotten = [from_ms(int(row["value"])) for row in rows if not row["key"]]
        return Choices(
            frozenset(row["user_id"] for row in rows if row["key"] == OPT_OUT),
            max(forgotten, default=None),
            next((int(row["value"]) for row in rows if row["key"] == OPT_IN), None),
        )

    async def opt_out(self, user_id: int) -> None:
        """Store that a person has opted out, and delete what prompts quote of theirs."""
        async with self._db.transaction() as tx:
            for sql in OPTING_OUT:
                tell_overtaken(tx, [row["scene_id"] for row in await tx.run(sql, {"user": user_id})])

    async def opt_in(self, user_id: int, press_id: int) -> None:
        """Store that a person takes part again: what is stored of theirs is told or marked again."""
        sql = "DELETE FROM preference WHERE user_id = ? AND key = ? RETURNING 1"
        async with self._db.transaction() as tx:
            if await tx.run(sql, (user_id, OPT_OUT)):
                await tx.run(_OPT_IN, (user_id, OPT_IN, str(press_id)))
            await mark_again(tx, user_id)

    async def turns_of(self, user_id: int) -> AsyncIterator[list[int]]:
        """Yield the ids of the turns that have a person's words, in pieces."""
        async for rows in self._access.messages(user_id):
            yield [row["number"] for row in rows]
        sql = "SELECT id FROM turn WHERE spoken_by = ? ORDER BY id"
        spoken = [row["id"] for row in await self._db.read(sql, (user_id,))]
        for at in range(0, len(spoken), PIECE):
            yield spoken[at : at + PIECE]

    async def settle(self, turn_ids: Iterable[int]) -> None:
        """Call the observers of turns that the stories tell or leave out now."""
        async with self._db.transaction() as tx:
            for turn_id in turn_ids:
                await turn_settled(tx, turn_id)
