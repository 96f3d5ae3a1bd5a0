"""What a person says as a persona, by `/talk as:` or in the form that it opens without a text.

Law: it is posted word for word under the persona's face, with small print that says who spoke, and asks no
model. What is not taken is given back.
"""

import re
from dataclasses import dataclass
from typing import Final

import discord

from bot.core.persona import Persona
from bot.core.posts.pages import clipped
from bot.core.routing import NoReply
from bot.core.scene import IncomingMessage, Participant, Turn
from bot.discord_ui import inbound
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.choosing import channel_of, persona_named
from bot.discord_ui.interactions.common.forms import FORM_TITLE, fields_of, text_form
from bot.discord_ui.interactions.common.rights import (
    bot_may_post,
    require_pace,
    require_steering,
    require_taking_part,
    require_writing,
)
from bot.discord_ui.interactions.common.services import Services, place_of, server_of
from bot.discord_ui.interactions.playing.asking import why_no_reply
from bot.discord_ui.interactions.playing.talking import lookup_in
from bot.discord_ui.interactions.revisions.editing import give_back
from bot.discord_ui.posting.by_answer import AnswerRoute
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Channel, NotTaken, WordsRefused
from bot.discord_ui.replies.post_view import PostView, signed_under
from bot.discord_ui.voices import voice_of
from bot.storage.errors import StorageError
from bot.story.places.answering import Answerer
from bot.story.places.casting import ChannelCast
from bot.texts.sentences import Sentence

FORM: Final = re.compile(r"rp:as:(?P<persona>.{1,64})", re.DOTALL)
"""The ids of the forms, with the persona's key."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What is said: the persona, the words, and the persona and settings of the place."""

    persona: Persona
    words: IncomingMessage
    cast: ChannelCast


async def open_form(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Open the form for what the person says as a persona.

    Raises:
        Refused: they may not, or there is no such persona for this channel.
    """
    persona = (await _who(services, interaction, key)).persona
    voice = voice_of(interaction)
    title = clipped(voice.say("talk.as.title", persona=persona.name), FORM_TITLE)
    form = text_form(f"rp:as:{persona.key}", title, "", lambda _number, _count: voice.say("talk.as.label"))
    assert form is not None
    await interaction.response.send_modal(form)


async def take(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Handle the submitted form, even one opened before a restart."""
    await speak(services, interaction, key, "\n".join(fields_of(interaction).values()))


async def speak(services: Services, interaction: discord.Interaction, key: str, text: str) -> None:
    """Post a person's text as a persona, and store it as the persona's turn; give it back if that fails."""
    try:
        await _speak(services, interaction, key, text)
    except Refused as refused:
        if not text.strip():
            raise
        await give_back(interaction, text, refused.sentence)
    except StorageError as error:
        services.runner.complaints.storage_failed(interaction.channel_id or 0, error)
        await give_back(interaction, text, Sentence("command.storage"))


async def _who(services: Services, interaction: discord.Interaction, key: str) -> Answerer:
    """Return the persona as which a person may speak here.

    Raises:
        Refused: they may not, or there is no such persona for this channel.
    """
    require_writing(interaction)
    await require_taking_part(services, interaction)
    await require_steering(services, interaction)
    persona = persona_named(services, server_of(interaction), key, channel_of(interaction))
    found = await services.story.hearing.answerers.of_command(place_of(interaction), persona.key)
    if isinstance(found, NoReply):
        refusal = why_no_reply(found)
        raise Refused(refusal.key, **refusal.facts)
    return found


async def _speak(services: Services, interaction: discord.Interaction, key: str, text: str) -> None:
    found = await _who(services, interaction, key)
    persona, place = found.persona, place_of(interaction)
    line = _Line(
        persona,
        IncomingMessage(
            id=interaction.id,
            place=place,
            author=Participant(interaction.user.id, interaction.user.display_name),
            content=text,
            created_at=interaction.created_at,
            lookup=await lookup_in(interaction, text),
            thread_title=inbound.thread_title(interaction.channel),
            by_command=True,
        ),
        found.cast,
    )
    require_pace(services, interaction)
    in_channel = bot_may_post(interaction)
    await interaction.response.defer(ephemeral=in_channel, thinking=True)
    poster = await _poster(services, interaction, line, in_channel=in_channel)
    turn = await services.story.by_hand.speaking.speak(line.words, persona)
    if turn is None:
        raise Refused("talk.as.empty")
    await _show(services, turn, poster)
    if in_channel:  # people see the post: an answer would only say so
        await interaction.delete_original_response()
    services.runner.sweep(place.channel_id, turn.id)
    notice = await services.story.notices.due(place, line.cast, persona.name)
    if notice is not None:
        await services.runner.say_what_is_stored(place, notice, poster.plain, interaction.id)


async def _poster(
    services: Services, interaction: discord.Interaction, line: _Line, *, in_channel: bool
) -> Poster:
    """Return the poster of the persona; where the bot may not post, it answers the command."""
    channel = interaction.channel
    if in_channel and isinstance(channel, Channel):
        return await services.faces.poster(line.cast, line.words.place, channel, lambda: line.persona)
    voice = await services.voices.of(line.words.place, line.cast.settings)
    return services.faces.plain(AnswerRoute(interaction), voice, name=line.persona.name)


async def _show(services: Services, turn: Turn, poster: Poster) -> None:
    """Post a turn, signed by who spoke; the story keeps what of it was posted.

    Raises:
        Refused: Discord does not take all of it.
    """
    speaking = services.story.by_hand.speaking
    state = await services.story.revision.turns.state(turn.id)
    assert state is not None
    view = PostView(turn, poster, speaking.record(turn))
    try:
        await view.show(turn.text, signed_under(state.status), final=True, status=state.status)
    except NotTaken as error:
        await speaking.shorten(turn, view.seen or "")
        if view.seen:
            raise Refused("talk.as.cut") from error
        raise Refused("talk.as.refused" if isinstance(error, WordsRefused) else "command.discord") from error
    await speaking.shown(turn)
