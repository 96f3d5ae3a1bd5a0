"""`/privacy`: what is stored about the person who asks, and what they can do about it.

Law: what it shows and does is in `bot.discord_ui.interactions.privacy`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions import privacy
from bot.discord_ui.interactions.answering import answering
from bot.discord_ui.voices import label


@app_commands.command(name="privacy", description=label("describe.privacy"))
async def show_privacy(interaction: discord.Interaction) -> None:
    """Answer for this person alone."""
    async with answering(interaction) as services:
        await privacy.show_stored(services, interaction)
