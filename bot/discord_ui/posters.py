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
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from bot.discord_ui.traffic import Lane, answer_lane, channel_lane, posted, promptly

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


PREVIEW_TRIES, FINAL_TRIES = 2, 8
"""How often a post is tried: the next preview replaces a lost one, a reply's last words nothing does.
With the pauses between them that is under a second, and about half a minute."""

PREVIEW_WITHIN, FINAL_WITHIN = 5.0, 30.0
"""Seconds a try may take. A preview that hangs must not hold up what comes after it."""

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
        lane: which of Discord's limits it counts against.
    """

    @property
    def nonces(self) -> bool: ...  # noqa: D102 - said above

    @property
    def lane(self) -> Lane: ...  # noqa: D102 - said above

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
    ) -> None:
        """Replace a message's text, the buttons under it, or both."""
        ...

    async def delete(self, message_id: int) -> None:
        """Delete a message; one that is gone already is fine."""
        ...


class BotPoster:
    """Posts under the bot's own name."""

    nonces = True

    def __init__(self, channel: Channel, sleep: Sleep) -> None:
        """Post into `channel`; `sleep` waits between tries."""
        self.lane = channel_lane(channel.id)
        self._channel = channel
        self._sleep = sleep

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
            return await self._post(tries, content, nonce=nonce, reference=reference, **menu)
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
    ) -> None:
        """Replace a message's text, its buttons, or both; a partial message sends nothing else."""
        message = self._channel.get_partial_message(message_id)
        what = changes(content, row)

        async def edit() -> None:
            await message.edit(**what)

        await insist(edit, nothing, tries, self._sleep, passing)

    async def delete(self, message_id: int) -> None:
        """Delete a message of ours; one that is gone already is fine."""
        message = self._channel.get_partial_message(message_id)
        try:
            await insist(message.delete, nothing, FINAL_TRIES, self._sleep, passing)
        except Gone:
            return

    async def _post(self, tries: int, content: str, **more: Any) -> tuple[int, str]:  # noqa: ANN401 - discord.py's own
        async def post() -> tuple[int, str]:
            message = await self._channel.send(content, **more)
            return message.id, message.content

        return await insist(post, posted, tries, self._sleep, passing)


class InteractionPoster:
    """Posts as the answers to a command: that needs no right in the channel, not even to see it.

    Discord takes them for 15 minutes after the command; there is no nonce, so a post that may have
    arrived is not sent again.
    """

    nonces = False

    def __init__(
        self, interaction: discord.Interaction, sleep: Sleep, channel: discord.abc.Messageable | None
    ) -> None:
        """Answer `interaction`; `channel` is where typing can be shown, None if that is not allowed."""
        self.lane = answer_lane(interaction.token)
        self._followup = interaction.followup
        self._sleep = sleep
        self._channel = channel

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

        return await insist(post, posted, tries, self._sleep, _refused)

    async def edit(
        self,
        message_id: int,
        content: str | Literal[Keep.KEEP],
        *,
        tries: int,
        row: Row | Literal[Keep.KEEP] = KEEP,
    ) -> None:
        """Replace an answer's text, its buttons, or both."""
        what = changes(content, row)

        async def edit() -> None:
            await self._followup.edit_message(message_id, **what)

        await insist(edit, nothing, tries, self._sleep, passing)

    async def delete(self, message_id: int) -> None:
        """Delete an answer; one that is gone already is fine."""
        try:
            await insist(
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


async def insist(
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

    async def attempt() -> T:
        async with asyncio.timeout(FINAL_WITHIN if tries == FINAL_TRIES else PREVIEW_WITHIN):
            return await promptly(call, read)

    retrying = AsyncRetrying(
        retry=retry_if_exception(again),
        stop=stop_after_attempt(tries),
        wait=wait_exponential_jitter(multiplier=0.3, max=8),
        sleep=sleep,
        reraise=True,
    )
    try:
        return await retrying(attempt)
    except discord.NotFound as error:
        raise Gone(error.text) from error
    except (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError) as error:
        raise Unavailable(str(error) or type(error).__name__) from error
    except discord.HTTPException as error:
        if error.status == TOO_MANY_REQUESTS:
            raise Unavailable(str(error)) from error
        raise Barred(str(error)) from error
