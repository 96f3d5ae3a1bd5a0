"""The places, their scenes and the notices that channels got.

Law: a place in use has exactly one running scene; starting another leaves the old one whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.scene import END, Ending, Identity, Place, Position, Scene, Turn
from bot.storage.branches import root, stretches
from bot.storage.columns import from_ms, storable, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.derived import turn_settled
from bot.storage.engine import Row
from bot.storage.landmarks import first_landmark
from bot.storage.people import persona_speaker
from bot.storage.pins import carry
from bot.storage.positions import next_position
from bot.storage.rows import place_of

_SCENE = """
SELECT scene.*, place.parent_id, place.guild_id, place.category_id, place.scene_id AS playing_id
FROM scene JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
"""

_ACTIVE = f"{_SCENE} WHERE place.channel_id = ? AND place.owner = ? AND scene.id = place.scene_id"

_REMEMBER_PLACE = """
INSERT INTO place (channel_id, owner, parent_id, guild_id, category_id, scene_id) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (channel_id, owner) DO UPDATE SET
    parent_id = coalesce(excluded.parent_id, place.parent_id),
    guild_id = coalesce(excluded.guild_id, place.guild_id),
    category_id = coalesce(excluded.category_id, place.category_id),
    scene_id = excluded.scene_id
"""

_NEW = """
INSERT INTO scene (channel_id, owner, title, starter_id, persona_key, created_at)
VALUES (?, ?, ?, ?, ?, ?) RETURNING id
"""

LEAVE_TO_PLACE = """
UPDATE scene SET persona_key = NULL
WHERE id = (SELECT scene_id FROM place WHERE channel_id = ? AND owner = ?)
"""
"""Unbinds the running scene from the persona that it was begun with."""

_GREET = """
INSERT INTO turn (scene_id, position, speaker_id, persona_key, text, tokens, created_at, ending)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""

_GREETED = "UPDATE scene SET greeter = ?, greeting = ? WHERE id = ?"

# Scenes without any turn are listed only while they run. What an imported one holds may be years old.
_OUTLINES = f"""
WITH told AS (
    SELECT scene_id, count(*) AS turns, max(created_at) AS last
    FROM spoken
    WHERE scene_id IN (SELECT id FROM scene WHERE channel_id = :channel AND owner = :owner) GROUP BY scene_id
)
SELECT * FROM (
    SELECT found.*, coalesce(told.turns, 0) AS turns, coalesce(told.last, found.created_at) AS last,
        CASE WHEN found.id = found.playing_id THEN 1 ELSE 0 END AS playing
    FROM ({_SCENE} WHERE scene.channel_id = :channel AND scene.owner = :owner) AS found
    LEFT JOIN told ON told.scene_id = found.id
) AS outline
WHERE turns > 0 OR playing = 1
ORDER BY playing DESC, CASE WHEN last < created_at THEN created_at ELSE last END DESC, id DESC LIMIT :most
"""  # noqa: S608 - ours

_SPEAKERS = """
SELECT user_id, character, name, min(position) AS first, max(position) AS last FROM spoken
WHERE scene_id = ? AND position >= ? AND position < ? AND user_id IS NOT NULL
GROUP BY user_id, character, name ORDER BY last
"""

_PERSONAS = """
SELECT persona_key, min(position) AS first FROM spoken
WHERE scene_id = ? AND position >= ? AND position < ? AND persona_key IS NOT NULL
GROUP BY persona_key ORDER BY first
"""

# It begins with its parent's window, if that reaches into what it has of it: its first prompts begin as the
# parent's did.
_BRANCH = """
INSERT INTO scene (
    channel_id, owner, title, starter_id, persona_key, created_at, parent, until, window_start, party_until,
    greeter, greeting
)
SELECT ?, ?, title, ?, ?, ?, id, ?, CASE WHEN window_start > ? THEN 0 ELSE window_start END,
    CASE WHEN party_until > ? THEN ? ELSE party_until END, greeter, greeting
FROM scene WHERE id = ? RETURNING id
"""

