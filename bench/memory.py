"""What a long story costs: each thing that is done to a million turns against the same done to a thousand.

    python -m bench.memory [--folder FOLDER] [--rounds 300] [--seconds 60]       # about six minutes

The real use cases on the real database, with the durability that the bot has. Now in the one story, now in
the other, so that a slow moment of the machine meets both. Then 200 channels receive 20 messages a second in
all. FOLDER should be on the disk that is to be measured; the long story is kept there, because it takes most
of the time to make. It ends with 1 if a reach is missed.

Law: messages are edited and deleted anywhere in the story, each once, and the word that is looked for stands
in a hundred turns of either.
"""

import argparse
import asyncio
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from bench.story import CHANNEL, DATABASE, Story, story
from bench.window import CAP, PEOPLE, SHEET, Teller, sentence
from bot.core.memory.words import search_of, units_of
from bot.core.scene import IncomingMessage, Participant, Place
from bot.core.tokens import BY_SCRIPT
from bot.storage.schema import MIGRATIONS
from bot.storage.search import term_of
from bot.storage.stores import Stores

FEW, MANY = 1_000, 1_000_000

SPARE = 20_000
"""Messages that the long story is longer than it is old: so many may be deleted again."""

WORD, WITH_WORD = "lantern", 100
"""A word, and how many turns have it."""

TEXTS = 97
"""Texts of turns, apart from that word."""

HITS = 20
"""Hits of a search."""

PERSONA_EACH = 5
"""Of so many turns one is the persona's."""

CHANNELS, RATE = 200, 20
"""Channels, and messages a second in all of them."""

TICK = 0.005
"""Seconds between two looks at how late the loop is."""

REACH_RATIO, REACH_LAG = 1.5, 20.0

KEEPS = max(each.name for each in MIGRATIONS.iterdir() if each.name.endswith(".sql")).split("_")[0]
"""The schema of the kept file."""


@dataclass
class Table:
    """A story of so many turns, and what was done to it, in milliseconds."""

    story: Story
    stores: Stores
    teller: Teller
    turns: int
    chance: random.Random
    taken: dict[str, list[float]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)

    @property
    def place(self) -> Place:
        """Where it is played."""
        return CHANNEL

    def some(self) -> int:
        """Return the id of a person's message from anywhere in the story, which was not returned before."""
        while True:
            number = self.chance.randrange(self.turns)
            if not (number in self.used or number % PERSONA_EACH == 0 or has_word(number, self.turns)):
                self.used.add(number)
                return id_of(number)


def id_of(number: int) -> int:
    """Return the id of the message with a turn of this number."""
    return (number + 10) << 22


def message(message_id: int, text: str, place: Place = CHANNEL, who: str = "Alice") -> IncomingMessage:
    """Return a message as Discord tells of it."""
    at = datetime.now(UTC)
    return IncomingMessage(
        id=message_id, place=place, author=Participant(sum(who.encode()), who), content=text, created_at=at
    )


# --- what is done ---------------------------------------------------------------------------------


async def record(table: Table) -> None:
    """Hear a message."""
    await table.story.say("Alice", sentence(table.chance.randrange(TEXTS)))


async def prompt(table: Table) -> float:
    """Answer a message; return the moment when the model was asked, as `perf_counter` tells it."""
    reply = await table.story.call("Bob", "And then?")
    began = time.perf_counter()
    async with reply:
        async for _ in reply.texts():
            pass
    return table.teller.asked_at - began


async def edit(table: Table) -> None:
    """Follow an edit."""
    said = message(table.some(), f"{sentence(table.chance.randrange(TEXTS))} Or so they say.")
    await table.story.hearing.amend(replace(said, edited_at=said.created_at + timedelta(minutes=5)))


async def delete(table: Table) -> None:
    """Follow a deletion."""
    await table.story.hearing.retract(table.place, [table.some()])


async def search(table: Table) -> None:
    """Find the newest hits of a word."""
    scene = await table.stores.scenes.playing(table.place)
    assert scene is not None
    found = await table.stores.searches.find(scene.id, search_of(WORD), 0, HITS)
    assert len(found.turns) == HITS


async def undo(table: Table) -> None:
    """Take the last exchange out."""
    assert await table.story.use_cases.undoing.undo(table.place, 1) is not None


async def redo(table: Table) -> None:
    """Put the last exchange back."""
    rows = await table.story.database.read("SELECT max(id) AS id FROM removal")
    found = await table.story.use_cases.undoing.redo(rows[0]["id"], table.place)
    assert isinstance(found, list)


async def view(table: Table) -> None:
    """Look at what the story always remembers."""
    assert await table.story.use_cases.memory.view(table.place) is not None


THINGS: dict[str, Callable[[Table], Awaitable[float | None]]] = {
    "recording a message": record,
    "building a prompt": prompt,
    "an edit": edit,
    "a delete": delete,
    "a search, the newest 20 hits": search,
    "undo": undo,
    "redo": redo,
    "/memory": view,
}


