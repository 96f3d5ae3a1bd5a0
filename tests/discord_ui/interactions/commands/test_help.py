"""`/help`: what the person who asks can do in the channel they ask in, and nothing that would be refused."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.story.casting import ChannelRule
from tests.discord_ui.interactions.commands.panels import choose
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern

WHO = "This channel's persona is **Marlow**."
BY_NAME = "To get a reply, mention the bot, reply to Marlow or say the name Marlow."
BY_MENTION = "To get a reply, mention the bot or reply to Marlow."
HEARD = (
    "Everyone is in the story under their own name. If you edit or delete a message, the story changes too."
)
DO = "**What you can do**"
STORED = "Messages in this channel are saved on the bot owner's computer until they are deleted here."
PARTLY = "Only messages to the persona and its replies are saved here, until they are deleted here."
SENT = "For each reply, the latest part of the story is sent to MiniMax, with people's names. Nobody else gets it."
PAUSED = (
    "The bot is paused on this server. It doesn't answer or save anything. Someone with Manage Server can "
    "use `/dramatis pause` and press Resume."
)

SAYS = "`/talk` says something to the persona, or continues the story if you leave it empty. Only moderators can delete what it posts."
SHOWS = "`/scene list` and `/scene info` show this channel's stories."
BEGINS = "`/scene new` starts a new scene. You can undo it."
RESUMES = "`/scene resume` continues an earlier scene. You can undo it."
THREAD = "`/scene new` starts your own scene in a thread."
BINDS = "`/persona use` and `/persona clear` change this channel's persona."
CAST = "`/persona list` and `/persona show` show the personas."
SETS = (
    "`/dramatis settings` shows the settings and what the bot is missing here. `/dramatis inspect` shows "
    "what the AI model gets. `/dramatis pause` stops the bot."
)


async def helped(who: Any, channel: Any) -> list[str]:
    used = await who.slash(channel, "help")
    assert used.ephemeral
    return list(used.response.content.splitlines())


# --- word for word ----------------------------------------------------------------------------------


async def test_for_a_member_in_a_bound_channel(tavern: Tavern) -> None:
    assert await helped(tavern.people["Alice"], tavern.bound) == [
        WHO, BY_NAME, HEARD, "", DO, SAYS, SHOWS, BEGINS, RESUMES, "", STORED, SENT,
    ]  # fmt: skip


async def test_for_a_member_in_a_channel_without_a_persona_of_its_own(tavern: Tavern) -> None:
    assert await helped(tavern.people["Alice"], tavern.elsewhere) == [
        WHO, BY_MENTION, HEARD, "", DO, SAYS, SHOWS, BEGINS, RESUMES, "", PARTLY, SENT,
    ]  # fmt: skip


async def test_for_an_admin_in_a_channel_that_the_host_has_fixed(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", administrator=True)
    fixed = f"Only the bot's owner can change the persona here: it's set as `channels.{tavern.bound.id}.persona` in config.yaml."
    assert await helped(ada, tavern.bound) == [
        WHO, BY_NAME, HEARD, "", DO, SAYS, SHOWS, BEGINS, RESUMES, fixed, CAST, SETS, "", STORED, SENT,
    ]  # fmt: skip


async def test_for_an_admin_elsewhere(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
    assert (await helped(ada, tavern.elsewhere))[5:-3] == [SAYS, SHOWS, BEGINS, RESUMES, BINDS, CAST, SETS]


async def test_for_somebody_with_manage_channels(tavern: Tavern) -> None:
    kay = tavern.staff("Kay", manage_channels=True)
    assert (await helped(kay, tavern.elsewhere))[5:-3] == [SAYS, SHOWS, BEGINS, RESUMES, BINDS]


async def test_manage_server_alone_does_not_show_persona(tavern: Tavern) -> None:
    gil = tavern.staff("Gil", manage_guild=True)
    assert (await helped(gil, tavern.elsewhere))[5:-3] == [SAYS, SHOWS, BEGINS, RESUMES, SETS]


async def test_in_a_scene_that_another_began_a_member_is_offered_a_thread(tavern: Tavern) -> None:
    await tavern.say("Bob", "Good evening.")
    assert (await helped(tavern.people["Alice"], tavern.bound))[5:-3] == [SAYS, SHOWS, THREAD]
    for who in (tavern.people["Bob"], tavern.moderator):
        assert (await helped(who, tavern.bound))[5:-3] == [SAYS, SHOWS, BEGINS, RESUMES]


async def test_where_no_thread_can_be_opened_none_is_offered(tavern: Tavern) -> None:
    await tavern.say("Bob", "Good evening.")
    thread = tavern.thread(tavern.bound, "cellar")
    await tavern.say("Bob", "Good evening.", thread)
    assert (await helped(tavern.people["Alice"], thread))[5:-3] == [SAYS, SHOWS]


@pytest.mark.parametrize(
    ("respond", "line"),
    [
        ("mention", BY_MENTION),
        ("always", "Marlow replies to every message."),
        ("never", "Marlow doesn't reply to messages here."),
    ],
)
async def test_what_gets_an_answer_follows_the_setting(tavern: Tavern, respond: str, line: str) -> None:
    await choose(tavern, tavern.bound, "channel", respond=respond)
    assert (await helped(tavern.people["Alice"], tavern.bound))[:3] == [WHO, line, HEARD]


@pytest.mark.parametrize(
    ("rights", "line"),
    [
        ("all", "Everyone can start and resume scenes here (`/dramatis settings`)."),
        ("mods", "Only moderators can start and resume scenes here (`/dramatis settings`)."),
    ],
)
async def test_an_admin_is_told_who_may_begin_scenes(tavern: Tavern, rights: str, line: str) -> None:
    await choose(tavern, tavern.bound, "channel", story_rights=rights)
    assert line in await helped(tavern.people["Ada"], tavern.bound)
    assert line not in await helped(tavern.people["Alice"], tavern.bound)


async def test_without_the_message_content_intent_it_promises_no_more_than_mentions(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, message_content=False) as tavern:
        for respond in ("name", "always"):
            await choose(tavern, tavern.bound, "channel", respond=respond)
            assert await helped(tavern.people["Alice"], tavern.bound) == [
                WHO, BY_MENTION, HEARD, "", DO, SAYS, SHOWS, BEGINS, RESUMES, "", PARTLY, SENT,
            ]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "line", "heard"),
    [
        ("view_channel", "⚠ View Channel: the bot can't read messages here, but `/talk` works", []),
        ("send_messages", "⚠ Send Messages: the bot can't reply here, but `/talk` works", [HEARD]),
    ],
)
async def test_where_the_bot_cannot_answer_it_promises_nothing_and_says_what_is_missing(
    tavern: Tavern, right: str, line: str, heard: list[str]
) -> None:
    without = discord.PermissionOverwrite(**{right: False})
    dock = tavern.guild.create_text_channel("dock", overwrites={tavern.bot.user: without})
    unanswered = "Marlow doesn't reply to messages here."
    assert await helped(tavern.people["Alice"], dock) == [
        WHO, unanswered, line, *heard, "", DO, SAYS, SHOWS, BEGINS, RESUMES, "", PARTLY, SENT,
    ]  # fmt: skip


async def test_in_a_thread_it_is_the_right_to_write_in_threads_that_counts(tavern: Tavern) -> None:
    for right, line in (
        ("send_messages", BY_MENTION),
        ("send_messages_in_threads", "Marlow doesn't reply to messages here."),
    ):
        without = discord.PermissionOverwrite(**{right: False})
        dock = tavern.guild.create_text_channel("dock", overwrites={tavern.bot.user: without})
        found = await helped(tavern.people["Alice"], tavern.thread(dock, "hold"))
        assert found[1] == line
        assert ("⚠ Send Messages in Threads: the bot can't reply in threads, but `/talk` works" in found) == (
            right == "send_messages_in_threads"
        )


async def test_while_paused_it_says_so_and_offers_nothing_that_waits_for_an_answer(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    await ada.slash(tavern.elsewhere, "dramatis pause")
    assert await helped(tavern.people["Alice"], tavern.elsewhere) == [PAUSED, "", DO, SHOWS, RESUMES]
    assert await helped(ada, tavern.elsewhere) == [PAUSED, "", DO, SHOWS, RESUMES, SETS]


async def test_where_no_persona_is_set_it_says_so_and_that_nothing_is_stored(tavern: Tavern) -> None:
    kay = tavern.staff("Kay", manage_channels=True)
    await kay.slash(tavern.elsewhere, "persona clear")
    nobody = (
        "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
    )
    nothing = "Nothing you write here is saved."
    assert await helped(tavern.people["Alice"], tavern.elsewhere) == [
        nobody, "", DO, SHOWS, RESUMES, "", nothing,
    ]  # fmt: skip
    assert await helped(kay, tavern.elsewhere) == [nobody, "", DO, SHOWS, RESUMES, BINDS, "", nothing]


async def test_a_persona_whose_file_is_gone_is_named(tavern: Tavern) -> None:
    (tavern.personas / "marlow.yaml").unlink()
    await tavern.restart()
    assert (await helped(tavern.people["Alice"], tavern.bound))[0] == (
        "This channel's persona, `marlow`, can't be loaded: its file is missing or broken. The bot's owner "
        "can fix `marlow.yaml`, and then it answers again."
    )


async def test_a_name_is_no_markup(m2her: M2her, tmp_path: Path) -> None:
    cast = {"marlow": "name: '**Star** `x`'\ndescription: A performer.\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        shown = await helped(tavern.people["Alice"], tavern.bound)
        assert shown[0] == r"This channel's persona is **\*\*Star\*\* \`x\`**."


# --- what it offers is not refused, and what it leaves out is ---------------------------------------

OPTIONS: Mapping[str, dict[str, Any]] = {
    "scene list": {},
    "scene info": {},
    "persona list": {},
    "persona show": {"persona": "isolde"},
    "dramatis settings": {},
    "dramatis inspect": {},
    "talk": {"text": "Good evening."},
    "scene resume": {"scene": 1},
    "scene new": {"title": "Anew"},
    "persona use": {"persona": "isolde"},
    "persona clear": {},
    "dramatis pause": {},
}
"""How to try each command, in an order in which none spoils another."""

REFUSALS = (
    "You need the ",
    "Only the person who started",
    "Only people with",
    "No persona is set for this channel. Someone with",
    "The bot is paused on this server. It doesn't answer or save anything. Someone with",
    "Only the bot's owner can change the persona here",
)

PEOPLE: Mapping[str, Callable[[Tavern], Any]] = {
    "member": lambda tavern: tavern.people["Alice"],
    "starter": lambda tavern: tavern.people["Bob"],
    "moderator": lambda tavern: tavern.moderator,
    "manage channels": lambda tavern: tavern.staff("Kay", manage_channels=True),
    "manage server": lambda tavern: tavern.staff("Gil", manage_guild=True),
    "admin": lambda tavern: tavern.staff("Ada", manage_channels=True, manage_guild=True),
    "administrator": lambda tavern: tavern.staff("Root", administrator=True),
    "owner": lambda tavern: tavern.owner,
}

PLACES = ("fixed", "elsewhere", "given", "cleared", "paused", "thread", "silent")


async def place(tavern: Tavern, kind: str) -> Any:
    """Open a channel of a kind, where Bob has started a scene."""
    boss = tavern.staff("Boss", administrator=True)
    if kind == "silent":
        hush = discord.PermissionOverwrite(send_messages=False)
        channel = tavern.guild.create_text_channel("hush", overwrites={tavern.guild.default_role: hush})
        await boss.slash(channel, "talk", text="Hush.")
        return channel
    channel = tavern.guild.create_text_channel("inn")
    if kind == "fixed":
        tavern.channels[channel.id] = ChannelRule("marlow")
    if kind == "given":
        await boss.slash(channel, "persona use", persona="marlow")
    if kind == "thread":
        channel = tavern.thread(channel, "cellar")
    await tavern.say("Bob", f"{tavern.mention} good evening!", channel)
    if kind == "cleared":
        await boss.slash(channel, "persona clear")
    if kind == "paused":
        await boss.slash(channel, "dramatis pause")
    return channel


def refused(command: str, used: Any) -> bool:
    """Whether somebody may not do what they asked for; a thread that is offered instead is something."""
    if command == "dramatis inspect":
        return bool(used.response.content.startswith("You need the "))
    buttons = [part.get("label") for row in used.response.components for part in row["components"]]
    return used.response.content.startswith(REFUSALS) and "Open a thread" not in buttons


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("person", PEOPLE)
async def test_it_offers_all_that_is_not_refused_and_nothing_that_is(
    tavern: Tavern, person: str, kind: str
) -> None:
    channel = await place(tavern, kind)
    who = PEOPLE[person](tavern)
    lines = [line for line in await helped(who, channel) if "Someone with" not in line]
    offered = set(re.findall(r"`/([a-z ]+)`", "\n".join(lines)))
    shown = set(who.available_commands(channel)) - {"help"}
    assert offered <= shown
    assert shown <= set(OPTIONS)
    for command in sorted(shown, key=list(OPTIONS).index):
        if command not in offered:
            used = await who.slash(channel, command, **OPTIONS[command])
            assert used.ephemeral
            assert refused(command, used), command
    for command in sorted(offered, key=list(OPTIONS).index):
        used = await who.slash(channel, command, **OPTIONS[command])
        assert not refused(command, used), command
