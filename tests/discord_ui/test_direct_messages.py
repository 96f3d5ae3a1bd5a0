"""Outside of servers: direct messages with the bot, and the bot that a person installed for themselves."""

import json
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest
import pytest_asyncio
from simcord import interactions
from simcord.actors import _dispatch_actor_interaction

from bench.translations import FOLDER
from bot.composition.story import now
from bot.core.catching_up import Bounds
from bot.core.reach import Reach, own_channel
from bot.core.scene import END, START, IncomingMessage, Participant, Place
from bot.core.servers import Audience, ServerRule
from bot.discord_ui.interactions.commands import build_tree
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.storage.settings import SettingsStore
from bot.texts.sentences import LANGUAGES
from tests.standins.m2her import Error, M2her
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern, read

PERSONAS = {
    "marlow": MARLOW,
    "isolde": ISOLDE,
    "vesper": "name: Vesper\nnsfw: true\ndescription: Vesper is 35 and runs the night shift.\n",
}

ONLY_SERVERS = "That's for servers. Use it in a channel of one."
FOR_ADULTS = "Vesper is only for age-restricted channels of servers. Choose another persona."
CARD = """\
### Marlow
Marlow keeps the Drowned Bell, a harbour tavern.
-# Played by an AI. What it says is made up.
-# Marlow replies to every message · `*actions*` · `((out of character))`
-# What you say to Marlow here is saved, and so are the replies. For each reply, the latest part is sent to MiniMax. \
`/privacy` shows and deletes it."""
SAVED = CARD.rpartition("\n")[2]


def stage(
    m2her: M2her, folder: Path, *outside: Reach, default: str | None = "marlow"
) -> AbstractAsyncContextManager[Tavern]:
    served = ServerRule(Audience.ALL, outside=frozenset(outside))
    late = Bounds(answer_minutes=10)
    rules = replace(RULES, servers=served, default_persona=default, catch_up=late)
    return open_tavern(m2her, folder, rules=rules, personas=PERSONAS, informed=False)


@pytest_asyncio.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    async with stage(m2her, tmp_path, Reach.DIRECT, Reach.PERSONAL) as found:
        yield found


async def story(tavern: Tavern, place: Place) -> list[tuple[str, str]]:
    """What is stored of the story that is played in a place."""
    scene = await Scenes(tavern.database).playing(place)
    turns = [] if scene is None else await History(tavern.database).recent(scene.id, START, END)
    return [(turn.name, turn.text) for turn in turns]


def said(channel: Any) -> list[str]:
    return [read(message) for message in channel.history()]


# --- direct messages ------------------------------------------------------------------------------


async def test_every_direct_message_is_answered_after_the_card_that_says_what_is_saved(
    tavern: Tavern, m2her: M2her
) -> None:
    alice, bob = tavern.people["Alice"].user, tavern.people["Bob"].user
    here = Place(alice.dm_channel.id, owner=alice.id)
    m2her.say("Aye.")
    asked = await alice.send_dm("A room for the night?")
    assert said(alice.dm_channel) == ["A room for the night?", CARD, "Aye."]
    m2her.say("Number four.")
    await alice.send_dm("((keep it short)) Which one?")
    assert said(alice.dm_channel)[3:] == ["((keep it short)) Which one?", "Number four."]
    m2her.say("Who asks?")
    await bob.send_dm("A room?")  # Alice's story knows nothing of it
    assert tavern.heard == [("Bob", "A room?")]
    await alice.edit(asked, "A bed for the night?")
    assert (await story(tavern, here))[0] == ("Alice", "A bed for the night?")
    await alice.delete(asked)
    assert await story(tavern, here) == [
        ("Marlow", "Aye."),
        ("Alice", "((keep it short)) Which one?"),
        ("Marlow", "Number four."),
    ]


