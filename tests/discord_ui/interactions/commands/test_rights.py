"""Who may do what: every command and every control, tried by everybody, whatever the server shows them.

Law: rows share a stage only as long as nothing on it has changed, which `Stages` looks for itself: what a
refusal leaves behind is what the next row finds. The panel's rows share theirs for good: each proves
who set its setting.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import discord
import pytest
import pytest_asyncio
from simcord.actors import _dispatch_actor_interaction

from bot.app import now
from bot.core.casts import CastMember
from bot.core.memory.recap import RecapRules
from bot.core.profiles import Profile, ProfileWords
from bot.core.scene import START, Place
from bot.discord_ui.interactions.controls import CONTROLS
from bot.discord_ui.interactions.settings import PAGES
from bot.storage.pins import Made, Pins
from bot.storage.scenes import Scenes
from bot.storage.server_personas import Act
from bot.storage.settings import SettingsStore
from bot.story.workshop import Draft
from tests.databases import let_pass
from tests.discord_ui.interactions.commands.panels import OTHER, open_panel, parts
from tests.discord_ui.interactions.test_controls import plant
from tests.standins.m2her import M2her
from tests.tavern import CHANNEL_SELECT, ROLE_SELECT, RULES, USER_SELECT, Tavern, open_tavern, read

pytestmark = pytest.mark.asyncio(loop_scope="module")

PEOPLE: Mapping[str, Callable[[Tavern], Any]] = {
    "member": lambda tavern: tavern.people["Alice"],
    "starter": lambda tavern: tavern.people["Bob"],
    "moderator": lambda tavern: tavern.moderator,
    "keeper": lambda tavern: tavern.staff("Kay", manage_channels=True),
    "warden": lambda tavern: tavern.staff("Gil", manage_guild=True),
    "admin": lambda tavern: tavern.staff("Ada", manage_channels=True, manage_guild=True),
    "administrator": lambda tavern: tavern.staff("Root", administrator=True),
    "owner": lambda tavern: tavern.owner,
}
"""Bob began the scene; the keeper has Manage Channels, the warden Manage Server, the admin both."""

ALL = set(PEOPLE)
STEERING = {"starter", "moderator", "administrator", "owner"}
CHANNELS = {"keeper", "admin", "administrator", "owner"}
SERVER = {"warden", "admin", "administrator", "owner"}

NO_CHANNELS = "You need the Manage Channels permission here to do that."
NO_SERVER = "You need the Manage Server permission here to do that."
NO_STEERING = (
    "Only the person who started this scene, or someone with Manage Messages, can do that. You can start "
    "your own scene in a thread."
)

COMMANDS: Mapping[str, tuple[dict[str, Any], set[str], str]] = {
    "talk": ({"text": "Good evening."}, ALL, ""),
    "roll": ({"dice": "2d6"}, ALL, ""),
    "memory": ({}, ALL, ""),
    "help": ({}, ALL, ""),
    "myself": ({}, ALL, ""),
    "privacy": ({}, ALL, ""),
    "usage": ({}, ALL, ""),
    "scene list": ({}, ALL, ""),
    "scene info": ({}, ALL, ""),
    "scene export": ({}, ALL, ""),
    "scene resume": ({"scene": 1}, STEERING, NO_STEERING),
    "undo": ({}, STEERING, NO_STEERING),
    "persona use": ({"persona": "isolde"}, CHANNELS, NO_CHANNELS),
    "persona clear": ({}, CHANNELS, NO_CHANNELS),
    "persona add": ({"persona": "isolde"}, CHANNELS, NO_CHANNELS),
    "persona remove": ({"persona": "marlow"}, CHANNELS, NO_CHANNELS),
    "persona list": ({}, SERVER, NO_SERVER),
    "persona show": ({"persona": "isolde"}, SERVER, NO_SERVER),
    "persona new": ({}, SERVER, NO_SERVER),
    "persona upload": ({}, SERVER, NO_SERVER),
    "lore list": ({}, SERVER, NO_SERVER),
    "lore upload": ({"file": ("mole.yaml", b"entries: []\n")}, SERVER, NO_SERVER),
    "lore test": ({"text": "Well?"}, SERVER, NO_SERVER),
    "dramatis settings": ({}, SERVER, NO_SERVER),
    "dramatis inspect": ({}, SERVER, NO_SERVER),
    "dramatis pause": ({}, SERVER, NO_SERVER),
}
"""Each command with how it is tried, who may, and what all others are told."""


# --- the stages -------------------------------------------------------------------------------------


async def stored(tavern: Tavern) -> list[tuple[Any, ...]]:
    """All that has been decided and said: every row of every table."""
    tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
    found: list[tuple[Any, ...]] = []
    for (table,) in await tavern.database.read(tables):
        found += [(table, *row) for row in await tavern.database.read(f"SELECT * FROM {table}")]
    return found


async def state(tavern: Tavern) -> Any:
    """What is stored, and what everybody reads, in all channels."""
    messages = [one for channel in tavern.env.backend.messages.values() for one in channel.values()]
    return await stored(tavern), [(one.id, one.content) for one in messages if not one.is_ephemeral]


class Stages:
    """Lends a tavern with what rows need on it; the next row that needs the same gets the same one if nothing has changed."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._open = AsyncExitStack()
        self._build: Any = None
        self._lent: tuple[Tavern, Any] | None = None
        self._before: Any = None

    async def lend(
        self, build: Callable[[Tavern], Awaitable[Any]], *, changed: bool = False
    ) -> tuple[Tavern, Any]:
        """Return a tavern as `build` left it, and what `build` returned; a `changed` one will do too if that is said."""
        if self._lent and build == self._build and (changed or await state(self._lent[0]) == self._before):
            return self._lent
        await self.close()
        tavern = await self._new()
        self._lent = tavern, await build(tavern)
        self._build, self._before = build, await state(tavern)
        return self._lent

    async def _new(self) -> Tavern:
        m2her = await self._open.enter_async_context(M2her())
        stage = open_tavern(m2her, self._folders.mktemp("stage"), rules=replace(RULES, recap=RecapRules()))
        return await self._open.enter_async_context(stage)

    async def close(self) -> None:
        self._lent = None
        await self._open.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stages(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stages]:
    stages = Stages(tmp_path_factory)
    yield stages
    await stages.close()


async def empty(_: Tavern) -> None:
    """Leave a tavern as it is when it opens."""


