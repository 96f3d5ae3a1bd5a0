"""What people write, edit and delete while the bot is off: the real bot on a wire-level Discord."""

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import pytest

import bot.discord_ui.gateway.catch_up
from bot.composition.story import now
from bot.core.catching_up import Bounds
from bot.core.scene import Participant, Place
from bot.storage.database import Database
from bot.storage.history import History, Said
from bot.storage.people import People
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.story.places.notices import RECORDING
from tests.databases import sqlite_of
from tests.standins.discord_wire import Channel, Permission
from tests.standins.discord_wire.faults import Fault
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.test_life import RESTARTED
from tests.wired import Wired, until, wire

BOUNDS = Bounds(hours=24, messages=200, answer_minutes=10)


@pytest.fixture(autouse=True)
def whole_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch, rules=replace(RULES, catch_up=BOUNDS)) as wired:
        yield wired


async def evening(wired: Wired, m2her: M2her, channel: Channel | None = None) -> None:
    """Let there be a story, and the bot be off."""
    await wired.start()
    m2her.say("Take number four.")
    wired.ask("have you a room?", channel=channel)
    await wired.shows("Take number four.", channel=channel)
    await wired.quiet()
    await wired.end()


async def comes_back(wired: Wired) -> None:
    await wired.start()
    await wired.quiet()


def lists(wired: Wired) -> int:
    return sum(each.method == "GET" and each.path.endswith("/messages") for each in wired.world.requests)


def caught_up(caplog: pytest.LogCaptureFixture) -> list[tuple[int, ...]]:
    """The numbers of channels, new, edited and deleted messages, and answers, of each line of the log."""
    return [
        tuple(map(int, re.findall(r"\d+", line))) for line in caplog.messages if line.startswith("caught up")
    ]


ROOM = [("Alice", "have you a room?"), ("Marlow", "Take number four.")]


