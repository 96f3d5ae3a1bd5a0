"""What the commands for hosts do with the database's file: copy, replace, shrink and examine it.

Law: a file appears under its name whole, checked and on the medium, or not at all: it is made beside its
place as `.part` and renamed. The story that was there before stays there, or under a name of its own.
Everything here blocks; a `Watcher` hears how far it is, and may end it. All of this is SQLite's own.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Protocol

from filelock import FileLock

from bot.storage.errors import StorageError, StorageErrorKind, sqlite_errors, system_errors
from bot.storage.journal import damage, journal_of, rollback_journal_of
from bot.storage.schema import (
    BUSY_SECONDS,
    MIGRATIONS,
    MOMENT,
    bring_up,
    demand_whole_journal,
    faults,
    make_room,
    migrations_in,
    mode_of,
    take,
    version_of,
)
from bot.storage.temporary import temporary_files_in

_PAGES: Final = 256
"""Pages that are copied between two looks at the watcher: a megabyte."""

_OPERATIONS: Final = 100_000
"""SQLite's operations between two looks at the watcher: a few milliseconds."""

_ANY: Final = 2**31
"""A version above every other, for what needs no knowledge of the schema."""

_MOST_FAULTS: Final = 10

_PAGES_OF: Final = ("page_size", "page_count", "freelist_count")

_HEADER, _WRITE_VERSION, _IN_WAL = 100, 18, 2
"""The bytes of the file's header, the place of its version for writing, and that of a file with a `-wal`."""

_BESIDE: Final = frozenset({"", "-wal", "-shm", "-journal", ".lock", ".heartbeat"})
"""The endings of the bot's own files beside the database."""

_TURNS: Final = """
SELECT min(created_at), max(created_at), (SELECT count(DISTINCT turn_id) FROM debt),
  count(CASE WHEN persona_key IS NOT NULL AND ending IS NULL THEN 1 END)
FROM turn
"""


class Phase(StrEnum):
    """What a long act is at; `bot.texts` has a word for each."""

    COPYING = "copying"
    CHECKING = "checking"
    MIGRATING = "migrating"
    SHRINKING = "shrinking"
    COUNTING = "counting"
    COMPARING = "comparing"


class Abandoned(Exception):  # noqa: N818 - it says what happened
    """The watcher has ended the act; nothing has changed."""


class NotTheSame(Exception):  # noqa: N818 - it says what happened
    """What was written is not what was read; the text names the table."""


