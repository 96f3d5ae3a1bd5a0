"""What a channel is told in plain words: that it is recorded, and that no persona is set for it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.composition.story import now
from bot.core.routing import Respond
from bot.storage.settings import SettingsStore
from bot.story.places.rules import ChannelRule
from tests.discord_ui.interactions.commands.panels import (
    ISOLDE_IS,
    MARLOW_IS,
    PLAYS_HERE,
    by_mention,
    by_name,
    card,
    open_panel,
    said,
)
from tests.standins.m2her import Error, M2her
from tests.tavern import ISOLDE, MARLOW, Tavern, open_tavern, read
from tests.wired import wire

RECORDED = (
    "-# Messages in this channel are saved, so that Marlow remembers them. For each reply, the latest ones "
    "are sent to MiniMax. Use `/help` to learn more."
)
ASKED = (
    "-# Messages to Marlow in this channel are saved, and so are the replies. For each reply, the latest ones are sent to "
    "MiniMax. Use `/help` to learn more."
)
ISOLDE_RECORDS = RECORDED.replace("Marlow", "Isolde")
ISOLDE_PLAYS = card("Isolde", ISOLDE_IS, by_name("Isolde"), above=PLAYS_HERE)
MARLOW_CARD = f"{card('Marlow', MARLOW_IS, by_name('Marlow'))}\n{RECORDED}"
ISOLDE_CARD = f"{card('Isolde', ISOLDE_IS, by_name('Isolde'))}\n{ISOLDE_RECORDS}"
NO_PERSONA = (
    "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
)


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server whose bound channel has not been told yet what is stored."""
    async with open_tavern(m2her, tmp_path, informed=False) as tavern:
        yield tavern


def manager(tavern: Tavern) -> Any:
    """Somebody who may choose personas."""
    if "Manager" not in tavern.people:
        rights = discord.Permissions(manage_channels=True, manage_guild=True, manage_messages=True)
        role = tavern.guild.create_role("Managers", permissions=rights)
        tavern.people["Manager"] = tavern.guild.add_member(tavern.env.create_user("manager"), roles=[role])
    return tavern.people["Manager"]


def menu_of(message: Any) -> list[tuple[str, str]]:
    """What the menu under a message offers, as (label, value); nothing where there is none."""
    rows = message.components
    rows = [row if isinstance(row, dict) else row.to_dict() for row in rows]
    return [
        (option["label"], option["value"])
        for row in rows
        for item in row["components"]
        for option in item.get("options", [])
    ]


async def clear(tavern: Tavern, channel: Any = None) -> None:
    """Say that no persona is set for a channel: the market, unless told otherwise."""
    await manager(tavern).slash(channel or tavern.elsewhere, "persona clear")


# --- what is stored is told ---------------------------------------------------------------------


