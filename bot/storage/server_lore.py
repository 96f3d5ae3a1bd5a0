"""The lorebooks that servers have of their own, as YAML text.

Law: a server has a bounded number of them, and of characters. What the text means is not known here.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.storage.columns import from_ms, storable, to_ms
from bot.storage.database import Database, Transaction

MOST: Final = 25
"""The most lorebooks that a server has of its own: as many as a menu of Discord's has."""

CHARACTERS: Final = 4_000_000
"""The most characters in all lorebooks of a server."""


class LoreFault(StrEnum):
    """Why a lorebook is not stored."""

    OVERTAKEN = "overtaken"  # somebody else has changed it meanwhile
    TOO_MANY = "too_many"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True)
class StoredBook:
    """A lorebook of a server: its key, its YAML, who brought it, and when."""

    server_id: int
    key: str
    text: str
    by_user: int
    at: datetime


class ServerLore:
    """The store of servers' own lorebooks."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def of(self, server_id: int) -> list[StoredBook]:
        """Return the lorebooks of a server, in the order of their keys."""
        rows = await self._db.read(
            "SELECT * FROM server_lore WHERE server_id = ? ORDER BY lore_key", (server_id,)
        )
        return [
            StoredBook(
                row["server_id"], row["lore_key"], row["text"], row["by_user"], from_ms(row["created_at"])
            )
            for row in rows
        ]

    async def put(self, book: StoredBook, before: str | None = None) -> LoreFault | None:
        """Store a lorebook in place of one with this text, None for none; return why it isn't stored."""
        async with self._db.transaction() as tx:
            return await put_in(tx, book, before)

    async def delete(self, server_id: int, key: str) -> bool:
        """Delete a lorebook; return whether there was one."""
        sql = "DELETE FROM server_lore WHERE server_id = ? AND lore_key = ? RETURNING 1"
        return bool(await self._db.write(sql, (server_id, key)))


async def put_in(tx: Transaction, book: StoredBook, before: str | None) -> LoreFault | None:
    """Store a lorebook in place of one with this text, None for none; return why it isn't stored."""
    there = await tx.run(
        "SELECT text FROM server_lore WHERE server_id = ? AND lore_key = ?", (book.server_id, book.key)
    )
    if [row["text"] for row in there] != ([] if before is None else [before]):
        return LoreFault.OVERTAKEN
    rows = await tx.run(
        "SELECT length(text) AS characters FROM server_lore WHERE server_id = ? AND lore_key <> ?",
        (book.server_id, book.key),
    )
    if len(rows) >= MOST:
        return LoreFault.TOO_MANY
    if sum(row["characters"] for row in rows) + len(book.text) > CHARACTERS:
        return LoreFault.TOO_MUCH
    sql = """
    INSERT INTO server_lore (server_id, lore_key, text, by_user, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (server_id, lore_key) DO UPDATE SET text = excluded.text,
        by_user = excluded.by_user, created_at = excluded.created_at
    """
    said = (book.server_id, book.key, storable(book.text), book.by_user, to_ms(book.at))
    await tx.run(sql, said)
    return None
