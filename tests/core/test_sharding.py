"""Which shard hears of a server, and when a session may begin."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.sharding import (
    WHOLE,
    Closing,
    Shard,
    closing_of,
    count_after,
    key_of,
    pause_before_identify,
    reserve,
)

SERVERS = st.integers(0, 2**63 - 1)


@given(SERVERS, st.integers(1, 200))
def test_each_server_is_one_shards_and_the_only_shard_has_all(server_id: int, count: int) -> None:
    held = [number for number in range(count) if Shard(number, count).holds(server_id)]
    assert held == [(server_id >> 22) % count]
    assert WHOLE.holds(server_id)


@pytest.mark.parametrize("count", [1, 4, 16])
def test_what_belongs_to_no_server_is_the_firsts(count: int) -> None:
    assert [number for number in range(count) if Shard(number, count).holds(None)] == [0]
    assert [number for number in range(count) if Shard(number, count).is_first] == [0]


def test_a_servers_shard_is_known_from_discords_own_example_of_an_id() -> None:
    # 175928847299117063 was made at 41944705796 ms, which is 2 modulo 3 and 4 modulo 16.
    assert Shard(2, 3).holds(175928847299117063)
    assert Shard(4, 16).holds(175928847299117063)


def test_sessions_of_one_key_begin_five_seconds_apart() -> None:
    assert [key_of(number, 1) for number in range(3)] == [0, 0, 0]
    assert [key_of(number, 16) for number in (0, 1, 16, 17)] == [0, 1, 0, 1]
    assert pause_before_identify(None, 100.0) == 0.0
    assert pause_before_identify(95.5, 100.0) == 1.0
    assert pause_before_identify(94.5, 100.0) == 0.0


@pytest.mark.parametrize(("count", "left"), [(1, 20), (10, 20), (11, 22), (100, 200)])
def test_the_more_shards_the_more_sessions_stay_in_reserve(count: int, left: int) -> None:
    assert reserve(count) == left


@pytest.mark.parametrize(
    ("code", "closing"),
    [
        (4004, Closing.WRONG_TOKEN),
        (4010, Closing.WRONG_SHARD),
        (4011, Closing.TOO_MANY_SERVERS),
        (1000, None),
        (4009, None),
        (4014, None),
    ],
)
def test_what_a_close_code_says(code: int, closing: Closing | None) -> None:
    assert closing_of(code) is closing


@pytest.mark.parametrize(
    ("closing", "held", "advised", "count"),
    [
        (Closing.TOO_MANY_SERVERS, 1, 4, 4),
        (Closing.TOO_MANY_SERVERS, 4, 5, 5),
        (Closing.TOO_MANY_SERVERS, 1, 1, 2),  # its advice has not grown yet
        (Closing.TOO_MANY_SERVERS, 5, 4, 8),
        (Closing.TOO_MANY_SERVERS, 16, 16, 32),
        (Closing.WRONG_SHARD, 9, 4, 4),
        (None, 4, 2, 2),
    ],
)
def test_how_many_shards_follow_a_close(closing: Closing | None, held: int, advised: int, count: int) -> None:
    assert count_after(closing, held, advised) == count
