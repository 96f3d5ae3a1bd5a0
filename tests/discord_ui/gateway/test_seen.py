"""What `/healthz` and `/readyz` say of the real bot in each state of its life, on a wire-level Discord."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from bot.app import facts_of
from bot.discord_ui.gateway.heartbeats import Heartbeat
from bot.discord_ui.gateway.liveness import BEAT, STALE
from bot.ops.server import listening
from bot.storage.errors import StorageError
from tests.standins.m2her import M2her
from tests.wired import Wired, until, wire

COUNT = 3
LOCAL = "127.0.0.1"
ALIVE = READY = (200, "ok\n")


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        wired.world.sockets.shards = COUNT
        yield wired


@dataclass
class Outside:
    """Somebody who asks the bot."""

    http: aiohttp.ClientSession
    port: int

    async def _get(self, path: str) -> tuple[int, str]:
        async with self.http.get(f"http://{LOCAL}:{self.port}{path}") as answer:
            return answer.status, await answer.text()

    async def health(self) -> tuple[int, str]:
        return await self._get("/healthz")

    async def readiness(self) -> tuple[int, str]:
        return await self._get("/readyz")

    async def says(self, readiness: tuple[int, str]) -> None:
        """Wait until the bot says this of its readiness."""

        async def so() -> bool:
            return await self.readiness() == readiness

        await until(so, 10)

    async def up(self) -> list[str]:
        _, text = await self._get("/metrics")
        return [line[-3:] for line in text.splitlines() if line.startswith("dramatis_shard_up{")]


async def test_what_is_said_is_true_in_every_state(wired: Wired) -> None:
    sockets = wired.world.sockets
    await wired.start(connected=False)
    service, stop = wired.service, asyncio.Event()
    heartbeat = Heartbeat(service)

    def pass_(seconds: float) -> None:
        service.beat_at -= seconds
        heartbeat.beat()

    async with (
        listening(LOCAL, 0, facts_of(service, service.story, stop), STALE) as port,
        aiohttp.ClientSession() as http,
    ):
        outside = Outside(http, port)
        # Before Discord has said anything, which may take for ever.
        sockets.refuse(10**6)
        assert await outside.readiness() == (503, "not connected yet\n")
        assert await outside.health() == ALIVE
        pass_(STALE + 5)
        assert await outside.health() == (503, "no heartbeat for 95 s\n")
        # Shards, of which none gets a connection.
        await outside.says((503, "shard 0 isn't ready\nshard 1 isn't ready\nshard 2 isn't ready\n"))
        assert await outside.up() == ["0.0"] * COUNT
        sockets.refuse(0)
        await outside.says(READY)
        pass_(0)
        assert await outside.health() == ALIVE

        # A heartbeat that was answered before the library had noted that it was sent.
        keeping = wired.latest[0].ws._keep_alive
        assert keeping is not None
        keeping.latency = sockets.heartbeat_interval + 0.25
        assert service.shards.states()[0].latency == 0.25
        pass_(STALE)
        assert await outside.health() == ALIVE

        # A connection that the library has lost, and looks for.
        sockets.refuse(10**6)
        sockets.drop(shard=1)
        await outside.says((503, "shard 1 isn't ready\n"))
        pass_(BEAT)
        assert await outside.health() == ALIVE
        pass_(STALE)
        assert await outside.health() == (503, "no heartbeat for 105 s\n")
        sockets.refuse(0)
        await outside.says(READY)
        # A shard whose client has ended, until the next one is there.
        wired.pauses.over.clear()
        sockets.close(4013, shard=2)
        await outside.says((503, "shard 2 isn't ready\n"))
        wired.pauses.over.set()
        await outside.says(READY)
        pass_(0)

        # It stops, and its story is lost: both are said.
        stop.set()
        assert await outside.readiness() == (503, "stopping\n")
        (wired.folder / "story.sqlite3").unlink()
        with pytest.raises(StorageError):
            await wired.database.check()
        assert await outside.readiness() == (503, "stopping\nthe database doesn't answer\n")
        assert await outside.health() == ALIVE
