"""The buttons of a server's archive.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.settings_panel import archiving
from bot.discord_ui.voices import voice_of

Button = discord.ui.Button[Any]


class ArchiveButton(PersistentControl[Button], template=r"rp:archive:(?P<way>get|bring)"):
    """Gives the archive out, or opens the form that takes one back, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what the button says."""
        async with answering(interaction) as services:
            if self.ids["way"] == "get":
                await archiving.get(services, interaction)
            else:
                require(interaction, "manage_guild")
                await interaction.response.send_modal(archiving.form(voice_of(interaction)))
