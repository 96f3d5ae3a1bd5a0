"""Which process takes which shard, and when one counts as hung or gone."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.core.leases import Ends, Peer, Plan, Seen, Times, Watch, plan


def peer(number: int, *held: int, leaves: bool = False, connects: tuple[int, ...] = ()) -> Peer:
    """A process that has shards, and is connected but with those with which it `connects`."""
    return Peer(number, leaves, frozenset(held), frozenset(held) - frozenset(connects))


def shards(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


# --- the plan -------------------------------------------------------------------------------------


def test_who_is_alone_takes_all() -> None:
    assert plan(1, [peer(1)], 4) == Plan(take=shards(0, 1, 2, 3))


def test_a_second_process_connects_beside_the_first_for_its_half() -> None:
    both = [peer(1, 0, 1, 2, 3), peer(2)]
    assert plan(2, both, 4) == Plan(adopt=shards(2, 3))
    assert plan(1, both, 4) == Plan(spare=shards(2, 3))


def test_what_a_dead_process_had_is_shared_by_the_living() -> None:
    living = [peer(1, 0, 1), peer(3, 4, 5)]
    assert plan(1, living, 6) == Plan(take=shards(2))
    assert plan(3, living, 6) == Plan(take=shards(3))


def test_who_is_to_end_gives_everything_up_to_who_is_ready_and_takes_nothing() -> None:
    both = [peer(1, 0, 1, leaves=True), peer(2, 2, 3, 4)]
    assert plan(1, both, 5) == Plan(spare=shards(0, 1))
    assert plan(2, both, 5) == Plan(adopt=shards(0, 1))


def test_while_nobody_serves_a_shard_nobody_connects_beside_another() -> None:
    back = [peer(1, 0, 1, 2, 3, connects=(1,)), peer(2)]
    assert plan(2, back, 4) == Plan()
    assert plan(2, [peer(1, 0, 1, 2), peer(2)], 4) == Plan(take=shards(3))
    # But who is to end doesn't wait for long.
    assert plan(2, [peer(1, 0, leaves=True), peer(2, 1, connects=(1,))], 2) == Plan(adopt=shards(0))
    # A shard that changes hands has nobody for a moment.
    assert plan(2, [peer(1, 0, 1, 2), peer(2)], 4, adopting=shards(2, 3)) == Plan(shards(3), shards(2))


def test_who_is_to_end_gives_up_at_once_what_it_is_not_connected_with() -> None:
    both = [peer(1, 0, 1, leaves=True, connects=(1,)), peer(2)]
    assert plan(1, both, 2) == Plan(spare=shards(0, 1), useless=shards(1))


def test_with_one_shard_more_than_processes_the_one_who_has_more_keeps_it() -> None:
    assert plan(1, [peer(1, 0, 1), peer(2, 2)], 3) == Plan()
    assert plan(2, [peer(1, 0), peer(2, 1, 2)], 3) == Plan()


def test_shards_that_there_are_no_more_are_given_up_by_nobody_and_count_for_nobody() -> None:
    assert plan(1, [peer(1, 0, 7), peer(2)], 2) == Plan()
    assert plan(2, [peer(1, 0, 7), peer(2)], 2) == Plan(take=shards(1))


peers = st.integers(1, 6).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(0, count), min_size=12, max_size=12),
        st.lists(st.booleans(), min_size=count, max_size=count),
        st.integers(1, 12),
    )
)


def standing(owners: Sequence[int], leaving: Sequence[bool], count: int) -> list[Peer]:
    return [
        peer(number, *(shard for shard, owner in enumerate(owners[:count]) if owner == number), leaves=leaves)
        for number, leaves in enumerate(leaving, 1)
    ]


def after(found: list[Peer], count: int) -> list[Peer]:
    """What each has once everybody has done what they plan, the holders' consent given."""
    plans = {each.id: plan(each.id, found, count) for each in found}
    for each in found:
        mine = plans[each.id]
        assert not mine.take & mine.adopt
        assert not (mine.take | mine.adopt) & each.held
        assert mine.spare <= each.held
        for other in found:
            if other.id != each.id:
                assert not (mine.take | mine.adopt) & (plans[other.id].take | plans[other.id].adopt)
                assert not mine.take & other.held
                assert mine.adopt & other.held <= plans[other.id].spare
    gained = {each.id: plans[each.id].take | plans[each.id].adopt for each in found}
    return [
        _with(each, (each.held - frozenset().union(*gained.values())) | gained[each.id]) for each in found
    ]


