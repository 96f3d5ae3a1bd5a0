"""The opener as a channel sees it: the card of its persona, the greeting, and the first reply, in this order."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.core.settings import Settings
from bot.story.places.rules import ChannelRule
from tests.discord_ui.interactions.commands.panels import (
    ISOLDE_IS,
    MARLOW_IS,
    PLAYS_HERE,
    by_mention,
    by_name,
    card,
    labels,
    pictures,
    said,
)
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern
from tests.wired import Wired, wire
from tests.wired import words as read_on_the_wire

CAST = {
    "marlow": MARLOW + 'greeting: "*looks up* Wet out there?"\n',
    "isolde": ISOLDE + 'greeting: "*unrolls a map*"\navatar: https://pictures.example.com/isolde.png\n',
}
RECORDED = (
    "-# Messages in this channel are saved, so that {} remembers them. For each reply, the latest ones are sent to MiniMax. "
    "Use `/help` to learn more."
)
ASKED = (
    "-# Messages to {} in this channel are saved, and so are the replies. For each reply, the latest ones are sent to MiniMax. "
    "Use `/help` to learn more."
)
ISOLDE_CHOSEN = card("Isolde", ISOLDE_IS, by_name("Isolde"), RECORDED.format("Isolde"), above=PLAYS_HERE)
ISOLDE_CARD = card("Isolde", ISOLDE_IS, by_name("Isolde"), RECORDED.format("Isolde"))
MARLOW_CARD = card("Marlow", MARLOW_IS, by_name("Marlow"), RECORDED.format("Marlow"))
MAP, WET = "*unrolls a map*", "*looks up* Wet out there?"


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server that has seen no card, and whose personas have first words."""
    async with open_tavern(m2her, tmp_path, personas=CAST, informed=False) as tavern:
        yield tavern


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    return tavern.staff("Ada", manage_channels=True, manage_guild=True)


# --- a persona is chosen --------------------------------------------------------------------------


