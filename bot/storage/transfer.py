"""Scenes as exports hold them, read in pieces, and imported ones, stored whole.

Law: an import is one transaction, of which nothing stays if it fails. It makes new scenes only, and gives
words to nobody but the speakers it is told.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from bot.core.scene import END, Ending, Identity, Participant, Place, Position, Scene, Speaker, Turn
from bot.storage.branches import stretches
from bot.storage.columns import from_ms, storable, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.derived import turn_settled
from bot.storage.engine import Value
from bot.storage.positions import next_position
from bot.storage.rows import speaker_of, turn_of
from bot.storage.scenes import add

_CAST = """
SELECT user_id, character, persona_key, name, count(*) AS turns,
    min(position) AS first, max(position) AS last, min(created_at) AS begun, max(created_at) AS ended
FROM spoken WHERE scene_id = ? AND position >= ? AND position < ?
GROUP BY user_id, character, persona_key, name ORDER BY first
"""

_PIECE = (
    "SELECT * FROM spoken WHERE scene_id = ? AND position >= ? AND position < ? ORDER BY position LIMIT ?"
)

_VARIANTS = """
SELECT swipe.turn_id, swipe.number, swipe.text FROM swipe JOIN turn ON turn.id = swipe.turn_id
WHERE turn.scene_id = ? AND turn.position >= ? AND turn.position <= ?
    AND swipe.number > 0 AND swipe.text <> ''
ORDER BY swipe.turn_id, swipe.number
"""

_KNOWN = "SELECT * FROM speaker WHERE channel_id = ? AND owner = ? ORDER BY id"

_SPEAKER = """
SELECT id FROM speaker WHERE channel_id = ? AND owner = ? AND name = ?
    AND (user_id = ? AND character = ? AND display_name = ? OR persona_key = ?)
