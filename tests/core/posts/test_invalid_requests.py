"""How many requests Discord has refused, and what rests then."""

import pytest

from bot.core.posts.invalid_requests import MOST, InvalidRequests, is_counted
from bot.core.posts.pace import Bucket, PaceFacts, Tempo, Urgency, seconds_until


@pytest.mark.parametrize(
    ("status", "headers", "counted"),
    [
        (401, {}, True),
        (403, {}, True),
        (429, {}, True),
        (429, {"X-RateLimit-Scope": "user"}, True),
        (429, {"X-RateLimit-Scope": "global"}, True),
        (429, {"X-RateLimit-Scope": "shared"}, False),
        (404, {}, False),
        (200, {}, False),
        (503, {}, False),
    ],
)
def test_what_discord_counts(status: int, headers: dict[str, str], counted: bool) -> None:
    assert is_counted(status, headers) is counted


def test_they_count_for_ten_minutes() -> None:
    invalid = InvalidRequests()
    for at in (0.0, 1.0, 300.0):
        invalid.note(at)
    assert [invalid.lately(now) for now in (0.0, 300.0, 604.0, 606.0, 906.0)] == [3, 3, 3, 1, 0]


def test_below_half_of_what_discord_takes_nothing_rests() -> None:
    invalid = InvalidRequests()
    for _ in range(MOST - 1):
        invalid.note(100.0)
    assert invalid.rest_until(100.0) == 100.0
    invalid.note(102.0)
    assert invalid.rest_until(102.0) == 705.0  # when those of the first seconds count no longer
    assert invalid.rest_until(705.0) == 705.0


def test_a_steady_flow_rests_until_enough_of_it_has_passed() -> None:
    invalid = InvalidRequests()
    for number in range(MOST + 1000):
        invalid.note(number / 20)  # 6,000 in five minutes
    now = 300.0
    assert invalid.rest_until(now) == 655.0  # the first 1,001 came within 55 seconds


def test_only_first_and_last_words_go_meanwhile() -> None:
    facts = PaceFacts(Bucket(), quiet_until=160.0)
    waits = {kind: seconds_until(kind, facts, 100.0, Tempo()) for kind in Urgency}
    assert waits == {
        Urgency.FINAL: 0.0,
        Urgency.FIRST: 0.0,
        Urgency.JUST_MISSED: 60.0,
        Urgency.PREVIEW: 60.0,
        Urgency.TYPING: 60.0,
        Urgency.CLEARING: 60.0,
        Urgency.CATCHING_UP: 60.0,
    }
