"""Translations: the sentences of one language, from a gettext PO file, with the plurals, numbers, lists and days of its locale.

Law: a sentence is found by its key (the entry's context) together with its English words. Where those have changed since, or
nobody has translated it yet, English is said. Babel reads the file, Python's gettext chooses the plural.
"""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from gettext import GNUTranslations
from pathlib import Path
from typing import Final

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from bot.texts.catalogue.plural import Plural
from bot.texts.grammar import English, Money, Percent

_PATTERNS: Final[Mapping[str, str]] = {",": "#,##0", ".1f": "#,##0.0", ".2f": "#,##0.00"}
"""Unicode's number patterns (UTS 35) for the format specifications that sentences use."""


_AMOUNT: Final = re.compile(r"[#,]*0\.0+")
"""The number in such a pattern for money."""


class Translation(English):
    """The grammar and the sentences of a language other than English."""

    def __init__(self, language: str, path: Path) -> None:
        """Read the sentences of a language.

        Raises:
            OSError: the file can't be read.
            ValueError: it is no PO file.
        """
        self.language = language
        self._locale = Locale.parse(language, sep="-")
        compiled = io.BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=self._locale, abort_invalid=True))
        compiled.seek(0)
        self._sentences = GNUTranslations(compiled)

    def words(self, key: str, english: str, facts: Mapping[str, object]) -> str:
        """Return a sentence's words before its facts are filled in."""
        if not isinstance(english, Plural):
            return self._sentences.pgettext(key, english)
        count = facts[english.by]
        assert isinstance(count, int)
        found = self._sentences.npgettext(key, english.one, english, count)
        return super().words(key, english, facts) if found in (english.one, english) else found

    def number(self, value: float, spec: str) -> str:
        """Return a number as the language writes it."""
        return str(format_decimal(value, _PATTERNS[spec], self._locale))

    def money(self, amount: Money) -> str:
        """Return an amount as the language writes it, without signs between thousands."""
        digits = f"0.{'0' * amount.digits}" if amount.digits else "0"
        pattern = _AMOUNT.sub(digits, self._locale.currency_formats["standard"].pattern)
        return str(format_currency(amount.dollars, "USD", pattern, self._locale, currency_digits=False))

    def percent(self, share: Percent) -> str:
        """Return a share as the language writes it."""
        digits = f"0.{'0' * share.digits}" if share.digits else "0"
        pattern = self._locale.percent_formats[None].pattern.replace("0", digits)
        return str(format_percent(share.percent / 100, pattern, self._locale))

    def listed(self, items: Sequence[str]) -> str:
        """Return items in a row, between the signs that the language uses."""
        between = self._locale.list_patterns["standard"]["middle"].format("", "")
        return str(between.join(items))

    def day(self, at: datetime) -> str:
        """Return a date in words."""
        return str(format_date(at, "long", self._locale))


@cache
def translation(language: str, path: Path) -> Translation:
    """Return a language's sentences, read once."""
    return Translation(language, path)