"""

_INTRODUCE = """
INSERT INTO speaker (channel_id, owner, user_id, character, persona_key, display_name, name, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""

_TURN_COLUMNS = (
    "scene_id, position, speaker_id, persona_key, text, tokens, created_at, ending, swipe, editor_id, editor"
)
_SWIPE_COLUMNS = "turn_id, number, text, tokens, ending, editor_id, editor, slices"

ROWS = 500
"""Rows of one statement, whose parameters are fewer than any engine allows."""


class TurnWithVariants(NamedTuple):
    """A turn as an export holds it: with its other variants by number, from 1."""

    turn: Turn
    others: dict[int, str]


class CastMember(NamedTuple):
    """A speaker of a scene: who it is, and the newest name."""

    identity: Identity
    name: str


@dataclass(frozen=True, slots=True)
class Extent:
    """What a scene holds, its parents' turns included.

    Attributes:
        turns: how many turns.
        begun: when the first was said.
        ended: when the last was said.
        cast: who speaks, in the order they first did.
    """

    turns: int
    begun: datetime
    ended: datetime
    cast: tuple[CastMember, ...]


class KnownSpeaker(NamedTuple):
    """A speaker of a place, with the display name that their name belongs to; None for a persona."""

    speaker: Speaker
    display_name: str | None


@dataclass(frozen=True, slots=True)
class NewSpeaker:
    """Who speaks in an imported scene, under a name that nobody else has in the place.

    `display_name` is a person's name as it was imported, None for a persona.
    """

    name: str
    user_id: int | None = None
    persona_key: str | None = None
    display_name: str | None = None
    character: str = ""


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A turn of an imported scene, with the tokens of each text.

    `others` are a persona's other variants by number; `number` is that of the one on screen.
    """

    speaker: NewSpeaker
    text: str
    tokens: int
    at: datetime
    number: int = 1
    others: tuple[tuple[int, str, int], ...] = ()


class Transfers:
    """The scenes of all places, as they leave and come."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def extent(self, scene_id: int) -> Extent | None:
        """Return what a scene holds; None if nothing was said in it. It reads all of it."""
        rows = [
            row
            for part in reversed(await stretches(self._db.read, scene_id))
            for row in await self._db.read(_CAST, (part.scene_id, part.start, part.before))
        ]
        if not rows:
            return None
        newest: dict[tuple[Identity, str], tuple[int, str]] = {}
        for row in rows:
            who = Identity(row["persona_key"], row["user_id"], row["character"])
            # A person has one name, the newest; a persona is called as it was then.
            key = (who, "" if who.persona_key is None else row["name"])
            newest[key] = max(newest.get(key, (0, "")), (row["last"], row["name"]))
        return Extent(
            turns=sum(row["turns"] for row in rows),
            begun=from_ms(min(row["begun"] for row in rows)),
            ended=from_ms(max(row["ended"] for row in rows)),
            cast=tuple(CastMember(who, name) for (who, _), (_, name) in newest.items()),
        )

    async def piece(self, scene_id: int, start: Position, most: int) -> list[TurnWithVariants]:
        """Return the next turns of a scene from a position on, in order, at most `most`."""
        found: list[TurnWithVariants] = []
        for part in reversed(await stretches(self._db.read, scene_id, start, END)):
            key = (part.scene_id, part.start, part.before)
            rows = await self._db.read(_PIECE, (*key, most - len(found)))
            if rows:
                others: dict[int, dict[int, str]] = defaultdict(dict)
                reach = (part.scene_id, rows[0]["position"], rows[-1]["position"])
                for row in await self._db.read(_VARIANTS, reach):
                    others[row["turn_id"]][row["number"]] = row["text"]
                found += [TurnWithVariants(turn_of(row), others.get(row["id"], {})) for row in rows]
            if len(found) >= most:
                break
        return found

    async def known(self, place: Place) -> list[KnownSpeaker]:
        """Return the speakers of a place."""
        rows = await self._db.read(_KNOWN, (place.channel_id, place.owner))
        return [KnownSpeaker(speaker_of(row), row["display_name"]) for row in rows]

    async def add(
        self,
        place: Place,
        turns: Sequence[NewTurn],
        *,
        title: str,
        by: Participant,
        persona_key: str | None,
        at: datetime,
    ) -> Scene:
        """Store an imported scene and return it; it runs at once where nothing has been said yet.

        Args:
            place: the place.
            turns: what is said in it, in order.
            title: the title; may be empty.
            by: the person who imports it, its starter. Words of personas count as theirs, as if edited.
            persona_key: the persona it is bound to; None for the place's.
            at: the current time.
        """
        async with self._db.transaction() as tx:
            scene = await add(tx, place, at, title=title, starter_id=by.id, persona_key=persona_key)
            speakers = {
                who: await _speaker_id(tx, place, who, at)
                for who in dict.fromkeys(turn.speaker for turn in turns)
            }
            first = await next_position(tx, scene.id)
            await _insert(
                tx,
                "turn",
                _TURN_COLUMNS,
                [
                    (scene.id, first + number, speakers[turn.speaker], *_columns(turn, by))
                    for number, turn in enumerate(turns)
                ],
            )
            rows = await tx.run("SELECT id FROM turn WHERE scene_id = ? ORDER BY position", (scene.id,))
            await _insert(
                tx,
                "swipe",
                _SWIPE_COLUMNS,
                [
                    (row["id"], number, storable(text), tokens, Ending.DONE, by.id, storable(by.name), "[]")
                    for row, turn in zip(rows, turns, strict=True)
                    for number, text, tokens in turn.others
                ],
            )
            for row in rows:
                await turn_settled(tx, row["id"])
            return scene


def _columns(turn: NewTurn, by: Participant) -> tuple[Value, ...]:
    """Return the columns of a turn after the speaker's."""
    key = turn.speaker.persona_key
    said = (key, storable(turn.text), turn.tokens, to_ms(turn.at))
    if key is None:
        return (*said, None, 1, None, "")
    return (*said, Ending.DONE, turn.number, by.id, storable(by.name))


async def _speaker_id(tx: Transaction, place: Place, who: NewSpeaker, at: datetime) -> int:
    display = None if who.display_name is None else storable(who.display_name)
    key, name = (place.channel_id, place.owner), storable(who.name)
    found = await tx.run(_SPEAKER, (*key, name, who.user_id, who.character, display, who.persona_key))
    if not found:
        values = (*key, who.user_id, who.character, who.persona_key, display, name, to_ms(at))
        found = await tx.run(_INTRODUCE, values)
    return int(found[0]["id"])


async def _insert(tx: Transaction, table: str, columns: str, rows: Sequence[tuple[Value, ...]]) -> None:
    rest = iter(rows)
    while some := list(islice(rest, ROWS)):
        marks = ", ".join("?" * len(some[0]))
        sql = f"INSERT INTO {table} ({columns}) VALUES {', '.join([f'({marks})'] * len(some))}"  # noqa: S608 - ours
        await tx.run(sql, [value for row in some for value in row])
