"""The route of answers to a command, which takes no permission in the channel, not even to view it.

Law: Discord takes answers for 15 minutes after the command, and without a nonce, so a post that may have
arrived is not sent again.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Final

import discord

from bot.core.posts.layout import PostRef
from bot.discord_ui.posting.lanes import Lane, answer_lane
from bot.discord_ui.posting.request import (
    NewPost,
    PostChange,
    Posted,
    Request,
    fields_of,
    read_nothing,
    read_posted,
)


class AnswerRoute:
    """Posts as answers to a command, which are below it and reply to no message."""

    has_nonces: Final = False

    def __init__(
        self, interaction: discord.Interaction, channel: discord.abc.Messageable | None = None
    ) -> None:
        """Answer `interaction`; typing is shown in `channel`, unless that is None."""
        self._followup = interaction.followup
        self._channel = channel
        self.lane: Lane = answer_lane(interaction.token)

    @asynccontextmanager
    async def typing(self) -> AsyncIterator[None]:
        """Show that the bot is typing, if it may."""
        async with AsyncExitStack() as stack:
            if self._channel is not None:
                with suppress(discord.Forbidden):
                    await stack.enter_async_context(self._channel.typing())
            yield

    async def send(self, post: NewPost) -> Request[Posted]:
        """Return the request that makes a further answer."""

        async def call() -> Posted:
            content = post.content or discord.utils.MISSING
            message = await self._followup.send(content, wait=True, **fields_of(post))
            return Posted(PostRef(message.id), message.content)

        return Request(call, read_posted, self.lane, is_post=True, is_repeatable=False)

    async def edit(self, ref: PostRef, change: PostChange) -> Request[None]:
        """Return the request that edits an answer."""

        async def call() -> None:
            await self._followup.edit_message(ref.message_id, **change.fields)

        return Request(call, read_nothing, self.lane)

    async def delete(self, ref: PostRef) -> Request[None]:
        """Return the request that deletes an answer."""
        return Request(lambda: self._followup.delete_message(ref.message_id), read_nothing, None)
