"""Measures and excerpts of prose: its words, its first sentence, a title made of it.

Law: an excerpt is a beginning of the text, never longer than its limit, and ends where a word does. In
scripts without blanks between words a character stands for half a word, and may be the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import regex

from bot.core.names import UNSPACED
from bot.core.safe_text import clusters_within

SENTENCE_LIMIT: Final = 160
"""Maximum characters of a first sentence."""

# Korean has blanks between its words.
_UNSPACED: Final = rf"(?!\p{{Hangul}})(?:{UNSPACED})"
_LETTER: Final = rf"(?!{_UNSPACED})[\p{{L}}\p{{M}}\p{{N}}]"
_WORD: Final = regex.compile(rf"(?P<character>{_UNSPACED})|(?:{_LETTER})+(?:['’‐-](?:{_LETTER})+)*")  # noqa: RUF001

_ABBREVIATION: Final = regex.compile(
    r"""
    \p{L}|mr|mrs|ms|messrs|mx|dr|prof|rev|hon|st|ste|sr|jr|capt|col|gen|sgt|lt|cmdr|cpl|pvt|adm|maj|gov|sen|rep
    |pres|mt|ft|nos|vol|ch|fig|pp|vs|cf|eg|ie|etc|al|approx|est|dept|inc|ltd|corp|co|bros|ave|blvd|rd|jan|feb
    |mar|apr|jun|jul|aug|sept?|oct|nov|dec|hr|fr|frl|bzw|ca|geb|gest|ggf|inkl|nr|sog|str|usw|vgl|evtl|dipl|ing
    |mme|mlle|mlles|mm|env|sra|srta|srs|uds?|sig|dott|avv
    |.*\..*  # e.g, z.B
    |\p{N}{1,2}  # am 3. Mai
    """,
    regex.VERBOSE,
)
"""Words that a full stop shortens, as in Unicode's CLDR (`segments`, sentence suppressions), and initials."""

_PARAGRAPH: Final = regex.compile(r"\s*\n[^\S\n]*\n\s*")
# Closing marks belong to the sentence that they close. (A German one is the opening one of English.)
_END: Final = regex.compile(
    r"""(?P<stop>[.!?…؟।։۔]+)[\p{Pe}\p{Pf}\p{Pi}"'*_]*+(?:[ ]»)?(?=\s|\Z)|[。！？｡．]+[\p{Pe}\p{Pf}*_]*+""",  # noqa: RUF001 - full-width is meant
)
_BEFORE: Final = regex.compile(r"[\p{L}\p{M}\p{N}.]+\Z")
_LOWER: Final = regex.compile(r"\s+[\"'“‘«(*_]*\p{Ll}")  # noqa: RUF001 - quotes are what is meant
_DIGIT: Final = regex.compile(r"\s+\p{N}")

_STEP, _LONG = 5, 50
"""What a length is rounded to, and the length from which on that is doubled."""

_CLAUSE: Final = regex.compile(r"\s*(?:[,;:—–](?=\s|\Z)|[，；：、。！？])")  # noqa: RUF001 - same
_CLOSING: Final = " \t.,;:!?…—–-、，。；：！？"  # noqa: RUF001 - same
_SMALL_WORDS: Final = regex.compile(r"(?:\s+\p{Ll}{1,3})+\Z")
_SHORTEST: Final = 3
"""A clause is the title if it has at least a third of the characters allowed."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, folded for comparison; or its characters, of which two stand for a word."""

    units: Sequence[str]
    in_characters: bool = False

    def units_of(self, words: int) -> int:
        """Return how many units stand for a number of words."""
        return 2 * words if self.in_characters else words


def words_in(text: str) -> Words:
    """Return the words of a text; its characters if most are of a script without blanks."""
    found = list(_WORD.finditer(text))
    characters = sum(match["character"] is not None for match in found)
    return Words([match[0].casefold() for match in found], 2 * characters > len(found))


def usual_length(texts: Sequence[str]) -> str:
    """Return the median length of texts, rounded down (`60 words`, `120 characters`); "" for none."""
    counted = [words for words in map(words_in, texts) if words.units]
    if not counted:
        return ""
    length = median(len(words.units) for words in counted)
    step = _STEP if length < _LONG else 2 * _STEP
    unit = "characters" if 2 * sum(words.in_characters for words in counted) > len(counted) else "words"
    return f"{max(step, int(length // step) * step)} {unit}"


def first_sentence(text: str, limit: int = SENTENCE_LIMIT) -> str:
    """Return the first sentence of a text on one line; one beyond the limit ends with an ellipsis."""
    line = " ".join(_PARAGRAPH.split(text.strip(), maxsplit=1)[0].split())
    end = next((found.end() for found in _END.finditer(line) if _ends(line, found)), len(line))
    return line[:end] if end <= limit else f"{beginning(line[:end], limit - 1)}…"


def _ends(line: str, found: "regex.Match[str]") -> bool:
    """Return whether a sentence ends with a mark: not within it, nor where a full stop shortens a word."""
    if found["stop"] is None:
        return True
    if _LOWER.match(line, found.end()):
        return False
    before = _BEFORE.search(line, 0, found.start()) if found["stop"] == "." else None
    if before is None:
        return True
    word = before[0].casefold()
    if word == "no":  # "No. 4" goes on, a plain "No." doesn't
        return _DIGIT.match(line, found.end()) is None
    return _ABBREVIATION.fullmatch(word) is None


def title_of(text: str, limit: int) -> str:
    """Return a title of at most `limit` characters made of a text: its first sentence, clause or words."""
    whole = first_sentence(text, max(limit, len(text))).rstrip(_CLOSING)
    if len(whole) <= limit:
        return whole
    clauses = [found.start() for found in _CLAUSE.finditer(whole) if found.start() <= limit]
    if clauses and clauses[-1] * _SHORTEST >= limit:
        return whole[: clauses[-1]].rstrip(_CLOSING)
    cut = beginning(whole, limit)
    return _SMALL_WORDS.sub("", cut).rstrip(_CLOSING) or cut


def beginning(text: str, limit: int) -> str:
    """Return the beginning of a text, at most `limit` characters, up to a word's end if it has one."""
    if len(text) <= limit:
        return text
    end = clusters_within(text, limit)
    word = next((found for found in _WORD.finditer(text) if found.end() > end), None)
    kept = text[: word.start()] if word is not None and word.start() < end else ""
    return (kept if kept.strip() else text[: end or limit]).rstrip()
