"""Who is who in a channel: the API name of each person, the same for ever; and what people wish.

Law: two people never share a name in one channel. What makes a good name is `core.names`' to say.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from bot.storage.columns import storable, to_ms
from bot.storage.database import Database

_KNOWN = "SELECT name FROM alias WHERE channel_id = ? AND user_id = ? AND display_name = ?"

_REMEMBER = """
INSERT INTO alias (channel_id, user_id, display_name, name, created_at) VALUES (?, ?, ?, ?, ?)
"""

_PING = "ping"
"""The key of the wish to be pinged when a persona answers."""


class People:
    """The people of all channels."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def alias(
        self,
        channel_id: int,
        user_id: int,
        display_name: str,
        propose: Callable[[Collection[str]], str],
        at: datetime,
    ) -> str:
        """The API name of this person, under this display name, in this channel.

        Args:
            channel_id: where.
            user_id: who.
            display_name: what they are called there now. Another one gets another alias; the first
                comes back with its display name.
            propose: asked once, when there is none yet, with the names other people have or had
                there; its answer must not be one of them and is kept.
            at: now.
        """
        person = (channel_id, user_id, storable(display_name))
        if known := await self._db.read(_KNOWN, person):
            return str(known[0]["name"])
        async with self._db.transaction() as tx:
            if known := await tx.run(_KNOWN, person):  # the same person's message before this one
                return str(known[0]["name"])
            others = "SELECT DISTINCT name FROM alias WHERE channel_id = ? AND user_id <> ?"
            taken = frozenset(row["name"] for row in await tx.run(others, (channel_id, user_id)))
            name = storable(propose(taken))
            await tx.run(_REMEMBER, (*person, name, to_ms(at)))
            return name

    async def wants_ping(self, user_id: int) -> bool:
        """Tell whether somebody has asked to be pinged when a persona answers them; off unless they have."""
        sql = "SELECT value FROM preference WHERE user_id = ? AND key = ?"
        return [row["value"] for row in await self._db.read(sql, (user_id, _PING))] == ["on"]

    async def set_ping(self, user_id: int, on: bool) -> None:  # noqa: FBT001 - it is the value itself
        """Keep that somebody wants to be pinged, or forget it."""
        async with self._db.transaction() as tx:
            if on:
                sql = "INSERT OR REPLACE INTO preference (user_id, key, value) VALUES (?, ?, 'on')"
                await tx.run(sql, (user_id, _PING))
            else:
                await tx.run("DELETE FROM preference WHERE user_id = ? AND key = ?", (user_id, _PING))
