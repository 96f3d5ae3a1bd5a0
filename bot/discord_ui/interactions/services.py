"""The services: what every command and control draws on, and how it answers.

Law: whoever asks is told something within Discord's three seconds, whatever happens. Rights are looked at
here, in the handler: a server can show any command to anybody.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, cast
from weakref import WeakValueDictionary

import aiohttp
import discord
from discord import app_commands

from bot.core.persona import Persona
from bot.core.posts.pages import CONTENT_LIMIT, clipped, utf16_length
from bot.core.routing import Respond
from bot.core.scene import Place
from bot.discord_ui.inbound import age_restricted, read_place
from bot.discord_ui.posting.faces import Faces
from bot.discord_ui.posting.request import Barred, Gone, Unavailable
from bot.discord_ui.replies.runner import ReplyRunner
from bot.personas.library import Shelf
from bot.storage.errors import StorageError
from bot.story.casting import ChannelCast, offered
from bot.story.story import Story
from bot.texts.sentences import say

log = logging.getLogger(__name__)

CHOICES = 25
"""Entries Discord takes in a menu, and answers while somebody types."""

LABEL = 100
"""UTF-16 units Discord takes in the name of a choice, its value and its description."""


class Refused(Exception):  # noqa: N818 - it says what is wrong
    """What was asked for is not done; the text tells whoever asked why, and what to do."""


@dataclass(frozen=True, slots=True)
class Services:
    """The story and the decisions about it, for one connected client.

    Attributes:
        message_content: whether the bot reads messages that do not address it.
        offers: the ids of buttons that stand under an answer and work until a restart at most.
        turn_locks: who changes what is shown of a turn holds its lock; `lock_turn` turn_locks it out.
    """

    story: Story
    runner: ReplyRunner
    faces: Faces
    message_content: bool
    offers: set[str] = field(default_factory=set)
    turn_locks: WeakValueDictionary[int, asyncio.Lock] = field(default_factory=WeakValueDictionary)

    def lock_turn(self, turn_id: int) -> asyncio.Lock:
        """Return what whoever shows a turn anew holds, so that nobody else's edits come between."""
        lock = self.turn_locks.get(turn_id)
        if lock is None:
            lock = self.turn_locks[turn_id] = asyncio.Lock()
        return lock

    def records(self, part: ChannelCast) -> bool:
        """Tell whether all that is said in a place is stored, not only what addresses a persona."""
        return part.bound and self.message_content

    def wakes(self, part: ChannelCast) -> Respond:
        """Return what gets an answer in a place; a name needs a bound channel, and the right to read it."""
        if part.settings.respond is Respond.NEVER or self.records(part):
            return part.settings.respond
        return Respond.MENTION

    def personas(self, server_id: int | None) -> Shelf:
        """Return the personas of a server, as they are now."""
        return self.story.casting.library.at(server_id)

    def persona(self, server_id: int | None, key: str, channel: object | None) -> Persona:
        """Return the persona somebody asked for, by key or by name; without a channel it is for many.

        Raises:
            Refused: there is none, or it is for age-restricted channels only and these need not be.
        """
        personas = self.personas(server_id)
        named = (each for each in personas if each.name.casefold() == key.strip().casefold())
        persona = personas.get(key.strip()) or next(named, None)
        if persona is None:
            raise Refused(say("command.no_such_persona"))
        if persona.nsfw and not age_restricted(channel):
            raise Refused(say("command.age_restricted", persona=persona.name))
        return persona


class _Served(Protocol):
    services: Services


def services_of(interaction: discord.Interaction) -> Services:
    """Return the services of the client that an interaction came to."""
    return cast("_Served", interaction.client).services


def place_of(interaction: discord.Interaction) -> Place:
    """Return where somebody used a command or a control."""
    assert interaction.channel is not None
    return read_place(interaction.channel, interaction.guild_id)


def may(interaction: discord.Interaction, *rights: str) -> bool:
    """Tell whether whoever asks has all of these permissions in the channel; Discord counts them for us."""
    return all(getattr(interaction.permissions, right) for right in rights) or is_admin(interaction)


def is_admin(interaction: discord.Interaction) -> bool:
    """Tell whether whoever asks may do everything."""
    return interaction.permissions.administrator


def require(interaction: discord.Interaction, right: str) -> None:
    """Go on only if whoever asks has a permission.

    Raises:
        Refused: they have not.
    """
    if not may(interaction, right):
        raise Refused(say("command.no_right", right=say(f"right.{right}")))


def require_writing(interaction: discord.Interaction) -> None:
    """Go on only if whoever asks may write here themselves: a command shows their words in their place.

    Raises:
        Refused: they may not.
    """
    require(interaction, writing_right(interaction))


def writing_right(interaction: discord.Interaction) -> str:
    """Return the permission that it takes to write where somebody asks."""
    is_thread = isinstance(interaction.channel, discord.Thread)
    return "send_messages_in_threads" if is_thread else "send_messages"


@asynccontextmanager
async def answering(interaction: discord.Interaction) -> AsyncIterator[Services]:
    """Do what was asked, and tell whoever asked why it could not be done."""
    services = services_of(interaction)
    with services.runner.at_work():
        try:
            yield services
        except Refused as refused:
            await tell_error(interaction, str(refused))
        except StorageError as error:
            services.runner.complaints.storage_failed(interaction.channel_id or 0, error)
            await tell_error(interaction, say("command.storage"))
        except (discord.HTTPException, aiohttp.ClientError, Barred, Gone, Unavailable) as error:
            log.warning(say("host.command_failed", command=_name(interaction), reason=_reason(error)))
            await tell_error(interaction, say("command.discord"))
        except Exception:
            log.exception(say("host.command_broke", command=_name(interaction)))
            await tell_error(interaction, say("command.broke"))


async def tell(interaction: discord.Interaction, text: str, **more: Any) -> None:  # noqa: ANN401 - discord.py's own
    """Answer whoever asked, for nobody else to see; nothing happens if Discord waits no more."""
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, ephemeral=True, **more)
        else:
            await interaction.response.send_message(text, ephemeral=True, **more)
    except discord.NotFound:
        log.info(say("host.command_late", command=_name(interaction)))


async def tell_error(interaction: discord.Interaction, text: str) -> None:
    """Tell whoever asked why it is not done; nothing happens if Discord does not take that either."""
    try:
        await tell(interaction, text)
    except (discord.HTTPException, aiohttp.ClientError) as error:
        log.warning(say("host.command_failed", command=_name(interaction), reason=_reason(error)))


def fits(text: str) -> bool:
    """Tell whether Discord takes a text as one message."""
    return utf16_length(text) <= CONTENT_LIMIT


async def complete_persona(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Return the personas that fit what somebody has typed so far, for any command with such an option."""
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


def _reason(error: Exception) -> str:
    return getattr(error, "text", "") or str(error) or type(error).__name__


def _name(interaction: discord.Interaction) -> str:
    """Return what was used, without what was typed."""
    command = interaction.command
    data = cast("dict[str, object]", interaction.data or {})
    return f"/{command.qualified_name}" if command else str(data.get("custom_id", "?"))
