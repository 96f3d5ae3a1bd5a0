"""PostgreSQL as the engine: a connection that writes, a pool of connections that only read.

Law: one writer in the whole cluster, as in a file of SQLite's: each transaction begins with a lock that no
other has. What PostgreSQL says of an error may hold values of rows, so nothing of it is kept but its code and
the name of the constraint.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import lru_cache
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, Self

import asyncpg

from bot.storage.columns import storable
from bot.storage.engine import Row, Run, Value, Values
from bot.storage.errors import StatementError, StorageError, StorageErrorKind
from bot.storage.gin import Gin
from bot.storage.locations import Server
from bot.storage.postgres_errors import ANY, ENDED, connecting_errors, postgres_errors
from bot.storage.postgres_schema import bring_up, demand_newest, lacking

LOCKS: Final = 0x4472616D
"""`Dram`: the first key of the advisory locks of this program, which are those of one database."""

WRITING, OPENING, RUNNING = 1, 2, 3
"""The second key: of who writes, of who looks at the schema, and of the bot that runs."""

MOMENT: Final = 0.3
"""Seconds that a bot waits for the lock of another, which may be ending."""

BUSY_SECONDS: Final = 2
"""Seconds to wait while another process writes, as with SQLite."""

HUNG_SECONDS: Final = 3
"""Seconds that one of several processes may do nothing in a transaction, which all others wait for."""

OTHERS_SECONDS: Final = 5
"""Seconds to wait while one of several processes writes; longer than it takes to see that it hangs."""

CONNECTING: Final = 10.0
"""Seconds until a server that does not answer counts as not reachable."""

ANSWERING: Final = 60.0
"""Seconds until a server that does not answer a statement counts as not reachable."""

AN_HOUR: Final = 3600.0
"""Seconds that it may take to write all rows again, or to make an index."""

READERS: Final = 4
"""The most connections that read at once."""

_STATEMENTS: Final = 1000
"""Prepared statements that a connection keeps: more than the bot has."""

_ROUNDS: Final = 3
"""Times that a pooler is tried to be caught giving a connection to somebody else."""

_SETTINGS: Final = (
    "SET jit = off",  # it costs more than these statements do
    f"SET lock_timeout = '{BUSY_SECONDS}s'",
    f"SET idle_in_transaction_session_timeout = '{ANSWERING:.0f}s'",
)

_ALIVE: Final = (
    "SET tcp_keepalives_idle = 5",
    "SET tcp_keepalives_interval = 2",
    "SET tcp_keepalives_count = 3",
    "SET tcp_user_timeout = '10s'",
)
"""A bot that is gone without a word is noticed after ten seconds, and its locks are free."""

_WRITES: Final = "SET synchronous_commit = on"
_JOINS: Final = "SET lock_timeout = '{wait}s'; SET idle_in_transaction_session_timeout = '{rest}s'"
_READS: Final = "SET default_transaction_read_only = on"

_BEGIN: Final = f"BEGIN; SELECT pg_advisory_xact_lock({LOCKS}, {WRITING})"

_MARKS: Final = re.compile(r"'(?:[^']|'')*'|--[^\n]*|::|\?|:([a-z_]\w*)")
"""What stands for a value, and what only looks like it."""


class Postgres:
    """An open database on a server.

    Attributes:
        place: its address.
        backup: None: who runs the server makes copies.
        index: the index of turns by their words.
    """

    def __init__(self, server: Server, *, exclusive: bool, joins: bool = False, looks: bool = False) -> None:
        self.place = server
        self.backup: Path | None = None
        self.index = Gin()
        self._exclusive = exclusive
        self._joins = joins
        self._looks = looks
        self._writer: Any = None
        self._readers: Any = None
        self._is_out = False

    @classmethod
    async def open(
        cls, server: Server, *, exclusive: bool, joins: bool = False, migrations: Traversable
    ) -> Self:
        """Open a database as `Database.open` says.

        Raises:
            StorageError: with the kind of the reason; what is refused stays untouched.
        """
        engine = cls(server, exclusive=exclusive, joins=joins)
        await engine._begin(migrations)
        return engine

    @classmethod
    async def look(cls, server: Server, *, exclusive: bool = False, migrations: Traversable) -> Self:
        """Open a database as `Database.look` says; if `exclusive`, without a bot beside.

        Raises:
            StorageError: with the kind of the reason.
        """
        engine = cls(server, exclusive=exclusive, looks=True)
        await engine._begin(migrations)
        return engine

    async def _begin(self, migrations: Traversable) -> None:
        try:
            with postgres_errors(self.place):
                writer = self._writer = await self._connected()
                if not self._joins:
                    await self._occupy(writer)
                await self._demand_no_pooler(writer)
                if self._looks:
                    await demand_newest(self.place, writer, migrations)
                else:
                    await self._prepare(writer, migrations)
                self._readers = await asyncpg.create_pool(
                    connect=self._reader, min_size=0, max_size=READERS, reset=_as_it_is
                )
        except BaseException:
            await self.close()
            raise

    async def _prepare(self, writer: Any, migrations: Traversable) -> None:  # noqa: ANN401
        """Bring the schema up to the newest; not under a bot that runs.

        Who joins becomes one that runs only then, so that of those that start at once one does it for all.
        """
        async with _held(writer, OPENING):
            steps = await lacking(self.place, writer, migrations)
            is_alone = self._exclusive and not self._joins
            if steps and not is_alone and not await _taken(writer, RUNNING):
                raise StorageError(StorageErrorKind.IN_USE, self.place)
            try:
                await bring_up(writer, steps)
            finally:
                if steps and not is_alone:
                    await writer.execute(f"SELECT pg_advisory_unlock({LOCKS}, {RUNNING})")
            if self._joins:
                await self._occupy(writer)

    async def _demand_no_pooler(self, writer: Any) -> None:  # noqa: ANN401
        """Require that what this connection locks stays locked.

        A pooler in transaction mode gives the connection behind it to the next one that begins a transaction.
        """
        number = "SELECT pg_backend_pid()"
        if await writer.fetchval(number) == writer.get_server_pid():
            return
        for _ in range(_ROUNDS):
            before = await writer.fetchval(number)
            other = await self.connect()
            try:
                async with other.transaction():
                    is_shared = await other.fetchval(number) == before
                    is_shared = is_shared or await writer.fetchval(number) != before
            finally:
                await other.close()
            if is_shared:
                raise StorageError(StorageErrorKind.POOLER, self.place)

    def _require_place(self) -> None:
        if self._is_out:
            raise StorageError(StorageErrorKind.IN_USE, self.place)

    async def _writing(self) -> Any:  # noqa: ANN401 - asyncpg has no types
        """Return the connection that writes; if it was lost, another, which takes the bot's lock again."""
        self._require_place()
        if self._writer is None or self._writer.is_closed():
            writer = await self._connected()
            await self._occupy(writer)
            self._writer = writer
        return self._writer

    async def _connected(self) -> Any:  # noqa: ANN401
        joins = [_JOINS.format(wait=OTHERS_SECONDS, rest=HUNG_SECONDS)] if self._joins else []
        return await self.connect(_READS if self._looks else _WRITES, *joins)

    async def _occupy(self, writer: Any) -> None:  # noqa: ANN401
        """Take the lock of a bot that runs, if this is one; end the connection where another keeps it."""
        try:
            may = not self._exclusive or await _taken(writer, RUNNING, shared=self._joins)
        except BaseException:
            writer.terminate()
            raise
        if not may:
            writer.terminate()
            raise StorageError(StorageErrorKind.IN_USE, self.place)

    async def _reader(self, *_: object, **__: object) -> Any:  # noqa: ANN401
        return await self.connect(_READS)

    async def connect(self, *settings: str) -> Any:  # noqa: ANN401
        """Return another connection, as all of the bot's are, with these statements carried out.

        Raises:
            StorageError: ADDRESS, TLS, IMPOSTOR, READ_ONLY or UNREACHABLE; other errors are asyncpg's, to be
                taken within `postgres_errors`.
        """
        with connecting_errors(self.place):
            connection = await asyncpg.connect(
                self.place.url,
                password=self.place.password,
                timeout=CONNECTING,
                command_timeout=ANSWERING,
                statement_cache_size=_STATEMENTS,
                max_cached_statement_lifetime=0,
            )
        try:
            await connection.execute("; ".join((*_SETTINGS, *settings)))
            with suppress(asyncpg.PostgresError):  # not every system that a server runs on can
                await connection.execute("; ".join(_ALIVE))
        except BaseException:
            connection.terminate()
            raise
        return connection

    async def check(self) -> None:
        """Require that no other bot has taken this one's place; a server that is away may come back.

        Raises:
            StorageError: IN_USE. From then on nothing is read or written anymore.
        """
        try:
            with postgres_errors(self.place):
                await (await self._writing()).execute("SELECT 1")
        except StorageError as error:
            if error.kind is StorageErrorKind.IN_USE:
                self._is_out = True
                raise

    async def close(self) -> None:
        """Close all connections; the locks go with them."""
        for each in (self._readers, self._writer):
            if each is not None:
                await closed(each, CONNECTING)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Run]:
        """Run a write transaction: committed at the end, rolled back on any exception and on cancellation."""
        with postgres_errors(self.place):
            writer = await self._begun()

        async def run(sql: str, params: Values = ()) -> list[Row]:
            with postgres_errors(self.place):
                return await _fetch(writer, sql, params)

        async with undone(writer):
            yield run
            with postgres_errors(self.place):
                await _commit(writer)

    async def _begun(self) -> Any:  # noqa: ANN401
        """Begin a transaction; if the server has ended the connection meanwhile, on another."""
        writer = await self._writing()
        async with undone(writer):
            with suppress(*ENDED):
                await writer.execute(_BEGIN)
                return writer
            writer.terminate()
        writer = await self._writing()
        async with undone(writer):
            await writer.execute(_BEGIN)
        return writer

    async def write(self, sql: str, params: Values) -> list[Row]:
        """Run one statement as a transaction of its own."""
        async with self.transaction() as run:
            return await run(sql, params)

    async def write_together(self, statements: Sequence[tuple[str, Values]]) -> Sequence[list[Row] | None]:
        """Run statements in one transaction; return None for each if one fails, as none is written then."""
        try:
            async with self.transaction() as run:
                return [await run(sql, params) for sql, params in statements]
        except (StorageError, StatementError):
            return [None] * len(statements)

    async def rewrite(self, most: int | None) -> bool:
        """Write all tables into new files; False if the database has more than `most` bytes.

        The journal (WAL) and copies of it keep what was deleted for as long as the server is told to.
        """
        with postgres_errors(self.place):
            writer = await self._writing()
            size = await writer.fetchval("SELECT pg_database_size(current_database())")
            if most is not None and size > most:
                return False
            listed = "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = current_schema()"
            tables = [row[0] for row in await writer.fetch(listed)]
            await writer.execute(f"VACUUM (FULL, ANALYZE) {', '.join(sorted(tables))}", timeout=AN_HOUR)
        return True

    async def wipe(self) -> bool:
        """Return True: the journal is the server's."""
        return True

    async def discard_copies(self, before: datetime | None) -> None:
        """Do nothing: the bot makes none."""

    async def read(self, sql: str, params: Values) -> list[Row]:
        """Return rows as last committed, from a connection that cannot write."""
        self._require_place()
        with postgres_errors(self.place):
            try:
                return await self._read(sql, params)
            except ENDED:  # the others may have ended as well
                await self._readers.expire_connections()
                return await self._read(sql, params)

    async def _read(self, sql: str, params: Values) -> list[Row]:
        async with self._readers.acquire() as reader:
            return await _fetch(reader, sql, params)


