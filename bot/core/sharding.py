"""Shards: the parts into which Discord divides a bot's servers, and when a session of one may begin.

Law: pure; the caller passes the times. A shard is one connection, which hears of its servers alone. What
belongs to no server, such as direct messages, comes to the first (Discord's page "Gateway", Sharding).
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

IDENTIFY_PAUSE: Final = 5.0
"""Seconds that Discord requires between two new sessions of one key (its page "Gateway", Rate Limiting)."""

IDENTIFY_SPACING: Final = IDENTIFY_PAUSE + 0.5
"""Seconds between two as they are sent: what arrives closer together, Discord refuses."""

_FEWEST_IN_RESERVE: Final = 20
"""Sessions of the daily 1,000 that retries leave unused: Discord resets the token after the last."""

_STARTS_IN_RESERVE: Final = 2
"""How many starts of all shards stay possible at any time; our own choice."""

_BELOW_TIME: Final = 22
"""The bits of an id below its time (Discord's page "Reference", Snowflakes); shards go by the rest."""


class Closing(Enum):
    """What a close of the gateway says that another connection would not change."""

    WRONG_TOKEN = 4004
    WRONG_SHARD = 4010
    TOO_MANY_SERVERS = 4011


@dataclass(frozen=True, slots=True, order=True)
class Shard:
    """One of `count` shards, of which the first has the `number` 0."""

    number: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """Whether it hears what belongs to no server."""
        return self.number == 0

    def holds(self, server_id: int | None) -> bool:
        """Return whether it hears of a server; None for what belongs to no server."""
        return shard_number(server_id, self.count) == self.number


WHOLE: Final = Shard()
"""The only shard of a bot that needs no more."""


def shard_number(server_id: int | None, count: int) -> int:
    """Return which of `count` shards hears of a server; None for what belongs to no server."""
    return 0 if server_id is None else (server_id >> _BELOW_TIME) % count


def key_of(number: int, concurrency: int) -> int:
    """Return the key by which Discord limits the sessions of a shard that begin in five seconds.

    `concurrency` is Discord's `max_concurrency`.
    """
    return number % max(1, concurrency)


def pause_before_identify(last: float | None, now: float) -> float:
    """Return the seconds that a new session waits.

    `last` is when the latest one of its key began; None if there was none.
    """
    return 0.0 if last is None else max(0.0, last + IDENTIFY_SPACING - now)


def reserve(count: int) -> int:
    """Return how many of a day's sessions are left unused with so many shards."""
    return max(_FEWEST_IN_RESERVE, _STARTS_IN_RESERVE * count)


def closing_of(code: int) -> Closing | None:
    """Return what a close code says (Discord's page "Opcodes and Status Codes"); None if another may help."""
    return next((each for each in Closing if each.value == code), None)


def count_after(closing: Closing | None, held: int, advised: int) -> int:
    """Return how many shards to take once Discord has closed one of `held`, and advises so many.

    Where it closes one for too many servers and advises no more than there are, it is the next multiple of
    its number: the largest bots may take no other (its page "Gateway", Sharding for Very Large Bots).
    """
    if closing is not Closing.TOO_MANY_SERVERS or advised > held:
        return advised
    return (held // advised + 1) * advised
