"""What moderators do: the list of the people that a server has blocked, and what changes it.

Law: who may is checked by `rights`. A block is told to nobody but its moderators.
"""

from typing import Final

import discord

from bot.core.moderation import Act
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, redraw
from bot.discord_ui.interactions.common.rights import moderates_server, require_moderating_server
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.voices import voice_of
from bot.storage.blocks import Block
from bot.texts.sentences import Sentence, Voice

SHOWN: Final = 10
"""Blocks on a page: each is a text with a button, and Discord takes 40 components in one message."""


async def block(
    services: Services, interaction: discord.Interaction, person: discord.User | discord.Member
) -> None:
    """Block a person on the server, stop what is being written for them, and show the list."""
    require_moderating_server(interaction)
    assert interaction.guild_id is not None
    if person.id == interaction.user.id:
        raise Refused("block.yourself")
    if person.bot:
        raise Refused("block.bot")
    if isinstance(person, discord.Member) and (
        moderates_server(person) or person.guild_permissions.manage_guild
    ):
        raise Refused("block.moderator", person=person.id)
    is_new = await services.story.choices.block(interaction.guild_id, person.id, interaction.user.id)
    services.runner.stop_person(interaction.guild_id, person.id)
    if is_new:
        services.moderation.used(interaction, Act.BLOCKED, about=person.mention)
    said = Sentence("block.done" if is_new else "block.already", person=person.id)
    await show_blocks(services, interaction, said=said)


async def lift(services: Services, interaction: discord.Interaction, user_id: int) -> None:
    """Lift a block, and show the list."""
    require_moderating_server(interaction)
    assert interaction.guild_id is not None
    was = await services.story.choices.lift(interaction.guild_id, user_id)
    if was:
        services.moderation.used(interaction, Act.UNBLOCKED, about=f"<@{user_id}>")
    said = Sentence("block.lifted" if was else "block.lifted_already", person=user_id)
    await show_blocks(services, interaction, said=said)


async def show_blocks(
    services: Services, interaction: discord.Interaction, page: int = 1, said: Sentence | None = None
) -> None:
    """Show a page of the server's blocks, the newest first, after what was just done."""
    require_moderating_server(interaction)
    assert interaction.guild_id is not None
    voice, blocks = voice_of(interaction), await services.story.choices.blocks(interaction.guild_id)
    pages = max(1, -(-len(blocks) // SHOWN))
    page = min(max(page, 1), pages)
    shown = blocks[(page - 1) * SHOWN : page * SHOWN]
    turning = [
        panel.button(voice.say(label), f"rp:block:page:{number}")
        for label, number in (("button.page.back", page - 1), ("button.page.next", page + 1))
        if 1 <= number <= pages
    ]
    about = "block.about" if blocks else "block.none"
    await redraw(
        interaction,
        panel.panel(
            [
                *([panel.text(voice.render(said)), panel.line()] if said is not None else []),
                panel.text(voice.say("block.title"), panel.small(voice.say(about))),
                *(_line(each, voice) for each in shown),
                *([panel.row(*turning)] if turning else []),
            ]
        ),
    )


def _line(block: Block, voice: Voice) -> panel.Block:
    at = int(block.at.timestamp())
    line = Sentence(
        "block.line" if block.by_user else "block.line.forgotten",
        person=block.user_id,
        at=at,
        by=block.by_user,
    )
    button = panel.button(voice.say("button.block.lift"), f"rp:block:lift:{block.user_id}")
    return panel.beside(voice.render(line), button)
