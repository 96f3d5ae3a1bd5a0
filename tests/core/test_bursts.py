"""How long an answer waits for somebody who types on, and which messages one answer answers."""

import pytest

from bot.core.bursts import MESSAGES, TYPING, WAITS, Burst

SETTLE = 1.5
BEGUN = Burst.of(100.0)


def test_the_numbers_are_these() -> None:
    assert (WAITS, TYPING, MESSAGES) == (3, 10.0, 6)
    assert Burst(100.0, 100.0, None, 1) == BEGUN


@pytest.mark.parametrize("now", [100.0, 100.1, 200.0])
def test_a_lone_message_is_not_waited_for(now: float) -> None:
    assert BEGUN.wait(now, SETTLE) == 0
    assert BEGUN.further(100.0).wait(now, SETTLE) == 0


@pytest.mark.parametrize(
    ("typed", "now", "seconds"),
    [
        (100.0, 100.0, 1.5),
        (100.5, 100.5, 1.5),
        (100.5, 101.0, 1.0),
        (100.5, 102.0, 0.0),
        (100.5, 999.0, 0.0),
        (103.0, 103.0, 1.5),  # as long as the last wait goes
        (103.5, 103.5, 1.0),  # the last wait is shorter
        (104.5, 104.5, 0.0),
        (104.6, 104.6, 0.0),  # somebody who types on and on
    ],
)
def test_an_answer_waits_after_typing_and_three_times_as_long_in_all(
    typed: float, now: float, seconds: float
) -> None:
    burst = BEGUN.typing(typed)
    assert burst.wait(now, SETTLE) == pytest.approx(seconds)
    assert burst.wait(now, 0) == 0


def test_typing_goes_on_from_its_latest_event_and_ends_with_a_message() -> None:
    burst = BEGUN.typing(100.5).typing(101.5)
    assert burst.wait(102.0, SETTLE) == 1.0
    further = burst.further(102.0)
    assert further == Burst(100.0, 102.0, None, 2)
    assert further.wait(102.0, SETTLE) == 0
    assert further.typing(102.5).wait(102.5, SETTLE) == 1.5
    assert further.typing(104.0).wait(104.0, SETTLE) == 0.5  # from the first message on


@pytest.mark.parametrize(
    ("now", "settle", "takes"),
    [
        (100.0, SETTLE, True),
        (110.0, SETTLE, True),
        (110.1, SETTLE, False),
        (100.0, 0, False),
        (100.0, 0.01, True),
    ],
)
def test_a_message_soon_after_another_is_of_the_same_burst(now: float, settle: float, takes: bool) -> None:
    assert BEGUN.takes(now, settle) is takes
    assert BEGUN.typing(109.0).takes(now, settle) is takes
    assert Burst.of(50.0).further(100.0).takes(now, settle) is takes


def test_a_burst_has_an_end() -> None:
    burst = BEGUN
    for _ in range(5):
        assert burst.takes(100.0, SETTLE)
        burst = burst.further(100.0)
    assert burst.messages == 6
    assert not burst.takes(100.0, SETTLE)
