"""Revision: what people do with a turn that exists (another variant, an edit, a removal).

Law: what people see is what the story remembers. A revision keeps the previous state until people see the new
one; whatever cannot be done is returned as a `Refusal`, and changes nothing.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from bot.core.names import clean_name
from bot.core.posts.pages import shows
from bot.core.safe_text import defuse
from bot.core.scene import Participant, Place, Turn
from bot.storage.removals import NOBODY, Removal, Removed
from bot.storage.steering import Steer, SteeringKind
from bot.storage.stores import Stores
from bot.storage.swipes import Variants
from bot.story.places.casting import Casting
from bot.story.prompts.prompter import Prompter
from bot.story.replies.floor import Floor
from bot.story.replies.post_record import PostRecord
from bot.story.revisions.pressing import Pressing
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.story.revisions.regeneration import Regeneration
from bot.story.revisions.turn_states import PendingChange
from bot.story.revisions.turns import Turns


class Revision:
    """The use cases of turns that exist. One instance serves all channels.

    Attributes:
        turns: looks them up.
        pressing: who may press a button under one.
        regeneration: has the model write them again, or go on with them.
    """

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        prompter: Prompter,
        stores: Stores,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self.turns = Turns(casting, stores)
        self.pressing = Pressing(floor, casting, stores, clock)
        self.regeneration = Regeneration(floor, casting, prompter, stores, self.turns, self.pressing)
        self._floor = floor
        self._history = stores.history
        self._swipes = stores.swipes
        self._removals = stores.removals
        self._scenes = stores.scenes
        self._preferences = stores.preferences
        self._clock = clock

    async def swipe(self, turn_id: int, step: int, place: Place) -> PendingChange | Refusal:
        """Show the variant before (-1) or after (1); past the last the reason is NO_SUCH_SWIPE."""

        async def choose(variants: Variants) -> Turn | None:
            return await self._swipes.choose(turn_id, variants.turn.swipe + step)

        return await self._change(turn_id, place, choose, RefusalReason.NO_SUCH_SWIPE)

    async def rewrite(
        self, turn_id: int, text: str, place: Place, editor: Participant
    ) -> PendingChange | Refusal:
        """Replace a turn's text by `editor`'s; the previous text is deleted once the change is settled."""
        text = defuse(text)
        named = replace(editor, name=clean_name(editor.name, f"Member {editor.id % 10_000:04}"))

        async def put(_variants: Variants) -> Turn | None:
            return await self._swipes.rewrite(turn_id, text, self._floor.cost(text), named)

        if not shows(text):
            return Refusal(RefusalReason.EMPTY)
        return await self._change(turn_id, place, put, RefusalReason.GONE)

    async def settle(self, change: PendingChange) -> None:
        """Note that people see a change."""
        await self._swipes.settle(change.turn)

    async def revert(self, change: PendingChange) -> Turn | None:
        """Restore the state before a change that could not be shown; None if the turn is gone.

        The next start shows the restored state again, unless it is settled before.
        """
        async with self._floor.ears(change.place.channel_id):
            now = await self._history.turn(change.turn.id)
            # The turn may have been changed again meanwhile: then that change decides.
            if now != change.turn:
                return now
            return await self._swipes.revert(change.turn.id)

    async def remove(self, turn_id: int, by_user: int, place: Place) -> Removal | Refusal:
        """Take a turn, a person's or a persona's, out of the story; if it is out, return its removal."""
        return await self._remove(turn_id, Removed.TURN, by_user, place)

    async def cover(self, turn_id: int, place: Place, told: str) -> Removal | Refusal:
        """Take a persona's turn out of the story and name nobody; the next reply is `told` why."""
        return await self._remove(turn_id, Removed.COVERED, NOBODY, place, told)

    async def remove_after(self, turn_id: int, by_user: int, place: Place) -> Removal | Refusal | None:
        """Take all turns after one out of the story; None if there are none."""
        found = await self._remove(turn_id, Removed.AFTER, by_user, place)
        return None if isinstance(found, Refusal) and found.reason is RefusalReason.REMOVED else found

    async def put_back(self, removal_id: int, place: Place) -> list[Turn] | Refusal:
        """Put back the turns of a removal, and return them in their order; the second time there are none."""
        removal = await self._removals.get(removal_id)
        scene = await self._scenes.get(removal.scene_id) if removal else None
        if scene is None:
            return Refusal(RefusalReason.GONE)
        if scene.place.key != place.key:
            return Refusal(RefusalReason.ELSEWHERE)
        async with self._floor.ears(place.channel_id):
            return await self._removals.put_back(removal_id)

    async def _change(
        self,
        turn_id: int,
        place: Place,
        make: Callable[[Variants], Awaitable[Turn | None]],
        otherwise: RefusalReason,
    ) -> PendingChange | Refusal:
        async with self._floor.ears(place.channel_id):
            found = await self.turns.check(turn_id, place)
            if isinstance(found, Refusal):
                return found
            if hidden := self.turns.why_hidden([found.variants.turn], place):
                return hidden
            turn = await make(found.variants)
            now = await self._swipes.variants(turn_id) if turn else None
            if turn is None or now is None:
                return Refusal(otherwise)
            record = PostRecord(self._history, turn_id, now.posts)
            return PendingChange(turn, place, now.posts, record, now.count)

    async def _remove(
        self, turn_id: int, kind: Removed, by_user: int, place: Place, told: str = ""
    ) -> Removal | Refusal:
        async with self._floor.ears(place.channel_id):
            turn = await self._history.turn(turn_id)
            scene = await self._scenes.get(turn.scene_id) if turn else None
            if turn is None or scene is None:
                return Refusal(RefusalReason.GONE)
            if scene.place.key != place.key:
                return Refusal(RefusalReason.ELSEWHERE)
            at = self._clock()
            steer = Steer(SteeringKind.STEP_BACK, told, self._floor.cost(told), at) if told else None
            if await self._preferences.opted_out([by_user]):
                by_user = NOBODY
            removal = await self._removals.remove(turn_id, kind, by_user, at, steer)
            if removal is not None:
                for out in removal.turns:
                    self.regeneration.stop(out.id)
                return removal
            already = await self._removals.get(turn.removal_id) if turn.removal_id else None
            return already or Refusal(RefusalReason.REMOVED)
