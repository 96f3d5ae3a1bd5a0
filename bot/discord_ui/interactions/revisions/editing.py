"""The form in which a person edits a reply.

Law: a text that cannot be accepted is given back.
"""

import io
import re
from typing import Final

import discord

from bot.core.posts.edit_form import LIMIT, MOST
from bot.discord_ui.interactions.common.answering import Refused, tell
from bot.discord_ui.interactions.common.forms import fields_of, submitted_text, text_form
from bot.discord_ui.interactions.common.pressing import refused, state_of
from bot.discord_ui.interactions.common.rights import require_steering, require_taking_part, require_writing
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.revisions import revising
from bot.discord_ui.voices import voice_of
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:edit:(?P<turn>[0-9]{1,18})")
"""The ids of these forms."""


async def open_form(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Open the form with the current text of a turn."""
    require_writing(interaction)
    await require_taking_part(services, interaction)
    await require_steering(services, interaction)
    state = await state_of(services, interaction, turn_id)
    if state.writing or state.removed:
        raise refused(Refusal(RefusalReason.WRITING if state.writing else RefusalReason.REMOVED))
    if hidden := services.story.revision.turns.why_hidden([state.turn], state.place):
        raise refused(hidden)
    await interaction.response.send_modal(_form(turn_id, state.turn.text, voice_of(interaction)))


async def take(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Handle the submitted form of a turn, even one opened before a restart."""
    require_writing(interaction)
    await require_taking_part(services, interaction)
    await require_steering(services, interaction)
    state = await state_of(services, interaction, turn_id)
    before, fields = state.turn.text, fields_of(interaction)
    text = submitted_text(before, fields)
    if text is None:
        await give_back(interaction, "\n".join(fields.values()), Sentence("edit.overtaken"))
        return
    if text == before:
        raise Refused("edit.unchanged")
    await interaction.response.defer(ephemeral=True, thinking=True)
    await revising.rewrite(services, interaction, turn_id, text)
    await tell(interaction, Sentence("edit.done"))


async def give_back(interaction: discord.Interaction, text: str, why: Sentence) -> None:
    """Give a person their text back in a file, with the reason for which it is not taken."""
    file = discord.File(io.BytesIO(text.encode()), voice_of(interaction).say("edit.file"))
    await tell(interaction, why, file=file)


def _form(turn_id: int, text: str, voice: Voice) -> discord.ui.Modal:
    """Return the form for a text.

    Raises:
        Refused: the text is too long for one.
    """

    def label(number: int, count: int) -> str:
        part = Sentence("edit.part", number=number, count=count)
        return voice.render(part if count > 1 else Sentence("edit.whole"))

    made = text_form(f"rp:edit:{turn_id}", voice.say("edit.title"), text, label)
    if made is None:
        raise Refused("edit.too_long", most=MOST * LIMIT)
    return made
