"""How values stand in a column.

Law: what is written comes back equal, except that time is kept to the millisecond.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 UTC. A time without a zone is a TypeError: it could mean any."""
    return (at - _EPOCH) // _MILLISECOND


def from_ms(ms: int) -> datetime:
    """Milliseconds since 1970 as a time in UTC."""
    return _EPOCH + ms * _MILLISECOND


def storable(text: str) -> str:
    """The text with half surrogate pairs as `?`, one for one, so that slices keep their places.

    JSON may carry such halves (a stream cut inside an emoji); SQLite's UTF-8 cannot, and a
    reply must not die of one.
    """
    return text.encode("utf-8", "replace").decode("utf-8")
