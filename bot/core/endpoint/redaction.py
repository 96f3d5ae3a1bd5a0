"""What a server quotes when it refuses a prompt, taken out of its words before anybody reads them.

Law: nothing of what people wrote stays, nor whom they are called; all else does. A name is looked for as a
whole word, a text also by its pieces.
"""

import re
from collections.abc import Iterable
from typing import Final

import regex

ECHO: Final = 12
"""Characters in a row that count as quoting a text; fewer are chance."""

KEY_ECHO: Final = 6
"""The same of a key, of which no part is chance."""

SHORTEST_ECHO: Final = 4
"""Characters of the shortest text that is looked for as a whole."""

_LETTER: Final = r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
"""What makes a word longer; those scripts put no blanks between theirs."""

_IS_LETTER: Final = regex.compile(rf"(?V1){_LETTER}")


def unquoted(words: str, texts: Iterable[str], *, names: Iterable[str] = (), key: str = "") -> str:
    """Return a server's words with … for what they quote of texts and of a key, and for each of the names.

    Args:
        words: one line.
        texts: what people wrote; runs of white space in them count as one blank.
        names: what they are called, in any case of letters.
        key: the API key, or nothing.
    """
    hidden = [False] * len(words)
    for start, end in [*_pieces(words, texts, ECHO), *_pieces(words, [key], KEY_ECHO), *_whole(words, names)]:
        hidden[start:end] = [True] * (end - start)
    kept = ("\0" if is_hidden else character for character, is_hidden in zip(words, hidden, strict=True))
    return re.sub("\0+", "…", "".join(kept))


def _pieces(words: str, texts: Iterable[str], least: int) -> list[tuple[int, int]]:
    """Return where words quote the texts, whole or by pieces of `least` characters."""
    found = []
    for text in (" ".join(text.split()) for text in texts):
        length = min(least, len(text))
        if length >= SHORTEST_ECHO:
            starts = range(len(words) - length + 1)
            found += [(start, start + length) for start in starts if words[start : start + length] in text]
    return found


def _whole(words: str, names: Iterable[str]) -> list[tuple[int, int]]:
    """Return where names stand in words, and not as a part of a longer word."""
    found = []
    for name in {name.strip() for name in names} - {""}:
        before = rf"(?<!{_LETTER})" if _IS_LETTER.match(name[0]) else ""
        after = rf"(?!{_LETTER})" if _IS_LETTER.match(name[-1]) else ""
        pattern = rf"(?V1){before}{regex.escape(name)}{after}"
        found += [match.span() for match in regex.finditer(pattern, words, regex.IGNORECASE)]
    return found
