"""Lore: how long it takes to find what a reply is told, of 10,000 entries.

    python -m bench.lore         # some ten seconds

A book of 10,000 entries with three keys each, of which one in fifty has a pattern: as it is, with entries
that bring up others, and with entries that stay and rest, for which 400 turns are looked at. Each reply comes
after two new turns, and looks at the newest four, as the bot does. The time is the processor's, so that other
programs don't count.
"""

import gc
import random
import time
from statistics import median, quantiles
from typing import Any

from bot.core.lore.activation import Circumstances, Heard, activate, turns_needed
from bot.core.lore.index import Index
from bot.core.lorebook import Lorebook
from bot.core.scene import Position
from bot.core.tokens import BY_SCRIPT

ENTRIES, KEYS, REPLIES, BEFORE = 10_000, 3, 200, 200
REACHED = 10.0
"""Milliseconds that finding it may take."""

SYLLABLES = (
    "bar",
    "kel",
    "dor",
    "rin",
    "vash",
    "mor",
    "eth",
    "lug",
    "fen",
    "tar",
    "gol",
    "wyn",
    "zem",
    "quo",
)
TALE = """The tide brought a door, and nobody knows whose house it opened. So we carried it up the hill before
dark and leaned it on the church wall, where it stands to this day with a light under it, and knocks."""
TALK = TALE.split()


def main() -> None:
    """Print the times, and whether they are within what was promised."""
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "plain": ({}, {}),
        "recursive": ({"recursive": True}, {}),
        "with entries that stay": ({}, {"sticky": 4, "cooldown": 2}),
    }
    for kind, (more, timed) in kinds.items():
        rolls = random.Random(14)
        names = sorted({_name(rolls) for _ in range(2 * ENTRIES * KEYS)})
        rolls.shuffle(names)
        entries = [
            {
                "keys": _keys(names, number),
                "content": f"{names[number]} lies by {rolls.choice(names)}. {TALE}",
                "probability": 90 if number % 7 == 0 else 100,
                **(timed if number % 10 == 0 else {}),
            }
            for number in range(ENTRIES)
        ]
        book = Lorebook.model_validate({"name": kind, "entries": entries, **more})
        begun = time.thread_time()
        index = Index(book)
        built = 1000 * (time.thread_time() - begun)
        times, told = _play(index, names, rolls)
        p95 = quantiles(times, n=20)[-1]
        print(
            f"{kind}: {KEYS * ENTRIES:,} keys of {ENTRIES:,} entries read in {built:.0f} ms; a reply "
            f"{median(times):.2f} ms (p95 {p95:.2f}, most {max(times):.2f}), {told:.1f} entries told: "
            f"{'ok' if p95 <= REACHED else f'more than {REACHED:g}'}"
        )


def _play(index: Index, names: list[str], rolls: random.Random) -> tuple[list[float], float]:
    """Return the milliseconds of each reply, and how many entries one is told."""
    heard: list[Heard] = []
    times, told = [], 0
    around = Circumstances(1, 1500, BY_SCRIPT.count)
    for number in range(REPLIES + BEFORE):
        said = [*TALK, *rolls.sample(names, 2)]
        rolls.shuffle(said)
        heard.append(Heard("Alice", " ".join(said), Position((number * 2 + 1) << 22)))
        if number >= BEFORE:
            gc.disable()
            begun = time.thread_time()
            found = activate([index], heard[-turns_needed([index]) :], around)
            times.append(1000 * (time.thread_time() - begun))
            gc.enable()
            told += len(found.told)
        answer = " ".join(rolls.sample(TALK, 30))
        heard.append(Heard("Marlow", answer, Position((number * 2 + 2) << 22), own=True))
    return times, told / len(times)


def _keys(names: list[str], number: int) -> list[str]:
    keys = names[number * KEYS : (number + 1) * KEYS]
    return [*keys[:-1], f"/{keys[-1]}s?/i"] if number % 50 == 0 else keys


def _name(rolls: random.Random) -> str:
    return "".join(rolls.choice(SYLLABLES) for _ in range(rolls.randint(5, 6)))


if __name__ == "__main__":
    main()
