"""A persona for adults plays where Discord restricts the age, and nowhere else, however it came there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.discord_ui.inbound import age_restricted
from bot.story.places.rules import ChannelRule
from tests.standins.discord_wire import shapes
from tests.standins.m2her import End, Error, M2her
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern, read
from tests.wired import Wired, until, wire

VESPER = "name: Vesper\ndescription: For adults.\nnsfw: true\ngreeting: Come in.\n"
WHY = (
    "Vesper is for age-restricted channels only, and this channel isn't one. Someone with Manage Channels can restrict "
    "its age in the channel's settings, or choose another persona with `/persona use`."
)
WHY_NOT_REVISED = (
    "Vesper is for age-restricted channels only, and this channel isn't one anymore. Someone with Manage Channels can "
    "restrict its age in the channel's settings."
)


@pytest.fixture
async def club(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server whose first channel is bound to a persona for adults by the configuration."""
    cast = {"marlow": MARLOW, "vesper": VESPER}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        tavern.channels[tavern.bound.id] = ChannelRule(("vesper",))
        m2her.reply = lambda _: "Good evening."
        yield tavern


async def ask(tavern: Tavern, channel: Any = None) -> str:
    """Let Alice ask, and return what the bot says."""
    await tavern.say("Alice", f"{tavern.mention} hello?", channel)
    return tavern.posts(channel or tavern.bound)[-1]


