"""The repair after a crash: replies without an ending are closed, and shown before any message is handled.

Law: a reply is closed with the text it had; people are told once.
"""

from collections.abc import Sequence

from bot.core.scene import Post, Turn, Unfinished
from bot.storage.history import History
from bot.story.floor import Floor
from bot.story.post_record import PostRecord


class Recovery:
    """The use cases of the repair."""

    def __init__(self, floor: Floor, history: History) -> None:
        """Close what `history` holds."""
        self._floor = floor
        self._history = history

    async def interrupted(self, *, terminal: bool) -> list[Unfinished]:
        """Close the replies that a crash cut off, with the text they had; return those to be shown.

        Among them are turns that a crash caught during a revision: they are returned as they were before it.
        Call this before any message is handled. `terminal` selects the rehearsal's channel, else all others:
        each frontend closes its own, because a rehearsal may run beside the bot.
        """
        left = [
            found for found in await self._history.unfinished() if (found.place.channel_id == 0) == terminal
        ]
        for turn in (found.turn for found in left):
            await self._history.close_left(turn.id, self._floor.cost(turn.text))
            if terminal:
                await self._history.told_interrupted(turn.id)
        ids = {found.turn.id for found in left}
        return [found for found in await self._history.unfinished() if found.turn.id in ids]

    async def told(self, turn: Turn) -> None:
        """Note that people see that a turn was interrupted, or that they cannot be told."""
        await self._history.told_interrupted(turn.id)

    def record(self, turn: Turn, posts: Sequence[Post]) -> PostRecord:
        """Return the record of a turn's posts, for their repair; `posts` are those that exist."""
        return PostRecord(self._history, turn.id, posts)
