"""The personas that people propose for a server.

Law: a proposal is its author's until it is published; then it is deleted here. Nobody has more open ones than
they may.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database
from bot.storage.engine import Row

EACH: Final = 3
"""The most open proposals of one person on a server."""

ALL: Final = 25
"""The most open proposals on a server: as many as a menu of Discord's has."""

KEPT: Final = timedelta(days=30)
"""How long a refused proposal is kept for its author."""


class ProposalFault(StrEnum):
    """Why a proposal is not stored."""

    YOURS = "yours"  # its author has as many as they may
    SERVERS = "servers"  # the server has


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed persona; `refused_at` is None while it is open."""

    id: int
    server_id: int
    channel_id: int
    by_user: int
    name: str
    text: str
    at: datetime
    refused_at: datetime | None = None
    reason: str = ""


class Proposals:
    """The store of proposals."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def put(self, proposal: Proposal) -> Proposal | ProposalFault:
        """Store an open proposal, whose id is ignored; refused ones that are old go."""
        server_id = proposal.server_id
        async with self._db.transaction() as tx:
            old = "DELETE FROM proposal WHERE server_id = ? AND refused_at < ?"
            await tx.run(old, (server_id, to_ms(proposal.at - KEPT)))
            rows = await tx.run(
                "SELECT by_user FROM proposal WHERE server_id = ? AND refused_at IS NULL", (server_id,)
            )
            if sum(row["by_user"] == proposal.by_user for row in rows) >= EACH:
                return ProposalFault.YOURS
            if len(rows) >= ALL:
                return ProposalFault.SERVERS
            sql = """
            INSERT INTO proposal (server_id, channel_id, by_user, name, text, created_at)
            VALUES (?, ?, ?, ?, ?, ?) RETURNING *
            """
            where = (server_id, proposal.channel_id, proposal.by_user)
            made = await tx.run(sql, (*where, proposal.name, proposal.text, to_ms(proposal.at)))
            return _proposal(made[0])

    async def get(self, server_id: int, proposal_id: int) -> Proposal | None:
        """Return a proposal of a server; None if it is gone."""
        sql = "SELECT * FROM proposal WHERE server_id = ? AND id = ?"
        rows = await self._db.read(sql, (server_id, proposal_id))
        return _proposal(rows[0]) if rows else None

    async def open(self, server_id: int) -> Sequence[Proposal]:
        """Return the open proposals of a server, the oldest first."""
        sql = "SELECT * FROM proposal WHERE server_id = ? AND refused_at IS NULL ORDER BY id"
        return [_proposal(row) for row in await self._db.read(sql, (server_id,))]

    async def of(self, server_id: int, by_user: int) -> Sequence[Proposal]:
        """Return a person's proposals on a server, the newest first."""
        sql = "SELECT * FROM proposal WHERE server_id = ? AND by_user = ? ORDER BY id DESC"
        return [_proposal(row) for row in await self._db.read(sql, (server_id, by_user))]

    async def refuse(self, proposal_id: int, reason: str, by_user: int, at: datetime) -> bool:
        """Store that an open proposal is refused; return False if it is not open anymore."""
        sql = """
        UPDATE proposal SET refused_at = ?, refused_by = ?, reason = ? WHERE id = ? AND refused_at IS NULL
        RETURNING 1
        """
        return bool(await self._db.write(sql, (to_ms(at), by_user, reason, proposal_id)))

    async def drop(self, proposal_id: int) -> bool:
        """Delete a proposal; return False if it is gone already."""
        return bool(await self._db.write("DELETE FROM proposal WHERE id = ? RETURNING 1", (proposal_id,)))


def _proposal(row: Row) -> Proposal:
    return Proposal(
        row["id"],
        row["server_id"],
        row["channel_id"],
        row["by_user"],
        row["name"],
        row["text"],
        from_ms(row["created_at"]),
        None if row["refused_at"] is None else from_ms(row["refused_at"]),
        row["reason"],
    )
