"""The controls of personas' cards: leafing through them, and giving a channel to a persona.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering, show
from bot.discord_ui.interactions.common.rights import require_gallery
from bot.discord_ui.interactions.common.services import place_of
from bot.discord_ui.interactions.controls.decisions import give_channel
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.personas import cards
from bot.discord_ui.interactions.playing.opener import introduce

Button = discord.ui.Button[Any]


class GalleryButton(PersistentControl[Button], template=r"rp:cards:(?P<page>[0-9]{1,5})"):
    """Opens another page of the cards, for people with Manage Server, and in direct messages."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show the page."""
        async with answering(interaction) as services:
            require_gallery(interaction)
            await show(interaction, await cards.gallery(services, interaction, int(self.ids["page"])))


class PlayButton(PersistentControl[Button], template=r"rp:play:(?P<view>list|card):(?P<key>\w[\w-]{0,63})"):
    """Gives a channel to the persona of a card, for people with Manage Channels."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Bind the channel, show the card again, and tell the channel."""
        async with (
            answering(interaction) as services,
            services.story.notices.opening(place_of(interaction).channel_id),
        ):
            persona = await give_channel(services, interaction, self.ids["key"])
            if self.ids["view"] == "card":
                panel = await cards.card(services, interaction, persona.key)
            else:
                page = cards.page_of(services, interaction.guild_id, persona.key)
                panel = await cards.gallery(services, interaction, page)
            await show(interaction, panel)
            # Only one person sees the cards, but the choice concerns everyone who writes here.
            await introduce(services, interaction, lambda card: interaction.followup.send(view=card))
