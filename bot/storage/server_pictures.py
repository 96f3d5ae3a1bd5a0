"""The pictures of servers' own personas: which message of which channel has each.

Law: the picture itself is Discord's. It outlives its persona, which may be put back.
"""

from dataclasses import dataclass

from bot.storage.database import Database


@dataclass(frozen=True, slots=True)
class Picture:
    """The message that has a persona's picture as its attachment."""

    server_id: int
    persona_key: str
    channel_id: int
    message_id: int


class ServerPictures:
    """The store of these pictures."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> list[Picture]:
        """Return the pictures of all servers."""
        return [Picture(**dict(row)) for row in await self._db.read("SELECT * FROM server_picture")]

    async def put(self, picture: Picture) -> None:
        """Store a persona's picture, in place of the one before."""
        sql = """
        INSERT INTO server_picture (server_id, persona_key, channel_id, message_id) VALUES (?, ?, ?, ?)
        ON CONFLICT (server_id, persona_key) DO UPDATE SET
            channel_id = excluded.channel_id, message_id = excluded.message_id
        """
        key = (picture.server_id, picture.persona_key)
        await self._db.write(sql, (*key, picture.channel_id, picture.message_id))

    async def drop(self, server_id: int, persona_key: str) -> None:
        """Store that a persona has no picture."""
        sql = "DELETE FROM server_picture WHERE server_id = ? AND persona_key = ?"
        await self._db.write(sql, (server_id, persona_key))
