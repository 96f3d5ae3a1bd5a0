"""A PostgreSQL of its own for a cluster, which may be stopped and started while bots run on it."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import asyncpg

from tests import postgres

_NAME: Final = "dramatis"


_TOLD: Final = ("log_lock_waits = on", "deadlock_timeout = '500ms'", "log_line_prefix = '%m %a [%p] '")
"""Settings for a log that says who waited for which other."""


class DatabaseServer:
    """A running server with one empty database; `folder` is its socket's."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self._folder = folder
        self._programs = programs

    def url(self, machine: str = "") -> str:
        """Return the database's address as a bot of some machine has it, whose connections bear that name."""
        asked = {"host": str(self._folder)} | ({"application_name": machine} if machine else {})
        return f"postgresql://dramatis@/{_NAME}?{urlencode(asked)}"

    async def ask(self, sql: str, *values: object) -> list[Any]:
        """Return the rows of one statement."""
        connection = await asyncpg.connect(self.url())
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self._folder / "log").read_text("utf-8")

    async def stop(self) -> None:
        """Stop it as a crash does: nothing is finished, and no client is told."""
        await self._run("stop", "-m", "immediate", "-w", "-D", self._folder / "data")

    async def start(self) -> None:
        """Start it again as it was started first."""
        words = await asyncio.to_thread((self._folder / "data" / "postmaster.opts").read_text)
        options = words.partition('"-k"')[2]
        await self._run(
            "start",
            "-w",
            "-D",
            self._folder / "data",
            "-l",
            self._folder / "log",
            "-o",
            f'"-k"{options.strip()}',
        )

    async def _run(self, *words: str | Path) -> None:
        await asyncio.to_thread(postgres.run_program, self._programs / "pg_ctl", *words)


def _folder() -> Path:
    """Make a folder that the server may enter."""
    folder = Path(tempfile.mkdtemp(prefix="dramatis-cluster-"))
    folder.chmod(0o755)
    return folder


@asynccontextmanager
async def database_server() -> AsyncIterator[DatabaseServer]:
    """Start a server, and stop it at the end.

    Without PostgreSQL's programs a test that needs it is skipped, or fails, as `tests.postgres` says.
    """
    programs = postgres.needed_programs()
    folder = _folder()
    try:
        await asyncio.to_thread(postgres.start, programs, folder)
        server = DatabaseServer(folder, programs)
        connection = await asyncpg.connect(f"postgresql://dramatis@/postgres?host={folder}")
        await connection.execute(f"CREATE DATABASE {_NAME}")
        for setting in _TOLD:
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()
        try:
            yield server
        finally:
            await server.stop()
    finally:
        shutil.rmtree(folder)
