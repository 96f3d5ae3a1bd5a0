"""Caps: what hosts and admins allow a payer to spend, as they write it.

Law: one notation, such as `$0.50 a day, 200k tokens a month`, or `none`. A text is read, or refused as a
whole.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from bot.core.budgets.rule import Limit, Payer, Span, Unit

MICRO: Final = 1_000_000
"""Microdollars in a US dollar."""

MOST_DOLLARS: Final = 1_000_000
"""The highest cap in US dollars."""

MOST_TOKENS: Final = 10**12
"""The highest cap in tokens."""

CENT: Final = MICRO // 100
"""Microdollars in a cent."""

NONE: Final = "none"
"""The text that sets no cap."""

_THOUSANDS: Final = {"": 1, "k": 1_000, "m": 1_000_000}

_NUMBER: Final = r"(?P<number>[0-9](?:[0-9.,_'\u2019\u00a0\u202f ]*[0-9])?)"
_DOLLAR: Final = r"(?:(?:us)?\$|usd|dollars?)"
_CENTS: Final = r"(?:us\s*)?(?:cents?|¢)"
_SPAN: Final = r"\s*(?:/|\b(?:a|per|each)\b)\s*(?P<span>day|month)"
_TOKENS: Final = re.compile(rf"{_NUMBER}\s*(?P<times>[km]?)\s*tokens?{_SPAN}")
_MONEY: Final = re.compile(rf"{_DOLLAR}?\s*{_NUMBER}\s*{_DOLLAR}?{_SPAN}")
_SMALL: Final = re.compile(rf"{_NUMBER}\s*{_CENTS}{_SPAN}")
_FOREIGN: Final = re.compile(
    r"[€£¥₩₹₽]|\b(?:eur|euros?|gbp|pounds?|jpy|yen|cny|rmb|yuan|pesos?|chf|francs?)\b|[元円]"
)
_BETWEEN: Final = re.compile(r"\s*(?:[,;](?=\s)|;|\band\b|\n)\s*")

_WHOLE: Final = re.compile(
    r"0|[1-9][0-9]{0,12}|[1-9][0-9]{0,2}(?P<sign>[^0-9])[0-9]{3}(?:(?P=sign)[0-9]{3})*"
)
_PARTS: Final = re.compile(r"(?P<whole>.+)[.,](?P<part>[0-9]{1,6})")

_GROUP: Final = 3
"""Digits between two signs that group them: so many after a point may be a thousand or a thousandth."""


def read_caps(payer: Payer, text: str) -> tuple[Limit, ...] | None:
    """Return the limits that a text sets for a payer; None if it can't be read.

    Numbers are read as much of the world writes them: `1,000.50`, `1.000,50`, `1 000,50`. Three digits after
    a comma are thousands, unless a zero stands before it; after a point they are refused, see `is_ambiguous`.
    Of two caps for the same span and unit, the lower one counts.
    """
    words = text.strip().lower()
    if words == NONE:
        return ()
    found: dict[tuple[Span, Unit], Limit] = {}
    for part in _BETWEEN.split(words):
        limit = _read(payer, part)
        if limit is None:
            return None
        known = found.get((limit.span, limit.unit), limit)
        found[limit.span, limit.unit] = min(limit, known, key=lambda each: each.most)
    return tuple(found.values())


def is_ambiguous(text: str) -> bool:
    """Return whether a text names an amount such as `1.000 $`: a thousand to some, and one to others."""
    found = (_MONEY.fullmatch(part) for part in _BETWEEN.split(text.strip().lower()))
    return any(each is not None and _is_ambiguous(each["number"]) for each in found)


def is_foreign(text: str) -> bool:
    """Return whether a text names an amount of other money than US dollars."""
    return _FOREIGN.search(text.lower()) is not None


def _is_ambiguous(number: str) -> bool:
    head, _, tail = number.partition(".")
    return head.isdigit() and head != "0" and len(head) <= _GROUP == len(tail) and tail.isdigit()


def _read(payer: Payer, text: str) -> Limit | None:
    if found := _TOKENS.fullmatch(text):
        most = _times(found["number"], _THOUSANDS[found["times"]])
        return Limit(payer, Span(found["span"]), Unit.TOKENS, most) if 0 < most <= MOST_TOKENS else None
    cents, found = _SMALL.fullmatch(text), _MONEY.fullmatch(text)
    if cents or found:
        each = cents or found
        assert each is not None
        most = (_microdollars(each["number"]) or 0) // (MICRO // CENT if cents else 1)
        is_allowed = 0 < most <= MOST_DOLLARS * MICRO
        return Limit(payer, Span(each["span"]), Unit.MONEY, most) if is_allowed else None
    return None


def _times(number: str, times: int) -> int:
    """Return a number of tokens: a whole one, or before `k` and `m` also one with a part; 0 if it is none."""
    whole = _whole(number)
    if whole is not None or times == 1:
        return (whole or 0) * times
    return (_microdollars(number) or 0) * times // MICRO


def _whole(number: str) -> int | None:
    return int(re.sub("[^0-9]", "", number)) if _WHOLE.fullmatch(number) else None


def _microdollars(number: str) -> int | None:
    if _is_ambiguous(number):
        return None
    whole = _whole(number)
    if whole is not None:
        return whole * MICRO
    parts = _PARTS.fullmatch(number)
    dollars = None if parts is None else _whole(parts["whole"])
    if parts is None or dollars is None or number[parts.end("whole")] in parts["whole"]:
        return None
    return dollars * MICRO + int(parts["part"].ljust(6, "0"))


def written(limits: Iterable[Limit]) -> str:
    """Return the text from which `read_caps` makes the same limits."""
    return ", ".join(f"{_amount(each)} a {each.span}" for each in limits) or NONE


def _amount(limit: Limit) -> str:
    return f"{limit.most:,} tokens" if limit.unit is Unit.TOKENS else dollars(limit.most)


def dollars(microdollars: int) -> str:
    """Return an amount exactly in US dollars, such as `$20`, `$0.50` or `$0.0005`."""
    return _dollars(microdollars, exact_digits(microdollars))


def about(microdollars: int) -> str:
    """Return an amount in US dollars as people read it: in cents, or less than one in four digits."""
    return _dollars(microdollars, about_digits(microdollars))


def exact_digits(microdollars: int) -> int:
    """Return how many digits an exact amount has after the point: none, two, or four to six.

    Three would look like thousands to half of the world.
    """
    if microdollars % MICRO == 0:
        return 0
    digits = max(2, len(f"{microdollars % MICRO:06}".rstrip("0")))
    return digits + (digits == _GROUP)


def about_digits(microdollars: int) -> int:
    """Return how many digits an amount has after the point as people read it."""
    return 2 if microdollars >= CENT or not microdollars else 4


def _dollars(microdollars: int, digits: int) -> str:
    return f"${Decimal(microdollars) / MICRO:.{digits}f}"
