"""The memory of the running scene, as people see and change it: its pins and its author's note.

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
)
from bot.core.posts.pages import utf16_length
from bot.core.prompting.brief import NOTE
from bot.core.routing import NoReply
from bot.core.scene import END, START, Place, Position, Scene
from bot.storage.pins import Made, Pin
from bot.storage.stores import Stores
from bot.story.casting import Casting
from bot.story.floor import Floor


@dataclass(frozen=True, slots=True)
class MemoryView:
    """What a scene remembers besides its turns, with the tokens that each reply pays for it.

    Attributes:
        scene: the scene.
        pins: its pins in order.
        note: its author's note.
        pins_tokens: those of all pins.
        note_tokens: those of the note.
        window: tokens that the model can read and write in one request.
    """

    scene: Scene
    pins: tuple[Pin, ...]
    note: str
    pins_tokens: int
    note_tokens: int
    window: int

    @property
    def tokens(self) -> int:
        """The tokens of all that is remembered."""
        return self.pins_tokens + self.note_tokens

    def pin(self, pin_id: int) -> Pin | None:
        """Return one of its pins; None if there is no such pin anymore."""
        return next((pin for pin in self.pins if pin.id == pin_id), None)


class MemoryControl:
    """The use cases of memory. One instance serves all channels."""

    def __init__(self, floor: Floor, casting: Casting, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Wire the use cases to their dependencies; `clock` returns aware UTC times."""
        self._floor = floor
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
        cost = self._floor.cost
        listed = itemized(pin.text for pin in pins)
        noted = f"{NOTE}: {clean(note)}" if note else ""
        return MemoryView(scene, pins, note, cost(listed), cost(noted), self._casting.rules.context_window)

    async def why_hidden(self, place: Place, scene: Scene) -> NoReply | None:
        """Return why a scene's memory is not shown in a place: it is of a persona that may not play there."""
        shelf = self._casting.library.at(place.guild_id)
        for key in await self._stores.scenes.personas(scene.id):
            persona = shelf.get(key)
            barred = self._casting.barred(place, persona) if persona else None
            if barred is not None:
                return barred
        return None

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
            if turn.user_id is not None and await self._stores.preferences.opted_out([turn.user_id]):
                return Unchanged(MemoryRefusal.ELSEWHERE)
            text = fact_of(turn)
            if not text or (turn.ending is None and turn.user_id is None):
                return Unchanged(MemoryRefusal.EMPTY)
            made = Made(text, by_user, self._clock(), turn.position, turn.user_id, turn.id)
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
