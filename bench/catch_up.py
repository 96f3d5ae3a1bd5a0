"""Catching up while people play: fifty channels in which much was said while the bot was off.

    python -m bench.catch_up

The real bot between both stand-ins, with Discord's limits and 80 ms to it and back. Four replies at a time
stream after a start with nothing to catch up, and after one that finds 200 new messages in each of 50
channels. It ends with 1 if first or last words come later because of that, or if Discord refuses a request.

Law: it only measures. Times are those of what people see.
"""

import asyncio
import re
import signal
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.live.counts import Shown, final_after, first_text_after, median, percentile
from bench.live.stage import Stage, clock, lags, stage
from bench.live.table import Row, markdown
from bot.core.scene import Place
from bot.storage.database import Database
from bot.storage.scenes import Scenes
from tests.standins.discord_wire import Channel

CHANNELS, MESSAGES = 50, 200
"""So many channels, and new messages in each."""

ROUNDS, AT_ONCE = 4, 4
"""So often are so many replies asked for at once."""

REACH = 0.05
"""The most seconds by which first and last words may be later."""

SCENE = f"{AT_ONCE} replies stream"


async def _stop(here: Stage) -> None:
    here.process.signal(signal.SIGTERM)
    await here.process.ended()


async def _start(here: Stage, hours: int) -> None:
    """Start the bot, and return as soon as it is connected."""
    connected = here.world.sockets.identifies
    await here.process.start(DRAMATIS_CATCH_UP__HOURS=str(hours))
    await here.world.wait_for(lambda: here.world.sockets.identifies > connected)


async def _talk(here: Stage) -> list[Shown]:
    """Have four replies at once, several times."""
    replies: list[Shown] = []
    for _ in range(ROUNDS):
        scripts = [here.script(150) for _ in range(AT_ONCE)]
        for channel in here.channels(AT_ONCE):
            here.ask(channel)
        await here.whole(scripts)
        replies += here.results(scripts)
    return replies


async def _begin_stories(folder: Path, channels: Sequence[Channel]) -> None:
    """Let each of the channels have a running scene."""
    database = await Database.open(folder / "data" / "dramatis.sqlite3", exclusive=True)
    for channel in channels:
        await Scenes(database).active(Place(channel.id, guild_id=channel.guild.id), datetime.now(UTC))
    await database.close()


def _say_much(here: Stage, channels: Sequence[Channel]) -> None:
    for number in range(MESSAGES):
        for channel in channels:
            who = here.people[number % len(here.people)]
            here.world.say(who, channel, f"Line {number}: the rain has not stopped since the bell rang.")


def _rows(quiet: list[Shown], busy: list[Shown]) -> list[Row]:
    rows = []
    for figure, of in (
        ("first text after the first token", first_text_after),
        ("final text after the last token", final_after),
    ):
        for kind, count in (("median", median), ("worst", max)):
            before, after = (count([of(shown) for shown in replies]) for replies in (quiet, busy))
            rows.append(Row(SCENE, f"{figure}, {kind}, without catching up", before))
            rows.append(Row(SCENE, f"the same, while {CHANNELS} channels are caught up", after))
            reach = REACH if kind == "median" else None
            rows.append(Row(SCENE, "later by", after - before, reach=reach))
    return rows


async def measure(folder: Path) -> list[Row]:
    """Play it, and return the figures."""
    channels = 1 + CHANNELS + 2 * ROUNDS * AT_ONCE
    async with stage(folder, face="bot", paced=True, channels=channels, window=65_536) as here:
        behind = here.channels(CHANNELS)
        await _stop(here)
        await _begin_stories(folder, behind)
        await _start(here, 0)
        quiet = await _talk(here)
        await _stop(here)
        _say_much(here, behind)
        refused, asked, spent = here.world.limits.given, len(here.world.requests), 0.0
        await _start(here, 24)
        began = clock()
        spent = here.cpu()

        here.process.lines.clear()

        async def caught_up() -> float:
            await here.process.says("caught up with", 300)
            return clock() - began

        catching_up = asyncio.create_task(caught_up())
        busy = await _talk(here)
        took = await catching_up
        spent = here.cpu() - spent
        refused = here.world.limits.given - refused
        lists = [
            each
            for each in here.world.requests[asked:]
            if each.method == "GET" and each.path.endswith("/messages")
        ]
        line = next(each for each in reversed(here.process.lines) if "caught up with" in each)
    late = [seconds * 1000 for at, seconds in lags(folder) if began <= at <= began + took]
    new = int(re.findall(r"(\d+) new", line)[0])
    name = f"{CHANNELS} channels of {MESSAGES} messages"
    return [
        *_rows(quiet, busy),
        Row(name, "caught up after", took),
        Row(name, "messages stored, of all", new / (CHANNELS * MESSAGES) * 100, "%"),
        Row(name, "requests for them", len(lists), ""),
        Row(name, "processor time", spent / took * 100, "% of a core"),
        Row(name, "loop lag, p99", percentile(late, 0.99), "ms", 20),
        Row(name, "429s", refused, "", 0),
    ]


def main() -> int:
    """Play, print, and return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder)))
    print(markdown(rows))
    return 1 if any(row.missed for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
