"""What other processes write: to be stopped there, and waited for here, once a shard has changed hands.

Law: who stops something does so here first, and tells the others then; they know what they write. Where
another process still writes, no reply begins. A process that is alone neither tells nor waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from typing import Final

from bot.storage.cluster import NOBODY, Cluster
from bot.storage.errors import StorageError

log = logging.getLogger(__name__)

TOPIC = "stop"

LONGEST: Final = 70.0
"""Seconds that are waited at most: who gives a shard up ends its replies within about a minute."""

_LOOK: Final = 0.2
"""Seconds between two looks at what another process writes."""


class Stop(StrEnum):
    """What stops; the numbers that are told with it are the ids of what is named."""

    TURN = "turn"
    PAGE = "page"  # the turn of a post that was deleted
    PLACE = "place"  # a channel, its owner, and until when what is answered was asked, in milliseconds
    GONE = "gone"  # a channel that was deleted
    SERVER = "server"
    CHANNEL = "channel"
    PERSON = "person"  # a server and an account


class OtherProcesses:
    """The other processes, which are told what stops, and tell it."""

    def __init__(self, cluster: Cluster) -> None:
        """Tell the processes of `cluster`."""
        self._cluster = cluster
        self._stops: dict[Stop, Callable[..., object]] = {}
        self._telling: set[asyncio.Task[None]] = set()

    def hear(self, stop: Stop, do: Callable[..., object]) -> None:
        """Call `do` with the numbers that other processes tell of a kind of stop, from now on."""
        self._cluster.listen(TOPIC, self._heard)
        self._stops[stop] = do

    def tell(self, stop: Stop, *numbers: int) -> None:
        """Tell the others, if there are any, without a wait."""
        if self._cluster.living > 1:
            telling = asyncio.create_task(self._tell(stop, numbers), name="tell others to stop")
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

    @property
    def are_there(self) -> bool:
        """Whether there may be other processes."""
        return self._cluster.me != NOBODY

    async def ends(self, writes: Callable[[], Awaitable[bool]]) -> None:
        """Wait until another process has ended what it `writes`; at once where there is none."""
        if self.are_there:
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST):
                    while await writes():  # noqa: ASYNC110 - nobody tells of it
                        await asyncio.sleep(_LOOK)

    async def _tell(self, stop: Stop, numbers: tuple[int, ...]) -> None:
        try:
            await self._cluster.tell(TOPIC, " ".join([stop, *map(str, numbers)]))
        except StorageError as error:
            log.debug("the others could not be told to stop: %s", error.kind)

    def _heard(self, words: str) -> None:
        stop, *numbers = words.split()
        if stop in set(Stop) and (do := self._stops.get(Stop(stop))) is not None:
            do(*map(int, numbers))
