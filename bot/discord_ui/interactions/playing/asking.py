"""The persona that a command asks, and what a person is told where none answers.

Law: a person who may choose a persona for the channel is offered the menu for it in the same answer.
"""

from typing import Any

import discord

from bot.core.posts.pages import clipped
from bot.core.routing import NoReply, NoReplyReason
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.common.answering import tell
from bot.discord_ui.interactions.common.choosing import CHOICES, LABEL, channel_of, persona_named
from bot.discord_ui.interactions.common.services import Services, place_of, server_of
from bot.discord_ui.replies.buttons import stateless_view
from bot.discord_ui.voices import voice_of
from bot.personas.shelf import Shelf
from bot.story.places.answering import Answerer
from bot.story.places.casting import offered
from bot.texts.sentences import Sentence, Voice

Select = discord.ui.Select[Any]


def persona_menu(personas: Shelf, voice: Voice, *, for_adults: bool) -> discord.ui.View | None:
    """Return a menu of the personas that are offered; None if there are none."""
    options = [
        discord.SelectOption(
            label=clipped(persona.name, LABEL),
            value=persona.key,
            description=clipped(voice.listed(persona.tags), LABEL) or None,
        )
        for persona in offered(personas)
        if for_adults or not persona.nsfw
    ]
    if not options:
        return None
    menu = Select(custom_id="rp:use", placeholder=voice.say("menu.persona"), options=options[:CHOICES])
    return stateless_view([menu])


def why_no_reply(notice: NoReply) -> Sentence:
    """Return what people are told where no persona answers."""
    return Sentence(f"player.{notice.reason}", about=notice.about)


async def tell_why(services: Services, interaction: discord.Interaction, notice: NoReply) -> None:
    """Tell a person why no persona answers, with a menu where they can choose one."""
    text, menu = why_no_reply(notice), None
    if notice.reason is NoReplyReason.NO_PERSONA:
        menu = persona_menu(
            services.personas(server_of(interaction)),
            voice_of(interaction),
            for_adults=age_restricted(channel_of(interaction)),
        )
    await (tell(interaction, text, view=menu) if menu else tell(interaction, text))


async def asked_for(
    services: Services, interaction: discord.Interaction, persona: str | None, *, new_scene: bool = False
) -> tuple[Answerer, str | None] | None:
    """Return the persona that would answer a command, with its key if the command named it.

    `new_scene` asks for a scene that is yet to start. None means that the person was told why nobody answers.

    Raises:
        Refused: the persona does not exist, or is not for this channel.
    """
    server_id, channel = server_of(interaction), channel_of(interaction)
    named = persona_named(services, server_id, persona, channel) if persona else None
    key = None if named is None else named.key
    found = await services.story.hearing.answerers.of_command(place_of(interaction), key, new_scene=new_scene)
    if isinstance(found, NoReply):
        await tell_why(services, interaction, found)
        return None
    return found, key
