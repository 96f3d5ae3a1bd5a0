"""What a channel has yet to be told in plain words: what is stored of it, once.

Law: only one of those who ask is told to say it, and says how that went; what could not be said is still due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.scene import IncomingMessage, Place
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.casting import ChannelCast

RECORDING = "recording"
"""The kind of notice that says what is stored; a channel gets it once."""


@dataclass(frozen=True, slots=True)
class StorageNoticeDue:
    """A channel has yet to be told what is stored, for the persona of this name.

    A frontend that says it reports how that went (`Notices.given`).
    """

    persona: str


class Notices:
    """The notices of all channels."""

    def __init__(self, scenes: Scenes, history: History, clock: Callable[[], datetime]) -> None:
        """Remember in `scenes` and `history` what was told; `clock` returns aware UTC times."""
        self._scenes = scenes
        self._history = history
        self._clock = clock
        self._informed: set[int] = set()

    async def is_due(self, place: Place, cast: ChannelCast) -> bool:
        """Tell whether a bound channel has yet to be told what is stored; its threads know what it knows.

        Only one caller is told so: it says it then, and reports with `given`.
        """
        bound_id = cast.bound_id
        if bound_id is None or not self._informed.isdisjoint((place.channel_id, bound_id)):
            return False
        told = await self._scenes.was_told((place.channel_id, bound_id), RECORDING)
        quicker = place.channel_id in self._informed  # somebody else, meanwhile
        self._informed.add(place.channel_id)
        return not (told or quicker)

    async def due(self, place: Place, cast: ChannelCast) -> StorageNoticeDue | None:
        """Return the notice that a channel has yet to get, now that something was stored."""
        name = cast.persona.name if cast.persona else cast.key or ""
        return StorageNoticeDue(name) if await self.is_due(place, cast) else None

    async def given(self, place: Place, *, said: bool) -> None:
        """Note that a channel was told what is stored, or that this failed and is still due."""
        if said:
            self._informed.add(place.channel_id)
            await self._scenes.told(place.channel_id, RECORDING, "", self._clock())
        else:
            self._informed.discard(place.channel_id)

    async def waive(self, message: IncomingMessage, persona_key: str) -> None:
        """Note that nobody waits for a persona's answer to a message: they were told why, or none is due."""
        await self._history.waive(message.id, persona_key)
