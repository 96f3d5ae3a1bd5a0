"""What is to stop where it is written: in another process, once the shard of its channel has changed hands.

Law: who stops something does so here first, and tells the others then; they know what they write. A process
that is alone tells nobody.
"""

import asyncio
import logging
from collections.abc import Callable
from enum import StrEnum

from bot.storage.cluster import Cluster
from bot.storage.errors import StorageError

log = logging.getLogger(__name__)

TOPIC = "stop"


class Stop(StrEnum):
    """What stops; the numbers that are told with it are the ids of what is named."""

    TURN = "turn"
    PAGE = "page"  # the turn of a post that was deleted
    PLACE = "place"  # a channel and its owner
    GONE = "gone"  # a channel that was deleted
    SERVER = "server"
    CHANNEL = "channel"
    PERSON = "person"  # a server and an account


class Elsewhere:
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

    async def _tell(self, stop: Stop, numbers: tuple[int, ...]) -> None:
        try:
            await self._cluster.tell(TOPIC, " ".join([stop, *map(str, numbers)]))
        except StorageError as error:
            log.debug("the others could not be told to stop: %s", error.kind)

    def _heard(self, words: str) -> None:
        stop, *numbers = words.split()
        if stop in set(Stop) and (do := self._stops.get(Stop(stop))) is not None:
            do(*map(int, numbers))
