"""SQLite as the engine: one connection for writing, one for reading, each in a thread of its own."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from importlib.resources.abc import Traversable
from math import inf
from pathlib import Path
from typing import Self

import aiosqlite
from filelock import FileLock

from bot.storage.engine import Row, Run, Values
from bot.storage.errors import StorageError, StorageErrorKind, sqlite_errors
from bot.storage.fts5 import Fts5
from bot.storage.schema import (
    BUSY_SECONDS,
    MOMENT,
    demand_newest,
    demand_whole,
    discard_copies,
    mode_of,
    prepare,
    take,
)
from bot.storage.temporary import temporary_files_in

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


def _commit(
    connection: sqlite3.Connection, statements: Sequence[tuple[str, Values]]
) -> Sequence[list[Row] | None]:
    """Run statements in one transaction; return None for each if one fails, as none is written then."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        found = [connection.execute(sql, params).fetchall() for sql, params in statements]
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.rollback()
        return [None] * len(statements)
    except BaseException:
        connection.rollback()
        raise
    return found


class Sqlite:
    """An open database file.

    Attributes:
        place: the file.
        backup: the copy that was made before a migration at this opening, None if none was.
        index: FTS5's.
    """

    def __init__(
        self,
        path: Path,
        writer: aiosqlite.Connection,
        reader: aiosqlite.Connection,
        resources: AsyncExitStack,
    ) -> None:
        self.place: Path = path
        self.backup: Path | None = None
        self.index = Fts5()
        self._known: dict[Path, tuple[int, int]] = {}
        self._lost: Path | None = None
        self._writer = writer
        self._reader = reader
        self._resources = resources

    @classmethod
    async def open(cls, path: Path, *, exclusive: bool, migrations: Traversable) -> Self:
        """Open the file at `path` as `Database.open` says.

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
        engine = cls(path, writer, reader, resources)
        engine.backup = backup
        # What is written stays in the journal, which is there since the writer has read, until it is brought
        # into the file. Its index, `-shm`, is rebuilt from it.
        files = [path, Path(f"{path}-wal"), *([Path(lock.lock_file)] if exclusive else [])]
        engine._known = await asyncio.to_thread(_identities, files)
        return engine

    @classmethod
    async def look(cls, path: Path, *, exclusive: bool = False, migrations: Traversable) -> Self:
        """Open the file at `path` as `Database.look` says; if `exclusive`, whole and without a bot beside.

        Raises:
            StorageError: with the kind of the reason.
        """
        path = await asyncio.to_thread(demand_newest, path, migrations)
        lock = FileLock(f"{path}.lock", mode=0o600, thread_local=False)
        resources = AsyncExitStack()
        resources.callback(lock.release)
        try:
            if exclusive:
                await asyncio.to_thread(take, lock, path, MOMENT)
                await asyncio.to_thread(demand_whole, path)
            with sqlite_errors(path):
                reader = await _connect(path, mode_of(path), resources)
        except BaseException:
            await resources.aclose()
            raise
        return cls(path, reader, reader, resources)

    async def check(self) -> None:
        """Require that the file, its journal and its lock are still those that were opened.

        What is written into a deleted file is gone when the bot ends; without the lock another bot may write
        too.

        Raises:
            StorageError: LOST, with the file. From then on nothing is read or written anymore.
        """
        now = await asyncio.to_thread(_identities, self._known)
        changed = (file for file, known in self._known.items() if now.get(file, known) != known)
        self._lost = self._lost or next(changed, None)
        self._require_files()

    def _require_files(self) -> None:
        if self._lost is not None:
            raise StorageError(StorageErrorKind.LOST, self._lost)

    async def close(self) -> None:
        """Bring the journal into the file, and release file and lock."""
        await self._resources.aclose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Run]:
        """Run a write transaction: committed at the end, rolled back on any exception and on cancellation."""
        self._require_files()
        with sqlite_errors(self.place):
            try:
                await self._writer.execute_fetchall("BEGIN IMMEDIATE")
                yield self._run
                await self._writer.execute_fetchall("COMMIT")
            except BaseException:
                # aiosqlite runs its calls in the order they were queued. So even if this wait is
                # cancelled, the rollback comes after the running call and before the next BEGIN; after a
                # COMMIT that succeeded, it has nothing to undo.
                await self._writer.rollback()
                raise

    async def write(self, sql: str, params: Values) -> list[Row]:
        """Run one statement as a transaction of its own: one call of the connection's thread, not three."""
        self._require_files()
        with sqlite_errors(self.place):
            return await self._run(sql, params)

    async def _run(self, sql: str, params: Values = ()) -> list[Row]:
        return list(await self._writer.execute_fetchall(sql, params))

    async def write_together(self, statements: Sequence[tuple[str, Values]]) -> Sequence[list[Row] | None]:
        """Run statements in one transaction; return None for each if one fails, as none is written then."""
        # aiosqlite has no call for several statements. One for each would come back to the loop between any
        # two, and that is busiest where many wait.
        if self._lost is not None:
            return [None] * len(statements)
        run: Callable[..., Awaitable[Sequence[list[Row] | None]]] = self._writer._execute  # noqa: SLF001
        return await run(_commit, self._writer._conn, statements)  # noqa: SLF001

    async def rewrite(self, most: int | None) -> bool:
        """Write the whole file again; False if it has more than `most` bytes."""
        self._require_files()
        with sqlite_errors(self.place), temporary_files_in(self.place.parent):
            (pages,), (size,) = await self._run("PRAGMA page_count"), await self._run("PRAGMA page_size")
            if most is not None and pages[0] * size[0] > most:
                return False
            await self._run("VACUUM")
        return True

    async def wipe(self) -> bool:
        """Bring the journal into the file and empty it; False if somebody was reading it meanwhile."""
        self._require_files()
        with sqlite_errors(self.place):
            (found,) = await self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        return not found[0]

    async def discard_copies(self, before: datetime | None) -> None:
        """Delete the copies made before migrations; those that were made at `before` or later stay."""
        until = inf if before is None else before.timestamp()
        await asyncio.to_thread(discard_copies, self.place, until)

    async def read(self, sql: str, params: Values) -> list[Row]:
        """Return rows as last committed, from a connection that cannot write."""
        self._require_files()
        with sqlite_errors(self.place):
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
