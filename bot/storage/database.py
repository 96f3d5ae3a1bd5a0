"""The database: atomic transactions on an engine, and one caller at a time who writes.

Law: every write is inside `transaction()`, which awaits nothing but its SQL; a single statement goes through
`write`. Coroutines that share a connection would otherwise share a transaction, and the rollback of one would
undo the other's rows.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Self

from bot.core.telemetry import Timed, telemetry
from bot.storage.cluster import NOBODY, Alone, Cluster
from bot.storage.engine import Engine, Index, Row, Run, Values
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.locations import Location
from bot.storage.schema import MIGRATIONS
from bot.storage.sqlite import Sqlite

_IS_LISTED = "SELECT 1 FROM process WHERE id = ?"


class Transaction:
    """A transaction of the database; valid inside its `async with` only.

    `observers` and `overtaken` are the database's; `bot.storage.derived` and `bot.storage.recaps` call them.
    `writer` is the number of the process that writes.
    """

    def __init__(
        self,
        run: Run,
        observers: Sequence["Observer"] = (),
        overtaken: Sequence[Callable[[int], None]] = (),
        writer: int = NOBODY,
        refusal: Callable[[], StorageError] | None = None,
    ) -> None:
        self.observers = observers
        self.overtaken = overtaken
        self.writer = writer
        self._refusal = refusal
        self._run = run

    async def run(self, sql: str, params: Values = ()) -> list[Row]:
        """Run one statement; return its rows, or those of its RETURNING clause."""
        return await self._run(sql, params)

    async def is_out(self) -> bool:
        """Return whether other processes take this one for dead, and would not see to what it begins."""
        return bool(self.writer) and not await self.run(_IS_LISTED, (self.writer,))

    async def may_begin(self) -> None:
        """Require that this process may begin something.

        Raises:
            StorageError: OUT.
        """
        if self._refusal is not None and await self.is_out():
            raise self._refusal()


Observer = Callable[[Transaction, int], Awaitable[None]]
"""Receives the transaction and the id of the turn that has changed in it."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A statement that waits to be written, and its rows; None tells its caller to run it alone."""

    sql: str
    params: Values
    rows: "asyncio.Future[list[Row] | None]"