# People keep in a branch the names they have where it comes from: else two could share one in its prompts.
_BRING_NAMES = """
INSERT INTO speaker (channel_id, owner, user_id, character, display_name, name, created_at)
SELECT ?, ?, speaker.user_id, speaker.character, speaker.display_name, speaker.name, ?
FROM speaker JOIN scene ON scene.channel_id = speaker.channel_id AND scene.owner = speaker.owner
WHERE scene.id = ? AND speaker.user_id IS NOT NULL AND speaker.display_name IS NOT NULL
ORDER BY speaker.id
ON CONFLICT DO NOTHING
"""

# Of each name that a person has had in the place, the latest line is one step in an index.
_LAST_LINES = """
SELECT created_at AS at FROM scene WHERE id = :scene
UNION ALL
SELECT (SELECT turn.created_at FROM turn WHERE turn.speaker_id = speaker.id ORDER BY turn.id DESC LIMIT 1)
FROM speaker JOIN scene ON scene.channel_id = speaker.channel_id AND scene.owner = speaker.owner
WHERE scene.id = :scene AND speaker.user_id = :user
"""

_OTHERS = """
SELECT 1 FROM spoken WHERE scene_id = ? AND user_id <> ? AND created_at >= ? LIMIT 1
"""


# Messages in a resting scene are not answered anymore: the persona speaks in the running one.
_NOT_OWED = """
DELETE FROM debt WHERE EXISTS (
    SELECT 1 FROM turn JOIN scene ON scene.id = turn.scene_id
    WHERE turn.id = debt.turn_id AND scene.id <> ? AND scene.channel_id = ? AND scene.owner = ?
)
"""

_IN_PLAY = """
SELECT 1 FROM place JOIN scene ON scene.id = place.scene_id
WHERE place.channel_id = ? AND place.owner = ?
    AND (scene.parent IS NOT NULL OR EXISTS (SELECT 1 FROM turn WHERE turn.scene_id = scene.id))
"""


@dataclass(frozen=True, slots=True)
class Greeting:
    """A persona's first words in a scene, with its name in prompts, their tokens, and their number."""

    persona_key: str
    name: str
    text: str
    tokens: int
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """A scene in a list: the number of its turns, the time of the last, and whether it runs."""

    scene: Scene
    turns: int
    last: datetime
    playing: bool


