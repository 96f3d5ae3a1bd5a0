"""Days and months in a time zone, as budgets and quiet hours count them.

Law: pure; the moment and the zone are parameters. The days of a zone follow each other without a gap and
without an overlap, whatever its clocks do: a day lasts from the first moment of its date to the first moment
of the next.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

ONE_DAY = timedelta(days=1)

_WEST, _EAST = timedelta(hours=12), timedelta(hours=14)
"""How far behind UTC and before it the world's clocks are at most."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a time zone.

    Attributes:
        date: its date there.
        zone: the time zone.
    """

    date: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        """Its first moment, in UTC."""
        return _first_moment(self.date, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment of the next day, in UTC."""
        return _first_moment(self.date + ONE_DAY, self.zone)

    @property
    def month_start(self) -> datetime:
        """The first moment of its month, in UTC."""
        return self.in_month(1)

    @property
    def number(self) -> int:
        """Which day of its month it is, from 1."""
        return self.date.day

    @property
    def days_in_month(self) -> int:
        """How many days its month has: 28 to 31."""
        return monthrange(self.date.year, self.date.month)[1]

    def in_month(self, number: int) -> datetime:
        """Return the first moment of a day of its month; of the next month where it has no such day."""
        return _first_moment(self.date.replace(day=1) + (number - 1) * ONE_DAY, self.zone)


def day_of(at: datetime, zone: tzinfo) -> Day:
    """Return the day of a zone in which a moment lies."""
    found = Day(at.astimezone(zone).date(), zone)
    # Where clocks are set back over midnight, a date comes again for an hour.
    while at < found.start:
        found = Day(found.date - ONE_DAY, zone)
    while at >= found.end:
        found = Day(found.date + ONE_DAY, zone)
    return found


def running_months_from(at: datetime) -> datetime:
    """Return the first moment of the months that run at a time, each somewhere in the world, in UTC."""
    return day_of(at - _WEST, UTC).month_start - _EAST


def _first_moment(of: date, zone: tzinfo) -> datetime:
    """Return the first moment of a date, in UTC; where clocks are set forward over it, when that happens."""
    return datetime(of.year, of.month, of.day, tzinfo=zone).astimezone(UTC)
