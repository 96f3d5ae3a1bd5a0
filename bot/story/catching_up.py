"""Catching up: the story becomes what its channels show, after a time in which nobody listened.

Law: nothing is kept of how far it came. What is stored says what is missing, so that it can break off at any
moment and begin again; until each channel was caught up or
tried as often as it is, the note of what was heard stays where it was. A message is
stored or left out by the same decision as one that is heard.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from bot.core.catching_up import Bounds, Differences, Gap, Listing, differences, wanted
from bot.core.scene import IncomingMessage, Place
from bot.storage.heard import Played
from bot.storage.stores import Stores
from bot.story.casting import Casting
from bot.story.hearing import Hearing, Late
from bot.story.notices import RECORDING
from bot.story.referring import FetchStarter


@dataclass(frozen=True, slots=True)
class Written:
    """A message as Discord shows it now, and how to fetch the one that its thread was made from."""

    message: IncomingMessage
    fetch_starter: FetchStarter | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the stories of a channel know, read before the channel is listed.

    Attributes:
        messages: the ids of the messages.
        wanted: the lowest id that matters.
        since: the lowest id of a message that is young enough to be stored now.
    """

    messages: frozenset[int]
    wanted: int
    since: int


@dataclass(frozen=True, slots=True)
class Followed:
    """How many messages were stored, changed and deleted.

    `outdated` are those that were edited since they were read.
    """

    new: int = 0
    edited: int = 0
    deleted: int = 0
    outdated: tuple[int, ...] = ()

    def __add__(self, other: Self) -> "Followed":
        outdated = (*self.outdated, *other.outdated)
        return Followed(
            self.new + other.new, self.edited + other.edited, self.deleted + other.deleted, outdated
        )


class CatchingUp:
    """The use cases of catching up, for all channels."""

    def __init__(
        self, hearing: Hearing, casting: Casting, stores: Stores, clock: Callable[[], datetime]
    ) -> None:
        """Compare with `stores`; `clock` returns aware UTC times."""
        self._hearing = hearing
        self._casting = casting
        self._history = stores.history
        self._scenes = stores.scenes
        self._heard = stores.heard
        self._clock = clock
        self._newest = 0
        self._handled = 0
        self._noted = 0
        self._open: Gap | None = None

    @property
    def bounds(self) -> Bounds:
        """How much is caught up, as the host sets it now."""
        return self._casting.rules.catch_up

    # -- what was heard -------------------------------------------------------------------------

    def hear(self, message_id: int) -> None:
        """Note that a message came, whatever becomes of it."""
        self._newest = max(self._newest, message_id)

    async def note(self, *, everything: bool = False) -> None:
        """Store what was heard until the last call, because what came since may not be handled yet.

        `everything` says that nothing is being handled. While a gap is open, nothing is stored.
        """
        handled = self._newest if everything else self._handled
        if self._open is None and handled > self._noted:
            await self._heard.note(handled)
            self._noted = handled
        self._handled = self._newest

    async def open_gap(self) -> Gap:
        """Return the time in which nobody listened, which has just ended; it is open until `close_gap`."""
        newest, last = await self._heard.newest(), await self._heard.last()
        self._open = Gap(newest if last is None else last, newest)
        return self._open

    def close_gap(self, gap: Gap) -> None:
        """Note that a gap is caught up, unless another one has opened."""
        if self._open is gap:
            self._open = None

    # -- channel by channel ---------------------------------------------------------------------

    async def places(self) -> list[Place]:
        """Return the servers' places with a running scene, whenever anybody wrote there."""
        return [played.place for played in await self._heard.played()]

    async def active(self, last_message: Callable[[Place], int]) -> list[Played]:
        """Return the channels with a running scene in which anybody wrote lately, the latest first.

        `last_message` returns the newest message in a place as far as Discord has told; 0 if it has not.
        """
        since, found = self.bounds.since(self._clock()), list[tuple[int, Played]]()
        for played in await self._heard.played():
            newest = max(played.newest, last_message(played.place))
            if newest >= since:
                found.append((newest, played))
        return [played for _, played in sorted(found, key=lambda each: each[0], reverse=True)]

    async def known(self, played: Played, gap: Gap) -> Known:
        """Return what is stored of a channel; call this before the channel is listed."""
        since = self.bounds.since(self._clock())
        messages = await self._heard.messages(played, since, self.bounds.messages)
        return Known(messages, wanted(messages, gap, since), since)

    def compare(self, known: Known, listing: Listing, gap: Gap) -> Differences:
        """Return how a channel differs from what is stored of it."""
        return differences(listing, known.messages, gap, known.since)

    async def names(self, place: Place) -> dict[int, str]:
        """Return the name of each person who is known in a place, as people there saw it last."""
        return await self._heard.names(place)

    async def follow(self, place: Place, found: Differences, written: Mapping[int, Written]) -> Followed:
        """Store the new messages of a channel in the order in which they were written, and follow the edits.

        `written` has them as far as they can be read.
        """
        done = Followed()
        for message_id in found.edited:
            if message_id in written:
                before = await self._words(message_id)
                await self._hearing.amend_late(written[message_id].message)
                done += Followed(edited=before != await self._words(message_id))
        if found.new:
            told = await self._scenes.was_told((place.channel_id, place.home_id), (RECORDING,))
            for message_id in found.new:
                if message_id in written:
                    done += await self._store(written[message_id], told=told)
        return done

    async def _store(self, each: Written, *, told: bool) -> Followed:
        late = await self._hearing.hear_late(each.message, told=told, fetch_starter=each.fetch_starter)
        if late is Late.STOPS:
            await self._waive(each.message)
        outdated = (each.message.id,) if late is Late.OUTDATED else ()
        return Followed(new=late is Late.STORED, outdated=outdated)

    async def _waive(self, stop: IncomingMessage) -> None:
        """Note that nobody waits anymore for what was asked before somebody asked to stop."""
        for owed in await self._history.owed():
            asked = owed.turn.message_id
            if owed.place.key == stop.place.key and asked is not None and asked <= stop.id:
                await self._history.waive(asked, owed.persona_key)

    async def _words(self, message_id: int) -> object:
        turn = await self._history.turn_of(message_id)
        return None if turn is None else (turn.text, turn.notes)