async def _as_it_is(_: object) -> None:
    """Leave a connection as it is that goes back to the pool: nobody has changed it."""


async def _fetch(connection: Any, sql: str, params: Values) -> list[Row]:  # noqa: ANN401
    text, names = numbered(sql)
    values = params if not isinstance(params, Mapping) else [params[name] for name in names]
    try:
        rows: list[Row] = await connection.fetch(text, *map(_held_by_text, values))
    except asyncpg.InternalClientError:  # it has lost track of what the server says
        connection.terminate()
        raise
    except asyncpg.InterfaceError as error:
        if connection.is_closed():
            raise
        raise StatementError(type(error).__name__) from None
    return rows


def _held_by_text(value: Value) -> Value:
    return storable(value) if isinstance(value, str) else value


@lru_cache(maxsize=_STATEMENTS)
def numbered(sql: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement with `$1`, `$2` for `?` and `:name`, and the names in the order of the numbers."""
    names: list[str] = []

    def mark(found: re.Match[str]) -> str:
        if found[0] == "?":
            names.append("")
            return f"${len(names)}"
        if found[1] is None:
            return found[0]
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    return _MARKS.sub(mark, sql), tuple(names)


async def _taken(connection: Any, lock: int, *, shared: bool = False) -> bool:  # noqa: ANN401
    """Take a lock for as long as a connection lives; return False if somebody else keeps it.

    If it is `shared`, others may have it like that too.
    """
    end, take = asyncio.get_running_loop().time() + MOMENT, "_shared" if shared else ""
    while not await connection.fetchval(f"SELECT pg_try_advisory_lock{take}({LOCKS}, {lock})"):
        if asyncio.get_running_loop().time() >= end:
            return False
        await asyncio.sleep(MOMENT / 10)
    return True


@asynccontextmanager
async def transaction(connection: Any) -> AsyncIterator[None]:  # noqa: ANN401
    """Run a transaction; asyncpg's own stays open where its BEGIN or ROLLBACK is cancelled."""
    async with undone(connection):
        await connection.execute("BEGIN")
        yield
        await _commit(connection)


async def _commit(connection: Any) -> None:  # noqa: ANN401
    if await connection.execute("COMMIT") != "COMMIT":  # an error in it was passed over
        raise StatementError("the transaction had failed")


@asynccontextmanager
async def undone(connection: Any) -> AsyncIterator[None]:  # noqa: ANN401
    """Roll back on any exception and on cancellation.

    A connection that can't be told so is closed, by which the server sees that nobody waits for it anymore.
    """
    try:
        yield
    except BaseException:
        try:
            await connection.execute("ROLLBACK")
        except BaseException as error:
            connection.terminate()
            if isinstance(error, asyncio.CancelledError):
                raise
        raise


async def closed(connection: Any, seconds: float) -> None:  # noqa: ANN401
    """Close a connection, or all of a pool; after so many seconds without waiting for the server."""
    try:
        await asyncio.wait_for(connection.close(), seconds)
    except ANY:  # a timeout, too
        connection.terminate()


@asynccontextmanager
async def _held(connection: Any, lock: int) -> AsyncIterator[None]:  # noqa: ANN401
    """Hold a lock, for which others are waited."""
    await connection.execute(f"SELECT pg_advisory_lock({LOCKS}, {lock})")
    try:
        yield
    finally:
        with suppress(*ANY):
            await connection.execute(f"SELECT pg_advisory_unlock({LOCKS}, {lock})")
