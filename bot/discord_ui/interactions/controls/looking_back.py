"""The controls of looking back: the button that asks for words, and those that leaf through what was found.

Law: everything a control needs to know is in its `custom_id`.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.memory.looking_back import look, open_form

Button = discord.ui.Button[Any]


class LookButton(PersistentControl[Button], template=r"rp:look"):
    """Opens the form in which a person asks for words."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction):
            await open_form(interaction)


class FoundButton(PersistentControl[Button], template=r"rp:look:(?P<page>[0-9]{1,3}):(?P<words>[^\n]{1,80})"):
    """Opens another page of what was found."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show the page."""
        async with answering(interaction) as services:
            await look(services, interaction, self.ids["words"], int(self.ids["page"]))
