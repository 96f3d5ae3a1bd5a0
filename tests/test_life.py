"""The process's life: it starts, is stopped, dies, loses Discord, and comes back with the story whole."""

import asyncio
import json
import re
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import discord
import pytest

import bot.discord_ui.gateway.client
import bot.discord_ui.replies.runner
from bot.composition.story import now
from bot.core.catching_up import Bounds
from bot.core.scene import Ending, Participant, Place, Slice
from bot.core.servers import Audience, ServerRule
from bot.core.settings import Face, Settings
from bot.core.sharding import IDENTIFY_SPACING
from bot.discord_ui.gateway.liveness import WrongToken
from bot.discord_ui.posting.request_counts import USES_OF_A_POST
from bot.storage.database import Database
from bot.storage.history import History, Said
from bot.storage.people import People
from bot.storage.scenes import Scenes
from bot.storage.schema import MIGRATIONS, migrations_in
from bot.storage.settings import SettingsStore
from bot.storage.swipes import Swipes
from bot.story.memory import storage_watch
from bot.story.places.rules import ChannelRule
from tests.process import KEY, evening
from tests.standins.discord_wire import Channel, Message, Permission, WireDiscord, gateway, shapes
from tests.standins.discord_wire.components import walk
from tests.standins.discord_wire.gateway import Gateway
from tests.standins.discord_wire.records import Json
from tests.standins.library import zlib_context
from tests.standins.m2her import M2her
from tests.tavern import MARLOW, RULES
from tests.wired import CAST, TEMPO, Wired, history_in, told, until, wire


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A server; the bot is not started yet."""
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


def posts(world: WireDiscord) -> list[str]:
    """What the bot's posts say now, but for the persona's card."""
    return [post.content for post in world.posts(world.channel) if post.content]


# --- the process itself -------------------------------------------------------------------------


async def test_it_says_who_it_is_what_it_lacks_and_how_to_invite_it_and_never_a_secret(
    tmp_path: Path,
) -> None:
    cast = {"marlow": f"{MARLOW}greeting: It is {{{{tide}}}}.\n", "broken": "nmae: Typo\n"}
    async with evening(tmp_path, cast, message_content=False) as (world, m2her, process):
        await process.start(real=True)
        await process.says("scope=bot")
        for words in (
            f"Dramatis is on Discord as application {world.bot.id}, on 1 server(s)",
            "it answers in 1 channel(s) with their own persona",
            "personas: marlow",
            "broken.yaml:1:1: ",
            f"marlow.yaml:{MARLOW.count(chr(10)) + 1}:17: `{{{{tide}}}}` in `greeting` stays as it is",
            "without the Message Content Intent",
            f"https://discord.com/oauth2/authorize?client_id={world.bot.id}",
        ):
            assert words in process.output

        m2her.say("Something of my own.")
        world.say(world.add_member("Alice"), world.channel, f"{world.bot.mention} something private")
        await world.wait_for(lambda: posts(world) == ["Something of my own."])
        process.signal(signal.SIGINT)
        assert await process.ended(10) == 0
        assert process.lines[-1].endswith("stopped")
        for secret in (world.token, KEY, "something private", "Something of my own"):
            assert secret not in process.output
        assert not any(level in process.output for level in (" ERROR ", "Traceback"))


async def test_a_closed_terminal_stops_it_like_sigterm(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST) as (world, m2her, process):
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say("And then ", asyncio.Event())
        world.say(world.add_member("Alice"), world.channel, "Marlow, another?")
        await world.wait_for(lambda: posts(world) == ["And then"])
        process.signal(signal.SIGHUP)
        assert await process.ended(10) == 0
        assert posts(world)[0] == "And then\n-# The reply was stopped. Press Continue or mention the bot."
        assert process.lines[-1].endswith("stopped")


async def test_the_copy_before_a_migration_is_named_in_the_log(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST) as (_, _, process):
        older = tmp_path / "older"
        older.mkdir()
        for step in migrations_in(MIGRATIONS)[:-1]:
            (older / f"{step.number:04}_.sql").write_text(step.script)
        path = tmp_path / "data" / "dramatis.sqlite3"
        path.parent.mkdir(exist_ok=True)
        await (await Database.open(path, exclusive=True, migrations=older)).close()
        await process.start()
        await process.says("a copy of it as it was before is ")
        (copy,) = path.parent.glob("*.bak")
        assert f"a copy of it as it was before is {copy}" in process.output


async def test_sigterm_lets_a_reply_finish_and_closes_one_that_does_not_within_ten_seconds(
    tmp_path: Path,
) -> None:
    async with evening(tmp_path, CAST) as (world, m2her, process):
        alice, other = world.add_member("Alice"), world.add_channel("market")
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        gate = asyncio.Event()
        m2her.say("One last ", gate, "round.")
        world.say(alice, world.channel, "Marlow, another?")
        await world.wait_for(lambda: posts(world) == ["One last"])
        m2her.say("And then ", asyncio.Event())
        world.say(alice, other, f"{world.bot.mention} and then?")
        await world.wait_for(lambda: [post.content for post in world.posts(other)] == ["And then"])
        process.signal(signal.SIGTERM)
        await process.says("stopping")
        gate.set()
        assert await process.ended(10) == 0
        assert world.transcript(world.channel) == (
            "Alice: Marlow, another?\n"
            "Dramatis: ### Marlow\n    Marlow keeps the Drowned Bell, a harbour tavern.\n"
            "    -# Played by an AI. What it says is made up.\n"
            "    -# Say Marlow's name, reply or @mention the bot · `*actions*` · `((out of character))`\n"
            "    -# Messages in this channel are saved, so that Marlow remembers them. For each reply, the latest ones "
            "are sent to an AI model on the bot owner's computer. Use `/help` to learn more.\n"
            "Dramatis: One last round. (edited)"
        )
        assert world.transcript(other) == (
            "Alice: @Dramatis and then?\nDramatis: And then\n    -# The reply was stopped. Press Continue or mention the bot. (edited)\n"
            "Dramatis: -# Messages to Marlow in this channel are saved, and so are the replies. For each reply, the latest "
            "ones are sent to an AI model on the bot owner's computer. Use `/help` to learn more."
        )
        assert process.stored("SELECT text, ending FROM turn WHERE persona_key IS NOT NULL") == [
            ("One last round.", "done"),
            ("And then ", "stopped"),
        ]


async def test_kill_9_loses_nothing_people_saw_and_says_nothing_twice(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST) as (world, m2her, process):
        alice, other = world.add_member("Alice"), world.add_channel("market")
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say("The bell rings ", asyncio.Event())  # it dies in the middle of this
        world.say(alice, world.channel, "Marlow, what was that?")
        await world.wait_for(lambda: posts(world) == ["The bell rings"])
        # And here between Discord's taking the post and the bot's hearing of it.
        answer = world.faults.hang("POST", f"/channels/{other.id}/messages", applied=True)
        m2her.say("Fish, ", asyncio.Event())
        world.say(alice, other, f"{world.bot.mention} what have you got?")
        await world.wait_for(lambda: world.posts(other))
        await process.kill()
        answer.release()

        await process.start()
        interrupted = "\n-# The bot restarted during this reply. Press Continue or mention the bot."
        await world.wait_for(lambda: posts(world) == ["The bell rings" + interrupted])
        (post,) = world.posts(other)
        await world.wait_for(lambda: post.content == "Fish," + interrupted)
        closed = [("The bell rings ", "interrupted"), ("Fish, ", "interrupted")]

        async def is_closed() -> bool:
            return process.stored("SELECT text, ending FROM turn WHERE persona_key IS NOT NULL") == closed

        await until(is_closed)

        m2her.say("and eels.")  # the post is known: a reply to it, without a mention, reaches the persona
        world.say(alice, other, "Go on?", reply_to=post, ping=False)
        await world.wait_for(lambda: len(world.posts(other)) == 2)
        assert history_in(told(m2her)[-1]) == [
            ("Alice", "what have you got?"),
            ("Marlow", "Fish, "),
            ("Alice", "Go on?"),
        ]


RESTARTED = "The bot restarted during this reply. Press Retry or mention the bot."


async def test_kill_9_before_the_first_word_is_told_once_to_all_who_wait(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST) as (world, m2her, process):
        alice, bob, other = world.add_member("Alice"), world.add_member("Bob"), world.add_channel("market")
        process.environment["DRAMATIS_CATCH_UP__ANSWER_MINUTES"] = "0"
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say(asyncio.Event())  # asked, and not a word yet
        first = world.say(alice, other, f"{world.bot.mention} what have you got?")
        await m2her.received(1)
        m2her.say("The bell ", asyncio.Event())  # while this is written, two more wait for their turn
        world.say(alice, world.channel, "Marlow, what was that?")
        await world.wait_for(lambda: posts(world) == ["The bell"])
        world.say(bob, world.channel, "Marlow, an ale!")
        last = world.say(alice, world.channel, "Marlow, and one for me!")

        async def both_wait() -> bool:
            return len(process.stored("SELECT 1 FROM debt")) == 3

        await until(both_wait)
        await process.kill()

        await process.start()
        interrupted = "The bell\n-# The bot restarted during this reply. Press Continue or mention the bot."
        await world.wait_for(lambda: posts(world) == [interrupted, RESTARTED])
        await world.wait_for(lambda: [post.content for post in world.posts(other)] == [RESTARTED])
        notices = [world.posts(world.channel)[-1], world.posts(other)[0]]
        assert [notice.reply_to for notice in notices] == [last, first]

        async def nobody_waits() -> bool:
            return process.stored("SELECT 1 FROM debt") == []

        await until(nobody_waits)
        m2her.say("Two ales.")
        world.interactions.press(bob, notices[0], next(find(notices[0], "Retry")))
        await world.wait_for(lambda: posts(world) == [interrupted, "Two ales."])
        assert history_in(told(m2her)[-1])[-2:] == [
            ("Bob", "Marlow, an ale!"),
            ("Alice", "Marlow, and one for me!"),
        ]

        await process.kill()
        await process.start()
        await process.says("scope=bot")
        assert posts(world) == [interrupted, "Two ales."]
        assert [post.content for post in world.posts(other)] == [RESTARTED]


def find(post: Message, label: str) -> Iterator[str]:
    """The custom_ids of a post's buttons of this label."""
    return (each["custom_id"] for each in walk(post.components) if each.get("label") == label)


