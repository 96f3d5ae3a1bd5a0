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
        self._runs = array("q")
        self._is_sorted = True

    def add(self, text: str) -> None:
        """Recognize the words of a text of the person's."""
        self._runs.extend(_runs(text))
        self._is_sorted = False

    def in_text(self, text: str) -> bool:
        """Return whether a text holds one of the names, or eight words in a row."""
        if not self._is_sorted:
            self._runs = array("q", sorted(set(self._runs)))
            self._is_sorted = True
        folded = key_of(text)
        if any(next(whole_words(folded, name), None) is not None for name in self._names):
            return True
        runs = self._runs
        for run in _runs(text) if runs else ():
            at = bisect_left(runs, run)
            if at < len(runs) and runs[at] == run:
                return True
        return False


def _runs(text: str) -> Iterable[int]:
    words = _WORDS.findall(key_of(text))
    return (hash(tuple(words[at : at + RUN])) for at in range(len(words) - RUN + 1))
