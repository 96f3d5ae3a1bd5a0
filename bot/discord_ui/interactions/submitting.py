"""The forms that people submit: what each one is for.

Law: a form is known by its id alone, also one opened before a restart.
"""

import discord

from bot.discord_ui.interactions import (
    drafting,
    editing,
    importing,
    looking_back,
    picturing,
    remembering,
    speaking,
    trying,
    uploading,
)
from bot.discord_ui.interactions.answering import answering, tell_error
from bot.discord_ui.interactions.forms import fields_of, id_of
from bot.texts.sentences import Sentence


async def submitted(interaction: discord.Interaction) -> None:
    """Handle a submitted form."""
    custom_id = id_of(interaction)
    edited, remembered = editing.FORM.fullmatch(custom_id), remembering.FORM.fullmatch(custom_id)
    looks, imports = looking_back.FORM.fullmatch(custom_id), custom_id == importing.FORM
    spoken, pictured = speaking.FORM.fullmatch(custom_id), picturing.FORM.fullmatch(custom_id)
    drafted, tried = drafting.FORM.fullmatch(custom_id), trying.FORM.fullmatch(custom_id)
    uploads = custom_id == uploading.FORM
    known = (edited, remembered, spoken, pictured, drafted, tried)
    if not (any(known) or looks or imports or uploads):
        await tell_error(interaction, Sentence("command.too_old"))
        return
    async with answering(interaction) as services:
        if edited is not None:
            await editing.take(services, interaction, int(edited["turn"]))
        elif remembered is not None:
            await remembering.take(services, interaction, remembered["what"])
        elif spoken is not None:
            await speaking.take(services, interaction, spoken["persona"])
        elif pictured is not None:
            await picturing.take(services, interaction, pictured["persona"])
        elif looks is not None:
            await looking_back.look(services, interaction, " ".join(fields_of(interaction).values()))
        elif drafted is not None:
            await drafting.take(services, interaction, drafted)
        elif tried is not None:
            await trying.take(services, interaction, tried["tryout"])
        elif uploads:
            await uploading.take(services, interaction)
        else:
            await importing.take(services, interaction)
