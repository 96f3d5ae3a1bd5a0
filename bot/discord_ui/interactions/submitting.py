"""The forms that people submit: what each one is for.

Law: a form is known by its id alone, also one opened before a restart.
"""

import discord

from bot.discord_ui.interactions import (
    archiving,
    editing,
    importing,
    looking_back,
    picturing,
    remembering,
    speaking,
)
from bot.discord_ui.interactions.answering import answering, tell_error
from bot.discord_ui.interactions.forms import fields_of, id_of
from bot.texts.sentences import Sentence


async def submitted(interaction: discord.Interaction) -> None:
    """Handle a submitted form."""
    custom_id = id_of(interaction)
    edited, remembered = editing.FORM.fullmatch(custom_id), remembering.FORM.fullmatch(custom_id)
    looks, imports = looking_back.FORM.fullmatch(custom_id), custom_id == importing.FORM
    archives = custom_id == archiving.FORM
    spoken = speaking.FORM.fullmatch(custom_id)
    pictured = picturing.FORM.fullmatch(custom_id)
    if not (edited or remembered or looks or imports or spoken or pictured or archives):
        await tell_error(interaction, Sentence("command.too_old"))
        return
    async with answering(interaction) as services:
        if edited is not None:
            await editing.take(services, interaction, int(edited["turn"]))
        elif remembered is not None:
            await remembering.take(services, interaction, remembered["what"])
        elif spoken is not None:
            await speaking.take(services, interaction, spoken["persona"])
        elif archives:
            await archiving.take(services, interaction)
        elif pictured is not None:
            await picturing.take(services, interaction, pictured["persona"])
        elif looks is not None:
            await looking_back.look(services, interaction, " ".join(fields_of(interaction).values()))
        else:
            await importing.take(services, interaction)
