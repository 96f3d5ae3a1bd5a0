"""The real bot between both stand-ins, in this process: `serve` on a wire-level Discord, its model on a socket.

Where simcord (`tests/tavern.py`) answers at once, here every request can be held, refused or lost half-way.
Time is scaled: a second of Discord's rate limits and of our pacing is `SCALE` seconds, other waits are noted
in `slept` and over at once.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import discord.backoff
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

import bot.discord_ui.gateway.reconnecting
from bot.composition.story import now, story_on
from bot.core.posts.pace import Tempo
from bot.core.scene import END, START, Place, Turn
from bot.discord_ui.gateway.client import Client
from bot.discord_ui.gateway.service import Service, Setup, Timing
from bot.discord_ui.gateway.shard_assignment import ShardAssignment
from bot.discord_ui.gateway.startup_log import StartupLog
from bot.discord_ui.gateway.supervisor import serve
from bot.endpoint.meter import TokenMeter
from bot.llm.client import HttpModel
from bot.llm.tries import Timeouts
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.places.notices import RECORDING
from bot.story.places.rules import ChannelRule, Rules
from tests.databases import open_database
from tests.llm.models import http_model
from tests.standins.discord_wire import Channel, Interaction, Message, User, WireDiscord, openapi_complaints
from tests.standins.discord_wire.components import BUTTON, texts, walk
from tests.standins.discord_wire.interactions import LOADING
from tests.standins.m2her import M2her
from tests.tavern import ISOLDE, MARLOW, RULES, inform

SCALE = 0.02
"""Real seconds for one of Discord's."""

TEMPO = Tempo().scaled(SCALE)

CAST = {"marlow": MARLOW, "isolde": ISOLDE}

WORK = ("discord.py: ", "CommandTree-", "discord-ui-")
"""How the library names the tasks in which it tells of events, commands and controls."""

SAYING = ("POST /webhooks/{webhook}/{token}", "POST /webhooks/{application}/{token}")
"""The routes that post without being called messages."""

Told = list[tuple[str, str, str]]
"""What one request told the model, as (role, name, content)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A post as people see it; `buttons` are the labels of those that can be pressed."""

    name: str
    text: str
    avatar: str | None = None
    buttons: tuple[str, ...] = ()


def words(post: Message) -> str:
    """Return what can be read of a post: its content, or of a card the texts."""
    return post.content or texts(post.components)


def seen(post: Message) -> Shown:
    """Return what people see of a post."""
    able = [c for c in walk(post.components) if c["type"] == BUTTON and not c.get("disabled")]
    labels = tuple(c.get("label") or (c.get("emoji") or {}).get("name") or "" for c in able)
    return Shown(post.channel.guild.name_of(post.author), post.content, post.author.avatar, labels)


def _custom_id(post: Message, name: str) -> str | None:
    """The custom_id of a control that is called so, by its label or itself."""
    controls = [c for c in walk(post.components) if "custom_id" in c]
    return next((c["custom_id"] for c in controls if name in {c["custom_id"], c.get("label")}), None)


class QuickClient(Client):
    """The real client, without the library's pause for servers that are slow to appear."""

    def __init__(self, service: Service, assignment: ShardAssignment, *, message_content: bool) -> None:
        super().__init__(service, assignment, message_content=message_content)
        self._connection.guild_ready_timeout = 0.02


