"""The removals: turns taken out of the story, which can be put back.

Law: a removed turn keeps all its data; only the story leaves it out. A deleted turn is not put back. A branch
removes turns of its own only: of its parent's it reads fewer.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.core.scene import END, START, Position, Turn
from bot.storage.branches import stretches
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.debts import cancel
from bot.storage.derived import turn_settled
from bot.storage.marks import set_marks
from bot.storage.people import spoke_as_in
from bot.storage.recaps import overtake_from
from bot.storage.rows import turn_of
from bot.storage.steering import Steer, steer, unsay
from bot.storage.swipes import shown


class Removed(StrEnum):
    """What a removal took out."""

    TURN = "turn"  # one turn
    AFTER = "after"  # all turns after one
    COVERED = "covered"  # one turn, for somebody who is not named
    UNDONE = "undone"  # the last exchange


class Obstacle(StrEnum):
    """Why an undone exchange is not put back."""

    FOLLOWED = "followed"  # something was said since
    UNDONE_SINCE = "undone_since"  # the exchange before it was undone after it, and comes back first


NOBODY: Final = 0
"""The user of a removal that names nobody; no account has this id."""


@dataclass(frozen=True, slots=True)
class Removal:
    """One removal: its kind, its scene, its user and time, and its turns that are still out.

    `by_name` is the member of a system that its user spoke as there, by whose name they go; "" for none.
    `hides` is whether it leaves out turns that its scene, a branch, had of its parent.
    """

    id: int
    scene_id: int
    kind: Removed
    by_user: int
    at: datetime
    turns: tuple[Turn, ...]
    hides: bool = False
    by_name: str = ""

    @property
    def is_out(self) -> bool:
        """Whether anything of it is still out of the story."""
        return bool(self.turns) or self.hides


# A person's turn parts two exchanges even if it is out of the story: it stands in the channel. So does what a
# person says as a persona. A reply of which nothing came ends an exchange only if nothing was said after it.
_PERSONAS = "persona_key IS NOT NULL AND removal_id IS NULL"
_PERSONS = "(persona_key IS NULL OR spoken_by IS NOT NULL)"
_PERSONAS_WORDS = "persona_key IS NOT NULL AND removal_id IS NULL AND (text <> '' OR ending IS NULL)"

_FOLLOWED = """
SELECT 1 FROM turn WHERE scene_id = :scene AND position > :kept AND id > :newest AND (
    removal_id IS NULL OR removal_id IN (SELECT id FROM removal WHERE kind = 'undone' AND id > :id)
) LIMIT 1
"""

_UNDONE_SINCE = """
SELECT 1 FROM removal JOIN scene ON scene.id = removal.scene_id
WHERE removal.scene_id = ? AND removal.id > ? AND removal.kind = 'undone' AND (
    scene.until = removal.kept AND removal.until IS NOT NULL
    OR EXISTS (SELECT 1 FROM turn WHERE turn.removal_id = removal.id)
) LIMIT 1
"""

_REMOVAL = """
SELECT removal.*,
    CASE
        WHEN removal.until IS NOT NULL AND scene.until = removal.kept AND scene.parent IS NOT NULL THEN 1
        ELSE 0
    END AS hides
