"""A mention that comes by an edit: answered once, soon, and with the words as they are now."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.composition.story import now
from bot.core.access import PLAY_ROLES
from bot.core.routing import Respond
from bot.storage.errors import StorageError
from bot.storage.settings import SettingsStore
from bot.story.places.rules import ChannelRule
from tests.standins.discord_wire import Channel, Message, shapes
from tests.standins.m2her import Error, M2her
from tests.wired import Wired, wire

NO_PERSONA = (
    "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
)

NO_ROLE = "Only people with certain roles can play here. An admin of this server can tell you which."


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        wired.channels[wired.bound.id] = ChannelRule(("marlow",), Respond.NAME)
        await wired.start()
        yield wired


async def edits(wired: Wired, message: Message, text: str) -> list[str]:
    """Let somebody edit their message; return what the bot's posts in its channel say then."""
    wired.world.edit(message, text)
    await wired.quiet()
    return wired.posts(message.channel)


def place(wired: Wired, bound: bool) -> Channel:
    return wired.bound if bound else wired.elsewhere


@pytest.mark.parametrize("bound", [True, False])
async def test_a_mention_added_by_an_edit_is_answered_once_with_the_words_as_they_are_now(
    wired: Wired, m2her: M2her, bound: bool
) -> None:
    m2her.say("Number four.")
    said = wired.say("Alice", "have you a rom?", place(wired, bound))
    create = shapes.message_event(said)
    await wired.quiet()
    assert wired.posts(said.channel) == []
    assert "Number four." in await edits(wired, said, f"{wired.mention} have you a room?")
    assert wired.heard == [("Alice", "have you a room?")]
    assert (await wired.remembered(said.channel))[0] == ("Alice", "have you a room?")
    for text in ("no mention", f"{wired.mention} have you two rooms?"):
        await edits(wired, said, text)
    for name, event in (("MESSAGE_CREATE", create), ("MESSAGE_UPDATE", shapes.message_event(said))):
        wired.world.sockets.dispatch(name, event)  # told of it twice
        await wired.quiet()
    assert len(m2her.requests) == 1
    assert (await wired.remembered(said.channel))[0] == ("Alice", "have you two rooms?")


@pytest.mark.parametrize(
    ("before", "after", "bound", "answered"),
    [
        ("Marlov, a room?", "Marlow, a room?", True, True),  # a name where names count
        ("Marlov, a room?", "Marlow, a room?", False, False),
        ("a room?", "{role} a room?", True, True),
        ("a room?", "{role} a room?", False, True),
        ("a room?", "a bigger room?", True, False),
        ("a room?", "@everyone a room?", True, False),
        ("Marlow, a room?", "{bot} Marlow, a room?", True, False),  # was answered by its name
        ("{bot} a room?", "{bot} a bigger room?", False, False),
        ("{bot} a room?", "Marlow, a room?", True, False),
    ],
)
async def test_only_an_edit_that_asks_for_the_first_time_is_answered(
    wired: Wired, m2her: M2her, before: str, after: str, bound: bool, answered: bool
) -> None:
    names = {"bot": wired.mention, "role": wired.world.guild.bot_role.mention}
    said = wired.say("Alice", before.format(**names), place(wired, bound))
    await wired.quiet()
    asked = len(m2her.requests)
    await edits(wired, said, after.format(**names))
    assert len(m2her.requests) - asked == answered


async def test_where_nobody_is_asked_by_any_word_an_edit_asks_nobody_either(
    wired: Wired, m2her: M2her
) -> None:
    wired.channels[wired.bound.id] = ChannelRule(("marlow",), Respond.NEVER)
    said = wired.say("Alice", "a room?")
    await wired.quiet()
    assert await edits(wired, said, f"{wired.mention} a room?") == []
    assert await wired.remembered() == [("Alice", "a room?")]


async def test_who_may_not_play_is_told_so_when_they_ask_by_an_edit(wired: Wired, m2her: M2her) -> None:
    said = wired.say("Alice", "have you a rom?")
    await wired.quiet()
    store, guild = SettingsStore(wired.database), wired.world.guild.id
    await store.put("server", guild, PLAY_ROLES, "1", by_user=1, at=now())
    assert await edits(wired, said, f"{wired.mention} have you a room?") == [f"-# {NO_ROLE}"]
    assert (await wired.remembered(), m2her.requests) == ([("Alice", "have you a rom?")], [])


async def test_an_edit_after_a_minute_changes_the_words_and_asks_nothing(wired: Wired, m2her: M2her) -> None:
    wired.world.turn_back(0.02)  # 72 seconds
    said = wired.say("Alice", "a room?")
    other = wired.say("Alice", "a room?", wired.elsewhere)
    wired.world.turn_back(0)
    await wired.quiet()
    await edits(wired, said, f"{wired.mention} a room?")
    await edits(wired, other, f"{wired.mention} a room?")
    assert m2her.requests == []
    assert await wired.remembered() == [("Alice", "a room?")]


