"""The stage of the behaviour tests: the real bot on a simulated Discord (simcord), its model the stand-in.

simcord is young and leans on discord.py's private parts; whatever tests need of it goes through here, so
that it could be replaced.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord
from simcord.actors import MemberActor, _component_interaction
from simcord.backend import serializers
from simcord.http.routes import interactions
from simcord.results import to_discord_message

from bot.composition.story import face_of_die, now, story_on
from bot.core.completion import Sampling
from bot.core.posts.pace import Tempo
from bot.core.scene import END, START, Place, Turn
from bot.core.settings import Face, Settings, Stream
from bot.discord_ui.gateway.client import Client
from bot.discord_ui.gateway.service import Service, Timing
from bot.discord_ui.gateway.startup_log import StartupLog
from bot.endpoint.meter import TokenMeter
from bot.llm.client import HttpModel
from bot.llm.gate import Gate
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.incoming.hearing import Hearing
from bot.story.places.notices import ASKED, OPENER, RECORDING
from bot.story.places.rules import ChannelRule, Rules
from bot.story.story import Story
from tests.databases import open_database
from tests.llm.models import http_model
from tests.standins.m2her import M2her

MARLOW = """\
name: Marlow
description: Marlow keeps the Drowned Bell, a harbour tavern.
scenario: A storm has closed the harbour.
samples:
  - user: Have you a room?
    reply: '*slides a key over* "Number four."'
user:
  description: A traveller stranded by the storm.
"""

ISOLDE = """\
name: Isolde
description: Isolde is a cartographer who draws places that are not there yet.
"""

SETTINGS = Settings(face=Face.BOT, stream=Stream.LIVE)
"""The defaults of the host whose bot the tests run: what they say of posts holds for the bot's own."""

RULES = Rules(
    sampling=Sampling(1.0, 0.95, 1024),
    context_window=65_536,
    default_persona="marlow",
    defaults=SETTINGS,
)


STRING_SELECT, USER_SELECT, ROLE_SELECT, CHANNEL_SELECT = 3, 5, 6, 8
"""Types of menus (Discord's page "Component Reference")."""

AT_ONCE = replace(Tempo().scaled(0.0), calm=60.0)
"""No limit is waited for, and a calm channel waits for whole answers however slow a test is."""


def webhook_body(ctx: Any) -> tuple[dict[str, Any], bool]:
    """What is asked of a webhook. simcord refuses it buttons, which Discord takes where the webhook is ours."""
    return dict(ctx.body()), True


async def inform(database: Database, personas: Iterable[str]) -> None:
    """Let every channel have been told, before its first answer, that messages to the persona are stored.

    Each has seen the cards of these personas, by key.
    """
    notices = [(ASKED, ""), *((OPENER, key) for key in personas)]
    told = (
        f"INSERT OR IGNORE INTO notice VALUES (new.channel_id, '{kind}', '{key}', 0)" for kind, key in notices
    )
    await database.write(f"CREATE TRIGGER informed AFTER INSERT ON place BEGIN {'; '.join(told)}; END")


LOOK = 0.01
"""Seconds between two looks whether the bot has anything left to do."""


async def at_once(_: float) -> None:
    """Wait without waiting: pauses between tries cost a test no time."""


class Stage(simcord.Env):
    """A simulated Discord that sees soon that the bot has nothing left to do.

    simcord looks when a task of the bot's ends, else each 50 ms; most tasks don't end, they begin to wait.
    """

    async def _settle_internal(self, *, idle: float = 0.0, **options: Any) -> None:
        await super()._settle_internal(idle=LOOK, **options)


def read(message: Any) -> str:
    """What can be read of a message: its content, or of a card or panel the texts."""
    if not message.flags.components_v2:
        content: str = message.content
        return content
    return "\n".join(_texts(message.components))


def _texts(components: Iterable[Any]) -> Iterator[str]:
    for each in components:
        found = each if isinstance(each, dict) else each.to_dict()
        if found["type"] == discord.ComponentType.text_display.value:
            yield found["content"]
        yield from _texts(found.get("components", []))


