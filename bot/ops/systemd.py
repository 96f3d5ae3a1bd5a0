"""What systemd is told of the bot (its page sd_notify(3)): that it runs, how, that it lives, that it stops.

Law: a datagram to the socket that systemd names in the environment; without one nothing happens, and a
message that doesn't arrive fails nothing. Signs of life come from the event loop: one that hangs sends none.
"""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

log = logging.getLogger(__name__)

LOOK: Final = 1.0
"""Seconds between two looks at whether the bot is ready, and how it is."""

PATIENCE: Final = 60
"""Seconds for which each look asks systemd to wait; those of the watchdog in `deploy/dramatis.service`."""


def notify(message: str, environ: Mapping[str, str] = os.environ) -> bool:
    """Send systemd a message, such as `READY=1`; return whether it was sent."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    if address.startswith("@"):  # an abstract socket
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.setblocking(False)
            sender.connect(address)
            sender.sendall(message.encode())
    except OSError as error:
        log.debug("systemd was not told %s: %s", message, error)
        return False
    return True


def period(environ: Mapping[str, str] = os.environ) -> float | None:
    """Return the seconds between two signs of life, half of what systemd allows; None if it wants none."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        return int(environ["WATCHDOG_USEC"]) / 2_000_000
    except (KeyError, ValueError):
        return None


@asynccontextmanager
async def told(
    stop: asyncio.Event,
    is_ready: Callable[[], bool],
    status: Callable[[], str],
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[None]:
    """Tell systemd when the bot is ready, that it is alive, and that it stops as soon as `stop` is set.

    `status` returns a line for `systemctl status`, which is told whenever it is another.

    While Discord is away a start takes as long as that does: systemd is asked to wait, again and again.
    """
    if not environ.get("NOTIFY_SOCKET"):
        yield
        return
    tasks = [
        asyncio.create_task(_stopping(stop, environ), name="systemd: stop"),
        asyncio.create_task(_starting(stop, is_ready, environ), name="systemd: start"),
        asyncio.create_task(_telling(status, environ), name="systemd: status"),
    ]
    every = period(environ)
    if every is not None:
        tasks.append(asyncio.create_task(_alive(every, environ), name="systemd: watchdog"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _starting(stop: asyncio.Event, is_ready: Callable[[], bool], environ: Mapping[str, str]) -> None:
    while not stop.is_set():
        if is_ready():
            notify("READY=1", environ)
            return
        notify(f"EXTEND_TIMEOUT_USEC={PATIENCE * 1_000_000}", environ)
        await asyncio.sleep(LOOK)


async def _telling(status: Callable[[], str], environ: Mapping[str, str]) -> None:
    told = ""
    while True:
        if told != (now := status()):
            notify(f"STATUS={now}", environ)
            told = now
        await asyncio.sleep(LOOK)


async def _alive(every: float, environ: Mapping[str, str]) -> None:
    while True:
        notify("WATCHDOG=1", environ)
        await asyncio.sleep(every)


async def _stopping(stop: asyncio.Event, environ: Mapping[str, str]) -> None:
    await stop.wait()
    notify("STOPPING=1", environ)
