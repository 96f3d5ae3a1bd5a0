"""Putting text into a channel, with the retries discord.py leaves out.

Law: a poster sends, edits and deletes; what the text is and when it goes is decided elsewhere.
Every way a post can fail comes out as one of three exceptions: it is gone, we may not, or not now.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from enum import Enum
from typing import Any, Final, Literal, Protocol, TypeVar

import aiohttp
import discord
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from bot.core.scene import IncomingMessage
from bot.discord_ui.posting.rate_limits import Lane, answer_lane, channel_lane, posted, return_when_answered

T = TypeVar("T")
Channel = (
    discord.TextChannel
    | discord.Thread
    | discord.VoiceChannel
    | discord.StageChannel
    | discord.DMChannel
    | discord.PartialMessageable
)
"""Where messages can be posted and edited by id."""

Sleep = Callable[[float], Awaitable[None]]

Wants = Callable[[int], Awaitable[bool]]
"""Tells whether somebody wants to be pinged by the answers to what they said."""


class Keep(Enum):
    """Stands for what an edit leaves as it is."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP

Row = discord.ui.View | None
"""The buttons under a post; None for none."""


class Gone(Exception):  # noqa: N818 - it says what happened, and is no program error
    """The message or its channel exists no more."""


class Barred(Exception):  # noqa: N818 - same
    """Discord does not let us post here; the text says why."""


class Unavailable(Exception):  # noqa: N818 - same
    """Discord did not take it this time; the text says why."""


class Orphaned(Exception):  # noqa: N818 - same
    """The webhook of a post is gone: what it made stands for ever, what it was to make takes another."""


PREVIEW_TRIES, FINAL_TRIES = 2, 8
"""How often a post is tried: the next preview replaces a lost one, a reply's last words nothing does.
With the pauses between them that is under a second, and about half a minute."""

PREVIEW_WITHIN, FINAL_WITHIN = 2.0, 30.0
"""Seconds a try may take. A preview that hangs is not tried again: what comes after it must not wait."""

IN_ALL = 60.0
"""Seconds after which no further try begins: a Discord that hangs must not keep a channel waiting."""

TOO_MANY_REQUESTS = 429

CANNOT_POINT = 160_002
"""Discord's code for a reply where the bot may not read the history."""


def passing(error: BaseException) -> bool:
    """Whether trying again helps: discord.py retries 500, 502, 504 and 524 itself, but not these."""
    if isinstance(error, discord.DiscordServerError):
        return error.status == 503  # noqa: PLR2004 - the HTTP status
    return isinstance(error, aiohttp.ClientError | OSError)


def _refused(error: BaseException) -> bool:
    """Whether Discord surely has not taken what was sent: only then may a post without a nonce go again."""
    return isinstance(error, discord.DiscordServerError) and passing(error)


class Poster(Protocol):
    """Where the pages of a reply go.

    Attributes:
        nonces: whether Discord answers a nonce it knows with the message that is already there.
        hook_id: the webhook that the next post goes by; None for the bot itself.
        plain: who posts in the same place what is not the persona's to say.
        lane: which of Discord's limits it counts against.
    """

    @property
    def nonces(self) -> bool: ...  # noqa: D102 - said above

    @property
    def hook_id(self) -> int | None: ...  # noqa: D102 - said above

    @property
    def plain(self) -> "Poster": ...  # noqa: D102 - said above

    @property
    def lane(self) -> Lane: ...  # noqa: D102 - said above

    async def prepare(self) -> None:
        """Find what posting needs, while the model is asked; nothing depends on it."""
        ...

    async def begin(self, cause: IncomingMessage | None) -> str:
        """Get ready for a post, and return the line above a reply's first one; empty for none.

        `cause` is what it answers; None where it answers nothing, or for what comes after its first post.
        """
        ...

    def typing(self) -> AbstractAsyncContextManager[None]:
        """Show that an answer is being written, as long as the context lasts."""
        ...

    async def send(
        self, content: str, *, nonce: str, tries: int, reply_to: int | None = None, row: Row = None
    ) -> tuple[int, str]:
        """Post a message; return its id and what stands there now."""
        ...

    async def edit(
        self,
        message_id: int,
        content: str | Literal[Keep.KEEP],
        *,
        tries: int,
        row: Row | Literal[Keep.KEEP] = KEEP,
        hook_id: int | None = None,
    ) -> None:
        """Replace a message's text, the buttons under it, or both; `hook_id` is the webhook that made it.

        Raises:
            Orphaned: that webhook is gone.
        """
        ...

    async def delete(self, message_id: int, hook_id: int | None = None) -> None:
        """Delete a message; one that is gone already is fine."""
        ...


