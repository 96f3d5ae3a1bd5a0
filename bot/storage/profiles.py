"""The profiles of people, and which of them they play where.

Law: a profile is its person's alone, and every change says whose it is. A choice for a channel or thread goes
before one for its server.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.profiles import Profile, ProfileFault, ProfileWords
from bot.core.scene import Place
from bot.storage.columns import storable, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Row

WHOLE_SERVER: Final = 0
"""What stands in place of a channel in the choice for a server."""

_OWN: Final = "SELECT * FROM profile WHERE user_id = ? ORDER BY id"

_ADD: Final = """
INSERT INTO profile (user_id, name, pronouns, description, created_at) VALUES (?, ?, ?, ?, ?) RETURNING *
"""

_CHANGE: Final = """
UPDATE profile SET name = ?, pronouns = ?, description = ? WHERE id = ? AND user_id = ? RETURNING *
"""

# A person can choose their own only, or themselves.
_CHOOSE: Final = """
INSERT INTO profile_choice (user_id, server_id, channel_id, profile_id)
SELECT CAST(:user AS BIGINT), :server, :channel, CAST(:profile AS BIGINT)
WHERE CAST(:profile AS BIGINT) IS NULL
    OR EXISTS (SELECT 1 FROM profile WHERE id = :profile AND user_id = :user)
ON CONFLICT (user_id, server_id, channel_id) DO UPDATE SET profile_id = excluded.profile_id RETURNING 1
"""

_LEAVE: Final = "DELETE FROM profile_choice WHERE user_id = ? AND server_id = ? AND channel_id = ?"

_CHOSEN: Final = """
SELECT profile_choice.user_id AS player, profile_choice.channel_id, profile.*
FROM profile_choice LEFT JOIN profile ON profile.id = profile_choice.profile_id
WHERE profile_choice.server_id = ? AND profile_choice.channel_id IN (?, ?, ?)
    AND profile_choice.user_id IN ({people})
"""

Check = Callable[[Sequence[Profile]], ProfileFault | None]
"""Returns why a change may not be made, from the profiles that a person has."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person has chosen for one channel, its parent or the server: a profile, or themselves (None)."""

    channel_id: int
    profile: Profile | None


class ProfileStore:
    """The profiles of all people."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, user_id: int) -> list[Profile]:
        """Return a person's profiles, the oldest first."""
        return [_profile(row) for row in await self._db.read(_OWN, (user_id,))]

    async def get(self, ids: Collection[int]) -> list[Profile]:
        """Return the profiles with these ids that exist."""
        marks = ", ".join("?" * len(ids))
        sql = f"SELECT * FROM profile WHERE id IN ({marks})"  # noqa: S608 - marks
        return [_profile(row) for row in await self._db.read(sql, tuple(ids))] if ids else []

    async def add(
        self, user_id: int, words: ProfileWords, check: Check, at: datetime
    ) -> Profile | ProfileFault:
        """Store a new profile, if `check` allows it."""
        async with self._db.transaction() as tx:
            fault = check(await _own(tx, user_id))
            if fault is not None:
                return fault
            return _profile((await tx.run(_ADD, (user_id, *_texts(words), to_ms(at))))[0])

    async def change(
        self, user_id: int, profile_id: int, words: ProfileWords, check: Check
    ) -> Profile | ProfileFault:
        """Store new words of a person's profile, if `check` allows it."""
        async with self._db.transaction() as tx:
            fault = check(await _own(tx, user_id))
            if fault is not None:
                return fault
            rows = await tx.run(_CHANGE, (*_texts(words), profile_id, user_id))
            return _profile(rows[0]) if rows else ProfileFault.GONE

    async def delete(self, user_id: int, profile_id: int) -> bool:
        """Delete a person's profile with the choices of it; return False if they have no such one."""
        sql = "DELETE FROM profile WHERE id = ? AND user_id = ? RETURNING 1"
        return bool(await self._db.write(sql, (profile_id, user_id)))

    async def choose(self, user_id: int, server_id: int, channel_id: int, profile_id: int | None) -> bool:
        """Store who a person is on a server or in a channel: a profile, or themselves for None.

        `channel_id` is `WHOLE_SERVER` for the server. Return False if they have no such profile.
        """
        values = {"user": user_id, "server": server_id, "channel": channel_id, "profile": profile_id}
        return bool(await self._db.write(_CHOOSE, values))

    async def leave(self, user_id: int, server_id: int, channel_id: int) -> None:
        """Delete a person's choice for a channel, so that the server's holds there."""
        await self._db.write(_LEAVE, (user_id, server_id, channel_id))

    async def chosen(self, place: Place, people: Collection[int]) -> dict[int, list[Chosen]]:
        """Return what these people have chosen that matters in a place, the strongest first."""
        if not people:
            return {}
        reach = (place.channel_id, place.home_id, WHOLE_SERVER)
        sql = _CHOSEN.format(people=", ".join("?" * len(people)))
        found: dict[int, list[Chosen]] = {}
        for row in await self._db.read(sql, (place.guild_id or 0, *reach, *people)):
            profile = None if row["id"] is None else _profile(row)
            found.setdefault(row["player"], []).append(Chosen(row["channel_id"], profile))
        for choices in found.values():
            choices.sort(key=lambda each: reach.index(each.channel_id))
        return found


async def _own(tx: Transaction, user_id: int) -> list[Profile]:
    return [_profile(row) for row in await tx.run(_OWN, (user_id,))]


def _texts(words: ProfileWords) -> tuple[str, str, str]:
    return storable(words.name), storable(words.pronouns), storable(words.description)


def _profile(row: Row) -> Profile:
    words = ProfileWords(row["name"], row["pronouns"], row["description"])
    return Profile(row["id"], row["user_id"], words)
