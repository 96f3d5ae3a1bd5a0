"""The reactions that are due on people's messages: set on what was undone, taken away when it comes back.

Law: what is due is stored with the change that makes it due, and deleted once it is done, so that a kill
leaves no message with a wrong mark. What was never set may be taken away: that does nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.core.scene import MEMBER
from bot.storage.database import Database, Transaction
from bot.storage.preferences import OPT_OUT

MOST: Final = 50
"""The newest messages of an exchange that get a reaction; each is a request of its own."""

_DUE: Final = """
SELECT mark.turn_id, mark.wanted, turn.message_id FROM mark
CROSS JOIN turn CROSS JOIN scene
WHERE turn.id = mark.turn_id AND scene.id = turn.scene_id AND scene.channel_id = ?
ORDER BY turn.position DESC LIMIT 1
"""

_CHANNELS: Final = """
SELECT DISTINCT scene.channel_id, place.guild_id FROM mark CROSS JOIN turn CROSS JOIN scene
LEFT JOIN place ON place.channel_id = scene.channel_id
WHERE turn.id = mark.turn_id AND scene.id = turn.scene_id
"""

# What was said elsewhere than on Discord has no message, or one with a negative id. On what a proxy
# posts, reactions are commands to the proxy. Who has opted out gets no reaction until they take part again
# (`mark_again`), and loses what they had got before.
_SET: Final = f"""
INSERT INTO mark (turn_id, wanted)
SELECT turn.id, CAST(:wanted AS BIGINT) FROM turn JOIN speaker ON speaker.id = turn.speaker_id
WHERE turn.id = :turn AND turn.persona_key IS NULL AND turn.message_id > 0
    AND speaker.character NOT LIKE '{MEMBER}%' AND (
    CAST(:wanted AS BIGINT) = 0 OR NOT EXISTS (
        SELECT 1 FROM preference
        WHERE preference.user_id = speaker.user_id AND preference.key = '{OPT_OUT}'
    )
)
ON CONFLICT (turn_id) DO UPDATE SET wanted = excluded.wanted RETURNING 1
"""  # noqa: S608 - ours


_UNDONE_OF: Final = """
SELECT turn.id FROM speaker JOIN turn ON turn.speaker_id = speaker.id
JOIN removal ON removal.id = turn.removal_id
WHERE speaker.user_id = ? AND removal.kind = 'undone' ORDER BY turn.id
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """A message whose reaction is due: to be set if it is `wanted`, else to be taken away."""

    turn_id: int
    message_id: int
    wanted: bool


class Marks:
    """The reactions that are due, in all channels."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def channels(self) -> dict[int, int | None]:
        """Return the channels in which any are due, each with its server; None where it is of none."""
        return {row["channel_id"]: row["guild_id"] for row in await self._db.read(_CHANNELS)}

    async def due(self, channel_id: int) -> Mark | None:
        """Return what is due on the newest message of a channel; None if nothing is."""
        rows = await self._db.read(_DUE, (channel_id,))
        return Mark(rows[0]["turn_id"], rows[0]["message_id"], bool(rows[0]["wanted"])) if rows else None

    async def done(self, mark: Mark) -> None:
        """Note that people see it, or that it cannot be done; nothing happens if the other is due by now."""
        sql = "DELETE FROM mark WHERE turn_id = ? AND wanted = ?"
        await self._db.write(sql, (mark.turn_id, int(mark.wanted)))


async def set_marks(tx: Transaction, turn_ids: Sequence[int], *, wanted: bool) -> None:
    """Let the messages of the newest people's turns among these be marked or not.

    The turns come in the order of the story.
    """
    left = MOST
    for turn_id in reversed(turn_ids):
        if left and await tx.run(_SET, {"wanted": int(wanted), "turn": turn_id}):
            left -= 1


async def mark_again(tx: Transaction, user_id: int) -> None:
    """Let a person's messages be marked that were undone: they take part again."""
    undone = [row["id"] for row in await tx.run(_UNDONE_OF, (user_id,))]
    await set_marks(tx, undone, wanted=True)
