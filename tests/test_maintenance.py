"""`backup`, `restore`, `vacuum` and `doctor`, as a host gives them."""

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import maintenance as commands
from bot.__main__ import main
from bot.core.completion import Naming
from bot.core.endpoint.ladder import Step
from bot.core.scene import Participant
from bot.maintenance import Progress, said_size, shareable
from bot.storage import maintenance as engine
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.journal import journal_of, rollback_journal_of
from bot.storage.ladder_steps import LadderSteps
from bot.storage.maintenance import Abandoned, Phase
from bot.storage.scenes import Scenes
from bot.storage.schema import MIGRATIONS, migrations_in
from tests.crash.test_full_disk import no_file_grows_beyond
from tests.databases import open_database
from tests.starts import interruptible
from tests.storage.cast import EVENING, REPOSITORY, TAVERN, kill_within, opened, record

NOW = datetime(2026, 3, 15, 12, 30, 5, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("plain")

SECRET = "MTE5OTk5OTk5OTk5OTk5OTk5OQ.GsEcRe.dOnOtPrInTtHiSaNyWhErEaTaLl00000000"
KEY = "sk-api-a-key-that-nobody-may-see"


class Host(CliRunner):
    """Somebody in the bot's folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(env={"HOME": str(folder)})
        self.folder = folder
        self.path = folder / "data" / "dramatis.sqlite3"

    def bot(self, *words: str) -> Result:
        return self.invoke(main, [*words])

    def told(self, *words: str) -> list[str]:
        """Give a command that succeeds, and return its lines."""
        ran = self.bot(*words)
        assert (ran.exit_code, ran.stderr) == (0, "")
        return ran.stdout.splitlines()

    def refused(self, *words: str) -> str:
        """Give a command that fails, and return the one line that says why."""
        ran = self.bot(*words)
        assert (ran.exit_code, ran.stdout) == (1, "")
        (line,) = ran.stderr.splitlines()
        return line


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "marlow.yaml").write_text("name: Marlow\ndescription: He keeps a tavern.\n")
    (tmp_path / "data").mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path)
    for name in [each for each in os.environ if each.startswith(("DRAMATIS", "DISCORD", "MINIMAX"))]:
        monkeypatch.delenv(name)
    return Host(tmp_path)


async def tell(path: Path, *texts: str, first: int = 1) -> None:
    database = await open_database(path)
    scene = await Scenes(database).active(TAVERN, EVENING)
    for number, text in enumerate(texts, first):
        await record(database, scene, text, message_id=number)
    await database.close()


@pytest.fixture
def stories(host: Host) -> Path:
    asyncio.run(tell(host.path, "An ale!", "And bread."))
    return host.path


def texts(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [row[0] for row in db.execute("SELECT text FROM turn ORDER BY id")]


def indexes(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [
            row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'index' AND sql > ''")
        ]


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


# --- backup ---------------------------------------------------------------------------------------


def test_a_backup_is_one_whole_file_that_only_its_owner_reads(host: Host, stories: Path) -> None:
    (line,) = host.told("backup", "copy.sqlite3")
    copy = host.folder / "copy.sqlite3"
    assert line == f"Backup written to copy.sqlite3: {said_size(copy.stat().st_size)}, 2 turns, checked."
    assert texts(copy) == ["An ale!", "And bread."]
    assert copy.stat().st_mode & 0o777 == 0o600
    assert names(host.folder) == ["copy.sqlite3", "data", "personas"]
    assert names(stories.parent) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]


async def test_a_backup_beside_a_bot_that_writes_is_of_one_moment(tmp_path: Path) -> None:
    path = tmp_path / "dramatis.sqlite3"
    async with opened(path) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        going = True

        async def talk() -> int:
            number = 0
            while going:
                number += 1
                await record(db, scene, f"Words {number}. " * 40, message_id=number)
            return number

        talking = asyncio.create_task(talk())
        copies = [tmp_path / f"{number}.sqlite3" for number in range(5)]
        for copy in copies:
            await asyncio.to_thread(engine.back_up, path, copy, Quiet())
        going = False
        said = await talking
    counts = []
    for copy in copies:
        with closing(sqlite3.connect(copy)) as held:
            assert held.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            numbers = [row[0] for row in held.execute("SELECT message_id FROM turn ORDER BY id")]
        assert numbers == list(range(1, len(numbers) + 1))
        counts.append(len(numbers))
    assert counts == sorted(counts)
    assert 0 < counts[-1] <= said


async def test_a_backup_has_what_is_only_in_the_journal_of_a_bot_that_was_killed(tmp_path: Path) -> None:
    path, killed = tmp_path / "living.sqlite3", tmp_path / "dramatis.sqlite3"
    async with opened(path) as db:
        await record(db, await Scenes(db).active(TAVERN, EVENING), "The last words.", message_id=1)
        shutil.copy(path, killed)
        shutil.copy(journal_of(path), journal_of(killed))
    engine.back_up(killed, tmp_path / "copy.sqlite3", Quiet())
    assert texts(tmp_path / "copy.sqlite3") == ["The last words."]
    assert journal_of(killed).exists()  # and the bot's own start finds what it left


def test_a_backup_replaces_a_file_only_if_that_is_wanted(host: Host, stories: Path) -> None:
    other = host.folder / "copy.sqlite3"
    other.write_text("Something dear.")
    assert host.refused("backup", "copy.sqlite3") == (
        f"{other} already exists and was not changed. Choose another name, or add --force to replace it."
    )
    assert other.read_text() == "Something dear."
    host.told("backup", "--force", "copy.sqlite3")
    assert texts(other) == ["An ale!", "And bread."]


@pytest.mark.parametrize("name", ["", "-wal", "-shm", "-journal", ".lock", ".heartbeat"])
def test_a_backup_never_takes_the_place_of_the_database_or_of_a_file_beside_it(
    host: Host, stories: Path, name: str
) -> None:
    line = host.refused("backup", "--force", f"{stories}{name}")
    assert line.endswith("belongs to the bot's own database and was not changed. Choose another name.")
    assert texts(stories) == ["An ale!", "And bread."]


def test_a_backup_to_nowhere_says_what_is_missing(host: Host, stories: Path) -> None:
    assert host.refused("backup", "no/copy") == f"There is no folder {host.folder / 'no'}. Create it first."
    assert host.refused("backup", "data") == f"{host.folder / 'data'} is a folder. Add a file's name."
    assert host.refused("backup", "/dev/null") == "/dev/null is a device or a pipe. Choose a file."


@pytest.mark.parametrize("command", [("backup", "copy"), ("vacuum",)])
def test_without_a_database_there_is_nothing_to_do(host: Host, command: tuple[str, ...]) -> None:
    assert host.refused(*command) == f"There is no database at {host.path} yet."
    host.path.touch()  # an empty file is what a bot would begin with
    assert host.refused(*command) == f"There is no database at {host.path} yet."
    assert not (host.folder / "copy").exists()


def damage_in_the_middle(path: Path) -> None:
    held = path.read_bytes()
    at = held.index(b"And bread.") // 4096 * 4096
    path.write_bytes(held[:at] + b"\xff" * 100 + held[at + 100 :])


def test_of_a_damaged_database_there_is_no_backup_that_looks_whole(host: Host, stories: Path) -> None:
    damage_in_the_middle(stories)
    line = host.refused("backup", "copy.sqlite3")
    assert line.startswith(f"{stories} is damaged (")
    assert names(host.folder) == ["data", "personas"]


def test_a_backup_on_a_full_disk_leaves_nothing(host: Host, stories: Path) -> None:
    with no_file_grows_beyond(40_000):
        line = host.refused("backup", "copy.sqlite3")
    assert line == (
        f"{host.folder / 'copy.sqlite3'} can't be read or written (disk I/O error). Check the disk: it may be full or broken."
    )
    assert names(host.folder) == ["data", "personas"]


def test_the_nightly_backup_of_the_page_does_what_it_says(host: Host, stories: Path) -> None:
    page = (REPOSITORY / "docs" / "backups.md").read_text("utf-8")
    backup, tidy = re.findall(r"^ExecStart=/bin/sh -c '(.*)'$", page, re.MULTILINE)
    (host.folder / ".venv").symlink_to(Path(sys.executable).parent.parent)
    kept = host.folder / "kept"
    kept.mkdir()
    for age in (1, 13, 14, 30):
        (kept / f"{age}.sqlite3").touch()
        os.utime(kept / f"{age}.sqlite3", (time.time() - age * 86_400 - 60,) * 2)
    env = {
        "PATH": os.defpath,
        "HOME": str(host.folder),
        "PYTHONPATH": str(REPOSITORY),
        "STATE_DIRECTORY": str(kept),
    }
    for command in (backup, tidy):
        ran = subprocess.run(
            ["sh", "-c", command.replace("%%", "%")], env=env, check=True, capture_output=True
        )
        assert ran.stderr == b""
    assert texts(kept / f"{datetime.now():%Y-%m-%d}.sqlite3") == ["An ale!", "And bread."]  # noqa: DTZ005
    assert len(names(kept)) == 3


# --- interrupted ----------------------------------------------------------------------------------


class Quiet:
    """Hears how far an act is, and ends it at a look of that number."""

    def __init__(self, stop_at: int = 10**9) -> None:
        self.looks = 0
        self._stop_at = stop_at

    def at(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        pass

    @property
    def stops(self) -> bool:
        self.looks += 1
        return self.looks >= self._stop_at


@pytest.fixture
def thick(host: Host, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that takes some looks to copy and to check."""
    monkeypatch.setattr(engine, "_PAGES", 8)
    monkeypatch.setattr(engine, "_OPERATIONS", 50)
    asyncio.run(tell(host.path, *[f"Words {number}. " * 100 for number in range(100)]))
    with closing(sqlite3.connect(host.path)) as db, db:
        db.execute("UPDATE turn SET text = 'short' WHERE id % 2")
    return host.path


Act = Callable[[Path, Path, Quiet], object]

ACTS: dict[str, Act] = {
    "backup": lambda path, copy, quiet: engine.back_up(path, path.parent / "new.sqlite3", quiet),
    "restore": lambda path, copy, quiet: engine.restore(path, copy, path.parent / "aside.bak", quiet),
    "vacuum": lambda path, copy, quiet: engine.vacuum(path, quiet),
}


@pytest.mark.parametrize("act", ACTS)
def test_wherever_it_is_interrupted_everything_is_as_it_was(host: Host, thick: Path, act: str) -> None:
    copy = host.folder / "copy.sqlite3"
    engine.back_up(thick, copy, Quiet())
    counting = Quiet()
    ACTS[act](thick, copy, counting)
    assert counting.looks > 5
    for left in thick.parent.glob("[na]*"):
        left.unlink()
    before, beside = texts(thick), names(thick.parent)
    for look in range(1, min(counting.looks, 40) + 1):
        with pytest.raises(Abandoned):
            ACTS[act](thick, copy, Quiet(look))
        assert names(thick.parent) == beside
    assert texts(thick) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_leaves_no_half_file(host: Host, thick: Path, number: signal.Signals) -> None:
    """A process of its own, which is interrupted once its copy has begun."""
    script = (
        "import os, signal\n"
        "from bot.storage import maintenance as engine\n"
        "engine._PAGES = 4\n"
        "from bot.maintenance import Progress\n"
        "real = Progress.at\n"
        "def at(self, phase, done=0, total=0):\n"
        f"    os.kill(os.getpid(), {int(number)}) if done else None\n"
        "    real(self, phase, done, total)\n"
        "Progress.at = at\n"
        "from bot.__main__ import main\n"
        "main(['backup', 'copy.sqlite3'])\n"
    )
    with interruptible():
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script,
            cwd=host.folder,
            env={"PATH": os.defpath, "PYTHONPATH": str(REPOSITORY), "HOME": str(host.folder)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
    out, err = await process.communicate()
    assert (process.returncode, out, err) == (1, b"", b"Interrupted. Nothing was changed.\n")
    assert names(host.folder) == ["data", "personas"]


def test_a_signal_after_the_last_look_comes_too_late_and_does_no_harm(host: Host, stories: Path) -> None:
    with Progress() as progress:
        engine.back_up(stories, host.folder / "copy", progress)
        os.kill(os.getpid(), signal.SIGINT)
        assert progress.stops
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert texts(host.folder / "copy") == ["An ale!", "And bread."]


# --- restore --------------------------------------------------------------------------------------


def restored(host: Host, copy: Path) -> tuple[list[str], Path]:
    lines = commands.restore(host.path, copy, NOW)
    return lines, host.path.with_name("dramatis.sqlite3.before-restore-20260315-123005.bak")


def test_a_backup_that_is_restored_is_the_story_and_the_old_one_is_kept(host: Host, stories: Path) -> None:
    copy = host.folder / "copy.sqlite3"
    host.told("backup", "copy.sqlite3")
    asyncio.run(tell(stories, "And cheese.", first=3))
    lines, aside = restored(host, copy)
    assert lines == [
        f"The database is now the backup {copy}: 2 turns, checked.",
        f"The database as it was before is {aside}. Delete it when everything works.",
    ]
    assert texts(stories) == ["An ale!", "And bread."]
    assert texts(aside) == ["An ale!", "And bread.", "And cheese."]
    assert {path.stat().st_mode & 0o777 for path in (stories, aside)} == {0o600}
    assert names(stories.parent) == ["dramatis.sqlite3", aside.name, "dramatis.sqlite3.lock"]
    asyncio.run(tell(stories, "And wine.", first=3))  # the bot goes on with it
    assert texts(stories) == ["An ale!", "And bread.", "And wine."]
    assert texts(copy) == ["An ale!", "And bread."]


def test_what_is_kept_of_a_bot_that_was_killed_has_its_journal(host: Host, stories: Path) -> None:
    host.told("backup", "copy.sqlite3")

    async def kill() -> None:
        living = host.folder / "living.sqlite3"
        shutil.copy(stories, living)
        async with opened(living) as db:
            await record(db, await Scenes(db).active(TAVERN, EVENING), "The last words.", message_id=9)
            shutil.copy(living, stories)
            shutil.copy(journal_of(living), journal_of(stories))

    asyncio.run(kill())
    _, aside = restored(host, host.folder / "copy.sqlite3")
    assert texts(aside) == ["An ale!", "And bread.", "The last words."]
    assert texts(stories) == ["An ale!", "And bread."]
    assert not journal_of(stories).exists()


def test_a_backup_is_restored_where_there_is_no_database(host: Host, stories: Path) -> None:
    host.told("backup", "copy.sqlite3")
    shutil.rmtree(host.path.parent)
    lines, _ = restored(host, host.folder / "copy.sqlite3")
    assert len(lines) == 1
    assert texts(host.path) == ["An ale!", "And bread."]
    assert names(host.path.parent) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]


def test_an_older_backup_is_brought_up_to_date(host: Host, stories: Path, tmp_path: Path) -> None:
    steps = migrations_in(MIGRATIONS)
    older = tmp_path / "older"
    older.mkdir()
    for step in steps[:-2]:
        (older / f"{step.number:04}_.sql").write_text(step.script)

    async def begin() -> None:
        async with opened(tmp_path / "old.sqlite3", migrations=older):
            pass

    asyncio.run(begin())
    lines, _ = restored(host, tmp_path / "old.sqlite3")
    assert lines[1] == f"The backup's schema {len(steps) - 2} was updated to {len(steps)}."
    assert texts(host.path) == []
    asyncio.run(tell(host.path, "And on."))


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 9999")


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("CREATE TABLE recipe (cake TEXT)")


KNOWN = len(migrations_in(MIGRATIONS))


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()


NO_BACKUPS: dict[str, tuple[Callable[[Path], object], str]] = {
    "newer": (
        newer,
        f"{{copy}} was written by a newer Dramatis (schema 9999; this version knows {KNOWN}). Nothing was changed.",
    ),
    "another program's": (
        foreign,
        "{copy} is another program's database, not a backup of Dramatis. Nothing was changed.",
    ),
    "text": (
        lambda path: path.write_text("Dear diary, " * 500),
        "{copy} is not a backup of Dramatis. Nothing was changed.",
    ),
    "empty": (lambda path: path.write_bytes(b""), "There is no backup at {copy}."),
    "gone": (lambda path: path.unlink(), "There is no backup at {copy}."),
    "damaged": (damage_in_the_middle, "{copy} is damaged ("),
    "half": (lambda path: path.write_bytes(path.read_bytes()[:40_000]), "{copy} is damaged ("),
    "a folder": (folder_instead, "{copy} is a folder. Add a file's name."),
}


@pytest.mark.parametrize("name", NO_BACKUPS)
def test_what_is_no_whole_backup_is_refused_and_nothing_changed(host: Host, stories: Path, name: str) -> None:
    spoil, told = NO_BACKUPS[name]
    copy = host.folder / "copy.sqlite3"
    host.told("backup", "copy.sqlite3")
    spoil(copy)
    before = stories.read_bytes()
    assert host.refused("restore", "copy.sqlite3").startswith(told.format(copy=copy))
    assert stories.read_bytes() == before
    assert names(stories.parent) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]


