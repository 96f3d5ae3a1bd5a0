"""The settings and bindings that admins choose on Discord.

Law: the frontend checks who may choose; a choice counts from the next message on.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Self

from bot.core.scene import Place
from bot.storage.blocks import Block
from bot.storage.settings import Binding, BindingScope, Scope
from bot.storage.stores import Stores
from bot.story.places.access import Access
from bot.story.places.casting import Casting
from bot.story.places.casts import Casts
from bot.story.places.clocks import TIMEZONE

COMMANDS = "commands"
"""The key that stores which commands are registered with Discord."""

KEEPS_ZONE: Final = timedelta(days=7)
"""How long a server keeps its time zone: days begin again in another one, and with them what may be spent."""


@dataclass(frozen=True, slots=True)
class RegisteredCommands:
    """The commands that Discord has: their digest, and the id of each slash command by its name."""

    digest: str = ""
    ids: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of_stored(cls, stored: str) -> Self:
        """Return what was stored; nothing if another version stored it."""
        try:
            found = json.loads(stored)
            return cls(str(found["digest"]), {str(name): int(id_) for name, id_ in found["ids"].items()})
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()

    def to_stored(self) -> str:
        """Return these commands as they are stored."""
        return json.dumps({"digest": self.digest, "ids": dict(self.ids)})


class AdminChoices:
    """The use cases of admins' choices.

    Attributes:
        casts: who plays in channels with several personas.
        access: who may use the bot.
    """

    def __init__(self, casting: Casting, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Store choices in `stores`; `clock` returns aware UTC times."""
        self.casts = Casts(casting, stores.settings, stores.scenes, clock)
        self.access = Access(casting, stores.records.blocks)
        self._blocks = stores.records.blocks
        self._settings = stores.settings
        self._scenes = stores.scenes
        self._clock = clock

    async def bind(self, scope: BindingScope, scope_id: int, persona_key: str | None, by_user: int) -> None:
        """Bind a persona, or none, to a channel, category or server; a channel's running scene follows."""
        await self._settings.bind(scope, scope_id, persona_key, by_user=by_user, at=self._clock())
        if scope == "channel":
            await self._scenes.leave_to_place(Place(scope_id))

    async def unbind(self, scope: BindingScope, scope_id: int) -> None:
        """Remove the binding of a channel, category or server; a channel's running scene follows."""
        await self._settings.unbind(scope, scope_id)
        if scope == "channel":
            await self._scenes.leave_to_place(Place(scope_id))

    async def bound(self, scope: BindingScope, scope_id: int) -> Binding | None:
        """Return the binding of a channel, category or server itself; None if it has none."""
        return await self._settings.binding([(scope, scope_id)])

    async def set_of(self, scope: Scope, scope_id: int) -> dict[str, str]:
        """Return the settings of a server or channel itself."""
        return await self._settings.of(scope, scope_id)

    async def move(self, server_id: int, zone: str, by_user: int) -> datetime | None:
        """Set a server's time zone; return until when it keeps the one it has, None if it has moved."""
        since, now = await self._settings.set_at("server", server_id, TIMEZONE), self._clock()
        if since is not None and now < since + KEEPS_ZONE:
            return since + KEEPS_ZONE
        await self._settings.put("server", server_id, TIMEZONE, zone, by_user=by_user, at=now)
        return None

    async def choose(self, scope: Scope, scope_id: int, key: str, value: str | None, by_user: int) -> None:
        """Set a key for a server or channel; None removes the value, so that the next scope up decides."""
        if value is None:
            await self._settings.clear(scope, scope_id, key)
        else:
            await self._settings.put(scope, scope_id, key, value, by_user=by_user, at=self._clock())

    async def pause(self, scope: Scope, scope_id: int, by_user: int) -> bool:
        """Pause a server or a channel with its threads; return False if it was paused already."""
        if (await self._settings.of(scope, scope_id)).get("paused") == "true":
            return False
        await self.choose(scope, scope_id, "paused", "true", by_user)
        return True

    async def go_on(self, scope: Scope, scope_id: int) -> None:
        """End the pause of a server or a channel, if there is one."""
        await self._settings.clear(scope, scope_id, "paused")

    async def block(self, server_id: int, user_id: int, by_user: int) -> bool:
        """Block a person on a server; return False if they were blocked already."""
        return await self._blocks.add(server_id, Block(user_id, by_user, self._clock()))

    async def lift(self, server_id: int, user_id: int) -> bool:
        """Lift the block of a person on a server; return False if there was none."""
        return await self._blocks.lift(server_id, user_id)

    async def blocks(self, server_id: int) -> list[Block]:
        """Return the blocks of a server, the newest first."""
        return await self._blocks.of(server_id)

    async def told_commands(self, application_id: int) -> RegisteredCommands:
        """Return the commands last registered with Discord; none at first."""
        stored = (await self._settings.of("bot", application_id)).get(COMMANDS, "")
        return RegisteredCommands.of_stored(stored)

    async def tell_commands(self, application_id: int, commands: RegisteredCommands) -> None:
        """Store the commands registered with Discord."""
        await self.choose("bot", application_id, COMMANDS, commands.to_stored(), by_user=0)
