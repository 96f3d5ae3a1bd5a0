"""The preparation of the file: created, checked, backed up and migrated before it is used.

Law: a file of another program, or of a newer version, stays as it is to the byte. A migration and its version
number are one transaction. Everything here blocks; `Database.open` runs it in a thread.
"""

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from bot.storage.errors import StorageError, StorageErrorKind, sqlite_errors, system_errors
from bot.storage.journal import damage, journal_of, rollback_journal_of

APPLICATION_ID = 0x4472616D
"""`Dram`: the application id in SQLite's header."""

BUSY_SECONDS = 2.0
"""Seconds to wait while another process writes (a rehearsal beside the bot).

Discord waits three seconds for the answer to a command (its page "Receiving and Responding to Interactions"):
after this wait there is still time for an error message.
"""

MOMENT = 0.3
"""Seconds that a bot waits for a rehearsal which is opening the file; another bot holds it until it ends."""

OLDEST_SQLITE = (3, 37, 0)
"""The first SQLite with STRICT tables (3.37); RETURNING came with 3.35."""

_DONE_ALREADY = ("already exists", "duplicate column name")
"""SQLite's words where a migration was made already: the database is not of the version that it says."""

MIGRATIONS: Traversable = files("bot.storage") / "migrations"


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered step of the schema."""

    number: int
    script: str


def migrations_in(folder: Traversable) -> tuple[Migration, ...]:
    """Return the migrations in `folder`, named `0001_reason.sql` and numbered from 1 without a gap.

    What ends in `.pg.sql` is PostgreSQL's (`bot.storage.postgres_schema`).
    """
    found = sorted((entry for entry in folder.iterdir() if _is_sqlites(entry.name)), key=lambda e: e.name)
    steps = tuple(Migration(int(entry.name[:4]), entry.read_text("utf-8")) for entry in found)
    if [step.number for step in steps] != list(range(1, len(steps) + 1)):
        raise ValueError(f"migrations are not numbered 1 to {len(steps)}: {[entry.name for entry in found]}")
    return steps


def _is_sqlites(name: str) -> bool:
    return name.endswith(".sql") and not name.endswith(".pg.sql")


def statements(script: str) -> Iterator[str]:
    """Yield a script's statements one by one; a trigger is one. Each must end its line.

    `executescript` cannot be used: it commits before it begins.
    """
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if any(line.strip() and not line.lstrip().startswith("--") for line in statement.splitlines()):
        raise ValueError(f"a migration ends within a statement: {statement.strip()[:80]}")


def prepare(path: Path, lock: FileLock, folder: Traversable, *, exclusive: bool) -> Path | None:
    """Prepare a database at `path` with the newest schema, in WAL mode and writable.

    With `exclusive` the lock is kept, and the file is checked for damage; otherwise the lock is held only
    during a migration, so that the schema never changes under a running bot. The copy that was made
    before a migration is returned; None if none was.

    Raises:
        StorageError: of any kind.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        known = ".".join(map(str, OLDEST_SQLITE))
        raise StorageError(StorageErrorKind.OLD_SQLITE, path, found=sqlite3.sqlite_version, known=known)
    make_room(path)
    if exclusive:
        take(lock, path, MOMENT)
    steps, copy = migrations_in(folder), None
    with _undisturbed(lock, path), system_errors(path), sqlite_errors(path):
        if exclusive:
            demand_whole_journal(path)
        version = version_of(path, newest=len(steps))
        if exclusive and version:
            _demand_whole_file(path)
        if version < len(steps):
            take(lock, path)  # counted: a lock that is held already must be released as often
            try:
                copy = _migrate(path, steps)
            finally:
                lock.release()
        _try_writing(path)
    return copy


