"""The forms that people submit: what each one is for.

Law: a form is known by its id alone, also one opened before a restart.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import discord

from bot.discord_ui.interactions import (
    archiving,
    drafting,
    editing,
    importing,
    looking_back,
    myself,
    picturing,
    proposing,
    remembering,
    reporting,
    speaking,
    trying,
    uploading,
)
from bot.discord_ui.interactions.answering import answering, tell_error
from bot.discord_ui.interactions.forms import fields_of, id_of
from bot.discord_ui.interactions.services import Services
from bot.texts.sentences import Sentence

Take = Callable[[Services, discord.Interaction, "re.Match[str]"], Awaitable[None]]
"""Handles a form by what its id says."""

_FORMS: Final[tuple[tuple["re.Pattern[str]", Take], ...]] = (
    (editing.FORM, lambda services, used, form: editing.take(services, used, int(form["turn"]))),
    (reporting.FORM, lambda services, used, form: reporting.take(services, used, int(form["turn"]))),
    (remembering.FORM, lambda services, used, form: remembering.take(services, used, form["what"])),
    (
        looking_back.FORM,
        lambda services, used, _: looking_back.look(services, used, " ".join(fields_of(used).values())),
    ),
    (re.compile(importing.FORM), lambda services, used, _: importing.take(services, used)),
    (speaking.FORM, lambda services, used, form: speaking.take(services, used, form["persona"])),
    (picturing.FORM, lambda services, used, form: picturing.take(services, used, form["persona"])),
    (drafting.FORM, drafting.take),
    (trying.FORM, lambda services, used, form: trying.take(services, used, form["tryout"])),
    (re.compile(uploading.FORM), lambda services, used, _: uploading.take(services, used)),
    (re.compile(archiving.FORM), lambda services, used, _: archiving.take(services, used)),
    (myself.FORM, lambda services, used, form: myself.take(services, used, form["what"])),
    (proposing.FORM, lambda services, used, form: proposing.take(services, used, form["way"])),
    (proposing.REFUSAL, lambda services, used, form: proposing.refuse(services, used, int(form["proposal"]))),
)


async def submitted(interaction: discord.Interaction) -> None:
    """Handle a submitted form."""
    custom_id = id_of(interaction)
    for pattern, take in _FORMS:
        if (found := pattern.fullmatch(custom_id)) is not None:
            async with answering(interaction) as services:
                await take(services, interaction, found)
            return
    await tell_error(interaction, Sentence("command.too_old"))
