"""Windows of all processes together on PostgreSQL: at most so many uses in any so many seconds.

Law: a window has as many places as it allows uses, each a row. Who takes a place has it for the length of
the window, by the server's clock, so the limit holds however many processes ask at once; they take different
rows, and none waits for another's lock. Without the server, a process takes its share of the uses, and for a
while before and after no more than would be safe with those who know nothing of the outage yet.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from bot.storage.errors import StorageError
from bot.storage.locations import Server
from bot.storage.postgres_errors import postgres_errors

T = TypeVar("T")

PATIENCE: Final = 1.0
"""Seconds to wait for the server's answer; fewer than `Times.deaf`, after which nothing more is sent."""

AWAY: Final = 1.0
"""Seconds until a server that did not answer is asked again."""

SOON: Final = 0.005
"""Seconds until it is worth asking again when all free places were being taken."""

FRESH: Final = 0.04
"""Seconds after which an answer is late: the use begins later than its place says, which then is told so."""

_LATE_AT_MOST: Final = 3
"""Times that a place is told so."""

AN_HOUR: Final = 3600.0
"""Seconds after which what nobody has used anymore is deleted."""

_NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

_MAKE: Final = """
INSERT INTO window_place (name, number, at)
SELECT $1, number, 0 FROM generate_series(0, $2::bigint - 1) AS number
ON CONFLICT DO NOTHING
"""

# A place that a clock put back has left in the future counts as free.
_TAKE: Final = f"""
UPDATE window_place SET at = {_NOW}
WHERE name = $1 AND number = (
    SELECT number FROM window_place
    WHERE name = $1 AND number < $2 AND at NOT BETWEEN {_NOW} - $3::bigint AND {_NOW} + $3::bigint
    ORDER BY number LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING number
"""  # noqa: S608 - an expression of its own

_TOUCH: Final = f"UPDATE window_place SET at = {_NOW} WHERE name = $1 AND number = $2"  # noqa: S608

_UNTIL: Final = f"SELECT min(at) + $3::bigint - {_NOW} FROM window_place WHERE name = $1 AND number < $2"  # noqa: S608

_CLAIM: Final = f"""
INSERT INTO window_place (name, number, at) VALUES ($1, 0, {_NOW}) ON CONFLICT DO NOTHING RETURNING number
"""  # noqa: S608

_FORGET: Final = f"""
DELETE FROM window_place
WHERE name IN (SELECT name FROM window_place GROUP BY name HAVING max(at) BETWEEN 1 AND {_NOW} - $1::bigint)
"""  # noqa: S608


class _Outage:
    """Since when the server does not answer, and until when others may not have noticed that it does."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._latest = -math.inf

    def go_on(self, now: float) -> None:
        """Note that the server does not answer."""
        self._since = now if self._since is None else self._since
        self._latest = now

    def end(self) -> None:
        """Note that it does."""
        self._since = None

    def wait(self, now: float, seconds: float) -> float:
        """Return the seconds until all that was counted before the outage is older than a window's."""
        return 0.0 if self._since is None else max(0.0, self._since + seconds - now)

    def lasts(self, now: float, seconds: float) -> bool:
        """Return whether others may have used a window in its latest seconds, uncounted."""
        return now < self._latest + AWAY + seconds


class Windows:
    """The windows of all processes, as one of them uses them, by a connection of its own.

    Args:
        server: the database.
        connect: opens a connection to it.
        living: returns how many processes there are, as last known.
        clock: returns seconds that never go back.
    """

    def __init__(
        self,
        server: Server,
        connect: Callable[[], Awaitable[Any]],
        living: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._connect = connect
        self._living = living
        self._clock = clock
        self._connection: Any = None
        self._using = asyncio.Lock()
        self._places: dict[str, int] = {}  # that were made
        self._uses: dict[str, deque[float]] = {}  # of this process
        self._outage = _Outage()
        self._away_until = self._forgets_at = -math.inf

    async def take(self, name: str, most: int, seconds: float) -> float:
        """Take one of at most `most` uses in any `seconds`; return 0, or the seconds until one may be free.

        Who passes less than others leaves them the rest.
        """
        uses = self._uses.setdefault(name, deque())
        now, share = self._clock(), max(1, most // self._living())
        while uses and uses[0] <= now - seconds:
            uses.popleft()
        of_share = 0.0 if len(uses) < share else max(SOON, uses[-share] + seconds - now)
        if of_share and self._outage.lasts(now, seconds):
            return of_share
        try:
            async with self._using:
                wait = await self._asked(lambda: self._take(name, most, seconds))
            self._outage.end()
        except StorageError:
            self._outage.go_on(self._clock())
            wait = max(of_share, self._outage.wait(self._clock(), seconds))
        if not wait:
            uses.append(self._clock())
        return wait

    async def claim(self, name: str) -> bool:
        """Return whether no process, this one included, has claimed the same in the last hour.

        Raises:
            StorageError: the server cannot be reached.
        """
        async with self._using:
            return await self._asked(lambda: self._claim(name))

    async def close(self) -> None:
        """Close the connection; the next use opens another."""
        async with self._using:
            self._end()

    async def _asked(self, question: Callable[[], Awaitable[T]]) -> T:
        """Ask the server, unless it has just been away.

        Raises:
            StorageError: it does not answer in time.
        """
        with postgres_errors(self._server):
            if self._clock() < self._away_until:
                raise TimeoutError
            try:
                async with asyncio.timeout(PATIENCE):
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await self._opened()
                    return await question()
            except asyncio.CancelledError:
                self._end()  # whatever it was doing
                raise
            except BaseException:
                self._end()
                self._away_until = self._clock() + AWAY
                raise

    async def _opened(self) -> Any:  # noqa: ANN401 - asyncpg has no types
        connection = await self._connect()
        try:
            # A power cut takes longer than any window.
            await connection.execute("SET synchronous_commit = off")
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def _take(self, name: str, most: int, seconds: float) -> float:
        length = round(seconds * 1000)
        if self._places.get(name, 0) < most:
            await self._make(name, most)
        asked_at = self._clock()
        number = await self._connection.fetchval(_TAKE, name, most, length)
        if number is not None:
            for _ in range(_LATE_AT_MOST):
                if self._clock() - asked_at <= FRESH:
                    break
                asked_at = self._clock()
                await self._connection.execute(_TOUCH, name, number)
            return 0.0
        until = await self._connection.fetchval(_UNTIL, name, most, length)
        if until is None:  # it was not used for so long that it was deleted
            await self._make(name, most)
        return max(SOON, (until or 0) / 1000)

    async def _make(self, name: str, most: int) -> None:
        await self._connection.execute(_MAKE, name, most)
        self._places[name] = most
        await self._forget()

    async def _claim(self, name: str) -> bool:
        await self._forget()
        return await self._connection.fetchval(_CLAIM, name) is not None

    async def _forget(self) -> None:
        if self._clock() >= self._forgets_at:
            self._forgets_at = self._clock() + AN_HOUR / 6
            await self._connection.execute(_FORGET, round(AN_HOUR * 1000))
