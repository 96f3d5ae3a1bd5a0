"""What a person asked to be forgotten, until no file has it.

Law: what is forgotten goes in one transaction, which leaves an erasure; that is deleted when the index, the
journal and the copies of the database hold nothing of it either. `personal_data` says what is done to which
table.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from bot.core.budgets.days import running_months_from
from bot.core.scene import Position
from bot.storage.aliases import make_alias
from bot.storage.branches import stretches
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.derived import turn_settled
from bot.storage.engine import Row
from bot.storage.personal_data import BEING_WRITTEN, STEPS
from bot.storage.recaps import overtake_from, tell_overtaken
from bot.storage.subject_access import PIECE

LISTED: Final = 1000
"""Posts of replies that a person is told at most."""

# Threads come before their channels: a thread's first message waits for the channel too.
_CHANNELS: Final = """
SELECT known.channel_id, max(CASE WHEN place.parent_id IS NULL THEN 1 ELSE 0 END) AS is_last
FROM (
    SELECT channel_id FROM speaker WHERE user_id = :user
    UNION SELECT channel_id FROM profile_choice WHERE user_id = :user AND channel_id <> 0
    UNION SELECT channel_id FROM scene WHERE starter_id = :user
    UNION SELECT scene.channel_id FROM pin JOIN scene ON scene.id = pin.scene_id
    WHERE pin.by_user = :user OR pin.author_id = :user
    UNION SELECT scene.channel_id FROM author_note JOIN scene ON scene.id = author_note.scene_id
    WHERE author_note.by_user = :user
    UNION SELECT scene.channel_id FROM recap JOIN scene ON scene.id = recap.scene_id
    WHERE recap.by_user = :user
    UNION SELECT scene.channel_id FROM removal JOIN scene ON scene.id = removal.scene_id
    WHERE removal.by_user = :user
    UNION SELECT scene.channel_id FROM turn JOIN scene ON scene.id = turn.scene_id
    WHERE turn.editor_id = :user OR turn.spoken_by = :user
    UNION SELECT channel_id FROM proposal WHERE by_user = :user AND channel_id <> 0
    UNION SELECT scene.channel_id FROM swipe JOIN turn ON turn.id = swipe.turn_id
    JOIN scene ON scene.id = turn.scene_id WHERE swipe.editor_id = :user
) AS known LEFT JOIN place ON place.channel_id = known.channel_id
WHERE :everywhere = 1 OR known.channel_id = :channel OR place.parent_id = :channel
GROUP BY known.channel_id ORDER BY is_last, known.channel_id
"""

# A branch elsewhere has got the names of where it comes from: a person who said nothing there has no others.
_ONLY_NAMED: Final = """
WITH RECURSIVE told (id, channel_id) AS (
    SELECT scene.id, scene.channel_id FROM scene JOIN place ON place.channel_id = scene.channel_id
    WHERE scene.channel_id = :channel OR place.parent_id = :channel
    UNION
    SELECT scene.id, scene.channel_id FROM told JOIN scene ON scene.parent = told.id
)
SELECT DISTINCT speaker.channel_id FROM speaker
WHERE speaker.user_id = :user AND speaker.channel_id IN (SELECT channel_id FROM told)
    AND NOT EXISTS (
        SELECT 1 FROM speaker AS named WHERE named.user_id = :user AND named.channel_id = speaker.channel_id
            AND (
                EXISTS (SELECT 1 FROM turn WHERE turn.speaker_id = named.id)
                OR EXISTS (SELECT 1 FROM reference WHERE reference.speaker_id = named.id)
                OR EXISTS (SELECT 1 FROM steering WHERE steering.speaker_id = named.id)
            )
    )
ORDER BY speaker.channel_id
"""

# A branch reads the turns of its parents, wherever it is.
_SCENES: Final = """
WITH RECURSIVE told (id) AS (
    SELECT id FROM scene WHERE channel_id = ?
    UNION
    SELECT scene.id FROM told JOIN scene ON scene.parent = told.id
)
SELECT id FROM told ORDER BY id
"""

_OWN_TEXTS: Final = """
SELECT turn.id AS number, turn.text, turn.notes FROM turn
WHERE turn.speaker_id = :speaker AND turn.id > :after ORDER BY turn.id LIMIT :most
"""

_SPOKEN_TEXTS: Final = """
SELECT turn.id AS number, turn.text FROM turn JOIN scene ON scene.id = turn.scene_id
WHERE turn.spoken_by = :user AND scene.channel_id = :channel AND turn.id > :after ORDER BY turn.id LIMIT :most
"""

_OWN_QUOTES: Final = """
SELECT text FROM reference WHERE speaker_id = :speaker AND text <> ''
UNION ALL SELECT text FROM steering WHERE speaker_id = :speaker
"""

# What a person wrote or is quoted with in a scene goes from its branches too, which began with copies.
_REMEMBERED: Final = """
SELECT 'pin' AS kind, pin.id, pin.text, CASE
    WHEN (pin.by_user = :user OR pin.author_id = :user) AND pin.created_at < scene.created_at THEN 1 ELSE 0
