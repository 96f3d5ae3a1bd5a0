"""Being seen from outside: what the composition root opens, as far as the host wants it.

Law: aiohttp's server and prometheus-client are imported only if an address is configured.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.util import find_spec
from typing import Final

from bot.ops import systemd
from bot.ops.facts import Facts
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

Address = tuple[str, int]
"""A host and a port."""

_PASSING: Final = frozenset({"taken", "elsewhere", "unknown_name"})
"""What is wrong with an address while another program ends, or the network begins."""


class CannotBeSeen(Exception):  # noqa: N818 - says what is wrong
    """Metrics can't be shown; the text says why, and what to do.

    Attributes:
        may_pass: whether a later attempt may do without anybody's help.
    """

    def __init__(self, text: str, *, may_pass: bool) -> None:
        super().__init__(text)
        self.may_pass = may_pass


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
    async with (
        _open(address, facts, stale),
        systemd.told(stop, lambda: facts.is_connected, lambda: _status(facts), environ),
    ):
        yield


def _status(facts: Facts) -> str:
    """Return what `systemctl status` shows."""
    if facts.is_draining():
        return HOST.say("ops.status.stopping")
    shards, seat = facts.shards(), facts.seat()
    if shards is None:
        return HOST.say("ops.status.connecting")
    if not shards:
        return HOST.say("ops.status.waiting", shards=seat.shards)
    ready = sum(latency is not None for latency in shards.values())
    if others := seat.shards - len(shards):
        return HOST.say("ops.status.beside", ready=ready, held=len(shards), others=others)
    return HOST.say("ops.status.alone", ready=ready, held=len(shards))


@asynccontextmanager
async def _open(address: Address | None, facts: Facts, stale: float) -> AsyncIterator[None]:
    if address is None:
        yield
        return
    if lack := missing():
        raise CannotBeSeen(lack, may_pass=False)
    from bot.ops.server import CannotListen, listening  # noqa: PLC0415

    try:
        async with listening(*address, facts, stale) as port:
            log.info(HOST.say("ops.listening", address=_written(address[0], port)))
            yield
    except CannotListen as error:
        where = _written(*address)
        text = HOST.say(f"ops.{error.fault}", address=where, reason=error)
        raise CannotBeSeen(text, may_pass=error.fault in _PASSING) from error


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