class Pauses:
    """The pauses the bot asked for, in seconds. They are over at once while `over` is set."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.over = asyncio.Event()
        self.over.set()

    async def sleep(self, seconds: float) -> None:
        self.taken.append(seconds)
        await self.over.wait()
        await asyncio.sleep(0)


@dataclass
class Wired:
    """A server with people on it and the bot.

    Attributes:
        bound: a channel bound to Marlow; `elsewhere` is not bound.
        clients: every client that `serve` has made.
    """

    world: WireDiscord
    m2her: M2her
    folder: Path
    database: Database
    model: HttpModel
    rules: Rules
    bound: Channel
    elsewhere: Channel
    channels: dict[int, ChannelRule]
    pauses: Pauses
    clients: list[Client]
    tempo: Tempo
    clock: Callable[[], float] = time.monotonic
    setup: Setup = field(default_factory=Setup)
    people: dict[str, User] = field(default_factory=dict)
    admins: Channel | None = None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    life: asyncio.Task[None] | None = None
    service: Service = field(init=False)

    # -- its life ---------------------------------------------------------------------------

    async def start(self, *, connected: bool = True) -> None:
        """Start the bot on the database as it is, and wait until it hears."""
        personas, rules = (
            PersonaLibrary.load(self.folder / "personas"),
            replace(self.rules, channels=self.channels),
        )
        meter = await TokenMeter.open(Calibrations(self.database), self.model)
        story = story_on(self.database, personas, self.model, rules, meter)
        self.service = Service(
            story=story,
            token=self.world.token,
            heartbeat=self.folder / "heartbeat",
            startup_log=StartupLog(""),
            timing=Timing(self.pauses.sleep, lambda: 1.0, self.clock, self.tempo),
            admin_channel=lambda: self.admins.id if self.admins else None,
            setup=self.setup,
            cluster=self.database.cluster,
        )
        self.stop = asyncio.Event()
        self.life = asyncio.create_task(serve(self.service, self.stop))
        if connected:
            await self.hears()

    async def end(self) -> None:
        """Stop the bot as SIGTERM does, and wait until it has gone."""
        # The library announces a ready client a moment later: not into a loop that is being closed.
        await until(_nobody_gets_ready)
        self.stop.set()
        if self.life is not None:
            await asyncio.wait_for(self.life, 20)
            self.life = None
        await until(_nobody_gets_ready)
        await asyncio.sleep(0)  # what was announced last has begun

    async def hears(self) -> None:
        """Wait until the bot is told what happens."""
        await self.world.wait_for(lambda: self.world.sockets.connected)
        await asyncio.wait_for(self.clients[-1].wait_until_ready(), 5)

    async def all_hear(self, count: int) -> None:
        """Wait until each of so many shards is told what happens."""
        whole = {(number, count) for number in range(count)}
        await self.world.wait_for(lambda: whole <= self.world.sockets.connected_shards)
        for client in self.latest.values():
            await asyncio.wait_for(client.wait_until_ready(), 5)

    @property
    def latest(self) -> dict[int, Client]:
        """The newest client of each shard."""
        count = self.clients[-1].shard.count
        return {each.shard.number: each for each in self.clients if each.shard.count == count}

    async def quiet(self) -> None:
        """Wait until the bot knows all that has happened and has nothing left to do."""
        await until(self._nothing_left)

    async def quiet_but(self, shard: int) -> None:
        """Wait until the bot has nothing left to do, of which one shard may not be told what happens."""
        await until(lambda: self._nothing_left(shard))

    async def _nothing_left(self, but: int | None = None) -> bool:
        sockets = self.world.sockets
        told = all(
            each.ws.sequence == sockets.last_sequence_of(number)
            for number, each in self.latest.items()
            if number != but
        )
        return told and not any(task.get_name().startswith(WORK) for task in asyncio.all_tasks())

    # -- what people do and see -------------------------------------------------------------

    @property
    def mention(self) -> str:
        return self.world.bot.mention

    def person(self, who: str) -> User:
        """Return somebody, who comes in if not there yet."""
        if who not in self.people:
            self.people[who] = self.world.add_member(who)
        return self.people[who]

    def say(self, who: str, text: str, channel: Channel | None = None, **options: Any) -> Message:
        """Let somebody say something, in the bound channel unless told otherwise."""
        return self.world.say(self.person(who), channel or self.bound, text, **options)

    def join(self, key: str, name: str) -> None:
        """Let somebody come in under a name that another may have; tests call them by `key`."""
        self.people[key] = self.world.add_member(name)

    def ask(self, text: str = "well?", who: str = "Alice", channel: Channel | None = None) -> Message:
        """Let somebody turn to the bot."""
        return self.say(who, f"{self.mention} {text}", channel)

    def posts(self, channel: Channel | None = None) -> list[str]:
        """What the bot's posts in a channel say now."""
        return [words(post) for post in self.world.posts(channel or self.bound)]

    def last_post(self, channel: Channel | None = None) -> Message:
        return self.world.posts(channel or self.bound)[-1]

    def webhook_posts(self, channel: Channel | None = None) -> list[Message]:
        """What stands in a channel by the bot's own webhooks; each post's author is the face it wore."""
        return self.world.webhook_posts(channel or self.bound)

    def shown(self, channel: Channel | None = None) -> list[Shown]:
        """What people see in a channel of the bot, under its own face or another, oldest first."""
        where = channel or self.bound
        ours = {id(post) for post in (*self.world.posts(where), *self.world.webhook_posts(where))}
        return [seen(post) for post in where.messages.values() if id(post) in ours]

    def press(
        self, label: str, message: Message | None = None, *, who: str = "Alice", gone: bool = False
    ) -> Interaction:
        """Let somebody press a button, by its label or custom_id, on the last message that has it."""
        found = message or self._last_with(label)
        return self.world.interactions.press(
            self.person(who), found, _custom_id(found, label) or label, gone=gone
        )

    def choose(
        self, custom_id: str, *wanted: str, message: Message | None = None, who: str = "Alice"
    ) -> Interaction:
        """Let somebody choose options by label in a menu, on the last message that has it."""
        found = message or self._last_with(custom_id)
        return self.world.interactions.choose(self.person(who), found, custom_id, *wanted)

    def menu(self, name: str, message: Message, *, who: str = "Alice") -> Interaction:
        """Let somebody choose the bot's entry in a message's menu."""
        return self.world.interactions.menu(self.person(who), message, name)

    async def opens(self, used: Interaction) -> dict[str, Any]:
        """Wait for the modal that an interaction opens, as the bot described it."""
        return await self.world.wait_for(lambda: used.modal, 10)

    async def answers(self, used: Interaction) -> Message:
        """Wait for an interaction's first message, where it is not still waiting itself."""
        return await self.world.wait_for(
            lambda: used.message if used.message and not used.message.flags & LOADING else None, 10
        )

    def submit(self, opened: Interaction, values: dict[str, Any] | None = None) -> Interaction:
        """Let who opened a modal submit it; parts are called by label or custom_id, others stay as they are."""
        return self.world.interactions.submit(opened, values or {})

    def _last_with(self, name: str) -> Message:
        found = [post for post in self.bound.messages.values() if _custom_id(post, name)]
        if not found:
            raise LookupError(f"{name!r} stands on no message:\n{self.transcript()}")
        return found[-1]

    def transcript(self, channel: Channel | None = None) -> str:
        """A channel as people read it."""
        return self.world.transcript(channel or self.bound)

    async def shows(self, *posts: str, channel: Channel | None = None) -> None:
        """Wait until the bot's posts in a channel are these."""
        try:
            await self.world.wait_for(lambda: self.posts(channel) == list(posts), 10)
        except TimeoutError:
            assert self.posts(channel) == list(posts)  # says what stands there instead
            raise

    def sent(self, method: str = "") -> list[tuple[str, str]]:
        """The texts that were asked for by posts and edits under any face, as (method, content), in their order."""
        return [
            (request.method, request.json["content"])
            for request in self.world.requests
            if request.method in ({method} if method else {"POST", "PATCH"})
            and (request.route in SAYING or "/messages" in request.path)
            and "content" in (request.json or {})
        ]

    # -- what is told and kept --------------------------------------------------------------

    @property
    def heard(self) -> list[tuple[str, str]]:
        """What the model was told of the scene, in its last request."""
        return history_in(told(self.m2her)[-1])

    async def turns(self, channel: Channel | None = None) -> list[Turn]:
        scene = await Scenes(self.database).active(Place((channel or self.bound).id), now())
        return await History(self.database).recent(scene.id, START, END)

    async def remembered(self, channel: Channel | None = None) -> list[tuple[str, str]]:
        """What the story remembers of a channel, as (name, text)."""
        return [(turn.name, turn.text) for turn in await self.turns(channel)]


