"""The buttons under a persona's replies, and those that undo what they did.

Law: one class answers for a whole row, by what its id says; what is done is `revising`'s.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Self

import discord

from bot.core.posts.buttons import Action
from bot.discord_ui.interactions import revising
from bot.discord_ui.interactions.editing import open_form
from bot.discord_ui.interactions.services import Services, answering

Button = discord.ui.Button[Any]
Use = Callable[[Services, discord.Interaction, int], Awaitable[None]]


async def _back(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    await revising.swipe(services, interaction, turn_id, -1)


async def _next(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    await revising.swipe(services, interaction, turn_id, 1)


USES: Final[Mapping[Action, Use]] = {
    Action.STOP: revising.stop,
    Action.AGAIN: revising.again,
    Action.BACK: _back,
    Action.NEXT: _next,
    Action.CONTINUE: revising.proceed,
    Action.RETRY: revising.retry,
    Action.MORE: revising.more,
    Action.EDIT: open_form,
    Action.REMOVE: revising.remove,
    Action.RESTORE: revising.restore,
    Action.FROM_HERE: revising.from_here,
}
"""What each button does."""


# An id has 18 digits at most: a longer one would be no number that a database knows.
_ID: Final = rf"rp:(?P<action>{'|'.join(Action)}):(?P<turn>[0-9]{{1,18}})"


async def _use(interaction: discord.Interaction, action: Action, turn_id: int) -> None:
    async with answering(interaction) as services:
        await USES[action](services, interaction, turn_id)


async def use_late(interaction: discord.Interaction, custom_id: str) -> bool:
    """Do what a button says that went in the moment in which it was pressed; False if it is none of ours.

    The library looks for it under the message, and says nothing where it does not find it.
    """
    match = re.fullmatch(_ID, custom_id)
    if match is not None:
        await _use(interaction, Action(match["action"]), int(match["turn"]))
    return match is not None


class TurnButton(discord.ui.DynamicItem[Button], template=_ID):
    """Does something to a turn."""

    def __init__(self, button: Button, action: Action, turn_id: int) -> None:
        """Answer for `button`."""
        super().__init__(button)
        self._action = action
        self._turn_id = turn_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make it again from its id."""
        del interaction
        assert isinstance(item, discord.ui.Button)
        return cls(item, Action(match["action"]), int(match["turn"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Do it."""
        await _use(interaction, self._action, self._turn_id)


class RemovalButton(discord.ui.DynamicItem[Button], template=r"rp:undo:(?P<removal>[0-9]{1,18})"):
    """Puts back into the story what was taken out."""

    def __init__(self, button: Button, removal_id: int) -> None:
        """Answer for `button`."""
        super().__init__(button)
        self._removal_id = removal_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction, item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make it again from its id."""
        del interaction
        assert isinstance(item, discord.ui.Button)
        return cls(item, int(match["removal"]))

    async def callback(self, interaction: discord.Interaction) -> None:
        """Put it back."""
        async with answering(interaction) as services:
            await revising.undo_removal(services, interaction, self._removal_id)
