"""The cards of servers' own lorebooks, and what is said of one that somebody brings.

Law: what it shows takes Manage Server, which its callers check.
"""

import io
from typing import Final

import discord

from bot.core.posts.pages import excerpt
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused
from bot.discord_ui.interactions.common.panel import Block
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.voices import voice_of
from bot.storage.server_lore import StoredBook
from bot.texts.sentences import Sentence, Voice

MENU: Final = "rp:lores"
"""The id of the menu of a server's own books."""

PROBLEMS: Final = 5
"""Most problems of a file that are told."""

_LABEL: Final = 100
"""Characters in the label of an option (Discord's page "Component Reference", String Select)."""


def menu(books: list[StoredBook], voice: Voice) -> Block:
    """Return the menu in which one of a server's own books is chosen."""
    options = [discord.SelectOption(label=excerpt(each.key, _LABEL), value=each.key) for each in books]
    return panel.row(panel.menu(MENU, options, hint=voice.say("lore.menu")))


async def card(services: Services, interaction: discord.Interaction, key: str) -> discord.ui.LayoutView:
    """Return the card of a server's own book, with what can be done with it.

    Raises:
        Refused: it is gone.
    """
    voice, server = voice_of(interaction), interaction.guild_id or 0
    stored = await services.story.records.lorebooks.get(server, key)
    index = (await services.story.inspector.shelf(server)).own.get(key)
    if stored is None:
        raise Refused("lore.gone")
    name = panel.plain(index.name if index is not None else key)
    who = f"<@{stored.by_user}>" if stored.by_user else Sentence("lore.somebody")
    when = discord.utils.format_dt(stored.at, "d")
    lines = [
        f"## {name}",
        voice.say("lore.card", count=len(index.book.entries) if index else 0, who=who, when=when),
    ]
    if index is not None and index.book.description.strip():
        lines.append(panel.plain(excerpt(index.book.description, 500)))
    buttons = [
        panel.button(voice.say("button.download"), f"rp:lore:get:{key}"),
        panel.button(voice.say("button.lore.delete"), f"rp:lore:drop:{key}"),
    ]
    return panel.panel([panel.text(*lines), panel.row(*buttons)])


def as_file(stored: StoredBook) -> discord.File:
    """Return a book as a file."""
    return discord.File(io.BytesIO(stored.text.encode()), f"{stored.key}.yaml")
