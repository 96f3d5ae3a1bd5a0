"""What requests really cost: foretold from their size, and learnt from what the API reports.

Law: a value; to learn is to make another one. It foretells from above (`upper`): below an API's count lies an
overflow, far above it lies a window half empty. What it has not seen it trusts less.

A prompt is taken to cost `per_text * text + per_message * messages + per_request`. The three are fitted to
the last requests by weighted least squares, newer ones weighing more, with what is believed beforehand as one
more observation. That stays in for ever, so what the requests do not tell about (with turns of one length, a
message and its words cannot be told apart) never drifts. A request far from what the others foretell counts
for little in the fit, and for a short while only in the bound: an API may report nonsense once.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple, Self

from bot.core.tokens import MARGIN, Size

KEPT = 64
"""Requests learnt from."""

FORGETTING = 0.98
"""The weight of a request against that of the next one."""

PRIOR = (1.0, 6.0, 180.0)
"""Believed beforehand, for text, message and request: MiniMax's published usage figures read so."""

DOUBTS = (0.05, 4.0, 150.0)
"""How far off, as standard deviations, that may be; for text at least, or what the counter's margin says."""

NOISE = 0.004
"""The share of a prompt's tokens by which the fit misses them; the square root of them comes on top."""

CAUTION = 2.0
"""Standard deviations added to what is foretold; a counter's margin is taken to be as many."""

SPARE = 1.25
"""What the worst of the kept requests lay above its bound is added to every bound, times this."""

ODD = 0.03
"""The share above its bound from which a request needs others that say the same."""

FEW = 4
"""So many must say it; and for so many requests one is believed without others."""

CLOSE = 0.10
"""The share by which a request may miss what the others foretell and count in full; their doubts on top."""

ROUNDS = 2
"""How often the fit is made anew with what it tells of each request; more change next to nothing."""

LEAST_RATE = 0.25
"""Tokens that a counted token of text costs at least, whatever was reported."""

STRANGE = 3.0
"""A report this many times more or less than foretold is no observation: another model, or a broken count."""

HELD, TINY = 1e9, 1e-6
"""How firmly a rate is held at zero, and what counts as zero."""

RETREAT = 0.9
"""The share of an overflowed request that the next ones may take."""

LESSON_LASTS = 64
"""Good replies after which an overflow is forgotten: its server may have been given a larger window since."""


class Observed(NamedTuple):
    """A request's size, and what the API counted."""

    text: int
    messages: int
    truth: int


@dataclass(frozen=True, slots=True)
class Overflow:
    """A request that did not fit: its prompt, its reply's limit, and for how many replies to mind it."""

    size: Size
    cap: int
    replies_left: int = LESSON_LASTS


