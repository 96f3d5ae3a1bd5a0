"""The base of controls: a button or menu that Discord's `custom_id` describes completely.

Law: nothing else is kept, so a control works after a restart as before.
"""

import re
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

import discord

from bot.discord_ui.interactions.common.answering import admits

ItemT = TypeVar("ItemT", bound=discord.ui.Item[Any])


class PersistentControl(discord.ui.DynamicItem[ItemT], template="rp:"):
    """A control whose `custom_id` matches its template.

    Attributes:
        ids: what the named groups of the template found; None for a group that took no part.
    """

    def __init__(self, item: ItemT) -> None:
        """Serve a button or menu.

        Raises:
            ValueError: its `custom_id` does not match the template.
        """
        super().__init__(item)
        found = self.template.fullmatch(self.custom_id)
        if found is None:  # the library asks only how it begins
            raise ValueError(f"custom_id {self.custom_id!r} does not match {self.template.pattern!r}")
        self.ids: Mapping[str, Any] = found.groupdict()

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let uses through where the bot is served."""
        return await admits(interaction)

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Return the control that was used, for the library."""
        del interaction, match
        return cls(cast(ItemT, item))
