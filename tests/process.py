"""The real `python -m bot run`, a process of its own between both stand-ins, set up by its environment alone."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from subprocess import STDOUT
from typing import Self

from tests.standins.discord_wire import Channel, WireDiscord
from tests.standins.m2her import M2her
from tests.starts import PLAIN, ROOT, Running, Start

KEY = "sk-api-between-the-stand-ins"
"""M2-her's key, to be given to the stand-in too; it must not be seen anywhere."""


class Process:
    """A bot that runs in `folder`, where its personas are and its database will be.

    `module` is what is started; a bench has one that measures while it runs `bot`, and is always `real`.
    """

    module = "bot"
    real = False

    def __init__(self, folder: Path, world: WireDiscord, m2her: M2her, *bound: Channel) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "ignore::DeprecationWarning",
            "DISCORD_TOKEN": world.token,
            "DRAMATIS_DISCORD__API_BASE": world.api_base,
            "DRAMATIS_DISCORD__GATEWAY": world.gateway,
            "MINIMAX_API_KEY": KEY,
            "DRAMATIS_MODEL__BASE_URL": m2her.base_url,
            "DRAMATIS_DEFAULT_PERSONA": "marlow",
            "DRAMATIS_DEFAULTS__FACE": "bot",
            "DRAMATIS_LIMITS__REPLIES_PER_MINUTE": "0",  # here an evening takes seconds
            "DRAMATIS_CHANNELS": json.dumps({str(channel.id): {"persona": "marlow"} for channel in bound}),
        }
        self.lines: list[str] = []
        self._changed = asyncio.Event()
        self._process: Running | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def output(self) -> str:
        """All it has written, of every start."""
        return "\n".join(self.lines)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self, *, real: bool = False, **environment: str) -> None:
        """Start it, with more variables; `real` has it be an interpreter of its own."""
        start = Start(
            ("run",), self.folder, self.environment | environment, stderr=STDOUT, module=self.module
        )
        self._process = await replace(start, real=real or self.real).begin()
        self._reading = asyncio.create_task(self._read(self._process.stdout))

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Give another command beside it; return the exit code and what it wrote on both outputs."""
        process = await Start(words, self.folder, self.environment).begin()
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    async def _read(self, output: asyncio.StreamReader | None) -> None:
        assert output is not None
        async for line in output:
            self.lines.append(line.decode().rstrip())
            self._changed.set()
            self._changed = asyncio.Event()

    async def says(self, words: str, seconds: float = 60) -> None:
        """Wait until it has written some words."""
        try:
            async with asyncio.timeout(seconds):
                while words not in self.output:
                    await self._changed.wait()
        except TimeoutError:
            raise TimeoutError(f"{words!r} does not stand in:\n{self.output}") from None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self, seconds: float = 60) -> int:
        """Wait for its end; return the exit code, negative for the signal that ended it."""
        assert self._process is not None
        assert self._reading is not None
        code = await asyncio.wait_for(self._process.wait(), seconds)
        await self._reading
        return code

    async def kill(self) -> None:
        """End it as kill -9 does, if it runs."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self.ended()

    def stored(self, sql: str) -> list[tuple[object, ...]]:
        """Look into its database."""
        with reading(self.folder / "data" / "dramatis.sqlite3") as database:
            return database.execute(sql).fetchall()


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        yield database
    finally:
        database.close()


@asynccontextmanager
async def evening(
    folder: Path,
    personas: Mapping[str, str],
    *,
    scale: float = 1.0,
    message_content: bool = True,
    exact: bool = False,
) -> AsyncIterator[tuple[WireDiscord, M2her, Process]]:
    """Put up both stand-ins and a bot between them, bound to the world's channel, not started yet.

    `exact` lets it count with the extra of that name, if it is installed here.
    """
    (folder / "personas").mkdir()
    for key, text in personas.items():
        (folder / "personas" / f"{key}.yaml").write_text(text, encoding="utf-8")
    async with (
        M2her(key=KEY) as m2her,
        WireDiscord(scale=scale, message_content=message_content) as world,
        Process(folder, world, m2her, world.channel) as process,
    ):
        if not exact:
            process.environment["PYTHONPATH"] = PLAIN
        yield world, m2her, process
    assert world.unknown_routes == []
