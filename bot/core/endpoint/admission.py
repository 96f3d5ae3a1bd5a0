"""Who of those waiting may ask the model next.

Law: pure, and time is a parameter: seconds on any clock that does not go backwards. Places take turns:
one that asks often never keeps another waiting for more than one of its own.
"""

from collections import deque
from dataclasses import dataclass

MINUTE = 61.0
"""Seconds in which so many requests begin; one more than the server's minute, for the way there varies."""


@dataclass(eq=False, slots=True)
class Ticket:
    """One request's claim to be sent."""

    place: int
    admitted: bool = False
    sent: bool = False
    """Whether the request has left this machine; to be set by whoever sends it."""
    begun: float = 0.0
    """When it was admitted."""


class Admission:
    """The queue before one endpoint.

    Args:
        at_once: requests that may be under way at the same time; None for any number.
        per_minute: requests that may begin within any minute; None for any number.
    """

    def __init__(self, *, at_once: int | None = None, per_minute: int | None = None) -> None:
        self._at_once = at_once
        self._per_minute = per_minute
        self._waiting: dict[int, deque[Ticket]] = {}  # places in the order of their turns
        self._inside: set[Ticket] = set()
        self._begun: deque[float] = deque()

    def join(self, place: int) -> Ticket:
        """Stand in line for a place, the id of a channel or any other number."""
        ticket = Ticket(place)
        self._waiting.setdefault(place, deque()).append(ticket)
        return ticket

    def admit(self, now: float) -> list[Ticket]:
        """Return those who may go now. Each stays inside until it leaves."""
        while self._begun and self._begun[0] <= now - MINUTE:
            self._begun.popleft()
        admitted = []
        while self._waiting and self._has_place() and not self._minute_is_full():
            ticket = self._next()
            ticket.admitted, ticket.begun = True, now
            self._inside.add(ticket)
            if self._per_minute is not None:
                self._begun.append(now)
            admitted.append(ticket)
        return admitted

    def leave(self, ticket: Ticket) -> None:
        """Give the place inside back, or stop waiting for one; what was never sent frees the minute too."""
        self._inside.discard(ticket)
        if ticket.admitted and not ticket.sent and ticket.begun in self._begun:
            self._begun.remove(ticket.begun)
        line = self._waiting.get(ticket.place)
        if line is not None and ticket in line:
            line.remove(ticket)
            if not line:
                del self._waiting[ticket.place]

    def opens_at(self) -> float | None:
        """Return when time alone lets somebody in; None if nobody waits for that."""
        waits_for_time = self._waiting and self._has_place() and self._minute_is_full()
        return self._begun[0] + MINUTE if waits_for_time else None

    def _has_place(self) -> bool:
        return self._at_once is None or len(self._inside) < self._at_once

    def _minute_is_full(self) -> bool:
        return self._per_minute is not None and len(self._begun) >= self._per_minute

    def _next(self) -> Ticket:
        place, line = next(iter(self._waiting.items()))
        del self._waiting[place]
        ticket = line.popleft()
        if line:
            self._waiting[place] = line  # its next turn comes after everybody else's
        return ticket
