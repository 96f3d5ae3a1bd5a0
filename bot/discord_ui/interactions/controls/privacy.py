"""The buttons of `/privacy`.

Law: everything a control needs to know is in its `custom_id`. They take no right: each
is about the person who presses it, and nobody else.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import discord

from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.people import privacy
from bot.discord_ui.interactions.people.privacy import Act

Button = discord.ui.Button[Any]

_USES: Final[Mapping[Act, Callable[[Services, discord.Interaction], Awaitable[None]]]] = {
    Act.SHOW: privacy.show_stored,
    Act.EXPORT: privacy.export,
    Act.FORGET: privacy.ask,
    Act.HERE: privacy.forget_here,
    Act.EVERYWHERE: privacy.forget_everywhere,
    Act.OUT: privacy.opt_out,
    Act.IN: privacy.opt_in,
}


class PrivacyButton(PersistentControl[Button], template=rf"rp:privacy:(?P<act>{'|'.join(Act)})"):
    """Does one thing for the person who presses it."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do it, and show what is stored now."""
        async with answering(interaction) as services:
            await _USES[Act(self.ids["act"])](services, interaction)
