"""Catching up: the story becomes what its channels show, after a time in which nobody listened.

Law: nothing is kept of how far it came. What is stored says what is missing, so that it can break off at any
moment and begin again; a channel that could not be caught up keeps its gap (`gaps`). A message is
stored or left out by the same decision as one that is heard.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from bot.core.access import EVERYBODY
from bot.core.catching_up import Bounds, Differences, Gap, Listing, Missed, differences, wanted
from bot.core.scene import IncomingMessage, Place
from bot.core.sharding import Shard
from bot.storage.catching_up import Played
from bot.storage.stores import Stores
from bot.story.downtime.gaps import Gaps
from bot.story.incoming.heard import Late
from bot.story.incoming.hearing import Hearing
from bot.story.incoming.referring import FetchStarter
from bot.story.places.casting import Casting
from bot.story.places.notices import RECORDING


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
        self._heard = stores.catching_up
        self._settings = stores.settings
        self._clock = clock
        self._gaps: dict[Shard, Gaps] = {}

    @property
    def bounds(self) -> Bounds:
        """How much is caught up, as the host sets it now."""
        return self._casting.rules.catch_up

    def gaps(self, shard: Shard) -> Gaps:
        """Return what a shard has missed."""
        found = self._gaps.get(shard)
        if found is None:
            found = self._gaps[shard] = Gaps(
                shard, self._heard, self._hearing.proxying.oldest_held, self._clock
            )
        return found

    async def places(self) -> list[Place]:
        """Return the servers' places with a running scene, whenever anybody wrote there."""
        return [played.place for played in await self._heard.played()]

    async def missed(self, shard: Shard) -> list[Missed]:
        """Return what is to be caught up besides what was missed before a shard's connection."""
        return await self.gaps(shard).missed(self.bounds.since(self._clock()))

    async def bound(self, places: Iterable[Place]) -> list[Place]:
        """Return the places of which every message is stored."""
        ids = {*self._casting.rules.channels, *await self._settings.bound()}
        near = [place for place in places if ids & {place.channel_id, place.parent_id, place.category_id}]
        return [place for place in near if (await self._casting.lookup(place)).bound]

    async def active(
        self, last_message: Callable[[Place], int], unplayed: Iterable[Place] = ()
    ) -> list[Played]:
        """Return the channels in which anybody wrote lately, the latest first.

        These are the channels with a running scene, and of `unplayed` those that have none. `last_message`
        returns the newest message in a place as far as Discord has told; 0 if it has not.
        """
        since, found = self.bounds.since(self._clock()), list[tuple[int, Played]]()
        played = {each.place.channel_id: each for each in await self._heard.played()}
        fresh = [Played(place, None) for place in unplayed if place.channel_id not in played]
        for each in (*played.values(), *fresh):
            newest = max(each.newest, last_message(each.place))
            if newest >= since:
                found.append((newest, each))
        return [each for _, each in sorted(found, key=lambda each: each[0], reverse=True)]

    async def known(self, played: Played, gaps: Collection[Gap]) -> Known:
        """Return what is stored of a channel; call this before the channel is listed."""
        since = self.bounds.since(self._clock())
        messages = await self._heard.messages(played, since, self.bounds.messages)
        return Known(messages, wanted(messages, gaps, since), since)

    def compare(self, known: Known, listing: Listing, gaps: Collection[Gap]) -> Differences:
        """Return how a channel differs from what is stored of it."""
        return differences(listing, known.messages, gaps, known.since)

    async def limits_players(self, place: Place) -> bool:
        """Return whether not everybody may play in a place."""
        return (await self._casting.settings(place)).play != EVERYBODY

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
                await self._hearing.late.amend(written[message_id].message)
                done += Followed(edited=before != await self._words(message_id))
        if found.new:
            told = await self._scenes.was_told((place.channel_id, place.home_id), (RECORDING,))
            new = [written[each].message for each in found.new if each in written]
            for message_id, message in (await self._hearing.late.due(new)).items():
                done += await self._store(replace(written[message_id], message=message), told=told)
        return done

    async def _store(self, each: Written, *, told: bool) -> Followed:
        late = await self._hearing.late.hear(each.message, told=told, fetch_starter=each.fetch_starter)
        if late is Late.STOPS:
            await self._waive(each.message)
        outdated = (each.message.id,) if late is Late.OUTDATED else ()
        return Followed(new=late is Late.STORED, outdated=outdated)

    async def _waive(self, stop: IncomingMessage) -> None:
        """Note that nobody waits anymore for what was asked before somebody asked to stop."""
        for owed in await self._history.debts.owed():
            asked = owed.turn.message_id
            if owed.place.key == stop.place.key and asked is not None and asked <= stop.id:
                await self._history.debts.waive(asked, owed.persona_key)

    async def _words(self, message_id: int) -> object:
        turn = await self._history.turn_of(message_id)
        return None if turn is None else (turn.text, turn.notes)
