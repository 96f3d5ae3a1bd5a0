"""What is told of a server with which no connection comes about: the reason, and never a password.

The servers here only begin to answer as PostgreSQL does (its documentation, "Message Flow"): what happens is
decided by then.
"""

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.storage.places import Server
from bot.texts.sentences import HOST

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
SSL_REQUEST = struct.pack("!II", 8, 80877103)


@asynccontextmanager
async def answering(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]],
) -> AsyncIterator[int]:
    """A server at a port of this machine."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1") as server:
        yield server.sockets[0].getsockname()[1]


async def told(port: int, options: str = "", host: str = "127.0.0.1") -> str:
    """The sentence about a server, which nobody can connect to."""
    server = Server(f"postgresql://ann:swordfish@{host}:{port}/tavern{options}")
    with pytest.raises(StorageError) as caught:
        await Database.open(server, exclusive=True)
    error = caught.value
    assert "swordfish" not in f"{error} {error!r} {error.__cause__} {error.facts}"
    return HOST.say(f"{error.family}.{error.kind}", **error.facts).replace(str(port), "1")


def refusing(
    code: str, message: str
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]:
    """A server that says no, without TLS."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await reader.readexactly(8) == SSL_REQUEST:
            writer.write(b"N")
            await reader.read(1024)
        fields = b"".join(
            f"{name}{text}\0".encode() for name, text in (("S", "FATAL"), ("C", code), ("M", message))
        )
        writer.write(b"E" + struct.pack("!I", len(fields) + 5) + fields + b"\0")
        await writer.drain()

    return answer


@pytest.mark.parametrize(
    ("code", "message", "words"),
    [
        ("28P01", 'password authentication failed for user "ann"', "doesn't accept this name and password (28P01)"),
        ("3D000", 'database "tavern" does not exist', "postgresql://127.0.0.1:1/tavern doesn't exist (3D000)"),
        ("53300", "sorry, too many clients already", "takes no more connections (53300)"),
        ("57P03", "the database system is starting up", "doesn't answer (57P03)"),
        ("42704", 'unrecognized configuration parameter "channel_binding"',
         'storage.url can\'t be understood (unrecognized configuration parameter "channel_binding")'),
        ("22023", 'invalid value for parameter "x": "swordfish"', "storage.url can't be understood (22023)"),
    ],
)  # fmt: skip
async def test_what_the_server_says(code: str, message: str, words: str) -> None:
    async with answering(refusing(code, message)) as port:
        assert words in await told(port)


async def test_nobody_there_and_no_such_name() -> None:
    async with answering(refusing("", "")) as port:
        pass
    assert "postgresql://127.0.0.1:1/tavern doesn't answer (Connect call failed" in await told(port)
    assert "doesn't answer (" in await told(port, host="nowhere.invalid")


async def test_somebody_else_there() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()

    async with answering(answer) as port:
        assert "doesn't answer (" in await told(port)


async def test_a_server_without_tls_where_the_address_asks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with answering(refusing("28P01", "")) as port:
        assert (
            "asks for TLS with postgresql://127.0.0.1:1/tavern, which can't be had (the server offers none)"
            in await told(port, "?sslmode=require")
        )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("?sslmode=verify-full", "(no root certificate at ~/.postgresql/root.crt)"),
        ("?sslmode=verify-ca", "(no root certificate at ~/.postgresql/root.crt)"),
        ("?sslmode=verify-full&sslrootcert=/nowhere/root.crt", "(sslrootcert: No such file or directory)"),
        ("?sslmode=require&sslcert=/nowhere/a.crt", "(sslcert: No such file or directory)"),
        ("?sslmode=require&sslcert={junk}&sslkey=/nowhere/a.key", "(sslkey: No such file or directory)"),
        ("?sslmode=verify-full&sslrootcert={junk}", "which can't be had (NO_CERTIFICATE_OR_CRL_FOUND)"),
        ("?sslmode=require&sslcert={junk}&sslkey={junk}", "which can't be had (a file is no certificate or key)"),
        ("?sslmode=nonsense", "can't be understood (`sslmode` parameter must be one of: disable, allow"),
        ("?ssl_min_protocol_version=swordfish&sslmode=require", "can't be understood (its form is wrong)"),
    ],
)  # fmt: skip
async def test_what_an_address_names_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, words: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "junk").write_text("junk")
    assert words in await told(9, options.format(junk=tmp_path / "junk"))


def certificate_for(name: str, folder: Path) -> None:
    """A key, and a certificate that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pem = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, pem, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(private)


async def test_a_server_that_is_not_who_it_should_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("other.example", "stranger.example"):
        certificate_for(name, tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "other.example.crt", tmp_path / "other.example.key")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"S")
        await writer.start_tls(context)
        await reader.read(1024)

    async with answering(answer) as port:
        by_its_own, by_another = [
            await told(port, f"?sslmode=verify-full&sslrootcert={tmp_path}/{name}.crt", host="localhost")
            for name in ("other.example", "stranger.example")
        ]
    assert by_its_own.startswith(
        "postgresql://localhost:1/tavern couldn't show that it is the right server: Hostname mismatch, certificate is not valid for 'localhost'."
    )
    assert by_another.startswith(
        "postgresql://localhost:1/tavern couldn't show that it is the right server: self-signed certificate."
    )
