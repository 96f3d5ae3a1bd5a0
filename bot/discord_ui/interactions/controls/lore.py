"""The controls of lorebooks: the menu of a server's own, and the buttons on the card of one.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.core.moderation import Act
from bot.discord_ui.interactions.common.answering import Refused, answering, show, tell
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.lore import bringing, lorebooks
from bot.texts.sentences import Sentence


class LoreMenu(PersistentControl[discord.ui.Select[Any]], template=lorebooks.MENU):
    """Shows the card of a server's own lorebook, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show it."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            await show(interaction, await lorebooks.card(services, interaction, self.item.values[0]))


class LoreSave(
    PersistentControl[discord.ui.Button[Any]],
    template=rf"{bringing.SAVE}:(?P<digest>[0-9a-f]{{8}}):(?P<key>\w[\w-]{{0,63}})",
):
    """Replaces a server's own lorebook by the file of its panel, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Replace it."""
        async with answering(interaction) as services:
            await bringing.save(services, interaction, self.ids["digest"], self.ids["key"])


class LoreButton(
    PersistentControl[discord.ui.Button[Any]], template=r"rp:lore:(?P<act>get|drop):(?P<key>\w[\w-]{0,63})"
):
    """Hands out or deletes a server's own lorebook, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Answer with the file; what is deleted can be brought again."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            server, key, books = interaction.guild_id or 0, self.ids["key"], services.story.records.lorebooks
            drops = self.ids["act"] == "drop"
            stored = await (books.delete(server, key) if drops else books.get(server, key))
            if stored is None:
                raise Refused("lore.gone")
            if drops:
                services.moderation.used(interaction, Act.LORE_DELETED, about=key)
            said = Sentence("lore.deleted" if drops else "lore.file", key=key)
            await tell(interaction, said, file=lorebooks.as_file(stored))
