"""A reply as people see it grow: pages of text, posted once and edited as the model streams.

Law: what is shown is on disk first. Editing never holds up the reading of the model (the reply
has its own task for that); the newest text is what goes next, and equal text is never sent.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import aiohttp
import discord

from bot import failures
from bot.core.controls import Showing, row_under, way_on
from bot.core.draft import CONTENT_LIMIT, pages, settled, utf16_length
from bot.core.scene import Ending, Post, Slice, Turn
from bot.discord_ui.paced import Paced, Rhythm
from bot.discord_ui.posters import FINAL_TRIES, KEEP, PREVIEW_TRIES, Gone, Keep, Poster, Unavailable
from bot.discord_ui.rows import row
from bot.discord_ui.traffic import Traffic
from bot.reply import PostLog, Reply
from bot.texts import say

log = logging.getLogger(__name__)

_NOTICES = {
    Ending.LENGTH: "player.length",
    Ending.STOPPED: "player.stopped",
    Ending.CUT_SHORT: "player.cut_short",
    Ending.FAILED: "player.failed",
    Ending.WITHDRAWN: "player.failed",
    Ending.CRASHED: "player.interrupted",
    Ending.INTERRUPTED: "player.interrupted",
}


def notice_of(reply: Reply) -> str | None:
    """Return what to tell the channel about a reply's ending; None after a good one."""
    if reply.error is not None:
        return failures.to_players(reply.error, way_on(row_under(reply.showing)))
    return notice_under(reply.showing)


def notice_under(showing: Showing) -> str | None:
    """Return what stands under a turn that ended like this; None if that was well."""
    key = _NOTICES.get(showing.ending) if showing.ending else None
    return say(key, again=failures.again(way_on(row_under(showing)))) if key else None


class View:
    """The posts that show one turn. It knows what stands in each, and sends only what differs."""

    def __init__(
        self,
        turn: Turn,
        poster: Poster,
        record: PostLog,
        *,
        reply_to: int | None = None,
        posts: Sequence[Post] = (),
    ) -> None:
        """Show `turn` through `poster` and keep `record` of it; `posts` are those that exist already."""
        self._turn = turn
        self._poster = poster
        self._record = record
        self._reply_to = reply_to
        self._ids = [post.message_id for post in sorted(posts, key=lambda post: post.page)]
        self._shown: list[str | None] = [None] * len(self._ids)
        self._rows: list[_Row] = [KEEP] * len(self._ids)
        self._cuts: tuple[int, ...] = ()

    def age(self) -> float | None:
        """Return the seconds since the post that grows was made; None while there is none."""
        if not self._ids:
            return None
        made = discord.utils.snowflake_time(self._ids[-1])
        return (discord.utils.utcnow() - made).total_seconds()

    async def show(
        self, text: str, notice: str | None = None, *, final: bool, showing: Showing | None = None
    ) -> None:
        """Bring the posts up to `text`, with a notice beneath it in the same post or edit if there is one.

        `final` says that nothing comes after this: it is tried harder than a preview. The last post gets the
        buttons that go with `showing`, if any do, and the others lose theirs in the edits that settle them.

        Raises:
            Gone: a post or the channel was deleted.
            Barred: Discord does not let us post here.
            Unavailable: Discord did not take it.
        """
        tries = FINAL_TRIES if final else PREVIEW_TRIES
        found = pages(text, self._cuts)
        self._cuts = settled(found)
        contents = [page.content for page in found]
        if notice is not None:
            _append(contents, f"-# {notice}" if contents else notice)
        last = len(contents) - 1
        slices = [
            Slice(number, page.start, page.end, self._nonce(number)) for number, page in enumerate(found)
        ]
        if last >= len(found):  # a notice alone is a post of the turn, and no page of its text
            slices.append(Slice(last, len(text), len(text), self._nonce(last)))
        await self._record.plan(slices)
        if showing is not None:
            await self._record.bear({last, *(number for number, each in enumerate(self._rows) if each)})
        for number, content in enumerate(contents):
            under = showing if number == last else None
            if number < len(self._ids):
                await self._edit(number, content, under, tries)
            else:
                await self._send(number, content, under, tries)
            if number < len(found):
                self._record.shown = text[: found[number].end]
        self._record.shown = text
        for message_id in self._ids[len(contents) :]:
            await self._poster.delete(message_id)
        del self._ids[len(contents) :], self._shown[len(contents) :], self._rows[len(contents) :]
        await self._record.bear({last} if showing is not None else ())

    async def _edit(self, number: int, content: str, under: Showing | None, tries: int) -> None:
        words = KEEP if content.strip() == self._shown[number] else content
        stands = self._rows[number]
        same = stands is not KEEP and _drawn(stands) == _drawn(under)
        if words is KEEP and same:
            return
        buttons = KEEP if same else row(self._turn.id, under) if under is not None else None
        await self._poster.edit(self._ids[number], words, tries=tries, row=buttons)
        self._mark(number, content, under)

    async def _send(self, number: int, content: str, under: Showing | None, tries: int) -> None:
        reply_to = self._reply_to if number == 0 else None
        buttons = row(self._turn.id, under) if under is not None else None
        message_id, stands = await self._poster.send(
            content, nonce=self._nonce(number), tries=tries, reply_to=reply_to, row=buttons
        )
        self._ids.append(message_id)
        self._shown.append(None)
        self._rows.append(None)
        # A post that Discord had taken already comes back as it was then, with the buttons of that time.
        as_sent = stands.strip() == content.strip()
        self._mark(number, stands or content, under if as_sent or not stands else KEEP)
        await self._edit(number, content, under, tries)
        await self._record.note(number, message_id)

    def _mark(self, number: int, content: str, under: "_Row") -> None:
        self._shown[number] = content.strip()  # Discord trims what it stores
        self._rows[number] = under

    def _nonce(self, page: int) -> str:
        """A name for the page that no other post of ours has had, 25 characters at most; or none."""
        if not self._poster.nonces:
            return ""
        began = int(self._turn.created_at.timestamp() * 1000)
        return f"{began:x}-{self._turn.id:x}-{page:x}"


