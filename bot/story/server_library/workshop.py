"""The workshop: personas that a server has of its own, written by its admins on Discord.

Law: the frontend checks who may. Nothing is stored that would not load, and nobody overwrites a version that
they have not seen. What is stored counts from the next reply on.
"""

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, count
from typing import Final

from bot.personas.cards.folder import key_for
from bot.personas.library import PersonaLibrary
from bot.personas.reading import Reading, file_name, read_text, spelled
from bot.personas.shelf import OwnText
from bot.storage.server_personas import Act, Change, PutFault, ServerPersonas, Version

_FILE: Final = re.compile(
    r"(?P<key>.+?)(?:\.v(?P<version>[0-9]{1,6})(?:[ _]?\(?[0-9]{1,3}\)?)?)?"
    r"(?:\.(?:ya?ml|json|a?png|jpe?g|charx))?",
    re.IGNORECASE,
)
"""A file's name: of one that was downloaded again, browsers and Discord make `marlow.v3_1.yaml`."""


def file_of(key: str, version: int) -> str:
    """Return the name of a version's file, by which it is known again when it is uploaded."""
    return f"{key}.v{version}.yaml" if version else file_name(key)


def named(file: str) -> tuple[str, int | None]:
    """Return the key and the version that a file's name tells; None where it tells no version."""
    found = _FILE.fullmatch(file)
    if found is None:
        return file, None
    return found["key"], int(found["version"]) if found["version"] else None


def free_key(name: str, taken: Collection[str]) -> str:
    """Return a key for a persona with this name that is not one of those that are taken."""
    key, known = key_for(name), {each.casefold() for each in taken}
    return next(
        each for each in chain([key], (f"{key}-{n}" for n in count(2))) if each.casefold() not in known
    )


