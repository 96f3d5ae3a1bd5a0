"""The words by which turns are found: of a text, of a search, and where the one has the other.

Law: an index holds units, which only say where to look. Whether a text has the words of a search, and where,
is decided on the text itself. Every text has all units of a search made of its own words; so nothing that
matches is missed, and nothing is found that does not match.

- Case, width and compatibility forms do not count (NFKC). Nor do marks over Latin, Greek, Cyrillic, Arabic
  and Hebrew letters, because people who are in a hurry leave them out ("cafe" for "café"). In other scripts a
  mark is a vowel or makes another letter (हिन्दी, ไทย, が), and counts.
- In scripts without blanks (Chinese, Japanese, Thai, Khmer, …) nobody can tell words without a dictionary:
  each two characters in a row are a unit, and a search matches anywhere within. So it is in Korean, whose
  particles stand behind its words without a blank. A Chinese or Korean character alone may be a word, and is
  a unit too.
- Addresses, mentions, emojis and markup are no words.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

import regex

STEM: Final = 5
"""Letters of a longer word that are its unit: its ending may change ("lantern", "lanterns")."""

ENDING: Final = 3
"""Most letters by which one of two words that are alike may be longer."""

WORD_LIMIT: Final = 64
"""Characters of a word that count."""

UNITS_LIMIT: Final = 4000
"""Most units of one text; those of Discord's longest message are fewer."""

SEARCH_LIMIT, PHRASES_LIMIT = 200, 20
"""Most characters and phrases of a search."""

# LB=SA: the scripts of South-East Asia that Unicode's line breaking (UAX 14) leaves to a dictionary.
_PAIRED: Final = (
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Bopomofo}\p{Yi}\p{Line_Break=SA}"
    r"\u30FC\uFF70\uFF9E\uFF9F]"
)
_ALONE: Final = regex.compile(r"[\p{Han}\p{Hangul}]")
_UNSEEN: Final = r"\p{Default_Ignorable_Code_Point}"

_WORD: Final = regex.compile(
    rf"""
    (?P<skipped>
        https?://[!-~]+ | <a?:\w{{2,32}}:\d+> | <(?:@[!&]?|\#)\d+> | <t:-?\d+(?::\w)?>
        | </[^<>\n]{{1,100}}:\d+>
    )
    | (?P<paired>(?:{_PAIRED}[\p{{M}}{_UNSEEN}]*+)+)
    | (?!{_PAIRED})[\p{{L}}\p{{N}}](?:(?!{_PAIRED})[\p{{L}}\p{{N}}\p{{M}}{_UNSEEN}])*+
    """,
    regex.VERBOSE | regex.IGNORECASE,
)
_CHARACTER: Final = regex.compile(r"\X")
_NO_MARKS: Final = regex.compile(
    r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}\p{Nd}])[\p{Mn}\p{Me}]+"
    rf"|{_UNSEEN}+"
)
_DIGIT: Final = regex.compile(r"[\p{Nd}--0-9]", regex.V1)
_DIGITS: Final = regex.compile(r"\p{N}")
_SAME: Final = str.maketrans({"ı": "i", "ـ": "", "ي": "ی", "ى": "ی", "ك": "ک"})  # noqa: RUF001 - they look alike
"""Letters that keyboards of different languages have for one: Turkish, Arabic and Persian."""

