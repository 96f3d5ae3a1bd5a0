"""The window: how much of a request the next one begins with, and what a long history costs.

    TMPDIR=/dev/shm python -m bench.window         # about four minutes

A scene of 2,000 turns by four people and the persona. They take other nicknames now and then, and each
request ends with a note of whose turn it is. The share is that of the previous request's tokens which stand
unchanged at the beginning of the next, without lore and with some that comes up for most replies. Then one
scene with 1,000 stored turns and one with 1,000,000, both with a full window: what passes between a reply's
getting the floor and its prompt's reaching the model; now in the one, now in the other, so that a slow moment
of the machine meets both.
"""

import asyncio
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Iterable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path
from statistics import median, quantiles

from bench.story import DATABASE, Story, story
from bot.core.completion import NO_QUEUE, Delta, Finish, Message, Prompt, Question, Queue, Usage
from bot.core.tokens import BY_SCRIPT

TURNS, PERSONA_EACH = 2_000, 4
ROUNDS = 300
FEW, MANY = 1_000, 1_000_000
CAP = 1_024

RENAMED_EACH = 250
"""Turns after which somebody has another nickname."""

REACH_CARRIED, REACH_COST = 0.97, 1.2

SHEET = """\
name: Marlow
description: Marlow keeps the Drowned Bell, a harbour tavern. He has heard every story twice.
personality: Dry, patient, curious.
voice: short, salty sentences
scenario: A storm has closed the harbour.
samples:
  - user: Have you a room?
    reply: '*slides a key over* "Number four."'
user:
  description: A traveller stranded by the storm.
"""

LORE = """\
lorebook:
  entries:
    - {constant: true, content: "The town is called Gull's End. Everybody here owes somebody money."}
    - {keys: [door], content: "Doors come with the tide, three a year, and the priest buys them."}
    - {keys: [hill], content: "The hill was an island once; its wells are salt at new moon."}
    - {keys: [church], sticky: 4, content: "The church has had no bell since the war."}
    - {keys: [nobody knows], probability: 50, content: "Old Wenna knew, who died in spring."}
"""
"""Lore of which something comes up for most replies."""

PEOPLE = ("Alice", "Bob", "Carol", "Dave")
TALE = """The tide brought a door, and nobody knows whose house it opened. So we carried it up the hill before
dark and leaned it on the church wall, where it stands to this day with a light under it, and knocks."""
WORDS = TALE.split()


@dataclass
class Teller:
    """A model that answers at once, and notes when it was asked what."""

    prompts: list[Prompt] = field(default_factory=list)
    asked_at: float = 0.0
    keeps: bool = True
    name: str = "teller"
    endpoint: str = "bench"

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:  # noqa: ARG002 - the protocol's
        """Answer with a sentence of its own."""
        self.asked_at = time.perf_counter()
        prompt = question.prompt
        if self.keeps:
            self.prompts.append(prompt)
        yield Delta(text=sentence(len(self.prompts) * 7 + 3))
        # Its own way of counting: what is learnt of it goes along.
        yield Delta(finish=Finish.STOP, usage=Usage(171 + prompt.size.text + 4 * prompt.size.messages, 20))

    async def aclose(self) -> None:
        """Nothing to let go of."""


def sentence(number: int) -> str:
    """Return some words, from a few to some forty."""
    start, length = number * 5 % len(WORDS), 4 + number * 13 % 40
    return " ".join((WORDS * 3)[start : start + length])


async def carried(context_window: int, sheet: str = SHEET) -> tuple[list[float], int, float]:
    """Play the scene; return the share of each request that the next carries on, steps, and lore's tokens."""
    teller = Teller()
    with tempfile.TemporaryDirectory() as folder:
        async with story(Path(folder), sheet, teller, context_window=context_window, cap=CAP) as told:
            said = 0
            while said < TURNS:
                if said and said % RENAMED_EACH == 0:
                    number = said // RENAMED_EACH
                    told.nicknames[PEOPLE[number % len(PEOPLE)]] = f"Captain {number}"
                for number in range(PERSONA_EACH):
                    tell = told.ask if number == PERSONA_EACH - 1 else told.say
                    await tell(PEOPLE[(said + number) % len(PEOPLE)], sentence(said + number))
                said += PERSONA_EACH + 1
    prompts = [prompt.messages for prompt in teller.prompts]
    shares = [kept(old, new) / tokens(old) for old, new in pairwise(prompts)]
    steps = sum(spoken(old)[0].content != spoken(new)[0].content for old, new in pairwise(prompts))
    lore = [counted(note) for prompt in teller.prompts for note in prompt.notes if note.startswith("[lore: ")]
    return shares, steps, sum(lore) / len(prompts)


