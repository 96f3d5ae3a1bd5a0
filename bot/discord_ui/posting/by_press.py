"""The route of a pressed button: the message it stands under is edited by the interaction's token.

Law: that costs a channel's limits nothing. What the token does not cover, or no longer, goes another way.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import discord

from bot.core.posts.layout import PostRef
from bot.discord_ui.posting.rate_limits import Lane, answer_lane
from bot.discord_ui.posting.request import PostChange, Request, TokenSpent, read_nothing

TOKEN_LIVES: Final = timedelta(minutes=14)
"""How long a press can be answered: Discord says fifteen minutes, and an edit takes its time."""

_CLIENT_ERRORS: Final = range(400, 500)
_TOO_MANY_REQUESTS: Final = 429


class ComponentRoute:
    """Edits the message of a component's interaction, which has been answered."""

    def __init__(
        self, interaction: discord.Interaction, now: Callable[[], datetime] = discord.utils.utcnow
    ) -> None:
        """Edit the message of `interaction`, if it has one that everybody sees."""
        self._interaction = interaction
        self._now = now
        message = interaction.message
        self._message_id = None if message is None or message.flags.ephemeral else message.id
        self.lane: Lane = answer_lane(interaction.token)

    def covers(self, ref: PostRef) -> bool:
        """Tell whether this route can edit a post now."""
        lives = self._now() - self._interaction.created_at < TOKEN_LIVES
        return ref.message_id == self._message_id and lives

    async def edit(self, ref: PostRef, change: PostChange) -> Request[None]:
        """Return the request that edits the message.

        It raises `TokenSpent` where the token is spent or the message gone: another way tells which.
        """
        del ref

        async def call() -> None:
            try:
                await self._interaction.edit_original_response(**change.fields)
            except discord.HTTPException as error:
                if error.status not in _CLIENT_ERRORS or error.status == _TOO_MANY_REQUESTS:
                    raise
                self._message_id = None
                raise TokenSpent from error

        return Request(call, read_nothing, self.lane)
