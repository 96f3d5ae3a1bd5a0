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

_CENT: Final = MICRO // 100

NONE: Final = "none"
"""The text that sets no cap."""

_THOUSANDS: Final = {"": 1, "k": 1_000, "m": 1_000_000}

_WHOLE: Final = r"(?P<whole>[0-9]{1,3}(?:[,_ ][0-9]{3})+|[0-9]{1,13})"
_SPAN: Final = r"\s*(?:/|\b(?:a|per|each)\b)\s*(?P<span>day|month)"
_TOKENS: Final = re.compile(rf"{_WHOLE}\s*(?P<times>[km]?)\s*tokens?{_SPAN}")
_MONEY: Final = re.compile(
    rf"\$?\s*{_WHOLE}(?:\.(?P<point>[0-9]{{1,6}})|,(?P<comma>[0-9]{{1,2}}))?\s*(?:\$|usd|dollars?)?{_SPAN}"
)
_BETWEEN: Final = re.compile(r"\s*(?:[,;](?=\s)|;|\band\b|\n)\s*")


def read_caps(payer: Payer, text: str) -> tuple[Limit, ...] | None:
    """Return the limits that a text sets for a payer; None if it can't be read.

    A comma before one or two digits is a decimal point, as much of the world writes it. Of two caps for the
    same span and unit, the lower one counts.
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


def _read(payer: Payer, text: str) -> Limit | None:
    if found := _TOKENS.fullmatch(text):
        most = _whole(found) * _THOUSANDS[found["times"]]
        return Limit(payer, Span(found["span"]), Unit.TOKENS, most) if 0 < most <= MOST_TOKENS else None
    if found := _MONEY.fullmatch(text):
        part = found["point"] or found["comma"] or ""
        most = _whole(found) * MICRO + int(part.ljust(6, "0"))
        is_allowed = 0 < most <= MOST_DOLLARS * MICRO
        return Limit(payer, Span(found["span"]), Unit.MONEY, most) if is_allowed else None
    return None


def _whole(found: re.Match[str]) -> int:
    return int(re.sub("[,_ ]", "", found["whole"]))


def written(limits: Iterable[Limit]) -> str:
    """Return the text from which `read_caps` makes the same limits."""
    return ", ".join(f"{_amount(each)} a {each.span}" for each in limits) or NONE


def _amount(limit: Limit) -> str:
    return f"{limit.most:,} tokens" if limit.unit is Unit.TOKENS else dollars(limit.most)


def dollars(microdollars: int) -> str:
    """Return an amount exactly in US dollars, such as `$20`, `$0.50` or `$0.0005`."""
    text = f"{Decimal(microdollars) / MICRO:.6f}"
    digits = max(2, len(text.partition(".")[2].rstrip("0")))
    return f"${microdollars // MICRO}" if microdollars % MICRO == 0 else f"${text[: len(text) - 6 + digits]}"


def about(microdollars: int) -> str:
    """Return an amount in US dollars as people read it: in cents, or less than one in four digits."""
    return f"${Decimal(microdollars) / MICRO:.{2 if microdollars >= _CENT or not microdollars else 4}f}"
