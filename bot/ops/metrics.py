"""The metrics, by Prometheus' conventions (its page "Metric and label naming").

Law: each name is here once, with its labels, whose values are words of ours or numbers of shards. Reports are
counted as they come, facts are read at a scrape. A scrape shows this registry and nothing else.
"""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.core.telemetry import Counted, Level, Timed
from bot.ops.facts import Facts, Seat

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_COUNTS: Final[Mapping[Counted, tuple[str, str, tuple[str, ...]]]] = {
    Counted.REPLIES: ("dramatis_replies", "Replies of personas by how they ended", ("ending",)),
    Counted.DISCORD_REQUESTS: (
        "dramatis_discord_requests",
        "Requests that Discord answered",
        ("kind", "status"),
    ),
    Counted.DISCORD_INVALID: (
        "dramatis_discord_invalid_requests",
        "Answers 401, 403 and 429, of which Discord takes 10,000 in ten minutes",
        (),
    ),
    Counted.MODEL_REQUESTS: ("dramatis_model_requests", "Requests to the model by outcome", ("outcome",)),
    Counted.TOKENS: ("dramatis_tokens", "Tokens that the model read and wrote", ("direction",)),
    Counted.DOLLARS: ("dramatis_cost_dollars", "What the model cost, in US dollars", ()),
    Counted.STORAGE_ERRORS: ("dramatis_storage_errors", "Failures of the database", ("kind",)),
    Counted.TAKEOVERS: ("dramatis_takeovers", "Shards taken from other processes", ("from",)),
}

_SEAT: Final[Mapping[str, tuple[str, Callable[[Seat], float]]]] = {
    "dramatis_shard_leases": ("Shards that this process has", lambda seat: seat.leases),
    "dramatis_shards": ("Shards that there are for all processes together", lambda seat: seat.shards),
    "dramatis_processes": ("Processes that this one knows of, with itself", lambda seat: seat.processes),
    "dramatis_leader": ("Whether this process does what is done once for all", lambda seat: seat.leads),
}

_REPLY_SECONDS: Final = (0.25, 0.5, 1, 1.5, 2, 3, 5, 8, 13, 21, 60)
_SHORT_SECONDS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
_COMMIT_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2)

_TIMES: Final[Mapping[Timed, tuple[str, str, tuple[str, ...], tuple[float, ...]]]] = {
    Timed.FIRST_TEXT: (
        "dramatis_first_text_seconds",
        "From the request of a reply until its first text is on Discord",
        (),
        _REPLY_SECONDS,
    ),
    Timed.FINAL_DELAY: (
        "dramatis_final_delay_seconds",
        "From the model's last word until it is on Discord",
        ("face",),
        _SHORT_SECONDS,
    ),
    Timed.DISCORD_WAIT: (
        "dramatis_discord_wait_seconds",
        "How long requests waited for Discord's limits",
        ("kind",),
        _SHORT_SECONDS,
    ),
    Timed.MODEL_WAIT: (
        "dramatis_model_wait_seconds",
        "How long requests waited for the limits of the model's endpoint",
        (),
        _SHORT_SECONDS,
    ),
    Timed.MODEL_FIRST: (
        "dramatis_model_first_token_seconds",
        "From a request to the model until its first words",
        (),
        _REPLY_SECONDS,
    ),
    Timed.TRANSACTION: (
        "dramatis_storage_transaction_seconds",
        "From the wish to write until the commit",
        (),
        _COMMIT_SECONDS,
    ),
}

LAG_EVERY: Final = 0.5
"""Seconds between two looks at how late the event loop is."""


class Metrics:
    """The registry, as a watcher of the bot's reports."""

    def __init__(self, version: str) -> None:
        """Register every metric, with the bot's version; a label is there from its first report on."""
        self._registry = registry = CollectorRegistry()
        self._counts = {
            what: Counter(name, about, labels, registry=registry)
            for what, (name, about, labels) in _COUNTS.items()
        }
        self._times = {
            what: Histogram(name, about, labels, buckets=buckets, registry=registry)
            for what, (name, about, labels, buckets) in _TIMES.items()
        }
        self._streams = Gauge("dramatis_reply_streams", "Replies that stream now", registry=registry)
        self._window = Gauge(
            "dramatis_discord_window_used_ratio",
            "The part of Discord's 50 requests a second that this process uses",
            ("scope",),
            registry=registry,
        )
        self._identifies = Gauge(
            "dramatis_identifies_remaining", "New sessions that Discord allows today", registry=registry
        )
        self._up = Gauge("dramatis_shard_up", "Whether a shard is ready", ("shard",), registry=registry)
        self._latency = Gauge(
            "dramatis_shard_latency_seconds",
            "Seconds until the gateway answers a heartbeat",
            ("shard",),
            registry=registry,
        )
        self._seat = [(Gauge(name, about, registry=registry), of) for name, (about, of) in _SEAT.items()]
        self._owed = Gauge("dramatis_turns_owed", "Answers that people wait for", registry=registry)
        self._oldest = Gauge(
            "dramatis_turns_owed_oldest_seconds", "How long the first of them has waited", registry=registry
        )
        self._lag = Histogram(
            "dramatis_loop_lag_seconds",
            "How late the event loop is",
            buckets=_COMMIT_SECONDS[1:],
            registry=registry,
        )
        build = Gauge("dramatis_build_info", "The version that runs", ("version",), registry=registry)
        build.labels(version).set(1)

    def counted(self, what: Counted, labels: tuple[str, ...], by: float) -> None:
        """Take a count."""
        counter = self._counts[what]
        (counter.labels(*labels) if labels else counter).inc(by)

    def timed(self, what: Timed, labels: tuple[str, ...], seconds: float) -> None:
        """Take a length of time."""
        histogram = self._times[what]
        (histogram.labels(*labels) if labels else histogram).observe(seconds)

    def stands(self, what: Level, value: float) -> None:
        """Take a level."""
        assert what is Level.IDENTIFIES_LEFT
        self._identifies.set(value)

    def text(self, facts: Facts, owed: Sequence[float] | None) -> bytes:
        """Return the exposition of now; `owed` is None if the database doesn't answer."""
        self._streams.set(facts.streams())
        for scope, ratio in facts.windows().items():
            self._window.labels(scope).set(ratio)
        self._up.clear()
        self._latency.clear()
        for shard, latency in (facts.shards() or {}).items():
            self._up.labels(str(shard)).set(latency is not None)
            if latency is not None:
                self._latency.labels(str(shard)).set(latency)
        seat = facts.seat()
        for gauge, of in self._seat:
            gauge.set(of(seat))
        self._owed.set(math.nan if owed is None else len(owed))
        self._oldest.set(math.nan if owed is None else max(owed, default=0.0))
        return generate_latest(self._registry)

    @property
    def names(self) -> Iterable[str]:
        """The names of all series, as alerts and dashboards write them."""
        for family in self._registry.collect():
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}
            yield from (family.name + suffix for suffix in suffixes.get(family.type, ("",)))

    @asynccontextmanager
    async def watching_the_loop(self) -> AsyncIterator[None]:
        """Measure meanwhile how late the event loop is."""
        task = asyncio.create_task(self._watch_the_loop(), name="loop lag")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _watch_the_loop(self) -> None:
        while True:
            due = time.monotonic() + LAG_EVERY
            await asyncio.sleep(LAG_EVERY)
            self._lag.observe(max(0.0, time.monotonic() - due))
