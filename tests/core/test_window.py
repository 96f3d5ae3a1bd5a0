"""Which turns a prompt holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import window
from bot.core.tokens import Size

FIXED = Size(100, 2)


def upper(size: Size) -> int:
    """Ten tokens a message, for easy sums."""
    return size.text + 10 * size.messages


def history(*turns: int) -> list[Size]:
    """Turns of so many tokens, oldest first, each a message: what each and all after it come to."""
    return [Size(sum(turns[number:]), len(turns) - number) for number in range(len(turns))]


def test_the_start_stays_while_everything_from_it_fits() -> None:
    # 120 for what is fixed, and 10 * (90 + 10) for ten turns.
    assert window.step(history(*[90] * 10), FIXED, 1_120, upper) == 0


def test_when_they_no_longer_fit_so_many_leave_that_a_fifth_of_the_room_is_free() -> None:
    # 999 of room for turns, a fifth of it to be free: seven turns of a hundred stay.
    assert window.step(history(*[90] * 10), FIXED, 1_119, upper) == 3


def test_the_newest_stays_whatever_it_costs() -> None:
    assert window.step(history(90, 90, 5_000), FIXED, 1_000, upper) == 2
    assert window.step(history(5_000), FIXED, 1_000, upper) == 0
    # Also where what is fixed is too much by itself.
    assert window.step(history(90, 90, 90), FIXED, 50, upper) == 2


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60), st.integers(200, 6_000))
def test_after_a_step_the_rest_fits_and_no_more_has_left_than_must(turns: list[int], room: int) -> None:
    sizes = history(*turns)
    gone = window.step(sizes, FIXED, room, upper)
    assert 0 <= gone < len(turns)
    whole = upper(FIXED + sizes[0])
    if gone == 0:
        assert whole <= room or len(turns) == 1
        return
    goal = 120 + int(0.8 * max(0, room - 120))
    assert whole > room
    assert upper(FIXED + sizes[gone]) <= goal or gone == len(turns) - 1
    assert upper(FIXED + sizes[gone - 1]) > goal


@pytest.mark.parametrize(
    ("turns", "left_out"),
    [
        ([10] * 8, [4, 6, 7]),
        ([10] * 2, [1]),
        ([10], []),  # there is nothing to leave out
        ([1_000, 10, 10], [1, 2]),
        ([10, 10, 1_000], [2]),
        ([40, 20, 10, 5], [1, 2, 3]),
    ],
)
def test_a_prompt_that_was_too_long_is_tried_with_half_the_text_a_quarter_and_the_newest_turn(
    turns: list[int], left_out: list[int]
) -> None:
    assert window.retreats(history(*turns)) == left_out
