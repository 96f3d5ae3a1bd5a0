"""Recaps by a real model: how many of the facts that have left the window are still told.

Law: all but the recaps' words is as in the story with the stand-in. The next line waits until the recap is
made or has failed: people who play take longer than a model. After a failure it is tried again when the bot
would try, by the story's clock.
"""

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from bench.planted import PEOPLE, Fact, story
from bench.room.real import Address, model_at
from bot.core.completion import NO_QUEUE, ChatModel, Delta, Question, Queue
from bot.core.memory.recap import FIRST_PAUSE, RecapRules
from bot.story.places.rules import Rules
from tests.story.chronicling import RULES, Play, open_play

BETWEEN_LINES: Final = 15.0
"""Seconds of the story's clock between two lines: a lively channel's."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many facts there are in a text, from the strictest count to the loosest.

    Attributes:
        of: how many there might be.
        whole: word for word.
        told: with who, what and where in one sentence.
        touched: with what and where in one sentence.
    """

    of: int
    whole: int
    told: int
    touched: int

    def __str__(self) -> str:
        return (
            f"of {self.of} facts: {self.whole} word for word, {self.told} with who, what and which room "
            f"in a sentence, {self.touched} with what and which room"
        )


def share_of(facts: Iterable[Fact], texts: Iterable[str]) -> Share:
    """Count the facts that any of these texts has."""
    facts, texts = list(facts), list(texts)
    return Share(
        len(facts),
        sum(any(str(fact) in text for text in texts) for fact in facts),
        sum(any(fact.is_told_in(text) for text in texts) for fact in facts),
        sum(any(fact.is_touched_in(text) for text in texts) for fact in facts),
    )


@dataclass
class Overheard:
    """A model whose answers are printed and kept."""

    model: ChatModel
    answers: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The model's."""
        return self.model.name

    @property
    def endpoint(self) -> str:
        """The model's."""
        return self.model.endpoint

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        """Pass on what the model says."""
        began, heard, usage, finish = time.monotonic(), "", None, None
        try:
            async with aclosing(self.model.stream(question, queue=queue)) as deltas:
                async for delta in deltas:
                    heard += delta.text
                    usage, finish = delta.usage or usage, delta.finish or finish
                    yield delta
        finally:
            self.answers.append(heard)
            tokens = f"{usage.prompt_tokens} + {usage.completion_tokens} tokens" if usage else "no usage"
            took = f"{time.monotonic() - began:.0f} s"
            print(
                f"--- request {len(self.answers)}: {tokens}, {took}, finish={finish}\n{heard}\n", flush=True
            )

    async def aclose(self) -> None:
        """Leave the model to its owner."""


@dataclass
class Clock:
    """The story's clock, by which the writer of recaps sleeps; a line lets it go on."""

    now: float = 0.0
    fails: int = 0
    _sleeper: tuple[float, asyncio.Event] | None = None

    async def sleep(self, seconds: float) -> None:
        """Sleep until the story is so much further."""
        self.fails += seconds >= FIRST_PAUSE.total_seconds()
        self._sleeper = self.now + seconds, asyncio.Event()
        await self._sleeper[1].wait()

    def tick(self) -> None:
        """Let a line's time pass."""
        self.now += BETWEEN_LINES
        if self._sleeper is not None and self._sleeper[0] <= self.now:
            self._sleeper[1].set()
            self._sleeper = None

    async def rest(self) -> None:
        """Wait until the writer sleeps, or has nothing to do."""
        while tasks := [task for task in asyncio.all_tasks() if task.get_name().startswith("recap ")]:
            if self._sleeper is not None:
                return
            await asyncio.wait(tasks, timeout=0.05)


@dataclass
class Evening:
    """A story whose recaps a real model writes."""

    play: Play
    writer: Overheard
    clock: Clock = field(default_factory=Clock)
    facts: list[Fact] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        recaps = self.play.story.memory.recaps
        recaps.model, recaps.sleep = self.writer, self.clock.sleep

    async def run(self, turns: int, asked_each: int) -> None:
        """Play the lines, and let the last recap be made."""
        for number, line in enumerate(story(turns)):
            self.facts += [line.fact] if line.fact else []
            await self._say(str(line), asks=number % asked_each == asked_each - 1)
        await self._say("And now?", asks=True)
        await self.play.say("And now?", asks=True, rests=False)

    async def _say(self, words: str, *, asks: bool) -> None:
        failed = self.clock.fails
        self.clock.tick()
        await self.play.say(words, PEOPLE[self.play.said // 10 % len(PEOPLE)], asks=asks, rests=False)
        await self.clock.rest()
        if self.clock.fails > failed:
            state = self.play.story.memory.recaps.state((await self.play.scene()).id)
            self.reasons[state.failed or ""] += 1
            print(f"--- no recap: {state.failed}", flush=True)

    async def report(self) -> str:
        """Return what came of it."""
        rows = await self.play.database.read("SELECT text, tokens FROM recap ORDER BY reaches, id")
        left = [fact for fact in self.facts if str(fact) not in self.play.heard]
        reasons = ", ".join(f"{count} times {reason}" for reason, count in self.reasons.items())
        sizes = ", ".join(str(row["tokens"]) for row in rows)
        return "\n".join(
            [
                f"{len(self.writer.answers)} requests; failures: {reasons or 'none'}",
                f"{len(rows)} recaps, of {sizes or 'no'} tokens",
                f"facts in the window of the last prompt: {len(self.facts) - len(left)} of {len(self.facts)}",
                f"in the recap of the last prompt, {share_of(left, [self.play.system])}",
                f"in any of the recaps, {share_of(left, [row['text'] for row in rows])}",
            ]
        )


def rules_for(name: str, window: int) -> Rules:
    """Return the tests' rules, with recaps by a model of that name and both models' windows so large."""
    return replace(RULES, context_window=window, recap=RecapRules(window=window, model=name))


async def told_by(address: Address, turns: int, window: int, asked_each: int) -> None:
    """Play the story with recaps by the model at an address, and print what is left of the facts."""
    rules = rules_for(address.name, window)
    most = rules.recap.most(window) if rules.recap else 0
    with tempfile.TemporaryDirectory() as folder:
        async with model_at(address) as model, open_play(Path(folder), rules) as play:
            evening = Evening(play, Overheard(model))
            try:
                await evening.run(turns, asked_each)
            finally:  # who stops it is told how far it came
                print(f"{turns:,} turns, window {window:,}, recaps of at most {most:,} tokens")
                if play.model.asked:
                    print(f"{play.said // 10:,} lines were said")
                    print(await evening.report())
