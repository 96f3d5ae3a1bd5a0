"""The gate before each request of a reply: what has been let go counts before it has begun."""

from collections.abc import Sized
from contextlib import ExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from multidict import CIMultiDict
from yarl import URL

from bot.core.posts import invalid_requests
from bot.core.posts.pace import Urgency
from bot.discord_ui.posting.lanes import Lane, answer_lane, channel_lane, webhook_lane
from bot.discord_ui.posting.rate_limits import RateLimits


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def let_go(limits: RateLimits, lanes: list[Lane]) -> int:
    """How many of these lanes' previews may go at this very moment."""
    return sum(limits.claim(Urgency.PREVIEW, lane) == 0 for lane in lanes)


def test_of_many_that_look_at_once_no_more_go_than_discord_takes() -> None:
    # Each stores its text before it sends it. In that time the others have looked too.
    clock = Clock()
    limits = RateLimits(clock)
    rooms = [channel_lane(number) for number in range(60)]
    assert let_go(limits, rooms) == 38
    assert limits.seconds(Urgency.FIRST, channel_lane(99), post=True) == 0  # there is room for what is urgent
    clock.now += 1.2
    assert let_go(limits, rooms[38:]) == 0  # none of them has begun: all may any moment
    clock.now += 4
    assert let_go(limits, rooms[38:]) == 22  # what has not begun by now never will


def test_the_last_words_may_use_what_a_preview_had_claimed() -> None:
    limits, room = RateLimits(Clock()), channel_lane(1)
    assert limits.claim(Urgency.PREVIEW, room) == 0
    assert limits.seconds(Urgency.PREVIEW, room) == 1.0
    assert limits.seconds(Urgency.FINAL, room) == 0


def test_a_preview_that_has_to_wait_takes_no_place() -> None:
    limits, room = RateLimits(Clock()), channel_lane(1)
    assert [limits.claim(Urgency.PREVIEW, room), limits.claim(Urgency.PREVIEW, room)] == [0, 1.0]
    assert let_go(limits, [channel_lane(number) for number in range(2, 60)]) == 37  # and not 36


def test_the_models_streams_are_left_alone_for_less_time_while_many_stream() -> None:
    limits = RateLimits(Clock())
    with ExitStack() as stack:
        for number in range(24):
            stack.enter_context(limits.streaming(channel_lane(number)))
        assert limits.rest == 0.3
        stack.enter_context(limits.streaming(channel_lane(3)))
        assert limits.rest == 0.15
    assert limits.rest == 0.3


def kept(limits: RateLimits) -> int:
    """How many facts are kept."""
    facts = [*vars(limits).values(), *vars(limits.counts).values(), *vars(limits.trace).values()]
    return sum(len(each) for each in facts if isinstance(each, Sized))


def test_of_presses_long_past_nothing_is_kept() -> None:
    clock = Clock()
    limits = RateLimits(clock)
    for number in range(5000):
        lane = answer_lane(f"token {number}")
        clock.now += 60
        assert limits.claim(Urgency.PREVIEW, lane) == 0
        limits.release(lane)
        assert limits.claim(Urgency.FINAL, lane) == 0  # what it was for went another way
    assert kept(limits) < 2500


def test_claims_that_are_never_used_do_not_pile_up() -> None:
    clock, room = Clock(), channel_lane(1)
    limits = RateLimits(clock)
    for _ in range(1000):
        clock.now += 60
        assert limits.claim(Urgency.FINAL, room) == 0
    (times,) = vars(limits.counts)["_granted"].values()
    assert len(times) == 1


# --- when a request counts: in the second in which it arrives at Discord -----------------------------------


class Ticking(Clock):
    """A clock that never shows the same time twice."""

    def __call__(self) -> float:
        self.now += 1e-7
        return self.now


class Wire:
    """aiohttp's reports of edits, one in each of many channels."""

    def __init__(self, limits: RateLimits) -> None:
        self._trace = limits.trace.config()
        self._requests: dict[int, SimpleNamespace] = {}

    async def begin(self, room: int, url: URL | None = None) -> None:
        request = self._requests[room] = SimpleNamespace()
        params = aiohttp.TraceRequestStartParams("PATCH", url or self._url(room), CIMultiDict())
        for report in self._trace.on_request_start:
            await report(_session(), request, params)

    async def answer(self, room: int, status: int = 200, **headers: str) -> None:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        response: Any = SimpleNamespace(status=status, headers=told)
        params = aiohttp.TraceRequestEndParams("PATCH", self._url(room), CIMultiDict(), response)
        for report in self._trace.on_request_end:
            await report(_session(), self._requests[room], params)

    def _url(self, room: int) -> URL:
        return URL(f"https://discord.com/api/v10/channels/{room}/messages/7")


def _session() -> Any:
    return None


ROOMS = range(1, 51)
ELSEWHERE = channel_lane(99)


async def test_what_was_granted_counts_from_when_it_is_sent() -> None:
    clock = Ticking()
    limits = RateLimits(clock)
    wire = Wire(limits)
    assert {limits.claim(Urgency.FINAL, channel_lane(room)) for room in ROOMS} == {0}
    clock.now = 100.8  # the texts are stored first
    for room in ROOMS:
        await wire.begin(room)
    clock.now = 101.1
    assert limits.seconds(Urgency.FINAL, ELSEWHERE) == pytest.approx(0.72, abs=0.001)


