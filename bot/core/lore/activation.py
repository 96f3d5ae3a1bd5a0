"""Activation: which entries one reply is told, and why; which it isn't told, and why not.

Law: it follows from the books, the turns before the reply, the story's seed and its greeting, and from
nothing else. So a retry is told the same, and what a deleted turn brought about is gone with it. What was
told before is worked out by telling it again, as far back as that takes only so long.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from bot.core.lore.index import Index
from bot.core.lore.moment import CHOSEN, Ledger, Moment, Past
from bot.core.lore.said import Said
from bot.core.lore.telling import Activation, Circumstances, Heard, Why
from bot.core.lorebook import REACH
from bot.core.scene import Position

ANCHOR: Final = 64
"""About every so many turns is one from which what was told before may be worked out."""

EFFORT: Final = 2_000
"""How much is looked at for what was told before, in entries; each takes 3 to 5 µs."""

_MOMENT: Final = 4
"""The effort of a moment in which nothing comes up."""

_IN_DETAIL: Final = 2 * CHOSEN
"""Of more entries, about so many are looked at, and of the others only how important they are."""

_AT_A_GLANCE: Final = 16
"""How many entries are looked at for their importance alone in the time of one."""

_IN_STEPS, _BROUGHT_UP = 3, 150
"""How much longer it takes where what is told may bring up more; and about how many entries it brings up."""


def activate(books: Sequence[Index], heard: Sequence[Heard], around: Circumstances) -> Activation:
    """Return what a reply is told; `books` in the order of precedence, `heard` the turns, oldest first.

    Of the turns, those that `turns_needed` asks for are enough.
    """
    said, standing, past = Said(books, heard), Ledger.opened(books, around), Past(_anchor(heard))
    for at in _moments(said, past.start):
        ledger = Moment(said, at, standing.copy(), past).step()
        for id_, each in ledger.told.items():
            if each.ready.is_timed and each.why is not Why.STICKY:
                past.began[id_] = at
    return Moment(said, len(heard), standing, past).step().closed


def turns_needed(books: Iterable[Index]) -> int:
    """Return how many of the newest turns decide what is told."""
    books = list(books)
    if any(book.is_timed or book.counts for book in books):
        return REACH
    return max((book.depth for book in books), default=0)


def _moments(said: Said, start: int) -> list[int]:
    """Return the earlier moments, from a turn on, in which something was told of which it matters now.

    Where very much comes up each time, only the newest of them.
    """
    if not any(book.is_timed for book in said.books):
        return []
    found: list[int] = []
    left = EFFORT
    for at in range(len(said.heard) - 1, start - 1, -1):
        if said.heard[at].own and _may_begin(said, at):
            left -= _effort(said, at)
            if left < 0:
                break
            found.append(at)
    return found[::-1]


def _may_begin(said: Said, at: int) -> bool:
    """Return whether a timed entry may have been told; cheap, and sometimes wrongly yes."""
    return any(
        book.is_timed and (book.book.recursive or book.unfixed or said.is_timed(number, at))
        for number, book in enumerate(said.books)
    )


def _effort(said: Said, at: int) -> int:
    """Return how much is looked at in a moment, about."""
    effort = _MOMENT
    for number, book in enumerate(said.books):
        entries = book.weight(said.keys(number, at)) + len(book.unfixed)
        effort += min(entries, _IN_DETAIL) + entries // _AT_A_GLANCE
    if any(book.book.recursive for book in said.books):
        effort = effort * _IN_STEPS + _BROUGHT_UP
    return min(effort, _MOMENT + sum(len(book.loose) for book in said.books))


def _anchor(heard: Sequence[Heard]) -> int:
    """Return from which turn on what was told before is worked out.

    It is the same for many replies, so that times that follow each other don't shift with every turn.
    """
    latest = len(heard) - REACH // 2 if len(heard) >= REACH else 0
    return next((at for at in range(latest, 0, -1) if _is_anchor(heard[at].position)), 0)


def _is_anchor(position: Position) -> bool:
    """Return whether a turn is one in `ANCHOR`; the last bits of Discord's ids are nearly always the same."""
    return (position * 0x9E3779B97F4A7C15 >> 40) % ANCHOR == 0