def test_the_database_itself_is_no_backup(host: Host, stories: Path) -> None:
    line = host.refused("restore", "data/dramatis.sqlite3")
    assert line.endswith("belongs to the bot's own database and was not changed. Choose another name.")


def test_another_programs_database_is_not_replaced(host: Host, stories: Path) -> None:
    host.told("backup", "copy.sqlite3")
    foreign(stories)
    assert host.refused("restore", "copy.sqlite3") == (
        f"{stories} is another program's database and was not changed. Set storage.path to another file."
    )


@pytest.mark.parametrize(
    "spoil",
    [
        newer,
        damage_in_the_middle,
        lambda path: path.write_bytes(b"X" + path.read_bytes()[1:]),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
        lambda path: path.write_bytes(b""),
    ],
    ids=["newer", "damaged", "no header", "cut off", "empty"],
)
def test_a_database_that_cannot_be_used_is_replaced_and_kept_as_it_was(
    host: Host, stories: Path, spoil: Callable[[Path], object]
) -> None:
    host.told("backup", "copy.sqlite3")
    spoil(stories)
    before = stories.read_bytes()
    _, aside = restored(host, host.folder / "copy.sqlite3")
    assert texts(stories) == ["An ale!", "And bread."]
    if before:
        kept = aside.read_bytes()
        assert (
            kept[:18] + kept[28:92] == before[:18] + before[28:92]
        )  # but for the journal's mode, and counters
        assert kept[100:] == before[100:]
    else:
        assert not aside.exists()


