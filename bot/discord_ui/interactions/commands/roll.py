"""`/roll`: roll dice in front of everybody, and let the story know.

Law: the roll is in the channel before the story hears of it, and everybody who may write there may roll, with
or without a persona. Nobody can write what a roll says: their own words come last, and without markup.
"""

import re

import discord
from discord import app_commands

from bot.core.dice import REASON_LIMIT, TEXT_LIMIT, DiceError, Rolled, Written, read
from bot.core.message_text import line_of
from bot.core.safe_text import defuse
from bot.core.scene import IncomingMessage, Participant
from bot.discord_ui import inbound
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, answering
from bot.discord_ui.interactions.common.rights import require_writing
from bot.discord_ui.interactions.common.services import place_of
from bot.discord_ui.interactions.playing.talking import lookup_in, name_above
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.starters import starter_of
from bot.discord_ui.voices import label
from bot.story.places.casting import ChannelCast
from bot.story.places.notices import StorageNoticeDue
from bot.texts.sentences import Voice

_MENTIONS = re.compile(r"\\<(?=(?:@[!&]?|#)[0-9]{15,20}>)")
"""What `panel.plain` makes of a mention, which pings nobody here and is shown as the name that it is."""


@app_commands.command(name="roll", description=label("describe.roll"))
@app_commands.describe(dice=label("describe.roll.dice"), reason=label("describe.roll.reason"))
async def roll(
    interaction: discord.Interaction,
    dice: app_commands.Range[str, 1, TEXT_LIMIT],
    reason: app_commands.Range[str, 0, REASON_LIMIT] = "",
) -> None:
    """Show a roll, and tell it to the story that is played here."""
    async with answering(interaction) as services:
        require_writing(interaction)
        written = _read(dice, reason)
        wait = services.story.by_hand.rolls.wait(interaction.user.id)
        if wait:
            raise Refused("roll.limited", seconds=wait)
        place = place_of(interaction)
        cast = await services.story.casting.lookup(place)
        voice = await services.voices.of(place, cast.settings)
        rolled = services.story.by_hand.rolls.roll(interaction.user.id, written.formula)
        name = await name_above(services, interaction, voice)
        words = _shown(name, rolled, written.reason, voice)
        answer = await interaction.response.send_message(words, suppress_embeds=True)
        assert answer.message_id is not None
        told = await _told(interaction, rolled, written.reason, cast, answer.message_id)
        fetch = starter_of(told, interaction.channel)
        heard = await services.story.hearing.hear(told, cast=cast, fetch_starter=fetch)
        if isinstance(heard.notice, StorageNoticeDue):
            own = services.faces.plain(AnswerRoute(interaction), voice)
            await services.runner.say_what_is_stored(place, heard.notice, own, told.id)


def _read(dice: str, reason: str) -> Written:
    """Return what is to be rolled, and what for.

    Raises:
        Refused: that is no dice.
    """
    try:
        return read(dice, reason)
    except DiceError as error:
        raise Refused(f"roll.{error.fault}", about=panel.plain(error.about)) from None


def _shown(name: str, rolled: Rolled, reason: str, voice: Voice) -> str:
    """Return what everybody reads of a roll."""
    facts = {"name": name, "dice": rolled.formula, "total": rolled.total, "each": rolled.shown("~~{}~~")}
    reason = _MENTIONS.sub("<", panel.plain(defuse(reason)))
    return voice.say("roll.shown.for", reason=reason, **facts) if reason else voice.say("roll.shown", **facts)


async def _told(
    interaction: discord.Interaction, rolled: Rolled, reason: str, cast: ChannelCast, message_id: int
) -> IncomingMessage:
    """Return a roll as the message that shows it, for the story."""
    lookup = await lookup_in(interaction, reason)
    persona = cast.persona.name if cast.persona else ""
    return IncomingMessage(
        id=message_id,
        place=place_of(interaction),
        author=Participant(interaction.user.id, interaction.user.display_name),
        content="",
        created_at=interaction.created_at,
        thread_title=inbound.thread_title(interaction.channel),
        roll=rolled.told(line_of(reason, lookup, persona, REASON_LIMIT)),
    )
