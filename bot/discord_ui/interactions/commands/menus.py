"""The entries in the menu of a message: what somebody can have done to it.

Law: the message says which turn is meant; what is done is `revising`'s.
"""

import discord
from discord import app_commands

from bot.discord_ui.interactions import revising
from bot.discord_ui.interactions.editing import open_form
from bot.discord_ui.interactions.services import Refused, Services, answering, require_writing
from bot.texts.sentences import say


async def _from_here(interaction: discord.Interaction, message: discord.Message) -> None:
    """Have a reply written anew."""
    async with answering(interaction) as services:
        require_writing(interaction)
        await revising.again(services, interaction, await _reply(services, message))


async def _edit(interaction: discord.Interaction, message: discord.Message) -> None:
    """Open the form with a reply's words."""
    async with answering(interaction) as services:
        require_writing(interaction)
        await open_form(services, interaction, await _reply(services, message))


async def _remove(interaction: discord.Interaction, message: discord.Message) -> None:
    """Take a reply, or what a person said, out of the story."""
    async with answering(interaction) as services:
        turn = await services.story.revision.turn_of(message.id)
        if turn is None:
            raise Refused(say("revise.no_turn"))
        if turn.persona_key is not None:
            await revising.remove(services, interaction, turn.id)
        else:
            await revising.remove_words(services, interaction, turn)


async def _reply(services: Services, message: discord.Message) -> int:
    """Return the persona's turn that a message shows a page of.

    Raises:
        Refused: it shows none.
    """
    turn = await services.story.revision.turn_of(message.id)
    if turn is None or turn.persona_key is None:
        raise Refused(say("revise.no_reply"))
    return turn.id


def message_menus() -> list[app_commands.ContextMenu]:
    """Return the entries; a command tree takes each object once. Discord's library allows five."""
    menus = [
        app_commands.ContextMenu(name=say("menu.from_here"), callback=_from_here),
        app_commands.ContextMenu(name=say("menu.edit"), callback=_edit),
        app_commands.ContextMenu(name=say("menu.remove"), callback=_remove),
    ]
    for menu in menus:
        menu.guild_only = True
    return menus
