from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.endpoint.admission import Admission, Ticket


def places(tickets: list[Ticket]) -> list[int]:
    return [ticket.queue[1] for ticket in tickets]


def test_without_limits_everybody_goes_at_once() -> None:
    admission = Admission()
    for place in (1, 1, 2):
        admission.join((0, place))
    assert sorted(places(admission.admit(0))) == [1, 1, 2]
    assert admission.admit(0) == []
    assert admission.opens_at() is None


def test_only_so_many_are_inside_until_one_leaves() -> None:
    admission = Admission(at_once=2)
    tickets = [admission.join((0, place)) for place in (1, 2, 3)]
    assert admission.admit(0) == tickets[:2]
    assert [ticket.admitted for ticket in tickets] == [True, True, False]
    assert admission.admit(99) == []
    assert admission.opens_at() is None, "time alone lets nobody in"
    admission.leave(tickets[0])
    assert admission.admit(99) == [tickets[2]]


def test_only_so_many_begin_within_a_minute() -> None:
    admission = Admission(per_minute=2)
    for _ in range(4):
        admission.join((0, 1))
    assert len(admission.admit(0)) == 2
    assert admission.opens_at() == 61.0
    assert admission.admit(60.9) == []
    assert len(admission.admit(61.0)) == 2
    assert admission.opens_at() is None, "nobody waits"


def test_a_minute_counts_back_from_now_and_not_from_the_clocks_full_minute() -> None:
    admission = Admission(per_minute=2)
    first, second = admission.join((0, 1)), admission.join((0, 1))
    assert admission.admit(0) == [first, second]
    for ticket in (first, second):
        ticket.sent = True
        admission.leave(ticket)
    admission.join((0, 1))
    assert admission.admit(59) == []
    assert admission.opens_at() == 61.0


def test_what_was_never_sent_is_none_of_the_minutes_requests() -> None:
    admission = Admission(per_minute=2)
    first = admission.join((0, 1))
    admission.admit(0)
    second = admission.join((0, 1))
    admission.admit(10)
    waiting = [admission.join((0, 1)), admission.join((0, 1))]
    assert admission.admit(20) == []
    first.sent = True
    admission.leave(first)
    admission.leave(second)
    assert admission.admit(20) == waiting[:1]
    assert admission.opens_at() == 61.0, "the first was sent"
    assert admission.admit(61) == waiting[1:]


def test_what_is_given_back_after_its_minute_takes_nothing_from_the_next() -> None:
    admission = Admission(per_minute=1)
    slow = admission.join((0, 1))
    admission.admit(0)
    admission.join((0, 1))
    admission.admit(61)
    admission.leave(slow)
    admission.join((0, 1))
    assert admission.admit(61) == []


def test_places_take_turns_however_many_one_of_them_has_waiting() -> None:
    admission = Admission(at_once=1)
    for place in (1, 1, 1, 1, 2, 3, 3):
        admission.join((0, place))
    order = []
    while admitted := admission.admit(0):
        order += places(admitted)
        admission.leave(admitted[0])
    assert order == [1, 2, 3, 1, 3, 1, 1]


def test_within_a_place_who_came_first_goes_first() -> None:
    admission = Admission(at_once=1)
    tickets = [admission.join((0, 1)) for _ in range(3)]
    for ticket in tickets:
        assert admission.admit(0) == [ticket]
        admission.leave(ticket)


def test_a_call_that_stops_waiting_is_not_admitted() -> None:
    admission = Admission(at_once=1)
    inside, leaves, stays = admission.join((0, 1)), admission.join((0, 2)), admission.join((0, 3))
    assert admission.admit(0) == [inside]
    admission.leave(leaves)
    admission.leave(inside)
    assert admission.admit(0) == [stays]


def test_servers_take_turns_first_and_then_the_channels_of_each() -> None:
    admission = Admission(at_once=1)
    for queue in ((1, 1), (1, 1), (1, 2), (1, 3), (1, 3), (2, 4), (2, 4), (3, 5)):
        admission.join(queue)
    order = []
    while admitted := admission.admit(0):
        order += [ticket.queue for ticket in admitted]
        admission.leave(admitted[0])
    assert order == [(1, 1), (2, 4), (3, 5), (1, 2), (2, 4), (1, 3), (1, 1), (1, 3)]


def test_a_channel_of_the_same_number_on_another_server_is_another_one() -> None:
    admission = Admission(at_once=1)
    gone, stays = admission.join((1, 7)), admission.join((2, 7))
    admission.leave(gone)
    assert admission.admit(0) == [stays]


QUEUES = [(group, line) for group in (1, 2, 3) for line in (1, 2, 3)]


@given(
    at_once=st.integers(1, 4),
    per_minute=st.integers(1, 6),
    steps=st.lists(st.tuples(st.sampled_from(["join", "leave", "turn back", "give up"]), st.sampled_from(QUEUES), st.floats(0, 30))),
)  # fmt: skip
def test_neither_limit_is_ever_passed_and_no_turn_is_skipped(
    at_once: int, per_minute: int, steps: list[tuple[str, tuple[int, int], float]]
) -> None:
    now, admission = 0.0, Admission(at_once=at_once, per_minute=per_minute)
    waiting: list[Ticket] = []
    inside: list[Ticket] = []
    begun: dict[Ticket, float] = {}
    # How often a group that waits was passed over by others, and a queue by others of its group, since they wait.
    groups: Counter[int] = Counter()
    queues: Counter[tuple[int, int]] = Counter()
    for what, queue, seconds in steps:
        now += seconds
        if what == "join":
            waiting.append(admission.join(queue))
        elif what == "leave" and inside:
            inside[0].sent = True
            admission.leave(inside.pop(0))
        elif what == "turn back" and inside:
            del begun[inside[-1]]
            admission.leave(inside.pop())
        elif what == "give up" and waiting:
            admission.leave(waiting.pop())
        for ticket in admission.admit(now):
            waiting.remove(ticket)
            inside.append(ticket)
            begun[ticket] = now
            group = ticket.queue[0]
            groups[group] = queues[ticket.queue] = 0
            left = {each.queue for each in waiting}
            groups.update({other for other, _ in left} - {group})
            queues.update(other for other in left if other[0] == group and other != ticket.queue)
            assert max(groups.values(), default=0) <= 2, "at most one turn of each other group"
            assert max(queues.values(), default=0) <= 2, "at most one turn of each other queue of the group"
        for gone in set(QUEUES) - {each.queue for each in waiting}:
            queues[gone] = 0
        for group in {1, 2, 3} - {each.queue[0] for each in waiting}:
            groups[group] = 0
        assert len(inside) <= at_once
        assert sum(now - 61 < at <= now for at in begun.values()) <= per_minute
        if waiting and len(inside) < at_once:
            assert (admission.opens_at() or 0) > now
        else:
            assert admission.opens_at() is None


@pytest.mark.parametrize("limit", [1, 20])
def test_what_began_long_ago_is_forgotten(limit: int) -> None:
    admission = Admission(per_minute=limit)
    for minute in range(50):
        tickets = [admission.join((0, 1)) for _ in range(limit)]
        assert admission.admit(minute * 61.0) == tickets
        for ticket in tickets:
            ticket.sent = True
            admission.leave(ticket)