_Row = Showing | None | Literal[Keep.KEEP]
"""What a post's buttons go with; nothing where it has none, KEEP where that is not known."""


def _drawn(under: Showing | None) -> object:
    """Return what buttons look like: the same for two turns that differ in what does not show in them."""
    return (row_under(under), under.number, under.count) if under is not None else None


def _append(contents: list[str], line: str) -> None:
    """Put a line under the last page, or on a page of its own where it does not fit."""
    if contents and utf16_length(contents[-1]) + utf16_length(line) + 1 <= CONTENT_LIMIT:
        contents[-1] = f"{contents[-1]}\n{line}"
    else:
        contents.append(line)


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
    try:
        async with reply:
            reply_to = reply.trigger.id if manner.points else None  # the newest of those who asked meanwhile
            if reply.turn is None or reply.log is None:
                if manner.stopping() and reply.stopped:
                    # It never had the floor: whoever asked must not wait for an answer.
                    nonce = f"notice-{reply.trigger.id:x}"
                    text = say("player.restarting")
                    await paced.send(text, nonce=nonce, tries=FINAL_TRIES, reply_to=reply_to)
                return
            view = View(reply.turn, paced, reply.log, reply_to=reply_to, posts=reply.posts)
            try:
                with traffic.streaming(poster.lane):
                    await _follow(reply, view, Rhythm(reply, traffic, poster), typing)
            except Gone:
                # Somebody deleted it while it grew: what they wanted is that it stops.
                reply.keep_only(reply.log.shown)
            except BaseException:
                reply.keep_only(reply.log.shown)
                raise
    finally:
        if typing is not None:
            await typing.stop()


async def _follow(reply: Reply, view: View, rhythm: Rhythm, typing: _Typing | None) -> None:
    rhythm.age = view.age()
    async for text in reply.texts(rhythm.due):
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
    if not reply.frozen:
        # Nothing is sent where it stands already: this is for last words whose preview was lost.
        await view.show(reply.text, notice_of(reply), final=True, showing=reply.showing)