class BotPoster:
    """Posts under the bot's own name."""

    nonces = True
    hook_id = None

    def __init__(
        self, channel: Channel, sleep: Sleep, *, heading: str = "", wants_ping: Wants | None = None
    ) -> None:
        """Post into `channel`; `sleep` waits between tries.

        `heading` stands above the first post of a reply. `wants_ping` says whom a reply pings.
        """
        self.lane = channel_lane(channel.id)
        self._channel = channel
        self._sleep = sleep
        self._heading = heading
        self._wants_ping = wants_ping
        self._pings = False

    @property
    def plain(self) -> "BotPoster":
        """It is the bot that speaks."""
        return self

    async def prepare(self) -> None:
        """Need nothing."""

    async def begin(self, cause: IncomingMessage | None) -> str:
        """Look up whether the first post pings."""
        self._pings = cause is not None and self._wants_ping is not None
        if cause is not None and self._wants_ping is not None:
            self._pings = await self._wants_ping(cause.author.id)
        return self._heading

    def typing(self) -> AbstractAsyncContextManager[None]:
        """Show that the bot is typing."""
        return self._channel.typing()

    async def send(
        self, content: str, *, nonce: str, tries: int, reply_to: int | None = None, row: Row = None
    ) -> tuple[int, str]:
        """Post a message; return its id and what stands there now.

        The nonce (25 characters at most) makes it safe to try again: within some minutes Discord
        answers a known nonce with the message that is already there.
        """
        menu: dict[str, Any] = {} if row is None else {"view": row}
        if reply_to is None:
            return await self._post(tries, content, nonce=nonce, **menu)
        reference = discord.MessageReference(
            message_id=reply_to, channel_id=self._channel.id, fail_if_not_exists=False
        )
        try:
            pinging = {"mention_author": True} if self._pings else {}
            return await self._post(tries, content, nonce=nonce, reference=reference, **pinging, **menu)
        except Barred as error:
            if getattr(error.__cause__, "code", None) != CANNOT_POINT:
                raise
            return await self.send(content, nonce=nonce, tries=tries, row=row)

    async def edit(
        self,
        message_id: int,
        content: str | Literal[Keep.KEEP],
        *,
        tries: int,
        row: Row | Literal[Keep.KEEP] = KEEP,
        hook_id: int | None = None,
    ) -> None:
        """Replace a message's text, its buttons, or both; a partial message sends nothing else."""
        if hook_id is not None:
            raise Orphaned
        message = self._channel.get_partial_message(message_id)
        what = changes(content, row)

        async def edit() -> None:
            await message.edit(**what)

        await _persist(edit, nothing, tries, self._sleep, passing)

    async def delete(self, message_id: int, hook_id: int | None = None) -> None:
        """Delete a message; one that is gone is fine. A webhook's takes the right to delete others'."""
        del hook_id
        message = self._channel.get_partial_message(message_id)
        try:
            await _persist(message.delete, nothing, FINAL_TRIES, self._sleep, passing)
        except Gone:
            return

    async def _post(self, tries: int, content: str, **more: Any) -> tuple[int, str]:  # noqa: ANN401 - discord.py's own
        async def post() -> tuple[int, str]:
            message = await self._channel.send(content, **more)
            return message.id, message.content

        return await _persist(post, posted, tries, self._sleep, passing)