END AS is_theirs
FROM pin JOIN scene ON scene.id = pin.scene_id WHERE pin.scene_id = :scene
UNION ALL
SELECT 'note', author_note.scene_id, author_note.text, CASE
    WHEN author_note.by_user = :user AND author_note.created_at < scene.created_at THEN 1 ELSE 0
END
FROM author_note JOIN scene ON scene.id = author_note.scene_id WHERE author_note.scene_id = :scene
UNION ALL
SELECT 'recap', recap.reaches, recap.text, 0 FROM recap WHERE recap.scene_id = :scene
"""

_OWN_POSITIONS: Final = """
SELECT turn.position FROM turn JOIN speaker ON speaker.id = turn.speaker_id
WHERE turn.scene_id = ? AND coalesce(speaker.user_id, turn.spoken_by) = ? AND turn.position >= ?
    AND turn.position < ?
ORDER BY turn.position
"""

_REPLIES: Final = """
SELECT id, position, persona_key, text, editor_id, spoken_by FROM turn
WHERE scene_id = ? AND position > ? AND persona_key IS NOT NULL ORDER BY position LIMIT ?
"""

_BESIDE: Final = """
SELECT swipe.turn_id, swipe.text AS said, swipe.editor_id FROM turn JOIN swipe ON swipe.turn_id = turn.id
WHERE turn.scene_id = :scene AND turn.position > :after AND turn.position <= :until
UNION ALL
SELECT post.turn_id, post.heading, NULL FROM turn JOIN post ON post.turn_id = turn.id
WHERE turn.scene_id = :scene AND turn.position > :after AND turn.position <= :until AND post.heading <> ''
"""

# Where the bot is only one person's, the id of a place leads nowhere.
_POSTS: Final = """
SELECT place.guild_id, scene.channel_id, post.message_id FROM erasure_turn
JOIN turn ON turn.id = erasure_turn.turn_id
JOIN post ON post.turn_id = turn.id
JOIN scene ON scene.id = turn.scene_id
JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
WHERE erasure_turn.erasure_id = ? AND erasure_turn.is_reply = 1 AND post.message_id IS NOT NULL
    AND scene.channel_id > 0
ORDER BY post.message_id DESC LIMIT ?
"""

_OWN_POSTS: Final = """
SELECT place.guild_id, scene.channel_id, post.message_id FROM scene
JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
JOIN turn ON turn.scene_id = scene.id
JOIN post ON post.turn_id = turn.id
WHERE scene.owner = :user AND :everywhere = 1 AND scene.channel_id > 0 AND post.message_id IS NOT NULL
ORDER BY post.message_id DESC LIMIT :most
"""
"""The posts in a person's own places, of which nothing is left afterwards."""

