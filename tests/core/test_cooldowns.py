"""Cooldowns: who waits how long, who is told, and that nothing is kept for longer."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.cooldowns import LONGEST, Cooldowns


def test_somebody_waits_from_their_reply_on_and_others_do_not() -> None:
    cooldowns = Cooldowns()
    assert cooldowns.until("Alice", 100.0, 30.0) is None
    cooldowns.take("Alice", 100.0)
    assert cooldowns.until("Alice", 100.0, 30.0) == 130.0
    assert cooldowns.until("Alice", 129.9, 30.0) == 130.0
    assert cooldowns.until("Alice", 130.0, 30.0) is None
    assert cooldowns.until("Alice", 100.0, 0.0) is None
    assert cooldowns.until("Bob", 100.0, 30.0) is None


def test_a_clock_that_was_set_back_makes_nobody_wait() -> None:
    cooldowns = Cooldowns()
    cooldowns.take("Alice", 1000.0)
    assert cooldowns.until("Alice", 900.0, 300.0) is None


def test_who_waits_is_told_once_until_that_is_over() -> None:
    cooldowns = Cooldowns()
    told = [cooldowns.tells("Alice", at, until) for at, until in ((0.0, 30.0), (29.0, 30.0), (30.0, 60.0))]
    assert told == [True, False, True]
    assert cooldowns.tells("Bob", 31.0, 60.0)


@given(st.lists(st.tuples(st.integers(0, 20), st.floats(0, 10_000)), max_size=60))
def test_nobody_is_kept_for_longer_than_the_longest_cooldown(events: list[tuple[int, float]]) -> None:
    cooldowns, now = Cooldowns(), 0.0
    for who, seconds in events:
        now += seconds
        cooldowns.take(who, now)
    if events:
        times = {}
        at = 0.0
        for who, seconds in events:
            at += seconds
            times[who] = at
        assert len(cooldowns) <= sum(time > now - LONGEST for time in times.values())


def test_a_reply_that_is_given_back_leaves_the_cooldown_of_the_others() -> None:
    cooldowns = Cooldowns()
    for at in (10.0, 20.0, 20.0):
        cooldowns.take("Alice", at)
    left = list[float | None]()
    for at in (20.0, 20.0, 10.0, 10.0):
        cooldowns.give_back("Alice", at)
        left.append(cooldowns.until("Alice", 25.0, 30.0))
    assert left == [50.0, 40.0, None, None]
    assert len(cooldowns) == 0
