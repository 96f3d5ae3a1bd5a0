"""Caps: what hosts and admins allow, as they write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.budgets.caps import about, dollars, is_ambiguous, is_foreign, read_caps, written
from bot.core.budgets.rule import Limit, Payer, Span, Unit


def money(most: int, span: Span = Span.DAY) -> Limit:
    return Limit(Payer.PERSON, span, Unit.MONEY, most)


def tokens(most: int, span: Span = Span.DAY) -> Limit:
    return Limit(Payer.PERSON, span, Unit.TOKENS, most)


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        ("$0.50 a day", [money(500_000)]),
        (" $2/month ", [money(2_000_000, Span.MONTH)]),
        ("2 $ per day", [money(2_000_000)]),
        ("0,5 each day", [money(500_000)]),
        ("1,000 a month", [money(1_000_000_000, Span.MONTH)]),
        ("1,000.25 USD a month", [money(1_000_250_000, Span.MONTH)]),
        ("0.000001 dollars a day", [money(1)]),
        ("200000 tokens a day", [tokens(200_000)]),
        ("200,000 Tokens/day", [tokens(200_000)]),
        ("200k tokens a month", [tokens(200_000, Span.MONTH)]),
        ("2M tokens A MONTH", [tokens(2_000_000, Span.MONTH)]),
        ("1 token a day", [tokens(1)]),
        ("1.000,50 $ a day", [money(1_000_500_000)]),
        ("1\u00a0000,5 US$ a day", [money(1_000_500_000)]),
        ("1.000.000 $ a month", [money(1_000_000_000_000, Span.MONTH)]),
        ("0,125 $ a day", [money(125_000)]),
        ("0.125 $ a day", [money(125_000)]),
        ("$1,000.125 a day", [money(1_000_125_000)]),
        ("1,1250 $ a day", [money(1_125_000)]),
        ("1000.125 $ a day", [money(1_000_125_000)]),
        ("200.000 tokens a day", [tokens(200_000)]),
        ("$1 a day, $20 a month", [money(1_000_000), money(20_000_000, Span.MONTH)]),
        (
            "$1 a day and 5,000 tokens a day;1 a month",
            [money(1_000_000), tokens(5000), money(1_000_000, Span.MONTH)],
        ),
        ("$2 a day, $1 a day, $3 a day", [money(1_000_000)]),
        ("1.5m tokens a month", [tokens(1_500_000, Span.MONTH)]),
        ("1,5k tokens a day", [tokens(1_500)]),
        ("1,000.5k tokens a day", [tokens(1_000_500)]),
        ("50 cents a day", [money(500_000)]),
        ("0.5¢ a day, 150 US cents a month", [money(5_000), money(1_500_000, Span.MONTH)]),
        ("none", []),
        ("None", []),
    ],
)
def test_a_cap_is_read_as_people_write_it(text: str, limits: list[Limit]) -> None:
    assert read_caps(Payer.PERSON, text) == tuple(limits)


@pytest.mark.parametrize(
    "text",
    [
        "", "0", "20", "$20", "$0.00 a day", "-1 a day", "1.5.2 a day", "0.0000001 a day", "1e9 a day", "2000000 a day",
        "5 euros a day", "tokens a day", "0 tokens a day", "1.5 tokens a day", "٣ a day", "$1 a week", "$1 aday",
        "1.000 $ a day", "$1.125 a day", "$20 a month, $1.000 a day", "1,00,0 a day", "1.00.000 a day", "01,000 a day",
        "1,000,50 a day", "1.000.50 a day", "0.5€ a day", "0.00001 cents a day", "$1 a day, ", "$1 a day, none", "9" * 40 + " a day", "9" * 40 + " tokens a day", "$1 a day " * 900,
    ],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert read_caps(Payer.PERSON, text) is None


def test_other_money_than_dollars_is_called_so() -> None:
    assert all(
        map(is_foreign, ("0.5€ a day", "5 euros a day", "£2 a month", "500 円 a day", "20 EUR a month"))
    )
    assert not any(map(is_foreign, ("$0.5 a day", "50 cents a day", "1.5m tokens a month", "none", "")))


def test_what_some_read_as_a_thousand_and_others_as_one_is_called_so() -> None:
    assert [
        is_ambiguous(text) for text in ("1.000 $ a day", "$2 a day, $20.125 a month", "100.000 a month")
    ] == [True] * 3
    for text in (
        "0.125 $ a day",
        "1,000 $ a day",
        "1.000,50 $ a day",
        "200.000 tokens a day",
        "1.000",
        "$2 a day",
    ):
        assert not is_ambiguous(text)


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(Span), st.sampled_from(Unit)), st.integers(1, 10**12), max_size=4
    )
)
def test_caps_are_read_again_as_they_were_written(caps: dict[tuple[Span, Unit], int]) -> None:
    limits = tuple(Limit(Payer.SERVER, span, unit, most) for (span, unit), most in caps.items())
    assert read_caps(Payer.SERVER, written(limits)) == limits


@given(st.text(alphabet="0129.,$ kmtokensadypr/é\n", max_size=40))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    found = read_caps(Payer.PERSON, text)
    assert found is None or read_caps(Payer.PERSON, written(found)) == found


def test_caps_are_written_short() -> None:
    both = [money(500_000), money(20_000_000, Span.MONTH), tokens(200_000)]
    assert written(both) == "$0.50 a day, $20 a month, 200,000 tokens a day"
    assert [dollars(each) for each in (0, 1, 500, 5000, 10_000, 1_230_000, 1_125_000, 20_000_000)] == [
        "$0", "$0.000001", "$0.0005", "$0.0050", "$0.01", "$1.23", "$1.1250", "$20",
    ]  # fmt: skip
    assert [about(each) for each in (0, 1, 4900, 10_000, 16_034_567)] == [
        "$0.00", "$0.0000", "$0.0049", "$0.01", "$16.03",
    ]  # fmt: skip
