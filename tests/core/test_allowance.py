"""The window in which a person's replies are counted."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.allowance import SPAN, Allowance

ALICE, BOB = 1, 2


def asked(*times: float, person: int = ALICE) -> Allowance:
    allowance = Allowance()
    for at in times:
        allowance.take(person, at)
    return allowance


def test_so_many_and_then_a_wait_until_the_first_is_a_minute_ago() -> None:
    allowance = asked(100, 110, 120)
    assert allowance.wait(ALICE, 120, 3) == 40
    assert allowance.wait(ALICE, 120, 4) == 0
    assert allowance.wait(ALICE, 159.5, 3) == 0.5
    assert allowance.wait(ALICE, 160, 3) == 0
    allowance.take(ALICE, 160)
    assert allowance.wait(ALICE, 160, 3) == 10


def test_it_counts_from_the_newest_where_there_are_more_than_the_limit() -> None:
    allowance = asked(100, 110, 120, 130)  # the host has lowered it
    assert allowance.wait(ALICE, 130, 2) == 50
    assert allowance.wait(ALICE, 130, 1) == 60


def test_nobody_waits_for_others_or_without_a_limit() -> None:
    allowance = asked(100, 100, 100)
    assert allowance.wait(BOB, 100, 1) == 0
    assert allowance.wait(ALICE, 100, 0) == 0
    assert Allowance().wait(ALICE, 100, 1) == 0


def test_a_clock_that_was_set_back_keeps_nobody_waiting() -> None:
    allowance = asked(1000, 1001)
    assert allowance.wait(ALICE, 500, 2) == 0
    allowance.take(ALICE, 500)
    assert allowance.wait(ALICE, 500, 1) == 60
    assert allowance.wait(ALICE, 500, 2) == 0


def test_a_person_is_told_once_a_minute() -> None:
    allowance = Allowance()
    assert [allowance.tells(ALICE, at) for at in (100, 100, 159, 160, 161, 50)] == [
        True,
        False,
        False,
        True,
        False,
        True,
    ]
    assert allowance.tells(BOB, 50)


def test_only_those_of_the_last_minute_are_kept() -> None:
    allowance = Allowance()
    for person in range(1000):
        allowance.take(person, person)
        allowance.tells(person, person)
    assert len(allowance) == 60
    allowance.take(ALICE, 0)  # the clock was set back
    allowance.tells(ALICE, 0)
    assert len(allowance) <= 61
    allowance.take(BOB, 2000)
    allowance.tells(BOB, 2000)
    assert len(allowance) == 1


@given(st.lists(st.tuples(st.integers(1, 3), st.floats(0, 40)), max_size=60), st.integers(1, 6))
def test_nobody_ever_gets_more_than_the_limit_within_a_minute(
    attempts: list[tuple[int, float]], most: int
) -> None:
    allowance, at = Allowance(), 0.0
    got: dict[int, list[float]] = {}
    for person, pause in attempts:
        at += pause
        wait = allowance.wait(person, at, most)
        assert 0 <= wait <= SPAN  # people are told whole seconds: 61 would be wrong
        if not wait:
            allowance.take(person, at)
            got.setdefault(person, []).append(at)
            assert len([time for time in got[person] if at - time < SPAN]) <= most
        else:
            assert len([time for time in got[person] if at - time < SPAN]) == most


def test_what_counts_longer_than_a_minute_counts_so_long() -> None:
    allowance = Allowance(3600)
    allowance.take(ALICE, 100)
    assert allowance.wait(ALICE, 101, 1) == 3599
    assert allowance.wait(ALICE, 3699.5, 1) == 0.5
    assert allowance.wait(ALICE, 3700, 1) == 0
    assert [allowance.tells(ALICE, at) for at in (100, 3699, 3700)] == [True, False, True]


def test_what_is_given_back_does_not_count() -> None:
    allowance = Allowance()
    allowance.take(ALICE, 100)
    allowance.take(ALICE, 101)
    allowance.give_back(ALICE, 100)
    assert (allowance.count(ALICE, 102), allowance.wait(ALICE, 102, 1)) == (1, 59)
    allowance.give_back(ALICE, 101)
    assert (allowance.count(ALICE, 102), len(allowance)) == (0, 0)
