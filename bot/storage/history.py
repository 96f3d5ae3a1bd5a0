"""What was said: turns as they are made, shown, changed and taken back.

Law: the text of a turn is what people see. Whatever is about to be shown is stored first, and
the pages of a persona's turn, put together, are its text.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.core.completion import Usage
from bot.core.scene import Ending, Place, Post, Slice, Turn, Unfinished
from bot.storage.columns import from_ms, storable, to_ms
from bot.storage.database import Database, Transaction, Value

ALL = -1
"""As many as there are, in SQLite's words."""

_RECORD = """
INSERT INTO turn (scene_id, user_id, name, text, tokens, message_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (message_id) DO NOTHING RETURNING *
"""

_BEGIN = """
INSERT INTO turn (scene_id, persona_key, name, text, tokens, created_at)
VALUES (?, ?, ?, '', 0, ?) RETURNING *
"""

_RECENT = "SELECT * FROM spoken WHERE scene_id = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?"

# A turn that is gone stays gone: the page is planned only if there is something to show it of.
_PLAN = """
INSERT INTO post (turn_id, page, slice_start, slice_end, nonce, hook_id, heading)
SELECT id, ?, ?, ?, ?, ?, ? FROM turn WHERE id = ?
ON CONFLICT (turn_id, page) DO UPDATE SET
    slice_start = excluded.slice_start, slice_end = excluded.slice_end, nonce = excluded.nonce,
    hook_id = excluded.hook_id, heading = excluded.heading
"""

_SPEND = """
INSERT INTO usage (
    turn_id, prompt_tokens, completion_tokens, total_tokens, model, reported, price_microdollars, created_at
) VALUES ((SELECT id FROM turn WHERE id = ?), ?, ?, ?, ?, ?, ?, ?)
"""

_TURN_OF = """
SELECT * FROM turn
WHERE message_id = :message OR id = (SELECT turn_id FROM post WHERE message_id = :message)
"""

_POSTS = "SELECT * FROM post WHERE turn_id = ? ORDER BY page"

_UNFINISHED = """
SELECT turn.*, place.channel_id, place.parent_id, place.guild_id
FROM turn JOIN scene ON scene.id = turn.scene_id JOIN place ON place.channel_id = scene.channel_id
WHERE turn.persona_key IS NOT NULL AND (turn.ending IS NULL OR turn.ending = 'crashed')
ORDER BY turn.id
"""

# Whoever closes a turn first wins: a text that was cut when a page was deleted is not written over.
_FINISH = """
UPDATE turn SET text = ?, tokens = ?, ending = ?
WHERE id = ? AND persona_key IS NOT NULL AND ending IS NULL
"""

_INTERRUPT = """
UPDATE turn SET tokens = ?, ending = ?
WHERE id = ? AND persona_key IS NOT NULL AND ending IS NULL
"""

# Only one reply is written in a scene at a time. An earlier one without an ending could not be closed (the
# disk was full, say); its text counts again from now on, with the most it can cost. By itself SQLite would go
# through all turns of the scene.
_CLOSE_STALE = """
UPDATE turn INDEXED BY turn_unfinished SET ending = ?, tokens = length(text)
WHERE scene_id = ? AND persona_key IS NOT NULL AND ending IS NULL
"""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a reply cost. `reported`: the API said so, none of it is an estimate of ours.

    The price is in millionths of a US dollar; None where the model's is not known.
    """

    usage: Usage
    model: str
    at: datetime
    reported: bool = True
    microdollars: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a reply's prompt was made of: where its window began, its form, and a digest of its messages."""

    window_start: int
    naming: str
    language: str
    digest: str


@dataclass(frozen=True, slots=True)
class Retraction:
    """What became of a turn when messages were deleted: gone, or shorter by some pages.

    A shortened turn keeps its old count of tokens, which is only too high. If it was being
    written it is closed, and what its writer saves from then on is not taken.
    """

    turn_id: int
    gone: bool


