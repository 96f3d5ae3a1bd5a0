"""The posts that show one turn.

Law: it makes the changes that `core.posts.layout` finds necessary, and reports what people saw. What is about
to be shown is on disk first. When something is sent is decided elsewhere.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import discord

from bot.core.posts import layout
from bot.core.posts.buttons import Row, TurnStatus, way_on
from bot.core.posts.headings import escaped
from bot.core.posts.layout import Allowance, Author, Change, Delete, Edit, PostRef, PostState, Send, Shown
from bot.core.posts.nonces import Purpose, nonce
from bot.core.posts.pace import Urgency
from bot.core.scene import Ending, IncomingMessage, Participant, Post, Slice, Turn
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import (
    KEEP,
    Barred,
    Gone,
    NewPost,
    Orphaned,
    PostChange,
    Unavailable,
    Unwanted,
    WordsRefused,
)
from bot.discord_ui.replies.buttons import row_view
from bot.storage.errors import StorageError
from bot.story.replies.post_record import PostRecord
from bot.story.replies.reply import Reply
from bot.texts import failures
from bot.texts.sentences import HOST, Sentence

_FACES_TRIED = 4
"""Times that a reply changes its webhook, each after the one before was deleted."""

_NOTICES = {
    Ending.LENGTH: "player.length",
    Ending.STOPPED: "player.stopped",
    Ending.CUT_SHORT: "player.cut_short",
    Ending.FAILED: "player.failed",
    Ending.WITHDRAWN: "player.failed",
    Ending.CRASHED: "player.interrupted",
    Ending.INTERRUPTED: "player.interrupted",
}


Notices = tuple[Sentence, ...]
"""The lines in the bot's words under the text of a turn."""


def notices_of(reply: Reply) -> Notices:
    """Return the notices under a reply: who signs it, and about its ending unless that is a good one."""
    if reply.is_refused:
        refusal = Sentence("player.words_refused", again=failures.again(way_on(reply.status)))
        return (*signed_under(reply.status), refusal)
    if reply.outcome is not None and reply.outcome.error is not None:
        failure = failures.to_channel(reply.outcome.error, way_on(reply.status))
        return (*signed_under(reply.status), failure)
    return notices_under(reply.status)


def notices_under(status: TurnStatus) -> Notices:
    """Return the notices under a turn: who signs it, and about its ending unless that is a good one."""
    ending = notice_under(status)
    return signed_under(status) if ending is None else (*signed_under(status), ending)


def signed_under(status: TurnStatus) -> Notices:
    """Return the notices that say who spoke as the persona, and who rewrote it; none if nobody did."""
    who = status.spoken_by
    spoken = () if who is None else (Sentence("player.spoken", who=called(who)),)
    return (*spoken, Sentence("player.edited", name=_plain(status.editor))) if status.editor else spoken


def called(person: Participant) -> str:
    """Return how a person is named to others: as the member of a system that they are there, or mentioned."""
    return _plain(person.name) if person.name else f"<@{person.id}>"


def _plain(name: str) -> str:
    return escaped(name.replace("`", "'"))  # even escaped, it would end code that the text above begins


def notice_under(status: TurnStatus) -> Sentence | None:
    """Return the notice under a turn with this ending; None after a good one."""
    key = _NOTICES.get(status.ending) if status.ending else None
    return Sentence(key, again=failures.again(way_on(status))) if key else None


def _never() -> bool:
    """Return False: the default for `overtaken` of `PostView.show`."""
    return False


class Overlong(Exception):  # noqa: N818 - it says what happened
    """A text takes more posts than it may; `fits` is the beginning that does not."""

    def __init__(self, fits: str) -> None:
        """Give the beginning that fits."""
        super().__init__()
        self.fits = fits


@dataclass(frozen=True, slots=True)
class Answered:
    """The messages that a reply answers, the newest last, and whether its first post may be a reply to it."""

    messages: tuple[IncomingMessage, ...]
    points: bool = False


