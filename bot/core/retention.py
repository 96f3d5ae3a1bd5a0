"""How long what was said is kept, and when a channel is told before it goes.

Law: nothing goes before its channel was told a month ahead, under the rule that counts now.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

AMBIENT: Final = timedelta(days=90)
"""How long a line is kept at most that was said to no persona."""

AHEAD: Final = timedelta(days=30)
"""How long before the first goes a channel is told."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How many days are kept: what was said, and what is stored of a server that the bot has left.

    0 days of what was said are for good.
    """

    days: int = 365
    left_days: int = 30

    @property
    def for_good(self) -> bool:
        """Whether nothing goes by its age."""
        return self.days == 0

    @property
    def ambient_days(self) -> int:
        """How many days lines are kept that were said to no persona."""
        return min(self.days, AMBIENT.days)

    def cutoffs(self, now: datetime) -> tuple[datetime, datetime]:
        """Return the times before which turns go: of all, and of those said to no persona."""
        return now - timedelta(days=self.days), now - timedelta(days=self.ambient_days)

    def left_cutoff(self, now: datetime) -> datetime:
        """Return the time before which the bot must have left a server that goes."""
        return now - timedelta(days=self.left_days)


@dataclass(frozen=True, slots=True)
class Told:
    """What a channel was told: since when it knows, when it was told last, and how many days are kept."""

    since: datetime
    at: datetime
    days: int


def is_to_tell(told: Told | None, keeping: Keeping, now: datetime) -> bool:
    """Return whether a channel in which something goes soon is to be told, for the first time or again."""
    return told is None or told.days > keeping.days or now - told.at >= timedelta(days=keeping.days) + AHEAD


def may_go(told: Told | None, keeping: Keeping, now: datetime) -> bool:
    """Return whether what is old enough may go from a channel now."""
    return told is not None and told.days <= keeping.days and now - told.since >= AHEAD
