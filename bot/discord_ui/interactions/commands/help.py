"""`/help`: what a person can do in a channel, and what is saved of what they write.

Law: it lists no command that would be refused.
"""

import discord
from discord import app_commands

from bot.core.routing import Respond
from bot.core.settings import StoryRights
from bot.discord_ui.interactions.answering import answering, tell
from bot.discord_ui.interactions.panel import lacks_to_answer
from bot.discord_ui.interactions.rights import may, may_open_thread, why_not_steer, writing_right
from bot.discord_ui.interactions.services import Services, place_of
from bot.discord_ui.voices import label, voice_of
from bot.story.casting import ChannelCast
from bot.texts.sentences import Sentence


@app_commands.command(name="help", description=label("describe.help"))
@app_commands.guild_only()
async def show_help(interaction: discord.Interaction) -> None:
    """Answer for this person, in this channel."""
    async with answering(interaction) as services:
        cast = await services.story.casting.lookup(place_of(interaction))
        lines: list[Sentence | str] = [
            *_who_plays(services, interaction, cast),
            "",
            Sentence("help.commands"),
            *await _commands(services, interaction, cast),
        ]
        if not cast.settings.paused:
            lines += ["", *_what_is_stored(services, cast)]
        await tell(interaction, voice_of(interaction).lines(lines))


def _who_plays(services: Services, interaction: discord.Interaction, cast: ChannelCast) -> list[Sentence]:
    """Return the persona of this channel, and what gets an answer."""
    if cast.settings.paused:
        return [Sentence("player.paused")]
    if cast.persona is None:
        missing = Sentence("player.persona_missing", about=cast.key)
        return [missing if cast.key is not None else Sentence("help.nobody")]
    name, lacks = discord.utils.escape_markdown(cast.persona.name), lacks_to_answer(interaction)
    respond = Respond.NEVER if lacks else services.wakes(cast)
    # `/talk` works without these permissions, for people who may write here.
    after = lacks if may(interaction, writing_right(interaction)) else []
    allowed = interaction.app_permissions
    heard = [Sentence("help.heard")] if allowed.view_channel or allowed.administrator else []
    return [
        Sentence("help.who", persona=name),
        Sentence(f"help.respond.{respond}", persona=name),
        *after,
        *heard,
    ]


async def _commands(
    services: Services, interaction: discord.Interaction, cast: ChannelCast
) -> list[Sentence]:
    """Return the commands that the person may use."""
    answers = cast.persona is not None and not cast.settings.paused
    steers = await why_not_steer(services, interaction) is None
    lines = [Sentence("help.command.scene")]
    writes = may(interaction, writing_right(interaction))
    if answers and writes:
        lines.insert(0, Sentence("help.command.talk"))
        if steers:
            lines.append(Sentence("help.command.begin"))
        elif may_open_thread(interaction):
            lines.append(Sentence("help.command.thread"))
    if steers and writes:
        lines.append(Sentence("help.command.resume"))
    return [*lines, *_for_admins(interaction, cast)]


def _for_admins(interaction: discord.Interaction, cast: ChannelCast) -> list[Sentence]:
    lines = []
    manages_channels = may(interaction, "manage_channels")
    if manages_channels and "persona" in cast.fixed:
        lines.append(Sentence("player.persona_fixed", about=cast.fixed["persona"]))
    elif manages_channels:
        lines.append(Sentence("help.command.persona"))
    if may(interaction, "manage_guild"):
        if manages_channels:  # Discord shows /persona to nobody else
            lines.append(Sentence("help.command.cast"))
        lines.append(Sentence("help.command.dramatis"))
        rights = cast.settings.story_rights
        if rights is not StoryRights.STARTER:
            lines.append(Sentence(f"help.rights.{rights}"))
    return lines


def _what_is_stored(services: Services, cast: ChannelCast) -> list[Sentence]:
    if cast.key is None:
        return [Sentence("help.stored.nothing")]
    kind = "bound" if services.records(cast) else "unbound"
    return [
        Sentence(f"help.stored.{kind}"),
        Sentence("help.sent", provider=services.story.casting.rules.provider),
    ]
