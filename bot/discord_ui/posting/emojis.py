"""The application's emojis: where the host's local pictures are kept at Discord.

Law: an emoji is ours by its name, which is made of the picture alone. One that no picture of the host's has
anymore is deleted, but not soon: files come back. Of others' emojis none is touched.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import discord

FULL: Final = 30_008
"""Discord's code for no room (its page "Opcodes and Status Codes"): an application has up to 2,000 emojis."""

GRACE: Final = 24 * 60 * 60.0
"""Seconds that a picture must be out of use; a restart begins them again."""

LOOK: Final = 60 * 60.0
"""Seconds between two looks for pictures that are out of use."""

ROOM: Final = 20
"""Emojis that are deleted at once where all are taken."""

_OURS: Final = re.compile(r"avatar_[0-9a-f]{24}")

InUse = Callable[[], Collection[str] | None]
"""Returns the names of the pictures in use; None if that can't be known now. It blocks."""


def name_of(picture: bytes) -> str:
    """Return the name of a picture's emoji: a digest, at most 32 characters, Discord's limit."""
    return f"avatar_{hashlib.sha256(picture).hexdigest()[:24]}"


@dataclass(slots=True)
class Known:
    """What is known of the emojis; it outlives the client that learnt it.

    Attributes:
        addresses: the address of each emoji by its name; None before they were listed.
        unused: since when each emoji has been out of use.
        looked_at: when it was looked for those last, or could have been first; None before.
        busy: held while they are changed: all shards have the same.
    """

    addresses: dict[str, str] | None = None
    unused: dict[str, float] = field(default_factory=dict)
    looked_at: float | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


class Emojis:
    """The emojis of one client's application."""

    def __init__(self, client: discord.Client, clock: Callable[[], float], known: Known) -> None:
        """Keep pictures by `client`; `clock` returns seconds that never go backwards."""
        self._client = client
        self._clock = clock
        self._known = known

    async def keep(self, picture: bytes, in_use: InUse) -> str:
        """Return the address of a picture, which is uploaded if it is new.

        Where there is no room, the oldest of those make it that are not in use.
        """
        name = name_of(picture)
        async with self._known.busy:
            if self._known.addresses is None:
                await self._all()
            address = (self._known.addresses or {}).get(name)
            if address is None:
                address = await self._upload(name, picture, in_use)
                assert self._known.addresses is not None
                self._known.addresses[name] = address
            return address

    async def _all(self) -> list[discord.Emoji]:
        """Return all emojis, and know their addresses: another process may have made and deleted some."""
        found = await self._client.fetch_application_emojis()
        self._known.addresses = {emoji.name: emoji.url for emoji in found}
        return found

    async def _upload(self, name: str, picture: bytes, in_use: InUse) -> str:
        """Return the address of a new emoji, or of one that another process has made meanwhile."""
        try:
            emoji = await self._client.create_application_emoji(name=name, image=picture)
        except discord.HTTPException as error:
            ours = next((each for each in await self._all() if each.name == name), None)
            if ours is not None:
                return ours.url
            if error.code != FULL or not await self._make_room(in_use):
                raise
            emoji = await self._client.create_application_emoji(name=name, image=picture)
        return emoji.url

    async def _make_room(self, in_use: InUse) -> bool:
        names = await asyncio.to_thread(in_use)
        if names is None:
            return False
        old = sorted(await self._unused(names), key=lambda emoji: emoji.id)[:ROOM]
        for emoji in old:
            await self._delete(emoji)
        return bool(old)

    async def tidy(self, in_use: InUse) -> None:
        """Delete the emojis that have been out of use for the whole of `GRACE`; look at most every `LOOK`."""
        known, now = self._known, self._clock()
        known.looked_at = now if known.looked_at is None else known.looked_at
        if now - known.looked_at < LOOK:
            return
        known.looked_at = now
        async with self._known.busy:
            names = await asyncio.to_thread(in_use)
            if names is None:
                return
            unused = await self._unused(names)
            known.unused = {emoji.name: known.unused.get(emoji.name, now) for emoji in unused}
            for emoji in unused:
                if now - known.unused[emoji.name] >= GRACE:
                    await self._delete(emoji)

    async def _unused(self, in_use: Collection[str]) -> list[discord.Emoji]:
        return [
            emoji for emoji in await self._all() if _OURS.fullmatch(emoji.name) and emoji.name not in in_use
        ]

    async def _delete(self, emoji: discord.Emoji) -> None:
        with suppress(discord.NotFound):  # another process of this bot's was quicker
            await emoji.delete()
        self._known.unused.pop(emoji.name, None)
        if self._known.addresses is not None:
            self._known.addresses.pop(emoji.name, None)

    def has(self, address: str) -> bool:
        """Return whether an emoji with this address is there, as far as that is known."""
        return self._known.addresses is None or address in self._known.addresses.values()
