"""The connection to Discord: its intents, its reconnects and its end.

Law: it knows the library's life cycle and nothing of the story. discord.py reconnects by itself once it was
connected. What it leaves to the bot (a first connection that fails, sessions that end at once, SIGTERM) ends
one client here, and after a pause a new one starts, which knows what the one before had learnt of Discord.
"""

import asyncio
import logging
import random
import secrets
import sys
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.pace import Tempo
from bot.core.reach import Reach
from bot.core.scene import Unfinished
from bot.core.servers import Standing
from bot.discord_ui.gateway.applications import Applications
from bot.discord_ui.gateway.catch_up import CatchUp
from bot.discord_ui.gateway.channel_history import ChannelHistory
from bot.discord_ui.gateway.listener import Listener
from bot.discord_ui.gateway.signs import BEAT, WrongToken
from bot.discord_ui.gateway.unreadable import (
    MISREAD,
    Socket,
    Unreadable,
    answerable,
    log_lost,
    tolerant,
    where,
)
from bot.discord_ui.inbound import age_restricted, component_parts
from bot.discord_ui.interactions.answering import admits, refuse, tell_error
from bot.discord_ui.interactions.commands import build_tree, sync
from bot.discord_ui.interactions.controls import CONTROLS, is_served, use_late
from bot.discord_ui.interactions.services import Services
from bot.discord_ui.interactions.submitting import submitted
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.faces import Faces, Surroundings
from bot.discord_ui.posting.learnt import Learnt
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.rate_limits import RateLimits
from bot.discord_ui.posting.request import Channel, NewPost, NotTaken, Unavailable
from bot.discord_ui.replies.marking import Marker
from bot.discord_ui.replies.moderation_log import Desk, ModerationLog, tell_lost
from bot.discord_ui.replies.old_buttons import Sweeper
from bot.discord_ui.replies.runner import ReplyRunner
from bot.discord_ui.servers import Acquaintance, HostSide, Servers
from bot.discord_ui.voices import Voices
from bot.storage.errors import StorageError
from bot.story.retention import AgeingNotice
from bot.story.revision import TurnState
from bot.story.story import Story
from bot.texts.sentences import HOST, Sentence, voice_for

T = TypeVar("T")
log = logging.getLogger(__name__)

discord.client.DiscordWebSocket = Socket  # type: ignore[misc]

# The bot uses no voice channels: the library's warning about missing voice libraries would confuse hosts.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between attempts to connect: doubling from the first to the longest, with jitter."""

IDENTIFIES, IDENTIFY_SPAN = 5, 600.0
"""This many new sessions within this many seconds are a loop inside the library, not a connection."""

IDENTIFY_PAUSE = 5.0
"""Seconds that Discord requires between two new sessions (its page "Gateway", Rate Limiting)."""

IDENTIFY_RESERVE = 20
"""Sessions of the daily 1,000 that retries leave unused: Discord resets the token after the last."""

DRAIN = 5.5
"""Seconds for running replies to finish at a stop, which takes less than ten in all."""

FAREWELL = 1.0
"""Seconds for the library to close its connections."""

STABLE = 300.0
"""Seconds of connection after which the next loss counts as the first failure."""

AUTHENTICATION_FAILED = 4004
"""The gateway's close code for a token it does not accept."""

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    read_message_history=True,
    manage_webhooks=True,
    create_public_threads=True,
    embed_links=True,
    attach_files=True,
    add_reactions=True,
)
"""What the invite link asks for; embeds and files are for future features. Never Manage Messages."""


class SessionsEnd(Exception):  # noqa: N818 - says what is wrong
    """Discord ends one session after another; the library does not handle this error itself."""


