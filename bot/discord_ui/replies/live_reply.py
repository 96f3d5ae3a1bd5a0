"""A reply while it is written: pages of text, posted once and edited as the model streams.

Law: an edit never delays the reading of the model, which has a task of its own. The newest text goes next,
and equal text is never sent.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from math import inf

import aiohttp
import discord

from bot.core.output.answer import Halt, Phase
from bot.core.posts.buttons import WRITING
from bot.core.posts.layout import MOST_ANSWERS, MOST_POSTS, Allowance
from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.pages import shows
from bot.core.telemetry import Timed, telemetry
from bot.discord_ui.posting.lanes import Lane
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Gone, NewPost, NotTaken, Unavailable, WordsRefused
from bot.discord_ui.replies.edit_schedule import EditSchedule
from bot.discord_ui.replies.post_view import Answered, Overlong, PostView, notices_of, signed_under
from bot.storage.errors import StorageError
from bot.story.replies.reply import Reply
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


class _Typing:
    """The typing indicator, in a task of its own."""

    def __init__(self, poster: Poster, barred: Callable[[], None]) -> None:
        """Start it; `barred` is called if Discord forbids posts here."""
        self._barred = barred
        self._task = asyncio.create_task(self._show(poster), name="typing")

    async def _show(self, poster: Poster) -> None:
        try:
            async with poster.typing():
                await asyncio.Event().wait()
        except discord.Forbidden:
            self._barred()
        except (discord.DiscordException, aiohttp.ClientError, OSError):
            log.debug("typing could not be shown", exc_info=True)

    async def stop(self) -> None:
        """Stop it; Discord shows it until the next post, or for ten seconds."""
        self._task.cancel()
        await asyncio.wait([self._task])


class Leaving(Enum):
    """Why nothing new begins."""

    NOT = "not"
    ENDING = "ending"  # the bot is about to end
    GIVEN = "given"  # another process has the shard


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """How a reply is shown.

    Attributes:
        points: whether its first post is a reply to its trigger.
        leaving: returns why nothing new begins.
        types: whether typing is shown until the first post; an edit would not end it.
        opener: shows what the channel has to see before the reply; None for nothing.
    """

    points: bool
    leaving: Callable[[], Leaving]
    types: bool = True
    opener: Callable[[], Awaitable[None]] | None = None

    def puts_off(self, reply: Reply, posts: int = 0) -> bool:
        """Return whether a reply of which people see nothing is left for who comes after this process.

        Only an answer to a message is: it is owed, and the message is found again. `posts` show it already.
        One that has begun is left only where the bot ends.
        """
        is_new = reply.opened is None or (reply.opened.was is None and self.is_ending)
        is_left = self.leaving() is not Leaving.NOT and reply.halted is not None
        return self.points and is_new and not posts and is_left

    @property
    def is_ending(self) -> bool:
        """Whether the bot is about to end."""
        return self.leaving() is Leaving.ENDING


class _Stopwatch:
    """The times of a reply that are reported: until its first text is there, and until its last words are."""

    def __init__(self, reply: Reply) -> None:
        """Start it."""
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()
        self._is_shown = False
        self._reply = reply

    def shown(self) -> None:
        """Take the time of the first text; the second time, do nothing."""
        if not self._is_shown:
            telemetry.time(Timed.FIRST_TEXT, self._clock() - self._began)
        self._is_shown = True

    @contextmanager
    def follow(self, lane: Lane) -> Iterator[None]:
        """Take the time from the model's last word to the end of this, unless that fails."""
        ending = asyncio.create_task(self._ended(), name="stopwatch") if telemetry.is_watched else None
        try:
            yield
            if ending is not None and ending.done() and self._is_shown:
                telemetry.time(Timed.FINAL_DELAY, self._clock() - ending.result(), _face(lane))
        finally:
            if ending is not None:
                ending.cancel()

    async def _ended(self) -> float:
        await self._reply.wait_ended(inf)
        return self._clock()


def _face(lane: Lane) -> str:
    if lane.exempt:
        return "answer"
    return "bot" if lane.webhooks_of is None else "webhook"


