"""Several shards in one process: the real bot on a wire-level Discord that divides its servers."""

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import discord
import pytest

from bot.composition.story import now
from bot.core.catching_up import Bounds
from bot.core.posts.invalid_requests import MOST
from bot.core.reach import Reach
from bot.core.scene import Place
from bot.core.servers import Audience, ServerRule
from bot.core.sharding import Shard
from bot.discord_ui.gateway import heartbeats
from bot.discord_ui.gateway.heartbeats import Heartbeat
from bot.discord_ui.gateway.service import Service, Setup
from bot.storage.departures import Departures
from tests.standins.discord_wire import Channel, gateway, shapes
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.test_life import INTERRUPTED, cut_off
from tests.wired import Wired, until, wire

COUNT = 4
BOUNDS = Bounds(hours=24, messages=200, answer_minutes=10)
SERVED = ServerRule(Audience.ALL, outside=frozenset({Reach.DIRECT}))


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A bot on four servers, each of another shard; it is not started yet."""
    rules = replace(RULES, catch_up=BOUNDS, servers=SERVED)
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        wired.world.sockets.shards = COUNT
        yield wired


async def _none(beating: Callable[[], list[str]]) -> bool:
    return not beating()


def rooms(wired: Wired, count: int = COUNT) -> list[Channel]:
    """Open a channel on a server of each shard."""
    made = [wired.world.add_guild(f"Server {number}", shard=(number, count)) for number in range(count)]
    return [wired.world.add_channel("hall", guild) for guild in made]


def ask(wired: Wired, channel: Channel, text: str = "well?") -> None:
    who = wired.world.add_member("Alice", channel.guild)
    wired.world.say(who, channel, f"{wired.mention} {text}")


async def all_are_answered(wired: Wired, m2her: M2her, halls: list[Channel], words: str = "Aye.") -> None:
    """Let somebody ask in each channel at the same time, and wait for the answers."""
    before = {each.id: len(wired.posts(each)) for each in halls}
    for each in halls:
        m2her.say(words)
        ask(wired, each)
    await wired.world.wait_for(
        lambda: all(wired.posts(each)[before[each.id] :] == [words] for each in halls), 10
    )


def service_of(wired: Wired) -> Service:
    return wired.clients[-1]._service


def identifies(wired: Wired) -> list[int]:
    return [wired.world.sockets.identifies_of(number) for number in range(COUNT)]


async def test_each_server_is_answered_by_its_shard_and_what_is_once_for_all_happens_once(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    halls = rooms(wired)
    halls[2].nsfw = True
    (wired.folder / "personas" / "vesper.yaml").write_text("name: Vesper\ndescription: Adult.\nnsfw: true\n")
    await wired.start(connected=False)
    await wired.all_hear(COUNT)
    await all_are_answered(wired, m2her, halls)
    await wired.quiet()
    assert {client.shard for client in wired.clients} == {Shard(number, COUNT) for number in range(COUNT)}
    assert identifies(wired) == [1, 1, 1, 1]
    asked = Counter(
        f"{each.method} {each.route.partition(' ')[2]}" for each in wired.world.requests if each.route
    )
    assert asked["GET /gateway/bot"] == 1
    assert asked["PUT /applications/{application}/commands"] == 1
    assert sum(" is on Discord as application " in line for line in caplog.messages) == 1
    assert f"on {COUNT + 1} server(s)" in caplog.text
    connected = [line.partition(" is ")[0] for line in caplog.messages if " is connected, with " in line]
    assert sorted(connected) == [f"shard {number} of 4" for number in range(COUNT)]
    # What the story asks of a place, its own shard answers, whichever client came last.
    casting = wired.clients[0].services.story.casting
    places = [Place(each.id, guild_id=each.guild.id) for each in halls]
    assert [casting.is_age_restricted(each) for each in places] == [False, False, True, False]
    assert [await casting.reads_hosts(each.guild.id) for each in halls] == [True] * 4
    # The bot is on all of them: none has been left.
    departures = Departures(wired.database)
    assert await departures.left_by(now()) == []
    shards = service_of(wired).shards
    assert (shards.are_ready, shards.are_alive, shards.servers) == (True, True, COUNT + 1)
    found = [shards.of(each.guild.id) for each in halls]
    assert [each.shard.number if each else None for each in found] == [0, 1, 2, 3]


async def test_a_session_that_cannot_begin_costs_one_identify_of_its_shard(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    def user(bot: object) -> object:
        nonlocal begun
        begun += 1
        return {} if begun == 3 else shapes.own_user(bot)  # type: ignore[arg-type]

    monkeypatch.setattr(gateway, "shapes", SimpleNamespace(**(vars(shapes) | {"own_user": user})))
    halls = rooms(wired)
    await wired.start(connected=False)
    await wired.all_hear(COUNT)
    assert identifies(wired) == [1, 1, 2, 1]
    assert sum(each.path == "/gateway/bot" for each in wired.world.requests) == 2
    wired.world.sockets.malformed()  # an event of any other kind costs nothing
    await all_are_answered(wired, m2her, halls)
    assert identifies(wired) == [1, 1, 2, 1]


async def test_a_stop_ends_a_connection_that_waits_for_its_turn_to_identify(wired: Wired) -> None:
    def beating() -> list[str]:
        return [each.name for each in threading.enumerate() if each.name.startswith("keep-alive-handler")]

    async def waits() -> bool:
        return "keep-alive-handler:shard-1" in beating()

    wired.pauses.over.clear()
    await wired.start(connected=False)
    await until(waits, 10)
    await wired.end()
    wired.pauses.over.set()
    await until(lambda: _none(beating), 10)


async def test_a_shard_that_is_lost_leaves_the_others_answering_and_comes_back_with_what_it_missed(
    wired: Wired, m2her: M2her
) -> None:
    halls, sockets = rooms(wired), wired.world.sockets
    wired.admins = wired.world.add_channel("admins", halls[0].guild)
    await wired.start(connected=False)
    await wired.all_hear(COUNT)
    await all_are_answered(wired, m2her, halls)
    await wired.quiet()
    lost, service = wired.latest[2], service_of(wired)

    wired.pauses.over.clear()
    sockets.close(4013, shard=2)  # the library takes that for an end
    await until(lambda: is_closed(lost))
    ask(wired, halls[2], "what weather?")
    await all_are_answered(wired, m2her, [halls[0], halls[1], halls[3]], "Still here.")
    await wired.quiet_but(2)
    for _ in range(2):  # what the others have heard since, they note
        for number in (0, 1, 3):
            await wired.latest[number].catch_up.note()
    assert (service.shards.are_ready, service.shards.are_alive) == (False, False)
    heartbeat = Heartbeat(service)
    heartbeat.beat()
    assert not service.heartbeat.exists()
    assert [each.is_ready for each in service.shards.states()] == [True, True, False, True]
    assert service.shards.of(halls[2].guild.id) is None
    assert await service.reports.has_told_admins("One shard is lost.")
    assert wired.posts(wired.admins) == ["One shard is lost."]
    assert identifies(wired) == [1, 1, 1, 1]

    m2her.say("It rains.")
    wired.pauses.over.set()
    await wired.all_hear(COUNT)
    await wired.world.wait_for(lambda: len(wired.posts(halls[2])) == 2, 10)
    await wired.quiet()
    assert wired.posts(halls[2])[1].endswith("It rains.")
    assert identifies(wired) == [1, 1, 2, 1]
    assert service.shards.are_alive
    service.heartbeat = service.heartbeat.parent / "not-there-yet" / "heartbeat"  # a server keeps the stories
    heartbeat.beat()
    assert service.heartbeat.exists()


async def test_the_first_heartbeat_comes_with_the_connection(
    wired: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeats, "SOON", 0)
    wired.world.sockets.shards = 1
    await wired.start()
    heartbeat = service_of(wired).heartbeat

    async def has_beaten() -> bool:
        return heartbeat.exists()

    await until(has_beaten, 10)


async def test_the_admins_are_told_once_when_discord_refuses_too_much(wired: Wired, m2her: M2her) -> None:
    wired.world.sockets.shards = 1
    wired.admins = wired.world.add_channel("admins")
    await wired.start()
    await wired.quiet()
    service = service_of(wired)
    for _ in range(MOST):
        service.discord_state.limits.trace._invalid.note(asyncio.get_running_loop().time())
    heartbeat = Heartbeat(service)
    for _ in range(3):
        heartbeat.beat()
    (told,) = await wired.world.wait_for(lambda: wired.posts(wired.admins), 10)
    assert told.startswith("Discord refused 5000 requests in ten minutes, and bans an address after 10,000.")
    m2her.say("Aye, indeed.")
    wired.ask()
    await wired.shows("Aye, indeed.")  # without typing, and whole
    assert wired.world.typing_count(wired.bound) == 0


async def is_closed(client: discord.Client) -> bool:
    return client.is_closed()


async def test_a_connection_that_breaks_is_resumed_while_the_others_answer(
    wired: Wired, m2her: M2her
) -> None:
    halls, sockets = rooms(wired), wired.world.sockets
    await wired.start(connected=False)
    await wired.all_hear(COUNT)
    sockets.drop(shard=1)
    await all_are_answered(wired, m2her, halls)
    assert (sockets.resumes, identifies(wired)) == (1, [1, 1, 1, 1])


@pytest.mark.parametrize("chosen", [None, 1])
async def test_a_bot_that_grows_takes_more_shards_by_itself_and_loses_nothing(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, chosen: int | None
) -> None:
    halls, sockets = rooms(wired), wired.world.sockets
    sockets.shards, wired.setup = 1, Setup(chosen)
    wired.admins = wired.world.add_channel("admins", halls[3].guild)
    await wired.start()
    await all_are_answered(wired, m2her, halls)
    await wired.quiet()
    gate = asyncio.Event()
    m2her.say("I was ", gate, "saying.")
    ask(wired, halls[1], "and then?")
    await wired.world.wait_for(lambda: wired.posts(halls[1])[1:] == ["I was"], 10)

    sockets.most_guilds, sockets.shards = 2, COUNT
    sockets.close(4011)
    m2her.say("I heard you.")
    ask(wired, halls[3], "meanwhile")
    gate.set()
    await wired.all_hear(COUNT)
    told = wired.admins
    await wired.world.wait_for(lambda: len(wired.posts(halls[3])) == 2 and wired.posts(told), 10)
    await wired.quiet()
    assert wired.posts(halls[1])[1:] == ["I was saying."]
    assert wired.posts(halls[3])[1].endswith("I heard you.")
    (report,) = wired.posts(told)
    assert report.startswith(
        "Discord closed a connection because the bot is on too many servers for 1 shard(s). It has 4 now"
    )
    assert ("discord.shards" in report) == (chosen is not None)
    assert report in caplog.messages
    assert identifies(wired) == [2, 1, 1, 1]
    await all_are_answered(wired, m2her, halls, "All here.")
    (row,) = await wired.database.read("SELECT DISTINCT shards FROM heard")
    assert row["shards"] == COUNT


async def test_what_a_kill_left_is_mended_by_its_shard_and_only_a_server_that_is_gone_was_left(
    wired: Wired, m2her: M2her
) -> None:
    halls = rooms(wired)
    for hall in halls:
        await cut_off(wired, hall)
    wired.world.remove_guild(halls[2].guild)
    await wired.start(connected=False)
    await wired.all_hear(COUNT)
    await wired.quiet()
    there = [halls[0], halls[1], halls[3]]
    assert [wired.posts(each) for each in there] == [[INTERRUPTED]] * 3
    assert len(wired.sent("PATCH")) == COUNT  # each once; where the bot is gone, Discord says so
    left = await Departures(wired.database).left_by(now())
    assert [server_id for server_id, _ in left] == [halls[2].guild.id]
