"""The gateway's events, handed to the story, and its answers, shown in their channels.

Law: thin. Each handler translates, calls one use case and shows the outcome.
"""

import asyncio
import logging
from collections.abc import Collection, Coroutine
from contextlib import suppress
from dataclasses import replace

import aiohttp
import discord

from bot.core.posts import layout
from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.pages import shows
from bot.core.routing import ANSWERS, NoReply, NoReplyReason
from bot.core.scene import Ending, IncomingMessage, Owed, Participant, Place, Slice, Turn, Unfinished
from bot.core.servers import Standing
from bot.discord_ui import inbound
from bot.discord_ui.interactions.asking import persona_menu
from bot.discord_ui.interactions.opener import before_reply
from bot.discord_ui.interactions.services import Services
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.request import Channel, NewPost, NotTaken, Unavailable, WordsRefused
from bot.discord_ui.replies.covering import cover, cover_undone, is_first_reply
from bot.discord_ui.replies.post_view import Answered, PostView, edited_under, notices_under
from bot.discord_ui.starters import UNREADABLE, starter_of
from bot.storage.errors import StorageError
from bot.storage.removals import Removed
from bot.story.casting import ChannelCast
from bot.story.hearing import Heard
from bot.story.notices import StorageNoticeDue
from bot.story.reply import Reply
from bot.texts.sentences import HOST, Sentence, Voice

log = logging.getLogger(__name__)

UNKNOWN_MESSAGE = 10_008
"""Discord's code for a message that was deleted (its page "Opcodes and Status Codes")."""

_SMALL_PRINT = {NoReplyReason.LIMITED, NoReplyReason.OPTED_OUT, *ANSWERS.values()}
"""Notices that concern one person, while the story goes on."""

HEAL_WITHIN = 180.0
"""Seconds in which a post cut off by a crash can be found by its nonce; Discord knows it for minutes."""