async def ask_before_a_kill(
    wired: Wired,
    text: str = "well?",
    *,
    ago: timedelta = timedelta(),
    channel: Channel | None = None,
    key: str = "marlow",
) -> Message:
    """Let Alice have asked, and the bot be killed once that was stored."""
    where = channel or wired.bound
    said = wired.world.say(wired.person("Alice"), where, text)
    scene = await Scenes(wired.database).active(Place(where.id, guild_id=wired.world.guild.id), now() - ago)
    alice = await People(wired.database).speaker(
        Place(where.id, guild_id=wired.world.guild.id),
        Participant(wired.person("Alice").id, "Alice"),
        lambda _: "Alice",
        now() - ago,
    )
    await History(wired.database).record(scene.id, Said(alice, text, 2, now() - ago, said.id, (key,)))
    return said


async def told_after_a_start(
    wired: Wired, channel: Channel | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    await wired.start()
    await wired.quiet()
    return [(each.text, each.buttons) for each in wired.shown(channel)]


TOLD = [(RESTARTED, ("Retry",))]


@pytest.mark.parametrize("face", [Face.BOT, Face.WEBHOOK])
async def test_who_was_not_answered_before_a_kill_is_told(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, face: Face
) -> None:
    async with wire(
        m2her, tmp_path, monkeypatch, rules=replace(RULES, defaults=Settings(face=face))
    ) as wired:
        await ask_before_a_kill(wired, "an ale!")
        await ask_before_a_kill(wired, "and bread!")
        name, small = ("Marlow", "-# ") if face is Face.WEBHOOK else ("Dramatis", "")
        assert await told_after_a_start(wired) == [(f"{small}{RESTARTED}", ("Retry",))]
        assert wired.shown()[0].name == name
        await wired.end()
        assert await told_after_a_start(wired) == [(f"{small}{RESTARTED}", ("Retry",))]
        m2her.say("Here you are.")
        wired.press("Retry")
        await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == ["Here you are."], 10)
        assert wired.heard == [("Alice", "an ale!\nand bread!")]
        assert wired.shown()[0].name == name