_QUOTED: Final = regex.compile(
    r"""(?P<mark>["“”„«»])(?P<said>[^"“”„«»]*)["“”„«»]|[「『](?P<also>[^「」『』]*)[」』]|(?P<chunk>[^\s"“”„«»「」『』]+)"""
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text, or a run of characters without blanks.

    Attributes:
        text: it, folded for comparison.
        starts: the index in the text of what each character of `text` was made of; empty for a word.
        start: the index where it begins.
        end: the index after it.
    """

    text: str
    starts: tuple[int, ...]
    start: int
    end: int

    @property
    def is_run(self) -> bool:
        """Whether it is a run, in which words may be anywhere."""
        return bool(self.starts)

    @property
    def units(self) -> Iterable[str]:
        """What it is found by."""
        if not self.is_run:
            return (self.text[:STEM],)
        pairs = (self.text[at : at + 2] for at in range(len(self.text) - 1))
        return (*pairs, *_ALONE.findall(self.text))


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words of a search that must stand in a row; `is_exact` says that their endings count."""

    words: tuple[Word, ...]
    is_exact: bool

    def spans(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        """Yield where the words of a text are this phrase."""
        first, last = self.words[0], self.words[-1]
        if len(self.words) == 1 and first.is_run:
            for word in words:
                yield from _within(word, first.text)
            return
        for at in range(len(words) - len(self.words) + 1):
            found = words[at : at + len(self.words)]
            if all(
                self._fits(mine, theirs, place, len(self.words) - 1)
                for place, (mine, theirs) in enumerate(zip(self.words, found, strict=True))
            ):
                begin = found[0].starts[-len(first.text)] if first.is_run else found[0].start
                rest = found[-1].starts[len(last.text) :] if last.is_run else ()
                yield begin, rest[0] if rest else found[-1].end

    def _fits(self, mine: Word, theirs: Word, place: int, last: int) -> bool:
        if mine.is_run != theirs.is_run:
            return False
        if mine.is_run and place in {0, last}:
            return theirs.text.endswith(mine.text) if place == 0 else theirs.text.startswith(mine.text)
        return mine.text == theirs.text or not (self.is_exact or mine.is_run or not alike(mine, theirs))


@dataclass(frozen=True, slots=True)
class Search:
    """What a person looks for: phrases that a text must all have."""

    phrases: tuple[Phrase, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """What every text that matches is found by; empty if it asks for nothing that an index knows."""
        units = (unit for phrase in self.phrases for word in phrase.words for unit in word.units)
        return tuple(dict.fromkeys(units))

    def spans(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return where a text has the phrases, in order and without overlaps; nothing if it lacks one."""
        words, found = words_of(text), list[tuple[int, int]]()
        for phrase in self.phrases:
            spans = list(phrase.spans(words))
            if not spans:
                return ()
            found += spans
        joined: list[tuple[int, int]] = []
        for start, end in sorted(found):
            if joined and start < joined[-1][1]:
                joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
            else:
                joined.append((start, end))
        return tuple(joined)


def words_of(text: str) -> list[Word]:
    """Return the words of a text, and its runs of characters without blanks, in order."""
    return list(_words(text))


def units_of(text: str) -> tuple[str, ...]:
    """Return what a text is found by, each unit once; at most `UNITS_LIMIT`."""
    units = (unit for word in _words(text) for unit in word.units)
    return tuple(islice(dict.fromkeys(units), UNITS_LIMIT))


def search_of(text: str) -> Search:
    """Return the search that a person typed: words in any order, and phrases in quotation marks.

    What has no blank in it ("don't", "第3章") is a phrase as well.
    """
    phrases = []
    for found in islice(_QUOTED.finditer(text[:SEARCH_LIMIT]), PHRASES_LIMIT):
        words = words_of(found["chunk"] or found["said"] or found["also"] or "")
        if words:
            phrases.append(Phrase(tuple(words), is_exact=found["chunk"] is None))
    return Search(tuple(phrases))


def alike(one: Word, other: Word) -> bool:
    """Return whether two words are the same, or one is the other with an ending."""
    short, long = sorted((one.text, other.text), key=len)
    if len(short) < STEM or _DIGITS.search(long):
        return short == long
    return long.startswith(short) and len(long) - len(short) <= ENDING


def _words(text: str) -> Iterator[Word]:
    for found in _WORD.finditer(text):
        if found["paired"] is not None:
            yield from _run(found[0], found.start())
        elif found["skipped"] is None:
            folded = _folded(found[0][: 2 * WORD_LIMIT])[:WORD_LIMIT]
            if folded:
                yield Word(folded, (), found.start(), found.end())


def _run(raw: str, begin: int) -> Iterator[Word]:
    """Yield a run of characters, each folded for itself, so that its place in the text is known."""
    folded, starts = "", list[int]()
    for character in _CHARACTER.finditer(raw):
        made = _folded(character[0][:WORD_LIMIT])
        folded += made
        starts += [begin + character.start()] * len(made)
    if folded:
        yield Word(folded, tuple(starts), begin, begin + len(raw))


def _within(word: Word, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a run has a text."""
    at = word.text.find(text) if word.is_run else -1
    while at >= 0:
        end = at + len(text)
        while end < len(word.starts) and word.starts[end] == word.starts[end - 1]:
            end += 1  # one character of the text may be several when folded
        yield word.starts[at], word.starts[end] if end < len(word.starts) else word.end
        at = word.text.find(text, end)


def _folded(raw: str) -> str:
    if raw.isascii():
        return raw.lower()
    bare = _NO_MARKS.sub("", unicodedata.normalize("NFKD", raw))
    digits = _DIGIT.sub(lambda found: str(unicodedata.decimal(found[0])), bare)
    # Folding may make letters that fold again (Σ, ß), and what NFKC puts together is what people type.
    return unicodedata.normalize("NFKC", digits.casefold()).translate(_SAME)
