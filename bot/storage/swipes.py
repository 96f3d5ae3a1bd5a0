"""The variants of a persona's turn: the one on screen, the others, and the one restored after a failure.

Law: the turn holds the variant that people see, and `swipe` the others. A change of the one on screen stores
the previous state in the same transaction, until people see the new one.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.core.scene import Ending, Participant, Post, Turn
from bot.storage.columns import storable
from bot.storage.database import Database, Transaction
from bot.storage.derived import turn_settled
from bot.storage.engine import Row
from bot.storage.rows import TURN, posts_of, turn_of
from bot.storage.writers import ours

_BEFORE: Final = 0
"""The number of the previous state of the variant on screen, while it is continued or rewritten."""

_NO_WORDS: Final[dict[str, str | int | None]] = {
    "text": "",
    "tokens": 0,
    "ending": None,
    "editor_id": None,
    "editor": "",
}
"""The columns of a variant, before its first word."""

_OPEN = """
SELECT * FROM turn
WHERE id = ? AND persona_key IS NOT NULL AND ending IS NOT NULL AND ending <> 'crashed' AND removal_id IS NULL
"""

_KEEP = """
INSERT INTO swipe (turn_id, number, text, tokens, ending, editor_id, editor, slices)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""

_STANDING = """
SELECT turn.*, speaker.name, speaker.user_id, speaker.character,
    (SELECT count(*) FROM swipe WHERE turn_id = turn.id AND number > 0) + 1 AS swipes,
    CASE WHEN EXISTS (
        SELECT 1 FROM turn AS other WHERE other.scene_id = turn.scene_id AND other.position > turn.position
        AND other.removal_id IS NULL
    ) THEN 1 ELSE 0 END AS followed,
    CASE WHEN EXISTS (
        SELECT 1 FROM turn AS other WHERE other.scene_id = turn.scene_id AND other.position > turn.position
        AND other.persona_key = turn.persona_key AND other.removal_id IS NULL
    ) THEN 1 ELSE 0 END AS outdone,
    CASE WHEN turn.scene_id = (
        SELECT scene_id FROM place WHERE channel_id = scene.channel_id AND owner = scene.owner
    ) THEN 1 ELSE 0 END AS playing
FROM turn JOIN scene ON scene.id = turn.scene_id JOIN speaker ON speaker.id = turn.speaker_id
WHERE turn.id = ? AND turn.persona_key IS NOT NULL
"""

# Only one reply is written in a scene at a time. An earlier one without an ending could not be closed (the
# disk was full, for example); its text counts again from now on, with the most tokens it can have.
_STALE = """
SELECT id, length(text) AS tokens FROM turn
WHERE scene_id = ? AND persona_key IS NOT NULL AND ending IS NULL
"""

_LEFT = f"""
SELECT * FROM turn WHERE id = ? AND persona_key IS NOT NULL AND {ours("turn")}
"""  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class Variants:
    """A persona's turn as it is now.

    Attributes:
        turn: the turn; `turn.swipe` is the number of its variant on screen.
        posts: the posts that show it.
        count: the number of variants; their numbers go from 1 to this.
        newest: whether it is its persona's newest turn, and its scene is the running one.
        followed: whether any turn of the story comes after it.
    """

    turn: Turn
    posts: tuple[Post, ...]
    count: int
    newest: bool
    followed: bool


