"""`/dramatis settings`: the panel tells what counts and from where, and what is set there is what the bot does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.core.routing import Respond
from bot.core.settings import Face, Language, Settings, StoryRights, Stream
from bot.story.casting import ChannelRule
from tests.discord_ui.interactions.commands.panels import (
    BACK,
    INHERIT,
    MORE,
    NOBODY,
    Panel,
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
    """What the persona is told last, after the rule about notes: the language, when somebody mentions it."""
    await tavern.say("Alice", f"{tavern.mention} well?", channel)
    return tavern.prompt[0][2].rpartition(" Never answer it or write one. ")[2]


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
    await panel.leaf(MORE)
    offered |= {menu.rpartition(":")[2]: panel.offered(menu.rpartition(":")[2]) for menu in panel.menus}
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
        "A message without words changes no language."
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
        assert tavern.prompt[0][2].endswith(" Write in Deutsch, whatever language the others use.")


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("value", STEERING)
async def test_scenes_says_who_may_take_one_up_again(tavern: Tavern, scope: str, value: str) -> None:
    await tavern.say("Bob", "Good evening.")
    assert tavern.moderator.name
    await choose(tavern, tavern.bound, scope, story_rights=value)
    allowed = set()
    for name in ("Alice", "Bob", "Moderator"):
        used = await tavern.people[name].slash(tavern.bound, "scene resume", scene=1)
        if used.response.content == "That scene is already playing.":
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
**Isolde** is now this channel's persona. To get a reply, mention the bot, reply to Isolde or say the name.
-# Messages in this channel are saved, so that Isolde remembers them. For each reply, the latest ones are sent to \
MiniMax. Use `/help` to learn more."""
    ]


async def test_nobody_and_a_persona_for_the_server_announce_nothing(tavern: Tavern) -> None:
    await choose(tavern, tavern.elsewhere, "channel", persona=NOBODY)
    await choose(tavern, tavern.elsewhere, "server", persona="isolde")
    await choose(tavern, tavern.elsewhere, "channel", persona=INHERIT)
    assert tavern.posts(tavern.elsewhere) == []


# --- which value counts ---------------------------------------------------------------------------


def panel_says(panel: Panel, source: str) -> None:
    assert panel.line("Language:").endswith(f"({source})")


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
        assert panel.line("Language:") == "Language: Italiano (set for this thread)"

        # And back, one by one.
        await panel.choose("language", INHERIT)
        assert await language() == "Français"
        assert panel.line("Language:") == "Language: Français (set for this thread's channel)"
        await choose(tavern, tavern.elsewhere, "channel", language=INHERIT)
        assert await language() == "Deutsch"
        assert (await open_panel(panel.who, thread)).line(
            "Language:"
        ) == "Language: Deutsch (set for the server)"
        await choose(tavern, tavern.elsewhere, "server", language=INHERIT)
        assert await language() == "Polski"
        panel = await open_panel(panel.who, thread)
        assert panel.line("Language:") == "Language: Polski (default)"


async def test_the_hosts_defaults_count_where_nobody_has_set_anything(m2her: M2her, tmp_path: Path) -> None:
    defaults = Settings(Respond.ALWAYS, Language.POLISH, StoryRights.MODS, Face.BOT, Stream.OFF)
    async with open_tavern(m2her, tmp_path, rules=replace(RULES, defaults=defaults)) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        panel = await open_panel(ada, tavern.bound)
        assert panel.text[2:7] == [
            "Answers to: every message (default)",
            "Language: Polski (default)",
            "Scenes: controlled by moderators only (default)",
            "Name and picture: the bot's (default)",
            "Replies: when they are finished (default)",
        ]
        assert await answered(tavern, tavern.bound) == ANSWERED["always"]


async def test_a_thread_and_its_channel_can_have_different_personas(tavern: Tavern) -> None:
    thread = tavern.thread(tavern.elsewhere, "cellar")
    await choose(tavern, tavern.elsewhere, "channel", persona="isolde")
    panel = await choose(tavern, thread, "channel")
    assert panel.line("Persona:") == "Persona: **Isolde** (set for this thread's channel)"
    assert panel.chosen("persona") == [INHERIT]
    assert panel.labels("persona")[0] == "Persona: same as the channel"
    await panel.choose("persona", "marlow")
    assert panel.line("Persona:") == "Persona: **Marlow** (set for this thread)"
    assert panel.chosen("persona") == ["marlow"]
    assert (await answerer(tavern, thread), await answerer(tavern, tavern.elsewhere)) == ("Marlow", "Isolde")
    await panel.choose("persona", INHERIT)
    assert await answerer(tavern, thread) == "Isolde"


