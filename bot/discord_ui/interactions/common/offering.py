"""What a file that was sent would bring, as a choice on the answer that shows it.

Law: it works once, and until a restart. Files take memory: after a while, or where too many wait, the oldest
is given up.
"""

import asyncio
from typing import Any, Final, Generic, TypeVar
from uuid import uuid4

import aiohttp
import discord

from bot.discord_ui.interactions.common.answering import Refused, admits
from bot.discord_ui.interactions.common.services import Services

OFFERED: Final = 600.0
"""Seconds in which what was shown can be brought in."""

P = TypeVar("P")


async def loaded(attachment: discord.Attachment) -> bytes:
    """Return the bytes of a file that was sent.

    Raises:
        Refused: Discord doesn't hand it out.
    """
    try:
        return await attachment.read()
    except (discord.HTTPException, aiohttp.ClientError) as error:
        raise Refused("import.not_loaded") from error


async def attached(interaction: discord.Interaction, most: int) -> bytes:
    """Return the file of the panel that was used, of at most so many bytes.

    Raises:
        Refused: there is none, or Discord doesn't hand it out.
    """
    found = interaction.message.attachments if interaction.message is not None else []
    if not found or found[0].size > most:
        raise Refused("draft.gone")
    return await loaded(found[0])


class FileOffer(discord.ui.View, Generic[P]):
    """The choice to bring in what was shown of a file."""

    def __init__(self, services: Services, plan: P) -> None:
        """Keep what the file would bring; call `offer` when all controls are there."""
        super().__init__(timeout=OFFERED)
        self._services = services
        self._plan: P | None = plan
        self._ids: set[str] = set()

    def offer(self, *controls: "discord.ui.Button[Any] | discord.ui.Select[Any]") -> None:
        """Let these controls be pressed from now on."""
        for each in controls:
            each.custom_id = f"rp:offer:{uuid4().hex}"
            self._ids.add(each.custom_id)
        self._services.offers.update(self._ids)
        previews = self._services.previews
        if len(previews) == previews.maxlen:
            previews[0].give_up()
        previews.append(self)

    def taken(self) -> P:
        """Return what the file would bring, once.

        Raises:
            Refused: it was given up, or taken before.
        """
        plan = self._plan
        if plan is None:
            raise Refused("command.too_old")
        self.give_up()
        return plan

    async def interaction_check(self, interaction: discord.Interaction, /) -> bool:
        """Let presses through where the bot is served."""
        return await admits(interaction)

    async def on_timeout(self) -> None:
        """Give it up after a while."""
        self.give_up()

    def give_up(self) -> None:
        """Forget the file: a press is answered as too old from now on."""
        self._plan = None
        # The press that takes it is still on its way to the client, which would find it too old.
        asyncio.get_running_loop().call_soon(self._services.offers.difference_update, self._ids)
        if self in self._services.previews:
            self._services.previews.remove(self)
        self.stop()
