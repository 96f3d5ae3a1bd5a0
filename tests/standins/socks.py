"""A SOCKS 5 proxy on a real socket that takes every host for one server (RFC 1928, RFC 1929)."""

import asyncio
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

NO_PASSWORD, PASSWORD = 0, 2


class Socks:
    """Relays each connection to one server, and notes which host was asked for.

    Attributes:
        asked: the hosts and ports, in order.
        passwords: what was given as user and password.
    """

    def __init__(self, server: str, *, wants_password: bool = False) -> None:
        self._server = urlsplit(server)
        self._method = PASSWORD if wants_password else NO_PASSWORD
        self.asked: list[str] = []
        self.passwords: list[str] = []

    async def __aenter__(self) -> Self:
        self._listening = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def text() -> str:
            return (await reader.readexactly((await reader.readexactly(1))[0])).decode()

        with suppress(asyncio.IncompleteReadError, ConnectionError):
            _, methods = await reader.readexactly(2)
            await reader.readexactly(methods)
            writer.write(bytes([5, self._method]))
            if self._method == PASSWORD:
                await reader.readexactly(1)
                self.passwords.append(f"{await text()}:{await text()}")
                writer.write(bytes([1, 0]))
            await reader.readexactly(3)
            assert await reader.readexactly(1) == bytes([3]), "asked for an address, not a name"
            self.asked.append(f"{await text()}:{int.from_bytes(await reader.readexactly(2), 'big')}")
            there, back = await asyncio.open_connection(self._server.hostname, self._server.port)
            writer.write(bytes([5, 0, 0, 1]) + bytes(6))
            await asyncio.gather(_pipe(reader, back), _pipe(there, writer))


class Garbled(Socks):
    """Sends its pieces as they are, one for each message that comes, and hangs up: no SOCKS proxy."""

    def __init__(self, *pieces: bytes) -> None:
        super().__init__("")
        self._pieces = pieces
        self._serving: set[asyncio.Task[Any] | None] = set()

    async def __aexit__(self, *_: object) -> None:
        await super().__aexit__()
        serving = [task for task in self._serving if task is not None]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.current_task())
        try:
            for piece in self._pieces:
                await reader.read(1024)
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()