COMMANDS: list[tuple[str, dict[str, Any], str]] = [
    ("talk", {"text": "Hello?"}, "**Alice:** Hello?"),
    ("talk", {"text": "Hello?", "persona": "vesper"}, FOR_ADULTS),
    ("talk", {"text": "Hello?", "as": "vesper"}, FOR_ADULTS),
    ("roll", {"dice": "1d1"}, "🎲 **Alice** rolls d1: **1**"),
    ("scene list", {}, "▶ **#1 untitled** · 5 messages"),
    ("scene info", {}, "## Scene #1"),
    ("scene export", {}, "#1 untitled, 5 messages. Only you can see this file."),
    ("scene new", {"title": "The ledger"}, "-# New scene: The ledger"),
    ("scene resume", {"scene": 1}, "Scene resumed: #1 untitled"),
    ("persona use", {"persona": "isolde"}, "-# Now plays with you here\n### Isolde"),
    ("persona use", {"persona": "vesper"}, FOR_ADULTS),
    ("persona use", {"persona": "isolde", "where": "server"}, ONLY_SERVERS),
    (
        "persona use",
        {"persona": "isolde", "where": "category"},
        "Only channels of servers are in categories. Leave `where` empty.",
    ),
    ("persona clear", {"where": "server"}, ONLY_SERVERS),
    ("persona add", {"persona": "isolde"}, ONLY_SERVERS),
    ("persona remove", {"persona": "isolde"}, ONLY_SERVERS),
    ("persona list", {}, "## Personas: 3"),
    ("persona show", {"persona": "marlow"}, "### Marlow\nMarlow keeps the Drowned Bell, a harbour tavern."),
    ("persona new", {}, ONLY_SERVERS),
    ("persona upload", {}, ONLY_SERVERS),
    ("memory", {}, "## What this story remembers"),
    ("undo", {}, "The last exchange is out of the story."),
    ("myself", {}, "## Who you are in stories\nHere you speak as yourself: **Alice**."),
    ("usage", {}, "## What was used"),
    ("help", {}, "## Talk to Isolde"),
    ("privacy", {}, "## What the bot saves about you"),
    ("persona clear", {}, "No persona plays with you here anymore."),
]
"""Every command of direct messages, in an order in which all have something to do, and how its answer begins."""


async def test_every_command_in_direct_messages_does_its_work_or_says_where_it_is_for(
    tavern: Tavern, m2her: M2her
) -> None:
    alice = tavern.people["Alice"].user
    m2her.say("Aye.")
    await alice.send_dm("A room for the night?")
    m2her.say("Good evening.")
    answers = []
    for name, options, _ in COMMANDS:
        used = await alice.slash(name, **options)
        answers.append(read(used.response))
    wanted = [said for _, _, said in COMMANDS]
    assert [answer[: len(begins)] for answer, begins in zip(answers, wanted, strict=True)] == wanted
    card = next(answer for answer in answers if answer.startswith("### Marlow"))
    assert "`marlow`" in card
    assert "Its file" not in card
    offered = {name.partition(" ")[0] for name in alice.available_commands()}
    assert offered == {name.partition(" ")[0] for name, _, _ in COMMANDS}


async def test_who_has_no_persona_chooses_one_that_plays_with_them_alone(
    m2her: M2her, tmp_path: Path
) -> None:
    async with stage(m2her, tmp_path, Reach.DIRECT, default=None) as tavern:
        alice, bob = tavern.people["Alice"].user, tavern.people["Bob"].user
        await alice.send_dm("Hello?")
        (notice,) = alice.dm_channel.history()[1:]
        assert read(notice) == (
            "No persona plays with you here yet. Choose one from the menu, or name one in `/talk`."
        )
        assert [option.value for option in notice.components[0].children[0].options] == ["isolde", "marlow"]
        await alice.select(notice, ["isolde"])
        m2her.say("*unrolls a map* Where to?")
        await alice.send_dm("Hello?")
        assert said(alice.dm_channel)[-1] == "*unrolls a map* Where to?"
        m2her.say("Aye.")
        await bob.slash("talk", text="Hello?", persona="marlow")
        assert said(bob.dm_channel) == ["**Bob:** Hello?", "**Marlow**\nAye.", SAVED]


