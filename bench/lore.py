"""Lore: how long it takes to find what a reply is told, of 10,000 entries.

    python -m bench.lore         # half a minute; it fails above 10 ms

A book of 10,000 entries with three keys each, of which one in fifty has a pattern: as it is, with entries
that bring up others, with entries that stay and rest, for which 400 turns are looked at, and with both. Each
reply comes after two new turns, and looks at the newest four, as the bot does. Then hostile books, of whose
entries nearly all come up each time, and the time in which a book's keys are found in a text that they were
made for. The time is the processor's, so that other programs don't count.
"""

import gc
import random
import time
from collections.abc import Callable
from functools import lru_cache
from statistics import median, quantiles
from typing import Any

from bot.core.lore.activation import activate, turns_needed
from bot.core.lore.index import Index
from bot.core.lore.telling import Circumstances, Heard
from bot.core.lorebook import Lorebook
from bot.core.scene import Position
from bot.core.tokens import BY_SCRIPT

ENTRIES, KEYS, REPLIES, BEFORE = 10_000, 3, 200, 200
REACHED = 10.0
"""Milliseconds that finding it may take."""

HOSTILE = 50.0
"""Milliseconds that a hostile book may take, beside the event loop."""

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


STAYS = {"sticky": 4, "cooldown": 2}


def main() -> None:
    """Print the times, and fail if they aren't within what was promised."""
    late = [*_usual(), *_hostile(), *_looked_for()]
    if late:
        raise SystemExit(f"too slow: {', '.join(late)}")


def _usual() -> list[str]:
    """Print the times of books as people write them, if large ones; return which are too slow."""
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "plain": ({}, {}),
        "recursive": ({"recursive": True}, {}),
        "with entries that stay": ({}, STAYS),
        "recursive, with entries that stay": ({"recursive": True}, STAYS),
    }
    late = []
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
            f"{median(times):.2f} ms (p95 {p95:.2f}, most {max(times):.2f}), {told:.1f} entries told"
        )
        late += [kind] if p95 > REACHED else []
    return late


HOSTILES: dict[str, Callable[[int, list[str]], dict[str, Any]]] = {
    "all entries have one key": lambda _, __: {"keys": ["the"]},
    "keys are parts of words": lambda number, words: {"keys": _parts(number, words)},
    "all entries need no key": lambda _, __: {"constant": True, "probability": 50},
    "all entries are of many groups": lambda number, _: {
        "keys": ["the"],
        "group": ",".join(f"g{number * each % 1000}" for each in range(50)),
    },
}


def _hostile() -> list[str]:
    """Print the times of books of which nearly all comes up each time; return which are too slow."""
    rolls = random.Random(14)
    words = [_name(rolls) for _ in range(400)]
    late = []
    for kind, shape in HOSTILES.items():
        for more, timed in (({}, {}), ({}, STAYS), ({"recursive": True}, STAYS)):
            entries = [
                {"content": f"{number} {words[number % 400]} {TALE}", **shape(number, words), **timed}
                for number in range(ENTRIES)
            ]
            index = Index(Lorebook.model_validate({"name": kind, "entries": entries, **more}))
            times, _ = _play(index, ["the", *words], rolls, said=60)
            called = f"{kind}{', stays' if timed else ''}{', recursive' if more else ''}"
            p95 = quantiles(times, n=20)[-1]
            print(f"hostile, {called}: a reply {median(times):.1f} ms (p95 {p95:.1f}, most {max(times):.1f})")
            late += [called] if p95 > HOSTILE else []
    return late


def _looked_for() -> list[str]:
    """Print in which time the keys of hostile books are found in their texts; return which are too slow."""
    patterns = [f"/.*a.{{{50 + number % 100}}}[bc]/" for number in range(1_000)]
    kinds = {
        "keys within keys": (["a" * length for length in range(1, 201)], "a" * 8_000),
        "patterns as heavy as they may be": (patterns, "ab" * 4_000),
    }
    late = []
    for kind, (keys, text) in kinds.items():
        index = Index(Lorebook.model_validate({"entries": [{"keys": keys, "content": "x"}]}))
        begun = time.thread_time()
        index.found(text)
        took = 1000 * (time.thread_time() - begun)
        print(f"hostile, {kind}: a text of 8,000 characters {took:.0f} ms")
        late += [kind] if took > 10 * HOSTILE else []
    return late


def _parts(number: int, words: list[str]) -> list[str]:
    word = words[number % len(words)]
    return [word[at : at + 3 + number % 3] for at in (number % 5, number % 4)]


def _play(index: Index, names: list[str], rolls: random.Random, said: int = 2) -> tuple[list[float], float]:
    """Return the milliseconds of each reply, and how many entries one is told; `said` names are in a turn."""
    heard: list[Heard] = []
    times, told = [], 0
    around = Circumstances(1, 1500, lru_cache(8_192)(BY_SCRIPT.count))
    for number in range(REPLIES + BEFORE):
        spoken = [*TALK, *rolls.sample(names, said)]
        rolls.shuffle(spoken)
        heard.append(Heard("Alice", " ".join(spoken), Position((number * 2 + 1) << 22)))
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
