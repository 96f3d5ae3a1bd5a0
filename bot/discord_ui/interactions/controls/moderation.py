"""The controls of moderation: the list of blocks, and the menus of who plays and of the log's channels.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.core.access import MOST_ROLES, roles_text
from bot.core.moderation import Act
from bot.core.settings import LOG
from bot.discord_ui.interactions.common.answering import Refused, answering
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.common.services import place_of
from bot.discord_ui.interactions.controls.decisions import show_settings
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.moderation import moderating
from bot.discord_ui.interactions.settings_panel.pages import Page, PanelScope

LARGEST_ID = 2**63 - 1
"""The largest id: Discord's and SQLite's integers have 63 bits."""


class BlockButton(
    PersistentControl[discord.ui.Button[Any]], template=r"rp:block:(?P<act>lift|page):(?P<id>[0-9]{1,19})"
):
    """Lifts a block, or turns to a page of the list."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do it, and show the list."""
        async with answering(interaction) as services:
            number = min(int(self.ids["id"]), LARGEST_ID)
            if self.ids["act"] == "lift":
                await moderating.lift(services, interaction, number)
            else:
                await moderating.show_blocks(services, interaction, number)


class LogMenu(PersistentControl[discord.ui.ChannelSelect[Any]], template=r"rp:log:(?P<key>log|reports)"):
    """Chooses the channel of the moderation log or of reports, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Store the choice, and show what counts now."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            guild, chosen = interaction.guild, None
            assert guild is not None
            choices, who, key = services.story.choices, interaction.user.id, self.ids["key"]
            before = (await choices.set_of("server", guild.id)).get(key)
            if self.item.values:
                channel = guild.get_channel(self.item.values[0].id)
                if not isinstance(channel, discord.TextChannel):
                    raise Refused("command.stale_panel")
                chosen = str(channel.id)
            await choices.choose("server", guild.id, key, chosen, who)
            if key == LOG:
                services.moderation.moved(interaction, before, chosen)
            else:
                services.moderation.used(interaction, Act.REPORTS_CHOSEN)
            await show_settings(services, interaction, "server", Page.MODERATION)


class RolesMenu(
    PersistentControl[discord.ui.RoleSelect[Any]],
    template=r"rp:roles:(?P<scope>channel|server):(?P<key>play_roles|barred_roles)",
):
    """Chooses the roles that may play, or may not, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Store the choice, and show what counts now."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            place = place_of(interaction)
            scope: PanelScope = "server" if self.ids["scope"] == "server" else "channel"
            scope_id = place.guild_id if scope == "server" else place.channel_id
            assert scope_id is not None
            roles = [role.id for role in self.item.values][:MOST_ROLES]
            chosen, who = roles_text(roles) or None, interaction.user.id
            await services.story.choices.choose(scope, scope_id, self.ids["key"], chosen, who)
            services.moderation.used(interaction, Act.ROLES, everywhere=scope == "server")
            await show_settings(services, interaction, scope, Page.MODERATION)