class Database:
    """An open database, made by `open`.

    `observers` are called when a turn settles, inside its transaction (`bot.storage.derived`). So are
    `overtaken`, with the id of a scene whose recaps do not hold anymore (`bot.storage.recaps`), even if the
    transaction fails then.

    `cluster` is the processes that share it.

    It must be closed: an engine's threads would keep the process running.
    """

    def __init__(self, engine: Engine, cluster: Cluster | None = None) -> None:
        self.cluster = cluster or Alone()
        self._engine = engine
        self._writing = asyncio.Lock()
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self.observers: list[Observer] = []
        self.overtaken: list[Callable[[int], None]] = []

    @classmethod
    async def open(
        cls, place: Location, *, exclusive: bool, joins: bool = False, migrations: Traversable = MIGRATIONS
    ) -> Self:
        """Open the database at `place`; a file is created with its folder if it does not exist.

        Args:
            place: a file, beside which are `<path>.lock`, SQLite's journal and backups; or one on a server.
            exclusive: refuse a second exclusive opening until this one is closed or its process ends. Without
                it the database may be used beside the bot, but is not migrated under it.
            joins: let others that join be open too, which a file can't (ALONE).
            migrations: the folder with the schema's migrations.

        Raises:
            StorageError: with the kind of the reason; what is refused stays untouched.
        """
        if isinstance(place, Path):
            if joins:
                raise StorageError(StorageErrorKind.ALONE, place)
            return cls(await Sqlite.open(place, exclusive=exclusive, migrations=migrations))
        try:
            from bot.storage.postgres import Postgres  # noqa: PLC0415 - most bots have no use for it
            from bot.storage.postgres_cluster import PostgresCluster  # noqa: PLC0415
        except ImportError as error:
            raise StorageError(StorageErrorKind.NO_DRIVER, place) from error
        engine = await Postgres.open(place, exclusive=exclusive, joins=joins, migrations=migrations)
        return cls(engine, PostgresCluster(place, engine.connect) if joins else None)

    @classmethod
    async def look(cls, place: Location, *, migrations: Traversable = MIGRATIONS) -> Self:
        """Open the database at `place`, beside a bot or without, to be read only.

        Nothing is made, migrated or locked; a write is refused (READ_ONLY).

        Raises:
            StorageError: with the kind of the reason; MISSING without tables, OLDER if it lacks migrations.
        """
        if isinstance(place, Path):
            return cls(await Sqlite.look(place, migrations=migrations))
        try:
            from bot.storage.postgres import Postgres  # noqa: PLC0415 - most bots have no use for it
        except ImportError as error:
            raise StorageError(StorageErrorKind.NO_DRIVER, place) from error
        return cls(await Postgres.look(place, migrations=migrations))

    @property
    def backup(self) -> Path | None:
        """The copy that was made before a migration at this opening, None if none was."""
        return self._engine.backup

    @property
    def index(self) -> Index:
        """The engine's index of turns by their words."""
        return self._engine.index

    async def check(self) -> None:
        """Require that what is written is still kept, and that no other bot writes.

        Raises:
            StorageError: LOST or IN_USE. From then on nothing is read or written anymore.
        """
        async with self._writing:
            await self._engine.check()

    async def close(self) -> None:
        """Write what waits, and close the database for others to use."""
        async with self._writing:
            try:
                await self._write_waiting()
                await self.cluster.leave()
            finally:
                await self._engine.close()

    def _refusal(self) -> StorageError:
        return StorageError(StorageErrorKind.OUT, self._engine.place)

    @property
    def writer(self) -> int:
        """The number of this process among those of the database."""
        return self.cluster.me

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Run a write transaction: committed at the end, rolled back on any exception and on cancellation.

        Transactions run one at a time and cannot be nested. A cancellation during the commit itself may come
        too late to undo it.

        Raises:
            StorageError: FULL, READ_ONLY, BUSY, CORRUPT, LOST, UNREACHABLE, CUT or IO; nothing was written.
        """
        since = time.perf_counter()
        async with self._writing, self._engine.transaction() as run:
            yield Transaction(run, self.observers, self.overtaken, self.writer, self._refusal)
        telemetry.time(Timed.TRANSACTION, time.perf_counter() - since)

    async def write(self, sql: str, params: Values = ()) -> list[Row]:
        """Run one statement as a transaction of its own; return the rows of its RETURNING clause.

        It is as atomic and durable as `transaction`, with fewer ways to the engine and back. Waiting
        statements are committed together, with one fsync. A cancellation may come too late to undo it.

        Raises:
            StorageError: FULL, READ_ONLY, BUSY, CORRUPT, LOST, UNREACHABLE, CUT or IO; nothing was written.
        """
        since = time.perf_counter()
        rows = await self._written(sql, params)
        telemetry.time(Timed.TRANSACTION, time.perf_counter() - since)
        return rows

    async def _written(self, sql: str, params: Values) -> list[Row]:
        if self._writing.locked():
            waiting = _Waiting(sql, params, asyncio.get_running_loop().create_future())
            self._waiting.append(waiting)
            if self._flushing is None:
                self._flushing = asyncio.create_task(self._flush(), name="writes")
            if (rows := await waiting.rows) is not None:
                return rows
        async with self._writing:
            return await self._engine.write(sql, params)

    async def _flush(self) -> None:
        """Commit the waiting statements together.

        It runs in a task of its own, so that the cancellation of one caller does not undo the others'
        statements.
        """
        async with self._writing:
            self._flushing = None
            await self._write_waiting()

    async def _write_waiting(self) -> None:
        waiting = [each for each in self._waiting if not each.rows.done()]
        self._waiting.clear()
        if not waiting:  # all were cancelled, or written before the database was closed
            return
        found: Sequence[list[Row] | None] = [None] * len(waiting)
        try:
            found = await self._engine.write_together([(each.sql, each.params) for each in waiting])
        finally:
            for each, rows in zip(waiting, found, strict=True):
                if not each.rows.done():  # a cancelled caller
                    each.rows.set_result(rows)

    async def rewrite(self, most: int | None = None) -> bool:
        """Write all rows again; False if the database has more than `most` bytes.

        Where an engine moves rows from one page to another, copies of deleted ones may stay in the room
        between. Nobody can write meanwhile: about 5 ms for each MB.

        Raises:
            StorageError: FULL without room for two copies, or READ_ONLY, BUSY, CORRUPT, LOST, IO.
        """
        async with self._writing:
            return await self._engine.rewrite(most)

    async def wipe(self) -> bool:
        """Empty the journal, as far as it is the bot's, so that it has nothing that was deleted.

        Return False if somebody was reading it meanwhile.

        Raises:
            StorageError: FULL, READ_ONLY, CORRUPT, LOST or IO.
        """
        async with self._writing:
            return await self._engine.wipe()

    async def discard_copies(self, before: datetime | None = None) -> None:
        """Delete the copies made before migrations; those that were made at `before` or later stay.

        Raises:
            StorageError: IO or another kind of the reason.
        """
        await self._engine.discard_copies(before)

    async def read(self, sql: str, params: Values = ()) -> list[Row]:
        """Return rows as last committed, never those of a running transaction.

        Raises:
            StorageError: BUSY, CORRUPT, LOST, UNREACHABLE, CUT or IO.
        """
        return await self._engine.read(sql, params)
