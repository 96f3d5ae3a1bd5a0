"""Both engines of the storage side by side: keeping a message, reading a window, and the room on the disk.

    TMPDIR=/var/tmp python -m bench.engines        # about a minute; the disk of TMPDIR is the one measured

A message is kept as the bot does it: its speaker is looked up, and its turn is stored in a transaction of its
own, flushed to the disk. A window is a scene's newest 300 turns with all that belongs to them. PostgreSQL is
started in TMPDIR, with the settings it comes with, and reached by its Unix socket. Now the one is asked and
now the other, so that a slow moment of the machine meets both. The room is that of all tables and indexes for
a message, without the journal.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from bot.core.scene import END, START, Participant, Place, Scene
from bot.storage.database import Database
from bot.storage.history import History, Said
from bot.storage.people import People
from bot.storage.places import Server
from bot.storage.scenes import Scenes
from bot.storage.search import Searches

MESSAGES, WINDOWS, TURNS = 1_500, 300, 300
REACH = 1.5
AT = datetime(2026, 3, 14, 20, 15, tzinfo=UTC)
TAVERN = Place(channel_id=77, parent_id=None, guild_id=5)
WORDS = "The tide comes in under the door, and nobody at the long table looks up from the cards. " * 2
NOBODY = 65534


@contextmanager
def postgres(folder: Path) -> Iterator[Server]:
    """A PostgreSQL with the settings it comes with, in a folder."""
    found = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    is_root = os.geteuid() == 0
    user = NOBODY if is_root else None
    if user is not None:
        os.chown(folder, user, user)
    data = folder / "data"

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL, user=user, group=user)

    run(found / "initdb", "-D", data, "-U", "dramatis", "-A", "trust", "-E", "UTF8", "--locale=C")
    run(found / "pg_ctl", "start", "-w", "-D", data, "-l", folder / "log", "-o", f"-k {folder} -h ''")
    try:
        yield Server(f"postgresql://dramatis@/postgres?host={folder}")
    finally:
        run(found / "pg_ctl", "stop", "-m", "fast", "-D", data)


class Bench:
    """One engine: how long it has taken, in milliseconds, and its room in bytes a message."""

    def __init__(self, database: Database) -> None:
        self.kept: list[float] = []
        self.read: list[float] = []
        self.bytes = 0.0
        self._database = database
        self._people = People(database)
        self._history = History(database)
        self._number = 0
        Searches(database)  # what settles is indexed, as in the bot

    async def keep(self, scene: Scene) -> None:
        """Keep a message of one of four people."""
        self._number += 1
        who = self._number % 4
        begun = time.perf_counter()
        name = f"Guest {who}"
        speaker = await self._people.speaker(scene.place, Participant(1000 + who, name), lambda _: name, AT)
        text = f"{WORDS}{self._number}"
        await self._history.record(scene.id, Said(speaker, text, 40, message_id=self._number, at=AT))
        self.kept.append(1000 * (time.perf_counter() - begun))

    async def window(self, scene: Scene) -> None:
        """Read the newest turns."""
        begun = time.perf_counter()
        turns = await self._history.recent(scene.id, START, END, TURNS)
        self.read.append(1000 * (time.perf_counter() - begun))
        assert len(turns) == TURNS


async def size(database: Database, *, is_server: bool) -> int:
    """Return how many bytes a database has on the disk."""
    if is_server:
        (row,) = await database.read("SELECT pg_database_size(current_database()) AS bytes")
    else:
        (row,) = await database.read(
            "SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size"
        )
    found: int = row["bytes"]
    return found


async def each(times: int, benches: dict[str, Bench], act: Callable[[Bench], Awaitable[None]]) -> None:
    """Let each engine do something so many times, in turns."""
    for _ in range(times):
        for bench in benches.values():
            await act(bench)


async def measure(folder: Path, server: Server) -> dict[str, Bench]:
    """Measure both."""
    databases = {
        "SQLite": await Database.open(folder / "story.sqlite3", exclusive=True),
        "PostgreSQL": await Database.open(server, exclusive=True),
    }
    benches = {name: Bench(database) for name, database in databases.items()}
    scenes = {id(benches[name]): await Scenes(each).active(TAVERN, AT) for name, each in databases.items()}
    try:
        empty = [await size(each, is_server=name == "PostgreSQL") for name, each in databases.items()]
        await each(MESSAGES, benches, lambda bench: bench.keep(scenes[id(bench)]))
        for before, (name, database) in zip(empty, databases.items(), strict=True):
            room = await size(database, is_server=name == "PostgreSQL") - before
            benches[name].bytes = room / MESSAGES
        await each(WINDOWS, benches, lambda bench: bench.window(scenes[id(bench)]))
    finally:
        for database in databases.values():
            await database.close()
    return benches


def main() -> int:
    """Print what both took; return 1 if PostgreSQL took more than `REACH` times as long."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "pg").mkdir()
        with postgres(folder / "pg") as server:
            benches = asyncio.run(measure(folder, server))
    heads = "| ms: median, 99 % | keep a message | read a window of 300 | bytes a message |"
    sys.stdout.write(f"{heads}\n| --- | --- | --- | --- |\n")
    for engine, bench in benches.items():
        columns = [
            f"{median(found):.2f}, {quantiles(found, n=100)[98]:.2f}" for found in (bench.kept, bench.read)
        ]
        sys.stdout.write(f"| {engine} | {' | '.join(columns)} | {bench.bytes:.0f} |\n")
    one, other = benches.values()
    shares = [median(other.kept) / median(one.kept), median(other.read) / median(one.read)]
    room = other.bytes / one.bytes
    sys.stdout.write(f"| share | {shares[0]:.2f} | {shares[1]:.2f} | {room:.2f} |\n")
    return int(max(shares) > REACH)


if __name__ == "__main__":
    sys.exit(main())
