"""*Try*: a private exchange with a persona or a draft, on a panel that only its person sees.

Law: it takes Manage Server, or the right to propose personas, at every step, and what it takes to bring words
at all. Nothing that is said here becomes a part of any story.
"""

import re
from typing import Any, Final

import discord

from bot.core.completion import ModelError
from bot.core.persona import Persona
from bot.core.posts.pages import excerpt
from bot.core.routing import NoReply
from bot.core.scene import Participant
from bot.discord_ui.interactions import cards, panel
from bot.discord_ui.interactions.answering import Refused
from bot.discord_ui.interactions.forms import fields_of, form_of
from bot.discord_ui.interactions.rights import require_taking_part, require_trying
from bot.discord_ui.interactions.services import Services, place_of
from bot.discord_ui.voices import voice_of
from bot.story.trying import Trial
from bot.texts import failures
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:try:form:(?P<trial>[0-9a-f]{16})")
"""The ids of the forms."""

SAID: Final = 2000
"""The most characters that are said at once, as in a message."""

SHOWN: Final = 3300
"""Characters of the exchange that the panel shows: the last ones."""


async def begin(services: Services, interaction: discord.Interaction, persona: Persona) -> None:
    """Begin an exchange, on a panel of its own."""
    await require_taking_part(services, interaction)
    if not cards.may_show(interaction.channel, persona):
        raise Refused("command.age_restricted", persona=persona.name)
    person = Participant(interaction.user.id, interaction.user.display_name)
    trial = await services.story.records.trials.begin(place_of(interaction), persona, person)
    view = _panel(trial, voice_of(interaction))
    if interaction.response.is_done():
        await interaction.followup.send(view=view, ephemeral=True)
    else:
        await interaction.response.send_message(view=view, ephemeral=True)


async def open_form(services: Services, interaction: discord.Interaction, trial_id: str) -> None:
    """Open the form in which a person says something."""
    trial, voice = _trial(services, interaction, trial_id), voice_of(interaction)
    text: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="text", style=discord.TextStyle.paragraph, required=True, max_length=SAID
    )
    label = discord.ui.Label(text=voice.say("try.say"), component=text)
    title = excerpt(voice.say("try.form", persona=trial.persona.name), 45)
    await interaction.response.send_modal(form_of(f"rp:try:form:{trial_id}", title, [label]))


async def take(services: Services, interaction: discord.Interaction, trial_id: str) -> None:
    """Say what was written, and show the reply when it is there."""
    await require_trying(services, interaction)
    await require_taking_part(services, interaction)
    trial, voice = _trial(services, interaction, trial_id), voice_of(interaction)
    text = fields_of(interaction).get("text", "").strip()
    if not text:
        raise Refused("try.nothing")
    if trial.busy.locked():
        raise Refused("try.busy")
    async with trial.busy:
        await interaction.response.edit_message(view=_panel(trial, voice, waiting=text))
        outcome = await services.story.records.trials.say(trial, text)
    note: Sentence | str | None = None
    if isinstance(outcome, NoReply):
        note = Sentence("try.limited", seconds=outcome.about)
    elif isinstance(outcome.error, ModelError):
        note = failures.to_players(outcome.error, None)
    await interaction.edit_original_response(view=_panel(trial, voice, note=note))


def _trial(services: Services, interaction: discord.Interaction, trial_id: str) -> Trial:
    trial = services.story.records.trials.get(trial_id, interaction.user.id)
    if trial is None:
        raise Refused("try.too_old")
    if not cards.may_show(interaction.channel, trial.persona):
        raise Refused("command.age_restricted", persona=trial.persona.name)
    return trial


def _panel(
    trial: Trial, voice: Voice, *, waiting: str = "", note: Sentence | str | None = None
) -> discord.ui.LayoutView:
    """Return the panel of an exchange; `waiting` is what the persona is about to answer."""
    lines = [f"**{panel.plain(turn.name)}**\n{turn.text}" for turn in trial.turns]
    if waiting:
        lines += [f"**{panel.plain(trial.person.name)}**\n{waiting}", panel.small(voice.say("try.writing"))]
    told = _last("\n\n".join(lines)) if lines else panel.small(voice.say("try.begin"))
    name = panel.plain(trial.persona.name)
    blocks: list[panel.Block] = [
        panel.text(voice.say("try.title", persona=name), panel.small(voice.say("try.private"))),
        panel.line(),
        panel.text(told),
    ]
    if note is not None:
        blocks.append(panel.text(f"⚠ {voice.render(note)}"))
    if trial.is_over:
        blocks.append(panel.text(panel.small(voice.say("try.over"))))
    elif not waiting:
        blocks.append(panel.row(panel.button(voice.say("button.say"), f"rp:try:say:{trial.id}")))
    return panel.panel(blocks)


def _last(text: str) -> str:
    """Return the end of an exchange, as much as the panel has room for."""
    return text if len(text) <= SHOWN else f"…{text[-SHOWN:]}"
