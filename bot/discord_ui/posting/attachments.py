"""The pictures of servers' own personas, as addresses: attachments, whose addresses work for about a day.

Law: no post waits for a picture. An address that is about to stop working is asked for again by reading the
message that has the attachment; where that can't be, personas have Discord's default face.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import aiohttp
import discord

from bot.core.pictures import expires_at
from bot.storage.server_pictures import Picture
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

BEFOREHAND: Final = 3600.0
"""Seconds before an address stops working in which another one is asked for."""

REMEMBER: Final = 300.0
"""Seconds before it is tried again to read a message that could not be read."""


class Lost(StrEnum):
    """Why an attachment can't be had."""

    GONE = "gone"  # its message or channel is deleted, or has no attachment anymore
    FORBIDDEN = "forbidden"
    TROUBLE = "trouble"


@dataclass(slots=True)
class KnownAttachments:
    """What is known of attachments; it outlives the client that learnt it.

    Attributes:
        addresses: the address of each picture.
        lost: why a picture could not be had, and until when it is not asked for again.
    """

    addresses: dict[Picture, str] = field(default_factory=dict)
    lost: dict[Picture, tuple[Lost, float]] = field(default_factory=dict)


class Attachments:
    """The addresses of attachments for one client."""

    def __init__(self, client: discord.Client, clock: Callable[[], float], known: KnownAttachments) -> None:
        """Read messages by `client`; `clock` returns seconds that never go backwards."""
        self._client = client
        self._clock = clock
        self._known = known
        self._busy: dict[Picture, asyncio.Task[None]] = {}

    def address(self, picture: Picture) -> str | None:
        """Return the address of a picture; None if none is known that works."""
        address = self._known.addresses.get(picture)
        left = None if address is None else _left(address)
        if (left is None or left < BEFOREHAND) and picture not in self._busy and not self._rests(picture):
            task = asyncio.create_task(self._ask(picture), name="attachment")
            self._busy[picture] = task
            task.add_done_callback(lambda _: self._busy.pop(picture, None))
        return None if left is None or left <= 0 else address

    def asked(self, picture: Picture) -> asyncio.Task[None] | None:
        """Return the task that asks for a picture now; None if none does."""
        return self._busy.get(picture)

    def why_none(self, picture: Picture) -> Lost | None:
        """Return why a picture could not be had when it was last asked for; None if it could."""
        found = self._known.lost.get(picture)
        return None if found is None else found[0]

    def close(self) -> None:
        """Cancel what is being asked."""
        for task in tuple(self._busy.values()):
            task.cancel()

    def _rests(self, picture: Picture) -> bool:
        found = self._known.lost.get(picture)
        return found is not None and self._clock() < found[1]

    async def _ask(self, picture: Picture) -> None:
        lost: Lost | None = Lost.GONE
        try:
            channel = self._client.get_partial_messageable(picture.channel_id, guild_id=picture.server_id)
            message = await channel.fetch_message(picture.message_id)
            if message.attachments:
                self._known.addresses[picture] = message.attachments[0].url
                lost = None
        except discord.NotFound:
            pass
        except discord.Forbidden:
            lost = Lost.FORBIDDEN
        except (discord.DiscordException, aiohttp.ClientError, OSError):
            lost = Lost.TROUBLE
        if lost is None:
            self._known.lost.pop(picture, None)
        else:
            self._known.lost[picture] = lost, self._clock() + REMEMBER
            log.info(HOST.say(f"host.picture_lost.{lost}", key=picture.persona_key, server=picture.server_id))


def _left(address: str) -> float:
    """Return the seconds for which an address works still."""
    at = expires_at(address)
    return float("inf") if at is None else at - discord.utils.utcnow().timestamp()
