"""`/help`: what the person who asks can do in the channel they ask in, and nothing that would be refused."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.story.places.rules import ChannelRule
from tests.discord_ui.interactions.commands.panels import TEXT, blocks, choose, labels, parts, pictures
from tests.standins.m2her import M2her
from tests.tavern import MARLOW, Tavern, open_tavern

WHO = "## Talk to Marlow"
BY_NAME = "To get a reply, mention the bot, reply to Marlow or say the name Marlow."
BY_MENTION = "To get a reply, mention the bot or reply to Marlow."
HEARD = "Marlow knows you by your name here. Edit or delete a message, and the story follows."
WRITING = "Write actions in `*asterisks*`, and what isn't part of the story in `((double brackets))`."
DO = "**What you can do**"
STORED = (
    "Messages in this channel are saved on the bot owner's computer until they're deleted here or too old."
)
PARTLY = "Only messages to the persona and its replies are saved here, until they're deleted or too old."
SENT = "For each reply, the latest part of the story is sent to MiniMax, with people's names. Nobody else gets it."
PAUSED = (
    "The bot is paused here. It doesn't answer or save anything. A moderator can "
    "use `/dramatis pause` and press Resume."
)

SAYS = "`/talk` says something to the persona, or continues the story if you leave it empty. To delete what it posts for you, use Remove from story."
ROLLS = "`/roll` rolls dice in front of everyone, for example `2d6+1`."
SHOWS = "`/scene list` and `/scene info` show this channel's scenes."
EXPORTS = f"{SHOWS} `/scene export` gives you one as a file."
PLAYS = "`/myself` lets you play a character that personas know: with a name, pronouns and a description."
REMEMBERS = "`/memory` shows what the story always remembers, and finds what was said."
BEGINS = "`/scene new` starts a new scene, and `/scene resume` continues an earlier one. You can undo both."
RESUMES = "`/scene resume` continues an earlier scene. You can undo it."
USES = "`/usage` shows what you, this channel and the server have used, and how much is left."
OWN = "`/privacy` shows, exports or deletes what is saved about you, and lets you opt out."
UNDOES = "`/undo` takes the last exchange out of the story. You can redo it."
THREAD = "`/scene new` starts your own scene in a thread."
BINDS = (
    "`/persona use` and `/persona clear` change this channel's persona. With `/persona add` and "
    "`/persona remove`, several play."
)
CAST = "`/persona list` and `/persona show` show the personas. `/persona new` and `/persona upload` add one for this server."
ADMINS = "**For admins**"
SETS = [
    "`/lore list` and `/lore test` show the lorebooks, and what they tell. `/lore upload` adds one.",
    "`/dramatis settings` shows the settings and what the bot is missing here.",
    "`/dramatis inspect` shows what the AI model gets.",
    "`/dramatis block` blocks someone from using the bot on this server.",
    "`/dramatis pause` stops the bot on this server.",
]


def example(who: str, called: str = "Marlow") -> list[str]:
    """The exchange with which the answer begins."""
    return [
        f"> **{who}:** *sits down* Good evening, {called}!",
        f"> **Marlow:** *looks up* Good evening, {who}. What brings you here?",
        "",
    ]


async def helped(who: Any, channel: Any) -> list[list[str]]:
    """What is answered, between the lines that part it."""
    used = await who.slash(channel, "help")
    assert used.ephemeral
    return blocks(used)


# --- word for word ----------------------------------------------------------------------------------


async def test_for_a_member_in_a_bound_channel(tavern: Tavern) -> None:
    assert await helped(tavern.people["Alice"], tavern.bound) == [
        [WHO, *example("Alice"), BY_NAME, WRITING, HEARD],
        [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [STORED, SENT],
    ]


async def test_for_a_member_in_a_channel_without_a_persona_of_its_own(tavern: Tavern) -> None:
    assert await helped(tavern.people["Alice"], tavern.elsewhere) == [
        [WHO, *example("Alice", tavern.mention), BY_MENTION, WRITING, HEARD],
        [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [PARTLY, SENT],
    ]


async def test_for_an_admin_in_a_channel_that_the_host_has_fixed(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", administrator=True)
    fixed = f"Only the bot's owner can change the persona here: it's set as `channels.{tavern.bound.id}.persona` in config.yaml."
    assert await helped(ada, tavern.bound) == [
        [WHO, *example("Ada"), BY_NAME, WRITING, HEARD],
        [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [STORED, SENT],
        [ADMINS, fixed, CAST, *SETS],
    ]


async def test_for_an_admin_elsewhere(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_channels=True, manage_guild=True)
    found = await helped(ada, tavern.elsewhere)
    assert (found[1], found[3]) == (
        [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [ADMINS, BINDS, CAST, *SETS],
    )


async def test_for_somebody_with_manage_channels(tavern: Tavern) -> None:
    kay = tavern.staff("Kay", manage_channels=True)
    found = await helped(kay, tavern.elsewhere)
    assert (found[1], found[3]) == (
        [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [ADMINS, BINDS],
    )


async def test_manage_server_alone_does_not_show_persona(tavern: Tavern) -> None:
    gil = tavern.staff("Gil", manage_guild=True)
    found = await helped(gil, tavern.elsewhere)
    assert (found[1], found[3]) == (
        [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [ADMINS, *SETS],
    )


async def test_in_a_scene_that_another_began_a_member_is_offered_a_thread(tavern: Tavern) -> None:
    await tavern.say("Bob", "Good evening.")
    assert (await helped(tavern.people["Alice"], tavern.bound))[1] == [
        DO,
        SAYS,
        ROLLS,
        THREAD,
        EXPORTS,
        PLAYS,
        REMEMBERS,
        USES,
        OWN,
    ]
    for who, more in ((tavern.people["Bob"], []), (tavern.moderator, [["**For moderators**", *SETS[-2:]]])):
        assert (await helped(who, tavern.bound))[1:] == [
            [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
            [STORED, SENT],
            *more,
        ]


async def test_where_no_thread_can_be_opened_none_is_offered(tavern: Tavern) -> None:
    await tavern.say("Bob", "Good evening.")
    thread = tavern.thread(tavern.bound, "cellar")
    await tavern.say("Bob", "Good evening.", thread)
    assert (await helped(tavern.people["Alice"], thread))[1] == [
        DO,
        SAYS,
        ROLLS,
        EXPORTS,
        PLAYS,
        REMEMBERS,
        USES,
        OWN,
    ]


async def test_commands_are_links_once_their_ids_are_known_and_names_before(tavern: Tavern) -> None:
    ids = tavern.bot.services.command_ids  # type: ignore[attr-defined]
    used = await tavern.people["Alice"].slash(tavern.bound, "help")
    texts = "\n".join(part["content"] for part in parts(used) if part["type"] == TEXT)
    assert f"</talk:{ids['talk']}> says" in texts
    assert f"</scene list:{ids['scene']}> and </scene info:{ids['scene']}> show" in texts
    ids.clear()
    used = await tavern.people["Alice"].slash(tavern.bound, "help")
    texts = "\n".join(part["content"] for part in parts(used) if part["type"] == TEXT)
    assert SAYS in texts


async def test_the_persona_is_there_with_its_picture(m2her: M2her, tmp_path: Path) -> None:
    cast = {"marlow": MARLOW + "avatar: https://pictures.example.com/marlow.png\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        used = await tavern.people["Alice"].slash(tavern.bound, "help")
        assert pictures(used) == [("https://pictures.example.com/marlow.png", "Picture of Marlow")]
        assert [part["accent_color"] for part in parts(used) if part["type"] == 17] == [0xC2703D]


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
    found = (await helped(tavern.people["Alice"], tavern.bound))[0]
    called = {"mention": example("Alice", tavern.mention), "always": example("Alice"), "never": []}[respond]
    assert found == [WHO, *called, line, WRITING, HEARD]


@pytest.mark.parametrize(
    ("rights", "line"),
    [
        ("all", "Everyone can start and resume scenes here (`/dramatis settings`)."),
        ("mods", "Only people with Manage Messages can start and resume scenes here (`/dramatis settings`)."),
    ],
)
async def test_an_admin_is_told_who_may_begin_scenes(tavern: Tavern, rights: str, line: str) -> None:
    await choose(tavern, tavern.bound, "channel", story_rights=rights)
    assert (await helped(tavern.people["Ada"], tavern.bound))[-1] == [ADMINS, *SETS, line]
    assert len(await helped(tavern.people["Alice"], tavern.bound)) == 3


async def test_without_the_message_content_intent_it_promises_no_more_than_mentions(
    m2her: M2her, tmp_path: Path
) -> None:
    async with open_tavern(m2her, tmp_path, message_content=False) as tavern:
        for respond in ("name", "always"):
            await choose(tavern, tavern.bound, "channel", respond=respond)
            assert await helped(tavern.people["Alice"], tavern.bound) == [
                [WHO, *example("Alice", tavern.mention), BY_MENTION, WRITING, HEARD],
                [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
                [PARTLY, SENT],
            ]


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
        [WHO, unanswered, line, WRITING, *heard],
        [DO, SAYS, ROLLS, BEGINS, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [PARTLY, SENT],
    ]


async def test_in_a_thread_it_is_the_right_to_write_in_threads_that_counts(tavern: Tavern) -> None:
    for right, line in (
        ("send_messages", BY_MENTION),
        ("send_messages_in_threads", "Marlow doesn't reply to messages here."),
    ):
        without = discord.PermissionOverwrite(**{right: False})
        dock = tavern.guild.create_text_channel("dock", overwrites={tavern.bot.user: without})
        found = (await helped(tavern.people["Alice"], tavern.thread(dock, "hold")))[0]
        assert line in found
        assert ("⚠ Send Messages in Threads: the bot can't reply in threads, but `/talk` works" in found) == (
            right == "send_messages_in_threads"
        )


async def test_while_paused_it_says_so_and_offers_nothing_that_waits_for_an_answer(tavern: Tavern) -> None:
    ada = tavern.staff("Ada", manage_guild=True)
    await ada.slash(tavern.elsewhere, "dramatis pause")
    assert await helped(tavern.people["Alice"], tavern.elsewhere) == [
        [PAUSED],
        [DO, ROLLS, RESUMES, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
    ]
    assert await helped(ada, tavern.elsewhere) == [
        [PAUSED],
        [DO, ROLLS, RESUMES, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN],
        [ADMINS, *SETS],
    ]


async def test_where_no_persona_is_set_it_says_so_and_that_nothing_is_stored(tavern: Tavern) -> None:
    kay = tavern.staff("Kay", manage_channels=True)
    await kay.slash(tavern.elsewhere, "persona clear")
    nobody = (
        "No persona is set for this channel. Someone with Manage Channels can choose one with `/persona use`."
    )
    nothing = "Nothing you write here is saved."
    found = [[nobody], [DO, ROLLS, RESUMES, EXPORTS, PLAYS, REMEMBERS, UNDOES, USES, OWN], [nothing]]
    assert await helped(tavern.people["Alice"], tavern.elsewhere) == found
    assert await helped(kay, tavern.elsewhere) == [*found, [ADMINS, BINDS]]


async def test_a_persona_whose_file_is_gone_is_named(tavern: Tavern) -> None:
    (tavern.personas / "marlow.yaml").unlink()
    await tavern.restart()
    missing = (
        "This channel's persona, `marlow`, can't be loaded: its file is missing or broken. The bot's owner "
        "can fix `marlow.yaml`, and then it answers again."
    )
    assert (await helped(tavern.people["Alice"], tavern.bound))[0] == [missing]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("**Star** `x`", r"\*\*Star\*\* \`x\`"),
        ("<@1234567890123456789>", r"\<@1234567890123456789>"),
        ("[a](b)[c](https://evil.example)", r"\[a](b)\[c](https\://evil.example)"),
        ("# Star", r"\# Star"),
        (":skull: 12:30", r"\:skull: 12:30"),
        ("</talk:1> <t:0> <:a:1>", r"\</talk:1> \<t:0> \<\:a:1>"),
    ],
)
async def test_names_are_no_markup(m2her: M2her, tmp_path: Path, name: str, shown: str) -> None:
    cast = {"marlow": f"name: '{name}'\ndescription: A performer.\n"}
    async with open_tavern(m2her, tmp_path, personas=cast) as tavern:
        guest = tavern.join("guest", nick=name[:32])
        found = (await helped(guest, tavern.bound))[0]
        assert found[0] == f"## Talk to {shown}"
        assert found[2].startswith(f"> **{shown}:** *looks up*")


# --- what it offers is not refused, and what it leaves out is ---------------------------------------

OPTIONS: Mapping[str, dict[str, Any]] = {
    "scene list": {},
    "scene info": {},
    "scene export": {},
    "memory": {},
    "myself": {},
    "usage": {},
    "privacy": {},
    "persona list": {},
    "persona show": {"persona": "isolde"},
    "persona new": {},
    "persona upload": {},
    "dramatis settings": {},
    "dramatis inspect": {},
    "talk": {"text": "Good evening."},
    "roll": {"dice": "2d6"},
    "undo": {},
    "scene resume": {"scene": 1},
    "scene new": {"title": "Anew"},
    "persona use": {"persona": "isolde"},
    "persona add": {"persona": "marlow"},
    "persona remove": {"persona": "marlow"},
    "persona clear": {},
    "lore list": {},
    "lore upload": {"file": ("mole.yaml", b"entries: []\n")},
    "lore test": {"text": "Well?"},
    "dramatis block": {},
    "dramatis pause": {},
}
"""How to try each command, in an order in which none spoils another."""

ADVICE = re.compile("Someone with|A moderator can")
"""What is in a line that says who can do something."""

REFUSALS = (
    "You need the ",
    "Only the person who started",
    "Only people with",
    "No persona is set for this channel. Someone with",
    "The bot is paused here. It doesn't answer or save anything. A moderator can",
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
        tavern.channels[channel.id] = ChannelRule(("marlow",))
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
    if used.modal:
        return False
    if command in {"dramatis inspect", "lore test"}:
        return bool(used.response.content.startswith("You need the "))
    return used.response.content.startswith(REFUSALS) and "Open a thread" not in labels(used)


@pytest.mark.parametrize("kind", PLACES)
@pytest.mark.parametrize("person", PEOPLE)
async def test_it_offers_all_that_is_not_refused_and_nothing_that_is(
    tavern: Tavern, person: str, kind: str
) -> None:
    channel = await place(tavern, kind)
    who = PEOPLE[person](tavern)
    found = await helped(who, channel)
    lines = [line for block in found for line in block if not ADVICE.search(line)]
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