def loop() -> None:
    """Do what takes the same time on a machine however much is stored: the measure beside the figures."""
    total = 0
    for number in range(20_000):
        total ^= number


async def compare(folder: Path, rounds: int) -> tuple[dict[int, Table], float]:
    """Do everything to both stories; return them and the milliseconds of the fixed loop."""
    loops: list[float] = []
    async with AsyncExitStack() as stack:
        tables = [await opened(stack, folder, turns) for turns in (FEW, MANY)]
        for table in tables:
            for _ in range(5):  # the first step, out of a million, and what is learnt of the model
                await prompt(table)
        for number in range(rounds):
            for name, do in THINGS.items():
                for table in tables if number % 2 else tables[::-1]:
                    began = time.perf_counter()
                    seconds = await do(table)
                    whole = time.perf_counter() - began
                    table.taken.setdefault(name, []).append((seconds or whole) * 1000)
            began = time.perf_counter()
            loop()
            loops.append((time.perf_counter() - began) * 1000)
        return {table.turns: table for table in tables}, median(loops)


async def opened(stack: AsyncExitStack, folder: Path, turns: int) -> Table:
    """Open a story of so many turns, made from its kept file."""
    kept = folder / f"dramatis-bench-memory-{KEEPS}-{turns}.sqlite3"
    if not kept.exists():
        await make(kept, turns)
    here = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder)))
    shutil.copy(kept, here / DATABASE)
    teller = Teller(keeps=False)
    told = await stack.enter_async_context(story(here, SHEET, teller, context_window=16_384, cap=CAP))
    told.messages = turns + SPARE
    return Table(told, Stores.on(told.database), teller, turns, random.Random(turns))


# --- the stories ----------------------------------------------------------------------------------


async def make(file: Path, turns: int) -> None:
    """Store a story of so many turns in a file, without playing it."""
    with tempfile.TemporaryDirectory(dir=file.parent) as folder:
        async with story(Path(folder), SHEET, Teller(), context_window=16_384, cap=CAP) as told:
            await told.ask("Alice", "And so it began.")
        await asyncio.to_thread(fill, Path(folder) / DATABASE, turns)
        (Path(folder) / DATABASE).rename(file)


def fill(file: Path, turns: int) -> None:
    """Add turns to the scene of a database, with their posts and their words in the index."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM turn")
        connection.execute("DELETE FROM turn_words")
        scene, persona = connection.execute(
            "SELECT scene.id, speaker.id FROM scene, speaker WHERE speaker.persona_key IS NOT NULL"
        ).fetchone()
        sql = """
        INSERT INTO speaker (channel_id, user_id, display_name, name, created_at) VALUES (77, ?, ?, ?, 0)
        ON CONFLICT DO NOTHING
        """
        connection.executemany(sql, [(sum(name.encode()), name, name) for name in PEOPLE])
        people = dict(connection.execute("SELECT name, id FROM speaker WHERE user_id IS NOT NULL"))
        speakers = [people[name] for name in PEOPLE]
        texts = [text_of(number, word=word) for word in (False, True) for number in range(TEXTS)]
        tokens, terms = [BY_SCRIPT.count(text) for text in texts], [terms_of(scene, text) for text in texts]
        which = [number % TEXTS + TEXTS * has_word(number, turns) for number in range(turns)]
        connection.executemany(
            """
            INSERT INTO turn (id, scene_id, position, speaker_id, persona_key, text, tokens, message_id,
                created_at, ending) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            (
                (
                    number + 1,
                    scene,
                    id_of(number),
                    persona if number % PERSONA_EACH == 0 else speakers[number % len(speakers)],
                    "player" if number % PERSONA_EACH == 0 else None,
                    texts[which[number]],
                    tokens[which[number]],
                    None if number % PERSONA_EACH == 0 else id_of(number),
                    number * 1000,
                    "done" if number % PERSONA_EACH == 0 else None,
                )
                for number in range(turns)
            ),
        )
        connection.executemany(
            """
            INSERT INTO post (turn_id, page, slice_start, slice_end, nonce, message_id)
            VALUES (?, 0, 0, ?, 'n', ?)
            """,
            (
                (number + 1, len(texts[which[number]]), id_of(number))
                for number in range(0, turns, PERSONA_EACH)
            ),
        )
        # As the index itself would do it, but with the words of each text looked up once.
        connection.executemany(
            "INSERT INTO turn_words (rowid, terms) VALUES (?, ?)",
            ((number + 1, terms[which[number]]) for number in range(turns)),
        )
        connection.execute("UPDATE indexing SET before = 1")
        connection.execute("UPDATE scene SET window_start = 0, party_until = 0, created_at = 0")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")


def has_word(number: int, turns: int) -> bool:
    """Return whether the turn of this number has the word that is looked for."""
    each = turns // WITH_WORD
    return number % each == each - 1


def text_of(number: int, *, word: bool) -> str:
    """Return the words of a turn, the one that is looked for among them or not."""
    return f"{sentence(number)} {WORD}" if word else sentence(number)


