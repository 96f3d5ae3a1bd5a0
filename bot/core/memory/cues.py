"""Cues: the rare words of what was said last, and the old turns that have most of them close together.

Law: common words recall nothing, and neither does one rare word alone. A turn is recalled if it has a good
part of all that is rare in what was said. So a question about something recalls it, and talk that shares a
word or two with it does not.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final, NamedTuple

from bot.core.memory.words import Word, words_of

RARE: Final = 60
"""A unit that more turns of a scene have is no cue."""

UNITS: Final = 120
"""Most units that are looked up for one reply."""

CANDIDATES: Final = 12
"""Most turns that are read to choose from."""

MOST: Final = 3
"""Most turns that are recalled for one reply."""

NEAR: Final = 240
"""Characters within which a turn must have the cues."""

WEIGHT, SHARE, CUES = 6.0, 0.5, 2
"""The least weight of the cues that a turn has, their share of all that were said, and how many there are."""

_SHORTEST: Final = 3
_LONGER_RUN: Final = 0.5


class Cue(NamedTuple):
    """A cue in a text: where it is, which it is, and how much it counts."""

    start: int
    end: int
    unit: str
    weight: float


@dataclass(frozen=True, slots=True)
class Recalled:
    """A turn that was recalled: its number among the candidates, and where in its text the cues begin."""

    number: int
    start: int
    weight: float


def units_to_look_up(text: str) -> tuple[str, ...]:
    """Return the units of a text that may be rare, the last first; at most `UNITS`."""
    units = (unit for word in reversed(words_of(text)) for _, unit in _units(word))
    return tuple(dict.fromkeys(units))[:UNITS]


def candidates(turns: Mapping[str, Collection[int]]) -> list[int]:
    """Return the turns with the heaviest cues; `turns` are those that have each rare unit."""
    weights: dict[int, float] = {}
    for found in turns.values():
        for turn_id in found:
            weights[turn_id] = weights.get(turn_id, 0.0) + _weight(len(found))
    return sorted(weights, key=lambda each: (-weights[each], -each))[:CANDIDATES]


def recall(said: str, counts: Mapping[str, int], texts: Sequence[str]) -> list[Recalled]:
    """Return which texts are recalled by what was said, the heaviest first.

    `counts` says for each rare unit how many other turns have it; what is not in it is common.
    """
    weights = {unit: _weight(count) for unit, count in counts.items()}
    whole = sum({cue.unit: cue.weight for cue in _cues(words_of(said), weights)}.values())
    found = []
    for number, text in enumerate(texts):
        start, weight, count = _densest(list(_cues(words_of(text), weights)))
        if count >= CUES and weight >= max(WEIGHT, SHARE * whole):
            found.append(Recalled(number, start, weight))
    return sorted(found, key=lambda each: -each.weight)[:MOST]


def _weight(count: int) -> float:
    return log2((RARE + 1) / max(count, 1))


def _units(word: Word) -> Iterable[tuple[int, str]]:
    """Return the units of a word that may be cues, each with the number of its first character."""
    if word.is_run:
        return ((at, word.text[at : at + 2]) for at in range(len(word.text) - 1))
    return ((0, unit) for unit in word.units if len(word.text) >= _SHORTEST)


def _cues(words: Iterable[Word], weights: Mapping[str, float]) -> Iterator[Cue]:
    """Yield the cues of a text; in a run without blanks, rare units in a row are one."""
    for word in words:
        row: list[tuple[int, str]] = []
        for at, unit in _units(word):
            if unit in weights:
                row.append((at, unit))
            elif row:
                yield _cue(word, row, weights)
                row = []
        if row:
            yield _cue(word, row, weights)


def _cue(word: Word, row: Sequence[tuple[int, str]], weights: Mapping[str, float]) -> Cue:
    start = word.starts[row[0][0]] if word.is_run else word.start
    end = word.starts[row[-1][0] + 1] + 1 if word.is_run else word.end
    heaviest = max(row, key=lambda each: weights[each[1]])[1]
    return Cue(start, end, heaviest, weights[heaviest] + _LONGER_RUN * (len(row) - 1))


def _densest(cues: Sequence[Cue]) -> tuple[int, float, int]:
    """Return where the heaviest cues begin that are `NEAR` each other, their weight, and their number."""
    best = (0, 0.0, 0)
    for at, first in enumerate(cues):
        near: dict[str, float] = {}
        for cue in cues[at:]:
            if cue.end - first.start > NEAR:
                break
            near[cue.unit] = cue.weight
        if sum(near.values()) > best[1]:
            best = (first.start, sum(near.values()), len(near))
    return best
