"""The search of turns by their words.

Law: the index is written in the transactions in which turns settle, and never for a preview. It says where to
look and nothing else: what is found is read from the story, and has the words as it is now. A turn that was
removed from the story is not found, although the index still has it.

A term stands for one unit (`core.memory.words`) in one scene, so that a search costs what the scene's own
hits cost, however many turns others have. It is computed, and the unit cannot be read from it.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from bot.core.memory.words import Search, units_of
from bot.core.notes import content_of
from bot.core.scene import END, START, Position, Turn
from bot.storage.branches import Stretch, stretches
from bot.storage.database import Database, Transaction
from bot.storage.rows import turn_of

PIECE: Final = 100
"""Turns that are indexed in one transaction after an upgrade: about 20 ms."""

READ: Final = 20
"""Fewest turns that are read at once to look whether they have the words."""

LOOKED_AT: Final = 2000
"""Most turns of one stretch that are read for one search, where words are common but not in a row."""

CLEAN, UNCLEAN, CLEANING = 0, 1, 2
"""Whether the index has traces of deleted words, and whether they are being removed."""

_TERM: Final = 6

# A persona's turn that is being written has settled earlier, if at all.
_SETTLED: Final = (
    "SELECT * FROM turn_with_speaker WHERE id = ? AND (persona_key IS NULL OR ending IS NOT NULL)"
)

_OLDER: Final = """
SELECT * FROM turn_with_speaker WHERE id < ? AND (persona_key IS NULL OR ending IS NOT NULL)
ORDER BY id DESC LIMIT ?
"""

_FOUND: Final = "SELECT * FROM spoken WHERE id IN ({}) ORDER BY id DESC"


@dataclass(frozen=True, slots=True)
class Hits:
    """Turns with the words of a search, the newest first; `more` says that there are others."""

    turns: tuple[Turn, ...]
    more: bool


class Searches:
    """The searches in all scenes; it has the database tell it what has settled."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._index = db.index
        db.observers.append(self._settled)

    async def find(self, scene_id: int, search: Search, skip: int, most: int) -> Hits:
        """Return a scene's turns, and its parents', that have the words, without the newest `skip`."""
        found: list[Turn] = []
        wanted = skip + most + 1
        if search.units:
            for part in await stretches(self._db.read, scene_id):
                terms = [term_of(part.scene_id, unit) for unit in search.units]
                below, looked_at = END, 0
                while len(found) < wanted and looked_at < LOOKED_AT:
                    piece = max(READ, wanted - len(found))
                    ids = await self._index.newest(self._db.read, terms, below, piece)
                    turns = await self._turns(ids, part)
                    found += [turn for turn in turns if search.spans(content_of(turn))]
                    if len(ids) < piece:
                        break
                    below, looked_at = Position(ids[-1]), looked_at + len(ids)
        return Hits(tuple(found[skip : skip + most]), len(found) > skip + most)

    async def with_units(
        self, scene_id: int, units: Sequence[str], before: Position, most: int
    ) -> dict[str, list[int]]:
        """Return for each unit the turns that have it, without units that more than `most` have.

        In a scene they are all its turns, in its parents those before the position.
        """
        found: dict[str, list[int]] = {unit: [] for unit in units}
        for part in await stretches(self._db.read, scene_id, START, before):
            terms = [term_of(part.scene_id, unit) for unit in found]
            turns = await self._index.with_each(self._db.read, terms, most + 1)
            found = {
                unit: [*known, *more]
                for (unit, known), more in zip(found.items(), turns, strict=True)
                if len(known) + len(more) <= most
            }
        return found

    async def turns(self, scene_id: int, ids: Iterable[int], before: Position) -> list[Turn]:
        """Return those of these turns that are in the story before a position, the newest first."""
        wanted, found = list(ids), list[Turn]()
        for part in await stretches(self._db.read, scene_id, START, before):
            found += await self._turns(wanted, part)
        return found

    async def is_filled(self) -> bool:
        """Return whether all turns are in the index; after an upgrade the oldest come last."""
        return not await self._db.read("SELECT 1 FROM indexing WHERE before > 1")

    async def fill(self) -> bool:
        """Index a piece of the turns that were stored before there was an index; return whether that is all.

        The newest come first. What is left is stored, so that it goes on after a restart.
        """
        if await self.is_filled():
            return True
        async with self._db.transaction() as tx:
            before = (await tx.run("SELECT before FROM indexing"))[0]["before"]
            rows = await tx.run(_OLDER, (before, PIECE))
            for row in rows:
                await self._put(tx, turn_of(row))
            left = rows[-1]["id"] if len(rows) == PIECE else 1
            await tx.run("UPDATE indexing SET before = ?", (left,))
        return left == 1

    async def clean(self) -> bool:
        """Remove a piece of the traces that deleted words have left in the index; return whether that is all.

        Afterwards no file has them but the journal. What is deleted meanwhile is for the next time.
        """
        if not await self._db.read("SELECT 1 FROM indexing WHERE unclean <> 0"):
            return True
        async with self._db.transaction() as tx:
            # Words may have been deleted since the last piece: then it begins again.
            state = (await tx.run("SELECT unclean FROM indexing"))[0]["unclean"]
            done = await self._index.clean(tx.run, first=state == UNCLEAN)
            await tx.run("UPDATE indexing SET unclean = ?", (CLEAN if done else CLEANING,))
        return done

    async def _turns(self, ids: Sequence[int], part: Stretch) -> list[Turn]:
        """Return those of these turns that are in a stretch of the story, the newest first."""
        if not ids:
            return []
        rows = await self._db.read(_FOUND.format(", ".join("?" * len(ids))), ids)
        # Asked for by the statement, these would have the engine read the whole stretch.
        return [
            turn_of(row)
            for row in rows
            if row["scene_id"] == part.scene_id and part.start <= row["position"] < part.before
        ]

    async def _settled(self, tx: Transaction, turn_id: int) -> None:
        for row in await tx.run(_SETTLED, (turn_id,)):
            if await self._put(tx, turn_of(row)):
                await tx.run("UPDATE indexing SET unclean = 1 WHERE unclean <> 1")

    async def _put(self, tx: Transaction, turn: Turn) -> bool:
        terms = sorted({term_of(turn.scene_id, unit) for unit in units_of(content_of(turn))})
        return await self._index.put(tx.run, turn.id, terms)


def term_of(scene_id: int, unit: str) -> str:
    """Return the term of a unit in a scene: six of the letters a to z and the digits 2 to 7."""
    digest = blake2b(f"{scene_id} {unit}".encode("utf-8", "surrogatepass"), digest_size=5).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:_TERM]
