"""What goes because it is old: turns, and what is left of them.

Law: it goes in pieces, between which others can write, and what was made of it for the story (recap, pins)
stays. A turn is as old as its scene at most: an imported chat may be years older.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.retention import Told
from bot.core.scene import Place
from bot.storage.aliases import let_go
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.derived import turn_aged
from bot.storage.rows import place_of

PIECE: Final = 200
"""Turns that are deleted in one transaction."""

_CHANNELS: Final = """
SELECT place.*, ageing.since, ageing.told_at, ageing.days
FROM scene
JOIN place ON place.channel_id = scene.channel_id AND place.owner = scene.owner
LEFT JOIN ageing ON ageing.channel_id = scene.channel_id
WHERE (
    scene.created_at < :before
    AND EXISTS (SELECT 1 FROM turn WHERE turn.scene_id = scene.id AND turn.created_at < :before)
) OR (
    scene.created_at < :ambient AND EXISTS (
        SELECT 1 FROM turn
        WHERE turn.scene_id = scene.id AND turn.addressed = 0 AND turn.created_at < :ambient
    )
)
ORDER BY place.channel_id
"""

# A reply that is being written is not old, and one that is being revised is young again. One that was taken
# out of the story is neither, even if its posts were never covered.
_AT_REST: Final = "(former IS NULL OR removal_id IS NOT NULL) AND (persona_key IS NULL OR ending IS NOT NULL)"

_SOME: Final = {
    "before": f"""
    SELECT id FROM turn WHERE scene_id = :scene AND created_at < :before AND {_AT_REST}
    ORDER BY created_at LIMIT :most
    """,  # noqa: S608 - ours
    "ambient": f"""
    SELECT id FROM turn WHERE scene_id = :scene AND addressed = 0 AND created_at < :ambient AND {_AT_REST}
    ORDER BY created_at LIMIT :most
    """,  # noqa: S608 - ours
}
"""The old turns of a scene that is older than the time of that name."""

_COUNT: Final = """
SELECT (
        SELECT count(*) FROM scene JOIN turn ON turn.scene_id = scene.id
        WHERE scene.channel_id = :channel AND scene.created_at < :before AND turn.created_at < :before
    ) + (
        SELECT count(*) FROM scene JOIN turn ON turn.scene_id = scene.id
        WHERE scene.channel_id = :channel AND turn.addressed = 0
            AND scene.created_at < :ambient AND turn.created_at < :ambient
            AND NOT (scene.created_at < :before AND turn.created_at < :before)
    ) AS turns
"""

_TOLD: Final = """
INSERT INTO ageing (channel_id, since, told_at, days) VALUES (:channel, :at, :at, :days)
ON CONFLICT (channel_id) DO UPDATE SET told_at = excluded.told_at, days = excluded.days,
    since = CASE WHEN ageing.days > excluded.days THEN excluded.since ELSE ageing.since END
