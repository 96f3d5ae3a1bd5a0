"""What people wish for themselves, wherever they play.

Law: what nobody has asked for has no row; taking a wish back leaves nothing behind, but for when a person
opted in again.
"""

from collections.abc import Collection
from typing import Final

from bot.core.settings import Wish
from bot.storage.database import Database

OPT_OUT: Final = "opt_out"
"""The key of a person who has opted out; the view `spoken` leaves their turns out."""

OPT_IN: Final = "opt_in"
"""The key of a person who opted in again; the value is the id of that press, which rises with time."""

LOCALE: Final = "locale"
"""The key of the locale that a person's Discord last told outside of servers."""

_YES = "true"


class Preferences:
    """The wishes of all people."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def any_has(self, user_ids: Collection[int], wish: Wish) -> bool:
        """Return whether any of these people has a wish."""
        marks = ", ".join("?" * len(user_ids))
        sql = f"SELECT 1 FROM preference WHERE key = ? AND value = ? AND user_id IN ({marks}) LIMIT 1"  # noqa: S608 - marks
        return bool(user_ids) and bool(await self._db.read(sql, (wish, _YES, *user_ids)))

    async def put(self, user_id: int, wish: Wish) -> None:
        """Store that a person has a wish."""
        await self._put(user_id, wish, _YES)

    async def clear(self, user_id: int, wish: Wish) -> None:
        """Delete a wish."""
        await self._db.write("DELETE FROM preference WHERE user_id = ? AND key = ?", (user_id, wish))

    async def put_locale(self, user_id: int, locale: str) -> None:
        """Store a person's locale."""
        await self._put(user_id, LOCALE, locale)

    async def locale(self, user_id: int) -> str | None:
        """Return a person's locale; None if none is stored."""
        sql = "SELECT value FROM preference WHERE user_id = ? AND key = ?"
        rows = await self._db.read(sql, (user_id, LOCALE))
        return rows[0]["value"] if rows else None

    async def opted_out(self, user_ids: Collection[int]) -> frozenset[int]:
        """Return which of these people have opted out."""
        marks = ", ".join("?" * len(user_ids))
        sql = f"SELECT user_id FROM preference WHERE key = ? AND user_id IN ({marks})"  # noqa: S608 - marks
        rows = await self._db.read(sql, (OPT_OUT, *user_ids)) if user_ids else []
        return frozenset(row["user_id"] for row in rows)

    async def opted_in(self, user_id: int) -> int | None:
        """Return the id of the press by which a person opted in again; None if they never did."""
        rows = await self._db.read(
            "SELECT value FROM preference WHERE user_id = ? AND key = ?", (user_id, OPT_IN)
        )
        return int(rows[0]["value"]) if rows else None

    async def _put(self, user_id: int, key: str, value: str) -> None:
        sql = """
        INSERT INTO preference (user_id, key, value) VALUES (?, ?, ?)
        ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value
        """
        await self._db.write(sql, (user_id, key, value))
