"""Rate-limit buckets, as Discord's headers tell of them and its 429s enforce them.

Law: a bucket is a route and its major parameter (channel, guild), with a fixed window that opens
at its first request. Windows shrink by `scale`, so that a test waits milliseconds where people
wait seconds.
"""

import hashlib
import math
import time
from dataclasses import dataclass

Rule = tuple[int, float]
"""So many requests in so many seconds."""

RULES: dict[str, Rule] = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "POST /channels/{channel}/typing": (5, 5.0),
}
"""Posts and edits: long observed (discord-api-docs#20), published nowhere; the rest is a guess."""

OTHERS: Rule = (50, 1.0)


@dataclass(slots=True)
class Window:
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    headers: dict[str, str]
    retry_after: float | None = None  # seconds; None when the request may pass


class Limits:
    """All buckets of one server. `given` counts the 429s; `enabled = False` turns them all off."""

    def __init__(self, *, scale: float, enabled: bool) -> None:
        self.scale = scale
        self.enabled = enabled
        self.rules = dict(RULES)
        self.given = 0
        self._windows: dict[tuple[str, int | None], Window] = {}

    def take(self, route: str, major: int | None, now: float) -> Verdict:
        """Spend one request of a bucket at `now` (seconds of any rising clock)."""
        if not self.enabled:
            return Verdict({})
        limit, seconds = self.rules.get(route, OTHERS)
        window = self._windows.get((route, major))
        if window is None or window.ends <= now:
            window = self._windows[route, major] = Window(now + seconds * self.scale)
        reset_after = math.ceil((window.ends - now) * 1000) / 1000
        if refused := window.used >= limit:
            self.given += 1
        else:
            window.used += 1
        headers = {
            "X-RateLimit-Bucket": hashlib.md5(route.encode(), usedforsecurity=False).hexdigest(),
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(limit - window.used),
            "X-RateLimit-Reset": f"{time.time() + reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
        }
        return Verdict(headers, reset_after if refused else None)
