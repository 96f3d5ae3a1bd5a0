"""The controls of pictures: the button on a persona's card, and the menu of the channel that keeps them.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.core.moderation import Act
from bot.core.settings import PICTURES
from bot.discord_ui.interactions.common.answering import Refused, answering
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.controls.decisions import show_settings
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.personas import picturing

Button = discord.ui.Button[Any]
ChannelMenu = discord.ui.ChannelSelect[Any]


class PictureButton(PersistentControl[Button], template=picturing.FORM):
    """Opens the form for a picture, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            await picturing.open_form(services, interaction, self.ids["persona"])


class PicturesMenu(PersistentControl[ChannelMenu], template=r"rp:pictures"):
    """Chooses the channel that keeps pictures, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Store the choice, and show what counts now."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            guild = interaction.guild
            assert guild is not None
            chosen = None
            if self.item.values:
                channel = guild.get_channel(self.item.values[0].id)
                if not isinstance(channel, discord.TextChannel):
                    raise Refused("command.stale_panel")
                picturing.require_place(channel)
                chosen = str(channel.id)
            await services.story.choices.choose("server", guild.id, PICTURES, chosen, interaction.user.id)
            services.moderation.used(interaction, Act.SETTING, about=PICTURES, everywhere=True)
            await show_settings(services, interaction, "server")
