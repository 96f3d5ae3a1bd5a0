"""The gateway's events, handed to the story, and its answers, shown in their channels.

Law: thin. Each handler translates, calls one use case and shows the outcome.
"""

import logging
from collections.abc import Collection, Coroutine
from contextlib import suppress

import discord

from bot.core.moderation import Act, Entry
from bot.core.posts.layout import PostRef
from bot.core.posts.nonces import Purpose, nonce
from bot.core.routing import ANSWERS, PACED, UNPAID, NoReply, NoReplyReason
from bot.core.scene import IncomingMessage, Place, Unfinished
from bot.core.servers import Standing
from bot.discord_ui import inbound
from bot.discord_ui.gateway.applications import Applications
from bot.discord_ui.gateway.repairs import Repairs
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.playing.asking import persona_menu, why_no_reply
from bot.discord_ui.interactions.playing.opener import before_reply
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.request import Channel, NewPost, NotTaken
from bot.discord_ui.replies.post_view import PostView, notices_under, signed_under
from bot.discord_ui.starters import starter_of
from bot.storage.errors import StorageError
from bot.story.incoming.heard import Heard, Withdrawn
from bot.story.places.notices import StorageNoticeDue
from bot.story.replies.reply import Reply
from bot.texts.sentences import HOST, Sentence, Voice

log = logging.getLogger(__name__)

_SMALL_PRINT = {
    NoReplyReason.LIMITED,
    NoReplyReason.OPTED_OUT,
    NoReplyReason.NO_ROLE,
    NoReplyReason.OOC_IGNORED,
    *PACED,
    *UNPAID,
    *ANSWERS.values(),
}
"""Notices that concern one person, while the story goes on."""


