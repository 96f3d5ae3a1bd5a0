"""The posts that show one turn: its pages, the line above them, and the notice and buttons beneath.

Law: it knows what stands in each post and sends only what differs; what is about to be shown is on disk
first. When something is sent is decided elsewhere.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

import discord

from bot.core.posts.buttons import Showing, row_under, way_on
from bot.core.posts.pages import CONTENT_LIMIT, Page, pages, settled, utf16_length
from bot.core.scene import Ending, IncomingMessage, Post, Slice, Turn
from bot.discord_ui.posting.poster import (
    FINAL_TRIES,
    KEEP,
    PREVIEW_TRIES,
    Barred,
    Gone,
    Keep,
    Orphaned,
    Poster,
    Unavailable,
)
from bot.discord_ui.replies.buttons import row
from bot.storage.errors import StorageError
from bot.story.post_record import PostRecord
from bot.story.reply import Reply
from bot.texts import failures
from bot.texts.sentences import say

_FACES_TRIED = 4
"""How often a change of faces is followed within one reply: each time a webhook was deleted."""

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
    error = reply.outcome.error if reply.outcome else None
    if error is not None:
        return failures.to_players(error, way_on(row_under(reply.showing)))
    return notice_under(reply.showing)


def notice_under(showing: Showing) -> str | None:
    """Return what stands under a turn that ended like this; None if that was well."""
    key = _NOTICES.get(showing.ending) if showing.ending else None
    return say(key, again=failures.again(way_on(row_under(showing)))) if key else None


_Row = Showing | None | Literal[Keep.KEEP]
"""What a post's buttons go with; nothing where it has none, KEEP where that is not known."""


@dataclass(slots=True)
class _Standing:
    """A post that shows a page, and what is known of it.

    Attributes:
        content: what stands there; None where that is not known.
        start, text: the part of the turn's text that it shows; none where that is not known.
        closed: whether it stays as it is, for its webhook is gone; another shows what follows.
        lost: whether another is to take its place, for the same reason.
        under: what its buttons go with.
    """

    message_id: int
    hook_id: int | None = None
    heading: str = ""
    content: str | None = None
    start: int = 0
    text: str = ""
    closed: bool = False
    lost: bool = False
    under: _Row = KEEP


