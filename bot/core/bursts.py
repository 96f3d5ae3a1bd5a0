"""Bursts: several messages that a person writes in a row, or one that their client splits, get one answer.

Law: pure; times are seconds of one clock. An answer waits only for a person who is seen typing after their
message, and never for long.
"""

from dataclasses import dataclass, replace
from typing import Final

WAITS: Final = 3
"""How many times `settle` an answer waits at most in all: who types on and on gets one, too."""

TYPING: Final = 10.0
"""Seconds for which Discord shows that somebody types, after one event: a later message is another one."""

MESSAGES: Final = 6
"""The most messages of a burst: each further one costs a prompt whose answer nobody sees."""


@dataclass(frozen=True, slots=True)
class Burst:
    """The messages of one person that one answer answers.

    Attributes:
        began: when the first came.
        latest: when the latest came.
        typed: when the person was last seen typing after the latest; None if they were not.
        messages: how many there are.
    """

    began: float
    latest: float
    typed: float | None = None
    messages: int = 1

    @classmethod
    def of(cls, now: float) -> "Burst":
        """Return a burst that begins with a message now."""
        return cls(now, now)

    def typing(self, now: float) -> "Burst":
        """Return the burst after its person was seen typing."""
        return replace(self, typed=now)

    def further(self, now: float) -> "Burst":
        """Return the burst with a further message."""
        return replace(self, latest=now, typed=None, messages=self.messages + 1)

    def wait(self, now: float, settle: float) -> float:
        """Return the seconds that the answer waits from now on; 0 if it may be shown.

        `settle` is how long it waits for somebody who types; 0 for not at all.
        """
        if self.typed is None:
            return 0.0
        return max(min(self.typed + settle, self.began + WAITS * settle) - now, 0.0)

    def takes(self, now: float, settle: float) -> bool:
        """Return whether a message of now is one of the burst, if nobody has seen the answer yet."""
        return settle > 0 and self.messages < MESSAGES and now - self.latest <= TYPING
