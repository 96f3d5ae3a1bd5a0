"""The limit on how many replies one person gets within a minute, as the configuration sets it.

Law: it counts and decides nothing; `core.allowance` has the rule, `core.routing` what follows from it.
"""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Final

from bot.core.allowance import Allowance
from bot.core.routing import NoReplyReason
from bot.core.scene import Place
from bot.story.places.casting import Casting

ONCE: Final = frozenset({NoReplyReason.LIMITED, NoReplyReason.OPTED_OUT, NoReplyReason.OOC_IGNORED})
"""What one person is told once within a minute."""

DAY: Final = 86_400.0
"""Seconds of a day."""


class ReplyLimit:
    """The limit for everybody, in all channels and on all servers together."""

    def __init__(self, casting: Casting, clock: Callable[[], datetime]) -> None:
        """Read the limit from the rules of `casting`, which may change; `clock` returns aware UTC times."""
        self._casting = casting
        self._clock = clock
        self._allowance = Allowance()
        self._daily = Allowance(DAY)

    def wait(self, user_id: int) -> int:
        """Return the whole seconds until a person may ask for another reply; 0 if at once."""
        most = self._casting.rules.limits.replies_per_minute
        return ceil(self._allowance.wait(user_id, self._now(), most))

    def take(self, user_id: int) -> float:
        """Note that a person asked for a reply; return when, in seconds since 1970."""
        now = self._now()
        self._allowance.take(user_id, now)
        return now

    def give_back(self, user_id: int, at: float) -> None:
        """Let a reply that was taken at a time not count: it was refused."""
        self._allowance.give_back(user_id, at)

    def tells(self, user_id: int, why: NoReplyReason, place: Place) -> bool:
        """Return whether a person is to be told in a channel why they get no reply.

        Of what is in `ONCE` they are once a minute, in all places together, and once a day on a server that
        they may not play there.
        """
        if why is NoReplyReason.NO_ROLE:
            return self._daily.tells((user_id, place.guild_id), self._now())
        return why not in ONCE or self._allowance.tells(user_id, self._now())

    def _now(self) -> float:
        return self._clock().timestamp()
