"""*Try*: a private exchange with a persona or a draft, on a panel that only its person sees.

Law: it takes Manage Server, or the right to propose personas, at every step, and what it takes to bring words
at all. Nothing that is said here becomes a part of any story.
"""

import re
from typing import Any, Final

import discord

from bot.core.completion import ModelError
from bot.core.persona import Persona
from bot.core.posts.pages import clipped
from bot.core.routing import NoReply, NoReplyReason
from bot.core.scene import Participant
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.forms import FORM_TITLE, fields_of, form_of
from bot.discord_ui.interactions.common.rights import require_taking_part, require_trying
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.personas import cards
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.voices import voice_of
from bot.story.server_library.trying import Tryout
from bot.texts import failures
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:try:form:(?P<tryout>[0-9a-f]{16})")
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
    tryout = await services.story.records.tryouts.begin(place_of(interaction), persona, person)
    view = _panel(tryout, voice_of(interaction))
    if interaction.response.is_done():
        await interaction.followup.send(view=view, ephemeral=True)
    else:
        await interaction.response.send_message(view=view, ephemeral=True)


async def open_form(services: Services, interaction: discord.Interaction, tryout_id: str) -> None:
    """Open the form in which a person says something."""
    tryout, voice = _tryout(services, interaction, tryout_id), voice_of(interaction)
    text: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="text",
        style=discord.TextStyle.paragraph,
        required=True,
        max_length=SAID,
        default=tryout.unsaid or None,
    )
    label = discord.ui.Label(text=voice.say("try.say"), component=text)
    title = clipped(voice.say("try.form", persona=tryout.persona.name), FORM_TITLE)
    await interaction.response.send_modal(form_of(f"rp:try:form:{tryout_id}", title, [label]))


async def take(services: Services, interaction: discord.Interaction, tryout_id: str) -> None:
    """Say what was written, and show the reply when it is there; give back what is not taken."""
    text = fields_of(interaction).get("text", "").strip()
    try:
        await require_trying(services, interaction)
        await require_taking_part(services, interaction)
        tryout = _tryout(services, interaction, tryout_id)
    except Refused as refused:
        if not text:
            raise
        await give_back(interaction, text, refused.sentence)
        return
    if not text:
        raise Refused("try.nothing")
    voice = voice_of(interaction)
    async with tryout.busy:
        await interaction.response.edit_message(view=_panel(tryout, voice, waiting=text))
        try:
            outcome = await services.story.records.tryouts.say(tryout, text)
        except Exception:
            await interaction.edit_original_response(view=_panel(tryout, voice))
            raise
    note: Sentence | str | None = None
    if isinstance(outcome, NoReply) and outcome.reason is NoReplyReason.LIMITED:
        note = Sentence("try.limited", seconds=outcome.about)
    elif isinstance(outcome, NoReply):
        note = Sentence(f"revise.{outcome.reason}", about=outcome.about)
    elif isinstance(outcome.error, ModelError):
        note = failures.to_players(outcome.error, None)
    await interaction.edit_original_response(view=_panel(tryout, voice, note=note))


def _tryout(services: Services, interaction: discord.Interaction, tryout_id: str) -> Tryout:
    tryout = services.story.records.tryouts.get(tryout_id, interaction.user.id)
    if tryout is None:
        raise Refused("try.too_old")
    if not cards.may_show(interaction.channel, tryout.persona):
        raise Refused("command.age_restricted", persona=tryout.persona.name)
    if tryout.busy.locked():
        raise Refused("try.busy")
    return tryout


def _panel(
    tryout: Tryout, voice: Voice, *, waiting: str = "", note: Sentence | str | None = None
) -> discord.ui.LayoutView:
    """Return the panel of an exchange; `waiting` is what the persona is about to answer."""
    lines = [f"**{panel.plain(turn.name)}**\n{turn.text}" for turn in tryout.turns]
    if waiting:
        lines += [f"**{panel.plain(tryout.person.name)}**\n{waiting}", panel.small(voice.say("try.writing"))]
    told = _last("\n\n".join(lines)) if lines else panel.small(voice.say("try.begin"))
    name = panel.plain(tryout.persona.name)
    blocks: list[panel.Block] = [
        panel.text(voice.say("try.title", persona=name), panel.small(voice.say("try.private"))),
        panel.line(),
        panel.text(told),
    ]
    if note is not None:
        blocks.append(panel.text(f"⚠ {voice.render(note)}"))
    if tryout.is_over:
        blocks.append(panel.text(panel.small(voice.say("try.over"))))
    elif not waiting:
        blocks.append(panel.row(panel.button(voice.say("button.say"), f"rp:try:say:{tryout.id}")))
    return panel.panel(blocks)


def _last(text: str) -> str:
    """Return the end of an exchange, as much as the panel has room for."""
    return text if len(text) <= SHOWN else f"…{text[-SHOWN:]}"
