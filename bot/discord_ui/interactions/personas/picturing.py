"""The pictures of a server's own personas: the form on a persona's card, and the channel that keeps them.

Law: it takes Manage Server at every step. A picture is an attachment of a message in the channel that admins
chose for that; without one, nothing is posted anywhere.
"""

import io
import re
from contextlib import suppress
from typing import Any, Final

import aiohttp
import discord

from bot.core.moderation import Act
from bot.core.persona import Persona
from bot.core.pictures import SIZE_LIMIT, kind_of
from bot.core.posts.pages import clipped
from bot.core.settings import PICTURES
from bot.discord_ui.inbound import age_restricted
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, tell
from bot.discord_ui.interactions.common.forms import FORM_TITLE, files_of, form_of
from bot.discord_ui.interactions.common.offering import loaded
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.voices import voice_of
from bot.storage.server_pictures import Picture
from bot.texts.sentences import Sentence, Voice

FORM: Final = re.compile(r"rp:picture:(?P<persona>.{1,64})", re.DOTALL)
"""The ids of the forms, and of the buttons that open them, with the persona's key."""

NEEDED: Final = ("view_channel", "send_messages", "attach_files", "read_message_history")
"""The permissions that the bot needs in that channel."""


def picture_button(key: str, voice: Voice) -> panel.Block:
    """Return the button on the card of a server's own persona."""
    return panel.button(voice.say("button.picture"), f"rp:picture:{key}")


async def open_form(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Open the form that asks for a picture.

    Raises:
        Refused: the person may not, or there is no such persona, or no channel for its picture.
    """
    require(interaction, "manage_guild")
    persona, voice = own_persona(services, interaction, key), voice_of(interaction)
    await channel_for(services, interaction, persona)
    upload: discord.ui.FileUpload[Any] = discord.ui.FileUpload(custom_id="file", required=False, max_values=1)
    about = voice.say("picture.file.about", most=SIZE_LIMIT // 1_000_000)
    field = discord.ui.Label(text=voice.say("picture.file"), description=about, component=upload)
    title = clipped(voice.say("picture.form", persona=persona.name), FORM_TITLE)
    await interaction.response.send_modal(form_of(f"rp:picture:{key}", title, [field]))


async def take(services: Services, interaction: discord.Interaction, key: str) -> None:
    """Keep the picture of a submitted form; without one, the persona has none anymore."""
    require(interaction, "manage_guild")
    persona = own_persona(services, interaction, key)
    sent = next(files_of(interaction), None)
    if sent is not None and sent.size > SIZE_LIMIT:
        raise Refused("picture.size", most=SIZE_LIMIT // 1_000_000)
    await interaction.response.defer(ephemeral=True, thinking=True)
    name = panel.plain(persona.name)
    if sent is None:
        assert interaction.guild_id is not None
        await _discard(
            interaction, await services.story.records.pictures.drop(interaction.guild_id, persona.key)
        )
        services.moderation.used(interaction, Act.PICTURE, about=persona.key)
        await tell(interaction, Sentence("picture.removed", persona=name))
        return
    content = await loaded(sent)
    await keep(services, interaction, persona, content)
    await tell(interaction, Sentence("picture.kept", persona=name))


async def keep(
    services: Services, interaction: discord.Interaction, persona: Persona, content: bytes
) -> None:
    """Post a picture in the channel for pictures, and let a server's own persona have it.

    Raises:
        Refused: it is no picture, too large, or can't be posted in a channel for pictures.
    """
    kind = kind_of(content)
    if kind is None:
        raise Refused("picture.kind")
    if len(content) > SIZE_LIMIT:
        raise Refused("picture.size", most=SIZE_LIMIT // 1_000_000)
    channel = await channel_for(services, interaction, persona)
    words = voice_of(interaction).say("picture.posted", persona=panel.plain(persona.name))
    try:
        message = await channel.send(words, file=discord.File(io.BytesIO(content), f"picture.{kind}"))
    except discord.Forbidden:
        raise Refused("picture.channel_forbidden", channel=channel.id) from None
    except (discord.HTTPException, aiohttp.ClientError) as error:
        raise Refused("picture.not_taken", channel=channel.id) from error
    kept = Picture(channel.guild.id, persona.key, channel.id, message.id)
    await _discard(interaction, await services.story.records.pictures.put(kept))
    services.moderation.used(interaction, Act.PICTURE, about=persona.key)


async def channel_for(
    services: Services, interaction: discord.Interaction, persona: Persona
) -> discord.TextChannel:
    """Return the channel in which a persona's picture is posted.

    Raises:
        Refused: there is none, it is gone, or it isn't for this persona.
    """
    guild = interaction.guild
    assert guild is not None
    chosen = (await services.story.choices.set_of("server", guild.id)).get(PICTURES, "")
    if not chosen.isdecimal():
        raise Refused("picture.no_channel", settings=services.command("dramatis settings"))
    channel = guild.get_channel(int(chosen))
    if not isinstance(channel, discord.TextChannel):
        raise Refused("picture.channel_gone", settings=services.command("dramatis settings"))
    if persona.nsfw and not age_restricted(channel):
        raise Refused("picture.channel_age", channel=channel.id, persona=panel.plain(persona.name))
    require_place(channel)
    return channel


def require_place(channel: discord.TextChannel) -> None:
    """Check that the bot can keep pictures in a channel.

    Raises:
        Refused: it lacks a permission there.
    """
    ours = channel.permissions_for(channel.guild.me)
    for right in NEEDED:
        if not (getattr(ours, right) or ours.administrator):
            raise Refused("picture.channel_lacks", channel=channel.id, right=Sentence(f"right.{right}"))


def own_persona(services: Services, interaction: discord.Interaction, key: str) -> Persona:
    """Return a server's own persona.

    Raises:
        Refused: it has none of this key that can be loaded.
    """
    shelf = services.personas(interaction.guild_id)
    persona = shelf.get(key) if key in shelf.own else None
    if persona is None:
        raise Refused("picture.not_own")
    return persona


async def _discard(interaction: discord.Interaction, picture: Picture | None) -> None:
    """Delete the message of a picture that is of no more use, if that is possible."""
    if picture is not None:
        channel = interaction.client.get_partial_messageable(picture.channel_id)
        with suppress(discord.HTTPException, aiohttp.ClientError):
            await channel.get_partial_message(picture.message_id).delete()
