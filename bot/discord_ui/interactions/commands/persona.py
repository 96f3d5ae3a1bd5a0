"""`/persona`: who plays where, and what the cast is.

Law: `use` and `clear` take Manage Channels where they bind, the others Manage Server. What the host fixes
in the configuration stays, and the answer names the key.
"""

import io
from typing import Literal

import discord
from discord import app_commands

from bot.core.scene import Place
from bot.discord_ui.inbound import read_place
from bot.discord_ui.interactions.controls import announce
from bot.discord_ui.interactions.services import (
    Refused,
    Services,
    answering,
    complete_persona,
    fits,
    is_admin,
    may,
    place_of,
    require,
    tell,
)
from bot.storage.settings import BindingScope
from bot.texts.sentences import say

Where = Literal["channel", "category", "server"]


class PersonaCommands(app_commands.Group):
    """Bind personas and look at them."""

    def __init__(self) -> None:
        """Build the group; Discord shows it to those with Manage Channels."""
        super().__init__(
            name="persona",
            description=say("describe.persona"),
            guild_only=True,
            default_permissions=discord.Permissions(manage_channels=True),
        )

    @app_commands.command(name="use", description=say("describe.persona.use"))
    @app_commands.describe(
        persona=say("describe.persona.which"),
        where=say("describe.persona.where"),
        forum=say("describe.persona.forum"),
    )
    @app_commands.autocomplete(persona=complete_persona)
    async def use(
        self,
        interaction: discord.Interaction,
        persona: str,
        where: Where = "channel",
        forum: discord.ForumChannel | None = None,
    ) -> None:
        """Say who plays here."""
        async with answering(interaction) as services:
            scope_id = await _scope(services, interaction, where, forum)
            found = services.persona(
                interaction.guild_id, persona, (forum or interaction.channel) if where == "channel" else None
            )
            await services.story.choices.bind(where, scope_id, found.key, interaction.user.id)
            if forum is not None:
                name = discord.utils.escape_markdown(found.name)
                await tell(interaction, say("cast.used.forum", persona=name, forum=forum.id))
            elif where == "channel":
                # For all to see: it concerns everybody who writes here.
                await announce(services, interaction, interaction.response.send_message)
            else:
                name = discord.utils.escape_markdown(found.name)
                await tell(interaction, say(f"cast.used.{where}", persona=name))

    @app_commands.command(name="clear", description=say("describe.persona.clear"))
    @app_commands.describe(where=say("describe.persona.where"), forum=say("describe.persona.forum"))
    async def clear(
        self,
        interaction: discord.Interaction,
        where: Where = "channel",
        forum: discord.ForumChannel | None = None,
    ) -> None:
        """Say that nobody plays here."""
        async with answering(interaction) as services:
            scope_id = await _scope(services, interaction, where, forum)
            await services.story.choices.bind(where, scope_id, None, interaction.user.id)
            if forum is not None:
                await tell(interaction, say("cast.cleared.forum", forum=forum.id))
            else:
                await tell(interaction, say(f"cast.cleared.{where}"))

    @app_commands.command(name="list", description=say("describe.persona.list"))
    async def list_all(self, interaction: discord.Interaction) -> None:
        """List the cast, with what is wrong with it."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            text = await _listed(services, place_of(interaction))
            if fits(text):
                await tell(interaction, text)
                return
            file = discord.File(io.BytesIO(text.encode()), "personas.txt")
            await tell(
                interaction,
                say("cast.long_list", count=len(services.personas(interaction.guild_id))),
                file=file,
            )

    @app_commands.command(name="show", description=say("describe.persona.show"))
    @app_commands.describe(persona=say("describe.persona.which"))
    @app_commands.autocomplete(persona=complete_persona)
    async def show(self, interaction: discord.Interaction, persona: str) -> None:
        """Show a persona's file."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            key, name = _file_of(services, interaction, persona)
            shelf = services.personas(interaction.guild_id)
            path = shelf.path(key)
            try:
                content = path.read_bytes() if path else None
            except OSError:
                content = None
            if path is None or content is None:
                raise Refused(say("cast.unreadable", key=key))
            broken = shelf.broken.get(key, ())
            shown = say("cast.shown", persona=discord.utils.escape_markdown(name), file=path.name)
            lines = [shown, *map(_in_short, broken)]
            file = discord.File(io.BytesIO(content), path.name)
            text = "\n".join(lines)
            await tell(interaction, text if fits(text) else lines[0], file=file)


