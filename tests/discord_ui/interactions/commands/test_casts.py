"""Several personas in one channel, as people on Discord see them: `/persona add|remove`, the cards, the settings."""

from typing import Any

import pytest

from bot.composition.story import now
from bot.core.casts import CastMember
from bot.storage.settings import SettingsStore
from bot.story.places.rules import ChannelRule
from tests.discord_ui.interactions.commands.panels import (
    ISOLDE_IS,
    MARLOW_IS,
    MENU,
    PLAYS_HERE,
    TEXT,
    blocks,
    labels,
    menus,
    parts,
    said,
)
from tests.standins.m2her import M2her
from tests.tavern import Tavern, read

BY_NAME = "-# Say a name, reply to one of them or @mention the bot · `*actions*` · `((out of character))`"
AI = "-# Played by an AI. What it says is made up."


@pytest.fixture
def ada(tavern: Tavern) -> Any:
    """Somebody with Manage Channels and Manage Server."""
    return tavern.staff("Ada", manage_channels=True, manage_guild=True)


def options(used: Any, custom_id: str) -> dict[str, str]:
    """The choices of a menu: value → what it says; the chosen one with a mark."""
    (menu,) = [each for each in parts(used) if each["type"] == MENU and each["custom_id"] == custom_id]
    mark = {True: " ✓"}
    return {each["value"]: each["label"] + mark.get(each.get("default"), "") for each in menu["options"]}


