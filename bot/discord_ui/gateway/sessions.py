"""The sessions of one client: whether one is there, and whether they end one after another.

Law: what the library tells of a connection is all that is known of it. It keeps a lost one for itself, looks
for another, and calls itself ready meanwhile.
"""

from collections import deque
from contextlib import suppress
from typing import Final

from discord.gateway import DiscordWebSocket

from bot.texts.sentences import HOST

IDENTIFIES, IDENTIFY_SPAN = 5, 600.0
"""This many new sessions within this many seconds are a loop inside the library, not a connection."""

_CUT: Final = "disconnect"
_THERE: Final = frozenset({"ready", "resumed"})
"""The library's events after which Discord tells what happens."""


class SessionsEnd(Exception):  # noqa: N818 - says what is wrong
    """Discord ends one session after another; the library does not handle this error itself."""


class Sessions:
    """The sessions of one client.

    Attributes:
        is_there: whether Discord tells what happens, as far as the library knows.
    """

    def __init__(self) -> None:
        """Start before the first."""
        self.is_there = False
        self._begun: deque[float] = deque(maxlen=IDENTIFIES)
        self._newest: DiscordWebSocket | None = None

    def opened(self, connection: DiscordWebSocket) -> None:
        """Note a connection, in which a session may begin.

        The library tells that where it has voice channels, which the bot hasn't.
        """
        self._newest = connection

    async def close(self) -> None:
        """Close the newest connection: the library does not know one that still waits for its IDENTIFY."""
        if self._newest is not None:
            with suppress(Exception):  # it was on its way, or lost
                await self._newest.close(code=1000)

    def begun(self, now: float) -> None:
        """Count one that begins."""
        self._begun.append(now)

    def told(self, event: str, now: float) -> None:
        """Take an event of the library's.

        Raises:
            SessionsEnd: a session ended, and many have begun lately.
        """
        if event in _THERE:
            self.is_there = True
        if event != _CUT:
            return
        self.is_there = False
        if len(self._begun) == IDENTIFIES and now - self._begun[0] < IDENTIFY_SPAN:
            raise SessionsEnd(HOST.say("host.too_many_identifies"))
