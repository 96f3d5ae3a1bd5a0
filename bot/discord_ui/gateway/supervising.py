"""The supervision of clients: one for each shard, a new one after each loss, and all again with more shards.

Law: it knows the library's life cycle and nothing of the story. discord.py reconnects by itself once it was
connected. What it leaves to the bot (a first connection that fails, sessions that end at once, SIGTERM) ends
one client here, and after a pause a new one starts, which knows what the one before had learnt of Discord.
The other shards hear on meanwhile: only where Discord wants another number of them do all begin again.
"""

import asyncio
import logging
import math
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import discord

from bot.core.sharding import Closing, Shard, closing_of, count_after
from bot.discord_ui.gateway.client import Client
from bot.discord_ui.gateway.heartbeats import Heartbeat
from bot.discord_ui.gateway.identifying import Advice
from bot.discord_ui.gateway.service import Service
from bot.discord_ui.gateway.signs import BEAT, WrongToken
from bot.discord_ui.replies.moderation_log import tell_lost
from bot.texts.sentences import HOST

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between attempts to connect: doubling from the first to the longest, with jitter."""

STABLE = 300.0
"""Seconds of connection after which the next loss counts as the first failure."""

BEGINNING = 60.0
"""Seconds that shards of the same key wait at most for one whose session does not begin."""

FAREWELL = 1.0
"""Seconds for the library to close its connections."""


class _Divided(Exception):  # noqa: N818 - says what it is
    """Discord wants another number of shards."""

    def __init__(self, closing: Closing, reason: str) -> None:
        super().__init__(reason)
        self.closing = closing


class _Pauses:
    """The pauses after failures of one kind: the longer, the more there were in a row."""

    def __init__(self, service: Service, ends: asyncio.Event) -> None:
        """Pause by the service's timing, but not beyond `ends`."""
        self._timing = service.timing
        self._ends = ends
        self._failures = 0

    async def after(self, error: Exception, began: float) -> None:
        """Log what has failed that `began` then, and pause."""
        lived = asyncio.get_running_loop().time() - began
        self._failures = self._failures + 1 if lived < STABLE else 1
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (self._failures - 1))
        pause = longest * (0.5 + self._timing.random() / 2)
        log.warning(HOST.say("host.connection_lost", reason=_reason(error), seconds=pause))
        await _unless(self._ends, self._timing.sleep(pause))


async def serve(service: Service, stop: asyncio.Event) -> None:
    """Stay connected to Discord with all shards until `stop` is set.

    Raises:
        WrongToken: Discord rejects the token.
    """
    beside: set[asyncio.Task[None]] = {asyncio.create_task(Heartbeat(service).go_on(), name="sign of life")}
    pauses, lost_at = _Pauses(service, stop), -math.inf
    divided: _Divided | None = None
    try:
        while not stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                advice = await _unless(stop, service.identifying.advice(service.setup.shards, lost_at))
                if advice is not None:
                    count, held = service.setup.shards or advice.shards, service.shards.count
                    if divided is not None:
                        count = count_after(divided.closing, held, advice.shards)
                    if divided is not None and count != held:
                        telling = _tell_division(service, held, count)
                        beside.add(asyncio.create_task(telling, name="tell of shards"))
                    await _hold_all(service, count, stop)
            except discord.LoginFailure as error:
                raise WrongToken from error
            except WrongToken:
                raise
            except Exception as error:  # noqa: BLE001 - it is logged
                divided = error if isinstance(error, _Divided) else divided
                lost_at = asyncio.get_running_loop().time()
                await pauses.after(error, began)
        for server_id, lines in service.learnt.servers.log_lines.items():
            tell_lost(server_id, len(lines))
    finally:
        for task in beside:
            task.cancel()
        await asyncio.wait(beside)


async def _tell_division(service: Service, held: int, count: int) -> None:
    """Tell the host that there is another number of shards, as soon as the admins can be told."""
    key = "host.divided" if service.setup.shards is None else "host.divided_unlike_set"
    text = HOST.say(key, before=held, count=count)
    log.warning(text)
    while not await service.reports.has_told_admins(text):
        await service.timing.sleep(BEAT)


