"""Which turns a prompt holds: as many of the newest as the window takes.

Law: the start moves seldom and in steps. Between steps each prompt begins with the whole
previous one, byte for byte, so that a provider's prefix cache can serve it. It goes back too, where there is
room again; a step either way ends at the same fullness, so the one never undoes the other.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence

from bot.core.tokens import Size

REFILL = 0.80
"""How full the window is right after a step: a fifth of it is room to grow into."""


SPARSE = 0.50
"""Below how full a window its start goes back; far below what a step leaves, or it would flap."""


def step(sizes: Sequence[Size], fixed: Size, room: int, upper: Callable[[Size], int]) -> int:
    """Return how many of the oldest turns leave: none while all fit, else a fifth of the room becomes free.

    Args:
        sizes: for each turn, what it and all after it come to; not empty.
        fixed: what is never trimmed.
        room: the tokens that a prompt may take.
        upper: what a prompt of a size takes at most.

    The newest turn stays even where it does not fit.
    """
    if upper(fixed + sizes[0]) <= room:
        return 0
    return min(_start(sizes, fixed, room, upper), len(sizes) - 1)


def is_sparse(size: Size, fixed: Size, room: int, upper: Callable[[Size], int]) -> bool:
    """Return whether turns of `size` fill so little of the room that older ones should come back.

    There is more room than at the last step if a larger window was configured since, or what had made prompts
    look costly has passed.
    """
    base = upper(fixed)
    return upper(fixed + size) - base < SPARSE * (room - base)


def step_back(sizes: Sequence[Size], older: int, fixed: Size, room: int, upper: Callable[[Size], int]) -> int:
    """Return how many turns come back into a window that `is_sparse`: a fifth of the room stays free.

    `sizes` are those of `step`, beginning with the `older` turns that are left out now. The one that makes it
    too much stays out, with all before it.
    """
    return older - min(_start(sizes, fixed, room, upper), older)


def _start(sizes: Sequence[Size], fixed: Size, room: int, upper: Callable[[Size], int]) -> int:
    """Return the first turn of those that fill the room as far as a step does."""
    base = upper(fixed)
    goal = base + int(REFILL * max(0, room - base))
    return bisect_left(sizes, True, key=lambda size: upper(fixed + size) <= goal)


def retreats(sizes: Sequence[Size]) -> list[int]:
    """Return how many of the oldest turns to leave out, try by try, where a prompt was too long after all.

    Half the text stays, then a quarter, and at last the newest turn alone.
    """
    last = len(sizes) - 1
    halves = (bisect_left(sizes, -sizes[0].text // share, key=lambda size: -size.text) for share in (2, 4))
    return sorted({min(at, last) for at in (*halves, last)} - {0})
