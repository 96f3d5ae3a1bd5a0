"""`/undo`: the last exchange leaves the story.

Law: what it does is in `undoing`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.revisions import undoing
from bot.discord_ui.voices import label


@app_commands.command(name="undo", description=label("describe.undo"))
async def undo(interaction: discord.Interaction) -> None:
    """Take the last exchange out of the story."""
    async with answering(interaction) as services:
        await undoing.undo(services, interaction)