async def evening(tavern: Tavern) -> discord.Message:
    """Let Bob begin a scene and then another; let the server show every command to everybody. Return the last post."""
    await tavern.say("Bob", f"{tavern.mention} good evening!", tavern.elsewhere)
    await tavern.people["Bob"].slash(tavern.elsewhere, "scene new", title="Anew")
    for name in ("persona", "lore", "dramatis"):
        command = tavern.env.backend.find_command(name, tavern.guild.id, type=1)
        tavern.guild.set_command_permissions(int(command["id"]), {tavern.guild.default_role: True})
    return tavern.last_post(tavern.elsewhere)


async def refused(tavern: Tavern, use: Awaitable[Any], why: str) -> None:
    """Somebody may not: they alone are told so, and nothing has changed."""
    before = await state(tavern)
    used = await use
    assert (used.ephemeral, used.response.content, used.followups) == (True, why, [])
    assert await state(tavern) == before


async def allowed(use: Awaitable[Any]) -> None:
    used = await use
    assert used.acknowledged or used.modal
    assert used.modal or used.response.content not in {NO_CHANNELS, NO_SERVER, NO_STEERING}


# --- commands ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("command", COMMANDS)
async def test_every_command_by_everybody(stages: Stages, command: str, person: str) -> None:
    tavern, _ = await stages.lend(evening)
    who = PEOPLE[person](tavern)
    options, may, why = COMMANDS[command]
    use = who.slash(tavern.elsewhere, command, **options)
    await (allowed(use) if person in may else refused(tavern, use, why))


@pytest.mark.parametrize("person", PEOPLE)
async def test_who_may_steer_the_story_may_speak_as_a_persona(stages: Stages, person: str) -> None:
    tavern, _ = await stages.lend(evening)
    who, line = PEOPLE[person](tavern), {"text": "Mind the step.", "as": "marlow"}
    form, said = [who.slash(tavern.elsewhere, "talk", **{**line, **more}) for more in ({"text": ""}, {})]
    if person in STEERING:
        assert (await form).modal
        assert (await said).acknowledged
        assert tavern.posts(tavern.elsewhere)[-1] == f"Mind the step.\n-# spoken by <@{who.id}>"
    else:
        await refused(tavern, form, NO_STEERING)
        await refused(tavern, said, NO_STEERING)


async def test_the_table_has_every_command_but_one_that_gives_everybody_what_they_may(stages: Stages) -> None:
    tavern, _ = await stages.lend(empty)
    assert set(tavern.owner.available_commands(tavern.elsewhere)) == {*COMMANDS, "scene new"}


@pytest.mark.parametrize("person", PEOPLE)
async def test_a_scene_is_begun_here_by_who_may_and_offered_as_a_thread_to_others(
    stages: Stages, person: str
) -> None:
    tavern, _ = await stages.lend(evening)
    who = PEOPLE[person](tavern)
    before = await stored(tavern)
    used = await who.slash(tavern.elsewhere, "scene new", title="Once more")
    if person in STEERING:
        assert read(used.response).startswith("-# New scene: Once more\n### Marlow\n")
        return
    assert used.ephemeral
    labels = [button["label"] for row in used.response.components for button in row["components"]]
    assert labels == ["Open a thread"]
    assert await stored(tavern) == before


@pytest.mark.parametrize(
    ("command", "options"), [("persona use", {"persona": "isolde"}), ("persona clear", {})]
)
@pytest.mark.parametrize("person", PEOPLE)
async def test_the_whole_server_takes_both_permissions(
    stages: Stages, person: str, command: str, options: dict[str, str]
) -> None:
    tavern, _ = await stages.lend(evening)
    use = PEOPLE[person](tavern).slash(tavern.elsewhere, command, where="server", **options)
    if person in CHANNELS & SERVER:
        await allowed(use)
    else:
        await refused(tavern, use, NO_SERVER if person in CHANNELS else NO_CHANNELS)


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        ("member", set()),
        ("moderator", set()),
        ("keeper", {"persona"}),
        ("warden", {"lore", "dramatis"}),
        ("admin", {"persona", "lore", "dramatis"}),
        ("administrator", {"persona", "lore", "dramatis"}),
        ("owner", {"persona", "lore", "dramatis"}),
    ],
)
async def test_discord_shows_admins_commands_to_those_who_may_use_them(
    stages: Stages, person: str, shown: set[str]
) -> None:
    tavern, _ = await stages.lend(empty)
    found = PEOPLE[person](tavern).available_commands(tavern.elsewhere)
    assert {command.partition(" ")[0] for command in found} == {
        "talk",
        "roll",
        "memory",
        "help",
        "myself",
        "privacy",
        "usage",
        "scene",
        "undo",
        *shown,
    }


# --- controls ---------------------------------------------------------------------------------------


async def two_play(tavern: Tavern) -> None:
    cast = [CastMember("marlow"), CastMember("isolde")]
    await SettingsStore(tavern.database).put_cast(tavern.elsewhere.id, cast, by_user=1, at=now())


async def panels(tavern: Tavern) -> dict[str, Any]:
    """Let an admin open the panel of each scope in the evening; return the messages that show its pages."""
    await evening(tavern)
    await two_play(tavern)
    boss = tavern.staff("Boss", manage_guild=True)
    shown = {scope: (await open_panel(boss, tavern.elsewhere, scope)).used.response for scope in OTHER}
    for scope in OTHER:
        first = await open_panel(boss, tavern.elsewhere, scope)
        shown[f"{scope}:cast"] = (await boss.click(first.used.response, label="Who plays …")).response
        first = await open_panel(boss, tavern.elsewhere, scope)
        shown[f"{scope}:when"] = (await boss.click(first.used.response, label="When they speak …")).response
    return shown


async def chosen(tavern: Tavern, scope: str, key: str, value: str, who: Any) -> bool:
    """Return whether a setting, or the persona, stands as this person chose it."""
    here = {"channel": tavern.elsewhere.id, "server": tavern.guild.id}[scope]
    settings = "SELECT value, by_user FROM setting WHERE scope = ? AND scope_id = ? AND key = ?"
    bindings = "SELECT persona_key, by_user FROM binding WHERE scope = ? AND scope_id = ? AND 'persona' = ?"
    rows = await tavern.database.read(bindings if key == "persona" else settings, (scope, here, key))
    return [tuple(row) for row in rows] == [(value, who.id)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("persona", "isolde"),
        ("respond", "never"),
        ("language", "Deutsch"),
        ("story_rights", "all"),
        ("face", "webhook"),
        ("stream", "calm"),
        ("persona_talk", "off"),
        ("person_cooldown", "30"),
        ("ooc", "answer"),
    ],
)
@pytest.mark.parametrize("scope", ["channel", "server"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_every_menu_of_the_panel_by_everybody(
    stages: Stages, person: str, scope: str, key: str, value: str
) -> None:
    tavern, messages = await stages.lend(panels, changed=True)
    named = PAGES.get(key)
    page = scope if named is None else f"{scope}:{named}"
    who, message = PEOPLE[person](tavern), messages[page]
    use = tavern.forge(who, message, f"rp:set:{scope}:{key}", value)
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))
    assert await chosen(tavern, scope, key, value, who) == (person in SERVER)


