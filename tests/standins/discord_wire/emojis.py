"""Application emojis: the bot's own pictures for its buttons, on no server.

Law: they belong to the application, so every message of it may show them.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from tests.standins.discord_wire import shapes
from tests.standins.discord_wire.records import Json
from tests.standins.discord_wire.refusals import TOO_MANY_EMOJIS, UNKNOWN_EMOJI, ApiError, invalid_form
from tests.standins.discord_wire.world import World

MOST = 2000
NAME = re.compile(r"\w{2,32}", re.ASCII)
DATA_URI = re.compile(r"data:image/(png|jpeg|gif|webp|avif);base64,(.+)", re.DOTALL)
LARGEST = 256 * 1024
"""Bytes of a picture (developers/resources/emoji)."""


@dataclass(eq=False, slots=True)
class Emoji:
    id: int
    name: str
    animated: bool
    picture: bytes


class Emojis:
    """The application's emojis."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.all: dict[int, Emoji] = {}

    def shown(self, emoji: Emoji) -> Json:
        return {
            "id": str(emoji.id),
            "name": emoji.name,
            "roles": [],
            "require_colons": True,
            "managed": False,
            "animated": emoji.animated,
            "available": True,
            "user": shapes.user(self._world.bot),
        }

    def create(self, name: Any, image: Any) -> Emoji:
        """Add one.

        Raises:
            ApiError: 50035, a bad name, a name there already is, or no small picture; 30008, it is full.
        """
        kept = self._name(name)
        found = DATA_URI.fullmatch(str(image))
        try:
            picture = base64.b64decode(found[2], validate=True) if found else b""
        except binascii.Error:
            picture = b""
        if found is None or not picture:
            raise invalid_form("image", "IMAGE_INVALID", "Invalid image data")
        if len(picture) > LARGEST:
            raise invalid_form("image", "BINARY_TYPE_MAX_SIZE", "File cannot be larger than 256.0 kb.")
        if len(self.all) >= MOST:
            raise ApiError(*TOO_MANY_EMOJIS)
        new = Emoji(self._world.new_id(), kept, found[1] == "gif", picture)
        self.all[new.id] = new
        return new

    def find(self, number: int) -> Emoji:
        """One by its id.

        Raises:
            ApiError: 10014, there is none.
        """
        if number not in self.all:
            raise ApiError(*UNKNOWN_EMOJI)
        return self.all[number]

    def rename(self, emoji: Emoji, name: Any) -> None:
        emoji.name = self._name(name, but=emoji)

    def delete(self, emoji: Emoji) -> None:
        del self.all[emoji.id]

    def _name(self, name: Any, but: Emoji | None = None) -> str:
        if not NAME.fullmatch(str(name)):
            raise invalid_form("name", "STRING_TYPE_REGEX", "String value did not match validation regex.")
        if any(other.name == name and other is not but for other in self.all.values()):
            raise invalid_form("name", "APPLICATION_EMOJI_NAME_ALREADY_TAKEN", "This name is already taken.")
        return str(name)
