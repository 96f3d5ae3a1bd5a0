"""The controls of a server's own personas: on cards, drafts, versions and exchanges.

Law: everything a control needs to know is in its `custom_id`, or in the file of its panel; rights are checked
when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import Refused, answering
from bot.discord_ui.interactions.common.rights import require, require_gallery, require_trying
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.personas import cards, drafting, trying, versions
from bot.discord_ui.interactions.personas.drafting import KEY, MADE
from bot.story.server_library.workshop import file_of

Button = discord.ui.Button[Any]
Select = discord.ui.Select[Any]


class CardButton(
    PersistentControl[Button],
    template=rf"rp:persona:(?P<act>card|try|edit|file|versions|delete):(?P<key>{KEY})",
):
    """Does something with the persona of a card, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do it."""
        key = self.ids["key"]
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            match self.ids["act"]:
                case "card":
                    if services.personas(interaction.guild_id).path(key) is None:
                        raise Refused("command.no_such_persona")
                    await drafting.answer(interaction, await cards.card(services, interaction, key))
                case "try":
                    persona = services.personas(interaction.guild_id).get(key)
                    if persona is None:
                        raise Refused("command.no_such_persona")
                    await trying.begin(services, interaction, persona)
                case "edit":
                    await drafting.open_edit(services, interaction, key)
                case "file":
                    content = await drafting.text_of(services, interaction, key)
                    own = services.personas(interaction.guild_id).own.get(key)
                    await versions.send_file(interaction, content, file_of(key, own.version if own else 0))
                case "versions":
                    await versions.show_versions(services, interaction, key)
                case "delete":
                    await versions.ask_to_delete(services, interaction, key)


class DraftButton(
    PersistentControl[Button],
    template=rf"rp:draft:(?P<act>save|try|edit):(?P<made>{MADE}):(?P<over>[0-9]{{1,6}}):(?P<key>{KEY})",
):
    """Saves, tries or changes the draft of its panel, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do it."""
        act, draft_id = self.ids["act"], (self.ids["made"], int(self.ids["over"]), self.ids["key"])
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            if act == "edit":  # a form can't wait
                await drafting.open_again(services, interaction, *draft_id)
                return
            await interaction.response.defer()
            if act == "save":
                await drafting.save(services, interaction, draft_id)
            else:
                persona = await drafting.draft_persona(services, interaction, draft_id[2])
                await trying.begin(services, interaction, persona)


class VersionButton(
    PersistentControl[Button],
    template=rf"rp:version:(?P<act>file|restore|delete):(?P<number>[0-9]{{1,6}}):(?P<over>[0-9]{{1,6}}):(?P<key>{KEY})",
):
    """Hands out or puts back a version, or deletes the newest, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do it."""
        key, number, over = self.ids["key"], int(self.ids["number"]), int(self.ids["over"])
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            match self.ids["act"]:
                case "file":
                    await versions.send_version(services, interaction, key, number)
                case "restore":
                    await versions.restore(services, interaction, key, number, over)
                case "delete":
                    await versions.delete(services, interaction, key, over)


class VersionMenu(PersistentControl[Select], template=rf"rp:versions:(?P<key>{KEY})"):
    """Shows a version of a persona, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show it."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            (number,) = self.item.values
            if not number.isascii() or not number.isdigit():
                raise Refused("versions.gone")
            await versions.show_version(services, interaction, self.ids["key"], int(number))


class DeletedMenu(PersistentControl[Select], template=r"rp:deleted"):
    """Shows the versions of a deleted persona, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show them."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            (key,) = self.item.values
            await versions.show_versions(services, interaction, key)


class OpenMenu(PersistentControl[Select], template=r"rp:open"):
    """Opens the card of a persona in the gallery, for people with Manage Server, and in direct messages."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            require_gallery(interaction)
            (key,) = self.item.values
            if services.personas(interaction.guild_id).path(key) is None:
                raise Refused("command.no_such_persona")
            await drafting.answer(interaction, await cards.card(services, interaction, key))


class TryButton(PersistentControl[Button], template=r"rp:try:say:(?P<tryout>[0-9a-f]{16})"):
    """Opens the form in which a person says something to the persona they try."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            await require_trying(services, interaction)
            await trying.open_form(services, interaction, self.ids["tryout"])
