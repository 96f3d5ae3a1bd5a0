"""The debts: which personas have yet to answer which message.

Law: a debt is made with its message, in one transaction, and goes when the reply, or the notice in its place,
is in the channel. A message that several personas are to answer is owed by each of them.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.core.scene import Owed, Position, Reference, Target
from bot.storage.database import Database, Transaction
from bot.storage.positions import moved_position
from bot.storage.references import refer
from bot.storage.rows import place_of, turn_of
from bot.storage.steering import owed_steering, steering_answered, waive_steering
from bot.storage.targets import target_columns
from bot.storage.writers import another_has_answered, claim, ours

_OWE: Final = "INSERT INTO debt (turn_id, persona_key, number) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"

_ANSWERED: Final = """
DELETE FROM debt WHERE persona_key = ? AND EXISTS (
    SELECT 1 FROM turn WHERE turn.id = debt.turn_id AND turn.scene_id = ? AND turn.position < ?
)
"""

# The tables are joined in this order: there are a few debts, and many turns.
_OWED: Final = """
SELECT turn.*, speaker.name, speaker.user_id, speaker.character, debt.persona_key AS owed_by,
    place.channel_id, place.owner, place.parent_id, place.guild_id, place.category_id
FROM debt CROSS JOIN turn CROSS JOIN speaker CROSS JOIN scene CROSS JOIN place
WHERE turn.id = debt.turn_id AND speaker.id = turn.speaker_id AND scene.id = turn.scene_id
    AND place.channel_id = scene.channel_id AND place.owner = scene.owner AND turn.removal_id IS NULL
ORDER BY turn.scene_id, turn.position, debt.number
"""

_OURS: Final = _OWED.replace("ORDER BY", f"AND {ours('turn')} ORDER BY")


class Debts:
    """The answers that are owed in all scenes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def owed(self, *, ours: bool = False) -> list[Owed]:
        """Return the messages that wait for an answer, scene by scene in the order of the story.

        At a start these are the messages that a kill left unanswered. With `ours` only those to which no
        other living process sees.
        """
        owed = [*await self._owed_turns(ours=ours), *await owed_steering(self._db, ours=ours)]
        return sorted(owed, key=lambda each: (each.turn.scene_id, each.turn.position))

    async def waive(self, message_id: int, persona_key: str) -> None:
        """Store that this persona owes no answer to a message, nor to those before it in its scene.

        People were told why, or no answer is due anymore.
        """
        sql = "SELECT scene_id, position FROM turn WHERE message_id = ?"
        rows = await self._db.read(sql, (message_id,))
        async with self._db.transaction() as tx:
            for row in rows:  # none if it was a press, of which nothing is stored
                await pay(tx, row["scene_id"], persona_key, Position(row["position"] + 1))
            await waive_steering(tx, message_id, persona_key)

    async def owe(
        self,
        message_id: int,
        persona_keys: Sequence[str],
        references: Iterable[Reference] = (),
        target: Target | None = None,
    ) -> bool:
        """Store that personas owe an answer to a message that did not ask for one when it was stored.

        It comes after all that personas have said without knowing it, with what it refers to (`references`)
        and replies to (`target`, if that is not stored yet). Return False if it has no turn, or if another
        process has seen to that already: while a shard changes hands, two hear of the edit.
        """
        sql = """
        UPDATE turn SET addressed = 1, position = ?, target_speaker = coalesce(target_speaker, ?),
            target = coalesce(target, ?), writer = ? WHERE id = ?
        """
        message, speaker = target_columns(target)
        async with self._db.transaction() as tx:
            rows = await tx.run("SELECT id, scene_id, position FROM turn WHERE message_id = ?", (message_id,))
            if not rows or not await claim(tx, f"edit {message_id}"):
                return False
            for row in rows:
                position = await moved_position(tx, row["scene_id"], row["position"])
                await tx.run(sql, (position, speaker, message, tx.writer, row["id"]))
                await owe(tx, row["id"], persona_keys)
                await refer(tx, row["id"], references)
        return True

    async def another_has_answered(self, message_id: int, persona_key: str) -> bool:
        """Return whether another process has let a persona answer a message, or told why it does not."""
        return await another_has_answered(self._db, message_id, persona_key)

    async def _owed_turns(self, *, ours: bool) -> list[Owed]:
        rows = await (self._db.read(_OURS, (self._db.writer,)) if ours else self._db.read(_OWED))
        return [Owed(turn_of(row), place_of(row), row["owed_by"]) for row in rows]


async def owe(tx: Transaction, turn_id: int, persona_keys: Sequence[str]) -> None:
    """Store that these personas owe an answer to a message, in this order."""
    for number, key in enumerate(persona_keys):
        await tx.run(_OWE, (turn_id, key, number))


async def pay(tx: Transaction, scene_id: int, persona_key: str, before: Position) -> None:
    """Store that a persona owes no answer to the messages of a scene before a position."""
    await tx.run(_ANSWERED, (persona_key, scene_id, before))


async def cancel(tx: Transaction, turn_id: int) -> None:
    """Store that no persona owes an answer to a message."""
    await tx.run("DELETE FROM debt WHERE turn_id = ?", (turn_id,))


async def answer(tx: Transaction, turn_id: int) -> None:
    """Store that a persona's turn, or the notice in its place, answers all messages before it."""
    sql = "SELECT scene_id, persona_key, position FROM turn WHERE id = ? AND persona_key IS NOT NULL"
    for row in await tx.run(sql, (turn_id,)):
        await pay(tx, row["scene_id"], row["persona_key"], Position(row["position"]))
    await steering_answered(tx, turn_id)