@contextmanager
def _undisturbed(lock: FileLock, path: Path) -> Iterator[None]:
    """Hold the lock while the file is checked, unless it is in use already.

    Two rehearsals may start at once on a file that does not exist yet.
    """
    taken = (
        lock.is_locked or journal_of(path).exists()
    )  # held by this process, or in use and therefore created
    if not taken:
        with suppress(StorageError):
            take(lock, path, BUSY_SECONDS)
    try:
        yield
    finally:
        if not taken and lock.is_locked:
            lock.release()


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def make_room(path: Path) -> None:
    """Create the folder, and an empty file that only its owner may read."""
    with system_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    _demand_access(path.parent, os.W_OK | os.X_OK)  # SQLite keeps its journal beside the file
    if path.is_dir():
        raise StorageError(StorageErrorKind.IS_A_FOLDER, path)
    if path.exists() and not path.is_file():
        raise StorageError(StorageErrorKind.NOT_A_FILE, path)
    if path.exists():
        _demand_access(path, os.R_OK | os.W_OK)
        return
    with system_errors(path):
        # Before SQLite creates it with the usual mode; journal and shared memory copy the file's.
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _demand_access(path: Path, mode: int) -> None:
    if not os.access(path, mode, effective_ids=os.access in os.supports_effective_ids):
        raise StorageError(StorageErrorKind.READ_ONLY, path)


def take(lock: FileLock, path: Path, wait: float = 0) -> None:
    """Acquire the lock of the database at `path`, for which another may be waited so many seconds.

    Raises:
        StorageError: IN_USE.
    """
    with system_errors(Path(lock.lock_file)):
        try:
            lock.acquire(timeout=wait)
        except Timeout as error:
            raise StorageError(StorageErrorKind.IN_USE, path) from error


def version_of(path: Path, *, newest: int) -> int:
    """Return the schema's version, 0 for an empty file; nothing is written.

    Raises:
        StorageError: NEWER, FOREIGN, NOT_A_DATABASE, CORRUPT.
    """
    with _damage(path, sqlite3.SQLITE_ERROR):  # a format that SQLite has never written
        return _version(path, newest)


def _version(path: Path, newest: int) -> int:
    with closing(
        sqlite3.connect(f"{path.as_uri()}?mode={mode_of(path)}", uri=True, timeout=BUSY_SECONDS)
    ) as connection:
        version = _pragma(connection, "user_version")
        filled = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if (version or filled) and _pragma(connection, "application_id") != APPLICATION_ID:
            raise StorageError(StorageErrorKind.FOREIGN, path)
    if version < 0 or bool(filled) != bool(version):
        raise StorageError(StorageErrorKind.CORRUPT, path, f"its schema has the number {version}")
    if version > newest:
        raise StorageError(StorageErrorKind.NEWER, path, found=str(version), known=str(newest))
    return version


def demand_newest(path: Path, folder: Traversable) -> Path:
    """Return the file that a path leads to, which must have all migrations; nothing is written.

    Raises:
        StorageError: MISSING, OLDER, and what `version_of` raises.
    """
    newest = len(migrations_in(folder))
    with system_errors(path):
        if not path.exists():
            raise StorageError(StorageErrorKind.MISSING, path)
    if path.is_dir():
        raise StorageError(StorageErrorKind.IS_A_FOLDER, path)
    if not path.is_file():
        raise StorageError(StorageErrorKind.NOT_A_FILE, path)
    _demand_access(path, os.R_OK)
    path = path.resolve()
    with sqlite_errors(path):
        version = version_of(path, newest=newest)
    if not version:
        raise StorageError(StorageErrorKind.MISSING, path)
    if version < newest:
        raise StorageError(StorageErrorKind.OLDER, path, found=str(version), known=str(newest))
    return path


def mode_of(path: Path) -> str:
    """Return how a file is opened to be looked at, by a process that may write to it at that moment."""
    if journal_of(path).exists():
        return "ro"
    if rollback_journal_of(path).exists():  # a process was killed: half a transaction may be in the file
        return "rw"
    return "ro&immutable=1"  # the file is complete, and no other is created beside it


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value


def demand_whole_journal(path: Path) -> None:
    """Require that SQLite can read the journal to its end; nothing is written.

    Raises:
        StorageError: JOURNAL.
    """
    with system_errors(journal_of(path)):
        if found := damage(path):
            raise StorageError(StorageErrorKind.JOURNAL, journal_of(path), found)


def demand_whole(path: Path) -> None:
    """Require that neither the file nor its journal is damaged; nothing is written.

    Raises:
        StorageError: JOURNAL, CORRUPT.
    """
    with sqlite_errors(path):
        demand_whole_journal(path)
        _demand_whole_file(path)


