"""Admission of requests to the model: limits, and turns between channels.

Law: pure, and time is a parameter: seconds on a monotonic clock. Places take turns: one with many requests
never makes another wait for more than one of its own.
"""

from collections import deque
from dataclasses import dataclass

MINUTE = 61.0
"""Seconds for the limit per minute; one more than the server's minute, because latency varies."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A request's place in the queue."""

    place: int
    admitted: bool = False
    sent: bool = False
    """Whether the request has been sent; set by the sender."""
    begun: float = 0.0
    """The time of admission."""


class Admission:
    """The queue of one endpoint.

    Args:
        at_once: maximum requests in progress; None for no limit.
        per_minute: maximum requests that start within any minute; None for no limit.
    """

    def __init__(self, *, at_once: int | None = None, per_minute: int | None = None) -> None:
        self._at_once = at_once
        self._per_minute = per_minute
        self._waiting: dict[int, deque[Ticket]] = {}  # places in the order of their turns
        self._inside: set[Ticket] = set()
        self._begun: deque[float] = deque()

    def join(self, place: int) -> Ticket:
        """Queue a request for a place: the ID of a channel, or any other number."""
        ticket = Ticket(place)
        self._waiting.setdefault(place, deque()).append(ticket)
        return ticket

    def admit(self, now: float) -> list[Ticket]:
        """Return the requests that may start now; each occupies its slot until `leave`."""
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
        """Release a request's slot or its place in the queue; one never sent doesn't count for the minute."""
        self._inside.discard(ticket)
        if ticket.admitted and not ticket.sent and ticket.begun in self._begun:
            self._begun.remove(ticket.begun)
        line = self._waiting.get(ticket.place)
        if line is not None and ticket in line:
            line.remove(ticket)
            if not line:
                del self._waiting[ticket.place]

    def opens_at(self) -> float | None:
        """Return when the limit per minute admits the next request; None if none waits for it."""
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
            self._waiting[place] = line  # its next turn comes after those of all others
        return ticket
