"""The real token costs of requests: predicted from their size, and learned from what the API reports.

Law: an immutable value; learning creates another one. `upper` is an upper bound: a prompt above the API's
limit overflows, and one far below it leaves the window half empty. What it has seen little of has a wide
bound.

A prompt's cost is modelled as `per_text * text + per_message * messages + per_request`. The three rates are
fitted to the last requests by weighted least squares, with larger weights for newer ones. The prior is one
more observation, which always stays. So what the requests don't determine (with turns of one length, a
message can't be separated from its words) never drifts. A request far from the prediction of the others
counts little in the fit, and only for a short time in the bound, because an API may once report nonsense.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, NamedTuple, Self

from bot.core.tokens import MARGIN, Size

KEPT = 64
"""Number of requests used for the fit."""

FORGETTING = 0.98
"""The weight of a request relative to the next one."""

PRIOR = (1.0, 6.0, 180.0)
"""The prior rates for text, message and request, from MiniMax's published usage figures."""

DOUBTS = (0.05, 4.0, 150.0)
"""Standard deviations of the prior; for text a minimum, because the counter's margin may be larger."""

NOISE = 0.004
"""The relative error of the fit for a prompt's tokens; the square root of the tokens is added."""

CAUTION = 2.0
"""Standard deviations added to a prediction; a counter's margin corresponds to as many."""

SPARE = 1.25
"""The factor for the largest excess over its bound among the requests, which is added to every bound."""

ODD = 0.03
"""The excess over its bound (as a share) from which a request must be confirmed by others."""

FEW = 4
"""Number of confirming requests; and of latest requests that need no confirmation."""

CLOSE = 0.10
"""The relative deviation up to which a request counts fully, in addition to the others' uncertainty."""

ROUNDS = 2
"""Number of reweighting rounds of the fit; more change almost nothing."""

LEAST_RATE = 0.25
"""Minimum tokens per counted token of text, whatever was reported."""

STRANGE = 3.0
"""The factor from which a report is ignored: another model, or a broken count."""

HELD, TINY = 1e9, 1e-6
"""The precision that fixes a rate at zero, and the value that counts as zero."""

RETREAT = 0.9
"""The share of an overflowed request's size that later requests may use."""

LESSON_LASTS = 64
"""Complete replies after which an overflow is forgotten: the server may have a larger window by then."""


class Observed(NamedTuple):
    """A request's size, and the API's count."""

    text: int
    messages: int
    truth: int


@dataclass(frozen=True, slots=True)
class Overflow:
    """A request that was too long: its prompt, its reply's limit, and for how many replies it counts."""

    size: Size
    cap: int
    replies_left: int = LESSON_LASTS