class NotStored(Exception):  # noqa: N818 - it says what is wrong
    """A change that is not stored.

    Attributes:
        fault: why.
    """

    def __init__(self, fault: PutFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Draft:
    """A text that is to be a server's persona.

    Attributes:
        server_id: the server.
        key: the persona's key.
        content: the bytes of the YAML.
        over: the number of the version that it replaces; 0 if the server never had one of its own.
        picture: the bytes of a picture that comes with it; None if there is none.
    """

    server_id: int
    key: str
    content: bytes
    over: int
    picture: bytes | None = None


class Workshop:
    """The use cases of servers' own personas."""

    def __init__(self, library: PersonaLibrary, store: ServerPersonas, clock: Callable[[], datetime]) -> None:
        """Keep `library` as `store` says; `clock` returns aware UTC times."""
        self._library = library
        self._store = store
        self._clock = clock
        self._writing = asyncio.Lock()

    async def open(self) -> None:
        """Take the stored personas of all servers into the library."""
        for version in await self._store.playing():
            if version.text is not None:
                self._library.put(version.change.server_id, _own(version, version.text))

    async def look_again(self, has: Callable[[int], bool]) -> None:
        """Take what other processes have stored since, of the servers that this one `has`, into the library.

        Their own lorebooks are read when they are next asked for.

        Raises:
            StorageError: it could not be read.
        """
        async with self._writing:
            stored, known = await self._store.numbers(), self._library.versions()
            for server_id, key in stored.keys() | known.keys():
                number = stored.get((server_id, key))
                if not has(server_id) or number == known.get((server_id, key)):
                    continue
                version = None if number is None else await self.version(server_id, key, number)
                if version is None:
                    self._library.drop(server_id, key)
                else:
                    await self._play(version)
        self._library.lore.drop_of(has)

    async def read_ahead(self) -> None:
        """Read all of them in a thread, so that no message waits for that."""
        for own in self._library.own():
            await _read(own)

    async def ready(self, server_id: int | None) -> None:
        """Wait until those of a server are read, which after a start they may not be."""
        for own in self._library.unread(server_id or 0):
            await _read(own)

    async def check(self, draft: Draft, file: str = "") -> Reading:
        """Return what a draft is as a persona there, or its problems, in which it is called `file`."""
        reading = await asyncio.to_thread(read_text, draft.content, draft.key, file)
        return self._library.with_picture(draft.server_id, reading)

    async def text(self, server_id: int, key: str) -> bytes | None:
        """Return the YAML of a persona as the server has it, its own or the host's; None if it has none.

        Raises:
            OSError: the host's file can't be read.
        """
        shelf = self._library.at(server_id)
        return None if shelf.path(key) is None else await asyncio.to_thread(shelf.source, key)

    def spelled(self, server_id: int, key: str) -> str:
        """Return a key as the server's persona has it that differs in capital letters only; else as it is."""
        return spelled(key, self._library.at(server_id).paths)

    async def put(self, draft: Draft, act: Act, by_user: int) -> Version:
        """Store a draft that `check` has found to be a persona.

        Raises:
            NotStored: somebody else was faster, or the server has too much.
            ValueError: the draft is no persona.
        """
        change = await self.change(draft, act, by_user)
        return await self._put(change, draft.over)

    async def change(self, draft: Draft, act: Act, by_user: int) -> Change:
        """Return the change that a draft is which `check` has found to be a persona.

        Raises:
            ValueError: the draft is no persona.
        """
        if (await self.check(draft)).persona is None:
            raise ValueError(f"{draft.key!r} would not load")
        return self._changed(draft, act, draft.content.decode("utf-8"), by_user)

    async def put_by(self, store: Callable[[], Awaitable[Sequence[Version] | PutFault]]) -> Sequence[Version]:
        """Let the personas play whose changes `store` stores, and return their versions.

        It goes on if its caller is cancelled: what is stored plays.

        Raises:
            NotStored: somebody else was faster, or the server has too much.
        """
        return await asyncio.shield(self._put_by(store))

    async def delete(self, server_id: int, key: str, over: int, by_user: int) -> Version:
        """Delete a server's own persona, whose newest version is `over`; it can be put back.

        Raises:
            NotStored: somebody else was faster.
        """
        gone = self._changed(Draft(server_id, key, b"", over), Act.DELETED, None, by_user)
        return await self._put(gone, over)

    async def versions(self, server_id: int, key: str) -> Sequence[Version]:
        """Return the changes of a server's own persona, the newest first."""
        return await self._store.versions(server_id, key)

    async def version(self, server_id: int, key: str, number: int) -> Version | None:
        """Return a version that still has its text; None if there is none."""
        found = (each for each in await self._store.versions(server_id, key) if each.number == number)
        return next((each for each in found if each.text is not None), None)

    async def newest(self, server_id: int, key: str) -> int:
        """Return the number of a persona's newest version, which may be its deletion; 0 if there is none."""
        return next((each.number for each in await self._store.versions(server_id, key)), 0)

    async def deleted(self, server_id: int) -> Sequence[Version]:
        """Return the deletions of a server's personas that can be put back, the newest first."""
        return await self._store.deleted(server_id)

    def _changed(self, draft: Draft, act: Act, text: str | None, by_user: int) -> Change:
        key = unicodedata.normalize("NFC", draft.key)
        return Change(draft.server_id, key, act, text, by_user, self._clock())

    async def _put(self, change: Change, over: int) -> Version:
        async def store() -> Sequence[Version] | PutFault:
            stored = await self._store.put(change, over)
            return stored if isinstance(stored, PutFault) else [stored]

        (version,) = await self.put_by(store)
        return version

    async def _put_by(
        self, store: Callable[[], Awaitable[Sequence[Version] | PutFault]]
    ) -> Sequence[Version]:
        async with self._writing:  # so that the library has what was stored last
            stored = await store()
            if isinstance(stored, PutFault):
                raise NotStored(stored)
            for version in stored:
                await self._play(version)
        return stored

    async def _play(self, version: Version) -> None:
        """Let the library have what was stored, read already: a large text takes a moment."""
        change = version.change
        if change.text is None:
            self._library.drop(change.server_id, change.key)
            return
        own = _own(version, change.text)
        await _read(own)
        self._library.put(change.server_id, own)


async def _read(own: OwnText) -> None:
    await asyncio.to_thread(getattr, own, "reading")


def _own(version: Version, text: str) -> OwnText:
    return OwnText(version.change.key, version.number, text.encode("utf-8"))
