"""Which story is being played where, by whom, and what a channel has been told.

Law: a place always has exactly one active scene; starting another leaves the old one whole.
"""

import sqlite3
from datetime import datetime

from bot.core.scene import Place, Scene
from bot.storage.columns import storable, to_ms
from bot.storage.database import Database, Transaction

_ACTIVE = """
SELECT scene.id, scene.title, scene.window_start, place.channel_id, place.parent_id, place.guild_id
FROM place JOIN scene ON scene.id = place.scene_id
WHERE place.channel_id = ?
"""

_REMEMBER_PLACE = """
INSERT INTO place (channel_id, parent_id, guild_id, scene_id) VALUES (?, ?, ?, ?)
ON CONFLICT (channel_id) DO UPDATE SET
    parent_id = coalesce(excluded.parent_id, parent_id),
    guild_id = coalesce(excluded.guild_id, guild_id),
    scene_id = excluded.scene_id
"""


class Scenes:
    """The scenes of all places."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def active(self, place: Place, at: datetime) -> Scene:
        """The scene being played there; the first use of a place begins one without a title."""
        known = await self._db.read(_ACTIVE, (place.channel_id,))
        if known and _knows(known[0], place):
            return _scene(known[0])
        async with self._db.transaction() as tx:
            known = await tx.run(_ACTIVE, (place.channel_id,))  # somebody may have been quicker
            scene_id = known[0]["id"] if known else await _new_scene(tx, place, "", at)
            return await _activate(tx, place, scene_id)

    async def start(self, place: Place, title: str, at: datetime) -> Scene:
        """Begin a new scene there; it is the active one from now on."""
        async with self._db.transaction() as tx:
            return await _activate(tx, place, await _new_scene(tx, place, title, at))

    async def binding(self, channel_id: int) -> str | None:
        """The key of the persona that was given this channel by command."""
        rows = await self._db.read("SELECT persona_key FROM binding WHERE channel_id = ?", (channel_id,))
        return rows[0]["persona_key"] if rows else None

    async def bind(self, channel_id: int, persona_key: str, by_user: int, at: datetime) -> None:
        """Give the channel to a persona, in place of any other."""
        sql = """
        INSERT OR REPLACE INTO binding (channel_id, persona_key, by_user, created_at) VALUES (?, ?, ?, ?)
        """
        async with self._db.transaction() as tx:
            await tx.run(sql, (channel_id, persona_key, by_user, to_ms(at)))

    async def unbind(self, channel_id: int) -> None:
        """Take the channel from its persona, if it had one."""
        async with self._db.transaction() as tx:
            await tx.run("DELETE FROM binding WHERE channel_id = ?", (channel_id,))

    async def told(self, channel_id: int, kind: str, about: str, at: datetime) -> bool:
        """Note that the channel is told something; True the first time only."""
        sql = """
        INSERT INTO notice (channel_id, kind, about, created_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING RETURNING 1
        """
        async with self._db.transaction() as tx:
            return bool(await tx.run(sql, (channel_id, kind, about, to_ms(at))))


def _knows(row: sqlite3.Row, place: Place) -> bool:
    return place.parent_id in (None, row["parent_id"]) and place.guild_id in (None, row["guild_id"])


async def _new_scene(tx: Transaction, place: Place, title: str, at: datetime) -> int:
    sql = "INSERT INTO scene (channel_id, title, created_at) VALUES (?, ?, ?) RETURNING id"
    scene_id: int = (await tx.run(sql, (place.channel_id, storable(title), to_ms(at))))[0]["id"]
    return scene_id


async def _activate(tx: Transaction, place: Place, scene_id: int) -> Scene:
    await tx.run(_REMEMBER_PLACE, (place.channel_id, place.parent_id, place.guild_id, scene_id))
    return _scene((await tx.run(_ACTIVE, (place.channel_id,)))[0])


def _scene(row: sqlite3.Row) -> Scene:
    place = Place(channel_id=row["channel_id"], parent_id=row["parent_id"], guild_id=row["guild_id"])
    return Scene(id=row["id"], place=place, title=row["title"], window_start=row["window_start"])