@dataclass(slots=True)
class Service:
    """The dependencies of a client, and what outlives it.

    Attributes:
        story: the story.
        token: Discord's secret; it goes to the library and nowhere else.
        heartbeat: the file touched while the connection is alive.
        unfinished: the replies that a crash cut off, for the first client to repair.
        listens: the start-up line with the bound channels and the personas.
        lacks: further start-up lines.
        sleep: waits; tests pass their own.
        random: jitter; tests pass their own.
        admin_channel: returns the channel for reports to admins; None for none.
        tempo: times between posts and edits; tests pass their own.
        clock: returns seconds that never go back; tests pass their own.
        known: what is known of servers.
        client: the connected client, or the last one.
        learnt: what all clients have learnt of Discord.
        unreadable: the kinds of events that the library could not read.
        identified: the time of the latest new session, by the event loop's clock; None before the first.
    """

    story: Story
    token: str = field(repr=False)
    heartbeat: Path
    listens: str
    lacks: tuple[str, ...] = ()
    unfinished: list[Unfinished] = field(default_factory=list)
    sleep: Callable[[float], Coroutine[None, None, None]] = asyncio.sleep
    random: Callable[[], float] = random.random
    admin_channel: Callable[[], int | None] = lambda: None
    tempo: Tempo = field(default_factory=Tempo)
    clock: Callable[[], float] = time.monotonic
    known: Acquaintance = field(default_factory=Acquaintance)
    client: "Client | None" = None
    learnt: Learnt = field(init=False)
    unreadable: set[str] = field(default_factory=set)
    identified: float | None = None

    def __post_init__(self) -> None:
        """Start without facts about Discord."""
        self.learnt = Learnt(RateLimits(asyncio.get_running_loop().time, self.tempo))

    async def tell_admins(self, text: str) -> None:
        """Post a report in the admins' channel, if there is one."""
        await self.has_told_admins(text)

    async def has_told_admins(self, text: str) -> bool:
        """Post a report in the admins' channel, if there is one; False if another try may post it."""
        channel_id = self.admin_channel()
        return channel_id is None or await self.report(channel_id, text)

    async def tell_ageing(self, notice: AgeingNotice) -> bool:
        """Tell a channel when what was said there goes; False if another try may do it.

        Channels that are gone and threads that rest are left alone: a post would wake a thread.
        """
        client, place = self.client, notice.place
        if place.guild_id is None:  # a rehearsal, or a person's own: nobody gets messages unasked
            return True
        if client is None or not client.is_ready() or client.is_closed():
            return False
        standing = await client.servers.standing(place.guild_id)
        if standing is not Standing.SERVED:
            return standing is not Standing.UNKNOWN
        channel = client.get_channel(place.channel_id)
        if not isinstance(channel, Channel) or (isinstance(channel, discord.Thread) and channel.archived):
            return True
        voice, services = await client.services.voices.lookup(place), client.services
        text = voice.say(
            "notice.ageing",
            days=notice.keeping.days,
            ambient=notice.keeping.ambient_days,
            first=int(notice.first.timestamp()),
            export=services.command("scene export"),
            privacy=services.command("privacy"),
        )
        post = NewPost(f"-# {text}", nonce=nonce(Purpose.REPORT, secrets.randbits(64)))
        try:
            await client.faces.plain(BotRoute(channel), voice).send(post)
        except NotTaken as error:
            return not isinstance(error, Unavailable)
        return True

    async def report(self, channel_id: int, text: str) -> bool:
        """Post a report in a channel; return False if it was not posted, but another try may do.

        What Discord does not take is in the log anyway.
        """
        if self.client is None or not self.client.is_ready() or self.client.is_closed():
            return False
        poster = self.client.faces.plain(BotRoute(self.client.get_partial_messageable(channel_id)), HOST)
        try:
            await poster.send(NewPost(text, nonce=nonce(Purpose.REPORT, secrets.randbits(64))))
        except NotTaken as error:
            log.warning(HOST.say("host.admin_channel", channel=channel_id, reason=error))
            return not isinstance(error, Unavailable)
        return True


def invite_link(application_id: int) -> str:
    """Return the link that invites the bot with the least permissions it needs."""
    return discord.utils.oauth_url(
        application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands")
    )


def point_at(api_base: str | None, gateway: str | None) -> None:
    """Send the library's traffic to other addresses; it reads its class attributes at each request."""
    if api_base:
        Route.BASE = api_base.rstrip("/")
    if gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


