"""The parts of a long text in the form that edits it, and the text made of them again.

Law: pure. The blanks between two parts are kept apart from them, because Discord strips the fields of a form:
unchanged parts give the text back to the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import ceil
from typing import Final

import regex

from bot.core.posts.pages import utf16_length

LIMIT: Final = 4000
"""UTF-16 units of one text input: Discord's limit (its page "Component Reference", Text Input)."""

MOST: Final = 5
"""Text inputs in one form: Discord's limit."""

_ROOMY: Final = 7 / 8  # of a field; as long as a text is short enough, each part has room to grow
_BLANK: Final = r"[\s\x1c-\x1f]"  # what `str.strip` takes away
_PLACES: Final = (
    regex.compile(rf"{_BLANK}*\n{_BLANK}*\n{_BLANK}*"),
    regex.compile(rf"{_BLANK}*\n{_BLANK}*"),
    regex.compile(rf"{_BLANK}+"),
)
_LINE_END: Final = regex.compile(r"\r+\n")
_GRAPHEME: Final = regex.compile(r"\X")
_EARLIEST: Final = 0.6  # of the length a part is meant to have


@dataclass(frozen=True, slots=True)
class Parts:
    """A text in parts.

    Attributes:
        texts: the parts, without blanks at their ends.
        joints: the blanks before the first part, between two, and after the last: one more than there are
            parts.
    """

    texts: tuple[str, ...]
    joints: tuple[str, ...]

    def joined(self, texts: Sequence[str]) -> str:
        """Return the text of edited parts; empty if nothing is left of them."""
        pairs = zip_longest(texts, self.texts, fillvalue="")
        now = [was if _plain(text) == _plain(was) else _plain(text) for text, was in pairs]
        made = ""
        for joint, text in zip(self.joints, now, strict=False):
            if text:
                made += (joint if made else "") + text
        return f"{self.joints[0]}{made}{self.joints[-1]}" if made else ""


def _plain(text: str) -> str:
    """Return a text of a form's field as it was meant: forms end their lines in ways of their own."""
    return _LINE_END.sub("\n", text).strip()


def cut(text: str, most: int = MOST, limit: int = LIMIT) -> Parts | None:
    """Cut a text into the fewest parts that leave room to write; None if it does not fit."""
    body = text.strip()
    if not body:
        return Parts(("",), ("", ""))
    begin = text.index(body)
    edges = text[:begin], text[begin + len(body) :]
    wanted = min(most, ceil(utf16_length(body) / (limit * _ROOMY)))
    for length in (ceil(utf16_length(body) / wanted), limit):
        found = _cut(body, (wanted, most), length, limit)
        if found is not None:
            texts, joints = found
            return Parts(tuple(texts), (edges[0], *joints, edges[1]))
    return None


def _cut(body: str, count: tuple[int, int], length: int, limit: int) -> tuple[list[str], list[str]] | None:
    """Cut off parts of about `length` until the rest fits; the last part may be up to `limit`."""
    wanted, most = count
    texts: list[str] = []
    joints: list[str] = []
    while utf16_length(body) > (limit if len(texts) >= wanted - 1 else length):
        if len(texts) == most - 1:
            return None
        start, end = _place(body, _reach(body, length), _reach(body, limit))
        texts.append(body[:start])
        joints.append(body[start:end])
        body = body[end:]
    return [*texts, body], joints


def _place(body: str, goal: int, far: int) -> tuple[int, int]:
    """Return where a part ends and the next begins: at a paragraph or a line or a blank near `goal`."""
    earliest = int(goal * _EARLIEST)
    for place in _PLACES:
        spans = [found.span() for found in place.finditer(body) if earliest <= found.start() <= far]
        if spans:
            return min(spans, key=lambda span: abs(span[0] - goal))
    ends = [found.end() for found in _GRAPHEME.finditer(body) if found.end() <= far]
    at = ends[-1] if ends and ends[-1] >= earliest else far
    return len(body[:at].rstrip()), len(body) - len(body[at:].lstrip())


def _reach(text: str, units: int) -> int:
    """Return how many code points of a text fit so many UTF-16 units."""
    for number, char in enumerate(text):
        units -= 2 if char > "\uffff" else 1
        if units < 0:
            return number
    return len(text)