class Watcher(Protocol):
    """Hears how far an act is."""

    def at(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Hear that so much of a phase is done; a total of 0 means that it isn't known."""

    @property
    def stops(self) -> bool:
        """Whether the act is to be abandoned."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds.

    Attributes:
        version: the number of its schema; `known` is the newest that this program knows.
        turns: the number of turns.
    """

    version: int
    known: int
    turns: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What a database of the newest schema counts.

    Attributes:
        oldest: milliseconds since 1970 of the oldest turn; None if there is none. `newest` is of the newest.
        owed: the messages that still wait for their reply.
        unfinished: the replies without an ending.
        steps: the forms of prompts that endpoints take, each with its end in milliseconds since 1970.
        calibrations: what was learnt about each model's token counts, written by `core.endpoint.calibration`.
    """

    oldest: int | None
    newest: int | None
    owed: int
    unfinished: int
    steps: tuple[tuple[str, int], ...]
    calibrations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found in a database and around it. It holds no name, word or id of anybody.

    Attributes:
        version: the number of its schema; `known` is the newest that this program knows.
        faults: the lines of SQLite's check.
        journal: what is wrong with the journal; empty if nothing is.
        mode: how SQLite keeps its journal.
        size: the file's bytes; `free` is how many of them hold nothing.
        rows: the number of rows of each table.
        counted: None if the schema isn't the newest.
        running: whether a bot holds the file.
    """

    version: int
    known: int
    faults: tuple[str, ...]
    journal: str
    mode: str
    size: int
    free: int
    rows: dict[str, int]
    counted: Counted | None
    running: bool


def back_up(path: Path, target: Path, watcher: Watcher, *, replace: bool = False) -> Contents:
    """Copy the database at `path`, as it is at one moment, to the file `target`; a bot may run meanwhile.

    Raises:
        StorageError: about `path` or about `target`: EXISTS unless it may be replaced, ITSELF, and others.
        Abandoned: the watcher has ended it. As after an error, `target` is what it was.
    """
    path, target = _demand(path), target.absolute()
    known = len(migrations_in(MIGRATIONS))
    _demand_filled(path, newest=known)
    _demand_backup(target, path, replace=replace)
    with part_of(target) as part:
        # Without a journal nobody has the file open: to look at it makes one, and clears it away afterwards.
        _copy(path, "ro" if journal_of(path).exists() else "rw", part, target, watcher)
        _demand_sound(part, path, watcher)
        found = _contents(part, known, watcher)
        put(part, target, watcher)
    return found


def restore(
    path: Path, copy: Path, aside: Path, watcher: Watcher, *, migrations: Traversable = MIGRATIONS
) -> Contents:
    """Put a backup in the place of the database at `path`, migrated to the newest schema.

    The database that was there is kept as `aside`. There is one at any moment: else a bot would create it.

    Raises:
        StorageError: about `copy` or about `path`: IN_USE while a bot runs, BUSY while a rehearsal does.
        Abandoned: the watcher has ended it. As after an error, the database is what it was.
    """
    path, copy, steps = path.resolve(), _demand(copy), migrations_in(migrations)
    if copy == path:
        raise StorageError(StorageErrorKind.ITSELF, copy)
    demand_whole_journal(copy)
    _demand_filled(copy, newest=len(steps))
    make_room(path)
    with _alone(path), part_of(path) as part:
        _demand_ours(path)
        _copy(copy, mode_of(copy), part, path, watcher)
        _demand_sound(part, copy, watcher)
        found = _contents(part, len(steps), watcher)
        watcher.at(Phase.MIGRATING)
        with sqlite_errors(path):
            bring_up(part, steps)
        _belong(part, path)
        with _kept(path, aside) if _is_anything_in(path) else nullcontext():
            put(part, path, watcher)
    return found


def vacuum(path: Path, watcher: Watcher) -> tuple[int, int]:
    """Rewrite the database at `path` without the room of deleted rows; return its bytes before and after.

    No bot may run: for as long as this takes nothing could be stored.

    Raises:
        StorageError: IN_USE while a bot runs, BUSY while a rehearsal writes, FULL without room for a copy.
        Abandoned: the watcher has ended it; nothing has changed.
    """
    path = _demand(path)
    with _alone(path), sqlite_errors(path), temporary_files_in(path.parent):
        demand_whole_journal(path)
        _demand_filled(path)
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            before = path.stat().st_size
            watcher.at(Phase.SHRINKING)
            with _watched(connection, watcher):
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return before, path.stat().st_size


def examine(path: Path, watcher: Watcher) -> Examined:
    """Look through the database at `path`, beside a bot or without; nothing is changed.

    Raises:
        StorageError: it cannot be read at all.
        Abandoned: the watcher has ended it.
    """
    path = _demand(path)
    known = len(migrations_in(MIGRATIONS))
    version, running, mode = _demand_filled(path), _is_held(path), _journal_mode(path)
    with (
        sqlite_errors(path),
        closing(_opened(path, mode_of(path))) as connection,
        _watched(connection, watcher),
    ):
        watcher.at(Phase.CHECKING)
        found = faults(connection, _MOST_FAULTS)
        watcher.at(Phase.COUNTING)
        connection.execute("BEGIN")
        pages = {name: int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in _PAGES_OF}
        return Examined(
            version=version,
            known=known,
            faults=found,
            # A bot that runs adds to the journal at this moment: its end can't be told from damage.
            journal="" if running else damage(path),
            mode=mode,
            size=pages["page_size"] * pages["page_count"],
            free=pages["page_size"] * pages["freelist_count"],
            rows={} if found else _rows(connection),
            counted=None if found or version != known else _counted(connection),
            running=running,
        )


def _journal_mode(path: Path) -> str:
    """Return the journal's mode by the file's header; SQLite doesn't say it of a file that is only read."""
    if journal_of(path).exists():
        return "wal"
    with system_errors(path), path.open("rb") as held:
        return "wal" if held.read(_HEADER)[_WRITE_VERSION] == _IN_WAL else "delete"


def _rows(connection: sqlite3.Connection) -> dict[str, int]:
    listed = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"
    tables = [str(row[0]) for row in connection.execute(listed)]
    count = 'SELECT count(*) FROM "{}"'
    return {name: int(connection.execute(count.format(name)).fetchone()[0]) for name in tables}


def _counted(connection: sqlite3.Connection) -> Counted:
    steps = tuple(connection.execute("SELECT naming, until FROM step ORDER BY until"))
    calibrations = tuple(row[0] for row in connection.execute("SELECT state FROM calibration"))
    oldest, newest, owed, unfinished = connection.execute(_TURNS).fetchone()
    return Counted(oldest, newest, owed, unfinished, steps, calibrations)


def _demand_filled(path: Path, *, newest: int = _ANY) -> int:
    """Return the schema's version of a database of this program.

    Raises:
        StorageError: MISSING if there is nothing in it; NEWER, FOREIGN, NOT_A_DATABASE, CORRUPT.
    """
    with system_errors(path), sqlite_errors(path):
        version = version_of(path, newest=newest)
    if not version:
        raise StorageError(StorageErrorKind.MISSING, path)
    return version


def _demand(path: Path) -> Path:
    """Return the file that a path leads to, which must be there."""
    path = path.resolve()
    if path.is_dir():
        raise StorageError(StorageErrorKind.IS_A_FOLDER, path)
    if not path.exists():
        raise StorageError(StorageErrorKind.MISSING, path)
    if not path.is_file():
        raise StorageError(StorageErrorKind.NOT_A_FILE, path)
    if not os.access(path, os.R_OK):
        raise StorageError(StorageErrorKind.READ_ONLY, path)
    return path


def _demand_backup(target: Path, path: Path, *, replace: bool) -> None:
    place = target.resolve()
    if place.parent == path.parent and place.name.removeprefix(path.name) in _BESIDE:
        raise StorageError(StorageErrorKind.ITSELF, target)
    demand_place(target, replace=replace)


def demand_place(target: Path, *, replace: bool = False) -> None:
    """Require that a file can be put there, in place of another only if it may be replaced.

    Raises:
        StorageError: IS_A_FOLDER, NOT_A_FOLDER, NOT_A_FILE, EXISTS.
    """
    if target.is_dir():
        raise StorageError(StorageErrorKind.IS_A_FOLDER, target)
    if not target.parent.is_dir():
        raise StorageError(StorageErrorKind.NOT_A_FOLDER, target.parent)
    if target.exists() and not target.is_file():
        raise StorageError(StorageErrorKind.NOT_A_FILE, target)
    if target.exists() and not replace:
        raise StorageError(StorageErrorKind.EXISTS, target)


def _demand_ours(path: Path) -> None:
    """Refuse to put anything in the place of another program's database; a damaged one of ours may go."""
    try:
        _demand_filled(path)
    except StorageError as error:
        if error.kind is StorageErrorKind.FOREIGN:
            raise


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock that a bot holds."""
    lock = FileLock(f"{path}.lock", mode=0o600, thread_local=False)
    take(lock, path, MOMENT)
    try:
        yield
    finally:
        lock.release()


def _is_held(path: Path) -> bool:
    try:
        with _alone(path):
            return False
    except StorageError as error:
        return error.kind is StorageErrorKind.IN_USE


@contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """Make a file beside `target` that only its owner may read, and delete it if it isn't renamed then."""
    with system_errors(target):
        # A name of its own: the same command may be at work twice.
        number, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
        os.close(number)
    part = Path(name)
    try:
        yield part
    finally:
        for file in (part, *_journals_of(part), Path(f"{part}-shm"), Path(f"{part}.lock")):
            file.unlink(missing_ok=True)


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _copy(path: Path, mode: str, part: Path, target: Path, watcher: Watcher) -> None:
    """Copy a database as it is at one moment; errors in writing are about `target`."""

    def look(_: int, remaining: int, total: int) -> None:
        watcher.at(Phase.COPYING, total - remaining, total)
        if watcher.stops:
            raise Abandoned

    with sqlite_errors(path), closing(_opened(path, mode)) as source:
        # In a transaction: a copy in steps would begin again with every message that is stored meanwhile.
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        with sqlite_errors(target), closing(sqlite3.connect(part, isolation_level=None)) as copy:
            source.backup(copy, pages=_PAGES, progress=look)
            copy.execute("PRAGMA journal_mode = DELETE")  # one file, which needs no other beside it


def _contents(part: Path, known: int, watcher: Watcher) -> Contents:
    watcher.at(Phase.COUNTING)
    with sqlite_errors(part), closing(sqlite3.connect(part)) as connection, _watched(connection, watcher):
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        (turns,) = connection.execute("SELECT count(*) FROM turn").fetchone()
    return Contents(version, known, turns)


def _demand_sound(part: Path, origin: Path, watcher: Watcher) -> None:
    """Require that a copy has no damage; it is told of the file that the copy was made of."""
    watcher.at(Phase.CHECKING)
    with sqlite_errors(origin), closing(sqlite3.connect(part)) as connection, _watched(connection, watcher):
        found = faults(connection, 1)
    if found:
        raise StorageError(StorageErrorKind.CORRUPT, origin, found[0])


@contextmanager
def _watched(connection: sqlite3.Connection, watcher: Watcher) -> Iterator[None]:
    """Let the watcher end what SQLite does meanwhile."""
    connection.set_progress_handler(lambda: watcher.stops, _OPERATIONS)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        raise Abandoned from error
    finally:
        connection.set_progress_handler(None, 0)


@contextmanager
def _kept(path: Path, aside: Path) -> Iterator[None]:
    """Keep the database at `path` under another name too, while it is replaced; undo that if it isn't."""
    if aside.exists():
        raise StorageError(StorageErrorKind.EXISTS, aside)
    journals = list(zip(_journals_of(path), _journals_of(aside), strict=True))
    sealed = _is_sealed(path)
    try:
        with system_errors(aside):
            for journal, kept in journals:
                if not sealed and journal.exists():  # as it is: somebody may be able to save more of it
                    journal.rename(kept)
            Path(f"{path}-shm").unlink(missing_ok=True)
            _link(path, aside)
        yield
    except BaseException:
        aside.unlink(missing_ok=True)
        for journal, kept in journals:
            if kept.exists():
                kept.rename(journal)
        raise


def _journals_of(path: Path) -> tuple[Path, Path]:
    return journal_of(path), rollback_journal_of(path)


def _is_anything_in(path: Path) -> bool:
    """Whether a file holds anything, or a journal beside it, which SQLite would bring into the next file."""
    return path.stat().st_size > 0 or any(journal.exists() for journal in _journals_of(path))


def _is_sealed(path: Path) -> bool:
    """Bring a database's journal into its file; return False if that can't be done without a loss.

    Raises:
        StorageError: BUSY: somebody else has it open.
    """
    try:
        _demand_filled(path)
        demand_whole_journal(path)
        _seal(path)
    except StorageError as error:
        if error.kind is StorageErrorKind.BUSY:
            raise
        return False
    return True


def _link(path: Path, other: Path) -> None:
    """Give a file a second name; a copy of it where the file system has no links."""
    try:
        os.link(path, other)
    except OSError:
        shutil.copyfile(path, other)
        other.chmod(0o600)
        _sync(other)


def _belong(part: Path, path: Path) -> None:
    """Let a file belong to the database's owner: root may give the command for a bot of lesser rights."""
    if os.geteuid() == 0:
        owner = path.stat()
        os.chown(part, owner.st_uid, owner.st_gid)


def _seal(path: Path) -> None:
    """Bring the journal into the file, and make sure that nobody else has it open."""
    with (
        sqlite_errors(path),
        closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection,
    ):
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    if mode != "delete":
        raise StorageError(StorageErrorKind.BUSY, path, f"journal mode is {mode}")


def put(part: Path, target: Path, watcher: Watcher) -> None:
    """Give a part its name, once it is on the medium.

    Raises:
        StorageError: IO or another kind of the reason.
        Abandoned: the watcher has ended it.
    """
    if watcher.stops:
        raise Abandoned
    with system_errors(target):
        _sync(part)
        part.replace(target)
        _sync(target.parent)


def _sync(path: Path) -> None:
    """Bring a file to the medium, or the names in a folder."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
