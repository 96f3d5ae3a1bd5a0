"""`/talk`: say something to a persona without mentioning it, or let the story continue.

Law: what it does is in `talking`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions import talking
from bot.discord_ui.interactions.answering import answering
from bot.discord_ui.interactions.choosing import complete_persona
from bot.discord_ui.voices import label

TEXT_LIMIT = 1500
"""Characters of a line: with the speaker's name in front it fits one message of 2,000."""


@app_commands.command(name="talk", description=label("describe.talk"))
@app_commands.describe(text=label("describe.talk.text"), persona=label("describe.talk.persona"))
@app_commands.autocomplete(persona=complete_persona)
@app_commands.guild_only()
async def talk(
    interaction: discord.Interaction,
    text: app_commands.Range[str, 0, TEXT_LIMIT] = "",
    persona: str | None = None,
) -> None:
    """Post the person's text, and play the reply."""
    async with answering(interaction) as services:
        await talking.talk(services, interaction, text, persona)
