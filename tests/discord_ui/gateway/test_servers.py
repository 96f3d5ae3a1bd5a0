"""Strangers' servers: who is served, what is said elsewhere, and what the host is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import now
from bot.core.budgets.charges import Charge
from bot.core.completion import Usage
from bot.core.servers import Audience, ServerRule
from bot.discord_ui import servers
from bot.discord_ui.interactions.controls import CONTROLS
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.personas.lorebooks import LoreLibrary
from bot.personas.shelf import OwnText
from bot.storage.costs import Costs, Spent
from bot.storage.scenes import Scenes
from bot.story.places.notices import RECORDING
from bot.story.places.rules import ChannelRule
from tests.standins.discord_wire import Channel, Interaction, Message, User
from tests.standins.m2her import M2her
from tests.tavern import MARLOW
from tests.wired import Wired, until, wire, words

LINE = "This bot isn't set up for this server. The bot's owner can find out in its log how to allow it."
NOT_CHECKED = "Discord didn't tell the bot whether it may be used on this server. Try again in a minute."
MEMBERS = "/guilds/*/members/*"


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


@pytest.fixture
def mallory(wired: Wired) -> User:
    """Somebody who adds the bot to a server of their own."""
    wired.people["Mallory"] = wired.world.add_member("Mallory", wired.world.add_guild("elsewhere"))
    return wired.people["Mallory"]


@pytest.fixture
async def den(wired: Wired, mallory: User) -> Channel:
    """A channel on Mallory's server, which knows already what is stored."""
    den = wired.world.add_channel("den", wired.world.add_guild("The Den", mallory))
    await Scenes(wired.database).told(den.id, RECORDING, "", now())
    return den


def allow(wired: Wired, rule: ServerRule) -> None:
    """Let the host change `discord.servers` while the bot runs."""
    casting = wired.clients[-1].services.story.casting
    casting.rules = replace(casting.rules, servers=rule)


ALL, OWNER = ServerRule(Audience.ALL), ServerRule()


async def stored(wired: Wired) -> list[str]:
    return [row["text"] for row in await wired.database.read("SELECT text FROM turn ORDER BY id")]


