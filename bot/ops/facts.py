"""What is asked of the running bot when somebody looks.

Law: plain values and questions; who asks knows nothing of Discord, of the story or of SQL.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seat:
    """What a process is among those that share a database; one that is alone is all of it.

    Attributes:
        leases: how many shards it has.
        shards: how many there are; 0 before that is agreed on.
        processes: how many processes there are, as far as it knows.
        leads: whether it does what is done once for all.
    """

    leases: int
    shards: int
    processes: int
    leads: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """The questions to the running bot.

    Attributes:
        version: the bot's.
        shards: returns the shards that this process holds, each with the latency of its connection in
            seconds, None for one that isn't ready; None while Discord hasn't said how many there are.
        seat: returns what this process is among all.
        beat_age: returns the seconds since the last heartbeat; while none was there, since the start.
        is_draining: returns whether the bot is about to end.
        is_deaf: returns whether it hears nothing of the processes beside it, and sends nothing therefore.
        owed: returns for how many seconds people have waited for each answer that they wait for, from the
            database.
        streams: returns how many replies stream.
        windows: returns this process's part of Discord's limit over all requests, by what that counts.
    """

    version: str
    shards: Callable[[], Mapping[int, float | None] | None]
    seat: Callable[[], Seat]
    beat_age: Callable[[], float]
    is_draining: Callable[[], bool]
    is_deaf: Callable[[], bool]
    owed: Callable[[], Awaitable[Sequence[float]]]
    streams: Callable[[], int]
    windows: Callable[[], Mapping[str, float]]

    @property
    def is_connected(self) -> bool:
        """Whether each shard that this process holds is ready; it may be that others hold them all."""
        shards = self.shards()
        return shards is not None and None not in shards.values()
