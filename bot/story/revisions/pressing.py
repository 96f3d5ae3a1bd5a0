"""Who may press a button under a turn, and when: the facts that `core.pressing` decides by.

Law: it looks up and decides nothing.
"""

from collections.abc import Callable
from datetime import datetime

from bot.core.pressing import LATELY, PressFacts, Verdict, verdict_on
from bot.core.scene import END, START, Turn
from bot.storage.stores import Stores
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor
from bot.story.revisions.turn_states import TurnState


class Pressing:
    """Knows who may press the buttons of turns, in all channels."""

    def __init__(self, floor: Floor, casting: Casting, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Look up in these; `clock` returns aware UTC times."""
        self._floor = floor
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._clock = clock

    async def may_press(self, state: TurnState, user_id: int, *, moderator: bool) -> Verdict:
        """Return when a person may press a button that changes a turn for everybody.

        `moderator` is whether they moderate its channel.
        """
        turn = state.turn
        scene = await self._scenes.get(turn.scene_id)
        lately = await self._history.recent(turn.scene_id, START, END, LATELY)
        last_word = await self._history.costs.last_word(turn.id) or turn.created_at
        return verdict_on(
            PressFacts(
                user_id=user_id,
                moderator=moderator,
                rights=(await self._casting.settings(state.place)).story_rights,
                starter_id=scene.starter_id if scene else None,
                askers=await self.askers(turn),
                lately=frozenset(each.user_id for each in lately if each.user_id is not None),
                last_word=None if state.writing else last_word,
                now=self._clock(),
            )
        )

    async def askers(self, turn: Turn) -> frozenset[int]:
        """Return who asked for a turn or had it written again; after a restart, who spoke last before it."""
        known = self._floor.askers(turn.id)
        return await self._before(turn) if known is None else known

    async def answers(self, turn: Turn, user_id: int) -> bool:
        """Return whether a turn answers a person, even if others had it written again."""
        known = self._floor.addressees(turn.id)
        return user_id in (await self._before(turn) if known is None else known)

    async def _before(self, turn: Turn) -> frozenset[int]:
        before = await self._history.recent(turn.scene_id, START, turn.position, LATELY)
        people = [each.user_id for each in before if each.user_id is not None]
        return frozenset(people[-1:])
