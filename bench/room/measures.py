"""Measures of replies: their length, what they echo, how they end, with bootstrap intervals.

Law: pure; the random numbers of a bootstrap are seeded, so that the same replies have the same interval.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean
from typing import Final

from bot.core.prompting.closing import overlap
from bot.core.prose import words_in

ROUNDS: Final = 2_000
TAIL: Final = 0.025
"""The share of a 95 % interval's rounds on either side of it."""

_BRACKETS: Final = re.compile(r"\[[^\[\]\n]+\]")
_NOTE: Final = re.compile(
    r"""\[(?:
    to\ |shows\ |rolls\ |a\ link|lore:|earlier,|the\ table\ |the\ next\ day
    |some\ hours\ later|\d+\ days\ later
    |[^\[\]\n]*(?:'s\ turn\b|,\ out\ of\ character:|\bsteps\ away|\bis\ back\b|\bwaits\b|\blets\ the\ story)
    )""",
    re.VERBOSE,
)
"""How the requests' notes begin, written here and not taken from the bot, which removes what it knows."""
_QUESTION: Final = re.compile(r"[?？][\"'”’»」』*_)\s]*\Z")  # noqa: RUF001 - full-width


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply with what its request held.

    Attributes:
        text: the model's text, as it came.
        name: the persona's name.
        earlier: its replies in the request.
        samples: its samples' replies.
        others: the names of all others in the request.
        notes: the notes in the request.
    """

    text: str
    name: str
    earlier: Sequence[str] = ()
    samples: Sequence[str] = ()
    others: Sequence[str] = ()
    notes: Sequence[str] = ()


def length(reply: Reply) -> float:
    """Return the number of words; in scripts without blanks, two characters are one."""
    words = words_in(reply.text)
    return len(words.units) / (2 if words.in_characters else 1)


def echoes_note(reply: Reply) -> float:
    """Return 1 if it has a note like those of the requests."""
    return float(_NOTE.search(reply.text) is not None)


def has_other_brackets(reply: Reply) -> float:
    """Return 1 if it has square brackets that are no such note: stage directions, mostly."""
    found = (bracket[0] for bracket in _BRACKETS.finditer(reply.text))
    return float(any(not _NOTE.match(bracket) for bracket in found))


def begins_with_name(reply: Reply) -> float:
    """Return 1 if it begins with the persona's own name as a speaker's."""
    return _begins_with(reply.text, [reply.name])


def speaks_for_another(reply: Reply) -> float:
    """Return 1 if a line of it begins with the name of somebody else as a speaker's."""
    return max((_begins_with(line, reply.others) for line in reply.text.split("\n")), default=0.0)


def _begins_with(text: str, names: Sequence[str]) -> float:
    name = "|".join(map(re.escape, names))
    return float(bool(names) and re.match(rf"\W*(?:{name})\W*[:：]", text) is not None)  # noqa: RUF001 - full-width


def repeats_earlier(reply: Reply) -> float:
    """Return the largest share of its runs of five words that one earlier reply has too."""
    return max((overlap(words_in(reply.text), words_in(each)) for each in reply.earlier), default=0.0)


def repeats_sample(reply: Reply) -> float:
    """Return the largest share of its runs of five words that one sample has too."""
    return max((overlap(words_in(reply.text), words_in(each)) for each in reply.samples), default=0.0)


def is_empty(reply: Reply) -> float:
    """Return 1 if there are no words."""
    return float(not words_in(reply.text).units)


def ends_in_question(reply: Reply) -> float:
    """Return 1 if it ends with a question."""
    return float(_QUESTION.search(reply.text) is not None)


Measure = Callable[[Reply], float]

MEASURES: Final[Mapping[str, Measure]] = {
    "words": length,
    "is empty": is_empty,
    "echoes a note": echoes_note,
    "has other square brackets": has_other_brackets,
    "begins with its own name": begins_with_name,
    "has a line of somebody else": speaks_for_another,
    "overlap with an earlier reply": repeats_earlier,
    "overlap with a sample": repeats_sample,
    "ends in a question": ends_in_question,
}


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.2f} ({self.low:.2f} to {self.high:.2f})"


def interval(values: Sequence[float], rounds: int = ROUNDS) -> Interval:
    """Return the mean of values with its interval."""
    return _interval(fmean(values), lambda random: fmean(random.choices(values, k=len(values))), rounds)


def difference(before: Sequence[float], now: Sequence[float], rounds: int = ROUNDS) -> Interval:
    """Return the difference of two means, now less before, with its interval."""

    def drawn(random: Random) -> float:
        return fmean(random.choices(now, k=len(now))) - fmean(random.choices(before, k=len(before)))

    return _interval(fmean(now) - fmean(before), drawn, rounds)


def _interval(mean: float, draw: Callable[[Random], float], rounds: int) -> Interval:
    random = Random(0)
    drawn = sorted(draw(random) for _ in range(rounds))
    tail = int(TAIL * rounds)
    return Interval(mean, drawn[tail], drawn[-tail - 1])
