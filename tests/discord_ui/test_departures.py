"""Channels, threads and servers that go: with all that is stored of them, at once, and without an error."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.composition.story import now
from bot.storage.departures import Departures
from bot.storage.settings import SettingsStore
from tests.standins.discord_wire import Channel, Permission, shapes
from tests.standins.m2her import M2her
from tests.wired import Wired, until, wire

TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('usage', 'calibration', 'setting')"
)


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


async def stored(wired: Wired) -> list[str]:
    return [row["text"] for row in await wired.database.read("SELECT text FROM turn ORDER BY id")]


async def holds(wired: Wired, text: str) -> bool:
    return text in await stored(wired)


async def was_asked(m2her: M2her) -> bool:
    return bool(m2her.requests)


async def rows_about(wired: Wired, *channels: Channel) -> list[str]:
    """The tables with a row that names one of these channels."""
    ids, found = {channel.id for channel in channels}, []
    for table in await wired.database.read(TABLES):
        rows = await wired.database.read(f"SELECT * FROM {table['name']}")
        found += [table["name"]] * any(ids.intersection(row) for row in rows)
    return found


def warnings(log: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in log.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("thread", [True, False])
async def test_a_reply_that_grows_in_a_channel_that_goes_ends_without_a_word(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, *, thread: bool
) -> None:
    where = wired.world.create_thread("cellar") if thread else wired.elsewhere
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask(channel=where)
    await wired.shows("The storm", channel=where)
    wired.ask("and then?", "Bob", where)  # waits
    await until(lambda: holds(wired, "and then?"))
    caplog.clear()
    wired.world.delete_channel(where)
    await wired.quiet()
    gate.set()
    assert (await stored(wired), await rows_about(wired, where)) == ([], [])
    assert len(m2her.requests) == 1
    assert warnings(caplog) == []
    m2her.say("Here I am.")
    wired.ask()
    await wired.shows("Here I am.")


async def test_a_question_in_a_channel_that_goes_at_the_same_moment_is_not_answered(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired.say("Bob", "Hello.")
    await wired.quiet()
    wired.ask()
    wired.world.delete_channel(wired.bound)
    await wired.quiet()
    assert (await stored(wired), await rows_about(wired, wired.bound)) == ([], [])
    assert (m2her.requests, warnings(caplog)) == ([], [])


async def test_a_channel_that_goes_before_the_first_word_is_not_written_to(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    gate = asyncio.Event()
    m2her.say(gate, "The storm will pass.")
    wired.ask(channel=wired.elsewhere)
    await until(lambda: was_asked(m2her))
    caplog.clear()
    wired.world.delete_channel(wired.elsewhere)
    gate.set()
    await wired.quiet()
    assert (await rows_about(wired, wired.elsewhere), wired.sent("POST")) == ([], [])
    assert warnings(caplog) == []


async def test_what_arrives_late_from_a_channel_that_is_gone_is_not_stored(
    wired: Wired, m2her: M2her
) -> None:
    thread = wired.world.create_thread("cellar", wired.bound)
    said = [wired.say("Alice", "Is it dark?", where) for where in (wired.bound, thread)]
    wired.say("Bob", "Hello?", wired.elsewhere)
    await wired.quiet()
    events = [shapes.message_event(each) for each in said]
    wired.world.delete_channel(wired.bound)
    for event in events:
        for name in ("MESSAGE_CREATE", "MESSAGE_UPDATE"):
            wired.world.sockets.dispatch(name, event | {"id": str(wired.world.new_id())})
    await wired.quiet()
    assert (await stored(wired), await rows_about(wired, wired.bound, thread)) == ([], [])


async def test_a_button_pressed_as_its_channel_goes_does_nothing(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    m2her.say("Here I am.")
    wired.ask()
    await wired.shows("Here I am.")
    await wired.quiet()
    caplog.clear()
    wired.press("↻ Again")
    wired.world.delete_channel(wired.bound)
    await wired.quiet()
    assert (await stored(wired), await rows_about(wired, wired.bound)) == ([], [])
    assert [each for each in caplog.records if each.exc_info] == []


async def test_a_post_of_a_forum_goes_alone_and_a_forum_with_all_its_posts(wired: Wired) -> None:
    forum = wired.world.add_forum("tales")
    await SettingsStore(wired.database).bind("channel", forum.id, "marlow", by_user=1, at=now())
    first, second = (wired.world.create_thread(name, forum) for name in ("one", "two"))
    for post in (first, second):
        wired.say("Alice", f"This is {post.name}.", post)
    await wired.quiet()
    wired.world.delete_channel(first)
    await wired.quiet()
    assert await stored(wired) == ["This is two."]
    wired.world.delete_channel(forum)
    await wired.quiet()
    assert (await stored(wired), await rows_about(wired, forum, first, second)) == ([], [])


async def test_a_thread_made_from_a_message_and_that_message_go_each_alone(wired: Wired) -> None:
    threads = []
    for text in ("Let's go below.", "Let's go up."):
        made_of = wired.say("Alice", text)
        threads.append(wired.world.create_thread("tower", wired.bound, made_of=made_of))
        wired.say("Bob", f"{text} Yes.", threads[-1])
    await wired.quiet()
    wired.world.delete(next(iter(wired.bound.messages.values())))
    wired.world.delete_channel(threads[1])
    await wired.quiet()
    assert sorted(await stored(wired)) == ["Let's go below. Yes.", "Let's go up."]


async def test_what_is_out_of_sight_archived_locked_or_unavailable_stays(wired: Wired) -> None:
    thread = wired.world.create_thread("cellar", wired.bound)
    for where in (wired.bound, thread):
        wired.say("Alice", "Hello.", where)
    await wired.quiet()
    shape = shapes.channel(thread)
    for changed in ({"archived": True}, {"archived": True, "locked": True}, {"archived": False}):
        metadata = shape["thread_metadata"] | changed
        wired.world.sockets.dispatch("THREAD_UPDATE", shape | {"thread_metadata": metadata})
    wired.world.deny(wired.bound, Permission.VIEW_CHANNEL)
    wired.world.sockets.dispatch("GUILD_DELETE", {"id": str(wired.world.guild.id), "unavailable": True})
    await wired.quiet()
    assert await stored(wired) == ["Hello.", "Hello."]
    assert await Departures(wired.database).left_by(now()) == []


async def test_a_category_takes_its_persona_along(wired: Wired) -> None:
    category = wired.world.new_id()
    await SettingsStore(wired.database).bind("category", category, "isolde", by_user=1, at=now())
    shape = shapes.channel(wired.bound) | {"id": str(category), "type": 4}
    wired.say("Alice", "Hello.")
    for name in ("CHANNEL_CREATE", "CHANNEL_DELETE"):
        wired.world.sockets.dispatch(name, shape)
    await wired.quiet()
    assert await wired.database.read("SELECT * FROM binding") == []
    assert await stored(wired) == ["Hello."]


async def test_a_server_that_the_bot_leaves_keeps_its_story_and_its_running_reply_ends(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    guild, gate = wired.world.guild, asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await wired.shows("The storm")
    wired.ask("and then?", "Bob")  # waits
    await until(lambda: holds(wired, "and then?"))
    wired.world.remove_guild(guild)
    await wired.quiet()
    gate.set()
    assert await stored(wired) == ["well?", "The storm ", "and then?"]
    assert len(m2her.requests) == 1
    assert [server for server, _ in await Departures(wired.database).left_by(now())] == [guild.id]
    assert [each for each in caplog.records if each.exc_info] == []
    back = shapes.guild_create(guild, [], wired.world.bot)
    del back["unavailable"]
    wired.world.sockets.dispatch("GUILD_CREATE", back)
    await wired.quiet()
    assert await Departures(wired.database).left_by(now()) == []


async def test_a_server_that_was_left_while_the_bot_was_off_is_noticed_at_its_start(wired: Wired) -> None:
    wired.say("Alice", "Hello.")
    await wired.quiet()
    await wired.end()
    stays = wired.world.add_guild("Home", wired.world.host)
    del wired.world.guilds[wired.world.guild.id]
    await wired.start()
    await wired.quiet()
    assert [server for server, _ in await Departures(wired.database).left_by(now())] == [wired.world.guild.id]
    assert await stored(wired) == ["Hello."]
    await wired.end()
    wired.world.guilds = {stays.id: stays, wired.world.guild.id: wired.world.guild}
    await wired.start()
    await wired.quiet()
    assert await Departures(wired.database).left_by(now()) == []


async def test_a_server_that_was_left_between_two_sessions_is_noticed(wired: Wired) -> None:
    wired.say("Alice", "Hello.")
    await wired.quiet()
    wired.world.add_guild("Home", wired.world.host)
    await wired.quiet()
    del wired.world.guilds[wired.world.guild.id]
    wired.world.sockets.invalidate(resumable=False)

    async def left() -> list[int]:
        return [server for server, _ in await Departures(wired.database).left_by(now())]

    async def is_left() -> bool:
        return bool(await left())

    await until(is_left)
    assert await left() == [wired.world.guild.id]


async def test_what_a_kill_left_of_a_deleted_channel_goes_at_the_next_start(wired: Wired) -> None:
    wired.say("Alice", "Hello.", wired.bound)
    await wired.quiet()
    await wired.end()
    await wired.database.write("INSERT INTO deletion VALUES (?, 0)", (wired.bound.id,))
    del wired.world.channels[wired.bound.id]
    await wired.start()
    await wired.quiet()
    assert await rows_about(wired, wired.bound) == []
