"""The keys that servers have brought for the model.

Law: a key is stored sealed, and this module cannot open it. It goes with its server.
"""

from dataclasses import dataclass
from datetime import datetime

from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database
from bot.storage.engine import Row

_PUT = """
INSERT INTO server_key (server_id, sealed, by_user, created_at) VALUES (?, ?, ?, ?)
ON CONFLICT (server_id) DO UPDATE SET
    sealed = excluded.sealed, by_user = excluded.by_user, created_at = excluded.created_at
"""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A sealed key, who set it (0 if they were forgotten), and when."""

    sealed: str
    by_user: int
    at: datetime


class ServerKeys:
    """The keys of all servers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, server_id: int) -> StoredKey | None:
        """Return the key of a server; None if it has none."""
        rows = await self._db.read("SELECT * FROM server_key WHERE server_id = ?", (server_id,))
        return _stored(rows[0]) if rows else None

    async def all(self) -> list[tuple[int, StoredKey]]:
        """Return the keys of all servers, each with its server's id."""
        rows = await self._db.read("SELECT * FROM server_key ORDER BY server_id")
        return [(row["server_id"], _stored(row)) for row in rows]

    async def put(self, server_id: int, key: StoredKey) -> None:
        """Store the key of a server, in place of its last one."""
        await self._db.write(_PUT, (server_id, key.sealed, key.by_user, to_ms(key.at)))

    async def drop(self, server_id: int) -> bool:
        """Delete the key of a server; return False if it has none."""
        sql = "DELETE FROM server_key WHERE server_id = ? RETURNING server_id"
        return bool(await self._db.write(sql, (server_id,)))


def _stored(row: Row) -> StoredKey:
    return StoredKey(row["sealed"], row["by_user"], from_ms(row["created_at"]))
