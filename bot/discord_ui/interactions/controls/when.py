"""The controls on the page of settings about when personas speak.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.controls.decisions import show_settings
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.settings_panel import when
from bot.discord_ui.interactions.settings_panel.pages import Page

Button = discord.ui.Button[Any]
UserMenu = discord.ui.UserSelect[Any]


class WriteButton(
    PersistentControl[Button],
    template=r"rp:write:(?P<scope>channel|server):(?P<key>quiet_hours|ignored_prefixes)",
):
    """Opens the form in which a setting is written."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            await when.open_form(services, interaction, self.ids["scope"], self.ids["key"])


class BotsMenu(PersistentControl[UserMenu], template=r"rp:bots:(?P<scope>channel|server)"):
    """Chooses which other bots are heard."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Store the choice, and show what counts now."""
        async with answering(interaction) as services:
            scope = self.ids["scope"]
            await when.take_bots(services, interaction, scope, list(self.item.values))
            await show_settings(services, interaction, scope, Page.WHEN)
