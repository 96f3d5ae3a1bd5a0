"""What a crash left: replies without an ending, to be closed and shown before anything is heard.

Law: a reply is closed with the text it had; people are told once.
"""

from collections.abc import Sequence

from bot.core.scene import Post, Turn, Unfinished
from bot.storage.history import History
from bot.story.floor import Floor
from bot.story.post_record import PostRecord


class Recovery:
    """The replies that a crash left."""

    def __init__(self, floor: Floor, history: History) -> None:
        """Close what `history` holds."""
        self._floor = floor
        self._history = history

    async def interrupted(self, *, terminal: bool) -> list[Unfinished]:
        """Close the replies a crash left, with the text they had; return those nobody was told of.

        Among them are turns that a crash caught while they were revised: as they were before, to be shown so.
        To be called before anything is heard. `terminal` chooses the rehearsal's channel or all others:
        each frontend closes its own, since a rehearsal may run beside the bot.
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
        """Note that people see that a turn was interrupted, or cannot be told any more."""
        await self._history.told_interrupted(turn.id)

    def record(self, turn: Turn, posts: Sequence[Post]) -> PostRecord:
        """Return the record of a turn's posts, to be mended; `posts` are there already."""
        return PostRecord(self._history, turn.id, posts)
