"""The database: one connection for writing, one for reading, and atomic transactions.

Law: every write is inside `transaction()`, which awaits nothing but its SQL; a single statement goes through
`write`. Coroutines that share a connection would otherwise share a transaction, and the rollback of one would
undo the other's rows.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.resources.abc import Traversable
from math import inf
from pathlib import Path
from typing import Self

import aiosqlite
from filelock import FileLock

from bot.core.telemetry import Timed, telemetry
from bot.storage.errors import StorageError, StorageErrorKind, sqlite_errors
from bot.storage.schema import BUSY_SECONDS, MIGRATIONS, discard_copies, prepare
from bot.storage.temporary import temporary_files_in

Value = str | int | None
"""The values of a column."""

Values = Sequence[Value] | Mapping[str, Value]
"""Parameters by position or by name."""

_WRITER_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    # FULL: a commit is on the medium when it returns. So "stored before the model is asked" holds in a power
    # cut too, and Discord has no post that the bot does not know of. Killing the process loses nothing under
    # NORMAL either. The price is one fsync a commit, 0.3 ms against 0.02 on an SSD, in a thread; a channel is
    # edited about once a second at most.
    "PRAGMA synchronous = FULL",
    # Deleted content is overwritten, not only unlinked.
    "PRAGMA secure_delete = ON",
)


class Transaction:
    """A transaction on the writing connection; valid inside its `async with` only.

    `observers` and `overtaken` are the database's; `bot.storage.settled` and `bot.storage.recaps` call them.
    """

    def __init__(
        self,
        connection: aiosqlite.Connection,
        observers: Sequence["Observer"] = (),
        overtaken: Sequence[Callable[[int], None]] = (),
    ) -> None:
        self.observers = observers
        self.overtaken = overtaken
        self._connection = connection

    async def run(self, sql: str, params: Values = ()) -> list[sqlite3.Row]:
        """Run one statement; return its rows, or those of its RETURNING clause."""
        return list(await self._connection.execute_fetchall(sql, params))


Observer = Callable[[Transaction, int], Awaitable[None]]
"""Receives the transaction and the id of the turn that has changed in it."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A statement that waits to be written, and its rows; None tells its caller to run it alone."""

    sql: str
    params: Values
    rows: "asyncio.Future[list[sqlite3.Row] | None]"


