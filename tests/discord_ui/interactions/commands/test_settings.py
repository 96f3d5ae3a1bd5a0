"""`/dramatis settings`: the panel tells what counts and from where, and what is set there is what the bot does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.core.memory.table import LABEL
from bot.core.routing import Respond
from bot.core.settings import Face, Language, Settings, StoryRights, Stream
from bot.story.places.rules import ChannelRule
from tests.discord_ui.interactions.commands.panels import (
    INHERIT,
    NOBODY,
    Panel,
    blocks,
    choose,
    open_panel,
)
from tests.standins.m2her import M2her
from tests.tavern import MARLOW, RULES, SETTINGS, Tavern, open_tavern

SCOPES = ("channel", "server")

ANSWERED: Mapping[str, set[str]] = {
    "mention": {"mention", "reply", "talk"},
    "name": {"mention", "reply", "talk", "name"},
    "always": {"mention", "reply", "talk", "name", "anything"},
    "never": {"talk"},
}
"""What of all that can be said in a bound channel gets an answer, by the setting."""

LANGUAGES = (
    "English", "中文", "日本語", "한국어", "Deutsch", "Español", "Français", "Português", "Русский", "Italiano",
    "Polski", "Türkçe", "Українська", "Tiếng Việt",
)  # fmt: skip

STEERING: Mapping[str, set[str]] = {
    "starter": {"Bob", "Moderator"},
    "all": {"Alice", "Bob", "Moderator"},
    "mods": {"Moderator"},
}
"""Who may resume a scene that Bob began, by the setting."""

PERSONAS: Mapping[str, str | None] = {"marlow": "Marlow", "isolde": "Isolde", NOBODY: None}
"""Who answers a mention, by the setting."""

PROVEN: Mapping[str, set[str]] = {
    "persona": set(PERSONAS),
    "respond": set(ANSWERED),
    "language": {"auto", *LANGUAGES},
    "story_rights": set(STEERING),
    "stream": {"live", "calm", "off"},
}
"""What the tests of this file set to see what the bot then does."""

PENDING: Mapping[str, set[str]] = {
    "face": {"webhook", "bot"},
}
"""What the panel offers and no test here proves yet: each goes to `PROVEN` with the tests of what it does."""

NO_PERSONA = (
    "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
)


async def answered(tavern: Tavern, channel: Any) -> set[str]:
    """Say everything that can be said in a channel, and return what of it was answered."""
    found = set()
    alice = tavern.people["Alice"]
    used = await alice.slash(channel, "talk", text="So?")
    if used.followups:
        found.add("talk")
    post = used.followups[0] if used.followups else None
    for kind, text in (
        ("anything", "The rain has not let up."),
        ("name", "Marlow, is it you?"),
        ("mention", f"{tavern.mention} well?"),
    ):
        before = len(tavern.m2her.requests)
        await alice.send(channel, text)
        if len(tavern.m2her.requests) > before:
            found.add(kind)
    before = len(tavern.m2her.requests)
    await alice.send(channel, "And then?", reply_to=post)
    if len(tavern.m2her.requests) > before:
        found.add("reply")
    return found


async def rules_told(tavern: Tavern, channel: Any) -> str:
    """What the persona is told after the rule about notes, when somebody mentions it: the language."""
    await tavern.say("Alice", f"{tavern.mention} well?", channel)
    told, _, _ = tavern.prompt[0][2].partition(f"\n\n{LABEL}:")
    return told.rpartition(" Heed it, but never answer it or write one. ")[2]


async def answerer(tavern: Tavern, channel: Any) -> str | None:
    """Who answers a mention; None says that no persona is set."""
    before = len(tavern.m2her.requests)
    await tavern.say("Alice", f"{tavern.mention} well?", channel)
    if len(tavern.m2her.requests) == before:
        assert tavern.last_post(channel).content == NO_PERSONA
        return None
    return tavern.prompt[0][1]


# --- each value does something ------------------------------------------------------------------


@pytest.mark.parametrize("scope", SCOPES)
async def test_every_choice_of_the_panel_is_proven_to_do_something(tavern: Tavern, scope: str) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, tavern.bound, scope)
    offered = {menu.rpartition(":")[2]: panel.offered(menu.rpartition(":")[2]) for menu in panel.menus}
    assert not PROVEN.keys() & PENDING.keys()
    assert {key: set(values) for key, values in offered.items()} == {
        key: {INHERIT, *values} for key, values in {**PROVEN, **PENDING}.items()
    }


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("value", ANSWERED)
async def test_answers_says_what_is_answered(tavern: Tavern, scope: str, value: str) -> None:
    await choose(tavern, tavern.bound, scope, respond=value)
    assert await answered(tavern, tavern.bound) == ANSWERED[value]


@pytest.mark.parametrize("scope", SCOPES)
async def test_never_also_holds_in_a_channel_without_a_persona_of_its_own(tavern: Tavern, scope: str) -> None:
    await choose(tavern, tavern.elsewhere, scope, respond="never")
    assert await answered(tavern, tavern.elsewhere) == {"talk"}


@pytest.mark.parametrize("scope", SCOPES)
async def test_language_says_what_the_persona_is_to_write_in(tavern: Tavern, scope: str) -> None:
    panel = await choose(tavern, tavern.bound, scope)
    for language in LANGUAGES:
        await panel.choose("language", language)
        assert await rules_told(tavern, tavern.bound) == (
            f"Write in {language}, whatever language the others use."
        )
    await panel.choose("language", "auto")
    assert await rules_told(tavern, tavern.bound) == (
        "Write in the language of the message you answer; whoever else is answered gets their sentence in theirs. "
        "A message without words is answered in the language that its writer used before."
    )


@pytest.mark.parametrize("scope", SCOPES)
async def test_language_holds_for_a_persona_with_instructions_of_its_own(
    m2her: M2her, tmp_path: Path, scope: str
) -> None:
    cast = {"marlow": "name: Marlow\ndescription: An innkeeper.\ninstructions: Speak in verse.\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        await tavern.say("Alice", "Marlow, well?")
        assert tavern.prompt[0][2].startswith("An innkeeper.\n\nSpeak in verse.\n\nText in [square brackets]")
        assert "Unless told otherwise above: Write in the language of the message" in tavern.prompt[0][2]
        await choose(tavern, tavern.bound, scope, language="Deutsch")
        await tavern.say("Alice", "Marlow, well?")
        assert " Write in Deutsch, whatever language the others use.\n\n" in tavern.prompt[0][2]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("value", STEERING)
async def test_scenes_says_who_may_take_one_up_again(tavern: Tavern, scope: str, value: str) -> None:
    await tavern.say("Bob", "Good evening.")
    assert tavern.moderator.name
    await choose(tavern, tavern.bound, scope, story_rights=value)
    allowed = set()
    for name in ("Alice", "Bob", "Moderator"):
        used = await tavern.people[name].slash(tavern.bound, "scene resume", scene=1)
        if used.response.content == "This scene is already playing.":
            allowed.add(name)
        else:
            assert used.ephemeral
            assert (
                used.response.content
                == {
                    "starter": "Only the person who started this scene, or someone with Manage Messages, can "
                    "do that. You can start your own scene in a thread.",
                    "mods": "Only people with Manage Messages can do that here.",
                }[value]
            )
    assert allowed == STEERING[value]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("value", PERSONAS)
async def test_who_plays_says_who_answers(tavern: Tavern, scope: str, value: str) -> None:
    await choose(tavern, tavern.elsewhere, scope, persona=value)
    assert await answerer(tavern, tavern.elsewhere) == PERSONAS[value]


async def test_a_persona_for_the_channel_records_it_whole_and_one_for_the_server_does_not(
    tavern: Tavern,
) -> None:
    street = tavern.guild.create_text_channel("street")
    await choose(tavern, tavern.elsewhere, "channel", persona="isolde")
    await choose(tavern, tavern.elsewhere, "server", persona="isolde")
    for channel in (tavern.elsewhere, street):
        await tavern.say("Alice", "Rain again.", channel)
    assert await tavern.remembered(tavern.elsewhere) == [("Alice", "Rain again.")]
    assert await tavern.remembered(street) == []


async def test_a_persona_chosen_for_the_channel_is_announced_in_it_with_what_is_stored(
    tavern: Tavern,
) -> None:
    await choose(tavern, tavern.elsewhere, "channel", persona="isolde")
    assert tavern.posts(tavern.elsewhere) == [
        """\
