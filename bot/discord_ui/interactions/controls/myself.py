"""The controls of the panel of `/myself`.

Law: everything a control needs to know is in its `custom_id`. They take no right: each acts for the person
who uses it, on what is theirs.
"""

from typing import Any

import discord

from bot.core.settings import Wish
from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.people import myself

Button = discord.ui.Button[Any]
Select = discord.ui.Select[Any]


class ProfileButton(
    PersistentControl[Button],
    template=r"rp:myself:(?P<act>show|new|edit|delete|confirm)(?::(?P<id>[0-9]{1,18}))?",
):
    """Shows the panel, opens a form, or deletes a profile; the number is the profile's."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what the button says."""
        async with answering(interaction) as services:
            act, profile_id = self.ids["act"], int(self.ids["id"] or 0)
            if act == "show":
                await myself.show_panel(services, interaction)
            elif act in {"new", "edit"}:
                await myself.open_form(services, interaction, "new" if act == "new" else str(profile_id))
            elif act == "delete":
                await myself.ask(services, interaction, profile_id)
            else:
                await myself.delete(services, interaction, profile_id)


class ProfileMenu(PersistentControl[Select], template=r"rp:myself:(?P<what>open|server|here)"):
    """Opens a profile, or chooses who its person is on the server or here."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what was chosen."""
        async with answering(interaction) as services:
            (chosen,) = self.item.values
            if self.ids["what"] == "open":
                await myself.show_one(services, interaction, chosen)
            else:
                await myself.choose(services, interaction, self.ids["what"], chosen)


class WishButton(PersistentControl[Button], template=rf"rp:wish:(?P<wish>{'|'.join(Wish)}):(?P<turn>on|off)"):
    """Stores or deletes a wish of the person who presses it."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Note the wish, and show the panel."""
        async with answering(interaction) as services:
            wish = Wish(self.ids["wish"])
            wishes = services.story.myself.wishes
            await wishes.wish(interaction.user.id, wish, on=self.ids["turn"] == "on")
            await myself.show_panel(services, interaction)
