"""What is seen over HTTP: the three addresses, by real requests; and the names that alerts and dashboard use."""

import asyncio
import errno
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.core.telemetry import Counted, Level, Timed, telemetry
from bot.files.yamlfile import read_file
from bot.ops.facts import Facts, Seat
from bot.ops.metrics import Metrics
from bot.ops.opening import CannotBeSeen, missing, seen
from bot.ops.server import CannotListen, listening
from bot.texts.sentences import HOST
from tests.process import evening
from tests.standins.discord_wire import WireDiscord
from tests.tavern import MARLOW

ROOT = Path(__file__).parent.parent.parent
LOCAL = "127.0.0.1"


@dataclass
class Bot:
    """What a bot would say of itself."""

    shards: Mapping[int, float | None] | None = field(default_factory=lambda: {0: 0.04, 1: 0.05})
    age: float = 3.0
    draining: bool = False
    deaf: bool = False
    owed: Sequence[float] = (2.0, 61.5)
    broken: Exception | None = None

    def facts(self) -> Facts:
        async def owed() -> Sequence[float]:
            if self.broken is not None:
                raise self.broken
            return self.owed

        return Facts(
            version="1.2.3",
            shards=lambda: self.shards,
            seat=lambda: Seat(leases=2, shards=5, processes=3, leads=True),
            beat_age=lambda: self.age,
            is_draining=lambda: self.draining,
            is_deaf=lambda: self.deaf,
            owed=owed,
            streams=lambda: 3,
            windows=lambda: {"bot": 0.5},
        )


@dataclass
class Door:
    """The way in."""

    http: aiohttp.ClientSession
    port: int

    async def get(self, path: str, method: str = "GET") -> tuple[int, str]:
        async with self.http.request(method, f"http://{LOCAL}:{self.port}{path}") as answer:
            return answer.status, await answer.text()


@asynccontextmanager
async def door(bot: Bot) -> AsyncIterator[Door]:
    async with listening(LOCAL, 0, bot.facts(), 90) as port, aiohttp.ClientSession() as http:
        yield Door(http, port)


async def test_a_bot_that_plays_is_healthy_and_ready() -> None:
    async with door(Bot()) as there:
        assert await there.get("/healthz") == (200, "ok\n")
        assert await there.get("/readyz") == (200, "ok\n")


async def test_what_is_wrong_is_named() -> None:
    bot = Bot()
    async with door(bot) as there:
        bot.age = 90.4
        assert await there.get("/healthz") == (503, "no heartbeat for 90 s\n")
        bot.shards = {0: 0.04, 7: None}
        bot.draining = True
        bot.broken = OSError("alice wrote this in the secret channel")
        said = "stopping\nshard 7 isn't ready\nthe database doesn't answer\n"
        assert await there.get("/readyz") == (503, said)
        telemetry.count(Counted.STORAGE_ERRORS, "io")
        status, text = await there.get("/metrics")
        lines = {"dramatis_turns_owed NaN", 'dramatis_storage_errors_total{kind="io"} 1.0'}
        assert (status, lines <= set(text.splitlines())) == (200, True)
        bot.shards, bot.draining, bot.broken = None, False, None
        assert await there.get("/readyz") == (503, "not connected yet\n")
        bot.deaf = True  # it has no others before it is connected
        assert await there.get("/readyz") == (503, "not connected yet\n")
        bot.shards = {3: 0.04}
        assert await there.get("/readyz") == (503, "the other processes aren't heard\n")


async def test_a_process_to_which_the_others_leave_no_shard_is_ready_to_take_one() -> None:
    bot = Bot(shards={})
    async with door(bot) as there:
        assert await there.get("/readyz") == (200, "ok\n")
        bot.deaf = True
        assert await there.get("/readyz") == (503, "the other processes aren't heard\n")


async def test_nothing_else_is_there_and_nothing_can_be_changed() -> None:
    async with door(Bot()) as there:
        for path in ("/", "/metrics/", "/debug", "/..", "/healthz/x"):
            assert (await there.get(path))[0] == 404
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert (await there.get("/metrics", method))[0] == 405
        assert (await there.get("/metrics", "HEAD")) == (200, "")


