"""Whether a text repeats a person: one of their names as a whole word, or eight of their words in a row.

Law: rather one text too many than one too few. Case, width and punctuation do not count. In scripts without
blanks between words each character counts as a word.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

import regex

from bot.core.first_names import first_name
from bot.core.names import UNSPACED, key_of, whole_words

RUN: Final = 8
"""Words in a row that are a person's own, and not everybody's."""

_DRAWERS: Final = 256
"""Parts in which the runs are kept."""

_WORDS: Final = regex.compile(rf"{UNSPACED}|(?:(?!{UNSPACED})[\p{{L}}\p{{N}}\p{{M}}_])+")
_SHORT: Final = regex.compile(rf"(?!{UNSPACED})\X")
"""A name of one letter, which is a word of every text."""


class Traces:
    """What a person's texts and names are recognized by.

    Texts are added one by one, all before the first question. Of a run of words eight bytes are kept.
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Recognize these names, and the first names in them."""
        called = [each for name in names for each in (name, first_name(name)) if each]
        self._names = {key for key in map(key_of, called) if key and not _SHORT.fullmatch(key)}
        # Sorted one at a time: all at once would hold up everybody.
        self._runs = [array("q") for _ in range(_DRAWERS)]
        self._unsorted = set[int]()

    def add(self, text: str) -> None:
        """Recognize the words of a text of the person's."""
        for run in _runs(text):
            self._runs[run % _DRAWERS].append(run)
            self._unsorted.add(run % _DRAWERS)

    def in_text(self, text: str) -> bool:
        """Return whether a text holds one of the names, or eight words in a row."""
        folded = key_of(text)
        if any(next(whole_words(folded, name), None) is not None for name in self._names):
            return True
        return any(map(self._knows, _runs(text)))

    def _knows(self, run: int) -> bool:
        number = run % _DRAWERS
        if number in self._unsorted:
            self._runs[number] = array("q", sorted(set(self._runs[number])))
            self._unsorted.discard(number)
        runs = self._runs[number]
        at = bisect_left(runs, run)
        return at < len(runs) and runs[at] == run


def _runs(text: str) -> Iterable[int]:
    words = _WORDS.findall(key_of(text))
    return (hash(tuple(words[at : at + RUN])) for at in range(len(words) - RUN + 1))
