"""A round of catching up: the channels to look at after a connection, or after the outage of a server.

Law: it knows what was missed where, the order, and who waits for which channel; it asks nothing of Discord
and stores nothing.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

import discord

from bot.core.catching_up import Bounds, Gap, Missed
from bot.core.posts.pace import Urgency
from bot.core.scene import Place
from bot.storage.catching_up import Played
from bot.story.downtime.catching_up import Followed


@dataclass(slots=True)
class Asking:
    """How Discord is asked in a round.

    Attributes:
        urgency: that of each request.
        people: the people that it was asked for, by server and account; None where it did not say.
    """

    urgency: Urgency = Urgency.CATCHING_UP
    people: dict[tuple[int, int], discord.Member | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Behind:
    """A channel that is to be caught up.

    Attributes:
        place: the channel.
        gaps: the times in which nobody listened there.
        played: it with its scene; None if only its threads are looked for.
        has_threads: whether threads that are archived by now may have stories too.
        is_stored: whether some of the gaps are stored as the channel's own.
    """

    place: Place
    gaps: tuple[Gap, ...]
    played: Played | None
    has_threads: bool = False
    is_stored: bool = False

    @property
    def missed(self) -> tuple[Missed, ...]:
        """What is to be caught up, as it is stored."""
        return tuple(Missed(self.place.guild_id or 0, self.place.channel_id, gap) for gap in self.gaps)


@dataclass(eq=False, slots=True)
class Round:
    """What is to be caught up together.

    Attributes:
        begun_at: when events began to tell what happens.
        server_id: the only server that it is about; None for all of which Discord tells.
        gap: what was missed everywhere (`open`); None if only what is stored as missed is to be caught up.
        failed: the channels of which Discord said nothing.
        asking: how Discord is asked.
        channels: how many channels are in it, without those of which only threads are looked for.
        done: what it has changed.
        answers: how many replies it has begun.
        settling: the work of answering those who wait, channel by channel.
    """

    begun_at: datetime
    server_id: int | None = None
    gap: Gap | None = None
    failed: list[Behind] = field(default_factory=list)
    asking: Asking = field(default_factory=Asking)
    channels: int = 0
    done: Followed = field(default_factory=Followed)
    answers: int = 0
    settling: set[asyncio.Task[int]] = field(default_factory=set)
    _servers: frozenset[int] = frozenset()
    _missed: list[Missed] = field(default_factory=list)
    _is_closed: bool = False
    _planned: asyncio.Event = field(default_factory=asyncio.Event)
    _reached: dict[int, asyncio.Event] = field(default_factory=dict)
    _waiting: deque[Behind] = field(default_factory=deque)

    # -- what was missed ----------------------------------------------------------------------------

    def open(self, gap: Gap, bounds: Bounds) -> None:
        """Note what was missed everywhere; it is read at once where people still wait, by `bounds`."""
        self.gap = gap
        if bounds.are_awaited(gap, self.begun_at):
            self.asking.urgency = Urgency.JUST_MISSED

    @property
    def is_awaited(self) -> bool:
        """Whether people still wait for what was missed."""
        return self.asking.urgency is Urgency.JUST_MISSED

    def covers(self, server_id: int | None) -> bool:
        """Return whether a server is in it, as far as it is known before the plan."""
        return self.server_id is None or self.server_id == server_id

    def look_at(self, servers: Collection[int], missed: Iterable[Missed]) -> None:
        """Begin with these servers, in which that is stored as missed."""
        self._servers = frozenset(servers)
        self._missed = [each for each in missed if each.server_id in self._servers]

    def since(self, place: Place) -> int:
        """Return the newest message that was certainly heard in a place.

        0 if none was ever, or if nothing was missed there.
        """
        return min((gap.after for gap in self._gaps(place)), default=0)

    def behind(self, place: Place, played: Played | None, *, has_threads: bool = False) -> Behind:
        """Return a channel as it is to be caught up."""
        own = any(each.channel_id == place.channel_id for each in self._missed)
        return Behind(place, self._gaps(place), played, has_threads, is_stored=own or self._is_closed)

    def _gaps(self, place: Place) -> tuple[Gap, ...]:
        if place.guild_id not in self._servers:
            return ()
        here = {None, place.channel_id, place.parent_id}  # what failed in a channel may be one of its threads
        stored = [
            each.gap for each in self._missed if each.server_id == place.guild_id and each.channel_id in here
        ]
        return tuple(stored if self.gap is None else [self.gap, *stored])

    # -- the order ----------------------------------------------------------------------------------

    def add(self, channels: Iterable[Behind]) -> list[Missed]:
        """Let these channels wait, in this order, unless they were in it already or nothing is missed there.

        Return what must be stored as missed, because other stored gaps do not tell of it anymore.
        """
        added = [each for each in channels if each.gaps and each.place.channel_id not in self._reached]
        for each in added:
            self._waiting.append(each)
            self._reached[each.place.channel_id] = asyncio.Event()
            self.channels += each.played is not None
        return [missed for each in added if self._is_closed for missed in each.missed]

    def planned(self) -> None:
        """Let nobody wait anymore for a channel that is not in it."""
        self._planned.set()

    def again(self) -> None:
        """Let the channels wait once more of which Discord said nothing."""
        self._waiting.extend(self.failed)
        self.failed.clear()

    def next(self) -> Behind | None:
        """Return the channel that is next; None if all have begun."""
        return self._waiting.popleft() if self._waiting else None

    async def reaches(self, channel_id: int) -> None:
        """Wait until a channel is caught up, which comes next from now on."""
        await self._planned.wait()
        if channel_id in self._reached:
            first = [each for each in self._waiting if each.place.channel_id == channel_id]
            for each in first:
                self._waiting.remove(each)
            self._waiting.extendleft(first)
            await self._reached[channel_id].wait()

    def reached(self, channel_id: int) -> None:
        """Let nobody wait for a channel anymore."""
        self._reached[channel_id].set()

    def over(self) -> None:
        """Let nobody wait for any."""
        self._planned.set()
        for each in self._reached.values():
            each.set()

    # -- what is left -------------------------------------------------------------------------------

    @property
    def whole_servers(self) -> set[int]:
        """The servers of which no gap is to be stored anymore that is about all of their channels."""
        return {each.server_id for each in self._missed if each.channel_id is None}

    def close(self) -> list[Missed]:
        """Count from zero, and return what is missed in the channels of which Discord said nothing.

        From now on it is not known what events told: their gaps have an end.
        """
        self._is_closed = True
        self._missed = [replace(each, gap=each.gap.ended(self.begun_at)) for each in self._missed]
        self.gap = self.gap.ended(self.begun_at) if self.gap is not None else None
        self.failed = [
            replace(each, gaps=tuple(gap.ended(self.begun_at) for gap in each.gaps), is_stored=True)
            for each in self.failed
        ]
        self.channels, self.answers, self.done = 0, 0, Followed()
        return [missed for each in self.failed for missed in each.missed]