_SUMS: Final = """
SELECT count(CASE WHEN erasure_turn.is_reply = 0 THEN 1 END) AS gone,
    count(CASE WHEN erasure_turn.is_reply = 1 THEN 1 END) AS replies
FROM erasure_turn WHERE erasure_id = ? AND NOT EXISTS (
    SELECT 1 FROM turn WHERE turn.id = erasure_turn.turn_id AND erasure_turn.is_reply = 0
)
"""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a person asked to be forgotten; `user_id` is None when their rows are gone."""

    id: int
    user_id: int | None
    everywhere: bool


@dataclass(frozen=True, slots=True)
class PostOfReply:
    """A post that still shows what the story has forgotten; `server_id` is None in direct messages."""

    server_id: int | None
    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is gone: a person's messages, the texts of replies, and the posts that still show those."""

    messages: int = 0
    replies: int = 0
    posts: tuple[PostOfReply, ...] = ()
    reply_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A reply of a persona's, with all its variants and what stands above its posts.

    `authors` are the people who rewrote it, or who spoke as the persona.
    """

    turn_id: int
    position: int
    persona_key: str
    texts: tuple[str, ...]
    authors: frozenset[int]


@dataclass(frozen=True, slots=True)
class Remembered:
    """A pin, a recap or the author's note of a scene.

    Attributes:
        kind: which of these.
        key: the pin's id, the position that the recap reaches to, or the scene.
        scene_id: the scene.
        text: its words.
        is_theirs: whether it is a copy of what a person wrote, or of their words.
    """

    kind: Literal["pin", "note", "recap"]
    key: int
    scene_id: int
    text: str
    is_theirs: bool


class Erasures:
    """What is to be forgotten of people, in all tables."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def channels(self, user_id: int, channel_id: int | None) -> list[int]:
        """Return the channels in which anything is stored of a person, threads first.

        With a channel: those of it and of its threads, and the branches of their stories elsewhere where
        nothing is but the person's name.
        """
        scope = {"user": user_id, "channel": channel_id or 0, "everywhere": int(channel_id is None)}
        rows = await self._db.read(_CHANNELS, scope)
        if channel_id is not None:
            rows = [*await self._db.read(_ONLY_NAMED, scope), *rows]
        return list(dict.fromkeys(row["channel_id"] for row in rows))

    async def ask(
        self, user_id: int, channel_ids: Collection[int], at: datetime, *, everywhere: bool
    ) -> Erasure:
        """Store that a person asks to be forgotten in these channels, and with `everywhere` beyond them."""
        async with self._db.transaction() as tx:
            sql = "INSERT INTO erasure (user_id, everywhere, created_at) VALUES (?, ?, ?) RETURNING id"
            (row,) = await tx.run(sql, (user_id, int(everywhere), to_ms(at)))
            for channel_id in channel_ids:
                await tx.run(
                    "INSERT INTO erasure_channel (erasure_id, channel_id) VALUES (?, ?)",
                    (row["id"], channel_id),
                )
            await tx.run(BEING_WRITTEN, {"erasure": row["id"]})
        return Erasure(row["id"], user_id, everywhere)

    async def asked(self) -> list[Erasure]:
        """Return what people have asked for and is not done to the end: what a kill left."""
        rows = await self._db.read("SELECT * FROM erasure ORDER BY id")
        return [Erasure(row["id"], row["user_id"], bool(row["everywhere"])) for row in rows]

    async def channels_of(self, erasure: Erasure) -> list[int]:
        """Return the channels of an erasure."""
        sql = "SELECT channel_id FROM erasure_channel WHERE erasure_id = ? ORDER BY channel_id"
        return [row["channel_id"] for row in await self._db.read(sql, (erasure.id,))]

    async def called(self, user_id: int) -> list[str]:
        """Return all names of a person, as people and as prompts know them."""
        sql = """
        SELECT display_name, name FROM speaker WHERE user_id = :user
        UNION ALL SELECT name, name FROM profile WHERE user_id = :user
        """
        return [name for row in await self._db.read(sql, {"user": user_id}) for name in tuple(row) if name]

    async def texts(self, user_id: int, channel_ids: Iterable[int]) -> AsyncIterator[list[str]]:
        """Yield what is stored of a person's own words, of their profiles and in some channels, in pieces."""
        profiles = await self._db.read("SELECT description FROM profile WHERE user_id = ?", (user_id,))
        yield [row["description"] for row in profiles]
        sql = "SELECT id FROM speaker WHERE user_id = ? AND channel_id = ?"
        for channel_id in channel_ids:
            for speaker in await self._db.read(sql, (user_id, channel_id)):
                after, key = 0, speaker["id"]
                page = {"speaker": key, "most": PIECE}
                while rows := await self._db.read(_OWN_TEXTS, {**page, "after": after}):
                    yield [text for row in rows for text in (row["text"], row["notes"]) if text]
                    after = rows[-1]["number"]
                rows = await self._db.read(_OWN_QUOTES, {"speaker": key})
                yield [row["text"] for row in rows]
            after, here = 0, {"user": user_id, "channel": channel_id, "most": PIECE}
            while rows := await self._db.read(_SPOKEN_TEXTS, {**here, "after": after}):
                yield [row["text"] for row in rows]
                after = rows[-1]["number"]

    async def scenes(self, channel_ids: Iterable[int]) -> list[int]:
        """Return the scenes in some channels, and their branches."""
        found: dict[int, None] = {}
        for channel_id in channel_ids:
            found |= dict.fromkeys(row["id"] for row in await self._db.read(_SCENES, (channel_id,)))
        return list(found)

    async def remembered(self, user_id: int, scene_ids: Iterable[int]) -> list[Remembered]:
        """Return the pins, notes and recaps of some scenes."""
        found: list[Remembered] = []
        for scene_id in scene_ids:
            rows = await self._db.read(_REMEMBERED, {"user": user_id, "scene": scene_id})
            found += [
                Remembered(row["kind"], row["id"], scene_id, row["text"], bool(row["is_theirs"]))
                for row in rows
            ]
        return found

    async def positions(self, scene_id: int, user_id: int) -> list[int]:
        """Return where a person speaks in a scene, and in what it reads of its parents.

        What an undo in a branch has left out of its parents counts: a *Redo* brings the answers back.
        """
        found: list[int] = []
        for part in reversed(await stretches(self._db.read, scene_id, with_undone=True)):
            key = (part.scene_id, user_id, part.start, part.before)
            found += [row["position"] for row in await self._db.read(_OWN_POSITIONS, key)]
        return found

    async def replies(self, scene_id: int) -> AsyncIterator[list[Said]]:
        """Yield the replies of a scene's personas in pieces and in order, also those that were taken out."""
        after = 0
        while rows := await self._db.read(_REPLIES, (scene_id, after, PIECE)):
            until = rows[-1]["position"]
            beside: dict[int, list[Row]] = {}
            for each in await self._db.read(_BESIDE, {"scene": scene_id, "after": after, "until": until}):
                beside.setdefault(each["turn_id"], []).append(each)
            yield [_said(row, beside.get(row["id"], ())) for row in rows]
            after = until

    async def mark(self, erasure: Erasure, reply_ids: Sequence[int]) -> None:
        """Store which replies lose their text with an erasure."""
        async with self._db.transaction() as tx:
            for at in range(0, len(reply_ids), PIECE):
                piece = reply_ids[at : at + PIECE]
                marks = ", ".join(["(?, ?, 1)"] * len(piece))
                sql = f"INSERT INTO erasure_turn (erasure_id, turn_id, is_reply) VALUES {marks}"  # noqa: S608 - marks
                values = [value for reply_id in piece for value in (erasure.id, reply_id)]
                await tx.run(f"{sql} ON CONFLICT DO NOTHING", values)

    async def erase(self, erasure: Erasure, remembered: Iterable[Remembered] = ()) -> Forgotten:
        """Delete a person's rows, marked replies' texts, and some of what is remembered: all or nothing."""
        scope = {"user": erasure.user_id, "erasure": erasure.id, "everywhere": int(erasure.everywhere)}
        scope["alias"] = None
        async with self._db.transaction() as tx:
            if erasure.user_id is not None:
                scope["alias"] = await make_alias(tx, erasure.user_id)
            (asked,) = await tx.run("SELECT created_at FROM erasure WHERE id = ?", (erasure.id,))
            scope["counted"] = to_ms(running_months_from(from_ms(asked["created_at"])))
            own = await tx.run(_OWN_POSTS, {**scope, "most": LISTED})
            for sql in STEPS:
                tell_overtaken(tx, [row["scene_id"] for row in await tx.run(sql, scope)])
            for each in remembered:
                await _drop(tx, each)
            (sums,) = await tx.run(_SUMS, (erasure.id,))
            posts = [*own, *await tx.run(_POSTS, (erasure.id, LISTED))][:LISTED]
            sql = "SELECT turn_id FROM erasure_turn WHERE erasure_id = ? AND is_reply = 1"
            replies = tuple(row["turn_id"] for row in await tx.run(sql, (erasure.id,)))
        return Forgotten(
            sums["gone"], sums["replies"], tuple(PostOfReply(*tuple(row)) for row in posts), replies
        )

    async def follow(self, erasure: Erasure) -> bool:
        """Call the observers of some turns that an erasure changed; return False when none is left."""
        sql = "SELECT turn_id FROM erasure_turn WHERE erasure_id = ? ORDER BY turn_id LIMIT ?"
        async with self._db.transaction() as tx:
            rows = await tx.run(sql, (erasure.id, PIECE))
            for row in rows:
                await turn_settled(tx, row["turn_id"])
            if rows:
                done = "DELETE FROM erasure_turn WHERE erasure_id = ? AND turn_id <= ?"
                await tx.run(done, (erasure.id, rows[-1]["turn_id"]))
        return bool(rows)

    async def is_shared(self) -> bool:
        """Return whether other processes may use the database now, as one that starts sees it."""
        return bool(await self._db.read("SELECT 1 FROM process LIMIT 1"))

    async def rewrite(self, most: int | None) -> bool:
        """Write the database's file again without traces; False if it has more than `most` bytes."""
        return await self._db.rewrite(most)

    async def wipe(self) -> bool:
        """Empty the journal, and delete the copies that updates made; False if the journal is being read."""
        emptied = await self._db.wipe()
        await self._db.discard_copies()
        return emptied

    async def done(self, erasure: Erasure) -> None:
        """Delete an erasure of which nothing is left to do, or which is not wanted anymore."""
        await self._db.write("DELETE FROM erasure WHERE id = ?", (erasure.id,))


async def _drop(tx: Transaction, remembered: Remembered) -> None:
    if remembered.kind == "recap":  # those made from it go too
        await overtake_from(tx, remembered.scene_id, Position(remembered.key), gone=True)
    elif remembered.kind == "pin":
        await tx.run("DELETE FROM pin WHERE id = ?", (remembered.key,))
    else:
        await tx.run("DELETE FROM author_note WHERE scene_id = ?", (remembered.key,))


def _said(row: Row, beside: Sequence[Row]) -> Said:
    authors = {row["editor_id"], row["spoken_by"], *(each["editor_id"] for each in beside)} - {None}
    texts = (row["text"], *(each["said"] for each in beside))
    return Said(row["id"], row["position"], row["persona_key"], texts, frozenset(authors))
