"""The button that opens the form with a server's or a channel's rules.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.settings_panel import ruling


class RulesButton(PersistentControl[discord.ui.Button[Any]], template=r"rp:rules:(?P<scope>channel|server)"):
    """Opens the form."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            await ruling.open_form(services, interaction, ruling.scope_of(self.ids["scope"]))
