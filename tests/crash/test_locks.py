"""Another program that locks the database, or keeps it open for reading: what people see, and that nothing is lost."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.storage.scenes import Scenes
from tests.crash.test_full_disk import UNKEPT
from tests.databases import sqlite_of
from tests.standins.m2her import M2her
from tests.storage.cast import EVENING, TAVERN, opened, record
from tests.wired import wire

HOLD = """\
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2].split(";"):
    database.execute(statement).fetchall()
print("held", flush=True)
sys.stdin.readline()
"""


@asynccontextmanager
async def held(path: Path, statements: str) -> AsyncIterator[None]:
    """Let another program hold the database with some statements meanwhile."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLD,
        str(path),
        statements,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    assert await process.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        await process.communicate(b"\n")


@pytest.mark.parametrize("lock", ["BEGIN IMMEDIATE", "BEGIN EXCLUSIVE", "BEGIN IMMEDIATE; DELETE FROM turn"])
async def test_while_another_program_writes_people_are_told_and_then_the_evening_goes_on(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, lock: str
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        m2her.say("Here you are.")
        wired.ask("an ale!")
        await wired.shows("Here you are.")
        await wired.quiet()
        await sqlite_of(wired.database)._writer.execute_fetchall(
            "PRAGMA busy_timeout = 20"
        )  # two seconds, else
        async with held(sqlite_of(wired.database).place, lock):
            wired.ask("another!")
            await wired.shows("Here you are.", UNKEPT)
            wired.ask("do you hear?")
            await wired.shows("Here you are.", UNKEPT, UNKEPT)
        assert caplog.text.count("was locked by another program for too long (database is locked)") == 1
        m2her.say("And another.")
        wired.ask("and now?")
        await wired.shows("Here you are.", UNKEPT, UNKEPT, "And another.")
        await wired.quiet()
        assert wired.heard == [("Alice", "an ale!"), ("Marlow", "Here you are."), ("Alice", "and now?")]
        assert "Traceback" not in caplog.text


async def test_a_program_that_reads_all_evening_keeps_nothing_from_being_stored(tmp_path: Path) -> None:
    """A backup that takes long, or Litestream: the journal grows as long as the reader is there."""
    path = tmp_path / "dramatis.sqlite3"
    async with opened(path) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        async with held(path, "BEGIN; SELECT count(*) FROM turn"):
            await db.write("PRAGMA wal_autocheckpoint = 10")
            for number in range(60):
                await record(db, scene, "Words. " * 100, message_id=number + 1)
            async with held(path, "PRAGMA wal_checkpoint(PASSIVE)"):
                await db.check()
        async with held(path, "PRAGMA wal_checkpoint(TRUNCATE)"):
            assert path.with_name(f"{path.name}-wal").stat().st_size == 0
            await db.check()
            await record(db, scene, "The last.", message_id=100)
    async with opened(path) as db:
        assert [tuple(row) for row in await db.read("SELECT count(*), max(message_id) FROM turn")] == [
            (61, 100)
        ]
