"""`/help`: what the person who asks can do here, and what happens to their words."""

import discord
from discord import app_commands

from bot.casting import Part
from bot.core.settings import StoryRights
from bot.discord_ui.desk import Desk, answering, may, place_of, tell
from bot.texts import say


@app_commands.command(name="help", description=say("describe.help"))
@app_commands.guild_only()
async def show_help(interaction: discord.Interaction) -> None:
    """Answer for this person, in this channel."""
    async with answering(interaction) as desk:
        part = await desk.direction.casting.part(place_of(interaction))
        lines = [
            *_who(part),
            *_how(desk, part),
            "",
            say("help.commands"),
            *await _commands(desk, interaction),
        ]
        lines += ["", *_what_is_stored(desk, part)]
        await tell(interaction, "\n".join(lines))


def _who(part: Part) -> list[str]:
    if part.settings.paused:
        return [say("player.paused")]
    if part.persona is None:
        return [say("help.nobody")]
    return [say("help.who", persona=discord.utils.escape_markdown(part.persona.name))]


def _how(desk: Desk, part: Part) -> list[str]:
    if part.persona is None:
        return []
    respond = desk.wakes(part)
    name = discord.utils.escape_markdown(part.persona.name)
    return [say(f"help.respond.{respond}", persona=name), say("help.talk")]


async def _commands(desk: Desk, interaction: discord.Interaction) -> list[str]:
    """Return the commands that would not be refused."""
    moderator = may(interaction, "manage_messages")
    place = place_of(interaction)
    steers = await desk.roleplay.may_steer(place, interaction.user.id, moderator=moderator)
    lines = [say("help.command.talk"), say("help.command.scene")]
    lines.append(say("help.command.steer" if steers else "help.command.no_steer"))
    if may(interaction, "manage_channels"):
        lines.append(say("help.command.persona"))
    if may(interaction, "manage_guild"):
        lines += [say("help.command.cast"), say("help.command.dramatis")]
        rights = (await desk.direction.casting.settings(place)).story_rights
        if rights is not StoryRights.STARTER:
            lines.append(say(f"help.rights.{rights}"))
    return lines


def _what_is_stored(desk: Desk, part: Part) -> list[str]:
    kind = "bound" if part.bound else "unbound"
    return [say(f"help.stored.{kind}"), say("help.sent", provider=desk.direction.casting.rules.provider)]
