"""The return from a call of the library as soon as Discord has answered it.

Law: the library's own sleep goes on in the background; nothing is asked twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import aiohttp

T = TypeVar("T")
log = logging.getLogger(__name__)

SUCCESS: Final = 2
"""The hundreds of an HTTP status of success."""

_echo: ContextVar["asyncio.Future[bytes] | None"] = ContextVar("_echo", default=None)
_asleep: set["asyncio.Task[Any]"] = set()


async def return_when_answered(call: Callable[[], Awaitable[T]], read: Callable[[bytes], T]) -> T:
    """Make a call of the library, and return as soon as Discord has taken it.

    After the last request that a limit allows, discord.py 2.7.1 does not return from the call before the
    limit is reset. Here that sleep goes on in the background, where the library counts it, and `read` makes
    the result from the bytes of the answer.
    """
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def attended() -> T:
        _echo.set(answered)
        return await call()

    task = asyncio.create_task(attended(), name="post")
    waited_for: list[asyncio.Future[Any]] = [task, answered]
    try:
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(_STEPS):
            if task.done():
                return task.result()
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        task.cancel()
        raise
    _asleep.add(task)
    task.add_done_callback(_woken)
    return read(answered.result())


_STEPS = 3
"""Turns of the event loop in which the library finishes with an answer, unless it sleeps."""


def _woken(task: "asyncio.Task[Any]") -> None:
    _asleep.discard(task)
    if not task.cancelled() and task.exception() is not None:
        log.debug("a call that had been answered ended with %r", task.exception())


def hear(request: SimpleNamespace, params: aiohttp.TraceResponseChunkReceivedParams) -> None:
    """Note the answer to a call that is waited for; aiohttp's tracing calls this."""
    answered = _echo.get()
    if answered is not None and not answered.done() and request.status // 100 == SUCCESS:
        answered.set_result(params.chunk)
