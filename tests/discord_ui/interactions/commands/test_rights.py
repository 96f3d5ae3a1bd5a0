"""Who may do what: every command and every control, tried by everybody, whatever the server shows them.

Law: one stage serves the whole table. Who may not is tried first, all at once, and leaves nothing behind; what
those who may do then leaves its mark for the rows after it, which expect no more than that nobody is told they
may not. What each does is tested elsewhere. `docs/rights.md` shows the table. The stage has a moderation log, in
which no row leaves another line than `LOGGED` says.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import discord
import pytest
import pytest_asyncio
from simcord import interactions as simulated
from simcord.backend import serializers
from simcord.results import InteractionResult

from bot.composition.story import now
from bot.core.access import BARRED_ROLES, roles_text
from bot.core.memory.recap import RecapRules
from bot.core.posts.buttons import Action
from bot.core.profiles import ProfileWords
from bot.core.reach import Reach
from bot.core.scene import START, Place
from bot.core.servers import Audience, ServerRule
from bot.core.settings import LOG
from bot.discord_ui.interactions.commands import build_tree
from bot.discord_ui.interactions.controls import CONTROLS, submitting
from bot.storage.pins import Made, Pins
from bot.storage.scenes import Scenes
from bot.storage.server_personas import Act
from bot.storage.settings import SettingsStore
from bot.story.server_library.workshop import Draft
from bot.texts.catalogue.moderation import MODERATION
from tests.databases import let_pass
from tests.discord_ui.interactions.commands.logged import LOGGED
from tests.standins.m2her import M2her
from tests.tavern import CHANNEL_SELECT, ROLE_SELECT, RULES, STRING_SELECT, USER_SELECT, Tavern, open_tavern

on_stage = pytest.mark.asyncio(loop_scope="module")

ROOT = Path(__file__).parents[4]

# --- the people -------------------------------------------------------------------------------------

MEMBERS = ("member", "starter", "moderator", "bouncer", "keeper", "warden", "administrator", "owner")
"""Alice, who plays; Bob, who began the scene; those with Manage Messages, Timeout Members, Manage Channels,
Manage Server and Administrator; the server's owner."""

KEPT_OUT = ("no role", "timed out", "outside", "blocked", "bot", "stranger")
"""A player that a role bars, one in a time-out, one who can't see the channel, one who is blocked, another bot,
and the owner of another server who copied the control's id."""

PEOPLE = (*MEMBERS, *KEPT_OUT)

ALL = frozenset(MEMBERS)
STORY = frozenset({"starter", "moderator", "administrator", "owner"})
CHANNELS = frozenset({"keeper", "administrator", "owner"})
SERVER = frozenset({"warden", "administrator", "owner"})
BOTH = CHANNELS & SERVER
MESSAGES = frozenset({"moderator", "administrator", "owner"})
MODERATORS = MESSAGES | {"bouncer"}
NOBODY = frozenset[str]()
ASKED = frozenset({"starter"})
"""Who has asked for the reply."""
PLAYERS = STORY | {"member", "bouncer"}

GROUPS: Mapping[frozenset[str], str] = {
    ALL: "everybody",
    STORY: "the scene's starter, Manage Messages",
    ASKED: "who asked for the reply",
    PLAYERS: "who plays in the scene, Manage Messages or Timeout Members",
    CHANNELS: "Manage Channels",
    SERVER: "Manage Server",
    BOTH: "Manage Channels and Manage Server",
    MODERATORS: "Manage Messages or Timeout Members",
    NOBODY: "people with the role for proposals",
}
"""How docs/rights.md says who may."""

# --- what they are told -----------------------------------------------------------------------------

NO_CHANNELS = "You need the Manage Channels permission here to do that."
NO_SERVER = "You need the Manage Server permission here to do that."
NO_BOTH = re.compile(r"You need the Manage (Channels|Server) permission here to do that\.")
NO_MODERATOR = "You need the Manage Messages or Timeout Members permission here to do that."
NO_MODERATOR_SERVER = (
    "You need the Manage Messages or Timeout Members permission on the whole server to do that."
)
NO_STORY = (
    "Only the person who started this scene, or someone with Manage Messages, can do that. You can start "
    "your own scene in a thread."
)
APART = (
    "Only people who wrote one of this story's latest 20 messages can do that. Say something in the story, then "
    "you can too."
)
NO_PROPOSER = "You need another role to propose personas here. Ask an admin of this server."
NOT_THEIRS = re.compile(r"This character doesn't exist anymore\. Use </myself:\d+> again\.")

