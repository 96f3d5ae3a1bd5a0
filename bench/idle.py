"""The bot at rest: what it costs while nobody speaks.

    python -m bench.idle [--seconds 120]

The real `python -m bot run`, connected to the wire stand-in, with the sample personas. It runs on Linux
only, and ends with 1 if the bot takes more processor time than `REACH`.

Law: it only measures. The figures are the kernel's, of the bot's process alone.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.shipped import texts
from tests.process import evening

REACH = 0.1
"""The most processor time at rest, in per cent of a core."""

SETTLE = 5.0
"""Seconds from the connection until the start's work (commands, first look at files) is over."""

CAST = texts()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the kernel has counted of a process so far.

    Attributes:
        cpu: seconds of processor time, user and system.
        switches: times each thread gave up or lost its processor, by thread number and name.
        written: bytes given to the write calls, sockets included.
        to_disk: bytes that had to go to a disk.
    """

    cpu: float
    switches: dict[str, int]
    written: int
    to_disk: int


def read(pid: int) -> Reading:
    """Return the counts of a process as they are now."""
    about = _fields(Path(f"/proc/{pid}/io"))
    switches = dict(_switches(pid))
    return Reading(processor_time(pid), switches, int(about["wchar"]), int(about["write_bytes"]))


def processor_time(pid: int) -> float:
    """Return the seconds of processor time a process has taken, user and system."""
    # The number of another process's clock, as clock_getcpuclockid(3) makes it: it counts nanoseconds, where
    # /proc/PID/stat has hundredths of a second.
    return time.clock_gettime((~pid << 3) | 2)


def _switches(pid: int) -> Iterator[tuple[str, int]]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        about = _fields(task / "status")
        count = int(about["voluntary_ctxt_switches"]) + int(about["nonvoluntary_ctxt_switches"])
        yield f"{task.name} {about['Name']}", count


def _fields(path: Path) -> dict[str, str]:
    lines = path.read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


async def rest(seconds: float) -> tuple[Reading, Reading]:
    """Run the bot, and return its counts before and after so many seconds in which nothing happens."""
    with tempfile.TemporaryDirectory() as folder:
        async with evening(Path(folder), CAST, exact=True) as (world, _, process):
            await process.start()
            await world.wait_for(lambda: world.sockets.connected)
            await asyncio.sleep(SETTLE)
            before = read(process.pid)
            await asyncio.sleep(seconds)
            return before, read(process.pid)


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description="What the bot costs at rest.")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long to measure (default: 120)")
    seconds = parser.parse_args().seconds
    before, after = asyncio.run(rest(seconds))
    share = (after.cpu - before.cpu) / seconds * 100
    switches = {name: count - before.switches.get(name, 0) for name, count in after.switches.items()}
    verdict = "ok" if share <= REACH else "missed"
    print(f"{len(CAST)} personas, {seconds:g} s at rest")
    print(f"CPU: {share:.3f} % of a core (reach: {REACH} %, {verdict})")
    print(f"context switches a second: {sum(switches.values()) / seconds:.1f}")
    for name, count in sorted(switches.items(), key=lambda each: -each[1]):
        print(f"  thread {name}: {count / seconds:.1f}")
    print(
        f"written: {after.written - before.written} bytes, of these to disk {after.to_disk - before.to_disk}"
    )
    return 0 if share <= REACH else 1


if __name__ == "__main__":
    sys.exit(main())
