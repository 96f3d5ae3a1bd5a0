"""One connection to Discord, which hears of one shard: its intents, its sessions and its events.

Law: thin. It hands each event to the listener. What outlives it is the service's, and so is what the shards
do once for all.
"""

import asyncio
import logging
import sys
from contextlib import suppress
from typing import Any, TypeVar, cast

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.core.reach import Reach
from bot.core.sharding import WHOLE, Shard
from bot.discord_ui.gateway.applications import Applications
from bot.discord_ui.gateway.catch_up import CatchUp
from bot.discord_ui.gateway.channel_history import ChannelHistory
from bot.discord_ui.gateway.listener import Listener
from bot.discord_ui.gateway.liveness import BEAT
from bot.discord_ui.gateway.service import Service
from bot.discord_ui.gateway.sessions import Sessions
from bot.discord_ui.gateway.shard_assignment import OF_HOLDERS, ShardAssignment
from bot.discord_ui.gateway.undecodable import (
    MISREAD,
    Socket,
    Undecodable,
    answerable,
    log_lost,
    tolerant,
    where,
)
from bot.discord_ui.inbound import component_parts
from bot.discord_ui.interactions.commands import build_tree, learn, sync
from bot.discord_ui.interactions.common.answering import admits, refuse, tell_error
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.controls import CONTROLS, is_served, use_late
from bot.discord_ui.interactions.controls.submitting import submitted
from bot.discord_ui.posting.faces import Faces, Surroundings
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.replies.marking import Marker
from bot.discord_ui.replies.moderation_log import Desk, ModerationLog
from bot.discord_ui.replies.old_buttons import Sweeper
from bot.discord_ui.replies.runner import ReplyRunner
from bot.discord_ui.servers import HostSide, Servers
from bot.discord_ui.voices import Voices
from bot.storage.errors import StorageError
from bot.story.replies.other_processes import OtherProcesses
from bot.story.revisions.turn_states import TurnState
from bot.story.story import Story
from bot.texts.sentences import HOST, Sentence, voice_for

T = TypeVar("T")
log = logging.getLogger(__name__)

discord.client.DiscordWebSocket = Socket  # type: ignore[misc]

# The bot uses no voice channels: the library's warning about missing voice libraries would confuse hosts.
discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False

DRAIN = 5.5
"""Seconds for running replies to finish at a stop, which takes less than ten in all."""


def point_at(api_base: str | None, gateway: str | None) -> None:
    """Send the library's traffic to other addresses; it reads its class attributes at each request."""
    if api_base:
        Route.BASE = api_base.rstrip("/")
    if gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)