@pytest.mark.parametrize("emptied", [False, True])
@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_what_a_kill_left_beside_the_database_gets_into_no_restored_one(
    host: Host, stories: Path, mode: str, emptied: bool
) -> None:
    host.told("backup", "copy.sqlite3")
    if mode == "wal":

        async def kill() -> None:
            living = host.folder / "living.sqlite3"
            shutil.copy(stories, living)
            async with opened(living) as db:
                await db.write("UPDATE turn SET text = 'Not this.'")
                shutil.copy(journal_of(living), journal_of(stories))

        asyncio.run(kill())
    else:
        kill_within(stories, "UPDATE turn SET text = hex(zeroblob(90000))")
    journal = journal_of(stories) if mode == "wal" else rollback_journal_of(stories)
    assert journal.stat().st_size > 0
    if emptied:
        stories.write_bytes(b"")
    restored(host, host.folder / "copy.sqlite3")
    assert not journal.exists()
    assert texts(stories) == ["An ale!", "And bread."]


def test_half_a_transaction_is_in_no_backup_and_no_fault(host: Host, stories: Path) -> None:
    kill_within(
        stories,
        "UPDATE turn SET text = hex(zeroblob(90000))",
        *(f"DROP INDEX {name}" for name in indexes(stories)),
    )
    assert "no damage found" in host.told("doctor")
    host.told("backup", "copy.sqlite3")
    assert texts(host.folder / "copy.sqlite3") == ["An ale!", "And bread."]