@pytest.mark.parametrize(
    ("ago", "told"), [(timedelta(hours=23), TOLD), (timedelta(hours=25), []), (timedelta(days=30), [])]
)
async def test_who_asked_long_ago_is_not_told(wired: Wired, ago: timedelta, told: list[object]) -> None:
    await ask_before_a_kill(wired, ago=ago)
    assert await told_after_a_start(wired) == told


async def test_nobody_is_told_while_the_bot_is_paused(wired: Wired) -> None:
    await ask_before_a_kill(wired)
    await SettingsStore(wired.database).put(
        "server", wired.world.guild.id, "paused", "true", by_user=1, at=now()
    )
    assert await told_after_a_start(wired) == []


@pytest.mark.parametrize("text", ["well?", "{mention} well?"])
async def test_nobody_is_told_where_the_channel_was_unbound(wired: Wired, text: str) -> None:
    await ask_before_a_kill(wired, text.format(mention=wired.mention))
    wired.channels.clear()
    assert await told_after_a_start(wired) == []


async def test_nobody_is_told_where_another_persona_plays_now(wired: Wired) -> None:
    await ask_before_a_kill(wired)
    wired.channels[wired.bound.id] = ChannelRule(("isolde",))
    assert await told_after_a_start(wired) == []


async def test_who_mentioned_the_bot_in_a_channel_without_a_persona_is_told(wired: Wired) -> None:
    await ask_before_a_kill(wired, f"{wired.mention} well?", channel=wired.elsewhere)
    assert await told_after_a_start(wired, wired.elsewhere) == TOLD


async def test_nobody_is_told_whose_message_was_deleted_meanwhile(wired: Wired) -> None:
    said = await ask_before_a_kill(wired)
    wired.world.delete(said)
    assert await told_after_a_start(wired) == []
    assert await wired.remembered() == []  # nor does the story keep it


async def test_nobody_is_told_on_a_server_that_the_bot_has_left(wired: Wired) -> None:
    scene = await Scenes(wired.database).active(Place(77, guild_id=78), now())
    alice = await People(wired.database).speaker(
        Place(77, guild_id=78), Participant(1, "Alice"), lambda _: "Alice", now()
    )
    await History(wired.database).record(scene.id, Said(alice, "well?", 2, now(), 79, ("marlow",)))
    assert await told_after_a_start(wired) == []
    assert not any("/channels/77" in request.path for request in wired.world.requests)


async def test_where_the_bot_may_not_post_anymore_nothing_is_left_of_it(wired: Wired) -> None:
    await ask_before_a_kill(wired)
    wired.world.deny(wired.bound, Permission.SEND_MESSAGES)
    assert await told_after_a_start(wired) == []
    assert await wired.remembered() == [("Alice", "well?")]
    assert await History(wired.database).unfinished.all() == []


async def test_who_is_answered_meanwhile_is_not_told(wired: Wired, m2her: M2her) -> None:
    await ask_before_a_kill(wired)
    hanging = wired.world.faults.hang("GET", "/channels/*/messages/*")
    await wired.start()
    await wired.world.wait_for(lambda: hanging.caught, 10)
    m2her.say("Here I am.")
    wired.ask("again")
    await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == ["Here I am."], 10)
    hanging.release()
    await wired.quiet()
    assert [each.text for each in wired.shown()] == ["Here I am."]


async def test_a_ping_of_the_bots_own_role_is_told_after_a_kill(wired: Wired) -> None:
    await ask_before_a_kill(wired, f"{wired.world.guild.bot_role.mention} well?", channel=wired.elsewhere)
    assert await told_after_a_start(wired, wired.elsewhere) == TOLD


@pytest.mark.parametrize(
    ("words", "told"), [("Mira, are you there?", 1), ("Mira Stone, well?", 1), ("so, are you there?", 0)]
)
async def test_a_guest_that_was_called_by_name_is_told_of_after_a_kill(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, told: int
) -> None:
    cast = {key: f"name: Mira {key.title()}\ndescription: She keeps.\n" for key in ("vale", "stone")}
    async with wire(m2her, tmp_path, monkeypatch, personas=cast) as wired:
        wired.channels[wired.bound.id] = ChannelRule(None)
        wired.rules = replace(wired.rules, default_persona="vale")
        history, place = History(wired.database), Place(wired.bound.id, guild_id=wired.world.guild.id)
        scene = await Scenes(wired.database).active(place, now())
        spoken = await history.begin_reply(scene.id, persona_key="stone", name="Mira Stone", at=now())
        await history.finish(spoken.id, text="Aye.", tokens=2, ending=Ending.DONE)
        await ask_before_a_kill(wired, words, key="stone")
        line = f"**Mira Stone**\n{RESTARTED}"
        assert await told_after_a_start(wired) == [(line, ("Retry",))] * told


async def cut_off(wired: Wired, channel: Channel, key: str = "marlow") -> None:
    """Let a persona's reply have been cut off by a kill, with half of its text posted."""
    shown = wired.world.post(wired.world.bot, channel, "The storm")
    history, place = History(wired.database), Place(channel.id, guild_id=channel.guild.id)
    scene = await Scenes(wired.database).active(place, now())
    turn = await history.begin_reply(scene.id, persona_key=key, name="Vesper", at=now())
    await history.save_text(turn.id, "The storm is here")
    await history.posts.plan(turn.id, Slice(0, 0, 9, "first"))
    await history.posts.posted(turn.id, 0, shown.id)


