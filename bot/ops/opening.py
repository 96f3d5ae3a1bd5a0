"""Being seen from outside: what the composition root opens, as far as the host wants it.

Law: aiohttp's server and prometheus-client are imported only if an address is configured.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec

from bot.ops import systemd
from bot.ops.facts import Facts
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

Address = tuple[str, int]
"""A host and a port."""


class CannotBeSeen(Exception):  # noqa: N818 - says what is wrong
    """Metrics can't be shown; the text says why, and what to do."""


def missing() -> str | None:
    """Return what has to be installed before metrics can be shown; None if nothing has."""
    return None if find_spec("prometheus_client") else HOST.say("ops.no_prometheus")


@asynccontextmanager
async def seen(
    address: Address | None,
    facts: Facts,
    stop: asyncio.Event,
    *,
    stale: float,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[None]:
    """Answer at an address meanwhile, and tell systemd; a heartbeat is too old after `stale` seconds.

    systemd is told that the bot runs once the address is open and Discord tells what happens.

    Raises:
        CannotBeSeen: something isn't installed, or the address can't be opened.
    """
    async with _open(address, facts, stale), systemd.told(stop, lambda: facts.is_connected, environ):
        yield


@asynccontextmanager
async def _open(address: Address | None, facts: Facts, stale: float) -> AsyncIterator[None]:
    if address is None:
        yield
        return
    if lack := missing():
        raise CannotBeSeen(lack)
    from bot.ops.server import CannotListen, listening  # noqa: PLC0415

    try:
        async with listening(*address, facts, stale) as port:
            log.info(HOST.say("ops.listening", address=_written(address[0], port)))
            yield
    except CannotListen as error:
        where = _written(*address)
        raise CannotBeSeen(HOST.say(f"ops.{error.fault}", address=where, reason=error)) from error


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