class Swipes:
    """The variants of all turns.

    `regenerate`, `proceed`, `choose` and `rewrite` return the turn as it is then, or None if it cannot be
    revised: it is gone, removed from the story, a person's, being written, or cut off by a crash that people
    do not know of. Each stores the previous state, and deletes the one stored before. `settle` ends that.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def variants(self, turn_id: int) -> Variants | None:
        """Return a persona's turn as it is now; None if there is none."""
        rows = await self._db.read(_STANDING, (turn_id,))
        if not rows:
            return None
        posts = posts_of(
            await self._db.read("SELECT * FROM post WHERE turn_id = ? ORDER BY page", (turn_id,))
        )
        row = rows[0]
        newest = bool(row["playing"]) and not row["outdone"]
        return Variants(turn_of(row), posts, row["swipes"], newest, bool(row["followed"]))

    async def regenerate(self, turn_id: int) -> Turn | None:
        """Begin another variant without any text; it replaces a variant that has no text."""
        async with self._db.transaction() as tx:
            row = await _opened(tx, turn_id)
            if row is None:
                return None
            await close_stale(tx, row["scene_id"])
            number, former = row["swipe"], _BEFORE
            if row["text"]:
                kept = await tx.run("SELECT max(number) AS top FROM swipe WHERE turn_id = ?", (turn_id,))
                number, former = max(number, kept[0]["top"] or 0) + 1, number
            await _step_back(tx, row, former)
            return await _put(tx, turn_id, swipe=number, former=former, **_NO_WORDS)

    async def proceed(self, turn_id: int) -> Turn | None:
        """Open the variant on screen again, so that more text can be appended."""
        async with self._db.transaction() as tx:
            row = await _opened(tx, turn_id)
            if row is None:
                return None
            await close_stale(tx, row["scene_id"])
            await _keep(tx, row, _BEFORE)  # its posts still show the beginning of the text
            return await _put(tx, turn_id, former=_BEFORE, ending=None)

    async def choose(self, turn_id: int, number: int) -> Turn | None:
        """Show another variant; None also if there is no other variant of this number."""
        async with self._db.transaction() as tx:
            row = await _opened(tx, turn_id)
            chosen = await _kept(tx, turn_id, number) if row is not None and number > _BEFORE else None
            if row is None or chosen is None:
                return None
            await _step_back(tx, row, row["swipe"])
            await _forget(tx, turn_id, number)
            turn = await _put(tx, turn_id, swipe=number, former=row["swipe"], **_words(chosen))
            await turn_settled(tx, turn_id)
            return turn

    async def rewrite(self, turn_id: int, text: str, tokens: int, editor: Participant) -> Turn | None:
        """Replace the text of the variant on screen by a person's."""
        async with self._db.transaction() as tx:
            row = await _opened(tx, turn_id)
            if row is None:
                return None
            ending = row["ending"] if row["text"] else Ending.DONE
            await _step_back(tx, row, _BEFORE)
            by: dict[str, str | int] = {"editor_id": editor.id, "editor": storable(editor.name)}
            words = {"text": storable(text), "tokens": tokens, "ending": ending, **by}
            turn = await _put(tx, turn_id, former=_BEFORE, **words)
            await turn_settled(tx, turn_id)
            return turn

    async def settle(self, turn: Turn) -> None:
        """Note that people see a turn as it was chosen or rewritten: the previous state is deleted.

        Nothing happens if it was changed again since.
        """
        sql = "SELECT 1 FROM turn WHERE id = ? AND swipe = ? AND text = ? AND ending IS NOT NULL"
        async with self._db.transaction() as tx:
            if await tx.run(sql, (turn.id, turn.swipe, turn.text)):
                await settle(tx, turn.id)

    async def shown(self, turn_id: int) -> None:
        """Note that people see the state restored after a revision that came to nothing.

        Of a turn that was taken out meanwhile, they have yet to see that.
        """
        async with self._db.transaction() as tx:
            if await tx.run("SELECT 1 FROM turn WHERE id = ? AND removal_id IS NULL", (turn_id,)):
                await shown(tx, turn_id)

    async def revert(self, turn_id: int) -> Turn | None:
        """Restore the previous state; nothing happens if there is none. None if the turn is gone.

        The next start shows the restored state again, until `shown` notes that people see it.
        """
        async with self._db.transaction() as tx:
            await revert(tx, turn_id)
            rows = await tx.run(TURN, (turn_id,))
        return turn_of(rows[0]) if rows else None


# --- steps of a transaction -----------------------------------------------------------------------


async def settle(tx: Transaction, turn_id: int) -> None:
    """Delete the previous state."""
    await tx.run("DELETE FROM swipe WHERE turn_id = ? AND number = ?", (turn_id, _BEFORE))
    await tx.run("UPDATE turn SET former = NULL WHERE id = ? AND former IS NOT NULL", (turn_id,))


async def shown(tx: Transaction, turn_id: int) -> None:
    """Delete the mark of a turn that was restored."""
    await tx.run("UPDATE turn SET former = NULL WHERE id = ? AND former = swipe", (turn_id,))


async def revert(tx: Transaction, turn_id: int) -> bool:
    """Restore the previous state: text, tokens, ending and posts' slices; return False if there is none."""
    rows = await tx.run("SELECT * FROM turn WHERE id = ? AND former IS NOT NULL", (turn_id,))
    before = await _kept(tx, turn_id, rows[0]["former"]) if rows else None
    if before is None:
        return False
    turn, number = rows[0], before["number"] or rows[0]["swipe"]
    if before["number"] != _BEFORE and turn["ending"] is not None:
        await _keep(tx, turn, turn["swipe"])  # it was chosen, and stays a variant
    await _forget(tx, turn_id, before["number"])
    # `former` equal to `swipe` restores nothing: it marks a turn whose posts must be shown again.
    await _put(tx, turn_id, swipe=number, former=number, **_words(before))
    slices = {page: (start, end) for page, start, end in json.loads(before["slices"])}
    for post in await tx.run("SELECT * FROM post WHERE turn_id = ?", (turn_id,)):
        end = len(before["text"])
        if post["message_id"] is None:
            await tx.run("DELETE FROM post WHERE turn_id = ? AND page = ?", (turn_id, post["page"]))
        else:
            sql = "UPDATE post SET slice_start = ?, slice_end = ?, swipe = ? WHERE turn_id = ? AND page = ?"
            start, end = slices.get(post["page"], (end, end))
            await tx.run(sql, (start, end, number, turn_id, post["page"]))
    await turn_settled(tx, turn_id)
    return True


