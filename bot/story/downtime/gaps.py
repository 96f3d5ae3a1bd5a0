"""Gaps: up to where a shard has heard all that was said, and what it has still to catch up.

Law: what a shard has not heard, no other has. A gap is stored until it is caught up or too old. The one
before a connection is the note of what was heard, which stays where it is as long as that gap is open; what
remains of it then is stored by itself.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from bot.core.catching_up import Gap, Missed, id_at
from bot.core.sharding import Shard
from bot.storage.catching_up import CatchUpStore


class Gaps:
    """The times in which nobody listened, in the channels of one shard."""

    def __init__(
        self,
        shard: Shard,
        heard: CatchUpStore,
        oldest_held: Callable[[], int | None],
        clock: Callable[[], datetime],
    ) -> None:
        """Keep those of `shard` in `heard`.

        `oldest_held` returns the oldest message that came and is not heard yet, None for none; `clock`
        returns aware UTC times.
        """
        self._shard = shard
        self._heard = heard
        self._oldest_held = oldest_held
        self._clock = clock
        self._newest = 0
        self._handled = 0
        self._noted = 0
        self._open: Gap | None = None

    def hear(self, message_id: int) -> None:
        """Note that a message came, whatever becomes of it."""
        self._newest = max(self._newest, message_id)

    async def note(self, *, everything: bool = False) -> None:
        """Store what was heard until the last call, because what came since may not be handled yet.

        `everything` says that nothing is being handled. While a gap is open, nothing is stored.
        """
        handled = self._before_held(self._newest if everything else self._handled)
        if self._open is None and handled > self._noted:
            await self._heard.note(self._shard, handled)
            self._noted = handled
        self._handled = self._newest

    def _before_held(self, handled: int) -> int:
        """Return up to where all was handled, if it was up to a message but for those that are held."""
        held = self._oldest_held()
        return handled if held is None else min(handled, held - 1)

    async def open(self) -> Gap:
        """Return the time in which nobody listened, which has just ended; it is open until `close`.

        The first connection is noted at once: what is stored from now on may be newer than what is held, and
        other shards hear, too.
        """
        newest, last = await self._heard.newest(), await self._heard.last(self._shard)
        if last is None:
            await self._heard.note(self._shard, newest or id_at(self._clock()))
        self._open = Gap(newest if last is None else last, newest)
        return self._open

    async def close(self, gap: Gap | None, servers: Collection[int], left: Collection[Missed]) -> None:
        """Note that a gap, unless another one has opened, and those of whole servers are caught up.

        What is `left` of them is stored.
        """
        await self._heard.miss(left, instead_of=servers)
        if self._open is gap:
            self._open = None

    async def begin_outage(self, server_id: int) -> None:
        """Store that a server's messages are not told from now on, or still not."""
        known = await self._heard.missed()
        if any(each.server_id == server_id and each.gap.end is None for each in known):
            return
        heard = self._before_held(self._handled)
        heard = heard or await self._heard.last(self._shard) or await self._heard.newest()
        after = self._open.after if self._open is not None else heard
        await self._heard.miss([Missed(server_id, None, Gap(after, after))])

    async def missed(self, since: int) -> list[Missed]:
        """Return what is to be caught up besides the open gap; what ended before `since` is too old."""
        await self._heard.forget_gaps(since)
        newest = await self._heard.newest()
        return [
            replace(each, gap=replace(each.gap, until=newest)) if each.gap.end is None else each
            for each in await self._heard.missed()
        ]

    async def keep(self, missed: Collection[Missed]) -> None:
        """Store what is to be caught up later."""
        await self._heard.miss(missed)

    async def caught_up(self, server_id: int, channel_id: int) -> None:
        """Note that nothing is missed in a channel anymore, as far as it had gaps of its own."""
        await self._heard.caught_up(server_id, channel_id)

    async def give_up(self) -> None:
        """Forget all gaps: they are not to be caught up."""
        await self._heard.forget_gaps()
