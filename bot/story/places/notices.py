"""The notices that a channel or a server gets once: who plays, what is stored, or that it is not served.

Law: of the messages that want a notice at once, only one gets it to post, and reports whether it was posted;
a notice that was not posted is still due.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakValueDictionary

from bot.core.scene import IncomingMessage, Place
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.places.casting import ChannelCast

RECORDING = "recording"
"""The kind of the notice that all messages of a channel are stored; a bound channel gets it once."""

ASKED = "asked"
"""The kind of the notice that messages to the persona are stored; any other channel gets it once."""

OPENER = "opener"
"""The kind of the card that introduces a persona; a channel gets it once for each."""

NOT_SERVED = "not_served"
"""The kind of the notice that a server is not served; it is noted under the server's id."""


@dataclass(frozen=True, slots=True)
class StorageNoticeDue:
    """A channel has not been told yet what is stored.

    The frontend that posts it reports the result to `Notices.given`.

    Attributes:
        persona: the name of the persona that it is stored for.
        bound: whether all messages of the channel are stored, not only those to the persona.
        is_own: whether the channel's story is one person's.
    """

    persona: str
    bound: bool
    is_own: bool = False

    @property
    def key(self) -> str:
        """The key of the sentence that says it."""
        return "player.recording" if self.bound or self.is_own else "player.recording_asked"


class Notices:
    """The notices of all channels."""

    def __init__(self, scenes: Scenes, history: History, clock: Callable[[], datetime]) -> None:
        """Remember in `scenes` and `history` which notices were posted; `clock` returns aware UTC times."""
        self._scenes = scenes
        self._history = history
        self._clock = clock
        self._informed: set[tuple[str, int]] = set()
        self._introduced: set[tuple[int, str]] = set()
        self._openings: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def due(
        self, place: Place, cast: ChannelCast, persona: str | None = None
    ) -> StorageNoticeDue | None:
        """Return the notice that is due for a channel once something of it is stored; None if none is.

        What a thread's channel was told counts too, and so does what a channel was told while it was bound.
        `persona` is a name, None for the place's. Only one caller gets the notice: it posts it, and reports
        the result to `given`.
        """
        kinds = (RECORDING,) if cast.bound else (ASKED, RECORDING)
        if not await self._is_due(place.channel_id, kinds, cast.bound_id or place.home_id):
            return None
        name = cast.persona.name if cast.persona else cast.key or ""
        return StorageNoticeDue(persona or name, cast.bound, place.is_own)

    async def given(self, place: Place, notice: StorageNoticeDue, *, said: bool) -> None:
        """Note that the notice of what is stored was posted, or that this failed and it is still due."""
        await self._given(place.channel_id, RECORDING if notice.bound else ASKED, said=said)

    def opening(self, channel_id: int) -> asyncio.Lock:
        """Return the lock that keeps a channel's card, greeting and first reply in this order."""
        lock = self._openings.get(channel_id)
        if lock is None:
            lock = self._openings[channel_id] = asyncio.Lock()
        return lock

    async def is_opener_due(self, place: Place, cast: ChannelCast) -> bool:
        """Return whether a channel has yet to see any of its personas' card; call it with `opening` held.

        A persona that nobody has set, the default one, has no card but in direct messages, where it says what
        is stored before anything else. What a thread's channel saw counts too.
        """
        if cast.persona is None or (cast.source == "default" and (not place.is_own or place.is_personal)):
            return False
        seen = {place.channel_id, cast.bound_id or place.home_id}
        for key in cast.keys:
            if not self._introduced.isdisjoint((id_, key) for id_ in seen):
                continue
            if not await self._scenes.was_told(tuple(seen), (OPENER,), key):
                return True
            self._introduced.add((place.channel_id, key))
        return False

    async def opened(self, place: Place, cast: ChannelCast, *, shown: bool = True) -> None:
        """Note that a channel saw the card, or that Discord never takes it: then until a restart."""
        self._introduced.update((place.channel_id, key) for key in cast.keys)
        for key in cast.keys if shown else ():
            await self._scenes.told(place.channel_id, OPENER, key, self._clock())

    async def is_stranger_due(self, server_id: int) -> bool:
        """Return whether a server has not been told yet that it is not served; only one caller gets True."""
        return await self._is_due(server_id, (NOT_SERVED,))

    async def stranger_told(self, server_id: int, *, said: bool) -> None:
        """Note that a server was told that it is not served, or that this failed and it is still due."""
        await self._given(server_id, NOT_SERVED, said=said)

    async def _is_due(self, told_id: int, kinds: Sequence[str], *also: int) -> bool:
        """Return whether a notice of the first kind is due: none of these kinds was given there."""
        ids, mine = (told_id, *also), (kinds[0], told_id)
        if not self._informed.isdisjoint((kind, id_) for kind in kinds for id_ in ids):
            return False
        told = await self._scenes.was_told(ids, kinds)
        quicker = mine in self._informed  # another message, meanwhile
        self._informed.add(mine)
        return not (told or quicker)

    async def _given(self, told_id: int, kind: str, *, said: bool) -> None:
        if said:
            self._informed.add((kind, told_id))
            await self._scenes.told(told_id, kind, "", self._clock())
        else:
            self._informed.discard((kind, told_id))

    async def waive(self, message: IncomingMessage, persona_key: str) -> None:
        """Note that no answer to a message is due anymore: people were told why, or none is needed."""
        await self._history.debts.waive(message.id, persona_key)