async def _hold_all(service: Service, count: int, stop: asyncio.Event) -> None:
    """Keep all of `count` shards connected until `stop` is set.

    Raises:
        WrongToken: Discord rejects the token.
        _Divided: Discord wants another number of shards; none is connected anymore.
    """
    service.shards.divide(count)
    ends = asyncio.Event()
    keeping = [
        asyncio.create_task(_keep(service, Shard(number, count), ends), name=f"shard {number} of {count}")
        for number in range(count)
    ]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([*keeping, stopping], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            log.info(HOST.say("host.stopping"))
        ends.set()
        await asyncio.wait(keeping)
    finally:
        for task in (*keeping, stopping):
            task.cancel()
        await asyncio.wait([*keeping, stopping])
    errors = [error for each in keeping if not each.cancelled() and (error := each.exception()) is not None]
    for error in sorted(errors, key=lambda error: isinstance(error, _Divided)):
        raise error


async def _keep(service: Service, shard: Shard, ends: asyncio.Event) -> None:
    """Keep a shard connected until `ends` is set, with a new client after each loss.

    Raises:
        WrongToken: Discord rejects the token.
        _Divided: Discord wants another number of shards.
    """
    pauses, lost_at = _Pauses(service, ends), -math.inf
    while not ends.is_set():
        began = asyncio.get_running_loop().time()
        try:
            advice = await _unless(ends, service.identifying.advice(shard.count, lost_at))
            if advice is not None:
                await _live(service, shard, advice, ends)
        except discord.LoginFailure as error:
            raise WrongToken from error
        except Exception as error:
            closing = closing_of(error.code) if isinstance(error, discord.ConnectionClosed) else None
            if closing is Closing.WRONG_TOKEN:
                raise WrongToken from error
            if closing is not None:
                raise _Divided(closing, _reason(error)) from error
            lost_at = asyncio.get_running_loop().time()
            await pauses.after(error, began)


async def _live(service: Service, shard: Shard, advice: Advice, ends: asyncio.Event) -> None:
    """Run one client until it fails or `ends` is set, then let it finish its replies."""
    client = Client(service, shard, message_content=advice.message_content)
    line = service.identifying.line(shard.number)
    if not await _unless(ends, line.acquire()):
        return
    running = asyncio.create_task(client.start(service.token), name="discord")
    beginning, ending = asyncio.create_task(client.identified.wait()), asyncio.create_task(ends.wait())
    tasks: list[asyncio.Task[Any]] = [running, beginning, ending]
    try:
        try:
            await asyncio.wait(tasks, timeout=BEGINNING, return_when=asyncio.FIRST_COMPLETED)
        finally:
            line.release()
        await asyncio.wait([running, ending], return_when=asyncio.FIRST_COMPLETED)
        await client.drain()
    finally:
        closing = asyncio.create_task(client.close())
        await asyncio.wait([closing], timeout=FAREWELL)
        for task in (*tasks, closing):
            task.cancel()
        await asyncio.wait([*tasks, closing], timeout=FAREWELL)
        with suppress(Exception):  # a close that hung has left it open
            await asyncio.wait_for(client.http.close(), FAREWELL)
    if running.done() and not running.cancelled():
        running.result()


async def _unless(ends: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """Return the result of `work`, or None if `ends` is set first, which cancels it."""
    working, ending = asyncio.create_task(work), asyncio.create_task(ends.wait())
    try:
        await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, ending):
            task.cancel()
        await asyncio.wait([working, ending])


def _reason(error: BaseException) -> str:
    """Return an error as one line; the library's messages contain no secrets."""
    # Where a first connection fails, discord.py raises AttributeError (its issue 10520) over the cause.
    if isinstance(error, AttributeError) and error.__context__ is not None:
        error = error.__context__
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
