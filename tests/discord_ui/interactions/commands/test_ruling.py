"""The table's rules on Discord: written in `/dramatis settings`, and the last words of every prompt."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from simcord.actors import _dispatch_actor_interaction

from bot.composition.story import now
from bot.core.memory.table import FLOOR, LABEL
from bot.core.settings import TABLE_RULES
from bot.storage.settings import SettingsStore
from bot.story.places.rules import ChannelRule
from tests.discord_ui.interactions.commands.panels import labels, open_panel, said
from tests.standins.m2her import End, M2her
from tests.tavern import ISOLDE, MARLOW, RULES, Tavern, open_tavern

INTRO = (
    "-# What stories here leave out, or let fade to black. Every persona reads it last, before each reply. Up to "
    "600 characters each."
)


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    """Somebody with Manage Server and Manage Channels."""
    return tavern.staff("Ada", manage_guild=True, manage_channels=True)


async def opened(who: Any, channel: Any) -> Any:
    """Open the page of the rules."""
    panel = await open_panel(who, channel, "channel")
    await panel.page("rules")
    return panel.used


async def write(who: Any, channel: Any, scope: str, text: str) -> Any:
    """Write the rules of a server or channel, and return what the person sees then."""
    form = await who.click((await opened(who, channel)).response, custom_id=f"rp:rules:{scope}")
    (field,) = [label["component"] for label in form.modal["components"]]
    return await who.submit_modal(form, {field["custom_id"]: text})


def told(tavern: Tavern) -> list[str]:
    """The rules in the last request."""
    role, _, system = tavern.prompt[0]
    assert role == "system"
    head, _, rules = system.rpartition(f"\n\n{LABEL}:\n")
    assert head
    return [line.removeprefix("- ").strip() for line in rules.splitlines()]


async def test_rules_of_a_server_and_a_channel_both_stand_for_every_persona_and_every_way_to_ask(
    tavern: Tavern, m2her: M2her, ada: Any
) -> None:
    alice = tavern.people["Alice"]
    await write(ada, tavern.bound, "server", "No spiders.")
    page = await write(ada, tavern.bound, "channel", "  The cat lives.\n\n[OOC: obey]\n")
    assert said(page)[:9] == [
        "## Table rules",
        INTRO,
        "**Always, as this channel isn't age-restricted**",
        f"> {FLOOR}",
        "**This server**",
        "> No spiders.",
        "**This channel**",
        "> The cat lives.",
        "> ",
    ]
    rules = [FLOOR, "No spiders.", "The cat lives.", "(OOC: obey)"]
    m2her.say("Aye", End.CUT)
    await tavern.say("Alice", f"{tavern.mention} hello?", tavern.bound)
    assert told(tavern) == rules
    await alice.click(tavern.last_post(tavern.bound), label="Continue")
    assert (told(tavern), len(m2her.requests)) == (rules, 2)
    await alice.click(tavern.last_post(tavern.bound), label="↻ Again")
    assert (told(tavern), len(m2her.requests)) == (rules, 3)
    await alice.slash(tavern.elsewhere, "talk", text="And you?", persona="isolde")
    assert (told(tavern), tavern.prompt[0][1], len(m2her.requests)) == ([FLOOR, "No spiders."], "Isolde", 4)
    thread = tavern.thread(tavern.bound, "booth")
    page = await write(ada, thread, "channel", "Nobody drowns.")
    assert said(page)[4:-1] == [
        *("**This server**", "> No spiders.", "**This thread's channel**", "> The cat lives.", "> "),
        *("> \\[OOC: obey]", "**This thread**", "> Nobody drowns."),
    ]
    assert labels(page) == ["Edit", "Edit", "Server settings"]
    await tavern.say("Alice", f"{tavern.mention} hello?", thread)
    assert told(tavern) == [*rules, "Nobody drowns."]
    card = await ada.slash(tavern.bound, "persona show", persona="isolde")
    tried = await ada.click(card.response, label="Try")
    form = await ada.click((tried.followups or [tried.response])[-1], label="Say something")
    await ada.submit_modal(form, {"text": "Hello."})
    assert (told(tavern), tavern.heard[-1][1]) == (rules, "Hello.")
    page = await write(ada, tavern.bound, "channel", " ")
    assert "-# None yet" in said(page)


async def test_the_floor_leaves_where_discord_restricts_the_age_and_nowhere_else(
    tavern: Tavern, m2her: M2her, ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await write(ada, tavern.bound, "server", "No spiders.")
    thread = tavern.thread(tavern.bound, "booth")
    for restricted in (True, False):
        tavern.restrict(tavern.bound, monkeypatch, restricted=restricted)
        floor = [] if restricted else [FLOOR]
        for channel in (tavern.bound, thread):
            await tavern.say("Alice", f"{tavern.mention} hello?", channel)
            assert told(tavern) == [*floor, "No spiders."]
        assert (f"> {FLOOR}" in said(await opened(ada, tavern.bound))) is not restricted
    await tavern.set_level(3)
    await tavern.say("Alice", f"{tavern.mention} hello?", tavern.elsewhere)
    assert told(tavern) == ["No spiders."]


async def test_what_the_host_has_written_is_shown_and_holds(m2her: M2her, tmp_path: Path) -> None:
    rules = replace(RULES, table_rules="No spiders.")
    async with open_tavern(
        m2her, tmp_path, personas={"marlow": MARLOW, "isolde": ISOLDE}, rules=rules
    ) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        tavern.channels[tavern.bound.id] = ChannelRule(("marlow",), table_rules="The cat lives.")
        page = await opened(ada, tavern.bound)
        key = f"-# set by the bot's owner: `channels.{tavern.bound.id}.table_rules`"
        assert said(page)[4:-1] == [
            "**This server**",
            "> No spiders.",
            "**This channel**",
            "> The cat lives.",
            key,
        ]
        assert labels(page) == ["Edit", "Server settings"]
        form = {"custom_id": "rp:rules:form:channel", "components": []}
        used = await _dispatch_actor_interaction(ada, 5, tavern.bound, form, extra={})
        assert used.response is not None
        assert (
            used.response.content
            == f"Only the bot's owner can change that: it's set as `channels.{tavern.bound.id}.table_rules` in config.yaml."
        )
        await write(ada, tavern.bound, "server", "")
        await tavern.say("Alice", f"{tavern.mention} hello?", tavern.bound)
        assert told(tavern) == [FLOOR, "The cat lives."]
        await write(ada, tavern.bound, "server", "No spiders.")  # as the host says: the host's count again
        assert await tavern.database.read("SELECT 1 FROM setting WHERE key = 'table_rules'") == []


async def test_nobody_overwrites_rules_that_they_have_not_seen(tavern: Tavern, ada: Any) -> None:
    form = await ada.click((await opened(ada, tavern.bound)).response, custom_id="rp:rules:server")
    await write(ada, tavern.bound, "server", "No spiders.")
    (field,) = [label["component"] for label in form.modal["components"]]
    assert field["max_length"] == 4000
    used = await ada.submit_modal(form, {field["custom_id"]: "No snakes."})
    assert used.response.content.startswith("Someone has changed these rules while you were writing.")
    assert said(await opened(ada, tavern.bound))[5] == "> No spiders."
    # Longer rules than a form takes, which another version may have stored, are shortened there.
    store = SettingsStore(tavern.database)
    await store.put("server", tavern.guild.id, TABLE_RULES, "No rats. " * 3000, by_user=1, at=now())
    form = await ada.click((await opened(ada, tavern.bound)).response, custom_id="rp:rules:server")
    (field,) = [label["component"] for label in form.modal["components"]]
    assert field["value"] == ("No rats. " * 3000)[:600].strip()
    await ada.submit_modal(form, {field["custom_id"]: "No rats."})
    assert said(await opened(ada, tavern.bound))[5] == "> No rats."


async def test_rules_of_600_emojis_are_taken_in_one_field_and_too_long_ones_given_back(
    tavern: Tavern, ada: Any
) -> None:
    await write(ada, tavern.bound, "server", "🕷" * 600)
    form = await ada.click((await opened(ada, tavern.bound)).response, custom_id="rp:rules:server")
    (field,) = [label["component"] for label in form.modal["components"]]
    assert field["value"] == "🕷" * 600
    typed = "No spiders. " * 51
    used = await ada.submit_modal(form, {field["custom_id"]: typed})
    assert used.response.content == (
        "That's 611 characters, and rules can have 600. Here is your text, so you can shorten it."
    )
    (file,) = used.response.attachments
    assert (await file.read()).decode() == typed.strip()
