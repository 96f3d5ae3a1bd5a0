"""`/dramatis`: the settings, what the model is told, and the switch that stops everything."""

import io
import re

import discord
from discord import app_commands

from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply
from bot.discord_ui.interactions.controls import GoOnButton, show_panel, tell_why
from bot.discord_ui.interactions.services import Refused, answering, fits, place_of, require, tell
from bot.texts.inspection import rows_of, summary
from bot.texts.sentences import say

LARGEST_ID = 2**63 - 1
"""No id of Discord's is larger, nor any number that SQLite takes."""

_MESSAGE = re.compile(r"(?:https://(?:\w+\.)?discord(?:app)?\.com/channels/\d+/\d+/)?(\d{15,20})/?")


class DramatisCommands(app_commands.Group):
    """What admins set and look at."""

    def __init__(self) -> None:
        """Build the group; Discord shows it to those with Manage Server."""
        super().__init__(
            name="dramatis",
            description=say("describe.dramatis"),
            guild_only=True,
            default_permissions=discord.Permissions(manage_guild=True),
        )

    @app_commands.command(name="settings", description=say("describe.dramatis.settings"))
    async def settings(self, interaction: discord.Interaction) -> None:
        """Open the panel."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            await show_panel(services, interaction, "channel")

    @app_commands.command(name="inspect", description=say("describe.dramatis.inspect"))
    @app_commands.describe(reply=say("describe.dramatis.reply"))
    async def inspect(self, interaction: discord.Interaction, reply: str | None = None) -> None:
        """Show what would be sent now, or was for a reply."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            place, inspector = place_of(interaction), services.story.inspector
            found = await (inspector.sent(place, _message_id(reply)) if reply else inspector.next(place))
            if found is None:
                raise Refused(say("inspect.no_reply" if reply else "inspect.nothing"))
            if isinstance(found, NoReply):
                await tell_why(services, interaction, found)
            else:
                await _show(interaction, found)

    @app_commands.command(name="pause", description=say("describe.dramatis.pause"))
    async def pause(self, interaction: discord.Interaction) -> None:
        """Stop everything on this server; given by two admins in haste, it stays so."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            assert interaction.guild_id is not None
            new = await services.story.choices.pause(interaction.guild_id, interaction.user.id)
            services.runner.stop_server(interaction.guild_id)
            view = discord.ui.View(timeout=None)
            view.add_item(GoOnButton())
            text = say("dramatis.paused" if new else "dramatis.paused_already")
            await interaction.response.send_message(text, view=view)


def _message_id(text: str) -> int:
    """Return the id in a message's link, or the id itself.

    Raises:
        Refused: it is neither, or no message can have it.
    """
    found = _MESSAGE.fullmatch(text.strip())
    if found is None:
        raise Refused(say("inspect.no_link"))
    message_id = int(found[1])
    if message_id > LARGEST_ID:
        raise Refused(say("inspect.no_reply"))
    return message_id


async def _show(interaction: discord.Interaction, found: Inspection) -> None:
    """Say what the prompt is made of, with its messages: all of them in a file where they are too many."""
    head = "\n".join(summary(found, discord.utils.escape_markdown(found.persona)))
    # A code block ends at three backticks, whoever wrote them.
    rows = [row.replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}") for row in rows_of(found)]
    text = "\n".join([head, "```", *rows, "```"])
    if fits(text):
        await tell(interaction, text)
        return
    file = discord.File(io.BytesIO("\n".join(rows).encode()), "prompt.txt")
    await tell(interaction, f"{head}\n{say('inspect.in_file', count=len(rows))}", file=file)
