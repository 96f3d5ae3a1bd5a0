"""New sessions: how far apart they begin, and how often Discord is asked."""

import asyncio
from collections import defaultdict
from itertools import pairwise

import aiohttp
import discord
import pytest

from bot.discord_ui.gateway.identifying import Identifying, TooManyShards
from bot.storage.cluster import Alone
from tests.standins.discord_wire import WireDiscord
from tests.standins.library import point_at


class Time:
    """A time that passes only while somebody sleeps; sleepers at once wake in their order."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


def gate(world: WireDiscord, time: Time) -> Identifying:
    return Identifying(world.token, time.sleep, time, aiohttp.TraceConfig, Alone())


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> WireDiscord:
    return WireDiscord()


@pytest.mark.parametrize("concurrency", [1, 2, 16])
async def test_no_two_sessions_of_a_key_begin_within_five_seconds(
    world: WireDiscord, monkeypatch: pytest.MonkeyPatch, concurrency: int
) -> None:
    time, world.sockets.max_concurrency, world.sockets.shards = Time(), concurrency, 32
    begun: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    async with world:
        point_at(world, monkeypatch)
        identifying = gate(world, time)
        assert (await identifying.advice(None)).shards == 32

        async def begin(number: int) -> None:
            async with identifying.line(number):
                await identifying.enter(number)
            begun[number % concurrency].append((time.now, number))

        await asyncio.gather(*map(begin, range(32)))
        await identifying.enter(0)  # a session that ended begins again
    assert {len(each) for each in begun.values()} == {32 // concurrency}
    for sessions in begun.values():
        assert [number for _, number in sessions] == sorted(number for _, number in sessions)
        assert all(later - earlier >= 5 for (earlier, _), (later, _) in pairwise(sessions))
    assert set(time.slept) == {5.5}


async def test_shards_that_are_lost_together_ask_discord_once(
    world: WireDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Time()
    async with world:
        point_at(world, monkeypatch)
        identifying = gate(world, time)
        await identifying.advice(None)
        world.faults.answer("GET", "/gateway/bot", 403)
        lost, time.now = time.now, time.now + 1
        asked = await asyncio.gather(*(identifying.advice(4, lost) for _ in range(4)), return_exceptions=True)
        assert [type(each) for each in asked] == [discord.GatewayNotFound] * 4
        lost, time.now = time.now, time.now + 1
        again = await asyncio.gather(*(identifying.advice(4, lost) for _ in range(4)))
        assert {each.shards for each in again} == {1}
        assert sum(each.path == "/gateway/bot" for each in world.requests) == 3


@pytest.mark.parametrize(("shards", "left", "waits"), [(4, 20, False), (4, 19, True), (16, 31, True)])
async def test_a_start_of_all_shards_stays_in_reserve(
    world: WireDiscord, monkeypatch: pytest.MonkeyPatch, shards: int, left: int, waits: bool
) -> None:
    time, world.sockets.shards, world.sockets.starts_left = Time(), shards, left

    async def sleep(seconds: float) -> None:
        await time.sleep(seconds)
        world.sockets.starts_left = 1000

    async with world:
        point_at(world, monkeypatch)
        await Identifying(world.token, sleep, time, aiohttp.TraceConfig, Alone()).advice(None)
    assert time.slept == ([86_400.0] if waits else [])
    assert sum(each.path == "/gateway/bot" for each in world.requests) == 1 + waits


async def test_an_odd_answer_neither_leaves_the_bot_without_shards_nor_asks_without_a_pause(
    world: WireDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Time()
    limit = {"total": 1000, "remaining": 3, "reset_after": 0, "max_concurrency": 0}
    odd = {"url": "wss://gateway.discord.gg", "shards": 0, "session_start_limit": limit}
    async with world:
        point_at(world, monkeypatch)
        world.faults.answer("GET", "/gateway/bot", 200, odd)
        world.faults.answer(
            "GET", "/gateway/bot", 200, odd | {"session_start_limit": limit | {"remaining": 1000}}
        )
        identifying = gate(world, time)
        assert (await identifying.advice(None)).shards == 1
        await identifying.enter(0)
    assert time.slept == [5.0]


async def test_more_shards_than_a_day_has_sessions_for_do_not_begin(
    world: WireDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = Time()
    async with world:
        point_at(world, monkeypatch)
        with pytest.raises(TooManyShards) as refused:
            await gate(world, time).advice(501)
        await gate(world, time).advice(500)
    assert str(refused.value) == (
        "501 shards are too many: Discord allows 1000 sessions a day, and resets the token after the last. "
        "Lower discord.shards, or remove it, and as many are taken as Discord says"
    )
    assert time.slept == []
