"""Real plays through the whole bot: what a turn costs, and whose code the time goes to.

    TMPDIR=/dev/shm python -m bench.play    # about two minutes on two cores; elsewhere the disk counts too

The bot is the real one, on a simulated Discord (simcord) in the same thread. M2-her's stand-in has a thread
of its own and answers at once, SQLite's connections have theirs: so what each costs can be told apart. Every
performance is checked as the test of it is. One more, of half a play, under the profiler, says whose code it
was; profiling makes Python code slower and the rest not, so only its shares mean something, and roughly.
"""

import asyncio
import cProfile
import pstats
import sysconfig
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from bot.core.completion import Message
from bot.core.endpoint.calibration import Calibration
from bot.core.prompting.prompt import size_of
from tests.plays import HAMLET, RICHARD, Casting, Line, carried_on, perform, read_play, window_starts, words
from tests.standins.m2her import M2her
from tests.tavern import RULES, open_tavern

ROOT = Path(__file__).parent.parent
SITE, STDLIB = sysconfig.get_path("purelib"), sysconfig.get_path("stdlib")

WAITING = {"<method 'poll' of 'select.epoll' objects>"}
"""Where time passes and nobody works."""

Function = tuple[str, int, str]
"""The profiler's name for one: file, line, name."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One performance. Times in seconds; CPU by thread: the bot with Discord's stand-in have one."""

    turns: int
    requests: list[dict[str, Any]]
    starts: list[int]
    wall: float
    cpu_bot: float
    cpu_sqlite: float
    cpu_m2her: float


@asynccontextmanager
async def m2her_aside() -> AsyncIterator[tuple[M2her, int]]:
    """Run M2-her's stand-in in a thread of its own; give it and the clock of that thread."""
    loop, server = asyncio.new_event_loop(), M2her()
    thread = threading.Thread(target=loop.run_forever, name="M2-her")
    thread.start()
    try:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(server.__aenter__(), loop))
        yield server, time.pthread_getcpuclockid(thread.ident or 0)
    finally:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(server.__aexit__(), loop))
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)
        loop.close()


async def measure(
    casting: Casting, lines: list[Line], context_window: int, profile: cProfile.Profile | None = None
) -> Measured:
    """Perform it in a fresh tavern and check what became of it."""
    answers: deque[str] = deque()
    rules = replace(RULES, context_window=context_window, end_note=False)
    with tempfile.TemporaryDirectory() as folder:
        async with (
            m2her_aside() as (m2her, clock),
            open_tavern(m2her, Path(folder), rules=rules, personas={casting.key: casting.sheet}) as tavern,
        ):
            m2her.reply = lambda _: answers.popleft()
            began = time.perf_counter(), time.thread_time(), time.process_time(), time.clock_gettime(clock)
            with profiling(profile):
                await perform(tavern, casting, lines, answers.append)
            ended = time.perf_counter(), time.thread_time(), time.process_time(), time.clock_gettime(clock)
            turns = await tavern.remembered(tavern.bound)
        requests = [request.body for request in m2her.requests]
    wall, own, process, model = (end - start for start, end in zip(began, ended, strict=True))
    assert words(turns) == words([(casting.name(line.speaker), line.text) for line in lines])
    starts = window_starts(requests, turns, casting.persona)
    return Measured(len(turns), requests, starts, wall, own, process - own - model, model)


@contextmanager
def profiling(profile: cProfile.Profile | None) -> Iterator[None]:
    """Profile what happens meanwhile, if a profile is given."""
    if profile is not None:
        profile.enable()
    try:
        yield
    finally:
        if profile is not None:
            profile.disable()


