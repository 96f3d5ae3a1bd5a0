"""Invalid requests: how many Discord has refused lately, and when they are too many.

Law: times are parameters. Discord bans an address after 10,000 answers of 401, 403 or 429 in ten minutes (its
page "Rate Limits", Invalid Request Limit). Long before, what nobody waits for rests.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final

SPAN: Final = 600.0
"""Seconds in which Discord counts."""

MOST: Final = 5_000
"""The number in that time from which on only first and last words are sent: half of what Discord takes."""

_COUNTED: Final = frozenset({401, 403, 429})

_TOGETHER: Final = 5.0
"""Seconds whose invalid requests are counted together."""


def most(processes: int) -> int:
    """Return the number from which on one of so many processes only sends first and last words.

    They may have one address.
    """
    return max(1, MOST // processes)


def is_counted(status: int, headers: Mapping[str, str]) -> bool:
    """Return whether Discord counts an answer: not where a limit that others share was reached."""
    return status in _COUNTED and headers.get("X-RateLimit-Scope") != "shared"


class InvalidRequests:
    """The invalid requests of the last ten minutes; times are seconds that never go backwards."""

    def __init__(self) -> None:
        """Start without any."""
        self._counts: deque[tuple[float, int]] = deque()

    def note(self, at: float) -> None:
        """Count one."""
        if self._counts and at - self._counts[-1][0] < _TOGETHER:
            began, number = self._counts.pop()
            self._counts.append((began, number + 1))
        else:
            self._drop(at)
            self._counts.append((at, 1))

    def lately(self, now: float) -> int:
        """Return how many there were in the last ten minutes."""
        self._drop(now)
        return sum(number for _, number in self._counts)

    def rest_until(self, now: float, processes: int = 1) -> float:
        """Return the time until which only first and last words are sent; `now` or earlier if all may be."""
        over = self.lately(now) - most(processes)
        for began, number in self._counts:
            if over < 0:
                break
            over -= number
            if over < 0:
                return began + SPAN + _TOGETHER
        return now

    def _drop(self, now: float) -> None:
        while self._counts and now - self._counts[0][0] >= SPAN + _TOGETHER:
            self._counts.popleft()
