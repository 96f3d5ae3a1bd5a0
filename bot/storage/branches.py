"""The turns a scene reads: its own, and in a branch those of its parents, up to where the next begins.

Law: turns are read where they are and never copied. A stretch of a scene is one search of its index, so that
the cost follows the turns read, not those before and after, also in a branch of a branch.
"""

from dataclasses import dataclass

from bot.core.scene import END, START, Position
from bot.storage.engine import Run

# One row for the scene itself, and one for each parent above it.
_LINE = """
WITH RECURSIVE line (depth, id, parent, until) AS (
    SELECT 0, id, parent, until FROM scene WHERE id = ?
    UNION ALL
    SELECT line.depth + 1, scene.id, scene.parent, scene.until FROM line JOIN scene ON scene.id = line.parent
)
SELECT id, parent, until FROM line ORDER BY depth
"""

# The first undo has the furthest.
_WHOLE_LINE = _LINE.replace(
    "SELECT id, parent, until FROM line",
    """
    SELECT id, parent, CASE WHEN undone > until THEN undone ELSE until END AS until FROM (
        SELECT line.*, (SELECT max(removal.until) FROM removal WHERE removal.scene_id = line.id) AS undone
        FROM line
    ) AS whole
    """,
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The turns of one scene from `start` on and before `before`."""

    scene_id: int
    start: Position
    before: Position


async def root(read: Run, scene_id: int) -> int:
    """Return the scene with which a story began: the first parent of a branch, or the scene itself."""
    rows = await read(_LINE, (scene_id,))
    return int(rows[-1]["id"]) if rows else scene_id


async def stretches(
    read: Run,
    scene_id: int,
    start: Position = START,
    before: Position = END,
    *,
    with_undone: bool = False,
) -> list[Stretch]:
    """Return the stretches that a scene reads from `start` on and before `before`, the newest first.

    `with_undone` adds those of its parents that undos have left out.
    """
    found = []
    for row in await read(_WHOLE_LINE if with_undone else _LINE, (scene_id,)):
        after = Position(row["until"] + 1) if row["parent"] is not None else START
        own = Stretch(row["id"], max(start, after), before)
        if own.start < own.before:
            found.append(own)
        before = min(before, after)
    return found