@pytest.mark.parametrize("audience", [Audience.OWNER, Audience.ALL])
async def test_a_server_that_is_not_served_anymore_is_shown_nothing_after_a_kill(
    wired: Wired, audience: Audience
) -> None:
    mallory = wired.world.add_member("Mallory", wired.world.add_guild("elsewhere"))
    den = wired.world.add_channel("den", wired.world.add_guild("The Den", mallory))
    wired.rules = replace(wired.rules, servers=ServerRule(audience))
    await cut_off(wired, den)
    await wired.start()
    await wired.quiet()
    begun = [post.content.partition("\n")[0] for post in wired.world.posts(den)]
    assert begun == (["The storm"] if audience is Audience.OWNER else ["The storm is here"])
    assert await History(wired.database).unfinished.all() == []


@pytest.mark.parametrize("restricted", [True, False])
async def test_after_a_kill_a_channel_that_lost_its_age_restriction_is_shown_no_more_text(
    wired: Wired, restricted: bool
) -> None:
    (wired.folder / "personas" / "vesper.yaml").write_text("name: Vesper\ndescription: Adult.\nnsfw: true\n")
    wired.bound.nsfw = restricted
    await cut_off(wired, wired.bound, "vesper")
    ((text, buttons),) = await told_after_a_start(wired)
    assert buttons == ("↻ Again", "Continue", "⋯ More")
    assert text == (
        f"{'The storm is here' if restricted else 'The storm'}\n"
        "-# The bot restarted during this reply. Press Continue or mention the bot."
    )
    assert await wired.remembered() == [("Vesper", "The storm is here" if restricted else "The storm")]


async def test_a_message_that_cannot_be_read_keeps_nobody_else_from_being_told(wired: Wired) -> None:
    said = await ask_before_a_kill(wired, f"{wired.mention} well?", channel=wired.elsewhere)
    await ask_before_a_kill(wired, f"{wired.mention} well?")
    path = f"/channels/{wired.elsewhere.id}/messages/{said.id}"
    wired.world.faults.answer("GET", path, 200, {"id": str(said.id)})
    assert await told_after_a_start(wired) == TOLD
    assert [(each.text, each.buttons) for each in wired.shown(wired.elsewhere)] == TOLD


async def fill_disk_at(database: Database, step: str) -> None:
    """Let the disk be full at one step of the storage, and at no other."""
    await database.write("CREATE TABLE big (x)")
    ((pages,),) = await database.write("PRAGMA page_count")
    await database.write(f"PRAGMA max_page_count = {pages + 100}")
    much = "INSERT INTO big VALUES (zeroblob(10000000))"
    await database.write(f"CREATE TRIGGER broken BEFORE {step} BEGIN {much}; END")


INTERRUPTED = "The storm is here\n-# The bot restarted during this reply. Press Continue or mention the bot."


@pytest.mark.parametrize(
    "step",
    [
        "INSERT ON post WHEN NEW.turn_id",
        "UPDATE ON post WHEN OLD.turn_id",
        f"UPDATE ON turn WHEN NEW.ending = '{Ending.INTERRUPTED}' AND OLD.id",
    ],
)
async def test_a_reply_of_which_nothing_can_be_stored_keeps_no_other_from_being_told(
    wired: Wired, step: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken, fine = wired.elsewhere, wired.bound
    await cut_off(wired, broken)
    await cut_off(wired, fine)
    first, second = await History(wired.database).unfinished.all()
    assert (first.place.channel_id, second.place.channel_id) == (broken.id, fine.id)
    await fill_disk_at(wired.database, f"{step} = {first.turn.id}")
    await wired.start()
    await wired.quiet()
    assert wired.posts(fine) == [INTERRUPTED]
    assert [each.turn.id for each in await History(wired.database).unfinished.all()] == [first.turn.id]
    assert f"channel {broken.id}" in caplog.text
    await wired.end()
    await wired.database.write("DROP TRIGGER broken")
    await wired.start()
    await wired.quiet()
    assert wired.posts(broken) == [INTERRUPTED]
    assert wired.posts(fine) == [INTERRUPTED]
    assert await History(wired.database).unfinished.all() == []


async def test_a_kill_while_they_are_told_tells_them_once(wired: Wired) -> None:
    await ask_before_a_kill(wired)
    lost = wired.world.faults.reset("POST", "/channels/*/messages", applied=True, times=9)
    assert await told_after_a_start(wired) == TOLD
    await wired.end()
    lost.release()
    assert await told_after_a_start(wired) == TOLD


async def test_discord_away_at_first_tells_them_later(wired: Wired) -> None:
    await ask_before_a_kill(wired)
    away = wired.world.faults.answer("GET", "/channels/*/messages/*", 503, times=99)
    assert await told_after_a_start(wired) == []
    await wired.end()
    away.release()
    assert await told_after_a_start(wired) == TOLD


async def test_a_wrong_token_is_one_clear_line(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST) as (world, _m2her, process):
        wrong = f"{world.token[:-5]}wrong"
        await process.start(DISCORD_TOKEN=wrong)
        assert await process.ended() == 78
        (line,) = process.lines
        assert line.startswith("Discord didn't accept the token.")
        assert wrong not in line


async def test_a_second_bot_on_the_same_database_is_refused(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST) as (world, m2her, process):
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        async with type(process)(tmp_path, world, m2her) as second:
            await second.start()
            assert await second.ended() == 1
            (line,) = second.lines
            assert "dramatis.sqlite3" in line
        assert world.sockets.connected


async def test_after_a_long_absence_nothing_is_posted_that_may_stand_there_already(
    wired: Wired, m2her: M2her
) -> None:
    first, second = "a" * 1900 + ".", "b" * 200
    shown = wired.world.post(wired.world.bot, wired.bound, first)
    history, an_hour_ago = History(wired.database), now() - timedelta(hours=1)
    scene = await Scenes(wired.database).active(Place(wired.bound.id), an_hour_ago)
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=an_hour_ago)
    await history.save_text(turn.id, f"{first}\n\n{second}")
    await history.posts.plan(turn.id, Slice(0, 0, len(first), "first"))
    await history.posts.posted(turn.id, 0, shown.id)
    await history.posts.plan(turn.id, Slice(1, len(first), len(first) + 202, "second"))
    market = await Scenes(wired.database).active(Place(wired.elsewhere.id), an_hour_ago)
    unseen = await history.begin_reply(market.id, persona_key="marlow", name="Marlow", at=an_hour_ago)
    await history.save_text(unseen.id, "Hm.")
    await history.posts.plan(unseen.id, Slice(0, 0, 3, "third"))

    await wired.start()
    cut = "\n-# The bot restarted during this reply. Press Continue or mention the bot."
    await wired.shows(f"{first}{cut}")
    await wired.quiet()
    assert wired.sent("POST") == []
    # Nor does the story keep what nobody can find.
    assert await wired.remembered() == [("Marlow", first)]
    assert await wired.remembered(wired.elsewhere) == []
    m2her.say("And on.")
    wired.press("Continue")
    await wired.shows(f"{first} And on.")
    await wired.quiet()
    assert await wired.remembered() == [("Marlow", f"{first} And on.")]


