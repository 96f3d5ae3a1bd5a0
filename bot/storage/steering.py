"""What one reply of a persona is told besides the story: people's wishes out of character, for example.

Law: a reply takes what waits for its persona in the transaction that begins its turn, and no other reply is
told it; the variants of that turn are. What a reply took that was never shown waits for the next.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.core.scene import Owed, Position, Speaker, Turn
from bot.storage.columns import from_ms, storable, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Row, Value
from bot.storage.rows import named_speaker, place_of
from bot.storage.writers import ours


class SteeringKind(StrEnum):
    """Where a note for a reply comes from."""

    OOC = "ooc"  # a person said it out of character, to the persona
    ASK = "ask"  # likewise, and the reply answers it out of character
    STEP_BACK = "step_back"  # a reply was covered, and the story is to take another way


@dataclass(frozen=True, slots=True)
class Steer:
    """A note for one reply.

    Attributes:
        kind: where it comes from.
        text: its words.
        tokens: the tokens of the words.
        at: when it was said.
        persona_key: the persona that is told; None for any.
        speaker: the person who said it; None if no person did.
        message_id: the message that said it; None for none.
        owed: whether it asked for a reply that has yet to come.
        turn_id: the reply that is told; None while none is.
    """

    kind: SteeringKind
    text: str
    tokens: int
    at: datetime
    persona_key: str | None = None
    speaker: Speaker | None = None
    message_id: int | None = None
    owed: bool = False
    turn_id: int | None = None


_SELECT: Final = """
SELECT steering.*, speaker.name, speaker.user_id, speaker.character
FROM steering LEFT JOIN speaker ON speaker.id = steering.speaker_id
"""

_ADD: Final = """
INSERT INTO steering (
    scene_id, persona_key, kind, speaker_id, message_id, text, tokens, owed, created_at, writer
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (message_id) DO NOTHING RETURNING id
"""

_TAKE: Final = """
UPDATE steering SET turn_id = ?
WHERE scene_id = ? AND turn_id IS NULL AND (persona_key IS NULL OR persona_key = ?)
"""

_WAIVE: Final = """
UPDATE steering SET owed = 0 WHERE persona_key = ? AND message_id <= ?
    AND scene_id = (SELECT scene_id FROM steering WHERE message_id = ?)
"""

# Those in resting scenes are not answered anymore.
_OWED: Final = """
SELECT steering.*, speaker.name, speaker.user_id, speaker.character, told.position AS told_at,
    place.channel_id, place.owner, place.parent_id, place.guild_id, place.category_id
FROM steering
CROSS JOIN scene
CROSS JOIN place
CROSS JOIN speaker
LEFT JOIN turn AS told ON told.id = steering.turn_id
WHERE steering.owed = 1 AND steering.message_id IS NOT NULL AND scene.id = steering.scene_id
    AND place.channel_id = scene.channel_id AND place.owner = scene.owner AND place.scene_id = scene.id
    AND speaker.id = steering.speaker_id
"""

_OURS: Final = f"{_OWED} AND {ours('steering')}"


class Steering:
    """The notes for replies, of all scenes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add(self, scene_id: int, steer: Steer) -> bool:
        """Store a note for the next reply; return False if its message has one already."""
        return bool(await self._db.write(_ADD, (*_row(scene_id, steer), self._db.writer)))

    async def of_message(self, message_id: int) -> Steer | None:
        """Return the note that a message made; None if it made none."""
        rows = await self._db.read(f"{_SELECT} WHERE steering.message_id = ?", (message_id,))
        return _steer_of(rows[0]) if rows else None

    async def told(self, turn_id: int) -> tuple[Steer, ...]:
        """Return what a reply and its variants are told, in the order in which it was said."""
        rows = await self._db.read(f"{_SELECT} WHERE steering.turn_id = ? ORDER BY steering.id", (turn_id,))
        return tuple(map(_steer_of, rows))

    async def pending(self, scene_id: int, persona_key: str) -> tuple[Steer, ...]:
        """Return what the next reply of a persona in a scene will be told."""
        sql = f"""
        {_SELECT} WHERE steering.scene_id = ? AND steering.turn_id IS NULL
            AND (steering.persona_key IS NULL OR steering.persona_key = ?) ORDER BY steering.id
        """
        return tuple(map(_steer_of, await self._db.read(sql, (scene_id, persona_key))))

    async def amend(self, message_id: int, text: str, tokens: int) -> None:
        """Store the edit of the message that made a note."""
        sql = "UPDATE steering SET text = ?, tokens = ? WHERE message_id = ?"
        await self._db.write(sql, (storable(text), tokens, message_id))

    async def owe(self, message_id: int) -> None:
        """Store that the message of a note that no reply has been told asks for that reply itself."""
        sql = "UPDATE steering SET owed = 1, writer = ? WHERE message_id = ? AND turn_id IS NULL"
        await self._db.write(sql, (self._db.writer, message_id))

    async def drop(self, message_id: int) -> None:
        """Delete the note that a message made, if it made one."""
        async with self._db.transaction() as tx:
            await forget_steering(tx, message_id)


async def steer(tx: Transaction, scene_id: int, note: Steer) -> None:
    """Store a note for the next reply."""
    await tx.run(_ADD, (*_row(scene_id, note), tx.writer))


async def unsay(tx: Transaction, scene_id: int, at: datetime) -> None:
    """Delete the note of a reply that was covered at this time, if no reply has been told it."""
    sql = "DELETE FROM steering WHERE scene_id = ? AND kind = ? AND created_at = ? AND turn_id IS NULL"
    await tx.run(sql, (scene_id, SteeringKind.STEP_BACK, to_ms(at)))


async def take(tx: Transaction, scene_id: int, turn_id: int, persona_key: str) -> None:
    """Store that a reply is told what waits for its persona in its scene."""
    await tx.run(_TAKE, (turn_id, scene_id, persona_key))


async def release(tx: Transaction, turn_id: int) -> None:
    """Store that a reply that is about to be deleted was told nothing."""
    await tx.run("UPDATE steering SET turn_id = NULL WHERE turn_id = ?", (turn_id,))


async def steering_answered(tx: Transaction, turn_id: int) -> None:
    """Store that a reply, or the notice in its place, answers what it was told."""
    await tx.run("UPDATE steering SET owed = 0 WHERE turn_id = ? AND owed = 1", (turn_id,))


async def waive_steering(tx: Transaction, message_id: int, persona_key: str) -> None:
    """Store that a persona owes no answer to a message that made a note, nor to those before it."""
    await tx.run(_WAIVE, (persona_key, message_id, message_id))


async def forget_steering(tx: Transaction, message_id: int) -> None:
    """Delete the note that a message made, if it made one."""
    await tx.run("DELETE FROM steering WHERE message_id = ?", (message_id,))


async def owed_steering(db: Database, *, ours: bool) -> list[Owed]:
    """Return the messages that made a note and wait for an answer, each as the turn it would be.

    With `ours` only those to which no other living process sees.
    """
    rows = await (db.read(_OURS, (db.writer,)) if ours else db.read(_OWED))
    return [_owed_of(row) for row in rows]


def _row(scene_id: int, steer: Steer) -> tuple[Value, ...]:
    speaker_id = steer.speaker.id if steer.speaker else None
    said = (
        speaker_id,
        steer.message_id,
        storable(steer.text),
        steer.tokens,
        int(steer.owed),
        to_ms(steer.at),
    )
    return (scene_id, steer.persona_key, steer.kind, *said)


def _owed_of(row: Row) -> Owed:
    # The reply that was told it comes after it, wherever that was begun.
    position = row["message_id"] if row["told_at"] is None else row["told_at"] - 1
    turn = Turn(
        id=-row["id"],  # of no turn
        scene_id=row["scene_id"],
        position=Position(position),
        speaker=named_speaker(row),
        text="",
        tokens=0,
        created_at=from_ms(row["created_at"]),
        message_id=row["message_id"],
    )
    return Owed(turn, place_of(row), row["persona_key"] or "")


def _steer_of(row: Row) -> Steer:
    speaker = None if row["speaker_id"] is None else named_speaker(row)
    return Steer(
        SteeringKind(row["kind"]),
        row["text"],
        row["tokens"],
        from_ms(row["created_at"]),
        row["persona_key"],
        speaker,
        row["message_id"],
        bool(row["owed"]),
        row["turn_id"],
    )
