"""The members of PluralKit and Tupperbox systems: whose they are, as it was seen from copies and originals.

Law: a link is of one server and goes when it was not seen for `KEPT`. A name that several accounts have is
nobody's. docs/privacy.md says why it is stored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.core.proxies import stand_in
from bot.storage.columns import storable, to_ms
from bot.storage.database import Database
from bot.storage.engine import Value

KEPT: Final = timedelta(days=30)
"""How long it is remembered that somebody uses a proxy on a server, and for which members."""

_SEE: Final = """
INSERT INTO proxy_link (server_id, application_id, member, user_id, seen_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (server_id, application_id, member, user_id) DO UPDATE SET seen_at = excluded.seen_at
"""

# What was said before the account was known belongs to it, unless the name is of several.
_ADOPT: Final = """
UPDATE speaker SET user_id = :user
WHERE user_id = :application AND character = :character
    AND channel_id IN (SELECT channel_id FROM place WHERE guild_id = :server)
    AND NOT EXISTS (
        SELECT 1 FROM speaker AS known WHERE known.channel_id = speaker.channel_id
            AND known.owner = speaker.owner AND known.character = speaker.character
            AND known.user_id = :user AND known.display_name = speaker.display_name
    )
    AND NOT EXISTS (
        SELECT 1 FROM proxy_link WHERE server_id = :server AND application_id = :application
            AND member = :character AND user_id <> :user
    )
"""

_PAY: Final = """
UPDATE usage SET user_id = :user WHERE user_id = :stand_in
    AND NOT EXISTS (
        SELECT 1 FROM proxy_link WHERE server_id = :server AND application_id = :application
            AND member = :character AND user_id <> :user
    )
"""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a system on a server; `character` is as in `bot.core.scene.Participant`."""

    server_id: int
    application_id: int
    character: str


class MemberLinks:
    """Whose the members of systems are."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def see(self, member: Member, user_id: int, at: datetime) -> None:
        """Store that a member is an account's, as it was seen at a time; what was not seen lately goes.

        What the member said before as nobody's, and what that cost, is the account's from now on.
        """
        key = (member.server_id, member.application_id, storable(member.character), user_id)
        facts: dict[str, Value] = {
            "user": user_id,
            "application": member.application_id,
            "character": storable(member.character),
            "server": member.server_id,
        }
        async with self._db.transaction() as tx:
            await tx.run("DELETE FROM proxy_link WHERE seen_at < ?", (to_ms(at - KEPT),))
            await tx.run(_SEE, (*key, to_ms(at)))
            await tx.run(_ADOPT, facts)
            await tx.run(_PAY, {**facts, "stand_in": stand_in(member.server_id, member.character)})

    async def account(self, member: Member, at: datetime) -> int | None:
        """Return the account of a member at a time; None if it is not known, or if several have the name."""
        sql = """
        SELECT user_id FROM proxy_link
        WHERE server_id = ? AND application_id = ? AND member = ? AND seen_at >= ? LIMIT 2
        """
        key = (member.server_id, member.application_id, storable(member.character), to_ms(at - KEPT))
        rows = await self._db.read(sql, key)
        return int(rows[0]["user_id"]) if len(rows) == 1 else None

    async def accounts(self, server_id: int, application_id: int, at: datetime) -> frozenset[int]:
        """Return the accounts that an application was seen to post for on a server within `KEPT`."""
        sql = """
        SELECT DISTINCT user_id FROM proxy_link WHERE server_id = ? AND application_id = ? AND seen_at >= ?
        """
        rows = await self._db.read(sql, (server_id, application_id, to_ms(at - KEPT)))
        return frozenset(int(row["user_id"]) for row in rows)

    async def is_proxied(self, server_id: int, user_id: int, at: datetime) -> bool:
        """Return whether an account was seen proxied on a server within `KEPT` before a time."""
        sql = "SELECT 1 FROM proxy_link WHERE server_id = ? AND user_id = ? AND seen_at >= ? LIMIT 1"
        return bool(await self._db.read(sql, (server_id, user_id, to_ms(at - KEPT))))