OTHERS = "Only the person who asked for this reply can see why."

OUT = {
    "no role": "Only people with certain roles can play here. An admin of this server can tell you which.",
    "timed out": "You're timed out on this server. You can use this again when it's over.",
    "outside": "You can't see this channel, so you can't do that.",
    "blocked": "This server's moderators have blocked you from using this bot. `/privacy` still works.",
    "bot": "Bots can't use this.",
}

TOLD_NO = {
    NO_CHANNELS,
    NO_SERVER,
    NO_MODERATOR,
    NO_MODERATOR_SERVER,
    NO_STORY,
    APART,
    NO_PROPOSER,
}
BROKE = "Something went wrong. The bot's owner can find the reason in the log. Try again."


class Kind:
    """What an interaction is, towards those who are kept out."""

    OWN = frozenset({"no role", "timed out", "outside", "blocked"})
    ASIDE = frozenset({"no role"})
    PLAY = NOBODY


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        use: a command, the name of a message menu, or the id of a control or form.
        may: the members who may use it.
        why: what all other members are told.
        kind: those who are kept out of play and may do as a member may.
        more: the options of a command; the values of a menu, and its type.
        way: `menu` for a message menu, `form` for a form.
    """

    use: str
    may: frozenset[str]
    why: str | re.Pattern[str] = ""
    kind: frozenset[str] = Kind.PLAY
    more: Mapping[str, Any] = {}
    way: str = ""


def play(use: str, may: frozenset[str] = ALL, why: str = "", **more: Any) -> Row:
    return Row(use, may, why, Kind.PLAY, more)


def aside(use: str, may: frozenset[str] = SERVER, why: str | re.Pattern[str] = NO_SERVER, **more: Any) -> Row:
    return Row(use, may, why, Kind.ASIDE, more)


def own(use: str, **more: Any) -> Row:
    return Row(use, ALL, "", Kind.OWN, more)


def by_way(way: str, *rows: Row) -> tuple[Row, ...]:
    return tuple(row._replace(way=way) for row in rows)


COMMANDS = (
    own("help"),
    own("privacy"),
    aside("myself", ALL, ""),
    aside("usage", ALL, ""),
    play("memory"),
    play("scene list"),
    play("scene info"),
    play("scene export"),
    play("scene resume", STORY, NO_STORY, scene=1),
    play("talk", text="Good evening."),
    play("roll", dice="2d6"),
    aside("persona list"),
    aside("persona show", persona="isolde"),
    aside("persona new"),
    aside("persona upload"),
    aside("persona use", CHANNELS, NO_CHANNELS, persona="isolde"),
    aside("persona use", BOTH, NO_BOTH, persona="isolde", where="server"),
    aside("persona add", CHANNELS, NO_CHANNELS, persona="marlow"),
    aside("persona remove", CHANNELS, NO_CHANNELS, persona="isolde"),
    aside("lore list"),
    aside("lore upload", file="mole.yaml"),
    aside("lore test", text="Well?"),
    aside("dramatis settings"),
    aside("dramatis inspect"),
    aside("dramatis block", MODERATORS, NO_MODERATOR_SERVER),
)
"""Commands that leave the story as it is, or nearly."""

FIRST = (
    *(aside(f"rp:why_{what}:{{reply}}", ASKED, OTHERS) for what in ("input", "output")),
    *(play(f"rp:{act}:{{reply}}", PLAYERS, APART) for act in ("again", "back", "next")),
)
"""What is for those who play: by `/talk`, everybody begins to."""

LAST = (
    play("undo", STORY, NO_STORY),
    aside("persona clear", CHANNELS, NO_CHANNELS),
    aside("rp:use", CHANNELS, NO_CHANNELS, values=["marlow"]),
    aside("dramatis pause", MODERATORS, NO_MODERATOR, where="channel"),
    aside("rp:go_on:channel", MODERATORS, NO_MODERATOR),
    aside("dramatis pause", MODERATORS, NO_MODERATOR_SERVER),
    aside("rp:go_on", MODERATORS, NO_MODERATOR_SERVER),
    play("scene new", STORY, NO_STORY),
)
"""Commands and controls after which the rows before them would find something else."""

MENUS = by_way(
    "menu",
    play("Regenerate from here", STORY, NO_STORY, message="older"),
    play("Edit reply", STORY, NO_STORY),
    play("Remember this", STORY, NO_STORY),
    play("Branch from here"),
    play("Remove from story"),
)

BUTTONS = (
    play("rp:stop:{reply}"),
    play("rp:continue:{reply}"),
    play("rp:retry:{reply}"),
    play("rp:more:{reply}"),
    aside("rp:report:{reply}", ALL, ""),
    play("rp:edit:{reply}", STORY, NO_STORY),
    play("rp:advance:{reply}"),
    play("rp:memory:show"),
    play("rp:memory:whole"),
    play("rp:memory:pins", values=["{pin}"]),
    *(
        play(f"rp:memory:{act}", STORY, NO_STORY)
        for act in ("add", "note", "recap:1", "make", "pause", "resume")
    ),
    *(play(f"rp:memory:{act}:{{pin}}", STORY, NO_STORY) for act in ("edit", "raise", "drop")),
    play("rp:look"),
    play("rp:look:1:bell"),
    play("rp:resume:{scene}", STORY, NO_STORY),
    play("rp:from_here:{older}", STORY, NO_STORY),
    play("rp:remove:{reply}", STORY, NO_STORY),
    play("rp:restore:{reply}", STORY, NO_STORY),
    play("rp:undo:{removal}", STORY, NO_STORY),
    play("rp:not_this:{reply}"),
    aside("rp:import"),
    aside("rp:set:channel:respond", values=["name"]),
    aside("rp:set:channel:persona", values=["marlow"]),
    aside("rp:set:server:language", values=["Deutsch"]),
    aside("rp:cast:marlow", values=["25"]),
    aside("rp:write:channel:quiet_hours"),
    aside("rp:write:server:ignored_prefixes"),
    aside("rp:bots:channel", values=[], menu=USER_SELECT),
    *(aside(f"rp:limits:{what}") for what in ("server", "channel", "timezone", "key", "drop")),
    aside("rp:page:server", values=["limits"]),
    aside("rp:rules:channel"),
    aside("rp:rules:server"),
    aside("rp:panel:channel"),
    aside("rp:panel:server"),
    aside("rp:panel:channel:cast"),
    aside("rp:panel:server:moderation"),
    aside("rp:log:log", values=["{hall}"], menu=CHANNEL_SELECT),
    aside("rp:log:reports", values=[], menu=CHANNEL_SELECT),
    aside("rp:roles:server:play_roles", values=[], menu=ROLE_SELECT),
    aside("rp:roles:channel:play_roles", values=[], menu=ROLE_SELECT),
    aside("rp:roles:channel:barred_roles", values=[], menu=ROLE_SELECT),
    aside("rp:block:page:1", MODERATORS, NO_MODERATOR_SERVER),
    aside("rp:block:lift:77", MODERATORS, NO_MODERATOR_SERVER),
    aside("rp:archive:get"),
    aside("rp:archive:bring"),
    aside("rp:pictures", values=["{channel}"], menu=CHANNEL_SELECT),
    aside("rp:picture:ann"),
    aside("rp:cards:2"),
    aside("rp:play:list:isolde", CHANNELS, NO_CHANNELS),
    *(aside(f"rp:persona:{act}:ann") for act in ("card", "try", "edit", "file", "versions", "delete")),
    aside("rp:version:file:1:2:ann"),
    aside("rp:version:restore:1:2:ann"),
    aside("rp:version:delete:2:2:ann"),
    aside("rp:versions:ann", values=["1"]),
    aside("rp:open", values=["ann"]),
    aside("rp:deleted", values=["ann"]),
    *(aside(f"rp:draft:{act}:uploaded:0:bea") for act in ("save", "try", "edit")),
    aside("rp:try:say:0123456789abcdef"),
    aside("rp:lores", values=["mole"]),
    aside("rp:lore:get:mole"),
    aside("rp:lore:drop:mole"),
    aside("rp:lore:save:01234567:mole"),
    *(aside(f"rp:propose:{way}", NOBODY, NO_PROPOSER) for way in ("form", "file")),
    aside("rp:proposers", values=["{role}"], menu=ROLE_SELECT),
    *(aside(f"rp:proposal:{act}:1", MODERATORS, NO_MODERATOR) for act in ("publish", "refuse")),
    aside("rp:proposals:one", MODERATORS, NO_MODERATOR, values=["1"]),
    aside("rp:proposals:all", MODERATORS, NO_MODERATOR),
    aside("rp:myself:show", ALL, ""),
    aside("rp:myself:new", ALL, ""),
    *(aside(f"rp:myself:{act}:1", frozenset({"starter"}), NOT_THEIRS) for act in ("edit", "delete")),
    aside("rp:myself:open", frozenset({"starter"}), NOT_THEIRS, values=["1"]),
    aside("rp:wish:ping:on", ALL, ""),
    own("rp:privacy:show"),
    own("rp:privacy:export"),
    own("rp:privacy:forget"),
)
"""Controls; `{name}` is an id that the stage has."""

FORMS = by_way(
    "form",
    play("rp:edit:{reply}", STORY, NO_STORY),
    play("rp:memory:form:add", STORY, NO_STORY),
    play("rp:as:marlow", STORY, NO_STORY),
    play("rp:look:form"),
    aside("rp:report:{reply}", ALL, ""),
    aside("rp:write:form:channel:quiet_hours"),
    aside("rp:limits:form:server"),
    aside("rp:limits:form:key"),
    aside("rp:rules:form:server"),
    aside("rp:import"),
    aside("rp:archive:bring"),
    aside("rp:picture:ann"),
    aside("rp:persona:form:new"),
    aside("rp:persona:form:card:00000000:ann"),
    aside("rp:persona:upload"),
    aside("rp:try:form:0123456789abcdef"),
    aside("rp:proposal:refuse:1", MODERATORS, NO_MODERATOR),
    aside("rp:propose:form", NOBODY, NO_PROPOSER),
)

NUMBERED = re.compile(r"\{\w+\}")
"""An id in a row."""

EXAMPLE = re.compile(r":(?:\{\w+\}|[0-9a-f]{8,}|\d+|ann|bea|mole|isolde|marlow|bell)\b|:\{\w+\}")
"""The same, and what rows have in place of any key, number or words."""

ROWS = (*FIRST, *COMMANDS, *MENUS, *BUTTONS, *FORMS, *LAST)

LINES = [
    (key.split(".")[1], re.compile(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(sentence))))
    for key, sentence in MODERATION.items()
    if key.startswith("log.") and key != "log.report"
]
"""Each kind of line of the moderation log, and how it looks."""

REACHED = {
    *("again", "archive_taken", "covered", "limits", "log_chosen", "paused", "persona_saved", "persona_set"),
    *("picture", "put_back", "recap", "removed", "reports_chosen", "resumed", "roles", "scene_begun"),
    *("scene_resumed", "setting", "undone"),
}
"""The lines to which the table comes; others are tried where what they tell of is."""

PATIENCE = 9
"""How often a busy machine is waited for."""

AT_HOME = {"rp:advance:{reply}", "rp:wish:ping:on", "rp:as:marlow"}
"""Controls whose ids name nothing of a server: another one's owner may use them on their own."""

