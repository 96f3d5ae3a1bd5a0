"""What a crash left: replies that broke off are shown as they are stored, and who waits is answered or told.

Law: what is shown is what the story has, and nothing is posted twice: what may have been posted and cannot be
found is left alone.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace

import aiohttp
import discord

from bot.core.posts import layout
from bot.core.posts.pages import shows
from bot.core.reach import Reach
from bot.core.routing import Denial
from bot.core.scene import Ending, IncomingMessage, Owed, Participant, Place, Slice, Turn, Unfinished
from bot.core.servers import Standing
from bot.discord_ui import inbound
from bot.discord_ui.interactions.services import Services
from bot.discord_ui.posting.request import Channel, NotTaken, Unavailable, WordsRefused
from bot.discord_ui.replies.covering import cover, cover_undone, is_first_reply
from bot.discord_ui.replies.post_view import Answered, PostView, notices_under, signed_under
from bot.discord_ui.starters import UNREADABLE
from bot.storage.errors import StorageError
from bot.storage.removals import Removed
from bot.story.casting import ChannelCast
from bot.story.heard import Heard
from bot.texts.sentences import HOST, Sentence

log = logging.getLogger(__name__)

UNKNOWN_MESSAGE = 10_008
"""Discord's code for a message that was deleted (its page "Opcodes and Status Codes")."""

HEAL_WITHIN = 180.0
"""Seconds in which a post cut off by a crash can be found by its nonce; Discord knows it for minutes."""

Answer = Callable[[Heard, IncomingMessage, discord.Message, Channel], Coroutine[None, None, None]]
"""Shows the replies that a message asks for."""


