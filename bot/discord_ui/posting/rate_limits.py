"""Discord's rate limits, as its answers report them, and the waits for them.

Law: the rules are in `core.posts.pace`; here are the facts, read from every answer of Discord, and the clock.
No request is made here, and nothing here makes one fail.
"""

import asyncio
import logging
import math
import re
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from enum import Enum
from types import SimpleNamespace
from typing import Any, TypeVar

import aiohttp

from bot.core.posts import invalid_requests, pace
from bot.core.posts.invalid_requests import InvalidRequests
from bot.core.posts.pace import Bucket, PaceFacts, Tempo, Urgency
from bot.core.telemetry import Counted, Timed, telemetry
from bot.discord_ui.posting.shared_windows import LATE, SharedWindows
from bot.storage.cluster import Alone, Cluster

T = TypeVar("T")
log = logging.getLogger(__name__)

Key = tuple[str, str]
"""The name of a bucket: the kind of request, and its target."""


class Payer(Enum):
    """Whose requests the limit over all requests counts together."""

    BOT = "bot"
    ADDRESS = "address"  # of this computer: requests of webhooks carry no token


@dataclass(frozen=True, slots=True)
class Lane:
    """The limits that the posts and edits of a reply count against.

    Attributes:
        posts: the bucket of new posts.
        edits: the bucket of edits.
        webhooks_of: the channel whose limit for webhooks counts them, if any.
        exempt: whether they do not count against the global limit, like answers to commands.
    """

    posts: Key
    edits: Key
    webhooks_of: int | None = None
    exempt: bool = False


def channel_lane(channel_id: int) -> Lane:
    """Return the lane of the bot's own posts in a channel."""
    return Lane(("POST", str(channel_id)), ("PATCH", str(channel_id)))


def webhook_lane(webhook_id: int, channel_id: int) -> Lane:
    """Return the lane of a webhook's posts, shared by its channel and all threads there."""
    key = (_OF_WEBHOOKS, str(webhook_id))
    return Lane(key, key, webhooks_of=channel_id)


def answer_lane(token: str) -> Lane:
    """Return the lane of the answers to one command or control."""
    key = ("answer", token)
    return Lane(key, key, exempt=True)


ANYWHERE = Lane(("", ""), ("", ""))
"""The lane of requests that only the global limit counts."""

_MESSAGES = re.compile(r"/channels/(?P<channel>\d+)/messages(/\d+)?$")
_WEBHOOK = re.compile(r"/webhooks/(?P<id>\d+)/(?P<token>[^/]+)")
_CALLBACK = re.compile(r"/interactions/\d+/")

_OF_WEBHOOKS = "webhook"
"""The kind of the buckets of webhooks' posts and edits."""

SUCCESS = 2
"""The hundreds of an HTTP status of success."""

IN_A_SECOND = 50
"""Requests that Discord allows in a second, all together (its page "Rate Limits")."""

MANY = 1000
"""Buckets, previews and claims that are kept before those without effect are dropped."""

_echo: ContextVar["asyncio.Future[bytes] | None"] = ContextVar("_echo", default=None)
_asleep: set["asyncio.Task[Any]"] = set()