async def test_a_preview_of_a_link_is_no_edit(wired: Wired, m2her: M2her) -> None:
    said = wired.say("Alice", "Marlow? https://x.test", wired.elsewhere)
    await wired.quiet()
    wired.channels[wired.elsewhere.id] = ChannelRule(("marlow",), Respond.ALWAYS)
    wired.world.edit(said, embeds=[{"title": "x"}])
    await wired.quiet()
    assert m2her.requests == []


async def test_what_was_said_since_comes_before_the_question_that_an_edit_made(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("Number four.")
    m2her.say("In the stable.")
    said = wired.say("Alice", "and my horse?")
    wired.ask("a room?", "Bob")
    await wired.shows("Number four.")
    await wired.quiet()
    await edits(wired, said, f"{wired.mention} and my horse?")
    assert wired.heard == [("Bob", "a room?"), ("Marlow", "Number four."), ("Alice", "and my horse?")]
    assert wired.posts() == ["Number four.", "In the stable."]
    assert wired.last_post().reply_to is said


async def test_an_edit_joins_the_reply_that_waits(wired: Wired, m2her: M2her) -> None:
    held = asyncio.Event()
    m2her.say("Wait", held, ".")
    m2her.say("All of it.")
    said = wired.say("Alice", "and my horse?")
    wired.ask("a room?", "Bob")
    await wired.shows("Wait")
    joined = wired.ask("for two", "Bob")
    wired.world.edit(said, f"{wired.mention} and my mare?")
    await wired.world.wait_for(lambda: wired.clients[-1].ws.sequence == wired.world.sockets.last_sequence)
    held.set()
    where = f"https://discord.com/channels/{said.channel.guild.id}/{said.channel.id}"
    await wired.shows("Wait.", f"-# ↪ [Bob]({where}/{joined.id}), [Alice]({where}/{said.id})\nAll of it.")
    await wired.quiet()
    assert len(m2her.requests) == 2
    assert {text for _, text in wired.heard} >= {"for two", "and my mare?"}


async def test_what_is_owed_after_an_edit_is_stored_as_owed(wired: Wired, m2her: M2her) -> None:
    held = asyncio.Event()
    m2her.say("Wait", held)
    said = wired.say("Alice", "and my horse?")
    wired.ask("a room?", "Bob")
    await wired.shows("Wait")
    wired.world.edit(said, f"{wired.mention} and my horse?")
    await wired.world.wait_for(lambda: wired.clients[-1].ws.sequence == wired.world.sockets.last_sequence)
    async with asyncio.timeout(10):
        while not (owed := await wired.database.read("SELECT text FROM debt JOIN turn ON turn.id = turn_id")):  # noqa: ASYNC110 -- behind the database
            await asyncio.sleep(0.002)
    assert [row["text"] for row in owed] == ["and my horse?"]
    held.set()
    await wired.quiet()
    assert await wired.database.read("SELECT 1 FROM debt") == []


async def test_what_was_taken_out_of_the_story_or_deleted_is_not_answered(wired: Wired, m2her: M2her) -> None:
    said = wired.say("Alice", "a room?")
    await wired.quiet()
    used = wired.menu("Remove from story", said)
    await wired.answers(used)
    await edits(wired, said, f"{wired.mention} a room?")
    gone = wired.say("Alice", "a bed?")
    wired.world.edit(gone, f"{wired.mention} a bed?")
    wired.world.delete(gone)
    await wired.quiet()
    assert "a bed?" not in [text for _, text in await wired.remembered()]
    assert [
        message
        for request in m2her.requests
        for message in request.body["messages"]
        if "a room?" in str(message)
    ] == []


async def test_a_question_from_an_earlier_scene_stays_there(wired: Wired, m2her: M2her) -> None:
    said = wired.say("Alice", "a room?")
    await wired.quiet()
    await wired.answers(wired.world.interactions.command(wired.person("Alice"), wired.bound, "scene new"))
    await wired.quiet()
    await edits(wired, said, f"{wired.mention} a room?")
    assert m2her.requests == []


async def test_after_a_restart_nothing_is_answered_a_second_time(wired: Wired, m2her: M2her) -> None:
    m2her.say("Aye.")
    asked = wired.say("Alice", "Marlow, a room?")
    await wired.shows("Aye.")
    await wired.quiet()
    elsewhere = wired.say("Alice", "a room?", wired.elsewhere)
    await wired.quiet()
    await wired.end()
    await wired.start()
    await edits(wired, asked, f"{wired.mention} a room?")
    assert len(m2her.requests) == 1
    m2her.say("Number five.")
    assert "Number five." in await edits(wired, elsewhere, f"{wired.mention} a room?")


async def test_a_notice_is_not_repeated_and_comes_by_an_edit_too(wired: Wired, m2her: M2her) -> None:
    casting = wired.clients[-1].services.story.casting
    await wired.clients[-1].services.story.choices.bind("channel", wired.elsewhere.id, None, 1)
    assert casting is not None
    asked = wired.ask("a room?", channel=wired.elsewhere)
    await wired.shows(NO_PERSONA, channel=wired.elsewhere)
    assert await edits(wired, asked, f"{wired.mention} a bigger room?") == [NO_PERSONA]
    said = wired.say("Alice", "a room?", wired.elsewhere)
    await wired.quiet()
    assert await edits(wired, said, f"{wired.mention} a room?") == [NO_PERSONA, NO_PERSONA]
    assert m2her.requests == []


async def test_an_answer_that_failed_was_an_answer(wired: Wired, m2her: M2her) -> None:
    m2her.say(Error(1004))
    said = wired.say("Alice", "Marlow, a room?")
    await wired.quiet()
    await edits(wired, said, f"{wired.mention} a room?")
    assert len(m2her.requests) == 1


async def test_without_the_intent_a_mention_by_an_edit_shows_the_words(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, message_content=False) as deaf:
        await deaf.start()
        m2her.say("Number four.")
        said = deaf.say("Alice", "a room?")
        await deaf.quiet()
        assert await edits(deaf, said, f"{deaf.mention} a room?") == ["Number four."]
        assert deaf.heard == [("Alice", "a room?")]


async def test_other_bots_are_not_answered(wired: Wired, m2her: M2her) -> None:
    wired.people["Helper"] = wired.world.add_member("Helper", bot=True)
    said = wired.say("Helper", "a room?")
    await wired.quiet()
    assert await edits(wired, said, f"{wired.mention} a room?") == []
    assert m2her.requests == []


@pytest.mark.parametrize("bound", [True, False])
async def test_what_a_reply_refers_to_is_told_when_it_asks_by_an_edit(
    wired: Wired, m2her: M2her, bound: bool
) -> None:
    m2her.say("Aye.")
    kestrel = wired.world.add_member("Kestrel", bot=True)
    post = wired.world.say(kestrel, place(wired, bound), "*lands on the sill*")
    said = wired.say("Alice", "did you see that?", place(wired, bound), reply_to=post)
    await wired.quiet()
    assert await wired.database.read("SELECT * FROM reference") == []
    assert await wired.database.read("SELECT * FROM speaker WHERE name = 'Kestrel'") == []
    await edits(wired, said, f"{wired.mention} did you see that?")
    assert wired.heard == [("Kestrel", "*lands on the sill*"), ("Alice", "[to Kestrel] did you see that?")]


NOT_SAVED = (
    "The bot couldn't save what was written here, so it can't reply. The bot's owner can find the reason in the "
    "log. Mention the bot to try again."
)


@pytest.mark.parametrize(
    ("text", "told"),
    [("{mention} hello?", [NOT_SAVED]), ("hello, all?", [])],
)
async def test_an_edit_that_asks_while_nothing_can_be_saved_is_told_so(
    wired: Wired, m2her: M2her, text: str, told: list[str]
) -> None:
    said = wired.say("Alice", "hello?", wired.elsewhere)
    await wired.quiet()
    (wired.folder / "story.sqlite3").unlink()
    with pytest.raises(StorageError):
        await wired.database.check()
    assert await edits(wired, said, text.format(mention=wired.mention)) == told
    assert m2her.requests == []


async def test_an_edit_that_comes_after_the_deletion_stores_nothing(wired: Wired, m2her: M2her) -> None:
    said = wired.say("Alice", "Marlov, a room?")
    said.content, said.edited_at = "Marlow, a room?", datetime.now(UTC)
    late = shapes.message_event(said)
    wired.world.delete(said)
    await wired.quiet()
    wired.world.sockets.dispatch("MESSAGE_UPDATE", late)
    wired.world.sockets.dispatch("MESSAGE_CREATE", late)
    await wired.quiet()
    assert m2her.requests == []
    assert await wired.remembered() == []


async def test_words_deleted_before_the_question_about_them_arrives_are_not_told(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("Of what?")
    bobs = wired.say("Bob", "A secret.", wired.elsewhere)
    await wired.quiet()
    asked = wired.say("Alice", f"{wired.mention} what do you think?", wired.elsewhere, reply_to=bobs)
    late = shapes.message_event(asked) | {"id": str(wired.world.new_id())}
    await wired.quiet()
    assert ("Bob", "A secret.") in wired.heard
    wired.world.delete(bobs)
    wired.world.delete(asked)
    await wired.quiet()
    m2her.say("Of what?")
    wired.world.sockets.dispatch("MESSAGE_CREATE", late)
    await wired.quiet()
    assert wired.heard[-1] == ("Alice", "what do you think?")
    assert len(m2her.requests) == 2
    assert ("Bob", "A secret.") not in wired.heard