class Scenes:
    """The scenes of all places."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def active(self, place: Place, at: datetime, title: str = "") -> Scene:
        """Return the running scene of a place; the first use of a place begins one with this title."""
        known = await self._db.read(_ACTIVE, (place.channel_id, place.owner))
        if known and _knows(known[0], place):
            return _scene(known[0])
        async with self._db.transaction() as tx:
            known = await tx.run(_ACTIVE, (place.channel_id, place.owner))  # created meanwhile?
            scene_id = known[0]["id"] if known else await _new_scene(tx, place, at, title=title)
            return await _activate(tx, place, scene_id)

    async def playing(self, place: Place) -> Scene | None:
        """Return the running scene of a place; None if the place was never used."""
        known = await self._db.read(_ACTIVE, (place.channel_id, place.owner))
        return _scene(known[0]) if known else None

    async def get(self, scene_id: int) -> Scene | None:
        """Return a scene of any place; None if it does not exist."""
        rows = await self._db.read(f"{_SCENE} WHERE scene.id = ?", (scene_id,))
        return _scene(rows[0]) if rows else None

    async def of_place(self, place: Place, scene_id: int) -> Scene | None:
        """Return a scene of this place; None if the place has no such scene."""
        rows = await self._db.read(
            f"{_SCENE} WHERE scene.id = ? AND scene.channel_id = ? AND scene.owner = ?",
            (scene_id, place.channel_id, place.owner),
        )
        return _scene(rows[0]) if rows else None

    async def leave_to_place(self, place: Place) -> None:
        """Unbind the running scene from the persona it was begun with: the place's persona speaks."""
        await self._db.write(LEAVE_TO_PLACE, (place.channel_id, place.owner))

    async def start(
        self,
        place: Place,
        title: str,
        at: datetime,
        *,
        starter_id: int | None = None,
        persona_key: str | None = None,
        greeting: Greeting | None = None,
    ) -> Scene:
        """Begin a new scene, with its first turn if it has one; it is the running one from now on.

        Args:
            place: the place.
            title: the title; may be empty.
            at: the current time.
            starter_id: the person who begins it; None for the first who speaks.
            persona_key: the persona it is bound to; None for the place's persona.
            greeting: the persona's first words.
        """
        async with self._db.transaction() as tx:
            scene_id = await _new_scene(
                tx, place, at, title=title, starter_id=starter_id, persona_key=persona_key
            )
            if greeting is not None:
                await _greet(tx, scene_id, greeting, at)
            return await _activate(tx, place, scene_id)

    async def branch(
        self, place: Place, turn: Turn, at: datetime, *, starter_id: int, persona_key: str | None = None
    ) -> Scene:
        """Begin a scene in another place with the turns of an existing one up to this turn; it runs now.

        It reads them where they are, and has the title of their scene and copies of its pins and its note.
        `starter_id` and `persona_key` are as in `start`.
        """
        until = turn.position
        key = (place.channel_id, place.owner)
        values = (*key, starter_id, persona_key, to_ms(at), until, until, until, until, turn.scene_id)
        async with self._db.transaction() as tx:
            scene_id = (await tx.run(_BRANCH, values))[0]["id"]
            await tx.run(_BRING_NAMES, (*key, to_ms(at), turn.scene_id))
            await carry(tx, turn.scene_id, scene_id, until)
            return await _activate(tx, place, scene_id)

    async def last_line(self, scene: Scene, user_id: int) -> datetime:
        """Return when a person last said anything in a scene's place, or when it began if that is later."""
        rows = await self._db.read(_LAST_LINES, {"scene": scene.id, "user": user_id})
        return from_ms(max(row["at"] for row in rows if row["at"] is not None))

    async def greet(self, scene: Scene, greeting: Greeting, at: datetime) -> None:
        """Add a persona's first words to a scene in which nobody has spoken yet."""
        async with self._db.transaction() as tx:
            await _greet(tx, scene.id, greeting, at)

    async def ungreeted(self, scene_id: int) -> None:
        """Note that nobody has greeted in a scene: its greeting could not be shown."""
        await self._db.write(_GREETED, (None, None, scene_id))

    async def resume(self, place: Place, scene_id: int) -> Scene | None:
        """Resume an earlier scene of the place; None if the place has no such scene."""
        async with self._db.transaction() as tx:
            sql = "SELECT 1 FROM scene WHERE id = ? AND channel_id = ? AND owner = ?"
            if not await tx.run(sql, (scene_id, place.channel_id, place.owner)):
                return None
            return await _activate(tx, place, scene_id)

    async def root(self, scene: Scene) -> int:
        """Return the id of the scene with which a story began: the first parent of a branch."""
        return await root(self._db.read, scene.id)

    async def begun_by(self, scene: Scene, user_id: int) -> None:
        """Store who spoke first in a scene without a starter."""
        sql = "UPDATE scene SET starter_id = ? WHERE id = ? AND starter_id IS NULL"
        await self._db.write(sql, (user_id, scene.id))

    async def outlines(self, place: Place, most: int) -> list[Outline]:
        """Return the scenes of a place, the running one first and then the latest."""
        key = {"channel": place.channel_id, "owner": place.owner}
        rows = await self._db.read(_OUTLINES, {**key, "most": most})
        return [
            Outline(_scene(row), await self._length(row), from_ms(row["last"]), bool(row["playing"]))
            for row in rows
        ]

    async def _length(self, row: Row) -> int:
        """Return the number of turns in an outline, of a branch with those of its parents."""
        if row["parent"] is None:
            return int(row["turns"])
        sql = "SELECT count(*) AS turns FROM spoken WHERE scene_id = ? AND position >= ? AND position < ?"
        return sum(each["turns"] for each in await self._said(sql, row["id"]))

    async def speakers(self, scene_id: int) -> list[str]:
        """Return the people in a scene and the characters they play, in the order they first spoke.

        Each has the latest name.
        """
        first: dict[Identity, int] = {}
        names: dict[Identity, str] = {}
        for row in await self._said(_SPEAKERS, scene_id):
            who = Identity(None, row["user_id"], row["character"])
            first[who] = min(row["first"], first.get(who, END))
            names[who] = row["name"]
        return list(dict.fromkeys(names[who] for who in sorted(first, key=lambda each: first[each])))

    async def personas(self, scene_id: int) -> list[str]:
        """Return the keys of the personas that have spoken in a scene, in the order they first did."""
        return list(dict.fromkeys(row["persona_key"] for row in await self._said(_PERSONAS, scene_id)))

    async def beginning(self, scene_id: int) -> tuple[int, int] | None:
        """Return the ids of the channel and the message with which a scene begins; None if there is none."""
        return await first_landmark(self._db.read, scene_id)

    async def _said(self, sql: str, scene_id: int) -> list[Row]:
        """Return the rows of all stretches that a scene reads, the oldest first."""
        found: list[Row] = []
        for stretch in reversed(await stretches(self._db.read, scene_id)):
            found += await self._db.read(sql, (stretch.scene_id, stretch.start, stretch.before))
        return found

    async def others_spoke(self, scene_id: int, user_id: int, since: datetime) -> bool:
        """Return whether anyone but this person has spoken in a scene since a time."""
        return bool(await self._db.read(_OTHERS, (scene_id, user_id, to_ms(since))))

    async def told(self, channel_id: int, kind: str, about: str, at: datetime) -> bool:
        """Store that the channel got a notice; return True the first time only."""
        sql = """
        INSERT INTO notice (channel_id, kind, about, created_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING RETURNING 1
        """
        return bool(await self._db.write(sql, (channel_id, kind, about, to_ms(at))))

    async def was_told(self, channel_ids: Sequence[int], kinds: Sequence[str], about: str = "") -> bool:
        """Return whether any of these channels got a notice of any of these kinds about this."""
        ids, named = (", ".join("?" * len(each)) for each in (channel_ids, kinds))
        sql = f"SELECT 1 FROM notice WHERE channel_id IN ({ids}) AND kind IN ({named}) AND about = ? LIMIT 1"  # noqa: S608 - marks
        return bool(channel_ids) and bool(await self._db.read(sql, (*channel_ids, *kinds, about)))


