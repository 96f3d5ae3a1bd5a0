"""The pictures of personas, as addresses for a webhook's posts and for panels.

Law: no post waits for a picture. A local one is uploaded once, as an emoji of the application, which has an
address; until then posts go without.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Final

import aiohttp
import discord

from bot.core.persona import Persona
from bot.discord_ui.posting.attachments import Attachments, KnownAttachments, Lost
from bot.discord_ui.posting.emojis import Emojis, Known, name_of
from bot.personas.library import PersonaLibrary
from bot.story.server_library.pictures import Pictures
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

SIZE_LIMIT: Final = 256 * 1024
"""Bytes that Discord takes in the picture of an emoji."""

REMEMBER: Final = 300.0
"""Seconds before a failed upload is tried again."""

PANEL_WAIT: Final = 1.0
"""Seconds that a panel waits for pictures, of the three in which Discord wants its answer."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """The state of a file: another time or size is another picture."""

    path: Path
    changed: int
    size: int


@dataclass(slots=True)
class Uploads:
    """The pictures that were uploaded, in memory.

    Attributes:
        addresses: the address of each picture.
        latest: the address of each file's latest picture.
        refused: the time until which a picture is not tried again.
        emojis: what is known of the application's emojis.
        attachments: what is known of the attachments of servers.
    """

    addresses: dict[_Picture, str] = field(default_factory=dict)
    latest: dict[Path, str] = field(default_factory=dict)
    refused: dict[_Picture, float] = field(default_factory=dict)
    emojis: Known = field(default_factory=Known)
    attachments: KnownAttachments = field(default_factory=KnownAttachments)


class Avatars:
    """The addresses of pictures for one client."""

    def __init__(
        self,
        client: discord.Client,
        library: Callable[[], PersonaLibrary],
        own: Pictures,
        clock: Callable[[], float],
        uploads: Uploads,
    ) -> None:
        """Serve `client` with the pictures of `library`, and with servers' `own`; `clock` returns seconds."""
        self._library = library
        self._clock = clock
        self._uploads = uploads
        self._emojis = Emojis(client, clock, uploads.emojis)
        self._own = own
        self._attachments = Attachments(client, clock, uploads.attachments)
        self._busy: dict[Path, asyncio.Task[None]] = {}

    def address(self, persona: Persona, server_id: int | None) -> str | None:
        """Return the address of a persona's picture on a server; None if there is none, or none yet."""
        own = self._own.of(server_id, persona.key)
        if own is not None:
            return self._attachments.address(own)
        if persona.avatar is None or "://" in persona.avatar:
            return persona.avatar
        path = self._library().folder / persona.avatar
        if path not in self._busy:
            task = asyncio.create_task(self._look_after(persona.key, path), name="avatar")
            self._busy[path] = task
            task.add_done_callback(lambda _: self._busy.pop(path, None))
        return self._latest(path)

    def _latest(self, path: Path) -> str | None:
        """Return the address of a file's latest picture, unless it was deleted since."""
        address = self._uploads.latest.get(path)
        return address if address is not None and self._emojis.has(address) else None

    async def addresses(self, personas: Sequence[Persona], server_id: int | None) -> list[str | None]:
        """Return the addresses of pictures, after waiting at most `PANEL_WAIT` seconds for them."""
        found = [self.address(persona, server_id) for persona in personas]
        missing = [each for each, address in zip(personas, found, strict=True) if address is None]
        tasks = [task for task in (self._task(each, server_id) for each in missing) if task is not None]
        if not tasks:
            return found
        await asyncio.wait(tasks, timeout=PANEL_WAIT)
        return [self.address(persona, server_id) for persona in personas]

    def _task(self, persona: Persona, server_id: int | None) -> asyncio.Task[None] | None:
        """Return the task that looks after a persona's picture now; None if none does."""
        own = self._own.of(server_id, persona.key)
        if own is not None:
            return self._attachments.asked(own)
        return None if persona.avatar is None else self._busy.get(self._library().folder / persona.avatar)

    def why_none(self, persona: Persona, server_id: int | None) -> Lost | None:
        """Return why the picture of a server's own persona can't be had, as far as that is known."""
        own = self._own.of(server_id, persona.key)
        return None if own is None else self._attachments.why_none(own)

    def close(self) -> None:
        """Cancel running uploads."""
        self._attachments.close()
        for task in tuple(self._busy.values()):
            task.cancel()

    async def _look_after(self, key: str, path: Path) -> None:
        """Upload a file if it is new or changed; after a failure, posts go without."""
        picture = None
        try:
            picture = await asyncio.to_thread(_state, path)
            if not self._is_kept(picture) and self._clock() >= self._uploads.refused.get(picture, 0.0):
                self._uploads.addresses[picture] = await self._uploaded(picture)
            if picture in self._uploads.addresses:
                self._uploads.latest[path] = self._uploads.addresses[picture]
        except _TooLarge:
            assert picture is not None
            self._uploads.refused[picture] = float("inf")
            name = PurePath(path.name)
            log.warning(HOST.say("host.avatar_too_large", key=key, file=name, kib=SIZE_LIMIT // 1024))
        except (discord.DiscordException, aiohttp.ClientError, OSError, ValueError) as error:
            if picture is not None:
                self._uploads.refused[picture] = self._clock() + REMEMBER
            log.warning(HOST.say("host.avatar_refused", key=key, file=PurePath(path.name), reason=error))
        except Exception:
            log.exception("the picture of %s could not be had", key)
        else:
            await self._tidy()

    async def _tidy(self) -> None:
        try:
            await self._emojis.tidy(self._in_use)
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:  # the next look does it
            log.info(HOST.say("host.emojis_stay", reason=error))

    def _is_kept(self, picture: _Picture) -> bool:
        address = self._uploads.addresses.get(picture)
        return address is not None and self._emojis.has(address)

    async def _uploaded(self, picture: _Picture) -> str:
        content = await asyncio.to_thread(self._library().picture, picture.path, SIZE_LIMIT)
        if len(content) > SIZE_LIMIT:
            raise _TooLarge
        return await self._emojis.keep(content, self._in_use)

    def _in_use(self) -> Collection[str] | None:
        """Return the names of the emojis of all pictures that the host's personas have; this blocks.

        None if that can't be known: a file has mistakes, or a picture can't be read.
        """
        library, found = self._library(), set[str]()
        if library.mistakes:
            return None
        for persona in library.at(None):
            if persona.avatar is not None and "://" not in persona.avatar:
                try:
                    found.add(name_of(library.picture(library.folder / persona.avatar, SIZE_LIMIT)))
                except OSError:
                    return None
        return found


class _TooLarge(Exception):  # noqa: N818 - it says what is wrong
    pass


def _state(path: Path) -> _Picture:
    found = path.stat()
    return _Picture(path, found.st_mtime_ns, found.st_size)