async def test_people_are_told_of_an_interruption_also_when_discord_was_away_at_first(wired: Wired) -> None:
    shown = wired.world.post(wired.world.bot, wired.bound, "The storm")
    history = History(wired.database)
    scene = await Scenes(wired.database).active(Place(wired.bound.id), now())
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=now())
    await history.save_text(turn.id, "The storm")
    await history.posts.plan(turn.id, Slice(0, 0, 9, "first"))
    await history.posts.posted(turn.id, 0, shown.id)

    wired.world.faults.answer("GET", "/users/@me", 401, times=1)  # the process ends before it is on Discord
    await wired.start(connected=False)
    assert wired.life is not None
    with pytest.raises(WrongToken):
        await wired.life
    assert wired.posts() == ["The storm"]
    await wired.start()
    await wired.shows("The storm\n-# The bot restarted during this reply. Press Continue or mention the bot.")
    await wired.end()
    await wired.start()
    await wired.quiet()
    assert len(wired.sent("PATCH")) == 1  # once is enough


async def test_a_reply_that_was_being_written_again_when_the_bot_died_is_shown_as_it_was(
    wired: Wired,
) -> None:
    shown = wired.world.post(wired.world.bot, wired.bound, "The st")  # of what was never stored
    history, scene = (
        History(wired.database),
        await Scenes(wired.database).active(Place(wired.bound.id), now()),
    )
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=now())
    await history.posts.plan(turn.id, Slice(0, 0, 13, "first"))
    await history.posts.posted(turn.id, 0, shown.id)
    await history.finish(turn.id, text="All is quiet.", tokens=5, ending=Ending.DONE)
    assert await Swipes(wired.database).regenerate(turn.id)

    await wired.start()
    await wired.shows("All is quiet.")
    await wired.quiet()
    assert await wired.remembered() == [("Marlow", "All is quiet.")]
    await wired.end()
    await wired.start()
    await wired.quiet()
    assert wired.sent() == [("PATCH", "All is quiet.")]


RECENT = Bounds(hours=24, messages=200, answer_minutes=10)
"""The times of the configuration, which no stage has by itself."""


# --- stopping -----------------------------------------------------------------------------------


async def test_a_stop_waits_for_the_running_reply_and_the_next_start_answers_who_came_later(
    wired: Wired, m2her: M2her
) -> None:
    wired.rules = replace(wired.rules, catch_up=RECENT)
    await wired.start()
    gate = asyncio.Event()
    m2her.say("One last ", gate, "round.")
    wired.ask()
    await wired.shows("One last")
    wired.stop.set()
    await until(lambda: is_draining(wired))
    wired.ask("me too!", "Bob")
    gate.set()
    await wired.end()
    assert wired.posts() == ["One last round.", "The bot is restarting. It replies when it's back."]
    assert len(m2her.requests) == 1
    m2her.say("And one for Bob.")
    await wired.start()
    await wired.shows(
        "One last round.", "The bot is restarting. It replies when it's back.", "And one for Bob."
    )
    await wired.quiet()
    assert await wired.remembered() == [
        ("Alice", "well?"),
        ("Marlow", "One last round."),
        ("Bob", "me too!"),
        ("Marlow", "And one for Bob."),
    ]


async def test_a_reply_of_which_nobody_saw_anything_when_it_stopped_is_written_at_the_next_start(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.discord_ui.gateway.client, "DRAIN", 0.05)
    wired.rules = replace(wired.rules, catch_up=RECENT)
    await wired.start()
    m2her.say(asyncio.Event())
    wired.ask()
    await wired.world.wait_for(lambda: len(m2her.requests) == 1, 10)
    wired.stop.set()
    await wired.end()
    assert wired.posts() == ["The bot is restarting. It replies when it's back."]
    m2her.say("Here I am.")
    await wired.start()
    await wired.shows("The bot is restarting. It replies when it's back.", "Here I am.")
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Here I am.")]


async def is_draining(wired: Wired) -> bool:
    return wired.clients[-1].runner.draining


async def test_what_discord_does_not_take_at_the_end_is_stored_all_the_same(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bot.discord_ui.gateway.client, "DRAIN", 0.05)
    monkeypatch.setattr(bot.discord_ui.replies.runner, "LAST_WORDS", 0.05)
    await wired.start()
    wired.world.faults.hang("PATCH", "/channels/*/messages/*", times=10)
    m2her.say("One last ", asyncio.Event())
    wired.ask()
    await wired.shows("One last")
    await wired.end()
    assert [(turn.text, turn.ending) for turn in await wired.turns()][1:] == [("One last ", Ending.STOPPED)]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


# --- the files it keeps the story in --------------------------------------------------------------


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    copy = path.with_name("copy")
    copy.write_bytes(path.read_bytes())
    copy.replace(path)


def folder_moved(path: Path) -> None:
    (path.parent / "away").mkdir()
    for file in [*path.parent.glob("story*")]:
        file.rename(path.parent / "away" / file.name)