async def test_values_survive_a_restart(tavern: Tavern) -> None:
    await choose(tavern, tavern.bound, "channel", language="Deutsch", story_rights="mods", respond="mention")
    await choose(tavern, tavern.bound, "server", persona="isolde", language="Polski")
    await tavern.restart()
    panel = await open_panel(tavern.people["Ada"], tavern.bound)
    assert panel.text[2:5] == [
        "Answers to: mentions and replies (set for this channel)",
        "Language: Deutsch (set for this channel)",
        "Scenes: controlled by moderators only (set for this channel)",
    ]
    assert await rules_told(tavern, tavern.bound) == ("Write in Deutsch, whatever language the others use.")
    assert await answerer(tavern, tavern.elsewhere) == "Isolde"


async def test_a_panel_that_was_open_before_a_restart_still_works(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    await tavern.restart()
    await panel.choose("language", "Deutsch")
    assert panel.line("Language:") == "Language: Deutsch (set for this channel)"
    await panel.turn()
    assert panel.text[0] == "**Settings for this server**, used in channels without their own"


# --- its pages ------------------------------------------------------------------------------------


async def test_the_panel_has_two_pages_and_each_leads_to_the_other_and_to_the_other_scope(
    tavern: Tavern,
) -> None:
    def keys() -> list[str]:
        return [menu.removeprefix("rp:set:") for menu in panel.menus]

    first, second = ["persona", "respond", "language", "story_rights"], ["face", "stream"]
    panel = await open_panel(tavern.staff("Ada", manage_guild=True), tavern.elsewhere)
    assert keys() == [f"channel:{key}" for key in first]
    await panel.leaf(MORE)
    assert keys() == [f"channel:{key}" for key in second]
    await panel.turn()
    assert keys() == [f"server:{key}" for key in second]
    await panel.leaf(BACK)
    assert keys() == [f"server:{key}" for key in first]
    await panel.turn()
    assert keys() == [f"channel:{key}" for key in first]


async def test_a_choice_on_the_second_page_stays_there_and_is_kept(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel", stream="calm", face="webhook")
    assert [menu.rpartition(":")[2] for menu in panel.menus] == ["face", "stream"]
    assert (panel.chosen("stream"), panel.chosen("face")) == (["calm"], ["webhook"])
    await tavern.restart()
    await panel.turn()
    assert panel.line("Name and picture:") == "Name and picture: the bot's (default)"
    await panel.choose("stream", "off")
    assert panel.line("Replies:") == "Replies: when they are finished (set for the server)"
    await panel.turn()
    assert panel.text[5:7] == [
        "Name and picture: the persona's own (set for this channel)",
        "Replies: at once if ready within two seconds, otherwise live (set for this channel)",
    ]


async def press_old(tavern: Tavern, panel: Panel, custom_id: str) -> Any:
    """Press a button as another version of the bot would have left it under the panel."""
    message = panel.used.response
    stored = tavern.env.backend.get_message(message.channel_id, message.id)
    stored.components[-1]["components"][0]["custom_id"] = custom_id
    return await tavern.forge(panel.who, message, custom_id)


@pytest.mark.parametrize("scope", SCOPES)
async def test_a_button_from_before_there_were_pages_leads_to_the_first(tavern: Tavern, scope: str) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    await panel.leaf(MORE)
    await press_old(tavern, panel, f"rp:panel:{scope}")
    assert next(iter(panel.menus)) == f"rp:set:{scope}:persona"
    assert len(panel.menus) == 4


@pytest.mark.parametrize("page", ["0", "3", "17"])
async def test_a_page_that_another_version_had_is_refused(tavern: Tavern, page: str) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    before = panel.text
    used = await press_old(tavern, panel, f"rp:panel:channel:{page}")
    assert (used.ephemeral, used.response.content) == (
        True,
        "This panel is from an older version. Open it again with `/dramatis settings`.",
    )
    assert panel.text == before


# --- what the panel says --------------------------------------------------------------------------


async def test_the_panel_of_a_channel_word_for_word(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, tavern.elsewhere)
    assert panel.used.ephemeral
    assert panel.text == [
        f"**Settings for <#{tavern.elsewhere.id}>**",
        "Persona: **Marlow** (default)",
        "Answers to: mentions, replies and its name (default)",
        "Language: same as the latest message (default)",
        "Scenes: controlled by the person who started them, and moderators (default)",
        "Name and picture: the bot's (default)",
        "Replies: live, while they are written (default)",
        "The bot only reads and saves messages to the persona here: mentions, replies and `/talk`.",
        "The bot has every permission it needs here.",
    ]
    assert panel.labels("persona") == [
        "Persona: same as the server",
        "Persona: none",
        "Persona: Marlow",
        "Persona: Isolde",
    ]
    assert panel.labels("respond") == [
        "Answers to: same as the server",
        "Answers to: mentions and replies",
        "Answers to: mentions, replies and its name",
        "Answers to: every message",
        "Answers to: only /talk",
    ]
    assert [panel.chosen(key) for key in ("persona", "respond", "language", "story_rights")] == [
        [INHERIT]
    ] * 4
    before = panel.text
    await panel.leaf(MORE)
    assert panel.text == before
    assert panel.labels("face") == [
        "Name and picture: same as the server",
        "Name and picture: the persona's own",
        "Name and picture: the bot's",
    ]
    assert panel.labels("stream") == [
        "Replies: same as the server",
        "Replies: live, while they are written",
        "Replies: at once if ready within two seconds, otherwise live",
        "Replies: when they are finished",
    ]
    assert [panel.chosen(key) for key in ("face", "stream")] == [[INHERIT]] * 2


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
    assert panel.text == [
        "**Settings for this server**, used in channels without their own",
        "Persona: **Isolde** (set for the server)",
        "Answers to: mentions, replies and its name (default)",
        "Language: Deutsch (set for the server)",
        "Scenes: controlled by the person who started them, and moderators (default)",
        "Name and picture: the bot's (default)",
        "Replies: live, while they are written (default)",
        "The bot has every permission it needs here.",
    ]
    assert panel.labels("persona")[0] == "Persona: default"
    assert panel.labels("respond")[0] == "Answers to: default"
    assert [panel.chosen(key) for key in ("persona", "language", "respond")] == [
        ["isolde"],
        ["Deutsch"],
        [INHERIT],
    ]


@pytest.mark.parametrize(
    ("scope", "line"),
    [
        ("channel", "Persona: none (set for this channel)"),
        ("category", "Persona: none (set for the category)"),
        ("server", "Persona: none (set for the server)"),
    ],
)
async def test_the_panel_says_where_nobody_was_chosen(tavern: Tavern, scope: str, line: str) -> None:
    inn = tavern.guild.create_text_channel("inn", category=tavern.guild.create_category("Harbour"))
    ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
    await ada.slash(inn, "persona clear", where=scope)
    panel = await open_panel(ada, inn)
    assert panel.line("Persona:") == line
    assert panel.chosen("persona") == [NOBODY if scope == "channel" else INHERIT]


async def test_the_panel_names_the_category_and_a_scenes_own_persona(tavern: Tavern) -> None:
    inn = tavern.guild.create_text_channel("inn", category=tavern.guild.create_category("Harbour"))
    ada = tavern.staff("Ada", manage_guild=True, manage_channels=True)
    await ada.slash(inn, "persona use", persona="isolde", where="category")
    assert (await open_panel(ada, inn)).line("Persona:") == "Persona: **Isolde** (set for the category)"
    await ada.slash(inn, "scene new", persona="marlow")
    assert (await open_panel(ada, inn)).line("Persona:") == "Persona: **Marlow** (set for this scene)"


async def test_as_on_the_whole_server_takes_a_running_scene_from_its_own_persona_too(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel", persona="marlow")
    await panel.who.slash(tavern.elsewhere, "scene new", persona="isolde")
    panel = await choose(tavern, tavern.elsewhere, "channel")
    assert panel.line("Persona:") == "Persona: **Isolde** (set for this scene)"
    assert panel.chosen("persona") == ["marlow"]
    await panel.choose("persona", INHERIT)
    assert panel.line("Persona:") == "Persona: **Marlow** (default)"
    assert await answerer(tavern, tavern.elsewhere) == "Marlow"


async def test_a_bound_channel_says_that_it_is_stored_whole(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, tavern.bound)
    assert panel.text[7] == "All messages here are saved."


async def test_a_paused_server_says_so(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    await ada.slash(tavern.bound, "dramatis pause")
    assert (
        "⏸ Paused. Use `/dramatis pause` and press Resume to continue."
        in (await open_panel(ada, tavern.bound)).text
    )


# --- what the host has fixed ----------------------------------------------------------------------


async def test_what_the_host_fixes_is_shown_with_its_key_and_cannot_be_chosen(tavern: Tavern) -> None:
    tavern.channels[tavern.bound.id] = ChannelRule("marlow", Respond.ALWAYS, stream=Stream.CALM)
    ada = tavern.staff("Ada", manage_guild=True)
    for place in (tavern.bound, tavern.thread(tavern.bound, "cellar")):
        panel = await open_panel(ada, place)
        key = f"channels.{tavern.bound.id}"
        assert panel.line("Persona:") == f"Persona: **Marlow** (set by the bot's owner: `{key}.persona`)"
        assert (
            panel.line("Answers to:")
            == f"Answers to: every message (set by the bot's owner: `{key}.respond`)"
        )
        disabled = {menu.rpartition(":")[2]: menu_["disabled"] for menu, menu_ in panel.menus.items()}
        assert disabled == {"persona": True, "respond": True, "language": False, "story_rights": False}
        assert panel.line("Replies:") == (
            "Replies: at once if ready within two seconds, otherwise live (set by the bot's owner: "
            f"`{key}.stream`)"
        )
        await panel.leaf(MORE)
        disabled = {menu.rpartition(":")[2]: menu_["disabled"] for menu, menu_ in panel.menus.items()}
        assert disabled == {"face": False, "stream": True}
        for _ in range(2):
            await panel.turn() if panel.scope == "channel" else await panel.leaf(BACK)
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
    tavern.channels[tavern.elsewhere.id] = ChannelRule("marlow", Respond.ALWAYS)
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
    tavern.channels[tavern.elsewhere.id] = ChannelRule("marlow", respond)
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
        assert "The menu shows 23 of 41 personas. Use `/persona use` for the others." in panel.text
        await panel.choose("persona", "p05")
        assert panel.line("Persona:") == "Persona: **Persona 5** (set for this channel)"


async def test_a_menu_that_holds_all_personas_says_nothing_of_others(m2her: M2her, tmp_path: Path) -> None:
    async with open_tavern(m2her, tmp_path, personas={"marlow": MARLOW, **crowd(22)}) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        panel = await open_panel(ada, tavern.elsewhere)
        assert len(panel.offered("persona")) == 25
        assert not any(line.startswith("The menu shows") for line in panel.text)


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
        assert (
            panel.line("Persona:")
            == "Persona: **`isolde`, whose file can't be loaded** (set for this channel)"
        )
        await panel.choose("persona", INHERIT)
        assert await answerer(tavern, tavern.elsewhere) == "Marlow"


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
    "read_message_history": "⚠ Read Message History: the bot's replies don't show which message they answer",
    "create_public_threads": "⚠ Create Public Threads: `/scene new` can't offer a thread",
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
    assert panel.text[8:] == ["**What the bot is missing here**", *(COSTS[right] for right in rights)]


async def test_a_channel_the_bot_cannot_see_says_so(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    panel = await open_panel(ada, without(tavern, "view_channel"))
    assert COSTS["view_channel"] in panel.text


async def test_in_a_thread_only_what_counts_there_is_missing(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    dock = without(tavern, "send_messages", "create_public_threads")
    panel = await open_panel(ada, tavern.thread(dock, "hold"))
    assert panel.text[-1] == "The bot has every permission it needs here."


async def test_without_the_message_content_intent_the_panel_says_what_that_costs(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, message_content=False) as tavern:
        ada = tavern.staff("Ada", manage_guild=True)
        panel = await open_panel(ada, tavern.bound)
        assert panel.text[7:] == [
            "The bot only reads and saves messages to the persona here: mentions, replies and `/talk`.",
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
    used = await tavern.forge(tavern.people["Alice"], panel.used.response, "rp:panel:server:1")
    assert used.ephemeral
    assert used.response.content == "You need the Manage Server permission here to do that."
    assert panel.text == before


async def test_an_admin_who_has_been_demoted_since_cannot_use_the_panel_that_is_open(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    tavern.env.backend.get_guild(tavern.guild.id).members[panel.who.id].role_ids.clear()
    used = await panel.choose("language", "Deutsch")
    assert used.response.content == "You need the Manage Server permission here to do that."
    assert panel.line("Language:") == "Language: same as the latest message (default)"


async def test_what_a_menu_does_not_offer_is_refused(tavern: Tavern) -> None:
    panel = await choose(tavern, tavern.elsewhere, "channel")
    used = await tavern.forge(panel.who, panel.used.response, "rp:set:channel:language", "Klingon")
    assert used.ephemeral
    assert (
        used.response.content
        == "This panel is from an older version. Open it again with `/dramatis settings`."
    )
    assert panel.line("Language:") == "Language: same as the latest message (default)"
