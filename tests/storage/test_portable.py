"""SQL that PostgreSQL takes too: what only SQLite understands, and what can be seen of it in the text."""

import re
from pathlib import Path

import pytest

import bot.storage

SOURCES = [
    path
    for path in sorted(Path(bot.storage.__file__).parent.glob("*.py"))
    if path.name
    not in {
        "sqlite.py",
        "fts5.py",
        "maintenance.py",
        "move.py",
        "postgres.py",
        "postgres_schema.py",
        "schema.py",
    }  # the engine's own: opening, pragmas, migrating, copying, the index
]

TRAPS = {
    "INSERT OR …": r"\bINSERT\s+OR\b",
    "REPLACE INTO": r"\bREPLACE\s+INTO\b",
    "INDEXED BY": r"\bINDEXED\s+BY\b",
    "functions on JSON": r"\bjson_\w+\s*\((?!s)",
    "LIMIT -1": r"\bLIMIT\s+-",
    "an empty list": r"\bIN\s*\(\s*\)",
    "scalar min and max": r"\b(?:min|max)\s*\([^()]*,",
    "dates as SQLite has them": r"\b(?:strftime|julianday|unixepoch|datetime)\s*\('",
    "ifnull": r"\bifnull\s*\(",
    "group_concat": r"\b(?:group_concat|total)\s*\(",
    "GLOB": r"\bGLOB\b",
    "COLLATE": r"\bCOLLATE\b",
    "rowid": r"\browid\b",
    "its own tables": r"\bsqlite_(?:schema|master|sequence)\b",
    "PRAGMA": r"\bPRAGMA\b",
    "IS with a value": r"\bIS\s+(?:NOT\s+)?[?:]",
    "a truth value as a number": r"=\s*\w+\s+IN\s*\(\{?",
}
"""Statements in Python are strings: what is in capitals is SQL, so Python's own words are no trap."""

SQL_ONLY = re.compile(r'"""(.*?)"""|"([^"\n]*)"', re.DOTALL)


def statements(path: Path) -> str:
    """What a file says to the database: its strings that begin with SQL's words."""
    strings = ("".join(found) for found in SQL_ONLY.findall(path.read_text("utf-8")))
    words = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "CREATE")
    return "\n".join(text for text in strings if text.lstrip().startswith(words))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_statement_is_only_sqlites(path: Path) -> None:
    text = statements(path)
    found = {name: hit.group() for name, trap in TRAPS.items() if (hit := re.search(trap, text))}
    assert found == {}


@pytest.mark.parametrize(
    ("sql", "trap"),
    [
        ("INSERT OR REPLACE INTO setting VALUES (?)", "INSERT OR …"),
        ("INSERT OR IGNORE INTO setting VALUES (?)", "INSERT OR …"),
        ("SELECT id FROM turn INDEXED BY turn_by_scene", "INDEXED BY"),
        ("SELECT value FROM json_each(?)", "functions on JSON"),
        ("SELECT * FROM turn LIMIT -1", "LIMIT -1"),
        ("SELECT max(position, until) FROM turn", "scalar min and max"),
        ("UPDATE post SET buttons = page IN (?, ?)", "a truth value as a number"),
        ("SELECT 1 FROM turn WHERE owed IS ?", "IS with a value"),
    ],
)
def test_each_trap_is_seen(sql: str, trap: str) -> None:
    assert re.search(TRAPS[trap], sql)
    assert not re.search(
        TRAPS[trap], "SELECT max(position) FROM turn WHERE id IN (?) AND owed IS NULL LIMIT ?"
    )
