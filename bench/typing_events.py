"""What it costs to be told who types: the bot at rest, while people type in all channels and say nothing.

    python -m bench.typing_events [--seconds 30]

The real `python -m bot run`, connected to the wire stand-in, which sends 1,000 typing events a second, of two
hundred people in twenty channels. It runs on Linux only, and ends with 1 if the bot takes more processor
time than `REACH`.

Law: it only measures. The figures are the kernel's, of the bot's process alone.
"""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

from bench.idle import CAST, SETTLE, processor_time
from tests.process import evening

RATE = 1000
"""Typing events a second: as of ten thousand people who type at once, each told of every ten seconds."""

PEOPLE, CHANNELS = 200, 20

TICK = 0.05
"""Seconds between two handfuls of events."""

REACH = 10.0
"""The most processor time at this rate, in per cent of a core."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of processor time, events sent, and the process's memory before and after, in bytes."""

    cpu: float
    events: int
    before: int
    after: int


def memory(pid: int) -> int:
    """Return the bytes of a process that are in memory."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


async def measure(seconds: float) -> Cost:
    """Run the bot, let people type for so many seconds, and return what that took."""
    with tempfile.TemporaryDirectory() as folder:
        async with evening(Path(folder), CAST, exact=False) as (world, _, process):
            channels = [world.add_channel(f"room {number}") for number in range(CHANNELS)]
            people = [world.add_member(f"Person {number}") for number in range(PEOPLE)]
            await process.start()
            await world.wait_for(lambda: world.sockets.connected)
            await asyncio.sleep(SETTLE)
            typing = cycle(zip(people, cycle(channels), strict=False))
            cpu, before, sent = processor_time(process.pid), memory(process.pid), 0
            clock = asyncio.get_running_loop().time
            began = clock()
            while (age := clock() - began) < seconds:
                for _ in range(round(age * RATE) - sent):
                    world.type(*next(typing))
                    sent += 1
                await asyncio.sleep(TICK)
            await asyncio.sleep(TICK)
            return Cost(processor_time(process.pid) - cpu, sent, before, memory(process.pid))


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.typing_events", description="What it costs to be told who types."
    )
    parser.add_argument("--seconds", type=float, default=30.0, help="how long people type (default: 30)")
    seconds = parser.parse_args().seconds
    cost = asyncio.run(measure(seconds))
    share = cost.cpu / seconds * 100
    verdict = "ok" if share <= REACH else "missed"
    print(f"{cost.events} typing events in {seconds:g} s, and nothing said")
    each = cost.cpu / cost.events * 1e6
    print(f"CPU: {share:.1f} % of a core (reach: {REACH:g} %, {verdict}), {each:.0f} µs an event")
    print(f"memory: {cost.before / 2**20:.1f} MiB before, {cost.after / 2**20:.1f} MiB after")
    return 0 if share <= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
