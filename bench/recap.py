"""Recaps: what they keep of a long story, what they cost, and whether a reply waits for one.

    TMPDIR=/dev/shm python -m bench.recap        # about three minutes
    python -m bench.recap --base-url http://127.0.0.1:8078 --name smollm2 --turns 160 --window 4096

Five thousand turns of plays in a channel, with the persona answering every fourth, in a window of 16,384
tokens. Forty facts are planted among them, evenly. The stand-in that writes recaps copies the sentences with
facts and nothing else, so that what is counted is the bot's part: whether each fact that was said is in every
later prompt, in the window or in the recap. The same story is played without recaps, line by line beside it:
what passes between a message and its prompt's reaching the model, now in the one, now in the other.

With an address, the model there writes the recaps of such a story, in the dialect of OpenAI, and what is told
is how many of the facts are left (`bench/real_recap.py`). That is the model's part, and has no reach.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from bench.planted import FACTS, PEOPLE, story
from bench.real_recap import told_by
from bench.room.real import Address
from bot.core.completion import NO_QUEUE, Delta, Question, Queue
from bot.core.memory.recap import NARRATOR, TOKENS, RecapRules
from bot.core.tokens import BY_SCRIPT
from tests.plays import library
from tests.story.chronicling import RULES, Chronicler, Play, open_play

TURNS, ASKED_EACH = 5_000, 4
WINDOW: Final = 16_384

REACH_WAIT, REACH_MISSING = 1.1, 0
"""The ratio of the wait with recaps to that without, and how many prompts may lack a fact."""


@dataclass
class Timed(Chronicler):
    """The stand-in, with the moments at which it was asked for replies."""

    at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        """Answer, and note the time."""
        if question.prompt.messages[0].name != NARRATOR:
            self.at.append(time.perf_counter())
        async for delta in super().stream(question, queue=queue):
            yield delta


@dataclass
class Played:
    """What came of a story.

    Attributes:
        waits: milliseconds between a message and its prompt's reaching the model.
        missing: how many prompts lacked a fact that had been said.
        requests: the requests for recaps.
        asked: the tokens of those requests.
        answered: the tokens of the answers.
        longest: the tokens of the longest recap that was told.
        kept: how many facts the last prompt has.
        steps: how often the window moved.
    """

    waits: list[float] = field(default_factory=list)
    missing: int = 0
    requests: int = 0
    asked: int = 0
    answered: int = 0
    longest: int = 0
    kept: int = 0
    steps: int = 0


@dataclass
class Side:
    """One of the two stories."""

    play: Play
    model: Timed
    found: Played = field(default_factory=Played)

    async def say(self, text: str, facts: list[str], *, asks: bool) -> None:
        """Let somebody say a line; if they ask, note what the prompt lacks and how long it took."""
        began = time.perf_counter()
        await self.play.say(text, PEOPLE[self.play.said // 10 % 5], asks=asks, rests=False)
        if asks:
            self.found.waits.append(1000 * (self.model.at[-1] - began))
            told = _told(self.play)
            self.found.missing += any(each not in told for each in facts)

    async def end(self, facts: list[str]) -> Played:
        """Let the last recap be made, and count."""
        play, found = self.play, self.found
        await play.rest()
        await play.say("And now?", asks=True)
        found.kept = sum(each in _told(play) for each in facts)
        rows = await play.database.read("SELECT tokens FROM recap")
        found.longest = max((row["tokens"] for row in rows), default=0)
        found.answered = sum(row["tokens"] for row in rows)
        asked = self.model.recaps
        found.requests = len(asked)
        found.asked = sum(BY_SCRIPT.count(message.content) for each in asked for message in each)
        moves = await play.database.read("SELECT count(DISTINCT window_start) AS moves FROM request")
        found.steps = moves[0]["moves"] - 1
        return found


async def played(folder: Path, turns: int, window: int) -> tuple[Played, Played]:
    """Play the story with recaps and without."""
    off, facts = replace(RULES, context_window=window, recap=None), list[str]()
    on = replace(off, recap=RecapRules(window=window, model="M3"))
    async with AsyncExitStack() as stack:
        sides = []
        for name, rules in (("on", on), ("off", off)):
            (folder / name).mkdir()
            model = Timed()
            sides.append(Side(await stack.enter_async_context(open_play(folder / name, rules, model)), model))
        for number, line in enumerate(story(turns)):
            facts += [str(line.fact)] if line.fact else []
            for side in sides if number % 2 else reversed(sides):
                await side.say(str(line), facts, asks=number % ASKED_EACH == ASKED_EACH - 1)
        first, second = [await side.end(facts) for side in sides]
    return first, second


def _told(play: Play) -> str:
    return "\n".join(message.content for message in play.model.asked[-1])


def _ms(waits: list[float]) -> str:
    return f"median {median(waits):.2f} ms, p95 {quantiles(waits, n=20)[-1]:.2f} ms"


def options_of(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.recap", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--base-url", metavar="URL", help="a server whose model writes the recaps instead")
    parser.add_argument("--name", default="local", help="the server's name of the model")
    parser.add_argument("--key", help="the server's key, if it asks for one")
    parser.add_argument("--turns", type=int, default=TURNS, help=f"how long the story is, from {FACTS}")
    parser.add_argument("--window", type=int, default=WINDOW, help="the tokens of a prompt and a reply")
    options = parser.parse_args(arguments)
    if options.turns < FACTS:
        parser.error(f"--turns: {FACTS} facts need {FACTS} turns or more")
    return options


async def main(options: argparse.Namespace) -> int:
    """Play, and print what came of it; return 1 if a reach is missed."""
    if library() is None:
        print("The plays are not installed: they come with the development tools.")
        return 1
    turns, window = options.turns, options.window
    if options.base_url:
        await told_by(Address(options.base_url, options.name, options.key), turns, window, ASKED_EACH)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        on, off = await played(Path(folder), turns, window)
    return report(on, off, turns)


def report(on: Played, off: Played, turns: int) -> int:
    """Print both stories' figures; return 1 if a reach is missed."""
    ratio = median(on.waits) / median(off.waits)
    print(f"{turns:,} turns, {len(on.waits):,} prompts, window moved {on.steps} times")
    print(f"prompts that lack a fact: {on.missing} with recaps, {off.missing} without")
    print(f"facts in the last prompt: {on.kept} of {FACTS} with recaps, {off.kept} without")
    print(f"longest recap: {on.longest} tokens of {TOKENS:,}")
    per = 1000 / turns
    read, written = on.asked * per, on.answered * per
    print(
        f"for 1,000 turns: {on.requests * per:.1f} requests, {read:,.0f} tokens read, {written:,.0f} written"
    )
    print(f"until the model is asked, with recaps: {_ms(on.waits)}")
    print(f"until the model is asked, without:     {_ms(off.waits)}; ratio {ratio:.2f}")
    missed = on.missing > REACH_MISSING or on.kept < FACTS or ratio > REACH_WAIT or on.longest > TOKENS
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(options_of())))
