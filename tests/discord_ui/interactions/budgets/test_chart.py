"""The picture of `/usage`: columns of the days of a month."""

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.discord_ui.interactions.budgets.chart import ALL, GRID, GROUND, OWN, SIZE, Columns, draw

AMOUNTS = st.lists(st.integers(0, 10**13), max_size=31)


@given(AMOUNTS)
def test_the_scale_ends_at_a_round_number_that_no_column_is_above(amounts: list[int]) -> None:
    top, most = Columns(amounts, amounts, 31, is_money=True).top, max(amounts, default=0)
    assert most <= top <= 2.5 * most
    assert str(top).rstrip("0") in {"", "1", "2", "5"}


def test_columns_are_as_high_as_their_amounts_and_days_to_come_are_empty() -> None:
    image_of = pytest.importorskip("PIL.Image", reason="the extra [charts] is not installed")
    drawn = draw(Columns([500_000, 0, 1_000_000], [250_000, 0, 1_000_000], 30, is_money=True))
    assert drawn is not None
    image = image_of.open(io.BytesIO(drawn)).convert("RGB")
    assert image.size == SIZE

    def seen(day: int) -> list[tuple[str, int]]:
        """The colours of a day's column from top to bottom, each with its share of the plot in percent."""
        found: list[tuple[str, int]] = []
        for y in range(24, 276):
            colour = "#{:02x}{:02x}{:02x}".format(*image.getpixel((110 + (day - 1) * 29 + 14, y)))
            before = found.pop() if found and found[-1][0] == colour else (colour, 0)
            found.append((colour, before[1] + 1))
        return [(colour, round(100 * high / 252)) for colour, high in found if colour not in {GRID, GROUND}]

    assert seen(1) == [(ALL, 25), (OWN, 25)]
    assert seen(2) == []
    assert seen(3) == [(OWN, 100)]
    assert seen(4) == []


@pytest.mark.parametrize("most", [1, 9, 999, 2_000_000, 10**12])
@pytest.mark.parametrize("is_money", [True, False])
def test_the_least_and_the_most_fit(most: int, *, is_money: bool) -> None:
    image_of = pytest.importorskip("PIL.Image", reason="the extra [charts] is not installed")
    drawn = draw(Columns([most] * 31, [0] * 31, 31, is_money))
    assert drawn is not None
    image = image_of.open(io.BytesIO(drawn)).convert("RGB")
    edges = [(x, y) for x in (0, SIZE[0] - 1) for y in range(SIZE[1])]
    assert {image.getpixel(edge) for edge in edges} == {(0x1F, 0x21, 0x26)}, "digits touch the edge"


def test_there_is_none_without_the_extra_or_without_use(monkeypatch: pytest.MonkeyPatch) -> None:
    assert draw(Columns([], [], 31, is_money=True)) is None
    assert draw(Columns([0, 0], [0, 0], 31, is_money=True)) is None
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert draw(Columns([1], [1], 31, is_money=True)) is None
