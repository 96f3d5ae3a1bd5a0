"""Estimated token counts of texts, without MiniMax's vocabulary.

Law: a count is the most likely cost of a text; its uncertainty is separate (`margin`) and learned from the
counts that the API reports (`core.endpoint.calibration`). No small package contains the vocabulary, and every
other vocabulary under-counts some script by a factor of two to five. So the count depends on the script:
rates fitted on measured texts, with the UTF-8 length as the upper limit (each token of a byte-level
vocabulary has at least one byte). If the vocabulary is installed, `bot.endpoint.exact_counter` replaces this
counter.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

import regex

MARGIN = 1.30
"""The factor by which few texts cost more than their count.

Among messages of 20 tokens or more, 0.9 % did in English, Chinese, Japanese, Korean, Russian, Thai, Hebrew,
Arabic and code, and 6 % in all 68 measured sets (Finnish, Polish, Dutch). Among windows of 500 tokens 2 %
did.
"""


class Counter(Protocol):
    """A token counter: by script, or with MiniMax's own table."""

    @property
    def name(self) -> str:
        """The counter's name; learned factors are stored for each counter, because they differ."""
        ...

    @property
    def margin(self) -> float:
        """The factor between a count and its upper bound while nothing has been learned."""
        ...

    def count(self, text: str) -> int:
        """Return the tokens in `text`; 0 only for the empty text."""
        ...


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a request, which predicts its tokens: tokens of texts and names, and number of messages."""

    text: int
    messages: int

    def __add__(self, other: "Size") -> "Size":
        return Size(self.text + other.text, self.messages + other.messages)

    def __sub__(self, other: "Size") -> "Size":
        return Size(self.text - other.text, self.messages - other.messages)


_KINDS = regex.compile(
    r"""
      (?P<word>       \p{Latin}[\p{Latin}\p{M}'\u2019]* )
    | (?P<digits>     \p{Nd}+ )
    | (?P<space>      \s+ )
    | (?P<han>        \p{Han}+ )
    | (?P<hiragana>   \p{Hiragana}+ )
    | (?P<katakana>   [\p{Katakana}ー]+ )
    | (?P<jamo>       [\u1100-\u11ff\u3131-\u318e]+ )
    | (?P<hangul>     \p{Hangul}+ )
    | (?P<cyrillic>   [\p{Cyrillic}\u0301]+ )
    | (?P<shaped>     [\ufb50-\ufdff\ufe70-\ufefc]+ )
    | (?P<arabic>     [\p{Arabic}\p{Mn}]+ )
    | (?P<greek>      \p{Greek}+ )
    | (?P<hebrew>     \p{Hebrew}+ )
    | (?P<thai>       \p{Thai}+ )
    | (?P<devanagari> \p{Devanagari}+ )
    | (?P<bengali>    \p{Bengali}+ )
    | (?P<dravidian>  [\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Gujarati}\p{Gurmukhi}]+ )
    | (?P<caucasus>   [\p{Georgian}\p{Armenian}]+ )
    | (?P<emoji>      [\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}\uFE0F\u200D\u20E3]+ )
    | (?P<ascii>      [!-/:-@\[-`{-~]+ )
    | (?P<marks>      [\u2010-\u2027\u3001-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65¡«·»¿]+ )
    | (?P<other>      . )
    """,
    regex.VERBOSE | regex.DOTALL,
)

_RATES = {
    "han": (0.0, 0.57),
    "hiragana": (0.0, 0.30),
    "katakana": (0.7, 0.23),
    "jamo": (0.25, 1.90),
    "hangul": (0.1, 0.63),
    "cyrillic": (1.65, 0.08),
    "shaped": (0.0, 1.80),
    "arabic": (0.0, 0.44),
    "greek": (0.0, 0.78),
    "hebrew": (0.65, 0.81),
    "thai": (0.3, 1.04),
    "devanagari": (0.9, 0.43),
    "bengali": (0.7, 0.73),
    "dravidian": (2.2, 0.60),
    "caucasus": (6.5, 0.70),
    "emoji": (0.0, 2.15),
    "marks": (0.0, 1.05),
}
"""Tokens per run and per character.

All rates are a non-negative fit to MiniMax's table over 13,500 texts in 68 sets: plays, chat in 28 languages,
a declaration in 36, code, Discord's markup, emoji. The tests' golden texts were not among them.
"""


_SHORT = 6
"""Maximum letters of a word that is one token."""

_PERSIAN = frozenset("پچژگکی")
"""Letters that Arabic doesn't have: words with them are split into more tokens."""


class ScriptCounter:
    """The counter by script, which needs no installation."""

    name = "script"
    margin = MARGIN

    def count(self, text: str) -> int:
        """Return the tokens in `text`; 0 only for the empty text."""
        return _count(text) if text else 0


@lru_cache(maxsize=512)
def _count(text: str) -> int:
    """Return the count of a text, cached because a reply's words and a persona's parts are counted often."""
    total = sum(_weight(match.lastgroup or "other", match.group()) for match in _KINDS.finditer(text))
    return max(1, min(round(total), len(text.encode("utf-8", "surrogatepass"))))


BY_SCRIPT = ScriptCounter()


def _weight(kind: str, run: str) -> float:
    if kind == "word":
        letters = 1.0 if len(run) <= _SHORT else 1.0 + 0.4 * (len(run) - _SHORT)
        return letters if run.isascii() and run.islower() else letters + _extras(run)
    if kind == "digits":
        return 1.15 * math.ceil(len(run) / 3)
    if kind == "space":
        # A single space belongs to the next word's token; line breaks and indentation are separate tokens.
        return 0.0 if run == " " else 0.85
    if kind == "ascii":
        return 1.0 + 0.5 * max(0, len(set(run)) - 2) + 0.06 * max(0, len(run) - 4)
    if kind == "other":
        return 0.92 * len(run.encode("utf-8", "surrogatepass"))
    per_run, per_character = _RATES[kind]
    persian = sum(letter in _PERSIAN for letter in run) if kind == "arabic" else 0
    return per_run + per_character * len(run) + 0.9 * persian


def _extras(word: str) -> float:
    """Return the additional cost of a word's accents and of consecutive capitals."""
    accents = sum(not letter.isascii() and letter != "\u2019" for letter in word)
    shouted = sum(one.isupper() and other.isupper() for one, other in pairwise(word))
    return 1.05 * accents + 0.18 * shouted