def _with(peer: Peer, held: frozenset[int]) -> Peer:
    return replace(peer, held=held, served=held)


@given(peers)
def test_in_two_steps_all_shards_are_shared_fairly_and_nothing_moves_after_that(
    drawn: tuple[list[int], list[bool], int],
) -> None:
    owners, leaving, count = drawn
    found = standing(owners, leaving, count)
    staying = [each for each in found if not each.is_draining]
    now = after(after(found, count), count)  # first what has nobody, then what moves
    assert sum(len(each.held) for each in now) == len(frozenset().union(*(each.held for each in now)))
    if not staying:
        assert now == found
        return
    assert sorted(shard for each in now for shard in each.held) == list(range(count))
    sizes = [len(each.held) for each in now if not each.is_draining]
    assert max(sizes) - min(sizes) <= 1
    assert all(not each.held for each in now if each.is_draining)
    assert after(now, count) == now
    for each, before in zip(now, found, strict=True):
        if not each.is_draining and len(before.held) <= min(sizes):
            assert before.held <= each.held  # nobody gives up what it may keep


@given(peers, st.randoms())
def test_moved_one_by_one_in_any_order_no_shard_moves_twice(
    drawn: tuple[list[int], list[bool], int], random: object
) -> None:
    owners, leaving, count = drawn
    found, moves = standing(owners, leaving, count), list[int]()
    while True:
        due = [
            (each.id, shard)
            for each in found
            for mine in (plan(each.id, found, count),)
            for shard in sorted(mine.take | mine.adopt)
        ]
        if not due:
            break
        taker, shard = due[random.randrange(len(due))]  # type: ignore[attr-defined]
        moves.append(shard)
        found = [
            _with(each, each.held | {shard} if each.id == taker else each.held - {shard}) for each in found
        ]
        assert len(moves) <= count
    assert len(moves) == len(set(moves))


# --- the watch ------------------------------------------------------------------------------------

TIMES = Times(beat=1, deaf=2, stale=10, grace=5)


def looks(watch: Watch, seconds: Sequence[float], seen: dict[int, Seen]) -> list[Ends]:
    return [watch.look(now, seen) for now in seconds]


def test_whose_sign_of_life_stands_still_for_ten_seconds_is_hung() -> None:
    watch = Watch(TIMES)
    found = looks(watch, range(11), {7: Seen(100, is_locked=True)})
    assert found == [Ends()] * 10 + [Ends(hung=frozenset({7}))]


def test_a_new_sign_of_life_counts_from_the_beginning() -> None:
    watch = Watch(TIMES)
    looks(watch, range(9), {7: Seen(100, is_locked=True)})
    assert looks(watch, range(9, 19), {7: Seen(101, is_locked=True)}) == [Ends()] * 10


def test_who_has_lost_its_connection_is_gone_after_the_grace_and_not_if_it_comes_back() -> None:
    watch = Watch(TIMES)
    assert looks(watch, range(5), {7: Seen(100, is_locked=False)}) == [Ends()] * 5
    assert watch.look(5, {7: Seen(101, is_locked=True)}) == Ends()
    assert looks(watch, range(6, 11), {7: Seen(101, is_locked=False)}) == [Ends()] * 5
    assert watch.look(11, {7: Seen(101, is_locked=False)}) == Ends(gone=frozenset({7}))


def test_who_could_not_look_for_a_while_condemns_nobody_for_that_while() -> None:
    watch = Watch(TIMES)
    seen = {7: Seen(100, is_locked=True), 8: Seen(50, is_locked=False)}
    looks(watch, range(3), seen)
    assert watch.look(60, seen) == Ends()
    assert looks(watch, range(61, 65), seen) == [Ends()] * 4
    assert watch.look(65, seen) == Ends(gone=frozenset({8}))
