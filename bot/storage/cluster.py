"""The processes that share a database: which shards each has, who leads, and what they tell each other.

Law: a file has one process, which has everything at once and waits for nothing (`Alone`). What several on a
server need is `bot.storage.postgres_cluster`; nobody above asks which of the two there is.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

NOBODY = 0
"""The writer of what was written by a process that has no others beside it."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a process has of the shards.

    Attributes:
        count: how many shards there are; 0 before that is agreed on.
        held: those that it has, and is to be connected with; what is not among them anymore, it releases.
        adopted: those that it is to connect beside their holder, to take them then.
        ended: how often others may have left something to take up since it joined, as when a process ends.
        is_out: whether others take it for dead, or will soon: it is to end all that it began, and join again.
    """

    count: int = 0
    held: frozenset[int] = frozenset()
    adopted: frozenset[int] = frozenset()
    ended: int = 0
    is_out: bool = False


class Cluster(Protocol):
    """The processes that share a database, as one of them sees them.

    Attributes:
        changed: set whenever `holding` is another; who waits for it clears it.
    """

    changed: asyncio.Event

    @property
    def me(self) -> int:
        """The number of this process, by which what it writes is known as its own; `NOBODY` if alone."""
        ...

    @property
    def holding(self) -> Holding:
        """What it has of the shards."""
        ...

    @property
    def is_leader(self) -> bool:
        """Whether it does what is done once for all."""
        ...

    @property
    def may_send(self) -> bool:
        """Whether it may send to Discord's channels: it still hears that its shards are its own."""
        ...

    @property
    def living(self) -> int:
        """How many processes there are, as far as it knows; itself is one."""
        ...

    async def join(self) -> None:
        """Become one of the processes, with a new number.

        Raises:
            StorageError: the database cannot be reached.
        """
        ...

    async def keep(self) -> None:
        """Give signs of life, take and give up shards, and look after the others, until cancelled."""
        ...

    async def agree(self, count: int, instead_of: int | None = None) -> int:
        """Return how many shards there are: `count` if nobody else has said so, or said `instead_of` before.

        Raises:
            StorageError: the database cannot be reached.
        """
        ...

    def connected(self, shard: int) -> None:
        """Note that this process is connected with a shard; the holder of an adopted one gives it up then."""
        ...

    def disconnected(self, shard: int) -> None:
        """Note that this process is not connected with a shard anymore."""
        ...

    async def drain(self) -> bool:
        """Give each shard up to who is ready for it from now on; return whether anybody is there to be."""
        ...

    async def release(self, shard: int) -> None:
        """Let another process have a shard that `holding` has no more, once nothing is begun in it."""
        ...

    def left(self) -> None:
        """Tell the others, as soon as they can be told, that something is left for them to take up."""
        ...

    async def leave(self) -> None:
        """Give up everything, and be no process anymore. What it has left goes to the others at once."""
        ...

    def listen(self, topic: str, hear: Callable[[str], None]) -> None:
        """Let `hear` be called with what other processes tell of a topic, from now on."""
        ...

    async def tell(self, topic: str, words: str) -> None:
        """Tell all other processes something, at most 7,000 bytes; who is not there never hears it."""
        ...

    async def window(self, name: str, most: int, seconds: float) -> float:
        """Take one of at most `most` uses in any `seconds` of all processes together.

        Return 0 if it is taken, or the seconds until it is worth asking again. Who passes less than others
        for the same window leaves them the rest.
        """
        ...

    async def claim(self, name: str) -> bool:
        """Return whether nobody, this process included, has claimed the same in the last hour.

        Raises:
            StorageError: the database cannot be reached.
        """
        ...

    def streams_elsewhere(self, here: int) -> int:
        """Note that so many replies are being written here, and return how many are in other processes."""
        ...


class Alone:
    """The only process of a database."""

    me = NOBODY
    is_leader = True
    may_send = True
    living = 1

    def __init__(self) -> None:
        self.changed = asyncio.Event()
        self.holding = Holding()

    async def join(self) -> None:
        """Do nothing."""

    async def keep(self) -> None:
        """Do nothing."""

    async def agree(self, count: int, instead_of: int | None = None) -> int:
        """Have all shards."""
        del instead_of
        self.holding = Holding(count, frozenset(range(count)))
        return count

    def connected(self, shard: int) -> None:
        """Do nothing."""

    def disconnected(self, shard: int) -> None:
        """Do nothing."""

    async def drain(self) -> bool:
        """Return False: nobody else is there."""
        return False

    async def release(self, shard: int) -> None:
        """Do nothing."""

    def left(self) -> None:
        """Do nothing."""

    async def leave(self) -> None:
        """Do nothing."""

    def listen(self, topic: str, hear: Callable[[str], None]) -> None:
        """Do nothing: nobody else is there."""

    async def tell(self, topic: str, words: str) -> None:
        """Do nothing: nobody else is there."""

    async def window(self, name: str, most: int, seconds: float) -> float:
        """Return 0: a process keeps to its own windows by itself."""
        del name, most, seconds
        return 0.0

    async def claim(self, name: str) -> bool:
        """Return True: nobody else is there."""
        del name
        return True

    def streams_elsewhere(self, here: int) -> int:
        """Return 0: nobody else is there."""
        del here
        return 0
