"""Which process writes a turn: who began it, or has taken it up. Which does what two hear of: the first.

Law: a turn is closed and changed by its writer alone for as long as that one lives. Where a process is alone,
none is listed, and everything is everybody's.
"""

from typing import Final

from bot.core.scene import Turn
from bot.storage.cluster import NOBODY
from bot.storage.database import Database, Transaction


def left(table: str) -> str:
    """Return the condition for a row that no living process sees to: of one that is gone, or was alone."""
    return f"{table}.writer NOT IN (SELECT id FROM process)"  # noqa: S608 - ours


def ours(table: str) -> str:
    """Return the condition for a row that the asking process sees to; its parameter is that one's number."""
    return f"({table}.writer = ? OR {left(table)})"


_WRITES: Final = """
SELECT 1 FROM turn WHERE scene_id = ? AND persona_key IS NOT NULL AND ending IS NULL AND writer <> ?
"""

_HAS_ANSWERED: Final = """
SELECT 1 FROM turn AS asked CROSS JOIN turn AS answer
WHERE asked.message_id = ? AND answer.scene_id = asked.scene_id AND answer.position > asked.position
    AND answer.persona_key = ? AND answer.writer <> ? AND (
        answer.text <> '' AND answer.removal_id IS NULL OR NOT EXISTS (
            SELECT 1 FROM debt WHERE debt.turn_id = asked.id AND debt.persona_key = answer.persona_key
        )
    )
"""

_TAKE_UP: Final = f"UPDATE turn SET writer = ? WHERE id = ? AND {left('turn')} RETURNING 1"  # noqa: S608

_IS_OTHERS: Final = f"SELECT 1 FROM turn WHERE id = ? AND NOT {ours('turn')}"  # noqa: S608

_HAND_ON: Final = (
    "UPDATE turn SET writer = 0 WHERE writer = ? AND id = ? RETURNING 1",
    "UPDATE steering SET writer = 0 WHERE writer = ? AND message_id = ? RETURNING 1",
)


# As `Cluster.claim` does it; the process's latest sign of life is by the database's clock.
_CLAIM: Final = """
INSERT INTO window_place (name, number, at) SELECT ?, 0, beat FROM process WHERE id = ?
ON CONFLICT DO NOTHING RETURNING 1
"""


async def claim(tx: Transaction, name: str) -> bool:
    """Return whether no process has claimed the same in the last hour; stored with the transaction.

    False too for a process that others take for dead. One that is alone claims everything.
    """
    return tx.writer == NOBODY or bool(await tx.run(_CLAIM, (name, tx.writer)))


async def take_up(tx: Transaction, turn_id: int) -> bool:
    """Become the writer of a turn that nobody sees to; False if somebody does."""
    return bool(await tx.run(_TAKE_UP, (tx.writer, turn_id)))


async def is_others(db: Database, turn_id: int) -> bool:
    """Return whether another living process writes a turn."""
    return bool(await db.read(_IS_OTHERS, (turn_id, db.writer)))


async def another_writes(db: Database, scene_id: int) -> bool:
    """Return whether a reply is open in a scene that this process neither writes nor has closed."""
    return bool(await db.read(_WRITES, (scene_id, db.writer)))


async def another_has_answered(db: Database, message_id: int, persona_key: str) -> bool:
    """Return whether another process has let a persona answer a message, or told why it does not."""
    return bool(await db.read(_HAS_ANSWERED, (message_id, persona_key, db.writer)))


async def hand_on(tx: Transaction, turn: Turn) -> bool:
    """Leave a turn, or a note that is as one, to who takes it up; False if it was left before."""
    ids = turn.id, turn.message_id
    return any([await tx.run(sql, (tx.writer, id_)) for sql, id_ in zip(_HAND_ON, ids, strict=True)])
