"""Batching of reads: after each one, the model's stream is left alone for a while.

Law: what arrives meanwhile is read at once, which takes half the work of reading token by token. When the
text is wanted, and once the finish has been read, nobody waits; last words may lie unread for one rest.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Final

EAGER: Final = 0.3
"""Seconds from the first piece on in which a short answer may be whole, and be posted as one."""

AT_ONCE: Final = 0.001
"""Seconds within which a piece comes that was there already."""

STEPS: Final = 5
"""Turns of the event loop in which what has arrived is read: to wake the reader, for the socket, to parse."""


Rest = Callable[[], float]
"""Returns the seconds for which a stream may be left alone at a time, as things stand; 0: not at all."""


def never() -> float:
    """Return no rest."""
    return 0.0


class ReadBatching:
    """The pauses in the reading of one reply's streams.

    Attributes:
        rest: how long each of them is.
    """

    def __init__(self) -> None:
        """Never rest, until `rest` is set."""
        self.rest: Rest = never
        self._first: float | None = None
        self._last = -math.inf
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._catching_up = 0

    def begin(self) -> None:
        """Note that another stream begins."""
        self._first = None
        self._last = -math.inf

    def rest_after(self, asked: float, came: float) -> float:
        """Return the seconds to wait after a piece, from when it was requested and when it arrived.

        It is 0 at first, so that a short answer is complete as soon as possible; after a piece that was
        already there, because others may be; and after a late one, because waiting would gather only one.
        """
        self._first = came if self._first is None else self._first
        rest = self.rest()
        late = came - self._last >= rest / 2
        self._last = came
        return 0.0 if late or came - asked <= AT_ONCE or came - self._first <= EAGER else rest

    async def pause(self, asked: float, came: float) -> None:
        """Rest after a piece, if there is reason to, until the text is wanted."""
        seconds = self.rest_after(asked, came)
        if seconds and not self._catching_up:
            self._wanted.clear()
            timer = asyncio.get_running_loop().call_later(seconds, self._wanted.set)
            try:
                await self._wanted.wait()
            finally:
                timer.cancel()

    async def catch_up(self) -> None:
        """End the rest, and wait until what arrived in it has been read."""
        if self._wanted.is_set():
            return
        self._wanted.set()
        self._catching_up += 1
        try:
            for _ in range(STEPS):
                await asyncio.sleep(0)
        finally:
            self._catching_up -= 1
