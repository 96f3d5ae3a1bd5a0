"""Quiet hours: how they are written, and when they are over, whatever clocks do."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.core.quiet import NO_QUIET, QuietHours, read_quiet

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("23:00-07:00", "23:00-07:00"),
        ("23-7", "23:00-07:00"),
        (" 9.30 – 10.00 , 23 to 24 ", "09:30-10:00, 23:00-00:00"),
        ("NONE", "none"),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, written: str) -> None:
    found = read_quiet(text)
    assert found is not None
    assert found.text == written
    assert read_quiet(written) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "night",
        "23:00",
        "23:00-23:00",
        "25-26",
        "23:60-7:00",
        "0-24",
        "0-12, 12-24",
        "1-2,3-4,5-6,7-8,9-10",
        "1-2,",
    ],
)
def test_what_is_no_time_of_a_day_or_all_of_it_is_not_read(text: str) -> None:
    assert read_quiet(text) is None


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        ("23:00-07:00", "2026-11-30 21:59", None),
        ("23:00-07:00", "2026-11-30 22:00", "2026-12-01 06:00"),  # 23:00 in Berlin
        ("23:00-07:00", "2026-12-01 05:59", "2026-12-01 06:00"),
        ("23:00-07:00", "2026-12-01 06:00", None),
        ("12:00-13:00", "2026-12-01 11:30", "2026-12-01 12:00"),
        ("22:00-24:00, 00:00-06:00", "2026-12-01 21:30", "2026-12-02 05:00"),  # one follows the other
        ("23:00-02:30", "2026-03-28 23:00", "2026-03-29 01:00"),  # there is no 02:30 that night
        ("01:00-02:30", "2026-03-29 00:30", "2026-03-29 01:00"),  # 03:00 follows 01:59
        ("01:00-02:00", "2026-03-29 00:30", "2026-03-29 01:00"),
        ("01:00-02:30, 03:00-04:00", "2026-03-29 00:30", "2026-03-29 02:00"),
        ("23:00-02:30", "2026-10-24 23:00", "2026-10-25 00:30"),  # and here there are two
        ("02:00-02:30", "2026-10-25 01:15", "2026-10-25 01:30"),
    ],
)
def test_it_is_quiet_until_clocks_show_the_end(hours: str, at: str, until: str | None) -> None:
    found = read_quiet(hours)
    assert found is not None
    moment = found.until(datetime.fromisoformat(f"{at}+00:00"), BERLIN)
    assert moment == (None if until is None else datetime.fromisoformat(f"{until}+00:00"))


def test_without_hours_it_is_never_quiet() -> None:
    assert NO_QUIET.until(datetime(2026, 1, 1, tzinfo=UTC), UTC) is None


MINUTES = st.integers(0, 24 * 60 - 1)
ZONES = [
    ZoneInfo(name)
    for name in ("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe")
]


@given(
    spans=st.lists(st.tuples(MINUTES, MINUTES), min_size=1, max_size=4),
    minutes=st.integers(0, 20 * 366 * 24 * 60),
    zone=st.sampled_from(ZONES),
)
def test_the_end_lies_ahead_and_is_no_longer_quiet(
    spans: list[tuple[int, int]], minutes: int, zone: ZoneInfo
) -> None:
    assume(all(begin != end for begin, end in spans))
    hours = QuietHours(tuple(spans))
    now = datetime(2009, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    text = read_quiet(hours.text)
    assume(text is not None)  # not the whole day
    assert text == hours
    until = hours.until(now, zone)
    if until is not None:
        assert now < until < now + timedelta(days=3)
        assert hours.until(until, zone) is None
        before = until - timedelta(minutes=1)
        assert before <= now or hours.until(before, zone) == until