def terms_of(scene: int, text: str) -> str:
    """Return what the index has of a text."""
    return " ".join(sorted({term_of(scene, unit) for unit in units_of(text)}))


# --- many channels at once ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Load:
    """What many channels at once took.

    Attributes:
        sent: messages that were sent.
        stored: those of them that are in the file.
        lags: how late the loop was, in milliseconds.
        waits: the milliseconds until each message was stored.
    """

    sent: int
    stored: int
    lags: list[float]
    waits: list[float]


async def load(folder: Path, seconds: float) -> Load:
    """Let so many channels receive messages; return what that took."""
    lags: list[float] = []
    waits: list[float] = []

    async def look() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            lags.append((time.perf_counter() - began - TICK) * 1000)

    places = [Place(channel_id=1000 + number, guild_id=5) for number in range(CHANNELS)]
    with tempfile.TemporaryDirectory(dir=folder) as here:
        channels = [place.channel_id for place in places]
        async with story(
            Path(here), SHEET, Teller(), context_window=16_384, cap=CAP, channels=channels
        ) as told:

            async def hear(number: int) -> None:
                began = time.perf_counter()
                who = PEOPLE[number // CHANNELS % len(PEOPLE)]
                said = message(id_of(number), sentence(number), places[number * 37 % CHANNELS], who)
                await told.hearing.hear(said)
                waits.append((time.perf_counter() - began) * 1000)

            for number in range(CHANNELS):  # each channel's first message makes its scene
                await hear(number)
            waits.clear()
            looking = asyncio.create_task(look())
            sent = await at_rate(lambda number: hear(CHANNELS + number), seconds)
            looking.cancel()
        with closing(sqlite3.connect(Path(here) / DATABASE)) as connection:
            (stored,) = connection.execute("SELECT count(*) FROM turn").fetchone()
    return Load(sent, stored - CHANNELS, lags, waits)


async def at_rate(do: Callable[[int], Awaitable[None]], seconds: float) -> int:
    """Begin something so often a second, whether the last is over or not; return how often, at the end."""
    clock = asyncio.get_running_loop().time
    began, sent = clock(), 0
    async with asyncio.TaskGroup() as group:
        while (age := clock() - began) < seconds:
            while sent < age * RATE:
                group.create_task(_run(do, sent))
                sent += 1
            await asyncio.sleep(1 / RATE)
    return sent


async def _run(do: Callable[[int], Awaitable[None]], number: int) -> None:
    await do(number)


# --- the figures ----------------------------------------------------------------------------------


def p99(times: list[float]) -> float:
    """Return the 99th percentile."""
    return quantiles(times, n=100)[98]


def rows(tables: dict[int, Table], fixed: float) -> Iterator[tuple[str, float]]:
    """Yield a line of the table for each thing, and its ratio."""
    for name in THINGS:
        few, many = tables[FEW].taken[name], tables[MANY].taken[name]
        ratio = median(many) / median(few)
        yield (
            (
                f"| {name} | {median(few):.2f}, {p99(few):.1f} | {median(many):.2f}, {p99(many):.1f} "
                f"| {ratio:.2f} | {median(many) / fixed:.1f} |"
            ),
            ratio,
        )


async def main() -> int:
    """Measure, print, and return 1 if a reach is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description="What a long story costs.")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()), help="where the files are"
    )
    parser.add_argument("--rounds", type=int, default=300, help="how often each thing is done (default: 300)")
    parser.add_argument("--seconds", type=float, default=60, help="how long channels receive (default: 60)")
    asked = parser.parse_args()
    missed = False
    if asked.rounds:
        tables, fixed = await compare(asked.folder, asked.rounds)
        print(f"| | {FEW:,} turns: median, p99 in ms | {MANY:,}: median, p99 | ratio | the fixed loop |")
        print("| --- | --- | --- | --- | --- |")
        for line, ratio in rows(tables, fixed):
            print(line)
            missed = missed or ratio > REACH_RATIO
        print(f"the fixed loop: {fixed:.2f} ms")
        size = (asked.folder / f"dramatis-bench-memory-{KEEPS}-{MANY}.sqlite3").stat().st_size
        print(f"bytes per stored turn: {size / MANY:.0f}, of which its words are {words():.0f}")
    if asked.seconds:
        found = await load(asked.folder, asked.seconds)
        missed = missed or found.stored != found.sent or p99(found.lags) > REACH_LAG
        print(f"{CHANNELS} channels, {found.sent} messages in {asked.seconds:.0f} s: stored {found.stored}")
        print(f"the loop was late by {median(found.lags):.2f} ms, p99 {p99(found.lags):.1f} ms")
        print(f"a message was stored after {median(found.waits):.1f} ms, p99 {p99(found.waits):.1f} ms")
    return int(missed)


def words() -> float:
    """Return the bytes of a turn's text, on average."""
    return sum(len(text_of(number, word=False).encode()) for number in range(TEXTS)) / TEXTS


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
