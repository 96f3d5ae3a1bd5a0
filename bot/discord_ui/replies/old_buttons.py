"""Buttons that have had their time: those under older replies go, and those that stopped being true.

Law: it takes what Discord's limits leave over, and nobody waits for it. Which posts bear buttons is stored,
so that nothing has to be looked for, and what was not swept before a restart is swept after the next reply.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import aiohttp
import discord

from bot.core.posts.buttons import row_under
from bot.core.posts.layout import PostRef
from bot.core.posts.pace import Kind
from bot.core.scene import Post
from bot.discord_ui.posting.poster import Poster
from bot.discord_ui.posting.request import Barred, Gone, Orphaned, PostChange, Unavailable
from bot.discord_ui.replies.buttons import row_view
from bot.storage.errors import StorageError
from bot.story.revision import Revision, TurnState

log = logging.getLogger(__name__)


class Sweeper:
    """Takes old buttons away, in one task a channel."""

    def __init__(self, revision: Revision, keeper: Callable[[TurnState], Poster]) -> None:
        """Sweep what `revision` knows of; `keeper` finds who edits a turn."""
        self._revision = revision
        self._keeper = keeper
        self._newest: dict[int, int] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}

    def sweep(self, channel_id: int, turn_id: int) -> None:
        """Take away the buttons of all replies of a channel that are older than this one."""
        self._newest[channel_id] = turn_id
        if channel_id not in self._tasks:
            self._tasks[channel_id] = asyncio.create_task(self._sweep(channel_id), name="sweeping")

    async def put_right(self, turn_id: int, poster: Poster) -> None:
        """Put the buttons under a turn that belong there, where its showing ended early."""
        state = await self._revision.state(turn_id)
        if state is None or state.removed or not state.posts:
            return
        last = state.posts[-1]
        await self._revision.post_record(state).set_button_posts({last.page})
        buttons = row_view(turn_id, row_under(state.status), poster.voice)
        with suppress(Gone, Barred, Orphaned, Unavailable):
            await poster.edit(PostRef(last.message_id, last.hook_id), PostChange(Kind.FIRST, view=buttons))

    async def stop(self) -> None:
        """Leave the rest for another time."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def _sweep(self, channel_id: int) -> None:
        try:
            while (turn_id := self._newest.pop(channel_id, None)) is not None:
                for post in await self._revision.old_buttons(channel_id, turn_id):
                    await self._clear(post)
        except (StorageError, discord.DiscordException, aiohttp.ClientError, OSError) as error:
            log.debug("old buttons stay for now: %r", error)
        finally:
            del self._tasks[channel_id]
            self._newest.pop(channel_id, None)

    async def _clear(self, post: Post) -> None:
        state = await self._revision.state(post.turn_id)
        if state is None:
            return
        poster, ref = self._keeper(state), PostRef(post.message_id, post.hook_id)
        await poster.sender.reserve(Kind.CLEARING, poster.lane_of(ref))
        try:
            state = await self._revision.state(post.turn_id)
            if state is None or state.writing:
                return  # what stops it is no old button
            await poster.edit(ref, PostChange(Kind.CLEARING, view=None))
        except Unavailable:
            return  # after the next reply, perhaps
        except (Gone, Barred, Orphaned):
            pass  # it is not for us to change any more
        finally:
            poster.sender.release()
        await self._revision.clear_buttons(post.message_id)