async def test_metrics_have_what_was_reported_and_what_is_read() -> None:
    async with door(Bot()) as there:
        telemetry.count(Counted.REPLIES, "done")
        telemetry.count(Counted.REPLIES, "done")
        telemetry.count(Counted.TOKENS, "read", by=1200)
        telemetry.count(Counted.DISCORD_INVALID)
        telemetry.count(Counted.TAKEOVERS, "dead")
        telemetry.time(Timed.FINAL_DELAY, 0.04, "webhook")
        telemetry.time(Timed.TRANSACTION, 0.003)
        telemetry.level(Level.IDENTIFIES_LEFT, 998)
        status, text = await there.get("/metrics")
    assert status == 200
    lines = set(text.splitlines())
    assert {
        'dramatis_replies_total{ending="done"} 2.0',
        'dramatis_tokens_total{direction="read"} 1200.0',
        "dramatis_discord_invalid_requests_total 1.0",
        'dramatis_final_delay_seconds_bucket{face="webhook",le="0.05"} 1.0',
        'dramatis_final_delay_seconds_bucket{face="webhook",le="0.025"} 0.0',
        'dramatis_storage_transaction_seconds_bucket{le="0.005"} 1.0',
        "dramatis_identifies_remaining 998.0",
        'dramatis_shard_up{shard="1"} 1.0',
        'dramatis_shard_latency_seconds{shard="1"} 0.05',
        "dramatis_shard_leases 2.0",
        "dramatis_shards 5.0",
        "dramatis_processes 3.0",
        "dramatis_leader 1.0",
        'dramatis_takeovers_total{from="dead"} 1.0',
        "dramatis_turns_owed 2.0",
        "dramatis_turns_owed_oldest_seconds 61.5",
        "dramatis_reply_streams 3.0",
        'dramatis_discord_window_used_ratio{scope="bot"} 0.5',
        'dramatis_build_info{version="1.2.3"} 1.0',
    } <= lines


async def test_a_shard_that_was_given_up_is_not_shown_anymore() -> None:
    bot = Bot()
    async with door(bot) as there:
        await there.get("/metrics")
        bot.shards = {1: None}
        _, text = await there.get("/metrics")
    assert re.findall(r"^dramatis_shard_\w+{.*", text, re.MULTILINE) == ['dramatis_shard_up{shard="1"} 0.0']


def test_without_a_watcher_a_report_goes_nowhere() -> None:
    assert not telemetry.is_watched
    telemetry.count(Counted.REPLIES, "done")  # no metric is there that could take it


def test_each_report_has_a_metric_and_each_metric_a_name_by_the_conventions() -> None:
    metrics = Metrics("1.2.3")
    for counted in Counted:
        metrics.counted(counted, tuple("x" for _ in metrics._counts[counted]._labelnames), 1)
    for timed in Timed:
        metrics.timed(timed, tuple("x" for _ in metrics._times[timed]._labelnames), 1)
    for level in Level:
        metrics.stands(level, 1)
    for name in metrics.names:
        assert re.fullmatch(r"dramatis_[a-z]+(_[a-z]+)*", name), name
    labels = {
        label for each in (*metrics._counts.values(), *metrics._times.values()) for label in each._labelnames
    }
    assert labels == {"ending", "kind", "status", "outcome", "direction", "face", "from"}  # no ids


# Opening ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bot", "told"),
    [
        (Bot(shards=None), "connecting to Discord"),
        (Bot(shards={0: 0.04, 3: None}), "1 of 2 shard(s) connected; other processes have 3"),
        (Bot(shards=dict.fromkeys(range(5), 0.04)), "5 of 5 shard(s) connected"),
        (Bot(shards={}), "waiting: other processes have all 5 shard(s)"),
        (Bot(draining=True), "stopping"),
    ],
)
async def test_systemctl_status_shows_what_becomes_of_the_shards(tmp_path: Path, bot: Bot, told: str) -> None:
    async with (
        systemd(tmp_path) as (address, heard),
        seen(None, bot.facts(), asyncio.Event(), stale=90, environ={"NOTIFY_SOCKET": address}),
    ):
        while not (said := await heard()).startswith("STATUS="):
            pass
    assert said == f"STATUS={told}"