def kept(old: tuple[Message, ...], new: tuple[Message, ...]) -> int:
    """Return the tokens at the beginning of a request with which the next one begins too."""
    whole = list(takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))
    count = tokens(before for before, _ in whole)
    if len(whole) == min(len(old), len(new)):
        return count
    last, now = old[len(whole)], new[len(whole)]
    if (last.role, last.name) != (now.role, now.name):
        return count
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(last.content, now.content, strict=False))
    return count + counted("".join(letter for letter, _ in alike))


def tokens(messages: Iterable[Message]) -> int:
    """Return the tokens of messages."""
    return sum(counted(message.name) + counted(message.content) for message in messages)


@cache  # most messages are in hundreds of requests
def counted(text: str) -> int:
    """Return the tokens of a text."""
    return BY_SCRIPT.count(text)


def spoken(messages: tuple[Message, ...]) -> list[Message]:
    """Return a prompt's history."""
    return [message for message in messages if message.role in {"user", "assistant"}]


def fill(file: Path, turns: int) -> None:
    """Store a history in the scene that is there, without playing it."""
    said = [sentence(number) for number in range(97)]
    tokens = [BY_SCRIPT.count(text) for text in said]
    with closing(sqlite3.connect(file)) as connection, connection:
        sql = """
        INSERT INTO speaker (channel_id, user_id, display_name, name, created_at) VALUES (77, ?, ?, ?, 0)
        RETURNING id
        """
        ids = [
            connection.execute(sql, (sum(name.encode()), f"{name} once", name)).fetchone()[0]
            for name in PEOPLE
        ]
        (newest,) = connection.execute("SELECT max(position) FROM turn").fetchone()
        rows = ((newest + 1 + i, ids[i % 4], said[i % 97], tokens[i % 97]) for i in range(turns))
        sql = """
        INSERT INTO turn (scene_id, position, speaker_id, text, tokens, created_at) VALUES (1, ?, ?, ?, ?, 0)
        """
        connection.executemany(sql, rows)


async def costs(context_window: int) -> dict[int, list[float]]:
    """Return the milliseconds that building a prompt took, by stored turns."""
    taken: dict[int, list[float]] = {FEW: [], MANY: []}
    async with AsyncExitStack() as stack:
        stories = {}
        for turns in taken:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            teller = Teller(keeps=False)
            told = await stack.enter_async_context(
                story(Path(folder), SHEET, teller, context_window=context_window, cap=CAP)
            )
            await told.say("Alice", "And so it began.")
            await asyncio.to_thread(fill, Path(folder) / DATABASE, turns)
            stories[turns] = told, teller
            for _ in range(5):  # the first step, out of a million, and what is learnt of the model
                await told.ask("Bob", "And then?")
        for number in range(ROUNDS):
            order = list(stories.items())
            for turns, (told, teller) in order if number % 2 else order[::-1]:
                taken[turns].append(await built(told, teller))
    return taken


async def built(told: Story, teller: Teller) -> float:
    """Return the milliseconds from getting the floor to asking the model."""
    reply = await told.call("Bob", "And then?")
    began = time.perf_counter()
    async with reply:
        async for _ in reply.texts():
            pass
    return (teller.asked_at - began) * 1000


async def main() -> int:
    """Measure, print, and return 1 if the reach is missed."""
    missed = False
    for window in (65_536, 16_384):
        for sheet in (SHEET, f"{SHEET}{LORE}"):
            shares, steps, lore = await carried(window, sheet)
            missed = missed or median(shares) < REACH_CARRIED
            print(f"context_window {window}: of {len(shares)} requests the next carries on "
                  f"{median(shares):.1%} (median), p10 {quantiles(shares, n=10)[0]:.1%}; the window moved "
                  f"{steps} times; {lore:.0f} tokens of lore came up for each")  # fmt: skip
    taken = await costs(16_384)
    for turns, times in taken.items():
        print(f"{turns:>9,} stored turns: building a prompt takes {median(times):.1f} ms (median), "
              f"p99 {quantiles(times, n=100)[98]:.1f} ms")  # fmt: skip
    ratio = median(taken[MANY]) / median(taken[FEW])
    print(f"with {MANY:,} turns it takes {ratio:.2f} times as long as with {FEW:,}")
    return int(missed or ratio > REACH_COST)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