class View:
    """The posts that show one turn. It knows what stands in each, and sends only what differs."""

    def __init__(
        self,
        turn: Turn,
        poster: Poster,
        record: PostRecord,
        *,
        cause: IncomingMessage | None = None,
        reply_to: int | None = None,
        posts: Sequence[Post] = (),
        planned: Sequence[Slice] = (),
    ) -> None:
        """Show `turn` through `poster` and keep `record` of it.

        `cause` is what it answers, `reply_to` the message its first post points at if it can; `posts` are
        those that exist already, `planned` those that somebody else was about to make and may have made.
        """
        self._turn = turn
        self._poster = poster
        self._record = record
        self._cause = cause
        self._reply_to = reply_to
        self._posts = [
            _Standing(post.message_id, post.hook_id, post.heading)
            for post in sorted(posts, key=lambda post: post.page)
        ]
        self._heading: str | None = None  # of the next post; None: to be asked for
        self._cuts: tuple[int, ...] = ()
        self._stuck = False  # Discord did not take the last edit
        self._nonces = {page.page: page.nonce for page in planned if page.nonce}

    def age(self) -> float | None:
        """Return the seconds since the post that grows was made; None while there is none."""
        if not self._posts:
            return None
        made = discord.utils.snowflake_time(self._posts[-1].message_id)
        return (discord.utils.utcnow() - made).total_seconds()

    async def show(
        self, text: str, notice: str | None = None, *, final: bool, showing: Showing | None = None
    ) -> None:
        """Bring the posts up to `text`, with a notice beneath it in the same post or edit if there is one.

        `final` says that nothing comes after this: it is tried harder than a preview. The last post gets the
        buttons that go with `showing`, if any do, and the others lose theirs in the edits that settle them.
        Where a webhook was deleted meanwhile its posts stay as they are, and what follows is posted in
        another way.

        Raises:
            Gone: a post or the channel was deleted.
            Barred: Discord does not let us post here.
            Unavailable: Discord did not take it.
        """
        for _ in range(_FACES_TRIED):
            with suppress(Orphaned):
                return await self._bring(text, notice, FINAL_TRIES if final else PREVIEW_TRIES, showing)
            self._heading = None
        raise Unavailable(say("host.no_webhook.trouble"))

    async def break_off(self, text: str, notice: str | None, showing: Showing) -> None:
        """Say under `text`, which people see, that no more can be shown, as far as Discord takes that."""
        if self._stuck:
            return
        for words in (notice, None):  # where nothing can be posted any more, what stands may still be edited
            try:
                await self.show(text, words, final=False, showing=showing)
            except Barred:
                continue
            except (Gone, Unavailable, StorageError):
                pass
            return

    async def _bring(self, text: str, notice: str | None, tries: int, showing: Showing | None) -> None:
        if not self._posts:
            await self._begin(self._cause)
        found = self._lay_out(text)
        if len(found) > len(self._posts) or any(post.lost for post in self._posts):
            await self._begin(None)
        self._cuts = settled(found)
        contents = [self._headed(number, page.content) for number, page in enumerate(found)]
        if notice is not None:
            self._append(contents, notice)
        # A notice that stands alone is a post of the turn too, and shows nothing of its text.
        apart = [Page(len(text), len(text), each) for each in contents[len(found) :]]
        await self._record.plan([self._slice(number, page) for number, page in enumerate((*found, *apart))])
        last = len(contents) - 1
        if showing is not None:
            await self._record.bear(
                {last, *(number for number, post in enumerate(self._posts) if post.under)}
            )
        for number, content in enumerate(contents):
            under = showing if number == last else None
            if number < len(self._posts) and not self._posts[number].lost:
                await self._edit(number, content, tries, under)
            else:
                await self._send(number, content, tries, under)
            if number < len(found):
                post, page = self._posts[number], found[number]
                post.start, post.text = page.start, text[page.start : page.end]
                self._record.shown = text[: page.end]
        self._record.shown = text
        while len(self._posts) > len(contents):
            post = self._posts[-1]
            await self._poster.delete(post.message_id, post.hook_id)
            self._posts.pop()
            self._nonces.pop(len(self._posts), None)
        await self._record.bear({last} if showing is not None else ())

    async def _begin(self, cause: IncomingMessage | None) -> None:
        if self._heading is None:
            self._heading = await self._poster.begin(cause)

    def _lay_out(self, text: str) -> tuple[Page, ...]:
        """Make pages, the first of them so that the line above it fits too."""
        cuts = self._cuts
        above = self._line_above(0)
        if above and not cuts:
            cuts = settled(pages(text, limit=CONTENT_LIMIT - utf16_length(above)))[:1]
        found = pages(text, cuts)
        for number, post in enumerate(self._posts):
            end = found[number].end if number < len(found) else None
            if post.closed and end != post.start + len(post.text):
                # The text has changed: what stands there is no part of it.
                post.closed, post.lost = False, True
        return found

    def _line_above(self, number: int) -> str:
        """Return what stands above a page, with its line end; it stays what it was when the post was made."""
        if number < len(self._posts) and not self._posts[number].lost:
            heading = self._posts[number].heading
        else:
            heading = self._heading or ""
            before = (
                self._posts[number - 1].hook_id if 0 < number <= len(self._posts) else self._poster.hook_id
            )
            if number and before == self._poster.hook_id:
                heading = ""  # who speaks stands above it
        return f"{heading}\n" if heading else ""

    def _headed(self, number: int, content: str) -> str:
        above = self._line_above(number)
        return above + content if utf16_length(above) + utf16_length(content) <= CONTENT_LIMIT else content

    def _slice(self, number: int, page: Page) -> Slice:
        if number < len(self._posts) and not self._posts[number].lost:
            hook_id = self._posts[number].hook_id
        else:
            hook_id = self._poster.hook_id
        nonce = self._nonce(number) if hook_id is None and self._poster.nonces else ""
        return Slice(number, page.start, page.end, nonce, hook_id, self._line_above(number).rstrip("\n"))

    def _append(self, contents: list[str], notice: str) -> None:
        """Put a notice under the last page, or into a post of its own where it does not fit."""
        # Under the persona's name it would look like its own words.
        line = f"-# {notice}" if contents or self._poster.hook_id is not None else notice
        line = line if contents else self._headed(0, line)
        number = len(contents) - 1
        closed = 0 <= number < len(self._posts) and self._posts[number].closed
        if contents and not closed and utf16_length(contents[-1]) + utf16_length(line) + 1 <= CONTENT_LIMIT:
            contents[-1] = f"{contents[-1]}\n{line}"
        else:
            contents.append(line)

    async def _edit(self, number: int, content: str, tries: int, under: Showing | None) -> None:
        post = self._posts[number]
        words = KEEP if content.strip() == post.content else content
        same = post.under is not KEEP and _drawn(post.under) == _drawn(under)
        if post.closed or (words is KEEP and same):
            return
        buttons = KEEP if same else self._buttons(under)
        try:
            await self._poster.edit(post.message_id, words, tries=tries, row=buttons, hook_id=post.hook_id)
        except Orphaned:
            self._let_go(post.hook_id)
            raise
        except (Barred, Gone, Unavailable):
            self._stuck = True
            raise
        self._stuck = False
        self._mark(post, content, under)

    def _buttons(self, under: Showing | None) -> discord.ui.View | None:
        return row(self._turn.id, under) if under is not None else None

    async def _send(self, number: int, content: str, tries: int, under: Showing | None) -> None:
        await self._begin(None)
        message_id, stands = await self._poster.send(
            content,
            nonce=self._nonce(number),
            tries=tries,
            reply_to=self._reply_to if number == 0 else None,
            row=self._buttons(under),
        )
        post = _Standing(message_id, self._poster.hook_id, self._line_above(number).rstrip("\n"))
        old = self._posts[number] if number < len(self._posts) else None
        self._posts[number : number + 1] = [post]
        # A post that Discord had taken already comes back as it was then, with the buttons of that time.
        as_sent = not stands or stands.strip() == content.strip()
        self._mark(post, stands or content, under if as_sent else KEEP)
        await self._edit(number, content, tries, under)
        await self._record.note(number, message_id)
        if old is not None:
            with suppress(Barred, Gone, Unavailable):
                await self._poster.delete(old.message_id, old.hook_id)

    def _let_go(self, hook_id: int | None) -> None:
        """Note that a webhook is gone: what its posts show goes on behind them, or is posted anew."""
        for number, post in enumerate(self._posts):
            if post.hook_id == hook_id:
                post.closed, post.lost = bool(post.text), not post.text
                if post.closed:
                    self._cuts = (*self._cuts[:number], post.start + len(post.text))

    def _mark(self, post: _Standing, content: str, under: _Row) -> None:
        post.content = content.strip()  # Discord trims what it stores
        post.under = under

    def _nonce(self, page: int) -> str:
        """Return a name for the post of a page that no other post of ours has had, 25 characters at most.

        Nor one that was deleted: for some minutes Discord answers its name with the message that was there.
        """
        if page not in self._nonces:
            now = int(discord.utils.utcnow().timestamp() * 1000)
            self._nonces[page] = f"{now:x}-{self._turn.id:x}-{page:x}"
        return self._nonces[page]


def _drawn(under: Showing | None) -> object:
    """Return what buttons look like: the same for two turns that differ in what does not show in them."""
    return (row_under(under), under.number, under.count) if under is not None else None
