"""The conversion between values and columns.

Law: what is written is read back equal, except that times are cut to the millisecond.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Return a time as milliseconds since 1970 UTC.

    Raises:
        TypeError: the time has no zone.
    """
    return (at - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Return milliseconds since 1970 as a time in UTC."""
    return _EPOCH + ms * _MILLISECOND


def storable(text: str) -> str:
    """Return a text with half surrogate pairs and NUL as `?`, one for one, so that slices keep their places.

    JSON may contain both (a stream cut inside an emoji); SQLite's UTF-8 cannot have the halves, PostgreSQL's
    not even a NUL, and a reply must not fail because of one.
    """
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
