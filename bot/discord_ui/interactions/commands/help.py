"""`/help`: what a person can do in a channel, and what is saved of what they write.

Law: it lists no command that would be refused. It begins with what talking to the persona looks like; what is
for admins comes last, and only for them.
"""

from collections.abc import AsyncIterator

import discord
from discord import app_commands

from bot.core.reach import Reach
from bot.core.routing import Respond
from bot.core.settings import StoryRights
from bot.discord_ui.inbound import moderates, reach_in
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import answering, show
from bot.discord_ui.interactions.common.choosing import members_of
from bot.discord_ui.interactions.common.rights import may, may_open_thread, why_not_steer, writing_right
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.personas import cards, proposing
from bot.discord_ui.interactions.settings_panel.settings import lacks_to_answer
from bot.discord_ui.voices import label, voice_of
from bot.story.places.casting import ChannelCast
from bot.texts.sentences import Sentence


@app_commands.command(name="help", description=label("describe.help"))
async def show_help(interaction: discord.Interaction) -> None:
    """Answer for this person, in this channel."""
    async with answering(interaction) as services:
        cast, voice = await services.story.casting.lookup(place_of(interaction)), voice_of(interaction)
        blocks = [await _beginning(services, interaction, cast)]
        parts = [
            [Sentence("help.commands"), *await _commands(services, interaction, cast)],
            [] if cast.settings.paused else _what_is_stored(services, cast),
        ]
        for lines in filter(None, parts):
            blocks += [panel.line(), panel.text(voice.lines(lines))]
        if lines := _for_admins(services, interaction, cast):
            blocks += [panel.line(), panel.text(voice.lines(lines))]
        if more := await proposing.buttons(services, interaction):
            blocks += [panel.line(), panel.row(*more)]
        await show(interaction, panel.panel(blocks))


async def _beginning(services: Services, interaction: discord.Interaction, cast: ChannelCast) -> panel.Block:
    """Return how to talk to the persona of this channel, beside its picture, or why nobody answers."""
    voice = voice_of(interaction)
    if cast.persona is None or cast.settings.paused:
        return panel.text(voice.lines(_why_nobody(cast)))
    known = await cards.pictures(services, interaction.channel, [cast.persona])
    name = panel.plain(cast.persona.name)
    words = voice.lines([line async for line in _who_plays(services, interaction, cast, name)])
    return panel.pictured(words, known.get(cast.persona.key), cast.persona.name, voice)


def _why_nobody(cast: ChannelCast) -> list[Sentence]:
    if cast.settings.paused:
        return [Sentence("player.paused")]
    if cast.key is not None:
        return [Sentence("player.persona_missing", about=cast.key)]
    fixed = cast.fixed.get("persona")
    return [Sentence("help.nobody") if fixed is None else Sentence("player.persona_fixed", about=fixed)]


async def _who_plays(
    services: Services, interaction: discord.Interaction, cast: ChannelCast, name: str
) -> AsyncIterator[Sentence | str]:
    """Yield an exchange with the persona of this channel, what gets an answer, and how to write."""
    lacks = lacks_to_answer(interaction)
    respond = Respond.NEVER if lacks else services.wakes(cast)
    several = [*(await members_of(services, interaction)).values()] if len(cast.members) > 1 else []
    yield Sentence("help.who", persona=name)
    if respond is not Respond.NEVER:
        mention = interaction.client.user.mention if interaction.client.user else ""
        called = mention if respond is Respond.MENTION else name
        person = panel.plain(interaction.user.display_name)
        yield Sentence("help.example.asked", person=person, called=called)
        yield Sentence("help.example.answered", persona=name, person=person)
        yield ""
    if several:
        yield Sentence("help.cast", personas=several)
        yield Sentence(f"help.respond.cast.{respond}")
    else:
        yield Sentence(f"help.respond.{respond}", persona=name)
    # `/talk` works without these permissions, for people who may write here.
    for lack in lacks if may(interaction, writing_right(interaction)) else []:
        yield lack
    yield Sentence("help.writing")
    allowed, reach = interaction.app_permissions, reach_in(interaction)
    sees = allowed.view_channel or allowed.administrator
    if sees if reach is Reach.SERVER else reach is Reach.DIRECT:
        yield Sentence("help.heard", persona=name)


