"""The shards of this process: taken, connected beside their holders, and given up, as the cluster says.

Law: a shard is heard once its lease is there and what dead processes left of it is taken up. Before another
process can have it, nothing more begins in it here, and who waits for an answer that has not begun is left to
that one; what has begun comes to its end. Alone, all of that is at once.
"""

import asyncio
import logging
from asyncio import FIRST_COMPLETED
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Final

from bot.core.sharding import Shard
from bot.discord_ui.gateway.keeping import Divided, keep, unless
from bot.discord_ui.gateway.service import Service
from bot.discord_ui.gateway.tenure import Tenure
from bot.storage.cluster import Holding
from bot.storage.errors import StorageError
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

HANDING_OVER: Final = 40.0
"""Seconds at a stop in which other processes may get ready for the shards of this one."""

STOPPING: Final = 62.0
"""Seconds of a stop after which replies in shards that were given up are waited for no longer."""

RELEASING: Final = 5.0
"""Seconds at a stop for the database to learn what is given up; without that, it learns so by the end."""

_AGAIN: Final = 1.0
"""Seconds until the cluster is asked again, and until it is tried again to take up what others have left."""


class Holder:
    """The shards of a process, as long as their number stays."""

    def __init__(self, service: Service, count: int, stop: asyncio.Event) -> None:
        """Hold those of `count` shards that the cluster gives, until `stop` is set."""
        self._service = service
        self._cluster = service.cluster
        self._count = count
        self._stop = stop
        self._tenures: dict[int, Tenure] = {}
        self._keeping: dict[asyncio.Task[None], Tenure] = {}
        self._taking: set[Tenure] = set()
        self._beside: set[asyncio.Task[None]] = set()
        self._giving: set[asyncio.Task[None]] = set()
        self._ended = self._cluster.holding.ended

    async def hold(self) -> None:
        """Stay connected until the stop, another number of shards, or others that take this process for dead.

        Raises:
            WrongToken: Discord rejects the token.
            Divided: Discord wants another number of shards; none is connected anymore.
        """
        self._service.shards.divide(self._count)
        stopping = asyncio.create_task(self._stop.wait())
        try:
            while not self._stop.is_set() and not self._failures() and self._follow():
                await self._change(stopping)
            stopped_at = asyncio.get_running_loop().time()
            if self._stop.is_set():
                log.info(HOST.say("host.stopping"))
                await self._hand_over()
            await self._end(stopped_at + STOPPING)
        finally:
            stopping.cancel()
            for task in self._keeping:
                task.cancel()
            if self._keeping:
                await asyncio.wait(self._keeping)
        for error in sorted(self._failures(), key=lambda error: isinstance(error, Divided)):
            raise error

    def _failures(self) -> list[BaseException]:
        done = [each for each in self._keeping if each.done() and not each.cancelled()]
        return [error for each in done if (error := each.exception()) is not None]

    async def _change(self, *others: asyncio.Task[Any], within: float | None = None) -> None:
        """Wait until the cluster says something, a shard ends by itself, or one of `others` is done."""
        changing = asyncio.create_task(self._cluster.changed.wait())
        going_on = [each for each in self._keeping if not each.done()]
        await asyncio.wait([changing, *others, *going_on], timeout=within, return_when=FIRST_COMPLETED)
        changing.cancel()

    # -- what the cluster says ---------------------------------------------------------------------

    def _follow(self) -> bool:
        """Do what the cluster says now; return False if all is to begin again."""
        self._cluster.changed.clear()
        for task in tuple(self._keeping):
            if task.done() and not task.cancelled() and task.exception() is None:
                del self._keeping[task]
        holding = self._cluster.holding
        if holding.is_out:
            for each in self._keeping.values():
                each.lose()
            return False
        if holding.count != self._count:
            return False
        for number in sorted(self._tenures.keys() - holding.held - holding.adopted):
            self._give(number)
        for number in sorted((holding.held | holding.adopted) - self._tenures.keys()):
            self._begin(number, is_free=number in holding.held)
        self._take(holding)
        return True

    def _begin(self, number: int, *, is_free: bool) -> None:
        """Connect with a shard; one without a holder only once what is left of it is taken up."""
        tenure = self._tenures[number] = Tenure(Shard(number, self._count), self._service.timing.clock)
        keeping = self._keep(tenure, is_free=is_free)
        task = asyncio.create_task(keeping, name=f"shard {number} of {self._count}")
        self._keeping[task] = tenure

    async def _keep(self, tenure: Tenure, *, is_free: bool) -> None:
        if is_free:
            await unless(tenure.ends, tenure.wait())
        await keep(self._service, tenure)
        if tenure.is_given:
            again = self._tenures.get(tenure.shard.number)
            if again is None:
                await self._service.hand_on(tenure.shard, unfinished=True)
            elif again.is_held:
                self._also(self._take_up(again))

    def _give(self, number: int) -> None:
        """Begin nothing more in a shard, and let another process have it then."""
        tenure = self._tenures.pop(number)
        self._service.shards.give(number)
        tenure.give()
        if not tenure.is_given and tenure not in self._taking:  # it was beside another
            return
        giving = asyncio.create_task(self._release(tenure), name=f"give shard {number}")
        self._giving.add(giving)
        giving.add_done_callback(self._giving.discard)

    async def _release(self, tenure: Tenure) -> None:
        """Leave to the next what it is to do, and the shard; then what comes to be owed while replies end."""
        await self._service.hand_on(tenure.shard)
        await self._cluster.release(tenure.shard.number)
        self._also(self._hand_on(tenure))

    async def _hand_on(self, tenure: Tenure) -> None:
        keeping = {task for task, each in self._keeping.items() if each is tenure and not task.done()}
        while keeping and tenure.shard.number not in self._tenures:
            await self._service.hand_on(tenure.shard)
            _, keeping = await asyncio.wait(keeping, timeout=_AGAIN)

    def _take(self, holding: Holding) -> None:
        """Take what has become this process's, and take up in the rest what others may have left."""
        others_left, self._ended = holding.ended != self._ended, holding.ended
        for number in sorted(holding.held):
            self._service.shards.take(number)
            tenure = self._tenures[number]
            if tenure.is_beside and tenure not in self._taking:
                self._taking.add(tenure)
                self._also(self._take_one(tenure))
            elif others_left:
                self._also(self._take_up(tenure))

    async def _take_one(self, tenure: Tenure) -> None:
        await self._take_up(tenure, shows=False)  # it is shown as soon as the client is ready
        tenure.take()
        self._taking.discard(tenure)

    async def _take_up(self, tenure: Tenure, *, shows: bool = True) -> None:
        """Close the replies that are left in a shard, and show and answer what is due, as at a start."""
        while not tenure.ends.is_set():
            try:
                await self._service.take_up(tenure.shard)
                break
            except StorageError as error:
                log.warning(HOST.say("host.not_taken_up", shard=tenure.shard.number, reason=error))
                await self._service.timing.sleep(_AGAIN)
        client = self._service.shards.client(tenure.shard.number)
        if shows and client is not None:
            await client.listener.mend()
            await client.listener.settle()

    def _also(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="take up what is left")
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

    # -- the end -----------------------------------------------------------------------------------

    async def _hand_over(self) -> None:
        """Give each shard to a process that gets ready for it, if there is any."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HANDING_OVER):
                while self._tenures and await self._cluster.drain() and self._follow():
                    await self._change(within=_AGAIN)
        if self._giving:
            await asyncio.wait(self._giving, timeout=RELEASING)

    async def _end(self, latest: float) -> None:
        """End all connections: those that are given up once their replies have ended, or at `latest`."""
        for each in self._tenures.values():
            each.ends.set()
        for task in tuple(self._beside):
            task.cancel()
        if not self._keeping:
            return
        wait = max(0.0, latest - asyncio.get_running_loop().time())
        _, late = await asyncio.wait(self._keeping, timeout=wait)
        for task in late:
            self._keeping[task].hurry()
        await asyncio.wait(self._keeping)
