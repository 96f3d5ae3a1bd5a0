"""The route of a pressed button: its message is edited by the interaction's token.

Law: such an edit does not count against the channel's limits. What the token does not cover takes another
route.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import discord

from bot.core.posts.layout import PostRef
from bot.core.posts.refusals import Blame, blame
from bot.discord_ui.posting.lanes import Lane, answer_lane
from bot.discord_ui.posting.request import PostChange, Request, TokenSpent, read_nothing

TOKEN_LIVES: Final = timedelta(minutes=14)
"""How long a token is used: Discord accepts it for 15 minutes, and an edit takes time."""

_CLIENT_ERRORS: Final = range(400, 500)
_OTHER_ROUTES: Final = frozenset({Blame.PLACE, Blame.RIGHT})
"""What another route may do although this one cannot."""


class ComponentRoute:
    """Edits the message of a component's interaction after its answer."""

    def __init__(
        self, interaction: discord.Interaction, now: Callable[[], datetime] = discord.utils.utcnow
    ) -> None:
        """Edit the message of `interaction`, if everyone sees it."""
        self._interaction = interaction
        self._now = now
        message = interaction.message
        self._message_id = None if message is None or message.flags.ephemeral else message.id
        self.lane: Lane = answer_lane(interaction.token)

    def covers(self, ref: PostRef) -> bool:
        """Return whether this route can edit a post now."""
        lives = self._now() - self._interaction.created_at < TOKEN_LIVES
        return ref.message_id == self._message_id and lives

    async def edit(self, ref: PostRef, change: PostChange) -> Request[None]:
        """Return the request that edits the message.

        It raises `TokenSpent` if the token is spent or the message gone; another route tells which.
        """
        del ref

        async def call() -> None:
            try:
                await self._interaction.edit_original_response(**change.fields)
            except discord.HTTPException as error:
                if error.status not in _CLIENT_ERRORS or _judged(error) not in _OTHER_ROUTES:
                    raise
                self._message_id = None
                raise TokenSpent from error

        return Request(call, read_nothing, self.lane)


def _judged(error: discord.HTTPException) -> Blame:
    return blame(error.status, error.code, error.text)
