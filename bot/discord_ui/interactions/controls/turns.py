"""The buttons under a persona's replies, and those that undo what they did.

Law: one class serves a whole row, by the action in its id; what the action does is in `revising` and
`removing`.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import discord

from bot.core.posts.buttons import Action
from bot.discord_ui.interactions.common.answering import answering
from bot.discord_ui.interactions.common.services import Services
from bot.discord_ui.interactions.controls.persistent import PersistentControl
from bot.discord_ui.interactions.moderation import reporting
from bot.discord_ui.interactions.playing import talking
from bot.discord_ui.interactions.revisions import removing, revising, undoing
from bot.discord_ui.interactions.revisions.editing import open_form
from bot.storage.removals import Removed

Button = discord.ui.Button[Any]
Use = Callable[[Services, discord.Interaction, int], Awaitable[None]]


async def _back(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    await revising.swipe(services, interaction, turn_id, -1)


async def _next(services: Services, interaction: discord.Interaction, turn_id: int) -> None:
    await revising.swipe(services, interaction, turn_id, 1)


async def _advance(services: Services, interaction: discord.Interaction, _turn_id: int) -> None:
    await talking.talk(services, interaction)


USES: Final[Mapping[Action, Use]] = {
    Action.STOP: revising.stop,
    Action.AGAIN: revising.again,
    Action.BACK: _back,
    Action.NEXT: _next,
    Action.CONTINUE: revising.proceed,
    Action.RETRY: revising.retry,
    Action.MORE: revising.more,
    Action.EDIT: open_form,
    Action.REMOVE: removing.remove,
    Action.RESTORE: removing.restore,
    Action.FROM_HERE: revising.from_here,
    Action.NOT_THIS: removing.not_this,
    Action.WHY_INPUT: revising.why_input,
    Action.WHY_OUTPUT: revising.why_output,
    Action.REPORT: reporting.open_form,
    Action.ADVANCE: _advance,
}
"""The handler of each action."""


# 18 digits at most: a longer number would not fit a database.
_ID: Final = rf"rp:(?P<action>{'|'.join(Action)}):(?P<turn>[0-9]{{1,18}})"


async def _use(interaction: discord.Interaction, action: Action, turn_id: int) -> None:
    async with answering(interaction) as services:
        await USES[action](services, interaction, turn_id)


async def use_late(interaction: discord.Interaction, custom_id: str) -> bool:
    """Serve a button that disappeared at the moment it was pressed; return False if it is not one of these.

    The library ignores a button that is no longer under its message.
    """
    match = re.fullmatch(_ID, custom_id)
    if match is not None:
        await _use(interaction, Action(match["action"]), int(match["turn"]))
    return match is not None


class TurnButton(PersistentControl[Button], template=_ID):
    """Does its action to a turn."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Run the handler of the action."""
        await _use(interaction, Action(self.ids["action"]), int(self.ids["turn"]))


class RemovalButton(PersistentControl[Button], template=r"rp:undo:(?P<removal>[0-9]{1,18})"):
    """Undoes a removal."""

    async def callback(self, interaction: discord.Interaction) -> None:
        """Undo the removal."""
        async with answering(interaction) as services:
            removal_id = int(self.ids["removal"])
            removal = await services.story.revision.turns.removal(removal_id)
            if removal is not None and removal.kind is Removed.UNDONE:
                await undoing.redo(services, interaction, removal)
            else:
                await removing.undo_removal(services, interaction, removal_id)
