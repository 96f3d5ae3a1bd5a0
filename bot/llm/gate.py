"""The gate before one endpoint: whether it is asked at all, how often, and in whose turn.

Law: the rules are in `core.endpoint.breaker` and `core.endpoint.admission`; this module waits. One gate
serves all replies of an endpoint. Time spent waiting here is never counted against a reply's patience.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

from bot.core.completion import ErrorKind, ModelError, Queue
from bot.core.endpoint.admission import MINUTE, Admission, Ticket
from bot.core.endpoint.breaker import Breaker
from bot.core.telemetry import Counted, Timed, telemetry
from bot.llm.together import Account

logger = logging.getLogger("bot.llm")


SHORT = 5.0
"""Seconds of a `Retry-After` that don't stop new replies: their own tries wait for it."""


LOOK = 5.0
"""Seconds after which a request that waits for other processes looks whether the model still answers."""


@dataclass(slots=True)
class Way:
    """One reply's passage through the gate."""

    queue: Queue
    """The queue whose turns it uses."""
    looks: bool
    """Whether it is the test reply of an open breaker."""
    waited: float = 0.0
    """Seconds spent waiting for turns."""


STOPPED = "stopped"
"""The outcome of a request that nobody waited for anymore."""


@contextmanager
def _counted() -> Generator[None, None, None]:
    """Report how a request ended."""
    outcome = STOPPED
    try:
        yield
        outcome = "answered"
    except ModelError as error:
        outcome = error.kind
        raise
    finally:
        telemetry.count(Counted.MODEL_REQUESTS, outcome)


class Gate:
    """The gate for replies and their requests.

    Args:
        at_once: maximum requests in progress; None for no limit.
        per_minute: maximum requests that start within any minute; None for no limit.
        account: whose limits these are, which other processes may share.
        clock: a monotonic clock in seconds.
        sleep: waits until a minute has room again.
    """

    def __init__(
        self,
        *,
        at_once: int | None = None,
        per_minute: int | None = None,
        account: Account | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._admission = Admission(at_once=at_once, per_minute=per_minute)
        self._at_once, self._per_minute = at_once, per_minute
        self._account = account or Account()
        self._asking = asyncio.Lock()
        self._breaker = Breaker()
        self._asked_back = float("-inf")
        self._clock = clock
        self._sleep = sleep
        self._waiting: dict[Ticket, asyncio.Event] = {}
        self._alarm: asyncio.Task[None] | None = None

    @contextmanager
    def reply(self, queue: Queue, counts: Callable[[ModelError], bool]) -> Generator[Way, None, None]:
        """Enter for one whole reply, with all its prompts and tries.

        The breaker counts the error that ends the reply if `counts` says that the model is to blame. A
        stopped reply says nothing about the model; one whose consumer closed it early (`GeneratorExit`) was
        answered.

        Raises:
            ModelError: `RESTING`, with the seconds until the next test of the model; `RATE_LIMIT`, with the
                seconds until the server wants to be asked again.
        """
        left = self._asked_back - self._clock()
        if left > SHORT:
            raise ModelError(ErrorKind.RATE_LIMIT, "it asked to be left alone", retry_after=left)
        looks = self._breaker.open
        if not self._breaker.admit(self._clock()):
            raise self._resting()
        try:
            yield Way(queue, looks)
        except ModelError as error:
            if error.kind is ErrorKind.RATE_LIMIT:
                self._asked_back = self._clock() + (error.retry_after or 0.0)
            if counts(error):
                self._count(error)
            raise
        except GeneratorExit:
            self._answered()
            raise
        self._answered()

    @asynccontextmanager
    async def request(self, way: Way) -> AsyncGenerator[Ticket, None]:
        """Enter for one request of a reply: when there is room, in turn with other queues.

        A ticket that is not yet marked as sent can be returned without counting.

        Raises:
            ModelError: `RESTING`, if the breaker has opened since.
        """
        ticket = self._admission.join(way.queue)
        called = self._waiting[ticket] = asyncio.Event()
        since = self._clock()
        try:
            self._call()
            while not ticket.admitted and not self._bars(way):
                called.clear()
                await called.wait()
            await self._wait_for_all(way)
            if self._bars(way):
                raise self._resting()
            waited = self._clock() - since
            way.waited += waited
            telemetry.time(Timed.MODEL_WAIT, waited)
            with _counted():
                yield ticket
        finally:
            del self._waiting[ticket]
            self._admission.leave(ticket)
            self._call()

    async def _wait_for_all(self, way: Way) -> None:
        """Wait until what all processes send in a minute has room for an admitted request, in its turn."""
        if self._per_minute is None or self._bars(way):
            return
        async with self._asking:
            while not self._bars(way) and (seconds := await self._account.take(self._per_minute, MINUTE)):
                await self._sleep(min(seconds, LOOK))

    def _call(self) -> None:
        """Admit the requests that may start, and set a timer for the next time limit."""
        self._admission.at_once = self._account.share(self._at_once)
        for ticket in self._admission.admit(self._clock()):
            self._waiting[ticket].set()
        at = self._admission.opens_at()
        if at is None and self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        elif at is not None and self._alarm is None:
            seconds = at - self._clock()
            logger.info("the requests of a minute are used up: waiting %.0f s", seconds)
            self._alarm = asyncio.create_task(self._call_after(seconds), name="gate")

    async def _call_after(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._alarm = None
        self._call()

    def _answered(self) -> None:
        if self._breaker.open:
            logger.warning("the breaker is closed: the model answers")
        self._breaker.succeeded()

    def _count(self, error: ModelError) -> None:
        was_open = self._breaker.open
        self._breaker.failed(self._clock())
        if self._breaker.open and not was_open:
            rest = self._breaker.rests(self._clock())
            logger.warning("the breaker is open: last kind=%s, next look in %.0f s", error.kind, rest)
            for called in self._waiting.values():
                called.set()

    def _bars(self, way: Way) -> bool:
        return self._breaker.open and not way.looks

    def _resting(self) -> ModelError:
        return ModelError(ErrorKind.RESTING, retry_after=self._breaker.rests(self._clock()))
