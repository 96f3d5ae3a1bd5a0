"""`/persona`: which persona a channel has, and which personas there are.

Law: `use`, `clear`, `add` and `remove` take Manage Channels where they bind, the others Manage Server. What
the host sets in the configuration stays, and the answer names the key.
"""

from typing import Literal

import discord
from discord import app_commands

from bot.core.casts import MOST
from bot.core.moderation import Act, Entry
from bot.core.scene import Place
from bot.discord_ui.inbound import read_place
from bot.discord_ui.interactions.common import panel
from bot.discord_ui.interactions.common.answering import Refused, answering, show, tell
from bot.discord_ui.interactions.common.choosing import (
    complete_member,
    complete_persona,
    member_named,
    members_of,
    persona_named,
)
from bot.discord_ui.interactions.common.rights import may_manage, require, require_gallery, require_server
from bot.discord_ui.interactions.common.services import Services, place_of
from bot.discord_ui.interactions.personas import cards, drafting, uploading
from bot.discord_ui.interactions.playing.opener import introduce
from bot.discord_ui.voices import label, voice_of
from bot.storage.settings import BindingScope
from bot.story.places.casts import CastChange
from bot.texts.sentences import Sentence

Where = Literal["channel", "category", "server"]
WHERE = [
    app_commands.Choice(name=label(f"choice.where.{where}"), value=where)
    for where in ("channel", "category", "server")
]


