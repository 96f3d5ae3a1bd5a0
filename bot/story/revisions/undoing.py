"""Undoing: the last exchange leaves the story, and comes back as long as nothing new was said.

Law: one undo is one removal, whose turns are found and taken out together. A reply that is written then is
stopped and goes with it, and a reply that waits to answer what is undone never begins.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.core.scene import END, START, Place, Turn
from bot.storage.marks import Mark
from bot.storage.removals import NOBODY, Removal, Removed
from bot.storage.stores import Stores
from bot.story.incoming.dispatching import Dispatcher
from bot.story.replies.floor import Floor
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.story.revisions.regeneration import Regeneration


class Undoing:
    """The use cases of `/undo`. One instance serves all channels."""

    def __init__(
        self,
        floor: Floor,
        dispatcher: Dispatcher,
        regeneration: Regeneration,
        stores: Stores,
        clock: Callable[[], datetime],
    ) -> None:
        """Stop replies of `dispatcher` and `regeneration`; `clock` returns aware UTC times."""
        self._floor = floor
        self._dispatcher = dispatcher
        self._regeneration = regeneration
        self._removals = stores.removals
        self._history = stores.history
        self._scenes = stores.scenes
        self._marks = stores.marks
        self._preferences = stores.preferences
        self._clock = clock

    async def undo(self, place: Place, by_user: int) -> Removal | None:
        """Take the last exchange of the running scene out of the story; None if there is none.

        Who has opted out is not named.
        """
        async with self._floor.ears(place.channel_id):
            scene = await self._scenes.playing(place)
            if await self._preferences.opted_out([by_user]):
                by_user = NOBODY
            removal = await self._removals.undo(scene.id, by_user, self._clock()) if scene else None
            if removal is not None:
                for turn in removal.turns:
                    self._regeneration.stop(turn.id)
                self._dispatcher.unask(place, {turn.message_id for turn in removal.turns if turn.message_id})
            return removal

    async def redo(self, removal_id: int, place: Place) -> list[Turn] | Refusal:
        """Put an undone exchange back, and return its turns in order; the second time there are none."""
        async with self._floor.ears(place.channel_id):
            removal = await self._removals.get(removal_id)
            scene = await self._scenes.get(removal.scene_id) if removal else None
            if removal is None or scene is None or removal.kind is not Removed.UNDONE:
                return Refusal(RefusalReason.GONE)
            if scene.place.key != place.key:
                return Refusal(RefusalReason.ELSEWHERE)
            if not removal.is_out:
                return []
            obstacle = await self._removals.obstacle(removal_id)
            if obstacle is not None:
                return Refusal(RefusalReason(obstacle.value))
            return await self._removals.put_back(removal_id)

    async def undo_again(self, removal_id: int, turns: Sequence[Turn], place: Place) -> None:
        """Take out again what came back and could not be shown."""
        async with self._floor.ears(place.channel_id):
            await self._removals.take_again(removal_id, turns)

    async def shown(self, turn_id: int) -> None:
        """Note that a reply's posts show whether it is in the story."""
        await self._removals.shown(turn_id)

    async def newest_reply(self, place: Place) -> Turn | None:
        """Return the persona's turn with which the running scene ends now; None if it ends with none."""
        scene = await self._scenes.playing(place)
        found = await self._history.recent(scene.id, START, END, 1) if scene else []
        return found[0] if found and found[0].persona_key is not None else None

    async def unmarked(self) -> dict[int, int | None]:
        """Return the channels in which reactions are due on people's messages, each with its server."""
        return await self._marks.channels()

    async def mark(self, channel_id: int) -> Mark | None:
        """Return the reaction that is due next in a channel; None if none is."""
        return await self._marks.due(channel_id)

    async def marked(self, mark: Mark) -> None:
        """Note that people see a reaction as it is due, or that it cannot be done."""
        await self._marks.done(mark)
