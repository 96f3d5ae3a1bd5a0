"""How often one person may do something within a time: ask for a reply, roll dice, cover a reply.

Law: a sliding window. What a person did counts from then until the window has passed, in all places and with
all rights together. Times are parameters, in seconds; one that lies ahead, after a clock was set back, counts
for nothing. Only people who did it or were told within the window are kept.
"""

from collections.abc import Hashable
from typing import Final

SPAN: Final = 60.0
"""Seconds for which a reply or a roll counts."""


class Allowance:
    """How often each person did something within the window."""

    def __init__(self, span: float = SPAN) -> None:
        """Start with nobody; what people do counts for `span` seconds."""
        self._span = span
        self._asked: dict[Hashable, list[float]] = {}  # the person who asked last comes last
        self._told: dict[Hashable, float] = {}

    def wait(self, person: Hashable, at: float, most: int) -> float:
        """Return the seconds until a person may do it again: 0 if at once. `most` 0 is no limit."""
        asked = self._within(self._asked.get(person, []), at)
        return self._span - (at - asked[-most]) if 0 < most <= len(asked) else 0.0

    def take(self, person: Hashable, at: float) -> None:
        """Note that a person did it."""
        self._asked[person] = [*self._within(self._asked.pop(person, []), at), at]
        while not self._within(self._asked[next(iter(self._asked))], at):
            del self._asked[next(iter(self._asked))]

    def give_back(self, person: Hashable, at: float) -> None:
        """Let what a person did at a time not count."""
        asked = self._asked.get(person, [])
        if at in asked:
            asked.remove(at)
        if not asked:
            self._asked.pop(person, None)

    def count(self, person: Hashable, at: float) -> int:
        """Return how often a person did it within the window."""
        return len(self._within(self._asked.get(person, []), at))

    def tells(self, person: Hashable, at: float) -> bool:
        """Return whether a person is to be told that they have to wait: once in the window."""
        self._told = {each: told for each, told in self._told.items() if self._within([told], at)}
        if person in self._told:
            return False
        self._told[person] = at
        return True

    def __len__(self) -> int:
        """Return the number of people who are kept."""
        return len(self._asked | self._told)

    def _within(self, times: list[float], at: float) -> list[float]:
        return [time for time in times if 0 <= at - time < self._span]
