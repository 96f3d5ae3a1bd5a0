"""The controls with which people say what they wish for themselves.

Law: everything a control needs to know is in its `custom_id`. A wish takes no right: it is
its person's alone.
"""

from typing import Any

import discord

from bot.core.settings import Wish
from bot.discord_ui.interactions.answering import answering, tell
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.replies.buttons import stateless_view
from bot.discord_ui.voices import voice_of
from bot.texts.sentences import Sentence, Voice

Button = discord.ui.Button[Any]

_ON, _OFF = "on", "off"


class WishButton(
    PersistentControl[Button], template=rf"rp:wish:(?P<wish>{'|'.join(Wish)}):(?P<turn>{_ON}|{_OFF})"
):
    """Stores or deletes a wish of the person who presses it."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Note the wish, and offer the way back."""
        async with answering(interaction) as services:
            wish, on = Wish(self.ids["wish"]), self.ids["turn"] == _ON
            await services.story.wishes.wish(interaction.user.id, wish, on=on)
            text = Sentence(f"wish.{wish}.on") if on else Sentence(f"wish.{wish}.off")
            back = stateless_view([wish_button(wish, voice_of(interaction), on=not on)])
            await tell(interaction, text, view=back)


def wish_button(wish: Wish, voice: Voice, *, on: bool) -> Button:
    """Return the button with which a person gets a wish, or gives it up."""
    label = voice.say(f"button.{wish}.on") if on else voice.say(f"button.{wish}.off")
    return Button(label=label, custom_id=f"rp:wish:{wish}:{_ON if on else _OFF}")
