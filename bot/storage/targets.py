"""The targets of turns: the messages that they reply to, with the words they have now.

Law: who a turn replies to is stored with it and never changes; the words are read where they are. A message
that was deleted, or left the story, has none.
"""

from typing import Final

from bot.core.notes import from_json, told_with
from bot.core.safe_text import first_words
from bot.core.scene import Position, Target
from bot.storage.engine import Row, Run, Value
from bot.storage.rows import speaker_of

# The turns of a stretch come first, because few of them reply to anything.
_OF_STRETCH: Final = """
SELECT turn.id AS replying, turn.target, speaker.*,
    coalesce(said.id, posted.id) AS source, coalesce(said.removal_id, posted.removal_id) AS removal_id,
    said.text AS said, said.notes, posted.text AS posted, post.slice_start, post.slice_end,
    CASE WHEN post.swipe = posted.swipe THEN 1 ELSE 0 END AS is_shown
FROM turn
CROSS JOIN speaker
LEFT JOIN turn AS said ON said.message_id = turn.target
LEFT JOIN post ON post.message_id = turn.target
LEFT JOIN turn AS posted ON posted.id = post.turn_id
WHERE turn.scene_id = ? AND turn.position >= ? AND turn.position < ? AND turn.target IS NOT NULL
    AND speaker.id = turn.target_speaker
"""


async def targets_in(read: Run, scene_id: int, start: Position, before: Position) -> dict[int, Target]:
    """Return what the turns of a stretch reply to, by the ids of those that do."""
    rows = await read(_OF_STRETCH, (scene_id, start, before))
    return {row["replying"]: _target(row) for row in rows}


def target_columns(target: Target | None) -> tuple[Value, Value]:
    """Return what a turn stores of its target: the message, and who said it."""
    return (None, None) if target is None else (target.message_id, target.speaker.id)


def _target(row: Row) -> Target:
    target, speaker = row["target"], speaker_of(row)
    if row["source"] is None or row["removal_id"] is not None:
        return Target(target, speaker)
    if row["said"] is not None:
        words = first_words(told_with(row["said"], from_json(row["notes"])))
        return Target(target, speaker, row["source"], words)
    text, end = row["posted"], row["slice_end"]
    if not row["is_shown"]:  # the page still shows a part of another variant
        return Target(target, speaker, row["source"], first_words(text))
    page = text[row["slice_start"] : end]
    return Target(target, speaker, row["source"], first_words(page), not text[end:].strip())
