"""The route of a webhook's posts, under a persona's own name and picture.

Law: webhooks have no nonces. A post that may have arrived is searched for before it is sent again, and is not
sent again where the bot may not search. The webhook that made a post edits it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import discord

from bot.core.posts.headings import webhook_name
from bot.core.posts.layout import PostRef
from bot.core.posts.refusals import INVALID_FORM, fields_in
from bot.discord_ui.posting.lanes import Lane, webhook_lane
from bot.discord_ui.posting.request import (
    Channel,
    NewPost,
    Orphaned,
    PostChange,
    Posted,
    Request,
    Unavailable,
    fields_of,
    read_nothing,
    read_posted,
)
from bot.discord_ui.posting.sender import NOT_TAKEN
from bot.discord_ui.posting.webhooks import GONE, Failed, Lack, WebhookChannel, Webhooks, hiding_token
from bot.texts.sentences import HOST

LOOKED_THROUGH: Final = 50
"""Messages that are searched for a post that may have arrived."""

CLOCKS_APART: Final = timedelta(seconds=30)
"""The most by which the clocks of this machine and of Discord may differ."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """The name of a webhook's post, and the address of its picture if there is one."""

    name: str
    avatar: str | None


@dataclass(frozen=True, slots=True)
class PostTarget:
    """The place of a persona's posts.

    Attributes:
        channel: the channel or thread.
        home: the channel whose webhook posts there; None if it cannot have one.
        may_look: returns whether the bot may read messages there.
    """

    channel: Channel
    home: WebhookChannel | None
    may_look: Callable[[], bool]

    @property
    def newest(self) -> int | None:
        """The id of the newest message in the cache; a command's answer may be newer."""
        return getattr(self.channel, "last_message_id", None)

    @property
    def thread(self) -> dict[str, Any]:
        """The argument with which a webhook posts in a thread."""
        apart = self.home is not None and self.home.id != self.channel.id
        return {"thread": discord.Object(self.channel.id)} if apart else {}


