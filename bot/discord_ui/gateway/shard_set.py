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
from bot.discord_ui.gateway.reconnecting import Divided, keep_connected, unless
from bot.discord_ui.gateway.service import Service
from bot.discord_ui.gateway.shard_assignment import ShardAssignment
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


class ShardSet:
    """The shards of a process, as long as their number stays."""

    def __init__(self, service: Service, count: int, stop: asyncio.Event) -> None:
        """Hold those of `count` shards that the cluster gives, until `stop` is set."""
        self._service = service
        self._cluster = service.cluster
        self._count = count
        self._stop = stop
        self._assignments: dict[int, ShardAssignment] = {}
        self._keeping: dict[asyncio.Task[None], ShardAssignment] = {}
        self._taking: set[ShardAssignment] = set()
        self._beside: set[asyncio.Task[None]] = set()
        self._giving: set[asyncio.Task[None]] = set()
        self._ended = self._cluster.holding.ended

    async def run(self) -> None:
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
        for number in sorted(self._assignments.keys() - holding.held - holding.adopted):
            self._give(number)
        for number in sorted((holding.held | holding.adopted) - self._assignments.keys()):
            self._begin(number, is_free=number in holding.held)
        self._take(holding)
        return True

    def _begin(self, number: int, *, is_free: bool) -> None:
        """Connect with a shard; one without a holder only once what is left of it is taken up."""
        assignment = self._assignments[number] = ShardAssignment(
            Shard(number, self._count), self._service.timing.clock
        )
        keeping = self._keep(assignment, is_free=is_free)
        task = asyncio.create_task(keeping, name=f"shard {number} of {self._count}")
        self._keeping[task] = assignment

    async def _keep(self, assignment: ShardAssignment, *, is_free: bool) -> None:
        if is_free:
            await unless(assignment.ends, assignment.wait())
        try:
            await keep_connected(self._service, assignment)
        except Divided:
            await self._leave(assignment)
            raise
        shard, again = assignment.shard, self._assignments.get(assignment.shard.number)
        if assignment.is_given and self._is_others(shard.number):
            await self._leave(assignment)
        elif assignment.is_given and again is not None:
            self._also(self._take_up(again))
        elif assignment.is_held:  # nobody got ready for it in time, or its servers go to other shards
            await self._leave(assignment)
            if self._stop.is_set():
                await self._cluster.release(shard.number)

    async def _leave(self, assignment: ShardAssignment) -> None:
        """Leave a shard to the next process, but for what an earlier client still writes there."""
        others = (
            task
            for task, each in self._keeping.items()
            if each.shard == assignment.shard and each != assignment
        )
        await self._service.hand_on(assignment.shard, unfinished=all(task.done() for task in others))

    def _is_others(self, number: int) -> bool:
        """Return whether a shard that was given up is another process's still."""
        again = self._assignments.get(number)
        return again is None or (again.is_beside and again not in self._taking)

    def _give(self, number: int) -> None:
        """Begin nothing more in a shard, and let another process have it then."""
        assignment = self._assignments.pop(number)
        self._service.shards.give(number)
        assignment.give()
        if not assignment.is_given and assignment not in self._taking:  # it was beside another
            return
        giving = asyncio.create_task(self._release(assignment), name=f"give shard {number}")
        self._giving.add(giving)
        giving.add_done_callback(self._given)

    def _given(self, task: asyncio.Task[None]) -> None:
        self._giving.discard(task)
        self._done(task)

    async def _release(self, assignment: ShardAssignment) -> None:
        """Leave to the next what it is to do, and the shard; then what comes to be owed while replies end."""
        try:
            await self._service.hand_on(assignment.shard)
        finally:
            await self._cluster.release(assignment.shard.number)
        self._also(self._hand_on(assignment))

    async def _hand_on(self, assignment: ShardAssignment) -> None:
        keeping = {task for task, each in self._keeping.items() if each is assignment and not task.done()}
        while keeping and self._is_others(assignment.shard.number):
            await self._service.hand_on(assignment.shard)
            _, keeping = await asyncio.wait(keeping, timeout=_AGAIN)

    def _take(self, holding: Holding) -> None:
        """Take what has become this process's, and take up in the rest what others may have left."""
        others_left, self._ended = holding.ended != self._ended, holding.ended
        for number in sorted(holding.held):
            self._service.shards.take(number)
            assignment = self._assignments[number]
            if assignment.is_beside and assignment not in self._taking:
                self._taking.add(assignment)
                self._also(self._take_one(assignment))
            elif others_left:
                self._also(self._take_up(assignment))

    async def _take_one(self, assignment: ShardAssignment) -> None:
        try:
            await self._take_up(assignment, shows=False)  # it is shown as soon as the client is ready
        finally:
            assignment.take()
            self._taking.discard(assignment)

    async def _take_up(self, assignment: ShardAssignment, *, shows: bool = True) -> None:
        """Close the replies that are left in a shard, and show and answer what is due, as at a start."""
        while not assignment.ends.is_set():
            try:
                await self._service.take_up(assignment.shard)
                break
            except StorageError as error:
                log.warning(HOST.say("host.not_taken_up", shard=assignment.shard.number, reason=error))
                await self._service.timing.sleep(_AGAIN)
        client = self._service.shards.client(assignment.shard.number)
        if shows and client is not None:
            await client.listener.repair()
            await client.listener.settle()

    def _also(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="take up what is left")
        self._beside.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("what is left in a shard could not be taken up", exc_info=error)

    # -- the end -----------------------------------------------------------------------------------

    async def _hand_over(self) -> None:
        """Give each shard to a process that gets ready for it, if there is any."""
        with suppress(TimeoutError):
            async with asyncio.timeout(HANDING_OVER):
                while self._assignments and await self._cluster.drain() and self._follow():
                    await self._change(within=_AGAIN)
        if self._giving:
            await asyncio.wait(self._giving, timeout=RELEASING)

    async def _end(self, latest: float) -> None:
        """End all connections: those that are given up once their replies have ended, or at `latest`."""
        for each in self._assignments.values():
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
