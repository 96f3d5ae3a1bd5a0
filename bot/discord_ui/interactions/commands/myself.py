"""`/myself`: who a person plays, and what they wish for themselves.

Law: what it shows and does is in `bot.discord_ui.interactions.people.myself`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.people import myself
from bot.discord_ui.voices import label


@app_commands.command(name="myself", description=label("describe.myself"))
async def show_myself(interaction: discord.Interaction) -> None:
    """Answer for this person alone."""
    async with answering(interaction) as services:
        await myself.show_panel(services, interaction)
