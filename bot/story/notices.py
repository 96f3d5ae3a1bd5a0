"""The notices that a channel or a server gets once: what is stored, or that the server is not served.

Law: of the messages that want a notice at once, only one gets it to post, and reports whether it was posted;
a notice that was not posted is still due.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.core.scene import IncomingMessage, Place
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.casting import ChannelCast

RECORDING = "recording"
"""The kind of the notice that says what is stored; a channel gets it once."""

NOT_SERVED = "not_served"
"""The kind of the notice that a server is not served; it is noted under the server's id."""


@dataclass(frozen=True, slots=True)
class StorageNoticeDue:
    """A channel has not been told yet what is stored, for the persona of this name.

    The frontend that posts it reports the result to `Notices.given`.
    """

    persona: str


class Notices:
    """The notices of all channels."""

    def __init__(self, scenes: Scenes, history: History, clock: Callable[[], datetime]) -> None:
        """Remember in `scenes` and `history` which notices were posted; `clock` returns aware UTC times."""
        self._scenes = scenes
        self._history = history
        self._clock = clock
        self._informed: set[tuple[str, int]] = set()

    async def is_due(self, place: Place, cast: ChannelCast) -> bool:
        """Return whether a channel has not been told yet what is stored; a thread's channel counts too.

        Only one caller gets True: it posts the notice, and reports the result to `given`.
        """
        bound_id = cast.bound_id
        return bound_id is not None and await self._is_due(place.channel_id, RECORDING, bound_id)

    async def due(self, place: Place, cast: ChannelCast) -> StorageNoticeDue | None:
        """Return the notice that is due for a channel, once something of it is stored; None if none is."""
        name = cast.persona.name if cast.persona else cast.key or ""
        return StorageNoticeDue(name) if await self.is_due(place, cast) else None

    async def given(self, place: Place, *, said: bool) -> None:
        """Note that the notice of what is stored was posted, or that this failed and it is still due."""
        await self._given(place.channel_id, RECORDING, said=said)

    async def is_stranger_due(self, server_id: int) -> bool:
        """Return whether a server has not been told yet that it is not served; else as `is_due`."""
        return await self._is_due(server_id, NOT_SERVED)

    async def stranger_told(self, server_id: int, *, said: bool) -> None:
        """Note that a server was told that it is not served, or that this failed and it is still due."""
        await self._given(server_id, NOT_SERVED, said=said)

    async def _is_due(self, told_id: int, kind: str, *also: int) -> bool:
        ids = (told_id, *also)
        if any((kind, id_) in self._informed for id_ in ids):
            return False
        told = await self._scenes.was_told(ids, kind)
        quicker = (kind, told_id) in self._informed  # another message, meanwhile
        self._informed.add((kind, told_id))
        return not (told or quicker)

    async def _given(self, told_id: int, kind: str, *, said: bool) -> None:
        if said:
            self._informed.add((kind, told_id))
            await self._scenes.told(told_id, kind, "", self._clock())
        else:
            self._informed.discard((kind, told_id))

    async def waive(self, message: IncomingMessage, persona_key: str) -> None:
        """Note that no answer to a message is due anymore: people were told why, or none is needed."""
        await self._history.waive(message.id, persona_key)
