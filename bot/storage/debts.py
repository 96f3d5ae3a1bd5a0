"""The debts: which personas have yet to answer which message.

Law: a debt is made with its message, in one transaction, and goes when the reply, or the notice in its place,
is in the channel. A message that several personas are to answer is owed by each of them.
"""

from collections.abc import Sequence
from typing import Final

from bot.core.scene import Owed, Position
from bot.storage.database import Database, Transaction
from bot.storage.rows import place_of, turn_of
from bot.storage.writers import ours

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


async def owed_turns(db: Database, *, ours: bool) -> list[Owed]:
    """Return the turns that wait for an answer, scene by scene in the order of the story.

    With `ours` only those to which no other living process sees.
    """
    rows = await (db.read(_OURS, (db.writer,)) if ours else db.read(_OWED))
    return [Owed(turn_of(row), place_of(row), row["owed_by"]) for row in rows]