@pytest.mark.parametrize("hurt", [deleted, replaced, folder_moved])
@pytest.mark.parametrize("name", ["story.sqlite3", "story.sqlite3.lock", "story.sqlite3-wal"])
async def test_a_file_lost_while_it_runs_is_told_and_nothing_is_accepted_as_kept(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, name: str, hurt: Callable[[Path], None]
) -> None:
    wired.admins = wired.world.add_channel("admins")
    await wired.start()
    m2her.say("Aye.")
    wired.ask()
    await wired.shows("Aye.")
    await wired.quiet()
    service, looks = wired.clients[-1]._service, 0

    async def sleep(seconds: float) -> None:
        nonlocal looks
        assert seconds <= 60
        looks += 1
        if looks == 2:
            hurt(wired.folder / name)

    await storage_watch.watch(wired.database, service.reports.has_told_admins, sleep)
    assert looks == 2
    lost = wired.folder / ("story.sqlite3" if hurt is folder_moved else name)
    told = (
        f"{lost} was deleted or replaced while the bot ran, so nothing more is saved and nobody gets a reply. "
        "Put it back (or a backup of the database), and restart the bot."
    )
    assert wired.posts(wired.admins) == [told]
    assert [line for line in caplog.messages if line == told] == [told]
    wired.ask("and now?", "Bob")
    await wired.shows(
        "Aye.",
        "The bot couldn't save what was written here, so it can't reply. The bot's owner can find the reason in the "
        "log. Mention the bot to try again.",
    )
    await wired.quiet()
    assert len(m2her.requests) == 1
    assert "Traceback" not in caplog.text


