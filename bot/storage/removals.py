"""The removals: turns taken out of the story, which can be put back.

Law: a removed turn keeps all its data; only the story leaves it out. A deleted turn is not put back.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.core.scene import Turn
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database
from bot.storage.rows import turn_of


class Removed(StrEnum):
    """What a removal took out."""

    TURN = "turn"  # one turn
    AFTER = "after"  # all turns after one


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal: its kind, its scene, its user and time, and its turns that are still out."""

    id: int
    scene_id: int
    kind: Removed
    by_user: int
    at: datetime
    turns: tuple[Turn, ...]


_TAKEN_OUT = "SELECT * FROM turn_with_speaker WHERE removal_id = ? ORDER BY position"

_OUT = {
    Removed.TURN: "scene_id = :scene AND position = :position",
    Removed.AFTER: "scene_id = :scene AND position > :position",
}


class Removals:
    """The removals of all scenes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def remove(self, turn_id: int, kind: Removed, by_user: int, at: datetime) -> Removal | None:
        """Take a turn, or all turns after it, out of the story; None if there are none.

        If the removed turns reach back to the start of the scene's window, the window is computed again.
        """
        async with self._db.transaction() as tx:
            found = await tx.run("SELECT scene_id, position FROM turn WHERE id = ?", (turn_id,))
            if not found:
                return None
            scene_id, position = found[0]["scene_id"], found[0]["position"]
            sql = f"SELECT id FROM turn WHERE {_OUT[kind]} AND removal_id IS NULL"  # noqa: S608 - ours
            rows = await tx.run(sql, {"scene": scene_id, "position": position})
            if not rows:
                return None
            sql = "INSERT INTO removal (scene_id, kind, by_user, created_at) VALUES (?, ?, ?, ?) RETURNING id"
            removal_id = (await tx.run(sql, (scene_id, kind, by_user, to_ms(at))))[0]["id"]
            for row in rows:
                await tx.run(
                    "UPDATE turn SET removal_id = ?, owed = NULL WHERE id = ?", (removal_id, row["id"])
                )
            if kind is Removed.AFTER:
                sql = "UPDATE scene SET window_start = 0 WHERE id = ? AND window_start > ?"
                await tx.run(sql, (scene_id, position))
        return await self.get(removal_id)

    async def put_back(self, removal_id: int) -> list[Turn]:
        """Put back the turns of a removal that were not deleted since; the second time there are none."""
        async with self._db.transaction() as tx:
            rows = await tx.run(_TAKEN_OUT, (removal_id,))
            await tx.run("UPDATE turn SET removal_id = NULL WHERE removal_id = ?", (removal_id,))
        return [replace(turn_of(row), removal_id=None) for row in rows]

    async def get(self, removal_id: int) -> Removal | None:
        """Return a removal; None if it does not exist, or its scene is gone."""
        rows = await self._db.read("SELECT * FROM removal WHERE id = ?", (removal_id,))
        if not rows:
            return None
        row = rows[0]
        turns = await self._db.read(_TAKEN_OUT, (removal_id,))
        at, kind = from_ms(row["created_at"]), Removed(row["kind"])
        return Removal(row["id"], row["scene_id"], kind, row["by_user"], at, tuple(map(turn_of, turns)))