async def test_what_is_written_edited_and_deleted_while_it_is_off_is_followed(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    await wired.start()
    m2her.say("Take number four.")
    wired.say("Bob", "It rains.")
    grim = wired.say("Bob", "A grim night.")
    asked = wired.ask("have you a room?")
    await wired.shows("Take number four.")
    await wired.quiet()
    await wired.end()

    wired.world.edit(asked, f"{wired.mention} have you a bed?")
    wired.world.delete(grim)
    wired.say("Carol", "Evening, all.")
    wired.say("Bob", "Evening.", attachments=["map.png"])
    wired.world.proxy_say("Wren", wired.bound, "said by another bot")
    wired.say("Bob", "((brb))")
    wired.say("Bob", "((do you play on Sunday?))")
    await comes_back(wired)
    assert (await wired.remembered())[:4] == [
        ("Bob", "It rains."),
        ("Alice", "have you a bed?"),
        ("Marlow", "Take number four."),
        ("Carol", "Evening, all."),
    ]
    assert [text for _, text in (await wired.remembered())[4:]] == ["Evening.", ""]  # and that Bob steps away
    assert wired.posts() == ["Take number four."]
    assert caught_up(caplog)[-1] == (1, 3, 1, 1, 0)
    assert len(m2her.requests) == 1

    m2her.say("Aye.")
    wired.ask("and?")
    await wired.shows("Take number four.", "Aye.")
    assert "Evening, all." in str(wired.heard)
    assert "grim" not in str(wired.heard)


async def test_quiet_hours_are_judged_by_when_people_wrote_and_who_asked_before_them_is_told(
    wired: Wired, m2her: M2her
) -> None:
    wired.world.turn_back(2)
    await evening(wired, m2her)
    await wired.database.write("DELETE FROM heard")  # that it began to listen after that evening
    store, guild, moment = SettingsStore(wired.database), wired.world.guild.id, now()
    over = [f"{moment + timedelta(minutes=each):%H:%M}" for each in (-60, -45)]
    here = [f"{moment + timedelta(minutes=each):%H:%M}" for each in (-20, 40)]
    await store.put(
        "server", guild, "quiet_hours", f"{'-'.join(over)}, {'-'.join(here)}", by_user=1, at=moment
    )
    wired.world.turn_back(50 / 60)
    wired.ask("a bed?", "Bob")
    wired.world.turn_back(0.5)
    wired.ask("and a meal?")
    wired.world.turn_back(0)
    await comes_back(wired)
    end = (moment + timedelta(minutes=40)).replace(second=0, microsecond=0)
    assert wired.posts() == [
        "Take number four.",
        (
            f"-# It's quiet time here until <t:{int(end.timestamp())}:t>. What you wrote is in the story, and personas reply "
            "again after that."
        ),
    ]
    assert await wired.remembered() == [*ROOM, ("Bob", "a bed?"), ("Alice", "and a meal?")]
    assert len(m2her.requests) == 1
    assert await History(wired.database).debts.owed() == []


async def test_an_edit_of_who_may_not_play_anymore_is_not_followed(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    (asked, *_) = wired.bound.messages.values()
    store, guild = SettingsStore(wired.database), wired.world.guild.id
    await store.put("server", guild, "play_roles", "1", by_user=1, at=now())
    wired.world.edit(asked, f"{wired.mention} have you a bed?")
    await comes_back(wired)
    assert await wired.remembered() == ROOM


async def test_a_second_start_changes_nothing(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    for _ in range(3):
        await comes_back(wired)
        remembered = await wired.remembered()
        assert remembered[2:] == [("Bob", "It rains.")]
        await wired.end()
    assert [line[1:] for line in caught_up(caplog)][-3:] == [(1, 0, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)]


async def test_who_asks_meanwhile_is_answered_once_and_all_together(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "Marlow, an ale!")
    last = wired.say("Carol", "Marlow, and bread!")
    wired.say("Bob", "What a storm.")
    m2her.say("Ale and bread.")
    await wired.start()
    await wired.world.wait_for(lambda: len(wired.posts()) == 2, 10)
    await wired.quiet()
    room, answer = wired.posts()
    assert re.sub(r"\(.*?\)", "", answer) == "-# ↪ [Bob], [Carol]\nAle and bread."
    assert f"/{last.id})" in answer
    assert wired.heard[2:] == [
        ("Bob", "Marlow, an ale!"),
        ("Carol", "Marlow, and bread!"),
        ("Bob", "What a storm."),
    ]
    assert await History(wired.database).debts.owed() == []
    assert caught_up(caplog)[-1] == (1, 3, 0, 0, 1)
    await wired.end()
    await comes_back(wired)
    assert wired.posts() == [room, answer]


async def test_who_asked_long_ago_gets_a_notice_and_no_answer(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.rules = replace(wired.rules, catch_up=replace(BOUNDS, answer_minutes=0))
    asked = wired.ask("an ale!", "Bob")
    await comes_back(wired)
    assert wired.posts() == ["Take number four.", RESTARTED]
    assert wired.last_post().reply_to is asked
    assert len(m2her.requests) == 1
    m2her.say("Here.")
    wired.press("Retry", who="Bob")
    await wired.shows("Take number four.", "Here.")
    assert wired.heard[2:] == [("Bob", "an ale!")]


async def test_a_page_that_is_deleted_meanwhile_leaves_the_story(wired: Wired, m2her: M2her) -> None:
    pages = ["a" * 1900 + ".", "b" * 1900 + ".", "c" * 100 + "."]
    await wired.start()
    m2her.say("\n\n".join(pages))
    wired.ask("tell!")
    await wired.world.wait_for(lambda: len(wired.posts()) == 3, 10)
    await wired.quiet()
    await wired.end()
    wired.world.delete(wired.world.posts(wired.bound)[1])
    await comes_back(wired)
    ((_, kept),) = [turn for turn in await wired.remembered() if turn[0] == "Marlow"]
    assert "b" not in kept
    assert kept.startswith("a" * 1900)
    assert kept.endswith("c" * 100 + ".")
    await wired.end()
    wired.world.delete(wired.world.posts(wired.bound)[0])
    wired.world.delete(wired.world.posts(wired.bound)[0])
    await comes_back(wired)
    assert [name for name, _ in await wired.remembered()] == ["Alice"]


async def test_the_newest_post_deleted_meanwhile_leaves_the_story(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.world.delete(wired.last_post())
    await comes_back(wired)
    assert [name for name, _ in await wired.remembered()] == ["Alice"]


async def test_a_purged_channel_proves_nothing(wired: Wired, m2her: M2her) -> None:
    """An empty list is also what Discord gives who may not read: what is stored stays."""
    await evening(wired, m2her)
    for message in list(wired.bound.messages.values()):
        wired.world.delete(message)
    await comes_back(wired)
    assert len(await wired.remembered()) == 2


@pytest.mark.parametrize("lost", [Permission.READ_MESSAGE_HISTORY, Permission.VIEW_CHANNEL])
async def test_without_the_right_to_read_nothing_happens(
    wired: Wired, m2her: M2her, lost: Permission, caplog: pytest.LogCaptureFixture
) -> None:
    await evening(wired, m2her)
    before = await wired.remembered()
    wired.ask("an ale!", "Bob")
    wired.world.delete(wired.last_post())
    wired.world.deny(wired.bound, lost)
    seen = lists(wired)
    await comes_back(wired)
    assert await wired.remembered() == before
    assert lists(wired) == seen
    assert not [line for line in caplog.records if line.levelname == "ERROR"]


@pytest.mark.parametrize("status", [403, 404, 503])
async def test_a_refused_list_deletes_nothing(wired: Wired, m2her: M2her, status: int) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", status, times=99)
    await comes_back(wired)
    assert len(await wired.remembered()) == 2


@pytest.mark.parametrize(
    "answer", [{"id": "rubbish"}, [{"id": "x"}], ["words"], [{"id": "12"}], "words", 7], ids=str
)
async def test_rubbish_for_a_list_changes_nothing(wired: Wired, m2her: M2her, answer: object) -> None:
    await evening(wired, m2her)
    wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", 200, answer, times=99)
    await comes_back(wired)
    assert len(await wired.remembered()) == 2


async def test_discord_away_for_a_moment_is_asked_again(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    wired.world.faults.answer("GET", f"/channels/{wired.bound.id}/messages", 503, times=1)
    await comes_back(wired)
    assert (await wired.remembered())[2:] == [("Bob", "It rains.")]
    assert f"what was written in channel {wired.bound.id} while the bot was away can't be read" in caplog.text


async def test_too_many_requests_are_waited_for(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    wired.world.limits.rules["GET /channels/{channel}/messages"] = (1, 5.0)
    many = {"message": "You are being rate limited.", "retry_after": 0.05, "global": False}
    wired.world.faults.answer(
        "GET", f"/channels/{wired.bound.id}/messages", 429, many, headers={"Via": "1.1 google"}
    )
    await comes_back(wired)
    assert (await wired.remembered())[2:] == [("Bob", "It rains.")]


async def test_elsewhere_only_what_addresses_the_persona_is_stored_with_what_it_replies_to(
    wired: Wired, m2her: M2her
) -> None:
    await evening(wired, m2her, wired.elsewhere)
    wired.say("Bob", "Marlow is a fraud.", wired.elsewhere)
    tide = wired.say("Bob", "The tide turns at nine.", wired.elsewhere)
    wired.say("Carol", f"{wired.mention} is that so?", wired.elsewhere, reply_to=tide)
    m2her.say("At nine.")
    await wired.start()
    await wired.shows("Take number four.", "At nine.", channel=wired.elsewhere)
    assert wired.heard[2:] == [("Bob", "The tide turns at nine."), ("Carol", "[to Bob] is that so?")]
    assert "fraud" not in str(await wired.remembered(wired.elsewhere))


async def test_a_bound_channel_that_was_never_told_so_stores_only_what_addresses_the_persona(
    wired: Wired, m2her: M2her
) -> None:
    """The host bound it while the bot was off: nobody there has read that all of it is stored."""
    await evening(wired, m2her, wired.elsewhere)
    wired.say("Bob", "between ourselves", wired.elsewhere)
    wired.channels[wired.elsewhere.id] = wired.channels[wired.bound.id]
    await comes_back(wired)
    assert len(await wired.remembered(wired.elsewhere)) == 2


async def test_what_was_said_while_the_bot_was_paused_stays_unsaid(wired: Wired, m2her: M2her) -> None:
    await wired.start()
    m2her.say("Take number four.")
    wired.ask("have you a room?")
    await wired.shows("Take number four.")
    store, guild = SettingsStore(wired.database), wired.world.guild.id
    await store.put("server", guild, "paused", "true", by_user=1, at=now())
    wired.say("Bob", "between ourselves")
    await wired.quiet()
    await store.put("server", guild, "paused", "false", by_user=1, at=now())
    await wired.end()
    wired.say("Bob", "It rains.")
    await comes_back(wired)
    assert (await wired.remembered())[2:] == [("Bob", "It rains.")]


@pytest.mark.parametrize("made_of_message", [False, True])
async def test_a_thread_is_caught_up_too(wired: Wired, m2her: M2her, made_of_message: bool) -> None:
    tide = wired.say("Bob", "The tide turns at nine.", wired.elsewhere) if made_of_message else None
    parent = wired.elsewhere if made_of_message else wired.bound
    thread = wired.world.create_thread("The tide", parent, made_of=tide)
    await evening(wired, m2her, thread)
    wired.ask("and then?", "Bob", thread)
    m2her.say("Then it falls.")
    await wired.start()
    await wired.shows("Take number four.", "Then it falls.", channel=thread)
    assert wired.heard[-1] == ("Bob", "and then?")
    if made_of_message:  # it is in another channel, and no list of the thread has it
        assert wired.heard[0] == ("Bob", "The tide turns at nine.")


async def test_people_are_called_what_they_are_called_on_the_server(wired: Wired, m2her: M2her) -> None:
    wired.people["Alice"] = wired.world.add_member("alice_1987", nick="Alice of the Docks")
    wired.people["Bob"] = wired.world.add_member("bobby", nick="Old Bob")
    await evening(wired, m2her)
    wired.say("Bob", "Good evening.")
    wired.say("Alice", f"Bob! {wired.people['Bob'].mention}")
    await comes_back(wired)
    assert (await wired.remembered())[2:] == [
        ("Old Bob", "Good evening."),
        ("Alice of the Docks", "Bob! Old Bob"),
    ]


async def test_channels_are_counted_together(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    places = [wired.world.add_channel(f"room-{number}") for number in range(6)]
    for place in places:
        wired.channels[place.id] = wired.channels[wired.bound.id]
        await Scenes(wired.database).active(Place(place.id, guild_id=wired.world.guild.id), now())
        await Scenes(wired.database).told(place.id, RECORDING, "", now())
    await evening(wired, m2her)
    for place in places:
        for text in ("It rains.", "It snows."):
            wired.say("Bob", text, place)
    await comes_back(wired)
    assert caught_up(caplog)[-1] == (7, 12, 0, 0, 0)
    assert await wired.remembered(places[3]) == [("Bob", "It rains."), ("Bob", "It snows.")]


async def test_only_the_newest_messages_are_looked_at(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.rules = replace(wired.rules, catch_up=replace(BOUNDS, messages=5))
    for number in range(8):
        wired.say("Bob", f"{number}")
    await comes_back(wired)
    assert [text for _, text in (await wired.remembered())[2:]] == ["3", "4", "5", "6", "7"]
    assert lists(wired) == 1


async def test_a_long_absence_is_listed_page_by_page(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    for number in range(130):
        wired.say("Bob", f"{number}")
    await comes_back(wired)
    assert [text for _, text in (await wired.remembered())[2:]] == [f"{number}" for number in range(130)]


@pytest.mark.parametrize("bounds", [Bounds(0, 200, 10), Bounds(24, 0, 10)])
async def test_a_host_can_turn_it_off(wired: Wired, m2her: M2her, bounds: Bounds) -> None:
    wired.rules = replace(wired.rules, catch_up=bounds)
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    await comes_back(wired)
    assert len(await wired.remembered()) == 2
    assert lists(wired) == 0
    await wired.end()
    wired.rules = replace(wired.rules, catch_up=BOUNDS)  # what was missed then stays unheard
    wired.say("Bob", "It snows.")
    await comes_back(wired)
    assert (await wired.remembered())[-1] == ("Bob", "It snows.")


# --- connections ----------------------------------------------------------------------------------------


async def test_a_session_that_is_resumed_has_nothing_to_catch_up(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    await comes_back(wired)
    seen = lists(wired)
    wired.world.sockets.drop()
    await wired.world.wait_for(lambda: wired.world.sockets.resumes == 1)
    wired.say("Bob", "It rains.")
    await wired.quiet()
    assert lists(wired) == seen
    assert (await wired.remembered())[2:] == [("Bob", "It rains.")]


async def test_a_session_that_cannot_be_resumed_is_caught_up(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    await comes_back(wired)
    wired.world.sockets.close(4009)  # it is over: what happens now is told to nobody
    wired.say("Bob", "It rains.")
    m2her.say("So it does.")
    wired.ask("does it?", "Carol")
    await wired.shows("Take number four.", "So it does.")
    assert wired.heard[2:] == [("Bob", "It rains."), ("Carol", "does it?")]
    await wired.quiet()
    assert wired.posts() == ["Take number four.", "So it does."]


async def test_a_reply_waits_a_moment_for_what_was_said_before(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    held = wired.world.faults.hang("GET", f"/channels/{wired.bound.id}/messages")
    await wired.start(connected=False)
    await wired.world.wait_for(lambda: held.caught, 10)
    m2her.say("Let it rain.")
    wired.ask("what weather?", "Carol")
    await until(lambda: owes(wired))
    held.release()
    await wired.shows("Take number four.", "Let it rain.")
    assert wired.heard[2:] == [("Bob", "It rains."), ("Carol", "what weather?")]
    await wired.quiet()
    assert wired.posts() == ["Take number four.", "Let it rain."]


async def owes(wired: Wired) -> bool:
    return bool(await History(wired.database).debts.owed())


async def test_a_reply_waits_no_longer_than_that(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.discord_ui.gateway.catch_up, "PATIENCE", 0.05)
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    asked = wired.ask("Are you there?", "Bob")
    held = wired.world.faults.hang("GET", f"/channels/{wired.bound.id}/messages")
    await wired.start(connected=False)
    await wired.world.wait_for(lambda: held.caught, 10)
    m2her.say("Storm.")
    wired.ask("what weather?", "Carol")
    await wired.shows("Take number four.", "Storm.")
    assert wired.heard[2:] == [("Carol", "what weather?")]
    held.release()
    # Somebody has spoken to the persona since: Bob is told, and not answered.
    await wired.shows("Take number four.", "Storm.", RESTARTED)
    assert wired.last_post().reply_to is asked
    await wired.quiet()
    assert [text for _, text in await wired.remembered()] == [
        "have you a room?",
        "Take number four.",
        "It rains.",
        "what weather?",
        "Storm.",
        "Are you there?",
    ]


async def test_events_of_the_moment_win_over_the_list(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    rain, snow, hail = (wired.say("Bob", f"It {word}s.") for word in ("rain", "snow", "hail"))
    asked = next(iter(wired.bound.messages.values()))
    held = wired.world.faults.hang("GET", f"/channels/{wired.bound.id}/messages", applied=True)
    await wired.start(connected=False)
    await wired.world.wait_for(lambda: held.caught, 10)
    # The list is on its way, and says none of this.
    wired.world.delete(rain)
    wired.world.edit(snow, "It thaws.")
    wired.world.edit(asked, f"{wired.mention} have you two rooms?")
    wired.say("Carol", "Evening.")

    async def carol_is_heard() -> bool:
        return any(name == "Carol" for name, _ in await wired.remembered())

    await until(carol_is_heard)
    held.release()
    await wired.quiet()
    assert await wired.remembered() == [
        ("Alice", "have you two rooms?"),
        ("Marlow", "Take number four."),
        ("Bob", "It thaws."),
        ("Bob", hail.content),
        ("Carol", "Evening."),
    ]


async def test_a_connection_lost_in_the_middle_begins_again(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    held = wired.world.faults.hang("GET", f"/channels/{wired.bound.id}/messages")
    await wired.start(connected=False)
    await wired.world.wait_for(lambda: held.caught, 10)
    wired.world.sockets.close(4009)
    m2her.say("Aye.")
    wired.ask("does it?")
    held.release()
    await wired.shows("Take number four.", "Aye.")
    await wired.quiet()
    assert [text for _, text in await wired.remembered()][2:] == ["It rains.", "does it?", "Aye."]


async def test_a_stop_in_the_middle_loses_nothing(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    held = wired.world.faults.hang("GET", f"/channels/{wired.bound.id}/messages")
    await wired.start()
    await wired.world.wait_for(lambda: held.caught, 10)
    await wired.end()
    held.release()
    await comes_back(wired)
    assert (await wired.remembered())[2:] == [("Bob", "It rains.")]


# --- who waits ------------------------------------------------------------------------------------------


async def test_who_asked_to_stop_gets_neither_an_answer_nor_a_notice(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.ask("an ale!", "Bob")
    wired.say("Bob", f"{wired.mention} ((stop))")
    await comes_back(wired)
    assert wired.posts() == ["Take number four."]
    assert await History(wired.database).debts.owed() == []


async def test_one_persona_answers_and_who_asked_another_is_told(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    place = Place(wired.bound.id, guild_id=wired.world.guild.id)
    for who, key, text in (("Bob", "isolde", "Isolde, well?"), ("Carol", "marlow", "And you, Marlow?")):
        said = wired.say(who, text)
        await owe(wired, said.id, who, key, text, place)
    wired.channels[wired.bound.id] = replace(wired.channels[wired.bound.id], personas=None)
    m2her.say("Well.")
    await wired.start()
    await wired.world.wait_for(lambda: any("Well." in post for post in wired.posts()), 10)
    await wired.quiet()
    assert len(m2her.requests) == 2
    assert "And you, Marlow?" in m2her.requests[-1].body["messages"][-1]["content"]
    assert await History(wired.database).debts.owed() == []


async def owe(wired: Wired, message_id: int, who: str, key: str, text: str, place: Place) -> None:
    scene = await Scenes(wired.database).active(place, now())
    person = Participant(wired.person(who).id, who)
    speaker = await People(wired.database).speaker(place, person, lambda _: who, now())
    await History(wired.database).record(scene.id, Said(speaker, text, 2, now(), message_id, (key,)))


async def killed(wired: Wired) -> None:
    """End the bot as kill -9 does: nothing that it does from now on reaches Discord or the database."""
    left = wired.folder / f"left-{len(wired.clients)}.sqlite3"
    with sqlite3.connect(sqlite_of(wired.database).place) as now_stored, sqlite3.connect(left) as copy:
        now_stored.backup(copy)
    await wired.clients[-1].http.close()
    await wired.end()
    await wired.database.close()
    wired.database = await Database.open(left, exclusive=True)


def answers(wired: Wired) -> int:
    """How many posts answer who asked: with the reply, a part of it, or a notice."""
    return len(wired.posts()) - 1


@pytest.mark.parametrize("applied", [False, True])
async def test_a_kill_at_any_request_answers_once(wired: Wired, m2her: M2her, applied: bool) -> None:
    """Each start dies one request later than the one before, until one has nothing left to ask of Discord."""
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    wired.ask("an ale!", "Bob")
    for number in count():
        m2her.say("Ale.")
        held = wired.world.faults.hang("*", "/channels/*", applied=applied, lost=True, after=number)
        await wired.start()

        async def is_over(held: Fault = held) -> bool:
            return bool(held.caught) or (await wired._nothing_left() and answers(wired) > 0)

        await until(is_over, 10)
        if not held.caught:
            break
        held.times = 0
        await killed(wired)
        held.release()
    assert number > 3
    assert answers(wired) == 1
    assert await History(wired.database).debts.owed() == []
    remembered = await wired.remembered()
    assert [text for _, text in remembered[:4]] == [*(text for _, text in ROOM), "It rains.", "an ale!"]
    await wired.end()
    await comes_back(wired)
    assert answers(wired) == 1
    assert await wired.remembered() == remembered


def lists_again(wired: Wired, seen: int) -> bool:
    return lists(wired) > seen


async def test_a_kill_at_any_moment_answers_once(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    wired.ask("an ale!", "Bob")
    for turns in range(0, 1200, 100):
        m2her.say("Ale.")
        seen = lists(wired)
        await wired.start(connected=False)
        await wired.world.wait_for(partial(lists_again, wired, seen), 10)
        for _ in range(turns):
            await asyncio.sleep(0)
        await killed(wired)
    await wired.start()

    async def is_over() -> bool:
        return await wired._nothing_left() and answers(wired) > 0

    await until(is_over, 10)
    assert answers(wired) == 1
    assert [text for _, text in await wired.remembered()][2:4] == ["It rains.", "an ale!"]


async def test_without_the_message_content_intent_words_are_never_overwritten(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = replace(RULES, catch_up=BOUNDS)
    async with wire(m2her, tmp_path, monkeypatch, rules=rules, message_content=False) as wired:
        await evening(wired, m2her)
        asked = next(iter(wired.bound.messages.values()))
        wired.world.edit(asked, "have you a bed?")  # no mention anymore: Discord withholds it
        wired.say("Bob", "It rains.")
        m2her.say("Aye.")
        wired.ask("still there?", "Carol")
        await wired.start()
        await wired.shows("Take number four.", "Aye.")
        await wired.quiet()
        assert wired.heard == [
            ("Alice", "have you a room?"),
            ("Marlow", "Take number four."),
            ("Carol", "still there?"),
        ]


# --- channels that are gone -----------------------------------------------------------------------------


async def places(wired: Wired) -> set[int]:
    """The channels of which anything of a story is stored."""
    rows = await wired.database.read("SELECT channel_id FROM place UNION SELECT channel_id FROM scene")
    return {row["channel_id"] for row in rows}


async def two_stories(wired: Wired, m2her: M2her) -> Channel:
    """Let there be a story in the bound channel and one in a thread, and the bot be off."""
    await evening(wired, m2her)
    thread = wired.world.create_thread("cellar", wired.bound)
    await evening(wired, m2her, thread)
    return thread


async def test_a_thread_that_was_deleted_meanwhile_goes(wired: Wired, m2her: M2her) -> None:
    thread = await two_stories(wired, m2her)
    await comes_back(wired)
    assert await places(wired) == {wired.bound.id, thread.id}
    await wired.end()
    wired.world.delete_channel(thread)
    await comes_back(wired)
    assert await places(wired) == {wired.bound.id}
    assert await wired.remembered() == ROOM


async def test_a_channel_that_was_deleted_meanwhile_goes_with_its_threads_however_old(
    wired: Wired, m2her: M2her
) -> None:
    await two_stories(wired, m2her)
    await evening(wired, m2her, wired.elsewhere)
    await wired.database.write("UPDATE turn SET position = id WHERE 1 = 1")  # nobody has written for long
    wired.world.delete_channel(wired.bound)
    await comes_back(wired)
    assert await places(wired) == {wired.elsewhere.id}


@pytest.mark.parametrize("answer", [(403, 50_001), (404, 0), (503, 0)])
async def test_only_a_channel_that_discord_does_not_know_goes(
    wired: Wired, m2her: M2her, answer: tuple[int, int]
) -> None:
    await evening(wired, m2her)
    status, code = answer
    body = {"code": code, "message": "no"}
    wired.world.faults.answer("GET", f"/channels/{wired.bound.id}", status, body, times=99)
    del wired.world.channels[wired.bound.id]
    await comes_back(wired)
    assert await places(wired) == {wired.bound.id}


# --- what fails in the middle ---------------------------------------------------------------------------


@pytest.mark.parametrize("edited", [False, True])
async def test_what_could_not_be_stored_is_followed_at_the_next_try(
    wired: Wired, m2her: M2her, edited: bool
) -> None:
    await evening(wired, m2her)
    asked = next(iter(wired.bound.messages.values()))
    if edited:
        wired.world.edit(asked, f"{wired.mention} have you a bed?")
    else:
        wired.world.delete(asked)
    held = wired.world.faults.hang("GET", f"/channels/{wired.bound.id}/messages")
    await wired.start(connected=False)
    await wired.world.wait_for(lambda: held.caught, 10)
    await wired.database.write("PRAGMA query_only = ON")  # nothing can be stored for a moment
    wired.pauses.taken.clear()
    wired.pauses.over.clear()
    held.release()
    await until(lambda: has_paused(wired), 10)
    await wired.database.write("PRAGMA query_only = OFF")
    wired.pauses.over.set()
    await wired.quiet()
    assert await wired.remembered() == [*([("Alice", "have you a bed?")] if edited else []), ROOM[1]]


async def has_paused(wired: Wired) -> bool:
    return bool(wired.pauses.taken)


async def test_whether_a_server_is_served_is_asked_again(wired: Wired, m2her: M2her) -> None:
    await evening(wired, m2her)
    wired.say("Bob", "It rains.")
    wired.channels.clear()  # now only the host's being there tells
    wired.world.guild.owner = wired.person("Olga")
    wired.world.guild.members[wired.world.host.id] = wired.world.host
    await SettingsStore(wired.database).bind("channel", wired.bound.id, "marlow", by_user=1, at=now())
    wired.clock = lambda: 100.0 * len(wired.pauses.taken)
    wired.world.faults.answer("GET", "/guilds/*/members/*", 400)
    await comes_back(wired)
    assert (await wired.remembered())[2:] == [("Bob", "It rains.")]
