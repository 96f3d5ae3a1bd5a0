"""Whose face a persona wears: its own by a webhook, or the bot's; what is said above a post; what gets lost."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.casting import ChannelRule
from bot.core.scene import Ending
from bot.core.settings import Face, Settings
from bot.storage.people import People
from tests.standins.discord_wire import Channel, Message, Permission
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, RULES
from tests.wired import Wired, until, wire

OWN_FACES = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
BY_HOOK, HOOKS = "/webhooks/*/*", "/channels/*/webhooks"
AVATAR = "https://example.com/isolde.png"


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    cast = {"marlow": MARLOW, "isolde": f"{ISOLDE}avatar: {AVATAR}\n"}
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES, personas=cast) as wired:
        await wired.start()
        yield wired


def worn(wired: Wired, channel: Channel | None = None) -> list[tuple[str, str]]:
    """The posts of personas in a channel, each as the name above it and what it says."""
    return [(post.author.name, post.content) for post in wired.webhook_posts(channel)]


async def wears(wired: Wired, *posts: tuple[str, str], channel: Channel | None = None) -> None:
    """Wait until personas' posts in a channel are these."""
    try:
        await wired.world.wait_for(lambda: worn(wired, channel) == list(posts), 10)
    except TimeoutError:
        assert worn(wired, channel) == list(posts)
        raise


def asked(wired: Wired, method: str, ending: str) -> int:
    return sum(r.method == method and r.path.endswith(ending) for r in wired.world.requests)


async def heard(wired: Wired, text: str) -> None:
    """Wait until the bot has heard something, whatever else it is at."""

    async def stored() -> bool:
        return text in [each for _, each in await wired.remembered()]

    await until(stored)


def link(cause: Message) -> str:
    return f"https://discord.com/channels/{cause.channel.guild.id}/{cause.channel.id}/{cause.id}"


# --- its own face -------------------------------------------------------------------------------


