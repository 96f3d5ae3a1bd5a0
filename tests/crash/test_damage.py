"""Overwritten bytes: the start says which file is damaged and what to do, and nothing is dropped in silence."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.journal import damage, journal_of
from bot.storage.scenes import Scenes
from tests.databases import open_database
from tests.storage.cast import EVENING, TAVERN, opened, record

TURNS = 250
PAGE = 4096
LEAVES = (0x0A, 0x0D)
"""The first byte of a page without pages below it, of an index and of a table."""
NOISE = bytes(range(1, 256))


async def tell(path: Path, turns: int, held: Path | None = None) -> None:
    """Let so many turns be recorded; `held` gets what the disk holds before the bot stops, all of it in the journal."""
    database = await open_database(path)
    await database.write("PRAGMA wal_autocheckpoint = 0")
    scene = await Scenes(database).active(TAVERN, EVENING)
    for number in range(turns):
        await record(database, scene, f"Words {number}. " + "More of them. " * 20, message_id=number + 1)
    if held is not None:
        shutil.copy(path, held)
        shutil.copy(journal_of(path), journal_of(held))
    await database.close()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a database as a stopped bot leaves it, and one as a kill leaves it."""
    folder = tmp_path_factory.mktemp("told")
    asyncio.run(tell(folder / "stopped.sqlite3", TURNS))
    asyncio.run(tell(folder / "living.sqlite3", 100, folder / "killed.sqlite3"))
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dramatis.sqlite3"


@pytest.fixture
def stories(told: Path, file: Path) -> Path:
    """A database with some hundred turns, as a bot that was stopped leaves it."""
    shutil.copy(told / "stopped.sqlite3", file)
    return file


@pytest.fixture
def killed(told: Path, file: Path) -> Path:
    """A database whose hundred turns are in the journal only, as a kill leaves it."""
    shutil.copy(told / "killed.sqlite3", file)
    shutil.copy(journal_of(told / "killed.sqlite3"), journal_of(file))
    return file


def page_of(path: Path, name: str, *, leaf: bool = True) -> int:
    """Where a page of a table or an index begins: one in its middle, or its root."""
    with closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
    at, held = (root - 1) * PAGE, path.read_bytes()
    if not leaf or held[at] in LEAVES:
        return int(at)
    first = at + int.from_bytes(
        held[at + 12 : at + 14], "big"
    )  # the first cell of an inner page: a child's number
    return (int.from_bytes(held[first : first + 4], "big") - 1) * PAGE


def put(path: Path, at: int, data: bytes) -> None:
    with path.open("r+b") as held:
        held.seek(at)
        held.write(data)


def cell_of_index(path: Path, name: str) -> int:
    """Where the last value of an index's leaf begins."""
    page = page_of(path, name)
    held = path.read_bytes()
    return page + int.from_bytes(held[page + 8 : page + 10], "big")


def content(path: Path) -> bytes:
    return path.read_bytes()


async def refusal(path: Path) -> StorageError:
    with pytest.raises(StorageError) as caught:
        async with opened(path):
            pass
    return caught.value


