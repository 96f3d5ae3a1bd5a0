"""The rule of budgets: what is let out, what grows cheaper, what is refused and until when."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.budgets.days import Day
from bot.core.budgets.rule import (
    NOTHING,
    Account,
    Amount,
    Level,
    Limit,
    Payer,
    Refused,
    Span,
    Unit,
    Verdict,
    judge,
    shares,
    warned_of,
)

MARCH_3 = Day(date(2026, 3, 3), ZoneInfo("Europe/Berlin"))
A_MONTH = Limit(Payer.BOT, Span.MONTH, Unit.MONEY, 31_000_000)  # $31: a dollar a day
A_DAY = Limit(Payer.PERSON, Span.DAY, Unit.MONEY, 500_000)

AMOUNTS = st.integers(0, 50_000_000)
DATES = st.dates(date(2020, 1, 1), date(2034, 12, 30))
ZONES = st.sampled_from(
    [ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Pacific/Apia", "America/Sao_Paulo")]
)
LIMITS = st.builds(
    Limit, st.sampled_from(Payer), st.sampled_from(Span), st.sampled_from(Unit), st.integers(1, 50_000_000)
)
SPENT = st.builds(Amount, AMOUNTS, AMOUNTS)
ACCOUNTS = st.builds(Account, LIMITS, st.builds(Day, DATES, ZONES), SPENT)


def dollars(amount: float) -> Amount:
    return Amount(0, round(amount * 1_000_000))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("spent", "level"),
    [(0, Level.FREE), (2.09, Level.FREE), (2.10, Level.THRIFTY), (2.99, Level.THRIFTY), (3.00, Level.REFUSED), (9, Level.REFUSED)],
)  # fmt: skip
def test_on_the_third_day_three_thirty_firsts_of_a_month_are_let_out(spent: float, level: Level) -> None:
    assert judge([Account(A_MONTH, MARCH_3, dollars(spent))], dollars(0.01)).level is level


@pytest.mark.parametrize(
    ("spent", "until"),
    [
        (3.00, "2026-03-03T23:00"),  # the fourth begins at midnight in Berlin
        (6.50, "2026-03-06T23:00"),
        (28.5, "2026-03-28T23:00"),  # the 29th, on which clocks are set forward
        (29.5, "2026-03-29T22:00"),
        (31.0, "2026-03-31T22:00"),  # nothing more in March
        (99.0, "2026-03-31T22:00"),
    ],
)
def test_a_month_that_is_used_up_comes_back_on_the_day_that_has_enough(spent: float, until: str) -> None:
    found = judge([Account(A_MONTH, MARCH_3, dollars(spent))], dollars(0.01))
    assert found == Verdict(Level.REFUSED, Refused(Payer.BOT, at(until)))


def test_a_day_that_is_used_up_comes_back_with_the_next() -> None:
    assert judge([Account(A_DAY, MARCH_3, dollars(0.35))], dollars(0.01)).thrifty
    found = judge([Account(A_DAY, MARCH_3, dollars(0.495))], dollars(0.01))
    assert found.refused == Refused(Payer.PERSON, at("2026-03-03T23:00"))


def test_the_reply_that_would_pass_a_limit_is_refused_and_the_one_that_reaches_it_is_not() -> None:
    spent = Account(A_DAY, MARCH_3, dollars(0.49))
    assert judge([spent], dollars(0.01)).level is Level.THRIFTY
    assert judge([spent], dollars(0.010001)).level is Level.REFUSED


def test_of_two_that_are_used_up_the_one_is_named_that_lasts_longer_and_then_the_narrower() -> None:
    person, bot = Account(A_DAY, MARCH_3, dollars(1)), Account(A_MONTH, MARCH_3, dollars(9))
    assert judge([person, bot], NOTHING).refused == Refused(Payer.BOT, at("2026-03-08T23:00"))
    alike = [replace(person, limit=replace(A_DAY, payer=payer)) for payer in reversed(Payer)]
    found = judge(alike, NOTHING).refused
    assert found == Refused(Payer.PERSON, at("2026-03-03T23:00"))


def test_a_limit_in_tokens_counts_tokens_and_one_in_money_none() -> None:
    tokens = Limit(Payer.CHANNEL, Span.DAY, Unit.TOKENS, 1000)
    assert judge([Account(tokens, MARCH_3, Amount(990, 0))], Amount(11, 0)).level is Level.REFUSED
    assert judge([Account(A_DAY, MARCH_3, Amount(10**9, 0))], Amount(10**6, 0)).level is Level.FREE


def test_without_limits_nothing_is_refused() -> None:
    assert judge([], Amount(10**9, 10**9)) == Verdict(Level.FREE)


def test_the_host_is_warned_from_four_fifths_of_the_whole_and_of_the_bots_budget_only() -> None:
    last = Day(date(2026, 3, 31), UTC)
    kept = Account(A_MONTH, MARCH_3, dollars(24.79))
    person = Account(A_DAY, MARCH_3, dollars(0.5))
    assert warned_of([kept, person]) == []
    spent = [Account(A_MONTH, day, dollars(24.80)) for day in (MARCH_3, last)]
    assert warned_of([*spent, person]) == spent


# properties -------------------------------------------------------------------------------------


@given(LIMITS, DATES, ZONES)
def test_what_is_let_out_grows_by_the_day_and_ends_with_the_whole(
    limit: Limit, of: date, zone: ZoneInfo
) -> None:
    month = [Day(of.replace(day=number), zone) for number in range(1, Day(of, zone).days_in_month + 1)]
    let_out = [limit.let_out(day) for day in month]
    assert let_out == sorted(let_out)
    assert let_out[-1] == limit.most
    if limit.span is Span.MONTH:
        steps = [later - earlier for earlier, later in zip([0, *let_out], let_out, strict=False)]
        assert max(steps) - min(steps) <= 1  # each day the same, down to a millionth of a dollar


@given(st.lists(ACCOUNTS, max_size=4), SPENT, SPENT)
def test_who_has_spent_more_may_never_spend_more(accounts: list[Account], more: Amount, cost: Amount) -> None:
    poorer = [replace(each, spent=each.spent + more) for each in accounts]
    assert judge(poorer, cost).level >= judge(accounts, cost).level


@given(ACCOUNTS, SPENT)
def test_what_is_refused_is_let_out_again_when_it_says_so_and_not_before(
    account: Account, cost: Amount
) -> None:
    limit, day = account.limit, account.day
    found = judge([account], cost).refused
    if found is None:
        return
    assert day.end <= found.until <= day.in_month(day.days_in_month + 1)
    if found.until == day.in_month(day.days_in_month + 1) or limit.span is Span.DAY:
        return  # a new span, of which nothing is spent
    later = [replace(account, day=Day(day.date.replace(day=number), day.zone)) for number in range(day.number + 1, day.days_in_month + 1)]  # fmt: skip
    levels = [(each.day.start >= found.until, judge([each], cost).level is Level.REFUSED) for each in later]
    assert all(is_back is not is_refused for is_back, is_refused in levels)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(1, 900_000)), max_size=60), st.integers(1, 20_000_000)
)
def test_no_server_takes_more_than_half_of_what_is_let_out_of_the_bots(
    asked: list[tuple[int, int]], most: int
) -> None:
    bot = Limit(Payer.BOT, Span.MONTH, Unit.MONEY, most)
    (half,) = shares([bot, A_DAY])
    spent = [0, 0, 0]
    for number, (server, cost) in enumerate(asked):
        day = Day(date(2026, 3, 1) + timedelta(days=number // 2), UTC)
        accounts = [
            Account(bot, day, Amount(0, sum(spent))),
            Account(half, day, Amount(0, spent[server])),
        ]
        if judge(accounts, Amount(0, cost)).level is not Level.REFUSED:
            spent[server] += cost
        assert sum(spent) <= bot.let_out(day)
        assert all(2 * each <= bot.let_out(day) for each in spent)
    assert sum(spent) <= most