class RateLimits:
    """Discord's limits for one process, and the gate before each request of a reply.

    Args:
        clock: Returns seconds that never go backwards.
        tempo: The lengths of time.
        webhooks_share_limit: Whether webhooks' requests count against the same 50 a second as all others.
            Discord's page "Rate Limits" says that requests without a token count by their address; nobody has
            measured it.
        cluster: The processes, of which this is one; alone by default.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        tempo: Tempo | None = None,
        *,
        webhooks_share_limit: bool = True,
        cluster: Cluster | None = None,
    ) -> None:
        """Start without facts."""
        self.tempo = tempo or Tempo()
        self._shared = SharedWindows(cluster or Alone(), self.tempo.second)
        self._invalid = InvalidRequests()
        self._clock = clock
        self._shares = webhooks_share_limit
        self._buckets: dict[Key, Bucket] = {}
        self._lately: dict[Payer, deque[float]] = {payer: deque(maxlen=200) for payer in Payer}
        self._of_webhooks: defaultdict[int, deque[float]] = defaultdict(lambda: deque(maxlen=60))
        self._ours: dict[str, int] = {}
        self._streams: defaultdict[Key, int] = defaultdict(int)
        self._previews: dict[Key, float] = {}
        self._all_previews: dict[Payer, deque[float]] = {payer: deque(maxlen=60) for payer in Payer}
        self._fastest = math.inf  # round trip of posts and edits, in seconds
        self._urgent: dict[Key, list[Urgency]] = {}
        self._granted: dict[Key | None, deque[float]] = {}
        self._application = ""

    def set_application_id(self, application_id: int) -> None:
        """Set the id by which answers to commands are told from webhooks."""
        self._application = str(application_id)

    @property
    def cluster(self) -> Cluster:
        """The processes, of which this is one."""
        return self._shared.cluster

    @property
    def refused(self) -> int:
        """How many requests of the last ten minutes Discord counts as invalid."""
        return self._invalid.lately(self._clock())

    # -- questions of replies ---------------------------------------------------------------

    @contextmanager
    def streaming(self, lane: Lane) -> Generator[None, None, None]:
        """Count a reply that streams through a lane."""
        self._streams[lane.edits] += 1
        self._shared.streams_elsewhere(self.streams)
        try:
            yield
        finally:
            self._streams[lane.edits] -= 1
            if not self._streams[lane.edits]:
                del self._streams[lane.edits]
            self._shared.streams_elsewhere(self.streams)

    @property
    def streams(self) -> int:
        """The number of replies that stream."""
        return sum(self._streams.values())

    @property
    def used(self) -> dict[str, float]:
        """The part that the last second has used of the requests that Discord allows in one, by who pays."""
        since = self._clock() - self.tempo.second
        payers = (Payer.BOT,) if self._shares else Payer
        return {payer.value: sum(at > since for at in self._lately[payer]) / IN_A_SECOND for payer in payers}

    @property
    def rest(self) -> float:
        """The seconds for which a model's stream is left alone while as many replies stream as now."""
        return pace.rest(max(map(self._streaming, Payer)), self.tempo)

    def seconds(self, kind: Urgency, lane: Lane, *, post: bool = False, age: float = 0.0) -> float:
        """Return the seconds that a request has to wait, by what is known now; infinity: never send it.

        `post` is for a new post; otherwise it is an edit of a post made `age` seconds ago.
        """
        return pace.seconds_until(
            kind, self._facts(kind, lane, post=post, age=age), self._clock(), self.tempo
        )

    async def wait_until_clear(self, kind: Urgency, lane: Lane, *, post: bool = False) -> None:
        """Wait until a request may go; less urgent ones wait behind it."""
        await self.reserve(kind, lane, post=post)
        await self.enter(kind, lane, post=post)

    async def enter(self, kind: Urgency, lane: Lane, *, post: bool = False) -> bool:
        """Wait until a request whose place is reserved here may go by what all processes send together.

        A preview does not wait: it is to be left out if False is returned, and its place is free again.
        """
        key, goes = self._granting(kind, lane, post=post), lane.exempt
        try:
            if kind is Urgency.PREVIEW:
                goes = goes or await self._shared.admits(kind, self._payer(key).value)
            elif not goes:
                await self._shared.wait(kind, self._payer(key).value)
                goes = True
        finally:
            if not goes:
                self._withdraw(key)
        if self._shared.are_shared:
            self._delay(key)
        return goes

    async def reserve(self, kind: Urgency, lane: Lane, *, post: bool = False) -> None:
        """Wait until a request may go by what this process sends; it counts as sent from then on."""
        key = lane.posts if post else lane.edits
        self._urgent.setdefault(key, []).append(kind)
        since = self._clock()
        try:
            while seconds := self.seconds(kind, lane, post=post):  # noqa: ASYNC110 - time is what it waits for
                await asyncio.sleep(seconds)
        finally:
            self._urgent[key].remove(kind)
            if not self._urgent[key]:
                del self._urgent[key]
        telemetry.time(Timed.DISCORD_WAIT, self._clock() - since, kind.name.lower())
        self._grant(self._granting(kind, lane, post=post), exempt=lane.exempt)

    @staticmethod
    def _granting(kind: Urgency, lane: Lane, *, post: bool) -> Key | None:
        """Return the bucket whose grants a request uses."""
        if kind is Urgency.TYPING or lane is ANYWHERE:
            return None
        return lane.posts if post else lane.edits

    async def admit(self, kind: Urgency) -> None:
        """Wait until a request without a lane may go: only the global limit counts it."""
        await self.wait_until_clear(kind, ANYWHERE)

    def claim(self, kind: Urgency, lane: Lane, *, post: bool = False, age: float = 0.0) -> float:
        """Return the seconds that a request has to wait; with none, it counts as sent from now on.

        Something is stored between this question and the request, and other replies ask meanwhile: without a
        claim, all of them would go at once.
        """
        seconds = self.seconds(kind, lane, post=post, age=age)
        if not seconds:
            self._note(kind, lane)
            self._grant(lane.posts if post else lane.edits, exempt=lane.exempt)
        return seconds

    def note_preview(self, lane: Lane) -> None:
        """Count a preview that goes now, claimed or not."""
        self._note(Urgency.PREVIEW, lane)
        self._grant(lane.edits, exempt=lane.exempt)

    def release(self, lane: Lane, *, post: bool = False) -> None:
        """Release a claim that was not used; it still counts for a second."""
        self._granted_at(lane.posts if post else lane.edits)

    def _note(self, kind: Urgency, lane: Lane) -> None:
        now = self._clock()
        if kind is Urgency.PREVIEW and not lane.exempt:
            self._all_previews[self._payer(lane.edits)].append(now)
        if kind in {Urgency.FIRST, Urgency.PREVIEW}:  # a new post need not be edited at once
            if lane.edits not in self._previews and len(self._previews) >= MANY:
                young = now - self.tempo.minute  # longer than any pause between two
                self._previews = {key: at for key, at in self._previews.items() if at > young}
            self._previews[lane.edits] = now

    def _grant(self, key: Key | None, *, exempt: bool) -> None:
        """Count a request before it is sent, because others may pass meanwhile."""
        now = self._clock()
        never = now - self.tempo.window  # what was not sent since then never will be
        if key not in self._granted and len(self._granted) >= MANY:
            self._granted = {each: times for each, times in self._granted.items() if times[-1] > never}
        times = self._granted.setdefault(key, deque())
        while times and times[0] <= never:
            times.popleft()
        times.append(now)  # the time by which `_begun` finds it
        self._count(key, now, exempt=exempt)

    def _withdraw(self, key: Key | None) -> None:
        """Count a request that was granted, and does not go, as if it had never been."""
        granted, webhooks = self._granted_at(key), self._counting(key)
        for times in (self._lately[self._payer(key)], webhooks):
            if granted is not None and times is not None and granted in times:
                times.remove(granted)

    def _delay(self, key: Key | None) -> None:
        """Count a request that was granted, and could not go until now, as granted now."""
        granted, now = self._granted_at(key), self._clock()
        if granted is not None:
            self._granted.setdefault(key, deque()).append(now)
            self._recount(key, granted, now)

    def _granted_at(self, key: Key | None) -> float | None:
        """Remove the oldest grant of a bucket that was not used yet, and return its time."""
        times = self._granted.get(key)
        if not times:
            return None
        granted = times.popleft()
        if not times:
            del self._granted[key]
        return granted

    def _count(self, key: Key | None, at: float, *, exempt: bool) -> None:
        if not exempt:
            self._lately[self._payer(key)].append(at)
        if (webhooks := self._counting(key)) is not None:
            webhooks.append(at)

    def _counting(self, key: Key | None) -> deque[float] | None:
        """Return the uses of the channel's webhooks that a bucket's requests count among, if any."""
        is_ours = key is not None and key[0] == _OF_WEBHOOKS and key[1] in self._ours
        return self._of_webhooks[self._ours[key[1]]] if is_ours and key is not None else None

    def has_room(self, lane: Lane) -> bool:
        """Return whether a webhook's reply could post its first and last words without a wait."""
        return pace.has_room(self._facts(Urgency.FIRST, lane, post=True), self._clock(), self.tempo)

    def adopt(self, webhook_id: int, channel_id: int) -> None:
        """Register a webhook of the bot, and the channel whose limit counts it."""
        self._ours[str(webhook_id)] = channel_id

    def webhook_posted(self, webhook_id: int, channel_id: int) -> None:
        """Note that a webhook posted in a channel; the bot's own were counted when they were sent."""
        if str(webhook_id) not in self._ours:
            self._of_webhooks[channel_id].append(self._clock())

    def _facts(self, kind: Urgency, lane: Lane, *, post: bool, age: float = 0.0) -> PaceFacts:
        key = lane.posts if post else lane.edits
        webhooks = None if lane.webhooks_of is None else tuple(self._of_webhooks.get(lane.webhooks_of, ()))
        payer, now = self._payer(key), self._clock()
        return PaceFacts(
            bucket=self._buckets.get(key, Bucket()),
            streams=self._streams.get(lane.edits, 0),
            last_preview=self._previews.get(lane.edits),
            everywhere=self._streaming(payer),
            previews=None if lane.exempt else tuple(self._all_previews[payer]),
            lately=() if lane.exempt else (*sorted(self._lately[payer]), *self._overdue(payer)),
            of_webhooks=webhooks,
            urgent=sum(each < kind for each in self._urgent.get(key, ())),
            age=age,
            quiet_until=self._invalid.rest_until(now),
        )

    def _payer(self, key: Key | None) -> Payer:
        is_apart = key is not None and key[0] == _OF_WEBHOOKS and not self._shares
        return Payer.ADDRESS if is_apart else Payer.BOT

    def _streaming(self, payer: Payer) -> int:
        """Return how many replies stream through lanes that one limit over all requests counts.

        Those of other processes are counted for each.
        """
        here = sum(number for key, number in self._streams.items() if self._payer(key) is payer)
        return here + self._shared.streams_elsewhere(self.streams)

    def _overdue(self, payer: Payer) -> list[float]:
        """Return the current time for each request that was granted over a second ago and not sent yet."""
        now, tempo = self._clock(), self.tempo
        waiting = (
            time
            for key, times in self._granted.items()
            if self._payer(key) is payer and (not key or key[0] != "answer")
            for time in times
        )
        return [now for time in waiting if tempo.second <= now - time < tempo.window]

    # -- facts from answers -----------------------------------------------------------------

    def trace(self) -> aiohttp.TraceConfig:
        """Return the tracing by which aiohttp reports every request."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(_harmless(self._begun))
        config.on_request_start.append(self._share)
        config.on_request_end.append(_harmless(self._answered))
        config.on_request_exception.append(_harmless(self._broke_off))
        config.on_response_chunk_received.append(_harmless(_heard))
        return config

    def _begun(self, request: SimpleNamespace, params: aiohttp.TraceRequestStartParams) -> None:
        request.key, exempt = self._key(params.method, params.url.path)
        granted, now = self._granted_at(request.key), self._clock()
        if granted is None:
            self._count(request.key, now, exempt=exempt)
        else:  # granted earlier, but sent only now
            self._recount(request.key, granted, now)
        request.began, request.is_exempt = now, exempt
        request.needs_place = not exempt and (granted is None or now - granted > LATE)
        if request.key is None:
            return
        bucket = self._buckets.get(request.key, Bucket())
        self._keep(request.key, replace(bucket, in_flight=bucket.in_flight + 1))

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
            await self._shared.wait(Urgency.FINAL, self._payer(request.key).value)
            began, request.began = request.began, self._clock()
            self._recount(request.key, began, request.began)
        except Exception:
            log.exception("a request could not be counted")

    def _recount(self, key: Key | None, counted: float, at: float) -> None:
        """Move a counted request to the second that begins `at`."""
        lately = self._lately[self._payer(key)]
        if counted in lately:
            lately.remove(counted)
            lately.append(at)

    def _arrived(self, request: SimpleNamespace) -> None:
        """Count a request for the latest second in which it may have arrived.

        The time that its answer took longer than the fastest one may have been its way to Discord, which a
        busy loop or network lengthens: requests begun evenly may arrive closer together.
        """
        now = self._clock()
        if request.key is not None:
            self._fastest = min(self._fastest, now - request.began)
        if not request.is_exempt:
            self._recount(request.key, request.began, max(request.began, now - self._fastest))

    def _answered(self, request: SimpleNamespace, params: aiohttp.TraceRequestEndParams) -> None:
        request.status = params.response.status
        _report(params.method, request.key, params.response.status)
        if invalid_requests.is_counted(request.status, params.response.headers):
            self._invalid.note(self._clock())
            telemetry.count(Counted.DISCORD_INVALID)
        self._arrived(request)
        if request.key is None:
            return
        bucket = self._buckets.get(request.key, Bucket(in_flight=1))
        bucket = replace(bucket, in_flight=max(0, bucket.in_flight - 1))
        self._keep(request.key, _told(bucket, params.response.headers, self._clock()))

    def _broke_off(self, request: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams) -> None:
        del params
        if getattr(request, "key", None) is not None:
            bucket = self._buckets.get(request.key, Bucket(in_flight=1))
            self._keep(request.key, replace(bucket, in_flight=max(0, bucket.in_flight - 1)))

    def _key(self, method: str, path: str) -> tuple[Key | None, bool]:
        """Return the bucket that a request counts against, and whether the global limit ignores it."""
        if found := _MESSAGES.search(path):
            return (method, found["channel"]), False
        if found := _WEBHOOK.search(path):
            if found["id"] == self._application:
                return ("answer", found["token"]), True
            return (_OF_WEBHOOKS, found["id"]), False
        return None, _CALLBACK.search(path) is not None

    def _keep(self, key: Key, bucket: Bucket) -> None:
        now = self._clock()
        if key not in self._buckets and len(self._buckets) >= MANY:
            stale = [each for each, kept in self._buckets.items() if kept.left(now) >= kept.limit]
            for each in stale:
                del self._buckets[each]
        self._buckets[key] = bucket


async def return_when_answered(call: Callable[[], Awaitable[T]], read: Callable[[bytes], T]) -> T:
    """Make a call of the library, and return as soon as Discord has taken it.

    After the last request that a limit allows, discord.py 2.7.1 does not return from the call before the
    limit is reset. Here that sleep goes on in the background, where the library counts it, and `read` makes
    the result from the bytes of the answer.
    """
    answered: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def attended() -> T:
        _echo.set(answered)
        return await call()

    task = asyncio.create_task(attended(), name="post")
    waited_for: list[asyncio.Future[Any]] = [task, answered]
    try:
        await asyncio.wait(waited_for, return_when=asyncio.FIRST_COMPLETED)
        for _ in range(_STEPS):
            if task.done():
                return task.result()
            await asyncio.sleep(0)
    except asyncio.CancelledError:
        task.cancel()
        raise
    _asleep.add(task)
    task.add_done_callback(_woken)
    return read(answered.result())


_STEPS = 3
"""Turns of the event loop in which the library finishes with an answer, unless it sleeps."""


def _woken(task: "asyncio.Task[Any]") -> None:
    _asleep.discard(task)
    if not task.cancelled() and task.exception() is not None:
        log.debug("a call that had been answered ended with %r", task.exception())


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


def _heard(request: SimpleNamespace, params: aiohttp.TraceResponseChunkReceivedParams) -> None:
    answered = _echo.get()
    if answered is not None and not answered.done() and request.status // 100 == SUCCESS:
        answered.set_result(params.chunk)


def _harmless(note: Callable[[Any, Any], None]) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """Return a callback for aiohttp whose errors do not reach the request."""

    async def called(session: aiohttp.ClientSession, request: SimpleNamespace, params: Any) -> None:  # noqa: ANN401 - aiohttp has one for each
        del session
        try:
            note(request, params)
        except Exception:
            log.exception("what a request told could not be read")

    return called
