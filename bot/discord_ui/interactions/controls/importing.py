"""The button with which a chat of another program comes into a channel.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.scenes.importing import FORM, form
from bot.discord_ui.voices import voice_of
from bot.texts.sentences import Voice

Button = discord.ui.Button[Any]


class ImportButton(PersistentControl[Button], template=FORM):
    """Opens the form for an import, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction):
            require(interaction, "manage_guild")
            await interaction.response.send_modal(form(voice_of(interaction)))


def import_button(voice: Voice) -> Button:
    """Return the button."""
    return Button(label=voice.say("button.import"), custom_id=FORM)
