"""The poster of one place, and the route of each post.

Law: a post goes by the persona's webhook if possible, else by the bot with the persona's name above. The
route that made a post edits it. The text of a post and its time are decided elsewhere.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from bot.core.posts.headings import Cause, HeadingFacts, first_line
from bot.core.posts.layout import Author, PostRef
from bot.core.posts.pace import Urgency
from bot.core.scene import Identity, IncomingMessage
from bot.discord_ui.posting.by_press import ComponentRoute
from bot.discord_ui.posting.by_webhook import WebhookRoute
from bot.discord_ui.posting.lanes import Lane
from bot.discord_ui.posting.request import (
    Gone,
    NewPost,
    Orphaned,
    PostChange,
    Posted,
    Route,
    TokenSpent,
    Unavailable,
    WordsRefused,
)
from bot.discord_ui.posting.sender import Sender
from bot.discord_ui.posting.webhooks import Lack
from bot.texts.sentences import Voice


class OwnRoute(Route, Protocol):
    """The route of the bot itself: in the channel, or as answers to a command."""

    @property
    def has_nonces(self) -> bool:
        """Whether Discord answers a known nonce with the message that exists."""
        ...

    @property
    def lane(self) -> Lane:
        """The limits that its posts and edits count against."""
        ...

    def typing(self) -> AbstractAsyncContextManager[None]:
        """Show that the bot is typing, as long as the context lasts."""
        ...


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes that the posts of one place may take.

    Attributes:
        own: the bot's own.
        webhook: edits what the webhook has posted.
        press: edits the message whose button was pressed.
    """

    own: OwnRoute
    webhook: WebhookRoute | None = None
    press: ComponentRoute | None = None


@dataclass(frozen=True, slots=True)
class Byline:
    """The facts for the line above a reply.

    Attributes:
        name: returns the persona's name, if the bot's own posts show it; else None.
        planned: the line that the first post was planned with before a crash; empty for none.
        lacking: called with the reason if there is no webhook though one was wanted.
        explains: returns, the first time in a place, that people are to be told of the bot's face.
    """

    name: Callable[[], str] | None = None
    planned: str = ""
    lacking: Callable[[Lack], None] = lambda _: None
    explains: Callable[[], bool] = lambda: False


_PLAIN = Byline()