@pytest.mark.parametrize("person", PEOPLE)
async def test_what_is_written_about_when_personas_speak_by_everybody(stages: Stages, person: str) -> None:
    tavern, messages = await stages.lend(panels, changed=True)
    who = PEOPLE[person](tavern)
    for scope, key, text in (
        ("channel", "quiet_hours", "23-7"),
        ("server", "timezone", "asia/tokyo"),
        ("server", "ignored_prefixes", "!"),
    ):
        opened = tavern.forge(who, messages[f"{scope}:when"], f"rp:write:{scope}:{key}")
        await (allowed(opened) if person in SERVER else refused(tavern, opened, NO_SERVER))
        field = {"type": 4, "custom_id": key, "value": text}
        data = {"custom_id": f"rp:write:form:{scope}:{key}", "components": [{"type": 18, "component": field}]}
        sent = _dispatch_actor_interaction(who, 5, tavern.elsewhere, data, extra={})
        await (allowed(sent) if person in SERVER else refused(tavern, sent, NO_SERVER))
    rook = tavern.rook()
    use = tavern.forge(who, messages["channel:when"], "rp:bots:channel", str(rook.id), menu=USER_SELECT)
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))
    assert await chosen(tavern, "channel", "bots", str(rook.id), who) == (person in SERVER)
    assert await chosen(tavern, "channel", "quiet_hours", "23:00-07:00", who) == (person in SERVER)
    assert await chosen(tavern, "server", "timezone", "Asia/Tokyo", who) == (person in SERVER)


@pytest.mark.parametrize("person", PEOPLE)
async def test_how_much_a_persona_talks_by_everybody(stages: Stages, person: str) -> None:
    tavern, messages = await stages.lend(panels, changed=True)
    await two_play(tavern)  # others may have chosen another persona
    for value, then in (("25", (25, 0)), ("*muted", (25, 1)), ("*usual", (None, 0))):
        use = tavern.forge(PEOPLE[person](tavern), messages["channel:cast"], "rp:cast:isolde", value)
        await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))
        sql = "SELECT talkativeness, muted FROM cast_member WHERE persona_key = 'isolde'"
        (row,) = await tavern.database.read(sql)
        assert tuple(row) == (then if person in SERVER else (None, 0))


@pytest.mark.parametrize(
    ("scope", "custom_id"),
    [
        ("channel", "rp:panel:server"),
        ("server", "rp:panel:channel"),
        ("channel", "rp:panel:channel:cast"),
        ("server", "rp:panel:server:when"),
    ],
)
@pytest.mark.parametrize("person", PEOPLE)
async def test_the_buttons_that_turn_the_panel_by_everybody(
    stages: Stages, person: str, scope: str, custom_id: str
) -> None:
    tavern, messages = await stages.lend(panels)
    use = tavern.forge(PEOPLE[person](tavern), messages[scope], custom_id)
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


