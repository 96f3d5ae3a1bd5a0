"""`/talk`: say something to a persona without mentioning it, let the story continue, or speak as a persona.

Law: what it does is in `talking` and `speaking`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions.common.answering import Refused, answering
from bot.discord_ui.interactions.common.choosing import complete_persona
from bot.discord_ui.interactions.playing import speaking, talking
from bot.discord_ui.voices import label

TEXT_LIMIT = 1500
"""Characters of a line: with the speaker's name in front it fits one message of 2,000."""


@app_commands.command(name="talk", description=label("describe.talk"))
@app_commands.describe(
    text=label("describe.talk.text"),
    persona=label("describe.talk.persona"),
    spoken_as=label("describe.talk.as"),
)
@app_commands.rename(spoken_as="as")
@app_commands.autocomplete(persona=complete_persona, spoken_as=complete_persona)
async def talk(
    interaction: discord.Interaction,
    text: app_commands.Range[str, 0, TEXT_LIMIT] = "",
    persona: str | None = None,
    spoken_as: str | None = None,
) -> None:
    """Post the person's text and play the reply, or post it as a persona's."""
    async with answering(interaction) as services:
        if spoken_as is None:
            await talking.talk(services, interaction, text, persona)
        elif persona is not None:
            raise Refused("talk.as_and_persona")
        elif text.strip():
            await speaking.speak(services, interaction, spoken_as, text)
        else:
            await speaking.open_form(services, interaction, spoken_as)
