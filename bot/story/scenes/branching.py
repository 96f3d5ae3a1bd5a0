"""Branching: a story that begins with another's turns, in a place of its own.

Law: the turns are read where they are, so that an edit, a removal or a deletion there changes the branch too.
Who plays, the title and people's names are as where it comes from; the person who branches is its starter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.scene import Place, Scene, Turn
from bot.storage.stores import Stores
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor
from bot.story.revisions.refusals import Refusal, RefusalReason


@dataclass(frozen=True, slots=True)
class Fork:
    """A turn after which a story may branch, its scene, and the key of the persona that plays there."""

    turn: Turn
    scene: Scene
    persona_key: str | None


class Branching:
    """The use cases of *Branch from here*. One instance serves all channels."""

    def __init__(self, floor: Floor, casting: Casting, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Begin scenes in `stores`; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._preferences = stores.preferences
        self._clock = clock

    async def fork(self, message_id: int, place: Place) -> Fork | Refusal:
        """Return where a story branches after a message of a place; nothing is changed.

        A message that is in no story is `GONE`, and so is one whose author has opted out.
        """
        turn = await self._history.turn_of(message_id)
        scene = await self._scenes.get(turn.scene_id) if turn else None
        if turn is None or scene is None:
            return Refusal(RefusalReason.GONE)
        if scene.place.key != place.key:
            return Refusal(RefusalReason.ELSEWHERE)
        if why := await self._why_not(turn):
            return Refusal(why)
        playing = scene.persona_key or (await self._casting.lookup(place, new_scene=True)).key
        if hidden := self._casting.why_hidden(place, [playing]):
            return Refusal(RefusalReason.AGE_RESTRICTED, hidden.about)
        return Fork(turn, scene, playing)

    async def _why_not(self, turn: Turn) -> RefusalReason | None:
        """Return why no story branches after a turn; None if one may."""
        if turn.user_id is not None and await self._preferences.opted_out([turn.user_id]):
            return RefusalReason.GONE
        if turn.removal_id is not None:
            return RefusalReason.REMOVED
        if turn.persona_key is not None and turn.ending is None:
            return RefusalReason.WRITING
        is_empty = turn.persona_key is not None and not turn.text  # a reply of which nothing came
        return RefusalReason.GONE if is_empty else None

    async def branch(self, fork: Fork, place: Place, starter_id: int) -> Scene | Refusal:
        """Begin the branch in a place, where it is the running scene from now on.

        GONE: the message was deleted meanwhile.
        """
        async with self._floor.ears(place.channel_id):
            turn = await self._history.turn(fork.turn.id)
            if turn is None:
                return Refusal(RefusalReason.GONE)
            theirs = (await self._casting.lookup(place, new_scene=True)).key
            key = fork.persona_key if fork.persona_key != theirs else None
            return await self._scenes.branch(
                place, turn, self._clock(), starter_id=starter_id, persona_key=key
            )
