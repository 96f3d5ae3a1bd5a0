"""The personas that servers have of their own, as YAML text with its versions.

Law: a change is a row that is never changed again, except that old ones lose their text, so the table is its
own log. Nobody overwrites a version that they have not seen. What the text means is not known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Row
from bot.storage.proposals import Proposals
from bot.storage.server_lore import ServerLore
from bot.storage.server_pictures import ServerPictures

EARLIER: Final = 10
"""How many earlier versions of a persona keep their text."""

DELETED: Final = 25
"""How many deleted personas of a server can be put back: as many as a menu of Discord's has."""

MOST: Final = 100
"""The most personas that a server has of its own."""

CHARACTERS: Final = 2_000_000
"""The most characters in the newest versions of a server's personas: about 500 long ones."""

LOGGED: Final = 1000
"""How many changes of a server's personas are remembered, if their texts are gone."""


class Act(StrEnum):
    """What was done to a persona."""

    MADE = "made"
    EDITED = "edited"
    UPLOADED = "uploaded"
    RESTORED = "restored"
    DELETED = "deleted"


class PutFault(StrEnum):
    """Why a change is not stored."""

    OVERTAKEN = "overtaken"  # somebody else has changed the persona meanwhile
    TOO_MANY = "too_many"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a server's persona; without a text it is deleted."""

    server_id: int
    key: str
    act: Act
    text: str | None
    by_user: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A change that is stored; without a text, the persona was deleted or the version is too old."""

    change: Change
    number: int

    @property
    def text(self) -> str | None:
        """The YAML."""
        return self.change.text


_NEWEST: Final = """
SELECT server_persona.* FROM server_persona JOIN (
    SELECT server_id, persona_key, max(version) AS version FROM server_persona GROUP BY server_id, persona_key
) AS newest ON newest.server_id = server_persona.server_id
    AND newest.persona_key = server_persona.persona_key AND newest.version = server_persona.version
"""

_NUMBERS: Final = f"""
SELECT server_persona.server_id, server_persona.persona_key, server_persona.version
FROM{_NEWEST.partition("FROM")[2]} WHERE text IS NOT NULL
"""

_GONE: Final = f"""{_NEWEST}
WHERE act = ? AND server_persona.server_id = ? ORDER BY created_at DESC, server_persona.persona_key
"""


class ServerPersonas:
    """The store of servers' own personas.

    Attributes:
        pictures: the store of their pictures.
        proposals: the store of those that people propose.
        lore: the store of servers' own lorebooks.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.pictures = ServerPictures(db)
        self.proposals = Proposals(db)
        self.lore = ServerLore(db)

    async def playing(self) -> list[Version]:
        """Return the newest versions of the personas of all servers that are not deleted."""
        return [_version(row) for row in await self._db.read(f"{_NEWEST} WHERE text IS NOT NULL")]

    async def numbers(self) -> dict[tuple[int, str], int]:
        """Return the number of the newest version of each server's personas that are not deleted."""
        rows = await self._db.read(_NUMBERS)
        return {(row["server_id"], row["persona_key"]): row["version"] for row in rows}

    async def versions(self, server_id: int, key: str) -> list[Version]:
        """Return the changes of a persona, the newest first; none if the server never had it."""
        sql = "SELECT * FROM server_persona WHERE server_id = ? AND persona_key = ? ORDER BY version DESC"
        return [_version(row) for row in await self._db.read(sql, (server_id, key))]

    async def deleted(self, server_id: int) -> list[Version]:
        """Return the deletions of the personas that can be put back, the newest first."""
        rows = await self._db.read(_GONE, (Act.DELETED, server_id))
        return [_version(row) for row in rows[:DELETED]]

    async def log(self, server_id: int, most: int) -> list[Version]:
        """Return the last changes of a server's personas, the newest first."""
        sql = """
        SELECT * FROM server_persona WHERE server_id = ?
        ORDER BY created_at DESC, persona_key, version DESC LIMIT ?
        """
        return [_version(row) for row in await self._db.read(sql, (server_id, most))]

    async def put(self, change: Change, over: int) -> Version | PutFault:
        """Store a change over the newest version, with the number `over`: 0 if there was never one."""
        try:
            async with self._db.transaction() as tx:
                return await put_in(tx, change, over)
        except NotPut as error:
            return error.fault


class NotPut(Exception):  # noqa: N818 - it says what is wrong
    """A change that is not stored, for which its whole transaction ends.

    Attributes:
        fault: why.
    """

    def __init__(self, fault: PutFault) -> None:
        super().__init__(fault)
        self.fault = fault


async def put_in(tx: Transaction, change: Change, over: int) -> Version:
    """Store a change over the newest version, with the number `over`: 0 if there was never one.

    Raises:
        NotPut: it is not stored.
    """
    newest = {row["persona_key"]: row for row in await _newest(tx, change.server_id)}
    before = newest.get(change.key)
    if over != (before["version"] if before else 0):
        raise NotPut(PutFault.OVERTAKEN)
    others = [
        row["characters"]
        for key, row in newest.items()
        if key != change.key and row["characters"] is not None
    ]
    if change.text is not None:
        if len(others) >= MOST and (before is None or before["characters"] is None):
            raise NotPut(PutFault.TOO_MANY)
        if sum(others) + len(change.text) > CHARACTERS:
            raise NotPut(PutFault.TOO_MUCH)
    sql = """
    INSERT INTO server_persona (server_id, persona_key, version, act, text, by_user, created_at)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    """
    place, who = (change.server_id, change.key), (change.by_user, to_ms(change.at))
    await tx.run(sql, (*place, over + 1, change.act, change.text, *who))
    await _tidy(tx, change, over + 1)
    return Version(change, over + 1)


async def _newest(tx: Transaction, server_id: int) -> Sequence[Row]:
    """Return the newest version of each of a server's personas, with its characters in place of its text."""
    sql = """
    SELECT persona_key, version, length(text) AS characters FROM server_persona AS each
    WHERE server_id = :server AND version = (
        SELECT max(version) FROM server_persona AS other
        WHERE other.server_id = :server AND other.persona_key = each.persona_key
    )
    """
    return await tx.run(sql, {"server": server_id})


async def _tidy(tx: Transaction, change: Change, number: int) -> None:
    """Take the texts of what is too old to be put back, and forget the oldest changes."""
    old = """
    UPDATE server_persona SET text = NULL
    WHERE server_id = ? AND persona_key = ? AND version < ? AND text IS NOT NULL
    """
    await tx.run(old, (change.server_id, change.key, number - EARLIER))
    if change.act is Act.DELETED:
        for row in (await tx.run(_GONE, (Act.DELETED, change.server_id)))[DELETED:]:
            await tx.run(old, (change.server_id, row["persona_key"], row["version"]))
    # The newest of each key stays: else a version that somebody has seen could be counted again.
    unlog = """
    DELETE FROM server_persona WHERE server_id = :server AND text IS NULL AND created_at < (
        SELECT min(created_at) FROM (
            SELECT created_at FROM server_persona
            WHERE server_id = :server ORDER BY created_at DESC LIMIT :most
        ) AS kept
    ) AND version < (
        SELECT max(version) FROM server_persona AS other
        WHERE other.server_id = :server AND other.persona_key = server_persona.persona_key
    )
    """
    await tx.run(unlog, {"server": change.server_id, "most": LOGGED})


def _version(row: Row) -> Version:
    change = Change(
        row["server_id"],
        row["persona_key"],
        Act(row["act"]),
        row["text"],
        row["by_user"],
        from_ms(row["created_at"]),
    )
    return Version(change, row["version"])
