"""Windows that several processes share, on a real PostgreSQL and by its clock."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count, repeat

import asyncpg
import pytest

from bot.storage.cluster import Alone
from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.places import Server
from bot.storage.postgres_windows import Windows
from tests.postgres import ask, server_database


class House:
    """Processes that share windows: as they would, each by a connection of its own."""

    def __init__(self, server: Server, stack: AsyncExitStack) -> None:
        self.server = server
        self._stack = stack

    async def windows(self, living: int = 4, clock: Iterator[int] | None = None) -> Windows:
        more = {} if clock is None else {"clock": lambda: float(next(clock))}
        windows = Windows(self.server, lambda: asyncpg.connect(self.server.url), lambda: living, **more)
        self._stack.push_async_callback(windows.close)
        return windows

    @asynccontextmanager
    async def uses(self) -> AsyncIterator[list[tuple[str, int]]]:
        """Each use until the end, which is when they are listed: of which window, and when."""
        for sql in (
            "CREATE TABLE used (name TEXT, at BIGINT)",
            """CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO used VALUES (NEW.name, NEW.at); RETURN NEW; END $$""",
            "CREATE TRIGGER noting AFTER UPDATE ON window_place FOR EACH ROW EXECUTE FUNCTION note()",
        ):
            await ask(self.server, sql)
        used: list[tuple[str, int]] = []
        try:
            yield used
            used += [
                (row["name"], row["at"]) for row in await ask(self.server, "SELECT * FROM used ORDER BY at")
            ]
        finally:
            await ask(self.server, "DROP FUNCTION note CASCADE")
            await ask(self.server, "DROP TABLE used")


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with server_database() as server, AsyncExitStack() as stack:
        await (await Database.open(server, exclusive=True)).close()
        yield House(server, stack)


async def test_a_process_alone_asks_nobody() -> None:
    alone = Alone()
    assert [await alone.window("token", 1, 1.0) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert [await alone.claim("interaction 1"), await alone.claim("interaction 1")] == [True, True]
    assert alone.streams_elsewhere(7) == 0


async def test_four_processes_at_once_take_as_many_as_there_are_and_are_told_how_long_to_wait(
    house: House,
) -> None:
    processes = [await house.windows() for _ in range(4)]
    waits = await asyncio.gather(*(each.take("token", 10, 60.0) for each in processes for _ in range(5)))
    assert sum(wait == 0 for wait in waits) == 10
    assert all(wait == 0.005 or 50 < wait <= 60 for wait in waits if wait)
    assert await processes[0].take("address", 1, 60.0) == 0  # a window of its own


async def test_in_no_window_are_there_more_by_the_servers_clock_and_nobody_starves(house: House) -> None:
    processes = [await house.windows(clock=repeat(0)) for _ in range(4)]

    async def press(windows: Windows, times: int = 8) -> None:
        for _ in range(times):
            while wait := await windows.take("token", 5, 0.1):  # noqa: ASYNC110 - of the server's clock
                await asyncio.sleep(wait)

    async with house.uses() as uses:
        await asyncio.gather(*map(press, processes))
    at = [each for _, each in uses]
    assert len(at) == 32
    assert max(sum(begin <= each < begin + 100 for each in at) for begin in at) == 5


async def test_a_late_answer_makes_its_place_younger(house: House) -> None:
    quick, slow = await house.windows(clock=repeat(0)), await house.windows(clock=count())
    async with house.uses() as uses:
        assert [await quick.take("quick", 1, 60.0), await slow.take("slow", 1, 60.0)] == [0, 0]
    assert [name for name, _ in uses] == ["quick", "slow", "slow", "slow", "slow"]


async def test_what_is_less_urgent_leaves_places_to_what_is_more(house: House) -> None:
    one, other = await house.windows(), await house.windows()
    assert [await one.take("token", 3, 60.0) for _ in range(3)] == [0, 0, 0]
    assert await other.take("token", 3, 60.0) > 50
    assert [await other.take("token", 5, 60.0) for _ in range(2)] == [0, 0]
    assert await one.take("token", 5, 60.0) > 50


async def test_without_the_server_each_takes_its_share_of_what_all_may(house: House) -> None:
    clock = Clock()
    windows = await house.windows(living=4)
    windows._clock = clock
    assert [await windows.take("token", 10, 60.0) for _ in range(7)] == [0] * 7
    connect = windows._connect

    async def away() -> None:
        raise ConnectionRefusedError

    windows._connect = away
    windows._end()
    assert await windows.take("token", 10, 60.0) == 60  # all of them may just have been used
    clock.now += 60
    assert [await windows.take("token", 10, 60.0) for _ in range(3)] == [0, 0, 60]
    with pytest.raises(StorageError):
        await windows.claim("interaction 1")
    windows._connect = connect
    clock.now += 2
    assert [await windows.take("token", 10, 60.0) for _ in range(2)] == [58, 58]  # others are away still
    clock.now += 58
    assert [await windows.take("token", 10, 60.0) for _ in range(3)] == [0, 0, 60]
    clock.now += 2
    assert await windows.take("token", 10, 60.0) == 0  # by now nobody is


class Clock:
    """A clock that goes on when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_clock_that_was_put_back_closes_no_window(house: House) -> None:
    windows = await house.windows()
    await windows.take("token", 1, 1.0)
    await ask(house.server, "UPDATE window_place SET at = at + 3600000")
    assert await windows.take("token", 1, 1.0) == 0


async def test_one_of_all_processes_has_a_claim_once(house: House) -> None:
    one, other = await house.windows(), await house.windows()
    claims = [*await asyncio.gather(one.claim("interaction 1"), other.claim("interaction 1"))]
    assert sorted(claims) == [False, True]
    assert await one.claim("interaction 2")
    assert not await one.claim("interaction 2")


async def test_what_nobody_uses_anymore_is_deleted_after_an_hour_and_comes_back(house: House) -> None:
    old, new = await house.windows(), await house.windows()
    await old.claim("interaction 1")
    await old.take("token", 2, 1.0)
    await ask(house.server, "UPDATE window_place SET at = at - 3700000 WHERE at > 0")
    await new.claim("interaction 2")
    assert [row["name"] for row in await ask(house.server, "SELECT name FROM window_place")] == [
        "interaction 2"
    ]
    assert [await old.take("token", 2, 60.0) for _ in range(4)] == [0.005, 0, 0, pytest.approx(60, abs=5)]
