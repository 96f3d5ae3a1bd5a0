"""The settings, persona bindings and casts that admins have chosen.

Law: values are plain text; `core.settings` knows their meaning. A channel's cast and its binding, which has
its lead, change together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from bot.core.casts import CastMember
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Row, Value
from bot.storage.server_keys import ServerKeys

Scope = Literal["bot", "server", "channel"]
BindingScope = Literal["channel", "category", "server"]

_AT_ONCE = 200
"""The most places that one statement asks for: engines bound the depth of a condition."""

_JOIN = """
INSERT INTO cast_member (channel_id, persona_key, position, talkativeness, muted) VALUES (?, ?, ?, ?, ?)
"""

_SETTINGS = "SELECT scope, scope_id, key, value FROM setting WHERE "
_BINDINGS = "SELECT scope, scope_id, persona_key FROM binding WHERE "

PUT: Final = """
INSERT INTO setting (scope, scope_id, key, value, by_user, created_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (scope, scope_id, key) DO UPDATE SET
    value = excluded.value, by_user = excluded.by_user, created_at = excluded.created_at
"""
"""Sets a key, in place of its last value."""

_BIND = """
INSERT INTO binding (scope, scope_id, persona_key, by_user, created_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (scope, scope_id) DO UPDATE SET
    persona_key = excluded.persona_key, by_user = excluded.by_user, created_at = excluded.created_at
"""


@dataclass(frozen=True, slots=True)
class Binding:
    """The persona of a channel, category or server; no key means that none was chosen on purpose."""

    scope: BindingScope
    scope_id: int
    persona_key: str | None


class Playing(NamedTuple):
    """How a persona plays in a channel, and whether an admin has chosen it: else the host has."""

    member: CastMember
    is_chosen: bool


class SettingsStore:
    """The settings and bindings of all servers and channels; `keys` has what they brought for the model."""

    def __init__(self, db: Database) -> None:
        self.keys = ServerKeys(db)
        self._db = db

    async def of(self, scope: Scope, scope_id: int) -> dict[str, str]:
        """Return the settings of one server or channel."""
        return (await self.layers([(scope, scope_id)]))[0]

    async def layers(self, places: Sequence[tuple[Scope, int]]) -> list[dict[str, str]]:
        """Return the settings of several servers and channels, in their order."""
        found: dict[tuple[str, int], dict[str, str]] = {}
        for start in range(0, len(places), _AT_ONCE):
            for row in await self._at(_SETTINGS, places[start : start + _AT_ONCE]):
                found.setdefault((row["scope"], row["scope_id"]), {})[row["key"]] = row["value"]
        return [found.get(place, {}) for place in places]

    async def put(
        self, scope: Scope, scope_id: int, key: str, value: str, *, by_user: int, at: datetime
    ) -> None:
        """Set a key, in place of its last value; `by_user` is 0 for the bot itself."""
        await self._db.write(PUT, (scope, scope_id, key, value, by_user, to_ms(at)))

    async def set_at(self, scope: Scope, scope_id: int, key: str) -> datetime | None:
        """Return when a key was set; None if it isn't."""
        sql = "SELECT created_at FROM setting WHERE scope = ? AND scope_id = ? AND key = ?"
        rows = await self._db.read(sql, (scope, scope_id, key))
        return from_ms(rows[0]["created_at"]) if rows else None

    async def clear(self, scope: Scope, scope_id: int, key: str) -> None:
        """Delete a key, so that the next scope up decides."""
        await self._db.write(
            "DELETE FROM setting WHERE scope = ? AND scope_id = ? AND key = ?", (scope, scope_id, key)
        )

    async def binding(self, places: Sequence[tuple[BindingScope, int]]) -> Binding | None:
        """Return the first binding in the order of the places; None if none of them has one."""
        rows = await self._at(_BINDINGS, places)
        found = {(row["scope"], row["scope_id"]): row["persona_key"] for row in rows}
        return next((Binding(*place, found[place]) for place in places if place in found), None)

    async def bound(self) -> set[int]:
        """Return the channels and categories that have a persona."""
        sql = "SELECT scope_id FROM binding WHERE scope <> 'server' AND persona_key IS NOT NULL"
        return {row["scope_id"] for row in await self._db.read(sql)}

    async def bindings(self, places: Sequence[tuple[BindingScope, int]]) -> list[Binding]:
        """Return the bindings of some places, in their order."""
        found: dict[tuple[str, int], str | None] = {}
        for start in range(0, len(places), _AT_ONCE):
            rows = await self._at(_BINDINGS, places[start : start + _AT_ONCE])
            found |= {(row["scope"], row["scope_id"]): row["persona_key"] for row in rows}
        return [Binding(*place, found[place]) for place in places if place in found]

    async def bind(
        self, scope: BindingScope, scope_id: int, persona_key: str | None, *, by_user: int, at: datetime
    ) -> None:
        """Bind a persona, or none, to a channel, category or server; of a channel's cast it is all."""
        async with self._db.transaction() as tx:
            await _bind(tx, scope, scope_id, persona_key, by_user, to_ms(at))

    async def unbind(self, scope: BindingScope, scope_id: int) -> None:
        """Delete a binding, and a channel's cast with it, so that the next scope up decides."""
        async with self._db.transaction() as tx:
            await tx.run("DELETE FROM binding WHERE scope = ? AND scope_id = ?", (scope, scope_id))
            if scope == "channel":
                await _clear_cast(tx, scope_id)

    async def put_cast(
        self, channel_id: int, members: Sequence[CastMember], *, by_user: int, at: datetime
    ) -> None:
        """Give a channel this cast, the lead first, in place of the one it has; an empty one is none."""
        async with self._db.transaction() as tx:
            await put_cast(tx, "channel", channel_id, members, by_user, to_ms(at))

    async def tune(self, channel_id: int, member: CastMember) -> None:
        """Store how a persona plays in a channel whose cast the host has chosen."""
        sql = f"""
        {_JOIN} ON CONFLICT (channel_id, persona_key) DO UPDATE SET
            talkativeness = excluded.talkativeness, muted = excluded.muted
        """
        await self._db.write(sql, _row(channel_id, None, member))

    async def casts(self, channel_ids: Sequence[int]) -> dict[int, list[Playing]]:
        """Return how personas play in these channels, in the order of their casts."""
        found: dict[int, list[Playing]] = {}
        for start in range(0, len(channel_ids), _AT_ONCE):
            some = channel_ids[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            order = "ORDER BY channel_id, position NULLS FIRST"
            sql = f"SELECT * FROM cast_member WHERE channel_id IN ({marks}) {order}"  # noqa: S608 - marks
            for row in await self._db.read(sql, some):
                member = CastMember(row["persona_key"], row["talkativeness"], bool(row["muted"]))
                found.setdefault(row["channel_id"], []).append(Playing(member, row["position"] is not None))
        return found

    async def _at(self, select: str, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the rows that a query has for some places."""
        if not places:
            return []
        marks = " OR ".join(["(scope = ? AND scope_id = ?)"] * len(places))
        return await self._db.read(select + marks, [part for place in places for part in place])


async def put_cast(
    tx: Transaction,
    scope: BindingScope,
    scope_id: int,
    members: Sequence[CastMember],
    by_user: int,
    at: int,
) -> None:
    """Give a channel this cast, the lead first, or another scope its lead; `at` is in milliseconds."""
    await _bind(tx, scope, scope_id, members[0].key if members else None, by_user, at)
    for position, member in enumerate(members if scope == "channel" else ()):
        await tx.run(_JOIN, _row(scope_id, position, member))


async def _bind(
    tx: Transaction, scope: BindingScope, scope_id: int, persona_key: str | None, by_user: int, at: int
) -> None:
    await tx.run(_BIND, (scope, scope_id, persona_key, by_user, at))
    if scope == "channel":
        await _clear_cast(tx, scope_id)


async def _clear_cast(tx: Transaction, channel_id: int) -> None:
    await tx.run("DELETE FROM cast_member WHERE channel_id = ?", (channel_id,))


def _row(channel_id: int, position: int | None, member: CastMember) -> tuple[Value, ...]:
    return (channel_id, member.key, position, member.talkativeness, int(member.muted))
