"""A PostgreSQL for one run of the tests: started by the first test that needs it, stopped when the run ends.

It is made of the programs of Debian's package `postgresql`. Where there are none, its tests are skipped; with
`TESTS_NEED_POSTGRES` set, as CI has it, they fail instead.
"""

import asyncio
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn

import asyncpg
import pytest
from filelock import FileLock

from bot.storage.places import Server
from bot.storage.postgres import Postgres
from bot.storage.schema import MIGRATIONS

NEEDED: Final = "TESTS_NEED_POSTGRES"
MISSING: Final = "there is no PostgreSQL here: on Debian, install the package postgresql"
_NOBODY: Final = 65534
_WORKER: Final = "PYTEST_XDIST_WORKER"

# What a power cut would do to it is not what is tested.
_SETTINGS: Final = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "''",
}

_numbers = itertools.count(1)
_free: list[str] = []
"""Databases that are empty again."""


def programs() -> Path | None:
    """The folder of the newest `initdb` and `postgres`."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).resolve().parent if on_path else None


def needed_programs() -> Path:
    """The same; without them the test is skipped, or fails."""
    return programs() or _missing(MISSING)


def folder_of(run: int) -> Path:
    return Path(tempfile.gettempdir()) / f"dramatis-postgres-{run}"


@cache
def _folder() -> Path:
    """The folder of this run's server, which is running."""
    found = needed_programs()
    folder = folder_of(os.getppid() if _WORKER in os.environ else os.getpid())
    folder.mkdir(mode=0o755, exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not (folder / "ready").exists():
            start(found, folder)
            asyncio.run(_make_template(folder))
            (folder / "ready").touch()
    return folder


def start(found: Path, folder: Path) -> None:
    """Start a server in a folder."""
    if os.geteuid() == 0:  # which PostgreSQL refuses to be
        os.chown(folder, _NOBODY, _NOBODY)
    data = folder / "data"
    run_program(
        found / "initdb", "-D", data, "-U", "dramatis", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
    )
    said = "".join(f" -c {name}={value}" for name, value in _SETTINGS.items())
    run_program(found / "pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", f"-k {folder}{said}")


def as_nobody() -> Any:
    """How root starts what refuses to be root."""
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def run_program(*command: str | Path) -> None:
    """Run one of PostgreSQL's programs."""
    subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, **as_nobody())


def needed_program(name: str) -> str:
    """The path of a program that Debian has in a package of that name."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    return found or _missing(f"there is no {name} here: on Debian, install the package {name}")


def _missing(reason: str) -> NoReturn:
    (pytest.fail if os.environ.get(NEEDED) else pytest.skip)(reason)


def stop(run: int) -> None:
    """Stop the server of a run, and remove what it has left."""
    found, folder = programs(), folder_of(run)
    if found is not None and (folder / "data").exists():
        run_program(found / "pg_ctl", "stop", "-m", "immediate", "-D", folder / "data")
        shutil.rmtree(folder)
        folder.with_suffix(".lock").unlink()


def _address(folder: Path, name: str) -> Server:
    return Server(f"postgresql://dramatis@/{name}?host={folder}")


async def ask(server: Server, *statements: str) -> list[asyncpg.Record]:
    """Run statements on a connection of their own; return the rows of the last."""
    connection = await asyncpg.connect(server.url)
    try:
        return [list(await connection.fetch(each)) for each in statements][-1]
    finally:
        await connection.close()


async def end_connections(server: Server) -> None:
    """End all connections to a database, as a restart of the server does."""
    others = "datname = current_database() AND pid <> pg_backend_pid()"
    await ask(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


class Relay:
    """What is between a server and who connects to it; it can keep back that a connection has ended."""

    def __init__(self, server: Server) -> None:
        self.ends = asyncio.Event()
        self.ends.set()
        self.told = asyncio.Event()
        """Set when the server has ended a connection, and has said why."""
        self._server = server.url.partition("host=")[2]

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_unix_connection(f"{self._server}/.s.PGSQL.5432")

        async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            with suppress(OSError):
                while data := await source.read(1 << 16):
                    target.write(data)
                    await target.drain()

        async def answer() -> None:
            await carry(there[0], writer)
            self.told.set()
            await self.ends.wait()
            writer.close()

        await asyncio.gather(carry(reader, there[1]), answer())
        there[1].close()


@asynccontextmanager
async def relayed(server: Server) -> AsyncIterator[tuple[Server, Relay]]:
    """The same database through a relay."""
    relay, name = Relay(server), server.url.partition("@/")[2].partition("?")[0]
    with tempfile.TemporaryDirectory() as folder:
        async with await asyncio.start_unix_server(relay.connect, f"{folder}/.s.PGSQL.5432"):
            yield Server(f"postgresql://dramatis@/{name}?host={folder}"), relay
            relay.ends.set()


async def _ask(folder: Path, *statements: str) -> None:
    await ask(_address(folder, "postgres"), *statements)


async def _make_template(folder: Path) -> None:
    await _ask(folder, "CREATE DATABASE template")
    engine = await Postgres.open(_address(folder, "template"), exclusive=True, migrations=MIGRATIONS)
    await engine.close()


async def _emptied(server: Server) -> bool:
    """Delete all rows of a database, so that another test begins with it; return False if it has grown large."""
    await end_connections(server)
    connection = await asyncpg.connect(server.url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        emptied = [f"DELETE FROM {name}" for (name,) in tables if name not in {"indexing", "meta"}]
        restarted = "SELECT setval(format('%I', sequencename), 1, false) FROM pg_sequences"
        said = [
            "SET session_replication_role = replica",
            *emptied,
            "UPDATE indexing SET before = 1, unclean = 0",
            restarted,
        ]
        await connection.execute("; ".join(said))
        return bool(await connection.fetchval("SELECT pg_database_size(current_database()) < 20000000"))
    finally:
        await connection.close()


@asynccontextmanager
async def server_database(template: str | None = None) -> AsyncIterator[Server]:
    """A database with the newest schema, which others have used before; or one of its own from a template."""
    folder = await asyncio.to_thread(_folder)
    name = (
        _free.pop() if _free and template is None else f"{os.environ.get(_WORKER, 'main')}_{next(_numbers)}"
    )
    if not name.endswith("_again"):
        name = f"{name}_again" if template is None else name
        await _ask(folder, f"CREATE DATABASE {name} TEMPLATE {template or 'template'} STRATEGY file_copy")
    server = _address(folder, name)
    try:
        yield server
    finally:
        if template is None and await _emptied(server):
            _free.append(name)
        else:
            await _ask(folder, f"DROP DATABASE {name} WITH (FORCE)")
