"""The move of a whole database from a file to a server, and back.

Law: one transaction, in which all that was written is read again and compared before it counts. A target has
to be empty, and stays so if anything fails; the source is not changed. No bot may run on either.

Of the search only that it has to begin again is taken along: each engine has an index of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.storage.columns import storable
from bot.storage.engine import Engine, Row, Run, Value
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.maintenance import Abandoned, NotTheSame, Phase, Watcher, demand_place, part_of, put
from bot.storage.places import Server
from bot.storage.postgres import Postgres
from bot.storage.schema import MIGRATIONS
from bot.storage.sqlite import Sqlite

PIECE: Final = 400
"""Rows that are read and written at once; with the most columns of a table far below 32,767 values."""

_LATER: Final = frozenset({("scene", "place")})
"""References that are checked at the end of a transaction: a place and its first scene name each other."""

_TABLES: Final = """
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'turn_words%' ORDER BY name
"""

_PROCESSES: Final = "DELETE FROM process"  # none of which is one of the target's

_SEARCH: Final = "UPDATE indexing SET before = (SELECT coalesce(max(id), 0) + 1 FROM turn), unclean = 0"

_GIVEN_BY_SQLITE: Final = "SELECT name, seq AS highest FROM sqlite_sequence"

_GIVEN_BY_POSTGRES: Final = """
SELECT pg_class.relname AS name, coalesce(pg_sequence_last_value(pg_depend.objid), 0) AS highest
FROM pg_depend JOIN pg_class ON pg_class.oid = pg_depend.refobjid
JOIN pg_class AS sequence ON sequence.oid = pg_depend.objid AND sequence.relkind = 'S'
JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace
WHERE pg_depend.deptype = 'i' AND pg_namespace.nspname = current_schema()
"""

_GIVE_IN_POSTGRES: Final = "SELECT setval(pg_get_serial_sequence(?, 'id'), ?)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table, its columns, and those of its primary key, by which its rows are ordered."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


async def to_server(path: Path, server: Server, watcher: Watcher) -> Mapping[str, int]:
    """Copy the file at `path` into a server's empty database; return how many rows each table has.

    Raises:
        StorageError: about one of them: MISSING, OLDER, NOT_EMPTY, IN_USE, and others.
        NotTheSame: the copy differs from the file.
        Abandoned: the watcher has ended it. As after an error, the server's database is empty.
    """
    source = await Sqlite.look(path, exclusive=True, migrations=MIGRATIONS)
    try:
        target = await Postgres.open(server, exclusive=True, migrations=MIGRATIONS)
        try:
            return await _Move(source, target, await _tables(source), watcher).run()
        finally:
            await target.close()
    finally:
        await source.close()


async def to_file(server: Server, path: Path, watcher: Watcher) -> Mapping[str, int]:
    """Copy a server's database into a new file at `path`; return how many rows each table has.

    Raises:
        StorageError: about one of them: MISSING, OLDER, EXISTS, IN_USE, FULL, and others.
        NotTheSame, Abandoned: as from `to_server`. As after an error, there is no file.
    """
    await asyncio.to_thread(demand_place, path)
    source = await Postgres.look(server, exclusive=True, migrations=MIGRATIONS)
    try:
        with part_of(path) as part, _told_of(part, path):
            counts = await _filled(source, part, watcher)
            await asyncio.to_thread(put, part, path, watcher)
        return counts
    finally:
        await source.close()


async def _filled(source: Postgres, part: Path, watcher: Watcher) -> Mapping[str, int]:
    target = await Sqlite.open(part, exclusive=True, migrations=MIGRATIONS)
    try:
        return await _Move(source, target, await _tables(target), watcher).run()
    finally:
        await target.close()


@contextmanager
def _told_of(part: Path, path: Path) -> Iterator[None]:
    """Let errors about a part be about the file that it becomes."""
    try:
        yield
    except StorageError as error:
        if isinstance(error.path, Path) and error.path.name.startswith(part.name):
            error.path = path
        raise


async def _tables(file: Sqlite) -> list[Table]:
    """Return the tables in an order in which each comes after those that it refers to."""
    found, refers = dict[str, Table](), dict[str, set[str]]()
    for row in await file.read(_TABLES, ()):
        name = str(row["name"])
        columns = await file.read(f"PRAGMA table_info({name})", ())
        key = sorted((column["pk"], column["name"]) for column in columns if column["pk"])
        found[name] = Table(name, tuple(column["name"] for column in columns), tuple(each for _, each in key))
        others = {str(each["table"]) for each in await file.read(f"PRAGMA foreign_key_list({name})", ())}
        refers[name] = {other for other in others - {name} if (name, other) not in _LATER}
    order: list[Table] = []
    while refers:
        free = [name for name, others in refers.items() if others <= {table.name for table in order}]
        order += [found[name] for name in free]
        refers = {name: others for name, others in refers.items() if name not in free}
    return order


_Act = Callable[[Run, Table, Sequence[Row]], Awaitable[None]]


class _Move:
    """A copy of all tables from one engine to another."""

    def __init__(self, source: Engine, target: Engine, tables: Sequence[Table], watcher: Watcher) -> None:
        self._source = source
        self._target = target
        self._tables = tables
        self._watcher = watcher

    async def run(self) -> Mapping[str, int]:
        counts = {table.name: await self._count(self._source.read, table) for table in self._tables}
        async with self._target.transaction() as run:
            for table in self._tables:
                if table.name != "indexing" and await self._count(run, table):
                    raise StorageError(StorageErrorKind.NOT_EMPTY, self._target.place)
            await run("DELETE FROM indexing", ())
            await self._pass(Phase.COPYING, counts, self._copy, run)
            await self._pass(Phase.COMPARING, counts, self._compare, run)
            await run(_PROCESSES, ())
            await run(_SEARCH, ())
            await self._give_ids(run)
        return counts

    async def _pass(self, phase: Phase, counts: Mapping[str, int], act: _Act, run: Run) -> None:
        done, total = 0, sum(counts.values())
        for table in self._tables:
            async for rows in _pieces(self._source.read, table):
                if self._watcher.stops:
                    raise Abandoned
                await act(run, table, rows)
                done += len(rows)
                self._watcher.at(phase, done, total)
            if phase is Phase.COMPARING and await self._count(run, table) != counts[table.name]:
                raise NotTheSame(table.name)

    async def _copy(self, run: Run, table: Table, rows: Sequence[Row]) -> None:
        marks = ", ".join(f"({', '.join('?' * len(table.columns))})" for _ in rows)
        sql = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES {marks}"  # noqa: S608 - a table's
        await run(sql, [value for row in rows for value in _held(row)])

    async def _compare(self, run: Run, table: Table, rows: Sequence[Row]) -> None:
        first = [rows[0][column] for column in table.key]
        sql = (
            f"SELECT {', '.join(table.columns)} FROM {table.name} WHERE {_compared(table, '>=')}"  # noqa: S608
            f" ORDER BY {', '.join(table.key)} LIMIT ?"
        )
        written = await run(sql, [*first, len(rows)])
        if [tuple(row) for row in written] != [_held(row) for row in rows]:
            raise NotTheSame(table.name)

    async def _count(self, run: Run, table: Table) -> int:
        return int((await run(f"SELECT count(*) AS rows FROM {table.name}", ()))[0]["rows"])  # noqa: S608 - a table's

    async def _give_ids(self, run: Run) -> None:
        """Let the target go on where the source was: the id of something deleted is never given again."""
        of_files = isinstance(self._source, Sqlite)
        given = await self._source.read(_GIVEN_BY_SQLITE if of_files else _GIVEN_BY_POSTGRES, ())
        known = {str(row["name"]): int(row["highest"]) for row in given}
        for row in await run(_GIVEN_BY_POSTGRES if of_files else _GIVEN_BY_SQLITE, ()):
            name = str(row["name"])
            sql = f"SELECT coalesce(max(id), 0) AS highest FROM {name}"  # noqa: S608 - a table's
            highest = max(known.get(name, 0), (await run(sql, ()))[0]["highest"])
            if highest and of_files:
                await run(_GIVE_IN_POSTGRES, (name, highest))
            elif highest:
                await run("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (highest, name))


def _is_not_empty(place: Path | Server) -> StorageError:
    if isinstance(place, Server):
        return StorageError(StorageErrorKind.NOT_EMPTY, place)
    return StorageError(StorageErrorKind.EXISTS, place)


def _held(row: Row) -> tuple[Value, ...]:
    """Return the values of a row as both engines hold them."""
    return tuple(storable(value) if isinstance(value, str) else value for value in row)


def _compared(table: Table, how: str) -> str:
    return f"({', '.join(table.key)}) {how} ({', '.join('?' * len(table.key))})"


async def _pieces(read: Run, table: Table) -> AsyncIterator[list[Row]]:
    """Yield all rows of a table in the order of its key, so many at once."""
    select = f"SELECT {', '.join(table.columns)} FROM {table.name}"  # noqa: S608 - a table's
    order = f" ORDER BY {', '.join(table.key)} LIMIT {PIECE}"
    rows = await read(select + order, ())
    while rows:
        yield rows
        last = [rows[-1][column] for column in table.key]
        rows = await read(f"{select} WHERE {_compared(table, '>')}{order}", last)
