"""The index of turns by terms, in PostgreSQL: an array with a GIN index over it.

Law: it finds what `bot.storage.fts5` finds. A deleted turn takes its terms along; what PostgreSQL keeps of
deleted rows for a while, it keeps of all tables.
"""

from collections.abc import Sequence
from typing import Final

from bot.storage.engine import Index, Run

# A row comes back if it is new or other than before; one that is new has never been updated (`xmax`).
_PUT: Final = """
INSERT INTO turn_words (turn_id, terms) VALUES (?, string_to_array(?, ' '))
ON CONFLICT (turn_id) DO UPDATE SET terms = excluded.terms WHERE turn_words.terms <> excluded.terms
RETURNING CASE WHEN xmax = 0 THEN 0 ELSE 1 END AS known
"""

_DROP: Final = "DELETE FROM turn_words WHERE turn_id = ? RETURNING 1 AS known"


class Gin(Index):
    """The index in the table `turn_words`."""

    # All hits are found first: with a limit in sight, the engine might read the newest turns one by one
    # instead, until enough of them have the terms.
    newest_sql = """
    WITH found AS MATERIALIZED (SELECT turn_id FROM turn_words WHERE terms @> string_to_array(?, ' '))
    SELECT turn_id AS id FROM found WHERE turn_id < ? ORDER BY turn_id DESC LIMIT ?
    """
    each_sql = """
    SELECT * FROM (
        SELECT {0} AS number, turn_id AS id FROM turn_words WHERE terms @> string_to_array(?, ' ') LIMIT ?
    ) AS each_{0}
    """

    async def put(self, run: Run, turn_id: int, terms: Sequence[str]) -> bool:
        """Store the terms of a turn in place of its former ones; return whether those were others."""
        rows = await (run(_PUT, (turn_id, " ".join(terms))) if terms else run(_DROP, (turn_id,)))
        return bool(rows and rows[0]["known"])

    async def clean(self, run: Run, *, first: bool) -> bool:  # noqa: ARG002 - SQLite's has something to do
        """Return True: the terms of deleted turns are deleted rows like others."""
        return True
