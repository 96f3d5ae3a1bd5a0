"""The entries in the menu of a message.

Law: the message tells which turn is meant; what an entry does is in `revising`, `removing`, `remembering` and
`branching`.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions.common.answering import Refused, answering, tell
from bot.discord_ui.interactions.common.rights import require_writing
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.memory import remembering
from bot.discord_ui.interactions.revisions import removing, revising
from bot.discord_ui.interactions.revisions.editing import open_form
from bot.discord_ui.interactions.scenes import branching
from bot.discord_ui.voices import label


async def _from_here(interaction: discord.Interaction, message: discord.Message) -> None:
    """Write a new version of a reply."""
    async with answering(interaction) as services:
        require_writing(interaction)
        await revising.again(services, interaction, await _reply(services, message))


async def _edit(interaction: discord.Interaction, message: discord.Message) -> None:
    """Open the form with a reply's text."""
    async with answering(interaction) as services:
        require_writing(interaction)
        await open_form(services, interaction, await _reply(services, message))


async def _remove(interaction: discord.Interaction, message: discord.Message) -> None:
    """Take a person's message out of the story, or offer the ways in which a reply can leave it."""
    async with answering(interaction) as services:
        turn = await services.story.revision.turns.turn_of(message.id)
        if removing.is_own_line(interaction, message, turn):
            await removing.delete_line(services, interaction, message)
        elif turn is None:
            raise Refused("revise.no_turn")
        elif turn.persona_key is not None:
            await removing.offer(services, interaction, turn.id)
        else:
            await removing.remove_words(services, interaction, turn)


async def _remember(interaction: discord.Interaction, message: discord.Message) -> None:
    """Pin a message's words."""
    async with answering(interaction) as services:
        await tell(interaction, await remembering.remember(services, interaction, message.id))


async def _branch(interaction: discord.Interaction, message: discord.Message) -> None:
    """Open a thread whose story begins with this one, up to the message."""
    async with answering(interaction) as services:
        await branching.branch(services, interaction, message)


async def _reply(services: Services, message: discord.Message) -> int:
    """Return the persona's turn that a message shows a page of.

    Raises:
        Refused: the message shows none.
    """
    turn = await services.story.revision.turns.turn_of(message.id)
    if turn is None or turn.persona_key is None:
        raise Refused("revise.no_reply")
    return turn.id


def message_menus() -> dict[str, app_commands.ContextMenu]:
    """Return new entries by the names of what they do, as a command tree takes each object once.

    Discord allows five.
    """
    return {
        "from_here": app_commands.ContextMenu(name=label("menu.from_here"), callback=_from_here),
        "edit": app_commands.ContextMenu(name=label("menu.edit"), callback=_edit),
        "remove": app_commands.ContextMenu(name=label("menu.remove"), callback=_remove),
        "remember": app_commands.ContextMenu(name=label("menu.remember"), callback=_remember),
        "branch": app_commands.ContextMenu(name=label("menu.branch"), callback=_branch),
    }
