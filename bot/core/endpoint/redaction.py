"""Redaction: removes quotes of prompts from a server's words before anyone reads them.

Law: nothing that people wrote and no name remains; everything else does. A name is searched as a whole word,
a text also in pieces.
"""

import re
from collections.abc import Iterable
from typing import Final

import regex

ECHO: Final = 12
"""Minimum consecutive characters that count as a quote of a text; fewer are chance."""

KEY_ECHO: Final = 6
"""The same for a key, where shorter matches aren't chance."""

SHORTEST_ECHO: Final = 4
"""Minimum characters of a text that is searched as a whole."""

_LETTER: Final = r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
"""Characters that continue a word; the excluded scripts have no spaces between words."""

_IS_LETTER: Final = regex.compile(rf"(?V1){_LETTER}")


def unquoted(words: str, texts: Iterable[str], *, names: Iterable[str] = (), key: str = "") -> str:
    """Return a server's words with … in place of quotes of texts and of the key, and of each name.

    Args:
        words: one line.
        texts: what people wrote; runs of white space count as one space.
        names: people's names, in any case.
        key: the API key, or nothing.
    """
    hidden = [False] * len(words)
    for start, end in [*_pieces(words, texts, ECHO), *_pieces(words, [key], KEY_ECHO), *_whole(words, names)]:
        hidden[start:end] = [True] * (end - start)
    kept = ("\0" if is_hidden else character for character, is_hidden in zip(words, hidden, strict=True))
    return re.sub("\0+", "…", "".join(kept))


def _pieces(words: str, texts: Iterable[str], least: int) -> list[tuple[int, int]]:
    """Return where words quote the texts, as a whole or in pieces of at least `least` characters."""
    found = []
    for text in (" ".join(text.split()) for text in texts):
        length = min(least, len(text))
        if length >= SHORTEST_ECHO:
            starts = range(len(words) - length + 1)
            found += [(start, start + length) for start in starts if words[start : start + length] in text]
    return found


def _whole(words: str, names: Iterable[str]) -> list[tuple[int, int]]:
    """Return where names occur in words as whole words."""
    found = []
    for name in {name.strip() for name in names} - {""}:
        before = rf"(?<!{_LETTER})" if _IS_LETTER.match(name[0]) else ""
        after = rf"(?!{_LETTER})" if _IS_LETTER.match(name[-1]) else ""
        pattern = rf"(?V1){before}{regex.escape(name)}{after}"
        found += [match.span() for match in regex.finditer(pattern, words, regex.IGNORECASE)]
    return found