def test_twice_in_a_second_nothing_that_was_kept_is_replaced(host: Host, stories: Path) -> None:
    host.told("backup", "copy.sqlite3")
    _, aside = restored(host, host.folder / "copy.sqlite3")
    asyncio.run(tell(stories, "And cheese.", first=3))
    with pytest.raises(commands.Failed) as caught:
        restored(host, host.folder / "copy.sqlite3")
    assert str(caught.value) == f"{aside} already exists and was not changed. Choose another name."
    assert texts(stories) == ["An ale!", "And bread.", "And cheese."]
    assert texts(aside) == ["An ale!", "And bread."]


def test_where_the_disk_has_no_links_the_old_database_is_copied(
    host: Host, stories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    host.told("backup", "copy.sqlite3")
    _, aside = restored(host, host.folder / "copy.sqlite3")
    assert texts(aside) == ["An ale!", "And bread."]
    assert aside.stat().st_mode & 0o777 == 0o600


def test_a_swap_that_fails_leaves_the_damaged_database_and_its_journal_in_place(
    host: Host, stories: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.told("backup", "copy.sqlite3")
    stories.write_bytes(b"X" + stories.read_bytes()[1:])
    journal_of(stories).write_bytes(b"what is left")

    def replace(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "replace", replace)
    assert "Input/output error" in host.refused("restore", "copy.sqlite3")
    assert journal_of(stories).read_bytes() == b"what is left"
    assert names(stories.parent) == ["dramatis.sqlite3", "dramatis.sqlite3-wal", "dramatis.sqlite3.lock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_restores_belongs_to_the_bots_user(host: Host, stories: Path) -> None:
    host.told("backup", "copy.sqlite3")
    os.chown(stories, 1234, 4321)
    restored(host, host.folder / "copy.sqlite3")
    assert (stories.stat().st_uid, stories.stat().st_gid) == (1234, 4321)


# --- beside a bot ---------------------------------------------------------------------------------


@asynccontextmanager
async def running(path: Path, *, exclusive: bool = True) -> AsyncIterator[Database]:
    async with opened(path, exclusive=exclusive) as db:
        await db.write("DELETE FROM notice")
        yield db


@pytest.mark.parametrize("command", [("restore", "copy.sqlite3"), ("vacuum",)])
async def test_beside_a_bot_that_runs_they_are_refused(host: Host, command: tuple[str, ...]) -> None:
    await tell(host.path, "An ale!")
    async with running(host.path) as db:
        host.told("backup", "copy.sqlite3")
        line = host.refused(*command)
        assert line == (
            f"{host.path} is in use by another bot. Stop that bot first, or set storage.path to another file."
        )
        await db.check()


async def test_beside_a_rehearsal_nothing_is_restored(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_SECONDS", 0.02)
    await tell(host.path, "An ale!")
    engine.back_up(host.path, host.folder / "copy.sqlite3", Quiet())
    async with running(host.path, exclusive=False) as db:
        line = host.refused("restore", "copy.sqlite3")
        assert line == (
            f"{host.path} was locked by another program for too long (database is locked). Close the other program, "
            "then try again."
        )
        await db.check()
    assert names(host.path.parent) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]


# --- vacuum ---------------------------------------------------------------------------------------


def test_vacuum_gives_back_the_room_of_what_was_deleted(host: Host, thick: Path) -> None:
    before, size = texts(thick), thick.stat().st_size
    (line,) = host.told("vacuum")
    after = thick.stat().st_size
    assert line == f"The database had {said_size(size)} and now has {said_size(after)}."
    assert after < size
    assert texts(thick) == before
    assert names(thick.parent) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]
    assert thick.stat().st_mode & 0o777 == 0o600


def test_vacuum_on_a_full_disk_changes_nothing(host: Host, thick: Path) -> None:
    before = texts(thick)
    with no_file_grows_beyond(60_000):
        assert "can't be read or written" in host.refused("vacuum")
    assert texts(thick) == before


# --- doctor ---------------------------------------------------------------------------------------

PLANTED = (
    "Zebediah",
    "Quicksilver",
    "4242424242",
    "8080808080",
    "Kaleidoscope",
    "moonshot",
    KEY,
    SECRET,
    "hunter2",
)


@contextmanager
def at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A host whose name stands in every path."""
    home = folder / "home" / "Zebediah"
    (home / "bots").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USER", "Zebediah")
    monkeypatch.chdir(home / "bots")
    yield home


async def confide(path: Path) -> None:
    """Let people say what nobody else may read."""
    database = await open_database(path)
    scene = await Scenes(database).active(TAVERN, EVENING)
    await record(
        database,
        scene,
        "Kaleidoscope, 8080808080",
        Participant(4242424242, "Zebediah"),
        message_id=1,
        owed_by=("moonshot",),
    )
    await LadderSteps(database).put("https://hunter2.example", "Quicksilver", Step(Naming.PREFIXED, EVENING))
    await Calibrations(database).put(
        "https://hunter2.example",
        "Quicksilver",
        "Zebediah",
        '{"observed": [[100, 3, 290]], "overflow": null}',
        EVENING,
    )
    await database.close()


def test_what_the_doctor_says_can_be_read_by_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_home(tmp_path, monkeypatch) as home:
        (home / "bots" / "personas").mkdir()
        (home / "bots" / "personas" / "moonshot.yaml").write_text(
            "name: Quicksilver\ndescription: Kaleidoscope.\n"
        )
        (home / "bots" / "config.yaml").write_text(
            f"discord: {{token: {SECRET}}}\nmodel: {{api_key: {KEY}, base_url: 'https://hunter2.example/v1'}}\n"
            f"storage: {{path: {home}/stories/dramatis.sqlite3}}\nadmin_channel: 8080808080\n"
            "channels: {4242424242: {persona: nobody}}\n"
        )
        (home / "stories").mkdir(mode=0o700)
        asyncio.run(confide(home / "stories" / "dramatis.sqlite3"))
        ran = CliRunner().invoke(main, ["doctor"])
    assert ran.exit_code == 0, ran.output
    assert [word for word in PLANTED if word in ran.output] == []
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("Dramatis 0.1.0, Python 3.")
    assert lines[2] == "configuration: 1 error(s), 0 warning(s); `python -m bot check` names them"
    assert lines[3].startswith("database: ~/stories/dramatis.sqlite3, ")
    assert lines[3].endswith(f"schema {KNOWN} (this version knows {KNOWN}), journal mode wal")
    assert "permissions: file 600, folder 700" in lines
    assert "speaker 1" in next(line for line in lines if line.startswith("rows: "))
    assert "oldest turn 2026-03-14 20:15 UTC, newest turn 2026-03-14 20:15 UTC" in lines
    assert "waiting for a reply: 1 message(s); replies without an end: 0" in lines
    assert "form of prompts: prefixed until 2026-03-14 20:15 UTC" in lines
    assert any(line.startswith("token counts: learned from 1 replies; ") for line in lines)
    assert lines[-2:] == ["the bot isn't running", "no damage found"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (damage_in_the_middle, "problem: the database is damaged ("),
        (
            lambda path: path.chmod(0o644),
            "problem: other users of this computer can read the database: chmod 600",
        ),
        (
            newer,
            f"problem: the schema 9999 is newer than this version of Dramatis, which knows {KNOWN}. Update it",
        ),
    ],
)
def test_the_doctor_tells_what_is_wrong_and_fails(
    host: Host, stories: Path, spoil: Callable[[Path], object], told: str
) -> None:
    spoil(stories)
    before = stories.read_bytes()
    ran = host.bot("doctor")
    assert ran.exit_code == 1
    assert ran.stderr.startswith(told)
    assert "Words" not in ran.output
    assert stories.read_bytes() == before


async def test_the_doctor_looks_in_while_the_bot_runs(host: Host) -> None:
    await tell(host.path, "An ale!")
    async with running(host.path):
        heartbeat = host.path.with_name("dramatis.sqlite3.heartbeat")
        lines = host.told("doctor")
        assert lines[-2] == "the bot is running, and isn't connected to Discord"
        heartbeat.touch()
        lines = host.told("doctor")
        assert re.fullmatch(r"the bot is running; last heartbeat \d s ago", lines[-2])


def test_a_configuration_with_mistakes_is_counted_and_not_quoted(host: Host) -> None:
    (host.folder / "config.yaml").write_text("modell: {api_key: Quicksilver}\n")
    ran = host.bot("doctor")
    assert ran.exit_code == 1
    assert "configuration: 1 error(s), 0 warning(s)" in ran.stdout
    assert ran.stderr == "the configuration has mistakes, so the database was not looked at\n"
    assert "Quicksilver" not in ran.output
    assert "modell" not in ran.output


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("{here}/data/dramatis.sqlite3", "data/dramatis.sqlite3"),
        ("{home}/data/dramatis.sqlite3", "~/data/dramatis.sqlite3"),
        ("{home}/Zebediah/x.sqlite3", "~/~/x.sqlite3"),
        ("/srv/Zebediah/bot/x.sqlite3", "/srv/~/bot/x.sqlite3"),
        ("/home/somebody/x.sqlite3", "/home/~/x.sqlite3"),
        ("/Users/somebody/x.sqlite3", "/Users/~/x.sqlite3"),
        ("/opt/dramatis/x.sqlite3", "/opt/dramatis/x.sqlite3"),
    ],
)
def test_a_path_is_shown_without_its_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, shown: str
) -> None:
    with at_home(tmp_path, monkeypatch) as home:
        assert shareable(Path(path.format(here=home / "bots", home=home))) == shown


# --- while it takes long --------------------------------------------------------------------------


def test_without_a_terminal_there_is_a_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter(range(0, 1000, 4))
    with Progress(clock=lambda: float(next(times))) as progress:
        for done in range(0, 101, 20):
            progress.at(Phase.COPYING, done, 100)
        for _ in range(3):
            progress.at(Phase.CHECKING)
    assert capsys.readouterr().err == "Copying: 40 %\nCopying: 100 %\nChecking\n"


def test_at_a_terminal_there_is_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    terminal = os.fdopen(slave, "w")
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with Progress() as progress:
        progress.at(Phase.COPYING, 50, 100)
        assert progress._bars is not None
        progress._bars.refresh()
        progress.at(Phase.CHECKING)
    terminal.close()
    read = b""
    with suppress(OSError):  # the other end is closed
        while True:
            read += os.read(master, 65_536)
    shown = read.decode()
    os.close(master)
    assert "Copying" in shown
    assert "50%" in shown
    assert shown.endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB"), (5e14, "500.0 TB")],
)
def test_a_size_is_said_as_people_read_it(size: float, said: str) -> None:
    assert said_size(size) == said
