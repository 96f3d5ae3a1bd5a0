"""New sessions: what Discord allows of them, and the gate through which each shard's IDENTIFY goes.

Law: the rules are in `core.sharding`. Discord is asked once for all shards that were lost at the same time.
No IDENTIFY of a key goes within five seconds of the last, whichever client sends it.
"""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import aiohttp
import discord

from bot.core.sharding import IDENTIFY_PAUSE, IDENTIFY_SPACING, key_of, pause_before_identify, reserve
from bot.core.telemetry import Level, telemetry
from bot.storage.cluster import Cluster
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Advice:
    """What Discord says of new sessions.

    Attributes:
        shards: how many shards the bot is to have.
        concurrency: how many sessions may begin within five seconds, each of another key.
        message_content: whether the message-content intent is granted; asked for without, it ends a session.
    """

    shards: int
    concurrency: int
    message_content: bool


class TooManyShards(Exception):  # noqa: N818 - says what is wrong
    """More shards than a day has sessions for: Discord would reset the token after the last."""


class Identifying:
    """The gate for all clients of a process."""

    def __init__(
        self,
        token: str,
        sleep: Callable[[float], Coroutine[None, None, None]],
        clock: Callable[[], float],
        trace: Callable[[], aiohttp.TraceConfig],
        cluster: Cluster,
    ) -> None:
        """Ask with `token`; `clock` returns seconds, `trace` the tracing by which requests are counted.

        The processes of `cluster` begin their sessions one after another.
        """
        self._token = token
        self._sleep = sleep
        self._clock = clock
        self._trace = trace
        self._cluster = cluster
        self._asking = asyncio.Lock()
        self._asked_at = -math.inf
        self._found: Advice | Exception | None = None
        self._concurrency = 1
        self._last: dict[int, float] = {}
        self._gates: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._lines: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def advice(self, wanted: int | None, after: float = -math.inf) -> Advice:
        """Return what Discord has said later than `after`; it is asked if it has not.

        If hardly any of the day's sessions are left, this waits until there are more. `wanted` is how many
        shards are to begin, None for as many as Discord says.

        Raises:
            discord.LoginFailure: Discord rejects the token.
            Exception: Discord cannot be asked; all that waited for the same answer get the same error.
        """
        async with self._asking:
            if self._found is None or self._asked_at <= after:
                try:
                    self._found = await self._ask(wanted)
                except Exception as error:  # noqa: BLE001 - it is raised below
                    self._found = error
                self._asked_at = self._clock()
            if isinstance(self._found, Exception):
                raise self._found
            return self._found

    def line(self, number: int) -> asyncio.Lock:
        """Return what a shard holds from before it connects until its session begins.

        The library gives up a connection whose IDENTIFY waits for a minute, so shards of one key come one
        after another.
        """
        return self._lines[key_of(number, self._concurrency)]

    async def enter(self, number: int) -> None:
        """Wait until a shard may send IDENTIFY, which counts as sent then."""
        key = key_of(number, self._concurrency)
        async with self._gates[key]:
            if pause := pause_before_identify(self._last.get(key), self._clock()):
                await self._sleep(pause)
            while pause := await self._cluster.window(f"identify:{key}", 1, IDENTIFY_SPACING):
                await self._sleep(pause)
            self._last[key] = self._clock()

    async def _ask(self, wanted: int | None) -> Advice:
        while True:
            advice, left, seconds = await self._look(wanted)
            if left >= reserve(wanted or advice.shards):
                return advice
            seconds = max(seconds, IDENTIFY_PAUSE)
            log.warning(HOST.say("host.identify_budget", seconds=seconds))
            await self._sleep(seconds)

    async def _look(self, wanted: int | None) -> tuple[Advice, int, float]:
        """Return what Discord says, how many sessions are left, and the seconds until there are all again.

        Raises:
            TooManyShards: a day has too few sessions for them.
        """
        # This client never connects; without the guilds intent the library would log a warning.
        async with discord.Client(intents=discord.Intents(guilds=True), http_trace=self._trace()) as probe:
            await probe.login(self._token)
            flags = probe.application_flags
            shards, _, limit = await probe.http.get_bot_gateway()
        self._concurrency = limit["max_concurrency"]
        telemetry.level(Level.IDENTIFIES_LEFT, limit["remaining"])
        shards = max(1, shards)  # with none it would seem to be alive, and hear nothing
        count, total = wanted or shards, limit["total"]
        if reserve(count) > total:
            raise TooManyShards(HOST.say("host.too_many_shards", count=count, total=total))
        granted = flags.gateway_message_content or flags.gateway_message_content_limited
        advice = Advice(shards, self._concurrency, granted)
        return advice, limit["remaining"], limit["reset_after"] / 1000
