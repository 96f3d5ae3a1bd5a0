"""The slash commands, one file each.

Law: a handler checks rights, calls a use case and tells the outcome. Discord hides commands by permission,
but servers can change that, so every handler checks again.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands

from bot.core.reach import Reach
from bot.discord_ui.interactions.commands.dramatis import DramatisCommands
from bot.discord_ui.interactions.commands.help import show_help
from bot.discord_ui.interactions.commands.lore import LoreCommands
from bot.discord_ui.interactions.commands.memory import show_memory
from bot.discord_ui.interactions.commands.menus import message_menus
from bot.discord_ui.interactions.commands.myself import show_myself
from bot.discord_ui.interactions.commands.persona import PersonaCommands
from bot.discord_ui.interactions.commands.privacy import show_privacy
from bot.discord_ui.interactions.commands.roll import roll
from bot.discord_ui.interactions.commands.scene import SceneCommands
from bot.discord_ui.interactions.commands.talk import talk
from bot.discord_ui.interactions.commands.undo import undo
from bot.discord_ui.interactions.commands.usage import show_usage
from bot.discord_ui.interactions.common.answering import admits, refuse
from bot.discord_ui.interactions.common.services import Services, services_of
from bot.discord_ui.voices import labels
from bot.storage.errors import StorageError
from bot.story.places.admin_choices import RegisteredCommands
from bot.texts.sentences import HOST, LANGUAGES, Sentence

log = logging.getLogger(__name__)


class Tree(app_commands.CommandTree):
    """All commands, and an answer to those that Discord shows from another version of the bot."""

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let commands and suggestions through where the bot is served."""
        return await admits(interaction)

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer a command that no handler takes as it is."""
        await _tell_unknown(interaction, str(error))

    async def _call(self, interaction: discord.Interaction) -> None:
        """Run a command; the library would leave one with data of another shape unanswered."""
        try:
            await super()._call(interaction)
        except app_commands.AppCommandError:
            raise
        except Exception as error:  # noqa: BLE001 - the library raises whatever it stumbles over
            # Else the library looks for it in the data again.
            interaction._cs_command = None  # type: ignore[attr-defined]  # noqa: SLF001
            await _tell_unknown(interaction, type(error).__name__)


async def _tell_unknown(interaction: discord.Interaction, reason: str) -> None:
    log.warning(HOST.say("host.command_unknown", reason=reason))
    # Another program has replaced the commands at Discord: the next start sends ours again.
    services = services_of(interaction)
    try:
        services.command_ids.clear()
        await services.story.choices.tell_commands(interaction.application_id, RegisteredCommands())
    except StorageError as failure:
        services.runner.complaints.storage_failed(interaction.channel_id or 0, failure)
    await refuse(interaction, Sentence("command.unknown"))


LOOK: Final = 20.0
"""Seconds between two looks for the ids of the commands."""

DIRECT: Final = frozenset(
    {"talk", "roll", "scene", "persona", "memory", "undo", "myself", "help", "privacy", "usage"}
    | {"from_here", "edit", "remove", "remember"}
)
"""The commands in direct messages, with all that is in them: Discord asks only where the first word works, so
that handlers refuse what is for servers."""

PERSONAL: Final = frozenset({"talk", "myself", "help", "privacy", "usage"})
"""The commands of a bot that a person installed for themselves, wherever they are."""


def build_tree(client: discord.Client, outside: Collection[Reach] = frozenset()) -> app_commands.CommandTree:
    """Return the tree of all commands, not yet sent to Discord; `outside` is where else than on servers."""
    tree = Tree(client)
    tree.add_command(talk)
    tree.add_command(roll)
    for group in (SceneCommands(), PersonaCommands(), LoreCommands(), DramatisCommands()):
        tree.add_command(group)
    tree.add_command(show_memory)
    tree.add_command(undo)
    tree.add_command(show_myself)
    tree.add_command(show_help)
    tree.add_command(show_privacy)
    tree.add_command(show_usage)
    for name, menu in message_menus().items():
        tree.add_command(menu)
        _allow(menu, name, outside)
    for command in tree.get_commands(type=discord.AppCommandType.chat_input):
        _allow(command, command.name, outside)
    return tree


def _allow(
    command: app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu,
    name: str,
    outside: Collection[Reach],
) -> None:
    """Let a command be used where the bot's owner turned it on; the same object serves all clients."""
    direct = Reach.DIRECT in outside and name in DIRECT
    personal = Reach.PERSONAL in outside and name in PERSONAL
    command.guild_only = not (direct or personal)
    command.allowed_contexts = app_commands.AppCommandContext(
        guild=True, dm_channel=direct, private_channel=personal
    )
    command.allowed_installs = app_commands.AppInstallationType(guild=True, user=personal)


def digest(tree: app_commands.CommandTree) -> str:
    """Return a hash of the commands and of the files with their translations."""
    commands = sorted([command.to_dict(tree) for command in tree.get_commands()], key=lambda one: one["name"])
    content = [commands, {language: _hash(path) for language, path in LANGUAGES.items()}]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@cache
def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


async def sync(tree: app_commands.CommandTree, services: Services, application_id: int) -> None:
    """Send the commands to Discord, unless it has them already: Discord accepts few of these a day.

    Nothing waits for it, because it may take hours once the day's budget is spent. A failure is logged, and
    leaves commands without a link to them.
    """
    await tree.set_translator(await asyncio.to_thread(labels))  # to read the languages takes a while
    found, choices = digest(tree), services.story.choices
    try:
        known = await choices.told_commands(application_id)
        if known.digest == found:
            services.command_ids.update(known.ids)
            return
        registered = await tree.sync()
        slash = [each for each in registered if each.type is discord.AppCommandType.chat_input]
        services.command_ids.update({each.name: each.id for each in slash})
        await choices.tell_commands(application_id, RegisteredCommands(found, services.command_ids))
    except StorageError as error:
        log.warning(
            HOST.say("host.not_synced", reason=HOST.say(f"{error.family}.{error.kind}", **error.facts))
        )
    except discord.HTTPException as error:
        log.warning(HOST.say("host.not_synced", reason=error.text or error))
    except (aiohttp.ClientError, OSError) as error:
        log.warning(HOST.say("host.not_synced", reason=str(error) or type(error).__name__))
    else:
        log.info(HOST.say("host.synced"))


async def learn(services: Services, application_id: int) -> None:
    """Learn the ids of the commands once the first shard's client has sent them, in whichever process."""
    while not services.command_ids:
        with suppress(StorageError):
            services.command_ids.update((await services.story.choices.told_commands(application_id)).ids)
        if not services.command_ids:
            await asyncio.sleep(LOOK)
