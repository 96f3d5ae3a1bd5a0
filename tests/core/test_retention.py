"""How long is kept what was said, and when a channel is told."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.core.retention import Keeping, Told, is_to_tell, may_go

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def told(since: float, at: float, days: int = 365) -> Told:
    return Told(ago(since), ago(at), days)


@pytest.mark.parametrize(
    ("keeping", "cutoffs"),
    [
        (Keeping(), (365, 90)),
        (Keeping(100), (100, 90)),
        (Keeping(90), (90, 90)),
        (Keeping(7), (7, 7)),
        (Keeping(36_500), (36_500, 90)),
    ],
)
def test_lines_to_nobody_go_after_ninety_days_or_with_the_rest(
    keeping: Keeping, cutoffs: tuple[int, int]
) -> None:
    assert keeping.cutoffs(NOW) == (ago(cutoffs[0]), ago(cutoffs[1]))
    assert not keeping.for_good


def test_none_are_for_good_and_a_server_has_its_own_time() -> None:
    assert Keeping(0).for_good
    assert Keeping(0, 7).left_cutoff(NOW) == ago(7)


@pytest.mark.parametrize(
    ("known", "days", "tells", "goes"),
    [
        (None, 365, True, False),
        (told(0, 0), 365, False, False),
        (told(29.9, 29.9), 365, False, False),
        (told(30, 30), 365, False, True),
        (told(394, 394), 365, False, True),
        (told(395, 395), 365, True, True),  # again after a period, and meanwhile it goes on
        (told(800, 10), 365, False, True),
        (told(40, 40, days=365), 100, True, False),  # the host has lowered the number
        (told(40, 40, days=100), 365, False, True),
        (told(0, 0, days=100), 100, False, False),
    ],
)
def test_a_channel_is_told_a_month_before_once_a_period(
    known: Told | None, days: int, tells: bool, goes: bool
) -> None:
    assert is_to_tell(known, Keeping(days), NOW) == tells
    assert may_go(known, Keeping(days), NOW) == goes
