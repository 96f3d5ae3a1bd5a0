"""The lorebooks that servers have of their own: brought by a file, handed out again, and deleted.

Law: nothing is stored that would not load. A file in JSON becomes YAML of ours, and what its writer meant
otherwise is said; one of ours stays as it was sent, but for the line that says who knows it.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.core.lore.importing import ImportedLore, NotLoreError, Remark
from bot.core.lorebook import EVERY_PERSONA
from bot.core.posts.pages import clipped
from bot.personas.lorebooks import BookReading, data_of, read_yaml, world_of
from bot.personas.reading import KEY_LIMIT, is_key, spelled
from bot.personas.writing import written
from bot.storage.server_lore import LoreFault, ServerLore, StoredBook
from bot.story.memory.lore import Lore

SIZE: Final = 1024 * 1024
"""Most bytes of a server's lorebook."""

FILE_SIZE: Final = 4 * SIZE
"""Most bytes of a file that one is brought by: world files say most things twice, with wide margins."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A lorebook that was read from a file: its key, its YAML, the result of reading that, and remarks."""

    key: str
    text: str
    reading: BookReading
    report: tuple[Remark, ...] = ()


class Unreadable(Exception):  # noqa: N818 - it says what is wrong
    """A file that is no lorebook.

    Attributes:
        reading: what is wrong with its YAML; None if it is not read as such.
        text: the YAML, which may be one that the bot wrote of a file of another kind.
        is_large: whether it would be too large as a server's lorebook.
    """

    def __init__(self, reading: BookReading | None = None, text: str = "", *, is_large: bool = False) -> None:
        """Say what is wrong."""
        super().__init__()
        self.reading = reading
        self.text = text
        self.is_large = is_large


class Lorebooks:
    """The use cases of servers' own lorebooks."""

    def __init__(self, store: ServerLore, lore: Lore, clock: Callable[[], datetime]) -> None:
        """Keep them in `store`; `lore` learns of changes."""
        self._store = store
        self._lore = lore
        self._clock = clock

    async def read(self, server_id: int, file_name: str, content: bytes, persona: str | None) -> Brought:
        """Return the lorebook of a file, which `persona` or, if nobody is named, every persona knows.

        Its key is spelled like that of the server's book which differs in capital letters only.

        Raises:
            Unreadable: it is none.
        """
        brought = await asyncio.to_thread(_read, file_name, content, persona)
        known = [each.key for each in await self._store.of(server_id)]
        return replace(brought, key=spelled(brought.key, known))

    async def of(self, server_id: int) -> list[StoredBook]:
        """Return the lorebooks of a server."""
        return await self._store.of(server_id)

    async def get(self, server_id: int, key: str) -> StoredBook | None:
        """Return a lorebook of a server; None if there is none with this key."""
        return next((each for each in await self._store.of(server_id) if each.key == key), None)

    async def put(
        self, server_id: int, brought: Brought, by_user: int, before: StoredBook | None = None
    ) -> LoreFault | None:
        """Store a lorebook in place of one, None for none; return why it isn't stored."""
        text = before.text if before is not None else None
        fault = await self._store.put(self.stored(server_id, brought, by_user), text)
        self.forget(server_id)
        return fault

    def stored(self, server_id: int, brought: Brought, by_user: int) -> StoredBook:
        """Return a lorebook as it is stored."""
        return StoredBook(server_id, brought.key, brought.text, by_user, self._clock())

    def forget(self, server_id: int) -> None:
        """Let replies be told of the books that a server has now."""
        self._lore.forget(server_id)

    async def delete(self, server_id: int, key: str) -> StoredBook | None:
        """Delete a lorebook, and return it; None if there is none with this key."""
        before = await self.get(server_id, key)
        await self._store.delete(server_id, key)
        self.forget(server_id)
        return before


def _read(file_name: str, content: bytes, persona: str | None) -> Brought:
    name, _, ending = file_name.rpartition(".")
    key = _key(name or ending)
    found = ImportedLore({}, ())
    is_json = ending.lower() == "json" or content.lstrip().startswith(b"{")
    if len(content) > (FILE_SIZE if is_json else SIZE):
        raise Unreadable(is_large=True)
    if is_json:
        try:
            found = world_of(content)
        except NotLoreError:
            raise Unreadable from None
        found.data.update(personas=[persona or EVERY_PERSONA])
        text = written(_ordered(found.data))
    else:
        text = _linked(content, file_name, persona)
    if len(text.encode("utf-8", "replace")) > SIZE:
        raise Unreadable(is_large=True)
    reading = read_yaml(text, file_name, key)
    if reading.index is None:
        raise Unreadable(reading, text)
    return Brought(key, text, reading, found.report)


def _linked(content: bytes, file_name: str, persona: str | None) -> str:
    """Return a YAML with who knows the book, if it doesn't say so itself.

    Raises:
        Unreadable: it isn't a lorebook.
    """
    reading = read_yaml(content, file_name, "")
    if reading.index is None:
        raise Unreadable(reading, content.decode("utf-8", "replace"))
    book, text = reading.index.book, content.decode("utf-8-sig")
    if persona is None and (book.personas or book.channels):
        return text
    line = f"personas: [{persona or EVERY_PERSONA}]\n"
    with_line = read_yaml(line + text, file_name, "")
    if with_line.index is not None:
        return line + text
    data = data_of(content, file_name)
    return written(_ordered({**data, "personas": [persona or EVERY_PERSONA]}))


def _ordered(data: dict[str, object]) -> dict[str, object]:
    """Return a book with what it is about first, and its entries last."""
    last = ("entries", "card")
    return {key: data[key] for key in sorted(data, key=lambda key: last.index(key) + 1 if key in last else 0)}


def _key(name: str) -> str:
    """Return the key for a file's name: its letters and digits, joined by `-`."""
    key = clipped(re.sub(r"[^\w]+", "-", name.strip()).strip("-_"), KEY_LIMIT)
    return key if is_key(key) else "lore"
