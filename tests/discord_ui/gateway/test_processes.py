"""Several processes that share a database: the real bot twice, here in one process of Python, on one Discord."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import discord
import pytest

from bot.app import facts_of
from bot.core.catching_up import Bounds
from bot.core.leases import Times
from bot.core.proxies import PLURALKIT, character_of
from bot.core.sharding import Shard
from bot.discord_ui.gateway import identifying
from bot.discord_ui.gateway.service import Service, Setup
from bot.discord_ui.gateway.shard_assignment import ShardAssignment
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.locations import Server
from bot.storage.members import Member
from bot.storage.people import People
from bot.storage.postgres_cluster import PostgresCluster
from bot.storage.server_personas import Act
from bot.story.server_library.workshop import Draft
from bot.texts.sentences import HOST
from tests.postgres import server_database
from tests.standins.discord_wire import Channel
from tests.standins.discord_wire.components import TEXT, walk
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.test_life import INTERRUPTED, cut_off
from tests.wired import Pauses, Wired, until, wire

COUNT = 2
BOUNDS = Bounds(hours=24, messages=200, answer_minutes=10)
TIMES = Times(beat=0.1, deaf=2.0, stale=20.0, grace=2.2)
"""Shorter than in earnest where a test waits for it, and long enough for a machine that has more to do."""


class House:
    """Processes of the bot on one database and one Discord."""

    def __init__(self, first: Wired, server: Server, stack: AsyncExitStack) -> None:
        self.world = first.world
        self.halls: list[Channel] = []
        self.elsewhere = first.elsewhere
        self._first = first
        self._server = server
        self._stack = stack

    async def member(self) -> Wired:
        """A process that has joined, without a bot in it."""
        process = await self._opened()
        await cluster_of(process).join()
        return process

    async def process(self, shards: int | None = None) -> Wired:
        """A process with the bot; `shards` is its `discord.shards`."""
        process = replace(await self._opened(), setup=Setup(shards))
        self._stack.push_async_callback(process.end)
        await process.start(connected=False)
        return process

    async def _opened(self) -> Wired:
        database = await Database.open(self._server, exclusive=True, joins=True)
        self._stack.push_async_callback(database.close)
        return replace(self._first, database=database, pauses=Pauses(), stop=asyncio.Event(), life=None)

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

    async def help(self, hall: Channel) -> str:
        """Let somebody ask for help in a channel; return what they read."""
        used = self.world.interactions.command(self.world.add_member("Bob", hall.guild), hall, "help")
        await self.world.wait_for(lambda: used.message is not None, 10)
        assert used.message is not None
        return "\n".join(part["content"] for part in walk(used.message.components) if part["type"] == TEXT)

    def answers(self) -> list[int]:
        """How many answers each channel has."""
        return [sum("Aye." in post for post in self._first.posts(hall)) for hall in self.halls]


def cluster_of(process: Wired) -> PostgresCluster:
    assert isinstance(process.database.cluster, PostgresCluster)
    return process.database.cluster


def service_of(process: Wired) -> Service:
    services = (each._service for each in process.clients)
    return next(each for each in services if each.cluster is process.database.cluster)


@pytest.fixture
async def house(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(PostgresCluster, "times", TIMES)
    monkeypatch.setattr(identifying, "IDENTIFY_SPACING", 0.2)  # the window's seconds are the server's
    rules = replace(RULES, catch_up=BOUNDS)
    async with (
        wire(m2her, tmp_path, monkeypatch, rules=rules) as first,
        server_database() as server,
        AsyncExitStack() as stack,
    ):
        first.world.sockets.shards = COUNT
        first.admins = first.world.add_channel("admins")
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
    assert "</talk:" in await house.help(house.halls[1])  # though another process has sent the commands

    found = [service_of(each).reports.has_told_admins("Both have found this.") for each in (first, second)]
    assert await asyncio.gather(*found) == [True, True]
    assert first.posts(first.admins) == ["Both have found this."]

    server = house.halls[0].guild.id
    drafted = Draft(server, "vale", b"name: Vale\ndescription: Hers.\n", 0)
    await service_of(first).story.records.workshop.put(drafted, Act.MADE, by_user=1)
    ending = asyncio.create_task(first.end())
    for hall in house.halls:
        house.ask(hall)
    await asyncio.wait_for(ending, 20)
    await house.holds(second, 0, 1)
    await house.world.wait_for(lambda: house.answers() == [3, 3], 10)
    await second.quiet()
    assert service_of(second).story.casting.library.at(server).get("vale") is not None
    assert house.answers() == [3, 3]


async def test_who_asks_while_a_shard_changes_hands_is_answered_once_and_after_the_reply_that_goes_on(
    house: House, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    m2her.say("Beds for both.")
    first, hall = await house.process(), house.halls[1]
    await house.holds(first, 0, 1)
    house.ask(hall)
    await house.world.wait_for(lambda: "The storm" in first.posts(hall), 10)
    waiting = [house.ask(hall)]  # for the first one's reply to end

    async def is_stored(words: str) -> bool:
        return any(words in row["text"] for row in await first.database.read("SELECT text FROM turn"))

    await until(lambda: is_stored(waiting[0]), 10)
    second = await house.process()
    await house.holds(second, 1)
    waiting.append(house.ask(hall))  # the second one hears it
    await until(lambda: is_stored(waiting[1]), 10)
    await asyncio.sleep(0)
    assert len(m2her.requests) == 1
    gate.set()
    said = ["The storm will pass.", "Beds for both."]
    await house.world.wait_for(lambda: [each for each in first.posts(hall) if each in said] == said, 10)
    await first.quiet()
    await second.quiet()
    assert len(m2her.requests) == 2
    asked = [str(each["content"]) for each in m2her.requests[1].body["messages"]]
    assert [sum(words in each for each in asked) for words in waiting] == [1, 1]
    assert [each for each in first.posts(hall) if each in said] == said


async def test_who_waits_while_the_number_of_shards_changes_is_answered_by_who_has_the_server_then(
    house: House, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    m2her.say("Beds for both.")
    guild = house.world.add_guild("Server 5", shard=(5, 6))  # of shard 1 of 2, then of 2 of 3
    hall, sockets = house.world.add_channel("hall", guild), house.world.sockets
    first = await house.process()
    await house.holds(first, 0, 1)
    second = await house.process()
    await house.holds(second, 1)
    house.ask(hall)
    await house.world.wait_for(lambda: "The storm" in first.posts(hall), 10)
    sockets.shards = 3
    sockets.close(4011, shard=0)

    async def is_ending() -> bool:
        client = service_of(second).shards.client(1)
        return client is not None and client.runner.draining

    await until(is_ending, 10)
    words = house.ask(hall)

    async def is_stored() -> bool:
        return any(words in row["text"] for row in await first.database.read("SELECT text FROM turn"))

    await until(is_stored, 10)
    gate.set()
    await house.world.wait_for(lambda: "Beds for both." in first.posts(hall), 20)
    assert (sorted(cluster_of(first).holding.held), sorted(cluster_of(second).holding.held)) == ([0, 2], [1])
    await house.world.wait_for(lambda: {(0, 3), (1, 3), (2, 3)} <= sockets.connected_shards, 20)
    await first.quiet()
    await second.quiet()
    assert len(m2her.requests) == 2


async def test_a_reply_goes_on_though_its_shard_comes_back_and_goes_again(house: House, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    first, hall = await house.process(), house.halls[1]
    await house.holds(first, 0, 1)
    house.ask(hall)
    await house.world.wait_for(lambda: "The storm" in first.posts(hall), 10)
    second = await house.process()
    await house.holds(second, 1)
    await second.end()
    await house.holds(first, 0, 1)
    third = await house.process()
    await house.holds(third, 1)
    gate.set()
    await house.world.wait_for(lambda: "The storm will pass." in first.posts(hall), 10)
    await first.quiet()
    await third.quiet()
    assert first.posts(hall)[0] == "The storm will pass."
    assert INTERRUPTED not in first.posts(hall)
    assert await History(third.database).unfinished.all() == []


async def test_what_a_proxy_posts_again_is_heard_once_though_its_shard_changes_hands_meanwhile(
    house: House, m2her: M2her
) -> None:
    m2her.say("Aye.")
    first, hall = await house.process(), house.halls[1]
    await house.holds(first, 0, 1)
    story, alice = service_of(first).story, house.world.add_member("Alice", hall.guild)
    voss = Member(hall.guild.id, PLURALKIT, character_of(PLURALKIT, "Voss"))
    await People(first.database).members.see(voss, alice.id, discord.utils.utcnow())
    over = asyncio.Event()

    async def sleep(_: float) -> None:
        await over.wait()

    story.hearing.proxying.sleep = sleep
    original = house.world.say(alice, hall, f"V: {first.mention} a room?")

    async def is_held() -> bool:
        return story.hearing.proxying.oldest_held() == original.id

    await until(is_held, 10)
    second = await house.process()
    await house.holds(second, 1)
    house.world.proxy_say("Voss", hall, f"{first.mention} a room?", application=PLURALKIT)
    house.world.delete(original)
    await house.world.wait_for(lambda: house.answers() == [0, 1], 10)
    over.set()
    for each in (first, second):
        await each.quiet()
    stored = await first.database.read("SELECT text FROM turn WHERE text LIKE ?", ("%room%",))
    assert [row["text"] for row in stored] == ["a room?"]
    *_, given = [each for each in first.clients if each.shard.number == 1 and each.services.story is story]
    await given.runner.drain(0)
    assert given.runner.is_given  # an edit now is still the other's to hear


async def test_a_host_is_told_that_others_have_another_number_of_shards_than_is_set(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    first = await house.process()
    await house.holds(first, 0, 1)
    second = await house.process(shards=4)
    await house.holds(second, 1)
    told = [each.getMessage() for each in caplog.records if "discord.shards" in each.getMessage()]
    assert told == [HOST.say("host.shards_unlike_set", wanted=4, count=2)]


async def test_what_is_seen_of_a_process_is_true_before_it_joins_and_while_it_hears_no_others(
    house: House,
) -> None:
    process = await house.process()
    facts = facts_of(process.service, process.service.story, process.stop)
    assert (facts.shards(), facts.is_connected) == (None, False)
    await house.holds(process, 0, 1)

    async def is_ready() -> bool:
        return facts.is_connected and not facts.is_deaf()

    await until(is_ready, 10)
    cluster_of(process)._connection.terminate()
    assert (facts.is_connected, facts.is_deaf()) == (True, True)  # Discord still tells it what happens
    await until(is_ready, 10)


async def test_what_a_dead_process_has_left_is_taken_up_and_what_a_living_one_writes_is_not(
    house: House, m2her: M2her
) -> None:
    m2her.say("Aye.")
    dead, living = await house.member(), await house.member()
    for each in (dead, living):
        await cluster_of(each).drain()  # so it takes no shards
    for hall in house.halls:
        await cut_off(dead, hall)
    await cut_off(living, house.elsewhere)
    beating = [asyncio.create_task(cluster_of(each).keep()) for each in (dead, living)]
    process = await house.process()
    await house.holds(process, 0, 1)
    await process.quiet()
    assert [process.posts(each) for each in house.halls] == [["The storm"], ["The storm"]]
    beating[0].cancel()
    cluster_of(dead)._connection.terminate()
    told = [[INTERRUPTED], [INTERRUPTED]]
    await house.world.wait_for(lambda: [process.posts(each) for each in house.halls] == told, 10)

    async def is_all_told() -> bool:
        left = await History(process.database).unfinished.all()
        return [each.place.channel_id for each in left] == [house.elsewhere.id]

    await until(is_all_told, 10)
    assert process.posts(house.elsewhere) == ["The storm"]
    assert not beating[1].done()
    beating[1].cancel()


async def test_who_is_taken_for_dead_waits_for_no_reply_in_a_shard_that_was_given_up() -> None:
    assignment = ShardAssignment.held(Shard(0, COUNT), asyncio.get_running_loop().time)
    assignment.give()
    finishing = asyncio.create_task(assignment.let_finish(asyncio.sleep(1000)))
    await asyncio.sleep(0)
    assignment.lose()
    await asyncio.wait_for(finishing, 5)


@pytest.mark.parametrize(("decide", "is_had"), [("take", True), ("give", False), ("lose", False)])
async def test_who_waits_for_a_shard_hears_too_that_it_never_comes(decide: str, is_had: bool) -> None:
    assignment = ShardAssignment(Shard(0, COUNT), asyncio.get_running_loop().time)
    waiting = asyncio.create_task(assignment.wait())
    await asyncio.sleep(0)
    getattr(assignment, decide)()
    assert await asyncio.wait_for(waiting, 5) is is_had
