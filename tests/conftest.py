"""Shared fixtures: the real bot between a simulated Discord and M2-her's stand-in; and how tests are spread over the cores."""

import faulthandler
import gc
import os
import sys
import time
from collections.abc import AsyncIterator, Generator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests import postgres, starts
from tests.standins.discord_wire.openapi import ELSEWHERE, description
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern

CLOCKED = frozenset(
    {
        "tests/discord_ui/posting/test_pace.py",
        "tests/discord_ui/posting/test_rate_limits.py",
        "tests/discord_ui/replies/test_live.py",
        "tests/discord_ui/replies/test_soak.py",
        "tests/files/test_watching.py",
        "tests/personas/test_reloading.py",
        "tests/test_changes.py",
        "tests/test_life.py",
        "tests/test_live_bench.py",
        "tests/test_prompt_command.py",
    }
)
"""Files whose tests go by the clock or load the whole machine: with several workers, one of them runs them all."""

WIRED = ("tests/discord_ui/", "tests/standins/")
"""Where the tests are that hold what the bot asks of Discord against Discord's OpenAPI description."""

UNCHECKED = (
    "Without Discord's OpenAPI description no request of these tests was held against it. Download "
    f"specs/openapi.json of github.com/discord/discord-api-spec and set {ELSEWHERE} to its path."
)

settings.register_profile(
    "patient",
    settings.default,
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("patient")  # other work on the machine must not fail a property
settings.register_profile("quick", settings.get_profile("patient"), max_examples=20)
settings.register_profile("fuzz", settings.get_profile("patient"), max_examples=20_000)
"""What `make quick` goes by: fewer examples of each property than the fifty that `make test` tries; and `make fuzz`: far more."""


class OneWorkerAFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives a file's tests to one worker, in their order; those of `CLOCKED` all to one, as its first.

    The last files come next: they start processes. What is short is left for the end, which all workers reach together.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "clocked" if file in CLOCKED else file

    def _assign_work_unit(self, node: WorkerController) -> None:
        first = "clocked" if "clocked" in self.workqueue else next(reversed(self.workqueue))
        self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneWorkerAFile:
    return OneWorkerAFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Have a worker more than cores: some tests wait for a process, or for the system's word of a file."""
    return (yield) + 1


class Watchdog:
    """Ends a run in which a test hangs, with where it does, before CI's own limit says nothing at all.

    pytest's own would start a thread for each test.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._file = os.dup(2)
        self._set_at = 0.0

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        if (now := time.monotonic()) > self._set_at + 10:
            self._set_at = now
            faulthandler.dump_traceback_later(self._seconds, exit=True, file=self._file)

    def pytest_enter_pdb(self) -> None:
        faulthandler.cancel_dump_traceback_later()

    def pytest_sessionfinish(self) -> None:
        faulthandler.cancel_dump_traceback_later()
        os.close(self._file)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("hanging", "seconds after which a test hangs, 0 for never", default="240")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Have a worker tell of nothing but how a test went: to tell of each of its steps takes as long as a short test."""
    if not hasattr(item.config, "workerinput") or item.config.option.durations is not None:
        return None
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed or report.sections:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


def pytest_configure(config: pytest.Config) -> None:
    gone = [file for file in sorted(CLOCKED) if not (config.rootpath / file).exists()]
    if gone:
        raise pytest.UsageError(f"tests/conftest.py names files that are not there: {', '.join(gone)}")
    if seconds := float(config.getini("hanging")):
        config.pluginmanager.register(Watchdog(seconds))
    starts.fork()
    gc.disable()  # nothing of what is collected is garbage


def pytest_sessionstart(session: pytest.Session) -> None:
    """Have each worker import a part of the files that all will collect: the first to do so prepares their asserts."""
    config = session.config
    if hasattr(config, "workerinput") and config.args_source is config.ArgsSource.TESTPATHS:
        own, all_of_them = (
            int(os.environ["PYTEST_XDIST_WORKER"][2:]),
            int(os.environ["PYTEST_XDIST_WORKER_COUNT"]),
        )
        for path in sorted((config.rootpath / "tests").rglob("test_*.py"))[own::all_of_them]:
            with suppress(Exception):  # which collecting it says
                import_module(".".join(path.relative_to(config.rootpath).with_suffix("").parts))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what was collected out of each later `gc.collect()`: thousands of tests are half a second's work."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, after tests that talk to Discord's stand-in, that nothing judged what was asked of it."""
    reports = (report for kind in terminalreporter.stats.values() for report in kind)
    wired = any(getattr(report, "nodeid", "").startswith(WIRED) for report in reports)
    if wired and description() is None:
        terminalreporter.section("requests to Discord were not checked")
        terminalreporter.write_line(UNCHECKED)


def pytest_unconfigure(config: pytest.Config) -> None:
    starts.end()
    if not hasattr(config, "workerinput"):  # the others may still use it
        postgres.stop(os.getpid())


@pytest.fixture
async def m2her() -> AsyncIterator[M2her]:
    """M2-her's stand-in on a real socket, answering whatever no test has scripted."""
    async with M2her() as server:
        yield server


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process be that of a host without the extra `[exact]`, whose table takes half a second to read."""
    monkeypatch.setitem(sys.modules, "tokenizers", None)


@pytest.fixture
async def tavern(m2her: M2her, tmp_path: Path) -> AsyncIterator[Tavern]:
    """A server with a bound channel and people in it; see `tests/tavern.py`."""
    async with open_tavern(m2her, tmp_path) as tavern:
        yield tavern