def report(title: str, context_window: int, found: Measured) -> None:
    """Print one performance's figures."""
    estimates = [
        Calibration().expected(
            size_of(Message(m["role"], m["name"], m["content"]) for m in request["messages"])
        )
        for request in found.requests
    ]
    steps = sum(old != new for old, new in pairwise(found.starts))
    carried = sum(carried_on(found.requests))
    turns, replies = found.turns, len(estimates)
    per_turn = (found.cpu_bot + found.cpu_sqlite) / turns * 1000
    print(
        f"""
{title}, context_window {context_window}
  {turns} turns, {replies} of them replies, in {found.wall:.1f} s: {turns / found.wall:.0f} turns a second
  prompt tokens, estimated: {sum(estimates):,}; a reply: p50 {median(estimates):,.0f}, max {max(estimates):,}
  the window moved {steps} times; {carried} of {replies - 1} prompts begin with the whole one before
  CPU: bot with Discord's stand-in {found.cpu_bot:.1f} s, SQLite's threads {found.cpu_sqlite:.1f} s,
    M2-her's stand-in {found.cpu_m2her:.1f} s; {per_turn:.1f} ms a turn without the latter"""
    )


# --- whose code it was ----------------------------------------------------------------------------


def package(function: Function) -> str | None:
    """Return the top-level package a function is of; None for what works on its caller's account."""
    file = function[0]
    if file.startswith(str(ROOT / "bot")):
        return "bot"
    if file.startswith(SITE):
        return file[len(SITE) :].strip("/").partition("/")[0].removesuffix(".py")
    if file.startswith(str(ROOT)):
        return "tests, bench"
    if file.startswith((f"{STDLIB}/asyncio", f"{STDLIB}/selectors")):
        return "asyncio"
    return "regex" if "_regex." in function[2] else None


def by_package(stats: dict[Function, Any]) -> Counter[str]:
    """Return seconds by package; what built-ins and the standard library do is their callers'."""
    owners: dict[Function, Counter[str]] = {}
    for function in stats:
        own = package(function)
        owners[function] = Counter({own or "stdlib": 1.0})
    for _ in range(50):  # the standard library calls itself, deeply in copy and json
        for function, (_, _, _, _, callers) in stats.items():
            if package(function) is None and callers:
                owners[function] = shared(owners, callers)
    seconds: Counter[str] = Counter()
    for function, (_, _, own_time, _, _) in stats.items():
        if function[2] in WAITING:
            continue
        for owner, share in owners[function].items():
            seconds[owner] += own_time * share
    return seconds


def shared(owners: dict[Function, Counter[str]], callers: dict[Function, Any]) -> Counter[str]:
    """Divide a function among its callers' owners, by the time it took for each."""
    whole = sum(edge[2] for edge in callers.values()) or 1e-12
    result: Counter[str] = Counter()
    for caller, edge in callers.items():
        for owner, share in owners.get(caller, Counter()).items():
            result[owner] += share * edge[2] / whole
    return result


def hot_spots(stats: dict[Function, Any], count: int) -> list[tuple[float, float, int, str]]:
    """Return the bot's functions in which most time was spent: with all they call, alone, calls, name."""
    own = [
        (total, alone, calls, f"{Path(file).relative_to(ROOT)}:{line} {name}")
        for (file, line, name), (_, calls, alone, total, _) in stats.items()
        if package((file, line, name)) == "bot"
    ]
    return sorted(own, reverse=True)[:count]


def report_profile(profile: cProfile.Profile) -> None:
    """Print whose code the time went to, and where in the bot."""
    stats: dict[Function, Any] = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # typeshed has it not
    seconds = by_package(stats)
    whole = sum(seconds.values())
    print("\nCPU by top-level package, profiled")
    for name, spent in seconds.most_common():
        if spent > whole / 200:
            print(f"  {name:14} {spent:6.2f} s {spent / whole:4.0%}")
    print("\nWhere in the bot: seconds with all it calls, alone, times entered")
    for total, alone, calls, name in hot_spots(stats, 15):
        print(f"  {total:6.2f} {alone:6.2f} {calls:8} {name}")


async def main() -> None:
    """Measure, and print."""
    scene = read_play("tragedies/hamlet", "II.ii")
    play = read_play("histories/richard-iii")
    for title, casting, lines, window in (
        ("Hamlet II.ii", HAMLET, scene, RULES.context_window),
        ("Richard III", RICHARD, play, RULES.context_window),
        ("Richard III", RICHARD, play, 16_384),
    ):
        found = await measure(casting, lines, window)
        report(title, window, found)
    profile = cProfile.Profile()
    await measure(RICHARD, play[: len(play) // 2], RULES.context_window, profile)
    report_profile(profile)


if __name__ == "__main__":
    asyncio.run(main())