class Listener:
    """The handlers of events for one client."""

    def __init__(
        self,
        client: discord.Client,
        services: Services,
        unfinished: list[Unfinished],
    ) -> None:
        """Serve those of `client`'s servers that are served, by `services`.

        `unfinished` are replies that broke off unknown to people; what Discord does not take now stays there
        for the next client.
        """
        self._client = client
        self._unfinished = unfinished
        self._answering: set[asyncio.Task[None]] = set()
        self._services = services
        self._story = services.story
        self._runner = services.runner
        self._faces = services.faces
        self._voices = services.voices
        self._servers = services.servers

    async def message(self, message: discord.Message) -> None:
        """Handle a new message."""
        self._story.catching_up.hear(message.id)
        channel = message.channel
        if message.type not in inbound.WORDS or not isinstance(channel, Channel):
            return
        incoming = inbound.read_message(message, self._me)
        if message.webhook_id is not None:
            self._faces.webhook_posted(message.webhook_id, incoming.place)
        if self._story.hearing.ignores(incoming):
            return
        heard = Heard()
        with self._runner.at_work():
            standing = await self._servers.standing(incoming.place.guild_id)
            if standing is not Standing.SERVED:
                if standing is Standing.STRANGER and incoming.mentions_bot:
                    await self._say_not_served(message, channel)
                return
            try:
                fetch = starter_of(incoming, channel)
                heard = await self._story.hearing.hear(incoming, fetch_starter=fetch)
                await self._answer(heard, incoming, message, channel)
            except StorageError as error:
                self._runner.complaints.storage_failed(channel.id, error)
                if heard.replies or await self._wants_answer(incoming):
                    await self._say(Sentence("player.storage"), message, channel, await self._voice(message))
            else:
                self._runner.complaints.storage_works(channel.id)

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
        try:
            for reply in heard.replies:
                await self._play(reply, message, channel)
                why_not = self._story.hearing.why_unopened(reply)
                if why_not is not None:
                    await self._notify(why_not, message, channel)
        finally:
            for reply in heard.replies:  # a reply that is not played must not wait: others would join it
                reply.stop()
        if isinstance(heard.notice, StorageNoticeDue):
            place = _place(message)
            own = self._faces.plain(BotRoute(channel), await self._voices.lookup(place))
            await self._runner.say_what_is_stored(place, heard.notice, own, message.id, _barrier(message))
        elif heard.notice is not None:
            await self._notify(heard.notice, message, channel)
            if heard.notice.reason is NoReplyReason.PERSONA_MISSING:
                await self._story.notices.waive(incoming, heard.notice.about)

    async def _play(self, reply: Reply, message: discord.Message, channel: Channel) -> None:
        poster = self._faces.poster(reply.cast, reply.trigger.place, channel, lambda: reply.persona)
        await self._runner.perform(
            reply,
            poster,
            points=_may_point(message),
            barrier=_barrier(message),
            opener=lambda: before_reply(self._services, channel, reply, poster),
        )

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
            incoming, heard = inbound.read_message(message, self._me), Heard()
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
        # After its message, which waits for this too.
        standing = await self._servers.standing(guild_id)
        place = Place(channel_id, guild_id=guild_id)
        for turn_id in await self._story.hearing.retract(place, message_ids):
            if standing is Standing.SERVED:
                await self._name_editor(turn_id)

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
        """Note on which servers the bot is, after it was off."""
        await self._store(0, self._story.records.departures.now_on(server_ids))

    async def _store(self, about: int, storing: Coroutine[None, None, None]) -> None:
        """Store what happened to a channel or a server; where that fails, the log says so."""
        with self._runner.at_work():
            try:
                await storing
            except StorageError as error:
                self._runner.complaints.storage_failed(about, error)

    async def _name_editor(self, turn_id: int) -> None:
        """Show again under a turn who rewrote it: the post that said so may have been deleted."""
        state = await self._story.revision.state(turn_id)
        if state is None or state.writing or state.removed or not state.turn.editor:
            return
        voice = await self._voices.lookup(state.place)
        poster = self._faces.keeping(state.turn, state.place, state.posts, voice=voice)
        record = self._story.revision.post_record(state)
        view = PostView(state.turn, poster, record, posts=state.posts)
        status = state.status if state.newest else None
        notices = notices_under(state.status)
        with suppress(NotTaken):
            # The other posts may just be going too: into those that are left, and into no new one.
            await view.show(state.turn.text, notices, final=True, status=status, overtaken=lambda: True)

    async def mend(self) -> None:
        """Show what is stored of the replies that a crash cut off, with a notice."""
        with self._runner.at_work():
            for left in tuple(self._unfinished):
                try:
                    if not await self._covers(left):
                        await self._mend(left)
                except Unavailable as error:
                    log.info(HOST.say("host.not_mended", channel=left.place.channel_id, reason=error))
                    continue
                except StorageError as error:
                    self._runner.complaints.storage_failed(left.place.channel_id, error)
                    continue
                except NotTaken as error:
                    log.info(HOST.say("host.not_mended", channel=left.place.channel_id, reason=error))
                try:
                    await self._story.recovery.told(left.turn)
                except StorageError as error:
                    self._runner.complaints.storage_failed(left.place.channel_id, error)
                else:
                    self._unfinished.remove(left)

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
        text: Sentence | str = Sentence(f"player.{notice.reason}", about=notice.about)
        if notice.reason in _SMALL_PRINT:
            text = f"-# {voice.render(text)}"
        await self._say(text, message, channel, voice, menu)

    async def _voice(self, message: discord.Message) -> Voice:
        return await self._voices.lookup(_place(message))

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

    async def _is_served(self, place: Place) -> bool:
        """Return whether the server of a place is served.

        Raises:
            Unavailable: Discord does not say.
        """
        standing = await self._servers.standing(place.guild_id)
        if standing is Standing.UNKNOWN:
            raise Unavailable(HOST.say("host.unknown_standing"))
        return standing is Standing.SERVED

    async def _covers(self, left: Unfinished) -> bool:
        """Cover the posts of a reply that was covered or undone as the bot ended; False if it was not."""
        removal_id = left.turn.removal_id
        removal = await self._story.revision.removal(removal_id) if removal_id else None
        kinds = {Removed.COVERED, Removed.UNDONE}
        if removal is None or removal.kind not in kinds or not await self._is_served(left.place):
            return False
        channel = self._client.get_partial_messageable(left.place.channel_id, guild_id=left.place.guild_id)
        poster = self._faces.mending(left, channel, await self._voices.lookup(left.place))
        record = self._story.recovery.record(left.turn, left.posts)
        if removal.kind is Removed.UNDONE:
            is_first = is_first_reply(removal, left.turn)
            await cover_undone(removal, left.posts, poster, record, is_first=is_first)
        else:
            await cover(left.turn.id, left.posts, poster, record, Sentence("player.covered"))
        return True

    async def _mend(self, left: Unfinished) -> None:
        if not await self._is_served(left.place):
            return
        # Archived threads are not in the cache, but their messages can be edited.
        channel = self._client.get_partial_messageable(left.place.channel_id, guild_id=left.place.guild_id)
        age = (discord.utils.utcnow() - left.turn.created_at).total_seconds()
        # Other endings mean that the crash came during a revision: the text is the one before.
        text, cut = left.turn.text, left.turn.ending is Ending.CRASHED
        may_look = self._faces.may_mend(channel)
        persona = self._story.recovery.persona(left.place.guild_id, left.turn.persona_key or "")
        barred = persona is not None and self._story.casting.barred(left.place, persona) is not None
        if barred and not cut:
            return  # the text before would be shown again, where children may read now
        can_be_found = all(_can_be_found(page, age, may_look=may_look) for page in left.planned)
        if cut and (barred or not can_be_found):
            # Whether a planned page was posted is unknown, and nothing is posted twice.
            text = text[: left.posts[-1].end] if left.posts else ""
            await self._story.recovery.shorten(left.turn, text)
        if not text.strip() and not (left.posts and cut):
            # Where a page may have been posted and cannot be found, nobody is told either.
            if cut and can_be_found:
                await self._mend_silence(left, channel)
            return
        record = self._story.recovery.record(left.turn, left.posts)
        poster = self._faces.mending(left, channel, await self._voices.lookup(left.place))
        view = PostView(left.turn, poster, record, posts=left.posts, planned=left.planned)
        state = await self._story.revision.state(left.turn.id)
        if state is None:  # deleted meanwhile
            return
        status = replace(state.status, words=shows(text))
        notices = notices_under(status) if cut else edited_under(status)
        try:
            if left.planned:
                # A planned page that was posted is found as it was, and the notice comes by an edit.
                await view.show(text, edited_under(status), final=True)
            await view.show(text, notices, final=True, status=status)
        except WordsRefused as error:
            log.warning(HOST.say("host.words_refused", channel=left.place.channel_id, reason=error))
            seen = await _still_seen(text, left, view, channel)
            if not (cut and await self._shorten(left, seen, view)):  # the buttons belong to what people see
                await self._runner.put_right(left.turn.id, poster)

    async def _shorten(self, left: Unfinished, text: str, view: PostView) -> bool:
        """Keep of a reply what people see, and say so beneath it; False if Discord refuses that too."""
        await self._story.recovery.shorten(left.turn, text)
        state = await self._story.revision.state(left.turn.id)
        if state is None:  # deleted meanwhile
            return True
        status = replace(state.status, words=shows(text))
        try:
            await view.show(text, notices_under(status), final=True, status=status)
        except WordsRefused:
            return False
        return True

    async def _mend_silence(self, left: Unfinished, channel: discord.PartialMessageable) -> None:
        """Tell who asked that the bot was restarted before the first word, if they still wait."""
        if left.asked is None or not self._is_member(left.place):
            return
        owed = Owed(left.asked, left.place, left.turn.persona_key or "")
        found = await self._addressed(left.asked, left.place, channel)
        if found is None:
            return
        addressed, message = found
        words = None if message is None else inbound.read_message(message, self._me)
        cast = await self._story.recovery.still_waits(owed, words, addressed=addressed, told_by=left.turn)
        if cast is not None:
            await self._tell_silence(left, owed, cast, channel)

    async def _tell_silence(self, left: Unfinished, owed: Owed, cast: ChannelCast, channel: Channel) -> None:
        recovery = self._story.recovery
        persona = recovery.persona(owed.place.guild_id, owed.persona_key)
        state = await self._story.revision.state(left.turn.id)
        if persona is None or state is None:
            return
        if left.planned:  # the notice itself may have been posted
            poster = self._faces.mending(left, channel, await self._voices.lookup(left.place))
        else:
            poster = self._faces.poster(cast, left.place, channel, lambda: persona)
        answered = Answered((_as_message(owed.turn, left.place),), points=True)
        record = recovery.record(left.turn, left.posts)
        view = PostView(left.turn, poster, record, planned=left.planned, answered=answered)
        status = replace(state.status, words=False)
        await view.show("", notices_under(status), final=True, status=status)

    def _is_member(self, place: Place) -> bool:
        return place.guild_id is not None and self._client.get_guild(place.guild_id) is not None

    async def settle(self, channel_id: int | None = None) -> int:
        """Answer who has waited since before, or tell them; return how many replies begin.

        One persona answers in a scene; who asked another one is told. `channel_id` is the only channel in
        which that is done, None for all.
        """
        answers, scenes = 0, set[int]()
        try:
            debts = await self._story.recovery.debts()
        except StorageError as error:
            self._runner.complaints.storage_failed(channel_id or 0, error)
            return 0
        for debt in debts:
            newest = debt[-1]
            if channel_id in {None, newest.place.channel_id} and not self._runner.draining:
                answers += await self._settle_one(debt, may_answer=newest.turn.scene_id not in scenes)
                scenes.add(newest.turn.scene_id)
        return answers

    async def _settle_one(self, debt: tuple[Owed, ...], *, may_answer: bool) -> bool:
        """Settle what one persona owes in a scene; return whether it answers."""
        place = debt[-1].place
        try:
            return await self._settle(debt, may_answer=may_answer)
        except NotTaken as error:
            log.info(HOST.say("host.not_mended", channel=place.channel_id, reason=error))
        except StorageError as error:
            self._runner.complaints.storage_failed(place.channel_id, error)
        return False

    async def _settle(self, debt: tuple[Owed, ...], *, may_answer: bool) -> bool:
        place = debt[-1].place
        if not self._is_member(place) or not await self._is_served(place):
            return False
        # Archived threads are not in the cache.
        cached = self._client.get_channel(place.channel_id)
        partial = self._client.get_partial_messageable(place.channel_id, guild_id=place.guild_id)
        channel = cached if isinstance(cached, Channel) else partial
        for count, owed in reversed(tuple(enumerate(debt, 1))):
            found = await self._addressed(owed.turn, place, channel)
            if found is not None:
                return await self._answer_or_tell(debt[:count], found, channel, may_answer=may_answer)
        return False

    async def _answer_or_tell(
        self,
        debt: tuple[Owed, ...],
        found: tuple[bool, discord.Message | None],
        channel: Channel,
        *,
        may_answer: bool,
    ) -> bool:
        """Let a persona answer who waits, or tell them; return whether it answers.

        `found` is the newest message, and whether it turns to the bot itself.
        """
        (addressed, message), owed, recovery = found, debt[-1], self._story.recovery
        place, persona = owed.place, recovery.persona(owed.place.guild_id, owed.persona_key)
        words = None if message is None else inbound.read_message(message, self._me)
        left: Unfinished | None = None
        async with recovery.at_rest(place):
            cast = await recovery.still_waits(owed, words, addressed=addressed)
            if cast is None or persona is None or self._story.hearing.awaits(place, persona):
                return False
            if message is not None and may_answer and recovery.is_to_be_answered(owed):
                asked = [_as_message(each.turn, place) for each in debt]
                reply = await self._story.hearing.answer_late(asked, persona, cast)
                if reply is not None:
                    answering = self._answer(Heard((reply,)), asked[-1], message, channel)
                    self._begin(answering, place.channel_id)
                return reply is not None
            left = await recovery.begin_notice(owed)
        if left is None:
            return False
        try:
            await self._tell_silence(left, owed, cast, channel)
        except Unavailable:  # it may have been posted
            self._unfinished.append(await recovery.as_stored(left))
            raise
        except NotTaken as error:
            log.info(HOST.say("host.not_mended", channel=place.channel_id, reason=error))
        await recovery.told(left.turn)
        return False

    def _begin(self, answering: Coroutine[None, None, None], channel_id: int) -> None:
        """Let a reply be written that nobody waits for here."""

        async def at_work() -> None:
            with self._runner.at_work():
                try:
                    await answering
                except StorageError as error:
                    self._runner.complaints.storage_failed(channel_id, error)
                except Exception:
                    log.exception("a late answer in channel %s broke off", channel_id)

        task = asyncio.create_task(at_work(), name="late answer")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _addressed(
        self, asked: Turn, place: Place, channel: Channel
    ) -> tuple[bool, discord.Message | None] | None:
        """Return whether a message turns to the bot, and the message; None if it was deleted.

        One that may not or cannot be read counts as turning to the bot.

        Raises:
            Unavailable: Discord does not say.
        """
        assert asked.message_id is not None
        try:
            message = await channel.fetch_message(asked.message_id)
            words = inbound.read_message(message, self._me)
        except discord.Forbidden:
            return True, None
        except discord.NotFound as error:
            if error.code == UNKNOWN_MESSAGE:
                await self._story.hearing.retract(place, [asked.message_id])
            return None
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise Unavailable(str(error)) from error
        except UNREADABLE:
            return True, None
        to_us = message.reference and message.reference.message_id
        if to_us and (turn := await self._story.revision.turn_of(to_us)) is not None and turn.persona_key:
            return True, message
        return message.author.id == self._me or words.mentions_bot, message


