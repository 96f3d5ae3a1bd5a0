"""Who is there, where and when: what the stories in this folder share."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import pytest

from bot.core.scene import Participant, Place, Scene, Turn
from bot.core.telemetry import Counted, Level, Timed, telemetry
from bot.storage.database import Database
from bot.storage.history import History, Said
from bot.storage.journal import rollback_journal_of
from bot.storage.people import People
from bot.storage.places import Place as Where
from bot.storage.schema import MIGRATIONS

EVENING = datetime(2026, 3, 14, 20, 15, 30, 250_000, tzinfo=UTC)
ALICE, BOB, CAROL = 1001, 1002, 1003
ADA = Participant(1004, "Ada")
TAVERN = Place(channel_id=77, parent_id=None, guild_id=5)
REPOSITORY = Path(__file__).parents[2]

only_sqlite = pytest.mark.parametrize("where", ["sqlite"], indirect=True)
"""For tests of what SQLite alone has: its plans, pragmas and files."""

Say = Callable[..., Awaitable[Turn]]
Reply = Callable[..., Awaitable[int]]


async def old_speaker(db: Database, place: Place, user_id: int, name: str) -> int:
    """Somebody in a database of an earlier release, by the id of their speaker."""
    sql = "INSERT INTO speaker (channel_id, owner, user_id, display_name, name, created_at) VALUES (?, 0, ?, ?, ?, 0)"
    await db.write(sql, (place.channel_id, user_id, name, name))
    return int((await db.read("SELECT max(id) AS id FROM speaker"))[0]["id"])


async def old_scene(db: Database, place: Place) -> int:
    """The first scene of a place in a database of an earlier release, by its id."""
    async with db.transaction() as tx:
        sql = "INSERT INTO scene (channel_id, title, created_at) VALUES (?, '', 0) RETURNING id"
        scene_id = int((await tx.run(sql, (place.channel_id,)))[0]["id"])
        sql = "INSERT INTO place (channel_id, owner, guild_id, scene_id) VALUES (?, 0, ?, ?)"
        await tx.run(sql, (place.channel_id, place.guild_id, scene_id))
    return scene_id


async def record(
    db: Database, scene: Scene, text: str, who: Participant | None = None, **said: Any
) -> Turn | None:
    """Somebody says something, by default Alice, in ten tokens and in the evening; `said` is more of `Said`."""
    who = who or Participant(ALICE, "Alice")
    name = who.name
    speaker = await People(db).speaker(scene.place, who, lambda _taken: name, EVENING)
    said = {"tokens": 10, "at": EVENING, **said}
    return await History(db).record(scene.id, Said(speaker, text, **said))


@asynccontextmanager
async def opened(
    where: Where, *, exclusive: bool = True, migrations: Traversable = MIGRATIONS
) -> AsyncIterator[Database]:
    """An open database, closed whatever happens: its threads would keep pytest from ending."""
    database = await Database.open(where, exclusive=exclusive, migrations=migrations)
    try:
        yield database
    finally:
        await database.close()


class Failures:
    """Hears which failures of the database are counted."""

    def __init__(self) -> None:
        self.kinds: list[str] = []

    def counted(self, what: Counted, labels: tuple[str, ...], by: float) -> None:
        if what is Counted.STORAGE_ERRORS:
            self.kinds += labels

    def timed(self, what: Timed, labels: tuple[str, ...], seconds: float) -> None:
        pass

    def stands(self, what: Level, value: float) -> None:
        pass


@contextmanager
def failures_counted() -> Iterator[list[str]]:
    """The kinds of the failures that are counted meanwhile."""
    failures = Failures()
    with telemetry.watched_by(failures):
        yield failures.kinds


def kill_within(path: Path, *statements: str) -> None:
    """Leave the file as a kill does that comes while a transaction is brought into it, before it is in WAL mode."""
    journal, rest = rollback_journal_of(path), path.with_name("rest")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA cache_size = 1")  # so that pages go to the file before the commit
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement)
        shutil.copy(path, rest)
        shutil.copy(journal, rollback_journal_of(rest))
        connection.rollback()
    rest.replace(path)
    rollback_journal_of(rest).replace(journal)
