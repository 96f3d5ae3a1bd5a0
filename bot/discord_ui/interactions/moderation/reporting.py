"""*Report*: a person tells the server's moderators what is wrong with a reply, in their own words.

Law: everybody who sees a reply may report it, also who may not play. The bot stores no report: what is posted
is all there is. Words that can't be posted are given back.
"""

import re
from math import ceil
from typing import Any, Final

import discord

from bot.core.moderation import Act, Entry
from bot.core.posts.pages import excerpt
from bot.core.safe_text import defuse
from bot.core.scene import Place
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, tell
from bot.discord_ui.interactions.common.forms import fields_of, form_of
from bot.discord_ui.interactions.common.pressing import message_of, state_of
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.voices import voice_of
from bot.texts.sentences import Sentence

FORM: Final = re.compile(r"rp:report:(?P<turn>[0-9]{1,18})")
"""The ids of these forms."""

LONGEST: Final = 800
"""Characters of a reason."""

EITHER: Final = "either"
"""What a report is called that moderators or the bot's owner may read."""

POSTED: Final = 1600
"""UTF-16 units of a reason as it is posted, with what takes its markup the meaning."""


async def open_form(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Open the form for what is wrong with a turn.

    Raises:
        Refused: there is no such turn here, or nobody to read the report.
    """
    state = await state_of(services, interaction, turn_id)
    readers, voice = await _readers(services, state.place), voice_of(interaction)
    reason: discord.ui.TextInput[Any] = discord.ui.TextInput(
        custom_id="reason", style=discord.TextStyle.paragraph, required=True, max_length=LONGEST
    )
    about = voice.say(f"report.about.{readers}")
    field = discord.ui.Label(text=voice.say("report.label"), description=about, component=reason)
    await interaction.response.send_modal(form_of(f"rp:report:{turn_id}", voice.say("report.form"), [field]))


async def take(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    """Post the report of a submitted form, even one opened before a restart."""
    state, reason = await state_of(services, interaction, turn_id), fields_of(interaction).get("reason", "")
    if not posted(reason):
        raise Refused("report.empty")
    await _readers(services, state.place)
    at = interaction.created_at.timestamp()
    wait = services.moderation.wait_to_report(interaction.user.id, at)
    if wait:
        await give_back(interaction, reason, Sentence("report.limit", minutes=ceil(wait / 60)))
        return
    await interaction.response.defer(ephemeral=True, thinking=True)
    entry = Entry(Act.REPORTED, state.place, interaction.user.id, message_of(state))
    destination = await services.moderation.report(entry, posted(reason), at)
    if destination is not None:
        await tell(interaction, Sentence(f"report.sent.{destination}"))
    else:
        await give_back(interaction, reason, Sentence("report.failed"))


def posted(reason: str) -> str:
    """Return a reason as it is posted: each line is a quotation, with nothing hidden and no markup."""
    lines = [line for line in defuse(reason).splitlines() if line.strip()]
    return excerpt(panel.quoted("\n".join(lines)), POSTED)


async def _readers(services: Services, place: Place) -> str:
    """Return who may get to read a report from a place, as the sentences are called.

    Raises:
        Refused: there is nobody.
    """
    found = await services.moderation.readers(place.guild_id)
    if not found:
        raise Refused("report.nowhere")
    return EITHER if len(found) > 1 else next(iter(found))
