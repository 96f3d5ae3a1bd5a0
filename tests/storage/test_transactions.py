import asyncio
import gc
from pathlib import Path

import pytest

from bot.storage.database import Database, Transaction
from bot.storage.engine import Row
from bot.storage.errors import StatementError, StorageError, StorageErrorKind
from bot.storage.locations import Location
from tests.databases import sqlite_of
from tests.storage.cast import only_sqlite, opened

LONG_WORK = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
INSERT INTO notice SELECT i, 'long', '', 0 FROM n
"""


async def note(tx: Transaction, kind: str) -> None:
    await tx.run("INSERT INTO notice VALUES (1, ?, '', 0)", (kind,))


async def noted(db: Database) -> list[str]:
    return [row["kind"] for row in await db.read("SELECT DISTINCT kind FROM notice ORDER BY kind")]


async def test_what_is_committed_is_read_and_what_is_not_is_not(db: Database) -> None:
    async with db.transaction() as tx:
        await note(tx, "a")
        assert await noted(db) == []
        assert [row["kind"] for row in await tx.run("SELECT kind FROM notice")] == ["a"]
    assert await noted(db) == ["a"]


async def test_one_that_fails_takes_nobody_elses_row_along(db: Database) -> None:
    a_has_written = asyncio.Event()
    b_is_waiting = asyncio.Event()

    async def a() -> None:
        async with db.transaction() as tx:
            await note(tx, "a")
            a_has_written.set()
            await b_is_waiting.wait()
            raise RuntimeError("a changes her mind")

    async def b() -> None:
        await a_has_written.wait()
        asyncio.get_running_loop().call_soon(b_is_waiting.set)
        async with db.transaction() as tx:
            await note(tx, "b")

    results = await asyncio.gather(a(), b(), return_exceptions=True)
    assert [str(result) for result in results] == ["a changes her mind", "None"]
    assert await noted(db) == ["b"]


async def test_an_error_in_the_sql_undoes_what_came_before_it(db: Database) -> None:
    async def twice() -> None:
        async with db.transaction() as tx:
            await note(tx, "a")
            await note(tx, "a")

    with pytest.raises(StatementError, match="notice"):
        await twice()
    assert await noted(db) == []


async def test_cancelled_half_way_nothing_is_written_and_the_next_may_write(db: Database) -> None:
    written = asyncio.Event()

    async def a() -> None:
        async with db.transaction() as tx:
            await note(tx, "a")
            written.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(a())
    await written.wait()
    task.cancel()
    async with db.transaction() as tx:
        await note(tx, "b")
    assert await noted(db) == ["b"]
    assert task.cancelled()


async def test_what_waits_to_be_written_while_the_database_closes_is_written(where: Location) -> None:
    db = await Database.open(where, exclusive=True)
    async with db.transaction():
        closing = asyncio.create_task(db.close())
        await asyncio.sleep(0)
        writing = asyncio.create_task(db.write("INSERT INTO notice VALUES (1, 'a', '', 0)"))
        await asyncio.sleep(0)
    await asyncio.gather(closing, writing)
    async with opened(where) as again:
        assert await noted(again) == ["a"]


async def test_cancelled_while_sqlite_is_at_work(db: Database) -> None:
    begun = asyncio.Event()

    async def a() -> None:
        async with db.transaction() as tx:
            begun.set()
            await tx.run(LONG_WORK)

    task = asyncio.create_task(a())
    await begun.wait()
    await asyncio.sleep(0)
    task.cancel()
    async with db.transaction() as tx:
        await note(tx, "b")
    assert await noted(db) == ["b"]


async def test_cancelled_while_waiting_for_another(db: Database) -> None:
    async def b() -> None:
        async with db.transaction() as tx:
            await note(tx, "b")

    async with db.transaction() as tx:
        await note(tx, "a")
        task = asyncio.create_task(b())
        await asyncio.sleep(0)
        task.cancel()
    async with db.transaction() as tx:
        await note(tx, "c")
    assert await noted(db) == ["a", "c"]
    assert task.cancelled()


async def test_cancelled_on_the_way_in_and_on_the_way_out(db: Database) -> None:
    async def at_the_door() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        async with db.transaction() as tx:  # the BEGIN is on its way when the cancellation comes
            await note(tx, "never")

    async def at_the_end() -> None:
        task = asyncio.current_task()
        assert task
        async with db.transaction() as tx:
            await note(tx, "committed")
            task.cancel()  # the COMMIT is on its way when the cancellation comes

    for play in (at_the_door, at_the_end):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(play())
        async with db.transaction() as tx:
            await note(tx, f"after {play.__name__}")
    assert await noted(db) == ["after at_the_door", "after at_the_end", "committed"]


@pytest.mark.parametrize("turns_of_the_loop", range(0, 40, 3))
async def test_cancelled_at_any_moment_it_is_all_or_nothing(db: Database, turns_of_the_loop: int) -> None:
    async def a() -> None:
        async with db.transaction() as tx:
            for kind in "abcd":
                await note(tx, kind)

    task = asyncio.create_task(a())
    for _ in range(turns_of_the_loop):
        await asyncio.sleep(0)
    task.cancel()
    task.cancel()
    async with db.transaction() as tx:
        await note(tx, "z")
    assert await noted(db) in (["z"], ["a", "b", "c", "d", "z"])


@only_sqlite
async def test_a_full_disk_is_said_and_loses_nothing_that_was_there(db: Database) -> None:
    async with db.transaction() as tx:
        await note(tx, "a")
        await tx.run("PRAGMA max_page_count = 1")  # SQLite takes the size the file has now

    async def too_much() -> None:
        async with db.transaction() as tx:
            await note(tx, "b")
            await tx.run(LONG_WORK)

    with pytest.raises(StorageError) as caught:
        await too_much()
    assert caught.value.kind == StorageErrorKind.FULL
    async with db.transaction() as tx:
        await tx.run("PRAGMA max_page_count = 100000")
        await note(tx, "c")
    assert await noted(db) == ["a", "c"]


@only_sqlite
async def test_two_processes_worth_of_writers_wait_for_each_other_or_say_so(db: Database, file: Path) -> None:
    async with opened(file, exclusive=False) as rehearsal:
        async with db.transaction() as tx:
            await tx.run("SELECT * FROM notice")  # who reads in order to write is writing already
            await sqlite_of(rehearsal)._writer.execute_fetchall("PRAGMA busy_timeout = 0")
            with pytest.raises(StorageError) as caught:
                async with rehearsal.transaction() as other:
                    await note(other, "lost")
            assert caught.value.kind == StorageErrorKind.BUSY
            await note(tx, "bot")
        async with rehearsal.transaction() as other:
            await note(other, "rehearsal")
    assert await noted(db) == ["bot", "rehearsal"]


# --- one statement by itself ----------------------------------------------------------------------


async def write(db: Database, kind: str) -> list[Row]:
    return await db.write("INSERT INTO notice VALUES (1, ?, '', 0) RETURNING kind", (kind,))


async def test_one_statement_is_committed_when_it_returns(db: Database) -> None:
    assert [row["kind"] for row in await write(db, "a")] == ["a"]
    assert await noted(db) == ["a"]


async def test_one_statement_waits_for_the_transaction_under_way(db: Database) -> None:
    async def a() -> None:
        async with db.transaction() as tx:
            await note(tx, "a")
            writing.append(asyncio.create_task(write(db, "b")))
            await asyncio.sleep(0)
            raise RuntimeError("a changes her mind")

    writing: list[asyncio.Task[list[Row]]] = []
    with pytest.raises(RuntimeError):
        await a()
    await writing[0]
    assert await noted(db) == ["b"]


async def test_one_statement_that_fails_half_way_writes_nothing(db: Database) -> None:
    await write(db, "a")
    twice = "INSERT INTO notice SELECT 1, kind, '', 0 FROM (SELECT 'b' AS kind UNION ALL SELECT 'a') AS two"
    with pytest.raises(StatementError, match="notice"):
        await db.write(twice)
    await write(db, "c")
    assert await noted(db) == ["a", "c"]


@only_sqlite
async def test_one_statement_and_a_full_disk(db: Database) -> None:
    await write(db, "a")
    await db.write("PRAGMA max_page_count = 1")  # SQLite takes the size the file has now
    with pytest.raises(StorageError) as caught:
        await db.write(LONG_WORK)
    assert caught.value.kind == StorageErrorKind.FULL
    await db.write("PRAGMA max_page_count = 100000")
    await write(db, "c")
    assert await noted(db) == ["a", "c"]


@only_sqlite
async def test_one_statement_beside_another_process_waits_or_says_so(db: Database, file: Path) -> None:
    async with opened(file, exclusive=False) as rehearsal:
        async with db.transaction() as tx:
            await note(tx, "bot")
            await sqlite_of(rehearsal)._writer.execute_fetchall("PRAGMA busy_timeout = 0")
            with pytest.raises(StorageError) as caught:
                await write(rehearsal, "lost")
            assert caught.value.kind == StorageErrorKind.BUSY
        await write(rehearsal, "rehearsal")
    assert await noted(db) == ["bot", "rehearsal"]


@pytest.mark.parametrize("turns_of_the_loop", range(4))
async def test_one_statement_cancelled_is_written_whole_or_not_at_all(
    db: Database, turns_of_the_loop: int
) -> None:
    task = asyncio.create_task(db.write(LONG_WORK))
    for _ in range(turns_of_the_loop):
        await asyncio.sleep(0)
    task.cancel()
    await write(db, "z")
    assert task.cancelled()
    counted = await db.read("SELECT count(*) AS number FROM notice WHERE kind = 'long'")
    assert counted[0]["number"] in (0, 300_000)
    assert (await noted(db))[-1] == "z"


async def test_one_statement_cancelled_while_it_waits_is_not_written(db: Database) -> None:
    async with db.transaction() as tx:
        await note(tx, "a")
        task = asyncio.create_task(write(db, "b"))
        await asyncio.sleep(0)
        task.cancel()
    await write(db, "c")
    assert await noted(db) == ["a", "c"]
    assert task.cancelled()


async def together(db: Database, kinds: str) -> list[asyncio.Task[list[Row]]]:
    """Statements that wait for one transaction."""
    async with db.transaction() as tx:
        await note(tx, "before")
        tasks = [asyncio.create_task(write(db, kind)) for kind in kinds]
        await asyncio.sleep(0)
    return tasks


@only_sqlite
async def test_statements_that_wait_are_committed_together(db: Database) -> None:
    commits: list[str] = []
    await sqlite_of(db)._writer.set_trace_callback(commits.append)
    tasks = await together(db, "abc")
    rows = await asyncio.gather(*tasks)
    assert [row["kind"] for each in rows for row in each] == ["a", "b", "c"]
    assert await noted(db) == ["a", "b", "before", "c"]
    assert commits.count("COMMIT") == 2


async def test_of_statements_that_wait_together_one_that_fails_fails_alone(db: Database) -> None:
    tasks = await together(db, "aba")
    first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert (len(first), len(second)) == (1, 1)  # type: ignore[arg-type]
    assert isinstance(third, StatementError)
    assert await noted(db) == ["a", "b", "before"]


@pytest.mark.parametrize("turns_of_the_loop", range(0, 12, 2))
@pytest.mark.parametrize("cancelled", range(3))
async def test_of_statements_that_wait_together_a_cancelled_one_harms_no_other(
    db: Database, cancelled: int, turns_of_the_loop: int
) -> None:
    tasks = await together(db, "abc")
    for _ in range(turns_of_the_loop):
        await asyncio.sleep(0)
    tasks[cancelled].cancel()
    await asyncio.wait(tasks)
    await write(db, "z")
    others = {"a", "b", "c"} - {"abc"[cancelled]}
    assert others | {"before", "z"} <= set(await noted(db))


@pytest.mark.parametrize("kinds", ["a", "abc"])
async def test_closing_waits_for_statements_that_wait(where: Location, kinds: str) -> None:
    async with opened(where) as db:
        tasks = await together(db, kinds)
        await db.close()
        await asyncio.gather(*tasks)
    async with opened(where) as db:
        assert set(await noted(db)) == {"before", *kinds}


async def test_a_statement_that_was_cancelled_while_it_waited_is_no_fault_at_the_end(
    where: Location, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(where) as db:
        async with db.transaction() as tx:
            await note(tx, "a")
            waiting = asyncio.create_task(write(db, "b"))
            closing = asyncio.create_task(db.close())
            await asyncio.sleep(0)
            waiting.cancel()
        await closing
        await asyncio.wait([waiting])
        await asyncio.sleep(0)
        gc.collect()
    assert caplog.text == ""


async def test_closing_waits_for_the_transaction_under_way(where: Location) -> None:
    async with opened(where) as db:
        async with db.transaction() as tx:
            closing = asyncio.create_task(db.close())
            done, _ = await asyncio.wait({closing}, timeout=0.05)
            assert not done
            await note(tx, "a")
        await closing
    async with opened(where) as db:
        assert await noted(db) == ["a"]


async def test_who_only_reads_cannot_write(db: Database) -> None:
    with pytest.raises(StorageError) as caught:
        await db.read("DELETE FROM notice")
    assert caught.value.kind == StorageErrorKind.READ_ONLY
