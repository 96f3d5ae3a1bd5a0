"""Keys: which keys of a book a text has, all looked for at once.

Law: the time to look grows with the text and with what is found, not with the number of keys, and what is
found has a limit; a pattern takes time in proportion to the text and to its own size (RE2), of which a book
has so much, and one that RE2 doesn't take never matches. A key without anything to see never matches (cards
have empty ones), nor does the name of a folder.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import re2
import regex
from ahocorasick_rs import AhoCorasick

from bot.core.lorebook import KEY_LENGTH
from bot.core.patterns import PatternError, in_re2, is_pattern, options_of, size_of, source_of

TEXT_LIMIT: Final = 8_000
"""Characters of a text in which keys are looked for; Discord's longest message has half as many."""

PATTERNS_LIMIT: Final = 1_000
"""Most patterns of a book: each is tried by itself."""

SIZE_LIMIT: Final = 20_000
"""The largest size of a book's patterns together, in RE2's instructions: `/dark (elf|elves)/i` has 20. Each
takes up to 4 ns for a character of a text."""

HITS_LIMIT: Final = 20_000
"""Most places in a text where words are found; keys that lie within each other can have a million."""

_CHUNK: Final = 256
"""Characters in which words are looked for at once, so that `HITS_LIMIT` is exceeded by few."""

_VISIBLE: Final = regex.compile(r"[^\s\p{C}\p{Default_Ignorable_Code_Point}\u115f\u1160\u2800\u3164\uffa0]")
_FOLDER: Final = "\uf000"
"""What RisuAI begins the key of a folder with."""

_NO_BLANKS: Final = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Line_Break=SA}]")
"""Letters of scripts without blanks, where a word's edge cannot be seen."""

_PLAIN: Final = str.maketrans({"\u2019": "'", "\u02bc": "'", "\u2018": "'", "\u2010": "-", "\u2011": "-"})
"""Marks that keyboards of phones put for those on other keyboards."""


class Needle(NamedTuple):
    """A key as it is looked for."""

    text: str
    is_pattern: bool = False
    case_sensitive: bool = False
    whole: bool = False


class KeyFault(NamedTuple):
    """A key that is a pattern and can't be used: the reason is RE2's, or empty if it is one too many."""

    key: str
    reason: str = ""


class _Words:
    """Plain keys, all case-sensitive or none."""

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[int, bool]]] = {}
        self._automaton: AhoCorasick | None = None
        self._longest = 0

    def add(self, text: str, number: int, *, whole: bool) -> None:
        self._found.setdefault(text, []).append((number, whole))

    def close(self) -> None:
        self._automaton = AhoCorasick(self._found, store_patterns=False) if self._found else None
        self._numbers = list(self._found.values())
        self._longest = max(map(len, self._found), default=0)

    def matches(self, text: str, found: set[int]) -> None:
        """Add the numbers of the keys in a text, up to where `HITS_LIMIT` is reached."""
        hits = 0
        for begin in range(0, len(text), _CHUNK) if self._automaton is not None else ():
            hits += self._look(text, begin, found)
            if hits >= HITS_LIMIT:
                break

    def _look(self, text: str, begin: int, found: set[int]) -> int:
        """Add the numbers of the keys that begin in a part of a text; return how many were there."""
        assert self._automaton is not None
        part = text[begin : begin + _CHUNK + self._longest - 1]
        hits = self._automaton.find_matches_as_indexes(part, overlapping=True)
        for pattern, start, end in hits:
            for number, whole in self._numbers[pattern]:
                if number not in found and (not whole or _is_word(text, begin + start, begin + end)):
                    found.add(number)
        return len(hits)


