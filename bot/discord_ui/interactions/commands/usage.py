"""`/usage`: what was used by the person who asks, the channel and the server.

Law: what it shows is in `bot.discord_ui.interactions.budgets.usage`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions.budgets import usage
from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.voices import label


@app_commands.command(name="usage", description=label("describe.usage"))
async def show_usage(interaction: discord.Interaction) -> None:
    """Answer for this person alone."""
    async with answering(interaction) as services:
        await usage.show_usage(services, interaction)