def _file_of(services: Services, interaction: discord.Interaction, asked: str) -> tuple[str, str]:
    """Return the key and the name that somebody asked for; a file that has never loaded has its key for both.

    Raises:
        Refused: there is no such persona, or it is not for this channel.
    """
    key = asked.strip()
    shelf = services.personas(interaction.guild_id)
    if shelf.get(key) is None and key in shelf.broken:
        return key, key
    found = services.persona(interaction.guild_id, asked, interaction.channel)
    return found.key, found.name


async def _scope(
    services: Services,
    interaction: discord.Interaction,
    where: BindingScope,
    forum: discord.ForumChannel | None,
) -> int:
    """Return the id of what is to be bound, if whoever asks may bind it.

    A forum is an option, for no command can be used in one; its posts are its threads.

    Raises:
        Refused: they may not, there is no category, the host has fixed who plays there, or both a forum and
            something else are to be bound.
    """
    if forum is not None:
        if where != "channel":
            raise Refused(say("command.forum_and_where"))
        if not _may_manage(interaction, forum):
            raise Refused(say("command.no_forum_right"))
        return await _open_to_choice(services, read_place(forum, interaction.guild_id))
    place = place_of(interaction)
    require(interaction, "manage_channels")
    if where == "server":
        require(interaction, "manage_guild")
        assert place.guild_id is not None
        return place.guild_id
    if where == "category":
        if place.category_id is None:
            raise Refused(say("command.no_category"))
        category = interaction.guild.get_channel(place.category_id) if interaction.guild else None
        if not _may_manage(interaction, category):
            raise Refused(say("command.no_category_right"))
        return place.category_id
    return await _open_to_choice(services, place)


async def _open_to_choice(services: Services, place: Place) -> int:
    """Return a channel's id, if who plays there can be chosen on Discord.

    Raises:
        Refused: the host has fixed it.
    """
    fixed = (await services.story.casting.lookup(place)).fixed
    if "persona" in fixed:
        raise Refused(say("player.persona_fixed", about=fixed["persona"]))
    return place.channel_id


def _may_manage(interaction: discord.Interaction, channel: discord.abc.GuildChannel | None) -> bool:
    """Tell whether somebody may change a category or forum itself, not only the channel they ask in."""
    if channel is None or not isinstance(interaction.user, discord.Member):
        return may(interaction, "manage_guild")
    return is_admin(interaction) or channel.permissions_for(interaction.user).manage_channels


async def _listed(services: Services, place: Place) -> str:
    part = await services.story.casting.lookup(place)
    shelf = services.personas(place.guild_id)
    default, broken = services.story.casting.default(place.guild_id), dict(shelf.broken)
    lines = [say("cast.list", count=len(shelf))]
    for persona in shelf:
        marks = [say("cast.mark.here")] if persona.key == part.key else []
        marks += [say("cast.mark.default")] if persona.key == default else []
        marks += [say("cast.mark.nsfw")] if persona.nsfw else []
        marks += [", ".join(persona.tags)] if persona.tags else []
        name = discord.utils.escape_markdown(persona.name)
        lines.append(say("cast.listed", persona=name, key=persona.key, marks=" · ".join(["", *marks])))
        lines += [say("cast.broken_old", reason=_in_short(one)) for one in broken.pop(persona.key, ())[:3]]
    if part.key is not None and part.persona is None and part.key not in broken:
        lines.append(say("cast.missing", key=part.key))
    for key, problems in broken.items():
        lines.append(say("cast.broken", key=key))
        lines += [say("cast.reason", reason=_in_short(one)) for one in problems[:3]]
    return "\n".join(lines)


def _in_short(problem: object) -> str:
    """Return a mistake as an admin needs it: the file's name, not where the host keeps it."""
    place, _, rest = str(problem).partition(": ")
    return f"`{place.rsplit('/', 1)[-1]}`: {rest}"