"""

# What has no turn anymore. People may write again any moment under a name from long ago: the channel waits.
# Names stay where anything is remembered: by them Forget finds it.
_TIDY: Final = (
    """
    DELETE FROM steering WHERE created_at < :before AND turn_id IS NULL
        AND scene_id IN (SELECT id FROM scene WHERE channel_id = :channel)
    """,
    """
    DELETE FROM removal WHERE created_at < :before
        AND scene_id IN (SELECT id FROM scene WHERE channel_id = :channel)
        AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.removal_id = removal.id)
    """,
    """
    DELETE FROM speaker WHERE created_at < :before AND channel_id = :channel
        AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.speaker_id = speaker.id)
        AND NOT EXISTS (SELECT 1 FROM turn WHERE turn.target_speaker = speaker.id)
        AND NOT EXISTS (SELECT 1 FROM reference WHERE reference.speaker_id = speaker.id)
        AND NOT EXISTS (SELECT 1 FROM steering WHERE steering.speaker_id = speaker.id)
        AND NOT EXISTS (
            SELECT 1 FROM scene WHERE scene.channel_id = speaker.channel_id AND (
                EXISTS (SELECT 1 FROM recap WHERE recap.scene_id = scene.id)
                OR EXISTS (SELECT 1 FROM pin WHERE pin.scene_id = scene.id)
                OR EXISTS (SELECT 1 FROM author_note WHERE author_note.scene_id = scene.id)
            )
        )
    """,
)

# The oldest have the lowest numbers.
_SPENT: Final = """
DELETE FROM usage WHERE created_at < ? AND id IN (SELECT id FROM usage ORDER BY id LIMIT ?) RETURNING id
"""

_ASKED: Final = "UPDATE usage SET user_id = NULL WHERE user_id IS NOT NULL AND created_at < ?"


@dataclass(frozen=True, slots=True)
class Ageing:
    """A channel in which something is old, with what it was told; None if it was told nothing."""

    place: Place
    told: Told | None


class Retention:
    """What is old in all channels."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def channels(self, before: datetime, ambient: datetime) -> list[Ageing]:
        """Return the channels with turns from before a time, or lines to no persona from before another."""
        rows = await self._db.read(_CHANNELS, {"before": to_ms(before), "ambient": to_ms(ambient)})
        found: dict[int, Ageing] = {}
        for row in rows:
            told = None
            if row["since"] is not None:
                told = Told(from_ms(row["since"]), from_ms(row["told_at"]), row["days"])
            found.setdefault(row["channel_id"], Ageing(place_of(row), told))
        return list(found.values())

    async def count(self, channel_ids: Collection[int], before: datetime, ambient: datetime) -> int:
        """Return how many turns in these channels are that old."""
        times = {"before": to_ms(before), "ambient": to_ms(ambient)}
        counts = [await self._db.read(_COUNT, {**times, "channel": each}) for each in channel_ids]
        return sum(rows[0]["turns"] for rows in counts)

    async def has_told_any(self) -> bool:
        """Return whether any channel was ever told."""
        return bool(await self._db.read("SELECT 1 FROM ageing LIMIT 1"))

    async def told(self, channel_id: int, at: datetime, days: int) -> None:
        """Store that a channel was told how many days are kept, or that it cannot be told."""
        await self._db.write(_TOLD, {"channel": channel_id, "at": to_ms(at), "days": days})

    async def delete_some(self, channel_id: int, before: datetime, ambient: datetime) -> int:
        """Delete some of the old turns of a channel, the oldest first; return how many."""
        wanted = {"channel": channel_id, "before": to_ms(before), "ambient": to_ms(ambient), "most": PIECE}
        async with self._db.transaction() as tx:
            ids = await _old(tx, wanted)
            marks = ", ".join("?" * len(ids))
            if ids:
                await tx.run(f"DELETE FROM turn WHERE id IN ({marks})", ids)  # noqa: S608 - marks
            for turn_id in ids:
                await turn_aged(tx, turn_id)
        return len(ids)

    async def tidy(self, channel_id: int, before: datetime) -> None:
        """Delete what has no turn anymore: names, removals, and wishes that no reply was told."""
        async with self._db.transaction() as tx:
            for sql in _TIDY:
                await tx.run(sql, {"channel": channel_id, "before": to_ms(before)})

    async def delete_spent(self, before: datetime) -> None:
        """Delete what replies cost before a time."""
        while await self._db.write(_SPENT, (to_ms(before), PIECE)):
            pass

    async def delete_askers(self, before: datetime) -> None:
        """Delete who asked for replies before a time."""
        await self._db.write(_ASKED, (to_ms(before),))

    async def delete_aliases(self, before: datetime) -> None:
        """Delete the numbers of people who were forgotten, at what they used before a time."""
        async with self._db.transaction() as tx:
            await let_go(tx, to_ms(before))

    async def delete_forgotten(self, before: datetime) -> None:
        """Delete when people were forgotten, if that was before a time."""
        await self._db.write("DELETE FROM forgotten WHERE at < ?", (to_ms(before),))

    async def wipe(self) -> bool:
        """Empty the journal; return False if it is being read."""
        return await self._db.wipe()

    async def discard_copies(self, before: datetime) -> None:
        """Delete the copies that updates made before a time."""
        await self._db.discard_copies(before)


async def _old(tx: Transaction, wanted: Mapping[str, int]) -> list[int]:
    """Return some of the old turns of a channel."""
    found: dict[int, None] = {}
    sql = "SELECT id, created_at FROM scene WHERE channel_id = ? ORDER BY id"
    for scene in await tx.run(sql, (wanted["channel"],)):
        for time, some in _SOME.items():
            if scene["created_at"] >= wanted[time]:
                continue
            rows = await tx.run(some, {**wanted, "scene": scene["id"]})
            found |= dict.fromkeys(row["id"] for row in rows)
            if len(found) >= PIECE:
                return list(found)
    return list(found)
