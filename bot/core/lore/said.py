"""What was said before a reply: its turns, and which keys of the books each of them has.

Law: it follows from the books and the turns. Each text is looked at once, when it is first asked for, and
what is found is bounded: first in the text itself, then over the turns in which a book's keys count.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

from bot.core.lore.index import PAIRS, Found, Index
from bot.core.lore.telling import Heard
from bot.core.scene import Position

EFFORT: Final = 400_000_000
"""Characters that a book's patterns are tried on, times the size of these: at most 1.6 s of a processor."""


class Said:
    """The turns before a reply, oldest first; `at` is how many of them are before some moment."""

    def __init__(self, books: Sequence[Index], heard: Sequence[Heard]) -> None:
        """Look for the keys of these books."""
        self.books = books
        self.heard = heard
        self._own = [0, *accumulate(turn.own for turn in heard)]
        self._found: list[list[Found | None]] = [[None] * len(heard) for _ in books]
        self._keys: dict[tuple[int, int], Mapping[int, int]] = {}
        self._reach = [_reach(book, heard) for book in books]

    def own(self, at: int, start: int = 0) -> int:
        """Return how many of the turns from `start` on and before `at` are the persona's."""
        return self._own[at] - self._own[start]

    def position(self, at: int) -> Position | None:
        """Return the position of the last turn before a moment."""
        return self.heard[at - 1].position if at else None

    def keys(self, book: int, at: int) -> Mapping[int, int]:
        """Return the keys of a book that count at a moment, each with how many turns ago it was last said."""
        known = self._keys.get((book, at))
        if known is None:
            known = self._keys[book, at] = self._counting(book, at)
        return known

    def _counting(self, book: int, at: int) -> Mapping[int, int]:
        said: dict[int, int] = {}
        pairs = 0
        for ago in range(self._depth(book, at)):
            found = self._at(book, at - 1 - ago)
            if found.keys:
                said.update(dict.fromkeys(found.keys - said.keys(), ago))
                pairs += found.pairs
                if pairs >= PAIRS:
                    break
        return said

    def is_timed(self, book: int, at: int) -> bool:
        """Return whether a key that counts belongs to an entry that stays or rests."""
        return any(self._at(book, each).is_timed for each in range(at - self._depth(book, at), at))

    def _depth(self, book: int, at: int) -> int:
        return max(0, min(self.books[book].depth, at - self._reach[book]))

    def _at(self, book: int, number: int) -> Found:
        found = self._found[book][number]
        if found is None:
            found = self._found[book][number] = self.books[book].found(self.heard[number].scanned)
        return found


def _reach(book: Index, heard: Sequence[Heard]) -> int:
    """Return from which turn on the keys of a book are looked for: patterns take long, if they are many."""
    left = EFFORT
    for number in range(len(heard) - 1, -1, -1) if book.size else ():
        left -= book.size * len(heard[number].text)
        if left < 0:
            return number + 1
    return 0
