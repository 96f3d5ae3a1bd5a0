"""The replies and handlers that run for one connected client, and their end.

Law: it shows what the story hands over and reports failures, once; it decides nothing.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum

import discord

from bot.core.posts.nonces import Purpose, nonce
from bot.core.scene import Place
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Barred, Gone, NewPost, Unavailable, WordsRefused
from bot.discord_ui.replies.complaints import Complaints
from bot.discord_ui.replies.live_reply import Leaving, PlayOptions, play
from bot.discord_ui.replies.marking import Marker
from bot.discord_ui.replies.old_buttons import Sweeper
from bot.discord_ui.replies.verdicts import Verdicts
from bot.storage.cluster import Alone
from bot.story.places.notices import Notices, StorageNoticeDue
from bot.story.replies.mentions import Mentions
from bot.story.replies.other_processes import OtherProcesses, Stop
from bot.story.replies.reply import Reply
from bot.texts import failures
from bot.texts.sentences import HOST, Sentence

log = logging.getLogger(__name__)

LAST_WORDS = 1.0
"""Seconds that a stopped reply has for its final edit."""


class Played(Enum):
    """How it went to show a reply."""

    SHOWN = "shown"
    REFUSED = "refused"  # Discord does not take its words, nor the notice that would say so
    NOT_SHOWN = "not shown"


@dataclass(frozen=True, slots=True)
class _Playing:
    """A reply that is played: whether it may be left for later, and what is set when it is over."""

    may_be_left: bool
    over: asyncio.Event


async def _at_once(_channel_id: int) -> None:
    """Return at once: the default for `caught_up` of `ReplyRunner`."""


class ReplyRunner:
    """The running replies and handlers, which a stop lets finish.

    Attributes:
        is_given: whether another process has the shard, from then on.

    `verdicts` are those of the provider's moderation. `caught_up` returns when it is known what was said in a
    channel while nobody listened, or after a moment. The `others` are told what stops.
    """

    def __init__(
        self,
        notices: Notices,
        mentions: Mentions,
        sweeper: Sweeper,
        marker: Marker,
        provider: Callable[[], Sentence | str],
    ) -> None:
        """Play replies; `notices` knows what channels have yet to be told, `mentions` who is notified.

        `sweeper` removes the buttons of older replies, `marker` sets reactions on what was undone, `provider`
        returns who gets the prompts.
        """
        self._notices = notices
        self._mentions = mentions
        self._sweeper = sweeper
        self._marker = marker
        self._provider = provider
        self._handlers: set[asyncio.Task[object]] = set()
        self._playing: dict[Reply, _Playing] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self.complaints = Complaints()
        self.verdicts = Verdicts()
        self.caught_up: Callable[[int], Awaitable[None]] = _at_once
        self.others = OtherProcesses(Alone())
        self._leaving = Leaving.NOT
        self.is_given = False

    @property
    def draining(self) -> bool:
        """Whether nothing new begins: the bot is about to end, or another process has the shard."""
        return self._leaving is not Leaving.NOT

    @property
    def idle(self) -> bool:
        """Whether no handler is at work."""
        return self._idle.is_set()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Make `drain` wait for this handler."""
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self._idle.clear()
        try:
            yield
        finally:
            self._handlers.discard(task)
            if not self._handlers:
                self._idle.set()

    async def rest(self) -> None:
        """Wait until all handlers are done; each goes on as ever."""
        await self._idle.wait()

    async def drain(self, seconds: float) -> None:
        """Start nothing new; let running replies finish for `seconds`, then stop them.

        Messages are still stored. An answer of which people see nothing yet is owed by the next start. What
        Discord does not take of a stopped reply in time is not shown, but it is stored.
        """
        self._leaving = Leaving.ENDING
        await self._sweeper.stop()
        await self._marker.stop()
        if await self._is_idle_within(seconds):
            return
        for reply in tuple(self._playing):
            reply.stop()
        if await self._is_idle_within(LAST_WORDS):
            return
        for task in tuple(self._handlers):
            task.cancel()
        await self._is_idle_within(LAST_WORDS)

    def give(self) -> None:
        """Begin no answer anymore, as another process has the shard; what has begun goes on to its end.

        Messages that are being handled are still stored. Answers that have not begun are owed.
        """
        self._leaving, self.is_given = Leaving.GIVEN, True
        for reply, playing in tuple(self._playing.items()):
            if playing.may_be_left and reply.opened is None:
                reply.stop()

    def stop_server(self, guild_id: int) -> None:
        """Stop every reply that is being played on a server."""
        self.others.tell(Stop.SERVER, guild_id)
        for reply in tuple(self._playing):
            if reply.trigger.place.guild_id == guild_id:
                reply.stop()

    def stop_channel(self, channel_id: int) -> None:
        """Stop every reply that is being played in a channel or its threads."""
        self.others.tell(Stop.CHANNEL, channel_id)
        for reply in tuple(self._playing):
            if channel_id in {reply.trigger.place.channel_id, reply.trigger.place.parent_id}:
                reply.stop()

    def stop_person(self, guild_id: int, user_id: int) -> None:
        """Stop every reply that is being played for a person alone on a server."""
        self.others.tell(Stop.PERSON, guild_id, user_id)
        for reply in tuple(self._playing):
            is_theirs = {each.author.id for each in reply.triggers} == {user_id}
            if is_theirs and reply.trigger.place.guild_id == guild_id:
                reply.stop()

    async def wait_over(self, turn_id: int) -> None:
        """Return when no reply that is being played shows anything of a turn anymore."""
        shown = [
            playing.over
            for each, playing in self._playing.items()
            if each.opened and each.opened.turn.id == turn_id
        ]
        for over in shown:
            await over.wait()

    def sweep(self, channel_id: int, turn_id: int) -> None:
        """Remove the buttons that a turn has outdated, when there is time."""
        if not self.draining:
            self._sweeper.sweep(channel_id, turn_id)

    def mark(self, channel_id: int) -> None:
        """Bring the reactions on what was undone in a channel up to date, when there is time."""
        if not self.draining:
            self._marker.mark(channel_id)

    async def put_right(self, turn_id: int, poster: Poster) -> None:
        """Put the right buttons under a turn."""
        await self._sweeper.put_right(turn_id, poster)

    async def perform(
        self,
        reply: Reply,
        poster: Poster,
        *,
        points: bool,
        barrier: str | None = None,
        types: bool = True,
        opener: Callable[[], Awaitable[None]] | None = None,
    ) -> Played:
        """Play a reply, and log why it could not be shown; return how it went.

        `points` is whether it may be a reply to its trigger, `barrier` why nothing can be posted, `types`
        whether typing is shown, and `opener` shows what the channel has to see before it.
        """
        played = Played.NOT_SHOWN
        channel_id = reply.trigger.place.channel_id
        playing = self._playing[reply] = _Playing(points, asyncio.Event())
        try:
            if not self.draining:
                await self.caught_up(channel_id)
            if self._leaving is Leaving.ENDING or (self.draining and points):
                reply.stop()
            if barrier is None:
                await self._play(reply, poster, PlayOptions(points, lambda: self._leaving, types, opener))
                if reply.opened is not None and not reply.is_page_deleted:
                    played = Played.SHOWN
            else:
                # Checked before the model is asked: nobody pays for text that cannot be shown.
                self.complaints.barred(channel_id, barrier)
                await self._waive(reply)
        except (Barred, WordsRefused) as error:
            played = Played.REFUSED if isinstance(error, WordsRefused) else played
            self.complaints.barred(channel_id, error)
            await self._waive(reply)
        except Gone as error:
            log.warning(HOST.say("host.unavailable", channel=channel_id, reason=error))
            await self._waive(reply)
        except Unavailable as error:  # the answer is still owed
            log.warning(HOST.say("host.unavailable", channel=channel_id, reason=error))
        finally:
            reply.stop()  # nothing may wait for it anymore
            del self._playing[reply]
            playing.over.set()
        if reply.outcome and reply.outcome.error:
            reason = failures.to_host(reply.outcome.error)
            log.warning(HOST.say("host.reply_failed", channel=channel_id, reason=reason))
            self.verdicts.note(reply, discord.utils.utcnow())
        return played

    async def _play(self, reply: Reply, poster: Poster, options: PlayOptions) -> None:
        """Play a reply, and do what its end makes due."""
        seen = await play(reply, poster, options)
        channel_id = reply.trigger.place.channel_id
        self.complaints.can_post(channel_id)
        if reply.opened is None and options.puts_off(reply):
            return  # the answer is still owed
        if reply.opened is None:  # people were told, or there is nothing to answer anymore
            await self._waive(reply)
        else:
            turn_id = reply.opened.turn.id
            self.sweep(channel_id, turn_id)
            if reply.is_page_deleted:  # the posts that are left have the Stop button
                await self.put_right(turn_id, poster)
        if seen:
            await self._say_beneath(reply, poster)

    async def _waive(self, reply: Reply) -> None:
        """Note that no reply is due: people were told, or nothing can be posted in their channel."""
        await self._notices.waive(reply.trigger, reply.persona.key)

    async def post(self, post: NewPost, poster: Poster, channel_id: int) -> bool:
        """Post a notice; return whether it was posted."""
        try:
            await poster.send(post)
        except (Barred, WordsRefused) as error:
            self.complaints.barred(channel_id, error)
        except (Gone, Unavailable) as error:
            log.warning(HOST.say("host.unavailable", channel=channel_id, reason=error))
        else:
            return True
        return False

    async def say_what_is_stored(
        self,
        place: Place,
        notice: StorageNoticeDue,
        poster: Poster,
        message_id: int,
        barrier: str | None = None,
    ) -> None:
        """Tell a channel what is saved, after the message that made this due.

        `barrier` is why nothing can be posted.
        """
        given = False
        try:
            if barrier is not None:
                self.complaints.barred(place.channel_id, barrier)
                return
            name = discord.utils.escape_markdown(notice.persona)
            text = poster.voice.say(notice.key, persona=name, provider=self._provider())
            post = NewPost(f"-# {text}", nonce=nonce(Purpose.STORED, message_id))
            given = await self.post(post, poster, place.channel_id)
        finally:
            await self._notices.given(place, notice, said=given)

    async def _say_beneath(self, reply: Reply, poster: Poster) -> None:
        """Post what is due after a reply: who it mentions, and what is saved."""
        trigger, people = reply.trigger, await self._mentions.due(reply)
        if people and reply.record is not None and reply.record.posts:
            last = reply.record.posts[-1].message_id
            text = poster.voice.say("player.mentioned", people=" ".join(f"<@{each}>" for each in people))
            made = nonce(Purpose.MENTIONS, last)
            post = NewPost(f"-# {text}", nonce=made, reply_to=last, notifies=people)
            await self.post(post, poster.plain, trigger.place.channel_id)
        notice = await self._notices.due(trigger.place, reply.cast, reply.persona.name)
        if notice is not None:
            await self.say_what_is_stored(trigger.place, notice, poster.plain, trigger.id)

    async def _is_idle_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            return False
        return True
