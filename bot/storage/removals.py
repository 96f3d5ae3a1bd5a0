"""The removals: turns taken out of the story, which can be put back.

Law: a removed turn keeps all its data; only the story leaves it out. A deleted turn is not put back.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.core.scene import Turn
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database
from bot.storage.recaps import overtake_from
from bot.storage.rows import turn_of
from bot.storage.steering import Steer, steer, unsay


class Removed(StrEnum):
    """What a removal took out."""

    TURN = "turn"  # one turn
    AFTER = "after"  # all turns after one
    COVERED = "covered"  # one turn, for somebody who is not named


NOBODY: Final = 0
"""The user of a removal that names nobody; no account has this id."""


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
    Removed.TURN: "scene_id = :scene AND position = :position AND removal_id IS NULL",
    Removed.COVERED: """
        scene_id = :scene AND position = :position AND (
            removal_id IS NULL OR removal_id IN (SELECT id FROM removal WHERE kind = 'after')
        )
    """,
    Removed.AFTER: "scene_id = :scene AND position > :position AND removal_id IS NULL",
}


class Removals:
    """The removals of all scenes."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def remove(
        self, turn_id: int, kind: Removed, by_user: int, at: datetime, told: Steer | None = None
    ) -> Removal | None:
        """Take a turn, or all turns after it, out of the story; None if there are none.

        If the removed turns reach back to the start of the scene's window, that is computed again. A turn to
        be covered may have been taken out with all after another: its posts still show it. `told` is a note
        of this time for the next reply; it goes if the turn is put back before.
        """
        async with self._db.transaction() as tx:
            found = await tx.run("SELECT scene_id, position FROM turn WHERE id = ?", (turn_id,))
            if not found:
                return None
            scene_id, position = found[0]["scene_id"], found[0]["position"]
            sql = f"SELECT id, position FROM turn WHERE {_OUT[kind]}"  # noqa: S608 - ours
            rows = await tx.run(sql, {"scene": scene_id, "position": position})
            if not rows:
                return None
            sql = "INSERT INTO removal (scene_id, kind, by_user, created_at) VALUES (?, ?, ?, ?) RETURNING id"
            removal_id = (await tx.run(sql, (scene_id, kind, by_user, to_ms(at))))[0]["id"]
            for row in rows:
                await tx.run(
                    "UPDATE turn SET removal_id = ?, owed = NULL WHERE id = ?", (removal_id, row["id"])
                )
            first = min(row["position"] for row in rows)
            await overtake_from(tx, scene_id, first, gone=True)
            if told is not None:
                await steer(tx, scene_id, told)
            if kind is Removed.AFTER:
                sql = "UPDATE scene SET window_start = 0 WHERE id = ? AND window_start > ?"
                await tx.run(sql, (scene_id, position))
        return await self.get(removal_id)

    async def put_back(self, removal_id: int) -> list[Turn]:
        """Put back the turns of a removal that were not deleted since; the second time there are none."""
        async with self._db.transaction() as tx:
            rows = await tx.run(_TAKEN_OUT, (removal_id,))
            for row in await tx.run("SELECT scene_id, created_at FROM removal WHERE id = ?", (removal_id,)):
                await unsay(tx, row["scene_id"], from_ms(row["created_at"]))
            await tx.run("UPDATE turn SET removal_id = NULL WHERE removal_id = ?", (removal_id,))
            if rows:
                await overtake_from(tx, rows[0]["scene_id"], rows[0]["position"])
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
