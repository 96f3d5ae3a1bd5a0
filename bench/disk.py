"""How often the bot writes to its disk: at rest, for a message that it only saves, and for a reply.

    python -m bench.disk [--seconds 120] [--messages 20] [--folder /media/card]

The real bot between both stand-ins; `strace` (Linux, a package of that name) watches its system calls in
each phase. A card wears by what is flushed: each `fsync` or `fdatasync` makes it write at least one block of
its own, whatever the size. The folder should be on a real disk.

Law: it only measures. What is counted is what the bot asks of the kernel for files below its folder.
"""

import argparse
import asyncio
import re
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.idle import SETTLE
from bench.live.stage import Stage, stage
from tests.standins.discord_wire import Channel

CALLS = "fsync,fdatasync,write,pwrite64,utimensat,ftruncate,rename,unlink"
SYNCS = frozenset({"fsync", "fdatasync"})
PAUSE = 2.0
"""Seconds between two messages, so that none waits for another."""

_CALL = re.compile(
    r"^\d+ +(?P<call>\w+)\((?:\d+<(?P<path>[^>]*)>|AT_FDCWD[^,]*, \"(?P<named>[^\"]*)\")?"
    r".*= (?P<result>-?\d+)"
)


@dataclass
class Writes:
    """What was asked of the kernel.

    Attributes:
        syncs: flushes by file name.
        written: bytes by file name.
        touched: changes of a file's times, names or length.
    """

    syncs: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    touched: Counter[str] = field(default_factory=Counter)

    def read(self, trace: Path, folder: Path) -> None:
        """Count what a trace has about files below a folder."""
        for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
            found = _CALL.match(line)
            if found is None or found["result"].startswith("-") or not (found["path"] or found["named"]):
                continue
            path = Path(found["path"] or folder / found["named"])
            if not path.is_relative_to(folder):
                continue
            if found["call"] in SYNCS:
                self.syncs[path.name] += 1
            elif found["call"] in {"write", "pwrite64"}:
                self.written[path.name] += int(found["result"])
            else:
                self.touched[path.name] += 1


@asynccontextmanager
async def watched(pid: int, folder: Path) -> AsyncIterator[Writes]:
    """Count what a process writes meanwhile."""
    with tempfile.TemporaryDirectory() as elsewhere:
        trace, writes = Path(elsewhere) / "trace", Writes()
        words = [
            "strace",
            "-f",
            "-qq",
            "-y",
            "-s",
            "0",
            "-e",
            f"trace={CALLS}",
            "-o",
            str(trace),
            "-p",
            str(pid),
        ]
        watcher = await asyncio.create_subprocess_exec(*words)
        await asyncio.sleep(1.0)  # until it is attached to each thread
        yield writes
        watcher.send_signal(signal.SIGINT)
        await watcher.wait()
        writes.read(trace, folder)


def told(name: str, writes: Writes, each: float, unit: str) -> None:
    """Print what was counted, divided by a number of minutes, messages or replies."""
    syncs, size = sum(writes.syncs.values()), sum(writes.written.values())
    print(f"{name}: {syncs / each:.1f} flushes and {size / each / 1024:.1f} KiB {unit}")
    for what, counts in (("flushes", writes.syncs), ("bytes", writes.written), ("touches", writes.touched)):
        print(f"  {what}: {', '.join(f'{file} {count}' for file, count in counts.most_common()) or 'none'}")


async def measure(folder: Path, seconds: float, messages: int) -> None:
    """Play the three phases, and print each."""
    async with stage(folder, face="webhook", paced=True, channels=3, window=65_536) as here:
        quiet, busy = here.channels(2)
        await _reply(here, busy)  # the first post of a channel brings what none after it does
        here.world.say(here.people[1], quiet, "The first line of this scene.")
        await asyncio.sleep(SETTLE)
        async with watched(here.process.pid, folder) as writes:
            await asyncio.sleep(seconds)
        told("at rest", writes, seconds / 60, "a minute")
        async with watched(here.process.pid, folder) as writes:
            for number in range(messages):
                here.world.say(here.people[number % 4], quiet, f"Line {number}: the rain has not stopped.")
                await asyncio.sleep(PAUSE)
        told("a message that is only saved", writes, messages, "each")
        async with watched(here.process.pid, folder) as writes:
            for _ in range(messages):
                await _reply(here, busy)
                await asyncio.sleep(PAUSE)
        told("a message and its reply of 150 tokens", writes, messages, "each")


async def _reply(here: Stage, channel: Channel) -> None:
    script = here.script(150)
    here.ask(channel)
    await here.whole([script])


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.disk", description="How often the bot writes.")
    parser.add_argument("--seconds", type=float, default=120.0, help="how long it rests (default: 120)")
    parser.add_argument(
        "--messages", type=int, default=20, help="how many messages and replies (default: 20)"
    )
    parser.add_argument("--folder", type=Path, help="where its data is (default: the system's place)")
    given = parser.parse_args()
    if shutil.which("strace") is None:
        print("strace isn't installed", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        asyncio.run(measure(Path(folder), given.seconds, given.messages))
    return 0


if __name__ == "__main__":
    sys.exit(main())