async def test_where_the_host_has_not_turned_them_on_there_are_no_direct_messages(
    m2her: M2her, tmp_path: Path
) -> None:
    async with stage(m2her, tmp_path) as tavern:
        alice = tavern.people["Alice"]
        await alice.user.send_dm("Hello?")
        assert said(alice.user.dm_channel) == ["Hello?"]
        assert alice.user.available_commands() == ()
        data = {"id": "1", "name": "help", "type": 1}
        used = await _dispatch_actor_interaction(alice.user, 2, alice.user.dm_channel, data)
        assert (used.ephemeral, read(used.response)) == (
            True,
            "This bot doesn't play in direct messages. Its owner can turn that on (`dm` in config.yaml).",
        )
        used = await anywhere(alice, tavern.elsewhere, "help")
        assert (used.ephemeral, read(used.response)) == (
            True,
            "This bot can only be used on its servers. Its owner can turn on the rest (`user_install` in config.yaml).",
        )
        assert m2her.requests == []


async def test_what_is_said_in_direct_messages_can_be_exported_and_forgotten(
    tavern: Tavern, m2her: M2her
) -> None:
    alice = tavern.people["Alice"].user
    m2her.say("A brass lantern, then.")
    await alice.send_dm("I have a brass lantern.")
    await alice.slash("persona use", persona="isolde")
    privacy = tavern.story.records.privacy
    parts = [json.loads(part) async for part in privacy.export(alice.id)]
    assert [message["text"] for part in parts for message in part["messages"]] == ["I have a brass lantern."]
    assert parts[0]["own_places"] == [{"channel": alice.dm_channel.id}]
    panel = (await alice.slash("privacy")).response
    gone = await alice.click((await alice.click(panel, label="Forget …")).response, label="Forget everywhere")
    post = alice.dm_channel.history()[2]
    assert f"https://discord.com/channels/@me/{alice.dm_channel.id}/{post.id}" in read(gone.response)
    rows = await tavern.database.read("SELECT count(*) AS n FROM place")
    assert rows[0]["n"] == 0
    assert await SettingsStore(tavern.database).binding([("channel", alice.dm_channel.id)]) is None


async def test_a_reply_can_be_reported_to_the_host_who_can_block_people_there_too(
    m2her: M2her, tmp_path: Path
) -> None:
    office: list[int] = []
    rules = replace(RULES, servers=ServerRule(Audience.ALL, outside=frozenset({Reach.DIRECT})))
    async with open_tavern(m2her, tmp_path, rules=rules, admin_channel=lambda: office[0]) as tavern:
        office.append(tavern.elsewhere.id)
        alice = tavern.people["Alice"].user
        m2her.say("Aye.")
        await alice.send_dm("A room?")
        post = next(each for each in alice.dm_channel.history() if read(each) == "Aye.")
        more = await alice.click(post, label="⋯ More")
        form = await alice.click(more.response, label="Report")
        await alice.submit_modal(form, {"reason": "It is rude."})
        link = f"https://discord.com/channels/@me/{alice.dm_channel.id}/{post.id}"
        assert said(tavern.elsewhere) == [f"**Report** by <@{alice.id}>: {link}\n> It is rude."]
        casting = tavern.story.casting
        blocked = replace(casting.rules.servers, blocked=frozenset({alice.id}))
        casting.rules = replace(casting.rules, servers=blocked)
        await alice.send_dm("A bed, then?")
        assert said(alice.dm_channel)[-1] == "A bed, then?"
        refused = await alice.slash("talk", text="A bed?")
        assert (refused.ephemeral, read(refused.response)) == (
            True,
            "The bot's owner has blocked you from using it. `/privacy` still works.",
        )
        shown = await alice.slash("privacy")
        assert read(shown.response).startswith("## What the bot saves about you")


async def test_who_waited_when_the_bot_ended_is_answered_when_it_is_back(
    tavern: Tavern, m2her: M2her
) -> None:
    alice = tavern.people["Alice"].user
    backend, where = tavern.env.backend, alice.dm_channel.id
    asked = backend.create_message(where, alice.id, "A room for the night?", broadcast=False)
    message = IncomingMessage(
        asked.id, Place(where, owner=alice.id), Participant(alice.id, "Alice"), "A room for the night?", now()
    )
    await tavern.new_hearing().hear(message)  # and then the bot is killed
    m2her.say("Aye.")
    await tavern.restart()
    await tavern.quiet()
    assert said(alice.dm_channel)[-1] == "Aye."


