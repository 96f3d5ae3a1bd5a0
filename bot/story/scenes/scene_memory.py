"""The memory of the running scene, as people see and change it: its recap, its pins and its author's note.

Law: what is kept is what every prompt tells, so that it is small: a fact too many is refused with the reason.
Rights are the frontend's to check.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.memory.memory import (
    MOST_PINS,
    NOTE_LENGTH,
    PIN_LENGTH,
    MemoryRefusal,
    Unchanged,
    clean,
    clean_line,
    fact_of,
    itemized,
    pins_room,
    within,
)
from bot.core.memory.recap import cost_of
from bot.core.posts.pages import utf16_length
from bot.core.prompting.brief import NOTE
from bot.core.routing import NoReply
from bot.core.scene import END, START, Participant, Place, Position, Scene
from bot.storage.pins import Made, Pin
from bot.storage.recaps import Backlog, Recap
from bot.storage.stores import Stores
from bot.story.memory.recaps import IDLE, RecapState, RecapWriter
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor


@dataclass(frozen=True, slots=True)
class RecapView:
    """The recap of a scene as people see it.

    Attributes:
        told: the one that replies are told; None if there is none.
        newest: the one that reaches furthest; the same, or one that is ready for the next step of the window.
        landmark: the ids of channel and message of the last turn in it; None if there is no such message.
        most: the most tokens of one; 0 where recaps are turned off.
        paused: whether none are made.
        state: whether one is being made, or failed.
        left: how much has left the window and is in no recap.
        cost: the expected price of that in millionths of a dollar; None if the model's price is not known.
        writer: who last edited the one that replies are told, as they act in public; None if nobody did.
    """

    told: Recap | None
    newest: Recap | None
    landmark: tuple[int, int] | None
    most: int
    paused: bool
    state: RecapState
    left: Backlog
    cost: int | None
    writer: Participant | None = None


@dataclass(frozen=True, slots=True)
class MemoryView:
    """What a scene remembers besides its turns, with the tokens that each reply pays for it.

    Attributes:
        scene: the scene.
        recap: its recap.
        pins: its pins in order.
        note: its author's note.
        pins_tokens: those of all pins.
        note_tokens: those of the note.
        window: tokens that the model can read and write in one request.
    """

    scene: Scene
    recap: RecapView
    pins: tuple[Pin, ...]
    note: str
    pins_tokens: int
    note_tokens: int
    window: int

    @property
    def tokens(self) -> int:
        """The tokens of all that is remembered."""
        recap = self.recap.told.tokens if self.recap.told else 0
        return recap + self.pins_tokens + self.note_tokens

    def pin(self, pin_id: int) -> Pin | None:
        """Return one of its pins; None if there is no such pin anymore."""
        return next((pin for pin in self.pins if pin.id == pin_id), None)


class MemoryControl:
    """The use cases of memory. One instance serves all channels.

    Attributes:
        recaps: makes the summaries of what has left the window.
    """

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        stores: Stores,
        recaps: RecapWriter,
        clock: Callable[[], datetime],
    ) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self._floor = floor
        self.recaps = recaps
        self._casting = casting
        self._stores = stores
        self._clock = clock

    async def view(self, place: Place) -> MemoryView | None:
        """Return what the running scene of a place remembers; None if the place was never used."""
        scene = await self._stores.scenes.playing(place)
        if scene is None:
            return None
        pins = tuple(await self._stores.pins.of_scene(scene.id))
        note = await self._stores.pins.note(scene.id)
        cost, window = self._floor.cost, self._casting.rules.context_window
        listed = itemized(within([pin.text for pin in pins], pins_room(window), cost))
        noted = f"{NOTE}: {clean(note)}" if note else ""
        recap = await self._recap(scene)
        return MemoryView(scene, recap, pins, note, cost(listed), cost(noted), window)

    async def _recap(self, scene: Scene) -> RecapView:
        store, rules, most = self._stores.recaps, self.recaps.rules, self.recaps.most
        if rules is None:
            return RecapView(None, None, None, 0, paused=False, state=IDLE, left=Backlog(), cost=None)
        newest = await store.newest(scene.id)
        told = await store.newest(scene.id, scene.window_start) if scene.window_start else None
        left = Backlog()
        if scene.window_start:
            left = await self.recaps.backlog(scene, Position(scene.window_start - 1))
        prices = self._casting.rules.limits.prices
        cost = prices.microdollars(self.recaps.model.name, *cost_of(left.tokens, rules, most))
        paused, state = await store.is_paused(scene.id), self.recaps.state(scene.id)
        landmark = await store.landmark(scene.id, told.reaches) if told else None
        by_user = told.by_user if told is not None else None
        writer = None if by_user is None else await self._stores.people.as_seen(scene.place, by_user)
        return RecapView(told, newest, landmark, most, paused, state, left, cost, writer)

    async def pause_recap(self, place: Place, *, paused: bool) -> Unchanged | None:
        """Make no recaps of the running scene until they are resumed, or resume them."""
        view = await self.view(place)
        if view is None:
            return Unchanged(MemoryRefusal.NO_SCENE)
        await self._stores.recaps.pause(view.scene.id, paused=paused)
        if not paused and view.scene.window_start:
            self.recaps.due(view.scene.id, Position(view.scene.window_start - 1))
        return None

    async def make_recap(self, place: Place) -> Unchanged | None:
        """Make the recap reach all that has left the window, now and whatever it costs.

        If turns were left out of it before, it is made again from the beginning; not where that is no longer
        stored, because the recap is all that is left of it.
        """
        view = await self.view(place)
        if view is None:
            return Unchanged(MemoryRefusal.NO_SCENE)
        if view.recap.paused or not view.recap.most:
            return Unchanged(MemoryRefusal.PAUSED)
        left_out = await self._can_take_in(view)
        if not view.recap.left.turns and not left_out and view.recap.state.failed is None:
            return Unchanged(MemoryRefusal.ALL_THERE)
        if not await self.recaps.is_paid_for(view.scene):
            return Unchanged(MemoryRefusal.UNPAID)
        if left_out:
            await self._stores.recaps.forget(view.scene.id)
        self.recaps.due(view.scene.id, Position(view.scene.window_start - 1), asked_for=True)
        return None

    async def _can_take_in(self, view: MemoryView) -> bool:
        """Return whether a recap lacks turns and can be made again: if all that is in it is still there."""
        newest, store = view.recap.newest, self._stores.recaps
        if newest is None or not newest.left_out:
            return False
        return bool(await store.turns_after(view.scene.id, START, newest.since, 1))

    async def write_recap(self, place: Place, recap_id: int, text: str, by_user: int) -> Unchanged | None:
        """Give a recap a person's words; what was made from the one before is made again. "" deletes it."""
        text = clean(text)
        async with self._floor.ears(place.channel_id):
            view = await self.view(place)
            told = view.recap.told if view else None
            if view is None or told is None or told.id != recap_id:
                return Unchanged(MemoryRefusal.RECAP_GONE)
            tokens = self._floor.cost(text)
            if tokens > view.recap.most:
                return Unchanged(MemoryRefusal.RECAP_LONG, view.recap.most)
            if text != told.text:
                by = (by_user, self._clock())
                await self._stores.recaps.rewrite(view.scene.id, told, text, tokens, by)
                self.recaps.overtaken(view.scene.id)
            return None

    async def why_hidden(self, place: Place, scene: Scene) -> NoReply | None:
        """Return why a scene's memory is not shown in a place: it is of a persona that may not play there."""
        return self._casting.why_hidden(place, await self._stores.scenes.personas(scene.id))

    async def pin_words(self, place: Place, text: str, by_user: int) -> Pin | Unchanged:
        """Store a fact in a person's own words."""
        text = clean_line(text)
        if why := _why_not(text, PIN_LENGTH):
            return why
        async with self._floor.ears(place.channel_id):
            view = await self.view(place)
            if view is None:
                return Unchanged(MemoryRefusal.NO_SCENE)
            newest = await self._stores.history.recent(view.scene.id, START, END, 1)
            position = newest[-1].position if newest else Position(view.scene.window_start)
            return await self._add(view, Made(text, by_user, self._clock(), position, by_user))

    async def pin_message(self, place: Place, message_id: int, by_user: int) -> Pin | Unchanged:
        """Store the words of a message as a fact, with who said them."""
        async with self._floor.ears(place.channel_id):
            view, turn = await self.view(place), await self._stores.history.turn_of(message_id)
            if view is None or turn is None:
                return Unchanged(MemoryRefusal.NO_SCENE if view is None else MemoryRefusal.ELSEWHERE)
            if not await self._stores.history.tells(view.scene.id, turn):
                return Unchanged(MemoryRefusal.ELSEWHERE)
            if turn.author_id is not None and await self._stores.preferences.opted_out([turn.author_id]):
                return Unchanged(MemoryRefusal.ELSEWHERE)
            text = fact_of(turn)
            if not text or (turn.ending is None and turn.user_id is None):
                return Unchanged(MemoryRefusal.EMPTY)
            made = Made(text, by_user, self._clock(), turn.position, turn.author_id, turn.id)
            return await self._add(view, made)

    async def _add(self, view: MemoryView, made: Made) -> Pin | Unchanged:
        why = self._why_too_much(view, made.text)
        if why is not None:
            return why
        return await self._stores.pins.add(view.scene.id, made, MOST_PINS) or Unchanged(
            MemoryRefusal.MANY, MOST_PINS
        )

    def _why_too_much(self, view: MemoryView, text: str, instead_of: int | None = None) -> Unchanged | None:
        """Return why a scene cannot hold one more text, or one in place of a pin; None if it can."""
        others = [pin for pin in view.pins if pin.id != instead_of]
        if any(clean_line(pin.text) == text for pin in others):
            return Unchanged(MemoryRefusal.SAME)
        if len(others) >= MOST_PINS:
            return Unchanged(MemoryRefusal.MANY, MOST_PINS)
        most = pins_room(view.window)
        if self._floor.cost(itemized([*(pin.text for pin in others), text])) > most:
            return Unchanged(MemoryRefusal.FULL, most)
        return None

    async def edit_pin(self, place: Place, pin_id: int, text: str, by_user: int) -> Unchanged | None:
        """Give a pin other words, which are the person's own from now on; "" deletes it."""
        text = clean_line(text)
        async with self._floor.ears(place.channel_id):
            view = await self.view(place)
            pin = view.pin(pin_id) if view else None
            if view is None or pin is None:
                return Unchanged(MemoryRefusal.GONE)
            if not text:
                await self._stores.pins.drop(pin_id)
                return None
            if text == pin.text:
                return None
            why = _why_not(text, PIN_LENGTH) or self._why_too_much(view, text, pin_id)
            if why is None:
                await self._stores.pins.edit(pin_id, text, by_user, self._clock())
            return why

    async def raise_pin(self, place: Place, pin_id: int) -> Unchanged | None:
        """Move a pin before the one before it, if it is not the first."""
        async with self._floor.ears(place.channel_id):
            view = await self.view(place)
            if view is None or view.pin(pin_id) is None:
                return Unchanged(MemoryRefusal.GONE)
            await self._stores.pins.raise_(pin_id)
            return None

    async def write_note(self, place: Place, text: str, by_user: int) -> Unchanged | None:
        """Store the author's note of the running scene; "" deletes it."""
        text = clean(text)
        if utf16_length(text) > NOTE_LENGTH:
            return Unchanged(MemoryRefusal.LONG, NOTE_LENGTH)
        async with self._floor.ears(place.channel_id):
            scene = await self._stores.scenes.playing(place)
            if scene is None:
                return Unchanged(MemoryRefusal.NO_SCENE)
            await self._stores.pins.put_note(scene.id, text, by_user, self._clock())
            return None


def _why_not(text: str, most: int) -> Unchanged | None:
    if not text:
        return Unchanged(MemoryRefusal.EMPTY)
    return Unchanged(MemoryRefusal.LONG, most) if utf16_length(text) > most else None