def _commit(connection: sqlite3.Connection, waiting: Sequence[_Waiting]) -> list[list[sqlite3.Row] | None]:
    """Run statements in one transaction; return None for each if one fails, as none is written then."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        found = [connection.execute(each.sql, each.params).fetchall() for each in waiting]
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.rollback()
        return [None] * len(waiting)
    except BaseException:
        connection.rollback()
        raise
    return [*found]


class Database:
    """An open database file, made by `open`.

    `observers` are called when a turn settles, inside its transaction (`bot.storage.settled`). So are
    `overtaken`, with the id of a scene whose recaps do not hold anymore (`bot.storage.recaps`), even if the
    transaction fails then. `backup` is the copy that was made before a migration at this opening, None if
    none was.

    It must be closed: aiosqlite's threads would keep the process running.
    """

    def __init__(
        self,
        path: Path,
        writer: aiosqlite.Connection,
        reader: aiosqlite.Connection,
        resources: AsyncExitStack,
    ) -> None:
        self.backup: Path | None = None
        self._path = path
        self._known: dict[Path, tuple[int, int]] = {}
        self._lost: Path | None = None
        self._writer = writer
        self._reader = reader
        self._resources = resources
        self._writing = asyncio.Lock()
        self._waiting: list[_Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self.observers: list[Observer] = []
        self.overtaken: list[Callable[[int], None]] = []

    @classmethod
    async def open(cls, path: Path, *, exclusive: bool, migrations: Traversable = MIGRATIONS) -> Self:
        """Open the database at `path`, which is created with its folder if it does not exist.

        Args:
            path: the file. `<path>.lock`, SQLite's journal and backups are beside it.
            exclusive: refuse a second exclusive opening until this one is closed or its process ends. Without
                it the database may be used beside the bot, but is not migrated under it.
            migrations: the folder with the schema's migrations.

        Raises:
            StorageError: with the kind of the reason; a refused file stays untouched.
        """
        path = await asyncio.to_thread(path.resolve)
        # Not bound to the thread that acquires it, which belongs to a pool.
        lock = FileLock(f"{path}.lock", mode=0o600, thread_local=False)
        resources = AsyncExitStack()
        resources.callback(lock.release)
        try:
            backup = await asyncio.to_thread(prepare, path, lock, migrations, exclusive=exclusive)
            with sqlite_errors(path):
                writer = await _connect(path, "rw", resources)
                for pragma in _WRITER_PRAGMAS:
                    await writer.execute_fetchall(pragma)
                await writer.execute_fetchall("SELECT * FROM sqlite_schema LIMIT 1")
                reader = await _connect(path, "ro", resources)
        except BaseException:
            await resources.aclose()
            raise
        database = cls(path, writer, reader, resources)
        database.backup = backup
        # What is written stays in the journal, which is there since the writer has read, until it is brought
        # into the file. Its index, `-shm`, is rebuilt from it.
        files = [path, Path(f"{path}-wal"), *([Path(lock.lock_file)] if exclusive else [])]
        database._known = await asyncio.to_thread(_identities, files)
        return database

    async def check_files(self) -> None:
        """Check that the database's file, its journal and its lock are still those that were opened.

        What is written into a deleted file is gone when the bot ends; without the lock another bot may write
        too. From then on nothing is read or written anymore.

        Raises:
            StorageError: LOST, with the file.
        """
        now = await asyncio.to_thread(_identities, self._known)
        changed = (file for file, known in self._known.items() if now.get(file, known) != known)
        self._lost = self._lost or next(changed, None)
        self._require_files()

    def _require_files(self) -> None:
        if self._lost is not None:
            raise StorageError(StorageErrorKind.LOST, self._lost)

    async def close(self) -> None:
        """Write what waits, bring the journal into the file, and release file and lock."""
        async with self._writing:
            try:
                await self._write_waiting()
            finally:
                await self._resources.aclose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Run a write transaction: committed at the end, rolled back on any exception and on cancellation.

        Transactions run one at a time and cannot be nested. A cancellation during the commit itself may come
        too late to undo it.

        Raises:
            StorageError: FULL, READ_ONLY, BUSY, CORRUPT, LOST or IO; nothing was written.
        """
        since = time.perf_counter()
        async with self._writing:
            self._require_files()
            with sqlite_errors(self._path):
                try:
                    await self._writer.execute_fetchall("BEGIN IMMEDIATE")
                    yield Transaction(self._writer, self.observers, self.overtaken)
                    await self._writer.execute_fetchall("COMMIT")
                except BaseException:
                    # aiosqlite runs its calls in the order they were queued. So even if this wait is
                    # cancelled, the rollback comes after the running call and before the next BEGIN; after a
                    # COMMIT that succeeded, it has nothing to undo.
                    await self._writer.rollback()
                    raise
        telemetry.time(Timed.TRANSACTION, time.perf_counter() - since)

    async def write(self, sql: str, params: Values = ()) -> list[sqlite3.Row]:
        """Run one statement as a transaction of its own; return the rows of its RETURNING clause.

        It is as atomic and durable as `transaction`, and takes one call of the connection's thread instead of
        three. Waiting statements are committed together, with one fsync. A cancellation may come too late to
        undo it.

        Raises:
            StorageError: FULL, READ_ONLY, BUSY, CORRUPT, LOST or IO; nothing was written.
        """
        since = time.perf_counter()
        rows = await self._written(sql, params)
        telemetry.time(Timed.TRANSACTION, time.perf_counter() - since)
        return rows

    async def _written(self, sql: str, params: Values) -> list[sqlite3.Row]:
        self._require_files()
        if self._writing.locked():
            waiting = _Waiting(sql, params, asyncio.get_running_loop().create_future())
            self._waiting.append(waiting)
            if self._flushing is None:
                self._flushing = asyncio.create_task(self._flush(), name="writes")
            if (rows := await waiting.rows) is not None:
                return rows
        async with self._writing:
            with sqlite_errors(self._path):
                return await self._run(sql, params)

    async def _run(self, sql: str, params: Values = ()) -> list[sqlite3.Row]:
        return list(await self._writer.execute_fetchall(sql, params))

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
        found: Sequence[list[sqlite3.Row] | None] = [None] * len(waiting)
        try:
            # aiosqlite has no call for several statements. One for each would come back to the loop
            # between any two, and that is busiest where many wait.
            run: Callable[..., Awaitable[list[list[sqlite3.Row] | None]]] = self._writer._execute  # noqa: SLF001
            found = await run(_commit, self._writer._conn, waiting)  # noqa: SLF001
        finally:
            for each, rows in zip(waiting, found, strict=True):
                if not each.rows.done():  # a cancelled caller
                    each.rows.set_result(rows)

    async def rewrite(self, most: int | None = None) -> bool:
        """Write the whole file again; False if it has more than `most` bytes.

        SQLite overwrites what is deleted, but where it moves rows from one page to another, copies of them
        may stay in the room between. Nobody can write meanwhile: about 5 ms for each MB.

        Raises:
            StorageError: FULL without room for two copies, or READ_ONLY, BUSY, CORRUPT, LOST, IO.
        """
        async with self._writing:
            self._require_files()
            with sqlite_errors(self._path), temporary_files_in(self._path.parent):
                (pages,), (size,) = await self._run("PRAGMA page_count"), await self._run("PRAGMA page_size")
                if most is not None and pages[0] * size[0] > most:
                    return False
                await self._run("VACUUM")
        return True

    async def wipe(self) -> bool:
        """Bring the journal into the file and empty it, so that what was deleted is in neither.

        Return False if somebody was reading the journal meanwhile.

        Raises:
            StorageError: FULL, READ_ONLY, CORRUPT, LOST or IO.
        """
        async with self._writing:
            self._require_files()
            with sqlite_errors(self._path):
                (found,) = await self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        return not found[0]

    async def discard_copies(self, before: datetime | None = None) -> None:
        """Delete the copies made before migrations; those that were made at `before` or later stay.

        Raises:
            StorageError: IO or another kind of the reason.
        """
        until = inf if before is None else before.timestamp()
        await asyncio.to_thread(discard_copies, self._path, until)

    async def read(self, sql: str, params: Values = ()) -> list[sqlite3.Row]:
        """Return rows as last committed, never those of a running transaction.

        Raises:
            StorageError: BUSY, CORRUPT, LOST or IO.
        """
        self._require_files()
        with sqlite_errors(self._path):
            return list(await self._reader.execute_fetchall(sql, params))


def _identities(files: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Return the device and the inode of each file: zeros for one that is gone, nothing if that is unknown.

    The files are not opened: closing one would release SQLite's locks on it.
    """
    found: dict[Path, tuple[int, int]] = {}
    for file in files:
        try:
            now = file.stat()
        except (FileNotFoundError, NotADirectoryError):
            found[file] = 0, 0
        except OSError:  # a drive that does not answer right now
            continue
        else:
            found[file] = now.st_dev, now.st_ino
    return found


async def _connect(path: Path, mode: str, resources: AsyncExitStack) -> aiosqlite.Connection:
    connection = await aiosqlite.connect(
        f"{path.as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
    )
    resources.push_async_callback(connection.close)
    connection.row_factory = sqlite3.Row
    return connection
