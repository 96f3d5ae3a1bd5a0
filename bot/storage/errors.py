"""The exceptions of the storage, in place of the engines' own.

Law: an error carries facts, never a sentence for people, which are in `bot.texts`, and never a value of a
row. What is not in the tables below is a defect of the bot and keeps its traceback.
"""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.core.telemetry import Counted, telemetry
from bot.storage.locations import Location, Server


class StorageErrorKind(StrEnum):
    """The kind of a failure; `bot.texts` has a sentence for hosts on each."""

    NEWER = "newer"  # written by a later version of this program
    OLDER = "older"  # written by an earlier one, and only looked at
    FOREIGN = "foreign"  # a database of another program
    NOT_A_DATABASE = "not_a_database"
    CORRUPT = "corrupt"
    JOURNAL = "journal"  # SQLite would pass over what follows damage in its journal
    READ_ONLY = "read_only"  # this user may not write the file or its folder
    IN_USE = "in_use"  # another bot has it open
    BUSY = "busy"  # another process has been writing for longer than `BUSY_SECONDS`
    FULL = "full"
    NOT_A_FOLDER = "not_a_folder"  # a file is where the folder should be
    IS_A_FOLDER = "is_a_folder"
    NOT_A_FILE = "not_a_file"  # a device or a pipe
    OLD_SQLITE = "old_sqlite"  # this Python has an SQLite without the features that the bot uses
    IO = "io"
    MISSING = "missing"  # there is no file, or nothing in it
    EXISTS = "exists"  # a file that is not to be replaced
    ITSELF = "itself"  # a backup in the place of the database, or of a file beside it
    ALONE = "alone"  # a file, which several processes were to share
    LOST = "lost"  # a file was deleted or replaced while the bot ran
    # Of a server only:
    NO_DRIVER = "no_driver"  # the extra [postgres] is not installed
    ADDRESS = "address"  # no address that can be understood
    TLS = "tls"  # a file that TLS needs is not there or of no use, or the server has no TLS
    IMPOSTOR = "impostor"  # the server's certificate is not of its name, or not of who may sign it
    CROWDED = "crowded"  # it takes no more connections
    UNREACHABLE = "unreachable"  # it does not answer
    CUT = "cut"  # a connection has ended in the middle of something; the next use opens another
    LOGIN = "login"  # wrong name, password or rights to log in
    NO_DATABASE = "no_database"
    OLD_SERVER = "old_server"
    ENCODING = "encoding"  # not UTF-8
    OUT = "out"  # other processes take this one for dead, and have taken up what it had
    POOLER = "pooler"  # between bot and server is one that gives each transaction another connection
    NOT_EMPTY = "not_empty"  # to be filled, and something is in it


_PASSING: Final = frozenset(
    {
        StorageErrorKind.IN_USE,
        StorageErrorKind.BUSY,
        StorageErrorKind.FULL,
        StorageErrorKind.IO,
        StorageErrorKind.CROWDED,
        StorageErrorKind.UNREACHABLE,
        StorageErrorKind.CUT,
        StorageErrorKind.OUT,
    }
)

_FOLLOWS: Final = ("25006", "TargetServerAttributeNotMatched")
"""How the detail begins where a server only follows another, in whose place it may be soon."""


class StorageError(Exception):
    """The database could not be opened, read or written. Each is counted as it comes up.

    Attributes:
        kind: the kind of failure.
        path: the file, the folder or the server's database that it is about.
        detail: the message of SQLite or the system, or PostgreSQL's code, for the log; never a person's text.
        found: the version that was found (the database's for NEWER, else the engine's).
        known: the newest version this program knows (NEWER, OLDER), or the oldest it can use (OLD_SQLITE).
    """

    def __init__(
        self, kind: StorageErrorKind, path: Location, detail: str = "", *, found: str = "", known: str = ""
    ) -> None:
        versions = f"found {found}, known {known}" if found else ""
        super().__init__(": ".join(part for part in (str(path), str(kind), versions, detail) if part))
        telemetry.count(Counted.STORAGE_ERRORS, kind)
        self.kind = kind
        self.path = path
        self.detail = detail
        self.found = found
        self.known = known

    @property
    def may_pass(self) -> bool:
        """Whether a later attempt may do without anybody's help."""
        follows = self.kind is StorageErrorKind.READ_ONLY and self.detail.startswith(_FOLLOWS)
        return follows or self.kind in _PASSING

    @property
    def family(self) -> str:
        """The first part of the key of this error's sentence in `bot.texts`; the kind is the second."""
        return "postgres" if isinstance(self.path, Server) else "storage"

    @property
    def facts(self) -> dict[str, object]:
        """The placeholders of its sentence in `bot.texts`, with their values."""
        return {"path": self.path, "detail": self.detail, "found": self.found, "known": self.known}


class StatementError(Exception):
    """The engine has refused a statement, as a constraint demands for example: a defect of the bot.

    The text names tables, columns, constraints or codes, and no values.
    """


_BY_SQLITE_CODE = {
    sqlite3.SQLITE_BUSY: StorageErrorKind.BUSY,
    sqlite3.SQLITE_LOCKED: StorageErrorKind.BUSY,
    sqlite3.SQLITE_PERM: StorageErrorKind.READ_ONLY,
    sqlite3.SQLITE_READONLY: StorageErrorKind.READ_ONLY,
    sqlite3.SQLITE_FULL: StorageErrorKind.FULL,
    sqlite3.SQLITE_NOTADB: StorageErrorKind.NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: StorageErrorKind.CORRUPT,
    sqlite3.SQLITE_IOERR: StorageErrorKind.IO,
    sqlite3.SQLITE_CANTOPEN: StorageErrorKind.IO,
    sqlite3.SQLITE_PROTOCOL: StorageErrorKind.IO,
}

_UNREADABLE: Final = "Could not decode to UTF-8"
"""What Python's sqlite3 says of a text that is none."""

_BY_ERRNO = {
    errno.EACCES: StorageErrorKind.READ_ONLY,
    errno.EPERM: StorageErrorKind.READ_ONLY,
    errno.EROFS: StorageErrorKind.READ_ONLY,
    errno.ENOSPC: StorageErrorKind.FULL,
    errno.EDQUOT: StorageErrorKind.FULL,
    errno.EEXIST: StorageErrorKind.NOT_A_FOLDER,
    errno.ENOTDIR: StorageErrorKind.NOT_A_FOLDER,
}


@contextmanager
def sqlite_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about `path` into a `StorageError`."""
    try:
        yield
    except sqlite3.Error as error:
        # The low byte is the family, the rest a detail of it. Python's own misuse errors have no code.
        kind = _BY_SQLITE_CODE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if str(error).startswith(_UNREADABLE):  # what follows is the text
            raise StorageError(StorageErrorKind.CORRUPT, path, _UNREADABLE) from None
        if kind is None:
            raise StatementError(str(error)) from error
        raise StorageError(kind, path, str(error)) from error


@contextmanager
def system_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's errors about `path` into a `StorageError`."""
    try:
        yield
    except OSError as error:
        kind = _BY_ERRNO.get(error.errno or 0, StorageErrorKind.IO)
        raise StorageError(kind, path, error.strerror or str(error)) from error
