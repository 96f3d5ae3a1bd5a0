"""The gate by itself: who is let through, when, and in which order."""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from bot.core.completion import ErrorKind, ModelError
from bot.llm.gate import Gate
from bot.llm.together import Account, Together, account_of
from tests.llm.clock import Clock, settle

SICK = ModelError(ErrorKind.OVERLOADED, "unknown error, 999")


def always(_: ModelError) -> bool:
    return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("asked", "later", "left"),
    [(3600.0, 600.0, 3000.0), (60.0, 50.0, 10.0), (60.0, 55.0, None), (None, 0.0, None)],
)
def test_a_model_that_asks_to_be_left_alone_is(
    clock: Clock, asked: float | None, later: float, left: float | None
) -> None:
    gate = Gate(clock=clock)
    with pytest.raises(ModelError), gate.reply((0, 1), always):
        raise ModelError(ErrorKind.RATE_LIMIT, retry_after=asked)
    clock.now += later
    try:
        with gate.reply((0, 2), always):
            refused = None
    except ModelError as error:
        refused = error
    assert (refused and (refused.kind, refused.retry_after)) == (left and (ErrorKind.RATE_LIMIT, left))


def queue_of(name: str) -> tuple[int, int]:
    server = name[0] if name[0].isdecimal() else ""
    return int(server or 0), ord(name.removeprefix(server)[0])


