"""`/privacy`: what is stored about the person who asks, and what they can do about it.

Law: what it shows and does is in `bot.discord_ui.interactions.people.privacy`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.people import privacy
from bot.discord_ui.voices import label


@app_commands.command(name="privacy", description=label("describe.privacy"))
async def show_privacy(interaction: discord.Interaction) -> None:
    """Answer for this person alone."""
    async with answering(interaction) as services:
        await privacy.show_stored(services, interaction)
