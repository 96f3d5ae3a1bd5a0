"""What is said of amounts and limits: money, tokens, bars, and whose they are.

Law: sentences come from the catalogue; this only chooses them and fills in their facts.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from bot.core.budgets.caps import MICRO, about_digits, exact_digits
from bot.core.budgets.rule import Account, Amount, Limit, Unit
from bot.texts.grammar import Money, Percent
from bot.texts.sentences import Sentence, Voice

CELLS: Final = 10
"""Cells of a bar."""

FULL, EMPTY = "▰", "▱"


def exactly(microdollars: int) -> Money:
    """Return an amount to be said exactly."""
    return Money(Decimal(microdollars) / MICRO, exact_digits(microdollars))


def roughly(microdollars: int) -> Money:
    """Return an amount to be said in cents, or less than one in four digits."""
    return Money(Decimal(microdollars) / MICRO, about_digits(microdollars))


def limit_text(limit: Limit) -> Sentence:
    """Return a limit in words, such as `$0.50 a day`."""
    if limit.unit is Unit.MONEY:
        return Sentence(f"limit.money.{limit.span}", amount=exactly(limit.most))
    return Sentence(f"limit.tokens.{limit.span}", amount=limit.most)


def limits_text(limits: Iterable[Limit], voice: Voice) -> str:
    """Return limits in words, one after the other; "no limit" if there are none."""
    found = [limit_text(each) for each in limits]
    return voice.listed(found) if found else voice.say("limit.none")


def amount_text(amount: Amount) -> Sentence:
    """Return what something cost in words: money as far as prices are known, and tokens."""
    if amount.tokens and not amount.microdollars:
        return Sentence("limit.spent.tokens", tokens=amount.tokens)
    return Sentence("limit.spent", money=roughly(amount.microdollars), tokens=amount.tokens)


def account_text(account: Account) -> Sentence:
    """Return how much of a limit is used, with a bar; of a month's, how much of what is let out so far."""
    share = 100 if not account.let_out else min(100, 100 * account.used // account.let_out)
    cells = min(CELLS, -(-share * CELLS // 100))
    facts = {
        "bar": FULL * cells + EMPTY * (CELLS - cells),
        "share": Percent(share),
        "limit": limit_text(account.limit),
    }
    if account.let_out == account.limit.most:
        return Sentence("limit.bar", **facts)
    let_out = Limit(account.limit.payer, account.limit.span, account.limit.unit, account.let_out)
    return Sentence("limit.bar.let_out", **facts, amount=_amount(let_out))


def _amount(limit: Limit) -> Sentence:
    if limit.unit is Unit.MONEY:
        return Sentence("limit.amount.money", amount=roughly(limit.most))
    return Sentence("limit.amount.tokens", amount=limit.most)
