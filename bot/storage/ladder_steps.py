"""The form of prompt that each endpoint was found to accept.

Law: one row for each endpoint and model; `core.endpoint.ladder` knows its meaning and how long it counts.
"""

from bot.core.completion import Naming
from bot.core.endpoint.ladder import Step
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database


class LadderSteps:
    """The steps of all endpoints."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, endpoint: str, model: str) -> Step | None:
        """Return the step of a model; None if there is none that this version knows."""
        sql = "SELECT naming, until FROM step WHERE endpoint = ? AND model = ?"
        rows = await self._db.read(sql, (endpoint, model))
        if not rows or rows[0]["naming"] not in set(Naming):
            return None
        return Step(Naming(rows[0]["naming"]), from_ms(rows[0]["until"]))

    async def put(self, endpoint: str, model: str, step: Step | None) -> None:
        """Store a step; None deletes it."""
        async with self._db.transaction() as tx:
            await tx.run("DELETE FROM step WHERE endpoint = ? AND model = ?", (endpoint, model))
            if step is not None:
                sql = "INSERT INTO step (endpoint, model, naming, until) VALUES (?, ?, ?, ?)"
                await tx.run(sql, (endpoint, model, step.naming, to_ms(step.until)))
