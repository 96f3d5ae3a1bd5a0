"""Labelled lines: classifies the text after a name and a colon, because not every `Alice: ` is speech.

Law: in doubt it is not speech. Only text that speaks or acts, or is a sentence by itself, is a line spoken
for a person. A few words may be an item of a list, `Alice: the key`, and a figure is a score, `Alice: 3`. The
result for a beginning holds for every continuation: `SPEECH` is never taken back.
"""

from enum import Enum, auto
from typing import Final

import regex

from bot.core.names import key_of
from bot.core.output.speakers import BLANK, COLONS, LABEL, Names

WINDOW: Final = 80
"""Characters after a label that are read: the lines of lists and scores are short."""

_ITEM_LENGTH: Final = 40


class Said(Enum):
    """The classes of labelled lines."""

    NOTHING = auto()  # the name is alone, as above a letter
    FIGURE = auto()  # `3`, `12 points`, `15 (13 + 2)`, `HP 10/20`
    ITEM = auto()  # a few words without a sentence: an item, if there is a list
    SHARED = auto()  # another name comes after it: `the key. Bob: the lamp.`
    SPEECH = auto()


_FIGURE: Final = regex.compile(
    rf"""(?:\p{{Lu}}{{2,3}}[ ])? [-+\u2212\u00b1]?[$€£¥]? \p{{N}}[\p{{N}}.,:/%]{{0,12}}
    (?:[ ]?\p{{L}}[\p{{L}}\p{{M}}'’-]{{0,19}}){{0,2}} (?:[ ]?[(（][^\n()（）]{{0,30}}[)）])?
    [.。]?[{BLANK}]*\n""",  # noqa: RUF001 - full-width is meant
    regex.VERBOSE,
)
"""A number and at most two words for its unit, to the line's end."""

_SPEAKS: Final = regex.compile(
    r"[^\p{L}\p{N}$€£¥\u2212\u00b1+-]|I[ '’]"  # noqa: RUF001 - an apostrophe
)
"""The beginnings of speech: a quotation mark, an action's asterisk, a dash or an `I`."""

_MARKS: Final = '!?！？…"“”„«»「」『』*\n'  # noqa: RUF001 - full-width is meant
_CALLS: Final = regex.compile(f"[{_MARKS}]")
"""Characters that lists and scores never contain."""

_FEW: Final = rf"[^{_MARKS}{COLONS}.。|\[\]【】]{{0,{_ITEM_LENGTH}}}"
_FEW_WORDS: Final = rf"(?: \p{{Ll}}{_FEW}[.。]? | [\p{{L}}\p{{N}}]{_FEW} )(?<![,;，；])[{BLANK}]*"  # noqa: RUF001 - full-width is meant
_ITEM: Final = regex.compile(_FEW_WORDS, regex.VERBOSE)
"""Text that begins with a small letter, or has no full stop as a sentence would."""

_ITEM_LINE: Final = regex.compile(rf"(?!\p{{Ll}}){LABEL}{_FEW_WORDS}\n", regex.VERBOSE)
_BETWEEN: Final = regex.compile(rf"[.,;|/。，；、·–—-][{BLANK}]*")  # noqa: RUF001 - full-width is meant
_ACTS: Final = regex.compile(r"[^\p{L}\p{M}\p{N}]")
_PLAYED: Final = regex.compile(
    rf"""["“”„‘‚«»‹›「『《〝＂*_]
    | ['’]\p{{L}}
    | [—–―-][{BLANK}]+[^\s\p{{N}}]""",  # noqa: RUF001 - full-width is meant
    regex.VERBOSE,
)
"""A quotation mark or emphasis, an apostrophe before a letter, or a dash before words."""


def what_is_said(rest: str, names: Names, *, complete: bool) -> Said | None:
    """Return the class of a labelled line.

    Args:
        rest: the line after its label so far, without leading blanks.
        names: the names that may be in it.
        complete: whether nothing more of the line follows.

    Returns:
        None if that depends on the missing rest of the line.
    """
    if not rest:
        return Said.NOTHING if complete else None
    figure = is_figure(rest, complete=complete)
    if figure is not False:
        return Said.FIGURE if figure else None
    window = rest[:WINDOW]
    if _SPEAKS.match(rest) or _CALLS.search(window):
        return Said.SPEECH
    if not complete and len(rest) < WINDOW:
        return None
    if any(_names_somebody(window[gap.end() :], names) for gap in _BETWEEN.finditer(window)):
        return Said.SHARED
    return Said.ITEM if _ITEM.fullmatch(rest) else Said.SPEECH


def is_figure(rest: str, *, complete: bool) -> bool | None:
    """Return whether a line has only a figure after its label; None if that is still open."""
    found = _FIGURE.match(f"{rest}\n" if complete else rest, partial=not complete)
    return None if found and found.partial else found is not None


def is_item(line: str, *, besides: str | None = None) -> bool | None:
    """Return whether a line is an item of a list, `Bob: the lamp`, even for an unknown name.

    Args:
        line: a line with its newline, or the beginning of one.
        besides: another item of that list, which must have another name.

    Returns:
        None if that depends on the missing rest of the line.
    """
    found = _ITEM_LINE.match(line, partial=True)
    if found is None or found.partial:
        return None if found else False
    other = _ITEM_LINE.match(f"{besides}\n") if besides is not None else None
    return other is None or key_of(other["name"]) != key_of(found["name"])


def performs(text: str) -> bool:
    """Return whether text begins as an action or speech, as in `*nods*` and `"Yes."`."""
    return _ACTS.match(text.lstrip(BLANK)) is not None


def is_played(text: str, *, complete: bool) -> bool | None:
    """Return whether text begins with a quotation mark, a dash or emphasis, as speech and actions do.

    Args:
        text: the line so far.
        complete: whether nothing more of it follows.

    Returns:
        None if that depends on the missing rest of the line.
    """
    found = _PLAYED.match(text, partial=not complete)
    return None if found and found.partial else found is not None


def begins_small(text: str) -> bool:
    """Return whether text begins with a small letter, as in the middle of a sentence or title."""
    return text[:1].islower()


def _names_somebody(text: str, names: Names) -> bool:
    whose, end = names.leading(text)
    return whose is not None and text[end : end + 1] in tuple(COLONS)
