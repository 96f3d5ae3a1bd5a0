"""Chores: what is done in channels when there is time, and nobody waits for.

Law: one task per channel, however often it is asked for. What fails is no error: what is to be done is
stored, and is done with the channel's next chore.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import discord

from bot.discord_ui.posting.request import Unavailable
from bot.storage.errors import StorageError

log = logging.getLogger(__name__)

PUT_OFF_BY: Final = (StorageError, Unavailable, discord.DiscordException, aiohttp.ClientError, OSError)
"""The errors after which a chore waits for the next time."""


class Chores:
    """One kind of chore in all channels."""

    def __init__(self, name: str, work: Callable[[int], Awaitable[None]]) -> None:
        """Do `work` in a channel by its id; `name` says what that is, for the log."""
        self._name = name
        self._work = work
        self._due: set[int] = set()
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def do(self, channel_id: int) -> None:
        """Do the chore in a channel, once more if it is being done."""
        self._due.add(channel_id)
        if channel_id not in self._tasks:
            self._tasks[channel_id] = asyncio.create_task(self._run(channel_id), name=self._name)

    async def stop(self) -> None:
        """Stop all tasks; the rest is left for later."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _run(self, channel_id: int) -> None:
        try:
            while channel_id in self._due:
                self._due.discard(channel_id)
                await self._work(channel_id)
        except PUT_OFF_BY as error:
            log.debug("%s in channel %s waits for later: %r", self._name, channel_id, error)
        finally:
            del self._tasks[channel_id]
            self._due.discard(channel_id)
