"""Grammars: how a language fills in the facts of a sentence: plurals, numbers, lists and days.

Law: English is here and needs no library; the other languages are in `texts.translation`, which is loaded with the
first of them.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.texts.catalogue.plural import Plural

ENGLISH = "en"
"""The language that sentences are written in."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in US dollars, to be said with so many digits after the point."""

    dollars: Decimal
    digits: int


@dataclass(frozen=True, slots=True)
class Percent:
    """A share in percent, to be said with so many digits after the point."""

    percent: float
    digits: int = 0


class English(string.Formatter):
    """The grammar of English, and what the grammars of other languages have in common."""

    language = ENGLISH

    def words(self, key: str, english: str, facts: Mapping[str, object]) -> str:
        """Return a sentence's words before its facts are filled in; `english` is the one of the catalogue."""
        del key
        return english.one if isinstance(english, Plural) and facts[english.by] == 1 else english

    def number(self, value: float, spec: str) -> str:
        """Return a number as the language writes it; `spec` is Python's, such as `,` or `.2f`."""
        return format(value, spec)

    def money(self, amount: Money) -> str:
        """Return an amount as the language writes it, without signs between thousands."""
        return f"${amount.dollars:.{amount.digits}f}"

    def percent(self, share: Percent) -> str:
        """Return a share as the language writes it."""
        return f"{share.percent:.{share.digits}f}%"

    def listed(self, items: Sequence[str]) -> str:
        """Return items in a row."""
        return ", ".join(items)

    def day(self, at: datetime) -> str:
        """Return a date in words."""
        return f"{at.day} {at:%B %Y}"

    def format_field(self, value: object, format_spec: str) -> str:
        """Return a fact in words."""
        if isinstance(value, (list, tuple)):
            return self.listed(value)
        if isinstance(value, Money):
            return self.money(value)
        if isinstance(value, Percent):
            return self.percent(value)
        if isinstance(value, (int, float)) and format_spec:
            return self.number(value, format_spec)
        return str(format(value, format_spec))