class PostView:
    """The posts that show one turn, and the state of each."""

    def __init__(
        self,
        turn: Turn,
        poster: Poster,
        record: PostRecord,
        *,
        posts: Sequence[Post] = (),
        planned: Sequence[Slice] = (),
        answered: Answered | None = None,
    ) -> None:
        """Show `turn` through `poster`, and keep the `record`.

        `posts` exist already; `planned` are pages that a run before this one may have posted; `answered` are
        the messages that the turn answers.
        """
        self._turn = turn
        self._poster = poster
        self._record = record
        self._answered = answered
        self._standing = tuple(
            PostState(PostRef(post.message_id, post.hook_id), post.heading)
            for post in sorted(posts, key=lambda post: post.page)
        )
        self._author: Author | None = None  # of the next post; None: not known yet
        # The text, the notice and the status that the posts were brought to.
        self._shown: tuple[str, Notices, TurnStatus | None] | None = None
        self._is_stuck = False  # Discord did not take the last edit
        self._nonces = {page.page: page.nonce for page in planned if page.nonce}
        # Pages whose post may have arrived although no answer did.
        self._tried: set[int] = set()

    @property
    def seen(self) -> str | None:
        """The text that people see; None while the posts show what they did before."""
        return layout.seen(self._standing)

    @property
    def count(self) -> int:
        """The number of its posts."""
        return len(self._standing)

    @property
    def growing(self) -> PostRef | None:
        """The last post; None while there is none."""
        return self._standing[-1].ref if self._standing else None

    def age(self) -> float | None:
        """Return the seconds since the last post was made; None while there is none."""
        if not self._standing:
            return None
        made = discord.utils.snowflake_time(self._standing[-1].ref.message_id)
        return (discord.utils.utcnow() - made).total_seconds()

    def leave_out_heading(self) -> bool:
        """Make the first post without a line above, which may hold the words that Discord refuses.

        Return whether there was one to leave out.
        """
        if self._standing or self._author is None or not self._author.heading:
            return False
        self._author = replace(self._author, heading="")
        return True

    async def show(
        self,
        text: str,
        notices: Notices = (),
        *,
        final: bool,
        status: TurnStatus | None = None,
        overtaken: Callable[[], bool] = _never,
        allowance: Allowance | None = None,
    ) -> bool:
        """Bring the posts up to `text`, with the notices below it in the same post or edit.

        `final` means that nothing follows: it is tried harder than a preview. Where `overtaken` returns True,
        a preview stops, and last words make no further post; then False is returned. The last post gets the
        buttons for `status`, and the others lose theirs in the edits that complete them. If a webhook was
        deleted meanwhile, its posts stay as they are, and the rest is posted by another route. `allowance` is
        for a reply that is written now: it has Stop until its last post is made, if it is stoppable.

        Raises:
            Gone: a post or the channel was deleted.
            Barred: the bot may not post here.
            WordsRefused: Discord does not take these words.
            Unavailable: Discord did not take it.
            Overlong: it needs more posts than are allowed; nothing was done.
        """
        if (text, notices, status) == self._shown:
            return True
        self._shown = None
        words = self._poster.voice.lines(notices) or None
        for _ in range(_FACES_TRIED):
            with suppress(Orphaned):
                wanted = await self._wanted(text, words, status, allowance)
                has_stop = status is None or not status.bare
                is_reply = allowance is not None and allowance.stoppable and has_stop
                if not await self._bring(wanted, status, final=final, overtaken=overtaken, is_reply=is_reply):
                    return False
                self._shown = text, notices, status
                return True
            self._author = None
        raise Unavailable(HOST.say("host.no_webhook.trouble"))

    async def break_off(self, text: str, notices: Notices, status: TurnStatus) -> None:
        """Put notices under `text`, which people see, that no more can be shown, if Discord takes it."""
        if self._is_stuck:
            return
        # Without new posts, those that exist may still be edited; who signs the text is always told.
        for words in (notices, signed_under(status)):
            try:
                await self.show(text, words, final=False, status=status)
            except (Barred, WordsRefused):
                continue
            except (Gone, Unavailable, StorageError):
                pass
            return

    async def _bring(
        self,
        wanted: Sequence[Shown],
        status: TurnStatus | None,
        *,
        final: bool,
        overtaken: Callable[[], bool],
        is_reply: bool,
    ) -> bool:
        """Bring the posts up to a layout; return False if it was overtaken before all of it was sent."""
        planned = [self._slice(number, shown) for number, shown in enumerate(wanted)]
        if not await self._record.plan(planned):
            return False
        meanwhile, afterwards = layout.button_posts(self._standing, wanted, status, stoppable=is_reply)
        if status is not None:
            await self._record.set_button_posts(meanwhile)
        self._standing = layout.recognised(self._standing, wanted)
        # A repeated post comes back from Discord as it was first sent, and may need an edit.
        while todo := layout.changes(self._standing, wanted, stoppable=is_reply):
            for change in todo:
                # While something was stored or sent. The last words still go into the posts that exist.
                if overtaken() and not (final and isinstance(change, Edit | Delete)):
                    return False
                try:
                    await self._make(change, final=final, overtaken=overtaken)
                except Unwanted:
                    return False
        await self._record.set_button_posts(afterwards)
        return True

    async def _wanted(
        self, text: str, notice: str | None, status: TurnStatus | None, allowance: Allowance | None
    ) -> tuple[Shown, ...]:
        """Return the layout of a text; the author of new posts is looked up only if there are any.

        Raises:
            Overlong: it takes more posts than are allowed.
        """
        wanted = layout.lay_out(text, notice, status, self._standing, self._author or Author(), allowance)
        if self._author is None and layout.makes_posts(self._standing, wanted):
            causes = self._answered.messages if self._answered and not self._standing else ()
            self._author = await self._poster.begin(causes)
            wanted = layout.lay_out(text, notice, status, self._standing, self._author, allowance)
        if allowance is not None and sum(bool(shown.text) for shown in wanted) >= allowance.posts:
            fits = layout.fitting(text, self._standing, self._author or Author(), allowance)
            if fits != text:
                raise Overlong(fits)
        return wanted

    async def _make(self, change: Change, *, final: bool, overtaken: Callable[[], bool]) -> None:
        match change:
            case Send():
                urgency = Urgency.FINAL if final else Urgency.FIRST
                await self._send(change, urgency, overtaken if final else _never)
            case Edit():
                await self._edit(change, Urgency.FINAL if final else Urgency.PREVIEW)
            case Delete():
                await self._delete(change)

    async def _send(self, change: Send, urgency: Urgency, unwanted: Callable[[], bool]) -> None:
        assert self._author is not None
        page, shown, answered = change.page, change.shown, self._answered
        is_first_try = page not in self._tried
        self._tried.add(page)
        post = NewPost(
            shown.content,
            nonce=self._nonce(page) if self._author.has_nonces else "",
            urgency=urgency,
            reply_to=answered.messages[-1].id if answered and answered.points and page == 0 else None,
            view=self._view(shown.row),
            unwanted=unwanted,
        )
        try:
            posted = await self._poster.send(post)
        except (WordsRefused, Unwanted):
            self._tried.discard(page)  # it has certainly not arrived
            raise
        self._standing = layout.sent(self._standing, change, posted.ref, posted.content, is_new=is_first_try)
        self._tried.discard(page)
        await self._record.note(page, posted.ref.message_id)

    async def _edit(self, change: Edit, urgency: Urgency) -> None:
        view = KEEP if change.row is None else self._view(change.row)
        try:
            await self._poster.edit(change.ref, PostChange(urgency, change.content, view))
        except Orphaned:
            self._standing = layout.orphaned(self._standing, change.ref.hook_id)
            raise
        except (Barred, Gone, Unavailable):
            self._is_stuck = True
            raise
        self._is_stuck = False
        self._standing = layout.edited(self._standing, change)

    async def _delete(self, change: Delete) -> None:
        try:
            await self._poster.delete(change.ref)
        except (Barred, Unavailable):
            if not change.may_stay:
                raise
        self._standing = layout.deleted(self._standing, change)
        if len(self._standing) <= change.page:
            self._nonces.pop(change.page, None)

    def _view(self, row: Row) -> discord.ui.View | None:
        return row_view(self._turn.id, row, self._poster.voice) if row else None

    def _slice(self, number: int, shown: Shown) -> Slice:
        is_new = number >= len(self._standing) or self._standing[number].is_orphan
        has_nonce = is_new and self._author is not None and self._author.has_nonces
        made = self._nonce(number) if has_nonce else self._nonces.get(number, "")
        nonce = made if shown.hook_id is None else ""
        return Slice(number, shown.page.start, shown.page.end, nonce, shown.hook_id, shown.heading)

    def _nonce(self, page: int) -> str:
        """Return the nonce of a page's post; after its deletion, the page's next post gets a new one."""
        if page not in self._nonces:
            now = int(discord.utils.utcnow().timestamp() * 1000)
            self._nonces[page] = nonce(Purpose.PAGE, now, self._turn.id, page)
        return self._nonces[page]