class Client(discord.Client):
    """One connection, from login to close."""

    def __init__(self, service: Service, *, message_content: bool) -> None:
        """Prepare a client that requests the message-content intent only where it is granted."""
        outside = service.story.casting.rules.servers.outside
        super().__init__(
            http_trace=service.learnt.limits.trace(),
            intents=_intents(message_content=message_content, direct=Reach.DIRECT in outside),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        story = service.story
        voices = Voices(self, story.casting, story.myself.locales)
        story.casting.is_age_restricted = lambda place: age_restricted(self.get_channel(place.home_id))
        around = Surroundings(service.tell_admins, service.sleep, service.clock, voices)
        self.faces = Faces(self, story.casting, story.records.pictures, service.learnt, around)
        sweeper = Sweeper(story.revision, self._keeper)
        self._marker = Marker(self, story.undoing, self.faces)
        due = (story.notices, story.myself.mentions)
        self.runner = ReplyRunner(*due, sweeper, self._marker, lambda: story.casting.rules.provider)
        host = HostSide(
            lambda: story.casting.rules, service.admin_channel, service.tell_admins, service.clock
        )
        self.servers = Servers(self, host, service.known)
        desk = Desk(service.admin_channel, service.sleep, service.known.log_lines)
        moderation = ModerationLog(self, story.choices, self.faces, voices, self.runner, desk)
        self.runner.verdicts.tell = moderation.refused
        self.services = Services(
            story, self.runner, self.faces, voices, self.servers, moderation, message_content
        )
        story.casting.reads_hosts = self.services.reads_hosts
        applications = Applications(self, service.learnt)
        history = ChannelHistory(self, self.services, service.learnt.limits, applications)
        self.catch_up = CatchUp(self, self.services, history, service.learnt.limits, service.sleep)
        self.runner.caught_up = self.catch_up.wait
        self.listener = Listener(self, self.services, applications, service.unfinished)
        self.tree = build_tree(self, outside)
        self.add_dynamic_items(*CONTROLS)
        self._service = service
        self._welcomed = False
        self._beside: list[asyncio.Task[None]] = []
        self._identified: deque[float] = deque(maxlen=IDENTIFIES)
        self._reading = ""  # the kind of the gateway's latest event
        self._connection.parsers = tolerant(self._connection.parsers, self._lost)

    async def before_identify_hook(self, _shard_id: int | None, *, initial: bool = False) -> None:
        """Count the new sessions, and wait between them as Discord requires, also after another client's."""
        del initial
        now, last = self.loop.time(), self._service.identified
        self._identified.append(now)
        if last is not None and now - last < IDENTIFY_PAUSE:
            await self._service.sleep(IDENTIFY_PAUSE)
        self._service.identified = self.loop.time()

    async def setup_hook(self) -> None:
        """Start the heartbeat, and send changed commands to Discord; once per client."""
        assert self.application_id is not None
        self._service.learnt.limits.set_application_id(self.application_id)
        syncing = sync(self.tree, self.services, self.application_id)
        self._beside = [
            asyncio.create_task(self._beat(), name="sign of life"),
            asyncio.create_task(syncing, name="commands"),
        ]

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected until the client is closed.

        Raises:
            Unreadable: the library cannot read an event without which there is no session.
        """
        try:
            await super().connect(reconnect=reconnect)
        except MISREAD as error:
            if not self._reading:  # before the first event
                raise
            text = HOST.say("host.unreadable_start", event=self._reading, reason=where(error))
            raise Unreadable(text) from error

    async def close(self) -> None:
        """Close the connection, and stop the tasks of the client."""
        for task in self._beside:
            task.cancel()
        await self.catch_up.close()
        self.faces.close()
        self.servers.close()
        self.services.moderation.close()
        await super().close()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's own
        """Dispatch an event, unless the client is closed or its sessions end one after another.

        After a close, the library would look for its event loop in vain. A library whose sessions end at once
        would start new ones forever, so this stops it between two.

        Raises:
            SessionsEnd: in `connect`, for `serve`, which looks at the budget of sessions first.
        """
        if self.is_closed():
            return
        if event == "socket_event_type":
            self._reading = str(args[0])
        many = len(self._identified) == IDENTIFIES
        if event == "disconnect" and many and self.loop.time() - self._identified[0] < IDENTIFY_SPAN:
            raise SessionsEnd(HOST.say("host.too_many_identifies"))
        super().dispatch(event, *args, **kwargs)

    def _lost(self, kind: str, data: Any, error: Exception) -> None:  # noqa: ANN401 - the event's
        """Log an event that could not be read, and answer an interaction."""
        log_lost(kind, error, self._service.unreadable)
        interaction = answerable(data, self._connection) if kind == "INTERACTION_CREATE" else None
        if interaction is not None:
            self.dispatch("unread_interaction", interaction)

    def _keeper(self, state: TurnState) -> Poster:
        # This poster only takes buttons away, so its language does not matter.
        return self.faces.keeping(state.turn, state.place, state.posts, voice=voice_for())

    async def on_connect(self) -> None:
        """Begin to catch up: this is a new session, and what was said before it is not told."""
        await self.catch_up.begin()

    async def on_ready(self) -> None:
        """Log the start-up lines and repair cut-off replies, once per client, and catch up.

        Each new session tells which servers the bot is on.
        """
        is_first, self._welcomed = not self._welcomed, True
        if is_first:
            self._say_hello()
        await self.listener.now_on({guild.id for guild in self.guilds})
        if is_first:
            self.services.moderation.resume()
            await self.listener.mend()
            with suppress(StorageError):  # at the next start, then
                await self._marker.resume()
        await self.catch_up.run(self.listener)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Take in forms, and answer a press on a control that no longer works."""
        if interaction.type is discord.InteractionType.component:
            custom_id = str(cast("dict[str, object]", interaction.data or {}).get("custom_id"))
            late = custom_id not in self.services.offers and not _stands(interaction, custom_id)
            if not late and is_served(self.services, custom_id):
                return  # its control is asked by the library
            if await admits(interaction) and not (late and await use_late(interaction, custom_id)):
                await tell_error(interaction, Sentence("command.too_old"))
        elif interaction.type is discord.InteractionType.modal_submit and await admits(interaction):
            # The library only knows the forms it opened since its start.
            await submitted(interaction)

    async def on_unread_interaction(self, interaction: discord.Interaction) -> None:
        """Tell a person that what they used could not be read."""
        if await admits(interaction):
            await refuse(interaction, Sentence("command.broke"))

    async def on_misread(self, kind: str, error: Exception) -> None:
        log_lost(kind, error, self._service.unreadable)

    async def on_guild_unavailable(self, guild: discord.Guild) -> None:
        """Note that a server is in an outage: nothing of it is told."""
        await self.catch_up.outage(guild.id)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Catch up a server after its outage; the library tells of all servers at the start, too."""
        await self.catch_up.outage_over(guild.id, self.listener)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.servers.joined(guild)
        await self.listener.server_joined(guild.id)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.listener.server_left(guild)
        await self.servers.left(guild)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        if isinstance(channel, discord.CategoryChannel):
            await self.listener.category_deleted(channel.id)
        else:
            await self.listener.channel_deleted(channel.id)

    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        await self.listener.channel_deleted(payload.thread_id)

    async def on_message(self, message: discord.Message) -> None:
        await self.listener.message(message)

    async def on_raw_typing(self, payload: discord.RawTypingEvent) -> None:
        self.services.story.hearing.typing(payload.channel_id, payload.user_id)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        await self.listener.edited(payload)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        await self.listener.deleted(payload.channel_id, payload.guild_id, [payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        await self.listener.deleted(payload.channel_id, payload.guild_id, sorted(payload.message_ids))

    async def on_error(self, event_method: str, /, *_args: object, **_kwargs: object) -> None:
        """Log which event failed and why, without any message's text."""
        log.error("the event %s could not be handled", event_method, exc_info=sys.exc_info())

    def _say_hello(self) -> None:
        assert self.user is not None
        assert self.application_id is not None
        log.info(
            HOST.say("host.ready", bot=self.user, application=self.application_id, servers=len(self.guilds))
        )
        log.info(self._service.listens)
        for sentence in self._service.lacks:
            log.warning(sentence)
        if not self.intents.message_content:
            log.warning(HOST.say("host.no_content_intent"))
        log.info(HOST.say("host.invite", link=invite_link(self.application_id)))

    async def _beat(self) -> None:
        """Touch the heartbeat file while the gateway answers heartbeats."""
        while True:
            if self.is_ready() and not self.is_closed() and self.latency < BEAT * 2:
                try:
                    self._service.heartbeat.touch()
                except OSError as error:
                    log.warning(HOST.say("host.no_heartbeat", reason=error.strerror))
            await self.catch_up.note()
            await asyncio.sleep(BEAT)


def _stands(interaction: discord.Interaction, custom_id: str) -> bool:
    """Return whether a control is still under its message: if not, the library ignores the press."""
    parts = component_parts(interaction.message.components if interaction.message else ())
    return any(getattr(each, "custom_id", None) == custom_id for each in parts)


def _intents(*, message_content: bool, direct: bool) -> discord.Intents:
    """Return the intents that the bot asks for; `direct` is for direct messages."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        guild_typing=True,  # an answer waits a moment for somebody who types on
        guild_scheduled_events=True,  # else the events that links lead to are those of the start
        message_content=message_content,
        dm_messages=direct,
        dm_typing=direct,
    )


async def serve(service: Service, stop: asyncio.Event) -> None:
    """Stay connected to Discord until `stop` is set, with a new client after each loss.

    Raises:
        WrongToken: Discord rejects the token.
    """
    failures = 0
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            client = await _unless(stop, _connectable(service))
            if client is not None:
                await _live(client, service, stop)
        except discord.LoginFailure as error:
            raise WrongToken from error
        except Exception as error:
            if isinstance(error, discord.ConnectionClosed) and error.code == AUTHENTICATION_FAILED:
                raise WrongToken from error
            lived = asyncio.get_running_loop().time() - began
            failures = failures + 1 if lived < STABLE else 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - 1)) * (0.5 + service.random() / 2)
            log.warning(HOST.say("host.connection_lost", reason=_reason(error), seconds=pause))
            await _unless(stop, service.sleep(pause))
    for server_id, lines in service.known.log_lines.items():
        tell_lost(server_id, len(lines))


async def _connectable(service: Service) -> Client:
    """Return a client with the intents it may use, after a wait if few sessions are left today."""
    # This client never connects; without the guilds intent the library would log a warning.
    async with discord.Client(intents=discord.Intents(guilds=True)) as probe:
        await probe.login(service.token)
        flags = probe.application_flags
        _, _, limit = await probe.http.get_bot_gateway()
    if limit["remaining"] < IDENTIFY_RESERVE:
        seconds = limit["reset_after"] / 1000
        log.warning(HOST.say("host.identify_budget", seconds=seconds))
        await service.sleep(seconds)
    # Discord closes a connection that requests an intent it has not granted (code 4014).
    granted = flags.gateway_message_content or flags.gateway_message_content_limited
    return Client(service, message_content=granted)


async def _live(client: Client, service: Service, stop: asyncio.Event) -> None:
    """Run one client until it fails or `stop` is set, then let it finish its replies."""
    service.client = client
    running = asyncio.create_task(client.start(service.token), name="discord")
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([running, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            log.info(HOST.say("host.stopping"))
        await client.runner.drain(DRAIN)
    finally:
        closing = asyncio.create_task(client.close())
        await asyncio.wait([closing], timeout=FAREWELL)
        for task in (stopping, closing, running):
            task.cancel()
        await asyncio.wait([stopping, closing, running], timeout=FAREWELL)
        with suppress(Exception):  # a close that hung has left it open
            await asyncio.wait_for(client.http.close(), FAREWELL)
    if running.done() and not running.cancelled():
        running.result()


async def _unless(stop: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """Return the result of `work`, or None if `stop` is set first, which cancels it."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.wait([working, stopping])


def _reason(error: BaseException) -> str:
    """Return an error as one line; the library's messages contain no secrets."""
    # Where a first connection fails, discord.py raises AttributeError (its issue 10520) over the cause.
    if isinstance(error, AttributeError) and error.__context__ is not None:
        error = error.__context__
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
