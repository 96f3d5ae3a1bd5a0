"""A reply as people see it grow: pages of text, posted once and edited as the model streams.

Law: editing never holds up the reading of the model (the reply has its own task for that); the newest text
is what goes next, and equal text is never sent.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
import discord

from bot.core.output.answer import Phase
from bot.core.posts.buttons import WRITING
from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.pages import shows
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Barred, Gone, NewPost, Unavailable
from bot.discord_ui.replies.edit_schedule import EditSchedule
from bot.discord_ui.replies.post_view import Answered, PostView, notice_of
from bot.storage.errors import StorageError
from bot.story.reply import Reply

log = logging.getLogger(__name__)


class _Typing:
    """Shows that the bot is typing, beside everything else: nothing waits for it."""

    def __init__(self, poster: Poster, barred: Callable[[], None]) -> None:
        """Begin; `barred` is called if Discord says that nothing may be posted here."""
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
        """End it; Discord shows it until the next post, or for ten seconds."""
        self._task.cancel()
        await asyncio.wait([self._task])


@dataclass(frozen=True, slots=True)
class PlayOptions:
    """How a reply is shown.

    Attributes:
        points: whether its first post shows what it replies to.
        stopping: tells whether the bot is about to end.
        types: whether typing is shown until then; an edit would not end it.
    """

    points: bool
    stopping: Callable[[], bool]
    types: bool = True


async def play(reply: Reply, poster: Poster, options: PlayOptions) -> str:
    """Show a reply from typing to its last word, and whatever ends it in plain words.

    Returns:
        What people see of it.

    Raises:
        Barred, Unavailable: it could not be shown; the story keeps what people saw of it.
    """
    typing = _Typing(poster, reply.stop) if options.types else None
    view: PostView | None = None
    try:
        async with reply:
            if reply.opened is None or reply.record is None:
                if options.stopping() and reply.halted:
                    await _say_restarting(reply, poster, options)
                return ""
            # The trigger is the newest of those who asked meanwhile.
            answered = Answered(reply.trigger, options.points)
            posts = reply.opened.posts
            view = PostView(reply.opened.turn, poster, reply.record, posts=posts, answered=answered)
            try:
                await poster.prepare()
                with poster.sender.streaming(poster.lane_of(view.growing)):
                    await _follow(reply, view, EditSchedule(reply, poster, view), typing)
            except Gone:
                # Somebody deleted it while it grew: what they wanted is that it stops.
                reply.not_shown(_seen(reply, view))
            except BaseException:
                reply.not_shown(_seen(reply, view))
                raise
    except (Barred, Unavailable, StorageError):
        stored = reply.outcome if reply.phase is Phase.CLOSED else None
        if view is not None and stored is not None and shows(stored.text) and not stored.restored:
            await view.break_off(reply.text, notice_of(reply), reply.status)
        raise
    finally:
        poster.sender.release()
        if typing is not None:
            await typing.stop()
    return _seen(reply, view)


def _seen(reply: Reply, view: PostView) -> str:
    """Return what people see of a reply's turn: before anything new is shown, what it said before."""
    before = (reply.opened.before if reply.opened else None) or ""
    return before if view.seen is None else view.seen


async def _say_restarting(reply: Reply, poster: Poster, options: PlayOptions) -> None:
    """Answer whoever asked for a reply that never had the floor: they must not wait."""
    message_id = reply.trigger.id
    await poster.plain.send(
        NewPost(
            poster.voice.say("player.restarting"),
            nonce=nonce(Purpose.RESTARTING, message_id),
            reply_to=message_id if options.points else None,
        )
    )


async def _follow(reply: Reply, view: PostView, schedule: EditSchedule, typing: _Typing | None) -> None:
    async for text in reply.texts(schedule.due):
        if reply.ended and text != reply.text:
            continue  # the last words came while this was stored: nothing may go ahead of them
        # The last words and the notice under them are one edit: the bucket keeps one token for it.
        final = reply.ended and text == reply.text
        notice, status = (notice_of(reply), reply.status) if final else (None, WRITING)
        try:
            await view.show(text, notice, final=final, status=status)
        except Unavailable:
            if final:
                raise
            log.debug("a preview was lost", exc_info=True)
        else:
            if typing is not None:
                await typing.stop()
            schedule.begun = True
    if not reply.is_page_deleted:
        # Nothing is sent where it stands already: this is for last words whose preview was lost.
        await view.show(reply.text, notice_of(reply), final=True, status=reply.status)
