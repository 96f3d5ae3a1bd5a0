"""Landmarks: the messages on Discord that lead to where a story begins, or to where something in it ends.

Law: a landmark is of a turn that the scene reads, its parents' included. What was said elsewhere than on
Discord has no message, or one with a negative id, and is none.
"""

from typing import Final

from bot.core.scene import Position
from bot.storage.branches import stretches
from bot.storage.engine import Run

_LANDMARK = """
SELECT channel_id, message_id FROM (
    SELECT scene.channel_id, spoken.position, coalesce(
        spoken.message_id, (SELECT {nearest}(post.message_id) FROM post WHERE post.turn_id = spoken.id)
    ) AS message_id
    FROM spoken JOIN scene ON scene.id = spoken.scene_id
    WHERE spoken.scene_id = ? AND spoken.position >= ? AND spoken.position < ?
) AS said
WHERE message_id > 0 ORDER BY position {order} LIMIT 1
"""
_FIRST: Final = _LANDMARK.format(nearest="min", order="ASC")
_LAST: Final = _LANDMARK.format(nearest="max", order="DESC")


async def first_landmark(read: Run, scene_id: int) -> tuple[int, int] | None:
    """Return the ids of channel and message with which a scene begins; None if there is none."""
    for part in reversed(await stretches(read, scene_id)):
        for row in await read(_FIRST, (part.scene_id, part.start, part.before)):
            return row["channel_id"], row["message_id"]
    return None


async def last_landmark(read: Run, scene_id: int, until: Position) -> tuple[int, int] | None:
    """Return the ids of channel and message of the last turn up to a position; None if there is none."""
    for part in await stretches(read, scene_id, before=Position(until + 1)):
        for row in await read(_LAST, (part.scene_id, part.start, part.before)):
            return row["channel_id"], row["message_id"]
    return None