class InteractionPoster:
    """Posts as the answers to a command: that needs no right in the channel, not even to see it.

    Discord takes them for 15 minutes after the command; there is no nonce, so a post that may have
    arrived is not sent again.
    """

    nonces = False
    hook_id = None

    def __init__(
        self,
        interaction: discord.Interaction,
        sleep: Sleep,
        channel: discord.abc.Messageable | None,
        *,
        heading: str = "",
    ) -> None:
        """Answer `interaction`; `channel` is where typing can be shown, None if that is not allowed.

        `heading` stands above the first post of a reply.
        """
        self.lane = answer_lane(interaction.token)
        self._heading = heading
        self._followup = interaction.followup
        self._sleep = sleep
        self._channel = channel

    @property
    def plain(self) -> "InteractionPoster":
        """It is the bot that answers."""
        return self

    async def prepare(self) -> None:
        """Need nothing."""

    async def begin(self, cause: IncomingMessage | None) -> str:
        """An answer pings nobody: whoever gave the command waits for it."""
        del cause
        return self._heading

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        """Show that the bot is typing, where it may; an answer does not depend on it."""
        async with AsyncExitStack() as stack:
            if self._channel is not None:
                with suppress(discord.Forbidden):
                    await stack.enter_async_context(self._channel.typing())
            yield

    async def send(
        self, content: str, *, nonce: str, tries: int, reply_to: int | None = None, row: Row = None
    ) -> tuple[int, str]:
        """Post a further answer; it stands beneath the command, so it points at nothing."""
        del nonce, reply_to
        menu: dict[str, Any] = {} if row is None else {"view": row}

        async def post() -> tuple[int, str]:
            message = await self._followup.send(content, wait=True, **menu)
            return message.id, message.content

        return await _persist(post, posted, tries, self._sleep, _refused)

    async def edit(
        self,
        message_id: int,
        content: str | Literal[Keep.KEEP],
        *,
        tries: int,
        row: Row | Literal[Keep.KEEP] = KEEP,
        hook_id: int | None = None,
    ) -> None:
        """Replace an answer's text, its buttons, or both."""
        if hook_id is not None:
            raise Orphaned
        what = changes(content, row)

        async def edit() -> None:
            await self._followup.edit_message(message_id, **what)

        await _persist(edit, nothing, tries, self._sleep, passing)

    async def delete(self, message_id: int, hook_id: int | None = None) -> None:
        """Delete an answer; one that is gone already is fine."""
        del hook_id
        try:
            await _persist(
                lambda: self._followup.delete_message(message_id),
                nothing,
                FINAL_TRIES,
                self._sleep,
                passing,
            )
        except Gone:
            return


def changes(content: str | Literal[Keep.KEEP], row: Row | Literal[Keep.KEEP]) -> dict[str, Any]:
    """Return what an edit sends: what is kept is left out."""
    what: dict[str, Any] = {}
    if content is not KEEP:
        what["content"] = content
    if row is not KEEP:
        what["view"] = row
    return what


def nothing(body: bytes) -> None:
    """Make nothing of an answer: that it came is all there is to know."""
    del body


async def _persist(
    call: Callable[[], Awaitable[T]],
    read: Callable[[bytes], T],
    tries: int,
    sleep: Sleep,
    again: Callable[[BaseException], bool],
) -> T:
    """Make a call until it is taken; `read` makes its result of Discord's answer.

    Raises:
        Gone, Barred, Unavailable: it was not.
    """
    return await retrying(lambda: return_when_answered(call, read), tries, sleep, again)


async def retrying(
    call: Callable[[], Awaitable[T]], tries: int, sleep: Sleep, again: Callable[[BaseException], bool]
) -> T:
    """Do something until Discord has taken it.

    Raises:
        Gone, Barred, Unavailable: it has not.
    """
    final = tries == FINAL_TRIES

    async def attempt() -> T:
        async with asyncio.timeout(FINAL_WITHIN if final else PREVIEW_WITHIN):
            return await call()

    def helps(error: BaseException) -> bool:
        return again(error) and (final or not isinstance(error, TimeoutError))

    attempts = AsyncRetrying(
        retry=retry_if_exception(helps),
        stop=stop_after_attempt(tries) | stop_after_delay(IN_ALL),
        wait=wait_exponential_jitter(multiplier=0.3, max=8),
        sleep=sleep,
        reraise=True,
    )
    try:
        return await attempts(attempt)
    except discord.NotFound as error:
        raise Gone(error.text) from error
    except (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError) as error:
        raise Unavailable(str(error) or type(error).__name__) from error
    except discord.HTTPException as error:
        if error.status == TOO_MANY_REQUESTS:
            raise Unavailable(str(error)) from error
        raise Barred(str(error)) from error
