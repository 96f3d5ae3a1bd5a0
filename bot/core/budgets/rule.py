"""The rule of budgets: whether another reply may be paid for, how cheap it has to be, and when there is more.

Law: pure; the day is a parameter. Money is in whole microdollars (millionths of a US dollar), so that nothing
is lost by rounding. A month is let out by the day: by the end of day d of D, d/D of it may be spent, and what
a day leaves over is there on the next. Before anything is refused, prompts grow cheaper.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from fractions import Fraction
from typing import Final, Self

from bot.core.budgets.days import Day

THRIFTY_FROM: Final = Fraction(70, 100)
"""The share of what is let out of a budget from which on prompts are cheaper."""

THRIFTY_TOKENS: Final = 16_384
"""The most tokens of a cheaper prompt."""


def window_of(context_window: int, reply: int, *, thrifty: bool) -> int:
    """Return how many tokens a prompt and its reply, which may have so many, have together at most."""
    return min(context_window, THRIFTY_TOKENS + reply) if thrifty else context_window


WARNED_FROM: Final = Fraction(80, 100)
"""The share of the bot's whole budget from which on its host is warned."""

SERVERS_SHARE: Final = Fraction(1, 2)
"""The most of the bot's budget that one of several servers takes."""


class Payer(StrEnum):
    """Whose budget it is, the narrowest first."""

    PERSON = "person"
    CHANNEL = "channel"
    SERVER = "server"
    BOT = "bot"


class Span(StrEnum):
    """For how long a limit holds."""

    DAY = "day"
    MONTH = "month"


class Unit(StrEnum):
    """What a limit counts."""

    MONEY = "money"  # microdollars
    TOKENS = "tokens"


class Level(IntEnum):
    """What a reply may cost."""

    FREE = 0
    THRIFTY = 1
    REFUSED = 2


@dataclass(frozen=True, slots=True)
class Amount:
    """What was spent, or what something costs: tokens, and microdollars as far as prices are known."""

    tokens: int = 0
    microdollars: int = 0

    def __add__(self, other: Self) -> "Amount":
        return Amount(self.tokens + other.tokens, self.microdollars + other.microdollars)

    def of(self, unit: Unit) -> int:
        """Return one of the two."""
        return self.tokens if unit is Unit.TOKENS else self.microdollars


NOTHING: Final = Amount()


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that a payer may spend in a span."""

    payer: Payer
    span: Span
    unit: Unit
    most: int

    def let_out(self, day: Day) -> int:
        """Return how much of it may have been spent by the end of a day."""
        return self._by(day.number, day)

    def window(self, day: Day) -> datetime:
        """Return the first moment of the span that a day is in."""
        return day.start if self.span is Span.DAY else day.month_start

    def more_at(self, day: Day, needed: int) -> datetime:
        """Return the first moment of a later day on which so much is let out, or all of it again."""
        if self.span is Span.DAY:
            return day.end
        later = range(day.number + 1, day.days_in_month + 1)
        return day.in_month(
            next((each for each in later if self._by(each, day) >= needed), day.days_in_month + 1)
        )

    def _by(self, number: int, day: Day) -> int:
        return self.most if self.span is Span.DAY else self.most * number // day.days_in_month


@dataclass(frozen=True, slots=True)
class Account:
    """A limit on a day, and what has been spent of it since its span began."""

    limit: Limit
    day: Day
    spent: Amount = NOTHING

    @property
    def used(self) -> int:
        """What has been spent, as the limit counts it."""
        return self.spent.of(self.limit.unit)

    @property
    def let_out(self) -> int:
        """What may have been spent by the end of the day."""
        return self.limit.let_out(self.day)

    def level(self, cost: Amount) -> Level:
        """Return what a reply may cost that would cost so much."""
        if self.used + cost.of(self.limit.unit) > self.let_out:
            return Level.REFUSED
        return Level.THRIFTY if self.used >= THRIFTY_FROM * self.let_out else Level.FREE

    def is_too_small(self, cost: Amount) -> bool:
        """Return whether the whole limit is less than so much."""
        return cost.of(self.limit.unit) > self.limit.most

    def more_at(self, cost: Amount) -> datetime:
        """Return when such a reply is let out again, as far as is known today."""
        return self.limit.more_at(self.day, self.used + cost.of(self.limit.unit))


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a reply isn't paid for: whose budget is used up, and when there is more.

    `is_too_small` is whether the limit is less than such a reply costs on any day.
    """

    payer: Payer
    until: datetime
    is_too_small: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reply may cost; `refused` says why it may cost nothing."""

    level: Level = Level.FREE
    refused: Refused | None = None

    @property
    def thrifty(self) -> bool:
        """Whether its prompt has to be a cheap one."""
        return self.level is Level.THRIFTY


UNLIMITED: Final = Verdict()


def judge(accounts: Iterable[Account], cost: Amount) -> Verdict:
    """Return what a reply may cost, if it would cost so much by an estimate.

    Of several budgets that are used up, the one is named that lasts longest; of those the narrowest. One that
    is too small for any such reply goes before.
    """
    found = list(accounts)
    level = max((each.level(cost) for each in found), default=Level.FREE)
    if level is not Level.REFUSED:
        return Verdict(level)
    out = [
        Refused(each.limit.payer, each.more_at(cost), each.is_too_small(cost))
        for each in found
        if each.level(cost) is Level.REFUSED
    ]
    narrowness = list(Payer)
    return Verdict(
        level, max(out, key=lambda each: (each.is_too_small, each.until, -narrowness.index(each.payer)))
    )


def shares(limits: Iterable[Limit]) -> Iterator[Limit]:
    """Yield the limits that keep one server from taking more than its share of the bot's."""
    for each in limits:
        if each.payer is Payer.BOT:
            yield Limit(Payer.SERVER, each.span, each.unit, int(each.most * SERVERS_SHARE))


def warned_of(accounts: Iterable[Account]) -> list[Account]:
    """Return the budgets of the whole bot of which so much is spent that its host is warned."""
    return [
        each
        for each in accounts
        if each.limit.payer is Payer.BOT and each.used >= WARNED_FROM * each.limit.most
    ]
