"""Connections to PostgreSQL whose use is broken off at any point, or that the server ends: none is used again in an unclear state."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from itertools import count, product
from typing import Any

import asyncpg
import pytest

from bot.storage.database import Database
from bot.storage.errors import StatementError, StorageError, StorageErrorKind
from bot.storage.places import Server
from bot.storage.postgres import Postgres, transaction
from bot.storage.postgres_cluster import PostgresCluster
from tests.postgres import ask, end_connections, relayed, server_database
from tests.storage.cast import failures_counted, opened


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with server_database() as found:
        yield found


# --- cancelled at any point -----------------------------------------------------------------------


class BrokenOff:
    """Work whose task is cancelled at some of the points where it waits: as the wait begins, or as it ends."""

    def __init__(self, work: Coroutine[Any, Any, None], at: set[int], *, is_late: bool) -> None:
        self.points = 0
        self._work = work
        self._at = at
        self._is_late = is_late

    def __await__(self) -> Generator[Any, Any, None]:
        error: BaseException | None = None
        while True:
            try:
                waits_for = self._work.send(None) if error is None else self._work.throw(error)
            except StopIteration:
                return
            error = None
            self.points += 1
            task = asyncio.current_task()
            assert task is not None
            if self.points in self._at and (waits_for is None or not self._is_late):
                task.cancel()
            elif self.points in self._at:
                waits_for.add_done_callback(lambda _, task=task: task.cancel())
            try:
                yield waits_for
            except BaseException as raised:  # noqa: BLE001 - it goes on to the work
                error = raised


async def broken_off_everywhere(
    work: Callable[[], Coroutine[Any, Any, None]], after: Callable[[bool], Awaitable[None]]
) -> int:
    """Break work off at each point, and once more soon after that; return how often it was cancelled."""
    cancelled = 0
    for is_late, again in product((False, True), (0, 1)):
        for point in count(1):
            broken = BrokenOff(work(), {point, point + again}, is_late=is_late)

            async def go(broken: BrokenOff = broken) -> None:
                await broken

            task = asyncio.create_task(go())
            await asyncio.wait([task])
            cancelled += task.cancelled()
            await after(not task.cancelled())
            if broken.points < point:
                break
    return cancelled


async def test_a_transaction_that_is_cancelled_anywhere_is_written_whole_or_not_and_the_next_works(
    server: Server,
) -> None:
    numbers = count(1)
    async with opened(server) as db:

        async def write() -> None:
            number = next(numbers)
            async with db.transaction() as tx:
                await tx.run("INSERT INTO notice VALUES (?, 'a', '', 0)", (number,))
                await tx.run(f"SELECT {number} AS never_asked_before")
                await tx.run("INSERT INTO notice VALUES (?, 'b', '', 0)", (number,))

        async def see(is_done: bool) -> None:
            number = next(numbers)
            await db.write("INSERT INTO notice VALUES (?, 'a', '', 0)", (number,))
            written = "SELECT count(*) AS rows FROM notice WHERE channel_id = ?"
            assert (await db.read(written, (number,)))[0]["rows"] == 1
            assert (await db.read(written, (number - 1,)))[0]["rows"] in ([2] if is_done else [0, 2])

        assert await broken_off_everywhere(write, see) > 20


async def test_a_read_that_is_cancelled_anywhere_leaves_the_others_alone(server: Server) -> None:
    numbers = count(1)
    async with opened(server) as db:

        async def read() -> None:
            await db.read(f"SELECT {next(numbers)} AS never_asked_before")

        async def see(_: bool) -> None:
            assert [len(rows) for rows in await asyncio.gather(*[db.read("SELECT 1")] * 2)] == [1, 1]

        assert await broken_off_everywhere(read, see) > 5


LOCKED = (
    "SELECT objid::int AS shard FROM pg_locks WHERE locktype = 'advisory' AND classid = 1148346735 ORDER BY 1"
)


@pytest.mark.parametrize("act", ["agree", "join"])
async def test_a_process_whose_look_is_broken_off_anywhere_gives_signs_of_life_and_has_what_it_believes(
    server: Server, act: str
) -> None:
    db = await Database.open(server, exclusive=True, joins=True)
    cluster = db.cluster
    assert isinstance(cluster, PostgresCluster)
    await cluster.join()
    await cluster.agree(2)

    async def work() -> None:
        with suppress(StorageError):
            if act == "agree":
                await cluster.agree(2)
            else:
                await cluster.join()

    async def see(_: bool) -> None:
        await cluster.beat()
        if cluster.holding.is_out or not cluster.me:  # it was given up in the middle of joining
            await cluster.join()
        await ask(server, "UPDATE process SET beat = 0")
        await cluster.beat()
        await cluster.beat()
        listed = await ask(server, "SELECT id FROM process WHERE beat > 0")
        assert [row["id"] for row in listed] == [cluster.me]
        assert cluster.may_send
        assert [row["shard"] for row in await ask(server, LOCKED)] == sorted(cluster.holding.held) == [0, 1]

    try:
        assert await broken_off_everywhere(work, see) > 5
    finally:
        await db.close()


async def test_a_failure_that_was_passed_over_does_not_pass_for_a_commit(server: Server) -> None:
    async def write(db: Database) -> None:
        async with db.transaction() as tx:
            await tx.run("INSERT INTO notice VALUES (1, 'a', '', 0)")
            with suppress(StatementError):
                await tx.run("INSERT INTO notice VALUES (1, 'a', '', 0)")

    async with opened(server) as db:
        with pytest.raises(StatementError, match="the transaction had failed"):
            await write(db)
        assert await db.read("SELECT * FROM notice") == []


# --- ended by the server --------------------------------------------------------------------------


async def test_what_the_server_has_ended_is_replaced_before_anybody_notices(server: Server) -> None:
    async with relayed(server) as (there, relay), opened(there) as db:
        await asyncio.gather(*(db.read("SELECT pg_sleep(0.01)") for _ in range(4)))
        relay.ends.clear()
        await end_connections(server)
        await relay.told.wait()  # the client knows that it has ended, and not yet that nothing comes after
        with failures_counted() as counted:
            await db.write("INSERT INTO notice VALUES (1, 'a', '', 0)")
            assert len(await db.read("SELECT * FROM notice")) == 1
            await db.check()
        assert counted == []
        with pytest.raises(StorageError, match="in_use"):  # it has its lock again
            async with opened(server):
                pass
        relay.ends.set()


async def test_a_transaction_that_the_server_has_ended_says_so_and_not_that_nobody_answers(
    server: Server,
) -> None:
    async def write(db: Database) -> None:
        async with db.transaction() as tx:
            await tx.run("INSERT INTO notice VALUES (1, 'a', '', 0)")
            relay.ends.clear()
            await end_connections(server)
            await relay.told.wait()
            await tx.run("INSERT INTO notice VALUES (2, 'a', '', 0)")

    async with relayed(server) as (there, relay), opened(there) as db:
        with pytest.raises(StorageError) as caught, failures_counted() as counted:
            await write(db)
        assert counted == ["cut"]
        relay.ends.set()
        assert caught.value.kind is StorageErrorKind.CUT
        await db.write("INSERT INTO notice VALUES (3, 'a', '', 0)")
        assert [row["channel_id"] for row in await db.read("SELECT * FROM notice")] == [3]


async def test_a_transaction_on_a_connection_of_its_own_leaves_none_open(server: Server) -> None:
    connection = await asyncpg.connect(server.url)

    async def work() -> None:
        async with transaction(connection):
            await connection.execute("DELETE FROM notice")

    async def see(_: bool) -> None:
        nonlocal connection
        if connection.is_closed():
            connection = await asyncpg.connect(server.url)
        await connection.execute("SELECT 1")
        assert not connection.is_in_transaction()

    assert await broken_off_everywhere(work, see) > 5
    await connection.close()


async def test_a_statement_with_a_value_too_many_is_a_defect_and_no_server_that_is_away(
    server: Server,
) -> None:
    async with opened(server) as db:
        for act in (db.write, db.read):
            with pytest.raises(StatementError, match="InterfaceError"):
                await act("SELECT ?::int AS number", (1, 2))
        assert isinstance(db._engine, Postgres)
        assert not db._engine._writer.is_closed()