@pytest.mark.parametrize("scope", ["channel", "server"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_the_pages_of_the_panel_by_everybody(stages: Stages, person: str, scope: str) -> None:
    tavern, messages = await stages.lend(panels)
    use = tavern.forge(PEOPLE[person](tavern), messages[scope], f"rp:page:{scope}", "limits")
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


@pytest.mark.parametrize("what", ["server", "channel", "timezone"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_the_forms_of_limits_by_everybody(stages: Stages, person: str, what: str) -> None:
    tavern, messages = await stages.lend(panels)
    scope = "channel" if what == "channel" else "server"
    use = tavern.forge(PEOPLE[person](tavern), messages[scope], f"rp:limits:{what}")
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


async def gallery(tavern: Tavern) -> Any:
    """Have so many personas that their cards take two pages; return an admin who can look at them."""
    for number in range(4):
        (tavern.personas / f"extra{number}.yaml").write_text(f"name: Extra {number}\n", encoding="utf-8")
    await tavern.restart()
    await evening(tavern)
    return tavern.staff("Boss", manage_guild=True, manage_channels=True)


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_button_that_leafs_through_the_cards_by_everybody(stages: Stages, person: str) -> None:
    tavern, boss = await stages.lend(gallery, changed=True)
    listed = await boss.slash(tavern.elsewhere, "persona list")
    use = tavern.forge(PEOPLE[person](tavern), listed.response, "rp:cards:2")
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_button_that_lets_a_persona_play_by_everybody(stages: Stages, person: str) -> None:
    tavern, boss = await stages.lend(gallery, changed=True)
    who, listed = PEOPLE[person](tavern), await boss.slash(tavern.elsewhere, "persona list")
    custom_id = next(part["custom_id"] for part in parts(listed) if "rp:play" in part.get("custom_id", ""))
    use = tavern.forge(who, listed.response, custom_id)
    await (allowed(use) if person in CHANNELS else refused(tavern, use, NO_CHANNELS))
    key = custom_id.rpartition(":")[2]
    assert await chosen(tavern, "channel", "persona", key, who) == (person in CHANNELS)


async def nobody(tavern: Tavern) -> discord.Message:
    """Let Bob ask where no persona plays; return the bot's answer, which has the menu."""
    await evening(tavern)
    boss = tavern.staff("Boss", manage_channels=True)
    await boss.slash(tavern.elsewhere, "persona clear")
    await tavern.say("Bob", f"{tavern.mention} hello?", tavern.elsewhere)
    return tavern.last_post(tavern.elsewhere)


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_menu_where_no_persona_is_set_by_everybody(stages: Stages, person: str) -> None:
    tavern, menu = await stages.lend(nobody)
    use = PEOPLE[person](tavern).select(menu, ["isolde"], custom_id="rp:use")
    await (allowed(use) if person in CHANNELS else refused(tavern, use, NO_CHANNELS))


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_button_that_goes_back_to_an_earlier_scene_by_everybody(
    stages: Stages, person: str
) -> None:
    tavern, post = await stages.lend(evening)
    use = PEOPLE[person](tavern).click(post, label="Undo, back to #1")
    await (allowed(use) if person in STEERING else refused(tavern, use, NO_STEERING))


async def pictured(tavern: Tavern) -> Any:
    """Give the server a persona of its own; return its card and the panel of the server."""
    services = tavern.bot.services  # type: ignore[attr-defined]
    draft = Draft(tavern.guild.id, "wren", b"name: Wren\ndescription: x\n", 0)
    await services.story.records.workshop.put(draft, Act.MADE, 1)
    await evening(tavern)
    boss = tavern.staff("Boss", manage_guild=True, manage_channels=True)
    await SettingsStore(tavern.database).put(
        "server", tavern.guild.id, "pictures", str(tavern.elsewhere.id), by_user=1, at=now()
    )
    shown = await boss.slash(tavern.elsewhere, "persona show", persona="wren")
    return shown.response, (await open_panel(boss, tavern.elsewhere, "server")).used.response


@pytest.mark.parametrize("person", PEOPLE)
async def test_pictures_and_their_channel_are_chosen_by_who_manages_the_server(
    stages: Stages, person: str
) -> None:
    tavern, (card, panel) = await stages.lend(pictured, changed=True)
    who = PEOPLE[person](tavern)
    form = tavern.forge(who, card, "rp:picture:wren")
    choice = tavern.forge(who, panel, "rp:pictures", str(tavern.bound.id), menu=CHANNEL_SELECT)
    if person in SERVER:
        assert (await form).modal
        await allowed(choice)
    else:
        await refused(tavern, form, NO_SERVER)
        await refused(tavern, choice, NO_SERVER)


@pytest.mark.parametrize("way", ["get", "bring"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_the_archive_of_a_server_by_everybody(stages: Stages, person: str, way: str) -> None:
    tavern, (_, panel) = await stages.lend(pictured, changed=True)
    use = tavern.forge(PEOPLE[person](tavern), panel, f"rp:archive:{way}")
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


NO_MESSAGES = "You need the Manage Messages permission here to do that."
NO_ROLE = "You need another role to propose personas here. Ask an admin of this server."
MODERATORS = {"moderator", "administrator", "owner"}


async def proposed(tavern: Tavern) -> tuple[Any, Any, Any, int]:
    """Let somebody propose; return their panel, a moderator's list and the proposal they opened, and its id."""
    await evening(tavern)
    writers = tavern.guild.create_role("Writers")
    pen = tavern.guild.add_member(tavern.env.create_user("pen"), roles=[writers])
    await SettingsStore(tavern.database).put(
        "server", tavern.guild.id, "proposers", str(writers.id), by_user=1, at=now()
    )
    asked = await pen.slash(tavern.elsewhere, "help")
    opened = await pen.click(asked.response, label="Propose a persona")
    form = await pen.click(opened.response, label="Write one…")
    await pen.submit_modal(form, {"name": "Wren"})
    asked = await tavern.moderator.slash(tavern.elsewhere, "help")
    listed = await tavern.moderator.click(asked.response, label="Proposals (1)")
    (row,) = await tavern.database.read("SELECT id FROM proposal")
    asked = await tavern.moderator.slash(tavern.elsewhere, "help")
    again = await tavern.moderator.click(asked.response, label="Proposals (1)")
    shown = await tavern.moderator.select(again.response, [str(row["id"])], custom_id="rp:proposals:one")
    return opened.response, listed.response, shown.response, row["id"]


@pytest.mark.parametrize("person", PEOPLE)
async def test_proposals_are_seen_and_decided_by_moderators(stages: Stages, person: str) -> None:
    tavern, (_, listed, shown, id_) = await stages.lend(proposed)
    who = PEOPLE[person](tavern)
    ways: list[tuple[Any, str, tuple[str, ...]]] = [
        (shown, f"rp:proposal:{act}:{id_}", ()) for act in ("refuse", "publish")
    ]
    ways.append((listed, "rp:proposals:one", (str(id_),)))
    if person not in MODERATORS:  # their panel would be another one then
        ways.append((shown, "rp:proposals:all", ()))
    for message, custom_id, values in ways:
        use = tavern.forge(who, message, custom_id, *values)
        await (allowed(use) if person in MODERATORS else refused(tavern, use, NO_MESSAGES))


@pytest.mark.parametrize("person", PEOPLE)
async def test_without_the_role_nobody_proposes(stages: Stages, person: str) -> None:
    tavern, (opened, _, _, _) = await stages.lend(proposed)
    for way in ("form", "file"):
        await refused(tavern, tavern.forge(PEOPLE[person](tavern), opened, f"rp:propose:{way}"), NO_ROLE)


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_role_that_proposes_is_chosen_by_who_manages_the_server(
    stages: Stages, person: str
) -> None:
    tavern, (_, panel) = await stages.lend(pictured, changed=True)
    role = str(tavern.guild.default_role.id)
    use = tavern.forge(PEOPLE[person](tavern), panel, "rp:proposers", role, menu=ROLE_SELECT)
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


async def pause(tavern: Tavern) -> Any:
    """Let an admin pause the server; return the answer, which has the button."""
    await evening(tavern)
    return (await tavern.staff("Boss", manage_guild=True).slash(tavern.elsewhere, "dramatis pause")).response


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_button_that_ends_a_pause_by_everybody(stages: Stages, person: str) -> None:
    tavern, paused = await stages.lend(pause)
    use = PEOPLE[person](tavern).click(paused, label="Resume")
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_button_for_imports_by_everybody(stages: Stages, person: str) -> None:
    tavern, boss = await stages.lend(gallery, changed=True)
    who, listed = PEOPLE[person](tavern), await boss.slash(tavern.elsewhere, "scene list")
    use = tavern.forge(who, listed.response, "rp:import")
    if person in SERVER:
        assert (await use).modal is not None
    else:
        await refused(tavern, use, NO_SERVER)


OWN = b"name: Ann\ndescription: Ann is the server's own.\n"


async def workshop(tavern: Tavern) -> tuple[Any, Any, str]:
    """Let the server have a persona of its own in two versions; return its card, a draft, and the id of an exchange."""
    await evening(tavern)
    boss = tavern.staff("Boss", manage_guild=True, manage_channels=True)
    for over in range(2):
        draft = Draft(tavern.guild.id, "ann", OWN + b"# more\n" * over, over)
        await tavern.story.records.workshop.put(draft, Act.UPLOADED, boss.id)
    shown = await boss.slash(tavern.elsewhere, "persona show", persona="ann")
    draft = await boss.slash(tavern.elsewhere, "persona upload", file=("bea.yaml", OWN))
    tried = await boss.click(shown.response, label="Try")
    said = next(part["custom_id"] for part in parts(tried) if "rp:try" in part.get("custom_id", ""))
    return shown.response, draft.response, said


async def anyhow(tavern: Tavern, who: Any, message: Any, custom_id: str, *values: str) -> Any:
    """Let somebody use a control that is put under a message for that."""
    kind = (
        {"type": 3, "options": [{"label": each, "value": each} for each in values]} if values else {"type": 2}
    )
    row = {"type": 1, "components": [{"style": 2, "label": "-", "custom_id": custom_id, **kind}]}
    stored = tavern.env.backend.get_message(message.channel_id, message.id)
    stored.components = [*stored.components[:1], row]
    return await tavern.forge(who, message, custom_id, *values)


@pytest.mark.parametrize(
    "custom_id",
    [
        *(f"rp:persona:{act}:ann" for act in ("card", "try", "edit", "file", "versions", "delete")),
        "rp:version:file:1:2:ann",
        "rp:version:restore:1:2:ann",
        "rp:version:delete:2:2:ann",
        "rp:draft:save:uploaded:0:bea",
        "rp:draft:try:uploaded:0:bea",
        "rp:draft:edit:uploaded:0:bea",
    ],
)
@pytest.mark.parametrize("person", PEOPLE)
async def test_the_buttons_of_a_servers_own_personas_by_everybody(
    stages: Stages, person: str, custom_id: str
) -> None:
    tavern, (card, draft, _) = await stages.lend(workshop)
    use = anyhow(tavern, PEOPLE[person](tavern), draft if "draft" in custom_id else card, custom_id)
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


@pytest.mark.parametrize(
    ("custom_id", "value"), [("rp:versions:ann", "1"), ("rp:open", "ann"), ("rp:deleted", "ann")]
)
@pytest.mark.parametrize("person", PEOPLE)
async def test_the_menus_of_a_servers_own_personas_by_everybody(
    stages: Stages, person: str, custom_id: str, value: str
) -> None:
    tavern, (card, _, _) = await stages.lend(workshop)
    use = anyhow(tavern, PEOPLE[person](tavern), card, custom_id, value)
    await (allowed(use) if person in SERVER else refused(tavern, use, NO_SERVER))


@pytest.mark.parametrize("person", PEOPLE)
async def test_an_exchange_is_for_the_person_who_began_it(stages: Stages, person: str) -> None:
    tavern, (card, _, said) = await stages.lend(workshop)
    why = "This try is too old to continue. Press Try again." if person in SERVER else NO_SERVER
    await refused(tavern, anyhow(tavern, PEOPLE[person](tavern), card, said), why)


@pytest.mark.parametrize(
    "custom_id",
    [
        "rp:persona:form:new",
        "rp:persona:form:card:00000000:ann",
        "rp:persona:form:draft:made:0:ann",
        "rp:persona:upload",
        "rp:try:form:0123456789abcdef",
    ],
)
@pytest.mark.parametrize("person", ["member", "starter", "moderator", "keeper"])
async def test_no_form_of_a_servers_own_personas_is_taken_of_others(
    stages: Stages, person: str, custom_id: str
) -> None:
    tavern, _ = await stages.lend(workshop)
    field = {"type": 4, "custom_id": "name", "value": "Mallory"}
    data = {"custom_id": custom_id, "components": [{"type": 18, "component": field}]}
    who = PEOPLE[person](tavern)
    await refused(tavern, _dispatch_actor_interaction(who, 5, tavern.elsewhere, data, extra={}), NO_SERVER)


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_controls_of_lorebooks_by_everybody(stages: Stages, person: str) -> None:
    tavern, boss = await stages.lend(gallery, changed=True)
    who = PEOPLE[person](tavern)
    await boss.slash(tavern.elsewhere, "lore upload", file=("mole.yaml", b"entries: []\n"))
    shown = await boss.slash(tavern.elsewhere, "lore upload", file=("mole.yaml", b"name: x\nentries: []\n"))
    replaces = next(each for each in shown.response.components[0]["components"] if each["type"] == 1)
    pressed = tavern.forge(who, shown.response, replaces["components"][0]["custom_id"])
    await (allowed(pressed) if person in SERVER else refused(tavern, pressed, NO_SERVER))
    for use in (("rp:lores", "mole"), ("rp:lore:get:mole",), ("rp:lore:drop:mole",)):
        listed = await boss.slash(tavern.elsewhere, "lore list")
        if len(use) == 1:  # it stands on the card
            await tavern.forge(boss, listed.response, "rp:lores", "mole")
        pressed = tavern.forge(who, listed.response, *use)
        await (allowed(pressed) if person in SERVER else refused(tavern, pressed, NO_SERVER))


@pytest.mark.parametrize("person", PEOPLE)
async def test_what_people_wish_for_themselves_takes_no_right(stages: Stages, person: str) -> None:
    tavern, _ = await stages.lend(replied, changed=True)
    who = PEOPLE[person](tavern)
    used = await who.slash(tavern.elsewhere, "myself")
    for label, rows in (
        ("Whole replies for me", [(who.id, "whole_replies", "true")]),
        ("Growing replies for me", []),
        ("Notify me", [(who.id, "ping", "true")]),
        ("Don't notify me", []),
    ):
        used = await who.click(used.response, label=label)
        assert used.response.ephemeral
        assert [tuple(row) for row in await tavern.database.read("SELECT * FROM preference")] == rows


@pytest.mark.parametrize("person", ["member", "administrator", "owner"])
async def test_a_persons_characters_are_theirs_alone(stages: Stages, person: str) -> None:
    tavern, _ = await stages.lend(empty, changed=True)
    who, bob, place = (
        PEOPLE[person](tavern),
        tavern.people["Bob"],
        Place(tavern.elsewhere.id, None, tavern.guild.id),
    )
    made = await tavern.story.myself.profiles.save(place, bob.id, ProfileWords("Voss"))
    assert isinstance(made, Profile)
    why = f"This character doesn't exist anymore. Use </myself:{tavern.env.backend.find_command('myself', tavern.guild.id, type=1)['id']}> again."
    shown = (await bob.slash(tavern.elsewhere, "myself")).response
    for menu in ("open", "server", "here"):
        await refused(tavern, tavern.forge(who, shown, f"rp:myself:{menu}", str(made.id)), why)
    shown = (await bob.select(shown, [str(made.id)], custom_id="rp:myself:open")).response
    for act in ("edit", "delete"):
        await refused(tavern, tavern.forge(who, shown, f"rp:myself:{act}:{made.id}"), why)
    shown = (await bob.click(shown, label="Delete …")).response
    await refused(tavern, tavern.forge(who, shown, f"rp:myself:confirm:{made.id}"), why)
    field = {"type": 4, "custom_id": "name", "value": "Mallory"}
    form = {"custom_id": f"rp:myself:form:{made.id}", "components": [{"type": 18, "component": field}]}
    sent = await _dispatch_actor_interaction(who, 5, tavern.elsewhere, form, extra={})
    assert sent.response is not None
    assert sent.response.content == "This character doesn't exist anymore."
    assert await tavern.story.myself.profiles._store.of(bob.id) == [made]
    await bob.click(shown, label="Delete")
    assert await tavern.story.myself.profiles._store.of(bob.id) == []


async def chronicled(tavern: Tavern) -> Any:
    """Let Bob's story have a recap, which is told; return his panel."""
    await evening(tavern)
    scene = await Scenes(tavern.database).active(Place(tavern.elsewhere.id), now())
    await tavern.database.write(
        "INSERT INTO recap (scene_id, since, reaches, text, tokens, created_at) VALUES (?, 1, 2, 'Alice swore.', 3, 0)",
        (scene.id,),
    )
    await tavern.database.write("UPDATE scene SET window_start = 5 WHERE id = ?", (scene.id,))
    return (await tavern.people["Bob"].slash(tavern.elsewhere, "memory")).response


async def remembered(tavern: Tavern) -> tuple[Any, Any, int]:
    """Let Bob's story have two pins; return his panel, the panel of the second one, and its id."""
    await evening(tavern)
    scene = await Scenes(tavern.database).active(Place(tavern.elsewhere.id), now())
    pins = Pins(tavern.database)
    for text in ("The ferry sank.", "The bell is cracked."):
        await pins.add(scene.id, Made(text, 1, now(), START, 1), 9)
    pin = (await pins.of_scene(scene.id))[-1]
    bob = tavern.people["Bob"]
    first, second = [(await bob.slash(tavern.elsewhere, "memory")).response for _ in range(2)]
    one = await bob.select(second, [str(pin.id)], custom_id="rp:memory:pins")
    return first, one.response, pin.id


@pytest.mark.parametrize("act", ["add", "note", "edit", "raise", "drop"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_what_is_remembered_is_changed_by_who_may_steer_the_story(
    stages: Stages, person: str, act: str
) -> None:
    tavern, (shown, one, pin_id) = await stages.lend(remembered)
    if act in {"add", "note"}:
        use = tavern.forge(PEOPLE[person](tavern), shown, f"rp:memory:{act}")
    else:
        use = tavern.forge(PEOPLE[person](tavern), one, f"rp:memory:{act}:{pin_id}")
    await (allowed(use) if person in STEERING else refused(tavern, use, NO_STEERING))


@pytest.mark.parametrize("act", ["recap:1", "make", "pause"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_a_recap_is_changed_by_who_may_steer_the_story(stages: Stages, person: str, act: str) -> None:
    tavern, shown = await stages.lend(chronicled)
    use = tavern.forge(PEOPLE[person](tavern), shown, f"rp:memory:{act}")
    await (allowed(use) if person in STEERING else refused(tavern, use, NO_STEERING))


@pytest.mark.parametrize("person", PEOPLE)
async def test_a_message_is_pinned_by_who_may_steer_the_story(stages: Stages, person: str) -> None:
    tavern, post = await stages.lend(replied)
    use = PEOPLE[person](tavern).context_menu(tavern.elsewhere, "Remember this", post)
    await (allowed(use) if person in STEERING else refused(tavern, use, NO_STEERING))


@pytest.mark.parametrize("person", PEOPLE)
async def test_what_is_remembered_is_seen_by_everybody(stages: Stages, person: str) -> None:
    tavern, (shown, one, pin_id) = await stages.lend(remembered)
    who = PEOPLE[person](tavern)
    await allowed(tavern.forge(who, one, "rp:memory:show"))
    await allowed(tavern.forge(who, shown, "rp:memory:pins", str(pin_id)))


@pytest.mark.parametrize("person", PEOPLE)
async def test_what_is_stored_about_oneself_takes_no_right(stages: Stages, person: str) -> None:
    tavern, _ = await stages.lend(replied, changed=True)
    who = PEOPLE[person](tavern)
    used = await who.slash(tavern.elsewhere, "privacy")
    assert used.ephemeral
    for label, key in (("Opt out", "opt_out"), ("Opt in", "opt_in")):
        used = await who.click(used.response, label=label)
        value = "true" if key == "opt_out" else str(used._interaction.id)
        rows = await tavern.database.read("SELECT * FROM preference WHERE user_id = ?", (who.id,))
        assert [tuple(row) for row in rows] == [(who.id, key, value)]
        others = await tavern.database.read(
            "SELECT 1 FROM preference WHERE key <> 'opt_in' AND user_id <> ?", (who.id,)
        )
        assert others == []


async def test_every_control_there_is_has_been_tried() -> None:
    patterns = {control.__discord_ui_compiled_template__.pattern for control in CONTROLS}
    assert patterns == {
        "rp:use",
        "rp:go_on",
        "rp:archive:(?P<way>get|bring)",
        "rp:proposal:(?P<act>publish|refuse|try|withdraw):(?P<proposal>[0-9]{1,18})",
        "rp:proposals:(?P<whose>mine|all)",
        "rp:proposals:one",
        "rp:propose:(?P<way>form|file)",
        "rp:proposers",
        "rp:picture:(?P<persona>.{1,64})",
        "rp:pictures",
        "rp:resume:(?P<scene>[0-9]{1,18})(?::(?P<after>[0-9]{1,18}))?",
        "rp:set:(?P<scope>channel|server):(?P<key>persona|[a-z_]+)",
        r"rp:cast:(?P<key>\w[\w-]{0,63})",
        "rp:write:(?P<scope>channel|server):(?P<key>quiet_hours|timezone|ignored_prefixes)",
        "rp:bots:(?P<scope>channel|server)",
        "rp:panel:(?P<scope>channel|server)(?::(?P<page>[0-9]+|[a-z]+))?",
        "rp:page:(?P<scope>channel|server)",
        "rp:limits:(?P<what>server|channel|timezone|key|drop)",
        "rp:cards:(?P<page>[0-9]{1,5})",
        r"rp:play:(?P<view>list|card):(?P<key>\w[\w-]{0,63})",
        r"rp:(?P<action>stop|again|back|next|continue|retry|more|edit|remove|restore|from_here|not_this|advance):(?P<turn>[0-9]{1,18})",
        "rp:undo:(?P<removal>[0-9]{1,18})",
        "rp:myself:(?P<act>show|new|edit|delete|confirm)(?::(?P<id>[0-9]{1,18}))?",
        "rp:myself:(?P<what>open|server|here)",
        "rp:wish:(?P<wish>whole_replies|ping):(?P<turn>on|off)",
        "rp:import",
        "rp:lores",
        r"rp:lore:(?P<act>get|drop):(?P<key>\w[\w-]{0,63})",
        r"rp:lore:save:(?P<digest>[0-9a-f]{8}):(?P<key>\w[\w-]{0,63})",
        "rp:look",
        r"rp:look:(?P<page>[0-9]{1,3}):(?P<words>[^\n]{1,80})",
        "rp:memory:(?P<act>show|add|note|edit|raise|drop|recap|whole|pause|resume|make)(?::(?P<id>[0-9]{1,18}))?",
        "rp:memory:pins",
        "rp:privacy:(?P<act>show|export|forget|here|everywhere|out|in)",
        r"rp:persona:(?P<act>card|try|edit|file|versions|delete):(?P<key>\w[\w-]{0,63})",
        r"rp:draft:(?P<act>save|try|edit):(?P<made>made|edited|uploaded|restored):(?P<over>[0-9]{1,6}):(?P<key>\w[\w-]{0,63})",
        r"rp:version:(?P<act>file|restore|delete):(?P<number>[0-9]{1,6}):(?P<over>[0-9]{1,6}):(?P<key>\w[\w-]{0,63})",
        r"rp:versions:(?P<key>\w[\w-]{0,63})",
        "rp:deleted",
        "rp:open",
        "rp:try:say:(?P<tryout>[0-9a-f]{16})",
    }


# --- second thoughts --------------------------------------------------------------------------------


async def story(tavern: Tavern) -> tuple[discord.Message, discord.Message]:
    """Let Bob begin a scene in which two replies stand; return both."""
    return await replied(tavern), await replied(tavern)


async def replied(tavern: Tavern) -> discord.Message:
    await tavern.say("Bob", f"{tavern.mention} good evening!", tavern.elsewhere)
    return tavern.last_post(tavern.elsewhere)


async def hush(tavern: Tavern) -> discord.Message:
    """Let a reply stand in a channel in which Carol may not write."""
    mute = tavern.people["Carol"]
    hushed = tavern.guild.create_text_channel(
        "hushed", overwrites={mute: discord.PermissionOverwrite(send_messages=False)}
    )
    await tavern.say("Bob", f"{tavern.mention} good evening!", hushed)
    return tavern.last_post(hushed)


NO_WRITING = "You need the Send Messages permission here to do that."


@pytest.mark.parametrize("action", ["stop", "continue", "retry"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_what_broke_off_is_mended_by_everyone_who_may_write(
    stages: Stages, person: str, action: str
) -> None:
    tavern, post = await stages.lend(replied)
    plant(tavern, post, f"rp:{action}:2")
    used = await PEOPLE[person](tavern).click(post, custom_id=f"rp:{action}:2")
    assert used.acknowledged
    assert used.response is None or used.response.id == post.id  # nothing to read but the reply itself


APART = (
    "Only people who wrote one of this story's latest 20 messages can do that. Say something in the story, then "
    "you can too."
)


async def company(tavern: Tavern) -> discord.Message:
    """Let Bob begin a scene, Alice join in, and then Bob be answered; return that answer."""
    await replied(tavern)
    await tavern.say("Alice", f"{tavern.mention} good evening!", tavern.elsewhere)
    return await replied(tavern)


async def company_later(tavern: Tavern) -> discord.Message:
    """The same, and a minute has passed."""
    post = await company(tavern)
    await let_pass(tavern.database)
    return post


@pytest.mark.parametrize("action", ["again", "back", "next"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_a_reply_belongs_for_a_minute_to_those_it_answers(
    stages: Stages, person: str, action: str
) -> None:
    tavern, post = await stages.lend(company)
    plant(tavern, post, f"rp:{action}:6")
    use = PEOPLE[person](tavern).click(post, custom_id=f"rp:{action}:6")
    if person == "member":
        used = await use
        wait = r"For a minute, only the people this reply answers can do that. You can <t:\d+:R>."
        assert used.ephemeral
        assert re.fullmatch(wait, used.response.content)
    else:
        await (unspoken(use, post) if person in STEERING else refused(tavern, use, APART))


@pytest.mark.parametrize("action", ["again", "back", "next"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_and_then_to_all_who_play(stages: Stages, person: str, action: str) -> None:
    tavern, post = await stages.lend(company_later)
    plant(tavern, post, f"rp:{action}:6")
    use = PEOPLE[person](tavern).click(post, custom_id=f"rp:{action}:6")
    may_press = person in {*STEERING, "member"}
    await (unspoken(use, post) if may_press else refused(tavern, use, APART))


async def test_where_all_have_the_rights_of_the_story_nobody_waits(stages: Stages) -> None:
    tavern, post = await stages.lend(company)
    settings = SettingsStore(tavern.database)
    await settings.put("channel", tavern.elsewhere.id, "story_rights", "all", by_user=0, at=now())
    plant(tavern, post, "rp:back:6")
    await unspoken(PEOPLE["keeper"](tavern).click(post, custom_id="rp:back:6"), post)


async def unspoken(use: Awaitable[Any], post: discord.Message) -> None:
    """A press does what it does, and nobody is told anything."""
    used = await use
    assert used.acknowledged
    assert used.response is None or used.response.id == post.id


@pytest.mark.parametrize(
    "action",
    [
        "stop",
        "again",
        "back",
        "next",
        "continue",
        "retry",
        "more",
        "edit",
        "remove",
        "restore",
        "from_here",
        "not_this",
        "advance",
        "undo",
    ],
)
async def test_no_button_works_for_who_may_not_write(stages: Stages, action: str) -> None:
    tavern, post = await stages.lend(hush)
    plant(tavern, post, f"rp:{action}:2")
    await refused(tavern, tavern.people["Carol"].click(post, custom_id=f"rp:{action}:2"), NO_WRITING)


@pytest.mark.parametrize("person", PEOPLE)
async def test_everyone_who_may_write_opens_what_is_done_less_often(stages: Stages, person: str) -> None:
    tavern, (_, post) = await stages.lend(story)
    used = await PEOPLE[person](tavern).click(post, label="⋯ More")
    found = [button["label"] for row in used.response.components for button in row["components"]]
    assert used.ephemeral
    assert found == ["▷ Go on", *(["Edit", "Remove"] if person in STEERING else []), "Not this"]


@pytest.mark.parametrize("person", PEOPLE)
async def test_everyone_who_may_write_lets_the_story_go_on(stages: Stages, person: str) -> None:
    tavern, post = await stages.lend(replied, changed=True)
    asked = len(tavern.prompts)
    used = await tavern.forge(PEOPLE[person](tavern), post, "rp:advance:2")
    assert not used.ephemeral
    assert used.response.content.endswith(" lets the story continue.")
    assert len(tavern.prompts) == asked + 1


@pytest.mark.parametrize("action", ["edit", "remove", "from_here"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_what_is_told_is_changed_by_who_has_a_say_in_the_story(
    stages: Stages, person: str, action: str
) -> None:
    tavern, (_, post) = await stages.lend(story)
    plant(tavern, post, f"rp:{action}:4")
    use = PEOPLE[person](tavern).click(post, custom_id=f"rp:{action}:4")
    await (allowed_here(use) if person in STEERING else refused(tavern, use, NO_STEERING))


@pytest.mark.parametrize("menu", ["Regenerate from here", "Edit reply"])
@pytest.mark.parametrize("person", PEOPLE)
async def test_every_message_menu_by_everybody(stages: Stages, person: str, menu: str) -> None:
    tavern, (older, _) = await stages.lend(story)
    use = PEOPLE[person](tavern).context_menu(tavern.elsewhere, menu, older)
    await (allowed_here(use) if person in STEERING else refused(tavern, use, NO_STEERING))


async def removal(tavern: Tavern) -> discord.Message:
    """Let Bob remove the newer of two replies; return it."""
    _, post = await story(tavern)
    asked = await tavern.people["Bob"].context_menu(tavern.elsewhere, "Remove from story", post)
    await tavern.people["Bob"].click(asked.response, label="Remove")
    return post


@pytest.mark.parametrize("person", PEOPLE)
async def test_the_menu_to_remove_a_reply_offers_everybody_what_they_may_do(
    stages: Stages, person: str
) -> None:
    tavern, (older, _) = await stages.lend(story)
    used = await PEOPLE[person](tavern).context_menu(tavern.elsewhere, "Remove from story", older)
    found = [button["label"] for row in used.response.components for button in row["components"]]
    assert used.ephemeral
    assert found == [*(["Remove"] if person in STEERING else []), "Not this"]


@pytest.mark.parametrize("person", PEOPLE)
async def test_everyone_who_may_write_covers_a_reply(stages: Stages, person: str) -> None:
    tavern, (older, _) = await stages.lend(story)
    who = PEOPLE[person](tavern)
    asked = await who.context_menu(tavern.elsewhere, "Remove from story", older)
    used = await who.click(asked.response, label="Not this")
    assert used.acknowledged
    assert tavern.posts(tavern.elsewhere)[0] == "-# Not part of the story anymore."


async def cover(tavern: Tavern) -> discord.Message:
    """Let Carol cover the newer of two replies; return it."""
    _, post = await story(tavern)
    asked = await tavern.people["Carol"].context_menu(tavern.elsewhere, "Remove from story", post)
    await tavern.people["Carol"].click(asked.response, label="Not this")
    return post


@pytest.mark.parametrize("person", [*PEOPLE, "who covered it"])
async def test_what_was_covered_is_put_back_by_who_has_a_say_in_the_story(
    stages: Stages, person: str
) -> None:
    tavern, post = await stages.lend(cover)
    who = PEOPLE[person](tavern) if person in PEOPLE else tavern.people["Carol"]
    use = who.click(post, label="Undo, back into the story")
    await (allowed_here(use) if person in STEERING else refused(tavern, use, NO_STEERING))


@pytest.mark.parametrize("person", PEOPLE)
async def test_a_removal_is_undone_by_who_has_a_say_in_the_story(stages: Stages, person: str) -> None:
    tavern, post = await stages.lend(removal)
    use = PEOPLE[person](tavern).click(post, label="Undo, back into the story")
    await (allowed_here(use) if person in STEERING else refused(tavern, use, NO_STEERING))


async def remark(tavern: Tavern) -> discord.Message:
    """Let Carol say something in Bob's scene; return it."""
    await replied(tavern)
    return await tavern.say("Carol", f"{tavern.mention} Hm.", tavern.elsewhere)


@pytest.mark.parametrize("person", PEOPLE)
async def test_what_somebody_said_is_removed_by_who_has_a_say_in_the_story(
    stages: Stages, person: str
) -> None:
    tavern, said = await stages.lend(remark)
    use = PEOPLE[person](tavern).context_menu(tavern.elsewhere, "Remove from story", said)
    not_yours = f"This message is from someone else. {NO_STEERING}"
    await (allowed_here(use) if person in STEERING else refused(tavern, use, not_yours))


async def test_who_removed_something_may_put_it_back(stages: Stages) -> None:
    tavern, said = await stages.lend(remark)
    used = await tavern.people["Carol"].context_menu(tavern.elsewhere, "Remove from story", said)
    back = await tavern.people["Carol"].click(used.response, label="Undo, back into the story")
    assert back.acknowledged
    assert used.response.content == "Back in the story."


async def allowed_here(use: Awaitable[Any]) -> None:
    used = await use
    assert used.acknowledged
    told = used.response.content if used.response is not None else ""
    assert NO_STEERING not in told


# --- in one channel only ----------------------------------------------------------------------------


async def test_a_right_in_one_channel_is_none_in_another(stages: Stages) -> None:
    tavern, _ = await stages.lend(evening)
    carol = tavern.people["Carol"]
    hers = tavern.guild.create_text_channel(
        "hers", overwrites={carol: discord.PermissionOverwrite(manage_channels=True)}
    )
    await allowed(carol.slash(hers, "persona use", persona="isolde"))
    await refused(tavern, carol.slash(tavern.elsewhere, "persona use", persona="isolde"), NO_CHANNELS)


async def test_a_right_that_a_channel_takes_away_is_gone_there(stages: Stages) -> None:
    tavern, _ = await stages.lend(evening)
    kay = tavern.staff("Kay", manage_channels=True)
    shut = tavern.guild.create_text_channel(
        "shut", overwrites={kay: discord.PermissionOverwrite(manage_channels=False)}
    )
    await refused(tavern, kay.slash(shut, "persona use", persona="isolde"), NO_CHANNELS)


# --- webhooks ---------------------------------------------------------------------------------------


async def test_a_webhook_commands_nothing_and_is_not_heard(stages: Stages) -> None:
    tavern, _ = await stages.lend(empty)
    webhook = tavern.guild.create_webhook(tavern.bound, "Admin")
    before = await stored(tavern)
    for text in ("/dramatis pause", f"{tavern.mention} /persona clear", "Marlow, `/scene new`"):
        await webhook.send(text)
    assert await stored(tavern) == before
    assert tavern.posts(tavern.bound) == []
    assert tavern.m2her.requests == []