class Mending:
    """The repair after a crash, for one client."""

    def __init__(
        self, client: discord.Client, services: Services, unfinished: list[Unfinished], answer: Answer
    ) -> None:
        """Repair `unfinished`, the replies that broke off unknown to people; late ones begin by `answer`.

        What Discord does not take now stays in `unfinished` for the next client.
        """
        self._client = client
        self._unfinished = unfinished
        self._answer = answer
        self._one_at_a_time = asyncio.Lock()
        self._answering: set[asyncio.Task[None]] = set()
        self._shard = services.shard
        self._story = services.story
        self._runner = services.runner
        self._faces = services.faces
        self._voices = services.voices
        self._servers = services.servers

    async def mend(self) -> None:
        """Show what is stored of the replies that a crash cut off, with a notice."""
        with self._runner.at_work():
            async with self._one_at_a_time:
                await self._mend_all()

    async def _mend_all(self) -> None:
        for left in [each for each in self._unfinished if self._shard.holds(each.place.guild_id)]:
            if left not in self._unfinished:  # it was handed on meanwhile
                continue
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
                self._unfinished[:] = [each for each in self._unfinished if each is not left]

    async def settle(self, channel_id: int | None = None) -> int:
        """Answer who has waited since before, or tell them; return how many replies begin.

        Those that are to answer the newest message of a scene do; who asked another one is told. `channel_id`
        is the only channel in which that is done, None for all.
        """
        answers, newest_in = 0, dict[int, int]()
        try:
            debts = await self._story.recovery.debts()
        except StorageError as error:
            self._runner.complaints.storage_failed(channel_id or 0, error)
            return 0
        for debt in debts:
            newest = debt[-1]
            if channel_id in {None, newest.place.channel_id} and not self._runner.draining:
                is_newest = newest_in.setdefault(newest.turn.scene_id, newest.turn.id) == newest.turn.id
                answers += await self._settle_one(debt, may_answer=is_newest)
        return answers

    async def _covers(self, left: Unfinished) -> bool:
        """Cover the posts of a reply that was covered or undone as the bot ended; False if it was not."""
        removal_id = left.turn.removal_id
        removal = await self._story.revision.turns.removal(removal_id) if removal_id else None
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
        state = await self._story.revision.turns.state(left.turn.id)
        if state is None:  # deleted meanwhile
            return
        status = replace(state.status, words=shows(text))
        notices = notices_under(status) if cut else signed_under(status)
        try:
            if left.planned:
                # A planned page that was posted is found as it was, and the notice comes by an edit.
                await view.show(text, signed_under(status), final=True)
            await view.show(text, notices, final=True, status=status)
        except WordsRefused as error:
            log.warning(HOST.say("host.words_refused", channel=left.place.channel_id, reason=error))
            seen = await _still_seen(text, left, view, channel)
            if not (cut and await self._shorten(left, seen, view)):  # the buttons belong to what people see
                await self._runner.put_right(left.turn.id, poster)

    async def _shorten(self, left: Unfinished, text: str, view: PostView) -> bool:
        """Keep of a reply what people see, and say so beneath it; False if Discord refuses that too."""
        await self._story.recovery.shorten(left.turn, text)
        state = await self._story.revision.turns.state(left.turn.id)
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
        if cast is not None and self._story.recovery.quiet(cast) is None:  # else `settle` says so
            await self._tell_silence(left, owed, cast, channel)

    async def _tell_silence(self, left: Unfinished, owed: Owed, cast: ChannelCast, channel: Channel) -> None:
        recovery = self._story.recovery
        persona = recovery.persona(owed.place.guild_id, owed.persona_key)
        state = await self._story.revision.turns.state(left.turn.id)
        if persona is None or state is None:
            return
        if left.planned:  # the notice itself may have been posted
            poster = self._faces.mending(left, channel, await self._voices.lookup(left.place))
        else:
            poster = await self._faces.poster(cast, left.place, channel, lambda: persona)
        answered = Answered((_as_message(owed.turn, left.place),), points=True)
        record = recovery.record(left.turn, left.posts)
        view = PostView(left.turn, poster, record, planned=left.planned, answered=answered)
        status = replace(state.status, words=False)
        await view.show("", notices_under(status), final=True, status=status)

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
            if cast is None or persona is None or self._story.hearing.admission.awaits(place, persona):
                return False
            quiet = recovery.quiet(cast)
            if quiet is not None:
                await self._tell_quiet(owed, quiet, message, channel)
                return False
            if message is not None and may_answer and recovery.is_to_be_answered(owed):
                asked = [_as_message(each.turn, place) for each in debt]
                reply = await self._story.hearing.late.answer(asked, persona, cast)
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

    async def _tell_quiet(
        self, owed: Owed, quiet: Denial, message: discord.Message | None, channel: Channel
    ) -> None:
        """Tell who waits until when it is quiet; where their message can't be read, a later start does."""
        if message is None:
            return
        asked, heard = _as_message(owed.turn, owed.place), Heard(notice=quiet.no_reply)
        await self._story.recovery.rest(owed, quiet, lambda: self._answer(heard, asked, message, channel))

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
        to_us = words.reply_to
        if (
            to_us
            and (turn := await self._story.revision.turns.turn_of(to_us)) is not None
            and turn.persona_key
        ):
            return True, message
        return place.is_own or message.author.id == self._me or words.mentions_bot, message

    def _is_member(self, place: Place) -> bool:
        if place.is_own:
            return self._shard.is_first and not place.is_personal
        return place.guild_id is not None and self._client.get_guild(place.guild_id) is not None

    async def _is_served(self, place: Place) -> bool:
        """Return whether a place is served; where the bot is only one person's, it can post nothing unasked.

        Raises:
            Unavailable: Discord does not say.
        """
        if place.is_own:
            return not place.is_personal and self._story.casting.rules.servers.serves(Reach.DIRECT)
        standing = await self._servers.standing(place.guild_id)
        if standing is Standing.UNKNOWN:
            raise Unavailable(HOST.say("host.unknown_standing"))
        return standing is Standing.SERVED

    @property
    def _me(self) -> int:
        return self._client.user.id if self._client.user else 0


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
    author = Participant(turn.user_id or 0, turn.name, turn.speaker.character)
    return IncomingMessage(turn.message_id, place, author, "", turn.created_at)


def _can_be_found(page: Slice, age: float, *, may_look: bool) -> bool:
    """Return whether the bot can find out if a planned page was posted."""
    if page.hook_id is not None:
        return may_look  # a webhook's posts have no nonce, so the channel is searched
    return bool(page.nonce) and age <= HEAL_WITHIN