async def test_persona_use_shows_the_card_and_lets_the_persona_greet(
    tavern: Tavern, ada: Any, m2her: M2her
) -> None:
    used = await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert tavern.posts(tavern.elsewhere) == [ISOLDE_CHOSEN, MAP]
    assert used.response.flags.components_v2
    assert pictures(used) == [("https://pictures.example.com/isolde.png", "Picture of Isolde")]
    assert await tavern.remembered(tavern.elsewhere) == [("Isolde", MAP)]
    m2her.say("Here.")
    await tavern.say("Alice", "Isolde, where are we?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere) == [ISOLDE_CHOSEN, MAP, "Here."]  # and nothing in the middle
    assert tavern.heard == [("Isolde", MAP), ("Alice", "Isolde, where are we?")]


@pytest.mark.parametrize("way", ["list", "card", "settings", "menu", "private menu"])
async def test_every_way_to_choose_a_persona_ends_in_the_same_opener(
    tavern: Tavern, ada: Any, way: str
) -> None:
    market = tavern.elsewhere
    if way in {"list", "card"}:
        command = {"list": ("persona list", {}), "card": ("persona show", {"persona": "isolde"})}[way]
        shown = await ada.slash(market, command[0], **command[1])
        await ada.click(shown.response, custom_id=f"rp:play:{way}:isolde")
    elif way == "settings":
        panel = await ada.slash(market, "dramatis settings")
        await ada.select(panel.response, ["isolde"], custom_id="rp:set:channel:persona")
    else:
        await ada.slash(market, "persona clear")
        if way == "menu":
            await tavern.say("Alice", f"{tavern.mention} hello?", market)
            await ada.select(tavern.last_post(market), ["isolde"], custom_id="rp:use")
        else:
            asked = await ada.slash(market, "talk", text="hello")
            await ada.select(asked.response, ["isolde"], custom_id="rp:use")
    seen = [post for post in tavern.posts(market) if post.startswith(("-#", "*"))]
    assert seen == [ISOLDE_CHOSEN, MAP]
    assert await tavern.remembered(market) == [("Isolde", MAP)]


async def test_where_the_story_has_turns_the_card_comes_without_a_greeting(
    tavern: Tavern, ada: Any, m2her: M2her
) -> None:
    m2her.say("Yes?")
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert tavern.posts(tavern.elsewhere) == ["Yes?", ASKED.format("Marlow"), ISOLDE_CHOSEN]
    await ada.slash(tavern.elsewhere, "persona use", persona="marlow")
    assert tavern.posts(tavern.elsewhere)[3:] == [
        card("Marlow", MARLOW_IS, by_name("Marlow"), above=PLAYS_HERE)  # what is saved is said once
    ]
    assert await tavern.remembered(tavern.elsewhere) == [("Alice", "hello"), ("Marlow", "Yes?")]


async def test_where_people_have_spoken_nobody_is_greeted(tavern: Tavern, ada: Any) -> None:
    await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    (greeting,) = [m for m in tavern.elsewhere.history() if m.content == MAP]
    await tavern.moderator.delete(greeting)
    await tavern.say("Bob", "Rain again.", tavern.elsewhere)
    await ada.slash(tavern.elsewhere, "persona use", persona="marlow")
    assert WET not in tavern.posts(tavern.elsewhere)


async def test_on_a_paused_server_the_card_says_so_and_nothing_is_stored(tavern: Tavern, ada: Any) -> None:
    await ada.slash(tavern.elsewhere, "dramatis pause")
    used = await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert said(used)[4:] == [
        (
            "-# The bot is paused here. It doesn't answer or save anything. A moderator can use "
            "`/dramatis pause` and press Resume."
        )
    ]
    assert await tavern.remembered(tavern.elsewhere) == []


async def test_a_greeting_that_discord_does_not_take_is_not_in_the_story(tavern: Tavern, ada: Any) -> None:
    tavern.env.inject_error("POST", "/webhooks/*", status=403)
    used = await ada.slash(tavern.elsewhere, "persona use", persona="isolde")
    assert used.followups[-1].content == (
        "Discord didn't accept that. Check that the bot can post here, then try again."
    )
    assert await tavern.remembered(tavern.elsewhere) == []


# --- a new scene ------------------------------------------------------------------------------------


async def test_a_new_scene_shows_the_card_with_undo_and_says_once_what_is_saved(tavern: Tavern) -> None:
    alice = tavern.people["Alice"]
    await alice.slash(tavern.bound, "scene new")
    how = by_name("Marlow")
    first = card("Marlow", MARLOW_IS, how, RECORDED.format("Marlow"), above="-# New scene")
    assert tavern.posts(tavern.bound) == [first, WET]
    used = await alice.slash(tavern.bound, "scene new", title="The *bell*")
    assert said(used) == card("Marlow", MARLOW_IS, how, above=r"-# New scene: The \*bell\*").splitlines()
    assert labels(used) == ["Undo, back to #1"]
    await alice.click(used.response, label="Undo, back to #1")
    # The card makes room for the line; the greeting stays in the channel, and in its own scene.
    assert tavern.posts(tavern.bound) == [first, WET, "Back in the scene: #1 untitled", WET]
    assert await tavern.remembered(tavern.bound) == [("Marlow", WET)]


async def test_a_new_scene_whose_card_discord_does_not_take_has_its_greeting(tavern: Tavern) -> None:
    path = "/interactions/*/callback"
    tavern.env.inject_error("POST", path, status=404, code=10062, message="Unknown interaction")
    await tavern.people["Alice"].slash(tavern.bound, "scene new")
    assert WET in tavern.posts(tavern.bound)
    assert await tavern.remembered(tavern.bound) == [("Marlow", WET)]


async def test_in_a_channel_of_nobodys_choice_a_new_scene_says_that_only_a_mention_is_heard(
    tavern: Tavern,
) -> None:
    used = await tavern.people["Alice"].slash(tavern.elsewhere, "scene new")
    assert said(used)[-2:] == [by_mention("Marlow"), ASKED.format("Marlow")]


# --- before the first reply ---------------------------------------------------------------------------


async def test_a_binding_by_the_host_shows_the_card_once_before_the_first_reply(
    tavern: Tavern, m2her: M2her
) -> None:
    for text in ("Evening.", "Again?", "*unfolds it*", "And again."):
        m2her.say(text)
    await tavern.say("Alice", f"{tavern.mention} hello")
    await tavern.say("Bob", "Marlow, me too")
    assert tavern.posts(tavern.bound) == [MARLOW_CARD, "Evening.", "Again?"]
    assert [name for name, _ in await tavern.remembered(tavern.bound)] == ["Alice", "Marlow", "Bob", "Marlow"]
    tavern.channels[tavern.bound.id] = ChannelRule(("isolde",))  # once for each persona
    await tavern.restart()
    await tavern.say("Bob", "Isolde, where are we?")
    new_one = card("Isolde", ISOLDE_IS, by_name("Isolde"))
    assert tavern.posts(tavern.bound)[3:] == [new_one, "*unfolds it*"]
    tavern.channels[tavern.bound.id] = ChannelRule(("marlow",))
    await tavern.restart()
    await tavern.say("Bob", "Marlow, once more")
    assert tavern.posts(tavern.bound)[5:] == ["And again."]


async def test_what_is_saved_without_a_reply_is_said_at_once_and_the_card_does_not_repeat_it(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Evening.")
    await tavern.say("Bob", "Foul weather.")
    await tavern.say("Alice", "Marlow, hello")
    shown = card("Marlow", MARLOW_IS, by_name("Marlow"))
    assert tavern.posts(tavern.bound) == [RECORDED.format("Marlow"), shown, "Evening."]


async def test_a_default_persona_has_no_card(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Yes?")
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere) == ["Yes?", ASKED.format("Marlow")]


async def test_a_guest_has_no_card(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("*unfolds it*")
    await tavern.people["Alice"].slash(tavern.elsewhere, "talk", text="hello", persona="isolde")
    assert tavern.posts(tavern.elsewhere)[1:] == ["**Isolde**\n*unfolds it*", ASKED.format("Isolde")]


@pytest.mark.parametrize("where", ["category", "server"])
async def test_a_persona_for_many_channels_is_answered_privately_and_shown_in_each(
    tavern: Tavern, ada: Any, m2her: M2her, where: str
) -> None:
    harbour = tavern.guild.create_category("Harbour")
    inn, quay = (tavern.guild.create_text_channel(name, category=harbour) for name in ("inn", "quay"))
    used = await ada.slash(inn, "persona use", persona="isolde", where=where)
    assert used.ephemeral
    assert [tavern.posts(each) for each in (inn, quay)] == [[], []]
    shown = (
        ISOLDE_CARD
        if where == "category"
        else card("Isolde", ISOLDE_IS, by_mention("Isolde"), ASKED.format("Isolde"))
    )
    for channel in (inn, quay):
        m2her.say("Here.")
        m2her.say("And here.")
        await tavern.say("Alice", f"{tavern.mention} where are we?", channel)
        await tavern.say("Alice", f"{tavern.mention} and now?", channel)
        posts = [post for post in tavern.posts(channel) if not post.startswith("**")]
        assert posts == [shown, "Here.", "And here."]


async def test_threads_of_a_channel_that_saw_the_card_do_not_see_it_again(
    tavern: Tavern, m2her: M2her
) -> None:
    for text in ("Evening.", "In the cellar."):
        m2her.say(text)
    await tavern.say("Alice", f"{tavern.mention} hello")
    thread = tavern.thread(tavern.bound, "cellar")
    await tavern.say("Alice", f"{tavern.mention} where are we?", thread)
    assert tavern.posts(thread) == ["In the cellar."]


@pytest.mark.parametrize("respond", ["mention", "always"])
async def test_the_card_before_a_reply_says_what_is_answered(
    m2her: M2her, tmp_path: Path, respond: str
) -> None:
    how = {
        "mention": by_mention("Marlow"),
        "always": "-# Marlow replies to every message · `*actions*` · `((out of character))`",
    }[respond]
    async with open_tavern(m2her, tmp_path, informed=False) as tavern:
        tavern.channels[tavern.bound.id] = replace(ChannelRule(("marlow",)), respond=respond)  # type: ignore[arg-type]
        await tavern.restart()
        m2her.say("Evening.")
        await tavern.say("Alice", f"{tavern.mention} hello")
        assert tavern.posts(tavern.bound)[0].splitlines()[3] == how


async def test_in_an_age_restricted_channel_the_card_says_who_it_is(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = {"marlow": MARLOW, "vesper": "name: Vesper\ndescription: For adults.\nnsfw: true\n"}
    async with open_tavern(m2her, tmp_path, personas=cast, informed=False) as tavern:
        tavern.restrict(tavern.elsewhere, monkeypatch)
        await tavern.quiet()
        tavern.channels[tavern.elsewhere.id] = ChannelRule(("vesper",))
        await tavern.restart()
        m2her.say("Come in.")
        await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
        assert tavern.posts(tavern.elsewhere)[0].splitlines()[1] == "For adults."


# --- with trouble -------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 403])
async def test_a_card_that_discord_refuses_costs_no_reply_and_waits_for_a_restart(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    for text in ("Evening.", "Again?", "And again."):
        m2her.say(text)
    tavern.env.inject_error("POST", "/channels/*/messages", status=status)
    await tavern.say("Alice", f"{tavern.mention} hello")
    # What is saved is said all the same.
    assert tavern.posts(tavern.bound) == ["Evening.", RECORDED.format("Marlow")]
    assert "Discord didn't accept a persona's card in channel" in caplog.text
    await tavern.say("Alice", f"{tavern.mention} hello?")
    assert tavern.posts(tavern.bound)[2:] == ["Again?"]
    await tavern.restart()
    await tavern.say("Alice", f"{tavern.mention} hello?")
    assert tavern.posts(tavern.bound)[3:] == [card("Marlow", MARLOW_IS, by_name("Marlow")), "And again."]


async def test_a_card_that_discord_did_not_take_this_time_stands_above_the_next_reply(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        wired.channels[wired.elsewhere.id] = ChannelRule(("marlow",))
        await wired.database.write("DROP TRIGGER informed")
        await wired.start()
        wired.world.faults.answer("POST", "/channels/*/messages", 503, times=2)
        m2her.say("Evening.")
        m2her.say("Again?")
        wired.ask(channel=wired.elsewhere)
        await wired.shows("Evening.", RECORDED.format("Marlow"), channel=wired.elsewhere)
        await wired.quiet()
        wired.ask(channel=wired.elsewhere)
        shown = card("Marlow", MARLOW_IS, by_name("Marlow"))
        await wired.shows("Evening.", RECORDED.format("Marlow"), shown, "Again?", channel=wired.elsewhere)


def order(wired: Wired) -> list[str]:
    """What the bot has in the market under any face, oldest first."""
    ours = {id(post) for post in (*wired.world.posts(wired.elsewhere), *wired.webhook_posts(wired.elsewhere))}
    return [read_on_the_wire(post) for post in wired.elsewhere.messages.values() if id(post) in ours]


async def test_the_card_stands_above_the_first_reply_whoever_asks_how_many_at_once_and_whatever_is_slow(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = replace(RULES, defaults=Settings())  # with faces of their own, which have limits of their own
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        wired.channels[wired.elsewhere.id] = ChannelRule(("marlow",))
        await wired.database.write("DROP TRIGGER informed")
        await wired.start()
        held = wired.world.faults.hang("POST", "/channels/*/messages")
        for text in ("One.", "Two."):
            m2her.say(text)
        wired.ask("one?", channel=wired.elsewhere)
        await m2her.received(1)
        wired.ask("two?", who="Bob", channel=wired.elsewhere)
        held.release()
        await wired.world.wait_for(lambda: any("Two." in each for each in order(wired)), 10)
        await wired.quiet()
        first, *replies = order(wired)
        assert first == MARLOW_CARD
        assert ["One." in each for each in replies] == [True, False]


async def test_a_message_while_the_greeting_is_on_its_way_is_answered_below_it(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, personas=CAST) as wired:
        await wired.database.write("DROP TRIGGER informed")
        await wired.start()
        held = wired.world.faults.hang("POST", "/webhooks/*")  # the greeting, an answer to the command
        owner = wired.world.guild.owner
        wired.world.interactions.command(owner, wired.elsewhere, "persona use", persona="isolde")
        await wired.world.wait_for(lambda: held.caught)
        m2her.say("Here.")
        wired.ask("where are we?", channel=wired.elsewhere)
        await m2her.received(1)
        m2her.say("Evening.")
        wired.ask()  # another channel's reply, which begins later and ends
        await wired.shows(card("Marlow", MARLOW_IS, by_name("Marlow")), "Evening.")
        held.release()
        await wired.shows(ISOLDE_CHOSEN, MAP, "Here.", channel=wired.elsewhere)
        assert [each["content"] for each in m2her.requests[0].body["messages"]][-2:] == [MAP, "where are we?"]


async def test_a_kill_between_card_and_reply_shows_it_neither_twice_nor_never(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        wired.channels[wired.elsewhere.id] = ChannelRule(("marlow",))
        await wired.database.write("DROP TRIGGER informed")
        await wired.start()
        m2her.say("Evening.")
        wired.ask(channel=wired.elsewhere)
        await wired.shows(MARLOW_CARD, "Evening.", channel=wired.elsewhere)
        await wired.quiet()
        await wired.end()
        # As a kill leaves it that came after Discord's answer, before it was stored.
        await wired.database.write("DELETE FROM notice")
        m2her.say("Again?")
        await wired.start()
        wired.ask(channel=wired.elsewhere)
        await wired.shows(MARLOW_CARD, "Evening.", "Again?", channel=wired.elsewhere)
        await wired.quiet()
        rows = await wired.database.read("SELECT kind, about FROM notice ORDER BY kind")
        assert [tuple(row) for row in rows] == [("opener", "marlow"), ("recording", "")]
