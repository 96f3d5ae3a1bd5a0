"""The slash commands, one file for each that people see.

Law: a handler checks rights, calls a use case and says the outcome. Discord hides commands by
permission, but servers can change that, so every handler checks again.
"""

import hashlib
import json
import logging

import aiohttp
import discord
from discord import app_commands

from bot.discord_ui.interactions.commands.dramatis import DramatisCommands
from bot.discord_ui.interactions.commands.help import show_help
from bot.discord_ui.interactions.commands.menus import message_menus
from bot.discord_ui.interactions.commands.persona import PersonaCommands
from bot.discord_ui.interactions.commands.scene import SceneCommands
from bot.discord_ui.interactions.commands.talk import talk
from bot.discord_ui.interactions.services import services_of, tell_error
from bot.storage.errors import StorageError
from bot.story.admin_choices import AdminChoices
from bot.texts.sentences import say

log = logging.getLogger(__name__)


class Tree(app_commands.CommandTree):
    """All commands. Whoever uses one that we do not have, or not like that, is told so."""

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        """Answer in place of a handler that was not reached: Discord shows commands of another version."""
        log.warning(say("host.command_unknown", reason=error))
        # Somebody else has told Discord of commands since we did: the next start tells it of ours again.
        services = services_of(interaction)
        try:
            await services.story.choices.tell_commands(interaction.application_id, "")
        except StorageError as failure:
            services.runner.complaints.storage_failed(interaction.channel_id or 0, failure)
        if interaction.type is discord.InteractionType.application_command:
            await tell_error(interaction, say("command.unknown"))


def build_tree(client: discord.Client) -> app_commands.CommandTree:
    """Return the tree of all commands; Discord is not told of it yet."""
    tree = Tree(
        client,
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
    )
    tree.add_command(talk)
    for group in (SceneCommands(), PersonaCommands(), DramatisCommands()):
        tree.add_command(group)
    tree.add_command(show_help)
    for menu in message_menus():
        tree.add_command(menu)
    return tree


def digest(tree: app_commands.CommandTree) -> str:
    """Return what changes when a command does."""
    commands = sorted((command.to_dict(tree) for command in tree.get_commands()), key=lambda one: one["name"])
    return hashlib.sha256(json.dumps(commands, sort_keys=True).encode()).hexdigest()


async def sync(tree: app_commands.CommandTree, choices: AdminChoices, application_id: int) -> None:
    """Tell Discord of the commands, unless it knows them as they are: the daily budget for that is small.

    Nothing waits for it: whoever has spent that budget may wait for hours. A failure stands in the log.
    """
    found = digest(tree)
    try:
        if await choices.told_commands(application_id) == found:
            return
        await tree.sync()
        await choices.tell_commands(application_id, found)
    except StorageError as error:
        log.warning(say("host.not_synced", reason=say(f"storage.{error.kind}", **error.facts)))
    except discord.HTTPException as error:
        log.warning(say("host.not_synced", reason=error.text or error))
    except (aiohttp.ClientError, OSError) as error:
        log.warning(say("host.not_synced", reason=str(error) or type(error).__name__))
    else:
        log.info(say("host.synced"))