async def test_a_persona_that_the_configuration_names_is_asked_for_its_channel_too(
    club: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await ask(club) == WHY
    await club.say("Bob", "Vesper, are you there?")  # no mention, no line
    assert club.posts(club.bound) == [WHY]
    assert m2her.requests == []
    assert await club.remembered(club.bound) == []
    club.restrict(club.bound, monkeypatch)
    assert await ask(club) == "Good evening."
    assert club.heard == [("Alice", "hello?")]


async def test_a_channel_that_loses_its_restriction_loses_the_persona_with_the_next_message(
    club: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.restrict(club.bound, monkeypatch)
    assert await ask(club) == "Good evening."
    club.restrict(club.bound, monkeypatch, restricted=False)
    assert await ask(club) == WHY
    assert len(m2her.requests) == 1
    assert [text for _, text in await club.remembered(club.bound)] == ["hello?", "Good evening."]


async def test_a_persona_that_becomes_one_for_adults_stops_where_children_may_read(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, personas={"marlow": MARLOW}) as tavern:
        m2her.reply = lambda _: "Aye."
        assert await ask(tavern) == "Aye."
        (tavern.personas / "marlow.yaml").write_text(MARLOW + "nsfw: true\n", encoding="utf-8")
        await tavern.restart()
        assert await ask(tavern) == WHY.replace("Vesper", "Marlow")


async def test_a_default_persona_for_adults_answers_no_mention_in_an_open_channel(
    m2her: M2her, tmp_path: Path
) -> None:
    rules = replace(RULES, default_persona="vesper")
    async with open_tavern(m2her, tmp_path, personas={"vesper": VESPER}, rules=rules) as tavern:
        assert await ask(tavern, tavern.elsewhere) == WHY
        assert await tavern.remembered(tavern.elsewhere) == []


async def test_another_variant_is_not_written_where_children_may_read(
    club: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.restrict(club.bound, monkeypatch)
    await ask(club)
    club.restrict(club.bound, monkeypatch, restricted=False)
    used = await club.people["Alice"].click(club.last_post(club.bound), label="↻ Again")
    assert (used.ephemeral, used.response.content) == (True, WHY_NOT_REVISED)
    assert club.posts(club.bound) == ["Good evening."]
    assert len(m2her.requests) == 1


async def test_an_earlier_variant_is_not_shown_where_children_may_read(
    club: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.restrict(club.bound, monkeypatch)
    await ask(club)
    alice = club.people["Alice"]
    m2her.reply = lambda _: "Good night."
    await alice.click(club.last_post(club.bound), label="↻ Again")
    club.restrict(club.bound, monkeypatch, restricted=False)
    used = await alice.click(club.last_post(club.bound), label="◀")
    assert [post.content for post in used.followups] == [WHY_NOT_REVISED]
    assert club.posts(club.bound) == ["Good night."]


@pytest.mark.parametrize("way", ["menu", "more"])
async def test_a_reply_is_not_edited_where_children_may_read(
    club: Tavern, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    club.restrict(club.bound, monkeypatch)
    await ask(club)
    club.restrict(club.bound, monkeypatch, restricted=False)
    used = await open_form(club, way)
    assert used.modal is None  # it would show the text
    assert (used.ephemeral, used.response.content) == (True, WHY_NOT_REVISED)


async def test_a_form_opened_before_the_channel_lost_its_restriction_is_refused(
    club: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.restrict(club.bound, monkeypatch)
    await ask(club)
    form = await open_form(club, "menu")
    club.restrict(club.bound, monkeypatch, restricted=False)
    (field,) = [label["component"] for label in form.modal["components"]]
    used = await club.people["Alice"].submit_modal(form, {field["custom_id"]: "Something for adults."})
    assert (used.ephemeral, used.response.content) == (True, WHY_NOT_REVISED)
    assert club.posts(club.bound) == ["Good evening."]
    assert [text for _, text in await club.remembered(club.bound)] == ["hello?", "Good evening."]


async def test_a_reply_can_be_removed_where_children_may_read(
    club: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.restrict(club.bound, monkeypatch)
    await ask(club)
    club.restrict(club.bound, monkeypatch, restricted=False)
    alice, post = club.people["Alice"], club.last_post(club.bound)
    asked = await alice.context_menu(club.bound, "Remove from story", post)
    await alice.click(asked.response, label="Remove")
    assert club.posts(club.bound) == ["-# ✂ Alice took this reply out of the story."]


async def open_form(tavern: Tavern, way: str) -> Any:
    """Let Alice open the form of the newest reply."""
    alice, post = tavern.people["Alice"], tavern.last_post(tavern.bound)
    if way == "menu":
        return await alice.context_menu(tavern.bound, "Edit reply", post)
    more = await alice.click(post, label="⋯ More")
    return await alice.click(more.response, label="Edit")


async def test_talk_and_a_new_scene_are_asked_too(club: Tavern, m2her: M2her) -> None:
    alice = club.people["Alice"]
    for used in (
        await alice.slash(club.bound, "talk", text="hello"),
        await alice.slash(club.bound, "scene new"),
    ):
        assert (used.ephemeral, used.response.content) == (True, WHY)
    assert club.posts(club.bound) == []
    assert m2her.requests == []


async def test_a_thread_counts_like_its_channel(
    club: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = club.thread(club.bound, "booth")
    assert await ask(club, thread) == WHY
    club.restrict(club.bound, monkeypatch)
    assert await ask(club, thread) == "Good evening."


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (0, WHY),  # default
        (1, "Good evening."),  # explicit
        (2, WHY),  # safe
        (3, "Good evening."),  # age-restricted
        (77, WHY),  # a level of next year
    ],
)
async def test_every_channel_of_an_age_restricted_server_counts(
    club: Tavern, m2her: M2her, level: int, said: str
) -> None:
    await club.set_level(level)
    assert await ask(club) == said


async def removed_where_children_may_read(club: Tavern, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a reply be taken out, and the channel lose its restriction."""
    club.restrict(club.bound, monkeypatch)
    await ask(club)
    alice = club.people["Alice"]
    opened = await alice.click(club.last_post(club.bound), label="⋯ More")
    await alice.click(opened.response, label="Remove")
    club.restrict(club.bound, monkeypatch, restricted=False)


async def test_what_was_removed_is_not_shown_again_where_children_may_read(
    club: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    await removed_where_children_may_read(club, monkeypatch)
    there, post = club.posts(club.bound), club.last_post(club.bound)
    used = await club.people["Alice"].click(post, label="Undo, back into the story")
    assert (used.ephemeral, used.response.content) == (True, WHY_NOT_REVISED)
    assert club.posts(club.bound) == there == ["-# ✂ Alice took this reply out of the story."]
    assert [text for _, text in await club.remembered(club.bound)] == ["hello?"]
    club.restrict(club.bound, monkeypatch)
    await club.people["Alice"].click(post, label="Undo, back into the story")
    assert club.posts(club.bound) == ["Good evening."]


async def test_what_followed_is_not_put_back_where_children_may_read(
    club: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    club.restrict(club.bound, monkeypatch)
    await ask(club)
    old = club.last_post(club.bound)
    await ask(club)
    await club.quiet()
    alice = club.people["Alice"]
    asked = await alice.context_menu(club.bound, "Regenerate from here", old)
    await alice.click(asked.response, label="Regenerate from here")
    await club.quiet()
    club.restrict(club.bound, monkeypatch, restricted=False)
    undone = await alice.click(asked.response, label="Undo, back into the story")
    assert (undone.ephemeral, undone.response.content) == (True, WHY_NOT_REVISED)
    assert [text for _, text in await club.remembered(club.bound)] == ["hello?", "Good evening."]


async def lose_restriction(wired: Wired) -> None:
    wired.bound.nsfw = False
    wired.world.emit("CHANNEL_UPDATE", shapes.channel(wired.bound))
    await until(lambda: is_open(wired))


async def is_open(wired: Wired) -> bool:
    channel = wired.clients[-1].get_channel(wired.bound.id)
    return isinstance(channel, discord.TextChannel) and not channel.nsfw


@pytest.mark.parametrize("how", ["message", "talk"])
async def test_who_waits_while_a_channel_loses_its_restriction_is_told_why_nobody_answers(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, personas={"marlow": MARLOW, "vesper": VESPER}) as wired:
        wired.channels[wired.bound.id] = ChannelRule(("vesper",))
        wired.bound.nsfw = True
        await wired.start()
        gate = asyncio.Event()
        m2her.say("Good ", gate, "evening.")
        wired.ask("hello?")
        await wired.shows("Good")
        used = None
        if how == "message":
            wired.ask("and me?", "Bob")
        else:
            used = wired.world.interactions.command(wired.person("Bob"), wired.bound, "talk", text="and me?")
            await wired.answers(used)
        await until(lambda: has_said(wired, "and me?"))
        await lose_restriction(wired)
        gate.set()
        await wired.quiet()
        if used is None:
            assert WHY in wired.posts()
        else:
            assert [message.content for message in used.further] == [WHY]
        assert len(m2her.requests) == 1


async def has_said(wired: Wired, text: str) -> bool:
    return text in [said for _, said in await wired.remembered()]


PAUSED_MEANWHILE = "The bot is paused here. A moderator can use `/dramatis pause` and press Resume."
NOTHING_BEFORE = "There's no message before that one, so there's nothing to answer."


@pytest.mark.parametrize(
    ("button", "meanwhile", "said"),
    [
        ("Retry", "restriction lost", WHY_NOT_REVISED),
        ("Continue", "restriction lost", WHY_NOT_REVISED),
        ("Retry", "paused", PAUSED_MEANWHILE),
        ("Continue", "paused", PAUSED_MEANWHILE),
        ("Retry", "question deleted", NOTHING_BEFORE),
    ],
)
async def test_who_waits_with_a_button_is_told_why_nothing_comes(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, button: str, meanwhile: str, said: str
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, personas={"marlow": MARLOW, "vesper": VESPER}) as wired:
        wired.channels[wired.bound.id] = ChannelRule(("vesper",))
        wired.bound.nsfw = True
        await wired.start()
        gate = asyncio.Event()
        m2her.say(*([Error(1008)] if button == "Retry" else ["Good ", End.CUT]))
        asked = wired.ask("hello?")
        await wired.quiet()
        post = wired.last_post()
        m2her.say("Good ", gate, "night.")
        wired.ask("and me?", "Bob")
        await until(lambda: has_said(wired, "and me?"))
        await wired.world.wait_for(lambda: wired.posts()[-1] == "Good")
        used = wired.press(button, post)
        await wired.world.wait_for(lambda: used.answer)
        if meanwhile == "restriction lost":
            await lose_restriction(wired)
        elif meanwhile == "paused":
            paused = wired.world.interactions.command(wired.world.guild.owner, wired.bound, "dramatis pause")
            await wired.answers(paused)
        else:
            wired.world.delete(asked)
        gate.set()
        await wired.quiet()
        assert [message.content for message in used.further] == [said]
        assert len(m2her.requests) == 2


async def test_no_further_member_guest_scene_or_chain_brings_one_for_adults_where_children_may_read(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = {"marlow": MARLOW, "vesper": VESPER, "isolde": ISOLDE}
    async with open_tavern(m2her, tmp_path, personas=cast) as club:
        club.channels[club.bound.id] = ChannelRule(("marlow", "vesper"))
        alice, ada = club.people["Alice"], club.staff("Ada", manage_channels=True, manage_guild=True)
        m2her.reply = lambda _: "Vesper, come here."  # names her aloud: she would answer
        await club.say("Alice", f"{club.mention} Marlow and Vesper, hello?")
        assert [request.body["messages"][0]["name"] for request in m2her.requests] == ["Marlow"]
        await club.say("Alice", "Vesper, are you there?")
        assert len(m2her.requests) == 1
        for used in (
            await alice.slash(club.bound, "talk", text="hello", persona="vesper"),
            await alice.slash(club.elsewhere, "talk", text="hello", persona="vesper"),
            await ada.slash(club.elsewhere, "scene new", persona="vesper"),
            await ada.slash(club.elsewhere, "persona use", persona="vesper"),
            await ada.slash(club.elsewhere, "persona add", persona="vesper"),
            await ada.slash(club.elsewhere, "persona show", persona="vesper"),
        ):
            assert used.ephemeral
            assert "age-restricted channels only" in read(used.response)
        assert len(m2her.requests) == 1
        assert not any("Come in." in post for post in [*club.posts(club.bound), *club.posts(club.elsewhere)])
        club.restrict(club.bound, monkeypatch)
        await club.say("Alice", "Vesper, are you there?")
        assert m2her.requests[1].body["messages"][0]["name"] == "Vesper"


async def test_a_try_ends_where_its_channel_loses_the_restriction(
    club: Tavern, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = club.staff("Ada", manage_channels=True, manage_guild=True)
    club.restrict(club.bound, monkeypatch)
    card = await ada.slash(club.bound, "persona show", persona="vesper")
    tried = await ada.click(card.response, label="Try")
    form = await ada.click(tried.response, label="Say something")
    club.restrict(club.bound, monkeypatch, restricted=False)
    used = await ada.submit_modal(form, {"text": "Hello?"})
    assert "age-restricted channels only" in read(used.response)
    assert m2her.requests == []


def test_a_channel_that_is_no_servers_is_never_age_restricted() -> None:
    private = discord.Object(7, type=discord.DMChannel)
    assert not age_restricted(private)
    assert not age_restricted(None)
