"""Several processes on one PostgreSQL: here their `Cluster`s, in one process of Python."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest

from bot.core.leases import Times
from bot.storage.cluster import Alone, Holding
from bot.storage.database import Database
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.places import Server
from bot.storage.postgres_cluster import PostgresCluster
from tests.postgres import server_database
from tests.storage.cast import opened


class Clock:
    """A clock that goes on when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """Processes on one database; each looks only when a test lets it."""

    def __init__(self, server: Server, stack: AsyncExitStack) -> None:
        self.server = server
        self.clock = Clock()
        self.databases: list[Database] = []
        self._stack = stack

    async def process(self, count: int = 4) -> PostgresCluster:
        database = await Database.open(self.server, exclusive=True, joins=True)
        self._stack.push_async_callback(database.close)
        self.databases.append(database)
        cluster = database.cluster
        assert isinstance(cluster, PostgresCluster)
        cluster._clock = self.clock
        await cluster.join("files")
        await cluster.agree(count)
        return cluster

    async def pass_by(self, seconds: int, *clusters: PostgresCluster) -> None:
        """Let each of these look once a second."""
        for _ in range(seconds):
            self.clock.now += 1
            for each in clusters:
                await each.beat()

    async def end(self, cluster: PostgresCluster) -> None:
        """Let a process die as by a kill: its connection goes, and it does nothing more."""
        cluster._connection.terminate()
        await self.ask("SELECT pg_sleep(0.05)")

    async def ask(self, sql: str) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.server.url)
        try:
            return list(await connection.fetch(sql))
        finally:
            await connection.close()


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with server_database() as server, AsyncExitStack() as stack:
        yield House(server, stack)


def held(cluster: PostgresCluster) -> list[int]:
    return sorted(cluster.holding.held)


async def test_a_file_has_one_process_which_has_everything_at_once() -> None:
    alone = Alone()
    assert await alone.agree(3) == 3
    assert alone.holding == Holding(3, frozenset({0, 1, 2}))
    assert (alone.is_leader, alone.may_send, alone.living, alone.me) == (True, True, 1, 0)
    assert not await alone.drain()


async def test_the_first_process_has_all_shards_and_leads(house: House) -> None:
    first = await house.process()
    assert held(first) == [0, 1, 2, 3]
    assert first.is_leader
    assert first.may_send


async def test_a_second_one_takes_its_half_once_it_is_ready_and_the_first_keeps_the_rest(
    house: House,
) -> None:
    first = await house.process()
    second = await house.process(count=9)  # the number of shards is the first one's
    assert (second.holding.count, held(second), sorted(second.holding.adopted)) == (4, [], [2, 3])
    await house.pass_by(2, first, second)
    assert held(first) == [0, 1, 2, 3]  # as nobody is ready yet
    await second.ready(3)
    await house.pass_by(1, second, first)
    assert held(first) == [0, 1, 2]
    await house.pass_by(1, second)
    assert (held(second), sorted(second.holding.adopted)) == ([3], [2])
    assert (first.living, second.living, second.is_leader) == (2, 2, False)


async def test_who_is_to_end_gives_up_what_others_are_ready_for_and_the_lead_at_once(house: House) -> None:
    first, second = await house.process(2), await house.process()
    await second.ready(1)
    await house.pass_by(1, second, first, second)
    assert (held(first), held(second)) == ([0], [1])
    assert await first.drain()
    await house.pass_by(1, second)
    assert second.is_leader
    assert sorted(second.holding.adopted) == [0]
    assert held(first) == [0]
    await second.ready(0)
    await house.pass_by(1, second, first, second)
    assert (held(first), held(second)) == ([], [0, 1])
    await first.leave()
    await house.pass_by(1, second)
    assert (second.holding.ended, second.living) == (1, 1)
    assert not await second.drain()  # nobody is there to be ready


