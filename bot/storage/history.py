"""The turns: how they are created, shown, changed and deleted.

Law: the text of a turn is what people see. A text is stored before it is shown, and the pages of a persona's
turn, put together, are its text.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.notes import to_json
from bot.core.scene import (
    Ending,
    Note,
    Owed,
    Position,
    Post,
    Reference,
    Slice,
    Speaker,
    Target,
    Turn,
    Unfinished,
)
from bot.storage.branches import Stretch, stretches
from bot.storage.columns import storable, to_ms
from bot.storage.costs import Costs, Spent, spend_on_reply
from bot.storage.database import Database, Transaction
from bot.storage.debts import owe, owed_turns, pay
from bot.storage.engine import Row, Value
from bot.storage.people import persona_speaker, spoke_as_in
from bot.storage.positions import message_position, moved_position, next_position
from bot.storage.references import forget, refer, references_in, reword
from bot.storage.removals import keep_due
from bot.storage.requests import Requests
from bot.storage.retractions import Retraction, retract
from bot.storage.rows import TURN, place_of, planned_of, posts_of, turn_of
from bot.storage.settled import turn_added, turn_leaves, turn_settled
from bot.storage.steering import (
    forget_steering,
    owed_steering,
    release,
    steering_answered,
    take,
    waive_steering,
)
from bot.storage.swipes import close_left, close_stale, revert, settle, shown
from bot.storage.targets import targets_in
from bot.storage.writers import (
    another_has_answered,
    another_writes,
    claim,
    hand_on,
    is_others,
    left,
    ours,
    take_up,
)

ALL = 2**31 - 1
"""No limit: more turns than any scene has."""

_RECORD = """
INSERT INTO turn (
    scene_id, position, speaker_id, text, notes, tokens, message_id, created_at, target, target_speaker,
    addressed, writer
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (message_id) DO NOTHING RETURNING id
"""

_BEGIN = """
INSERT INTO turn (scene_id, position, speaker_id, persona_key, text, tokens, created_at, writer)
VALUES (?, ?, ?, ?, '', 0, ?, ?) RETURNING id
"""

# `former` equal to `swipe` marks a turn that people have yet to see.
_SPEAK = """
INSERT INTO turn (
    scene_id, position, speaker_id, persona_key, text, tokens, created_at, ending, former, spoken_by,
    spoken_name, writer
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?) RETURNING id
"""

_RECENT = """
SELECT * FROM spoken WHERE scene_id = ? AND position >= ? AND position < ? ORDER BY position DESC LIMIT ?
"""

_COUNT = "SELECT count(*) AS turns FROM spoken WHERE scene_id = ? AND position >= ? AND position < ?"

# A deleted turn stays deleted: the page is planned only if its turn exists, and nobody else writes it.
_PLAN = f"""
INSERT INTO post (turn_id, page, slice_start, slice_end, nonce, hook_id, heading, swipe)
SELECT id, ?, ?, ?, ?, ?, ?, swipe FROM turn WHERE id = ? AND {ours("turn")}
ON CONFLICT (turn_id, page) DO UPDATE SET slice_start = excluded.slice_start,
    slice_end = excluded.slice_end, nonce = excluded.nonce, hook_id = excluded.hook_id,
    heading = excluded.heading, swipe = excluded.swipe
RETURNING 1
"""  # noqa: S608 - ours

_TURN_OF = """
SELECT * FROM turn_with_speaker
WHERE message_id = :message OR id = (SELECT turn_id FROM post WHERE message_id = :message)
"""

_POSTS = "SELECT * FROM post WHERE turn_id = ? ORDER BY page"

# The posts of removed turns are included, wherever they are. The order here is that of ids, in which
# personas' turns were begun, because the channel's other scenes count too. The tables are joined in this
# order, because few of a channel's many turns have posts with buttons.
_WITH_BUTTONS = """
SELECT post.* FROM post CROSS JOIN turn CROSS JOIN scene
WHERE post.buttons = 1 AND turn.id = post.turn_id AND scene.id = turn.scene_id
    AND scene.channel_id = :channel AND turn.id <> :turn
    AND scene.owner = coalesce(
        (SELECT here.owner FROM scene AS here JOIN turn ON turn.scene_id = here.id WHERE turn.id = :turn), 0
    )
    AND (turn.id < :turn OR turn.removal_id IS NOT NULL)
ORDER BY post.turn_id, post.page
"""

_UNFINISHED = """
SELECT turn.*, speaker.name, speaker.user_id, speaker.character,
    place.channel_id, place.owner, place.parent_id, place.guild_id, place.category_id
FROM turn JOIN speaker ON speaker.id = turn.speaker_id JOIN scene ON scene.id = turn.scene_id
JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
WHERE turn.persona_key IS NOT NULL
    AND (turn.ending IS NULL OR turn.ending = 'crashed' OR turn.former IS NOT NULL)
ORDER BY turn.id
"""

_LEFT = _UNFINISHED.replace("ORDER BY", f"AND {left('turn')} ORDER BY")

_UNFINISHED_OURS = _UNFINISHED.replace("ORDER BY", f"AND {ours('turn')} ORDER BY")

# The first to close a turn wins: a text that was cut when a page was deleted is not overwritten.
_FINISH = """
UPDATE turn SET text = ?, tokens = ?, ending = ?
WHERE id = ? AND persona_key IS NOT NULL AND ending IS NULL AND writer = ? RETURNING 1
"""


@dataclass(frozen=True, slots=True)
class Said:
    """A person's message.

    Attributes:
        speaker: the person under their name in this place.
        text: the person's words.
        tokens: the tokens of words and notes.
        at: the time of the message.
        message_id: the id of the message; None or negative if it is not Discord's.
        owed_by: the keys of the personas that are to answer it, in their order.
        notes: the notes beside the words.
        references: what it refers to that is no turn of its scene.
        target: what it replies to, if that is a turn of its scene or one of `references`.
        addressed: whether it is said to a persona; lines to nobody are kept for a shorter time.
    """

    speaker: Speaker
    text: str
    tokens: int
    at: datetime
    message_id: int | None = None
    owed_by: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    references: tuple[Reference, ...] = ()
    target: Target | None = None
    addressed: bool = True


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a person says as a persona.

    Attributes:
        persona_key: the persona's key.
        name: its name.
        text: the words.
        tokens: the tokens of the words.
        by_user: the person's account.
    """

    persona_key: str
    name: str
    text: str
    tokens: int
    by_user: int


class History:
    """The turns of all scenes; ids and times go in, records come out.

    `requests` has what was asked of the model for them, `costs` what that cost.
    """

    def __init__(self, db: Database) -> None:
        self.requests = Requests(db)
        self.costs = Costs(db)
        self._db = db

    async def record(self, scene_id: int, said: Said) -> Turn | None:
        """Store a person's message as a turn; None if this message is stored already, or others see to it."""
        words = (
            said.speaker.id,
            storable(said.text),
            storable(to_json(said.notes)),
            said.tokens,
            said.message_id,
            to_ms(said.at),
            *_target(said.target),
            int(said.addressed),
        )
        async with self._db.transaction() as tx:
            if await tx.is_out():
                return None
            position = await _position(tx, scene_id, said)
            rows = await tx.run(_RECORD, (scene_id, position, *words, tx.writer))
            if not rows:
                return None
            await owe(tx, rows[0]["id"], said.owed_by)
            await refer(tx, rows[0]["id"], said.references)
            await turn_added(tx, rows[0]["id"], scene_id, position)
            return await _turn(tx, rows[0]["id"])

    async def begin_reply(
        self, scene_id: int, *, persona_key: str, name: str, at: datetime, heard: int = 0
    ) -> Turn:
        """Create a persona's turn, before its first word, after all turns of the scene.

        It comes after the message `heard` too, and takes what waits to be told to the persona.

        Raises:
            StorageError: OUT, and as `Database.transaction`.
        """
        async with self._db.transaction() as tx:
            await tx.may_begin()
            await close_stale(tx, scene_id)
            speaker_id = await persona_speaker(tx, scene_id, persona_key, name, at)
            position = await next_position(tx, scene_id, heard)
            rows = await tx.run(_BEGIN, (scene_id, position, speaker_id, persona_key, to_ms(at), tx.writer))
            await take(tx, scene_id, rows[0]["id"], persona_key)
            return await _turn(tx, rows[0]["id"])

    async def speak(self, scene_id: int, spoken: Spoken, at: datetime) -> Turn:
        """Store what a person says as a persona, after all turns of the scene.

        It is among the unfinished until people see it (`Swipes.shown`).

        Raises:
            StorageError: OUT, and as `Database.transaction`.
        """
        async with self._db.transaction() as tx:
            await tx.may_begin()
            speaker_id = await persona_speaker(tx, scene_id, spoken.persona_key, spoken.name, at)
            position = await next_position(tx, scene_id)
            words = (spoken.persona_key, storable(spoken.text), spoken.tokens, to_ms(at), Ending.DONE)
            name = await spoke_as_in(tx, scene_id, spoken.by_user)
            values = (scene_id, position, speaker_id, *words, spoken.by_user, name, tx.writer)
            rows = await tx.run(_SPEAK, values)
            await turn_added(tx, rows[0]["id"], scene_id, position)
            return await _turn(tx, rows[0]["id"])

    async def save_text(self, turn_id: int, text: str) -> bool:
        """Store the text so far, before it is shown; False if the turn is closed, gone or another's."""
        sql = "UPDATE turn SET text = ? WHERE id = ? AND ending IS NULL AND writer = ? RETURNING 1"
        return bool(await self._db.write(sql, (storable(text), turn_id, self._db.writer)))

    async def plan_post(self, turn_id: int, planned: Slice) -> bool:
        """Store what a page is about to show, by which webhook and under which line, before it is sent.

        A page planned again is stored again as a whole. Nothing happens if the turn is gone. Return False if
        another process writes it: then it is not to be sent.
        """
        shown = (planned.page, planned.start, planned.end, planned.nonce)
        values = (*shown, planned.hook_id, storable(planned.heading), turn_id, self._db.writer)
        return bool(await self._db.write(_PLAN, values)) or not await is_others(self._db, turn_id)

    async def posted(self, turn_id: int, page: int, message_id: int) -> None:
        """Store the message that shows a planned page; the turn's question counts as answered."""
        sql = "UPDATE post SET message_id = ? WHERE turn_id = ? AND page = ?"
        async with self._db.transaction() as tx:
            await tx.run(sql, (message_id, turn_id, page))
            await _answer(tx, turn_id)

    async def set_button_posts(self, turn_id: int, pages: Collection[int]) -> None:
        """Store which pages of a turn may have buttons; the others have none."""
        async with self._db.transaction() as tx:
            await tx.run("UPDATE post SET buttons = 0 WHERE turn_id = ? AND buttons = 1", (turn_id,))
            for page in pages:
                await tx.run("UPDATE post SET buttons = 1 WHERE turn_id = ? AND page = ?", (turn_id, page))

    async def clear_buttons(self, message_id: int) -> None:
        """Store that a post has no buttons anymore."""
        await self._db.write("UPDATE post SET buttons = 0 WHERE message_id = ?", (message_id,))

    async def old_buttons(self, channel_id: int, turn_id: int) -> list[Post]:
        """Return the posts of a channel that may still have buttons although this newer turn has them now."""
        return list(posts_of(await self._db.read(_WITH_BUTTONS, {"channel": channel_id, "turn": turn_id})))

    async def set_slices(self, turn_id: int, slices: Iterable[tuple[int, int, int]]) -> None:
        """Store new slices of pages, each as page, start and end, before their posts are edited.

        A page that shows nothing anymore gets an empty slice, so that deleting its post removes no text.
        """
        sql = """
        UPDATE post SET slice_start = ?, slice_end = ?, swipe = (SELECT swipe FROM turn WHERE id = turn_id)
        WHERE turn_id = ? AND page = ?
        """
        async with self._db.transaction() as tx:
            for page, start, end in slices:
                await tx.run(sql, (start, end, turn_id, page))

    async def finish(
        self, turn_id: int, *, text: str, tokens: int, ending: Ending, spent: Spent | None = None
    ) -> None:
        """Close a persona's turn with the text that people see, unless it is closed already, or another's.

        A revision that came to nothing is undone. The cost is stored even if the turn is gone. A turn with
        text is the answer that was owed; without text, the post that says why is.
        """
        async with self._db.transaction() as tx:
            reverted = not text and await revert(tx, turn_id)
            if not reverted and await tx.run(_FINISH, (storable(text), tokens, ending, turn_id, tx.writer)):
                await settle(tx, turn_id)
                await keep_due(tx, turn_id)
                await turn_settled(tx, turn_id)
                if text:
                    await _answer(tx, turn_id)
            if spent:
                await spend_on_reply(tx, turn_id, spent)

    async def take_up(self, turn_id: int, tokens: int) -> bool:
        """Close a turn that no living process sees to, as its writer from now on; False if one does.

        `tokens` is the count of its text; the rest is as with `close_left`.
        """
        async with self._db.transaction() as tx:
            if not await take_up(tx, turn_id):
                return False
            await close_left(tx, turn_id, tokens, Ending.CRASHED)
        return True

    async def hand_on(self, turns: Iterable[Turn]) -> bool:
        """Leave turns to whichever process takes them up; False if all were left before."""
        turns = tuple(turns)
        if not turns:
            return False
        async with self._db.transaction() as tx:
            return any([await hand_on(tx, turn) for turn in turns])

    async def another_writes(self, scene_id: int) -> bool:
        """Return whether a reply is being written in a scene by another process, living or not."""
        return await another_writes(self._db, scene_id)

    async def another_has_answered(self, message_id: int, persona_key: str) -> bool:
        """Return whether another process has let a persona answer a message, or told why it does not."""
        return await another_has_answered(self._db, message_id, persona_key)

    async def owed(self, *, ours: bool = False) -> list[Owed]:
        """Return the messages that wait for an answer, scene by scene in the order of the story.

        At a start these are the messages that a kill left unanswered. With `ours` only those to which no
        other living process sees.
        """
        owed = [*await owed_turns(self._db, ours=ours), *await owed_steering(self._db, ours=ours)]
        return sorted(owed, key=lambda each: (each.turn.scene_id, each.turn.position))

    async def waive(self, message_id: int, persona_key: str) -> None:
        """Store that this persona owes no answer to a message, nor to those before it in its scene.

        People were told why, or no answer is due anymore.
        """
        sql = "SELECT scene_id, position FROM turn WHERE message_id = ?"
        rows = await self._db.read(sql, (message_id,))
        async with self._db.transaction() as tx:
            for row in rows:  # none if it was a press, of which nothing is stored
                await pay(tx, row["scene_id"], persona_key, Position(row["position"] + 1))
            await waive_steering(tx, message_id, persona_key)

    async def drop(self, turn_id: int) -> None:
        """Delete a turn that nobody has seen, and its posts; what it was told waits for the next."""
        async with self._db.transaction() as tx:
            await _drop(tx, turn_id)

    async def withdraw(self, turn_id: int) -> tuple[Post, ...]:
        """Delete a persona's turn that people have seen, and return the posts that show it.

        What it was told waits for the next.
        """
        async with self._db.transaction() as tx:
            posts = posts_of(await tx.run(_POSTS, (turn_id,)))
            await turn_leaves(tx, turn_id)
            await _drop(tx, turn_id)
        return posts

    async def rename(self, message_id: int, to: int, speaker: Speaker) -> bool:
        """Let a person's turn be of another message, which says the same under another name.

        Return False if the message has no turn.
        """
        sql = "UPDATE turn SET message_id = ?, speaker_id = ? WHERE message_id = ? RETURNING id"
        async with self._db.transaction() as tx:
            rows = await tx.run(sql, (to, speaker.id, message_id))
            if not rows:
                return False
            for table, column, who in (
                ("steering", "message_id", "speaker_id"),
                ("reference", "message_id", "speaker_id"),
                ("turn", "target", "target_speaker"),
            ):
                sql = f"UPDATE {table} SET {column} = ?, {who} = ? WHERE {column} = ?"  # noqa: S608 - ours
                await tx.run(sql, (to, speaker.id, message_id))
            await turn_settled(tx, rows[0]["id"])
        return True

    async def drop_unseen(self, turn_id: int) -> bool:
        """Delete a turn as `drop` does, if no post of it was planned yet; return whether it was deleted."""
        async with self._db.transaction() as tx:
            if await tx.run("SELECT 1 FROM post WHERE turn_id = ? LIMIT 1", (turn_id,)):
                return False
            return await _drop(tx, turn_id)

    async def recent(self, scene_id: int, start: Position, before: Position, most: int = ALL) -> list[Turn]:
        """Return the turns from `start` on and before `before`, in order; the newest `most` of them.

        Empty turns, and replies that are still being written, are left out.
        """
        rows: list[Row] = []  # the newest first
        references: dict[int, tuple[Reference, ...]] = {}
        targets: dict[int, Target] = {}
        for each in await stretches(self._db.read, scene_id, start, before):
            rest = most - len(rows)
            found = (
                await self._db.read(_RECENT, (each.scene_id, each.start, each.before, rest)) if rest else []
            )
            if found:
                oldest = Position(found[-1]["position"])
                references |= await references_in(self._db.read, each.scene_id, oldest, each.before)
                if any(row["target"] is not None for row in found):
                    targets |= await targets_in(self._db.read, each.scene_id, oldest, each.before)
                rows += found
        return [turn_of(row, references.get(row["id"], ()), targets.get(row["id"])) for row in reversed(rows)]

    async def tells(self, scene_id: int, turn: Turn) -> bool:
        """Return whether a turn is in the story of a scene, as its own or its parents', and not removed."""
        parts = await stretches(self._db.read, scene_id, turn.position, Position(turn.position + 1))
        return turn.removal_id is None and turn.scene_id in {part.scene_id for part in parts}

    async def last_persona(self, scene_id: int, keys: Collection[str]) -> str | None:
        """Return which of these personas spoke last in a scene; None if none of them has."""
        marks = ", ".join("?" * len(keys))
        sql = f"""
        SELECT persona_key FROM spoken WHERE scene_id = ? AND position >= ? AND position < ?
            AND persona_key IN ({marks}) ORDER BY position DESC LIMIT 1
        """  # noqa: S608 - marks
        for part in await stretches(self._db.read, scene_id):
            if rows := await self._db.read(sql, (part.scene_id, part.start, part.before, *keys)):
                return str(rows[0]["persona_key"])
        return None

    async def move_window(self, scene_id: int, start: Position, party_until: Position) -> None:
        """Store the turn with which the scene's prompts begin from now on, and the newest one by now."""
        sql = "UPDATE scene SET window_start = ?, party_until = ? WHERE id = ?"
        await self._db.write(sql, (start, party_until, scene_id))

    async def count_before(self, scene_id: int, position: Position) -> int:
        """Return the number of a scene's turns before a position; counts all, so not for every message."""
        return await self._count(await stretches(self._db.read, scene_id, before=position))

    async def count_after(self, scene_id: int, position: Position) -> int:
        """Return the number of a scene's turns after a position; counts them all."""
        return await self._count(await stretches(self._db.read, scene_id, Position(position + 1)))

    async def _count(self, parts: Sequence[Stretch]) -> int:
        counts = [await self._db.read(_COUNT, (part.scene_id, part.start, part.before)) for part in parts]
        return sum(rows[0]["turns"] for rows in counts)

    async def amend(self, message_id: int, text: str, notes: Sequence[Note], tokens: int) -> bool:
        """Store a person's edit; `tokens` is as in `Said`. Return False if the message has no turn."""
        sql = "UPDATE turn SET text = ?, notes = ?, tokens = ? WHERE message_id = ? RETURNING id"
        values = (storable(text), storable(to_json(notes)), tokens, message_id)
        async with self._db.transaction() as tx:
            rows = await tx.run(sql, values)
            for row in rows:
                await turn_settled(tx, row["id"])
        return bool(rows)

    async def owe(
        self,
        message_id: int,
        persona_keys: Sequence[str],
        references: Iterable[Reference] = (),
        target: Target | None = None,
    ) -> bool:
        """Store that personas owe an answer to a message that did not ask for one when it was stored.

        It comes after all that personas have said without knowing it, with what it refers to (`references`)
        and replies to (`target`, if that is not stored yet). Return False if it has no turn, or if another
        process has seen to that already: while a shard changes hands, two hear of the edit.
        """
        sql = """
        UPDATE turn SET addressed = 1, position = ?, target_speaker = coalesce(target_speaker, ?),
            target = coalesce(target, ?), writer = ? WHERE id = ?
        """
        message, speaker = _target(target)
        async with self._db.transaction() as tx:
            rows = await tx.run("SELECT id, scene_id, position FROM turn WHERE message_id = ?", (message_id,))
            if not rows or not await claim(tx, f"edit {message_id}"):
                return False
            for row in rows:
                position = await moved_position(tx, row["scene_id"], row["position"])
                await tx.run(sql, (position, speaker, message, tx.writer, row["id"]))
                await owe(tx, row["id"], persona_keys)
                await refer(tx, row["id"], references)
        return True

    async def refers_to(self, message_id: int) -> bool:
        """Return whether any turn refers to a message."""
        return bool(
            await self._db.read("SELECT 1 FROM reference WHERE message_id = ? LIMIT 1", (message_id,))
        )

    async def reword(self, message_id: int, text: str, tokens: int) -> bool:
        """Store the edit of a message that turns refer to; "" for no words. Return False if none does."""
        async with self._db.transaction() as tx:
            referring = await reword(tx, message_id, text, tokens)
            for turn_id in referring:
                await turn_settled(tx, turn_id)
        return bool(referring)

    async def retract(self, message_ids: Iterable[int]) -> list[Retraction]:
        """Handle deleted messages: a person's message deletes its turn, a post its page.

        A turn without any page left is deleted, and no turn refers to a deleted message. Unknown messages
        change nothing.
        """
        gone: dict[int, bool] = {}
        async with self._db.transaction() as tx:
            for message_id in message_ids:
                await forget_steering(tx, message_id)
                change = await _take_out(tx, message_id)
                if change:
                    gone[change.turn_id] = change.gone
        return [Retraction(turn_id, is_gone) for turn_id, is_gone in gone.items()]

    async def take_out(self, message_id: int) -> None:
        """Handle an edit by which a person's message is no turn anymore; what it steers stays."""
        async with self._db.transaction() as tx:
            await _take_out(tx, message_id)

    async def turn(self, turn_id: int) -> Turn | None:
        """Return the turn as it is now; None if it is gone."""
        rows = await self._db.read(TURN, (turn_id,))
        return turn_of(rows[0]) if rows else None

    async def turn_of(self, message_id: int) -> Turn | None:
        """Return the turn of a message: a person's, or the one that a post shows; None if there is none."""
        rows = await self._db.read(_TURN_OF, {"message": message_id})
        return turn_of(rows[0]) if rows else None

    async def posts(self, turn_id: int) -> list[Post]:
        """Return the posts of a turn, in the order of its pages, without those that are only planned."""
        return list(posts_of(await self._db.read(_POSTS, (turn_id,))))

    async def unfinished(self, *, left: bool = False, ours: bool = False) -> list[Unfinished]:
        """Return personas' turns that are being written, or that a crash cut off unknown to people.

        With `left` only those that no living process sees to, with `ours` also those of this one.
        """
        if ours:
            rows = await self._db.read(_UNFINISHED_OURS, (self._db.writer,))
        else:
            rows = await self._db.read(_LEFT if left else _UNFINISHED)
        found = []
        for row in rows:
            pages = await self._db.read(_POSTS, (row["id"],))
            found.append(Unfinished(turn_of(row), place_of(row), posts_of(pages), planned_of(pages)))
        return found

    async def close_left(self, turn_id: int, tokens: int, ending: Ending = Ending.CRASHED) -> Turn | None:
        """Close a turn that was left open, with the text it had; `tokens` is its count.

        A revision that had written nothing new is undone. A crashed turn stays among the unfinished until
        people have been told (`told_interrupted`). None if the turn is gone.
        """
        async with self._db.transaction() as tx:
            await close_left(tx, turn_id, tokens, ending)
            rows = await tx.run(TURN, (turn_id,))
        return turn_of(rows[0]) if rows else None

    async def shorten(self, turn_id: int, text: str, tokens: int) -> None:
        """Store the beginning of a turn's text that people see, where no more of it could be shown."""
        sql = "UPDATE turn SET text = ?, tokens = ? WHERE id = ? AND persona_key IS NOT NULL RETURNING 1"
        async with self._db.transaction() as tx:
            if await tx.run(sql, (storable(text), tokens, turn_id)):
                await turn_settled(tx, turn_id)

    async def told_interrupted(self, turn_id: int) -> None:
        """Store that people see the turn and how it ended, or that they cannot be told."""
        sql = "UPDATE turn SET ending = ? WHERE id = ? AND ending = ?"
        async with self._db.transaction() as tx:
            await tx.run(sql, (Ending.INTERRUPTED, turn_id, Ending.CRASHED))
            await shown(tx, turn_id)


async def _answer(tx: Transaction, turn_id: int) -> None:
    """Store that a persona's turn, or the notice in its place, answers all messages before it."""
    sql = "SELECT scene_id, persona_key, position FROM turn WHERE id = ? AND persona_key IS NOT NULL"
    for row in await tx.run(sql, (turn_id,)):
        await pay(tx, row["scene_id"], row["persona_key"], Position(row["position"]))
    await steering_answered(tx, turn_id)


async def _drop(tx: Transaction, turn_id: int) -> bool:
    await release(tx, turn_id)
    rows = await tx.run("DELETE FROM turn WHERE id = ? RETURNING id", (turn_id,))
    await turn_settled(tx, turn_id)
    return bool(rows)


async def _position(tx: Transaction, scene_id: int, said: Said) -> Position:
    if said.message_id is None or said.message_id < 0:
        return await next_position(tx, scene_id)
    return await message_position(tx, scene_id, said.message_id, answered=bool(said.owed_by))


async def _turn(tx: Transaction, turn_id: int) -> Turn:
    return turn_of((await tx.run(TURN, (turn_id,)))[0])


def _target(target: Target | None) -> tuple[Value, Value]:
    return (None, None) if target is None else (target.message_id, target.speaker.id)


async def _take_out(tx: Transaction, message_id: int) -> Retraction | None:
    """Take a message out of the story, and out of what turns refer to."""
    for turn_id in await forget(tx, message_id):
        await turn_settled(tx, turn_id)
    change = await retract(tx, message_id)
    if change:
        await turn_settled(tx, change.turn_id)
    return change
