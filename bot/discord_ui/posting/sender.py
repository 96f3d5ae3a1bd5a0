"""The sender of all requests about posts: when each may go, and how often it is tried.

Law: urgent requests go first. A request is tried as often as its urgency says, and never where that could
post something twice. Its text is decided elsewhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
import discord
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from bot.core.posts.pace import Tempo, Urgency
from bot.core.posts.refusals import PASSING, Blame, blame
from bot.discord_ui.posting.early_return import return_when_answered
from bot.discord_ui.posting.lanes import Lane
from bot.discord_ui.posting.rate_limits import RateLimits
from bot.discord_ui.posting.request import (
    Barred,
    Gone,
    NotTaken,
    Request,
    Unavailable,
    Unwanted,
    WordsRefused,
)
from bot.texts.sentences import HOST

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard a request is tried.

    Attributes:
        tries: the most attempts.
        within: the seconds that one attempt may take.
        repeats_timeouts: whether an attempt that took longer is repeated.
    """

    tries: int
    within: float
    repeats_timeouts: bool


_THOROUGH: Final = Effort(tries=8, within=30.0, repeats_timeouts=True)
_PASSING: Final = Effort(tries=2, within=2.0, repeats_timeouts=False)
EFFORTS: Final = {
    Urgency.FINAL: _THOROUGH,
    Urgency.FIRST: _PASSING,
    Urgency.PREVIEW: _PASSING,
    Urgency.CLEARING: _PASSING,
}
"""A lost preview is replaced by the next one, but lost last words by nothing. With the pauses between
attempts, that takes less than a second, or about half a minute. After a preview that hangs, the next must not
wait."""

IN_ALL: Final = 60.0
"""Seconds after which no attempt starts: a Discord that hangs must not block a channel."""

UNHEARD: Final = 10.0
"""Seconds that a request waits while the database does not answer, which says whose the shards are."""

_LOOK: Final = 0.1
"""Seconds between two looks meanwhile."""

NOT_TAKEN: Final = 503
"""The server error with which Discord has certainly not taken a request."""