async def test_a_bound_channel_is_told_once_on_the_card_above_its_first_reply(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Evening.")
    m2her.say("Again?")
    m2her.say("And again.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    assert tavern.posts(tavern.bound) == [MARLOW_CARD, "Evening."]
    await tavern.say("Bob", f"{tavern.mention} me too")
    assert tavern.posts(tavern.bound) == [MARLOW_CARD, "Evening.", "Again?"]
    await tavern.restart()
    await tavern.say("Bob", f"{tavern.mention} once more")
    assert tavern.posts(tavern.bound) == [MARLOW_CARD, "Evening.", "Again?", "And again."]
    assert (await tavern.remembered(tavern.bound))[-1] == (
        "Marlow",
        "And again.",
    )  # no notice is in the story


@pytest.mark.parametrize("respond", ["name", "never"])
async def test_a_bound_channel_is_told_once_when_something_is_stored_that_nobody_answers(
    tavern: Tavern, m2her: M2her, respond: str
) -> None:
    store = SettingsStore(tavern.database)
    await store.put("server", tavern.guild.id, "respond", respond, by_user=1, at=now())
    await tavern.say("Bob", "Foul weather.")
    await tavern.say("Alice", "It is.")
    assert tavern.posts(tavern.bound) == [RECORDED]
    await tavern.restart()
    await tavern.say("Bob", "Still.")
    assert tavern.posts(tavern.bound) == [RECORDED]
    assert [text for _, text in await tavern.remembered(tavern.bound)] == [
        "Foul weather.",
        "It is.",
        "Still.",
    ]
    await tavern.say("Bob", "Hm.", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere) == []


async def test_an_unbound_channel_is_told_once_beneath_its_first_answer(tavern: Tavern, m2her: M2her) -> None:
    for text in ("Yes?", "*unrolls a map*", "*rolls it up*"):
        m2her.say(text)
    await tavern.say("Bob", "Foul weather.", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere) == []
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere) == ["Yes?", ASKED]
    await tavern.restart()
    await manager(tavern).slash(tavern.elsewhere, "persona use", persona="isolde", where="server")
    await tavern.say("Bob", f"{tavern.mention} hello", tavern.elsewhere)
    map_card = card("Isolde", ISOLDE_IS, by_mention("Isolde"))  # for the whole server: here she is new
    assert tavern.posts(tavern.elsewhere) == ["Yes?", ASKED, map_card, "*unrolls a map*"]
    texts = [text for _, text in await tavern.remembered(tavern.elsewhere)]
    assert texts == ["hello", "Yes?", "hello", "*unrolls a map*"]  # no notice is in the story


async def test_the_persona_that_answers_is_named_and_a_command_tells_it_too(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("*unrolls a map*")
    await tavern.people["Alice"].slash(tavern.elsewhere, "talk", text="hello", persona="isolde")
    posts = tavern.posts(tavern.elsewhere)
    assert posts == ["**Alice:** hello", "**Isolde**\n*unrolls a map*", ASKED.replace("Marlow", "Isolde")]


async def test_a_channel_that_is_bound_later_is_told_that_all_is_saved(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Yes?")
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    await manager(tavern).slash(tavern.elsewhere, "persona use", persona="isolde")
    assert tavern.posts(tavern.elsewhere) == ["Yes?", ASKED, f"{ISOLDE_PLAYS}\n{ISOLDE_RECORDS}"]


async def test_a_channel_that_was_told_that_all_is_saved_is_not_told_of_less(
    tavern: Tavern, m2her: M2her
) -> None:
    kay = manager(tavern)
    await kay.slash(tavern.elsewhere, "persona use", persona="isolde")
    await kay.slash(tavern.elsewhere, "persona use", persona="marlow", where="server")
    await kay.slash(tavern.elsewhere, "persona clear")
    await tavern.database.write("DELETE FROM binding WHERE scope = 'channel'")
    m2her.say("Yes?")
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[-1] == "Yes?"


async def test_threads_of_an_unbound_channel_that_was_told_are_not_told_again(
    tavern: Tavern, m2her: M2her
) -> None:
    for text in ("Deeper.", "Evening.", "In the loft."):
        m2her.say(text)
    cellar = tavern.thread(tavern.elsewhere, "cellar")
    await tavern.say("Alice", f"{tavern.mention} where are we?", cellar)
    assert tavern.posts(cellar) == ["Deeper.", ASKED]
    await tavern.say("Bob", f"{tavern.mention} hello", tavern.elsewhere)  # who has not read the thread
    assert tavern.posts(tavern.elsewhere) == ["Evening.", ASKED]
    loft = tavern.thread(tavern.elsewhere, "loft")
    await tavern.say("Alice", f"{tavern.mention} where are we?", loft)
    assert tavern.posts(loft) == ["In the loft."]


async def test_an_unbound_channel_whose_first_answer_failed_is_told_beneath_the_next(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say(Error(1008))
    m2her.say("Evening.")
    await tavern.say("Alice", f"{tavern.mention} hello", tavern.elsewhere)
    assert len(tavern.posts(tavern.elsewhere)) == 1
    await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[1:] == ["Evening.", ASKED]


async def test_threads_of_a_channel_that_was_told_are_not_told_again(tavern: Tavern, m2her: M2her) -> None:
    for text in ("Evening.", "In the cellar.", "In the loft."):
        m2her.say(text)
    await tavern.say("Alice", f"{tavern.mention} hello")
    for place, text in (("cellar", "In the cellar."), ("loft", "In the loft.")):
        thread = tavern.thread(tavern.bound, place)
        await tavern.say("Alice", f"{tavern.mention} where are we?", thread)
        assert tavern.posts(thread) == [text]


async def test_a_thread_that_was_told_first_does_not_speak_for_its_channel(
    tavern: Tavern, m2her: M2her
) -> None:
    for text in ("In the cellar.", "Deeper.", "Evening.", "In the loft."):
        m2her.say(text)
    cellar = tavern.thread(tavern.bound, "cellar")
    await tavern.say("Alice", f"{tavern.mention} where are we?", cellar)
    await tavern.say("Alice", f"{tavern.mention} and now?", cellar)
    assert tavern.posts(cellar) == [MARLOW_CARD, "In the cellar.", "Deeper."]
    await tavern.say("Bob", f"{tavern.mention} hello")  # who has not read the thread
    assert tavern.posts(tavern.bound) == [MARLOW_CARD, "Evening."]
    loft = tavern.thread(tavern.bound, "loft")
    await tavern.say("Alice", f"{tavern.mention} where are we?", loft)
    assert tavern.posts(loft) == ["In the loft."]


async def test_a_thread_bound_alone_is_told(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("*unrolls a map*")
    thread = tavern.thread(tavern.elsewhere, "cellar")
    tavern.channels[thread.id] = ChannelRule(("isolde",))
    await tavern.say("Alice", "Isolde, where are we?", thread)
    assert tavern.posts(thread) == [ISOLDE_CARD, "*unrolls a map*"]


async def test_persona_use_tells_it_at_once_and_the_first_reply_does_not_repeat_it(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("*unrolls a map*")
    used = await manager(tavern).slash(tavern.elsewhere, "persona use", persona="isolde")
    assert not used.ephemeral
    assert read(used.response) == f"{ISOLDE_PLAYS}\n{ISOLDE_RECORDS}"
    await tavern.say("Alice", "Isolde, where are we?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[1:] == ["*unrolls a map*"]


@pytest.mark.parametrize("way", ["command", "menu", "private menu", "panel"])
async def test_where_discord_did_not_take_the_answer_the_next_reply_brings_the_notice(
    tavern: Tavern, m2her: M2her, way: str
) -> None:
    kay, channel = manager(tavern), tavern.elsewhere
    if way != "command":
        await clear(tavern)
    if way == "menu":
        await tavern.say("Alice", f"{tavern.mention} hello?", channel)
    shown = tavern.last_post(channel) if way == "menu" else None
    if way == "private menu":
        shown = (await kay.slash(channel, "talk", text="hello")).response
    panel = await open_panel(kay, channel) if way == "panel" else None
    path = "/webhooks/*" if way in {"private menu", "panel"} else "/interactions/*/callback"
    tavern.env.inject_error("POST", path, status=404, code=10062, message="Unknown interaction", times=None)
    if panel is not None:
        await panel.choose("persona", "isolde")
    elif shown is not None:
        await kay.select(shown, ["isolde"], custom_id="rp:use")
    else:
        await kay.slash(channel, "persona use", persona="isolde")
    m2her.say("*unrolls a map*")
    await tavern.say("Alice", f"{tavern.mention} where are we?", channel)
    assert tavern.posts(channel)[-2:] == [ISOLDE_CARD, "*unrolls a map*"]


async def test_a_binding_that_another_admin_took_back_meanwhile_says_what_counts_now(
    tavern: Tavern, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = SettingsStore.bind

    async def bind_and_be_outdone(store: SettingsStore, *where: Any, **how: Any) -> None:
        await kept(store, *where, **how)
        await kept(store, where[0], where[1], None, **how)

    monkeypatch.setattr(SettingsStore, "bind", bind_and_be_outdone)  # another's, between bind and answer
    used = await manager(tavern).slash(tavern.elsewhere, "persona use", persona="isolde")
    assert read(used.response) == (
        "This channel doesn't have a persona anymore. What was saved stays saved. Use `/persona use` to choose another one."
    )


async def test_each_channel_of_a_bound_category_is_told_above_its_first_answer(
    tavern: Tavern, m2her: M2her
) -> None:
    category = tavern.guild.create_category("Harbour")
    quay, pier = (tavern.guild.create_text_channel(name, category=category) for name in ("quay", "pier"))
    await manager(tavern).slash(quay, "persona use", persona="isolde", where="category")
    for channel in (quay, pier):
        m2her.say("*unrolls a map*")
        await tavern.say("Alice", "Isolde, where are we?", channel)
        posts = [text for text in tavern.posts(channel) if not text.startswith("**")]
        assert posts == [ISOLDE_CARD, "*unrolls a map*"]


async def test_the_card_stands_above_a_reply_that_failed_too(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(Error(1008))
    m2her.say("Evening.")
    await tavern.say("Alice", f"{tavern.mention} hello")
    assert len(tavern.posts(tavern.bound)) == 2
    await tavern.say("Alice", f"{tavern.mention} hello?")
    first, failure, reply = tavern.posts(tavern.bound)
    assert (first, reply) == (MARLOW_CARD, "Evening.")
    assert "out of credit" in failure


async def test_a_channel_in_which_the_bot_may_not_write_is_told_when_it_may(
    tavern: Tavern, m2her: M2her
) -> None:
    silent = tavern.silent_channel("library")
    tavern.channels[silent.id] = ChannelRule(("marlow",))
    await tavern.say("Alice", f"{tavern.mention} hello", silent)
    assert tavern.posts(silent) == []
    m2her.say("*whispers*")
    await tavern.people["Alice"].slash(silent, "talk", text="hello")
    lines = (
        "-# Marlow replies only to `/talk` · `*actions*` · `((out of character))`",
        "⚠ Send Messages: the bot can't reply here, but `/talk` works",
        RECORDED,
    )
    assert tavern.posts(silent) == ["**Alice:** hello", card("Marlow", MARLOW_IS, *lines), "*whispers*"]


async def test_on_the_wire_discord_takes_the_notice(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        wired.channels[wired.elsewhere.id] = ChannelRule(("marlow",))
        await wired.database.write("DROP TRIGGER informed")
        await wired.start()
        m2her.say("Evening.")
        wired.ask(channel=wired.elsewhere)
        await wired.shows(MARLOW_CARD, "Evening.", channel=wired.elsewhere)


async def test_a_notice_that_discord_did_not_take_comes_beneath_the_next_reply(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        wired.channels[wired.elsewhere.id] = ChannelRule(("marlow",))
        await wired.start()
        gate = asyncio.Event()
        m2her.say("Once ", gate, "more.")
        m2her.say("And again.")
        wired.ask(channel=wired.elsewhere)
        await wired.shows("Once", channel=wired.elsewhere)
        wired.world.faults.answer("POST", "/channels/*/messages", 400)
        gate.set()
        await wired.shows("Once more.", channel=wired.elsewhere)
        await wired.quiet()
        assert wired.posts(wired.elsewhere) == ["Once more."]
        wired.ask(channel=wired.elsewhere)
        await wired.shows("Once more.", "And again.", RECORDED, channel=wired.elsewhere)


# --- no persona is set --------------------------------------------------------------------------


async def test_a_mention_where_no_persona_is_set_gets_a_menu_and_nothing_is_kept(
    tavern: Tavern, m2her: M2her
) -> None:
    await clear(tavern)
    asked = await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
    post = tavern.last_post(tavern.elsewhere)
    assert post.content == NO_PERSONA
    assert menu_of(post) == [("Isolde", "isolde"), ("Marlow", "marlow")]
    assert post.reference is not None
    assert post.reference.message_id == asked.id
    assert m2her.requests == []
    assert await tavern.remembered(tavern.elsewhere) == []


@pytest.mark.parametrize("restarted", [False, True])
async def test_who_may_chooses_and_all_are_told(tavern: Tavern, m2her: M2her, restarted: bool) -> None:
    m2her.say("*unrolls a map*")
    await clear(tavern)
    await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
    post = tavern.last_post(tavern.elsewhere)
    if restarted:
        await tavern.restart()
    await manager(tavern).select(post, ["isolde"], custom_id="rp:use")
    post = tavern.last_post(tavern.elsewhere)
    assert read(post) == f"{ISOLDE_PLAYS}\n{ISOLDE_RECORDS}"
    assert menu_of(post) == []
    await tavern.say("Alice", "Isolde, where are we?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[1:] == ["*unrolls a map*"]
    assert tavern.prompt[0][:2] == ("system", "Isolde")


async def test_who_may_not_is_refused_and_nothing_changes(tavern: Tavern) -> None:
    await clear(tavern)
    await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
    post = tavern.last_post(tavern.elsewhere)
    clicked = await tavern.people["Alice"].select(post, ["isolde"], custom_id="rp:use")
    assert clicked.ephemeral
    assert clicked.response.content == "You need the Manage Channels permission here to do that."
    post = next(m for m in tavern.elsewhere.history() if m.id == post.id)
    assert (post.content, len(menu_of(post))) == (NO_PERSONA, 2)
    await tavern.say("Bob", f"{tavern.mention} anybody?", tavern.elsewhere)
    assert tavern.last_post(tavern.elsewhere).content == NO_PERSONA


async def test_the_menu_in_a_private_answer_tells_everybody_too(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("*unrolls a map*")
    await clear(tavern)
    used = await manager(tavern).slash(tavern.elsewhere, "talk", text="hello")
    assert used.ephemeral
    assert used.response.content == NO_PERSONA
    await manager(tavern).select(used.response, ["isolde"], custom_id="rp:use")
    assert used.response.content == "You chose **Isolde**."
    assert menu_of(used.response) == []
    (told,) = [m for m in tavern.elsewhere.history() if not m.flags.ephemeral]
    assert read(told) == f"{ISOLDE_PLAYS}\n{ISOLDE_RECORDS}"
    await tavern.say("Alice", "Isolde, where are we?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[-1] == "*unrolls a map*"


async def test_a_choice_that_is_no_longer_there_is_refused(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path) as tavern:
        await clear(tavern)
        await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
        post = tavern.last_post(tavern.elsewhere)
        (tavern.personas / "isolde.yaml").unlink()
        await tavern.restart()
        clicked = await manager(tavern).select(post, ["isolde"], custom_id="rp:use")
        assert clicked.response.content == (
            "There's no such persona. Choose one from the list that appears while you type."
        )
        tavern.channels[tavern.elsewhere.id] = ChannelRule(("marlow",))
        clicked = await manager(tavern).select(post, ["marlow"], custom_id="rp:use")
        assert clicked.response.content == (
            "Only the bot's owner can change the persona here: it's set as "
            f"`channels.{tavern.elsewhere.id}.persona` in config.yaml."
        )


async def test_of_many_personas_the_menu_holds_25(m2her: M2her, tmp_path: Path) -> None:
    cast = {f"guest{number:02}": f"name: Guest {number:02}\ndescription: A guest.\n" for number in range(30)}
    async with open_tavern(m2her, tmp_path, personas=cast | {"marlow": MARLOW}) as tavern:
        await clear(tavern)
        await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
        offered = menu_of(tavern.last_post(tavern.elsewhere))
        assert offered == [(f"Guest {number:02}", f"guest{number:02}") for number in range(25)]
        used = await manager(tavern).slash(tavern.elsewhere, "persona use", persona="guest29")
        assert said(used)[1] == "### Guest 29"


@pytest.mark.parametrize(
    ("for_adults", "offered"),
    [(False, ["marlow"]), (True, ["isolde", "marlow"])],
)
async def test_personas_for_adults_are_offered_in_channels_for_adults_only(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, for_adults: bool, offered: list[str]
) -> None:
    cast = {"marlow": MARLOW, "isolde": ISOLDE + "nsfw: true\n"}
    async with wire(m2her, tmp_path, monkeypatch, personas=cast) as wired:
        channel = wired.elsewhere
        channel.nsfw = for_adults
        await SettingsStore(wired.database).bind("channel", channel.id, None, by_user=1, at=now())
        await wired.start()
        wired.ask(channel=channel)
        await wired.shows(NO_PERSONA, channel=channel)
        (row,) = wired.last_post(channel).components
        assert [option["value"] for option in row["components"][0]["options"]] == offered


async def test_the_menu_offers_no_samples_beside_a_persona_of_the_hosts_own(
    m2her: M2her, tmp_path: Path
) -> None:
    cast = {"marlow": MARLOW + "tags: [sample]\n", "isolde": ISOLDE}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        await clear(tavern)
        await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
        assert menu_of(tavern.last_post(tavern.elsewhere)) == [("Isolde", "isolde")]


async def test_where_no_persona_fits_there_is_no_menu(m2her: M2her, tmp_path: Path) -> None:
    cast = {"marlow": MARLOW + "nsfw: true\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        await clear(tavern)
        await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
        assert tavern.last_post(tavern.elsewhere).components == []


async def test_a_persona_that_plays_is_not_cleared_where_the_host_fixes_it(tavern: Tavern) -> None:
    used = await manager(tavern).slash(tavern.bound, "persona clear")
    assert used.ephemeral
    assert used.response.content == (
        f"Only the bot's owner can change the persona here: it's set as `channels.{tavern.bound.id}.persona` in config.yaml."
    )


# --- what does not work is not promised ----------------------------------------------------------


@pytest.mark.parametrize(
    ("respond", "with_intent", "without"),
    [
        (
            Respond.MENTION,
            "-# @mention the bot or reply to Isolde ·",
            "-# @mention the bot or reply to Isolde ·",
        ),
        (
            Respond.NAME,
            "-# Say Isolde's name, reply or @mention the bot ·",
            "-# @mention the bot or reply to Isolde ·",
        ),
        (
            Respond.ALWAYS,
            "-# Isolde replies to every message ·",
            "-# @mention the bot or reply to Isolde ·",
        ),
        (Respond.NEVER, "-# Isolde replies only to `/talk` ·", "-# Isolde replies only to `/talk` ·"),
    ],
)
@pytest.mark.parametrize("message_content", [True, False])
async def test_how_to_reach_the_persona_is_told_as_it_works_here(
    m2her: M2her, tmp_path: Path, message_content: bool, respond: Respond, with_intent: str, without: str
) -> None:
    async with open_tavern(m2her, tmp_path, message_content=message_content) as tavern:
        store = SettingsStore(tavern.database)
        await store.put("server", tavern.guild.id, "respond", respond, by_user=1, at=now())
        used = await manager(tavern).slash(tavern.elsewhere, "persona use", persona="isolde")
        assert said(used)[4].startswith(with_intent if message_content else without)


async def test_a_persona_whose_name_holds_markdown_is_told_by_its_name(m2her: M2her, tmp_path: Path) -> None:
    cast = {"star": "name: '*Star*'\ndescription: A star.\n"}
    async with open_tavern(m2her, tmp_path, personas=cast, informed=False) as tavern:
        tavern.channels[tavern.bound.id] = ChannelRule(("star",))
        m2her.say("*shines*")
        await tavern.say("Alice", f"{tavern.mention} hello")
        lines = [by_name(r"\*Star\*"), RECORDED.replace("Marlow", r"\*Star\*")]
        assert tavern.posts(tavern.bound)[0] == card(r"\*Star\*", "A star.", *lines)
        used = await manager(tavern).slash(tavern.elsewhere, "persona use", persona="star")
        assert said(used)[1] == r"### \*Star\*"
