"""Posting with a persona's own name and picture, by the webhook of its channel.

Law: a post that may have arrived is looked for before it is sent again; what cannot be looked for is not sent
again. Where there is no webhook the bot posts, and the persona's name stands above. Whoever made a post
edits it.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import discord

from bot.core.posts.headings import pointer, webhook_name
from bot.core.scene import IncomingMessage
from bot.discord_ui.posting.poster import (
    FINAL_TRIES,
    KEEP,
    Channel,
    Gone,
    Keep,
    Orphaned,
    Poster,
    Row,
    Sleep,
    Unavailable,
    Wants,
    changes,
    nothing,
    passing,
    retrying,
)
from bot.discord_ui.posting.rate_limits import Lane, posted, return_when_answered, webhook_lane
from bot.discord_ui.posting.webhooks import GONE, Failed, Hooks, Lack, WebhookChannel, hiding_token
from bot.texts.sentences import say

log = logging.getLogger(__name__)

LOOKED_THROUGH = 50
"""Messages that are looked through for a post that may have arrived."""

CLOCKS_APART = timedelta(seconds=30)
"""By how much our clock and Discord's may differ."""

NOT_TAKEN = 503
"""The status with which Discord has surely not taken what was sent."""

INVALID_FORM = 50_035
"""Discord's code for a request one of whose fields it does not take."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """What a webhook posts as: a name, and the address of a picture if there is one now."""

    name: str
    avatar: str | None


@dataclass(frozen=True, slots=True)
class PostTarget:
    """Where a persona posts.

    Attributes:
        channel: the channel or thread.
        home: the channel whose webhook speaks there; None if it cannot have one.
        may_look: tells whether we may read back what stands there.
    """

    channel: Channel
    home: WebhookChannel | None
    may_look: Callable[[], bool]

    @property
    def thread(self) -> dict[str, Any]:
        """What a webhook has to be told each time to reach a thread."""
        apart = self.home is not None and self.home.id != self.channel.id
        return {"thread": discord.Object(self.channel.id)} if apart else {}


class WebhookPoster:
    """Posts as a persona, where that is possible and wanted; else as the bot."""

    def __init__(
        self,
        own: Poster,
        hooks: Hooks,
        stage: PostTarget,
        sleep: Sleep,
        *,
        mask: Callable[[], Appearance] | None = None,
        wants_ping: Wants | None = None,
        has_room: Callable[[Lane], bool] = lambda _: True,
        lacking: Callable[[Lack], None] = lambda _: None,
        since: int | None = None,
        heading: str = "",
    ) -> None:
        """Post on `stage`.

        Args:
            own: Posts for the bot itself.
            hooks: Has the webhooks.
            stage: Where.
            sleep: Waits between tries.
            mask: What the persona looks like now; None if the bot is to post under its own name.
            wants_ping: Tells whom a reply pings.
            has_room: Tells whether a reply by the webhook would not have to wait for Discord's limits.
            lacking: Is told why there is no webhook where one was wanted.
            since: A post that was about to be made after this id may stand there already.
            heading: The line that was to stand above that post.
        """
        self._own = own
        self._hooks = hooks
        self._stage = stage
        self._sleep = sleep
        self._mask = mask
        self._wants_ping = wants_ping
        self._lacking = lacking
        self._has_room = has_room
        self._hook: discord.Webhook | None = None
        self._ping: int | None = None
        self._after = since
        self._made: set[int] = set()
        self._mends = since is not None
        self._heading = heading
        self._sought: list[str] = []  # what was sent and may have arrived
        self._refused: set[str] = set()  # of name and picture, what Discord did not take

    @property
    def nonces(self) -> bool:
        """A webhook's posts have none."""
        return self._hook is None and self._own.nonces

    @property
    def hook_id(self) -> int | None:
        """The webhook that the next post goes by."""
        return self._hook.id if self._hook else None

    @property
    def lane(self) -> Lane:
        """The limits of the webhook, as soon as it is known."""
        hook = self._hook or (self._hooks.cached(self._stage.home) if self._mask else None)
        home = self._stage.home
        return self._own.lane if hook is None or home is None else webhook_lane(hook.id, home.id)

    @property
    def plain(self) -> Poster:
        """The bot itself."""
        return self._own.plain

    def typing(self) -> AbstractAsyncContextManager[None]:
        """Show that the bot is typing: a webhook cannot."""
        return self._own.typing()

    async def prepare(self) -> None:
        """Find the webhook."""
        if self._mask is not None:
            await self._hooks.get_or_create(self._stage.home)

    async def begin(self, cause: IncomingMessage | None) -> str:
        """Find the webhook; return what leads to the message answered, or the name above the bot's post."""
        self._hook = None
        if self._mask is not None:
            found = await self._hooks.get_or_create(self._stage.home)
            if isinstance(found, Lack):
                self._lacking(found)
            else:
                self._hook = found
        if cause is not None and self._hook is not None and not self._has_room(self.lane):
            self._hook = self._mask = None  # an answer now goes before a face
        if self._hook is None:
            return await self._own.begin(cause)
        last = getattr(self._stage.channel, "last_message_id", None)
        self._after = self._after or (cause.id if cause else last) or _a_while_ago()
        if cause is None:
            return self._heading
        wants = self._wants_ping is not None and await self._wants_ping(cause.author.id)
        self._ping = cause.author.id if wants else None
        # The newest that the cache knows; that may be older than what a command has just shown.
        apart = last is not None and last > cause.id
        return pointer(cause.author.name, _address(cause), self._ping) if apart or wants else ""

    async def send(
        self, content: str, *, nonce: str, tries: int, reply_to: int | None = None, row: Row = None
    ) -> tuple[int, str]:
        """Post a message; return its id and what stands there now.

        Raises:
            Orphaned: the webhook is gone; `begin` finds another way.
        """
        if self._hook is None:
            return await self._own.send(content, nonce=nonce, tries=tries, reply_to=reply_to, row=row)
        hook = self._hook

        async def attempt() -> tuple[int, str]:
            found = await self._look(hook, [*self._sought, *([content.strip()] if self._mends else [])])
            if found is not None:
                return found
            return await return_when_answered(lambda: self._post(hook, content, row), posted)

        message_id, stands = await retrying(attempt, tries, self._sleep, passing)
        self._made.add(message_id)
        self._after, self._sought, self._ping = message_id, [], None
        return message_id, stands

    async def edit(
        self,
        message_id: int,
        content: str | Literal[Keep.KEEP],
        *,
        tries: int,
        row: Row | Literal[Keep.KEEP] = KEEP,
        hook_id: int | None = None,
    ) -> None:
        """Replace a message's text, the buttons under it, or both, as who made it.

        Raises:
            Orphaned: that was a webhook, and it is gone.
        """
        if hook_id is None:
            await self._own.edit(message_id, content, tries=tries, row=row)
            return
        hook, what = await self._maker(hook_id), changes(content, row)
        await self._try(hook, lambda: hook.edit_message(message_id, **what, **self._stage.thread), tries)

    async def delete(self, message_id: int, hook_id: int | None = None) -> None:
        """Delete a message; one that is gone already is fine."""
        if hook_id is None:
            await self._own.delete(message_id)
            return
        try:
            hook = await self._maker(hook_id)
            await self._try(hook, lambda: hook.delete_message(message_id, **self._stage.thread), FINAL_TRIES)
        except Gone:
            return
        except Orphaned:
            await self._own.delete(message_id)  # with the right to delete others' messages

    async def _maker(self, hook_id: int) -> discord.Webhook:
        if self._hook is not None and self._hook.id == hook_id:
            return self._hook
        found = await self._hooks.by_id(self._stage.home, hook_id)
        if found is Lack.TROUBLE:
            raise Unavailable(say("host.no_webhook.trouble"))
        if not isinstance(found, discord.Webhook):
            raise Orphaned
        return found

    async def _try(self, hook: discord.Webhook, call: Callable[[], Awaitable[object]], tries: int) -> None:
        async def attempt() -> None:
            try:
                await hiding_token(call())
            except discord.HTTPException as error:
                raise self._lost(hook, error) from None

        await retrying(lambda: return_when_answered(attempt, nothing), tries, self._sleep, passing)

    def _lost(self, hook: discord.Webhook, error: discord.HTTPException) -> Exception:
        """Tell whether it is the webhook that is not there, or what it was asked about."""
        if error.code not in GONE:
            return error
        self._hooks.forget(self._stage.home, hook.id)
        return Orphaned()

    async def _post(self, hook: discord.Webhook, content: str, row: Row) -> tuple[int, str]:
        self._sought.append(content.strip())  # whatever ends this, it may have arrived
        try:
            message = await hiding_token(
                hook.send(content, wait=True, **self._dress(), **_menu(row), **self._stage.thread)
            )
        except Failed as error:
            if error.status == NOT_TAKEN:
                self._sought.pop()
            raise
        except discord.HTTPException as error:
            self._sought.pop()
            if not self._undressed(error):
                raise self._lost(hook, error) from None
            return await self._post(hook, content, row)
        return message.id, message.content

    def _dress(self) -> dict[str, Any]:
        """Return the name and the picture of a post, and whom it pings."""
        assert self._mask is not None
        mask = self._mask()
        dress: dict[str, Any] = {}
        if "username" not in self._refused:
            dress["username"] = webhook_name(mask.name)
        if mask.avatar is not None and "avatar_url" not in self._refused:
            dress["avatar_url"] = mask.avatar
        if self._ping is not None:
            users = [discord.Object(self._ping)]
            dress["allowed_mentions"] = discord.AllowedMentions(
                everyone=False, roles=False, replied_user=False, users=users
            )
        return dress

    def _undressed(self, error: discord.HTTPException) -> bool:
        """Leave out the name or the picture if that is what Discord does not take: words count for more."""
        if error.code != INVALID_FORM:
            return False
        bad = {field for field in ("username", "avatar_url") if field in error.text} - self._refused
        self._refused |= bad
        return bool(bad)

    async def _look(self, hook: discord.Webhook, sought: list[str]) -> tuple[int, str] | None:
        """Look for a post that was sent and may have arrived."""
        if not sought:
            return None
        if not self._stage.may_look():
            raise Unavailable(say("host.may_not_look"))
        after = discord.Object(self._after or _a_while_ago())
        try:
            async for message in self._stage.channel.history(limit=LOOKED_THROUGH, after=after):
                ours = message.webhook_id == hook.id and message.id not in self._made
                if ours and message.content in sought:
                    return message.id, message.content
        except discord.Forbidden:
            raise Unavailable(say("host.may_not_look")) from None
        return None


def _menu(row: Row) -> dict[str, Any]:
    return {} if row is None else {"view": row}


def _address(cause: IncomingMessage) -> str:
    place = cause.place
    return f"https://discord.com/channels/{place.guild_id or '@me'}/{place.channel_id}/{cause.id}"


def _a_while_ago() -> int:
    return discord.utils.time_snowflake(discord.utils.utcnow() - CLOCKS_APART)
