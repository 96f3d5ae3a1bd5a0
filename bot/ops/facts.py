"""What is asked of the running bot when somebody looks.

Law: plain values and questions; who asks knows nothing of Discord, of the story or of SQL.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """The questions to the running bot.

    Attributes:
        version: the bot's.
        shards: returns the shards that this process holds, each with the latency of its connection in
            seconds, None for one that isn't ready; None while Discord hasn't said how many there are.
        beat_age: returns the seconds since the last heartbeat; while none was there, since the start.
        is_draining: returns whether the bot is about to end.
        is_deaf: returns whether it hears nothing of the processes beside it, and sends nothing therefore.
        owed: returns for how many seconds people have waited for each answer that they wait for, from the
            database.
        streams: returns how many replies stream.
        windows: returns the used part of Discord's limit over all requests, by what it counts.
    """

    version: str
    shards: Callable[[], Mapping[int, float | None] | None]
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
