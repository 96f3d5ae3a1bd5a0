"""The controls of the panel of `/memory`.

Law: everything a control needs to know is in its `custom_id`; rights are checked when it is used.
"""

from typing import Any

import discord

from bot.discord_ui.interactions.common.answering import answering, show
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.memory import remembering

Button = discord.ui.Button[Any]
Select = discord.ui.Select[Any]


class MemoryButton(
    PersistentControl[Button],
    template=r"rp:memory:(?P<act>show|add|note|edit|raise|drop|recap|whole|pause|resume|make)(?::(?P<id>[0-9]{1,18}))?",
):
    """Shows the memory, opens a form, or changes what is remembered; a number is that of a pin or recap."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do what the button says."""
        async with answering(interaction) as services:
            act, pin_id = self.ids["act"], int(self.ids["id"] or 0)
            if act == "show":
                await show(interaction, await remembering.memory_panel(services, interaction))
            elif act in {"add", "note"}:
                await remembering.open_form(services, interaction, act)
            elif act == "edit":
                await remembering.open_form(services, interaction, str(pin_id))
            elif act == "recap":
                await remembering.open_form(services, interaction, f"recap{pin_id}")
            elif act == "whole":
                await remembering.show_recap(services, interaction)
            elif act in {"pause", "resume", "make"}:
                await remembering.change_recap(services, interaction, act)
            else:
                await remembering.change_pin(services, interaction, act, pin_id)


class PinMenu(PersistentControl[Select], template=r"rp:memory:pins"):
    """Shows one pin."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Show the pin that was chosen."""
        async with answering(interaction) as services:
            (chosen,) = self.item.values
            pin_id = int(chosen) if chosen.isdecimal() else 0
            await show(interaction, await remembering.pin_panel(services, interaction, pin_id))