def said_in(log: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [record.getMessage() for record in log.records if words in record.getMessage()]


# --- what each of them costs ---------------------------------------------------------------------------


async def test_the_owner_alone_reads_what_each_server_spent_where_the_reports_are(
    wired: Wired, den: Channel
) -> None:
    costs, (bound, host, bob) = Costs(wired.database), (wired.bound, wired.world.host, wired.person("Bob"))
    for guild_id, cents in ((bound.guild.id, 5), (den.guild.id, 200), (4711, 1)):
        charge = Charge(user_id=bob.id, guild_id=guild_id)
        spent = Spent(Usage(1000, 0, 1000), "M2-her", now(), microdollars=cents * 10_000, charge=charge)
        await costs.spend_apart(spent)
    await wired.start()

    async def read(who: User) -> list[str]:
        used = wired.world.interactions.command(who, bound, "usage")
        told = words(await wired.answers(used)).partition("**All servers this month**")[2]
        return [line for line in told.splitlines() if " today " in line]

    assert await read(host) == []  # nobody has said that this is the owner's server
    wired.admins = bound
    assert await read(bob) == []
    assert await read(host) == [
        "1. The Den · today $2.00 (1,000 tokens) · this month $2.00 (1,000 tokens)",
        f"2. {bound.guild.name} · today $0.05 (1,000 tokens) · this month $0.05 (1,000 tokens)",
        "3. 4711 · today $0.01 (1,000 tokens) · this month $0.01 (1,000 tokens)",
    ]
    assert not await wired.clients[-1].services.servers.tells_host(bob.id, None)
    assert await wired.clients[-1].services.servers.tells_host(host.id, None)


# --- messages -----------------------------------------------------------------------------------------


async def test_a_strangers_server_gets_one_line_for_ever_and_then_nothing(
    wired: Wired, den: Channel, caplog: pytest.LogCaptureFixture, m2her: M2her
) -> None:
    await wired.start()
    wired.say("Mallory", "Foul weather.", den)
    await wired.quiet()
    assert wired.posts(den) == []
    for text in ("hello?", "HELLO?"):
        wired.ask(text, "Mallory", den)
    await wired.shows(LINE, channel=den)
    await wired.end()
    await wired.start()
    wired.ask("still there?", "Mallory", den)
    other = wired.world.add_channel("cellar", den.guild)
    wired.ask("and here?", "Mallory", other)
    thread = wired.world.create_thread("hole", den)
    wired.ask("and here?", "Mallory", thread)
    await wired.quiet()
    assert (wired.posts(den), wired.posts(other), wired.posts(thread)) == ([LINE], [], [])
    assert m2her.requests == []
    assert await stored(wired) == []
    said = (
        f"the bot doesn't answer on the server 'The Den' ({den.guild.id}), because its owner isn't there. To allow it, add "
        f"{den.guild.id} to discord.servers, or set that to all. This is reported once per server."
    )
    assert said_in(caplog, "doesn't answer") == [said, said]  # once each start


async def test_the_line_is_still_due_where_it_could_not_be_posted(wired: Wired, den: Channel) -> None:
    await wired.start()
    wired.world.faults.answer("POST", f"/channels/{den.id}/messages", 403)
    wired.ask("hello?", "Mallory", den)
    await wired.quiet()
    assert wired.posts(den) == []
    wired.ask("hello?", "Mallory", den)
    await wired.shows(LINE, channel=den)


async def test_a_servers_name_cannot_pass_for_another_line_of_the_log(
    wired: Wired, mallory: User, caplog: pytest.LogCaptureFixture
) -> None:
    await wired.start()
    guild = wired.world.add_guild("x\n2026 ERROR paid\u202e\x1b[31m `*", mallory)
    wired.ask("hello?", "Mallory", wired.world.add_channel("den", guild))
    await wired.quiet()
    (line,) = said_in(caplog, "doesn't answer")
    assert r"the server 'x\n2026 ERROR paid\u202e\x1b[31m `*' (" in line


async def test_replies_names_and_edits_there_are_not_heard_either(
    wired: Wired, den: Channel, m2her: M2her
) -> None:
    await wired.start()
    first = wired.ask("hello?", "Mallory", den)
    await wired.shows(LINE, channel=den)
    wired.say("Mallory", "Marlow?", den, reply_to=wired.last_post(den))
    wired.say("Mallory", f"{den.guild.bot_role.mention} Marlow?", den)
    wired.world.edit(wired.say("Mallory", "well", den), f"{wired.mention} well?")
    wired.world.edit(first, f"{wired.mention} hello there?")
    wired.world.delete(first)
    await wired.quiet()
    assert (wired.posts(den), m2her.requests, await stored(wired)) == ([LINE], [], [])


# --- who is served ------------------------------------------------------------------------------------


async def is_served(wired: Wired, m2her: M2her, channel: Channel) -> bool:
    """Let Mallory ask; say whether a persona answered."""
    before = len(wired.posts(channel))
    m2her.say("Aye.")
    wired.ask("hello?", "Mallory", channel)
    await wired.world.wait_for(lambda: len(wired.posts(channel)) > before, 10)
    await wired.quiet()
    return wired.posts(channel)[before] != LINE


def host_comes(wired: Wired, den: Channel) -> None:
    den.guild.members[wired.world.host.id] = wired.world.host


def host_is_in_a_team(wired: Wired, den: Channel) -> None:
    ada = wired.world.add_member("Ada", den.guild)
    wired.world.team = [wired.world.host, ada]


def team_owns_the_server(wired: Wired, den: Channel) -> None:
    wired.world.team = [wired.world.host, den.guild.owner]


def somebody_is_only_invited(wired: Wired, den: Channel) -> None:
    wired.world.team = [wired.world.host]
    wired.world.invited = [den.guild.owner]


def channel_is_named(wired: Wired, den: Channel) -> None:
    wired.channels[den.id] = ChannelRule(("marlow",))


def admin_channel_is_there(wired: Wired, den: Channel) -> None:
    wired.admins = wired.world.add_channel("office", den.guild)


def nothing_is_done(_wired: Wired, _den: Channel) -> None:
    pass


@pytest.mark.parametrize(
    ("make", "served"),
    [
        (nothing_is_done, False),
        (host_comes, True),
        (host_is_in_a_team, True),
        (team_owns_the_server, True),
        (somebody_is_only_invited, False),
        (channel_is_named, True),
        (admin_channel_is_there, True),
    ],
)
async def test_a_server_is_served_for_its_members_and_for_what_the_configuration_names(
    wired: Wired, den: Channel, m2her: M2her, make: Callable[[Wired, Channel], None], served: bool
) -> None:
    make(wired, den)
    await wired.start()
    assert await is_served(wired, m2her, den) is served


async def test_a_named_thread_is_consent_too(wired: Wired, den: Channel, m2her: M2her) -> None:
    thread = wired.world.create_thread("hole", den)
    wired.channels[thread.id] = ChannelRule(("marlow",))
    await wired.start()
    assert await is_served(wired, m2her, den)


async def test_the_host_can_allow_and_forbid_servers_while_the_bot_runs(
    wired: Wired, den: Channel, m2her: M2her
) -> None:
    await wired.start()
    assert not await is_served(wired, m2her, den)
    allow(wired, ServerRule(Audience.LISTED, frozenset({den.guild.id})))
    assert await is_served(wired, m2her, den)
    wired.ask("and me?", "Alice", wired.elsewhere)  # the host's own server is not in the list …
    bound = wired.ask("and me?", "Alice")  # … but one of its channels is named
    await wired.quiet()
    assert bound.id in {turn.message_id for turn in await wired.turns()}
    allow(wired, ALL)
    assert await is_served(wired, m2her, den)


# --- what Discord says, and when it says nothing ---------------------------------------------------------


async def test_the_owners_own_server_needs_no_question(wired: Wired, m2her: M2her) -> None:
    await wired.start()
    m2her.say("Aye.")
    wired.ask()
    await wired.shows("Aye.")
    assert [each for each in wired.world.requests if "/members/" in each.path] == []


async def test_while_discord_does_not_say_nothing_is_served_and_nothing_said(
    wired: Wired, den: Channel, m2her: M2her
) -> None:
    now = [1000.0]
    wired.clock = lambda: now[0]
    host_comes(wired, den)
    await wired.start()
    wired.world.faults.answer("GET", MEMBERS, 503, times=2)
    for _ in range(3):  # the second and the third do not ask again so soon
        wired.ask("hello?", "Mallory", den)
        await wired.quiet()
    assert (wired.posts(den), await stored(wired)) == ([], [])
    assert len([each for each in wired.world.requests if "/members/" in each.path]) == 1
    now[0] += servers.PAUSE
    wired.ask("hello?", "Mallory", den)
    await wired.quiet()
    assert wired.posts(den) == []
    now[0] += servers.PAUSE
    assert await is_served(wired, m2her, den)


@pytest.mark.parametrize("comes", [True, False])
async def test_what_is_known_counts_until_discord_says_something_else(
    wired: Wired, den: Channel, m2her: M2her, comes: bool
) -> None:
    now = [1000.0]
    wired.clock = lambda: now[0]
    if not comes:
        host_comes(wired, den)
    await wired.start()
    assert await is_served(wired, m2her, den) is not comes
    if comes:
        host_comes(wired, den)
    else:
        del den.guild.members[wired.world.host.id]
    now[0] += servers.FRESH
    wired.world.faults.answer("GET", MEMBERS, 503)
    asked = len(m2her.requests)
    wired.ask("hello?", "Mallory", den)  # asks, and counts by what is known
    await wired.quiet()
    wired.ask("hello?", "Mallory", den)
    await wired.quiet()
    assert len(m2her.requests) - asked == (0 if comes else 2)
    await until(partial(_has_asked, wired, 2))
    now[0] += servers.PAUSE
    wired.ask("hello?", "Mallory", den)
    await until(partial(_has_asked, wired, 3))
    await wired.quiet()
    asked = len(m2her.requests)
    wired.ask("hello?", "Mallory", den)
    await wired.quiet()
    assert len(m2her.requests) - asked == (1 if comes else 0)


async def _has_asked(wired: Wired, times: int) -> bool:
    done = len([each for each in wired.world.requests if "/members/" in each.path]) >= times
    return done and not any(task.get_name().startswith("members of") for task in asyncio.all_tasks())


async def test_what_is_known_outlives_the_client(wired: Wired, den: Channel, m2her: M2her) -> None:
    host_comes(wired, den)
    await wired.start()
    assert await is_served(wired, m2her, den)
    wired.world.faults.answer("GET", MEMBERS, 503, times=100)
    wired.world.sockets.close(4010)  # the library gives up, and a new client comes
    await until(partial(_has_clients, wired, 2))
    await wired.hears()
    assert await is_served(wired, m2her, den)


async def _has_clients(wired: Wired, count: int) -> bool:
    return len(wired.clients) >= count


async def test_a_deletion_does_not_overtake_its_message_while_discord_is_asked(
    wired: Wired, den: Channel, m2her: M2her
) -> None:
    host_comes(wired, den)
    await wired.start()
    held = wired.world.faults.hang("GET", MEMBERS)
    m2her.say("Aye.")
    gone = wired.ask("forget this", "Mallory", den)
    await wired.world.wait_for(lambda: held.caught)
    wired.world.delete(gone)
    held.release()
    await wired.quiet()
    assert "forget this" not in await stored(wired)


async def test_where_only_the_commands_were_added_the_server_is_a_strangers(
    wired: Wired, den: Channel
) -> None:
    await wired.start()
    wired.world.faults.answer("GET", MEMBERS, 403, {"message": "Missing Access", "code": 50001})
    used = wired.world.interactions.command(den.guild.owner, den, "help")
    assert (await wired.answers(used)).content == LINE


# --- commands and controls ------------------------------------------------------------------------------


COMMANDS: dict[str, dict[str, Any]] = {
    "talk": {"text": "hello"},
    "scene new": {"title": "Mine"},
    "scene list": {},
    "scene resume": {"scene": 1},
    "scene info": {},
    "scene export": {},
    "persona use": {"persona": "isolde"},
    "persona clear": {},
    "persona add": {"persona": "isolde"},
    "persona remove": {"persona": "isolde"},
    "persona list": {},
    "persona show": {"persona": "marlow"},
    "persona new": {},
    "persona upload": {},
    "lore list": {},
    "lore test": {"text": "Well?"},
    "lore upload": {},
    "dramatis settings": {},
    "dramatis inspect": {},
    "dramatis pause": {},
    "dramatis block": {},
    "help": {},
    "myself": {},
    "memory": {},
    "privacy": {},
    "usage": {},
    "roll": {"dice": "2d6"},
    "undo": {},
}


async def private(wired: Wired, used: Interaction) -> str:
    message = await wired.answers(used)
    assert message.flags & 64
    return message.content


async def everything(wired: Wired) -> list[tuple[Any, ...]]:
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    names = [name for (name,) in await wired.database.read(tables)]
    return [(name, *row) for name in names for row in await wired.database.read(f"SELECT * FROM {name}")]


async def test_every_command_gets_the_line_privately_and_does_nothing(
    wired: Wired, den: Channel, m2her: M2her
) -> None:
    await wired.start()
    await wired.world.wait_for(lambda: wired.world.interactions.commands.get(None))
    registered = {
        name
        for command in wired.world.interactions.commands[None]
        if command.get("type", 1) == 1
        for name in (
            [f"{command['name']} {each['name']}" for each in command.get("options", []) if each["type"] == 1]
            or [command["name"]]
        )
    }
    assert registered == set(COMMANDS)
    await wired.quiet()
    before = await everything(wired)
    for path, options in COMMANDS.items():
        used = wired.world.interactions.command(den.guild.owner, den, path, **options)
        assert await private(wired, used) == LINE, path
    target = wired.say("Mallory", "hm", den)
    for command in wired.world.interactions.commands[None]:
        if command.get("type", 1) == 3:
            assert await private(wired, wired.menu(command["name"], target, who="Mallory")) == LINE
    for path in ("talk", "scene new", "persona use", "persona show"):
        typed = wired.world.interactions.complete(den.guild.owner, den, path, "persona", "mar")
        await wired.world.wait_for(partial(_answered, typed))
        assert typed.choices == []
    await wired.quiet()
    assert (await everything(wired), m2her.requests, wired.posts(den)) == (before, [], [])


def _answered(used: Interaction) -> bool:
    return used.answer is not None


@pytest.mark.parametrize("reads", ["owner there", "all", "nobody else"])
async def test_admins_of_servers_without_the_owner_read_the_hosts_files_only_if_the_host_lets_them(
    wired: Wired, den: Channel, reads: str
) -> None:
    (wired.folder / "personas" / "broken.yaml").write_text("name: Broken\nage: 5\n")
    if reads == "owner there":
        host_comes(wired, den)
    await wired.start()
    allow(wired, replace(ALL, readable_by_all=reads == "all"))
    use = wired.world.interactions.command
    shown = await wired.answers(use(den.guild.owner, den, "persona show", persona="marlow"))
    listed = await wired.answers(use(den.guild.owner, den, "persona list"))
    refused = "-# Its file belongs to the bot's owner and can't be read on this server." in words(shown)
    assert "Marlow keeps the Drowned Bell" in words(shown)
    assert "⚠ `broken` can't be loaded:" in words(listed)
    has_file = "Download" in str(shown.components)
    assert (has_file, "unknown key" in words(listed), refused) == (
        (False, False, True) if reads == "nobody else" else (True, True, False)
    )


HOSTS_LORE = """
lorebook:
  entries:
    - keys: [hello]
      content: A secret of Marlow's.
    - constant: true
      position: before
      content: The old secret.
"""
SECRET = "entries:\n  - keys: [hello]\n    content: A secret of the harbour.\n"
OWN_PERSONA = b"name: Mole\ndescription: A mole.\nlorebooks: [vault, den]\n"
OWN_LORE = b"name: The den\nentries:\n  - keys: [hello]\n    content: The den is warm.\n"


@pytest.mark.parametrize("reads", ["owner there", "all", "nobody else"])
async def test_admins_of_servers_without_the_owner_read_the_hosts_lore_only_if_the_host_lets_them(
    wired: Wired, den: Channel, m2her: M2her, reads: str
) -> None:
    (wired.folder / "personas" / "marlow.yaml").write_text(MARLOW + HOSTS_LORE, encoding="utf-8")
    (wired.folder / "lore").mkdir()
    (wired.folder / "lore" / "vault.yaml").write_text(SECRET, encoding="utf-8")
    if reads == "owner there":
        host_comes(wired, den)
    await wired.start()
    allow(wired, replace(ALL, readable_by_all=reads == "all"))
    use = partial(wired.world.interactions.command, den.guild.owner, den)

    async def says(path: str, **options: object) -> str:
        return words(await wired.answers(use(path, **options)))

    story = wired.clients[-1].services.story
    story.casting.library.lore = LoreLibrary.load(wired.folder / "lore")
    story.casting.library.put(den.guild.id, OwnText("mole", 1, OWN_PERSONA))
    books = story.records.lorebooks
    await books.put(den.guild.id, await books.read(den.guild.id, "den.yaml", OWN_LORE, None), 1)
    m2her.say("Aye.")
    wired.ask("hello?", "Mallory", den)
    await wired.shows("Aye.", channel=den)
    shown = [
        await says("lore list"),
        await says("lore test", text="hello"),
        await says("lore test", text="hello", persona="mole"),
        await says("dramatis inspect"),
    ]
    told = m2her.requests[-1].body["messages"]
    assert "A secret of Marlow's." in told[-1]["content"]  # the persona knows it in any case
    if reads == "nobody else":
        for each in shown:
            assert "ecret" not in each
            assert "harbour" not in each
        assert "**The den** (`den`)" in shown[0]
        assert "2 lorebooks belong to the bot's owner and can't be read on this server." in shown[0]
        assert "2 entries are from lorebooks of the bot's owner" in shown[1]
        # A persona that they write doesn't know it: it could tell them all of it.
        assert shown[2] == "**Lore for Mole**: 1 of 1 entries, 5 tokens\n- hello (The den): “hello”, 5 tokens"
        assert "system              Marlow: (from a file of the bot's owner, which" in shown[3]
        assert "user                Mallory: hello?\n" in shown[3]
    else:
        assert "`vault`" in shown[0]
        assert "A secret" not in shown[1]  # it is called by its key
        assert "- hello (Marlow): “hello”" in shown[1]
        assert "- hello (vault): “hello”" in shown[2]
        assert "system              Marlow: The old secret." in shown[3]


async def test_no_control_works_after_the_server_was_forbidden(
    wired: Wired, den: Channel, m2her: M2her
) -> None:
    await wired.start()
    allow(wired, ALL)
    m2her.say("Aye.")
    wired.ask("hello?", "Mallory", den)
    await wired.shows("Aye.", channel=den)
    await wired.quiet()
    post = wired.last_post(den)
    opened = wired.menu("Edit reply", post, who="Mallory")
    await wired.opens(opened)
    panel = await wired.answers(wired.world.interactions.command(den.guild.owner, den, "dramatis settings"))
    allow(wired, OWNER)
    before, asked = await everything(wired), len(m2her.requests)
    used = [
        wired.press("↻ Again", post, who="Mallory"),
        wired.press("⋯ More", post, who="Mallory"),
        wired.press("rp:stop:1", post, who="Mallory", gone=True),
        wired.press("rp:nonsense", post, who="Mallory", gone=True),
        wired.menu("Regenerate from here", post, who="Mallory"),
        wired.menu("Remove from story", post, who="Mallory"),
        wired.submit(opened, {"What the persona says": "Mine now."}),
        wired.choose("rp:set:channel:respond", "always", message=panel, who="Mallory"),
        wired.press("Server settings", panel, who="Mallory"),
    ]
    assert [await private(wired, each) for each in used] == [LINE] * len(used)
    await wired.quiet()
    assert (await everything(wired), len(m2her.requests)) == (before, asked)
    assert wired.posts(den) == ["Aye."]


def test_every_control_asks_whether_its_server_is_served() -> None:
    assert {control.interaction_check for control in CONTROLS} == {PersistentControl.interaction_check}


async def test_an_offer_that_stands_open_is_closed_too(wired: Wired, den: Channel, m2her: M2her) -> None:
    await wired.start()
    allow(wired, ALL)
    wired.people["Bob"] = wired.world.add_member("Bob", den.guild)
    m2her.say("Aye.")
    wired.ask("hello?", "Bob", den)
    await wired.shows("Aye.", channel=den)
    used = wired.world.interactions.command(den.guild.owner, den, "scene new", title="Mine")
    offer = await wired.answers(used)
    allow(wired, OWNER)
    assert await private(wired, wired.press("Start here anyway", offer, who="Mallory")) == LINE


async def test_a_command_is_answered_in_time_while_discord_does_not_say(
    wired: Wired, den: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord_ui.interactions.common.answering.PATIENCE", 0.01)
    await wired.start()
    held = wired.world.faults.hang("GET", MEMBERS)
    used = wired.world.interactions.command(den.guild.owner, den, "help")
    assert await private(wired, used) == NOT_CHECKED
    held.release()
    await until(partial(_has_asked, wired, 1))
    used = wired.world.interactions.command(den.guild.owner, den, "help")
    assert await private(wired, used) == LINE


# --- what the host is told, and what stays true ---------------------------------------------------------


async def test_joining_and_leaving_are_told_in_the_log_and_in_the_admin_channel(
    wired: Wired, mallory: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    wired.admins = wired.world.add_channel("office")
    await wired.start()
    theirs = wired.world.add_guild("The *Den*", mallory)
    stranger = (
        f"the bot doesn't answer on the server 'The \\*Den\\*' ({theirs.id}), because its owner isn't there. To allow it, add "
        f"{theirs.id} to discord.servers, or set that to all. This is reported once per server."
    )
    joined = f"the bot was added to the server 'The \\*Den\\*' ({theirs.id})"
    await wired.shows(joined, stranger, channel=wired.admins)
    ours = wired.world.add_guild("Home")
    welcome = f"the bot was added to the server 'Home' ({ours.id})"
    await wired.shows(joined, stranger, welcome, channel=wired.admins)
    wired.world.remove_guild(theirs)
    left = (
        f"the bot was removed from the server 'The \\*Den\\*' ({theirs.id}), or the server was deleted; what was saved there "
        "stays saved"
    )
    await wired.shows(joined, stranger, welcome, left, channel=wired.admins)
    await wired.quiet()
    lines = said_in(caplog, f"({theirs.id})") + said_in(caplog, f"({ours.id})")
    assert lines == [line.replace("\\", "") for line in (joined, stranger, left, welcome)]


async def test_nobody_is_told_of_the_servers_that_were_there_at_the_start(
    wired: Wired, den: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    wired.admins = wired.world.add_channel("office")
    await wired.start()
    await wired.quiet()
    assert wired.posts(wired.admins) == []
    assert said_in(caplog, "The Den") == []


async def test_what_people_delete_and_edit_is_followed_where_the_bot_is_not_served_anymore(
    wired: Wired, den: Channel, m2her: M2her
) -> None:
    await wired.start()
    allow(wired, ALL)
    m2her.say("Aye.")
    first: Message = wired.ask("my secret", "Mallory", den)
    await wired.shows("Aye.", channel=den)
    second = wired.ask("my other secret", "Mallory", den)
    await m2her.received(2)
    await wired.quiet()
    allow(wired, OWNER)
    wired.world.delete(first)
    wired.world.edit(second, f"{wired.mention} nothing")
    await wired.quiet()
    texts = await stored(wired)
    assert "my secret" not in texts
    assert "my other secret" not in texts
    assert "nothing" in texts


async def test_an_answer_that_cannot_be_read_is_asked_for_again_after_a_pause(
    wired: Wired, den: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    await wired.start()
    wired.world.faults.answer("GET", "/oauth2/applications/@me", 200, {"id": "1"}, times=100)
    for _ in range(2):
        wired.ask("hello?", "Mallory", den)
        await wired.quiet()
    (line,) = said_in(caplog, "Discord didn't say whether")
    assert "(KeyError)" in line
    assert said_in(caplog, "never retrieved") == []
    assert wired.posts(den) == []