@dataclass
class Tavern:
    """A simulated server with the real bot on it.

    `bound` is a channel bound to Marlow, `elsewhere` one that is not; people are found by name. `faces` are
    those on which the next dice land; further dice are thrown.
    """

    env: Any
    m2her: M2her
    database: Database
    personas: Path
    new_client: Callable[[], Client]
    channels: dict[int, ChannelRule]
    new_hearing: Callable[[], Hearing]
    model: HttpModel
    meter: TokenMeter
    faces: list[int]
    guild: Any
    bound: Any
    elsewhere: Any
    people: dict[str, Any] = field(default_factory=dict)

    @property
    def bot(self) -> discord.Client:
        client: discord.Client = self.env.bot
        return client

    @property
    def story(self) -> Story:
        """The running bot's story."""
        story: Story = self.bot.services.story  # type: ignore[attr-defined]
        return story

    @property
    def mention(self) -> str:
        assert self.bot.user is not None
        return self.bot.user.mention

    @property
    def prompt(self) -> list[tuple[str, str, str]]:
        """The last request's messages as (role, name, content)."""
        return self.prompts[-1]

    @property
    def prompts(self) -> list[list[tuple[str, str, str]]]:
        return [
            [(message["role"], message["name"], message["content"]) for message in request.body["messages"]]
            for request in self.m2her.requests
        ]

    @property
    def heard(self) -> list[tuple[str, str]]:
        """The last request's history as (name, content): what the model was told of the scene."""
        return [(name, content) for role, name, content in self.prompt if role in {"user", "assistant"}]

    @property
    def moderator(self) -> Any:
        """Somebody who may delete what others posted."""
        if "Moderator" not in self.people:
            role = self.guild.create_role("Mods", permissions=discord.Permissions(manage_messages=True))
            self.people["Moderator"] = self.guild.add_member(self.env.create_user("mod"), roles=[role])
        return self.people["Moderator"]

    def staff(self, name: str, **rights: bool) -> Any:
        """Let somebody come in who has these permissions on the whole server.

        Who manages a server mostly has Manage Messages, too, by which Discord shows them `/dramatis`.
        """
        if rights.get("manage_guild"):
            rights.setdefault("manage_messages", True)
        role = self.guild.create_role(name, permissions=discord.Permissions(**rights))
        user = self.env.create_user(name.lower(), global_name=name)
        self.people[name] = self.guild.add_member(user, roles=[role])
        return self.people[name]

    @property
    def owner(self) -> Any:
        """The owner of the server; no role gives them their rights."""
        return MemberActor(self.env, self.guild, self.guild.owner)

    async def forge(
        self, who: Any, message: Any, custom_id: str, *values: str, menu: int = STRING_SELECT
    ) -> Any:
        """Let somebody use a control of a message that Discord shows to others only, or as disabled.

        With values it is a menu of this type.
        """
        channel_id = message.channel.id if isinstance(message, discord.Message) else message.channel_id
        stored = self.env.backend.get_message(channel_id, message.id)
        resolved = {
            "channels": {value: {"id": value, "type": 0, "name": "?", "permissions": "0"} for value in values}
        }
        if menu == ROLE_SELECT:
            roles = serializers.guild_create_payload(self.env.backend, self.env.backend.guilds[self.guild.id])
            resolved = {"roles": {role["id"]: dict(role) for role in roles["roles"] if role["id"] in values}}
        if menu == USER_SELECT:
            users = (self.env.backend.users[int(value)] for value in values)
            resolved = {"users": {str(user.id): dict(serializers.user_payload(user)) for user in users}}
        more = {} if menu == STRING_SELECT else {"resolved": resolved}
        kind = {"component_type": menu, "values": list(values), **more} if values else {"component_type": 2}
        return await _component_interaction(who, stored, {"custom_id": custom_id, **kind})

    def restrict(self, channel: Any, patch: pytest.MonkeyPatch, *, restricted: bool = True) -> None:
        """Make a channel age-restricted or not, which simcord by itself does not know."""
        plain = serializers.channel_payload

        def payload(backend: Any, shown: Any) -> Any:
            return {**plain(backend, shown), "nsfw": restricted and shown.id == channel.id}

        patch.setattr(serializers, "channel_payload", payload)
        backend = self.env.backend
        backend.emit("CHANNEL_UPDATE", payload(backend, backend.get_channel(channel.id)))

    async def set_level(self, level: int) -> None:
        """Set the server's age restriction, which simcord by itself does not know."""
        backend = self.env.backend
        guild = serializers.guild_create_payload(backend, backend.guilds[self.guild.id])
        backend.emit("GUILD_UPDATE", {**guild, "nsfw_level": level})
        await self.quiet()

    async def quiet(self) -> None:
        """Wait until the bot has nothing left to do."""
        await self.env.settle()

    def sent(self) -> list[Any]:
        """The posts and edits the bot sent, as REST requests in their order."""
        return [
            entry
            for entry in self.env.http_requests
            if "/messages" in entry.path and entry.method in {"POST", "PATCH"}
        ]

    def typed(self, channel: Any) -> int:
        """How often typing was shown in a channel."""
        return sum(entry.path == f"/channels/{channel.id}/typing" for entry in self.env.http_requests)

    def last_post(self, channel: Any) -> discord.Message:
        assert self.bot.user is not None
        me = self.bot.user.id
        # Not history(): it makes discord.py's objects of everything ever said.
        stored = reversed(self.env.backend.messages[channel.id].values())
        found: discord.Message = to_discord_message(self.env, next(m for m in stored if m.author_id == me))
        return found

    def silent_channel(self, name: str) -> Any:
        """Open a channel in which the bot may read but not write."""
        overwrite = discord.PermissionOverwrite(send_messages=False)
        assert self.bot.user is not None
        return self.guild.create_text_channel(name, overwrites={self.bot.user: overwrite})

    def thread(self, channel: Any, name: str) -> Any:
        """Let Alice open a thread in a channel."""
        self.env.backend.create_thread(channel.id, name, self.people["Alice"].id)
        return channel.threads[-1]

    def posts(self, channel: Any) -> list[str]:
        """What the bot's posts in a channel say now."""
        me = self.bot.user
        return [read(message) for message in channel.history() if message.author == me]

    async def turns(self, channel: Any) -> list[Turn]:
        """What the story remembers of a channel."""
        scene = await Scenes(self.database).active(Place(channel.id), now())
        return await History(self.database).recent(scene.id, START, END)

    async def say(self, who: str, text: str, channel: Any = None, **options: Any) -> discord.Message:
        """Let somebody say something, in the bound channel unless told otherwise."""
        message: discord.Message = await self.people[who].send(channel or self.bound, text, **options)
        return message

    async def show(self, who: str, channel: Any = None, text: str = "", **fields: Any) -> int:
        """Let somebody post a message with these fields of Discord's; return its id.

        They are as Discord sends them, for what simcord's people cannot do.
        """
        backend, where = self.env.backend, (channel or self.bound).id
        stored = backend.create_message(where, self.people[who].id, "-", broadcast=False)
        payload = serializers.message_payload(backend, stored)
        backend.emit("MESSAGE_CREATE", {**payload, "content": text, **fields})
        await self.quiet()
        return int(stored.id)

    def join(self, name: str, nick: str | None = None) -> Any:
        """Let another person come in; two may have one name."""
        user = self.env.create_user(f"{name.lower()}{len(self.people)}", global_name=name)
        member = self.people[name if name not in self.people else f"other {name}"] = self.guild.add_member(
            user, nick=nick
        )
        return member

    def rook(self) -> Any:
        """Another bot on the server."""
        if "Rook" not in self.people:
            self.people["Rook"] = self.guild.add_member(self.env.create_user("rook", bot=True))
        return self.people["Rook"]

    async def restart(self) -> None:
        """Stop the bot and start it again on the same database."""
        await self.env.restart_bot(self.new_client())

    async def remembered(self, channel: Any) -> list[tuple[str, str]]:
        return [(turn.name, turn.text) for turn in await self.turns(channel)]


