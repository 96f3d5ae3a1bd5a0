"""`/memory`: what the story that is played here remembers besides its latest messages.

Law: everybody may read it, alone; what changes it is in `remembering`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions.common.answering import answering, show
from bot.discord_ui.interactions.memory.remembering import memory_panel
from bot.discord_ui.voices import label


@app_commands.command(name="memory", description=label("describe.memory"))
async def show_memory(interaction: discord.Interaction) -> None:
    """Answer for this person, in this channel."""
    async with answering(interaction) as services:
        await show(interaction, await memory_panel(services, interaction))