async def _commands(
    services: Services, interaction: discord.Interaction, cast: ChannelCast
) -> list[Sentence]:
    """Return the commands that the person may use without being an admin."""
    answers, reach = cast.persona is not None and not cast.settings.paused, reach_in(interaction)
    if reach is Reach.PERSONAL:
        own = ("talk", "myself", "usage", "privacy")
        return [Sentence(f"help.command.{name}", **{name: services.command(name)}) for name in own]
    steers = await why_not_steer(services, interaction) is None
    writes, command = may(interaction, writing_right(interaction)), services.command
    lines = []
    if answers and writes:
        lines.append(Sentence("help.command.talk", talk=command("talk")))
    if writes:
        lines.append(Sentence("help.command.roll", roll=command("roll")))
    new, resume = command("scene new"), command("scene resume")
    if answers and writes and steers:
        lines.append(Sentence("help.command.begin", new=new, resume=resume))
    elif writes and steers:
        lines.append(Sentence("help.command.resume", resume=resume))
    elif answers and writes and may_open_thread(interaction):
        lines.append(Sentence("help.command.thread", new=new))
    scenes = {"list": command("scene list"), "info": command("scene info")}
    if may(interaction, "read_message_history"):
        lines.append(Sentence("help.command.export", **scenes, export=command("scene export")))
    else:
        lines.append(Sentence("help.command.scene", **scenes))
    lines.append(Sentence("help.command.myself", myself=command("myself")))
    lines.append(Sentence("help.command.memory", memory=command("memory")))
    if writes and steers:
        lines.append(Sentence("help.command.undo", undo=command("undo")))
    if reach is Reach.DIRECT:
        names = ("list", "use", "clear")
        lines.append(
            Sentence("help.command.persona_own", **{name: command(f"persona {name}") for name in names})
        )
    lines.append(Sentence("help.command.usage", usage=command("usage")))
    return [*lines, Sentence("help.command.privacy", privacy=command("privacy"))]


def _for_admins(services: Services, interaction: discord.Interaction, cast: ChannelCast) -> list[Sentence]:
    """Return the commands that take a permission; none for those without."""
    lines, command = [], services.command
    if reach_in(interaction) is not Reach.SERVER:
        return []
    manages_channels = may(interaction, "manage_channels")
    if manages_channels and "persona" in cast.fixed:
        lines.append(Sentence("player.persona_fixed", about=cast.fixed["persona"]))
    elif manages_channels:
        names = ("use", "clear", "add", "remove")
        change = {name: command(f"persona {name}") for name in names}
        lines.append(Sentence("help.command.persona", **change))
    if may(interaction, "manage_guild"):
        if manages_channels:  # Discord shows /persona to nobody else
            names = ("list", "show", "new", "upload")
            found = {name: command(f"persona {name}") for name in names}
            lines.append(Sentence("help.command.cast", **found))
        lore = {name: command(f"lore {name}") for name in ("list", "test", "upload")}
        lines.append(Sentence("help.command.lore", **lore))
        lines += [
            Sentence(f"help.command.{name}", command=command(f"dramatis {name}"))
            for name in ("settings", "inspect")
        ]
    admins = bool(lines)
    if moderates(interaction.permissions):
        lines += [
            Sentence(f"help.command.{name}", command=command(f"dramatis {name}"))
            for name in ("block", "pause")
        ]
    rights = cast.settings.story_rights
    if may(interaction, "manage_guild") and rights is not StoryRights.STARTER:
        lines.append(Sentence(f"help.rights.{rights}", settings=command("dramatis settings")))
    title = Sentence("help.admins") if admins else Sentence("help.moderators")
    return [title, *lines] if lines else []


def _what_is_stored(services: Services, cast: ChannelCast) -> list[Sentence]:
    if cast.key is None:
        return [Sentence("help.stored.nothing")]
    kind = "bound" if services.records(cast) else "unbound"
    return [
        Sentence(f"help.stored.{kind}"),
        Sentence("help.sent", provider=services.story.casting.rules.provider),
    ]
