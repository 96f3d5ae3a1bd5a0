"""Admission of requests to the model: limits, and turns between servers, and between a server's channels.

Law: pure, and time is a parameter: seconds on a monotonic clock. Groups of queues take turns, and so do the
queues of each group: one with many requests never makes another wait for more than one of its own.
"""

from collections import deque
from dataclasses import dataclass

from bot.core.completion import Queue

MINUTE = 61.0
"""Seconds for the limit per minute; one more than the server's minute, because latency varies."""


@dataclass(eq=False, slots=True)
class Ticket:
    """A request that waits, or goes on."""

    queue: Queue
    admitted: bool = False
    sent: bool = False
    """Whether the request has been sent; set by the sender."""
    begun: float = 0.0
    """The time of admission."""


class Admission:
    """The queue of one endpoint.

    Args:
        at_once: maximum requests in progress; None for no limit. It may be set again.
        per_minute: maximum requests that start within any minute; None for no limit.
    """

    def __init__(self, *, at_once: int | None = None, per_minute: int | None = None) -> None:
        self.at_once = at_once
        self._per_minute = per_minute
        # Groups in the order of their turns, each with its queues in the order of theirs.
        self._waiting: dict[int, dict[int, deque[Ticket]]] = {}
        self._inside: set[Ticket] = set()
        self._begun: deque[float] = deque()

    def join(self, queue: Queue) -> Ticket:
        """Let a request wait in a queue."""
        ticket, (group, line) = Ticket(queue), queue
        self._waiting.setdefault(group, {}).setdefault(line, deque()).append(ticket)
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
        group, number = ticket.queue
        lines = self._waiting.get(group, {})
        if ticket in lines.get(number, ()):
            lines[number].remove(ticket)
            if not lines[number]:
                del lines[number]
            if not lines:
                del self._waiting[group]

    def opens_at(self) -> float | None:
        """Return when the limit per minute admits the next request; None if none waits for it."""
        waits_for_time = self._waiting and self._has_place() and self._minute_is_full()
        return self._begun[0] + MINUTE if waits_for_time else None

    def _has_place(self) -> bool:
        return self.at_once is None or len(self._inside) < self.at_once

    def _minute_is_full(self) -> bool:
        return self._per_minute is not None and len(self._begun) >= self._per_minute

    def _next(self) -> Ticket:
        group, lines = next(iter(self._waiting.items()))
        number, line = next(iter(lines.items()))
        del self._waiting[group], lines[number]
        ticket = line.popleft()
        if line:
            lines[number] = line  # its next turn comes after those of all others
        if lines:
            self._waiting[group] = lines
        return ticket
