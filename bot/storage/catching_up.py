"""What the bot has heard: up to which message, what it missed, and which messages of a channel the story has.

Law: it stores one id a shard, up to which that heard all, and the gaps before it that are still to be caught
up. What other stores keep it reads, and changes none of it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.core.catching_up import Gap, Missed
from bot.core.scene import EVERYBODY, START, Place, Position
from bot.core.sharding import Shard
from bot.storage.database import Database
from bot.storage.rows import place_of

_NOTE = """
INSERT INTO heard (shards, shard, message_id) VALUES (?, ?, ?)
ON CONFLICT (shards, shard) DO UPDATE SET message_id = excluded.message_id
WHERE excluded.message_id > heard.message_id
"""

_LAST = """
SELECT message_id FROM heard WHERE shards = ? AND shard = ?
"""

_OTHER_DIVISIONS = """
DELETE FROM heard WHERE shards <> :count AND (SELECT count(*) FROM heard WHERE shards = :count) = :count
"""

_NEWEST = """
SELECT (SELECT max(message_id) FROM turn) AS said, (SELECT max(message_id) FROM post) AS posted
"""

# A position is never far from its message's id.
_PLAYED = """
SELECT place.*, scene.window_start, (
    SELECT max(turn.position) FROM turn WHERE turn.scene_id = scene.id
) AS newest
FROM place JOIN scene ON scene.id = place.scene_id
WHERE place.owner = ? AND place.guild_id IS NOT NULL
"""

# Turns that are out of the story too: they may be put back.
_TURNS = """
SELECT id, message_id FROM turn WHERE scene_id = ? AND position >= ? ORDER BY position DESC LIMIT ?
"""

_SCENES = "SELECT id FROM scene WHERE channel_id = ? AND owner = ?"

_STEERING = """
SELECT message_id FROM steering WHERE message_id IS NOT NULL AND scene_id = ? ORDER BY message_id DESC LIMIT ?
"""

_NAMES = """
SELECT user_id, display_name FROM speaker
WHERE channel_id = ? AND owner = ? AND user_id IS NOT NULL AND character = '' AND display_name IS NOT NULL
ORDER BY id
"""

_WHOLE_SERVER = 0
"""What stands in place of a channel."""

_MISS = """
INSERT INTO gap (guild_id, channel_id, after_id, end_id) VALUES (?, ?, ?, ?)
ON CONFLICT (guild_id, channel_id, after_id) DO UPDATE SET end_id = excluded.end_id
"""

_AT_ONCE = 500
"""Values in one statement; SQLite took 999 for long."""


@dataclass(frozen=True, slots=True)
class Played:
    """A place on a server with its running scene, which everybody shares.

    Attributes:
        place: the place.
        scene_id: the scene's id; None where nothing was played yet.
        window_start: the position of the first turn in its prompts.
        newest: the position of its newest turn; `START` without any.
    """

    place: Place
    scene_id: int | None
    window_start: Position = START
    newest: Position = START


class CatchUpStore:
    """The messages that were heard, in all places, and the scenes in which they matter."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def note(self, shard: Shard, message_id: int) -> None:
        """Store that a shard has handled all messages up to this one."""
        await self._db.write(_NOTE, (shard.count, shard.number, message_id))

    async def last(self, shard: Shard) -> int | None:
        """Return the newest message that a shard has handled; None if none was ever noted.

        Where there was another number of shards before, each goes on from the oldest that any of those had.
        """
        rows = await self._db.read(_LAST, (shard.count, shard.number))
        if not rows:
            async with self._db.transaction() as tx:
                rows = await tx.run("SELECT message_id FROM heard ORDER BY message_id LIMIT 1")
                for row in rows:
                    await tx.run(_NOTE, (shard.count, shard.number, row["message_id"]))
                    await tx.run(_OTHER_DIVISIONS, {"count": shard.count})
        return rows[0]["message_id"] if rows else None

    async def missed(self) -> list[Missed]:
        """Return the gaps that are still to be caught up; `Gap.until` is 0 where one goes on."""
        rows = await self._db.read("SELECT * FROM gap ORDER BY guild_id, channel_id, after_id")
        return [
            Missed(
                row["guild_id"],
                None if row["channel_id"] == _WHOLE_SERVER else row["channel_id"],
                Gap(row["after_id"], row["end_id"] or 0, row["end_id"]),
            )
            for row in rows
        ]

    async def miss(self, missed: Iterable[Missed], *, instead_of: Collection[int] = ()) -> None:
        """Store what is still to be caught up, in place of the gaps of some whole servers."""
        missed = tuple(missed)
        if not missed and not instead_of:
            return
        async with self._db.transaction() as tx:
            for server_id in instead_of:
                sql = "DELETE FROM gap WHERE guild_id = ? AND channel_id = ?"
                await tx.run(sql, (server_id, _WHOLE_SERVER))
            for each in missed:
                channel_id = each.channel_id or _WHOLE_SERVER
                await tx.run(_MISS, (each.server_id, channel_id, each.gap.after, each.gap.end))

    async def caught_up(self, server_id: int, channel_id: int) -> None:
        """Store that a channel has no gap of its own anymore."""
        sql = "DELETE FROM gap WHERE guild_id = ? AND channel_id = ?"
        await self._db.write(sql, (server_id, channel_id))

    async def forget_gaps(self, before: int | None = None) -> None:
        """Delete the gaps that ended before an id; None for all."""
        if before is None:
            await self._db.write("DELETE FROM gap")
        else:
            await self._db.write("DELETE FROM gap WHERE end_id < ?", (before,))

    async def newest(self) -> int:
        """Return the newest message that is stored anywhere; 0 if none is."""
        (row,) = await self._db.read(_NEWEST)
        return max(row["said"] or 0, row["posted"] or 0)

    async def played(self) -> list[Played]:
        """Return the running scenes of all servers' places."""
        rows = await self._db.read(_PLAYED, (EVERYBODY,))
        return [
            Played(
                place_of(row), row["scene_id"], Position(row["window_start"]), Position(row["newest"] or 0)
            )
            for row in rows
        ]

    async def messages(self, played: Played, since: int, most: int) -> frozenset[int]:
        """Return the messages of a channel that its stories know.

        Those of the running scene's window, of which the newest `most` turns are read, and of other scenes
        those from the id `since` on: people's messages, posts, what they refer to, and what steers replies.
        """
        found: set[int] = set()
        for row in await self._db.read(_SCENES, played.place.key):
            start = played.window_start if row["id"] == played.scene_id else since
            turns = await self._db.read(_TURNS, (row["id"], start, most))
            found.update(turn["message_id"] for turn in turns if turn["message_id"] is not None)
            # The message that a thread was made from has the thread's id, and is in another channel.
            found |= await self._beside([turn["id"] for turn in turns]) - {played.place.channel_id}
        found.update(row["message_id"] for row in await self._db.read(_STEERING, (played.scene_id, most)))
        return frozenset(each for each in found if each > 0)

    async def _beside(self, turn_ids: Sequence[int]) -> set[int]:
        """Return the posts of turns, and the messages that they refer to."""
        found: set[int] = set()
        for at in range(0, len(turn_ids), _AT_ONCE):
            some = turn_ids[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            for table in ("post", "reference"):
                sql = f"SELECT message_id FROM {table} WHERE turn_id IN ({marks}) AND message_id IS NOT NULL"  # noqa: S608 - ours
                found.update(row["message_id"] for row in await self._db.read(sql, tuple(some)))
        return found

    async def names(self, place: Place) -> dict[int, str]:
        """Return the newest display name of each person who is known in a place."""
        rows = await self._db.read(_NAMES, place.key)
        return {row["user_id"]: row["display_name"] for row in rows}
