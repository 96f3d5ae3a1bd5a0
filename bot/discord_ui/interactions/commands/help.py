"""`/help`: what the person who asks can do here, and what happens to their words."""

import discord
from discord import app_commands

from bot.core.routing import Respond
from bot.core.settings import StoryRights
from bot.discord_ui.interactions.commands.scene import may_open_thread
from bot.discord_ui.interactions.panel import lacks_to_answer
from bot.discord_ui.interactions.rights import why_not_steer
from bot.discord_ui.interactions.services import Services, answering, may, place_of, tell, writing_right
from bot.story.casting import ChannelCast
from bot.texts.sentences import say


@app_commands.command(name="help", description=say("describe.help"))
@app_commands.guild_only()
async def show_help(interaction: discord.Interaction) -> None:
    """Answer for this person, in this channel."""
    async with answering(interaction) as services:
        part = await services.story.casting.lookup(place_of(interaction))
        lines = [
            *_who_plays(services, interaction, part),
            "",
            say("help.commands"),
            *await _commands(services, interaction, part),
        ]
        if not part.settings.paused:
            lines += ["", *_what_is_stored(services, part)]
        await tell(interaction, "\n".join(lines))


def _who_plays(services: Services, interaction: discord.Interaction, part: ChannelCast) -> list[str]:
    """Return who plays here, and what gets an answer."""
    if part.settings.paused:
        return [say("player.paused")]
    if part.persona is None:
        missing = say("player.persona_missing", about=part.key) if part.key is not None else ""
        return [missing or say("help.nobody")]
    name, lacks = discord.utils.escape_markdown(part.persona.name), lacks_to_answer(interaction)
    respond = Respond.NEVER if lacks else services.wakes(part)
    # The way round what is missing is a command that takes the right to write here oneself.
    after = lacks if may(interaction, writing_right(interaction)) else []
    allowed = interaction.app_permissions
    heard = [say("help.heard")] if allowed.view_channel or allowed.administrator else []
    return [say("help.who", persona=name), say(f"help.respond.{respond}", persona=name), *after, *heard]


async def _commands(services: Services, interaction: discord.Interaction, part: ChannelCast) -> list[str]:
    """Return the commands that would not be refused."""
    answers = part.persona is not None and not part.settings.paused
    steers = await why_not_steer(services, interaction) is None
    lines = [say("help.command.scene")]
    writes = may(interaction, writing_right(interaction))
    if answers and writes:
        lines.insert(0, say("help.command.talk"))
        if steers:
            lines.append(say("help.command.begin"))
        elif may_open_thread(interaction):
            lines.append(say("help.command.thread"))
    if steers and writes:
        lines.append(say("help.command.resume"))
    return [*lines, *_for_admins(interaction, part)]


def _for_admins(interaction: discord.Interaction, part: ChannelCast) -> list[str]:
    lines = []
    manages_channels = may(interaction, "manage_channels")
    if manages_channels and "persona" in part.fixed:
        lines.append(say("player.persona_fixed", about=part.fixed["persona"]))
    elif manages_channels:
        lines.append(say("help.command.persona"))
    if may(interaction, "manage_guild"):
        if manages_channels:  # Discord shows /persona to nobody else
            lines.append(say("help.command.cast"))
        lines.append(say("help.command.dramatis"))
        rights = part.settings.story_rights
        if rights is not StoryRights.STARTER:
            lines.append(say(f"help.rights.{rights}"))
    return lines


def _what_is_stored(services: Services, part: ChannelCast) -> list[str]:
    if part.key is None:
        return [say("help.stored.nothing")]
    kind = "bound" if services.records(part) else "unbound"
    return [say(f"help.stored.{kind}"), say("help.sent", provider=services.story.casting.rules.provider)]
