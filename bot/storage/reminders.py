"""The old turns that replies are reminded of.

Law: a reply is reminded once, and its variants and continuations of the same. Only the places of words are
stored: what was edited is told as it is now, and what was deleted is told no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Reminder:
    """An excerpt of an old turn: where in its words it begins, about, and its most characters."""

    of_turn: int
    start: int
    length: int


class Reminders:
    """The reminders of all replies."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, turn_id: int, reminders: Sequence[Reminder]) -> None:
        """Store what a reply is reminded of; nothing happens if the reply or an old turn is gone."""
        sql = """
        INSERT INTO reminder (turn_id, number, of_turn, start, length)
        SELECT reply.id, ?, old.id, ?, ? FROM turn AS reply CROSS JOIN turn AS old
        WHERE reply.id = ? AND old.id = ?
        ON CONFLICT (turn_id, number) DO NOTHING
        """
        async with self._db.transaction() as tx:
            for number, each in enumerate(reminders):
                await tx.run(sql, (number, each.start, each.length, turn_id, each.of_turn))

    async def of(self, turn_id: int) -> list[Reminder]:
        """Return what a reply is reminded of, in order."""
        sql = "SELECT * FROM reminder WHERE turn_id = ? ORDER BY number"
        rows = await self._db.read(sql, (turn_id,))
        return [Reminder(row["of_turn"], row["start"], row["length"]) for row in rows]
