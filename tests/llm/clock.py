"""Time that passes when a test says so."""

import asyncio
import heapq
from itertools import count


class Clock:
    """A clock, and a sleep that ends when the clock has been moved on far enough."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self._sleeping: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = count()

    @property
    def sleeps(self) -> bool:
        """Whether somebody sleeps."""
        return bool(self._sleeping)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        heapq.heappush(self._sleeping, (self.now + seconds, next(self._numbers), woken))
        await woken.wait()

    async def advance(self, seconds: float) -> None:
        """Let time pass, and whatever it wakes run until it waits again for something outside."""
        self.now += seconds
        while self._sleeping and self._sleeping[0][0] <= self.now:
            heapq.heappop(self._sleeping)[2].set()
        await settle()


async def settle() -> None:
    """Let every task run until it waits for something; nothing here takes more steps than these."""
    for _ in range(20):
        await asyncio.sleep(0)
