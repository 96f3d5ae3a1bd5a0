"""Databases for tests: the newest schema copied from a template that is made once per process, without waits for the disk.

Law: what a migration does, and what survives a crash, is proved on files that `Database.open` made itself
(`tests/storage/test_upgrade.py`, `test_opening.py`, `test_crash.py`); everything else may begin with a copy.
"""

import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Final

from filelock import FileLock

from bot.storage.database import Database
from bot.storage.engine import Row
from bot.storage.places import Place
from bot.storage.schema import MIGRATIONS, prepare
from bot.storage.sqlite import Sqlite

FIRST_OF_BOTH: Final = 44


@cache
def _template() -> bytes:
    """The bytes of an empty database with every migration of this checkout applied."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.sqlite3"
        lock = FileLock(f"{path}.lock", thread_local=False)
        try:
            prepare(path, lock, MIGRATIONS, exclusive=True)
        finally:
            lock.release()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM")  # migrations leave room in the file, and a full disk has none
        return path.read_bytes()


def _begin(path: Path) -> None:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(_template())


def older_migrations(folder: Path) -> Path:
    """The migrations of the first version that both engines have, in a folder."""
    for each in MIGRATIONS.iterdir():
        if each.name[:4].isdigit() and int(each.name[:4]) <= FIRST_OF_BOTH:
            (folder / each.name).write_text(each.read_text("utf-8"))
    return folder


async def open_database(place: Place) -> Database:
    """Open a database as the bot does, alone; a file that is not there begins as a copy of the template.

    Commits do not wait until the disk has them, which only a power cut could tell: it takes 5 ms on some machines.
    """
    if isinstance(place, Path):
        _begin(place)
    database = await Database.open(place, exclusive=True)
    if isinstance(place, Path):
        await sqlite_of(database)._writer.execute_fetchall("PRAGMA synchronous = OFF")
    return database


async def tables_of(database: Database) -> list[str]:
    """The names of all tables that steps have made, but for the index of words."""
    listed = (
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'turn_words%'"
        if isinstance(database._engine, Sqlite)
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()"
    )
    return sorted({row["name"] for row in await database.read(listed)} - {"meta", "turn_words"})


def sqlite_of(database: Database) -> Sqlite:
    """The engine of a database in a file, for what only SQLite has: pragmas, traces, its file."""
    assert isinstance(database._engine, Sqlite)
    return database._engine


async def references_to_nothing(database: Database) -> list[Row]:
    """The rows that refer to a row that is not there; PostgreSQL has none at any time."""
    return await database.read("PRAGMA foreign_key_check") if isinstance(database._engine, Sqlite) else []


async def let_pass(database: Database, seconds: int = 61) -> None:
    """Let so much time have passed since the last word of every reply: by default, as long as others wait."""
    await database.write("UPDATE usage SET created_at = created_at - ?", (seconds * 1000,))
    await database.write("UPDATE turn SET created_at = created_at - ?", (seconds * 1000,))
