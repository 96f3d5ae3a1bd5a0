"""Quiet hours: the times of a day in which personas answer nobody.

Law: pure; the moment and the time zone are parameters. A text that cannot be read as hours is none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

NONE: Final = "none"
"""How it is written that there are no quiet hours, in place of those further up."""

MOST: Final = 4
"""The most times of quiet in a day."""

HOUR: Final = 60
DAY: Final = 24 * HOUR
"""Minutes of an hour, and of a day."""

_TIME: Final = r"([0-9]{1,2})(?:[:.]([0-9]{2}))?"
_SPAN: Final = re.compile(rf"{_TIME}\s*(?:-|–|—|to)\s*{_TIME}", re.IGNORECASE)  # noqa: RUF001 - dashes are meant


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The quiet times of each day: minutes after midnight, from one up to another, also over midnight."""

    spans: tuple[tuple[int, int], ...] = ()

    def until(self, at: datetime, zone: tzinfo) -> datetime | None:
        """Return when it is no longer quiet; None if it is not quiet at this moment.

        Where clocks change meanwhile, the end is as clocks then show it.
        """
        end = self._end(at, zone)
        for _ in self.spans:  # one time may begin where another ends
            later = None if end is None else self._end(end, zone)
            if later is None:
                break
            end = later
        return end

    def _end(self, at: datetime, zone: tzinfo) -> datetime | None:
        local = at.astimezone(zone)
        now = local.hour * HOUR + local.minute
        ends = [end for begin, end in self.spans if _is_within(now, begin, end)]
        return max((_next(local, end, at) for end in ends), default=None)

    @property
    def text(self) -> str:
        """The hours as they are written."""
        return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in self.spans) or NONE


NO_QUIET: Final = QuietHours()


def read_quiet(text: str) -> QuietHours | None:
    """Return the hours that a text names, such as `23:00-07:00`; None if it cannot be read.

    Several are parted by commas. All 24 hours of a day are none: then nobody would ever be answered.
    """
    if text.strip().casefold() == NONE:
        return NO_QUIET
    found = [_span(each) for each in text.split(",")]
    spans = tuple(span for span in found if span is not None)
    if len(spans) < len(found) or len(spans) > MOST or _is_always(spans):
        return None
    return QuietHours(spans)


def _span(text: str) -> tuple[int, int] | None:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        return None
    begin, end = (int(match[at]) * HOUR + int(match[at + 1] or 0) for at in (1, 3))
    minutes = (int(match[at] or 0) for at in (2, 4))
    is_time = begin < DAY and end <= DAY and all(each < HOUR for each in minutes)
    return (begin, end % DAY) if is_time and begin != end % DAY else None


def _is_always(spans: Iterable[tuple[int, int]]) -> bool:
    quiet = set[int]()
    for begin, end in spans:
        quiet.update(range(begin, end if begin < end else DAY), range(0 if begin < end else end))
    return len(quiet) == DAY


def _is_within(now: int, begin: int, end: int) -> bool:
    return begin <= now < end if begin < end else now >= begin or now < end


def _next(local: datetime, end: int, at: datetime) -> datetime:
    """Return the next moment at which clocks show `end`, in minutes after midnight, or leap over it."""
    midnight = local.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0, fold=0)
    zone = local.tzinfo
    shown = (_shown(midnight + timedelta(days=each, minutes=end), zone) for each in range(3))
    moments = (
        each.replace(tzinfo=zone, fold=fold).astimezone(at.tzinfo) for each in shown for fold in (0, 1)
    )
    return min(moment for moment in moments if moment > at)


def _shown(clock: datetime, zone: tzinfo | None) -> datetime:
    """Return a time, or the first after it that clocks show where they are set forward over it."""
    while clock.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) != clock:
        clock += timedelta(minutes=1)
    return clock


def _clock(minutes: int) -> str:
    return f"{minutes // HOUR:02}:{minutes % HOUR:02}"
