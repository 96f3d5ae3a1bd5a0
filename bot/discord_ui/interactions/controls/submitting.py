"""The forms that people submit: what each one is for.

Law: a form is known by its id alone, also one opened before a restart.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

import discord

from bot.discord_ui.interactions.common.answering import answering, redraw, replace, tell_error
from bot.discord_ui.interactions.common.forms import fields_of, id_of
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.memory import looking_back, remembering
from bot.discord_ui.interactions.moderation import reporting
from bot.discord_ui.interactions.people import myself
from bot.discord_ui.interactions.personas import drafting, picturing, proposing, trying, uploading
from bot.discord_ui.interactions.playing import speaking
from bot.discord_ui.interactions.revisions import editing
from bot.discord_ui.interactions.scenes import importing
from bot.discord_ui.interactions.settings_panel import archiving, limits, ruling, settings, when
from bot.discord_ui.interactions.settings_panel.pages import Page, PanelScope
from bot.texts.sentences import Sentence

Take = Callable[[Services, discord.Interaction, "re.Match[str]"], Awaitable[None]]
"""Handles a form by what its id says."""


async def _take_limits(services: Services, interaction: discord.Interaction, form: "re.Match[str]") -> None:
    """Set limits or a time zone, and show the page on which they stand."""
    await limits.take(services, interaction, form["what"])
    scope: PanelScope = "channel" if form["what"] == "channel" else "server"
    view = await settings.settings_panel(services, interaction, scope, Page.LIMITS)
    if interaction.response.is_done():  # a key was tried meanwhile
        await interaction.edit_original_response(view=view)
    else:
        await interaction.response.edit_message(view=view)


async def _take_rules(services: Services, interaction: discord.Interaction, form: "re.Match[str]") -> None:
    """Set a table's rules, and show the page on which they stand."""
    scope = ruling.scope_of(form["scope"])
    if await ruling.take(services, interaction, scope):
        await redraw(interaction, await settings.settings_panel(services, interaction, scope, Page.RULES))


async def _write(services: Services, interaction: discord.Interaction, form: "re.Match[str]") -> None:
    """Set what was written, and show the page on which it stands."""
    scope: PanelScope = "server" if form["scope"] == "server" else "channel"
    await when.take(services, interaction, scope, form["key"])
    await replace(interaction, await settings.settings_panel(services, interaction, scope, Page.WHEN))


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
    (ruling.FORM, _take_rules),
    (proposing.FORM, lambda services, used, form: proposing.take(services, used, form["way"])),
    (limits.FORM, _take_limits),
    (when.FORM, _write),
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
