"""The three addresses: `/metrics`, `/healthz` and `/readyz`.

Law: it answers GET and HEAD of these paths and nothing else, and changes nothing. An answer names what is
wrong in words of ours. A question that the bot can't answer in time is answered by no.
"""

import asyncio
import errno
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from typing import Final

from aiohttp import web

from bot.core.telemetry import telemetry
from bot.ops.facts import Facts
from bot.ops.metrics import CONTENT_TYPE, Metrics

PATIENCE: Final = 5.0
"""Seconds in which the database has to answer; our own value, below the patience of those who ask."""

OK, UNAVAILABLE = 200, 503


class Fault(StrEnum):
    """Why an address can't be opened."""

    TAKEN = "taken"  # by another program
    ELSEWHERE = "elsewhere"  # this computer doesn't have it
    UNKNOWN_NAME = "unknown_name"
    FORBIDDEN = "forbidden"  # to this account
    NO_FAMILY = "no_family"  # no IPv6 here, or no IPv4
    OTHER = "other"


_FAULTS: Final[Mapping[int, Fault]] = {
    errno.EADDRINUSE: Fault.TAKEN,
    errno.EADDRNOTAVAIL: Fault.ELSEWHERE,
    errno.EINVAL: Fault.ELSEWHERE,  # a link-local address without its interface, an IPv4 one in IPv6's form
    errno.EACCES: Fault.FORBIDDEN,
    errno.EPERM: Fault.FORBIDDEN,
    errno.EAFNOSUPPORT: Fault.NO_FAMILY,
}


class CannotListen(Exception):  # noqa: N818 - says what is wrong
    """The address can't be opened; the text is the system's reason."""

    def __init__(self, error: OSError) -> None:
        super().__init__(error.strerror or str(error))
        is_name = isinstance(error, socket.gaierror)  # whose numbers are of another table
        self.fault = Fault.UNKNOWN_NAME if is_name else _FAULTS.get(error.errno or 0, Fault.OTHER)


class Answers:
    """What each of the three addresses says."""

    def __init__(self, facts: Facts, metrics: Metrics, stale: float) -> None:
        """Answer by `facts`; a heartbeat is too old after `stale` seconds."""
        self._facts = facts
        self._metrics = metrics
        self._stale = stale

    async def metrics(self, _: web.Request) -> web.Response:
        """Return all metrics; without the database, whose failures are one, those that don't need it."""
        body = self._metrics.text(self._facts, await self._owed())
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def healthz(self, _: web.Request) -> web.Response:
        """Say whether the loop is alive, as any answer shows, and Discord answers on every shard."""
        age = self._facts.beat_age()
        if age < self._stale:
            return web.Response(text="ok\n")
        return web.Response(text=f"no heartbeat for {age:.0f} s\n", status=UNAVAILABLE)

    async def readyz(self, _: web.Request) -> web.Response:
        """Say whether the bot can play: its shards are ready, the database answers, it isn't stopping.

        A process without a shard, because others have them all, is ready to take one.
        """
        missing = [reason async for reason in self._missing()]
        return web.Response(
            text="\n".join([*missing, ""]) if missing else "ok\n", status=UNAVAILABLE if missing else OK
        )

    async def _missing(self) -> AsyncIterator[str]:
        if self._facts.is_draining():
            yield "stopping"
        shards = self._facts.shards()
        if shards is None:
            yield "not connected yet"
        elif self._facts.is_deaf():
            yield "the other processes aren't heard"
        for shard, latency in (shards or {}).items():
            if latency is None:
                yield f"shard {shard} isn't ready"
        if await self._owed() is None:
            yield "the database doesn't answer"

    async def _owed(self) -> Sequence[float] | None:
        """Return how long people have waited for their answers; None if the database doesn't answer."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._facts.owed()
        except Exception:  # noqa: BLE001 - whatever it has, it does not answer
            return None


@asynccontextmanager
async def listening(host: str, port: int, facts: Facts, stale: float) -> AsyncIterator[int]:
    """Answer on an address meanwhile, and take the bot's reports; yield the port.

    Raises:
        CannotListen: the address can't be opened.
    """
    metrics = Metrics(facts.version)
    answers = Answers(facts, metrics, stale)
    application = web.Application()
    application.router.add_get("/metrics", answers.metrics)
    application.router.add_get("/healthz", answers.healthz)
    application.router.add_get("/readyz", answers.readyz)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise CannotListen(error) from error
        with telemetry.watched_by(metrics):
            async with metrics.watching_the_loop():
                yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