class History:
    """The turns of all scenes. Ids and times go in and records come out."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def record(
        self,
        scene_id: int,
        *,
        user_id: int,
        name: str,
        text: str,
        tokens: int,
        at: datetime,
        message_id: int | None = None,
    ) -> Turn | None:
        """Keep what a person said. None if this message is kept already."""
        values = (scene_id, user_id, storable(name), storable(text), tokens, message_id, to_ms(at))
        async with self._db.transaction() as tx:
            rows = await tx.run(_RECORD, values)
        return _turn(rows[0]) if rows else None

    async def begin_reply(self, scene_id: int, *, persona_key: str, name: str, at: datetime) -> Turn:
        """Give a persona's turn its place in the story, before its first word."""
        async with self._db.transaction() as tx:
            await tx.run(_CLOSE_STALE, (Ending.CUT_SHORT, scene_id))
            rows = await tx.run(_BEGIN, (scene_id, persona_key, storable(name), to_ms(at)))
        return _turn(rows[0])

    async def save_text(self, turn_id: int, text: str) -> bool:
        """Keep the text so far, before it is shown. False: the turn is closed or gone, no more may come."""
        sql = "UPDATE turn SET text = ? WHERE id = ? AND ending IS NULL RETURNING 1"
        async with self._db.transaction() as tx:
            return bool(await tx.run(sql, (storable(text), turn_id)))

    async def plan_post(
        self,
        turn_id: int,
        page: int,
        start: int,
        end: int,
        nonce: str,
        *,
        hook_id: int | None = None,
        heading: str = "",
    ) -> None:
        """Keep that a post with `text[start:end]` is about to be sent, by which webhook and under which line.

        A page planned again gets all of it anew. Nothing happens if the turn is gone.
        """
        values = (page, start, end, nonce, hook_id, storable(heading), turn_id)
        async with self._db.transaction() as tx:
            await tx.run(_PLAN, values)

    async def posted(self, turn_id: int, page: int, message_id: int) -> None:
        """Keep which message shows a planned page."""
        async with self._db.transaction() as tx:
            await tx.run(
                "UPDATE post SET message_id = ? WHERE turn_id = ? AND page = ?", (message_id, turn_id, page)
            )

    async def set_slices(self, turn_id: int, slices: Iterable[tuple[int, int, int]]) -> None:
        """Move pages, each given as page, start, end; before their posts are edited.

        A page that shows nothing any more gets an empty slice: deleting its post then takes nothing away.
        """
        sql = "UPDATE post SET slice_start = ?, slice_end = ? WHERE turn_id = ? AND page = ?"
        async with self._db.transaction() as tx:
            for page, start, end in slices:
                await tx.run(sql, (start, end, turn_id, page))

    async def finish(
        self, turn_id: int, *, text: str, tokens: int, ending: Ending, spent: Spent | None = None
    ) -> None:
        """Close a persona's turn with the text people see, unless it is closed already.

        What it cost is kept even if the turn is gone.
        """
        async with self._db.transaction() as tx:
            await tx.run(_FINISH, (storable(text), tokens, ending, turn_id))
            if spent:
                await tx.run(_SPEND, (turn_id, *_bill(spent)))

    async def drop(self, turn_id: int) -> None:
        """Forget a turn and its posts."""
        async with self._db.transaction() as tx:
            await tx.run("DELETE FROM turn WHERE id = ?", (turn_id,))

    async def recent(self, scene_id: int, start_id: int, before_id: int, most: int = ALL) -> list[Turn]:
        """The turns with `start_id <= id < before_id`, in order; of more than `most` the newest.

        Without empty ones, and without replies that are still being written.
        """
        rows = await self._db.read(_RECENT, (scene_id, start_id, before_id, most))
        return [_turn(row) for row in reversed(rows)]

    async def move_window(self, scene_id: int, start_id: int) -> None:
        """Let the scene's prompts begin with this turn from now on."""
        async with self._db.transaction() as tx:
            await tx.run("UPDATE scene SET window_start = ? WHERE id = ?", (start_id, scene_id))

    async def note_sent(self, turn_id: int, sent: Sent) -> None:
        """Keep what a reply's prompt is made of; nothing happens if the turn is gone."""
        sql = """
        INSERT INTO request (turn_id, window_start, naming, language, digest)
        SELECT id, ?, ?, ?, ? FROM turn WHERE id = ?
        ON CONFLICT (turn_id) DO UPDATE SET window_start = excluded.window_start,
            naming = excluded.naming, language = excluded.language, digest = excluded.digest
        """
        async with self._db.transaction() as tx:
            await tx.run(sql, (sent.window_start, sent.naming, sent.language, sent.digest, turn_id))

    async def sent(self, turn_id: int) -> Sent | None:
        """What a reply's prompt was made of; None if that was not kept."""
        rows = await self._db.read("SELECT * FROM request WHERE turn_id = ?", (turn_id,))
        if not rows:
            return None
        row = rows[0]
        return Sent(row["window_start"], row["naming"], row["language"], row["digest"])

    async def next_id(self) -> int:
        """A number beyond all turns there are."""
        rows = await self._db.read("SELECT coalesce(max(id), 0) + 1 AS next FROM turn")
        return int(rows[0]["next"])

    async def count_before(self, scene_id: int, turn_id: int) -> int:
        """How many turns of a scene come before one; counts them all, so not for every message."""
        sql = "SELECT count(*) AS turns FROM spoken WHERE scene_id = ? AND id < ?"
        return int((await self._db.read(sql, (scene_id, turn_id)))[0]["turns"])

    async def amend(self, message_id: int, text: str, tokens: int) -> bool:
        """A person edited their message. False if no turn was made of it."""
        sql = "UPDATE turn SET text = ?, tokens = ? WHERE message_id = ? RETURNING 1"
        async with self._db.transaction() as tx:
            return bool(await tx.run(sql, (storable(text), tokens, message_id)))

    async def retract(self, message_ids: Iterable[int]) -> list[Retraction]:
        """Messages were deleted. A person's takes its turn along; a post of ours takes its page.

        A turn without any page left is gone. Messages unknown here change nothing.
        """
        gone: dict[int, bool] = {}
        async with self._db.transaction() as tx:
            for message_id in message_ids:
                change = await _retract_turn(tx, message_id) or await _retract_page(tx, message_id)
                if change:
                    gone[change.turn_id] = change.gone
        return [Retraction(turn_id, is_gone) for turn_id, is_gone in gone.items()]

    async def turn(self, turn_id: int) -> Turn | None:
        """The turn as it is now; None if it is gone."""
        rows = await self._db.read("SELECT * FROM turn WHERE id = ?", (turn_id,))
        return _turn(rows[0]) if rows else None

    async def turn_of(self, message_id: int) -> Turn | None:
        """The turn that a message is: a person's, or a page of a persona's."""
        rows = await self._db.read(_TURN_OF, {"message": message_id})
        return _turn(rows[0]) if rows else None

    async def posts(self, turn_id: int) -> list[Post]:
        """The posts that show a turn, in the order of its pages; not those that are only planned."""
        return list(_shown(await self._db.read(_POSTS, (turn_id,))))

    async def unfinished(self) -> list[Unfinished]:
        """The persona's turns being written, or left so by a crash that nobody has been told of."""
        found = []
        for row in await self._db.read(_UNFINISHED):
            pages = await self._db.read(_POSTS, (row["id"],))
            place = Place(channel_id=row["channel_id"], parent_id=row["parent_id"], guild_id=row["guild_id"])
            found.append(Unfinished(_turn(row), place, _shown(pages), _planned(pages)))
        return found

    async def close_crashed(self, turn_id: int, tokens: int) -> None:
        """Close a turn that a crash left open, with the text it had; `tokens` is its count.

        It stays among the unfinished until people have been told (`told_interrupted`).
        """
        async with self._db.transaction() as tx:
            await tx.run(_INTERRUPT, (tokens, Ending.CRASHED, turn_id))

    async def told_interrupted(self, turn_id: int) -> None:
        """Keep that people see that the turn was interrupted, or that they cannot be told any more."""
        sql = "UPDATE turn SET ending = ? WHERE id = ? AND ending = ?"
        async with self._db.transaction() as tx:
            await tx.run(sql, (Ending.INTERRUPTED, turn_id, Ending.CRASHED))


