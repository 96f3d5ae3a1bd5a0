"""The joint between a text that broke off and its continuation.

Law: neither text is changed; only a blank may be inserted. The last character of the one and the first of the
other decide that, so that the decision stays the same while more text comes.
"""

from typing import Final

import regex

_UNSPACED: Final = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u3000-\u303f\uff00-\uffef]"
)
"""Scripts without blanks between words, and their punctuation. Korean has blanks."""

_OPENS: Final = frozenset("([{“‘«„¿¡<-–—/\\@#$€£")  # noqa: RUF001 - dashes and quotes are what is meant
"""Characters never followed by a space, such as an open bracket."""

_CLOSES: Final = frozenset(".,;:!?…%)]}”’»-–—/>'")  # noqa: RUF001 - same
"""Characters never preceded by a space."""

_PAIRED: Final = frozenset('*_"~`|')
"""Marks that open and close alike: one is open if the paragraph so far has an odd number of it."""


def joined(text: str, more: str) -> str:
    """Return a text with its continuation, and a blank between them where two words would run together.

    Args:
        text: the text so far; may be empty.
        more: the continuation; if it grows by appending, so does the result.
    """
    if not text or not more or text[-1].isspace() or more[0].isspace():
        return text + more
    return text + (" " if _apart(text, more[0]) else "") + more


def _apart(text: str, first: str) -> bool:
    last = text[-1]
    if _UNSPACED.match(last) or _UNSPACED.match(first) or last in _OPENS or first in _CLOSES:
        return False
    paragraph = text[text.rfind("\n") + 1 :]
    if last in _PAIRED and paragraph.count(last) % 2 == 1:
        return False  # a mark that was just opened
    return not (first in _PAIRED and paragraph.count(first) % 2 == 1)  # a mark that is open is closed
