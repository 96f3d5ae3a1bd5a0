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
from bot.core.posts.buttons import Showing
from bot.core.posts.pages import shows
from bot.discord_ui.posting.paced import Paced, Rhythm
from bot.discord_ui.posting.poster import FINAL_TRIES, Barred, Gone, Poster, Unavailable
from bot.discord_ui.posting.rate_limits import Traffic
from bot.discord_ui.replies.post_view import View, notice_of
from bot.storage.errors import StorageError
from bot.story.reply import Reply
from bot.texts.sentences import say

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
class Manner:
    """How a reply is shown.

    Attributes:
        points: whether its first post shows what it replies to.
        stopping: tells whether the bot is about to end.
        types: whether typing is shown until then; an edit would not end it.
    """

    points: bool
    stopping: Callable[[], bool]
    types: bool = True


async def play(reply: Reply, poster: Poster, traffic: Traffic, manner: Manner) -> None:
    """Show a reply from typing to its last word, and whatever ends it in plain words.

    Raises:
        Barred, Unavailable: it could not be shown; the story keeps what people saw of it.
    """
    paced = Paced(poster, traffic)
    typing = _Typing(paced, reply.stop) if manner.types else None
    view: View | None = None
    try:
        async with reply:
            reply_to = reply.trigger.id if manner.points else None  # the newest of those who asked meanwhile
            if reply.opened is None or reply.record is None:
                if manner.stopping() and reply.halted:
                    # It never had the floor: whoever asked must not wait for an answer.
                    nonce = f"notice-{reply.trigger.id:x}"
                    text = say("player.restarting")
                    await paced.plain.send(text, nonce=nonce, tries=FINAL_TRIES, reply_to=reply_to)
                return
            view = View(
                reply.opened.turn,
                paced,
                reply.record,
                cause=reply.trigger,
                reply_to=reply_to,
                posts=reply.opened.posts,
            )
            try:
                await paced.prepare()
                with traffic.streaming(poster.lane):
                    await _follow(reply, view, Rhythm(reply, traffic.tempo, paced), typing)
            except Gone:
                # Somebody deleted it while it grew: what they wanted is that it stops.
                reply.not_shown(reply.record.shown)
            except BaseException:
                reply.not_shown(reply.record.shown)
                raise
    except (Barred, Unavailable, StorageError):
        stored = reply.outcome if reply.phase is Phase.CLOSED else None
        if view is not None and stored is not None and shows(stored.text) and not stored.restored:
            await view.break_off(reply.text, notice_of(reply), reply.showing)
        raise
    finally:
        paced.give_back()
        if typing is not None:
            await typing.stop()


async def _follow(reply: Reply, view: View, rhythm: Rhythm, typing: _Typing | None) -> None:
    rhythm.age = view.age()
    async for text in reply.texts(rhythm.due):
        if reply.ended and text != reply.text:
            continue  # the last words came while this was stored: nothing may go ahead of them
        # The last words and the notice under them are one edit: the bucket keeps one token for it.
        final = reply.ended and text == reply.text
        notice, showing = (notice_of(reply), reply.showing) if final else (None, Showing(None))
        try:
            await view.show(text, notice, final=final, showing=showing)
        except Unavailable:
            if final:
                raise
            log.debug("a preview was lost", exc_info=True)
        else:
            if typing is not None:
                await typing.stop()
            rhythm.begun = True
        rhythm.age = view.age()
    if not reply.is_page_deleted:
        # Nothing is sent where it stands already: this is for last words whose preview was lost.
        await view.show(reply.text, notice_of(reply), final=True, showing=reply.showing)
