"""The controls of proposals: for their authors, for moderators, and the menu of the role that may propose.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.core.moderation import Act
from bot.core.settings import PROPOSERS
from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.common.rights import require
from bot.discord_ui.interactions.controls.decisions import show_settings
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.personas import proposing

Button = discord.ui.Button[Any]
Select = discord.ui.Select[Any]
RoleMenu = discord.ui.RoleSelect[Any]


class ProposalsButton(PersistentControl[Button], template=r"rp:proposals:(?P<whose>mine|all)"):
    """Shows a person's proposals, or to moderators all of them."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show them."""
        async with answering(interaction) as services:
            shows = proposing.show_mine if self.ids["whose"] == "mine" else proposing.show_all
            await shows(services, interaction)


class ProposalMenu(PersistentControl[Select], template=r"rp:proposals:one"):
    """Chooses a proposal, for moderators."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show it."""
        async with answering(interaction) as services:
            (value,) = self.item.values
            await proposing.show_one(services, interaction, int(value) if value.isdecimal() else 0)


class ProposeButton(PersistentControl[Button], template=r"rp:propose:(?P<way>form|file)"):
    """Opens the form for a new proposal."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Open it."""
        async with answering(interaction) as services:
            await proposing.open_form(services, interaction, self.ids["way"])


class ProposalButton(
    PersistentControl[Button],
    template=r"rp:proposal:(?P<act>publish|refuse|try|withdraw):(?P<proposal>[0-9]{1,18})",
):
    """Decides about a proposal, or takes it back."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what the button says."""
        acts = {
            "publish": proposing.publish,
            "refuse": proposing.open_refusal,
            "try": proposing.try_out,
            "withdraw": proposing.withdraw,
        }
        async with answering(interaction) as services:
            await acts[self.ids["act"]](services, interaction, int(self.ids["proposal"]))


class ProposersMenu(PersistentControl[RoleMenu], template=r"rp:proposers"):
    """Chooses the role whose people may propose, for people with Manage Server."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Store the choice, and show what counts now."""
        async with answering(interaction) as services:
            require(interaction, "manage_guild")
            assert interaction.guild_id is not None
            chosen = str(self.item.values[0].id) if self.item.values else None
            choices, by = services.story.choices, interaction.user.id
            await choices.choose("server", interaction.guild_id, PROPOSERS, chosen, by)
            services.moderation.used(interaction, Act.SETTING, about=PROPOSERS, everywhere=True)
            await show_settings(services, interaction, "server")