async def close_left(tx: Transaction, turn_id: int, tokens: int, ending: Ending) -> None:
    """Close an abandoned turn with the text it had, or restore it if nothing new had come.

    Nothing happens if another living process writes it.
    """
    rows = await tx.run(_LEFT, (turn_id, tx.writer))
    if not rows:
        return
    turn = rows[0]
    if turn["former"] is not None:
        before = await _kept(tx, turn_id, turn["former"])
        going_on = before is not None and before["number"] == _BEFORE and turn["ending"] is None
        said = turn["text"] != (before["text"] if before is not None and going_on else "")
        if (turn["ending"] is not None or not said) and await revert(tx, turn_id):
            return
    sql = "UPDATE turn SET tokens = ?, ending = ? WHERE id = ? AND ending IS NULL RETURNING 1"
    if await tx.run(sql, (tokens, ending, turn_id)):
        await settle(tx, turn_id)
        await turn_settled(tx, turn_id)


async def close_stale(tx: Transaction, scene_id: int) -> None:
    """Close the abandoned turns of a scene, before another reply begins there; not what others write."""
    for row in await tx.run(_STALE, (scene_id,)):
        await close_left(tx, row["id"], row["tokens"], Ending.CUT_SHORT)


async def cut(tx: Transaction, turn_id: int, number: int, page: Post) -> None:
    """Cut a page out of a variant that is not on screen anymore."""
    row = await _kept(tx, turn_id, number)
    if row is not None:
        start, end = page.start, page.end
        slices = [
            (other, moved(first, start, end), moved(last, start, end))
            for other, first, last in json.loads(row["slices"])
            if other != page.page
        ]
        sql = "UPDATE swipe SET text = ?, slices = ? WHERE turn_id = ? AND number = ?"
        text = row["text"][:start] + row["text"][end:]
        await tx.run(sql, (text, json.dumps(slices), turn_id, number))


def moved(place: int, start: int, end: int) -> int:
    """Return where an index into a text is after `text[start:end]` was cut out."""
    return place - max(0, min(place, end) - start)


async def _opened(tx: Transaction, turn_id: int) -> Row | None:
    """Return the turn if it can be revised; it has no previous state then, and pages numbered from 0."""
    if await tx.is_out():
        return None
    rows = await tx.run(_OPEN, (turn_id,))
    if not rows:
        return None
    await settle(tx, turn_id)
    await tx.run("DELETE FROM post WHERE turn_id = ? AND message_id IS NULL", (turn_id,))
    for page, post in enumerate(await _posts(tx, turn_id)):
        sql = "UPDATE post SET page = ? WHERE turn_id = ? AND page = ?"
        await tx.run(sql, (page, turn_id, post["page"]))
    return rows[0]


async def _step_back(tx: Transaction, row: Row, number: int) -> None:
    """Store the variant on screen under a number; its posts belong to that until they show another."""
    await _keep(tx, row, number)
    await tx.run("UPDATE post SET swipe = ? WHERE turn_id = ?", (number, row["id"]))


async def _keep(tx: Transaction, row: Row, number: int) -> None:
    slices = [[post["page"], post["slice_start"], post["slice_end"]] for post in await _posts(tx, row["id"])]
    await tx.run(_KEEP, (row["id"], number, *_words(row).values(), json.dumps(slices)))


async def _kept(tx: Transaction, turn_id: int, number: int) -> Row | None:
    rows = await tx.run("SELECT * FROM swipe WHERE turn_id = ? AND number = ?", (turn_id, number))
    return rows[0] if rows else None


async def _forget(tx: Transaction, turn_id: int, number: int) -> None:
    await tx.run("DELETE FROM swipe WHERE turn_id = ? AND number = ?", (turn_id, number))


async def _posts(tx: Transaction, turn_id: int) -> Iterable[Row]:
    return await tx.run("SELECT * FROM post WHERE turn_id = ? ORDER BY page", (turn_id,))


async def _put(tx: Transaction, turn_id: int, **columns: str | int | None) -> Turn:
    columns |= {"writer": tx.writer}
    names = ", ".join(f"{name} = ?" for name in columns)
    sql = f"UPDATE turn SET {names} WHERE id = ?"  # noqa: S608 - ours
    await tx.run(sql, (*columns.values(), turn_id))
    return turn_of((await tx.run(TURN, (turn_id,)))[0])


def _words(row: Row) -> dict[str, str | int | None]:
    return {name: row[name] for name in _NO_WORDS}