def _knows(row: Row, place: Place) -> bool:
    return all(
        known in (None, row[column])
        for column, known in (
            ("parent_id", place.parent_id),
            ("guild_id", place.guild_id),
            ("category_id", place.category_id),
        )
    )


async def _new_scene(
    tx: Transaction,
    place: Place,
    at: datetime,
    *,
    title: str = "",
    starter_id: int | None = None,
    persona_key: str | None = None,
) -> int:
    values = (place.channel_id, place.owner, storable(title), starter_id, persona_key, to_ms(at))
    scene_id: int = (await tx.run(_NEW, values))[0]["id"]
    return scene_id


async def _greet(tx: Transaction, scene_id: int, greeting: Greeting, at: datetime) -> None:
    key, text = greeting.persona_key, storable(greeting.text)
    speaker_id = await persona_speaker(tx, scene_id, key, greeting.name, at)
    position = await next_position(tx, scene_id)
    values = (scene_id, position, speaker_id, key, text, greeting.tokens, to_ms(at), Ending.DONE)
    await tx.run(_GREETED, (key, greeting.number, scene_id))
    await turn_settled(tx, (await tx.run(_GREET, values))[0]["id"])


async def _activate(tx: Transaction, place: Place, scene_id: int) -> Scene:
    key = (place.channel_id, place.owner)
    await tx.run(_NOT_OWED, (scene_id, *key))
    await tx.run(_REMEMBER_PLACE, (*key, place.parent_id, place.guild_id, place.category_id, scene_id))
    return _scene((await tx.run(_ACTIVE, key))[0])


def _scene(row: Row) -> Scene:
    return Scene(
        id=row["id"],
        place=place_of(row),
        title=row["title"],
        window_start=Position(row["window_start"]),
        starter_id=row["starter_id"],
        persona_key=row["persona_key"],
        party_until=Position(row["party_until"]),
        greeter=row["greeter"],
        greeting=row["greeting"],
    )


async def add(
    tx: Transaction, place: Place, at: datetime, *, title: str, starter_id: int, persona_key: str | None
) -> Scene:
    """Add a scene that rests, inside a transaction; it runs at once where nothing has been said yet."""
    scene_id = await _new_scene(tx, place, at, title=title, starter_id=starter_id, persona_key=persona_key)
    if not await tx.run(_IN_PLAY, (place.channel_id, place.owner)):
        return await _activate(tx, place, scene_id)
    return _scene((await tx.run(f"{_SCENE} WHERE scene.id = ?", (scene_id,)))[0])
