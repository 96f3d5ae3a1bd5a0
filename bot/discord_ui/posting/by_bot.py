"""The route of the bot's own posts.

Law: a nonce makes it safe to send a post again: for some minutes Discord answers a known nonce with the
message that exists.
"""

from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import discord

from bot.core.posts.layout import PostRef
from bot.core.posts.refusals import forbids_pointing
from bot.discord_ui.posting.lanes import Lane, channel_lane
from bot.discord_ui.posting.request import (
    Channel,
    NewPost,
    PostChange,
    Posted,
    Request,
    fields_of,
    read_nothing,
    read_posted,
)


class BotRoute:
    """Posts in a channel under the bot's own name."""

    has_nonces: Final = True

    def __init__(self, channel: Channel) -> None:
        """Post into `channel`."""
        self._channel = channel
        self.lane: Lane = channel_lane(channel.id)

    def typing(self) -> AbstractAsyncContextManager[None]:
        """Show that the bot is typing."""
        return self._channel.typing()

    async def send(self, post: NewPost) -> Request[Posted]:
        """Return the request that makes a post, as a reply if it has `reply_to`."""

        async def call() -> Posted:
            try:
                return await self._sent(post, **self._pointing(post))
            except discord.HTTPException as error:
                if post.reply_to is None or not forbids_pointing(error.code, error.text):
                    raise
            return await self._sent(post)

        return Request(call, read_posted, self.lane, is_post=True)

    async def edit(self, ref: PostRef, change: PostChange) -> Request[None]:
        """Return the request that edits a post; a partial message makes no further request."""
        message = self._channel.get_partial_message(ref.message_id)

        async def call() -> None:
            await message.edit(**change.fields)

        return Request(call, read_nothing, self.lane)

    async def delete(self, ref: PostRef) -> Request[None]:
        """Return the request that deletes a post; for a webhook's it takes Manage Messages."""
        return Request(self._channel.get_partial_message(ref.message_id).delete, read_nothing, None)

    def _pointing(self, post: NewPost) -> dict[str, Any]:
        if post.reply_to is None:
            return {}
        reference = discord.MessageReference(
            message_id=post.reply_to, channel_id=self._channel.id, fail_if_not_exists=False
        )
        return {"reference": reference}

    async def _sent(self, post: NewPost, **pointing: Any) -> Posted:  # noqa: ANN401 - discord.py's own
        named: dict[str, Any] = {"nonce": post.nonce} if post.nonce else {}
        message = await self._channel.send(post.content or None, **named, **pointing, **fields_of(post))
        return Posted(PostRef(message.id), message.content)
