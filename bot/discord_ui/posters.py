"""Putting text into a channel, with the retries discord.py leaves out.

Law: a poster sends, edits and deletes; what the text is and when it goes is decided elsewhere.
Every way a post can be refused comes out as one of two exceptions.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import aiohttp
import discord
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

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


class Gone(Exception):  # noqa: N818 - it says what happened, and is no program error
    """The message or its channel exists no more."""


class Barred(Exception):  # noqa: N818 - same
    """Discord lets us not post here; the text says why."""


def _passing(error: BaseException) -> bool:
    """Whether trying again helps: discord.py retries 500, 502, 504 and 524 itself, but not these."""
    if isinstance(error, discord.DiscordServerError):
        return error.status == 503  # noqa: PLR2004 - the HTTP status
    return isinstance(error, aiohttp.ClientError | OSError)


class BotPoster:
    """Posts under the bot's own name."""

    def __init__(self, channel: Channel, sleep: Sleep) -> None:
        """Post into `channel`; `sleep` waits between tries."""
        self.channel = channel
        self._sleep = sleep

    async def send(self, content: str, *, nonce: str, reply_to: int | None = None) -> int:
        """Post a message and return its id.

        The nonce (25 characters at most) makes it safe to try again: within some minutes Discord
        answers a known nonce with the message that is already there.
        """
        reference = None
        if reply_to is not None:
            reference = discord.MessageReference(
                message_id=reply_to, channel_id=self.channel.id, fail_if_not_exists=False
            )
        message = await self._try(
            lambda: self.channel.send(content, nonce=nonce, reference=reference)  # type: ignore[arg-type]  # None is discord.py's own default
        )
        return message.id

    async def edit(self, message_id: int, content: str) -> None:
        """Replace a message's text. A partial message sends nothing but the text (see discord.py 2.7.1)."""
        message = self.channel.get_partial_message(message_id)
        await self._try(lambda: message.edit(content=content))

    async def delete(self, message_id: int) -> None:
        """Delete a message of ours; one that is gone already is fine."""
        message = self.channel.get_partial_message(message_id)
        try:
            await self._try(message.delete)
        except Gone:
            return

    async def _try(self, call: Callable[[], Awaitable[T]]) -> T:
        async def attempt() -> T:
            return await call()

        retrying = AsyncRetrying(
            retry=retry_if_exception(_passing),
            stop=stop_after_attempt(4),
            wait=wait_exponential_jitter(multiplier=0.3, max=3),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except discord.NotFound as error:
            raise Gone(error.text) from error
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            raise Barred(str(error)) from error
