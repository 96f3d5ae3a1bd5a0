"""Chance: numbers that nobody can foresee, and that are the same whenever the same thing is asked.

Law: pure. A retry, an edit and a restart see the number that the first try saw.
"""

from hashlib import sha256

_RANGE = 2**64


def number_for(*parts: object) -> float:
    """Return a number from 0 up to, but not including, 1, that follows from these parts."""
    told = "\n".join(map(str, parts))
    return int.from_bytes(sha256(told.encode("utf-8", "replace")).digest()[:8]) / _RANGE
