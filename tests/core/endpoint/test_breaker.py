import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.endpoint.breaker import Breaker


def failing(times: int, now: float = 100.0) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker.failed(now)
    return breaker


@pytest.mark.parametrize(("failures", "admitted"), [(0, True), (4, True), (5, False), (9, False)])
def test_five_replies_that_failed_in_a_row_open_it(failures: int, admitted: bool) -> None:
    breaker = failing(failures)
    assert breaker.open is not admitted
    assert breaker.admit(100.0) is admitted


def test_a_reply_that_came_starts_the_row_again() -> None:
    breaker = failing(4)
    breaker.succeeded()
    for _ in range(4):
        breaker.failed(100.0)
    assert not breaker.open


def test_after_fifteen_seconds_one_has_a_look_and_the_others_wait_on() -> None:
    breaker = failing(5)
    assert breaker.rests(100.0) == 15.0
    assert breaker.rests(108.5) == 6.5
    assert not breaker.admit(114.9)
    assert breaker.rests(115.0) == 0.0
    assert breaker.admit(115.0)
    assert not breaker.admit(115.0)
    assert breaker.rests(116.0) == 14.0


def test_a_look_that_fails_leaves_it_open_until_the_next() -> None:
    breaker = failing(5)
    assert breaker.admit(115.0)
    breaker.failed(118.0)
    assert not breaker.admit(129.9)
    assert breaker.admit(130.0)


def test_a_look_that_hangs_keeps_nobody_from_the_next() -> None:
    breaker = failing(5)
    assert breaker.admit(115.0)
    assert breaker.admit(130.0)


def test_a_look_that_succeeds_closes_it() -> None:
    breaker = failing(7)
    assert breaker.admit(115.0)
    breaker.succeeded()
    assert not breaker.open
    assert breaker.rests(115.0) == 0.0
    assert all(breaker.admit(115.0) for _ in range(9))


def test_replies_that_fail_late_put_the_next_look_off_no_further() -> None:
    breaker = failing(5)
    breaker.failed(110.0)
    assert breaker.rests(110.0) == 5.0


@given(st.lists(st.tuples(st.sampled_from(["ask", "fail"]), st.integers(0, 20))))
def test_once_open_a_look_is_never_more_than_fifteen_seconds_away(steps: list[tuple[str, int]]) -> None:
    now, breaker = 100.0, failing(5)
    looked = now
    for what, seconds in steps:
        now += seconds
        if what == "fail":
            breaker.failed(now)
        elif breaker.admit(now):
            assert now - looked >= 15.0
            looked = now
        assert breaker.rests(now) <= 15.0
        assert breaker.rests(now) == max(looked + 15.0 - now, 0.0)
