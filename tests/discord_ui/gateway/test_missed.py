"""What could not be caught up at once, and stories that began while the bot was off."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.composition.story import now
from bot.core.catching_up import Bounds
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.story.places.notices import RECORDING
from tests.discord_ui.gateway.test_catch_up import BOUNDS, ROOM, caught_up, comes_back, evening, lists
from tests.standins.discord_wire import Channel, Permission
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.wired import Wired, until, wire


@pytest.fixture(autouse=True)
def whole_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch, rules=replace(RULES, catch_up=BOUNDS)) as wired:
        yield wired


async def gaps(wired: Wired) -> list[tuple[int, int]]:
    rows = await wired.database.read("SELECT guild_id, channel_id FROM gap")
    return [(row["guild_id"], row["channel_id"]) for row in rows]


async def pause(wired: Wired, paused: str) -> None:
    store = SettingsStore(wired.database)
    await store.put("server", wired.world.guild.id, "paused", paused, by_user=1, at=now())


# --- a channel that cannot be read ----------------------------------------------------------------------


async def test_a_channel_that_discord_does_not_show_is_caught_up_at_the_next_start(
    wired: Wired, m2her: M2her
) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    fault = wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", 503, times=9999)
    await comes_back(wired)
    assert await gaps(wired) == [(wired.world.guild.id, wired.bound.id)]
    wired.say("Bob", "It snows.")
    await wired.quiet()
    await wired.end()
    fault.release()
    wired.say("Bob", "It hails.")
    await comes_back(wired)
    assert await wired.remembered() == [
        *ROOM,
        ("Bob", "It rains."),
        ("Bob", "It snows."),
        ("Bob", "It hails."),
    ]
    assert await gaps(wired) == []


async def test_what_was_heard_and_left_out_since_stays_out(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the gap is looked at again, and not what came after it."""
    monkeypatch.setattr("bot.core.catching_up.OVERLAP", timedelta())
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    fault = wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", 503, times=9999)
    await comes_back(wired)
    await pause(wired, "true")
    wired.say("Bob", "between ourselves")
    await wired.quiet()
    await pause(wired, "false")
    await wired.end()
    fault.release()
    await comes_back(wired)
    assert await wired.remembered() == [*ROOM, ("Bob", "It rains.")]


