"""Lists of names as a language writes them: `Alice, Bob and Carol`, `小明、小红和小刚`.

Law: the patterns are those of Unicode's CLDR (`listPattern`, type standard; the British one for English). The
language is that of a text, as far as its letters and commonest words tell; else it is English.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import regex

READ: Final = 4000
"""Characters of a text that are read to tell its language."""


@dataclass(frozen=True, slots=True)
class _Pattern:
    """What is between two names: `last` before the last of several, `two` if there are only two."""

    between: str
    last: str
    two: str


def _with(word: str, between: str = ", ") -> _Pattern:
    return _Pattern(between, word, word)


_SCRIPTS: Final = (
    # Japanese and Ukrainian come before the scripts that they share with others.
    (regex.compile(r"[\p{Hiragana}\p{Katakana}]"), 8, _with("、", "、")),
    (regex.compile(r"\p{Han}"), 2, _with("和", "、")),
    (regex.compile(r"\p{Hangul}"), 1, _with(" 및 ")),
    (regex.compile(r"\p{Thai}"), 1, _Pattern(" ", " และ", "และ")),
    (regex.compile(r"[ґєії]"), 8, _with(" і ")),  # noqa: RUF001 - Ukrainian
    (regex.compile(r"\p{Cyrillic}"), 1, _with(" и ")),
    (regex.compile(r"\p{Greek}"), 1, _with(" και ")),
    (regex.compile(r"\p{Hebrew}"), 1, _with(" ו")),  # noqa: RUF001 - Hebrew
    (regex.compile(r"\p{Arabic}"), 1, _with(" و", " و")),
    (regex.compile(r"\p{Devanagari}"), 1, _with(" और ")),
)
"""The letters that tell a language, how often each counts against a Latin one, and the pattern."""

_ENGLISH: Final = _with(" and ")
_WORDS: Final = tuple(
    (frozenset(words.split()), _with(between))
    for words, between in (
        ("and the of is her his with she he to in a i", " and "),
        ("und der die das ist mit sie er den nicht ein eine im", " und "),
        ("et le les des est une elle dans avec qui du", " et "),
        ("y el los las es una con ella del que en", " y "),
        ("e il gli che è una con di della lei nel", " e "),
        ("e os as não uma com ela do da em um", " e "),
        ("en het een van is met zij hij niet ze op", " en "),
        ("och är en ett med hon han som inte på av", " och "),
        ("og er en et med hun han som ikke på af av", " og "),
        ("ja on hän ei se joka mutta kuin ovat hänen", " ja "),
        ("i w na z jest się nie to jej do ona", " i "),
        ("a je se na v s že není její ale který", " a "),
        ("és egy az nem hogy van is ő meg de", " és "),
        ("și este cu o un nu în ea care pe", " și "),
        ("ve bir bu ile da de o için çok gibi", " ve "),
        ("dan yang di ini itu dengan dia tidak seorang adalah", " dan "),
        ("và là của một có không cô trong người với", " và "),
    )
)
"""The commonest words of languages in Latin letters, and their patterns."""

_WORD: Final = regex.compile(r"[\p{L}\p{M}]+")
_LATIN: Final = regex.compile(r"\p{Latin}")


def listed(names: Sequence[str], text: str) -> str:
    """Return the names as one list in the language of `text`; none become an empty text."""
    pattern = _pattern_of(text[:READ].casefold())
    match names:
        case [] | [_] | [_, _]:
            return pattern.two.join(names)
        case _:
            return f"{pattern.between.join(names[:-1])}{pattern.last}{names[-1]}"


def is_english(text: str) -> bool:
    """Return whether a text is in English, as far as its letters and commonest words tell."""
    return _pattern_of(text[:READ].casefold()) == _ENGLISH


@lru_cache(256)
def _pattern_of(text: str) -> _Pattern:
    most = len(_LATIN.findall(text)) // 2
    for letters, weight, pattern in _SCRIPTS:
        if weight * len(letters.findall(text)) > most:
            return pattern
    words = _WORD.findall(text)
    hits = [sum(word in known for word in words) for known, _ in _WORDS]
    return _WORDS[hits.index(max(hits))][1] if any(hits) else _ENGLISH
