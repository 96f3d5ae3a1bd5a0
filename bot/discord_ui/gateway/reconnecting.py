"""One shard kept connected: a new client after each loss, with a pause that grows.

Law: it knows the library's life cycle and nothing of the story. discord.py reconnects by itself once it was
connected. What it leaves to the bot (a first connection that fails, sessions that end at once, SIGTERM) ends
one client here, and after a pause a new one starts, which knows what the one before had learnt of Discord.
"""

import asyncio
import logging
import math
from collections.abc import Coroutine
from contextlib import suppress
from textwrap import shorten
from typing import Any, TypeVar

import discord

from bot.core.sharding import Closing, closing_of
from bot.discord_ui.gateway.client import Client
from bot.discord_ui.gateway.identifying import Advice
from bot.discord_ui.gateway.liveness import WrongToken
from bot.discord_ui.gateway.service import Service
from bot.discord_ui.gateway.shard_assignment import ShardAssignment
from bot.texts.sentences import HOST

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds between attempts to connect: doubling from the first to the longest, with jitter."""

STABLE = 300.0
"""Seconds of connection after which the next loss counts as the first failure."""

BEGINNING = 60.0
"""Seconds that shards of the same key wait at most for one whose session does not begin."""

REASON_LENGTH = 300
"""Characters of a failure that are logged: instead of Discord a whole page may answer."""

FAREWELL = 1.0
"""Seconds for the library to close its connections."""


class Divided(Exception):  # noqa: N818 - says what it is
    """Discord wants another number of shards."""

    def __init__(self, closing: Closing, reason: str) -> None:
        super().__init__(reason)
        self.closing = closing


class Backoff:
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
        log.warning(HOST.say("host.connection_lost", reason=reason_of(error), seconds=pause))
        await unless(self._ends, self._timing.sleep(pause))


async def keep_connected(service: Service, assignment: ShardAssignment) -> None:
    """Keep a shard connected until its assignment ends, with a new client after each loss.

    Raises:
        WrongToken: Discord rejects the token.
        Divided: Discord wants another number of shards.
    """
    shard, ends = assignment.shard, assignment.ends
    backoff, lost_at = Backoff(service, ends), -math.inf
    while not ends.is_set():
        began = asyncio.get_running_loop().time()
        try:
            advice = await unless(ends, service.identifying.advice(shard.count, lost_at))
            if advice is not None:
                await _live(service, assignment, advice)
        except discord.LoginFailure as error:
            raise WrongToken from error
        except Exception as error:
            closing = closing_of(error.code) if isinstance(error, discord.ConnectionClosed) else None
            if closing is Closing.WRONG_TOKEN:
                raise WrongToken from error
            if closing is not None:
                raise Divided(closing, reason_of(error)) from error
            lost_at = asyncio.get_running_loop().time()
            await backoff.after(error, began)


async def _live(service: Service, assignment: ShardAssignment, advice: Advice) -> None:
    """Run one client until it fails or its assignment ends, then let it finish its replies."""
    shard, ends = assignment.shard, assignment.ends
    client = Client(service, assignment, message_content=advice.message_content)
    line = service.identifying.line(shard.number)
    if not await unless(ends, line.acquire()):
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
        service.cluster.disconnected(shard.number)
        closing = asyncio.create_task(client.close())
        await asyncio.wait([closing], timeout=FAREWELL)
        for task in (*tasks, closing):
            task.cancel()
        await asyncio.wait([*tasks, closing], timeout=FAREWELL)
        with suppress(Exception):  # a close that hung has left it open
            await asyncio.wait_for(client.http.close(), FAREWELL)
    if running.done() and not running.cancelled():
        running.result()


async def unless(ends: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """Return the result of `work`, or None if `ends` is set first, which cancels it."""
    working, ending = asyncio.create_task(work), asyncio.create_task(ends.wait())
    try:
        await asyncio.wait([working, ending], return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, ending):
            task.cancel()
        await asyncio.wait([working, ending])


def reason_of(error: BaseException) -> str:
    """Return an error as one line, if need be cut short; the library's messages contain no secrets."""
    # Where a first connection fails, discord.py raises AttributeError (its issue 10520) over the cause.
    if isinstance(error, AttributeError) and error.__context__ is not None:
        error = error.__context__
    words = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return shorten(words, REASON_LENGTH, placeholder=" …")
