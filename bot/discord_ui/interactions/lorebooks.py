"""The cards of servers' own lorebooks, and what is said of one that somebody brings.

Law: what it shows takes Manage Server, which its callers check.
"""

import io
from typing import Final

import discord

from bot.core.lore.importing import Remark
from bot.core.posts.pages import excerpt
from bot.discord_ui.interactions import mistakes, panel
from bot.discord_ui.interactions.answering import Refused
from bot.discord_ui.interactions.panel import Block
from bot.discord_ui.interactions.services import Services
from bot.discord_ui.voices import voice_of
from bot.storage.server_lore import StoredBook
from bot.story.lorebooks import Brought, Unreadable
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


def mistakes_panel(error: Unreadable, file: str, voice: Voice) -> discord.ui.LayoutView:
    """Return what is wrong in a file that is no lorebook.

    Raises:
        Refused: nothing can be said of its lines.
    """
    if error.reading is None:
        raise Refused("lore.no_book")
    return panel.panel(mistakes.blocks(file, error.text, error.reading.problems, voice))


def told(brought: Brought, before: StoredBook | None, voice: Voice) -> str:
    """Return what is said of a book that was stored."""
    assert brought.reading.index is not None
    index = brought.reading.index
    kind = "lore.brought" if before is None else "lore.replaced"
    facts = {"name": panel.plain(index.name), "key": brought.key, "count": len(index.book.entries)}
    known = ", ".join(map(panel.plain, index.book.personas)) or ", ".join(
        f"<#{channel}>" for channel in index.book.channels[:5]
    )
    lines = [voice.say(kind, **facts), voice.say("lore.known", known=known)]
    lines += [f"- {_remark(each, voice)}" for each in brought.report]
    lines += [f"- {panel.plain(excerpt(str(each), 300))}" for each in brought.reading.warnings[:PROBLEMS]]
    return excerpt("\n".join(lines), 1900)


def _remark(remark: Remark, voice: Voice) -> str:
    names = ", ".join(panel.plain(excerpt(each, 40)) for each in remark.names)
    return voice.say(
        f"lore.remark.{remark.kind}",
        count=remark.entries,
        names=names,
        said=panel.plain(excerpt(remark.said, 80)),
    )
