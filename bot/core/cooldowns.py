"""Cooldowns: how long somebody waits for the next reply, and that they are told so once.

Law: pure; times are parameters, in seconds. One that lies ahead, after a clock was set back, counts for
nothing. Nothing is kept for longer than the longest cooldown.
"""

from collections.abc import Hashable
from typing import Final

LONGEST: Final = 3600.0
"""Seconds of the longest cooldown."""


class Cooldowns:
    """When each of some last got a reply: a person in a channel, or a channel."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._taken: dict[Hashable, list[float]] = {}  # the last comes last
        self._told: dict[Hashable, float] = {}

    def until(self, who: Hashable, at: float, seconds: float) -> float | None:
        """Return until when somebody waits, with a cooldown of so many seconds; None if not at all."""
        taken = self._taken[who][-1] if who in self._taken else None
        if taken is None or taken > at or at >= taken + seconds:
            return None
        return taken + seconds

    def take(self, who: Hashable, at: float) -> None:
        """Note that somebody gets a reply."""
        times = [time for time in self._taken.pop(who, []) if at - LONGEST < time <= at]
        self._taken[who] = [*times, at]
        while self._taken[next(iter(self._taken))][-1] <= at - LONGEST:
            del self._taken[next(iter(self._taken))]

    def give_back(self, who: Hashable, at: float) -> None:
        """Note that somebody does not get the reply that was taken at a time."""
        times = self._taken.get(who, [])
        if at in times:
            times.remove(at)
        if not times:
            self._taken.pop(who, None)

    def tells(self, who: Hashable, at: float, until: float) -> bool:
        """Return whether somebody is to be told that they wait until then: once until it is over."""
        if self._told.get(who, at) > at:
            return False
        self._told.pop(who, None)
        self._told[who] = until
        while self._told and self._told[next(iter(self._told))] <= at:
            del self._told[next(iter(self._told))]
        return True

    def __len__(self) -> int:
        """Return how many are kept."""
        return len(self._taken) + len(self._told)