# --- the language ---------------------------------------------------------------------------------

BROKE = "The AI model is having trouble. Try again in a minute. Press Retry or write again."
BROKE_IN_GERMAN = "Das KI-Modell hat gerade Probleme. Warte bitte eine Minute. Drücke „Erneut versuchen“ oder schreib noch einmal."


def speak_german(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Discord say of everybody who uses a command that theirs is in German."""
    plain = interactions.base_payload

    def payload(*given: Any, **options: Any) -> Any:
        record, found = plain(*given, **options)
        return record, {**found, "locale": "de"}

    monkeypatch.setitem(LANGUAGES, "de", FOLDER / "de.po")
    monkeypatch.setattr(interactions, "base_payload", payload)


def fail(m2her: M2her) -> None:
    for _ in range(3):
        m2her.say(Error(1033))


async def test_notices_are_in_the_language_that_a_person_last_used_a_command_in(
    tavern: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch, english_alone: None
) -> None:
    alice, privacy = tavern.people["Alice"].user, tavern.story.records.privacy
    speak_german(monkeypatch)
    for command in ("help", "privacy"):  # looking after one's own tells the bot nothing
        await alice.slash(command)
    fail(m2her)
    await alice.send_dm("A room for the night?")
    assert said(alice.dm_channel)[-1] == BROKE  # a message has no language
    await alice.slash("roll", dice="1d1")
    await tavern.restart()
    fail(m2her)
    await alice.send_dm("A bed, then?")
    assert said(alice.dm_channel)[-1] == BROKE_IN_GERMAN
    parts = [json.loads(part) async for part in privacy.export(alice.id)]
    assert parts[0]["choices_for_oneself"] == [{"key": "locale", "value": "de"}]
    panel = (await alice.slash("privacy")).response
    assert "- Deine Wünsche in `/myself` und die Sprache deines Discord: 1" in read(panel)
    asked = (await alice.click(panel, label="Vergessen …")).response
    await alice.click(asked, label="Überall vergessen")
    assert await tavern.database.read("SELECT 1 FROM preference") == []
    await privacy.opt_out(alice.id)
    await alice.slash("scene list")
    rows = await tavern.database.read("SELECT key FROM preference")
    assert [row["key"] for row in rows] == ["opt_out"]


async def test_a_bot_of_ones_own_speaks_the_language_of_its_person(
    tavern: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch, english_alone: None
) -> None:
    speak_german(monkeypatch)
    fail(m2her)
    await anywhere(tavern.people["Alice"], tavern.elsewhere, "talk", text="A room?")
    assert said(tavern.elsewhere) == [
        "**Alice:** A room?",
        "Das KI-Modell hat gerade Probleme. Warte bitte eine Minute. Benutze `/talk` noch einmal.",
    ]


async def test_nothing_in_direct_messages_speaks_of_a_channel_or_of_moderators(
    m2her: M2her, tmp_path: Path
) -> None:
    async with stage(m2her, tmp_path, Reach.DIRECT, default=None) as tavern:
        alice = tavern.people["Alice"].user
        commands = ("scene list", "scene info", "scene export", "memory", "usage")
        answers = [read((await alice.slash(name)).response) for name in commands]
        answers.append(read((await alice.slash("scene resume", scene=9)).response))
        answers.append(read((await alice.slash("persona use", persona="marlow")).response))
        m2her.say("Aye.", finish="length")
        await alice.send_dm("A room?")
        assert said(alice.dm_channel)[-1] == (
            "Aye.\n-# The reply reached the length limit. Press Continue or keep writing."
        )
        more = await alice.click(alice.dm_channel.history()[-1], label="⋯ More")
        answers.append(read(more.response))
        answers.append(read((await alice.click(more.response, label="Not this")).response))
        await alice.send_dm("((stop))")
        assert said(alice.dm_channel)[-1].startswith(
            "-# Out of character: OK. Marlow says nothing until you write again."
        )
        answers += [read((await alice.slash(name)).response) for name in ("help", "scene info", "usage")]
        panel = (await alice.slash("privacy")).response
        answers += [read(panel), read((await alice.click(panel, label="Forget …")).response)]
        wrong = re.compile(
            r"channel|thread|everyone|on this server|Nobody is told|(?<!On servers, a )moderator"
        )
        assert [answer for answer in answers if wrong.search(answer)] == []


# --- installed for oneself ------------------------------------------------------------------------


async def anywhere(who: Any, channel: Any, name: str, private: bool = False, **options: Any) -> Any:
    """Let somebody use a command of the bot that they installed for themselves, which is not on this server."""
    typed = [{"type": 3, "name": key, "value": value} for key, value in options.items()]
    data = {"id": "1", "name": name, "type": 1, "options": typed}
    extra = {
        "authorizing_integration_owners": {"1": str(who.id)},
        "context": 2 if private else 0,
        "app_permissions": "0",
    }
    return await _dispatch_actor_interaction(who, 2, channel, data, extra=extra)


async def test_a_bot_of_ones_own_plays_anywhere_in_a_story_that_nobody_shares(
    tavern: Tavern, m2her: M2her
) -> None:
    alice, bob, where = tavern.people["Alice"], tavern.people["Bob"], tavern.elsewhere
    m2her.say("On the server.")
    await tavern.say("Carol", f"{tavern.mention} who is there?", where)
    theirs = await story(tavern, Place(where.id))
    done, before = len(tavern.env.http_requests), len(where.history())
    m2her.say("*nods* Aye.")
    await anywhere(alice, where, "talk", text="A room?")
    assert tavern.heard == [("Alice", "A room?")]
    assert said(where)[before:] == ["**Alice:** A room?", "*nods* Aye.", SAVED]
    m2her.say("Ink first.")
    await anywhere(alice, where, "talk", text="And a map?", persona="isolde")
    assert [name for name, _ in tavern.heard] == ["Alice", "Marlow", "Alice"]
    assert said(where)[-2:] == ["**Alice:** And a map?", "**Isolde**\nInk first."]
    m2her.say("Who asks?")
    await anywhere(bob, where, "talk", text="A room?")
    assert tavern.heard == [("Bob", "A room?")]
    refused = await anywhere(alice, where, "talk", text="Hi", persona="vesper")
    assert (refused.ephemeral, read(refused.response)) == (True, FOR_ADULTS)
    assert await story(tavern, Place(where.id)) == theirs
    mine = Place(own_channel(alice.id, where.id), owner=alice.id)
    assert [name for name, _ in await story(tavern, mine)] == ["Alice", "Marlow", "Alice", "Isolde"]
    # Nothing but answers: the bot can neither see the channel nor post in it.
    paths = {entry.path.split("/")[1] for entry in tavern.env.http_requests[done:]}
    assert paths == {"interactions", "webhooks"}
    assert all(message.components == [] for message in where.history()[before:])


async def test_a_reply_takes_no_more_answers_than_discord_allows(tavern: Tavern, m2her: M2her) -> None:
    alice, where = tavern.people["Alice"], tavern.elsewhere
    m2her.say("word " * 2000)  # five messages of 2,000 characters
    await anywhere(alice, where, "talk", text="Tell me all.")
    words, *posts, saved = said(where)
    assert (words, saved) == ("**Alice:** Tell me all.", SAVED)
    assert len(posts) == 3


async def test_ones_own_bot_has_few_commands_and_says_what_it_does(tavern: Tavern) -> None:
    alice, where = tavern.people["Alice"], tavern.elsewhere
    shown = read((await anywhere(alice, where, "help")).response)
    assert shown.startswith("## Talk to Marlow\nMarlow doesn't reply to messages here.")
    assert "For admins" not in shown
    assert "takes the last exchange" not in shown
    tree = build_tree(discord.Client(intents=discord.Intents.none()), frozenset({Reach.PERSONAL}))
    told = [command.to_dict(tree) for command in tree.get_commands()]
    anywhere_too = {each["name"] for each in told if each["integration_types"] == [0, 1]}
    assert anywhere_too == {each["name"] for each in told if each["contexts"] == [0, 2]}
    assert anywhere_too == {"talk", "myself", "help", "privacy", "usage"}
