"""What was learnt about each model's token counts, kept across restarts.

Law: the state is opaque text here; `core.endpoint.calibration` knows its meaning.
"""

from datetime import datetime

from bot.storage.columns import storable, to_ms
from bot.storage.database import Database

_GET = "SELECT state FROM calibration WHERE endpoint = ? AND model = ? AND counter = ?"

_PUT = """
INSERT INTO calibration (endpoint, model, counter, state, updated_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (endpoint, model, counter) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at
"""


class Calibrations:
    """One state for each endpoint, model and counter."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, endpoint: str, model: str, counter: str) -> str | None:
        """Return the last state; None if there is none."""
        rows = await self._db.read(_GET, (storable(endpoint), storable(model), counter))
        return str(rows[0]["state"]) if rows else None

    async def put(self, endpoint: str, model: str, counter: str, state: str, at: datetime) -> None:
        """Store a state in place of the last one."""
        await self._db.write(_PUT, (storable(endpoint), storable(model), counter, state, to_ms(at)))