class Sender:
    """Sends the requests of one poster within Discord's limits, until Discord has taken them."""

    def __init__(self, limits: RateLimits, sleep: Sleep) -> None:
        """Wait for `limits`, and between attempts by `sleep`."""
        self._limits = limits
        self._sleep = sleep
        self._claimed: tuple[Lane, bool] | None = None

    @property
    def tempo(self) -> Tempo:
        """The times between posts and edits."""
        return self._limits.tempo

    @property
    def rest(self) -> float:
        """The seconds for which a model's stream is left alone while as many replies stream as now."""
        return self._limits.rest

    def has_room(self, lane: Lane) -> bool:
        """Return whether a webhook's reply could post its first and last words without a wait."""
        return self._limits.has_room(lane)

    def streaming(self, lane: Lane) -> AbstractContextManager[None]:
        """Count a reply that streams through a lane."""
        return self._limits.streaming(lane)

    def claim(self, kind: Urgency, lane: Lane, *, is_post: bool = False, age: float = 0.0) -> float:
        """Return the seconds that the next request has to wait; with none, its place is reserved.

        `age` is that of the post to be edited, in seconds.
        """
        self.release()
        seconds = self._limits.claim(kind, lane, post=is_post, age=age)
        if not seconds:
            self._claimed = lane, is_post
        return seconds

    async def reserve(self, kind: Urgency, lane: Lane) -> None:
        """Wait until an edit may go by what this process sends, and reserve its place."""
        self.release()
        await self._limits.reserve(kind, lane)
        self._claimed = lane, False

    def release(self) -> None:
        """Release a place that was reserved and not used."""
        if self._claimed is not None:
            lane, is_post = self._claimed
            self._limits.release(lane, post=is_post)
            self._claimed = None

    async def wait(self, kind: Urgency, lane: Lane) -> None:
        """Wait until a request that is no post may go; it uses no reserved place."""
        await self._limits.wait_until_clear(kind, lane)

    async def _wait(self, kind: Urgency, lane: Lane, *, is_post: bool) -> None:
        """Wait until a request may go; a preview goes at once or not at all.

        Places that were taken before this process fell deaf may be free again when it hears: all that waited
        for that would go at once. So the place is taken last.

        Raises:
            Unavailable: other processes need the place of a preview, or `_until_it_may`.
        """
        while True:
            await self._until_it_may()
            await self._take_place(kind, lane, is_post=is_post)
            if self._limits.cluster.may_send:
                return
            self._limits.release(lane, post=is_post)

    async def _take_place(self, kind: Urgency, lane: Lane, *, is_post: bool) -> None:
        if self._claimed == (lane, is_post):
            self._claimed = None
        elif kind is Urgency.PREVIEW:
            self._limits.note_preview(lane)
        else:
            await self._limits.reserve(kind, lane, post=is_post)
        if not await self._limits.enter(kind, lane, post=is_post):
            raise Unavailable

    async def perform(
        self, request: Request[T], urgency: Urgency, unwanted: Callable[[], bool] = lambda: False
    ) -> T:
        """Send a request until Discord has taken it, and return the result of its answer.

        `unwanted` is asked after the wait for Discord's limits.

        Raises:
            NotTaken: Discord has not taken it.
            Unwanted: it was not sent.
            Orphaned, TokenSpent: as the route's call raises them.
        """
        if request.lane is not None:
            await self._wait(urgency, request.lane, is_post=request.is_post)
        if unwanted():
            if request.lane is not None:
                self._limits.release(request.lane, post=request.is_post)
            raise Unwanted
        try:
            result = await self._retrying(request, urgency)
        except (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError) as error:
            raise Unavailable(str(error) or type(error).__name__) from error
        except discord.HTTPException as error:
            raise _refusal(error) from None  # its text may repeat the words
        if request.done is not None:
            request.done(result)
        return result

    async def _until_it_may(self) -> None:
        """Wait while this process doesn't hear whether its shards are its own.

        Raises:
            Unavailable: it has not heard that for long.
        """
        cluster, waited = self._limits.cluster, 0.0
        while not cluster.may_send:
            if waited >= UNHEARD:
                raise Unavailable(HOST.say("host.unheard"))
            waited += _LOOK
            await asyncio.sleep(_LOOK)

    async def _retrying(self, request: Request[T], urgency: Urgency) -> T:
        effort = EFFORTS[urgency]

        async def attempt() -> T:
            if request.lane is None:
                await self._until_it_may()
            elif not self._limits.cluster.may_send:  # since it waited, before another attempt
                await self._wait(urgency, request.lane, is_post=request.is_post)
            async with asyncio.timeout(effort.within):
                if request.find is not None and (found := await request.find()) is not None:
                    return found
                return await return_when_answered(request.call, request.read)

        def helps(error: BaseException) -> bool:
            if isinstance(error, TimeoutError) and not effort.repeats_timeouts:
                return False
            return _passes(error) if request.is_repeatable else _not_taken(error)

        attempts = AsyncRetrying(
            retry=retry_if_exception(helps),
            stop=stop_after_attempt(effort.tries) | stop_after_delay(IN_ALL),
            wait=wait_exponential_jitter(multiplier=0.3, max=8),
            sleep=self._sleep,
            reraise=True,
        )
        return await attempts(attempt)


def _refusal(error: discord.HTTPException) -> NotTaken:
    """Return what a refusal of Discord's means for a post."""
    match blame(error.status, error.code, error.text):
        case Blame.WORDS:
            return WordsRefused(error.status, error.code)
        case Blame.PLACE:
            return (
                Gone(error.text) if isinstance(error, discord.NotFound) else Barred(str(error), by_place=True)
            )
        case Blame.RIGHT:
            return Barred(str(error))
        case Blame.MOMENT:
            return Unavailable(str(error))


def _not_taken(error: BaseException) -> bool:
    """Return whether Discord has certainly not taken a request, and may take it the next time."""
    if isinstance(error, discord.DiscordServerError):
        return error.status == NOT_TAKEN
    return (
        isinstance(error, discord.HTTPException)
        and error.code in PASSING
        and error.status != HTTPStatus.TOO_MANY_REQUESTS
    )


def _passes(error: BaseException) -> bool:
    """Return whether another attempt helps; discord.py itself repeats only 429, 500, 502, 504 and 524."""
    return _not_taken(error) or isinstance(error, aiohttp.ClientError | OSError)