class PersonaCommands(app_commands.Group):
    """The commands to bind personas and look at them."""

    def __init__(self) -> None:
        """Build the group; Discord shows it to people with Manage Channels."""
        super().__init__(
            name="persona",
            description=label("describe.persona"),
            default_permissions=discord.Permissions(manage_channels=True),
        )

    @app_commands.command(name="use", description=label("describe.persona.use"))
    @app_commands.describe(
        persona=label("describe.persona.which"),
        where=label("describe.persona.where"),
        forum=label("describe.persona.forum"),
    )
    @app_commands.choices(where=WHERE)
    @app_commands.autocomplete(persona=complete_persona)
    async def use(
        self,
        interaction: discord.Interaction,
        persona: str,
        where: Where = "channel",
        forum: discord.ForumChannel | None = None,
    ) -> None:
        """Bind a persona to a channel, a category, a server or a forum."""
        async with answering(interaction) as services:
            scope_id = await _scope(services, interaction, where, forum)
            found = persona_named(
                services,
                interaction.guild_id,
                persona,
                (forum or interaction.channel) if where == "channel" else None,
            )
            if where == "channel" and forum is None:
                async with services.story.notices.opening(scope_id):
                    await services.story.choices.bind(where, scope_id, found.key, interaction.user.id)
                    services.moderation.used(interaction, Act.PERSONA_SET)
                    # The channel is told: it concerns everyone who writes here.
                    await introduce(
                        services, interaction, lambda card: interaction.response.send_message(view=card)
                    )
                return
            await services.story.choices.bind(where, scope_id, found.key, interaction.user.id)
            _log(services, interaction, where, scope_id)
            name = panel.plain(found.name)
            if forum is not None:
                await tell(interaction, Sentence("cast.used.forum", persona=name, forum=forum.id))
            else:
                await tell(interaction, Sentence(f"cast.used.{where}", persona=name))

    @app_commands.command(name="clear", description=label("describe.persona.clear"))
    @app_commands.describe(where=label("describe.persona.where"), forum=label("describe.persona.forum"))
    @app_commands.choices(where=WHERE)
    async def clear(
        self,
        interaction: discord.Interaction,
        where: Where = "channel",
        forum: discord.ForumChannel | None = None,
    ) -> None:
        """Bind no persona to a channel, a category, a server or a forum."""
        async with answering(interaction) as services:
            scope_id = await _scope(services, interaction, where, forum)
            await services.story.choices.bind(where, scope_id, None, interaction.user.id)
            _log(services, interaction, where, scope_id)
            if forum is not None:
                await tell(interaction, Sentence("cast.cleared.forum", forum=forum.id))
            else:
                await tell(interaction, Sentence(f"cast.cleared.{where}"))

    @app_commands.command(name="add", description=label("describe.persona.add"))
    @app_commands.describe(persona=label("describe.persona.which"))
    @app_commands.autocomplete(persona=complete_persona)
    async def add(self, interaction: discord.Interaction, persona: str) -> None:
        """Let a persona play in this channel beside those that do."""
        async with answering(interaction) as services:
            require_server(interaction)
            require(interaction, "manage_channels")
            place = place_of(interaction)
            await _open_to_choice(services, place)
            found = persona_named(services, interaction.guild_id, persona, interaction.channel)
            async with services.story.notices.opening(place.channel_id):
                change = await services.story.choices.casts.join(place, found.key, interaction.user.id)
                if change is CastChange.ALREADY:
                    raise Refused("cast.already", persona=panel.plain(found.name))
                if change is CastChange.FULL:
                    raise Refused("cast.full", most=MOST)
                services.moderation.used(interaction, Act.PERSONA_SET)
                joins = Sentence("opener.plays_too", persona=panel.plain(found.name))
                await introduce(
                    services,
                    interaction,
                    lambda card: interaction.response.send_message(view=card),
                    above=joins if change is CastChange.DONE else None,
                )

    @app_commands.command(name="remove", description=label("describe.persona.remove"))
    @app_commands.describe(persona=label("describe.persona.member"))
    @app_commands.autocomplete(persona=complete_member)
    async def remove(self, interaction: discord.Interaction, persona: str) -> None:
        """Take a persona out of this channel's cast."""
        async with answering(interaction) as services:
            require_server(interaction)
            require(interaction, "manage_channels")
            place, casts = place_of(interaction), services.story.choices.casts
            await _open_to_choice(services, place)
            key, name = await member_named(services, interaction, persona)
            change = await casts.leave(place, key, interaction.user.id)
            others = [*(await members_of(services, interaction)).values()]
            if change is CastChange.ABSENT:
                raise Refused("cast.absent" if others else "cast.absent.alone", persona=name, others=others)
            services.moderation.used(interaction, Act.PERSONA_SET)
            if change is CastChange.EMPTY:
                await tell(interaction, Sentence("cast.cleared.channel"))
            else:
                await tell(interaction, Sentence("cast.removed", persona=name, others=others))

    @app_commands.command(name="list", description=label("describe.persona.list"))
    async def list_all(self, interaction: discord.Interaction) -> None:
        """Show the cards of the personas, with the problems of their files."""
        async with answering(interaction) as services:
            require_gallery(interaction)
            await show(interaction, await cards.gallery(services, interaction, 1))

    @app_commands.command(name="show", description=label("describe.persona.show"))
    @app_commands.describe(persona=label("describe.persona.which"))
    @app_commands.autocomplete(persona=complete_persona)
    async def show_one(self, interaction: discord.Interaction, persona: str) -> None:
        """Show a persona's card."""
        async with answering(interaction) as services:
            require_gallery(interaction)
            key = _key_of(services, interaction, persona)
            await show(interaction, await cards.card(services, interaction, key))

    @app_commands.command(name="new", description=label("describe.persona.new"))
    async def new(self, interaction: discord.Interaction) -> None:
        """Open the form for a new persona of this server."""
        async with answering(interaction):
            require(interaction, "manage_guild")
            await drafting.open_new(interaction)

    @app_commands.command(name="upload", description=label("describe.persona.upload"))
    @app_commands.describe(
        file=label("describe.persona.upload.file"), persona=label("describe.persona.upload.persona")
    )
    @app_commands.autocomplete(persona=complete_persona)
    async def upload(
        self, interaction: discord.Interaction, file: discord.Attachment | None = None, persona: str = ""
    ) -> None:
        """Make a draft of a file, or open the form for a file or a text."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            if file is None:
                await interaction.response.send_modal(uploading.form(voice_of(interaction)))
            else:
                await uploading.take_file(services, interaction, file, persona.strip())


def _log(services: Services, interaction: discord.Interaction, where: BindingScope, scope_id: int) -> None:
    """Put into the log where it was changed who plays: here, in a forum or category, or on the server."""
    if where == "server":
        services.moderation.used(interaction, Act.PERSONA_SET, everywhere=True)
    else:
        place = Place(scope_id, guild_id=interaction.guild_id)
        services.moderation.note(Entry(Act.PERSONA_SET, place, interaction.user.id))


def _key_of(services: Services, interaction: discord.Interaction, asked: str) -> str:
    """Return the key of a persona, or of a file that has never loaded.

    Raises:
        Refused: it does not exist, or is not for this channel.
    """
    key = asked.strip()
    shelf = services.personas(interaction.guild_id)
    if shelf.get(key) is None and key in shelf.broken:
        return key
    return persona_named(services, interaction.guild_id, asked, interaction.channel).key


async def _scope(
    services: Services,
    interaction: discord.Interaction,
    where: BindingScope,
    forum: discord.ForumChannel | None,
) -> int:
    """Return the id of what is to be bound, if the person may bind it.

    A forum is an option, because no command can be used in one; its posts are its threads.

    Raises:
        Refused: they may not, there is no category, the host has set the persona there, or both a forum and
            another scope were given.
    """
    if forum is not None:
        if where != "channel":
            raise Refused("command.forum_and_where")
        if not may_manage(interaction, forum):
            raise Refused("command.no_forum_right")
        return await _open_to_choice(services, read_place(forum, interaction.guild_id))
    place = place_of(interaction)
    require(interaction, "manage_channels")
    if where == "server":
        require(interaction, "manage_guild")
        assert place.guild_id is not None
        return place.guild_id
    if where == "category":
        if place.category_id is None:
            raise Refused("command.no_category")
        category = interaction.guild.get_channel(place.category_id) if interaction.guild else None
        if not may_manage(interaction, category):
            raise Refused("command.no_category_right")
        return place.category_id
    return await _open_to_choice(services, place)


async def _open_to_choice(services: Services, place: Place) -> int:
    """Return a channel's id, if its persona can be chosen on Discord.

    Raises:
        Refused: the host has set it.
    """
    fixed = (await services.story.casting.lookup(place)).fixed
    if "persona" in fixed:
        raise Refused("player.persona_fixed", about=fixed["persona"])
    return place.channel_id
