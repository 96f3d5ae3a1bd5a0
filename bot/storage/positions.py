"""The position of a new turn in its scene.

Law: a person's message is where Discord put it; a turn without a message comes right after all that was heard
before it, turns or not: an edit can make a turn of a message later. No two turns of a scene share a position.
Positions are given inside the transaction that stores the turn; there is one writer.
"""

from bot.core.scene import Position
from bot.storage.database import Transaction

# A branch's own turns come after those of its parent, and what is said in the parent later after all that its
# branches have of it: the turn with which a branch began may be deleted, and an undo in it may be put back.
_NEWEST = """
SELECT (SELECT max(position) FROM turn WHERE scene_id = scene.id) AS newest, until,
    (SELECT max(branch.until) FROM scene AS branch WHERE branch.parent = scene.id) AS branched,
    (
        SELECT max(removal.until) FROM scene AS branch JOIN removal ON removal.scene_id = branch.id
        WHERE branch.parent = scene.id
    ) AS hidden,
    (SELECT max(message_id) FROM steering WHERE scene_id = scene.id) AS wished
FROM scene WHERE id = ?
"""

_UNTIL = "SELECT until FROM scene WHERE id = ?"

_TAKEN = "SELECT 1 FROM turn WHERE scene_id = ? AND position = ?"

_PERSONA_SINCE = """
SELECT max(position) AS newest FROM turn WHERE scene_id = ? AND position >= ? AND persona_key IS NOT NULL
"""


async def next_position(tx: Transaction, scene_id: int, heard: int = 0) -> Position:
    """Return the position right after all turns of a scene, and after the newest message that was `heard`.

    The machine's clock is not used: a message that was still on its way when a persona began to speak comes
    after the persona's turn, even if the clock is wrong.
    """
    (row,) = await tx.run(_NEWEST, (scene_id,))
    return Position(max(heard, *(each or 0 for each in row)) + 1)


async def moved_position(tx: Transaction, scene_id: int, position: Position) -> Position:
    """Return the position of a message that is stored already and that a persona is to answer only now.

    It stays where it is, unless a persona has spoken since: then it comes after that.
    """
    unheard = (await tx.run(_PERSONA_SINCE, (scene_id, position)))[0]["newest"]
    return position if unheard is None else await _free(tx, scene_id, unheard + 1)


async def message_position(tx: Transaction, scene_id: int, message_id: int, *, answered: bool) -> Position:
    """Return the position of a person's message: its id, or the next free position after it.

    `answered` says that a persona is to answer it: then it also comes after all that a persona has said
    without knowing it, or the prompt would end with the persona's own words.
    """
    until = (await tx.run(_UNTIL, (scene_id,)))[0]["until"] or 0
    position = max(message_id, until + 1)
    if answered:
        unheard = (await tx.run(_PERSONA_SINCE, (scene_id, position)))[0]["newest"]
        position = max(position, (unheard or 0) + 1)
    return await _free(tx, scene_id, position)


async def _free(tx: Transaction, scene_id: int, position: int) -> Position:
    """Return the first position from this one on that no turn of the scene has."""
    while await tx.run(_TAKEN, (scene_id, position)):
        position += 1
    return Position(position)