class WebhookRoute:
    """Posts as a persona by the bot's webhook of a channel."""

    def __init__(
        self,
        hooks: Webhooks,
        target: PostTarget,
        appearance: Callable[[], Appearance],
        *,
        since: int | None = None,
    ) -> None:
        """Post to `target` by one of `hooks`.

        `appearance` is called for each post. A post that was planned after the id `since` may exist already.
        """
        self._hooks = hooks
        self._target = target
        self._appearance = appearance
        self._after = since
        self._mends = since is not None
        self._hook: discord.Webhook | None = None
        self._sought: list[str] = []  # texts that were sent and may have arrived
        self._refused: set[str] = set()  # of name and picture, those that Discord refused

    @property
    def hook_id(self) -> int | None:
        """The id of the webhook for the next post, once it is known."""
        return self._hook.id if self._hook else None

    @property
    def newest(self) -> int | None:
        """The id of the newest message known in the channel."""
        return self._target.newest

    @property
    def lane(self) -> Lane | None:
        """The limits of the webhook, once it is known."""
        hook = self._hook or self._hooks.cached(self._target.home)
        return None if hook is None else self._lane(hook)

    async def prepare(self) -> None:
        """Find or create the webhook early, while the model is asked."""
        await self._hooks.get_or_create(self._target.home)

    async def find(self, cause_id: int | None) -> Lack | None:
        """Find the webhook for the next posts; return why there is none, else None.

        `cause_id` is the message that they answer, if any.
        """
        found = await self._hooks.get_or_create(self._target.home)
        self._hook = None if isinstance(found, Lack) else found
        if isinstance(found, Lack):
            return found
        self._after = self._after or cause_id or self._target.newest or _a_while_ago()
        return None

    async def send(self, post: NewPost) -> Request[Posted]:
        """Return the request that makes a post.

        It raises `Orphaned` if the webhook is gone.
        """
        hook = self._hook
        if hook is None:
            raise Orphaned
        content = post.content.strip()

        async def find() -> Posted | None:
            return await self._arrived(hook, [*self._sought, *([content] if self._mends else [])])

        return Request(
            partial(self._post, hook, post),
            partial(read_posted, hook_id=hook.id),
            self._lane(hook),
            is_post=True,
            find=find,
            done=self._made,
        )

    async def edit(self, ref: PostRef, change: PostChange) -> Request[None]:
        """Return the request that edits a post as the webhook that made it."""
        hook = await self._maker(ref)
        edit = partial(hook.edit_message, ref.message_id, **change.fields, **self._target.thread)
        return self._about(hook, edit, self._lane(hook))

    async def delete(self, ref: PostRef) -> Request[None]:
        """Return the request that deletes a post as the webhook that made it."""
        hook = await self._maker(ref)
        return self._about(hook, partial(hook.delete_message, ref.message_id, **self._target.thread), None)

    def _lane(self, hook: discord.Webhook) -> Lane | None:
        home = self._target.home
        return None if home is None else webhook_lane(hook.id, home.id)

    async def _maker(self, ref: PostRef) -> discord.Webhook:
        if self._hook is not None and self._hook.id == ref.hook_id:
            return self._hook
        found = None if ref.hook_id is None else await self._hooks.by_id(self._target.home, ref.hook_id)
        if found is Lack.TROUBLE:
            raise Unavailable(HOST.say("host.no_webhook.trouble"))
        if not isinstance(found, discord.Webhook):
            raise Orphaned
        return found

    def _about(
        self, hook: discord.Webhook, make: Callable[[], Awaitable[object]], lane: Lane | None
    ) -> Request[None]:
        async def call() -> None:
            try:
                await hiding_token(make())
            except discord.HTTPException as error:
                raise self._lost(hook, error) from None

        return Request(call, read_nothing, lane)

    def _lost(self, hook: discord.Webhook, error: discord.HTTPException) -> Exception:
        """Return the error, or `Orphaned` if it says that the webhook itself is gone."""
        if error.code not in GONE:
            return error
        self._hooks.forget(self._target.home, hook.id)
        return Orphaned()

    async def _post(self, hook: discord.Webhook, post: NewPost) -> Posted:
        self._sought.append(post.content.strip())  # it may arrive even if this fails
        dress = self._dress()
        try:
            message = await hiding_token(
                hook.send(post.content, wait=True, **dress, **fields_of(post), **self._target.thread)
            )
        except Failed as error:
            if error.status == NOT_TAKEN:
                self._sought.pop()
            raise
        except discord.HTTPException as error:
            self._sought.pop()
            if not self._undressed(error):
                raise self._lost(hook, error) from None
            return await self._post(hook, post)
        return Posted(PostRef(message.id, hook.id), message.content)

    def _made(self, posted: Posted) -> None:
        """Forget what was searched for: later posts come after this one."""
        self._after, self._sought = posted.ref.message_id, []

    def _dress(self) -> dict[str, Any]:
        """Return the arguments for the name and the picture of a post."""
        appearance = self._appearance()
        dress: dict[str, Any] = {}
        if "username" not in self._refused:
            dress["username"] = webhook_name(appearance.name)
        if appearance.avatar is not None and "avatar_url" not in self._refused:
            dress["avatar_url"] = appearance.avatar
        return dress

    def _undressed(self, error: discord.HTTPException) -> bool:
        """Leave out the name or the picture that Discord refused; return whether it was one of them."""
        if error.code != INVALID_FORM:
            return False
        bad = fields_in(error.text) & {"username", "avatar_url"} - self._refused
        self._refused |= bad
        return bool(bad)

    async def _arrived(self, hook: discord.Webhook, sought: list[str]) -> Posted | None:
        """Return a post that was sent and has arrived, if there is one."""
        if not sought:
            return None
        if not self._target.may_look():
            raise Unavailable(HOST.say("host.may_not_look"))
        after = discord.Object(self._after or _a_while_ago())
        try:
            async for message in self._target.channel.history(limit=LOOKED_THROUGH, after=after):
                if message.webhook_id == hook.id and message.content in sought:
                    return Posted(PostRef(message.id, hook.id), message.content)
        except discord.Forbidden:
            raise Unavailable(HOST.say("host.may_not_look")) from None
        return None


def _a_while_ago() -> int:
    return discord.utils.time_snowflake(discord.utils.utcnow() - CLOCKS_APART)
