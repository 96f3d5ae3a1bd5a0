"""Rate limits, as Discord's headers tell of them and its 429s enforce them, the hidden ones too.

Law: a limit is a fixed window that opens at its first request. Windows shrink by `scale`, so that a
test waits milliseconds where people wait seconds.
"""

import hashlib
import math
import time
from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.standins.discord_wire.records import Channel

Rule = tuple[int, float]
"""So many requests in so many seconds."""

RULES: dict[str, Rule] = {
    "POST /channels/{channel}/messages": (5, 5.0),
    "PATCH /channels/{channel}/messages/{message}": (5, 5.0),
    "DELETE /channels/{channel}/messages/{message}": (5, 1.0),
    "POST /channels/{channel}/typing": (5, 5.0),
    "webhook": (5, 2.0),
    "interaction": (5, 2.0),
}
"""Posts and edits: long observed (discord-api-docs#20), published nowhere. A webhook's posts, edits and
deletes are one bucket, and an interaction's "have the same properties" (receiving-and-responding). The
rest is a guess."""

OTHERS: Rule = (50, 1.0)
EVERYWHERE: Rule = (50, 1.0)
"""All routes together but those of interactions (topics/rate-limits)."""
CHANNELS_WEBHOOKS: Rule = (30, 60.0)
"""Over all webhooks of a channel, told in no header (discord-api-docs#367, #1454). Edits count here: nobody
knows whether they do there."""
BLOCKED = (40.0, 45.0)
"""Seconds that its 429 asks to wait, at least and at most."""
OLD_EDITS: Rule = (3, 6.0)
"""Of messages older than an hour, in one channel, told in no header (discord-userdoccers, PR #551)."""
OLD_EDITS_CODE = 30046

SHARED = {"POST /channels/{channel}/messages", "PATCH /channels/{channel}/messages/{message}"}
"""Seen to carry one bucket hash while counted apart (discord-api-docs#1442)."""

INTERACTIONS = ("/interactions/", "/webhooks/{application}/")
WITHOUT_TOKEN = "/webhooks/{webhook}/{token}"
"""Requests without an authorization header, which count by their address (topics/rate-limits)."""


class Kind(StrEnum):
    """Which limit a 429 comes from."""

    BUCKET = "bucket"
    GLOBAL = "global"
    WEBHOOKS = "webhooks of a channel"
    OLD = "edits of old messages"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request spends: its route and the path's parameters, and what only the world knows of it.

    `hook_channel` is the channel whose webhook says or changes something, `old_in` the channel of the
    old message that is edited, `machine` which one it comes from.
    """

    route: str
    params: Mapping[str, str]
    hook_channel: int | None = None
    old_in: int | None = None
    machine: str = ""


@dataclass(slots=True)
class Window:
    ends: float
    used: int = 0
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    headers: dict[str, str]
    retry_after: float | None = None  # seconds; None when the request may pass
    kind: Kind = Kind.BUCKET


class Limits:
    """All limits of one server.

    `given` counts the 429s, `by_kind` each kind apart. `enabled = False` turns all limits off, taking a
    kind out of `kept` that one. With `one_hash` posts and edits of a channel carry one bucket's name,
    while they are still counted apart. With `apart`, what webhooks do counts by machine and not by token.
    """

    def __init__(self, *, scale: float, enabled: bool) -> None:
        self.scale = scale
        self.enabled = enabled
        self.kept = set(Kind)
        self.one_hash = False
        self.apart = False
        self.rules = dict(RULES)
        self.by_kind: Counter[Kind] = Counter()
        self._windows: dict[tuple[Hashable, ...], Window] = {}

    @property
    def given(self) -> int:
        return self.by_kind.total()

    def take(self, asked: Asked, now: float) -> Verdict:
        """Spend one request at `now` (seconds of any rising clock)."""
        if not self.enabled:
            return Verdict({})
        template = asked.route.partition(" ")[2]
        payer = asked.machine if self.apart and template.startswith(WITHOUT_TOKEN) else None
        if not template.startswith(INTERACTIONS) and (
            wait := self._spend(Kind.GLOBAL, payer, EVERYWHERE, now)
        ):
            return Verdict({"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, wait, Kind.GLOBAL)
        verdict = self._bucket(asked, now)
        if verdict.retry_after is not None:
            return verdict
        for kind, channel, rule in (
            (Kind.WEBHOOKS, asked.hook_channel, CHANNELS_WEBHOOKS),
            (Kind.OLD, asked.old_in, OLD_EDITS),
        ):
            if channel is not None and (wait := self._spend(kind, channel, rule, now)):
                return Verdict(verdict.headers, wait, kind)
        return verdict

    def spend(self, channel: Channel, now: float) -> None:
        """Let another application's webhook use the channel's hidden budget."""
        if self.enabled and Kind.WEBHOOKS in self.kept:
            self._window((Kind.WEBHOOKS, channel.id), CHANNELS_WEBHOOKS, now).used += 1

    def _spend(self, kind: Kind, whose: Hashable, rule: Rule, now: float) -> float | None:
        """Spend one of a limit that no header tells of; seconds to wait where nothing is left."""
        if kind not in self.kept:
            return None
        window = self._window((kind, whose), rule, now)
        if window.used < rule[0]:
            window.used += 1
            return None
        if kind is Kind.WEBHOOKS and not window.blocked:
            least, most = (seconds * self.scale for seconds in BLOCKED)
            window.ends = now + min(max(window.ends - now, least), most)
            window.blocked = True
        self.by_kind[kind] += 1
        return _rounded(window.ends - now)

    def _bucket(self, asked: Asked, now: float) -> Verdict:
        if Kind.BUCKET not in self.kept:
            return Verdict({})
        name, major = _bucket_of(asked)
        rule = self.rules.get(name, OTHERS)
        window = self._window((name, major), rule, now)
        reset_after = _rounded(window.ends - now)
        if refused := window.used >= rule[0]:
            self.by_kind[Kind.BUCKET] += 1
        else:
            window.used += 1
        shown = "messages" if self.one_hash and name in SHARED else name
        headers = {
            "X-RateLimit-Bucket": hashlib.md5(shown.encode(), usedforsecurity=False).hexdigest(),
            "X-RateLimit-Limit": str(rule[0]),
            "X-RateLimit-Remaining": str(rule[0] - window.used),
            "X-RateLimit-Reset": f"{time.time() + reset_after:.3f}",
            "X-RateLimit-Reset-After": f"{reset_after:.3f}",
        }
        if refused:
            return Verdict(headers | {"X-RateLimit-Scope": "user"}, reset_after)
        return Verdict(headers)

    def _window(self, key: tuple[Hashable, ...], rule: Rule, now: float) -> Window:
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = Window(now + rule[1] * self.scale)
        return window


def _bucket_of(asked: Asked) -> tuple[str, str | None]:
    """The bucket's name and its major parameter. Whatever changes a webhook's messages shares one."""
    method, _, template = asked.route.partition(" ")
    params = asked.params
    if method != "GET" and template.startswith("/webhooks/{application}/"):
        return "interaction", params["token"]
    if (
        method != "GET"
        and (template.endswith("/messages/{message}") or method == "POST")
        and "token" in params
    ):
        return ("webhook", params["webhook"]) if "webhook" in params else (asked.route, params["token"])
    majors = (params.get(key) for key in ("channel", "guild", "webhook", "token"))
    return asked.route, next((major for major in majors if major), None)


def _rounded(seconds: float) -> float:
    return math.ceil(seconds * 1000) / 1000