DAMAGES: dict[str, Callable[[Path], None]] = {
    "noise over a page of turns": lambda path: put(path, page_of(path, "turn"), NOISE * 16),
    "zeros over a page of turns": lambda path: put(path, page_of(path, "turn"), bytes(PAGE)),
    "noise over the head of a page of turns": lambda path: put(path, page_of(path, "turn"), NOISE[:12]),
    "noise over the root of the turns": lambda path: put(path, page_of(path, "turn", leaf=False), NOISE * 16),
    "noise over a page of an index": lambda path: put(
        path, page_of(path, "sqlite_autoindex_turn_1"), NOISE * 16
    ),
    "zeros over a page of an index": lambda path: put(
        path, page_of(path, "sqlite_autoindex_turn_1"), bytes(PAGE)
    ),
    "two bytes of an index": lambda path: put(
        path, cell_of_index(path, "sqlite_autoindex_turn_1") + 4, b"\x70\x07"
    ),
    "noise over the tables' list": lambda path: put(path, 100, NOISE[:12]),
    "the last page cut off": lambda path: put_size(path, path.stat().st_size - PAGE),
    "half of the file": lambda path: put_size(path, path.stat().st_size // 2),
}


def put_size(path: Path, size: int) -> None:
    with path.open("r+b") as held:
        held.truncate(size)


@pytest.mark.parametrize("name", DAMAGES)
async def test_a_start_on_a_damaged_file_is_refused_and_the_file_left_as_it_was(
    stories: Path, name: str
) -> None:
    DAMAGES[name](stories)
    before = content(stories)
    error = await refusal(stories)
    assert (error.kind, error.path) == (StorageErrorKind.CORRUPT, stories)
    assert content(stories) == before
    assert "Words" not in error.detail
    assert "More" not in error.detail


def frame(number: int, at: int = 0) -> int:
    """Where a byte of the journal's frame of that number is."""
    return 32 + (number - 1) * (24 + PAGE) + at


JOURNALS: dict[str, Callable[[Path], None]] = {
    "a letter in the middle": lambda path: put(path, frame(20, 2000), b"\xff"),
    "the head of a frame": lambda path: put(path, frame(20), NOISE[:24]),
    "a page of zeros": lambda path: put(path, frame(20), bytes(24 + PAGE)),
    "its first frame": lambda path: put(path, frame(1, 500), b"\xff\xfe"),
    "its magic number": lambda path: put(path, 0, b"\0"),
    "its salt": lambda path: put(path, 17, b"\xaa\xbb"),
    "its page size": lambda path: put(path, 8, b"\0\0\0\0"),
    "nothing but zeros at its head": lambda path: put(path, 0, bytes(32)),
}


@pytest.mark.parametrize("name", JOURNALS)
async def test_a_start_on_a_damaged_journal_is_refused_instead_of_going_on_without_its_end(
    killed: Path, name: str
) -> None:
    journal = journal_of(killed)
    assert damage(killed) == ""
    JOURNALS[name](journal)
    before = content(killed), content(journal)
    error = await refusal(killed)
    assert (error.kind, error.path) == (StorageErrorKind.JOURNAL, journal)
    assert (content(killed), content(journal)) == before


@pytest.mark.parametrize("cut", [0, 31, 32, 33, 32 + 24, frame(20), frame(20, 100), frame(101, 3)])
async def test_a_journal_that_a_power_cut_has_shortened_is_none_that_is_damaged(
    killed: Path, cut: int
) -> None:
    put_size(journal_of(killed), cut)
    assert damage(killed) == ""
    async with opened(killed) as db:
        assert [tuple(row) for row in await db.read("PRAGMA integrity_check")] == [("ok",)]


async def test_the_newest_change_alone_may_have_been_cut_off(killed: Path) -> None:
    """What a power cut has left half looks the same: nobody was told that it is kept."""
    journal = journal_of(killed)
    put(journal, journal.stat().st_size - 100, NOISE[:50])
    async with opened(killed) as db:
        ((turns,),) = await db.read("SELECT count(*) FROM turn")
    assert turns == 99


async def test_a_letter_within_a_text_is_beyond_what_the_file_can_tell(stories: Path) -> None:
    """SQLite keeps no checksums of its pages: a backup or the file system has to."""
    put(stories, content(stories).index(b"Words 200."), b"W\xc3\xb6rds")
    async with opened(stories):
        pass


async def test_a_rehearsal_beside_a_bot_checks_no_journal_that_grows(killed: Path) -> None:
    put(journal_of(killed), frame(20, 2000), b"\xff")
    async with opened(killed, exclusive=False):
        pass


# --- what the host reads --------------------------------------------------------------------------


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "marlow.yaml").write_text("name: Marlow\ndescription: He keeps a tavern.\n")
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    return CliRunner(
        env={"DISCORD_TOKEN": "MTE5OTk5OTk5OTk5OTk5OTk5OQ.GsEcRe.dOnOtPrInT", "HOME": str(tmp_path)}
    )


def test_the_host_is_told_of_a_damaged_file_what_to_do(host: CliRunner, stories: Path) -> None:
    put(stories, page_of(stories, "turn"), NOISE * 16)
    path = stories.rename(stories.parent / "data" / "dramatis.sqlite3")
    ran = host.invoke(main, ["run"])
    assert ran.exit_code == 78
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"{path} is damaged (")
    assert line.endswith("Keep a copy of it, and use `python -m bot restore` with a backup.")


def test_the_host_is_told_of_a_damaged_journal_what_to_do_and_can_do_it(
    host: CliRunner, killed: Path
) -> None:
    path = killed.parent / "data" / "dramatis.sqlite3"
    shutil.copy(killed, path)
    shutil.copy(journal_of(killed), journal_of(path))
    put(journal_of(path), frame(100, 2000), b"\xff")
    ran = host.invoke(main, ["run"])
    assert ran.exit_code == 78
    (line,) = ran.stderr.splitlines()
    assert line.startswith(f"{path}-wal is damaged (")
    assert (
        "`python -m bot backup FILE` saves what can still be read, and `restore FILE` puts that in place."
        in line
    )
    saved = host.invoke(main, ["backup", "rescued.sqlite3"])
    assert (saved.exit_code, saved.stderr) == (0, "")
    put_back = host.invoke(main, ["restore", "rescued.sqlite3"])
    assert (put_back.exit_code, put_back.stderr) == (0, "")
    (aside,) = path.parent.glob("*.bak")
    assert damage(aside)  # the journal is kept beside it, somebody may be able to save more of it
    with closing(sqlite3.connect(path)) as db:
        ((turns,),) = db.execute("SELECT count(*) FROM turn")
    assert 5 < turns < 100
