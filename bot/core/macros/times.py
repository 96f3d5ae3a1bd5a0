"""Macros that tell the time, which is UTC's.

Law: in English, whatever the machine's language is.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

import regex

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
FURTHEST: Final = 14
"""The most hours that a time zone is away from UTC."""

_FIELDS: Final = regex.compile(
    r"\[(?P<literal>[^\]]*+)\]|YYYY|YY|M{1,4}|DD?|d{3,4}|HH?|hh?|mm?|ss?|A|a",
)
"""The fields of a date's format, as SillyTavern (by Moment.js) writes them; brackets enclose other text."""


def _formatted(at: datetime, form: str) -> str:
    day, month, half = _DAYS[at.weekday()], _MONTHS[at.month - 1], "PM" if at.hour >= 12 else "AM"  # noqa: PLR2004
    hour = at.hour % 12 or 12
    names = {"MMMM": month, "MMM": month[:3], "dddd": day, "ddd": day[:3], "A": half, "a": half.lower()}
    numbers = {
        "Y": at.year,
        "M": at.month,
        "D": at.day,
        "H": at.hour,
        "h": hour,
        "m": at.minute,
        "s": at.second,
    }

    def field(found: "regex.Match[str]") -> str:
        if found["literal"] is not None:
            return found["literal"]
        token = found[0]
        if token in names:
            return names[token]
        return f"{numbers[token[0]]:0{len(token)}}"[-len(token) :] if len(token) > 1 else str(numbers[token])

    return _FIELDS.sub(field, form)


def _as(form: str) -> Callable[[datetime, str], str]:
    return lambda at, _: _formatted(at.astimezone(UTC), form)


def _elsewhere(at: datetime, hours: str) -> str:
    return _formatted(at.astimezone(timezone(timedelta(hours=int(hours)))), "h:mm A")


TIMES: Final[Mapping[str, Callable[[datetime, str], str]]] = {
    "time": _as("h:mm A"),
    "date": _as("MMMM D, YYYY"),
    "weekday": _as("dddd"),
    "isotime": _as("HH:mm"),
    "isodate": _as("YYYY-MM-DD"),
    "time_utc": _elsewhere,
    "datetimeformat": lambda at, form: _formatted(at.astimezone(UTC), form),
}
"""The macros that tell the time, which is UTC's, by name."""