async def _still_seen(
    text: str, left: Unfinished, view: PostView, channel: discord.PartialMessageable
) -> str:
    """Return the beginning of a text that people certainly see after Discord refused more of it."""
    seen = view.seen or ""
    refused = next((post for post in left.posts if post.start == len(seen)), None)
    if refused is None:
        return seen
    try:
        content = (await channel.fetch_message(refused.message_id)).content
    except (discord.DiscordException, aiohttp.ClientError, OSError):
        return seen
    return text[: layout.shown_until(text, refused.start, refused.heading, content)]


def _as_message(turn: Turn, place: Place) -> IncomingMessage:
    """Return a stored message as one that a reply answers; its words are not needed for that."""
    assert turn.message_id is not None
    author = Participant(turn.user_id or 0, turn.name)
    return IncomingMessage(turn.message_id, place, author, "", turn.created_at)


def _place(message: discord.Message) -> Place:
    return inbound.read_place(message.channel, message.guild.id if message.guild else None)


def _can_be_found(page: Slice, age: float, *, may_look: bool) -> bool:
    """Return whether the bot can find out if a planned page was posted."""
    if page.hook_id is not None:
        return may_look  # a webhook's posts have no nonce, so the channel is searched
    return bool(page.nonce) and age <= HEAL_WITHIN


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
