"""What was said goes when it is old, after its channel was told.

Law: nothing goes that its channel was not told of a month ahead, and nothing while a reply is written there.
A kill between two pieces changes nothing: the next round goes on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.core.budgets.days import running_months_from
from bot.core.retention import AHEAD, Keeping, is_to_tell, may_go
from bot.core.scene import Place
from bot.storage.errors import StorageError
from bot.storage.retention import Ageing
from bot.storage.retention import Retention as Store
from bot.story.personal_data.departures import Departures
from bot.story.places.casting import Casting
from bot.story.replies.floor import Floor
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

ROUND: Final = 3600.0
"""Seconds between two rounds."""

FIRST: Final = 60.0
"""Seconds from the start to the first round: by then the bot is connected, and busy with nothing."""

AT_ONCE: Final = 20
"""Channels that are told in one round: after an update all may want it."""

COPIES: Final = timedelta(days=30)
"""How long the copies are kept that updates make."""

FORGOTTEN: Final = timedelta(days=30)
"""How long it is kept when somebody was forgotten: longer than the bot looks back after it was off."""

SPENT: Final = timedelta(days=400)
"""How long the cost of replies is kept: for a year's figures, and the month before."""

ASKED: Final = timedelta(days=40)
"""How long it is kept who asked for a reply: for the budgets of a month, in any time zone."""


@dataclass(frozen=True, slots=True)
class AgeingNotice:
    """What a channel is to be told: how many days are kept, and when the first goes."""

    place: Place
    keeping: Keeping
    first: datetime


@dataclass(frozen=True, slots=True)
class Duty:
    """What of the rounds falls to a process: all, if it is alone.

    Attributes:
        leads: returns whether it does what is done once for all.
        has: returns whether what is on a server falls to it; None stands for what is on none.
    """

    leads: Callable[[], bool] = lambda: True
    has: Callable[[int | None], bool] = lambda _: True


ALL: Final = Duty()

Tell = Callable[[AgeingNotice], Awaitable[bool]]
"""Tells a channel; False if another try may do it. A channel that cannot be told counts as told."""

TellAdmins = Callable[[str], Awaitable[None]]
"""Posts a report to the admins, if they have a channel for it."""


class Retention:
    """The use cases of what is old."""

    def __init__(
        self,
        floor: Floor,
        casting: Casting,
        store: Store,
        departures: Departures,
        clock: Callable[[], datetime],
    ) -> None:
        """Delete from `store` by the rules of `casting`, which may change; `clock` returns aware times."""
        self._floor = floor
        self._casting = casting
        self._store = store
        self._departures = departures
        self._clock = clock

    async def keep(
        self,
        tell: Tell,
        tell_admins: TellAdmins,
        sleep: Callable[[float], Awaitable[None]],
        duty: Duty = ALL,
    ) -> None:
        """Tell channels and let go what is old, round after round, until cancelled.

        Of several processes each sees to its own channels, of whose replies it knows, and servers.
        """
        await sleep(FIRST)
        while True:
            try:
                await self.announce(tell, tell_admins, duty)
                await self.let_go(duty)
            except StorageError as error:
                reason = HOST.say(f"{error.family}.{error.kind}", **error.facts)
                log.warning(HOST.say("host.not_aged", reason=reason))
            except Exception as error:
                log.exception(HOST.say("host.not_aged", reason=type(error).__name__))
            await sleep(ROUND)

    async def announce(self, tell: Tell, tell_admins: TellAdmins, duty: Duty = ALL) -> None:
        """Tell some of the channels in which something goes within a month, and report that."""
        now, keeping = self._clock(), self._casting.rules.keeping
        if keeping.for_good:
            return
        soon = await self._old(now + AHEAD)
        wanting = [
            each.place
            for each in soon
            if duty.has(each.place.guild_id) and is_to_tell(each.told, keeping, now)
        ]
        first, was_told, told = now + AHEAD, await self._store.has_told_any(), list[int]()
        for place in wanting:
            if len(told) < AT_ONCE and await tell(AgeingNotice(place, keeping, first)):
                await self._store.told(place.channel_id, now, keeping.days)
                told.append(place.channel_id)
        if told:
            turns = await self._store.count(told, *keeping.cutoffs(first))
            line = HOST.say(
                "host.ageing",
                days=keeping.days,
                ambient=keeping.ambient_days,
                channels=len(told),
                turns=turns,
                first=f"{first:%Y-%m-%d}",
            )
            log.info(line)
            if not was_told:
                await tell_admins(line)

    async def let_go(self, duty: Duty = ALL) -> int:
        """Delete what is old, and the servers that the bot has left; return how many turns that were."""
        now, keeping, gone = self._clock(), self._casting.rules.keeping, 0
        cutoffs = keeping.cutoffs(now)
        if not keeping.for_good:
            for each in await self._old(now):
                if duty.has(each.place.guild_id) and may_go(each.told, keeping, now):
                    gone += await self._let_go(each.place.channel_id, *cutoffs)
        if duty.leads():
            await self._tidy(now)
        left = await self._departures.let_go(keeping.left_cutoff(now))
        for server_id in left:
            log.info(HOST.say("host.server_gone", server=server_id, days=keeping.left_days))
        if gone:
            log.info(HOST.say("host.aged", turns=gone))
        if gone or left:
            await self._store.wipe()
        return gone

    async def _tidy(self, now: datetime) -> None:
        """Delete what is old and belongs to no channel, and let count what a kill has left."""
        await self._floor.spending.settle()
        await self._store.delete_spent(now - SPENT)
        await self._store.delete_askers(now - ASKED)
        await self._store.delete_aliases(running_months_from(now))
        await self._store.delete_forgotten(now - FORGOTTEN)
        await self._store.discard_copies(now - COPIES)

    async def _let_go(self, channel_id: int, before: datetime, ambient: datetime) -> int:
        """Delete what is old in a channel, in pieces; not while a reply is written there."""
        gone = 0
        while True:
            async with self._floor.ears(channel_id):
                if self._floor.is_held(channel_id):
                    return gone
                some = await self._store.delete_some(channel_id, before, ambient)
                if not some:
                    await self._store.tidy(channel_id, before)
                    return gone
            gone += some
            await asyncio.sleep(0)

    async def _old(self, now: datetime) -> list[Ageing]:
        return await self._store.channels(*self._casting.rules.keeping.cutoffs(now))
