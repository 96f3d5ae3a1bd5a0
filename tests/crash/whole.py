"""Kills the whole bot, between both stand-ins, at random moments, and looks what people and the database have then.

`python -m tests.crash.whole KILLS [SEED]` prints the counts, and exits with 1 if anything is wrong. The bots are forks
(`tests/nursery.py`), so that a life costs a tenth of a start.
"""

import asyncio
import random
import re
import signal
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from tests import starts
from tests.crash.evening import PERSONA, words_of
from tests.crash.forge import ANSWER, Counts
from tests.process import Process, evening
from tests.standins.discord_wire import WireDiscord
from tests.standins.m2her import M2her
from tests.wired import until

STARTING: Final = 0.25
"""The share of lives that are killed while they start."""

SCALE: Final = 0.05
"""Seconds of the stand-in's for one of Discord's, so that its limits hold nobody up."""

LONGEST: Final = 0.8
"""Seconds of an evening before the kill, at most."""


READY: Final = "scope=bot"
"""In the log of each start: the invite link, once the bot is on Discord."""


class Siege:
    """Lives of one bot, one after another."""

    def __init__(self, world: WireDiscord, m2her: M2her, bot: Process, seed: int) -> None:
        self._world, self._bot = world, bot
        self._dice = random.Random(seed)
        self._people = [world.add_member(name) for name in ("Alice", "Bob")]
        self._number = 0
        self.counts = Counts()
        self._stored: dict[object, object] = {}
        m2her.reply = self._answer

    def _answer(self, _: dict[str, Any]) -> str:
        self._number += 1
        return words_of(self._number)

    async def kill_one(self) -> None:
        """Let people talk to a bot that is killed meanwhile."""
        before = self._world.sockets.identifies
        await self._bot.start()
        if self._dice.random() < STARTING:
            await asyncio.sleep(self._dice.uniform(0, LONGEST / 2))
        else:
            await self._world.wait_for(lambda: self._world.sockets.identifies > before)
            await self._world.wait_for(lambda: self._world.sockets.connected)
            await self._talk()
        self._remember()
        self._bot.signal(signal.SIGKILL)
        if (code := await self._bot.ended()) != -signal.SIGKILL:
            raise AssertionError(f"the bot ended by itself with {code}: {self._bot.output[-2000:]}")
        self.counts.kills += 1
        self._look()

    async def _talk(self) -> None:
        until_then = asyncio.get_running_loop().time() + self._dice.uniform(0, LONGEST)
        while (left := until_then - asyncio.get_running_loop().time()) > 0:
            self._number += 1
            asks = self._dice.random() < 0.5
            words = f"Marlow, what of words {self._number}?" if asks else f"Words {self._number}."
            self._world.say(self._dice.choice(self._people), self._world.channel, words)
            await asyncio.sleep(min(left, self._dice.uniform(0, 0.1)))

    def _remember(self) -> None:
        """Note what another process can read already: that was taken."""
        if (self._bot.folder / "data" / "dramatis.sqlite3").exists():
            asked = "SELECT message_id, text FROM turn WHERE message_id IS NOT NULL"
            self._stored = dict(self._bot.stored(asked))  # type: ignore[arg-type]

    def _look(self) -> None:
        if not self._stored:
            return
        if (whole := self._bot.stored("PRAGMA integrity_check")) != [("ok",)]:
            self._fault(f"integrity: {whole}")
        now: dict[object, object] = dict(self._bot.stored("SELECT message_id, text FROM turn"))  # type: ignore[arg-type]
        for number, text in self._stored.items():
            if now.get(number) != text:
                self.counts.lost += 1
                self._fault(f"lost: message {number} was {text!r} and is {now.get(number)!r}")

    def _fault(self, words: str) -> None:
        self.counts.faults.append(f"life {self.counts.kills}: {words}")

    async def end(self) -> None:
        """Start a last time, and see that everybody has an answer or a notice, and nothing is half or there twice."""
        self._remember()
        starts = self._bot.output.count(READY)
        await self._bot.start()
        waits = (
            "SELECT 1 FROM debt UNION ALL SELECT 1 FROM turn WHERE persona_key IS NOT NULL AND ending IS NULL"
        )

        async def settled() -> bool:
            return self._bot.stored(waits) == [] and self._bot.output.count(READY) > starts

        await until(settled)
        self._look()
        self.counts.accepted = len(self._stored)
        told = self._bot.stored("SELECT text, ending FROM turn WHERE persona_key IS NOT NULL AND text <> ''")
        for text, ending in told:
            number = ANSWER.match(str(text))
            whole = words_of(int(number[1])) if number else "Answer "
            if not whole.startswith(str(text)) or (ending == "done" and text != whole):
                self._fault(f"a turn that is {ending} says {text!r}")
        seen = [
            found[1]
            for post in self._world.posts(self._world.channel)
            for found in re.finditer(r"Answer (\d+):", post.content)
        ]
        if len(seen) != len(set(seen)):
            self._fault(f"an answer was posted twice: {seen}")
        if "Traceback" in self._bot.output:
            self._fault("there is a traceback in the log")


async def besiege(folder: Path, kills: int, seed: int) -> Counts:
    """Kill a bot so many times, and return the counts."""
    async with evening(folder, {"marlow": PERSONA}, scale=SCALE) as (world, m2her, bot):
        siege = Siege(world, m2her, bot, seed)
        for _ in range(kills):
            await siege.kill_one()
        await siege.end()
        return siege.counts


def main(kills: int, seed: int) -> int:
    starts.fork()
    with tempfile.TemporaryDirectory() as folder:
        counts = asyncio.run(besiege(Path(folder), kills, seed))
    starts.end()
    for fault in counts.faults:
        print(f"seed {seed}: {fault}")
    print(
        f"kills {counts.kills}, accepted {counts.accepted}, lost: {counts.lost}, faults {len(counts.faults)}"
    )
    return 1 if counts.faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
