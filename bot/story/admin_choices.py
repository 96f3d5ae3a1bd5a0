"""The settings and bindings that admins choose on Discord.

Law: the frontend checks who may choose; a choice counts from the next message on.
"""

from collections.abc import Callable
from datetime import datetime

from bot.core.scene import Place
from bot.storage.scenes import Scenes
from bot.storage.settings import Binding, BindingScope, Scope, SettingsStore

COMMANDS = "commands"
"""The key that stores the digest of the commands registered with Discord."""


class AdminChoices:
    """The use cases of admins' choices."""

    def __init__(self, settings: SettingsStore, scenes: Scenes, clock: Callable[[], datetime]) -> None:
        """Store choices in `settings`; `clock` returns aware UTC times."""
        self._settings = settings
        self._scenes = scenes
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

    async def choose(self, scope: Scope, scope_id: int, key: str, value: str | None, by_user: int) -> None:
        """Set a key for a server or channel; None removes the value, so that the next scope up decides."""
        if value is None:
            await self._settings.clear(scope, scope_id, key)
        else:
            await self._settings.put(scope, scope_id, key, value, by_user=by_user, at=self._clock())

    async def pause(self, guild_id: int, by_user: int) -> bool:
        """Pause a server; return False if it was paused already."""
        if (await self._settings.of("server", guild_id)).get("paused") == "true":
            return False
        await self.choose("server", guild_id, "paused", "true", by_user)
        return True

    async def go_on(self, guild_id: int) -> None:
        """End the pause of a server, if there is one."""
        await self._settings.clear("server", guild_id, "paused")

    async def told_commands(self, application_id: int) -> str:
        """Return the digest of the commands last registered with Discord; empty at first."""
        return (await self._settings.of("bot", application_id)).get(COMMANDS, "")

    async def tell_commands(self, application_id: int, digest: str) -> None:
        """Store the digest of the commands registered with Discord."""
        await self.choose("bot", application_id, COMMANDS, digest, by_user=0)