class Listener:
    """The handlers of events for one client."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        applications: Applications,
        unfinished: list[Unfinished],
    ) -> None:
        """Serve those of `client`'s servers that are served, by `services`.

        `applications` knows whose webhooks are. `unfinished` are replies that broke off unknown to people;
        what Discord does not take now stays there for the next client.
        """
        self._client = client
        self._applications = applications
        self._repairs = Repairs(client, services, unfinished, self._answer)
        self._services = services
        self._story = services.story
        self._gaps = services.story.catching_up.gaps(services.shard)
        self._runner = services.runner
        self._faces = services.faces
        self._voices = services.voices
        self._servers = services.servers

    async def message(self, message: discord.Message) -> None:
        """Handle a new message."""
        self._gaps.hear(message.id)
        channel = message.channel
        if message.type not in inbound.WORDS or not isinstance(channel, Channel):
            return
        if message.webhook_id is not None:
            self._faces.webhook_posted(message.webhook_id, inbound.place_of_message(message))
        if self._me in {message.author.id, message.application_id}:
            return
        incoming = await self._read(message)
        if await self._story.hearing.ignores(incoming):
            return
        self._story.hearing.proxying.came(incoming)
        if getattr(channel, "slowmode_delay", 0) and not incoming.from_bot:
            at = message.created_at.timestamp()
            self._services.slow_mode.take(channel.id, incoming.author.id, at)
        heard = Heard()
        with self._runner.at_work():
            standing = await self._servers.standing(incoming.place.guild_id)
            if standing is not Standing.SERVED:
                if standing is Standing.STRANGER and incoming.mentions_bot:
                    await self._say_not_served(message, channel)
                return
            await self._story.records.workshop.ready(incoming.place.guild_id)
            try:
                fetch = starter_of(incoming, channel)
                heard = await self._story.hearing.hear_posted(incoming, fetch_starter=fetch)
                self._runner.complaints.storage_works(channel.id)
                await self._answer(heard, incoming, message, channel)
            except StorageError as error:
                self._runner.complaints.storage_failed(channel.id, error)
                if heard.replies or await self._wants_answer(incoming):
                    await self._say(Sentence("player.storage"), message, channel, await self._voice(message))

    async def _read(self, message: discord.Message) -> IncomingMessage:
        return inbound.read_message(message, self._me, await self._applications.find(message))

    async def _say_not_served(self, message: discord.Message, channel: Channel) -> None:
        """Say in a server, once, that it is not served."""
        assert message.guild is not None
        said = False
        try:
            if not await self._story.notices.is_stranger_due(message.guild.id):
                return
            try:
                voice, text = await self._voice(message), Sentence("player.not_served")
                said = _barrier(message) is None and await self._say(text, message, channel, voice)
            finally:
                await self._story.notices.stranger_told(message.guild.id, said=said)
        except StorageError as error:
            self._runner.complaints.storage_failed(channel.id, error)

    async def _answer(
        self, heard: Heard, incoming: IncomingMessage, message: discord.Message, channel: Channel
    ) -> None:
        """Show the replies that a message asks for, or post the notice for its channel."""
        if heard.hushed:
            entry = Entry(Act.STOPPED, incoming.place, incoming.author.id, incoming.id)
            self._services.moderation.note(entry)
        try:
            for withdrawn in heard.withdrawn:
                await self._withdraw(withdrawn, incoming.place)
        except BaseException:
            for reply in heard.replies:
                reply.stop()
            raise
        await self._story.hearing.chains.play(
            heard.replies,
            lambda reply: self._play(reply, message, channel),
            goes_on=lambda: not self._runner.draining,
        )
        if isinstance(heard.notice, StorageNoticeDue):
            place = inbound.place_of_message(message)
            own = self._faces.plain(BotRoute(channel), await self._voices.lookup(place))
            await self._runner.say_what_is_stored(place, heard.notice, own, message.id, _barrier(message))
        elif heard.notice is not None:
            await self._notify(heard.notice, message, channel)
            if heard.notice.reason is NoReplyReason.PERSONA_MISSING:
                await self._story.notices.waive(incoming, heard.notice.about)

    async def _withdraw(self, withdrawn: Withdrawn, place: Place) -> None:
        """Delete the posts of a reply that has left the story."""
        await self._runner.wait_over(withdrawn.turn.id)
        posts, voice = withdrawn.posts, await self._voices.lookup(place)
        poster = self._faces.keeping(withdrawn.turn, place, posts, voice=voice)
        for post in posts:
            with suppress(NotTaken):
                await poster.delete(PostRef(post.message_id, post.hook_id))

    async def _play(self, reply: Reply, message: discord.Message, channel: Channel) -> None:
        poster = await self._faces.poster(reply.cast, reply.trigger.place, channel, lambda: reply.persona)
        await self._runner.perform(
            reply,
            poster,
            points=_may_point(message),
            barrier=_barrier(message),
            opener=lambda: before_reply(self._services, channel, reply, poster),
        )
        why_not = self._story.hearing.why_unopened(reply)
        if why_not is not None:
            await self._notify(why_not, message, channel)

    async def edited(self, payload: discord.RawMessageUpdateEvent) -> None:
        """Handle an edit, which may ask for a reply; Discord also sends one for the preview of a link."""
        message = payload.message
        # The bot's own posts grow by edits.
        if self._me in {message.author.id, message.application_id} or "content" not in payload.data:
            return
        if not message.content and not self._client.intents.message_content:
            return  # empty only because the bot may not read it
        with self._runner.at_work():
            standing, channel = await self._servers.standing(payload.guild_id), message.channel
            incoming, heard = await self._read(message), Heard()
            if self._story.hearing.proxying.edited(incoming) or self._runner.is_given:
                return  # what was held; the rest is the other process's to hear
            may_ask = standing is Standing.SERVED and message.type in inbound.WORDS
            try:
                if may_ask and isinstance(channel, Channel):
                    fetch = starter_of(incoming, channel)
                    heard = await self._story.hearing.amend(incoming, fetch_starter=fetch)
                    await self._answer(heard, incoming, message, channel)
                else:
                    await self._story.hearing.amend(incoming, answers=False)
            except StorageError as error:
                self._runner.complaints.storage_failed(message.channel.id, error)
                asks = may_ask and self._story.hearing.may_ask_by_edit(incoming)
                if isinstance(channel, Channel) and (
                    heard.replies or (asks and await self._wants_answer(incoming))
                ):
                    await self._say(Sentence("player.storage"), message, channel, await self._voice(message))

    async def deleted(self, channel_id: int, guild_id: int | None, message_ids: list[int]) -> None:
        """Handle the deletion of messages, by their authors or by moderators, wherever they were stored."""
        await self._store(channel_id, self.retract(channel_id, guild_id, message_ids))

    async def retract(self, channel_id: int, guild_id: int | None, message_ids: list[int]) -> None:
        """Take deleted messages out of the story.

        Raises:
            StorageError: some of them may still be in it.
        """
        self._story.hearing.proxying.deleted(channel_id, message_ids)
        # After its message, which waits for this too.
        standing = await self._servers.standing(guild_id)
        place = Place(channel_id, guild_id=guild_id)
        for turn_id in await self._story.hearing.retract(place, message_ids):
            if standing is Standing.SERVED:
                await self._sign_again(turn_id)

    async def channel_deleted(self, channel_id: int) -> None:
        """Handle the deletion of a channel with its threads, or of a thread."""
        await self._store(channel_id, self._story.records.departures.channel_deleted(channel_id))

    async def category_deleted(self, category_id: int) -> None:
        """Handle the deletion of a category, whose channels are still there."""
        await self._store(category_id, self._story.records.departures.category_deleted(category_id))

    async def server_left(self, guild: discord.Guild) -> None:
        """Handle the bot's removal from a server, or the server's deletion: Discord tells both alike."""
        self._runner.stop_server(guild.id)
        channel_ids = {channel.id for channel in (*guild.channels, *guild.threads)}
        await self._store(guild.id, self._story.records.departures.left(guild.id, channel_ids))

    async def server_joined(self, server_id: int) -> None:
        """Handle the bot's arrival on a server, where it may have been before."""
        await self._store(server_id, self._story.records.departures.joined(server_id))

    async def now_on(self, server_ids: Collection[int]) -> None:
        """Note on which servers of its shard the bot is, after it was off."""
        await self._store(0, self._story.records.departures.now_on(server_ids, self._services.shard))

    async def _store(self, about: int, storing: Coroutine[None, None, None]) -> None:
        """Store what happened to a channel or a server; where that fails, the log says so."""
        with self._runner.at_work():
            try:
                await storing
            except StorageError as error:
                self._runner.complaints.storage_failed(about, error)

    async def _sign_again(self, turn_id: int) -> None:
        """Show again under a turn who signs it: the post that said so may have been deleted."""
        state = await self._story.revision.turns.state(turn_id)
        if state is None or state.writing or state.removed or not signed_under(state.status):
            return
        voice = await self._voices.lookup(state.place)
        poster = self._faces.keeping(state.turn, state.place, state.posts, voice=voice)
        record = self._story.revision.turns.post_record(state)
        view = PostView(state.turn, poster, record, posts=state.posts)
        status = state.status if state.newest else None
        notices = notices_under(state.status)
        with suppress(NotTaken):
            # The other posts may just be going too: into those that are left, and into no new one.
            await view.show(state.turn.text, notices, final=True, status=status, overtaken=lambda: True)

    async def repair(self) -> None:
        """Show what is stored of the replies that a crash cut off, with a notice."""
        await self._repairs.repair()

    async def settle(self, channel_id: int | None = None) -> int:
        """Answer who has waited since before, or tell them; return how many replies begin."""
        return await self._repairs.settle(channel_id)

    async def _wants_answer(self, incoming: IncomingMessage) -> bool:
        """Return whether a person waits for an answer, though nothing can be stored."""
        try:
            return await self._story.hearing.wants_answer(incoming)
        except StorageError:
            return incoming.mentions_bot  # nothing can be read either

    @property
    def _me(self) -> int:
        return self._client.user.id if self._client.user else 0

    async def _notify(self, notice: NoReply, message: discord.Message, channel: Channel) -> None:
        """Post why no persona answers, with a menu where a reader can choose one."""
        menu, voice = None, await self._voice(message)
        if notice.reason is NoReplyReason.NO_PERSONA:
            shelf = self._story.casting.library.at(message.guild.id if message.guild else None)
            menu = persona_menu(shelf, voice, for_adults=inbound.age_restricted(message.channel))
        text: Sentence | str = why_no_reply(notice)
        if notice.reason in _SMALL_PRINT:
            text = f"-# {voice.render(text)}"
        await self._say(text, message, channel, voice, menu)

    async def _voice(self, message: discord.Message) -> Voice:
        return await self._voices.lookup(inbound.place_of_message(message))

    async def _say(
        self,
        text: Sentence | str,
        message: discord.Message,
        channel: Channel,
        voice: Voice,
        menu: discord.ui.View | None = None,
    ) -> bool:
        """Post a notice in a channel, below the message it is about; return whether it was posted."""
        reply_to = message.id if _may_point(message) else None
        content = voice.render(text)
        post = NewPost(content, nonce=nonce(Purpose.NOTICE, message.id), reply_to=reply_to, view=menu)
        return await self._runner.post(post, self._faces.plain(BotRoute(channel), voice), channel.id)


def _allowed(message: discord.Message) -> discord.Permissions | None:
    """Return the bot's permissions in the channel of a message; None if the cache does not know them."""
    channel = message.channel
    if message.guild is None or not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return None
    try:
        return channel.permissions_for(message.guild.me)
    except discord.ClientException:  # a thread whose parent is not in the cache
        return None


def _may_point(message: discord.Message) -> bool:
    """Return whether a post may be a reply: Discord refuses that without Read Message History."""
    allowed = _allowed(message)
    return allowed is None or allowed.read_message_history


def _barrier(message: discord.Message) -> str | None:
    """Return why the bot may not post in the channel of a message, as far as the cache knows."""
    allowed = _allowed(message)
    if allowed is None:
        return None
    is_thread = isinstance(message.channel, discord.Thread)
    may_send = allowed.send_messages_in_threads if is_thread else allowed.send_messages
    return None if allowed.view_channel and may_send else HOST.say("host.no_permission")
