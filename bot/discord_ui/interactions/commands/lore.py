"""`/lore`: the lorebooks, those of the server's own, and what a text or the channel as it is would bring up.

Law: everything here takes Manage Server.
"""

import io
from collections.abc import Sequence

import discord
from discord import app_commands

from bot.core.lore.index import Index
from bot.core.routing import NoReply
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import answering, fits, show, tell
from bot.discord_ui.interactions.common.choosing import complete_persona, persona_named
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.lore import bringing, lorebooks
from bot.discord_ui.interactions.lore.reading import readable_lore
from bot.discord_ui.interactions.playing.asking import tell_why
from bot.discord_ui.voices import label, voice_of
from bot.texts.lore import known_to, lore_lines
from bot.texts.sentences import Sentence, Voice

TEXT_LIMIT = 2000
"""Characters of a text to be tried: a message's."""


class LoreCommands(app_commands.Group):
    """The commands about lorebooks."""

    def __init__(self) -> None:
        """Build the group; Discord shows it to people with Manage Server."""
        super().__init__(
            name="lore",
            description=label("describe.lore"),
            default_permissions=discord.Permissions(manage_guild=True),
        )

    @app_commands.command(name="list", description=label("describe.lore.list"))
    async def list_all(self, interaction: discord.Interaction) -> None:
        """Show the lorebooks of the server."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            voice = voice_of(interaction)
            lines = await _listed(services, interaction.guild_id, voice)
            own = await services.story.records.lorebooks.of(interaction.guild_id or 0)
            if not own:
                await _answer(interaction, lines or [voice.say("lore.none")])
                return
            blocks = [panel.text(*lines), lorebooks.menu(own, voice)]
            await show(interaction, panel.panel(blocks))

    @app_commands.command(name="upload", description=label("describe.lore.upload"))
    @app_commands.describe(file=label("describe.lore.file"), persona=label("describe.lore.persona"))
    @app_commands.autocomplete(persona=complete_persona)
    async def upload(
        self, interaction: discord.Interaction, file: discord.Attachment, persona: str | None = None
    ) -> None:
        """Bring a lorebook of the server's own."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            key = None
            if persona is not None:
                key = persona_named(services, interaction.guild_id, persona, None).key
            await bringing.take(services, interaction, file, key)

    @app_commands.command(name="test", description=label("describe.lore.test"))
    @app_commands.describe(text=label("describe.lore.text"), persona=label("describe.persona.which"))
    @app_commands.autocomplete(persona=complete_persona)
    async def test(
        self,
        interaction: discord.Interaction,
        text: app_commands.Range[str, 1, TEXT_LIMIT] | None = None,
        persona: str | None = None,
    ) -> None:
        """Say what a text would bring up, or the channel as it is."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            key = None
            if persona is not None:
                key = persona_named(services, interaction.guild_id, persona, interaction.channel).key
            found = await services.story.inspector.lore(place_of(interaction), text, key)
            if isinstance(found, NoReply):
                await tell_why(services, interaction, found)
                return
            voice, name = voice_of(interaction), panel.plain(found.persona.name)
            entries = sum(len(each.entries) for each in found.books)
            tokens = sum(each.tokens for each in found.found.told)
            told = {"persona": name, "told": len(found.found.told), "entries": entries, "tokens": tokens}
            lore = await readable_lore(services, interaction.guild_id or 0, found.found)
            lines = lore_lines(lore.shown, voice, panel.plain, hidden=lore.count)
            await _answer(interaction, [voice.say("lore.tested", **told), *(f"- {line}" for line in lines)])


async def _listed(services: Services, server_id: int | None, voice: Voice) -> list[str]:
    """Return a line for each book: those by themselves, then those in personas' files."""
    shelf, personas = await services.story.inspector.shelf(server_id), services.personas(server_id)
    reads, here = await services.reads_hosts(server_id or 0), shelf.here(server_id)
    books = [(key, index) for key, index in sorted(here.items()) if reads or key in shelf.own]
    inside = [(each, each.lorebook) for each in personas if each.lorebook is not None]
    shown = [(persona, book) for persona, book in inside if reads or persona.key in personas.own]
    lines = [_line(key, index, voice) for key, index in books]
    for persona, book in shown:
        facts = {"persona": panel.plain(persona.name), "count": len(book.entries)}
        lines.append(f"- {voice.say('lore.inline', **facts)}")
    if hidden := len(here) - len(books) + len(inside) - len(shown):
        lines.append(f"- {voice.say('lore.hosts', count=hidden)}")
    return lines


def _line(key: str, index: Index, voice: Voice) -> str:
    book = index.book
    said = voice.say(
        "lore.book",
        name=panel.plain(index.name),
        key=panel.plain(key),
        count=len(book.entries),
        known=known_to(book, panel.plain),
    )
    faults = [f"  - {voice.say('lore.faults', count=len(index.faults))}"] if index.faults else []
    return "\n".join([f"- {said}", *faults])


async def _answer(interaction: discord.Interaction, lines: Sequence[str]) -> None:
    """Answer with lines, those that have no room in a file."""
    text = "\n".join(lines)
    if fits(text):
        await tell(interaction, text)
        return
    file = discord.File(io.BytesIO(text.encode()), "entries.txt")
    await tell(interaction, Sentence("lore.in_file", count=len(lines)), file=file)
