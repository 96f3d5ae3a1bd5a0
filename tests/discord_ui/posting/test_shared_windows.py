"""What several processes may send together, as one of them waits for it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.core.posts.invalid_requests import MOST
from bot.core.posts.pace import Urgency
from bot.core.telemetry import Counted, Level, Timed, telemetry
from bot.discord_ui.posting.lanes import answer_lane, channel_lane
from bot.discord_ui.posting.rate_limits import RateLimits
from bot.discord_ui.posting.request import Request
from bot.discord_ui.posting.sender import Sender
from bot.storage.cluster import Alone
from tests.discord_ui.posting.test_rate_limits import Clock, Wire

ROOM = channel_lane(1)


class Others(Alone):
    """Other processes, which leave as many places as a test says."""

    me = 1

    def __init__(self, free: int, streams: int = 0) -> None:
        super().__init__()
        self.free = free
        self.streams = streams
        self.told = 0
        self.asked: list[tuple[str, int]] = []

    async def asked_times(self, times: int) -> None:
        while len(self.asked) < times:  # noqa: ASYNC110 - of the test's own tasks
            await asyncio.sleep(0.001)

    async def window(self, name: str, most: int, seconds: float) -> float:
        assert seconds == pytest.approx(1.22)
        self.asked.append((name, most))
        await asyncio.sleep(0)
        self.free -= 1
        return 0.0 if self.free >= 0 else 0.001

    def streams_elsewhere(self, here: int) -> int:
        self.told = here
        return self.streams


def limits_with(others: Others) -> RateLimits:
    return RateLimits(lambda: asyncio.get_running_loop().time(), cluster=others)


async def test_last_words_wait_for_a_place_of_all_processes_and_previews_are_left_out() -> None:
    others = Others(free=1)
    limits = limits_with(others)
    assert limits.claim(Urgency.PREVIEW, ROOM) == 0
    assert await limits.enter(Urgency.PREVIEW, ROOM)
    limits.note_preview(ROOM)
    assert not await limits.enter(Urgency.PREVIEW, ROOM)
    others.free = -2
    asyncio.get_running_loop().call_later(0.01, setattr, others, "free", 1)
    await limits.wait_until_clear(Urgency.FINAL, ROOM)
    assert others.asked[:2] == [("bot", 38), ("bot", 38)]
    assert others.asked[2:] == [("bot", 50)] * (len(others.asked) - 2)


class Waits:
    """The waits that are seen: what waited, and for how many seconds."""

    def __init__(self) -> None:
        self.seen: list[tuple[Timed, tuple[str, ...], float]] = []

    def counted(self, what: Counted, labels: tuple[str, ...], by: float) -> None: ...

    def timed(self, what: Timed, labels: tuple[str, ...], seconds: float) -> None:
        self.seen.append((what, labels, seconds))

    def stands(self, what: Level, value: float) -> None: ...


async def test_a_wait_for_a_place_of_all_processes_is_seen_from_outside() -> None:
    waits, clock = Waits(), Clock()
    limits = RateLimits(clock, cluster=(others := Others(free=0)))

    def is_free() -> None:
        clock.now += 3.0
        others.free = 1

    asyncio.get_running_loop().call_later(0.01, is_free)
    with telemetry.watched_by(waits):
        await limits.wait_until_clear(Urgency.FINAL, ROOM)
    assert waits.seen == [
        (Timed.DISCORD_WAIT, ("final",), 0.0),
        (Timed.DISCORD_WAIT, ("final",), 3.0),
    ]


async def test_a_preview_that_is_left_out_counts_for_nothing() -> None:
    limits = limits_with(others := Others(free=0))
    for _ in range(60):
        limits.note_preview(ROOM)
        assert not await limits.enter(Urgency.PREVIEW, ROOM)
    others.free = 1
    assert limits.seconds(Urgency.FINAL, ROOM) == 0


async def test_what_is_more_urgent_has_the_next_place_whoever_came_first() -> None:
    others = Others(free=0)
    limits, went = limits_with(others), list[str]()

    async def go(name: str, waits: Callable[[], Awaitable[None]]) -> None:
        await waits()
        went.append(name)
        others.free = 1

    kinds = (Urgency.CLEARING, Urgency.FIRST, Urgency.FINAL)
    tasks = [
        asyncio.create_task(
            go(kind.name, lambda kind=kind: limits.wait_until_clear(kind, channel_lane(kind)))  # type: ignore[misc]
        )
        for kind in kinds
    ]
    await others.asked_times(8)
    assert not await limits.enter(Urgency.PREVIEW, ROOM)  # behind those that wait
    others.free = 1
    await asyncio.gather(*tasks)
    assert went == ["FINAL", "FIRST", "CLEARING"]


async def test_who_stops_waiting_leaves_the_turn_to_the_next() -> None:
    others = Others(free=0)
    limits = limits_with(others)
    first = asyncio.create_task(limits.wait_until_clear(Urgency.FINAL, ROOM))
    second = asyncio.create_task(limits.wait_until_clear(Urgency.FIRST, ROOM))
    await others.asked_times(6)
    first.cancel()
    others.free = 2
    await second
    with pytest.raises(asyncio.CancelledError):
        await first


class Flapping(Others):
    """Others, of which one hears nothing at first, and again while it takes the second of its places."""

    def __init__(self) -> None:
        super().__init__(free=100)
        self.went: list[bool] = []
        self.may_send = False

    async def window(self, name: str, most: int, seconds: float) -> float:
        wait = await super().window(name, most, seconds)
        if len(self.asked) == 2:
            self.may_send = False
            asyncio.get_running_loop().call_later(0.01, setattr, self, "may_send", True)
        return wait

    async def post(self) -> None:
        self.went.append(self.may_send)


async def test_who_hears_nothing_takes_its_places_when_it_hears_again_and_no_request_goes_without() -> None:
    others = Flapping()
    sender = Sender(limits_with(others), asyncio.sleep)
    request = Request(others.post, lambda _: None, ROOM, is_post=True)
    first = asyncio.create_task(sender.perform(request, Urgency.FINAL))
    await asyncio.sleep(0.001)
    assert others.asked == []
    others.may_send = True
    await first
    await sender.perform(request, Urgency.FINAL)
    assert others.went == [True, True]
    assert len(others.asked) == 3  # as the place before may have been another's second


async def test_another_attempt_after_a_while_without_hearing_takes_another_place() -> None:
    others = Others(free=100)
    sender = Sender(limits_with(others), lambda _: asyncio.sleep(0))
    asked: list[int] = []

    async def post() -> None:
        asked.append(len(others.asked))
        if len(asked) == 1:
            others.may_send = False
            asyncio.get_running_loop().call_later(0.01, setattr, others, "may_send", True)
            raise OSError

    await sender.perform(Request(post, lambda _: None, ROOM, is_post=True), Urgency.FINAL)
    assert asked == [1, 2]


async def test_replies_of_other_processes_stretch_the_cadence_and_hear_of_ours() -> None:
    others = Others(free=0, streams=40)
    limits = limits_with(others)
    assert limits.rest == 0.15
    with limits.streaming(ROOM):
        assert others.told == 1
    assert others.told == 0


async def test_what_a_busy_loop_held_up_takes_another_place_and_so_does_what_goes_unasked() -> None:
    others, clock = Others(free=9), Clock()
    limits = RateLimits(clock, cluster=others)
    wire = Wire(limits)
    await limits.wait_until_clear(Urgency.PREVIEW, ROOM)
    clock.now += 0.09
    await wire.begin(1)
    assert others.asked == [("bot", 38)]
    assert limits.claim(Urgency.FINAL, ROOM) == 0
    clock.now += 5  # of the wait for a place of all processes
    await limits.enter(Urgency.FINAL, ROOM)
    await wire.begin(1)
    assert others.asked[1:] == [("bot", 50)]
    await limits.wait_until_clear(Urgency.FINAL, ROOM)
    clock.now += 0.11
    others.free = -3
    asyncio.get_running_loop().call_later(0.01, setattr, others, "free", 1)
    await wire.begin(1)
    assert others.free == 0  # it has waited for that
    others.free = 1
    await wire.begin(1)
    assert others.asked[-1] == ("bot", 50)
    assert others.free == 0


@pytest.mark.parametrize(
    ("cluster", "lasts"), [(Alone(), 1.02), (Others(free=99), 1.22)], ids=["alone", "beside"]
)
async def test_a_process_tells_its_part_of_what_all_may_send_in_their_window(
    cluster: Alone, lasts: float
) -> None:
    clock = Clock()
    limits = RateLimits(clock, cluster=cluster)
    for _ in range(25):
        await limits.admit(Urgency.FINAL)
    clock.now += lasts - 0.01
    assert limits.used == {"bot": 0.5}
    clock.now += 0.02
    assert limits.used == {"bot": 0.0}


async def test_processes_share_how_many_requests_discord_may_refuse() -> None:
    others, clock = Others(free=MOST), Clock()
    others.living = 2
    limits = RateLimits(clock, cluster=others)
    wire = Wire(limits)
    for number in range(MOST // 2):
        assert limits.trace.quiet_until <= clock.now, number
        await wire.begin(1)
        await wire.answer(1, 403)
    assert limits.trace.refused == limits.trace.most_refused == 2500
    assert limits.trace.quiet_until > clock.now
    others.living = 1
    assert limits.trace.most_refused == 5000
    assert limits.trace.quiet_until <= clock.now


async def test_answers_to_commands_ask_nobody() -> None:
    limits = limits_with(others := Others(free=0))
    lane = answer_lane("token")
    await limits.wait_until_clear(Urgency.FINAL, lane)
    limits.note_preview(lane)
    assert await limits.enter(Urgency.PREVIEW, lane)
    assert others.asked == []