async def test_a_channel_that_discord_does_not_show_is_asked_for_again_later(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    wired.world.delete(wired.last_post())
    wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", 503, times=5)
    wired.pauses.taken.clear()
    m2her.say("So it does.")
    wired.ask("does it rain?", "Carol")
    await wired.start()
    await wired.shows("So it does.")
    await wired.quiet()
    assert [each for each in wired.pauses.taken if each > 4] == [5.0, 30.0, 180.0, 900.0, 3600.0]
    assert [text for _, text in await wired.remembered()][:3] == [
        "have you a room?",
        "It rains.",
        "does it rain?",
    ]
    assert await gaps(wired) == []
    assert caught_up(caplog)[-2:] == [(1, 0, 0, 0, 0), (1, 2, 0, 1, 1)]


async def test_a_channel_that_is_deleted_takes_its_gap_along(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", 503, times=9999)
    await comes_back(wired)
    assert len(await gaps(wired)) == 1
    wired.world.delete_channel(wired.bound)
    await wired.quiet()
    assert await gaps(wired) == []


@pytest.mark.parametrize(("end", "bounds"), [(5, BOUNDS), (2**62, Bounds())])
async def test_a_gap_goes_with_its_age_and_where_nothing_is_caught_up(
    wired: Wired, m2her: M2her, end: int, bounds: Bounds
) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    fault = wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", 503, times=9999)
    await comes_back(wired)
    wired.say("Bob", "It snows.")
    await wired.quiet()
    await wired.end()
    await wired.database.write("UPDATE gap SET end_id = ?", (end,))
    wired.rules = replace(wired.rules, catch_up=bounds)
    fault.release()
    await comes_back(wired)
    assert await gaps(wired) == []
    assert await wired.remembered() == [*ROOM, ("Bob", "It snows.")]


# --- a server in an outage ------------------------------------------------------------------------------


async def test_a_server_that_comes_later_than_the_connection_is_caught_up_then(
    wired: Wired, m2her: M2her
) -> None:
    await evening(wired, m2her)
    wired.world.begin_outage(wired.world.guild)
    wired.say("Bob", "It rains.")
    await comes_back(wired)
    assert await wired.remembered() == ROOM
    m2her.say("So it does.")
    wired.ask("does it rain?", "Carol")
    wired.world.end_outage(wired.world.guild)
    await wired.shows("Take number four.", "So it does.")
    assert wired.heard == [*ROOM, ("Bob", "It rains."), ("Carol", "does it rain?")]
    await wired.quiet()
    assert await gaps(wired) == []
    seen = lists(wired)
    await wired.end()
    await comes_back(wired)
    assert lists(wired) == seen + 1
    assert wired.posts() == ["Take number four.", "So it does."]


async def test_a_server_that_is_lost_in_the_middle_is_caught_up_when_it_is_back(
    wired: Wired, m2her: M2her
) -> None:
    await evening(wired, m2her)
    await comes_back(wired)
    wired.say("Bob", "It rains.")
    await wired.quiet()
    wired.world.begin_outage(wired.world.guild)
    wired.say("Bob", "It snows.")
    wired.world.delete(wired.last_post())
    await wired.quiet()
    wired.world.end_outage(wired.world.guild)
    await wired.quiet()
    assert [text for _, text in await wired.remembered()] == ["have you a room?", "It rains.", "It snows."]
    assert await gaps(wired) == []


async def test_an_outage_is_caught_up_at_the_next_start_if_the_bot_did_not_see_its_end(
    wired: Wired, m2her: M2her
) -> None:
    other = wired.world.add_guild("The Lighthouse")
    lamp = wired.world.add_channel("lamp", other)
    await evening(wired, m2her)
    await comes_back(wired)
    wired.world.begin_outage(wired.world.guild)
    wired.say("Bob", "It rains.")
    wired.world.say(wired.person("Carol"), lamp, "All is heard here.")  # and that is noted
    await wired.quiet()
    await wired.end()
    assert await gaps(wired) == [(wired.world.guild.id, 0)]
    wired.world.guild.away = False
    await comes_back(wired)
    assert await wired.remembered() == [*ROOM, ("Bob", "It rains.")]
    assert await gaps(wired) == []


async def test_other_servers_do_not_wait_for_one_in_an_outage(wired: Wired, m2her: M2her) -> None:
    other = wired.world.add_guild("The Lighthouse")
    wired.world.begin_outage(other)
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    await comes_back(wired)
    assert await wired.remembered() == [*ROOM, ("Bob", "It rains.")]


# --- stories that began meanwhile -----------------------------------------------------------------------


async def forum(wired: Wired) -> Channel:
    found = wired.world.add_forum("quests")
    wired.channels[found.id] = wired.channels[wired.bound.id]
    await Scenes(wired.database).told(found.id, RECORDING, "", now())
    return found


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("kind", ["thread", "of a message", "forum"])
async def test_a_thread_that_was_opened_meanwhile_is_caught_up(
    wired: Wired, m2her: M2her, kind: str, archived: bool
) -> None:
    home = await forum(wired) if kind == "forum" else wired.bound
    await evening(wired, m2her)
    tide = wired.say("Ann", "The tide turns at nine.") if kind == "of a message" else None
    thread = wired.world.create_thread("The tide", home, made_of=tide)
    wired.say("Bob", "It rains.", thread)
    wired.ask("does it?", "Carol", thread)
    if archived:
        wired.world.archive(thread)
    m2her.say("So it does.")
    await wired.start()
    await wired.shows("So it does.", channel=thread)
    before = [("Ann", "The tide turns at nine.")] if tide else []
    assert wired.heard == [*before, ("Bob", "It rains."), ("Carol", "does it?")]
    await wired.quiet()
    seen = lists(wired)
    await wired.end()
    await comes_back(wired)
    assert lists(wired) == seen + 2  # it has a scene now
    assert wired.posts(thread) == ["So it does."]


async def test_only_threads_of_bound_channels_with_something_new_are_looked_at(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    old = wired.world.create_thread("old", wired.bound)
    wired.world.add_member("Ann")
    wired.say("Bob", "((nothing of the story))", old)
    await evening(wired, m2her)
    foreign = wired.world.create_thread("foreign", wired.elsewhere)
    wired.say("Bob", "It rains.", foreign)
    wired.world.archive(wired.world.create_thread("empty", wired.elsewhere))
    seen = lists(wired)
    await comes_back(wired)
    assert lists(wired) == seen + 1
    assert caught_up(caplog)[-1] == (1, 0, 0, 0, 0)


async def test_threads_are_bounded_by_the_hosts_limits(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.rules = replace(wired.rules, catch_up=replace(BOUNDS, messages=3))
    thread = wired.world.create_thread("cellar", wired.bound)
    for number in range(6):
        wired.say("Bob", f"{number}", thread)
    await comes_back(wired)
    assert [text for _, text in await wired.remembered(thread)] == ["3", "4", "5"]


async def test_a_channel_where_nothing_was_played_yet_is_caught_up_if_it_was_told_so(
    wired: Wired, m2her: M2her
) -> None:
    await evening(wired, m2her, wired.elsewhere)
    wired.say("Bob", "It rains.")
    await comes_back(wired)
    assert await wired.remembered() == [("Bob", "It rains.")]


async def test_what_was_said_before_the_bot_first_came_is_not_looked_up(wired: Wired) -> None:
    wired.ask("an ale!", "Bob")
    wired.ask("an ale!", "Bob", wired.world.create_thread("cellar", wired.bound))
    await comes_back(wired)
    assert lists(wired) == 0
    assert wired.posts() == []


async def test_threads_are_looked_for_again_if_discord_does_not_say(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    thread = wired.world.create_thread("cellar", wired.bound)
    wired.say("Bob", "It rains.", thread)
    wired.world.archive(thread)
    path = f"/channels/{wired.bound.id}/threads/archived/public"
    fault = wired.world.faults.answer("GET", path, 200, {"threads": [{"id": "x"}]}, times=9999)
    await comes_back(wired)
    assert await wired.remembered(thread) == []
    await wired.end()
    fault.release()
    await comes_back(wired)
    assert await wired.remembered(thread) == [("Bob", "It rains.")]


async def test_a_thread_found_late_keeps_the_gap_of_its_channel(wired: Wired, m2her: M2her) -> None:
    """Its channel is caught up by then, and so is all else."""
    await evening(wired, m2her)
    thread = wired.world.create_thread("cellar", wired.bound)
    wired.say("Bob", "It rains.", thread)
    wired.world.archive(thread)
    path = f"/channels/{wired.bound.id}/threads/archived/public"
    wired.world.faults.answer("GET", path, 503, times=5)
    fault = wired.world.faults.answer("GET", f"/channels/{thread.id}/messages", 503, times=9999)
    await comes_back(wired)
    assert await gaps(wired) == [(wired.world.guild.id, thread.id)]
    await wired.end()
    fault.release()
    await comes_back(wired)
    assert await wired.remembered(thread) == [("Bob", "It rains.")]
    assert await gaps(wired) == []


@pytest.mark.parametrize("lost", [Permission.READ_MESSAGE_HISTORY, Permission.VIEW_CHANNEL])
async def test_threads_that_may_not_be_read_are_left_alone(
    wired: Wired, m2her: M2her, lost: Permission
) -> None:
    await evening(wired, m2her)
    thread = wired.world.create_thread("cellar", wired.bound)
    wired.say("Bob", "It rains.", thread)
    wired.world.deny(wired.bound, lost)
    await comes_back(wired)
    assert await wired.remembered(thread) == []
    assert await gaps(wired) == []


async def owes_nothing(wired: Wired) -> bool:
    return await wired.database.read("SELECT 1 FROM debt") == []


async def test_a_kill_in_the_middle_leaves_the_gap_open(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    thread = wired.world.create_thread("cellar", wired.bound)
    wired.ask("an ale!", "Bob", thread)
    held = wired.world.faults.hang("GET", f"/channels/{thread.id}/messages")
    await wired.start()
    await wired.world.wait_for(lambda: held.caught, 10)
    await wired.end()
    held.release()
    m2her.say("Ale.")
    await wired.start()
    await wired.shows("Ale.", channel=thread)
    await wired.quiet()
    await until(lambda: owes_nothing(wired))
