"""Several processes that share a database: the real bot twice, here in one process of Python, on one Discord."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.catching_up import Bounds
from bot.core.leases import Times
from bot.storage.database import Database
from bot.storage.places import Server
from bot.storage.postgres_cluster import PostgresCluster
from tests.postgres import server_database
from tests.standins.discord_wire import Channel
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.wired import Pauses, Wired, until, wire

COUNT = 2
BOUNDS = Bounds(hours=24, messages=200, answer_minutes=10)
TIMES = Times(beat=0.1, deaf=0.5, stale=2.0, grace=0.6)


class House:
    """Processes of the bot on one database and one Discord."""

    def __init__(self, first: Wired, server: Server, stack: AsyncExitStack) -> None:
        self.world = first.world
        self.halls: list[Channel] = []
        self._first = first
        self._server = server
        self._stack = stack

    async def process(self) -> Wired:
        database = await Database.open(self._server, exclusive=True, joins=True)
        self._stack.push_async_callback(database.close)
        process = replace(self._first, database=database, pauses=Pauses(), stop=asyncio.Event(), life=None)
        self._stack.push_async_callback(process.end)
        await process.start(connected=False)
        return process

    async def holds(self, process: Wired, *shards: int) -> None:
        """Wait until a process has these shards, and is told what happens on their servers."""

        async def has_them() -> bool:
            return sorted(cluster_of(process).holding.held) == list(shards)

        await until(has_them, 20)
        await self.world.wait_for(
            lambda: {(shard, COUNT) for shard in shards} <= self.world.sockets.connected_shards, 10
        )

    def ask(self, hall: Channel) -> str:
        """Let somebody ask in a channel; return what they said."""
        words = f"what about {secrets.token_hex(3)}?"
        who = self.world.add_member("Alice", hall.guild)
        self.world.say(who, hall, f"{self._first.mention} {words}")
        return words

    def answers(self) -> list[int]:
        """How many posts each channel has of the bot."""
        return [len(self._first.posts(hall)) for hall in self.halls]


def cluster_of(process: Wired) -> PostgresCluster:
    assert isinstance(process.database.cluster, PostgresCluster)
    return process.database.cluster


@pytest.fixture
async def house(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(PostgresCluster, "times", TIMES)
    rules = replace(RULES, catch_up=BOUNDS)
    async with (
        wire(m2her, tmp_path, monkeypatch, rules=rules) as first,
        server_database() as server,
        AsyncExitStack() as stack,
    ):
        first.world.sockets.shards = COUNT
        house = House(first, server, stack)
        made = [first.world.add_guild(f"Server {number}", shard=(number, COUNT)) for number in range(COUNT)]
        house.halls = [first.world.add_channel("hall", guild) for guild in made]
        yield house


async def test_each_message_is_answered_once_while_shards_go_from_one_process_to_another(
    house: House, m2her: M2her
) -> None:
    for _ in range(8):
        m2her.say("Aye.")
    first = await house.process()
    await house.holds(first, 0, 1)
    for hall in house.halls:
        house.ask(hall)
    await house.world.wait_for(lambda: house.answers() == [1, 1], 10)

    second = await house.process()
    await house.holds(second, 1)
    await house.holds(first, 0)
    for hall in house.halls:
        house.ask(hall)
    await house.world.wait_for(lambda: house.answers() == [2, 2], 10)

    ending = asyncio.create_task(first.end())
    for hall in house.halls:
        house.ask(hall)
    await asyncio.wait_for(ending, 20)
    await house.holds(second, 0, 1)
    await house.world.wait_for(lambda: house.answers() == [3, 3], 10)