async def _retract_turn(tx: Transaction, message_id: int) -> Retraction | None:
    rows = await tx.run("DELETE FROM turn WHERE message_id = ? RETURNING id", (message_id,))
    return Retraction(rows[0]["id"], gone=True) if rows else None


async def _retract_page(tx: Transaction, message_id: int) -> Retraction | None:
    rows = await tx.run(
        "DELETE FROM post WHERE message_id = ? RETURNING turn_id, slice_start, slice_end", (message_id,)
    )
    if not rows:
        return None
    turn_id, start, end = rows[0]
    if start == end:
        return None  # it showed nothing any more: a page we took back ourselves
    turn = _turn((await tx.run("SELECT * FROM turn WHERE id = ?", (turn_id,)))[0])
    others = await tx.run(_POSTS, (turn_id,))
    # A page never sent counts while the turn is being written: it is about to be.
    if not any(other["message_id"] or turn.ending is None for other in others):
        await tx.run("DELETE FROM turn WHERE id = ?", (turn_id,))
        return Retraction(turn_id, gone=True)
    # A turn being written ends with this: what its writer still has may hold the words that were deleted.
    sql = "UPDATE turn SET text = ?, ending = coalesce(ending, ?) WHERE id = ?"
    await tx.run(sql, (turn.text[:start] + turn.text[end:], Ending.STOPPED, turn_id))
    for other in others:
        moved = (_moved(other["slice_start"], start, end), _moved(other["slice_end"], start, end))
        sql = "UPDATE post SET slice_start = ?, slice_end = ? WHERE turn_id = ? AND page = ?"
        await tx.run(sql, (*moved, turn_id, other["page"]))
    return Retraction(turn_id, gone=False)