@dataclass(frozen=True)
class Calibration:
    """What has been learnt about one model at one endpoint, with one way of counting.

    Attributes:
        margin: the counter's factor between a count and an upper one. It holds while nothing is known, as
            doubt about the first rate, and is no factor any more once requests have told that.
        observed: the last requests, oldest first.
        overflow: the smallest request that overflowed lately.
    """

    margin: float = MARGIN
    observed: tuple[Observed, ...] = ()
    overflow: Overflow | None = None
    _fit: "_Fit" = field(init=False, repr=False, compare=False)
    _spare: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        fit = _Fit.to(self.observed, max(DOUBTS[0], (self.margin - 1.0) / CAUTION))
        beyond = [row.truth / max(fit.bound(row.text, row.messages), 1.0) - 1.0 for row in self.observed]
        object.__setattr__(self, "_fit", fit)
        object.__setattr__(self, "_spare", SPARE * _believed(beyond))

    @property
    def rates(self) -> tuple[float, float, float]:
        """The tokens of one counted token of text, of a message, and of a request, as far as is known."""
        return self._fit.rates

    def expected(self, size: Size) -> int:
        """Return the tokens a prompt most likely has."""
        return round(self._fit.of(size.text, size.messages))

    def upper(self, size: Size) -> int:
        """Return the tokens a prompt will not be above, as far as can be told."""
        return math.ceil(self._fit.bound(size.text, size.messages) * (1.0 + self._spare))

    def most_turns(self, room: int) -> int:
        """Return a number of turns that is too much for `room`: each has a token of name and one of text."""
        return 1 + int(max(0, room) / max(self.rates[0], LEAST_RATE) / 2)

    def room(self, context_window: int, cap: int) -> int:
        """Return the tokens that `upper` of a prompt may take where a reply may take `cap`.

        MiniMax's earlier models counted prompt and completion together against the window; M2-her is taken
        to do the same.
        """
        room = context_window - cap
        if self.overflow is not None:
            whole = self.upper(self.overflow.size) + self.overflow.cap
            room = min(room, int(RETREAT * whole) - cap)
        return room

    def refused_above(self, size: Size, cap: int) -> bool:
        """Return whether a request larger than this one overflowed lately, and that is minded still."""
        known = self.overflow
        return known is not None and self.upper(size) + cap < self.upper(known.size) + known.cap

    def after_reply(self, size: Size, truth: int, cap: int) -> Self:
        """Return what is known after a reply for which the API counted `truth` tokens of prompt."""
        overflow = self.overflow
        if overflow is not None:
            left = overflow.replies_left - 1
            minded = left > 0 and self.refused_above(size, cap)
            overflow = replace(overflow, replies_left=left) if minded else None
        # By what is known, or by what is known of nothing yet: a fit that has been misled must not
        # hold every honest report for a strange one from then on.
        foretold = (self._fit.of(size.text, size.messages), _unlearnt(size.text, size.messages))
        if not any(each / STRANGE <= truth <= each * STRANGE for each in foretold):
            return replace(self, overflow=overflow)
        observed = (*self.observed, Observed(size.text, size.messages, truth))[-KEPT:]
        return replace(self, observed=observed, overflow=overflow)

    def after_overflow(self, size: Size, cap: int) -> Self:
        """Return what is known after a prompt was refused as too long; the smallest such is minded."""
        known = self.overflow
        if known is not None and self.upper(known.size) + known.cap < self.upper(size) + cap:
            return replace(self, overflow=replace(known, replies_left=LESSON_LASTS))
        return replace(self, overflow=Overflow(size, cap))

    def to_json(self) -> str:
        """Return it as text, for `from_json`."""
        lesson = self.overflow
        return json.dumps(
            {
                "observed": self.observed,
                "overflow": lesson
                and [lesson.size.text, lesson.size.messages, lesson.cap, lesson.replies_left],
            }
        )

    @classmethod
    def from_json(cls, text: str, margin: float = MARGIN) -> Self:
        """Return what `to_json` made text of; without what cannot be read, nothing is known."""
        try:
            state: Any = json.loads(text)
            observed = tuple(Observed(*map(_natural, row)) for row in state["observed"])[-KEPT:]
            lesson = state["overflow"]
            overflow = None
            if lesson is not None:
                words, messages, cap, left = map(_natural, lesson)
                overflow = Overflow(Size(words, messages), cap, left)
            return cls(margin, observed, overflow)
        except (ValueError, TypeError, KeyError, RecursionError):
            return cls(margin)


def _believed(beyond: Sequence[float]) -> float:
    """Return the share above its bound that a request is taken to have at most, by what the kept ones had.

    The last `FEW` are believed whatever they say: the API may count in another way from now on. Of older ones
    it is known whether others came that say the same.
    """
    confirmed = max([ODD, *sorted(beyond)[-FEW:][:1]])
    return max([0.0, *beyond[-FEW:], *(min(share, confirmed) for share in beyond)])