async def test_a_persona_posts_under_its_own_name_and_grows_there(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("The storm, ", gate, "I say, will pass.")
    wired.ask("will it pass?")
    await wears(wired, ("Marlow", "The storm,"))
    gate.set()
    await wears(wired, ("Marlow", "The storm, I say, will pass."))
    await wired.quiet()
    assert wired.posts() == []
    assert await wired.remembered() == [
        ("Alice", "will it pass?"),
        ("Marlow", "The storm, I say, will pass."),
    ]


async def test_several_personas_in_a_channel_are_several_people_by_one_webhook(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("Evening.")
    wired.ask()
    await wears(wired, ("Marlow", "Evening."))
    wired.channels[wired.bound.id] = ChannelRule("isolde")
    m2her.say("Mind the map.")
    wired.ask()
    await wears(wired, ("Marlow", "Evening."), ("Isolde", "Mind the map."))
    assert [post.author.avatar for post in wired.webhook_posts()] == [None, AVATAR]
    assert len(wired.world.webhooks.own(wired.bound)) == 1


async def test_two_at_once_make_one_webhook_and_a_restart_finds_it(wired: Wired, m2her: M2her) -> None:
    thread = wired.world.create_thread("cellar")
    hold = wired.world.faults.hang("GET", HOOKS, times=9)
    m2her.say("One.")
    m2her.say("Two.")
    wired.ask()
    wired.ask(channel=thread)
    await wired.world.wait_for(lambda: hold.caught)
    hold.release()
    await wired.world.wait_for(lambda: len(worn(wired)) + len(worn(wired, thread)) == 2)
    await wired.end()
    await wired.start()
    m2her.say("Three.")
    wired.ask()
    await wired.world.wait_for(lambda: len(worn(wired)) == 2)
    assert len(wired.world.webhooks.own(wired.bound)) == 1
    assert asked(wired, "POST", "/webhooks") == 1


async def test_threads_and_posts_of_a_forum_speak_through_their_channels_webhook(
    wired: Wired, m2her: M2her
) -> None:
    forum = wired.world.add_forum("tales")
    for where in (wired.world.create_thread("cellar"), wired.world.create_thread("A tale", forum)):
        gate = asyncio.Event()
        m2her.say("Once, ", gate, "there was.")
        wired.ask(channel=where)
        await wears(wired, ("Marlow", "Once,"), channel=where)
        gate.set()
        await wears(wired, ("Marlow", "Once, there was."), channel=where)
        assert where.parent is not None
        assert [hook.channel for hook in wired.world.webhooks.own(where.parent)] == [where.parent]


async def test_a_reply_to_a_personas_post_needs_no_mention_and_its_deletion_takes_the_turn(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("First.")
    m2her.say("Second.")
    wired.ask()
    await wears(wired, ("Marlow", "First."))
    wired.say("Bob", "And then?", reply_to=wired.webhook_posts()[0])
    await wears(wired, ("Marlow", "First."), ("Marlow", "Second."))
    await wired.quiet()
    wired.world.delete(wired.webhook_posts()[0])
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "well?"), ("Bob", "And then?"), ("Marlow", "Second.")]


# --- what stands above --------------------------------------------------------------------------


async def test_an_answer_that_is_not_beneath_its_cause_leads_there_and_the_story_has_no_such_line(
    wired: Wired, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say(gate, "Three nights, ", "I fear.")
    cause = wired.ask("how long?", "Al*ice")
    await m2her.received(1)
    wired.say("Bob", "Foul weather.")
    await heard(wired, "Foul weather.")
    gate.set()
    await wears(wired, ("Marlow", f"-# ↪ [Al\\*ice]({link(cause)})\nThree nights, I fear."))
    await wired.quiet()
    assert wired.webhook_posts()[0].mentions.users == ()
    assert [text for _, text in await wired.remembered()] == [
        "how long?",
        "Foul weather.",
        "Three nights, I fear.",
    ]


async def test_whoever_wants_it_is_pinged_once_by_the_first_post_only(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    wired.join("Alice", "Alice")
    alice = wired.people["Alice"]
    await People(wired.database).set_ping(alice.id, True)
    m2her.say("Well, ", gate, "well.")
    cause = wired.ask()
    above = f"-# ↪ [Alice]({link(cause)}) <@{alice.id}>\n"
    await wears(wired, ("Marlow", f"{above}Well,"))
    gate.set()
    await wears(wired, ("Marlow", f"{above}Well, well."))
    allowed = [
        request.json["allowed_mentions"] for request in wired.world.requests if "/webhooks/" in request.path
    ]
    assert allowed[0]["users"] == [alice.id]
    assert all(not each.get("users") and each["parse"] == [] for each in allowed[1:])


async def test_a_long_reply_with_a_line_above_loses_nothing(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    text = "a" * 1960 + ". " + "b" * 1990 + "."
    m2her.say(gate, text)
    cause = wired.ask()
    await m2her.received(1)
    wired.say("Bob", "Foul weather.")
    await heard(wired, "Foul weather.")
    gate.set()
    await wired.world.wait_for(lambda: "".join(c for _, c in worn(wired)).endswith("b."))
    await wired.quiet()
    first, *rest = [content for _, content in worn(wired)]
    assert all(len(each) <= 2000 for each in (first, *rest))
    above, _, words = first.partition("\n")
    assert above == f"-# ↪ [Alice]({link(cause)})"
    assert "".join([words, *rest]).replace(" ", "") == text.replace(" ", "")
    assert (await wired.remembered())[-1] == ("Marlow", text)


# --- where it cannot be ---------------------------------------------------------------------------


async def test_without_the_right_the_bot_posts_with_the_name_above_and_the_host_hears_once(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired.admins = wired.world.add_channel("admins")
    wired.world.deny(wired.bound, Permission.MANAGE_WEBHOOKS)
    m2her.say("Evening.")
    m2her.say("Again.")
    wired.ask()
    await wired.shows("**Marlow**\nEvening.")
    wired.ask()
    await wired.shows("**Marlow**\nEvening.", "**Marlow**\nAgain.")
    await wired.quiet()
    told = (
        f"personas on 'Harbour' post under the bot's name, as in channel {wired.bound.id}: give the bot Manage "
        "Webhooks there. This is said once a server."
    ).replace("Harbour", wired.bound.guild.name)
    await wired.shows(told, channel=wired.admins)
    assert [record.getMessage() for record in caplog.records].count(told) == 1
    assert asked(wired, "GET", "/webhooks") == 0  # the cache knows
    wired.world.allow(wired.bound, Permission.MANAGE_WEBHOOKS)
    m2her.say("My own self.")
    wired.ask()
    await wears(wired, ("Marlow", "My own self."))
    assert [text for _, text in await wired.remembered()][1::2] == ["Evening.", "Again.", "My own self."]


async def test_a_full_channel_is_not_asked_again_at_each_reply(wired: Wired, m2her: M2her) -> None:
    wired.world.add_webhooks(wired.bound, 15)
    m2her.say("One.")
    m2her.say("Two.")
    wired.ask()
    await wired.shows("**Marlow**\nOne.")
    wired.ask()
    await wired.shows("**Marlow**\nOne.", "**Marlow**\nTwo.")
    assert asked(wired, "POST", "/webhooks") == 1


async def test_where_the_bots_face_is_chosen_only_a_guest_is_named(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        m2her.say("Evening.")
        wired.ask()
        await wired.shows("Evening.")


async def test_without_the_message_content_intent_the_face_is_the_bots(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, rules=OWN_FACES, message_content=False) as wired:
        await wired.start()
        m2her.say("Evening.")
        wired.ask()
        await wired.shows("Evening.")
        assert worn(wired) == []


# --- what gets lost -------------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [True, False])
async def test_a_post_whose_answer_is_lost_stands_there_once(
    wired: Wired, m2her: M2her, applied: bool
) -> None:
    wired.world.faults.reset("POST", BY_HOOK, applied=applied)
    m2her.say("The storm will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm will pass."))
    await wired.quiet()
    assert worn(wired) == [("Marlow", "The storm will pass.")]


@pytest.mark.parametrize(("status", "applied"), [(503, False), (502, True), (504, True), (500, False)])
async def test_a_server_error_posts_neither_twice_nor_never(
    wired: Wired, m2her: M2her, status: int, applied: bool
) -> None:
    wired.world.faults.answer("POST", BY_HOOK, status, applied=applied)
    m2her.say("The storm will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm will pass."))
    await wired.quiet()
    assert worn(wired) == [("Marlow", "The storm will pass.")]


async def test_what_cannot_be_looked_for_is_not_posted_again(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired.world.deny(wired.bound, Permission.READ_MESSAGE_HISTORY)
    wired.world.faults.reset("POST", BY_HOOK, applied=True)
    m2her.say("The storm will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm will pass."))
    await wired.quiet()
    assert worn(wired) == [("Marlow", "The storm will pass.")]
    assert "to look takes Read Message History" in caplog.text


async def test_a_webhook_deleted_in_mid_reply_is_made_anew_and_the_rest_goes_by_it(
    wired: Wired, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm"))
    wired.world.delete_webhook(wired.world.webhooks.own(wired.bound)[0])
    gate.set()
    await wired.world.wait_for(lambda: "Marlow: will pass." in wired.transcript())
    await wired.quiet()
    assert wired.transcript().splitlines()[1:] == ["Marlow: The storm", "Marlow: will pass."]
    (turn,) = [turn for turn in await wired.turns() if turn.persona_key]
    assert (turn.text, turn.ending) == ("The storm will pass.", Ending.DONE)


async def test_a_webhook_deleted_between_replies_is_made_anew(wired: Wired, m2her: M2her) -> None:
    m2her.say("One.")
    wired.ask()
    await wears(wired, ("Marlow", "One."))
    old = wired.world.webhooks.own(wired.bound)[0]
    wired.world.delete_webhook(old)
    m2her.say("Two.")
    wired.ask()
    await wired.world.wait_for(lambda: "Marlow: Two." in wired.transcript())
    (new,) = wired.world.webhooks.own(wired.bound)
    assert new is not old


async def test_no_log_line_has_a_webhooks_token(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot")
    wired.world.faults.reset("POST", BY_HOOK, times=2)
    wired.world.faults.answer("PATCH", "/webhooks/*/*/messages/*", 400, times=9)
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await wears(wired, ("Marlow", "The storm"))
    gate.set()
    await wired.quiet()
    (hook,) = wired.world.webhooks.own(wired.bound)
    assert "400" in caplog.text
    assert hook.token not in caplog.text
