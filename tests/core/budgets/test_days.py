"""Days and months of time zones: they follow each other without gap and overlap, whatever clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.budgets.days import Day, day_of

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",  # clocks were set forward at midnight
    "America/St_Johns",  # they were set back a minute after it
    "America/Havana",  # they are set back to midnight
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Apia",  # a whole day was left out
    "Pacific/Kiritimati",
]
MOMENTS = st.integers(1_100_000_000, 2_050_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(MOMENTS, st.sampled_from(ZONES))
def test_each_moment_lies_in_one_day_and_the_next_begins_where_it_ends(at: datetime, name: str) -> None:
    day = day_of(at, ZoneInfo(name))
    assert day.start <= at < day.end
    assert timedelta(hours=22) <= day.end - day.start <= timedelta(hours=26)
    following = day_of(day.end, day.zone)
    assert following.start == day.end
    assert day_of(day.end - timedelta(microseconds=1), day.zone) == day


@given(MOMENTS, st.sampled_from(ZONES))
def test_a_month_begins_with_its_first_day_and_the_next_with_the_day_after_its_last(
    at: datetime, name: str
) -> None:
    day = day_of(at, ZoneInfo(name))
    assert day.month_start == day.in_month(1) <= day.start
    after = day.in_month(day.days_in_month + 1)
    assert day.end <= after
    assert day_of(after, day.zone).date == (day.date.replace(day=28) + timedelta(days=4)).replace(day=1)
    assert day.in_month(day.number) == day.start


@pytest.mark.parametrize(
    ("zone", "of", "start", "end"),
    [
        ("UTC", date(2026, 3, 1), "2026-03-01T00:00", "2026-03-02T00:00"),
        ("Asia/Kathmandu", date(2026, 3, 1), "2026-02-28T18:15", "2026-03-01T18:15"),
        ("Europe/Berlin", date(2026, 3, 29), "2026-03-28T23:00", "2026-03-29T22:00"),  # 23 hours
        ("Europe/Berlin", date(2026, 10, 25), "2026-10-24T22:00", "2026-10-25T23:00"),  # 25 hours
        (
            "America/Sao_Paulo",
            date(2018, 11, 4),
            "2018-11-04T03:00",
            "2018-11-05T02:00",
        ),  # begins at 1 o'clock
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00", "2026-11-02T05:00"),  # midnight comes twice
        ("Pacific/Apia", date(2011, 12, 29), "2011-12-29T10:00", "2011-12-30T10:00"),
        ("Pacific/Apia", date(2011, 12, 31), "2011-12-30T10:00", "2011-12-31T10:00"),  # there was no 30th
    ],
)
def test_a_day_lasts_from_the_first_moment_of_its_date_to_that_of_the_next(
    zone: str, of: date, start: str, end: str
) -> None:
    day = Day(of, ZoneInfo(zone))
    assert (day.start, day.end) == tuple(datetime.fromisoformat(f"{each}+00:00") for each in (start, end))


def test_the_minutes_that_come_again_after_midnight_belong_to_the_day_that_has_begun() -> None:
    zone = ZoneInfo("America/St_Johns")  # 2010-11-07: at 00:01, clocks showed 23:01 of the 6th again
    midnight = datetime(2010, 11, 7, 2, 30, tzinfo=UTC)
    assert day_of(midnight - timedelta(seconds=1), zone).date == date(2010, 11, 6)
    for minutes in (0, 2, 59, 61):
        assert day_of(midnight + timedelta(minutes=minutes), zone).date == date(2010, 11, 7)
