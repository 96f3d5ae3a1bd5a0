"""Which turns a prompt holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.prompting import window
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


@pytest.mark.parametrize(("tokens", "sparse"), [(499, True), (500, False), (1_000, False)])
def test_a_window_less_than_half_full_is_sparse(tokens: int, sparse: bool) -> None:
    # 120 for what is fixed, and 1,000 of room for turns.
    assert window.is_sparse(Size(tokens - 10, 1), FIXED, 1_120, upper) is sparse


def test_what_does_not_leave_room_for_any_turn_is_not_sparse() -> None:
    assert not window.is_sparse(Size(0, 0), FIXED, 100, upper)


@pytest.mark.parametrize(
    ("turns", "older", "back"),
    [
        ([90] * 16, 12, 4),  # eight turns of a hundred are four fifths of a thousand
        ([90] * 6, 2, 2),  # there are no more
        ([90, 90, 590, 90], 3, 2),  # 800 with the long one and the one before
        ([90, 90, 700, 90], 3, 0),  # the long one stays out, and with it what was said before
        ([90] * 4, 0, 0),
    ],
)
def test_turns_come_back_in_one_step_until_a_fifth_of_the_room_is_free(
    turns: list[int], older: int, back: int
) -> None:
    assert window.step_back(history(*turns), older, FIXED, 1_120, upper) == back


@given(
    st.lists(st.integers(1, 900), min_size=2, max_size=80),
    st.lists(st.sampled_from([800, 1_500, 2_500, 4_000]), min_size=1, max_size=12),
)
def test_the_start_goes_back_at_most_once_each_time_there_is_more_room(
    turns: list[int], rooms: list[int]
) -> None:
    start, backs, growths, room_before = 0, 0, 0, rooms[0]
    for newest in range(1, len(turns) + 1):
        room = rooms[newest * len(rooms) // (len(turns) + 1)]
        growths, room_before = growths + (room > room_before), room
        sizes = history(*turns[start:newest])
        if upper(FIXED + sizes[0]) > room:
            start += window.step(sizes, FIXED, room, upper)
        elif start and window.is_sparse(sizes[0], FIXED, room, upper):
            back = window.step_back(history(*turns[:newest]), start, FIXED, room, upper)
            start, backs = start - back, backs + bool(back)
            assert upper(FIXED + history(*turns[start:newest])[0]) <= 120 + 0.8 * (room - 120) or not back
    assert backs <= growths


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
