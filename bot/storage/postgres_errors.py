"""What PostgreSQL, asyncpg and the network say of a failure, as errors of the storage.

Law: what they say may hold values of rows, and a password where it is about an address. Nothing of it is kept
but a code, the name of a constraint, and words that are known to hold neither.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import asyncpg

from bot.storage.errors import StatementError, StorageError, StorageErrorKind
from bot.storage.places import Server

ENDED: Final = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError)
"""What asyncpg raises where a connection has ended, even before it has noticed that itself."""

ANY: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a statement can raise, a timeout among it."""

BY_STATE: Final = {
    "53100": StorageErrorKind.FULL,
    "53300": StorageErrorKind.CROWDED,
    "25006": StorageErrorKind.READ_ONLY,
    "42501": StorageErrorKind.READ_ONLY,
    "3F000": StorageErrorKind.READ_ONLY,  # no schema that may be written
    "55P03": StorageErrorKind.BUSY,
    "57014": StorageErrorKind.BUSY,
    "40P01": StorageErrorKind.BUSY,
    "3D000": StorageErrorKind.NO_DATABASE,
    "58030": StorageErrorKind.IO,
    "08003": StorageErrorKind.CUT,
    "25P03": StorageErrorKind.CUT,
    "57P01": StorageErrorKind.CUT,
    "57P02": StorageErrorKind.CUT,
    "57P05": StorageErrorKind.CUT,
    "XX001": StorageErrorKind.CORRUPT,
    "XX002": StorageErrorKind.CORRUPT,
}
"""SQLSTATE codes (PostgreSQL's appendix A)."""

BY_CLASS: Final = {
    "08": StorageErrorKind.UNREACHABLE,
    "28": StorageErrorKind.LOGIN,
    "53": StorageErrorKind.BUSY,
    "57": StorageErrorKind.UNREACHABLE,
}
"""What begins like this and isn't in the other table."""

_UNKNOWN: Final = "42704"
_OF_OPTIONS: Final = frozenset({_UNKNOWN, "22023"})
"""Codes of an option in the address that the server doesn't know, or whose value it doesn't take."""

_HARMLESS: Final = ("`sslmode`", "`sslnegotiation`", "could not determine", "could not match", "direct TLS")
"""How asyncpg begins to say what is wrong with an address where it repeats nothing of it but a number."""

_WITHOUT: Final = frozenset({"", "disable", "allow", "prefer"})
"""How an address doesn't ask for TLS."""

_FILES: Final = ("sslrootcert", "sslcrl", "sslcert", "sslkey")


@contextmanager
def postgres_errors(server: Server) -> Iterator[None]:
    """Turn asyncpg's errors into ours."""
    try:
        yield
    except asyncpg.PostgresError as error:
        raise _of_the_server(server, error) from None
    except (asyncpg.exceptions.DataError, asyncpg.exceptions.UnsupportedClientFeatureError) as error:
        raise StatementError(type(error).__name__) from None
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise StorageError(StorageErrorKind.CUT, server, type(error).__name__) from None
    except OSError as error:
        detail = error.strerror or type(error).__name__
        raise StorageError(StorageErrorKind.UNREACHABLE, server, detail) from None


@contextmanager
def connecting_errors(server: Server) -> Iterator[None]:
    """Turn what hinders a connection into our errors; what is not here, `postgres_errors` takes."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise StorageError(StorageErrorKind.IMPOSTOR, server, error.verify_message) from None
    except ssl.SSLError as error:
        lack = _unreadable(server) or error.reason or "a file is no certificate or key"
        raise StorageError(StorageErrorKind.TLS, server, lack) from None
    except ValueError as error:  # of asyncpg's, some of which are InterfaceErrors too
        raise _of_the_address(server, error) from None
    except OSError as error:
        asks = "rejected SSL" in str(error) and _option(server, "sslmode") not in _WITHOUT
        if lack := "the server offers none" if asks else _unreadable(server):
            raise StorageError(StorageErrorKind.TLS, server, lack) from None
        raise
    except asyncpg.PostgresError as error:
        if error.sqlstate not in _OF_OPTIONS:
            raise
        # What is an option's value is not told.
        detail = error.message if error.sqlstate == _UNKNOWN else str(error.sqlstate)
        raise StorageError(StorageErrorKind.ADDRESS, server, detail) from None
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        is_other = isinstance(error, asyncpg.exceptions.TargetServerAttributeNotMatched)
        kind = StorageErrorKind.READ_ONLY if is_other else StorageErrorKind.UNREACHABLE
        raise StorageError(kind, server, type(error).__name__) from None


def _of_the_address(server: Server, error: ValueError) -> StorageError:
    said = str(error).partition("\n")[0]
    if said.startswith("root certificate file"):
        return StorageError(StorageErrorKind.TLS, server, "no root certificate at ~/.postgresql/root.crt")
    known = said.startswith(_HARMLESS)
    return StorageError(StorageErrorKind.ADDRESS, server, said if known else "its form is wrong")


def _unreadable(server: Server) -> str:
    """Return which of the files for TLS cannot be read, and why; empty if all can."""
    for name in _FILES:
        try:
            if file := _option(server, name):
                Path(file).read_bytes()
        except OSError as error:
            return f"{name}: {error.strerror}"
    return ""


def _option(server: Server, name: str) -> str:
    """Return an option of the address, or of the environment; empty if neither has it."""
    options = parse_qs(urlsplit(server.url).query)
    return options.get(name, [os.environ.get(f"PG{name.upper()}", "")])[-1]


def _of_the_server(server: Server, error: Any) -> StorageError | StatementError:  # noqa: ANN401
    """Return what stands for an error of the server's: its code, and what the schema calls what it is about.

    What it says besides is kept only where it is about the statement, which is the bot's own.
    """
    code = str(error.sqlstate)
    names = (error.constraint_name, error.table_name, error.column_name)
    said = error.message if code.startswith("42") else None
    detail = " ".join(str(part) for part in (code, *names, said) if part)
    kind = BY_STATE.get(code, BY_CLASS.get(code[:2]))
    return StatementError(detail) if kind is None else StorageError(kind, server, detail)
