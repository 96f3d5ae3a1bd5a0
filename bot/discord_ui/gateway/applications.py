"""Whose a webhook is, where Discord does not say so with its message.

Law: Discord is asked once for each webhook, where the bot may see it, and nothing of the answer is kept but
the application. A message of which that stays unknown is a webhook's like any other, and is ignored.
"""

import asyncio
from typing import Final

import discord

from bot.core.posts.pace import Urgency
from bot.discord_ui.posting.discord_state import DiscordState
from bot.discord_ui.starters import FAILED

WITHIN: Final = 5.0
"""Seconds that Discord's answer may take: what a webhook says is worth no longer wait."""

MOST: Final = 10_000
"""How many webhooks are remembered."""


class Applications:
    """The applications of webhooks, for one client."""

    def __init__(self, client: discord.Client, discord_state: DiscordState) -> None:
        """Ask as `client`, and remember in `discord_state`."""
        self._client = client
        self._limits = discord_state.limits
        self._known = discord_state.applications
        self._hooks = discord_state.hooks
        self._one_at_a_time = asyncio.Lock()

    def known(self, message: discord.Message) -> int | None:
        """Return the application that made the webhook of a message, as far as it is known; else None."""
        return message.application_id or self._known.get(message.webhook_id or 0)

    async def find(self, message: discord.Message) -> int | None:
        """Return the application that made the webhook of a message; None if none did, or it is not known."""
        hook_id = message.webhook_id
        if hook_id is None or message.application_id is not None:
            return message.application_id
        async with self._one_at_a_time:
            is_ours = any(hook_id in hooks for hooks in self._hooks.known.values())
            if not is_ours and hook_id not in self._known and self._may_ask(message):
                await self._ask(hook_id)
        return self._known.get(hook_id)

    async def _ask(self, hook_id: int) -> None:
        try:
            await self._limits.admit(Urgency.CATCHING_UP)
            async with asyncio.timeout(WITHIN):
                found = (await self._client.http.get_webhook(hook_id)).get("application_id")
            self._known[hook_id] = int(found) if found else None
        except (discord.Forbidden, discord.NotFound):
            self._known[hook_id] = None
        except FAILED:
            return  # the next message asks again
        while len(self._known) > MOST:
            del self._known[next(iter(self._known))]

    def _may_ask(self, message: discord.Message) -> bool:
        channel = message.channel
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return False
        try:
            return channel.permissions_for(channel.guild.me).manage_webhooks
        except discord.ClientException:  # a thread whose channel is not in the cache
            return False