class Keys:
    """The keys of a book, by number.

    Attributes:
        faults: the patterns that can't be used.
        size: that of its patterns together.
    """

    def __init__(self) -> None:
        """Begin without keys; add all, then `close`."""
        self.faults: list[KeyFault] = []
        self.size = 0
        self._numbers: dict[Needle, int | None] = {}
        self._exact, self._folded = _Words(), _Words()
        self._patterns = re2.Filter()
        self._patterned: list[int] = []

    def add(self, key: str, *, regex: bool, case_sensitive: bool, whole: bool) -> int | None:
        """Return the number of a key; None for one that never matches."""
        if not is_key(key):
            return None
        as_pattern = _pattern_of(key, regex=regex, case_sensitive=case_sensitive)
        if as_pattern is not None:
            needle = Needle(as_pattern, is_pattern=True)
        else:
            # A mark at its end is no part of a word, and several words have edges enough.
            words = normal(key) if case_sensitive else folded(key)
            needle = Needle(words, False, case_sensitive, whole and len(words.split()) == 1)
        if needle not in self._numbers:
            self._numbers[needle] = self._added(needle, key, len(self._numbers))
        return self._numbers[needle]

    def close(self) -> None:
        """End adding keys."""
        self._exact.close()
        self._folded.close()
        if self._patterned:
            self._patterns.Compile()

    def matches(self, text: str) -> frozenset[int]:
        """Return the numbers of the keys that a text has."""
        text, found = text[:TEXT_LIMIT], set[int]()
        # A single letter can stand for eighteen.
        self._folded.matches(folded(text)[:TEXT_LIMIT], found)
        self._exact.matches(normal(text)[:TEXT_LIMIT], found)
        if self._patterned:
            # RE2's filter tries only those patterns of which a text has the letters.
            matching = self._patterns.Match(text.encode("utf-8", "replace")) or ()
            found.update(self._patterned[each] for each in matching)
        return frozenset(found)

    def _added(self, needle: Needle, key: str, number: int) -> int | None:
        if not needle.is_pattern:
            words = self._exact if needle.case_sensitive else self._folded
            words.add(needle.text, number, whole=needle.whole)
            return number
        try:
            size = size_of(needle.text)
        except PatternError as error:
            self.faults.append(KeyFault(key, str(error)))
            return None
        if len(self._patterned) >= PATTERNS_LIMIT or self.size + size > SIZE_LIMIT:
            self.faults.append(KeyFault(key))
            return None
        self._patterns.Add(needle.text, options_of())
        self.size += size
        self._patterned.append(number)
        return number


def is_key(key: str) -> bool:
    """Return whether a key can match: there is something to see in it, and it isn't a folder's."""
    if len(key) > KEY_LENGTH or key.startswith(_FOLDER) or _VISIBLE.search(key) is None:
        return False
    return key.isascii() or len(folded(key)) <= KEY_LENGTH


def folded(text: str) -> str:
    """Return a text without regard to case, width and the shape of quotation marks."""
    return unicodedata.normalize("NFKC", text).casefold().translate(_PLAIN)


def normal(text: str) -> str:
    """Return a text without regard to width and the shape of quotation marks."""
    return unicodedata.normalize("NFKC", text).translate(_PLAIN)


def faults_of(keys: Iterable[str], *, regex: bool = False) -> Sequence[KeyFault]:
    """Return those of an entry's keys that are patterns and can't be used."""
    found = Keys()
    for key in keys:
        found.add(key, regex=regex, case_sensitive=False, whole=False)
    return found.faults


def _pattern_of(key: str, *, regex: bool, case_sensitive: bool) -> str | None:
    """Return a key as RE2's pattern with its flags; None if it is plain words."""
    if is_pattern(key):
        body, flags = source_of(key)
    elif regex:
        body, flags = in_re2(key), "" if case_sensitive else "i"
    else:
        return None
    return f"(?{flags}){body}" if flags else body


def _is_word(text: str, start: int, end: int) -> bool:
    """Return whether a part of a text is whole words."""
    return _is_edge(text[start - 1 : start], text[start : start + 1]) and _is_edge(
        text[end : end + 1], text[end - 1 : end]
    )


def _is_edge(outside: str, inside: str) -> bool:
    if not outside or not (outside.isalnum() or outside == "_"):
        return True
    return not (inside.isalnum() or inside == "_") or _NO_BLANKS.match(inside) is not None
