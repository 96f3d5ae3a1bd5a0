"""Power cuts: what was accepted is there after any of them, because each commit is synchronised (FULL)."""

import hashlib
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from bot.core.scene import END, START
from bot.personas.library import PersonaLibrary
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.journal import damage
from bot.storage.sqlite import _WRITER_PRAGMAS
from tests.crash.disk import Commit, Disk, Note, after_cut
from tests.crash.evening import cast, play
from tests.databases import _template, sqlite_of
from tests.storage.cast import opened

CUTS = 90
SEED = 20_260_314


class Enough(Exception):  # noqa: N818
    pass


@pytest.fixture(scope="module")
def personas(tmp_path_factory: pytest.TempPathFactory) -> PersonaLibrary:
    return cast(tmp_path_factory.mktemp("cast"))


@pytest.fixture
async def said(tmp_path: Path, personas: PersonaLibrary, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the real bot says to its database in an evening, statement by statement, with its values."""
    told: list[str] = []
    open_real = Database.open

    async def open_traced(path: Path, *, exclusive: bool) -> Database:
        database = await open_real(path, exclusive=exclusive)
        await sqlite_of(database)._writer.set_trace_callback(told.append)
        return database

    left = iter(range(120))

    def report(*_: object) -> None:
        if next(left, None) is None:
            raise Enough

    path = tmp_path / "evening.sqlite3"
    path.write_bytes(_template())
    with monkeypatch.context() as patch, suppress(Enough):
        patch.setattr(Database, "open", open_traced)
        await play(path, 1, personas, report)
    return [each for each in told if not each.startswith("--")]


def commits(said: list[str]) -> Iterator[list[str]]:
    """The statements of each transaction; one by itself commits itself."""
    whole: list[str] = []
    for statement in said:
        whole.append(statement)
        if whole[0] != "BEGIN IMMEDIATE" or statement in {"COMMIT", "ROLLBACK"}:
            if "ROLLBACK" not in whole:
                yield whole
            whole = []


def state(connection: sqlite3.Connection) -> str:
    """All rows of all tables, in short; how FTS5 packs its own depends on SQLite's version."""
    listed = """
    SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'turn\\_words\\_%' ESCAPE '\\'
    ORDER BY name
    """
    tables = [row[0] for row in connection.execute(listed)]
    rows = [connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def states(said: list[str]) -> list[str]:
    """What the database holds after each commit; the first is what it held before."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(as_single_file(_template()))
        connection.execute("PRAGMA foreign_keys = ON")
        found = [state(connection)]
        for statements in commits(said):
            for statement in statements:
                connection.execute(statement)
            found.append(state(connection))
    return found


def as_single_file(held: bytes) -> bytes:
    """A database that doesn't ask for a journal beside it, as memory has none."""
    return held[:18] + b"\x01\x01" + held[20:]


def written(folder: Path, said: list[str], synchronous: str) -> list[Note]:
    """Let the same be said to a database on a disk that takes notes."""
    path, disk = folder / "dramatis.sqlite3", Disk(f"disk-{synchronous}")
    path.write_bytes(_template())
    connection = apsw.Connection(str(path), vfs=disk.name)
    # Without shared memory, which apsw's files lack; what is written where is the same.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    assert connection.execute("PRAGMA journal_mode = WAL").fetchall() == [("wal",)]
    for pragma in _WRITER_PRAGMAS:
        connection.execute(pragma)
    connection.execute(f"PRAGMA synchronous = {synchronous}")
    connection.execute("PRAGMA wal_autocheckpoint = 40")  # some of the cuts are to come while it is at that
    for number, statements in enumerate(commits(said), 1):
        for statement in statements:
            connection.execute(statement).fetchall()
        disk.notes.append(Commit(number))
    notes = list(disk.notes)  # what closing does comes after the last cut
    connection.close()
    return notes


def kept(folder: Path, notes: list[Note], moment: int, dice: random.Random) -> tuple[str, str]:
    """Cut the power at a moment; return the state of what is found then, and what the start says of the journal."""
    path = folder / "cut.sqlite3"
    for old in folder.glob("cut.sqlite3*"):
        old.unlink()
    held = after_cut({"dramatis.sqlite3": _template()}, notes[:moment], dice)
    path.write_bytes(held["dramatis.sqlite3"])
    Path(f"{path}-wal").write_bytes(held.get("dramatis.sqlite3-wal", b""))
    told = damage(path)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return state(connection), told


def losses(folder: Path, said: list[str], synchronous: str) -> tuple[int, int, int]:
    """Cut the power at random moments.

    Return how many commits were accepted in all before, how often any was lost, and how often the start refuses.
    """
    known, notes, dice = states(said), written(folder, said, synchronous), random.Random(SEED)
    accepted = lost = noticed = 0
    for _ in range(CUTS):
        moment = dice.randrange(len(notes) + 1)
        number = max((note.number for note in notes[:moment] if isinstance(note, Commit)), default=0)
        accepted += number
        # One that hasn't returned yet may be there or not.
        found, told = kept(folder, notes, moment, dice)
        lost += found not in known[number : number + 2]
        noticed += told != ""
    return accepted, lost, noticed


async def test_no_power_cut_loses_a_commit_that_has_returned(tmp_path: Path, said: list[str]) -> None:
    accepted, lost, noticed = losses(tmp_path, said, "FULL")
    assert accepted > 50 * CUTS
    assert (lost, noticed) == (0, 0)  # a cut is no damage


async def test_without_a_synchronisation_for_each_commit_power_cuts_would_lose_some(
    tmp_path: Path, said: list[str]
) -> None:
    _, lost, noticed = losses(tmp_path, said, "NORMAL")
    assert lost > CUTS / 3
    assert noticed > 0


async def test_the_bot_goes_on_after_a_power_cut(tmp_path: Path, said: list[str]) -> None:
    notes = written(tmp_path, said, "FULL")
    kept(tmp_path, notes, len(notes), random.Random(SEED))
    async with opened(tmp_path / "cut.sqlite3") as db:
        ((scene,),) = await db.read("SELECT min(id) FROM scene")
        assert len(await History(db).recent(scene, START, END)) > 10
