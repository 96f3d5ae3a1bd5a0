"""The index of turns by terms, in SQLite's FTS5.

Law: besides the opening of a database, the only SQL that SQLite alone understands. FTS5 gets terms of six
ASCII letters and digits, which its tokenizer leaves as they are.
"""

from collections.abc import Sequence
from typing import Final

from bot.storage.engine import Index, Run

PAGES: Final = 100
"""Pages of the index that one step of cleaning writes again: about 20 ms."""

_PUT: Final = "INSERT OR REPLACE INTO turn_words (rowid, terms) VALUES (?, ?)"


class Fts5(Index):
    """The index in the tables `turn_words` and its own."""

    newest_sql = """
    SELECT rowid AS id FROM turn_words WHERE turn_words MATCH ? AND rowid < ? ORDER BY rowid DESC LIMIT ?
    """
    each_sql = """
    SELECT * FROM (SELECT {} AS number, rowid AS id FROM turn_words WHERE turn_words MATCH ? LIMIT ?)
    """

    async def put(self, run: Run, turn_id: int, terms: Sequence[str]) -> bool:
        """Store the terms of a turn in place of its former ones; return whether those were others."""
        rows = await run("SELECT terms FROM turn_words WHERE rowid = ?", (turn_id,))
        known, wanted = (rows[0]["terms"] if rows else ""), " ".join(terms)
        if known == wanted:
            return False
        if wanted:
            await run(_PUT, (turn_id, wanted))
        else:
            await run("DELETE FROM turn_words WHERE rowid = ?", (turn_id,))
        return bool(known)

    async def clean(self, run: Run, *, first: bool) -> bool:
        """Remove a piece of the traces of deleted terms; return whether that is all.

        FTS5 only marks terms as deleted, until it merges the parts in which they are. Its documentation says
        of "merge": negative to begin with all parts, then positive until less than two rows change.
        """
        before = await run("SELECT total_changes() AS rows", ())
        await run(
            "INSERT INTO turn_words (turn_words, rank) VALUES ('merge', ?)", (-PAGES if first else PAGES,)
        )
        after = await run("SELECT total_changes() AS rows", ())
        changed: int = after[0]["rows"] - before[0]["rows"]
        return changed < 2  # noqa: PLR2004 - FTS5's number
