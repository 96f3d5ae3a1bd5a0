"""Posting on behalf of a button: the message it stands under is edited by the press's own right.

Law: that right costs a channel's limits nothing and lasts fifteen minutes. Whatever it does not cover, or no
longer, is done by whoever posts otherwise.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Final, Literal

import discord

from bot.core.scene import IncomingMessage
from bot.discord_ui.posting.poster import (
    KEEP,
    Barred,
    Gone,
    Keep,
    Poster,
    Row,
    Sleep,
    changes,
    nothing,
    passing,
    retrying,
)
from bot.discord_ui.posting.rate_limits import Lane, answer_lane, return_when_answered

TOKEN_LIVES: Final = timedelta(minutes=14)
"""How long a press can be answered: Discord says fifteen minutes, and an edit takes its time."""


class Pressed:
    """Posts through another poster, and edits one message by the right of whoever pressed its button."""

    def __init__(
        self,
        poster: Poster,
        interaction: discord.Interaction,
        sleep: Sleep,
        now: Callable[[], datetime] = discord.utils.utcnow,
    ) -> None:
        """Edit the message of `interaction`, which has been answered; all else goes through `poster`."""
        self._poster = poster
        self._interaction = interaction
        self._sleep = sleep
        self._now = now
        self._is_last = True
        message = interaction.message
        ephemeral = message is not None and message.flags.ephemeral
        self._message_id = None if message is None or ephemeral else message.id

    @property
    def nonces(self) -> bool:
        """Whether Discord answers a nonce it knows with the message that is already there."""
        return self._poster.nonces

    @property
    def lane(self) -> Lane:
        """Which limits the next post and the next edit count against."""
        usual = self._poster.lane
        if not (self._is_last and self._lives):
            return usual
        answers = answer_lane(self._interaction.token)
        return Lane(usual.posts, answers.edits, webhooks_of=None, exempt=True)

    @property
    def hook_id(self) -> int | None:
        """The webhook that the next post goes by."""
        return self._poster.hook_id

    @property
    def plain(self) -> Poster:
        """Who posts in the same place what is not the persona's to say."""
        return self._poster.plain

    async def prepare(self) -> None:
        """Find what posting needs."""
        await self._poster.prepare()

    async def begin(self, cause: IncomingMessage | None) -> str:
        """Get ready for a post."""
        return await self._poster.begin(cause)

    def typing(self) -> AbstractAsyncContextManager[None]:
        """Show that an answer is being written."""
        return self._poster.typing()

    async def send(
        self, content: str, *, nonce: str, tries: int, reply_to: int | None = None, row: Row = None
    ) -> tuple[int, str]:
        """Post a message; return its id and what stands there now."""
        self._is_last = False  # what grows from now on is another post
        return await self._poster.send(content, nonce=nonce, tries=tries, reply_to=reply_to, row=row)

    async def edit(
        self,
        message_id: int,
        content: str | Literal[Keep.KEEP],
        *,
        tries: int,
        row: Row | Literal[Keep.KEEP] = KEEP,
        hook_id: int | None = None,
    ) -> None:
        """Replace a message's text, the buttons under it, or both."""
        if message_id == self._message_id and self._lives:
            what = changes(content, row)

            async def edit() -> None:
                await self._interaction.edit_original_response(**what)

            try:
                return await retrying(
                    lambda: return_when_answered(edit, nothing), tries, self._sleep, passing
                )
            except (Gone, Barred):
                self._message_id = None  # the token is spent, or the message is: the other way tells
        self._is_last = message_id == self._message_id
        return await self._poster.edit(message_id, content, tries=tries, row=row, hook_id=hook_id)

    async def delete(self, message_id: int, hook_id: int | None = None) -> None:
        """Delete a message; one that is gone already is fine."""
        await self._poster.delete(message_id, hook_id)

    @property
    def _lives(self) -> bool:
        return self._message_id is not None and self._now() - self._interaction.created_at < TOKEN_LIVES
