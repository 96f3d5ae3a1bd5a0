"""Redaction: removes quotes of prompts from a server's words before anyone reads them.

Law: nothing that people wrote and no name remains; everything else does. A name is searched as a whole word,
a text also in pieces. What it takes grows with the lengths of words and texts, not with their product.
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
"""Minimum characters of a text that is searched as a whole; a shorter one only counts in quotation marks."""

_LETTER: Final = r"[\w--[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]]"
"""Characters that continue a word; the excluded scripts have no spaces between words."""

_IS_LETTER: Final = regex.compile(rf"(?V1){_LETTER}")

_MARKED: Final = re.compile(r"\"([^\"]+)\"|'([^']+)'|`([^`]+)`|“([^”]+)”|«([^»]+)»|「([^」]+)」")
"""What stands between quotation marks."""

_MORE: Final = re.compile(r"(?:…|\.{3})$")
"""The sign that a quote was cut."""

Span = tuple[int, int]


def unquoted(words: str, texts: Iterable[str], *, names: Iterable[str] = (), key: str = "") -> str:
    """Return a server's words with … in place of quotes of texts and of the key, and of each name.

    Args:
        words: one line.
        texts: what people wrote; runs of white space count as one space.
        names: people's names, in any case.
        key: the API key, or nothing.
    """
    texts = [" ".join(text.split()) for text in texts]
    hidden = [False] * len(words)
    found = [*_pieces(words, texts, ECHO), *_pieces(words, [key], KEY_ECHO), *_marked(words, texts)]
    for start, end in [*found, *_whole(words, names)]:
        hidden[start:end] = [True] * (end - start)
    for start in range(1, len(words)):  # a blank before a quote is the server's own
        hidden[start] &= words[start] != " " or hidden[start - 1]
    kept = ("\0" if is_hidden else character for character, is_hidden in zip(words, hidden, strict=True))
    return re.sub("\0+", "…", "".join(kept))


def _pieces(words: str, texts: Iterable[str], least: int) -> list[Span]:
    """Return where words quote the texts, as a whole or in pieces of at least `least` characters."""
    words = _lower(words)
    unfound: dict[str, list[int]] = {}
    for start in range(len(words) - least + 1):
        unfound.setdefault(words[start : start + least], []).append(start)
    found: list[Span] = []
    for text in map(_lower, texts):
        if len(text) >= least:
            for start in range(len(text) - least + 1):
                echoes = unfound.pop(text[start : start + least], ())
                found += [(echo, echo + least) for echo in echoes]
        elif len(text) >= SHORTEST_ECHO:
            found += [match.span() for match in re.finditer(re.escape(text), words)]
    return found


def _marked(words: str, texts: Iterable[str]) -> list[Span]:
    """Return where a text, its beginning or its end stands between quotation marks, of whatever length."""
    texts = [_lower(text) for text in texts]
    found = []
    for match in _MARKED.finditer(words):
        quote = _MORE.sub("", match[match.lastindex or 0].strip()).strip()
        quote = _lower(quote)
        if quote and any(text.startswith(quote) or text.endswith(quote) for text in texts):
            found.append(match.span(match.lastindex or 0))
    return found


def _whole(words: str, names: Iterable[str]) -> list[Span]:
    """Return where names occur in words as whole words."""
    found = []
    for name in {name.strip() for name in names} - {""}:
        before = rf"(?<!{_LETTER})" if _IS_LETTER.match(name[0]) else ""
        after = rf"(?!{_LETTER})" if _IS_LETTER.match(name[-1]) else ""
        pattern = rf"(?V1){before}{regex.escape(name)}{after}"
        found += [match.span() for match in regex.finditer(pattern, words, regex.IGNORECASE)]
    return found


def _lower(words: str) -> str:
    """Return words in lower case, of the same length: of a letter that becomes two (İ), only one stays."""
    return words.lower() if len(words.lower()) == len(words) else "".join(each.lower()[0] for each in words)
