"""`/dramatis`: the settings, the prompt, blocks, and the switch that stops the bot.

Law: `pause` and `block` take Manage Messages or Timeout Members, everything else Manage Server.
"""

import io
import re
from typing import Literal

import discord
from discord import app_commands

from bot.core.moderation import Act
from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply
from bot.discord_ui.interactions.common.answering import Refused, answering, fits, tell
from bot.discord_ui.interactions.common.rights import require, require_moderation
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.controls import go_on_button, show_settings
from bot.discord_ui.interactions.lore.reading import readable_prompt
from bot.discord_ui.interactions.moderation import moderating
from bot.discord_ui.interactions.playing.asking import tell_why
from bot.discord_ui.voices import label, voice_of
from bot.texts.inspection import rows_of, summary
from bot.texts.sentences import Sentence

LARGEST_ID = 2**63 - 1
"""The largest id: Discord's and SQLite's integers have 63 bits."""

_MESSAGE = re.compile(r"(?:https://(?:\w+\.)?discord(?:app)?\.com/channels/\d+/\d+/)?(\d{15,20})/?")


PAUSES = [
    app_commands.Choice(name=label(f"choice.pause.{where}"), value=where) for where in ("server", "channel")
]


class DramatisCommands(app_commands.Group):
    """The commands for admins."""

    def __init__(self) -> None:
        """Build the group; Discord shows it to people with Manage Messages."""
        super().__init__(
            name="dramatis",
            description=label("describe.dramatis"),
            default_permissions=discord.Permissions(manage_messages=True),
        )

    @app_commands.command(name="settings", description=label("describe.dramatis.settings"))
    async def settings(self, interaction: discord.Interaction) -> None:
        """Open the panel of settings."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            await show_settings(services, interaction, "channel")

    @app_commands.command(name="inspect", description=label("describe.dramatis.inspect"))
    @app_commands.describe(reply=label("describe.dramatis.reply"))
    async def inspect(self, interaction: discord.Interaction, reply: str | None = None) -> None:
        """Show the prompt that would be sent now, or that was sent for a reply."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            place, inspector = place_of(interaction), services.story.inspector
            found = await (inspector.sent(place, _message_id(reply)) if reply else inspector.next(place))
            if found is None:
                raise Refused("inspect.no_reply" if reply else "inspect.nothing")
            if isinstance(found, NoReply):
                await tell_why(services, interaction, found)
            else:
                await _show(services, interaction, found)

    @app_commands.command(name="block", description=label("describe.dramatis.block"))
    @app_commands.describe(person=label("describe.dramatis.block.person"))
    async def block(self, interaction: discord.Interaction, person: discord.User | None = None) -> None:
        """Block a person on this server, or show who is blocked."""
        async with answering(interaction) as services:
            if person is None:
                await moderating.show_blocks(services, interaction)
            else:
                await moderating.block(services, interaction, person)

    @app_commands.command(name="pause", description=label("describe.dramatis.pause"))
    @app_commands.describe(where=label("describe.dramatis.pause.where"))
    @app_commands.choices(where=PAUSES)
    async def pause(
        self, interaction: discord.Interaction, where: Literal["server", "channel"] = "server"
    ) -> None:
        """Stop the bot on this server or in this channel; a second use changes nothing."""
        async with answering(interaction) as services:
            require_moderation(interaction, where)
            place = place_of(interaction)
            scope_id = place.channel_id if where == "channel" else place.guild_id or 0
            new = await services.story.choices.pause(where, scope_id, interaction.user.id)
            # Not before: what was asked meanwhile would be written all the same.
            stop = services.runner.stop_server if where == "server" else services.runner.stop_channel
            stop(scope_id)
            if new:
                services.moderation.used(interaction, Act.PAUSED, everywhere=where == "server")
            voice = await services.voices.lookup(place)
            state = "paused" if new else "paused_already"
            text = voice.say(f"dramatis.{state}.{where}")
            await interaction.response.send_message(text, view=go_on_button(where, voice))


def _message_id(text: str) -> int:
    """Return the id of a message from its link, or from the id itself.

    Raises:
        Refused: the text is neither, or no message can have this id.
    """
    found = _MESSAGE.fullmatch(text.strip())
    if found is None:
        raise Refused("inspect.no_link")
    message_id = int(found[1])
    if message_id > LARGEST_ID:
        raise Refused("inspect.no_reply")
    return message_id


async def _show(services: Services, interaction: discord.Interaction, found: Inspection) -> None:
    """Show the parts of a prompt and its messages, in a file if they do not fit one message."""
    voice = voice_of(interaction)
    found, hidden = await readable_prompt(services, interaction.guild_id or 0, found, voice)
    head = "\n".join(summary(found, discord.utils.escape_markdown(found.persona), voice))
    # Three backticks in a message would end the code block.
    rows = [row.replace("`", "\N{MODIFIER LETTER GRAVE ACCENT}") for row in rows_of(found, voice, hidden)]
    text = "\n".join([head, "```", *rows, "```"])
    if fits(text):
        await tell(interaction, text)
        return
    file = discord.File(io.BytesIO("\n".join(rows).encode()), "prompt.txt")
    more = Sentence("inspect.in_file", count=len(found.messages))
    await tell(interaction, voice.lines([head, more]), file=file)