FROM removal JOIN scene ON scene.id = removal.scene_id WHERE removal.id = ?
"""

_TAKEN_OUT = "SELECT * FROM turn_with_speaker WHERE removal_id = ? ORDER BY position"

_OUT = {
    Removed.TURN: "scene_id = :scene AND position = :position AND removal_id IS NULL",
    Removed.COVERED: """
        scene_id = :scene AND position = :position AND (
            removal_id IS NULL
            OR EXISTS (SELECT 1 FROM removal WHERE removal.id = turn.removal_id AND kind = 'after')
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
            removal_id = await _begin(tx, scene_id, kind, by_user, at)
            for row in rows:
                await _take_out(tx, removal_id, row["id"])
            await overtake_from(tx, scene_id, min(row["position"] for row in rows), gone=True)
            if told is not None:
                await steer(tx, scene_id, told)
            if kind is Removed.AFTER:
                await _reset_window(tx, removal_id, position)
        return await self.get(removal_id)

    async def undo(self, scene_id: int, by_user: int, at: datetime) -> Removal | None:
        """Take the last exchange of a scene out of the story; None if no persona has spoken in it.

        It is the newest persona turns, also one that is being written, and every turn since the persona turn
        before them. What of it stands in the parent of a branch is left out in the branch.
        """
        async with self._db.transaction() as tx:
            kept = await _before_exchange(tx, scene_id)
            if kept is None:
                return None
            removal_id = await _begin(tx, scene_id, Removed.UNDONE, by_user, at)
            sql = """
            UPDATE removal SET kept = ?, newest = (SELECT coalesce(max(id), 0) FROM turn),
                until = (SELECT until FROM scene WHERE id = scene_id AND parent IS NOT NULL AND until > ?)
            WHERE id = ?
            """
            await tx.run(sql, (kept, kept, removal_id))
            sql = "SELECT id FROM turn WHERE scene_id = ? AND position > ? AND removal_id IS NULL"
            for row in await tx.run(sql, (scene_id, kept)):
                await _take_out(tx, removal_id, row["id"])
            await overtake_from(tx, scene_id, Position(kept + 1), gone=True)
            await _hide(tx, removal_id)
            await _reset_window(tx, removal_id, kept)
        return await self.get(removal_id)

    async def obstacle(self, removal_id: int) -> Obstacle | None:
        """Return why an undone exchange is not put back now; None if it may be."""
        rows = await self._db.read("SELECT * FROM removal WHERE id = ? AND kept IS NOT NULL", (removal_id,))
        for row in rows:
            key = {"scene": row["scene_id"], "kept": row["kept"], "newest": row["newest"], "id": row["id"]}
            if await self._db.read(_FOLLOWED, key):
                return Obstacle.FOLLOWED
            if await self._db.read(_UNDONE_SINCE, (row["scene_id"], row["id"])):
                return Obstacle.UNDONE_SINCE
        return None

    async def put_back(self, removal_id: int) -> list[Turn]:
        """Put back the turns of a removal that were not deleted since; the second time there are none.

        Where an undo left out turns of a branch's parent, the branch has them again.
        """
        async with self._db.transaction() as tx:
            rows = await tx.run(_TAKEN_OUT, (removal_id,))
            for row in await tx.run("SELECT scene_id, created_at FROM removal WHERE id = ?", (removal_id,)):
                await unsay(tx, row["scene_id"], from_ms(row["created_at"]))
            sql = """
            UPDATE turn SET removal_id = NULL, former = CASE
                WHEN (SELECT kind FROM removal WHERE id = ?) = 'undone' AND persona_key IS NOT NULL
                    AND ending IS NOT NULL THEN coalesce(former, swipe)
                ELSE former
            END WHERE removal_id = ?
            """
            await tx.run(sql, (removal_id, removal_id))
            sql = """
            UPDATE scene SET until = (SELECT until FROM removal WHERE id = ?)
            WHERE id = (SELECT scene_id FROM removal WHERE id = ? AND until IS NOT NULL)
                AND until = (SELECT kept FROM removal WHERE id = ?) RETURNING 1
            """
            if await tx.run(sql, (removal_id, removal_id, removal_id)) or rows:
                await _restore_window(tx, removal_id)
            for row in rows:
                await turn_settled(tx, row["id"])
            if rows:
                await overtake_from(tx, rows[0]["scene_id"], rows[0]["position"])
            await set_marks(tx, [row["id"] for row in rows], wanted=False)
        return [replace(turn_of(row), removal_id=None) for row in rows]

    async def take_again(self, removal_id: int, turns: Iterable[Turn]) -> None:
        """Take turns out again that were put back and could not be shown."""
        async with self._db.transaction() as tx:
            for turn in turns:
                await _take_out(tx, removal_id, turn.id)
            await _hide(tx, removal_id)
            sql = """
            UPDATE scene SET window_start = 0
            WHERE id = (SELECT scene_id FROM removal WHERE id = ? AND window_start IS NOT NULL)
            """
            await tx.run(sql, (removal_id,))

    async def shown(self, turn_id: int) -> None:
        """Note that people see whether a persona's turn is in the story."""
        async with self._db.transaction() as tx:
            await shown(tx, turn_id)

    async def get(self, removal_id: int) -> Removal | None:
        """Return a removal; None if it does not exist, or its scene is gone."""
        rows = await self._db.read(_REMOVAL, (removal_id,))
        if not rows:
            return None
        row = rows[0]
        turns = await self._db.read(_TAKEN_OUT, (removal_id,))
        at, kind = from_ms(row["created_at"]), Removed(row["kind"])
        found = tuple(map(turn_of, turns))
        who, hides = row["by_user"], bool(row["hides"])
        return Removal(row["id"], row["scene_id"], kind, who, at, found, hides, row["by_name"])


async def _begin(tx: Transaction, scene_id: int, kind: Removed, by_user: int, at: datetime) -> int:
    sql = """
    INSERT INTO removal (scene_id, kind, by_user, by_name, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id
    """
    name = await spoke_as_in(tx, scene_id, by_user)
    removal_id: int = (await tx.run(sql, (scene_id, kind, by_user, name, to_ms(at))))[0]["id"]
    return removal_id


async def _take_out(tx: Transaction, removal_id: int, turn_id: int) -> None:
    await cancel(tx, turn_id)
    sql = "UPDATE turn SET removal_id = ? WHERE id = ? RETURNING persona_key, ending"
    for row in await tx.run(sql, (removal_id, turn_id)):
        if row["persona_key"] is None or row["ending"] is not None:
            await turn_settled(tx, turn_id)


async def keep_due(tx: Transaction, turn_id: int) -> None:
    """Note again of a turn that was undone while it was written that its posts are due to be covered."""
    sql = """
    UPDATE turn SET former = swipe
    WHERE id = ? AND EXISTS (SELECT 1 FROM removal WHERE removal.id = turn.removal_id AND kind = 'undone')
    """
    await tx.run(sql, (turn_id,))


async def _hide(tx: Transaction, removal_id: int) -> None:
    """Do what an undo does besides: leave out the parent's turns, and note what people have yet to see.

    The posts of its personas' turns are due to be covered, and the messages of its people to be marked.
    """
    sql = """
    UPDATE scene SET until = (SELECT kept FROM removal WHERE id = ?)
    WHERE id = (SELECT scene_id FROM removal WHERE id = ? AND until IS NOT NULL)
    """
    await tx.run(sql, (removal_id, removal_id))
    sql = """
    UPDATE turn SET former = swipe
    WHERE removal_id = ? AND persona_key IS NOT NULL AND ending IS NOT NULL AND former IS NULL
    """
    await tx.run(sql, (removal_id,))
    rows = await tx.run(_TAKEN_OUT, (removal_id,))
    await set_marks(tx, [row["id"] for row in rows], wanted=True)


async def _reset_window(tx: Transaction, removal_id: int, kept: Position) -> None:
    """Reset the scene's window if it began in what is out, and note where."""
    sql = """
    UPDATE removal SET window_start = (
        SELECT window_start FROM scene WHERE id = scene_id AND window_start > ?
    ) WHERE id = ?
    """
    await tx.run(sql, (kept, removal_id))
    sql = """
    UPDATE scene SET window_start = 0 WHERE window_start > ?
        AND id = (SELECT scene_id FROM removal WHERE id = ?)
    """
    await tx.run(sql, (kept, removal_id))


async def _restore_window(tx: Transaction, removal_id: int) -> None:
    """Let the scene's window begin where it did before, unless it has moved since."""
    sql = """
    UPDATE scene SET window_start = (SELECT window_start FROM removal WHERE id = ?) WHERE window_start = 0
        AND id = (SELECT scene_id FROM removal WHERE id = ? AND window_start IS NOT NULL)
    """
    await tx.run(sql, (removal_id, removal_id))


async def _before_exchange(tx: Transaction, scene_id: int) -> Position | None:
    """Return the position of the persona turn before the last exchange; START if there is none before it.

    None if there is no exchange.
    """
    newest = await _last(tx, scene_id, _PERSONAS, END)
    if newest is None:
        return None
    asked = await _last(tx, scene_id, _PERSONS, Position(newest + 1))
    before = None if asked is None else await _last(tx, scene_id, _PERSONAS_WORDS, asked)
    return START if before is None else before


async def _last(tx: Transaction, scene_id: int, which: str, before: Position) -> Position | None:
    """Return the position of the last such turn that a scene reads before a position; None if none is."""
    sql = f"""
    SELECT position FROM turn WHERE scene_id = ? AND position >= ? AND position < ? AND {which}
    ORDER BY position DESC LIMIT 1
    """  # noqa: S608 - ours
    for part in await stretches(tx.run, scene_id, before=before):
        if rows := await tx.run(sql, (part.scene_id, part.start, part.before)):
            return Position(rows[0]["position"])
    return None
