"""What a channel shows that the story has not, and the reverse."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.catching_up import (
    PAGE,
    Bounds,
    Differences,
    Gap,
    Listing,
    differences,
    id_at,
    wanted,
)

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def listed(*ids: int, edited: Iterable[int] = (), whole: bool = False) -> Listing:
    return Listing({each: each in tuple(edited) for each in ids}, whole)


def test_an_id_begins_with_the_milliseconds_since_discords_first_day() -> None:
    at = datetime(2016, 4, 30, 11, 18, 25, 796_000, tzinfo=UTC)
    assert id_at(at) == 175928847299117063 >> 22 << 22  # Discord's own example
    assert id_at(datetime(2014, 12, 31, tzinfo=UTC)) == 0
    assert id_at(datetime(2015, 1, 1, 0, 0, 0, 1000, tzinfo=UTC)) == 1 << 22


@pytest.mark.parametrize(
    ("hours", "messages", "on"),
    [(24, 200, True), (1, 1, True), (0, 200, False), (24, 0, False), (0, 0, False)],
)
def test_either_bound_turns_it_off(hours: int, messages: int, on: bool) -> None:
    assert Bounds(hours, messages, 10).is_on is on


def test_what_is_young_enough_begins_with_an_id() -> None:
    assert Bounds(24, 200).since(NOON) == id_at(datetime(2026, 3, 13, 12, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("minutes", "ago", "answered"),
    [(10, 0, True), (10, 600, True), (10, 601, False), (1, 60, True), (0, 0, False), (0, 5, False)],
)
def test_who_waits_is_answered_for_some_minutes(minutes: int, ago: int, answered: bool) -> None:
    assert Bounds(answer_minutes=minutes).answers(NOON - timedelta(seconds=ago), NOON) is answered


def test_a_clock_that_is_behind_discords_answers_too() -> None:
    assert Bounds(answer_minutes=10).answers(NOON + timedelta(seconds=30), NOON)


@pytest.mark.parametrize(
    ("listing", "most", "size"),
    [
        (Listing(), 200, 100),
        (Listing(), 250, 100),
        (Listing(), 30, 30),
        (listed(*range(100, 200)), 200, 100),
        (listed(*range(100, 200)), 150, 50),
        (listed(*range(100, 200)), 100, 0),  # the host's bound
        (listed(*range(51, 151)), 200, 100),
        (listed(*range(50, 150)), 200, 0),  # it reaches what matters
        (listed(*range(49, 149)), 200, 0),
        (listed(150, 160, whole=True), 200, 0),  # there is no more
        (listed(whole=True), 200, 0),
    ],
)
def test_pages_are_asked_for_until_they_are_enough(listing: Listing, most: int, size: int) -> None:
    assert listing.next_page(50, most) == size


def test_a_page_that_is_not_full_is_the_last() -> None:
    full = Listing().with_page(dict.fromkeys(range(100, 200), False), 100)
    assert not full.is_whole
    assert full.with_page({99: True}, 100) == Listing({**full.messages, 99: True}, is_whole=True)
    assert full.with_page({99: True}, 1).is_whole is False


def test_what_matters_begins_with_the_oldest_stored_or_the_first_that_was_not_heard() -> None:
    assert wanted([30, 20, 40], [Gap(50, 60)], 0) == 20
    assert wanted([], [Gap(50, 60)], 0) == 51
    assert wanted([], [Gap(50, 60)], 55) == 56  # older ones stay unheard
    assert wanted([80], [Gap(50, 60)], 55) == 56


def test_the_three_kinds_of_differences() -> None:
    listing = listed(10, 30, 40, 50, edited=[30, 50])
    found = differences(listing, [10, 20, 30], [Gap(35, 35)], 0)
    assert found == Differences(deleted=(20,), edited=(30,), new=(40, 50))


def test_an_empty_list_proves_nothing() -> None:
    assert differences(listed(whole=True), [10, 20], [Gap(30, 30)], 0) == Differences()
    assert differences(listed(), [10, 20], [Gap(30, 30)], 0) == Differences()


def test_nothing_older_than_the_list_is_deleted() -> None:
    assert differences(listed(20, 30), [10, 15, 25], [Gap(30, 30)], 0).deleted == (25,)
    assert differences(listed(20, 30), [19, 20, 21], [Gap(30, 30)], 0).deleted == (21,)
    assert differences(listed(20, 30, whole=True), [10, 15, 25], [Gap(30, 30)], 0).deleted == (10, 15, 25)


def test_a_deleted_newest_message_is_newer_than_all_that_are_listed() -> None:
    assert differences(listed(10), [10, 20], [Gap(20, 20)], 0).deleted == (20,)


def test_what_was_stored_after_the_connection_began_is_not_deleted() -> None:
    """It may be too young for the list; its deletion is an event."""
    assert differences(listed(10), [10, 20, 21], [Gap(5, 20)], 0).deleted == (20,)


@pytest.mark.parametrize(
    ("after", "since", "new"), [(10, 0, (20, 30)), (20, 0, (30,)), (10, 20, (20, 30)), (10, 21, (30,))]
)
def test_only_what_nobody_heard_and_is_young_is_new(after: int, since: int, new: tuple[int, ...]) -> None:
    assert differences(listed(10, 20, 30), [], [Gap(after, after)], since).new == new


def test_a_channel_may_have_several_gaps() -> None:
    gaps = [Gap(50, 60), Gap(10, 20, 20)]
    assert wanted([], gaps, 0) == 11
    assert differences(listed(5, 15, 30, 55), [12, 19], gaps, 0) == Differences(
        deleted=(12, 19), new=(15, 55)
    )


def test_a_gap_that_is_left_ends_when_the_connection_began() -> None:
    left = Gap(50, 60).ended(NOON)
    end = id_at(NOON + timedelta(minutes=1))  # the host's clock may be behind
    assert left == Gap(50, end, end)
    assert [left.holds(each) for each in (50, 51, end, end + 1)] == [False, True, True, False]
    assert left.ended(NOON + timedelta(hours=1)) == left


# --- the story is what an independent reader of the channel would see ---------------------------------

Moment = tuple[str, int]

MOMENTS = st.lists(st.tuples(st.sampled_from(["say", "edit", "delete"]), st.integers(0, 400)), max_size=60)


def play(moments: Iterable[Moment], channel: dict[int, tuple[str, bool]], first: int) -> int:
    """Let things happen in a channel, which holds the words of each message and whether it was edited."""
    number = first
    for kind, which in moments:
        if kind == "say":
            channel[number] = (f"words {number}", False)
            number += 1
        elif channel:
            chosen = sorted(channel)[which % len(channel)]
            if kind == "delete":
                del channel[chosen]
            else:
                channel[chosen] = (f"other words {which}", True)
    return number


@given(MOMENTS, MOMENTS, st.integers(1, 50), st.integers(0, 3))
def test_after_any_downtime_the_story_is_what_is_on_screen(
    before: list[Moment], meanwhile: list[Moment], most: int, unheard: int
) -> None:
    channel: dict[int, tuple[str, bool]] = {}
    heard = play(before, channel, 1) - 1
    story = {number: words for number, (words, _) in channel.items()}
    newest = max(story, default=0)
    play(meanwhile, channel, heard + 1)

    gap = Gap(max(0, heard - unheard), newest)  # a kill may forget what was heard last
    lowest, listing = wanted(story, [gap], 0), Listing()
    while size := listing.next_page(lowest, most):
        oldest = min(listing.messages, default=2**63)
        page = sorted((each for each in channel if each < oldest), reverse=True)[:size]
        listing = listing.with_page({each: channel[each][1] for each in page}, size)
    assert len(listing.messages) <= most
    found = differences(listing, tuple(story), [gap], 0)
    for number in found.deleted:
        del story[number]
    for number in (*found.edited, *found.new):
        story[number] = channel[number][0]

    visible = {number: words for number, (words, _) in channel.items()}
    if not visible:
        assert found == Differences()
    else:
        seen = listing.messages
        assert {n: w for n, w in story.items() if listing.must_hold(n)} == {
            n: w for n, w in visible.items() if n in seen
        }
        assert len(visible) >= most or story == visible  # else older ones are out of reach


@given(st.integers(1, 1000), st.integers(0, 2000))
def test_no_more_is_asked_for_than_the_host_allows(most: int, there: int) -> None:
    listing, asked = Listing(), 0
    while size := listing.next_page(0, most):
        assert size <= PAGE
        asked += 1
        first = len(listing.messages)
        page = range(max(1, there - first - size + 1), there - first + 1)
        listing = listing.with_page(dict.fromkeys(page, False), size)
    assert len(listing.messages) == min(most, there)
    assert asked <= -(-most // PAGE) + 1
