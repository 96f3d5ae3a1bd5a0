"""The joint of a text that broke off and what goes on from there.

Law: nothing of either is changed; only whether a blank belongs between them is decided, and that by the
last character of the one and the first of the other, so that it stays as it was while more comes.
"""

from typing import Final

import regex

_UNSPACED: Final = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\u3000-\u303f\uff00-\uffef]"
)
"""Scripts that put no blanks between words, and their punctuation. Korean does put them."""

_OPENS: Final = frozenset("([{“‘«„¿¡<-–—/\\@#$€£")  # noqa: RUF001 - dashes and quotes are what is meant
"""What nothing stands apart from that follows it: the bracket is open, the word goes on."""

_CLOSES: Final = frozenset(".,;:!?…%)]}”’»-–—/>'")  # noqa: RUF001 - same
"""What stands apart from nothing before it."""

_PAIRED: Final = frozenset('*_"~`|')
"""What opens and closes alike: it is open where the paragraph so far has an odd number of it."""


def joined(text: str, more: str) -> str:
    """Return a text with what was written after it, and a blank between them where words would run together.

    Args:
        text: what stood there; may be empty.
        more: what was written later; it may grow by appending, and then the result does too.
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
        return False  # it has just been opened
    return not (first in _PAIRED and paragraph.count(first) % 2 == 1)  # what stands open is closed
