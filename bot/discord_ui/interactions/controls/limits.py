"""The buttons on the page of limits in the panel of settings.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions import limits
from bot.discord_ui.interactions.answering import answering
from bot.discord_ui.interactions.controls.persistent import PersistentControl

Button = discord.ui.Button[Any]


class LimitsButton(PersistentControl[Button], template=r"rp:limits:(?P<what>server|channel|timezone)"):
    """Opens the form of limits, or of the time zone."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            await limits.open_form(services, interaction, self.ids["what"])