async def test_a_lost_file_is_told_once_discord_is_there_again(wired: Wired) -> None:
    wired.admins = wired.world.add_channel("admins")
    await wired.start()
    service = wired.clients[-1]._service
    service.shards.release(wired.clients[-1])  # between two connections
    (wired.folder / "story.sqlite3").unlink()
    looks = 0

    async def sleep(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            service.shards.hold(wired.clients[-1])

    await storage_watch.watch(wired.database, service.reports.has_told_admins, sleep)
    assert looks == 2
    (told,) = wired.posts(wired.admins)
    assert "was deleted or replaced" in told


# --- Discord comes and goes ---------------------------------------------------------------------


async def test_a_first_connection_that_fails_is_tried_again_with_growing_pauses(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired.world.sockets.refuse(2)
    await wired.start()
    assert wired.pauses.taken == [1.0, 2.0]
    # And not what the library stumbles over after that.
    assert "no connection to Discord (WSServerHandshakeError: 503" in caplog.text
    assert wired.world.sockets.identifies == 1
    m2her.say("Here I am.")
    wired.ask()
    await wired.shows("Here I am.")


async def test_an_api_that_is_down_at_the_start_is_tried_again(wired: Wired) -> None:
    wired.world.faults.answer("GET", "/users/@me", 503, times=3)
    await wired.start()
    assert wired.pauses.taken == [1.0, 2.0, 4.0]


async def test_a_dropped_gateway_resumes_and_hears_what_was_said_meanwhile(
    wired: Wired, m2her: M2her
) -> None:
    await wired.start()
    gate = asyncio.Event()
    m2her.say("I was ", gate, "saying.")
    m2her.say("I heard you.")
    wired.ask("first")
    await wired.shows("I was")
    wired.world.sockets.drop()
    wired.ask("second", "Bob")
    gate.set()
    await wired.shows("I was saying.", "I heard you.")
    await wired.quiet()
    assert (wired.world.sockets.resumes, wired.world.sockets.identifies) == (1, 1)
    assert wired.heard == [("Alice", "first"), ("Marlow", "I was saying."), ("Bob", "second")]
    assert wired.posts() == ["I was saying.", "I heard you."]


async def test_a_reconnect_that_discord_asks_for_loses_nothing(wired: Wired, m2her: M2her) -> None:
    await wired.start()
    wired.world.sockets.reconnect()
    await wired.world.wait_for(lambda: wired.world.sockets.resumes)
    m2her.say("Still here.")
    wired.ask()
    await wired.shows("Still here.")
    assert wired.world.sockets.identifies == 1


@pytest.mark.parametrize(("resumable", "identifies"), [(True, 1), (False, 2)])
async def test_an_invalid_session_leaves_the_running_reply_alone(
    wired: Wired, m2her: M2her, resumable: bool, identifies: int
) -> None:
    await wired.start()
    gate = asyncio.Event()
    m2her.say("I was ", gate, "saying.")
    wired.ask()
    await wired.shows("I was")
    wired.world.sockets.invalidate(resumable=resumable)
    await wired.world.wait_for(lambda: wired.world.sockets.resumes + wired.world.sockets.identifies == 2)
    await wired.hears()
    gate.set()
    await wired.shows("I was saying.")
    m2her.say("And again.")
    wired.ask("again", "Bob")
    await wired.shows("I was saying.", "And again.")
    await wired.quiet()
    assert wired.posts() == ["I was saying.", "And again."]
    assert wired.world.sockets.identifies == identifies


# --- what the library cannot read ---------------------------------------------------------------


def unread(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the kinds of events that the log says could not be read, in their order."""
    return [found[1] for line in caplog.messages if (found := UNREAD.match(line))]


UNREAD = re.compile(r"discord\.py can't read an event that Discord sent \((\w+): \w+ at \w+\.py:\d+\)\. ")


@pytest.mark.parametrize("times", [1, 7])
async def test_an_event_the_library_cannot_read_is_lost_and_the_session_is_not(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, times: int
) -> None:
    await wired.start()
    gate = asyncio.Event()
    m2her.say("I was ", gate, "saying.")
    wired.ask()
    await wired.shows("I was")
    for _ in range(times):
        wired.world.sockets.malformed()
    gate.set()
    m2her.say("And again.")
    wired.ask("again", "Bob")
    await wired.shows("I was saying.", "And again.")
    await wired.quiet()
    assert (wired.world.sockets.identifies, wired.world.sockets.resumes, wired.pauses.taken) == (1, 0, [])
    assert wired.heard == [("Alice", "well?"), ("Marlow", "I was saying."), ("Bob", "again")]
    assert unread(caplog) == ["MESSAGE_CREATE"]


ODD: tuple[object, ...] = (
    {}, None, [], "words of somebody", -1, 1e308, 10**400, True, {"id": None}, {"id": {}}, {"id": "no number"},
    {"guild_id": "1", "channel_id": "2", "id": "3"},
    {"guild_id": None, "channel_id": None, "message_id": None, "user_id": None, "id": None, "ids": None},
    {"id": 10**400, "type": 10**9, "channel_id": "7", "author": [], "content": 5, "user": 1, "channels": 3},
)  # fmt: skip


async def test_events_of_every_kind_and_any_shape_leave_the_session_alone(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    await wired.start()
    kinds = sorted(wired.clients[-1]._connection.parsers.keys() - {"READY", "RESUMED"})
    assert len(kinds) > 60
    for kind in (*kinds, "A_KIND_OF_NEXT_YEAR"):
        for data in ODD:
            wired.world.sockets.dispatch(kind, cast("Json", data))
    m2her.say("Still here.")
    wired.ask()
    await wired.shows("Still here.")
    await wired.quiet()
    assert (wired.world.sockets.identifies, wired.world.sockets.resumes, wired.pauses.taken) == (1, 0, [])
    assert len(unread(caplog)) == len(set(unread(caplog))) > 50
    assert "words of somebody" not in caplog.text
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


DISPATCH, HEARTBEAT, INVALID_SESSION, HELLO = 0, 1, 9, 10


def framed(**keys: object) -> str:
    return json.dumps({"op": DISPATCH, "t": "MESSAGE_CREATE", "s": 3, "d": {}} | keys)


FRAMES: list[tuple[str, str | None]] = [
    (framed(t="RESUMED", d=None), "RESUMED"),
    (framed(t="RESUMED", d=[]), "RESUMED"),
    (framed(t="RESUMED", d="words of somebody"), "RESUMED"),
    (framed(t="RESUMED", d=5), "RESUMED"),
    (framed(d=None), "MESSAGE_CREATE"),
    (framed(d="words of somebody"), "MESSAGE_CREATE"),
    (framed(t=None, d=None), None),  # an event of an unknown kind, as one of next year
    (framed(t=5), None),
    (framed(t=["words of somebody"]), "frame"),
    (framed(t={}), "frame"),
    (framed(op=99), None),
    (framed(op=None), None),
    (framed(op="words of somebody"), None),
    (framed(op=[]), None),
    (framed(op={}), None),
    (framed(op=HEARTBEAT, d={}), None),
    (framed(s="x", t="TYPING_START"), "TYPING_START"),
    (framed(s=10**400), "MESSAGE_CREATE"),
    (framed(s=-1.5), "MESSAGE_CREATE"),
    (framed(s=[]), "MESSAGE_CREATE"),
    (framed(s=True), "MESSAGE_CREATE"),
    ("{}", None),
    ("[]", "frame"),
    ("null", "frame"),
    ("5", "frame"),
    ('"words of somebody"', "frame"),
    ("[" * 100_000, "frame"),
    ("9" * 5_000, "frame"),
]


@pytest.mark.parametrize(("frame", "kind"), FRAMES)
async def test_a_frame_the_library_cannot_read_is_lost_and_the_session_is_not(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, frame: str, kind: str | None
) -> None:
    await wired.start()
    sequence = wired.clients[-1].ws.sequence
    for _ in range(3):
        wired.world.sockets.frame(frame)
    m2her.say("Still here.")
    wired.ask()
    await wired.shows("Still here.")
    await wired.quiet()
    assert (wired.world.sockets.identifies, wired.world.sockets.resumes, wired.pauses.taken) == (1, 0, [])
    assert unread(caplog) == ([] if kind is None else [kind])
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []
    assert sequence is not None
    assert type(wired.clients[-1].ws.sequence) is int
    assert wired.clients[-1].ws.sequence == wired.world.sockets.last_sequence


@pytest.mark.parametrize("data", [None, {}, [], "words of somebody", {"heartbeat_interval": None}])
async def test_a_greeting_of_the_gateway_that_cannot_be_read_costs_the_connection_and_not_the_session(
    wired: Wired, m2her: M2her, data: object
) -> None:
    await wired.start()
    wired.world.sockets.frame(framed(op=HELLO, t=None, s=None, d=data))
    await wired.world.wait_for(lambda: wired.world.sockets.resumes == 1)
    m2her.say("Still here.")
    wired.ask()
    await wired.shows("Still here.")
    assert (wired.world.sockets.identifies, wired.pauses.taken) == (1, [])


@pytest.mark.parametrize("frame", ["", "<html>words of somebody</html>", framed()[:20], "\0"])
async def test_a_frame_without_json_costs_the_connection_at_most(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, frame: str
) -> None:
    await wired.start()
    wired.world.sockets.frame(frame)
    m2her.say("Still here.")
    wired.ask()
    await wired.shows("Still here.")
    assert (wired.world.sockets.identifies, wired.pauses.taken) == (1, [])
    assert "words of somebody" not in caplog.text


@pytest.mark.parametrize("noise", [b"\x00", b"words", b"\xff" * 100, b"\x00\x00\xff\xff", bytes(range(256))])
@pytest.mark.parametrize("compression", ["zlib-stream", "zstd-stream"])
async def test_noise_between_the_frames_costs_the_connection_at_most(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch, noise: bytes, compression: str
) -> None:
    if compression == "zlib-stream":
        monkeypatch.setattr(discord.utils, "_ActiveDecompressionContext", zlib_context(monkeypatch))
    await wired.start()
    assert wired.world.sockets.compressions == [compression]
    wired.world.sockets.noise(noise)
    m2her.say("Still here.")
    wired.ask()
    await wired.shows("Still here.")
    assert (wired.world.sockets.identifies, wired.pauses.taken) == (1, [])


@pytest.mark.parametrize("data", [None, 0, "true", {}, []])
async def test_a_session_is_new_if_discord_does_not_say_that_the_old_one_can_be_resumed(
    wired: Wired, m2her: M2her, data: object
) -> None:
    await wired.start()
    wired.world.sockets.frame(framed(op=INVALID_SESSION, t=None, s=None, d=data))
    await wired.world.wait_for(lambda: wired.world.sockets.identifies == 2)
    await wired.hears()
    m2her.say("Still here.")
    wired.ask()
    await wired.shows("Still here.")


async def test_a_session_that_cannot_begin_says_which_event_was_not_read(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    good, odd = shapes, [{"id": "1", "username": None}, {}]
    user = {"own_user": lambda bot: odd.pop() if odd else good.own_user(bot)}
    monkeypatch.setattr(gateway, "shapes", SimpleNamespace(**(vars(good) | user)))
    await wired.start(connected=False)
    await wired.world.wait_for(lambda: wired.world.sockets.identifies == 3)
    await wired.hears()
    said = "no connection to Discord (Undecodable: discord.py can't read Discord's event READY, KeyError at user.py:"
    assert next(line[: len(said)] for line in caplog.messages if line.startswith("no connection")) == said
    # A new session only five seconds after the last, as Discord requires.
    assert wired.pauses.taken[::2] == [1.0, 2.0]
    assert all(0 < pause <= IDENTIFY_SPACING for pause in wired.pauses.taken[1::2])
    m2her.say("Here I am.")
    wired.ask()
    await wired.shows("Here I am.")
    assert wired.world.sockets.identifies == 3


def has_posted(wired: Wired, times: int) -> bool:
    return len(wired.webhook_posts()) == times


async def test_a_bot_that_starts_again_knows_what_its_webhooks_have_just_posted(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, tempo = replace(RULES, defaults=Settings(face=Face.WEBHOOK)), replace(TEMPO, minute=600.0)
    async with wire(m2her, tmp_path, monkeypatch, rules=rules, tempo=tempo) as wired:
        await wired.start()
        for number in range(2):
            m2her.say(f"Take number {number}.")
            wired.ask()
            await wired.world.wait_for(partial(has_posted, wired, number + 1))
        await wired.quiet()
        await wired.end()
        started_at = asyncio.get_running_loop().time()
        await wired.start()
        m2her.say("The last one.")
        wired.ask()
        await wired.world.wait_for(partial(has_posted, wired, 3))
        await wired.quiet()
        (counts,) = {each.faces._limits.counts for each in wired.latest.values()}
        before = [at for at in counts.by_webhooks(wired.bound.id) if at < started_at]
        assert len(before) == 2 * USES_OF_A_POST


async def test_a_bot_that_takes_more_shards_counts_its_own_posts_by_webhooks_once(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules, tempo = replace(RULES, defaults=Settings(face=Face.WEBHOOK)), replace(TEMPO, minute=600.0)
    async with wire(m2her, tmp_path, monkeypatch, rules=rules, tempo=tempo) as wired:
        await wired.start()
        m2her.say("The only one.")
        wired.ask()
        await wired.world.wait_for(partial(has_posted, wired, 1))
        await wired.quiet()
        (counts,) = {each.faces._limits.counts for each in wired.latest.values()}
        before = counts.by_webhooks(wired.bound.id)
        wired.world.sockets.shards = 2
        wired.world.sockets.close(4011)
        await wired.all_hear(2)
        await wired.quiet()
        assert counts.by_webhooks(wired.bound.id) == before


async def test_a_client_that_is_replaced_leaves_what_it_has_learnt_to_the_next(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        m2her.say("By my own face.")
        wired.ask()
        await wired.world.wait_for(
            lambda: [post.content for post in wired.webhook_posts()] == ["By my own face."]
        )
        wired.world.sockets.close(4010)  # the library takes that for an end
        await wired.world.wait_for(lambda: wired.world.sockets.identifies == 2)
        await wired.hears()
        first, second = wired.clients
        assert (
            first.faces._limits is second.faces._limits
        )  # the pace of webhooks, which Discord goes on counting
        asked = [request.path for request in wired.world.requests if request.path.endswith("/webhooks")]
        m2her.say("And again.")
        wired.ask("again")
        await wired.world.wait_for(
            lambda: [post.content for post in wired.webhook_posts()] == ["By my own face.", "And again."]
        )
        await wired.quiet()
        # It knows the webhook, and posts by it with a connection of its own.
        assert [
            request.path for request in wired.world.requests if request.path.endswith("/webhooks")
        ] == asked


async def test_sessions_that_end_one_after_another_end_in_a_pause(wired: Wired, m2her: M2her) -> None:
    """Each costs a connection of the day's budget, and the library would go on for ever."""
    await wired.start()
    sockets = wired.world.sockets
    for seen in (1, 2, 3, 4):
        sockets.invalidate(resumable=False)
        await wired.world.wait_for(partial(is_beyond, sockets, seen))
    sockets.invalidate(resumable=False)
    await until(lambda: has_backed_off(wired))
    await wired.world.wait_for(partial(is_beyond, sockets, 5))
    assert len(wired.clients) == 2
    await wired.hears()
    m2her.say("Here I am.")
    wired.ask()
    await wired.shows("Here I am.")


def is_beyond(sockets: Gateway, identifies: int) -> bool:
    return sockets.identifies > identifies and sockets.connected


async def has_backed_off(wired: Wired) -> bool:
    """The library's own pauses are of five seconds; the supervisor's first is of one."""
    return 1.0 in wired.pauses.taken


async def test_a_daily_budget_of_connections_that_is_nearly_spent_is_not_touched(wired: Wired) -> None:
    wired.world.sockets.starts_left = 15
    wired.pauses.over.clear()
    await wired.start(connected=False)
    await wired.world.wait_for(
        lambda: wired.world.requests and wired.world.requests[-1].path == "/gateway/bot"
    )
    await until(lambda: is_pausing(wired))
    assert wired.pauses.taken == [86_400.0]
    assert wired.world.sockets.identifies == 0
    wired.world.sockets.starts_left = 1000
    wired.pauses.over.set()
    await wired.hears()
    assert wired.world.sockets.identifies == 1


async def is_pausing(wired: Wired) -> bool:
    return bool(wired.pauses.taken)


async def test_a_stop_while_discord_is_away_is_a_stop(wired: Wired) -> None:
    wired.world.faults.answer("GET", "/users/@me", 503, times=100)
    wired.pauses.over.clear()
    await wired.start(connected=False)
    await until(lambda: is_pausing(wired))
    await wired.end()
    assert wired.world.sockets.identifies == 0