async def cannot(address: tuple[str, int]) -> str:
    """Open an address that can't be opened, and return what is said; systemd hears nothing of it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0dramatis-test-{os.getpid()}")
        ear.setblocking(False)
        environ = {"NOTIFY_SOCKET": f"@dramatis-test-{os.getpid()}"}
        with pytest.raises(CannotBeSeen) as caught:
            async with seen(address, Bot().facts(), asyncio.Event(), stale=90, environ=environ):
                pass
        with pytest.raises(BlockingIOError):
            ear.recv(100)
    return str(caught.value).removeprefix("ops.listen can't be opened at ")


async def test_an_address_that_somebody_has_is_named() -> None:
    async with listening(LOCAL, 0, Bot().facts(), 90) as port:
        assert await cannot((LOCAL, port)) == (
            f"127.0.0.1:{port}, because another program uses that port: choose another one, or stop the program"
        )


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("192.0.2.1", "192.0.2.1:9108"),
        ("fe80::1", "[fe80::1]:9108"),
        ("::ffff:192.0.2.1", "[::ffff:192.0.2.1]:9108"),
    ],
)
async def test_an_address_that_this_computer_does_not_have_is_not_called_taken(host: str, shown: str) -> None:
    assert await cannot((host, 9108)) == (
        f"{shown}, because this computer has no such address: use 127.0.0.1, or an address that it has"
    )


async def test_a_name_that_nobody_knows_is_called_so() -> None:
    said = await cannot(("nobody-has-this.invalid", 9108))
    assert said.startswith("nobody-has-this.invalid:9108, because nobody knows that name (")
    assert said.endswith("): write an address, such as 127.0.0.1")


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "because the bot's account may not (Permission denied): choose a port above 1023"),
        (
            errno.EAFNOSUPPORT,
            "because this computer has no addresses of that kind (Address family not supported by protocol)",
        ),
        (errno.ENOBUFS, "(No buffer space available): choose another address, or leave ops.listen out"),
    ],
)
def test_each_other_reason_has_its_advice(number: int, said: str) -> None:
    found = CannotListen(OSError(number, os.strerror(number)))
    sentence = HOST.say(f"ops.{found.fault}", address="127.0.0.1:80", reason=found)
    assert said in sentence


async def test_what_has_to_be_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    assert missing() is not None
    with pytest.raises(CannotBeSeen, match="prometheus-client isn't installed: install it with"):
        async with seen((LOCAL, 0), Bot().facts(), asyncio.Event(), stale=90, environ={}):
            pass
    async with seen(None, Bot().facts(), asyncio.Event(), stale=90, environ={}):  # it is not wanted
        assert not telemetry.is_watched


# Alerts and dashboard ---------------------------------------------------------------------------


def used(expressions: list[str]) -> set[str]:
    return {name for each in expressions for name in re.findall(r"\bdramatis_\w+", each)}


def alerts() -> list[dict[str, Any]]:
    (group,) = read_file(ROOT / "ops" / "alerts.yaml").data["groups"]
    rules: list[dict[str, Any]] = group["rules"]
    return rules


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((ROOT / "ops" / "grafana.json").read_text(encoding="utf-8"))[
        "panels"
    ]
    return found


def test_alerts_and_dashboard_name_metrics_that_exist_and_the_page_names_all() -> None:
    there = set(Metrics("1.2.3").names)
    shown = used([target["expr"] for panel in panels() for target in panel["targets"]])
    watched = used([rule["expr"] for rule in alerts()])
    assert shown | watched <= there
    page = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    of_page = set(re.findall(r"`(dramatis_\w+)", page))
    bare = {re.sub(r"_(bucket|count|sum)$", "", name) for name in there}
    assert of_page == bare
    assert all(rule["alert"] in page for rule in alerts())


def test_the_dashboards_panels_do_not_overlap() -> None:
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()}
    assert len(panels()) == len(places) == len({panel["id"] for panel in panels()})
    assert {panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in panels()} == {8, 16, 24}


@pytest.mark.parametrize(
    "words", [("check", "ops/alerts.yaml"), ("test", "tests/ops/alerts.yaml")], ids=lambda words: words[0]
)
def test_prometheus_has_nothing_against_the_alerts_and_raises_them_when_due(words: tuple[str, str]) -> None:
    judge, (what, file) = shutil.which("promtool"), words
    if judge is None:
        assert "TESTS_NEED_PROMTOOL" not in os.environ
        pytest.skip("there is no promtool here (Debian's package prometheus) to judge ops/alerts.yaml")
    ended = subprocess.run([judge, what, "rules", ROOT / file], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr


# The real process -------------------------------------------------------------------------------


async def test_a_rolling_stop_says_no_begins_nothing_and_lets_the_running_reply_end(tmp_path: Path) -> None:
    async with (
        evening(tmp_path, {"marlow": MARLOW}) as (world, m2her, process),
        aiohttp.ClientSession() as http,
        systemd(tmp_path) as (address, heard),
    ):
        await process.start(
            DRAMATIS_OPS__LISTEN="127.0.0.1:0", DRAMATIS_OPS__LOG="json", NOTIFY_SOCKET=address
        )
        while await heard() != "READY=1":
            pass
        await process.says("metrics and health are answered at 127.0.0.1:")
        port = re.search(r"answered at 127\.0\.0\.1:(\d+)", process.output)
        assert port is not None
        there = Door(http, int(port[1]))
        assert await there.get("/readyz") == (200, "ok\n")
        alone = re.findall(
            r"^dramatis_(?:shard_leases|shards|processes|leader) .*",
            (await there.get("/metrics"))[1],
            re.MULTILINE,
        )
        assert [line.split()[1] for line in alone] == ["1.0"] * 4
        gate = asyncio.Event()
        m2her.say("One last ", gate, "round.")
        ask(world, "Alice", "one more")
        await world.wait_for(lambda: "One last" in texts(world))
        process.signal(signal.SIGTERM)
        while (told := await heard()).startswith("STATUS="):
            pass
        assert told == "STOPPING=1"
        assert await there.get("/readyz") == (503, "stopping\n")
        assert (await there.get("/healthz"))[0] == 200
        ask(world, "Bob", "me too")
        gate.set()
        assert await process.ended() == 0
        assert texts(world) == ["One last round."]
        m2her.say("And one for Bob.")
        await process.start(DRAMATIS_OPS__LOG="json")
        await world.wait_for(lambda: texts(world) == ["One last round.", "And one for Bob."])
        lines = [json.loads(line) for line in process.lines]
        assert all(line.keys() == {"time", "level", "logger", "message", "process"} for line in lines), (
            process.output
        )
        assert "one more" not in process.output
        assert world.token not in process.output


@asynccontextmanager
async def systemd(folder: Path) -> AsyncIterator[tuple[str, Callable[[], Awaitable[str]]]]:
    """Listen as systemd does; yield where, and what hears the next message."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(folder / "notify"))
        ear.setblocking(False)

        async def heard() -> str:
            hearing = asyncio.get_running_loop().sock_recv(ear, 100)
            return (await asyncio.wait_for(hearing, 60)).decode()

        yield ear.getsockname(), heard


def ask(world: WireDiscord, name: str, text: str) -> None:
    world.say(world.add_member(name), world.channel, f"{world.bot.mention} {text}", ping=True)


def texts(world: WireDiscord) -> list[str]:
    """What the persona has said: neither its card nor small print, nor that the bot restarts."""
    found = [post.content for post in world.posts(world.channel)]
    return [text for text in found if text and not text.startswith(("-#", "The bot is restarting."))]