class Client(discord.Client):
    """One connection, from login to close.

    `identified` is set once a session has begun, `hears` tells whether one is there.
    """

    def __init__(
        self, service: Service, assignment: ShardAssignment | None = None, *, message_content: bool
    ) -> None:
        """Prepare the client of a shard that requests the message-content intent only where it is granted."""
        self.assignment = assignment or ShardAssignment.held(WHOLE, service.timing.clock)
        shard = self.assignment.shard
        outside, discord_state = service.story.casting.rules.servers.outside, service.discord_state
        super().__init__(
            shard_id=None if shard == WHOLE else shard.number,
            shard_count=None if shard == WHOLE else shard.count,
            http_trace=discord_state.limits.trace.config(),
            intents=_intents(message_content=message_content, direct=Reach.DIRECT in outside),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.identified = asyncio.Event()
        story, timing, tell = service.story, service.timing, service.reports.tell_admins
        voices = Voices(self, story.casting, story.myself.locales)
        around = Surroundings(tell, timing.sleep, timing.clock, voices)
        self.faces = Faces(self, story.casting, story.records.pictures, discord_state, around)
        self._marker = Marker(self, story.undoing, self.faces)
        self.runner = self._new_runner(story)
        host = HostSide(lambda: story.casting.rules, service.admin_channel, tell, timing.clock)
        self.servers = Servers(self, host, discord_state.servers)
        desk = Desk(service.admin_channel, timing.sleep, discord_state.servers.log_lines)
        moderation = ModerationLog(self, story.choices, self.faces, voices, self.runner, desk)
        self.runner.verdicts.tell = moderation.refused
        shown_by = (self.runner, self.faces, voices, self.servers, moderation)
        known = discord_state.command_ids
        self.services = Services(
            story, *shown_by, message_content, shard, command_ids=known, cluster=service.cluster
        )
        applications = Applications(self, discord_state)
        history = ChannelHistory(self, self.services, discord_state.limits, applications)
        self.catch_up = CatchUp(self, self.services, history, discord_state.limits, timing.sleep)
        self.runner.caught_up = self.catch_up.wait
        self.runner.others = OtherProcesses(service.cluster)
        self.listener = Listener(self, self.services, applications, service.unfinished)
        self.tree = build_tree(self, outside)
        self.add_dynamic_items(*CONTROLS)
        self._service, self._welcomed = service, False
        self._beside: list[asyncio.Task[None]] = []
        self._sessions = Sessions()
        self._connecting: asyncio.Task[Any] | None = None
        self._reading = ""  # the kind of the gateway's latest event
        self._connection._update_references = self._sessions.opened  # type: ignore[assignment]  # noqa: SLF001
        self._connection.parsers = self.assignment.gate(tolerant(self._connection.parsers, self._lost))
        service.shards.hold(self)

    @property
    def shard(self) -> Shard:
        """The shard that it hears."""
        return self.assignment.shard

    @property
    def hears(self) -> bool:
        """Whether Discord tells it what happens, and the library isn't looking for a connection."""
        return self.is_ready() and not self.is_closed() and self._sessions.is_there

    def _new_runner(self, story: Story) -> ReplyRunner:
        sweeper, due = Sweeper(story.revision.turns, self._keeper), (story.notices, story.myself.mentions)
        return ReplyRunner(*due, sweeper, self._marker, lambda: story.casting.rules.provider)

    async def before_identify_hook(self, _shard_id: int | None, *, initial: bool = False) -> None:
        """Count the new sessions, and wait between them as Discord requires, also after another client's."""
        del initial
        await self._service.identifying.enter(self.shard.number)
        self._sessions.begun(self.loop.time())
        self.identified.set()

    async def setup_hook(self) -> None:
        """Begin to note what was heard, and send changed commands to Discord; once per client.

        Commands are for all shards, so the first sends them, and all others learn of them.
        """
        assert self.application_id is not None
        self._service.discord_state.limits.trace.set_application_id(self.application_id)
        self._beside = [asyncio.create_task(self._note(), name="note what was heard")]
        known_by = self.services, self.application_id
        telling = sync(self.tree, *known_by) if self.shard.is_first else learn(*known_by)
        self._beside.append(asyncio.create_task(telling, name="commands"))

    async def connect(self, *, reconnect: bool = True) -> None:
        """Stay connected until the client is closed.

        Raises:
            Undecodable: the library cannot read an event without which there is no session.
        """
        self._connecting = asyncio.current_task()
        try:
            await super().connect(reconnect=reconnect)
        except MISREAD as error:
            if not self._reading:  # before the first event
                raise
            text = HOST.say("host.unreadable_start", event=self._reading, reason=where(error))
            raise Undecodable(text) from error

    def give(self) -> None:
        """Begin nothing more: another process has the shard from now on."""
        self.catch_up.stop()
        self.runner.give()

    async def drain(self) -> None:
        """Let the running replies finish, and stop those that take too long."""
        if self.assignment.is_given:
            await self.assignment.let_finish(self.runner.rest())
        await self.runner.drain(0 if self.assignment.is_lost else DRAIN)

    async def close(self) -> None:
        """Close the connection, and stop the tasks of the client.

        Where the library gives up a connection, it closes before anybody is asked: replies go on by requests.
        """
        if asyncio.current_task() is self._connecting:
            await self.drain()
        for task in self._beside:
            task.cancel()
        await self.catch_up.close()
        self.faces.close()
        self.servers.close()
        self.services.moderation.close()
        await super().close()
        await self._sessions.close()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's own
        """Dispatch an event, unless the client is closed or its sessions end one after another.

        After a close, the library would look for its event loop in vain. A library whose sessions end at once
        would start new ones forever, so this stops it between two.

        Raises:
            SessionsEnd: in `connect`, for `serve`, which looks at the budget of sessions first.
        """
        if self.is_closed() or (event in OF_HOLDERS and not self.assignment.is_held):
            return
        if event == "socket_event_type":
            self._reading = str(args[0])
        self._sessions.told(event, self.loop.time())
        super().dispatch(event, *args, **kwargs)

    def _lost(self, kind: str, data: Any, error: Exception) -> None:  # noqa: ANN401 - the event's
        """Log an event that could not be read, and answer an interaction."""
        log_lost(kind, error, self._service.discord_state.undecodable)
        interaction = answerable(data, self._connection) if kind == "INTERACTION_CREATE" else None
        if interaction is not None:
            self.dispatch("unread_interaction", interaction)

    def _keeper(self, state: TurnState) -> Poster:
        # This poster only takes buttons away, so its language does not matter.
        return self.faces.keeping(state.turn, state.place, state.posts, voice=voice_for())

    async def on_connect(self) -> None:
        """Begin to catch up: this is a new session, and what was said before it is not told."""
        with self.runner.at_work():  # a stop right after it must not close the database under it
            await self.catch_up.begin()

    async def on_ready(self) -> None:
        """Repair cut-off replies, once per client, and catch up.

        Each new session tells which servers the bot is on. Beside a process that has the shard still, that
        waits until it gives the shard up.
        """
        self._service.cluster.connected(self.shard.number)
        if not await self.assignment.wait():
            return
        is_first, self._welcomed = not self._welcomed, True
        if is_first:
            self._service.startup_log.say(self, self._service.shards)
        await self.listener.now_on({guild.id for guild in self.guilds})
        if is_first:
            self.services.moderation.resume(self.shard)
            await self.listener.repair()
            with suppress(StorageError):  # at the next start, then
                await self._marker.resume(self.shard)
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
        log_lost(kind, error, self._service.discord_state.undecodable)

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

    async def _note(self) -> None:
        """Store up to where all was heard, again and again."""
        while True:
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