class Crowd:
    """Requests before a gate; each that is let in stays until it is told to leave."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.inside: list[str] = []
        self.turned_away: dict[str, ModelError] = {}
        self.waited: dict[str, float] = {}
        self.connecting: set[str] = set()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._leave: dict[str, asyncio.Event] = {}

    async def come(self, *names: str) -> None:
        """The first letter of a name is its channel; a digit before that is its server."""
        for name in names:
            self._leave[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._one(name))
            await settle()

    async def leave(self, name: str) -> None:
        self._leave[name].set()
        await settle()

    async def give_up(self, name: str) -> None:
        self._tasks[name].cancel()
        await settle()

    async def _one(self, name: str) -> None:
        try:
            with self.gate.reply(queue_of(name), always) as way:
                async with self.gate.request(way) as ticket:
                    ticket.sent = name not in self.connecting
                    self.waited[name] = way.waited
                    self.inside.append(name)
                    await self._leave[name].wait()
                    self.inside.remove(name)
        except ModelError as error:
            self.turned_away[name] = error

    async def end(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


async def break_down(gate: Gate, replies: int = 5) -> None:
    for _ in range(replies):
        with pytest.raises(ModelError), gate.reply((0, 1), always):
            raise SICK


@pytest.fixture
async def crowds() -> AsyncIterator[list[Crowd]]:
    made: list[Crowd] = []
    yield made
    for crowd in made:
        await crowd.end()
    assert [task for task in asyncio.all_tasks() if task.get_name() == "gate"] == []


def crowd_before(gate: Gate, crowds: list[Crowd]) -> Crowd:
    crowds.append(Crowd(gate))
    return crowds[-1]


# --- limits ------------------------------------------------------------------------------------------


async def test_places_take_turns_for_the_streams_there_are(crowds: list[Crowd], clock: Clock) -> None:
    crowd = crowd_before(Gate(at_once=2, clock=clock, sleep=clock.sleep), crowds)
    await crowd.come("a1", "a2", "a3", "a4", "b1", "c1")
    assert crowd.inside == ["a1", "a2"]
    for leaves, comes in [("a1", "a3"), ("a2", "b1"), ("a3", "c1"), ("b1", "a4")]:
        await crowd.leave(leaves)
        assert crowd.inside[-1] == comes


async def test_servers_take_turns_first(crowds: list[Crowd], clock: Clock) -> None:
    crowd = crowd_before(Gate(at_once=1, clock=clock, sleep=clock.sleep), crowds)
    await crowd.come("1a", "1b", "1c", "1d", "2e", "2f", "3g")
    served = []
    while crowd.inside:
        served.append(crowd.inside[-1])
        await crowd.leave(served[-1])
    assert served == ["1a", "1b", "2e", "3g", "1c", "2f", "1d"]


async def test_when_the_minute_is_full_the_next_waits_for_it_to_pass_and_the_log_says_so(
    crowds: list[Crowd], clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.llm")
    crowd = crowd_before(Gate(per_minute=2, clock=clock, sleep=clock.sleep), crowds)
    await crowd.come("a1", "b1")
    await clock.advance(20)
    await crowd.come("c1", "d1", "e1")
    assert crowd.inside == ["a1", "b1"]
    assert caplog.messages == ["the requests of a minute are used up: waiting 41 s"]
    await clock.advance(40.9)
    assert crowd.inside == ["a1", "b1"]
    await clock.advance(0.1)
    assert crowd.inside == ["a1", "b1", "c1", "d1"]
    assert crowd.waited["c1"] == pytest.approx(41)
    await clock.advance(61)
    assert crowd.inside[-1] == "e1"


async def test_a_call_that_gives_up_waiting_takes_no_room(crowds: list[Crowd], clock: Clock) -> None:
    crowd = crowd_before(Gate(at_once=1, per_minute=2, clock=clock, sleep=clock.sleep), crowds)
    await crowd.come("a1", "b1", "c1")
    await crowd.give_up("b1")
    await crowd.give_up("a1")
    assert crowd.inside[-1] == "c1"


async def test_nothing_is_left_behind_when_the_last_who_waits_for_the_minute_goes(
    crowds: list[Crowd], clock: Clock
) -> None:
    crowd = crowd_before(Gate(per_minute=1, clock=clock, sleep=clock.sleep), crowds)
    await crowd.come("a1", "b1")
    await crowd.give_up("b1")
    assert [task for task in asyncio.all_tasks() if task.get_name() == "gate"] == []


async def test_who_goes_before_anything_was_sent_gives_the_minute_back(
    crowds: list[Crowd], clock: Clock
) -> None:
    crowd = crowd_before(Gate(per_minute=2, clock=clock, sleep=clock.sleep), crowds)
    crowd.connecting.add("b1")
    await crowd.come("a1", "b1", "c1", "d1")
    assert crowd.inside == ["a1", "b1"]
    await crowd.give_up("b1")
    assert crowd.inside[-1] == "c1"
    await crowd.give_up("a1")  # it was sent
    assert crowd.inside[-1] == "c1"
    await clock.advance(61)
    assert crowd.inside[-1] == "d1"


# --- the breaker ---------------------------------------------------------------------------------------


async def test_an_open_breaker_says_when_it_will_look_again(clock: Clock) -> None:
    gate = Gate(clock=clock, sleep=clock.sleep)
    await break_down(gate)
    await clock.advance(4)
    with pytest.raises(ModelError) as caught, gate.reply((0, 1), always):
        pass
    assert (caught.value.kind, caught.value.retry_after) == (ErrorKind.RESTING, 11.0)


async def test_replies_that_wait_are_turned_away_when_it_opens_and_others_under_way_go_on(
    crowds: list[Crowd], clock: Clock
) -> None:
    gate = Gate(at_once=1, clock=clock, sleep=clock.sleep)
    crowd = crowd_before(gate, crowds)
    await crowd.come("a1", "b1", "c1")
    await break_down(gate)
    await settle()
    assert crowd.inside == ["a1"]
    assert {name: error.kind for name, error in crowd.turned_away.items()} == {
        "b1": ErrorKind.RESTING,
        "c1": ErrorKind.RESTING,
    }


async def test_a_reply_that_fails_once_more_while_it_is_open_is_not_asked_again(clock: Clock) -> None:
    gate = Gate(clock=clock, sleep=clock.sleep)
    entries: list[str] = []

    async def reply() -> None:
        with gate.reply((0, 1), always) as way:
            for name in ("first", "second"):
                async with gate.request(way):
                    entries.append(name)
                await break_down(gate)

    with pytest.raises(ModelError) as caught:
        await reply()
    assert caught.value.kind is ErrorKind.RESTING
    assert entries == ["first"]


async def test_one_look_goes_through_with_all_its_requests_and_closes_it(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.llm")
    gate = Gate(clock=clock, sleep=clock.sleep)
    await break_down(gate)
    await clock.advance(15)
    with gate.reply((0, 1), always) as way:
        for _ in range(2):
            async with gate.request(way):
                pass
        with pytest.raises(ModelError), gate.reply((0, 2), always):
            pass
    with gate.reply((0, 2), always):
        pass
    assert [record.getMessage() for record in caplog.records] == [
        "the breaker is open: last kind=overloaded, next look in 15 s",
        "the breaker is closed: the model answers",
    ]


async def test_what_does_not_count_neither_opens_it_nor_starts_the_row_again(clock: Clock) -> None:
    gate = Gate(clock=clock, sleep=clock.sleep)
    await break_down(gate, replies=4)
    for _ in range(9):
        with pytest.raises(ModelError), gate.reply((0, 1), lambda error: error is SICK):
            raise ModelError(ErrorKind.BAD_KEY)
    with gate.reply((0, 1), always):
        pass
    await break_down(gate, replies=4)
    for error in (ModelError(ErrorKind.BAD_KEY), SICK):
        with pytest.raises(ModelError), gate.reply((0, 1), lambda error: error is SICK):
            raise error
    with pytest.raises(ModelError) as caught, gate.reply((0, 1), always):
        pass
    assert caught.value.kind is ErrorKind.RESTING


async def test_a_reply_that_was_stopped_says_nothing_about_the_model(clock: Clock) -> None:
    gate = Gate(clock=clock, sleep=clock.sleep)
    await break_down(gate, replies=4)
    with pytest.raises(asyncio.CancelledError), gate.reply((0, 1), always):
        raise asyncio.CancelledError
    await break_down(gate, replies=1)
    with pytest.raises(ModelError) as caught, gate.reply((0, 1), always):
        pass
    assert caught.value.kind is ErrorKind.RESTING


class Processes:
    """Other processes, with which a test lets it share a minute."""

    def __init__(self, living: int, free: int) -> None:
        self.living = living
        self.free = free
        self.asked: list[tuple[str, int, float]] = []

    async def window(self, name: str, most: int, seconds: float) -> float:
        self.asked.append((name, most, seconds))
        self.free -= 1
        return 0.0 if self.free >= 0 else 30.0


async def test_processes_share_a_minute_and_what_goes_on_at_once(crowds: list[Crowd], clock: Clock) -> None:
    others = Processes(living=2, free=1)
    account = Account("model", Together(others))
    gate = Gate(at_once=4, per_minute=10, account=account, clock=clock, sleep=clock.sleep)
    crowd = crowd_before(gate, crowds)
    await crowd.come("a1", "a2", "a3")
    assert crowd.inside == ["a1"]  # for a2 there is no place in the minute, for a3 none in its half
    assert others.asked == [("model", 10, 61.0)] * 2
    others.free = 2
    await clock.advance(5)
    assert crowd.inside == ["a1", "a2"]
    assert crowd.waited["a2"] == 5
    others.living = 1
    await crowd.leave("a1")
    assert crowd.inside == ["a2", "a3"]


def test_an_account_is_told_from_others_without_its_key() -> None:
    together = Together()
    names = {
        account_of(address, model, key, together).name
        for address in ("https://api.minimax.io", "http://localhost:1234")
        for model in ("M2-her", "MiniMax-M3")
        for key in ("sk-one", "sk-two", None)
    }
    assert len(names) == 12
    assert not any("sk-" in name or len(name) > 22 for name in names)
