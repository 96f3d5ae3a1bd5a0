"""Recall: what the prompts of a scene tell besides its turns.

Law: it reads and changes nothing. What a prompt told is read again by its ids; what has been deleted since is
told to nobody anymore.
"""

from dataclasses import dataclass
from typing import Final

from bot.core.memory.memory import NOTHING, NOTHING_TOLD, Memory, Told
from bot.core.scene import Position
from bot.storage.pins import Pin, Pins


@dataclass(frozen=True, slots=True)
class Recalled:
    """The memory of one prompt, and which it is."""

    memory: Memory = NOTHING
    told: Told = NOTHING_TOLD


NOT_RECALLED: Final = Recalled()


class Recall:
    """Reads the memory of scenes."""

    def __init__(self, pins: Pins) -> None:
        """Read from these."""
        self._pins = pins

    async def at(self, scene_id: int, start: Position) -> Recalled:
        """Return what a prompt tells whose turns begin at a position."""
        del start
        pins, note = await self._pins.of_scene(scene_id), await self._pins.note(scene_id)
        return _recalled(pins, note)

    async def then(self, scene_id: int, told: Told) -> Recalled:
        """Return what a prompt told, as far as it still exists."""
        pins = [pin for pin in await self._pins.of_scene(scene_id) if pin.id in told.pins]
        return _recalled(pins, await self._pins.note(scene_id) if told.note else "")


def _recalled(pins: list[Pin], note: str) -> Recalled:
    memory = Memory(pins=tuple(pin.text for pin in pins), note=note)
    return Recalled(memory, Told(pins=tuple(pin.id for pin in pins), note=bool(note)))
