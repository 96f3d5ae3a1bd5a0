"""When a model that fails again and again is left alone, and when it is looked at again.

Law: pure, and time is a parameter: seconds on any clock that does not go backwards. It counts whole
replies, not tries; which failures count is the caller's to say.
"""

FAILURES = 5
"""Replies failed in a row after which the model is left alone."""

REST = 15.0
"""Seconds until a reply is let through to see whether it answers again, and from that one to the next."""


class Breaker:
    """Counts the replies of one endpoint that failed in a row."""

    def __init__(self) -> None:
        self._failed = 0
        self._next_look = 0.0

    @property
    def open(self) -> bool:
        """Whether the model is left alone."""
        return self._failed >= FAILURES

    def admit(self, now: float) -> bool:
        """Return whether a reply may begin; while open that is one every `REST` seconds, to have a look.

        The next look never waits for the one before: a look may hang for long, or be stopped.
        """
        if not self.open:
            return True
        if now < self._next_look:
            return False
        self._next_look = now + REST
        return True

    def rests(self, now: float) -> float:
        """Return the seconds until the next look; zero if a reply may begin now."""
        return max(self._next_look - now, 0.0) if self.open else 0.0

    def succeeded(self) -> None:
        """A reply came to its end: the model answers."""
        self._failed = 0

    def failed(self, now: float) -> None:
        """A reply failed by the model's fault.

        Replies that began before it opened may fail after; they put the next look off no further.
        """
        self._failed += 1
        if self._failed == FAILURES:
            self._next_look = now + REST
