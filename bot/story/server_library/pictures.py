"""The pictures of servers' own personas, as the story knows them.

Law: a picture belongs to the server's own persona of its key: the host's of the same key never wears it. All
are read once, at the start, so that no post waits for the storage.
"""

from bot.personas.library import PersonaLibrary
from bot.storage.server_pictures import Picture, ServerPictures


class Pictures:
    """The use cases of these pictures."""

    def __init__(self, library: PersonaLibrary, store: ServerPictures) -> None:
        """Look personas up in `library`, and keep pictures in `store`."""
        self._library = library
        self._store = store
        self._known: dict[tuple[int, str], Picture] = {}

    async def open(self) -> None:
        """Read the pictures of all servers."""
        self._known = {(each.server_id, each.persona_key): each for each in await self._store.all()}

    def of(self, server_id: int | None, key: str) -> Picture | None:
        """Return the picture of a server's own persona; None if it has none, or the persona is the host's."""
        if server_id is None or key not in self._library.at(server_id).own:
            return None
        return self._known.get((server_id, key))

    async def put(self, picture: Picture) -> Picture | None:
        """Keep a persona's picture; return the one before, whose message is of no more use."""
        await self._store.put(picture)
        key = (picture.server_id, picture.persona_key)
        before, self._known[key] = self._known.get(key), picture
        return before

    async def drop(self, server_id: int, key: str) -> Picture | None:
        """Let a persona have no picture; return the one before."""
        await self._store.drop(server_id, key)
        return self._known.pop((server_id, key), None)
