"""The limits over all requests that several processes share, asked once more just before a request goes.

Law: what `core.posts.pace` decides was decided before. Within this process the most urgent request has the
next place; a preview takes none that others wait for. Alone, nobody is asked and nothing waits.
"""

import asyncio
from bisect import insort
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from bot.core.posts.pace import Urgency, most_in_a_second
from bot.storage.cluster import NOBODY, Cluster

APART: Final = 0.2
"""Seconds by which the ways of two requests may differ, from this count to Discord's.

One that needs a new connection goes to Discord and back twice more; with 0.08, fifty-four came in a second
after a takeover.
"""

LATE: Final = APART / 2
"""Seconds after which a request that has its place and was held up by a busy loop needs another."""

_numbers = count()


@dataclass(order=True, slots=True)
class _Waiter:
    kind: Urgency
    number: int = field(default_factory=lambda: next(_numbers))
    is_next: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


class SharedWindows:
    """The seconds that the processes share, by who pays: the token, or the computer's address."""

    def __init__(
        self, cluster: Cluster, second: float, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        """Ask `cluster`; `second` is the length of a window in one process."""
        self.cluster = cluster
        self._own_second = second
        self._second = second + APART
        self._sleep = sleep
        self._lines: dict[str, list[_Waiter]] = {}

    def streams_elsewhere(self, here: int) -> int:
        """Note that so many replies stream here, and return how many do in other processes."""
        return self.cluster.streams_elsewhere(here)

    async def admits(self, kind: Urgency, payer: str) -> bool:
        """Take a place without a wait; False if there is none, or if others wait for it."""
        return payer not in self._lines and not await self._ask(kind, payer)

    async def wait(self, kind: Urgency, payer: str) -> None:
        """Wait for a place, behind those that are more urgent."""
        if await self.admits(kind, payer):
            return
        waiter, line = _Waiter(kind), self._lines.setdefault(payer, [])
        insort(line, waiter)
        try:
            while True:
                while line[0] is not waiter:
                    waiter.is_next.clear()
                    await waiter.is_next.wait()
                if not (seconds := await self._ask(kind, payer)):
                    return
                await self._sleep(seconds)
        finally:
            line.remove(waiter)
            if line:
                line[0].is_next.set()
            else:
                del self._lines[payer]

    @property
    def are_shared(self) -> bool:
        """Whether there may be other processes."""
        return self.cluster.me != NOBODY

    @property
    def second(self) -> float:
        """The length of the window in which the requests of this process count."""
        return self._second if self.are_shared else self._own_second

    async def _ask(self, kind: Urgency, payer: str) -> float:
        return await self.cluster.window(payer, most_in_a_second(kind), self._second)
