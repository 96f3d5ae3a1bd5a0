"""Slow mode for commands: one person in one channel, for as long as the channel says."""

from bot.core.slowmode import LONGEST, MANY, SlowMode


def test_a_person_waits_in_one_channel_and_nobody_else() -> None:
    slow = SlowMode()
    assert slow.wait(7, 1, 100.0, 30) == 0
    slow.take(7, 1, 100.0)
    assert [slow.wait(7, 1, at, 30) for at in (100.0, 110.5, 129.9, 130.0)] == [30, 20, 1, 0]
    assert (slow.wait(8, 1, 110.0, 30), slow.wait(7, 2, 110.0, 30)) == (0, 0)
    assert slow.wait(7, 1, 110.0, 5) == 0
    assert slow.wait(7, 1, 90.0, 30) == 0  # the clock was set back


def test_what_no_slow_mode_asks_for_is_forgotten() -> None:
    slow = SlowMode()
    for number in range(MANY):
        slow.take(7, number, 0.0)
    slow.take(7, MANY, LONGEST)
    assert len(slow) == 1
