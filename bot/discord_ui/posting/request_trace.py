"""What aiohttp reports of every request to Discord: when it began, and what its answer says of the limits.

Law: it counts every request, the library's own too. No request is made here, and nothing here makes one fail.
"""

import logging
import math
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final

import aiohttp

from bot.core.posts import invalid_requests
from bot.core.posts.invalid_requests import InvalidRequests
from bot.core.posts.pace import Bucket, Urgency
from bot.core.telemetry import Counted, telemetry
from bot.discord_ui.posting.early_return import hear
from bot.discord_ui.posting.lanes import OF_WEBHOOKS, Key
from bot.discord_ui.posting.request_counts import RequestCounts
from bot.discord_ui.posting.shared_windows import LATE, SharedWindows

log = logging.getLogger(__name__)

_MESSAGES: Final = re.compile(r"/channels/(?P<channel>\d+)/messages(/\d+)?$")
_WEBHOOK: Final = re.compile(r"/webhooks/(?P<id>\d+)/(?P<token>[^/]+)")
_CALLBACK: Final = re.compile(r"/interactions/\d+/")


class RequestTrace:
    """The requests of one process, as aiohttp reports them.

    Args:
        clock: Returns seconds that never go backwards.
        counts: Is told of each request and answer.
        shared: The limits that several processes share.
    """

    def __init__(self, clock: Callable[[], float], counts: RequestCounts, shared: SharedWindows) -> None:
        """Start without facts."""
        self._clock = clock
        self._counts = counts
        self._shared = shared
        self._invalid = InvalidRequests()
        self._fastest = math.inf  # round trip of posts and edits, in seconds
        self._application = ""

    def set_application_id(self, application_id: int) -> None:
        """Set the id by which answers to commands are told from webhooks."""
        self._application = str(application_id)

    @property
    def refused(self) -> int:
        """How many requests of the last ten minutes Discord counts as invalid."""
        return self._invalid.lately(self._clock())

    @property
    def most_refused(self) -> int:
        """How many there may be of this process, until only first and last words are sent."""
        return invalid_requests.most(self._shared.cluster.living)

    @property
    def quiet_until(self) -> float:
        """The time until which only first and last words are sent; now or earlier if all may be."""
        return self._invalid.rest_until(self._clock(), self._shared.cluster.living)

    def config(self) -> aiohttp.TraceConfig:
        """Return the tracing by which aiohttp reports every request."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(_harmless(self._begun))
        config.on_request_start.append(self._share)
        config.on_request_end.append(_harmless(self._answered))
        config.on_request_exception.append(_harmless(self._broke_off))
        config.on_response_chunk_received.append(_harmless(hear))
        return config

    def _begun(self, request: SimpleNamespace, params: aiohttp.TraceRequestStartParams) -> None:
        request.key, exempt = self._key(params.method, params.url.path)
        granted, now = self._counts.use_grant(request.key), self._clock()
        if granted is None:
            self._counts.count(request.key, now, exempt=exempt)
        else:  # granted earlier, but sent only now
            self._counts.recount(request.key, granted, now)
        request.began, request.is_exempt = now, exempt
        request.needs_place = not exempt and (granted is None or now - granted > LATE)
        if request.key is None:
            return
        bucket = self._counts.bucket(request.key)
        self._counts.keep(request.key, replace(bucket, in_flight=bucket.in_flight + 1))

    async def _share(
        self, _: aiohttp.ClientSession, request: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        """Wait for a place among all processes' requests, where none was taken or that was too long ago.

        None was by what the library itself asks, or tries once more.
        """
        del params
        if not (self._shared.are_shared and getattr(request, "needs_place", False)):
            return
        try:
            await self._shared.wait(Urgency.FINAL, self._counts.payer_of(request.key).value)
            began, request.began = request.began, self._clock()
            self._counts.recount(request.key, began, request.began)
        except Exception:
            log.exception("a request could not be counted")

    def _arrived(self, request: SimpleNamespace) -> None:
        """Count a request for the latest second in which it may have arrived.

        The time that its answer took longer than the fastest one may have been its way to Discord, which a
        busy loop or network lengthens: requests begun evenly may arrive closer together.
        """
        now = self._clock()
        if request.key is not None:
            self._fastest = min(self._fastest, now - request.began)
        if not request.is_exempt:
            self._counts.recount(request.key, request.began, max(request.began, now - self._fastest))

    def _answered(self, request: SimpleNamespace, params: aiohttp.TraceRequestEndParams) -> None:
        request.status = params.response.status
        _report(params.method, request.key, params.response.status)
        if invalid_requests.is_counted(request.status, params.response.headers):
            self._invalid.note(self._clock())
            telemetry.count(Counted.DISCORD_INVALID)
        self._arrived(request)
        if request.key is None:
            return
        bucket = self._counts.bucket(request.key)
        bucket = replace(bucket, in_flight=max(0, bucket.in_flight - 1))
        self._counts.keep(request.key, _told(bucket, params.response.headers, self._clock()))

    def _broke_off(self, request: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams) -> None:
        del params
        if getattr(request, "key", None) is not None:
            bucket = self._counts.bucket(request.key)
            self._counts.keep(request.key, replace(bucket, in_flight=max(0, bucket.in_flight - 1)))

    def _key(self, method: str, path: str) -> tuple[Key | None, bool]:
        """Return the bucket that a request counts against, and whether the global limit ignores it."""
        if found := _MESSAGES.search(path):
            return (method, found["channel"]), False
        if found := _WEBHOOK.search(path):
            if found["id"] == self._application:
                return ("answer", found["token"]), True
            return (OF_WEBHOOKS, found["id"]), False
        return None, _CALLBACK.search(path) is not None


def _report(method: str, key: Key | None, status: int) -> None:
    """Report an answer, and the kind of its request."""
    kind = "other" if key is None else {"POST": "post", "PATCH": "edit"}.get(method, method.lower())
    if key is not None and not key[0].isupper():
        kind = f"{key[0]}_{kind}"
    telemetry.count(Counted.DISCORD_REQUESTS, kind, str(status))


def _told(bucket: Bucket, headers: Mapping[str, str], now: float) -> Bucket:
    """Return a bucket with the facts of an answer's headers; unchanged if there are none."""
    try:
        limit, remaining = int(headers["X-RateLimit-Limit"]), int(headers["X-RateLimit-Remaining"])
        resets = float(headers["X-RateLimit-Reset-After"])
    except (KeyError, ValueError):
        return bucket
    # Answers may overtake each other: within a window, the lowest `remaining` is the newest.
    if now < bucket.resets_at:
        remaining = min(remaining, bucket.remaining)
    window = max(bucket.window if limit == bucket.limit else 0.0, resets)
    return replace(bucket, limit=limit, remaining=remaining, resets_at=now + resets, window=window)


def _harmless(note: Callable[[Any, Any], None]) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """Return a callback for aiohttp whose errors do not reach the request."""

    async def called(session: aiohttp.ClientSession, request: SimpleNamespace, params: Any) -> None:  # noqa: ANN401 - aiohttp has one for each
        del session
        try:
            note(request, params)
        except Exception:
            log.exception("what a request told could not be read")

    return called