async def test_the_shards_of_a_dead_process_are_taken_at_the_next_look_and_its_row_goes_after_the_grace(
    house: House,
) -> None:
    first, second = await house.process(), await house.process()
    await house.end(first)
    await house.pass_by(1, second)
    assert held(second) == [0, 1, 2, 3]
    assert second.holding.ended == 0
    await house.pass_by(5, second)
    assert second.holding.ended == 0
    await house.pass_by(1, second)
    assert second.holding.ended == 1
    assert [row["id"] for row in await house.ask("SELECT id FROM process")] == [second.me]


async def test_one_whose_connection_was_cut_comes_back_as_itself_with_what_nobody_has_taken(
    house: House,
) -> None:
    first, second = await house.process(), await house.process()
    number = first.me
    await house.end(first)
    assert not first.may_send
    await house.pass_by(1, first)
    assert (first.me, held(first), first.may_send) == (number, [0, 1, 2, 3], True)
    await house.end(first)
    await house.pass_by(1, second, first)
    assert (first.me, held(first), held(second)) == (number, [], [0, 1, 2, 3])


async def test_one_that_comes_back_after_the_grace_is_out_until_it_joins_again(house: House) -> None:
    first, second = await house.process(), await house.process()
    number = first.me
    await house.end(first)
    await house.pass_by(7, second)
    await first.beat()
    assert first.holding.is_out
    assert (held(first), first.may_send, first.is_leader) == ([], False, False)
    await first.join("files")
    await first.agree(4)
    assert first.me > number
    assert (first.holding.count, held(first), sorted(first.holding.adopted)) == (4, [], [2, 3])
    assert first.may_send


async def test_a_hung_process_is_ended_by_whoever_sees_it_for_ten_seconds(house: House) -> None:
    hung, other = await house.process(), await house.process()
    await house.pass_by(9, other)
    assert not hung._connection.is_closed()
    await house.pass_by(2, other)
    await house.ask("SELECT pg_sleep(0.05)")
    await house.pass_by(1, other)
    assert held(other) == [0, 1, 2, 3]
    assert not hung.may_send
    await house.pass_by(6, other)
    await hung.beat()
    assert hung.holding.is_out


async def test_who_has_not_heard_from_the_database_for_two_seconds_sends_nothing(house: House) -> None:
    first = await house.process()
    may_send = []
    for seconds in (1.9, 0.2):
        house.clock.now += seconds
        may_send.append(first.may_send)
    await first.beat()
    may_send.append(first.may_send)
    assert may_send == [True, False, True]


async def test_another_number_of_shards_is_everybodys(house: House) -> None:
    first, second = await house.process(), await house.process()
    assert await second.agree(8, instead_of=4) == 8
    assert await second.agree(16, instead_of=4) == 8  # somebody was faster
    await house.pass_by(1, first)
    assert first.holding.count == 8


async def test_what_one_tells_the_others_hear_and_it_does_not_itself(house: House) -> None:
    first, second = await house.process(), await house.process()
    heard: list[str] = []
    for name, each in (("first", first), ("second", second)):
        each.listen("stop", lambda words, name=name: heard.append(f"{name} {words}"))  # type: ignore[misc]
    await first.tell("stop", "42")
    await house.pass_by(1, second, first)
    assert heard == ["second 42"]


async def test_tools_that_need_the_database_alone_are_refused_while_any_process_runs(house: House) -> None:
    await house.process()
    await house.process()
    with pytest.raises(StorageError) as caught:
        async with opened(house.server):
            pass
    assert caught.value.kind is StorageErrorKind.IN_USE
    async with opened(house.server, exclusive=False):
        pass


async def test_a_process_without_the_server_may_send_nothing_and_says_so_to_nobody(house: House) -> None:
    first = await house.process()
    await house.end(first)
    await first.release(2)
    await first.leave()
    assert (first.me, first.may_send, first.holding) == (0, False, Holding())


def test_the_times_leave_a_holder_deaf_before_others_take_up_its_work() -> None:
    times = Times()
    assert times.beat < times.deaf < times.grace < times.stale