async def play(reply: Reply, poster: Poster, options: PlayOptions) -> str:
    """Show a reply from typing to its last word, with a notice if it ended badly.

    Returns:
        The text that people see.

    Raises:
        NotTaken: it could not be shown; the story keeps the text that people saw.
    """
    typing = _Typing(poster, reply.stop) if options.types else None
    view: PostView | None = None
    stopwatch = _Stopwatch(reply)
    try:
        async with reply:
            if reply.opened is None or reply.record is None:
                if options.is_ending and reply.halted:
                    await _say_restarting(reply, poster, options)
                return ""
            answered = None if reply.opened.follows else Answered(reply.triggers, options.points)
            posts = reply.opened.posts
            view = PostView(reply.opened.turn, poster, reply.record, posts=posts, answered=answered)
            try:
                if options.opener is not None:
                    await options.opener()
                await poster.prepare()
                lane = poster.lane_of(view.growing)
                with poster.sender.streaming(lane), stopwatch.follow(lane):
                    await _follow(reply, view, EditSchedule(reply, poster, view), typing, stopwatch)
                    if options.puts_off(reply, view.count):
                        reply.not_shown("")
                        await _say_restarting(reply, poster, options)
                        return ""
                    await _end(reply, view, typing)
                    stopwatch.shown()
            except Gone:
                # A post deleted while it grows is a wish to stop the reply.
                reply.not_shown(_seen(reply, view))
            except BaseException:
                reply.not_shown(_seen(reply, view))
                raise
    except (NotTaken, StorageError):
        stored = reply.outcome if reply.phase is Phase.CLOSED else None
        if view is not None and stored is not None and shows(stored.text) and not stored.restored:
            await view.break_off(reply.text, notices_of(reply), reply.status)
        raise
    finally:
        poster.sender.release()
        if typing is not None:
            await typing.stop()
    return _seen(reply, view)


def _seen(reply: Reply, view: PostView) -> str:
    """Return the text of the turn that people see; until something new is shown, the one before."""
    before = (reply.opened.before if reply.opened else None) or ""
    return before if view.seen is None else view.seen


async def _say_restarting(reply: Reply, poster: Poster, options: PlayOptions) -> None:
    """Tell the people who asked for a reply of which they see nothing: it comes later, or they ask again."""
    message_id = reply.trigger.id
    await poster.plain.send(
        NewPost(
            poster.voice.say("player.put_off" if options.puts_off(reply) else "player.restarting"),
            nonce=nonce(Purpose.RESTARTING, message_id),
            reply_to=message_id if options.points else None,
        )
    )


def _allowance(reply: Reply, view: PostView) -> Allowance | None:
    """Return the posts that a reply may have: a stopped one no further, or one if it has none.

    None if nothing came of it, and the text before is shown again.
    """
    assert reply.opened is not None
    if reply.outcome is not None and reply.outcome.restored:
        return None
    if reply.is_stopped:
        allowed = Allowance(view.count, room=0) if view.count else Allowance(1)
    else:
        most = MOST_ANSWERS if reply.trigger.place.is_personal else MOST_POSTS
        allowed = Allowance(most + (len(reply.opened.posts) if reply.opened.goes_on else 0))
    # A person who rewrote what it goes on from cannot make their name go away.
    return replace(allowed, one_for_notice=bool(reply.status.editor), stoppable=not reply.opened.whole)


async def _follow(
    reply: Reply, view: PostView, schedule: EditSchedule, typing: _Typing | None, stopwatch: _Stopwatch
) -> None:
    def overtaken() -> bool:
        return reply.ended or reply.is_page_deleted

    writing = replace(WRITING, bare=reply.trigger.place.is_personal)
    async for text in reply.texts(schedule.due, rest=schedule.rest):
        if reply.ended:
            continue  # no preview goes before the last words
        try:
            is_shown = await view.show(
                text,
                signed_under(reply.status),
                final=False,
                status=writing,
                overtaken=overtaken,
                allowance=_allowance(reply, view),
            )
        except Unavailable:
            log.debug("a preview was lost", exc_info=True)
            continue
        except (WordsRefused, Overlong) as error:
            await _keep(reply, view, error)
            continue
        schedule.begun = schedule.begun or is_shown
        if is_shown:
            stopwatch.shown()
        if is_shown and typing is not None:
            await typing.stop()


async def _end(reply: Reply, view: PostView, typing: _Typing | None) -> None:
    """Show the last words, the notice and the buttons; of what may not be shown, the part that may.

    The last words and the notice are one edit: one token of the bucket is reserved for it.
    """
    kept = False

    def overtaken() -> bool:
        return reply.is_page_deleted or (reply.is_stopped and view.count > 0 and not kept)

    while not reply.is_page_deleted:
        try:
            is_shown = await view.show(
                reply.text,
                notices_of(reply),
                final=True,
                status=reply.status,
                overtaken=overtaken,
                allowance=_allowance(reply, view),
            )
        except WordsRefused as error:
            if not reply.is_refused:
                await _keep(reply, view, error)
            elif not view.leave_out_heading():  # its notice too
                raise
        except Overlong as error:
            await _keep(reply, view, error)
        else:
            if is_shown or reply.is_page_deleted:
                break
            await reply.keep(_seen(reply, view), Halt.PRESSED)
            kept = True
    if typing is not None:
        await typing.stop()


async def _keep(reply: Reply, view: PostView, error: WordsRefused | Overlong) -> None:
    """End a reply with the part of its text that may be shown."""
    if isinstance(error, Overlong):
        await reply.keep(error.fits, Halt.ENOUGH)
        return
    log.warning(HOST.say("host.words_refused", channel=reply.trigger.place.channel_id, reason=error))
    await reply.keep(_seen(reply, view), Halt.REFUSED)
