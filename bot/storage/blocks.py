"""The people that the moderators of servers have blocked.

Law: a block is the server's own. It stays when its person is forgotten: else *Forget* would lift it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Block:
    """A person that a server has blocked, and the moderator who did it, 0 where that was forgotten."""

    user_id: int
    by_user: int
    at: datetime


class BlockStore:
    """The blocks of all servers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def among(self, server_id: int, user_ids: Collection[int]) -> frozenset[int]:
        """Return which of these people a server has blocked."""
        if not user_ids:
            return frozenset()
        marks = ", ".join("?" * len(user_ids))
        sql = f"SELECT user_id FROM block WHERE server_id = ? AND user_id IN ({marks})"  # noqa: S608 - marks
        return frozenset(row["user_id"] for row in await self._db.read(sql, (server_id, *user_ids)))

    async def of(self, server_id: int) -> list[Block]:
        """Return the blocks of a server, the newest first."""
        sql = "SELECT * FROM block WHERE server_id = ? ORDER BY created_at DESC, user_id"
        rows = await self._db.read(sql, (server_id,))
        return [Block(row["user_id"], row["by_user"], from_ms(row["created_at"])) for row in rows]

    async def add(self, server_id: int, block: Block) -> bool:
        """Store a block; return False if the person was blocked already, which stays as it was."""
        sql = """
        INSERT INTO block (server_id, user_id, by_user, created_at) VALUES (?, ?, ?, ?)
        ON CONFLICT (server_id, user_id) DO NOTHING RETURNING 1
        """
        async with self._db.transaction() as tx:
            return bool(await tx.run(sql, (server_id, block.user_id, block.by_user, to_ms(block.at))))

    async def lift(self, server_id: int, user_id: int) -> bool:
        """Delete a block; return False if there was none."""
        sql = "DELETE FROM block WHERE server_id = ? AND user_id = ? RETURNING 1"
        async with self._db.transaction() as tx:
            return bool(await tx.run(sql, (server_id, user_id)))
