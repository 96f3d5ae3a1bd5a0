"""What hosts see of a database on a server: its version, its size and how many rows it has.

Law: no name, word or id of anybody.
"""

from dataclasses import dataclass
from typing import Final

from bot.storage.database import Database
from bot.storage.personal_data import TABLES
from bot.storage.places import Server

_DESCRIBED: Final = """
SELECT current_setting('server_version') AS number, pg_database_size(current_database()) AS size, version
FROM meta
"""


@dataclass(frozen=True, slots=True)
class Described:
    """What was found on a server.

    Attributes:
        number: PostgreSQL's version.
        size: the database's bytes, with its indexes.
        version: the number of its schema.
        rows: the number of rows of each table.
    """

    number: str
    size: int
    version: int
    rows: dict[str, int]


async def describe(server: Server) -> Described:
    """Look at a database on a server, beside a bot or without.

    Raises:
        StorageError: it cannot be read.
    """
    database = await Database.look(server)
    try:
        (row,) = await database.read(_DESCRIBED)
        rows = {}
        for table in sorted(TABLES):
            (counted,) = await database.read(f"SELECT count(*) AS rows FROM {table}")  # noqa: S608 - ours
            rows[table] = counted["rows"]
        return Described(row["number"], row["size"], row["version"], rows)
    finally:
        await database.close()
