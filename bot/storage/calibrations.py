"""What has been learnt of each model's token counts, kept over restarts.

Law: the state is text that is stored and given back; what it means is `core.calibration`'s business.
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
    """One state for a model at an endpoint and a way of counting."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, endpoint: str, model: str, counter: str) -> str | None:
        """The state that was put last; None if there is none."""
        rows = await self._db.read(_GET, (storable(endpoint), storable(model), counter))
        return str(rows[0]["state"]) if rows else None

    async def put(self, endpoint: str, model: str, counter: str, state: str, at: datetime) -> None:
        """Keep the state, in place of the one before."""
        await self._db.write(_PUT, (storable(endpoint), storable(model), counter, state, to_ms(at)))
