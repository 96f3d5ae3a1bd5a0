"""The messages that turns refer to and that are no turns of their scene: what a question is about.

Law: a message that is a turn of another scene is read there and not copied. What people deleted, no turn
refers to anymore, and what they took out of the story is not told while it is out.
"""

from collections.abc import Iterable
from typing import Final

from bot.core.message_text import QUOTE_LIMIT
from bot.core.notes import from_json, quoted_with
from bot.core.safe_text import shortened
from bot.core.scene import Position, Reference
from bot.storage.columns import storable
from bot.storage.database import Transaction
from bot.storage.engine import Row, Run
from bot.storage.rows import named_speaker

_REFER: Final = """
INSERT INTO reference (turn_id, message_id, speaker_id, text, tokens) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (turn_id, message_id) DO NOTHING
"""

# The turns of a stretch come first, because few of them refer to anything.
_OF_STRETCH: Final = """
SELECT reference.*, speaker.name, speaker.user_id, speaker.character, speaker.persona_key,
    said.text AS said, said.notes, posted.text AS posted, post.slice_start, post.slice_end,
    CASE WHEN post.swipe = posted.swipe THEN 1 ELSE 0 END AS is_shown,
    coalesce(said.scene_id, posted.scene_id) AS source_scene,
    coalesce(said.removal_id, posted.removal_id) AS source_removal
FROM turn
CROSS JOIN reference
CROSS JOIN speaker
LEFT JOIN turn AS said ON said.message_id = reference.message_id
LEFT JOIN post ON post.message_id = reference.message_id
LEFT JOIN turn AS posted ON posted.id = post.turn_id
WHERE turn.scene_id = ? AND turn.position >= ? AND turn.position < ?
    AND reference.turn_id = turn.id AND speaker.id = reference.speaker_id
ORDER BY reference.turn_id, reference.message_id
"""


async def refer(tx: Transaction, turn_id: int, references: Iterable[Reference]) -> None:
    """Store what a turn refers to, besides what it refers to already."""
    for each in references:
        values = (turn_id, each.message_id, each.speaker.id, storable(each.text), each.tokens)
        await tx.run(_REFER, values)


async def references_in(
    read: Run, scene_id: int, start: Position, before: Position
) -> dict[int, tuple[Reference, ...]]:
    """Return what the turns of a stretch refer to, by the ids of those that do, the oldest message first."""
    found: dict[int, tuple[Reference, ...]] = {}
    for row in await read(_OF_STRETCH, (scene_id, start, before)):
        is_out, text = row["source_removal"] is not None, _text(row)
        if text and not is_out and row["source_scene"] != scene_id:  # else it was put back into the scene
            speaker = named_speaker(row, row["persona_key"])
            elsewhere = row["source_scene"] is not None
            reference = Reference(row["message_id"], speaker, text, row["tokens"], elsewhere)
            found[row["turn_id"]] = (*found.get(row["turn_id"], ()), reference)
    return found


async def reword(tx: Transaction, message_id: int, text: str, tokens: int) -> list[int]:
    """Store the new words of a message, "" for none; return the ids of the turns that refer to it."""
    if not text:
        return await forget(tx, message_id)
    sql = "UPDATE reference SET text = ?, tokens = ? WHERE message_id = ? RETURNING turn_id"
    return [row["turn_id"] for row in await tx.run(sql, (storable(text), tokens, message_id))]


async def forget(tx: Transaction, message_id: int) -> list[int]:
    """Delete a message from all turns that refer to it; return their ids."""
    rows = await tx.run("DELETE FROM reference WHERE message_id = ? RETURNING turn_id", (message_id,))
    return [row["turn_id"] for row in rows]


def _text(row: Row) -> str:
    """Return the words of a reference's message, from the turn of another scene if it is one."""
    if row["said"] is not None:
        return shortened(quoted_with(row["said"], from_json(row["notes"])), QUOTE_LIMIT)
    if row["posted"] is not None and row["is_shown"]:
        return shortened(row["posted"][row["slice_start"] : row["slice_end"]].strip(), QUOTE_LIMIT)
    if row["posted"] is not None:  # the page still shows a part of another variant
        return shortened(row["posted"].strip(), QUOTE_LIMIT)
    return str(row["text"])