async def _nobody_gets_ready() -> bool:
    coroutines = (task.get_coro() for task in asyncio.all_tasks())
    return not any(getattr(each, "__qualname__", "").endswith("._delay_ready") for each in coroutines)


def told(m2her: M2her) -> list[Told]:
    """What the model was told, request by request."""
    return [
        [(message["role"], message["name"], message["content"]) for message in request.body["messages"]]
        for request in m2her.requests
    ]


def history_in(prompt: Told) -> list[tuple[str, str]]:
    return [(name, content) for role, name, content in prompt if role in {"user", "assistant"}]


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 -- what is waited for is behind the database, or no event of ours
            await asyncio.sleep(0.002)


@asynccontextmanager
async def wire(
    m2her: M2her,
    folder: Path,
    patch: pytest.MonkeyPatch,
    *,
    message_content: bool = True,
    timeouts: Timeouts | None = None,
    rules: Rules = RULES,
    tempo: Tempo = TEMPO,
    personas: Mapping[str, str] = CAST,
) -> AsyncIterator[Wired]:
    """Put up a server with the bot's application on it; the bot itself is started by the test."""
    cast = folder / "personas"
    cast.mkdir()
    for key, text in personas.items():
        (cast / f"{key}.yaml").write_text(text, encoding="utf-8")
    patch.setattr(discord.backoff.ExponentialBackoff, "delay", lambda _: 0.0)
    clients: list[Client] = []

    def client(service: Service, assignment: ShardAssignment, *, message_content: bool) -> Client:
        clients.append(QuickClient(service, assignment, message_content=message_content))
        return clients[-1]

    patch.setattr(bot.discord_ui.gateway.reconnecting, "Client", client)
    async with WireDiscord(scale=SCALE, message_content=message_content) as world:
        patch.setattr(Route, "BASE", world.api_base)
        patch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(world.gateway))
        database = await open_database(folder / "story.sqlite3")
        channels = {world.channel.id: ChannelRule(("marlow",))}
        await Scenes(database).told(world.channel.id, RECORDING, "", now())
        pauses = Pauses()
        model = http_model(
            m2her.base_url, needs_key=False, timeouts=timeouts or Timeouts(), sleep=pauses.sleep
        )
        elsewhere = world.add_channel("market")
        await inform(database, personas)
        places = (world.channel, elsewhere, channels)
        wired = Wired(world, m2her, folder, database, model, rules, *places, pauses, clients, tempo)
        try:
            yield wired
        finally:
            await wired.end()
            await model.aclose()
            await wired.database.close()
    assert world.unknown_routes == []
    complaints = openapi_complaints(world.requests)
    assert not complaints, "\n".join(complaints)
