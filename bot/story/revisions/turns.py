"""Turns that exist: how they are now, and whether they can be revised.

Law: it looks up and changes nothing but what is known of the posts that show them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from bot.core.scene import Place, Post, Scene, Turn
from bot.storage.removals import Removal
from bot.storage.stores import Stores
from bot.storage.swipes import Variants
from bot.story.places.casting import Casting
from bot.story.replies.post_record import PostRecord
from bot.story.replies.reply import Reply
from bot.story.revisions.refusals import Refusal, RefusalReason
from bot.story.revisions.turn_states import TurnState


@dataclass(frozen=True, slots=True)
class Revisable:
    """A persona's turn with its variants, and the scene that it is in."""

    variants: Variants
    scene: Scene


class Turns:
    """Looks up turns of all channels.

    Attributes:
        asked: the replies that are to revise a turn, by its id; they wait for the floor.
    """

    def __init__(self, casting: Casting, stores: Stores) -> None:
        """Look up in `stores`; `casting` knows who may be shown where."""
        self._casting = casting
        self._history = stores.history
        self._swipes = stores.swipes
        self._removals = stores.removals
        self._scenes = stores.scenes
        self.asked: WeakValueDictionary[int, Reply] = WeakValueDictionary()

    async def state(self, turn_id: int) -> TurnState | None:
        """Return a persona's turn as it is now; None if it is gone or a person's."""
        found = await self.find(turn_id)
        if found is None:
            return None
        variants = found.variants
        return TurnState(
            turn=variants.turn,
            place=found.scene.place,
            posts=variants.posts,
            count=variants.count,
            newest=variants.newest,
            followed=variants.followed,
            writing=variants.turn.ending is None or self.waits(turn_id),
        )

    async def following(self, turn_id: int) -> int:
        """Return the number of turns after one in its scene."""
        turn = await self._history.turn(turn_id)
        return await self._history.count_after(turn.scene_id, turn.position) if turn else 0

    async def removal(self, removal_id: int) -> Removal | None:
        """Return a removal; None if it does not exist, or its scene is gone."""
        return await self._removals.get(removal_id)

    async def turn_of(self, message_id: int) -> Turn | None:
        """Return the turn of a message: a person's, or the one that a post shows; None if there is none."""
        return await self._history.turn_of(message_id)

    def post_record(self, state: TurnState) -> PostRecord:
        """Return the record of a turn's posts, for a frontend that shows the turn again as it is."""
        return PostRecord(self._history, state.turn.id, state.posts)

    async def old_buttons(self, channel_id: int, turn_id: int) -> list[Post]:
        """Return the posts that may still have buttons although a newer turn has them now."""
        return await self._history.posts.old_buttons(channel_id, turn_id)

    async def clear_buttons(self, message_id: int) -> None:
        """Note that a post has no buttons anymore."""
        await self._history.posts.clear_buttons(message_id)

    def why_hidden(self, turns: Iterable[Turn], place: Place) -> Refusal | None:
        """Return why no text of turns, stored or new, is shown in a place; None if it may be."""
        hidden = self._casting.why_hidden(place, (turn.persona_key for turn in turns))
        return Refusal(RefusalReason.AGE_RESTRICTED, hidden.about) if hidden else None

    def waits(self, turn_id: int) -> bool:
        """Return whether a reply that is to revise a turn waits for the floor."""
        waiting = self.asked.get(turn_id)
        return waiting is not None and waiting.halted is None

    async def find(self, turn_id: int) -> Revisable | None:
        """Return a persona's turn with its variants; None if it is gone or a person's."""
        variants = await self._swipes.variants(turn_id)
        scene = await self._scenes.get(variants.turn.scene_id) if variants else None
        return Revisable(variants, scene) if variants and scene else None

    async def check(self, turn_id: int, place: Place) -> Revisable | Refusal:
        """Return the turn if it can be revised from this place."""
        found = await self.find(turn_id)
        if found is None:
            return Refusal(RefusalReason.GONE)
        turn = found.variants.turn
        if found.scene.place.key != place.key:
            return Refusal(RefusalReason.ELSEWHERE)
        if turn.removal_id is not None:
            return Refusal(RefusalReason.REMOVED)
        return Refusal(RefusalReason.WRITING) if turn.ending is None else found
