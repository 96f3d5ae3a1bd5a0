"""The personas that people choose by typing.

Law: a persona for age-restricted channels is offered and accepted only where Discord restricts the age.
"""

import discord
from discord import app_commands

from bot.core.persona import Persona
from bot.core.posts.pages import clipped
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.answering import Refused
from bot.discord_ui.interactions.services import Services, services_of
from bot.story.casting import offered

CHOICES = 25
"""Entries that Discord takes in a menu, and in the suggestions while a person types."""

LABEL = 100
"""UTF-16 units that Discord takes in the name of a choice, its value and its description."""


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
    wanted, restricted = typed.strip().casefold(), age_restricted(interaction.channel)
    fitting = [
        persona
        for persona in offered(services_of(interaction).personas(interaction.guild_id))
        if (wanted in persona.key.casefold() or wanted in persona.name.casefold())
        and (restricted or not persona.nsfw)
    ]
    return [
        app_commands.Choice(name=clipped(f"{persona.name} ({persona.key})", LABEL), value=persona.key)
        for persona in fitting[:CHOICES]
    ]
