"""The picture of `/usage`: what each day of a month cost, as columns.

Law: it has digits and no words, so it needs no language and no font but the one that Pillow has. Without the
extra `[charts]` there is none; nothing is told by it that the text doesn't tell.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.core.budgets.caps import MICRO, dollars

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SIZE: Final = (1000, 320)
"""Pixels from left to right and from top to bottom: twice of what Discord shows on a desk."""

GROUND, GRID, DIGITS = "#1f2126", "#3a3e47", "#d5d9e0"
ALL, OWN = "#747d8c", "#d98a4f"
"""What a server used, and one person of it: each more than 3:1 against the ground (WCAG 2.2, 1.4.11)."""

LEFT, RIGHT, TOP, BOTTOM = 110, 980, 24, 276
"""The edges of the plot; the digits stand outside of it."""

DIGITS_SIZE: Final = 22
"""Pixels of the font."""

NAMED: Final = (1, 5, 10, 15, 20, 25)
"""The days that are named under the plot, besides the last one."""

SIGNS: Final = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))

THOUSANDS_FROM: Final = 10_000 * MICRO
"""The microdollars from which on dollars are told in thousands."""

STEPS: Final = (1, 2, 5, 10)
"""What the top of the scale begins with."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a month: of each day up to today what all used and what one person used of it.

    Both are in microdollars, or in tokens where `is_money` is False.
    """

    all: Sequence[int]
    own: Sequence[int]
    days_in_month: int
    is_money: bool

    @property
    def top(self) -> int:
        """The upper end of the scale: the least 1, 2 or 5 with zeros that no column is above; 0 for none."""
        most = max(self.all, default=0)
        if most <= 0:
            return 0
        power = int("1" + "0" * (len(str(most)) - 1))
        return next(step * power for step in STEPS if step * power >= most)


def draw(columns: Columns) -> bytes | None:
    """Return the picture as PNG; None without the extra `[charts]`, or if nothing was used.

    It takes some milliseconds: not for the event loop.
    """
    if not columns.top:
        return None
    try:
        from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - an extra: most hosts do not have it

        font = ImageFont.load_default(DIGITS_SIZE)
    except ImportError:  # of Pillow, or of FreeType in a Pillow that was built without it
        return None
    image = Image.new("RGB", SIZE, GROUND)
    brush = ImageDraw.Draw(image)
    brush.font = font
    _scale(brush, columns)
    _days(brush, columns)
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


def _scale(brush: "ImageDraw", columns: Columns) -> None:
    for share in (0, 1, 2):
        y = BOTTOM - (BOTTOM - TOP) * share // 2
        brush.line((LEFT, y, RIGHT, y), fill=GRID, width=2)
        text = _amount(columns.top * share // 2, is_money=columns.is_money)
        brush.text((LEFT - 14, y), text, fill=DIGITS, anchor="rm")


def _days(brush: "ImageDraw", columns: Columns) -> None:
    wide = (RIGHT - LEFT) // columns.days_in_month
    for day in range(1, columns.days_in_month + 1):
        left = LEFT + (day - 1) * wide
        if day in NAMED or day == columns.days_in_month:
            brush.text((left + wide // 2, BOTTOM + 24), str(day), fill=DIGITS, anchor="mm")
        if day > len(columns.all):
            continue
        for amount, colour in ((columns.all[day - 1], ALL), (columns.own[day - 1], OWN)):
            if amount > 0:
                high = max(2, (BOTTOM - TOP) * amount // columns.top)
                brush.rectangle((left + 3, BOTTOM - high, left + wide - 4, BOTTOM - 1), fill=colour)


def _amount(amount: int, *, is_money: bool) -> str:
    """Return an amount as short as it can be, such as `$0.50`, `$20k` or `200k`."""
    if is_money:
        return dollars(amount) if amount < THOUSANDS_FROM else f"${_short(amount // MICRO)}"
    return _short(amount)


def _short(number: int) -> str:
    for size, sign in SIGNS:
        if number >= size:
            return f"{number / size:g}{sign}"
    return str(number)
