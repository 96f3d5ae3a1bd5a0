"""Excerpts of turns, with the words of a search marked.

Law: an excerpt is one line, never longer than its limit, and has the first of the words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import regex

BEFORE: Final = 3
"""A part of this many of the limit comes before the first of the words."""

NEAR: Final = 20
"""Characters within which a blank is looked for where a text is cut."""

_CUT: Final = "…"
_BLANKS: Final = regex.compile(r"\s+")
_JOINED: Final = regex.compile(r"[\p{M}\p{Default_Ignorable_Code_Point}\p{Cs}]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an excerpt; `is_hit` says that a search asked for it."""

    text: str
    is_hit: bool = False


def excerpt_of(text: str, spans: Sequence[tuple[int, int]], limit: int) -> tuple[Part, ...]:
    """Return the part of a text around the first of `spans`, in at most `limit` characters."""
    begin, end = _range(text, spans[0][0] if spans else 0, limit)
    found = [part for part in _parts(text, spans, begin, end) if part.text]
    whole = [Part(_CUT), *found] if begin else found
    if end < len(text):
        whole.append(Part(_CUT))
    return tuple(whole)


def _range(text: str, first: int, limit: int) -> tuple[int, int]:
    if len(text) <= limit:
        return 0, len(text)
    room = limit - 2 * len(_CUT)
    begin = max(0, min(first - room // BEFORE, len(text) - room))
    end = min(len(text), begin + room)
    if begin:
        blank = _BLANKS.search(text, begin, max(begin, min(begin + NEAR, first)))
        joined = _JOINED.match(text, begin)
        begin = blank.end() if blank else joined.end() if joined else begin
    if end < len(text):
        blanks = list(_BLANKS.finditer(text, max(begin, first, end - NEAR), end))
        end = blanks[-1].start() if blanks and blanks[-1].start() > first else end
        while end > begin and _JOINED.match(text, end):  # a mark stays with its letter
            end -= 1
    return begin, end


def _parts(text: str, spans: Sequence[tuple[int, int]], begin: int, end: int) -> Iterator[Part]:
    at = begin
    for start, stop in spans:
        if start >= end or stop <= at:
            continue
        yield Part(_line(text[at:start]))
        yield Part(_line(text[max(at, start) : min(stop, end)]), is_hit=True)
        at = min(stop, end)
    yield Part(_line(text[at:end]))


def _line(text: str) -> str:
    return _BLANKS.sub(" ", text)
