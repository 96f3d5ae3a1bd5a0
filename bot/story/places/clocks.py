"""The clocks of servers: the time zone in which a server's days and months begin and end.

Law: a zone is named as the IANA does. Where none is set, or one that isn't known here, it is UTC.
"""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bot.storage.settings import SettingsStore

TIMEZONE: Final = "timezone"
"""The server's setting that has the name of its time zone."""


@cache
def zones() -> frozenset[str]:
    """Return the names of all time zones that are known here."""
    return frozenset(available_timezones())


def zone_named(name: str) -> tzinfo | None:
    """Return the time zone of a name, in whatever case it is written; None if there is none."""
    wanted = name.strip().replace(" ", "_")
    known = wanted if wanted in zones() else _by_lower_case().get(wanted.lower())
    return None if known is None else ZoneInfo(known)


@cache
def _by_lower_case() -> Mapping[str, str]:
    return {name.lower(): name for name in sorted(zones())}


class Clocks:
    """The time zones of servers, as their admins have set them."""

    def __init__(self, settings: SettingsStore) -> None:
        """Look them up in `settings`."""
        self._settings = settings

    async def zone(self, guild_id: int | None) -> tzinfo:
        """Return the time zone of a server; UTC outside of servers."""
        if guild_id is None:
            return UTC
        return zone_in(await self._settings.of("server", guild_id))


def zone_in(settings: Mapping[str, str]) -> tzinfo:
    """Return the time zone that a server's settings name."""
    return zone_named(settings.get(TIMEZONE, "")) or UTC
