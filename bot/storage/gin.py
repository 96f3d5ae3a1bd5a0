"""The index of turns by terms, in PostgreSQL: an array with a GIN index over it.

Law: it finds what `bot.storage.fts5` finds. A deleted turn takes its terms along; what PostgreSQL keeps of
deleted rows for a while, it keeps of all tables.
"""

from collections.abc import Sequence
from typing import Final

from bot.storage.engine import Run

# A row comes back if it is new or other than before; one that is new has never been updated (`xmax`).
_PUT: Final = """
INSERT INTO turn_words (turn_id, terms) VALUES (?, string_to_array(?, ' '))
ON CONFLICT (turn_id) DO UPDATE SET terms = excluded.terms WHERE turn_words.terms <> excluded.terms
RETURNING CASE WHEN xmax = 0 THEN 0 ELSE 1 END AS known
"""

_DROP: Final = "DELETE FROM turn_words WHERE turn_id = ? RETURNING 1 AS known"

# All hits are found first: with a limit in sight, the engine might read the newest turns one by one instead,
# until enough of them have the terms.
_NEWEST: Final = """
WITH found AS MATERIALIZED (SELECT turn_id FROM turn_words WHERE terms @> string_to_array(?, ' '))
SELECT turn_id AS id FROM found WHERE turn_id < ? ORDER BY turn_id DESC LIMIT ?
"""

_EACH: Final = """
SELECT * FROM (
    SELECT {0} AS number, turn_id AS id FROM turn_words WHERE terms @> string_to_array(?, ' ') LIMIT ?
) AS each_{0}
"""


class Gin:
    """The index in the table `turn_words`."""

    async def put(self, run: Run, turn_id: int, terms: Sequence[str]) -> bool:
        """Store the terms of a turn in place of its former ones; return whether those were others."""
        rows = await (run(_PUT, (turn_id, " ".join(terms))) if terms else run(_DROP, (turn_id,)))
        return bool(rows and rows[0]["known"])

    async def newest(self, read: Run, terms: Sequence[str], before: int, most: int) -> list[int]:
        """Return the newest turns that have all terms, of those with ids below `before`, newest first."""
        return [row["id"] for row in await read(_NEWEST, (" ".join(terms), before, most))]

    async def with_each(self, read: Run, terms: Sequence[str], most: int) -> list[list[int]]:
        """Return for each term at most so many turns that have it."""
        found: list[list[int]] = [[] for _ in terms]
        if terms:
            sql = " UNION ALL ".join(_EACH.format(number) for number in range(len(terms)))
            for row in await read(sql, [value for term in terms for value in (term, most)]):
                found[row["number"]].append(row["id"])
        return found

    async def clean(self, run: Run, *, first: bool) -> bool:  # noqa: ARG002 - SQLite's has something to do
        """Return True: the terms of deleted turns are deleted rows like others."""
        return True
