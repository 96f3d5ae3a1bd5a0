import sqlite3
import traceback
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from bot.storage.errors import StatementError, StorageError, StorageErrorKind, sqlite_errors, system_errors
from bot.storage.locations import Server
from bot.storage.postgres_errors import connecting_errors, postgres_errors


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, StorageErrorKind.FULL),
        (sqlite3.SQLITE_BUSY, StorageErrorKind.BUSY),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StorageErrorKind.BUSY),
        (sqlite3.SQLITE_READONLY_DBMOVED, StorageErrorKind.READ_ONLY),
        (sqlite3.SQLITE_IOERR_FSYNC, StorageErrorKind.IO),
        (sqlite3.SQLITE_CORRUPT_INDEX, StorageErrorKind.CORRUPT),
        (sqlite3.SQLITE_NOTADB, StorageErrorKind.NOT_A_DATABASE),
    ],
)
def test_what_sqlite_says_falls_into_families(code: int, kind: StorageErrorKind) -> None:
    said = sqlite3.OperationalError("it went wrong")
    said.sqlite_errorcode = code
    with pytest.raises(StorageError) as caught, sqlite_errors(Path("a.sqlite3")):
        raise said
    assert (caught.value.kind, caught.value.detail) == (kind, "it went wrong")
    assert str(caught.value) == f"a.sqlite3: {kind}: it went wrong"


def test_a_mistake_of_ours_is_an_exception_of_its_own() -> None:
    said = sqlite3.OperationalError("no such table: trun")
    said.sqlite_errorcode = sqlite3.SQLITE_ERROR
    with pytest.raises(StatementError, match="trun"), sqlite_errors(Path("a.sqlite3")):
        raise said
    with pytest.raises(StatementError, match="wrong number"), sqlite_errors(Path("a.sqlite3")):
        raise sqlite3.ProgrammingError("wrong number of values")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError(13, "Permission denied"), StorageErrorKind.READ_ONLY),
        (OSError(30, "Read-only file system"), StorageErrorKind.READ_ONLY),
        (OSError(28, "No space left on device"), StorageErrorKind.FULL),
        (NotADirectoryError(20, "Not a directory"), StorageErrorKind.NOT_A_FOLDER),
        (OSError(5, "Input/output error"), StorageErrorKind.IO),
        (OSError("no number"), StorageErrorKind.IO),
    ],
)
def test_what_the_system_says_falls_into_families(error: OSError, kind: StorageErrorKind) -> None:
    with pytest.raises(StorageError) as caught, system_errors(Path("data")):
        raise error
    assert caught.value.kind == kind


def test_an_error_about_versions_names_both() -> None:
    error = StorageError(StorageErrorKind.NEWER, Path("a.sqlite3"), found="3", known="2")
    assert str(error) == "a.sqlite3: newer: found 3, known 2"


def test_a_text_that_cannot_be_read_is_damage_and_is_not_shown() -> None:
    """SQLite's own message has the text."""
    unreadable = "SELECT CAST(x'736563726574ff' AS TEXT) AS text"
    with (
        closing(sqlite3.connect(":memory:")) as database,
        pytest.raises(StorageError) as caught,
        sqlite_errors(Path("a.sqlite3")),
    ):
        database.execute(unreadable).fetchall()
    assert caught.value.kind is StorageErrorKind.CORRUPT
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (asyncpg.exceptions.ReadOnlySQLTransactionError("cannot execute INSERT"), True),
        (asyncpg.exceptions.TargetServerAttributeNotMatched("none of the hosts"), True),
        (asyncpg.exceptions.InsufficientPrivilegeError("permission denied for schema public"), False),
        (asyncpg.exceptions.InvalidPasswordError("password authentication failed"), False),
        (ConnectionRefusedError(111, "Connect call failed"), True),
    ],
)
def test_a_server_that_follows_another_may_soon_be_the_first_itself(error: Exception, may_pass: bool) -> None:
    server = Server("postgresql://127.0.0.1/tavern")
    with pytest.raises(StorageError) as caught, postgres_errors(server), connecting_errors(server):
        raise error
    assert caught.value.may_pass == may_pass
