"""The limits that a server's admins set, for people, channels and the server.

Law: they stand besides the host's, and can only be lower; where the server's own key pays, they are the only
ones. The frontend checks who may set them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from bot.core.budgets.caps import read_caps, written
from bot.core.budgets.rule import Limit, Payer
from bot.storage.settings import SettingsStore

LimitScope = Literal["server", "channel"]
"""For what admins set limits: for all of a server, or for one channel with its threads."""

BY_ADMINS: Final = {payer: f"limit_{payer}" for payer in (Payer.PERSON, Payer.CHANNEL, Payer.SERVER)}
"""The settings that have what a server's admins allow each payer."""

OPEN: Final[Mapping[LimitScope, tuple[Payer, ...]]] = {
    "server": tuple(BY_ADMINS),
    "channel": (Payer.CHANNEL,),
}
"""The payers whose limits are set for a scope."""


@dataclass(frozen=True, slots=True)
class NotRead:
    """A text that sets no limit."""

    text: str


@dataclass(frozen=True, slots=True)
class Above:
    """A limit that would be higher than the host's."""

    limit: Limit
    hosts: Limit


class AdminLimits:
    """The use cases of admins' limits."""

    def __init__(
        self,
        settings: SettingsStore,
        hosts: Callable[[], tuple[Limit, ...]],
        clock: Callable[[], datetime],
    ) -> None:
        """Store them in `settings`; `hosts` returns the host's, `clock` aware UTC times."""
        self._settings = settings
        self._hosts = hosts
        self._clock = clock

    async def of(self, scope: LimitScope, scope_id: int) -> dict[Payer, tuple[Limit, ...]]:
        """Return the limits that are set for a server or a channel itself."""
        stored = await self._settings.of(scope, scope_id)
        return {payer: limits_in(stored, payer) for payer in OPEN[scope]}

    async def set(
        self, scope: LimitScope, scope_id: int, texts: Mapping[Payer, str], by_user: int, *, is_free: bool
    ) -> NotRead | Above | None:
        """Set the limits of all payers, or none of them; an empty text sets none.

        `is_free` is whether they may be higher than the host's, because the server's own key pays.
        """
        found: dict[Payer, tuple[Limit, ...]] = {}
        for payer, text in texts.items():
            limits = read_caps(payer, text) if text.strip() else ()
            if limits is None:
                return NotRead(text)
            if not is_free and (above := self._above(limits)) is not None:
                return above
            found[payer] = limits
        for payer, limits in found.items():
            if limits:
                text, at = written(limits), self._clock()
                await self._settings.put(scope, scope_id, BY_ADMINS[payer], text, by_user=by_user, at=at)
            else:
                await self._settings.clear(scope, scope_id, BY_ADMINS[payer])
        return None

    def _above(self, limits: tuple[Limit, ...]) -> Above | None:
        for limit in limits:
            for hosts in self._hosts():
                same = (hosts.payer, hosts.span, hosts.unit) == (limit.payer, limit.span, limit.unit)
                if same and limit.most > hosts.most:
                    return Above(limit, hosts)
        return None


def limits_in(settings: Mapping[str, str], payer: Payer) -> tuple[Limit, ...]:
    """Return the limits of a payer among settings; what another version stored counts as not set."""
    return read_caps(payer, settings.get(BY_ADMINS[payer], "")) or ()
