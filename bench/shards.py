"""What shards cost a process at rest: memory for each thousand servers, and sessions that begin.

    python -m bench.shards [--servers 1000] [--shards 1 4]

The real `python -m bot run`, connected to the wire stand-in. For each number of shards it starts once on no
servers and once on so many, each with twenty channels and ten roles. It runs on Linux only.

Law: it only measures. The figures are the kernel's, of the bot's process alone.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.process import evening
from tests.standins.discord_wire import WireDiscord
from tests.tavern import MARLOW

CHANNELS, ROLES = 20, 10
"""What each server has."""

SETTLE = 5.0
"""Seconds from the connection until the start's work is over."""


@dataclass(frozen=True, slots=True)
class Start:
    """A start of the bot.

    Attributes:
        mebibytes: the memory that its process holds at rest.
        identifies: the sessions that have begun.
        seconds: until all shards were ready.
    """

    mebibytes: float
    identifies: int
    seconds: float


def fill(world: WireDiscord, servers: int) -> None:
    """Let there be so many servers more."""
    for number in range(servers):
        guild = world.add_guild(f"Server {number}", shard=(number % 64, 64))
        for each in range(CHANNELS):
            world.add_channel(f"channel-{each}", guild)
        for each in range(ROLES):
            world.add_role(f"Role {each}", guild)


async def start(servers: int, shards: int) -> Start:
    """Start the bot on so many servers, and return what it costs at rest."""
    with tempfile.TemporaryDirectory() as folder:
        async with evening(Path(folder), {"marlow": MARLOW}) as (world, _, process):
            fill(world, servers)
            world.sockets.shards = shards
            began = time.monotonic()
            await process.start()
            await process.says("invite it with this link", 600)
            seconds = time.monotonic() - began
            await asyncio.sleep(SETTLE)
            return Start(memory(process.pid), world.sockets.identifies, seconds)


def memory(pid: int) -> float:
    """Return the MiB that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def main() -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.shards", description="What shards cost at rest.")
    parser.add_argument("--servers", type=int, default=1000)
    parser.add_argument("--shards", type=int, nargs="+", default=[1, 4])
    options = parser.parse_args()
    for shards in options.shards:
        none, many = (asyncio.run(start(servers, shards)) for servers in (0, options.servers))
        each = (many.mebibytes - none.mebibytes) / options.servers * 1000
        print(
            f"{shards} shard(s): {none.mebibytes:.1f} MiB on one server, {many.mebibytes:.1f} MiB on "
            f"{options.servers} more, {each:.1f} MiB for each thousand; {many.identifies} session(s) began, "
            f"ready after {many.seconds:.0f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
