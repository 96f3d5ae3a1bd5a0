"""`/lore upload`: a file becomes a server's own lorebook, over one that it has after a diff and a press.

Law: it takes Manage Server at every step. A book that would be replaced is the one whose digest is in the
button, and what takes its place is the file of the panel: so the button works after a restart too, and nobody
replaces what they haven't seen.
"""

import asyncio
import io
from pathlib import Path
from typing import Any, Final
from zlib import crc32

import discord

from bot.core.lore.importing import Remark
from bot.core.moderation import Act
from bot.core.posts.pages import excerpt
from bot.discord_ui.interactions.common import mistakes, panel
from bot.discord_ui.interactions.common.answering import Refused, replace
from bot.discord_ui.interactions.common.offering import attached, loaded
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.personas import cards, drafting
from bot.discord_ui.voices import voice_of
from bot.storage.server_lore import StoredBook
from bot.story.server_library.lorebooks import FILE_SIZE, SIZE, Brought, Unreadable
from bot.texts.lore import known_to
from bot.texts.sentences import Voice

SAVE: Final = "rp:lore:save"
"""How the id of the button begins that replaces a book."""

DOUBTS: Final = 5
"""Most warnings about a file that are told."""

TOLD_LIMIT: Final = 1500
"""Characters of what is told of a file, beside what it changes."""


async def take(
    services: Services, interaction: discord.Interaction, sent: discord.Attachment, persona: str | None
) -> None:
    """Store what is new, and show what would be replaced; `persona` is the key of who is to know it."""
    if sent.size > FILE_SIZE:
        raise Refused("lore.too_big", most=SIZE // 1024)
    await interaction.response.defer(ephemeral=True, thinking=True)
    await _propose(services, interaction, (sent.filename, await loaded(sent), persona))


async def save(services: Services, interaction: discord.Interaction, digest: str, key: str) -> None:
    """Replace the book with this digest by the file of the panel; one that has changed is shown again."""
    require(interaction, "manage_guild")
    await interaction.response.defer()
    content = await attached(interaction, SIZE)
    sent, server_id = (f"{key}.yaml", content, None), interaction.guild_id or 0
    before = await services.story.records.lorebooks.get(server_id, key)
    if before is None or digest_of(before) != digest:
        await _propose(services, interaction, sent)
        return
    brought = await _read(services, interaction, sent)
    if brought is not None:
        await _store(services, interaction, brought, before)


async def _propose(
    services: Services, interaction: discord.Interaction, sent: tuple[str, bytes, str | None]
) -> None:
    """Store a book that is new; show what would change in one that is there, with a button."""
    brought = await _read(services, interaction, sent)
    if brought is None:
        return
    before = await services.story.records.lorebooks.get(interaction.guild_id or 0, brought.key)
    if before is None:
        await _store(services, interaction, brought, None)
    elif before.text == brought.text:
        raise Refused("lore.unchanged", key=brought.key)
    else:
        await _ask(interaction, brought, before)


async def _read(
    services: Services, interaction: discord.Interaction, sent: tuple[str, bytes, str | None]
) -> Brought | None:
    """Return the lorebook of a file; None if its mistakes are shown.

    Raises:
        Refused: it is no lorebook, and nothing can be said of its lines.
    """
    try:
        return await services.story.records.lorebooks.read(interaction.guild_id or 0, *sent)
    except Unreadable as error:
        if error.is_large:
            raise Refused("lore.too_big", most=SIZE // 1024) from None
        if error.reading is None:
            raise Refused("lore.no_book") from None
        blocks = mistakes.blocks(sent[0], error.text, error.reading.problems, voice_of(interaction))
        await replace(interaction, panel.panel(blocks))
        return None


async def _ask(interaction: discord.Interaction, brought: Brought, before: StoredBook) -> None:
    voice, texts = voice_of(interaction), (before.text.encode(), brought.text.encode())
    # A large book takes a moment, in which other rooms go on.
    changes = await asyncio.to_thread(drafting.difference, *texts, voice)
    button: discord.ui.Button[Any] = discord.ui.Button(
        label=voice.say("button.replace"),
        custom_id=f"{SAVE}:{digest_of(before)}:{brought.key}",
        style=discord.ButtonStyle.primary,
    )
    blocks = [
        panel.text(*_told("lore.changes", brought, voice)),
        panel.line(),
        panel.text(*changes),
        _file(brought),
        panel.row(button),
    ]
    await replace(interaction, panel.panel(blocks), [_attachment(brought, brought.text)])


async def _store(
    services: Services, interaction: discord.Interaction, brought: Brought, before: StoredBook | None
) -> None:
    """Store a book, and say what was read; one that it replaces is handed back.

    Raises:
        Refused: it isn't stored.
    """
    server_id, books = interaction.guild_id or 0, services.story.records.lorebooks
    fault = await books.put(server_id, brought, interaction.user.id, before)
    if fault is not None:
        raise Refused(f"lore.fault.{fault}", key=brought.key)
    services.moderation.used(interaction, Act.LORE_SAVED, about=brought.key)
    voice = voice_of(interaction)
    if before is None:
        await replace(interaction, panel.panel([panel.text(*_told("lore.brought", brought, voice))]))
        return
    blocks = [panel.text(*_told("lore.replaced", brought, voice)), _file(brought)]
    await replace(interaction, panel.panel(blocks), [_attachment(brought, before.text)])


def _file(brought: Brought) -> panel.Block:
    return discord.ui.File(f"attachment://{_name(brought)}")


def _attachment(brought: Brought, text: str) -> discord.File:
    return discord.File(io.BytesIO(text.encode()), _name(brought))


def _name(brought: Brought) -> str:
    return cards.attachment_name(Path(f"{brought.key}.yaml"))


def digest_of(book: StoredBook) -> str:
    """Return by what a button knows whether a book is still as it was shown."""
    return f"{crc32(book.text.encode()):08x}"


def _told(kind: str, brought: Brought, voice: Voice) -> list[str]:
    """Return what is said of a file: how many entries it has, who knows them, and what is told otherwise."""
    assert brought.reading.index is not None
    index = brought.reading.index
    facts = {"name": panel.plain(index.name), "key": brought.key, "count": len(index.book.entries)}
    lines = [voice.say(kind, **facts), voice.say("lore.known", known=known_to(index.book, panel.plain))]
    lines += [f"- {_remark(each, voice)}" for each in brought.report]
    doubts = [voice.render(each.placed) for each in brought.reading.warnings[:DOUBTS]]
    lines += [f"- {panel.plain(excerpt(each, 300))}" for each in doubts]
    return [excerpt("\n".join(lines), TOLD_LIMIT)]


def _remark(remark: Remark, voice: Voice) -> str:
    names = [panel.plain(excerpt(each, 40)) for each in remark.names]
    return voice.say(
        f"lore.remark.{remark.kind}",
        count=remark.entries,
        names=names,
        said=panel.plain(excerpt(remark.said, 80)),
    )