def _demand_whole_file(path: Path) -> None:
    """Require that each row of the file is where its table and its indexes say; a second for 200 MB."""
    with closing(
        sqlite3.connect(f"{path.as_uri()}?mode={mode_of(path)}", uri=True, timeout=BUSY_SECONDS)
    ) as connection:
        found = faults(connection, 1)
    if found:
        raise StorageError(StorageErrorKind.CORRUPT, path, found[0])


def faults(connection: sqlite3.Connection, most: int) -> tuple[str, ...]:
    """Return the damage that SQLite finds in a file, at most so many lines; they name tables, not values."""
    rows: list[str] = []
    try:
        rows.extend(str(row[0]) for row in connection.execute(f"PRAGMA integrity_check({most:d})"))
    except sqlite3.DatabaseError as error:  # it can be too damaged to be checked to the end
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        rows.append(str(error))
    lines = [line for row in rows for line in row.splitlines() if not line.startswith("***")]  # its heading
    return () if lines == ["ok"] else tuple(lines)


@contextmanager
def _damage(path: Path, code: int, words: tuple[str, ...] = ("",)) -> Iterator[None]:
    """Turn an error that SQLite has no better code for into CORRUPT, where only damage explains it.

    `words` are those of which the error's text has one.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != code or not any(each in str(error) for each in words):
            raise
        raise StorageError(StorageErrorKind.CORRUPT, path, str(error)) from error


def _migrate(path: Path, steps: tuple[Migration, ...]) -> Path | None:
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        done = _pragma(connection, "user_version")
        copy = _back_up(connection, path, before=done + 1) if done else None
    bring_up(path, steps)
    return copy


def bring_up(path: Path, steps: tuple[Migration, ...]) -> None:
    """Carry out the migrations that a database lacks, each in a transaction of its own."""
    # Foreign keys stay off here: SQLite's way of rebuilding a table needs that, and each step is checked
    # after.
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        # Other errors in a migration are defects of the bot.
        with _damage(path, sqlite3.SQLITE_ERROR, _DONE_ALREADY):
            for step in steps[_pragma(connection, "user_version") :]:
                _apply(connection, step)


def _back_up(source: sqlite3.Connection, path: Path, *, before: int) -> Path:
    """Copy the database to `<name>.before-NNNN.bak`; the name appears when the copy is complete."""
    copy = path.with_name(f"{path.name}.before-{before:04}.bak")
    part = copy.with_name(f"{copy.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(part)) as target:
            source.backup(target)
        part.replace(copy)
    except Exception:  # it would take what room is left
        part.unlink(missing_ok=True)
        raise
    return copy


_COPY: Final = re.compile(r"\.(?:before-[\w-]+\.bak(?:\.part)?|\w{8}\.part)(?:-wal|-shm|-journal)?")
"""How the names of copies end: of those before a migration or a restore, and of what a kill left of one."""


def discard_copies(path: Path, before: float) -> None:
    """Delete the copies that were made before migrations and restores, also those that were never complete.

    Those stay that were made at `before` (seconds since 1970) or later, and so do backups.

    Raises:
        StorageError: IO or another kind of the reason.
    """
    with system_errors(path.parent):
        for file in path.parent.iterdir():
            is_ours = file.name.startswith(f"{path.name}.") and _COPY.fullmatch(file.name, len(path.name))
            if is_ours and file.stat().st_mtime < before:
                file.unlink()


def _apply(connection: sqlite3.Connection, step: Migration) -> None:
    with connection:  # commits, or rolls back
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements(step.script):
            connection.execute(statement)
        if connection.execute("PRAGMA foreign_key_check").fetchone():
            raise ValueError(f"migration {step.number} leaves references to nothing")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {step.number}")


def _try_writing(path: Path) -> None:
    """Turn on WAL and write once, and take that back: SQLite opens a read-only file without an error."""
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":  # a network file system, most likely
            raise StorageError(StorageErrorKind.IO, path, f"journal mode is {mode}: WAL is not possible here")
        connection.execute("BEGIN IMMEDIATE")
        with _damage(path, sqlite3.SQLITE_READONLY):  # by its header; rights were looked at before
            connection.execute(f"PRAGMA user_version = {_pragma(connection, 'user_version')}")
        connection.rollback()
