"""The circuit breaker: stops asking a model that fails again and again, and tests when it works again.

Law: pure, and time is a parameter: seconds on a monotonic clock. It counts whole replies, not tries; the
caller decides which failures count.
"""

FAILURES = 5
"""Failed replies in a row that open the breaker."""

REST = 15.0
"""Seconds from opening to the first test reply, and from one test reply to the next."""


class Breaker:
    """The breaker of one endpoint, which counts failed replies in a row."""

    def __init__(self) -> None:
        self._failed = 0
        self._next_look = 0.0

    @property
    def open(self) -> bool:
        """Whether the breaker is open, so that the model isn't asked."""
        return self._failed >= FAILURES

    def admit(self, now: float) -> bool:
        """Return whether a reply may start; while open, one reply every `REST` seconds may, as a test.

        A test never waits for the previous one, which may hang for a long time or be stopped.
        """
        if not self.open:
            return True
        if now < self._next_look:
            return False
        self._next_look = now + REST
        return True

    def rests(self, now: float) -> float:
        """Return the seconds until the next test; 0 if a reply may start now."""
        return max(self._next_look - now, 0.0) if self.open else 0.0

    def succeeded(self) -> None:
        """Record a complete reply: the model works."""
        self._failed = 0

    def failed(self, now: float) -> None:
        """Record a reply that failed because of the model.

        Replies that started before the breaker opened may fail later; they don't delay the next test.
        """
        self._failed += 1
        if self._failed == FAILURES:
            self._next_look = now + REST
