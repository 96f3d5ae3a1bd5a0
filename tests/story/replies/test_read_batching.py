"""When a reply leaves the model's stream alone, and that nobody notices but the machine."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal

import pytest

from bot.core.completion import Delta, Finish
from bot.story.replies.read_batching import ReadBatching
from bot.story.replies.reply import Reply
from tests.llm.models import http_model
from tests.standins.m2her import M2her
from tests.story.replies.test_reply import Stage, stage, staged
from tests.story.scripted import Scripted

__all__ = ["stage"]

R = 0.25
# Pieces by when they are asked for and when they come, and how long is rested after each.
RHYTHMS: dict[str, list[tuple[float, float, float]]] = {
    "a short answer": [(0, 0.4, 0), (0.4, 0.5, 0), (0.5, 0.7, 0)],
    "a quick stream": [(0, 0, 0), (0.28, 0.3, 0), (0.3, 0.32, R), (0.57, 0.57, 0), (0.57, 0.585, R)],
    "twelve a second": [(0, 0, 0), (0.167, 0.25, 0), (0.25, 0.333, R), (0.583, 0.583, 0), (0.583, 0.667, R)],
    "large pieces": [(0, 0.4, 0), (0.4, 0.8, 0), (0.8, 1.2, 0)],
    "half a rest apart": [(0, 0.25, 0), (0.25, 0.5, 0), (0.5, 0.625, 0), (0.625, 0.75, 0)],
    "a pause in between": [(0, 0, 0), (0.3, 0.4, 0), (0.4, 0.45, R), (0.7, 0.9, 0), (0.9, 0.95, R)],
}


@pytest.mark.parametrize("name", RHYTHMS)
def test_a_stream_is_left_alone_only_while_its_pieces_come_quickly(name: str) -> None:
    batching = ReadBatching()
    batching.rest = lambda: R
    for asked, came, rest in RHYTHMS[name]:
        assert batching.rest_after(asked, came) == rest, came


def test_each_rest_is_as_long_as_things_then_allow() -> None:
    batching, rests = ReadBatching(), iter([R, R, 2 * R, R, 3 * R])
    batching.rest = lambda: next(rests)
    pieces = RHYTHMS["twelve a second"]
    assert [batching.rest_after(asked, came) for asked, came, _ in pieces] == [0, 0, 2 * R, 0, 3 * R]


HOUR = 3600.0


async def no_time() -> None:
    """A text may be shown at once."""


@pytest.fixture
def restless(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """It rests after each piece but the first, as quickly as they come."""
    monkeypatch.setattr("bot.story.replies.read_batching.EAGER", -1.0)
    monkeypatch.setattr("bot.story.replies.read_batching.AT_ONCE", -1.0)
    return monkeypatch


@pytest.mark.usefixtures("restless")
async def test_a_stream_that_is_read_in_batches_loses_nothing(stage: Stage) -> None:
    reply = await stage.ask(gate := asyncio.Event(), *(f"{number} " for number in range(20)))
    async with asyncio.timeout(5), reply:
        reading = asyncio.create_task(shown(reply, rest=0.005))
        await stage.model.held.wait()
        gate.set()
        assert (await reading)[-1].split() == [str(number) for number in range(20)]


@pytest.mark.usefixtures("restless")
async def test_what_is_shown_has_all_that_came_in_the_rest(stage: Stage) -> None:
    gate, due, resting = asyncio.Event(), asyncio.Event(), asyncio.Event()
    reply = await stage.ask(gate, "One ", "two ", "three ", "four ", asyncio.Event(), "five.")

    async def post() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        resting.set()
        await due.wait()

    async with asyncio.timeout(5), reply:
        reading = asyncio.create_task(shown(reply, post, rest=HOUR))
        await stage.model.held.wait()
        gate.set()
        await resting.wait()
        assert reply.text == "One two "
        due.set()
        await asyncio.sleep(0.02)
        reply.stop()
        assert (await reading)[0] == "One two three four "


class Gate(asyncio.Event):
    """A gate that tells when somebody stands before it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = asyncio.Event()

    async def wait(self) -> Literal[True]:
        self.reached.set()
        return await super().wait()


@pytest.mark.usefixtures("restless")
async def test_so_it_has_where_the_model_is_behind_a_socket(m2her: M2her, tmp_path: Path) -> None:
    model = http_model(m2her.base_url, needs_key=False)
    gates, due = [Gate(), Gate()], asyncio.Event()
    m2her.say("One ", "two ", gates[0], "three ", "four ", gates[1], "five.")

    async def post() -> None:
        await due.wait()

    async with asyncio.timeout(5), staged(tmp_path, model) as (story, database):
        (reply,) = (await story.hearing.hear(Stage(story, Scripted(), database).message())).replies
        async with reply:
            reading = asyncio.create_task(shown(reply, post, rest=HOUR))
            while reply.text != "One two ":  # noqa: ASYNC110 - nothing tells that it rests
                await asyncio.sleep(0.005)
            gates[0].set()
            await gates[1].reached.wait()
            await asyncio.sleep(0.02)  # what was sent is there
            assert reply.text == "One two "
            due.set()
            await asyncio.sleep(0.02)
            reply.stop()
            assert (await reading)[0] == "One two three four "
    await model.aclose()


@pytest.mark.usefixtures("restless")
async def test_nobody_waits_for_more_behind_the_last_words(stage: Stage) -> None:
    gate = asyncio.Event()
    reply = await stage.ask(gate, "All ", Delta(text="there is.", finish=Finish.STOP))
    async with asyncio.timeout(5), reply:
        reading = asyncio.create_task(shown(reply, lambda: reply.wait_ended(HOUR), rest=HOUR))
        await stage.model.held.wait()
        gate.set()
        assert await reading == ["All there is."]


async def shown(
    reply: Reply, due: Callable[[], Awaitable[None]] = no_time, *, rest: float = 0.0
) -> list[str]:
    return [text async for text in reply.texts(due, rest=lambda: rest)]
