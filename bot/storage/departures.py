"""What is stored of channels that were deleted, and which servers the bot has left.

Law: of a deleted channel or thread nothing is left but what was paid for it, elsewhere neither: a scene that
branches off one of its scenes keeps its own turns only, and what people wrote for it to remember. It is
deleted in steps, between which others can write; after a kill `finish` goes on with what `deletion` names.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from bot.core.sharding import WHOLE, Shard
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.derived import turn_leaves, turn_settled

STEP: Final = 200
"""The most turns that are deleted in one transaction: others wait for some milliseconds only."""

# Its threads go with a channel.
_MARK: Final = """
INSERT INTO deletion (channel_id, created_at)
SELECT channel_id, CAST(:at AS BIGINT) FROM place WHERE channel_id = :channel OR parent_id = :channel
UNION SELECT CAST(:channel AS BIGINT), CAST(:at AS BIGINT)
ON CONFLICT (channel_id) DO NOTHING
"""

_SOME: Final = """
SELECT turn.id FROM deletion
JOIN scene ON scene.channel_id = deletion.channel_id
JOIN turn ON turn.scene_id = scene.id
LIMIT ?
"""

# What is stored in other places of the words of these turns: what refers to them, and pins that have them.
_REFERRING: Final = """
DELETE FROM reference WHERE message_id IN (
    SELECT message_id FROM turn WHERE id IN ({ids}) AND message_id IS NOT NULL
    UNION ALL SELECT message_id FROM post WHERE turn_id IN ({ids}) AND message_id IS NOT NULL
) RETURNING turn_id
"""

# A branch elsewhere got its title with the turns, and so did the branches of that.
_TITLES: Final = """
WITH RECURSIVE named (id, title) AS (
    SELECT id, title FROM scene WHERE channel_id IN (SELECT channel_id FROM deletion) AND title <> ''
    UNION
    SELECT scene.id, scene.title FROM named
    JOIN scene ON scene.parent = named.id AND scene.title = named.title
)
UPDATE scene SET title = '' WHERE id IN (SELECT id FROM named)
"""

_BRANCHES: Final = """
WITH RECURSIVE told (id, until) AS (
    SELECT scene.id, scene.until FROM scene JOIN scene AS gone ON gone.id = scene.parent
    WHERE gone.channel_id IN (SELECT channel_id FROM deletion)
    UNION
    SELECT scene.id, told.until FROM told JOIN scene ON scene.parent = told.id
)
"""

# What branches, and branches of those, have told of these scenes.
_RECAPS: Final = f"""{_BRANCHES}
DELETE FROM recap WHERE EXISTS (
    SELECT 1 FROM told WHERE told.id = recap.scene_id AND told.until >= recap.since
)
"""  # noqa: S608 - ours

# What they have of messages that are gone already because they were old.
_OLD_PINS: Final = f"""{_BRANCHES}
DELETE FROM pin WHERE turn_id IS NULL AND (author_id IS NULL OR author_id <> by_user) AND EXISTS (
    SELECT 1 FROM told WHERE told.id = pin.scene_id AND told.until >= pin.position
)
"""  # noqa: S608 - ours

# Places before their scenes, which refer to each other; speakers after all turns.
_REST: Final = (
    _TITLES,
    _RECAPS,
    _OLD_PINS,
    "DELETE FROM place WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM scene WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM speaker WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM notice WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM ageing WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM server_picture WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "UPDATE proposal SET channel_id = 0 WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM gap WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "UPDATE usage SET channel_id = NULL WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM profile_choice WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM binding WHERE scope = 'channel' AND scope_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM cast_member WHERE channel_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM setting WHERE scope = 'channel' AND scope_id IN (SELECT channel_id FROM deletion)",
    "DELETE FROM deletion",
)

_CATEGORY: Final = "DELETE FROM binding WHERE scope = 'category' AND scope_id = ?"

_KNOWN: Final = """
SELECT guild_id AS id FROM place WHERE guild_id IS NOT NULL
UNION SELECT scope_id FROM binding WHERE scope = 'server'
UNION SELECT scope_id FROM setting WHERE scope = 'server'
UNION SELECT server_id FROM server_persona
UNION SELECT server_id FROM server_picture
UNION SELECT server_id FROM proposal
UNION SELECT server_id FROM server_lore
UNION SELECT server_id FROM block
UNION SELECT server_id FROM server_key
UNION SELECT guild_id FROM usage WHERE guild_id IS NOT NULL
UNION SELECT server_id FROM proxy_link
UNION SELECT server_id FROM profile_choice WHERE server_id <> 0
"""

_LEFT: Final = "INSERT INTO server (id, left_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING"

_CONCERNED: Final = """
SELECT scope_id AS id FROM binding WHERE scope <> 'server'
UNION SELECT channel_id FROM cast_member
UNION SELECT scope_id FROM setting WHERE scope = 'channel'
UNION SELECT channel_id FROM notice
"""

_BACK: Final = "DELETE FROM server WHERE id = ?"


class Departures:
    """What goes with channels, categories and servers."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def delete_channel(self, channel_id: int, at: datetime) -> None:
        """Delete all that is stored of a channel and its threads, or of a thread."""
        await self._db.write(_MARK, {"channel": channel_id, "at": to_ms(at)})
        await self.finish()

    async def delete_server(self, server_id: int, at: datetime) -> None:
        """Delete all that is stored of a server, and that the bot has left it."""
        async with self._db.transaction() as tx:
            sql = """
            SELECT channel_id FROM place WHERE guild_id = :server
            UNION SELECT channel_id FROM server_channel WHERE server_id = :server
            """
            for row in await tx.run(sql, {"server": server_id}):
                await tx.run(_MARK, {"channel": row["channel_id"], "at": to_ms(at)})
                await tx.run(_CATEGORY, (row["channel_id"],))
        await self.finish()
        async with self._db.transaction() as tx:
            await tx.run("DELETE FROM notice WHERE channel_id = ?", (server_id,))
            await tx.run("DELETE FROM gap WHERE guild_id = ?", (server_id,))
            await tx.run("DELETE FROM binding WHERE scope = 'server' AND scope_id = ?", (server_id,))
            await tx.run("DELETE FROM setting WHERE scope = 'server' AND scope_id = ?", (server_id,))
            await tx.run("DELETE FROM server_persona WHERE server_id = ?", (server_id,))
            await tx.run("DELETE FROM server_picture WHERE server_id = ?", (server_id,))
            await tx.run("DELETE FROM proposal WHERE server_id = ?", (server_id,))
            await tx.run("DELETE FROM server_lore WHERE server_id = ?", (server_id,))
            await tx.run("DELETE FROM block WHERE server_id = ?", (server_id,))
            await tx.run("DELETE FROM server_key WHERE server_id = ?", (server_id,))
            await tx.run(
                "UPDATE usage SET guild_id = NULL, channel_id = NULL WHERE guild_id = ?", (server_id,)
            )
            await tx.run("DELETE FROM proxy_link WHERE server_id = ?", (server_id,))
            await tx.run("DELETE FROM profile_choice WHERE server_id = ?", (server_id,))
            await tx.run(_BACK, (server_id,))

    async def finish(self) -> None:
        """Delete what is left of all channels whose deletion has begun."""
        while await self._db.read("SELECT 1 FROM deletion LIMIT 1"):
            async with self._db.transaction() as tx:
                some = [row["id"] for row in await tx.run(_SOME, (STEP,))]
                if some:
                    await _delete_turns(tx, some)
                else:
                    for sql in _REST:
                        await tx.run(sql)

    async def delete_category(self, category_id: int) -> None:
        """Delete what is stored of a category; its channels stay."""
        async with self._db.transaction() as tx:
            await tx.run(_CATEGORY, (category_id,))
            await tx.run("UPDATE place SET category_id = NULL WHERE category_id = ?", (category_id,))

    async def left(self, server_id: int, at: datetime, channel_ids: Collection[int] = ()) -> None:
        """Store that the bot has left a server; the first time counts until it is back.

        `channel_ids` are the server's channels and categories, as far as they are known.
        """
        sql = "INSERT INTO server_channel (server_id, channel_id) VALUES (?, ?) ON CONFLICT DO NOTHING"
        async with self._db.transaction() as tx:
            await tx.run(_LEFT, (server_id, to_ms(at)))
            concerned = {row["id"] for row in await tx.run(_CONCERNED)} if channel_ids else set()
            for channel_id in sorted(concerned.intersection(channel_ids)):
                await tx.run(sql, (server_id, channel_id))

    async def back(self, server_id: int) -> None:
        """Store that the bot is on a server again."""
        await self._db.write(_BACK, (server_id,))

    async def now_on(self, server_ids: Collection[int], at: datetime, shard: Shard = WHOLE) -> None:
        """Store that these are the servers of a shard that the bot is on.

        It has left all others of this shard that it knows by `at`.
        """
        known = {row["id"] for row in await self._db.read(_KNOWN) if shard.holds(row["id"])}
        left = {server_id for server_id, _ in await self.left_by(at)}
        for server_id in sorted(left.intersection(server_ids)):
            await self.back(server_id)
        for server_id in sorted(known.difference(left, server_ids)):
            await self.left(server_id, at)

    async def left_by(self, at: datetime) -> list[tuple[int, datetime]]:
        """Return the servers that the bot had left by a time, and when, the first first."""
        sql = "SELECT id, left_at FROM server WHERE left_at <= ? ORDER BY left_at, id"
        return [(row["id"], from_ms(row["left_at"])) for row in await self._db.read(sql, (to_ms(at),))]


async def _delete_turns(tx: Transaction, turn_ids: Sequence[int]) -> None:
    """Delete turns, and what refers to them from elsewhere."""
    marks = ", ".join("?" * len(turn_ids))
    referring = await tx.run(_REFERRING.format(ids=marks), (*turn_ids, *turn_ids))
    for turn_id in turn_ids:
        await turn_leaves(tx, turn_id)
    await tx.run(f"DELETE FROM turn WHERE id IN ({marks})", turn_ids)  # noqa: S608 - marks
    for turn_id in dict.fromkeys([*(row["turn_id"] for row in referring), *turn_ids]):
        await turn_settled(tx, turn_id)
