"""The one list of what the tables hold about people, held against the schema."""

import re

import pytest

from bot.storage.database import Database
from bot.storage.personal_data import EXPORTS, MESSAGES, OPTING_OUT, STEPS, TABLES, Holds
from tests.storage.cast import only_sqlite

OF_PEOPLE = {table for table, columns in TABLES.items() if Holds.PERSON in columns.values()}

SAID = " ".join([MESSAGES, *EXPORTS.values()])


@only_sqlite  # whose tables PostgreSQL has too (`test_engines.py`)
async def test_every_table_and_every_column_is_declared(db: Database) -> None:
    tables = """
    SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'turn\\_words\\_%' ESCAPE '\\'
    """  # what FTS5 keeps of `turn_words` is its own
    found = {
        table: {row["name"] for row in await db.read(f"PRAGMA table_info({table})")}
        for (table,) in await db.read(tables)
    }
    assert {table: set(columns) for table, columns in TABLES.items()} == found


@pytest.mark.parametrize("table", sorted(OF_PEOPLE))
def test_what_is_of_a_person_is_forgotten_and_exported(table: str) -> None:
    steps = [sql for sql in STEPS if re.search(rf"(?:UPDATE|DELETE FROM)\s+{table}\b", sql)]
    assert steps, f"no step of Forget changes {table}"
    assert re.search(rf"\b{table}\b", SAID), f"no export has {table}"


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table, columns in sorted(TABLES.items())
        for column, holds in columns.items()
        if holds not in {Holds.NOTHING, Holds.KEPT}
    ],
)
def test_each_column_that_tells_of_a_person_is_in_a_step(table: str, column: str) -> None:
    whole = any(re.search(rf"DELETE FROM\s+{table}\b", sql) for sql in STEPS)
    changed = any(re.search(rf"UPDATE\s+{table}\b[^;]*\bSET\b[^;]*\b{column} =", sql) for sql in STEPS)
    assert whole or changed


def test_what_a_server_keeps_against_people_is_whom_it_blocked() -> None:
    kept = {
        (table, column) for table in TABLES for column in TABLES[table] if TABLES[table][column] is Holds.KEPT
    }
    assert kept == {("block", "user_id")}


@pytest.mark.parametrize(
    ("table", "column"),
    [
        (table, column)
        for table, columns in sorted(TABLES.items())
        for column, holds in columns.items()
        if holds in {Holds.PERSON, Holds.KEPT}
        and column not in {"speaker_id", "target_speaker"}
        and (column != "owner" or table == "place")
    ],
)
def test_by_each_column_with_a_person_something_is_exported(table: str, column: str) -> None:
    """A speaker leads to its person, and what has an owner to its place, which is exported."""
    sources = [sql for sql in (MESSAGES, *EXPORTS.values()) if re.search(rf"(?:FROM|JOIN)\s+{table}\b", sql)]
    by = rf"\b(?:{table}\.)?{column} (?:=|<>) :user"
    assert any(re.search(by, sql) for sql in sources)


async def test_every_statement_is_understood(db: Database) -> None:
    facts = {"user": 1, "erasure": 1, "everywhere": 1, "after": 0, "most": 1, "alias": -1, "counted": 1}
    async with db.transaction() as tx:
        for sql in (*STEPS, *OPTING_OUT, MESSAGES, *EXPORTS.values()):
            await tx.run(sql, facts)
