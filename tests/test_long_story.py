"""What is done in a long story takes as many steps as in a short one, and reads no table from end to end.

The steps are those of SQLite's machine, so that nothing here is timed; `python -m bench.memory` tells the times.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

import pytest

from bench.memory import THINGS, Table, fill
from bench.story import DATABASE, story
from bench.window import CAP, SHEET, Teller
from bot.storage.stores import Stores
from tests.databases import sqlite_of

FEW, MANY = 1_000, 10_000
WINDOW = 8_192

REACH = 1.5
"""The most of which the ratio may be."""

EPOCH = datetime.fromtimestamp(0, UTC)


async def forget_old(table: Table) -> None:
    """Let a piece of what is old go."""
    (oldest,) = await table.story.database.read("SELECT min(created_at) FROM turn WHERE scene_id = 1")
    early = EPOCH + timedelta(milliseconds=oldest[0] + 20_000)
    records = table.stores.records.retention
    assert [each.place.channel_id for each in await records.channels(early, early)] == [77]
    await records.delete_some(77, early, early)
    await records.tidy(77, early)


async def recap(table: Table) -> None:
    """Look what a recap would be made of, and edit beneath it."""
    scene = await table.stores.scenes.playing(table.place)
    assert scene is not None
    start = scene.window_start
    await table.stores.recaps.newest(scene.id)
    await table.stores.recaps.turns_after(scene.id, type(start)(start - 1), start, 20)


async def owed(table: Table) -> None:
    """Look, as at a start, what is unfinished, and which messages wait."""
    await table.stores.history.unfinished.all()
    await table.stores.history.debts.owed()
    await table.stores.marks.channels()


async def catch_up(table: Table) -> None:
    """Look a message up, and the newest reply."""
    await table.stores.history.turn_of(table.some())
    assert await table.story.use_cases.undoing.newest_reply(table.place) is not None


DONE: dict[str, Callable[[Table], Awaitable[object]]] = {
    **THINGS,
    "ageing": forget_old,
    "a recap": recap,
    "a start": owed,
    "a look": catch_up,
}


async def opened(stack: AsyncExitStack, folder: Path, turns: int) -> Table:
    teller = Teller(keeps=False)
    async with story(folder, SHEET, teller, context_window=WINDOW, cap=CAP) as told:
        await told.ask("Alice", "And so it began.")
    fill(folder / DATABASE, turns)
    told = await stack.enter_async_context(story(folder, SHEET, teller, context_window=WINDOW, cap=CAP))
    told.messages = turns + 1_000
    table = Table(told, Stores.on(told.database), teller, turns, Random(turns))
    for _ in range(5):  # the window is where it belongs, and what the model counts is learnt
        await told.ask("Bob", "And then?")
    return table


@pytest.fixture
async def tables(tmp_path: Path) -> AsyncIterator[dict[int, Table]]:
    async with AsyncExitStack() as stack:
        folders = {turns: tmp_path / str(turns) for turns in (FEW, MANY)}
        for folder in folders.values():
            folder.mkdir()
        yield {turns: await opened(stack, folder, turns) for turns, folder in folders.items()}


async def steps_of(table: Table, do: Callable[[Table], Awaitable[object]]) -> int:
    """How many instructions SQLite's machine takes."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    database = table.story.database
    for connection in (sqlite_of(database)._reader, sqlite_of(database)._writer):
        await connection.set_progress_handler(step, 1)
    await do(table)
    for connection in (sqlite_of(database)._reader, sqlite_of(database)._writer):
        await connection.set_progress_handler(lambda: 0, 1_000_000)
    return count


async def test_what_is_done_takes_as_many_steps_in_a_long_story(tables: dict[int, Table]) -> None:
    ratios = {}
    for name, do in DONE.items():
        steps = {turns: [await steps_of(table, do) for _ in range(5)] for turns, table in tables.items()}
        assert min(steps[FEW]) > 0
        ratios[name] = median(steps[MANY]) / median(steps[FEW])
    assert {name: ratio for name, ratio in ratios.items() if ratio > REACH} == {}


SMALL = re.compile(
    r"SCAN post USING (?:COVERING )?INDEX post_with_buttons|SCAN mark"
    r"|SCAN turn USING (?:COVERING )?INDEX turn_(?:owed|unfinished|being_written)"
)
"""What is read from end to end because hardly any rows are in it."""

GROWS = re.compile(
    r"SCAN (?:turn|post|swipe|request|usage|reference|removal|said|posted|spoken|recap|reminder|mark)\b"
)
"""A table, read from end to end, that has as many rows as there are turns or so."""


async def test_no_statement_reads_a_table_from_end_to_end(tables: dict[int, Table]) -> None:
    table = tables[FEW]
    database, asked = table.story.database, dict[str, str]()
    for name, do in DONE.items():
        statements: list[str] = []
        for connection in (sqlite_of(database)._reader, sqlite_of(database)._writer):
            await connection.set_trace_callback(statements.append)
        await do(table)
        asked |= dict.fromkeys(statements, name)
    for connection in (sqlite_of(database)._reader, sqlite_of(database)._writer):
        await connection.set_trace_callback(lambda _: None)
    plans: dict[str, list[str]] = {}
    for statement in asked:
        if re.match(r"\s*(?:WITH|SELECT|UPDATE|DELETE|INSERT)", statement) and "turn_words_" not in statement:
            rows = await database.read(f"EXPLAIN QUERY PLAN {statement}")
            plans[statement] = [row["detail"] for row in rows]
    assert len(plans) > 50
    whole = {
        statement: step
        for statement, steps in plans.items()
        for step in steps
        if GROWS.search(step) and not SMALL.search(step)
    }
    assert whole == {}
