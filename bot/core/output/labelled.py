"""Labelled lines: what stands behind a name and its colon, so that not every `Alice: ` is her speech.

Law: in doubt it is none. Only what speaks or acts, or is a sentence by itself, is a line for somebody.
A few words may be one of a list, `Alice: the key`, and a figure is a score, `Alice: 3`. What is said of a
beginning is said of all that can come of it: nobody is told `SPEECH` who would be told otherwise later.
"""

from enum import Enum, auto
from typing import Final

import regex

from bot.core.names import key_of
from bot.core.output.speakers import BLANK, COLONS, LABEL, Names

WINDOW: Final = 80
"""Characters behind a label that are looked at: the lines of lists and scores are short."""

_ITEM_LENGTH: Final = 40


class Said(Enum):
    """What a labelled line says."""

    NOTHING = auto()  # the name stands alone, as above a letter
    FIGURE = auto()  # `3`, `12 points`, `15 (13 + 2)`, `HP 10/20`
    ITEM = auto()  # a few words, no sentence: one of a list, if there is a list
    SHARED = auto()  # somebody else is named behind it: `the key. Bob: the lamp.`
    SPEECH = auto()


_FIGURE: Final = regex.compile(
    rf"""(?:\p{{Lu}}{{2,3}}[ ])? [-+\u2212\u00b1]?[$€£¥]? \p{{N}}[\p{{N}}.,:/%]{{0,12}}
    (?:[ ]?\p{{L}}[\p{{L}}\p{{M}}'’-]{{0,19}}){{0,2}} (?:[ ]?[(（][^\n()（）]{{0,30}}[)）])?
    [.。]?[{BLANK}]*\n""",  # noqa: RUF001 - full-width is meant
    regex.VERBOSE,
)
"""A number and at most two words for what it counts, to the line's end."""

_SPEAKS: Final = regex.compile(
    r"[^\p{L}\p{N}$€£¥\u2212\u00b1+-]|I[ '’]"  # noqa: RUF001 - an apostrophe
)
"""How speech begins: with a quotation mark, an action's asterisk, a dash or an `I`."""

_MARKS: Final = '!?！？…"“”„«»「」『』*\n'  # noqa: RUF001 - full-width is meant
_CALLS: Final = regex.compile(f"[{_MARKS}]")
"""What lists and scores have none of."""

_FEW: Final = rf"[^{_MARKS}{COLONS}.。|\[\]【】]{{0,{_ITEM_LENGTH}}}"
_FEW_WORDS: Final = rf"(?: \p{{Ll}}{_FEW}[.。]? | [\p{{L}}\p{{N}}]{_FEW} )(?<![,;，；])[{BLANK}]*"  # noqa: RUF001 - full-width is meant
_ITEM: Final = regex.compile(_FEW_WORDS, regex.VERBOSE)
"""It begins with a small letter, or has no full stop as a sentence would."""

_ITEM_LINE: Final = regex.compile(rf"(?!\p{{Ll}}){LABEL}{_FEW_WORDS}\n", regex.VERBOSE)
_BETWEEN: Final = regex.compile(rf"[.,;|/。，；、·–—-][{BLANK}]*")  # noqa: RUF001 - full-width is meant
_ACTS: Final = regex.compile(r"[^\p{L}\p{M}\p{N}]")


def what_is_said(rest: str, names: Names, *, complete: bool) -> Said | None:
    """Tell what a line says behind its label.

    Args:
        rest: what has come of it, without the blanks before it; empty only where that is all.
        names: who may be named behind it.
        complete: whether nothing more of the line comes.

    Returns:
        None if that depends on what is still missing of it.
    """
    if not rest:
        return Said.NOTHING
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
    """Tell whether a line says nothing but a figure behind its label; None if that is still open."""
    found = _FIGURE.match(f"{rest}\n" if complete else rest, partial=not complete)
    return None if found and found.partial else found is not None


def is_item(line: str, *, besides: str) -> bool | None:
    """Tell whether a line is one of a list, `Bob: the lamp`, whoever Bob is.

    Args:
        line: a line with the newline that ends it, or the beginning of one.
        besides: another line of that list: it is about somebody else.

    Returns:
        None if that depends on what is still missing of it.
    """
    found = _ITEM_LINE.match(line, partial=True)
    if found is None or found.partial:
        return None if found else False
    other = _ITEM_LINE.match(f"{besides}\n")
    return other is None or key_of(other["name"]) != key_of(found["name"])


def performs(text: str) -> bool:
    """Tell whether text acts or speaks by how it begins, as in `*nods*` and `"Yes."`."""
    return _ACTS.match(text.lstrip(BLANK)) is not None


def begins_small(text: str) -> bool:
    """Tell whether text goes on in the middle of a sentence, or in a title's, where letters can tell."""
    return text[:1].islower()


def _names_somebody(text: str, names: Names) -> bool:
    whose, end = names.leading(text)
    return whose is not None and text[end:].lstrip(BLANK)[:1] in tuple(COLONS)