@dataclass(frozen=True)
class Calibration:
    """What has been learned about one model at one endpoint, for one counter.

    Attributes:
        margin: the counter's factor between a count and its upper bound. It is used as the uncertainty of the
            first rate while nothing is known, and no longer as a factor once requests have been seen.
        observed: the last requests, oldest first.
        overflow: the smallest request that overflowed recently.
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
        """The learned tokens per counted token of text, per message, and per request."""
        return self._fit.rates

    def expected(self, size: Size) -> int:
        """Return the expected tokens of a prompt."""
        return round(self._fit.of(size.text, size.messages))

    def upper(self, size: Size) -> int:
        """Return the upper bound of the tokens of a prompt."""
        return math.ceil(self._fit.bound(size.text, size.messages) * (1.0 + self._spare))

    def most_turns(self, room: int) -> int:
        """Return a number of turns that exceeds `room`: each has a token of name and one of text."""
        return 1 + int(max(0, room) / max(self.rates[0], LEAST_RATE) / 2)

    def room(self, context_window: int, cap: int) -> int:
        """Return the limit for `upper` of a prompt if the reply may have `cap` tokens.

        MiniMax's earlier models counted prompt and completion together against the window; M2-her is assumed
        to do the same.
        """
        room = context_window - cap
        if self.overflow is not None:
            whole = self.upper(self.overflow.size) + self.overflow.cap
            room = min(room, int(RETREAT * whole) - cap)
        return room

    def refused_above(self, size: Size, cap: int) -> bool:
        """Return whether a request larger than this one overflowed recently."""
        known = self.overflow
        return known is not None and self.upper(size) + cap < self.upper(known.size) + known.cap

    def after_reply(self, size: Size, truth: int, cap: int) -> Self:
        """Return the calibration after a reply for which the API reported `truth` prompt tokens."""
        overflow = self.overflow
        if overflow is not None:
            left = overflow.replies_left - 1
            minded = left > 0 and self.refused_above(size, cap)
            overflow = replace(overflow, replies_left=left) if minded else None
        # Compared with the fit or with the prior: otherwise a misled fit would reject every honest
        # report from then on.
        foretold = (self._fit.of(size.text, size.messages), _unlearnt(size.text, size.messages))
        if not any(each / STRANGE <= truth <= each * STRANGE for each in foretold):
            return replace(self, overflow=overflow)
        observed = (*self.observed, Observed(size.text, size.messages, truth))[-KEPT:]
        return replace(self, observed=observed, overflow=overflow)

    def after_overflow(self, size: Size, cap: int) -> Self:
        """Return the calibration after a prompt was refused as too long; the smallest such prompt counts."""
        known = self.overflow
        if known is not None and self.upper(known.size) + known.cap < self.upper(size) + cap:
            return replace(self, overflow=replace(known, replies_left=LESSON_LASTS))
        return replace(self, overflow=Overflow(size, cap))

    def to_json(self) -> str:
        """Return the calibration as text for `from_json`."""
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
        """Return the calibration from `to_json`'s text; an unreadable text gives one that knows nothing."""
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
    """Return the largest excess over its bound that a request is assumed to have, given the kept ones.

    The last `FEW` always count, because the API may count differently from now on. An older one counts if
    others confirmed it.
    """
    confirmed = max([ODD, *sorted(beyond)[-FEW:][:1]])
    return max([0.0, *beyond[-FEW:], *(min(share, confirmed) for share in beyond)])


def _natural(value: Any) -> int:  # noqa: ANN401 - any JSON value
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise ValueError("not a count of tokens")
    return value


Matrix = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class _Fit:
    """The three rates, with their covariance."""

    rates: tuple[float, float, float]
    covariance: Matrix

    @classmethod
    def to(cls, observed: Sequence[Observed], text_doubt: float) -> Self:
        """Fit the rates to requests, oldest first; requests that contradict the others count less."""
        newest_last = range(len(observed) - 1, -1, -1)
        # Weighted by the predicted cost: by the reported one, a report that is too low would count more.
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
        # A rate can't be negative. A rate that would is held at zero and the others fitted again: to
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
        """Return the weight of a request that has `weight` in this fit: up to 1, less if it is far off.

        It is compared with the fit without it, because an outlier would pull the fit towards itself and look
        close.
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
        """Return the upper bound of requests of this size."""
        foretold = self.of(text, messages)
        return foretold + CAUTION * math.sqrt(self._doubt(text, messages) + _noise(foretold))

    def _doubt(self, text: int, messages: int) -> float:
        """Return the variance of the fit's prediction for this size."""
        row = (text, messages, 1.0)
        return max(0.0, sum(row[i] * self.covariance[i][j] * row[j] for i, j in _CELLS))


def _unlearnt(text: int, messages: int) -> float:
    """Return the expected cost of this size while nothing is known."""
    per_text, per_message, per_request = PRIOR
    return per_text * text + per_message * messages + per_request


def _solved(covariance: Matrix, pull: Sequence[float]) -> list[float]:
    return [PRIOR[i] + sum(covariance[i][j] * pull[j] for j in range(3)) for i in range(3)]


def _noise(tokens: float) -> float:
    """Return the variance of requests with this many tokens around the fit."""
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
