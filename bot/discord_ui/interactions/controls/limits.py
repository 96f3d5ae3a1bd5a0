"""The buttons on the page of limits in the panel of settings.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering, show
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.settings_panel import limits
from bot.discord_ui.interactions.settings_panel.pages import Page
from bot.discord_ui.interactions.settings_panel.settings import settings_panel

Button = discord.ui.Button[Any]


class LimitsButton(
    PersistentControl[Button], template=r"rp:limits:(?P<what>server|channel|timezone|key|drop)"
):
    """Opens the form of limits, of the time zone or of the server's own key, or removes that key."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            if self.ids["what"] == "drop":
                await limits.drop_key(services, interaction)
                view = await settings_panel(services, interaction, "server", Page.LIMITS)
                await show(interaction, view)
            else:
                await limits.open_form(services, interaction, self.ids["what"])