async def test_what_may_have_been_long_on_its_way_counts_from_when_it_came() -> None:
    clock = Ticking()
    limits = RateLimits(clock)
    wire = Wire(limits)
    await wire.begin(98)
    clock.now = 100.1
    await wire.answer(98)  # a tenth of a second there and back
    clock.now = 105.0
    for room in ROOMS:
        await wire.begin(room)
    clock.now = 105.6  # half a second more than the way takes
    for room in ROOMS:
        await wire.answer(room)
    clock.now = 106.1
    assert limits.seconds(Urgency.FINAL, ELSEWHERE) == pytest.approx(0.42, abs=0.001)


async def test_previews_of_many_replies_go_in_volleys() -> None:
    limits = RateLimits(clock := Ticking())
    clock.now = 102.0  # the three-hundredth volley begins
    lanes = [channel_lane(room) for room in range(1, 41)]
    with ExitStack() as stack:
        for lane in lanes:
            stack.enter_context(limits.streaming(lane))
        assert let_go(limits, lanes) == 5
        assert limits.seconds(Urgency.PREVIEW, lanes[5]) == pytest.approx(0.34, abs=0.001)
        assert limits.seconds(Urgency.PREVIEW, answer_lane("token")) == 0  # the limit does not count it


# --- what Discord refuses, and whose requests it counts together -------------------------------------------


async def test_once_discord_has_refused_too_many_only_first_and_last_words_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = RateLimits(Ticking())
    wire, hook = Wire(limits), URL("https://discord.com/api/v10/webhooks/5/token/messages/7")
    monkeypatch.setattr(invalid_requests, "MOST", 50)
    for number in range(50):
        await wire.begin(1, hook if number % 2 else None)
        await wire.answer(1, 403 if number % 3 else 429, X_RateLimit_Scope="user")
    await wire.begin(1)
    await wire.answer(1, 404)
    await wire.begin(1)
    await wire.answer(1, 429, X_RateLimit_Scope="shared")
    assert limits.trace.refused == 50
    for kind in (Urgency.PREVIEW, Urgency.TYPING, Urgency.CLEARING, Urgency.CATCHING_UP):
        assert limits.seconds(kind, ELSEWHERE) == pytest.approx(605, abs=0.1)
    assert limits.seconds(Urgency.FINAL, ELSEWHERE) < 1.03


HOOKS = [webhook_lane(number, number) for number in range(1, 51)]


def test_webhooks_share_the_limit_unless_the_host_says_otherwise() -> None:
    limits = RateLimits(Clock())
    assert {limits.claim(Urgency.FINAL, lane, post=True) for lane in HOOKS} == {0}
    assert limits.seconds(Urgency.FINAL, ELSEWHERE) == pytest.approx(1.02)


async def test_webhooks_apart_have_fifty_a_second_of_their_own() -> None:
    limits = RateLimits(Ticking(), webhooks_share_limit=False)
    assert {limits.claim(Urgency.FINAL, lane, post=True) for lane in HOOKS} == {0}
    assert limits.seconds(Urgency.FINAL, webhook_lane(99, 99)) == pytest.approx(1.02, abs=0.001)
    assert limits.seconds(Urgency.FINAL, ELSEWHERE) == 0
    wire = Wire(limits)
    for room in ROOMS:
        await wire.begin(room)
    assert limits.seconds(Urgency.FINAL, ELSEWHERE) == pytest.approx(1.02, abs=0.001)


async def test_who_asks_for_a_webhook_does_it_by_the_bots_token() -> None:
    limits = RateLimits(Ticking(), webhooks_share_limit=False)
    wire = Wire(limits)
    for room in ROOMS:
        await wire.begin(room, URL(f"https://discord.com/api/v10/webhooks/{room}"))
    assert limits.seconds(Urgency.FINAL, ELSEWHERE) == pytest.approx(1.02, abs=0.001)
    assert limits.seconds(Urgency.FINAL, HOOKS[0], post=True) == 0


def test_the_previews_of_webhooks_apart_are_rationed_by_themselves() -> None:
    limits = RateLimits(clock := Ticking(), webhooks_share_limit=False)
    clock.now = 102.0
    with ExitStack() as stack:
        for lane in HOOKS[:40]:
            stack.enter_context(limits.streaming(lane))
        assert let_go(limits, HOOKS[:40]) == 5
        assert let_go(limits, [channel_lane(room) for room in ROOMS]) == 38


def test_what_other_processes_have_posted_in_a_channel_counts_there_until_a_minute_is_over() -> None:
    """Discord lets a channel's webhooks post thirty times a minute."""
    clock = Clock()
    limits = RateLimits(clock)
    limits.counts.adopt(7, channel_id=1)
    posts = [(number, 7, 30.0) for number in range(100, 109)]
    limits.counts.posted_by_others([*posts, (20, 8, 50.0), (21, 8, 60.0)])
    limits.counts.posted_by_others([*posts, (22, 8, 10.0)])  # told again by another shard
    limits.counts.adopt(8, channel_id=2)
    assert limits.counts.by_webhooks(1) == (70.0,) * 27
    assert limits.counts.by_webhooks(2) == (50.0,) * 3 + (90.0,) * 3
    first = {
        number: limits.seconds(Urgency.FIRST, webhook_lane(number, number - 6), post=True)
        for number in (7, 8)
    }
    assert first == {7: pytest.approx(30.0), 8: 0}
    assert limits.seconds(Urgency.FINAL, webhook_lane(7, 1), post=True) == 0