def _natural(value: Any) -> int:  # noqa: ANN401 - it is what JSON held
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise ValueError("not a count of tokens")
    return value


Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class _Fit:
    """The three rates, and how sure they are."""

    rates: tuple[float, float, float]
    covariance: Matrix

    @classmethod
    def to(cls, observed: Sequence[Observed], text_doubt: float) -> Self:
        """Fit them to requests, oldest first; those that the others make unlikely count for less."""
        newest_last = range(len(observed) - 1, -1, -1)
        # By what it should be, not by what was reported: too low a report would else weigh the more for it.
        weights = [
            FORGETTING**age / _noise(_unlearnt(seen.text, seen.messages))
            for age, seen in zip(newest_last, observed, strict=True)
        ]
        fit = cls._weighted(observed, weights, text_doubt)
        trusted = weights
        for _ in range(ROUNDS if observed else 0):
            trusted = [
                weight * fit.trust(seen, now)
                for seen, weight, now in zip(observed, weights, trusted, strict=True)
            ]
            fit = cls._weighted(observed, trusted, text_doubt)
        return fit

    @classmethod
    def _weighted(cls, observed: Sequence[Observed], weights: Sequence[float], text_doubt: float) -> Self:
        information = [[0.0] * 3 for _ in range(3)]
        pull = [0.0] * 3
        for i, doubt in enumerate((text_doubt, *DOUBTS[1:])):
            information[i][i] = doubt**-2
        for seen, weight in zip(observed, weights, strict=True):
            row = (seen.text, seen.messages, 1.0)
            missed = seen.truth - _unlearnt(seen.text, seen.messages)
            for i in range(3):
                pull[i] += weight * row[i] * missed
                for j in range(3):
                    information[i][j] += weight * row[i] * row[j]
        covariance = _inverse(information)
        rates = _solved(covariance, pull)
        # Nothing costs less than nothing. A rate that would is held at zero and the others fitted again: to
        # cut it off alone would leave them what only made sense beside it.
        for _ in PRIOR:
            i = rates.index(min(rates))
            if rates[i] >= -TINY:
                break
            information[i][i] += HELD
            pull[i] -= HELD * PRIOR[i]
            covariance = _inverse(information)
            rates = _solved(covariance, pull)
        text, message, request = (max(0.0, rate) for rate in rates)
        return cls((text, message, request), covariance)

    def trust(self, seen: Observed, weight: float) -> float:
        """Return how much a request may count that has `weight` in this fit: 1, or less if it is far off.

        It is held against what the fit would be without it. One that is far from all others would drag the
        fit along, and look close.
        """
        doubt = self._doubt(seen.text, seen.messages)
        others = max(TINY, 1.0 - weight * doubt)
        missed = (seen.truth - self.of(seen.text, seen.messages)) / others
        foretold = max(1.0, seen.truth - missed)
        allowed = CLOSE * foretold + CAUTION * math.sqrt(doubt / others + _noise(foretold))
        return min(1.0, allowed / max(TINY, abs(missed))) ** 2

    def of(self, text: int, messages: int) -> float:
        per_text, per_message, per_request = self.rates
        return per_text * text + per_message * messages + per_request

    def bound(self, text: int, messages: int) -> float:
        """Return what few requests of the size will be above."""
        foretold = self.of(text, messages)
        return foretold + CAUTION * math.sqrt(self._doubt(text, messages) + _noise(foretold))

    def _doubt(self, text: int, messages: int) -> float:
        """Return the variance with which the fit itself may miss a request of the size."""
        row = (text, messages, 1.0)
        return max(0.0, sum(row[i] * self.covariance[i][j] * row[j] for i, j in _CELLS))


def _unlearnt(text: int, messages: int) -> float:
    """Return what a request of the size is believed to cost while nothing is known."""
    per_text, per_message, per_request = PRIOR
    return per_text * text + per_message * messages + per_request


def _solved(covariance: Matrix, pull: Sequence[float]) -> list[float]:
    return [PRIOR[i] + sum(covariance[i][j] * pull[j] for j in range(3)) for i in range(3)]


def _noise(tokens: float) -> float:
    """Return the variance with which requests of so many tokens lie about the fit."""
    return 1.0 + tokens + (NOISE * tokens) ** 2


_CELLS = tuple(product(range(3), repeat=2))


def _inverse(m: Matrix) -> Matrix:
    """Return the inverse of a 3 by 3 matrix."""
    # Indices modulo 3 give each cofactor its sign.
    cofactors = [
        [
            m[(i + 1) % 3][(j + 1) % 3] * m[(i + 2) % 3][(j + 2) % 3]
            - m[(i + 1) % 3][(j + 2) % 3] * m[(i + 2) % 3][(j + 1) % 3]
            for j in range(3)
        ]
        for i in range(3)
    ]
    determinant = sum(m[0][j] * cofactors[0][j] for j in range(3))
    return [[cofactors[j][i] / determinant for j in range(3)] for i in range(3)]