# --- the stage --------------------------------------------------------------------------------------


@dataclass
class Stage:
    """The tavern with everybody in it, and what the table's rows are tried on.

    Attributes:
        people: everybody by their name in the table.
        ids: the ids that rows name.
        posts: messages of the bot's, one for each person, under which controls stand.
        messages: the posts of two replies, by their names in the table.
        stored: the rows of the database as they were last read, and its version then.
    """

    tavern: Tavern
    people: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    posts: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, Any] = field(default_factory=dict)
    stored: tuple[int, list[tuple[Any, ...]]] | None = None

    def acts(self) -> list[str]:
        """What the moderation log has told up to now."""
        posts = self.tavern.env.backend.messages[self.ids["hall"]].values()
        lines = [line for post in posts for line in post.content.splitlines()]
        return [act for line in lines for act, told in LINES if told.fullmatch(line)]

    def emit(self, name: str, row: Row, outside: Mapping[str, Any] | None = None) -> InteractionResult:
        """Let somebody use a row's command or control; the bot takes it in at the next `quiet`.

        `outside` is what Discord says of one that is used elsewhere than on a server of the bot's.
        """
        who, backend = self.people[name], self.tavern.env.backend
        message = self.posts[name if outside is None else outside["where"]]
        message.content, message.components, message.flags = "Here.", [], 0  # another row may have changed it
        kind, data, more = self._data(row, message)
        record, payload = simulated.base_payload(
            backend,
            type=kind,
            channel_id=message.channel_id,
            guild_id=None if outside is not None and outside["context"] else who.guild.id,
            user_id=who.id,
            data=data,
        )
        payload.update({**more, **(outside or {})})
        if "message" in more:
            record.source_message_id = message.id
        backend.emit("INTERACTION_CREATE", payload)
        return InteractionResult(self.tavern.env, record)

    def _data(self, row: Row, message: Any) -> tuple[int, dict[str, Any], dict[str, Any]]:
        if row.way == "form":
            field = {"type": 18, "component": {"type": 4, "custom_id": "name", "value": "Mallory"}}
            return 5, {"custom_id": row.use.format(**self.ids), "components": [field]}, {}
        if row.use.startswith("rp:"):
            return 3, *self._control(row, message)
        return 2, self._menu(row) if row.way == "menu" else self._command(row), {}

    def _control(self, row: Row, message: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        custom_id, menu = row.use.format(**self.ids), row.more.get("menu", STRING_SELECT)
        shown: dict[str, Any] = {"type": 2, "style": 2, "label": "-", "custom_id": custom_id}
        used: dict[str, Any] = {"custom_id": custom_id, "component_type": 2}
        if "values" in row.more:
            values = [each.format(**self.ids) for each in row.more["values"]]
            used |= {"component_type": menu, "values": values}
            used |= {} if menu == STRING_SELECT else {"resolved": self._resolved(menu, values)}
            shown = {"type": menu, "custom_id": custom_id}
            shown |= (
                {"options": [{"label": "-", "value": each} for each in values]}
                if menu == STRING_SELECT
                else {}
            )
        payload = dict(serializers.message_payload(self.tavern.env.backend, message))
        return used, {"message": {**payload, "components": [{"type": 1, "components": [shown]}]}}

    def _resolved(self, menu: int, values: list[str]) -> dict[str, Any]:
        if menu == CHANNEL_SELECT:
            return {
                "channels": {
                    each: {"id": each, "type": 0, "name": "?", "permissions": "0"} for each in values
                }
            }
        if menu == USER_SELECT:
            return {"users": {}}
        backend = self.tavern.env.backend
        guild = serializers.guild_create_payload(backend, backend.guilds[self.tavern.guild.id])
        return {"roles": {role["id"]: dict(role) for role in guild["roles"] if role["id"] in values}}

    def _command(self, row: Row) -> dict[str, Any]:
        root, *path = row.use.split()
        kinds, resolved = {str: 3, int: 4}, dict[str, Any]()
        options = [
            {"name": key, "type": kinds[type(value)], "value": value} for key, value in row.more.items()
        ]
        for each in options:
            if each["name"] == "file":
                file = {"id": "1", "filename": each["value"], "size": 9_000_000, "url": "http://127.0.0.1:9/"}
                resolved = {"attachments": {"1": {**file, "proxy_url": file["url"]}}}
                each.update(type=11, value="1")
        for name in reversed(path):
            options = [{"name": name, "type": 1, "options": options}]
        command = self.tavern.env.backend.find_command(root, self.tavern.guild.id, type=1)
        return {"id": command["id"], "name": root, "type": 1, "options": options, "resolved": resolved}

    def _menu(self, row: Row) -> dict[str, Any]:
        backend = self.tavern.env.backend
        command = backend.find_command(row.use, self.tavern.guild.id, type=3)
        message = self.messages[row.more.get("message", "newer")]
        resolved = {"messages": {str(message.id): dict(serializers.message_payload(backend, message))}}
        target = {"target_id": str(message.id), "resolved": resolved}
        return {"id": command["id"], "name": row.use, "type": 3, **target}

    async def quiet(self) -> None:
        """Wait until the bot has done what many people asked for at once, however busy the machine is."""
        for _ in range(PATIENCE):
            try:
                return await self.tavern.quiet()
            except TimeoutError:
                pass  # simcord gives a busy machine a few seconds
        return await self.tavern.quiet()

    async def state(self) -> Any:
        """All that is stored of the tavern's server and read there; the stranger's server is their own."""
        ((version,),) = await self.tavern.database.read("PRAGMA data_version")
        if self.stored is None or version != self.stored[0]:
            self.stored = version, await self._rows()
        anvils = {post.id for post in self.posts.values()}
        posts = [
            (one.id, one.content)
            for channel_id, channel in self.tavern.env.backend.messages.items()
            for one in channel.values()
            if channel_id != self.posts["stranger"].channel_id
            and one.id not in anvils
            and not one.is_ephemeral
        ]
        return self.stored[1], posts

    async def _rows(self) -> list[tuple[Any, ...]]:
        # Up to where all was heard is noted now and then, whatever happens.
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'heard' ORDER BY name"
        rows = [
            (table, *row)
            for (table,) in await self.tavern.database.read(tables)
            for row in await self.tavern.database.read(f"SELECT * FROM {table}")
        ]
        theirs = {self.posts["stranger"].channel_id, self.people["stranger"].guild.id}
        return [row for row in rows if theirs.isdisjoint(row)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    rules = replace(RULES, recap=RecapRules(), servers=ServerRule(Audience.ALL))
    async with M2her() as m2her, open_tavern(m2her, tmp_path_factory.mktemp("stage"), rules=rules) as tavern:
        stage = Stage(tavern)
        await tell_a_story(stage, await invite(stage))
        yield stage


async def invite(stage: Stage) -> Any:
    """Let everybody come in; return the channel in which the table is tried."""
    tavern, people = stage.tavern, stage.people
    env, guild = tavern.env, tavern.guild
    people |= {"member": tavern.people["Alice"], "starter": tavern.people["Bob"], "owner": tavern.owner}
    rights = {
        "moderator": "manage_messages",
        "bouncer": "moderate_members",
        "keeper": "manage_channels",
        "warden": "manage_guild",
        "administrator": "administrator",
    }
    for name, right in rights.items():
        role = guild.create_role(name, permissions=discord.Permissions(**{right: True}))
        people[name] = guild.add_member(env.create_user(name), roles=[role])
    barred = guild.create_role("Barred")
    people["no role"] = guild.add_member(env.create_user("carl"), roles=[barred])
    for name in ("timed out", "outside", "blocked"):
        people[name] = guild.add_member(env.create_user(name.replace(" ", "")))
    until = discord.utils.utcnow() + timedelta(days=1)
    env.backend.guilds[guild.id].members[people["timed out"].id].timed_out_until = until.isoformat()
    people["bot"] = guild.add_member(env.create_user("robot", bot=True))
    hidden = discord.PermissionOverwrite(view_channel=False)
    at_table = guild.create_text_channel("table", overwrites={people["outside"]: hidden})
    hall = guild.create_text_channel("hall")
    stage.ids |= {"channel": at_table.id, "role": guild.default_role.id, "hall": hall.id}
    settings = SettingsStore(tavern.database)
    await settings.put("server", guild.id, LOG, str(hall.id), by_user=1, at=now())
    await settings.put("server", guild.id, BARRED_ROLES, roles_text([barred.id]), by_user=1, at=now())
    await tavern.story.choices.block(guild.id, people["blocked"].id, 1)
    other = env.create_guild()
    abroad = other.create_text_channel("abroad")
    people["stranger"] = other.add_member(
        env.create_user("stranger"),
        roles=[other.create_role("All", permissions=discord.Permissions(administrator=True))],
    )
    for name in PEOPLE:
        where = abroad if name == "stranger" else at_table
        stage.posts[name] = env.backend.create_message(where.id, env.backend.bot_user.id, "Here.")
    await tavern.quiet()
    return at_table


async def tell_a_story(stage: Stage, at_table: Any) -> None:
    """Let Bob begin a scene and another one, in which Alice joins him; a minute passes."""
    tavern, backend = stage.tavern, stage.tavern.env.backend
    place = Place(at_table.id, None, tavern.guild.id)
    await tavern.say("Bob", f"{tavern.mention} good evening!", at_table)
    first = await Scenes(tavern.database).active(place, now())
    await stage.people["starter"].slash(at_table, "scene new", title="Anew")
    for name in ("Alice", "Bob", "Alice", "Bob"):
        await tavern.say(name, f"{tavern.mention} good evening!", at_table)
    replies = [turn for turn in await tavern.turns(at_table) if turn.persona_key]
    posts = await tavern.database.read("SELECT turn_id, message_id FROM post ORDER BY turn_id")
    found = {row["turn_id"]: backend.get_message(at_table.id, row["message_id"]) for row in posts}
    stage.messages |= {"older": found[replies[-2].id], "newer": found[replies[-1].id]}
    scene, bob = replies[-1].scene_id, stage.people["starter"].id
    removal = await tavern.story.revision.remove(replies[0].id, bob, place)
    await Pins(tavern.database).add(scene, Made("The ferry sank.", 1, now(), START, 1), 9)
    (pin,) = await Pins(tavern.database).of_scene(scene)
    more = {"reply": replies[-1].id, "older": replies[-2].id, "removal": getattr(removal, "id", 0)}
    stage.ids |= {**more, "pin": pin.id, "scene": first.id}
    await tavern.story.myself.profiles.save(place, bob, ProfileWords("Voss"))
    for over in range(2):
        draft = Draft(tavern.guild.id, "ann", b"name: Ann\n" + b"# more\n" * over, over)
        await tavern.story.records.workshop.put(draft, Act.UPLOADED, 1)
    await let_pass(tavern.database)


# --- the table --------------------------------------------------------------------------------------


def words_of(used: InteractionResult) -> str:
    return used.response.content if used.response is not None else ""


@on_stage
async def test_the_whole_table(stage: Stage) -> None:
    wrong: list[tuple[str, str, str]] = []
    for row in ROWS:
        wrong += [(row.use, *found) for found in await tried(stage, row)]
    assert not wrong, "\n".join(map(str, wrong))
    assert set(stage.acts()) >= REACHED


async def tried(stage: Stage, row: Row) -> Iterable[tuple[str, str]]:
    """Let everybody use what a row is about; return who got another answer than the table says."""
    may = [name for name in PEOPLE if name in row.may or (name in row.kind and "member" in row.may)]
    copies = row.use.startswith("rp:") and row.use not in AT_HOME
    others = [name for name in PEOPLE if name not in may and (name != "stranger" or copies)]
    before = await stage.state()
    refused = {name: stage.emit(name, row) for name in others}
    await stage.quiet()
    found = [(name, words_of(used)) for name, used in refused.items() if not is_refused(name, row, used)]
    if await stage.state() != before:
        found.append(("somebody", "something has changed"))
    told = len(stage.acts())
    allowed = {name: stage.emit(name, row) for name in may}
    await stage.quiet()
    expected = LOGGED[use_of(row)]
    logged = {*stage.acts()[told:]} - {*(() if isinstance(expected, str) else expected)}
    found += [("the log", act) for act in logged]
    found += [(name, words_of(used)) for name, used in allowed.items() if not is_allowed(used)]
    return found


def is_refused(name: str, row: Row, used: InteractionResult) -> bool:
    told = words_of(used)
    if name == "stranger":  # on their own server, they may much
        return told != BROKE
    why = row.why if name in MEMBERS or name in row.kind else OUT[name]
    is_told = told == why if isinstance(why, str) else why.fullmatch(told) is not None
    return is_told and used.ephemeral and not used.followups


def is_allowed(used: InteractionResult) -> bool:
    is_answered = bool(used.acknowledged or used.modal)
    return is_answered and words_of(used) not in {*TOLD_NO, *OUT.values(), BROKE}


@on_stage
@pytest.mark.parametrize(("context", "owners"), [(1, {"0": "0"}), (0, {"1": "own"})])
async def test_whatever_is_used_outside_of_servers_works_or_is_refused(
    stage: Stage, context: int, owners: dict[str, str]
) -> None:
    """In direct messages, and where the bot is only one person's: nothing breaks for want of a server."""
    casting, owner = stage.tavern.story.casting, stage.people["owner"]
    rules, everywhere = casting.rules, frozenset({Reach.DIRECT, Reach.PERSONAL})
    casting.rules = replace(rules, servers=replace(rules.servers, outside=everywhere))
    stage.posts["own"] = stage.tavern.env.backend.create_message(
        owner.user.dm_channel.id, stage.tavern.env.backend.bot_user.id, "Here."
    )
    said = {
        "where": "own" if context else "owner",
        "context": context,
        "authorizing_integration_owners": {
            key: str(owner.id) if value == "own" else value for key, value in owners.items()
        },
    }
    try:
        used = [(row.use, stage.emit("owner", row, said)) for row in ROWS]
        await stage.quiet()
    finally:
        casting.rules = rules
        del stage.posts["own"]
    told = [(use, words_of(each)) for use, each in used]
    assert [use for use, words in told if words == BROKE] == []
    assert [use for use, each in used if not (each.acknowledged or each.modal)] == []


@on_stage
async def test_a_channel_that_the_bot_does_not_know_is_no_fault(stage: Stage) -> None:
    said = {"where": "owner", "context": 0, "channel": {"id": "1", "type": 99}, "channel_id": "1"}
    used = [stage.emit("owner", row, said) for row in (play("memory"), own("privacy"), play("rp:look"))]
    await stage.quiet()
    assert [words_of(each) for each in used] == [
        "The bot can't be used in this kind of channel. Use it in a text channel or a thread."
    ] * 3


def test_the_table_has_every_command_every_menu_and_every_control() -> None:
    tree = build_tree(discord.Client(intents=discord.Intents.none()))
    leaves = {
        each.qualified_name
        for each in tree.walk_commands()
        if not isinstance(each, discord.app_commands.Group)
    }
    assert {row.use for row in ROWS if not row.use.startswith("rp:") and row.way != "menu"} == leaves
    menus = tree.get_commands(type=discord.AppCommandType.message)
    assert {row.use for row in MENUS} == {menu.name for menu in menus}
    ids = [NUMBERED.sub("1", row.use) for row in ROWS if row.use.startswith("rp:") and row.way != "form"]
    templates = [control.__discord_ui_compiled_template__ for control in CONTROLS]
    assert [each.pattern for each in templates if not any(map(each.fullmatch, ids))] == []
    assert [each for each in ids if not any(template.fullmatch(each) for template in templates)] == []
    assert {f"rp:{action}:1" for action in Action} <= set(ids)
    forms = [NUMBERED.sub("1", row.use) for row in FORMS]
    patterns = [pattern for pattern, _ in submitting._FORMS]
    assert [each for each in forms if not any(pattern.fullmatch(each) for pattern in patterns)] == []


@on_stage
@pytest.mark.parametrize(
    ("person", "shown"),
    [
        ("member", set()),
        ("moderator", {"dramatis"}),
        ("keeper", {"persona"}),
        ("warden", {"lore"}),
        ("administrator", {"persona", "lore", "dramatis"}),
        ("owner", {"persona", "lore", "dramatis"}),
    ],
)
async def test_discord_shows_commands_to_those_who_may_use_them(
    stage: Stage, person: str, shown: set[str]
) -> None:
    found = stage.people[person].available_commands(stage.tavern.elsewhere)
    everyones = {row.use.partition(" ")[0] for row in COMMANDS if row.may == ALL} | {"undo"}
    assert {command.partition(" ")[0] for command in found} == {*everyones, *shown}


def page() -> str:
    """Return the tables of docs/rights.md."""
    parts = []
    for title, rows in (
        ("Commands", [row for row in ROWS if not row.use.startswith("rp:") and row.way != "menu"]),
        ("Message menus", [*MENUS]),
        ("Buttons and menus", [row for row in ROWS if row.use.startswith("rp:") and row.way != "form"]),
        ("Forms", [*FORMS]),
    ):
        groups: dict[tuple[str, frozenset[str]], list[str]] = {}
        for row in rows:
            uses = groups.setdefault((GROUPS.get(row.may, "the person whose it is"), row.kind), [])
            uses += [] if named(row) in uses else [named(row)]
        lines = [f"| {', '.join(uses)} | {may} | {OUTSIDERS[kind]} |" for (may, kind), uses in groups.items()]
        parts.append("\n".join([f"## {title}", "", "| used | by | and by |", "| --- | --- | --- |", *lines]))
    return "\n\n".join(parts) + "\n"


OUTSIDERS = {Kind.OWN: "all the others", Kind.ASIDE: "those without the role", Kind.PLAY: "–"}


def use_of(row: Row) -> str:
    """What a row is called in `LOGGED`."""
    return f"{'form ' if row.way == 'form' else ''}{named(row).replace('`', '')}"


def named(row: Row) -> str:
    where = {"server": " on the server", "channel": " here"}.get(row.more.get("where", ""), "")
    if row.way == "menu":
        return f"*{row.use}*"
    if not row.use.startswith("rp:"):
        return f"`/{row.use}`{where}"
    return f"`{EXAMPLE.sub(':…', row.use.removeprefix('rp:'))}`"


def test_the_page_shows_this_table() -> None:
    written = (ROOT / "docs/rights.md").read_text(encoding="utf-8")
    assert written.partition("## Commands")[1:] == page().partition("## Commands")[1:]