async def test_two_play_in_a_channel_with_one_card_and_each_under_its_own_name(
    tavern: Tavern, m2her: M2her, ada: Any
) -> None:
    await ada.slash(tavern.elsewhere, "persona use", persona="marlow")
    used = await ada.slash(tavern.elsewhere, "persona add", persona="isolde")
    assert read(used.response).splitlines() == [
        "-# Isolde plays here now, too",
        "### Marlow", MARLOW_IS,
        "### Isolde", ISOLDE_IS, AI,
        BY_NAME,
    ]  # fmt: skip
    m2her.say("Number four.")
    m2her.say("I have drawn it.")
    await tavern.say("Alice", "Marlow, Isolde, is there a room?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[-2:] == ["**Marlow**\nNumber four.", "**Isolde**\nI have drawn it."]
    assert tavern.prompt[0][1] == "Isolde"
    assert tavern.prompt[-2:] == [
        ("user", "Alice", "Marlow, Isolde, is there a room?"),
        ("user", "Marlow", "Number four."),
    ]
    # Only the newest reply has buttons, and the first one points at nobody.
    rows = [bool(post.components) for post in tavern.elsewhere.history()[-2:]]
    assert rows == [False, True]


async def test_who_plays_is_seen_wherever_it_is_told(tavern: Tavern, m2her: M2her, ada: Any) -> None:
    for key in ("marlow", "isolde"):
        await ada.slash(tavern.elsewhere, "persona add", persona=key)
    used = await ada.slash(tavern.elsewhere, "persona list")
    assert sum("plays here" in line for line in said(used)) == 2
    assert "Play here" not in labels(used)
    m2her.say("Aye?")
    await tavern.say("Alice", "Marlow?", tavern.elsewhere)
    await ada.slash(tavern.elsewhere, "dramatis settings")
    used = await tavern.people["Alice"].slash(tavern.elsewhere, "scene info")
    assert [line for line in said(used) if line.startswith("###")] == ["### Marlow", "### Isolde"]
    used = await tavern.people["Alice"].slash(tavern.elsewhere, "help")
    assert "Here play Marlow, Isolde. Say a name or reply to one of them to choose who replies." in said(used)
    assert "To get a reply, say a name, reply to one of them or mention the bot." in said(used)


async def test_one_is_taken_out_and_the_next_leads(tavern: Tavern, m2her: M2her, ada: Any) -> None:
    nobody = await ada.slash(tavern.elsewhere, "persona remove", persona="isolde")
    assert nobody.response.content == "isolde doesn't play here. Who does: Marlow."
    first = await ada.slash(tavern.elsewhere, "persona add", persona="marlow")
    assert said(first)[0] == PLAYS_HERE
    await ada.slash(tavern.elsewhere, "persona add", persona="isolde")
    again = await ada.slash(tavern.elsewhere, "persona add", persona="Isolde")
    assert again.response.content == "Isolde already plays here."
    used = await ada.slash(tavern.elsewhere, "persona remove", persona="Marlow")
    assert used.ephemeral
    assert used.response.content == (
        "**Marlow** doesn't play here anymore. Who does: Isolde. What was said stays in the story."
    )
    m2her.say("Yes?")
    await tavern.say("Alice", f"{tavern.mention} well?", tavern.elsewhere)
    assert tavern.prompt[0][1] == "Isolde"
    used = await ada.slash(tavern.elsewhere, "persona remove", persona="isolde")
    assert used.response.content.startswith("This channel doesn't have a persona anymore.")
    used = await ada.slash(tavern.elsewhere, "persona remove", persona="isolde")
    assert used.response.content == (
        "isolde doesn't play here, and neither does another persona. Use `/persona use` to choose one."
    )


async def test_what_the_host_has_set_stays(tavern: Tavern, ada: Any) -> None:
    tavern.channels[tavern.elsewhere.id] = ChannelRule(("marlow", "isolde"))
    fixed = (
        "Only the bot's owner can change the persona here: it's set as "
        f"`channels.{tavern.elsewhere.id}.personas` in config.yaml."
    )
    for command in ("persona add", "persona remove"):
        used = await ada.slash(tavern.elsewhere, command, persona="isolde")
        assert used.response.content == fixed
    # How they play is the server's own business.
    panel = await ada.slash(tavern.elsewhere, "dramatis settings")
    used = await ada.select(panel.response, ["cast"], custom_id="rp:page:channel")
    used = await ada.select(used.response, ["*muted"], custom_id="rp:cast:isolde")
    assert options(used, "rp:cast:isolde")["*muted"].endswith(" ✓")
    await tavern.say("Alice", f"{tavern.mention} Isolde?", tavern.elsewhere)
    assert tavern.last_post(tavern.elsewhere).content == (
        "Isolde is muted here and only replies to `/talk` with `persona`. Someone with Manage Server can change "
        "that in `/dramatis settings`."
    )


async def test_the_settings_have_how_much_each_talks(tavern: Tavern, m2her: M2her, ada: Any) -> None:
    for key in ("marlow", "isolde"):
        await ada.slash(tavern.elsewhere, "persona add", persona=key)
    panel = await ada.slash(tavern.elsewhere, "dramatis settings")
    several = "-# Several play here: Marlow, Isolde. Choosing one in this menu makes it play alone."
    assert several in said(panel)
    used = await ada.select(panel.response, ["cast"], custom_id="rp:page:channel")
    assert blocks(used) == [
        [
            f"## Who plays in <#{tavern.elsewhere.id}>",
            "-# `/persona add` and `/persona remove` change who plays here. `/persona use` makes one play alone.",
            "**Marlow** · leads: its scenario and greeting count",
            "**Isolde**",
        ],
        ["**Personas talk to each other** · default"],
    ]
    assert options(used, "rp:cast:isolde") == {
        "*usual": "Replies when it's asked ✓",
        "5": "Joins in unasked, about 5 times in 100",
        "10": "Joins in unasked, about 10 times in 100",
        "25": "Joins in unasked, about 25 times in 100",
        "50": "Joins in unasked, about 50 times in 100",
        "75": "Joins in unasked, about 75 times in 100",
        "100": "Joins in on every message",
        "*muted": "Muted: only /talk makes it speak",
    }
    used = await ada.select(used.response, ["100"], custom_id="rp:cast:isolde")
    assert options(used, "rp:cast:isolde")["100"] == "Joins in on every message ✓"
    m2her.say("Is it?")
    await tavern.say("Alice", "Foul weather.", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[-1] == "**Isolde**\nIs it?"
    # Personas don't talk to each other where that is turned off; else Isolde would join in.
    used = await ada.select(used.response, ["off"], custom_id="rp:set:channel:persona_talk")
    assert menus(used) == [
        "rp:cast:marlow",
        "rp:cast:isolde",
        "rp:set:channel:persona_talk",
        "rp:page:channel",
    ]
    m2her.say("Aye.")
    await tavern.say("Alice", "Marlow?", tavern.elsewhere)
    assert tavern.posts(tavern.elsewhere)[-1] == "**Marlow**\nAye."
    back = await ada.select(used.response, ["main"], custom_id="rp:page:channel")
    assert said(back)[0] == f"## Settings for <#{tavern.elsewhere.id}>"


async def test_personas_talk_to_each_other_until_someone_writes(
    tavern: Tavern, m2her: M2her, ada: Any
) -> None:
    for key in ("marlow", "isolde"):
        await ada.slash(tavern.elsewhere, "persona add", persona=key)
    m2her.say('"Ask Isolde."')
    m2her.say("I don't know.")
    await tavern.say("Alice", "Marlow, where are we?", tavern.elsewhere)
    posts = tavern.posts(tavern.elsewhere)[-2:]
    assert posts == ['**Marlow**\n"Ask Isolde."', "**Isolde**\nI don't know."]
    assert tavern.last_post(tavern.elsewhere).reference is None


async def test_a_cast_of_eight_fits_the_panel_and_the_card(tavern: Tavern, ada: Any) -> None:
    cast = [CastMember("marlow"), CastMember("isolde"), *(CastMember(f"gone{number}") for number in range(6))]
    await SettingsStore(tavern.database).put_cast(tavern.elsewhere.id, cast, by_user=1, at=now())
    panel = await ada.slash(tavern.elsewhere, "dramatis settings")
    used = await ada.select(panel.response, ["cast"], custom_id="rp:page:channel")
    assert len(menus(used)) == 10
    assert "**gone5**" in [each["content"] for each in parts(used) if each["type"] == TEXT]
    full = await ada.slash(tavern.elsewhere, "persona add", persona="marlow")
    assert full.response.content == "Marlow already plays here."
