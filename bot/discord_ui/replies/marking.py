"""The reactions on people's messages that were undone, so that everyone sees what the story does not hold.

Law: it uses what other requests leave of Discord's limits, and nothing waits for it. What is due is stored,
so what remains after a restart is done then. Where the bot may not react, nothing is marked.
"""

import logging
from typing import Final

import discord

from bot.core.posts.pace import Urgency
from bot.core.sharding import Shard
from bot.discord_ui.posting.by_bot import BotRoute
from bot.discord_ui.posting.faces import Faces
from bot.discord_ui.posting.lanes import ANYWHERE
from bot.discord_ui.posting.request import NotTaken, Request, Unavailable, read_nothing
from bot.discord_ui.replies.chores import Chores
from bot.storage.marks import Mark
from bot.story.revisions.undoing import Undoing
from bot.texts.sentences import voice_for

log = logging.getLogger(__name__)

UNDONE: Final = "\N{LEFTWARDS ARROW WITH HOOK}\N{VARIATION SELECTOR-16}"
"""The reaction; Discord knows it only with the selector."""


class Marker:
    """Sets the reactions that are due, and takes them away."""

    def __init__(self, client: discord.Client, undoing: Undoing, faces: Faces) -> None:
        """React as `client` to the messages that `undoing` knows; `faces` has the limits."""
        self._client = client
        self._undoing = undoing
        self._faces = faces
        self._chores = Chores("marking", self._mark_all)

    def mark(self, channel_id: int) -> None:
        """Bring the reactions of a channel up to date, when there is time."""
        self._chores.do(channel_id)

    async def resume(self, shard: Shard) -> None:
        """Go on with what was left on the servers of a shard when the bot ended."""
        for channel_id, server_id in (await self._undoing.unmarked()).items():
            if shard.holds(server_id):
                self.mark(channel_id)

    async def stop(self) -> None:
        """Stop all tasks; the rest is left for later."""
        await self._chores.stop()

    async def _mark_all(self, channel_id: int) -> None:
        while (mark := await self._undoing.mark(channel_id)) is not None:
            await self._react(channel_id, mark)
            await self._undoing.marked(mark)

    async def _react(self, channel_id: int, mark: Mark) -> None:
        """Set a reaction, or take it away; one that Discord does not take is given up.

        Raises:
            Unavailable: Discord did not take it this time.
        """
        if self._client.user is None or (mark.wanted and not self._may_react(channel_id)):
            return
        channel, me = self._client.get_partial_messageable(channel_id), self._client.user
        message = channel.get_partial_message(mark.message_id)

        async def call() -> None:
            if mark.wanted:
                await message.add_reaction(UNDONE)
            else:
                await message.remove_reaction(UNDONE, me)

        sender = self._faces.plain(BotRoute(channel), voice_for()).sender
        try:
            await sender.perform(Request(call, read_nothing, ANYWHERE), Urgency.CLEARING)
        except Unavailable:
            raise
        except NotTaken as error:
            log.debug("a message has not the reaction that it should: %r", error)

    def _may_react(self, channel_id: int) -> bool:
        """Return whether the bot may react in a channel, as far as the cache knows."""
        channel = self._client.get_channel(channel_id)
        if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
            return True  # an archived thread, for example: Discord will answer
        try:
            allowed = channel.permissions_for(channel.guild.me)
        except discord.ClientException:  # a thread whose channel is not in the cache
            return True
        return allowed.add_reactions and allowed.read_message_history
