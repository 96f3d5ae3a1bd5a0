"""The personas and greetings that people choose by typing.

Law: a persona for age-restricted channels is offered and accepted only where Discord restricts the age, and
so are its words.
"""

import discord
from discord import app_commands

from bot.core.macros.filling import Moment, filled
from bot.core.persona import Persona
from bot.core.posts.pages import clipped
from bot.core.reach import Reach
from bot.core.routing import NoReply
from bot.core.scene import Participant, Place
from bot.discord_ui.inbound import age_restricted, reach_in
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.services import (
    Services,
    place_of,
    server_of,
    services_of,
)
from bot.story.places.casting import offered

CHOICES = 25
"""Entries that Discord takes in a menu, and in the suggestions while a person types."""

LABEL = 100
"""UTF-16 units that Discord takes in the name of a choice, its value and its description."""


def channel_of(interaction: discord.Interaction) -> object | None:
    """Return the channel whose age restriction holds where something was used; None where none does."""
    return None if reach_in(interaction) is Reach.PERSONAL else interaction.channel


def persona_named(services: Services, server_id: int | None, key: str, channel: object | None) -> Persona:
    """Return the persona with this key or name; without a channel it is for many channels.

    Raises:
        Refused: there is none, or it is for age-restricted channels only.
    """
    personas = services.personas(server_id)
    named = (each for each in personas if each.name.casefold() == key.strip().casefold())
    persona = personas.get(key.strip()) or next(named, None)
    if persona is None:
        raise Refused("command.no_such_persona")
    if persona.nsfw and not age_restricted(channel):
        raise Refused("command.age_restricted", persona=persona.name)
    return persona


async def complete_persona(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return the personas that match what a person has typed so far."""
    wanted, restricted = typed.strip().casefold(), age_restricted(channel_of(interaction))
    fitting = [
        persona
        for persona in offered(services_of(interaction).personas(server_of(interaction)))
        if (wanted in persona.key.casefold() or wanted in persona.name.casefold())
        and (restricted or not persona.nsfw)
    ]
    return [
        app_commands.Choice(name=clipped(f"{persona.name} ({persona.key})", LABEL), value=persona.key)
        for persona in fitting[:CHOICES]
    ]


async def members_of(services: Services, interaction: discord.Interaction) -> dict[str, str]:
    """Return those that play in this channel: key → name without markup, or the key if its file is gone."""
    shelf = services.personas(server_of(interaction))
    cast = await services.story.casting.lookup(place_of(interaction))
    return {key: panel.plain(found.name if (found := shelf.get(key)) else key) for key in cast.keys}


async def member_named(services: Services, interaction: discord.Interaction, typed: str) -> tuple[str, str]:
    """Return the key and the name of one that plays here by either; of any other what was typed."""
    wanted = typed.strip()
    members = await members_of(services, interaction)
    named = (key for key, name in members.items() if name.casefold() == panel.plain(wanted).casefold())
    key = wanted if wanted in members else next(named, wanted)
    return key, members.get(key, panel.plain(wanted))


async def complete_member(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return those that play in this channel and match what a person has typed so far."""
    services, wanted = services_of(interaction), typed.strip().casefold()
    shelf = services.personas(server_of(interaction))
    cast = await services.story.casting.lookup(place_of(interaction))
    named = [(key, f"{persona.name} ({key})" if (persona := shelf.get(key)) else key) for key in cast.keys]
    return [
        app_commands.Choice(name=clipped(name, LABEL), value=key)
        for key, name in named
        if wanted in name.casefold()
    ][:CHOICES]


async def greeting_numbered(services: Services, place: Place, persona: Persona, number: int) -> str:
    """Return the greeting of a number, from 1, with which a persona may begin a scene, as it is written.

    Raises:
        Refused: it has no such greeting there.
    """
    greetings = await services.story.scenes.greetings(place, persona)
    if not 1 <= number <= len(greetings):
        raise Refused("command.no_such_greeting")
    return greetings[number - 1]


async def complete_greeting(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[int]]:
    """Return the greetings of the persona that would begin a scene, with what a person has typed so far."""
    services, place = services_of(interaction), place_of(interaction)
    named = getattr(interaction.namespace, "persona", None)
    try:
        key = (
            persona_named(services, server_of(interaction), named, channel_of(interaction)).key
            if named
            else None
        )
    except Refused:
        return []
    found = await services.story.hearing.answerers.of_command(place, key, new_scene=True)
    if isinstance(found, NoReply):
        return []
    person = Participant(interaction.user.id, interaction.user.display_name)
    name = (await services.story.myself.acting.who(place, person)).name
    moment = Moment([name], name, at=interaction.created_at)
    greetings = await services.story.scenes.greetings(place, found.persona)
    told = [
        filled(found.persona.model_copy(update={"greeting": each}), moment).greeting for each in greetings
    ]
    labels = [f"{number}. {' '.join(text.split())}" for number, text in enumerate(told, 1)]
    return [
        app_commands.Choice(name=clipped(each, LABEL), value=number)
        for number, each in enumerate(labels, 1)
        if typed.strip().casefold() in each.casefold()
    ][:CHOICES]
