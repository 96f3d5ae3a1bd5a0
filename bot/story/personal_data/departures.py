"""Departures: what becomes of stories when channels are deleted, and when the bot leaves a server.

Law: what people delete on Discord goes at once, with all that is stored of it. A server that the bot has left
may have removed the bot only: of it is stored when that was.
"""

from collections.abc import Callable, Collection
from datetime import datetime

from bot.core.sharding import WHOLE, Shard
from bot.personas.library import PersonaLibrary
from bot.storage.departures import Departures as Store
from bot.story.replies.floor import Floor


class Departures:
    """The use cases of deleted channels and left servers."""

    def __init__(
        self, floor: Floor, library: PersonaLibrary, store: Store, clock: Callable[[], datetime]
    ) -> None:
        """Delete in `store`, and servers' own personas in `library`; `clock` returns aware UTC times."""
        self._floor = floor
        self._library = library
        self._store = store
        self._clock = clock
        self._seen: set[Shard] = set()

    async def channel_deleted(self, channel_id: int) -> None:
        """Delete a channel with its threads, or a thread; replies there end, or never begin."""
        self._floor.close(channel_id)
        await self._floor.heard()
        await self._store.delete_channel(channel_id, self._clock())

    async def category_deleted(self, category_id: int) -> None:
        """Forget the persona of a category; its channels are still there."""
        await self._store.delete_category(category_id)

    async def left(self, server_id: int, channel_ids: Collection[int]) -> None:
        """Note that the bot was removed from a server with these channels, or the server deleted."""
        await self._store.left(server_id, self._clock(), channel_ids)
        await self._floor.spending.keys.rest(server_id)

    async def joined(self, server_id: int) -> None:
        """Note that the bot is on a server, for the first time or again."""
        await self._store.back(server_id)

    async def now_on(self, server_ids: Collection[int], shard: Shard = WHOLE) -> None:
        """Note which servers of a shard the bot is on: it may have left others while it was off."""
        await self._store.now_on(server_ids, self._clock(), shard)
        self._seen.add(shard)

    async def let_go(self, before: datetime) -> list[int]:
        """Delete all that is stored of servers that the bot has left by a time; return their ids.

        None goes before its shard has said on which servers the bot is: it may be back since the last run.
        """
        left = [
            server_id
            for server_id, _ in await self._store.left_by(before)
            if any(shard.holds(server_id) for shard in self._seen)
        ]
        for server_id in left:
            await self._store.delete_server(server_id, self._clock())
            self._library.drop(server_id)
            await self._floor.spending.keys.rest(server_id)
        return left