class Poster:
    """Makes, edits and deletes posts in one place."""

    def __init__(
        self,
        routes: Routes,
        sender: Sender,
        voice: Voice,
        *,
        by_webhook: bool = False,
        byline: Byline = _PLAIN,
    ) -> None:
        """Post by `routes`, through `sender`; with `by_webhook`, new posts go by the webhook where possible.

        `voice` is the language of the place: of notices, and of the labels of buttons.
        """
        self.sender = sender
        self.voice = voice
        self._own = routes.own
        self._webhook = routes.webhook
        self._press = routes.press
        self._byline = byline
        self._face = routes.webhook if by_webhook else None  # the webhook of new posts
        self._wants_face = by_webhook
        self._fallback: str | None = None  # once the bot's face has stood in
        self._route: Route = routes.own  # of the next post

    @property
    def plain(self) -> "Poster":
        """The poster for notices in the same place."""
        return Poster(Routes(self._own), self.sender, self.voice)

    def lane_of(self, ref: PostRef | None) -> Lane:
        """Return the limits that the edit of a post counts against; without one, those of the next post."""
        if ref is None:
            route = self._face
        elif self._press is not None and self._press.covers(ref):
            return self._press.lane
        else:
            route = None if ref.hook_id is None else self._webhook
        lane = None if route is None else route.lane
        return self._own.lane if lane is None else lane

    async def prepare(self) -> None:
        """Find the webhook early, while the model is asked."""
        if self._face is not None:
            await self._face.prepare()

    async def begin(self, causes: Sequence[IncomingMessage] = ()) -> Author:
        """Prepare new posts; return their author, with the line above the first of them.

        `causes` are the messages that the reply answers, the newest last; none after the first post.
        """
        cause = causes[-1] if causes else None
        face = await self._found(cause)
        self._route = self._own if face is None else face
        name = self._byline.name
        facts = HeadingFacts(
            by_webhook=face is not None,
            name=None if name is None else name(),
            causes=_one_of_each_person(causes),
            newest=None if face is None else face.newest,
            planned=self._byline.planned,
            fallback=self._why_own(name) if self._wants_face and face is None else "",
        )
        if face is None:
            return Author(None, first_line(facts), has_nonces=self._own.has_nonces)
        return Author(face.hook_id, first_line(facts))

    def _why_own(self, name: Callable[[], str] | None) -> str:
        """Return the words that say once that the bot's face stands in for the persona's."""
        if self._fallback is None:
            tells = name is not None and self._byline.explains()
            self._fallback = self.voice.say("player.fell_back") if tells else ""
        return self._fallback

    async def _found(self, cause: IncomingMessage | None) -> WebhookRoute | None:
        """Return the webhook for new posts; None if the bot itself makes them."""
        if self._face is None:
            return None
        lack = await self._face.find(cause.id if cause else None)
        if lack is not None:
            self._byline.lacking(lack)
            return None
        if cause is not None and not self.sender.has_room(self.lane_of(None)):
            self._face = None  # an answer now matters more than a face
        return self._face

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        """Show that the bot is typing, as soon as the limits have room for it."""
        await self.sender.wait(Urgency.TYPING, self.lane_of(None))
        async with self._own.typing():  # a webhook cannot
            yield

    async def send(self, post: NewPost) -> Posted:
        """Make a post.

        Raises:
            NotTaken: Discord did not take it.
            Unwanted: it is not to be made anymore.
            Orphaned: the webhook is gone; `begin` finds another route.
        """
        return await self.sender.perform(await self._route.send(post), post.urgency, post.unwanted)

    async def edit(self, ref: PostRef, change: PostChange) -> None:
        """Edit a post.

        Raises:
            NotTaken: Discord did not take it.
            Orphaned: the webhook that made the post is gone.
        """
        with _judged(has_words=change.content is not None):
            if self._press is not None and self._press.covers(ref):
                try:
                    await self.sender.perform(await self._press.edit(ref, change), change.urgency)
                except TokenSpent:
                    pass
                else:
                    return
            await self.sender.perform(await self._maker(ref).edit(ref, change), change.urgency)

    async def delete(self, ref: PostRef) -> None:
        """Delete a post, if it still exists.

        Raises:
            NotTaken: Discord did not take it.
        """
        try:
            with _judged(has_words=False):
                await self.sender.perform(await self._maker(ref).delete(ref), Urgency.FINAL)
        except Gone:
            return
        except Orphaned:  # takes Manage Messages
            await self.delete(PostRef(ref.message_id))

    def _maker(self, ref: PostRef) -> Route:
        if ref.hook_id is None:
            return self._own
        if self._webhook is None:
            raise Orphaned
        return self._webhook


@contextmanager
def _judged(*, has_words: bool) -> Iterator[None]:
    """Blame no words where there are none: the code of such a refusal is unknown."""
    try:
        yield
    except WordsRefused as error:
        if has_words:
            raise
        raise Unavailable(str(error)) from None


def _one_of_each_person(causes: Sequence[IncomingMessage]) -> tuple[Cause, ...]:
    newest: dict[Identity, Cause] = {}
    for cause in causes:
        person = cause.author.identity.person
        newest.pop(person, None)  # a person's place is that of their newest message
        newest[person] = Cause(cause.id, cause.author.name, _address(cause))
    return tuple(newest.values())


def _address(cause: IncomingMessage) -> str:
    place = cause.place
    return f"https://discord.com/channels/{place.guild_id or '@me'}/{place.channel_id}/{cause.id}"
