"""The window of turns in a prompt: as many of the newest as fit.

Law: the start rarely moves, and in steps. Between steps each prompt begins with the whole previous one, byte
for byte, so that the provider's prefix cache can serve it. The start also moves back if there is room again.
A step in either direction ends with the same fullness, so that one never undoes the other.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from bot.core.tokens import Size

REFILL = 0.80
"""The share of the room that is used after a step; the rest is for growth."""


SPARSE = 0.50
"""The share of the room below which the start moves back, far below `REFILL` to avoid oscillation."""


def step(sizes: Sequence[Size], fixed: Size, room: int, upper: Callable[[Size], int]) -> int:
    """Return how many of the oldest turns to remove: none while all fit, else enough to free a fifth.

    Args:
        sizes: for each turn, the size of it and all after it; not empty.
        fixed: the size of the parts that are never shortened.
        room: the maximum tokens of a prompt.
        upper: the upper bound of the tokens of a size.

    The newest turn stays even if it doesn't fit.
    """
    if upper(fixed + sizes[0]) <= room:
        return 0
    return min(_start(sizes, fixed, room, upper), len(sizes) - 1)


PREPARED = 0.90
"""The share of the room from which on the next step is prepared, and below which one made so is enough."""


def leaving(sizes: Sequence[Size], fixed: Size, room: int, upper: Callable[[Size], int]) -> int:
    """Return how many of the oldest turns the next step will remove; 0 as long as none is near.

    By then the window has grown, so that more leave than a step would remove now. The arguments are those of
    `step`.
    """
    base = upper(fixed)
    used = upper(fixed + sizes[0]) - base
    full = max(1, room - base)
    if used < PREPARED * full:
        return 0
    goal = base + int((REFILL - max(0.0, 1 - used / full)) * full)
    found = bisect_left(sizes, True, key=lambda size: upper(fixed + size) <= goal)
    return min(found, len(sizes) - 1)


def is_enough(size: Size, fixed: Size, room: int, upper: Callable[[Size], int]) -> bool:
    """Return whether a window of turns of `size` leaves room to grow, and is not sparse."""
    base = upper(fixed)
    used = upper(fixed + size) - base
    return used < PREPARED * (room - base) and not is_sparse(size, fixed, room, upper)


def is_sparse(size: Size, fixed: Size, room: int, upper: Callable[[Size], int]) -> bool:
    """Return whether turns of `size` use so little of the room that older ones should return.

    This happens if a larger window was configured, or if a cause of too high estimates is gone.
    """
    base = upper(fixed)
    return upper(fixed + size) - base < SPARSE * (room - base)


def step_back(sizes: Sequence[Size], older: int, fixed: Size, room: int, upper: Callable[[Size], int]) -> int:
    """Return how many turns return into a window that `is_sparse`, so that a fifth of the room stays free.

    `sizes` are those of `step` and begin with the `older` turns that are now left out. The turn that would
    exceed the room stays out, with all before it.
    """
    return older - min(_start(sizes, fixed, room, upper), older)


def _start(sizes: Sequence[Size], fixed: Size, room: int, upper: Callable[[Size], int]) -> int:
    """Return the first turn of those that fill the room as far as a step does."""
    base = upper(fixed)
    goal = base + int(REFILL * max(0, room - base))
    return bisect_left(sizes, True, key=lambda size: upper(fixed + size) <= goal)


def retreats(sizes: Sequence[Size]) -> list[int]:
    """Return how many of the oldest turns to leave out, try by try, after a prompt was too long.

    Half of the text stays, then a quarter, and finally only the newest turn.
    """
    last = len(sizes) - 1
    halves = (bisect_left(sizes, -sizes[0].text // share, key=lambda size: -size.text) for share in (2, 4))
    return sorted({min(at, last) for at in (*halves, last)} - {0})