-# Now this channel's persona
### Isolde
Isolde is a cartographer who draws places that are not there yet.
-# Played by an AI. What it says is made up.
-# Say Isolde's name, reply or @mention the bot · `*actions*` · `((out of character))`
-# Messages in this channel are saved, so that Isolde remembers them. For each reply, the latest ones are sent to \
MiniMax. Use `/help` to learn more."""
    ]


async def test_nobody_and_a_persona_for_the_server_announce_nothing(tavern: Tavern) -> None:
    await choose(tavern, tavern.elsewhere, "channel", persona=NOBODY)
    await choose(tavern, tavern.elsewhere, "server", persona="isolde")
    await choose(tavern, tavern.elsewhere, "channel", persona=INHERIT)
    assert tavern.posts(tavern.elsewhere) == []


# --- which value counts ---------------------------------------------------------------------------


async def test_a_threads_own_value_goes_before_its_channels_before_the_servers_before_the_hosts(
    m2her: M2her, tmp_path: Path
) -> None:
    rules = replace(RULES, defaults=replace(SETTINGS, language=Language.POLISH))
    async with open_tavern(m2her, tmp_path, rules=rules) as tavern:
        thread = tavern.thread(tavern.elsewhere, "cellar")

        async def language() -> str:
            return (await rules_told(tavern, thread)).removeprefix("Write in ").partition(",")[0]

        assert await language() == "Polski"
        await choose(tavern, thread, "server", language="Deutsch")
        assert await language() == "Deutsch"
        await choose(tavern, tavern.elsewhere, "channel", language="Français")
        assert await language() == "Français"
        panel = await choose(tavern, thread, "channel", language="Italiano")
        assert await language() == "Italiano"
        assert panel.setting("language") == "Italiano (set for this thread)"

        # And back, one by one.
        await panel.choose("language", INHERIT)
        assert await language() == "Français"
        assert panel.setting("language") == "Français (set for this thread's channel)"
        await choose(tavern, tavern.elsewhere, "channel", language=INHERIT)
        assert await language() == "Deutsch"
        assert (await open_panel(panel.who, thread)).setting("language") == "Deutsch (set for the server)"
        await choose(tavern, tavern.elsewhere, "server", language=INHERIT)
        assert await language() == "Polski"
        panel = await open_panel(panel.who, thread)
        assert panel.setting("language") == "Polski (default)"


async def test_the_hosts_defaults_count_where_nobody_has_set_anything(m2her: M2her, tmp_path: Path) -> None:
    defaults = Settings(Respond.ALWAYS, Language.POLISH, StoryRights.MODS, Face.BOT, Stream.OFF)
    async with open_tavern(m2her, tmp_path, rules=replace(RULES, defaults=defaults)) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        panel = await open_panel(ada, tavern.bound)
        assert panel.settings[1:] == [
            "Answers to: Every message (default)",
            "Language: Polski (default)",
            "Who can start and undo scenes: Only people with Manage Messages (default)",
            "Name and picture: The bot's (default)",
            "Replies appear: When they are finished (default)",
        ]
        assert await answered(tavern, tavern.bound) == ANSWERED["always"]


async def test_a_thread_and_its_channel_can_have_different_personas(tavern: Tavern) -> None:
    thread = tavern.thread(tavern.elsewhere, "cellar")
    await choose(tavern, tavern.elsewhere, "channel", persona="isolde")
    panel = await choose(tavern, thread, "channel")
    assert panel.setting("persona") == "Isolde (set for this thread's channel)"
    assert panel.chosen("persona") == [INHERIT]
    assert panel.rest("persona") == "Same as the channel"
    await panel.choose("persona", "marlow")
    assert panel.setting("persona") == "Marlow (set for this thread)"
    assert panel.chosen("persona") == ["marlow"]
    assert (await answerer(tavern, thread), await answerer(tavern, tavern.elsewhere)) == ("Marlow", "Isolde")
    await panel.choose("persona", INHERIT)
    assert await answerer(tavern, thread) == "Isolde"


async def test_values_survive_a_restart(tavern: Tavern) -> None:
    await choose(tavern, tavern.bound, "channel", language="Deutsch", story_rights="mods", respond="mention")
    await choose(tavern, tavern.bound, "server", persona="isolde", language="Polski")
    await tavern.restart()
    panel = await open_panel(tavern.people["Ada"], tavern.bound)
    assert panel.settings[1:4] == [
        "Answers to: Mentions and replies (set for this channel)",
        "Language: Deutsch (set for this channel)",
        "Who can start and undo scenes: Only people with Manage Messages (set for this channel)",
    ]
    assert await rules_told(tavern, tavern.bound) == ("Write in Deutsch, whatever language the others use.")
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"


async def test_a_panel_that_was_open_before_a_restart_still_works(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    await tavern.restart()
    await panel.choose("language", "Deutsch")
    assert panel.setting("language") == "Deutsch (set for this channel)"
    await panel.turn()
    assert panel.text[:2] == ["## Settings for this server", "-# Used in channels without their own"]


# --- its shape ------------------------------------------------------------------------------------


async def test_all_settings_are_on_the_panel_and_each_line_stands_above_its_menu(tavern: Tavern) -> None:
    panel = await open_panel(tavern.staff("Ada", manage_guild=True), tavern.elsewhere)
    keys = ["persona", "respond", "language", "story_rights", "face", "stream"]
    assert list(panel.menus) == [f"rp:set:channel:{key}" for key in keys]
    await panel.turn()
    assert list(panel.menus) == [f"rp:set:server:{key}" for key in keys]
    await panel.turn()
    assert list(panel.menus) == [f"rp:set:channel:{key}" for key in keys]


async def test_a_choice_is_kept_and_the_panel_stays_one(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel", stream="calm", face="webhook")
    assert (panel.chosen("stream"), panel.chosen("face")) == (["calm"], ["webhook"])
    assert panel.used.response.flags.components_v2
    assert panel.used.response.ephemeral
    await tavern.restart()
    await panel.turn()
    assert panel.setting("face") == "The bot's (default)"
    await panel.choose("stream", "off")
    assert panel.setting("stream") == "When they are finished (set for the server)"
    await panel.turn()
    assert panel.settings[4:] == [
        "Name and picture: The persona's own (set for this channel)",
        "Replies appear: Short ones at once, long ones live (set for this channel)",
    ]


def age(tavern: Tavern, panel: Panel, *controls: dict[str, Any]) -> Any:
    """Make a panel what the version before this one would have left: a text with rows of controls."""
    message = panel.used.response
    stored = tavern.env.backend.get_message(message.channel_id, message.id)
    stored.content = "**Settings for this channel**"
    stored.flags &= ~(1 << 15)
    stored.components[:] = [{"type": 1, "id": 1, "components": [control]} for control in controls]
    return message


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("page", ["", ":1", ":2", ":17"])
async def test_a_button_of_a_panel_from_an_older_version_leads_to_this_ones(
    tavern: Tavern, scope: str, page: str
) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    custom_id = f"rp:panel:{scope}{page}"
    button = {"type": 2, "id": 2, "style": 2, "label": "More settings", "custom_id": custom_id}
    await tavern.forge(panel.who, age(tavern, panel, button), custom_id)
    assert panel.scope == scope
    assert len(panel.menus) == 6
    assert panel.used.response.content == ""


async def test_a_menu_of_a_panel_from_an_older_version_still_sets(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    option = {"label": "Language: Deutsch", "value": "Deutsch"}
    menu = {"type": 3, "id": 2, "custom_id": "rp:set:channel:language", "options": [option]}
    await tavern.forge(panel.who, age(tavern, panel, menu), "rp:set:channel:language", "Deutsch")
    assert panel.setting("language") == "Deutsch (set for this channel)"


# --- what the panel says --------------------------------------------------------------------------


async def test_the_panel_of_a_channel_word_for_word(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, tavern.elsewhere)
    assert panel.used.ephemeral
    assert panel.text == [
        f"## Settings for <#{tavern.elsewhere.id}>",
        "**Persona** · default",
        "**Answers to** · default",
        "**Language** · default",
        "**Who can start and undo scenes** · default",
        "**Name and picture** · default",
        "**Replies appear** · default",
        "-# The bot only reads and saves messages to the persona here: mentions, replies and `/talk`.",
        "-# The bot has every permission it needs here.",
    ]
    assert panel.settings == [
        "Persona: Marlow (default)",
        "Answers to: Mentions, replies and its name (default)",
        "Language: The language of the latest message (default)",
        "Who can start and undo scenes: The person who started it, and moderators (default)",
        "Name and picture: The bot's (default)",
        "Replies appear: Live, while they are written (default)",
    ]
    keys = ("persona", "respond", "language", "story_rights", "face", "stream")
    assert [panel.chosen(key) for key in keys] == [[INHERIT]] * 6
    assert {panel.rest(key) for key in keys} == {"Same as the server"}
    assert panel.labels("persona") == ["Marlow", "None", "Marlow", "Isolde"]
    await panel.choose("respond", "never")
    assert panel.labels("respond") == [
        "Same as the server",
        "Mentions and replies",
        "Mentions, replies and its name",
        "Every message",
        "Only /talk",
    ]
    assert panel.rest("respond") is None
    assert panel.labels("face")[1:] == ["The persona's own", "The bot's"]
    assert panel.labels("stream")[1:] == [
        "Live, while they are written",
        "Short ones at once, long ones live",
        "When they are finished",
    ]
    assert panel.labels("story_rights")[1:] == [
        "The person who started it, and moderators",
        "Everyone",
        "Only people with Manage Messages",
    ]


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("stream", "grows"), [("live", True), ("calm", False), ("off", False)])
async def test_replies_says_whether_they_grow(
    tavern: Tavern, m2her: M2her, scope: str, stream: str, *, grows: bool
) -> None:
    await choose(tavern, tavern.bound, scope, stream=stream)
    m2her.say("The storm ", "will ", "pass.", tokens_per_second=50)
    await tavern.people["Alice"].send(tavern.bound, f"{tavern.mention} will it?")
    post = tavern.bound.last_message
    assert post.content == "The storm will pass."
    assert (post.edited_at is not None) is grows


async def test_the_panel_of_a_server_word_for_word(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "server", language="Deutsch", persona="isolde")
    assert panel.text[-1] == "-# The bot has every permission it needs here."
    assert panel.settings == [
        "Persona: Isolde (set for the server)",
        "Answers to: Mentions, replies and its name (default)",
        "Language: Deutsch (set for the server)",
        "Who can start and undo scenes: The person who started it, and moderators (default)",
        "Name and picture: The bot's (default)",
        "Replies appear: Live, while they are written (default)",
    ]
    assert panel.labels("persona")[0] == "The default"
    assert panel.rest("respond") == "The default"
    assert [panel.chosen(key) for key in ("persona", "language", "respond")] == [
        ["isolde"],
        ["Deutsch"],
        [INHERIT],
    ]


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ("channel", "None (set for this channel)"),
        ("category", "None (set for the category)"),
        ("server", "None (set for the server)"),
    ],
)
async def test_the_panel_says_where_nobody_was_chosen(tavern: Tavern, scope: str, line: str) -> None:
    inn = tavern.guild.create_text_channel("inn", category=tavern.guild.create_category("Harbour"))
    ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
    await ada.slash(inn, "persona clear", where=scope)
    panel = await open_panel(ada, inn)
    assert panel.setting("persona") == line
    assert panel.chosen("persona") == [NOBODY if scope == "channel" else INHERIT]


async def test_the_panel_names_the_category_and_a_scenes_own_persona(tavern: Tavern) -> None:
    inn = tavern.guild.create_text_channel("inn", category=tavern.guild.create_category("Harbour"))
    ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
    await ada.slash(inn, "persona use", persona="isolde", where="category")
    assert (await open_panel(ada, inn)).setting("persona") == "Isolde (set for the category)"
    await ada.slash(inn, "scene new", persona="marlow")
    assert (await open_panel(ada, inn)).setting("persona") == (
        "Same as the server (Marlow was chosen for this scene)"
    )


async def test_as_on_the_whole_server_takes_a_running_scene_from_its_own_persona_too(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel", persona="marlow")
    await panel.who.slash(tavern.elsewhere, "scene new", persona="isolde")
    panel = await choose(tavern, tavern.elsewhere, "channel")
    assert panel.setting("persona") == "Marlow (Isolde was chosen for this scene)"
    assert panel.chosen("persona") == ["marlow"]
    await panel.choose("persona", INHERIT)
    assert panel.setting("persona") == "Marlow (default)"
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"


async def test_a_bound_channel_says_that_it_is_stored_whole(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, tavern.bound)
    assert "-# All messages here are saved." in panel.text


async def test_a_paused_server_says_so(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    await ada.slash(tavern.bound, "dramatis pause")
    panel = await open_panel(ada, tavern.bound)
    assert panel.text[1] == "⏸ Paused. Use `/dramatis pause` and press Resume to continue."


# --- what the host has fixed ----------------------------------------------------------------------


async def test_what_the_host_fixes_is_shown_with_its_key_and_cannot_be_chosen(tavern: Tavern) -> None:
    tavern.channels[tavern.bound.id] = ChannelRule(("marlow",), Respond.ALWAYS, stream=Stream.CALM)
    ada = tavern.staff("Ada", manage_guild=True)
    for place in (tavern.bound, tavern.thread(tavern.bound, "cellar")):
        panel = await open_panel(ada, place)
        key = f"channels.{tavern.bound.id}"
        assert panel.setting("persona") == f"Marlow (set by the bot's owner: `{key}.persona`)"
        assert panel.setting("respond") == f"Every message (set by the bot's owner: `{key}.respond`)"
        disabled = {menu.rpartition(":")[2]: menu_["disabled"] for menu, menu_ in panel.menus.items()}
        assert disabled == {
            "persona": True,
            "respond": True,
            "language": False,
            "story_rights": False,
            "face": False,
            "stream": True,
        }
        assert panel.setting("stream") == (
            f"Short ones at once, long ones live (set by the bot's owner: `{key}.stream`)"
        )
        await panel.turn()
        assert panel.scope == "server"
        assert not any(menu["disabled"] for menu in panel.menus.values())


@pytest.mark.parametrize(
    ("key", "value"), [("persona", "isolde"), ("respond", "never"), ("persona", INHERIT)]
)
async def test_a_panel_from_before_the_host_fixed_something_cannot_change_it(
    tavern: Tavern, key: str, value: str
) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    before = panel.text
    tavern.channels[tavern.elsewhere.id] = ChannelRule(("marlow",), Respond.ALWAYS)
    used = await panel.choose(key, value)
    assert used.ephemeral
    assert used.response.content == (
        f"Only the bot's owner can change that: it's set as `channels.{tavern.elsewhere.id}.{key}` in config.yaml."
    )
    assert panel.text == before
    del tavern.channels[tavern.elsewhere.id]
    assert (await open_panel(panel.who, tavern.elsewhere)).text == before  # nothing waits for its hour


@pytest.mark.parametrize("respond", [None, Respond.MENTION])
async def test_what_the_host_fixes_counts_whatever_was_set_on_discord_before(
    tavern: Tavern, respond: Respond | None
) -> None:
    await choose(tavern, tavern.elsewhere, "channel", persona="isolde", respond="always")
    tavern.channels[tavern.elsewhere.id] = ChannelRule(("marlow",), respond)
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"
    assert await answered(tavern, tavern.elsewhere) == ANSWERED[respond or "always"]


# --- many personas --------------------------------------------------------------------------------


def crowd(count: int) -> dict[str, str]:
    return {
        f"p{number:02}": f"name: Persona {number}\ndescription: One of many.\n" for number in range(count)
    }


async def test_with_more_personas_than_a_menu_holds_who_plays_is_among_them_and_the_panel_says_where_the_rest_is(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, personas={"marlow": MARLOW, **crowd(40)}) as tavern:
        ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
        await ada.slash(tavern.elsewhere, "persona use", persona="p39")
        panel = await open_panel(ada, tavern.elsewhere)
        offered = panel.offered("persona")
        assert len(offered) == 25
        assert offered[:3] == [INHERIT, NOBODY, "p39"]
        assert panel.chosen("persona") == ["p39"]
        assert "-# The menu shows 23 of 41 personas. Use `/persona use` for the others." in panel.text
        await panel.choose("persona", "p05")
        assert panel.setting("persona") == "Persona 5 (set for this channel)"


async def test_a_menu_that_holds_all_personas_says_nothing_of_others(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path, personas={"marlow": MARLOW, **crowd(22)}) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        panel = await open_panel(ada, tavern.elsewhere)
        assert len(panel.offered("persona")) == 25
        assert not any("The menu shows" in line for line in panel.text)


async def test_the_panel_offers_of_the_samples_only_those_that_play(m2her: M2her, tmp_path: Path) -> None:
    cast = {key: f"name: {key.title()}\ntags: [sample]\n" for key in ("marlow", "cassida", "vesper")}
    async with open_tavern(m2her, tmp_path, personas=cast | {"isolde": "name: Isolde\n"}) as tavern:
        ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
        panel = await open_panel(ada, tavern.elsewhere)
        assert panel.offered("persona") == [INHERIT, NOBODY, "marlow", "isolde"]  # Marlow is the default
        await ada.slash(tavern.elsewhere, "persona use", persona="cassida")
        await ada.slash(tavern.elsewhere, "scene new", persona="vesper")
        panel = await open_panel(ada, tavern.elsewhere)
        assert panel.offered("persona") == [INHERIT, NOBODY, "vesper", "cassida", "isolde"]
        assert panel.chosen("persona") == ["cassida"]


async def test_a_chosen_persona_whose_file_is_gone_is_named_by_its_key(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path) as tavern:
        await choose(tavern, tavern.elsewhere, "channel", persona="isolde")
        (tavern.personas / "isolde.yaml").unlink()
        await tavern.restart()
        panel = await open_panel(tavern.people["Ada"], tavern.elsewhere)
        assert panel.setting("persona") == "isolde (its file can't be loaded) (set for this channel)"
        assert panel.text[1] == (
            "⚠ This channel's persona, `isolde`, can't be loaded: its file is missing or broken. The bot's owner "
            "can fix `isolde.yaml`, and then it answers again."
        )
        used = await panel.choose("persona", "isolde")
        assert used.response.content.startswith("There's no such persona.")
        await panel.choose("persona", INHERIT)
        assert await answerer(tavern, tavern.elsewhere) == "Marlow"


async def test_a_chosen_persona_for_adults_is_named_where_the_channel_is_for_everyone_now(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = {"marlow": MARLOW, "vesper": "name: '*Vesper*'\ndescription: For adults.\nnsfw: true\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        tavern.restrict(tavern.elsewhere, monkeypatch)
        panel = await choose(tavern, tavern.elsewhere, "channel", persona="vesper")
        assert panel.text[1].startswith("**Persona**")
        monkeypatch.undo()
        tavern.restrict(tavern.elsewhere, monkeypatch, restricted=False)
        panel = await open_panel(panel.who, tavern.elsewhere)
        assert panel.setting("persona") == "*Vesper* (set for this channel)"
        assert panel.text[1].startswith(r"⚠ \*Vesper\* is for age-restricted channels only")


async def test_a_persona_that_was_taken_away_since_the_panel_was_opened_is_refused(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path) as tavern:
        panel = await choose(tavern, tavern.elsewhere, "channel")
        (tavern.personas / "isolde.yaml").unlink()
        await tavern.restart()
        used = await panel.choose("persona", "isolde")
        assert used.ephemeral
        assert used.response.content == (
            "There's no such persona. Choose one from the list that appears while you type."
        )


async def test_a_persona_for_adults_is_offered_where_its_channel_is_and_never_for_the_server(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = {"marlow": MARLOW, "vesper": "name: Vesper\ndescription: For adults.\nnsfw: true\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        assert "vesper" not in (await open_panel(ada, tavern.elsewhere)).offered("persona")
        tavern.restrict(tavern.elsewhere, monkeypatch)
        panel = await open_panel(ada, tavern.elsewhere)
        assert "vesper" in panel.offered("persona")
        await panel.turn()
        assert "vesper" not in panel.offered("persona")
        used = await tavern.forge(ada, panel.used.response, "rp:set:server:persona", "vesper")
        assert (used.ephemeral, used.response.content) == (
            True,
            "Vesper is for age-restricted channels only. Choose another persona, or use an age-restricted channel.",
        )
        assert await answerer(tavern, tavern.elsewhere) == "Marlow"


# --- what the bot lacks ---------------------------------------------------------------------------

COSTS = {
    "view_channel": "⚠ View Channel: the bot can't read messages here, but `/talk` works",
    "send_messages": "⚠ Send Messages: the bot can't reply here, but `/talk` works",
    "send_messages_in_threads": "⚠ Send Messages in Threads: the bot can't reply in threads, but `/talk` works",
    "read_message_history": "⚠ Read Message History: the bot can't see what was written, edited or deleted while it was off, "
    "and its replies don't show which message they answer",
    "create_public_threads": "⚠ Create Public Threads: stories can't branch, and `/scene new` can't offer a thread",
    "add_reactions": "⚠ Add Reactions: messages that `/undo` took out of the story aren't marked",
}


def without(tavern: Tavern, *rights: str) -> Any:
    """Open a channel in which the bot lacks these permissions."""
    overwrite = discord.PermissionOverwrite(**dict.fromkeys(rights, False))
    return tavern.guild.create_text_channel("dock", overwrites={tavern.bot.user: overwrite})


@pytest.mark.parametrize(
    "rights",
    [*((right,) for right in COSTS if right != "view_channel"), ("send_messages", "read_message_history")],
)
async def test_each_missing_permission_is_named_with_its_cost(tavern: Tavern, rights: Sequence[str]) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, without(tavern, *rights))
    assert blocks(panel.used)[0][1:] == [
        "**What the bot is missing here**", *(COSTS[right] for right in rights),
    ]  # fmt: skip
    assert not any("every permission" in line for line in panel.text)


async def test_a_channel_the_bot_cannot_see_says_so(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, without(tavern, "view_channel"))
    assert COSTS["view_channel"] in panel.text


async def test_in_a_thread_only_what_counts_there_is_missing(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    dock = without(tavern, "send_messages", "create_public_threads")
    panel = await open_panel(ada, tavern.thread(dock, "hold"))
    assert panel.text[-1] == "-# The bot has every permission it needs here."


async def test_without_the_message_content_intent_the_panel_says_what_that_costs(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, message_content=False) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        panel = await open_panel(ada, tavern.bound)
        assert panel.text[-1] == (
            "-# The bot only reads and saves messages to the persona here: mentions, replies and `/talk`."
        )
        assert blocks(panel.used)[0][1:] == [
            "**What the bot is missing here**",
            (
                "⚠ Message Content Intent: the bot only sees mentions and replies, not its name or what "
                "people say to each other, and personas post under the bot's name"
            ),
        ]


# --- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [("persona", "isolde"), ("respond", "never"), ("language", "Deutsch"), ("story_rights", "all")],
)
@pytest.mark.parametrize("scope", SCOPES)
async def test_somebody_without_manage_server_changes_nothing_with_an_admins_panel(
    tavern: Tavern, scope: str, key: str, value: str
) -> None:
    panel = await choose(tavern, tavern.elsewhere, scope)
    before = panel.text
    mallory = tavern.staff("Mallory", manage_channels=True, manage_messages=True)
    used = await tavern.forge(mallory, panel.used.response, f"rp:set:{scope}:{key}", value)
    assert used.ephemeral
    assert used.response.content == "You need the Manage Server permission here to do that."
    assert (await open_panel(panel.who, tavern.elsewhere, scope)).text == before


async def test_somebody_without_manage_server_cannot_turn_an_admins_panel(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    before = panel.text
    used = await tavern.forge(tavern.people["Alice"], panel.used.response, "rp:panel:server")
    assert used.ephemeral
    assert used.response.content == "You need the Manage Server permission here to do that."
    assert panel.text == before


async def test_an_admin_who_has_been_demoted_since_cannot_use_the_panel_that_is_open(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    tavern.env.backend.get_guild(tavern.guild.id).members[panel.who.id].role_ids.clear()
    used = await panel.choose("language", "Deutsch")
    assert used.response.content == "You need the Manage Server permission here to do that."
    assert panel.setting("language") == "The language of the latest message (default)"


async def test_what_a_menu_does_not_offer_is_refused(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    used = await tavern.forge(panel.who, panel.used.response, "rp:set:channel:language", "Klingon")
    assert used.ephemeral
    assert (
        used.response.content
        == "This panel is from an older version. Open it again with `/dramatis settings`."
    )
    assert panel.setting("language") == "The language of the latest message (default)"