@asynccontextmanager
async def open_tavern(
    m2her: M2her,
    folder: Path,
    *,
    rules: Rules = RULES,
    message_content: bool = True,
    personas: Mapping[str, str] | None = None,
    informed: bool = True,
    gate: Gate | None = None,
    tempo: Tempo = AT_ONCE,
    admin_channel: Callable[[], int | None] = lambda: None,
) -> AsyncIterator[Tavern]:
    """Start the bot on a fresh simulated server, with people in it.

    `informed` says that the bound channel, and all that are not, have been told before what is stored of them, and
    have seen the personas' cards.
    """
    cast, personas = folder / "personas", personas or {"marlow": MARLOW, "isolde": ISOLDE}
    cast.mkdir(exist_ok=True)
    for key, text in personas.items():
        (cast / f"{key}.yaml").write_text(text, encoding="utf-8")
    database = await open_database(folder / "story.sqlite3")
    model = http_model(m2her.base_url, needs_key=False, gate=gate, sleep=at_once)
    meter = await TokenMeter.open(Calibrations(database), model)
    channels: dict[int, ChannelRule] = {}

    faces: list[int] = []
    clients: list[Client] = []

    def chance(sides: int) -> int:
        return faces.pop(0) if faces else face_of_die(sides)

    def story() -> Story:
        placed = replace(rules, channels=channels)
        return story_on(database, PersonaLibrary.load(cast), model, placed, meter, chance)

    def hearing() -> Hearing:
        return story().hearing

    def client() -> Client:
        service = Service(
            story(),
            "token",
            folder / "heartbeat",
            StartupLog(""),
            admin_channel=admin_channel,
            timing=Timing(tempo=tempo),
        )
        clients.append(Client(service, message_content=message_content))
        return clients[-1]

    # Not simcord.run(): its context must end in the task where it began, which a fixture's does not.
    env = Stage(client())
    patch = pytest.MonkeyPatch()
    patch.setattr(interactions, "_incoming_webhook_body", webhook_body)
    try:
        await env.start()
        guild = env.create_guild()
        bound, elsewhere = guild.create_text_channel("tavern"), guild.create_text_channel("market")
        channels[bound.id] = ChannelRule(("marlow",))
        tavern = Tavern(
            env,
            m2her,
            database,
            cast,
            client,
            channels,
            hearing,
            model,
            meter,
            faces,
            guild,
            bound,
            elsewhere,
        )
        if informed:
            await Scenes(database).told(bound.id, RECORDING, "", now())
            await inform(database, personas)
        for name in ("Alice", "Bob", "Carol"):
            tavern.join(name)
        yield tavern
    finally:
        keys = [each.services.story.records.spending.keys for each in clients]
        await env.shutdown()
        for each in keys:
            await each.close()
        patch.undo()
        await model.aclose()
        await database.close()
    assert env.errors == []