def _moved(place: int, start: int, end: int) -> int:
    """Where a place in a text is after `text[start:end]` was taken out."""
    return place - max(0, min(place, end) - start)


def _turn(row: sqlite3.Row) -> Turn:
    return Turn(
        id=row["id"],
        scene_id=row["scene_id"],
        name=row["name"],
        text=row["text"],
        tokens=row["tokens"],
        created_at=from_ms(row["created_at"]),
        user_id=row["user_id"],
        persona_key=row["persona_key"],
        message_id=row["message_id"],
        ending=Ending(row["ending"]) if row["ending"] else None,
    )


def _shown(rows: list[sqlite3.Row]) -> tuple[Post, ...]:
    return tuple(
        Post(
            row["message_id"],
            row["turn_id"],
            row["page"],
            row["slice_start"],
            row["slice_end"],
            row["hook_id"],
            row["heading"],
        )
        for row in rows
        if row["message_id"] is not None
    )


def _planned(rows: list[sqlite3.Row]) -> tuple[Slice, ...]:
    return tuple(
        Slice(row["page"], row["slice_start"], row["slice_end"], row["nonce"], row["hook_id"], row["heading"])
        for row in rows
        if row["message_id"] is None
    )


def _bill(spent: Spent) -> tuple[Value, ...]:
    usage = spent.usage
    counted = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
    return (*counted, spent.model, int(spent.reported), spent.microdollars, to_ms(spent.at))
