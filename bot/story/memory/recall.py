"""Recall: what the prompts of a scene tell besides its turns.

Law: it reads and changes nothing. A recap is told only where its last turn is before the prompt's first, so
that it changes with the window and with what people change, and no reply knows what came after it. What a
prompt told is read again by its ids; what has been deleted since is told to nobody anymore.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.core.memory.memory import NOTHING, NOTHING_TOLD, Memory, Told
from bot.core.prompting.profiles import NO_PROFILES, KnownProfiles
from bot.core.scene import START, Position
from bot.storage.pins import Pin, Pins
from bot.storage.recaps import Recap, Recaps


@dataclass(frozen=True, slots=True)
class Recalled:
    """What one prompt tells besides its turns.

    Attributes:
        memory: the words of the memory.
        told: their ids.
        reaches: where the recap ends.
        profiles: the profiles of those who speak in its turns.
    """

    memory: Memory = NOTHING
    told: Told = NOTHING_TOLD
    reaches: Position = START
    profiles: KnownProfiles = NO_PROFILES


NOT_RECALLED: Final = Recalled()


class Recall:
    """Reads the memory of scenes; `tells_recaps` returns whether recaps are turned on."""

    def __init__(self, pins: Pins, recaps: Recaps, tells_recaps: Callable[[], bool]) -> None:
        """Read from these."""
        self._pins = pins
        self._recaps = recaps
        self._tells_recaps = tells_recaps

    async def at(self, scene_id: int, start: Position) -> Recalled:
        """Return what a prompt tells whose turns begin at a position."""
        pins, note = await self._pins.of_scene(scene_id), await self._pins.note(scene_id)
        recap = None
        if start > START and self._tells_recaps():
            recap = await self._recaps.newest(scene_id, start)
        return _recalled(recap, pins, note)

    async def prepared(self, scene_id: int, before: Position) -> Position:
        """Return where the newest recap ends that ends before a position; `START` if there is none."""
        found = await self._recaps.newest(scene_id, before) if self._tells_recaps() else None
        return found.reaches if found else START

    async def then(self, scene_id: int, told: Told) -> Recalled:
        """Return what a prompt told, as far as it still exists."""
        recap = await self._recaps.get(told.recap) if told.recap is not None else None
        pins = [pin for pin in await self._pins.of_scene(scene_id) if pin.id in told.pins]
        return _recalled(recap, pins, await self._pins.note(scene_id) if told.note else "")


def _recalled(recap: Recap | None, pins: list[Pin], note: str) -> Recalled:
    memory = Memory(recap.text if recap else "", tuple(pin.text for pin in pins), note)
    told = Told(recap.id if recap else None, tuple(pin.id for pin in pins), bool(note))
    return Recalled(memory, told, recap.reaches if recap else START)
