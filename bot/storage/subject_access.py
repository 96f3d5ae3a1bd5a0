"""What is stored about one person, shown and handed out.

Law: it reads and changes nothing; `personal_data` says which tables an export has.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from bot.storage.database import Database
from bot.storage.engine import Row
from bot.storage.personal_data import EXPORTS, MESSAGES
from bot.storage.preferences import OPT_IN, OPT_OUT

PIECE: Final = 500
"""Turns that are read, or followed up, at once."""

_COUNTS: Final = f"""
SELECT (
        SELECT count(*) FROM turn JOIN speaker ON speaker.id = turn.speaker_id WHERE speaker.user_id = :user
    ) AS everywhere,
    (
        SELECT count(*) FROM turn JOIN speaker ON speaker.id = turn.speaker_id
        WHERE speaker.user_id = :user AND speaker.channel_id IN (
            SELECT channel_id FROM place WHERE channel_id = :channel OR parent_id = :channel
        )
    ) AS here,
    (
        SELECT count(*) FROM reference JOIN speaker ON speaker.id = reference.speaker_id
        WHERE speaker.user_id = :user AND reference.text <> ''
    ) AS quotes,
    (
        SELECT count(*) FROM steering JOIN speaker ON speaker.id = steering.speaker_id
        WHERE speaker.user_id = :user
    ) AS asides,
    (SELECT count(*) FROM scene WHERE starter_id = :user) AS scenes,
    (
        SELECT count(*) FROM turn WHERE editor_id = :user
    ) + (SELECT count(*) FROM swipe WHERE editor_id = :user) AS edits,
    (SELECT count(*) FROM turn WHERE spoken_by = :user) AS spoken,
    (SELECT count(*) FROM proposal WHERE by_user = :user) AS proposals,
    (SELECT count(*) FROM profile WHERE user_id = :user) AS profiles,
    (
        SELECT count(*) FROM preference WHERE user_id = :user AND key NOT IN ('{OPT_OUT}', '{OPT_IN}')
    ) AS wishes,
    (
        SELECT count(*) FROM pin WHERE by_user = :user OR author_id = :user
    ) + (SELECT count(*) FROM author_note WHERE by_user = :user)
        + (SELECT count(*) FROM recap WHERE by_user = :user) AS pins
"""  # noqa: S608 - the keys are constants

_NAMES: Final = """
SELECT coalesce(display_name, name) AS name, max(id) AS latest FROM speaker WHERE user_id = :user
GROUP BY coalesce(display_name, name) ORDER BY latest DESC
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """How much is stored about a person.

    Attributes:
        here: their messages in one channel and its threads.
        everywhere: their messages in all channels.
        quotes: messages that are stored because somebody replied to them.
        asides: what they asked of a persona out of character.
        scenes: the stories they started.
        edits: the replies they rewrote.
        spoken: what they said as a persona.
        proposals: the personas that they proposed, as long as they are not published.
        profiles: the characters that they described.
        wishes: what they wish for themselves, and the language of their Discord.
        pins: the pins, notes and recaps that they wrote or made, and the pins that have their words.
        names: the names they had, the latest first.
    """

    here: int
    everywhere: int
    quotes: int
    asides: int
    scenes: int
    edits: int
    spoken: int
    proposals: int
    profiles: int
    wishes: int
    pins: int
    names: tuple[str, ...]


class SubjectAccess:
    """What is stored about people, in all tables."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def stored(self, user_id: int, channel_id: int) -> Stored:
        """Return how much is stored about a person, in a channel and everywhere."""
        (row,) = await self._db.read(_COUNTS, {"user": user_id, "channel": channel_id})
        names = await self._db.read(_NAMES, {"user": user_id})
        return Stored(**dict(row), names=tuple(each["name"] for each in names))

    async def messages(self, user_id: int) -> AsyncIterator[list[Row]]:
        """Yield a person's messages in pieces, with the columns of `MESSAGES`."""
        after = 0
        while rows := await self._db.read(MESSAGES, {"user": user_id, "after": after, "most": PIECE}):
            yield rows
            after = rows[-1]["number"]

    async def rest(self, user_id: int) -> dict[str, list[Row]]:
        """Return what is stored about a person besides their messages, by the names of `EXPORTS`."""
        return {name: await self._db.read(sql, {"user": user_id}) for name, sql in EXPORTS.items()}
