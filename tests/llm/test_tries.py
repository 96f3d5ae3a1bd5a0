"""One reply with several prompts: its tries, its patience, what it costs and counts, over a socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from bot.core.completion import ErrorKind, Message, ModelError, Prompt, Question, Sampling
from bot.core.tokens import Size
from bot.llm.client import HttpModel
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.llm.tries import Policy, Timeouts
from tests.llm.clock import Clock
from tests.llm.models import http_model
from tests.llm.question import PlainQuestion, Prompts
from tests.standins.m2her import End, Error, Foreign, M2her

NO_NAMES = Error(2013, "invalid params, user name must be consistent")
TOO_LONG = Error(2013, "invalid params, context window exceeds limit")

MakeModel = Callable[..., HttpModel]


def prompt(text: str) -> Prompt:
    sampling = Sampling(temperature=1.0, top_p=0.95, max_completion_tokens=512)
    return Prompt((Message("user", "Alice", text),), sampling, Size(1, 1))


def prompts(count: int = 3) -> Prompts:
    return Prompts([prompt(f"Prompt {number}.") for number in range(1, count + 1)])


def asked(server: M2her) -> list[int]:
    """Which prompt each request had."""
    return [int(request.body["messages"][0]["content"][7]) for request in server.requests]


@pytest.fixture
async def server() -> AsyncIterator[M2her]:
    async with M2her() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sleeps() -> list[float]:
    return []


@pytest.fixture
async def make_model(server: M2her, clock: Clock, sleeps: list[float]) -> AsyncIterator[MakeModel]:
    models = []

    async def sleep(seconds: float) -> None:
        """Tries are some time apart."""
        sleeps.append(seconds)
        clock.now += seconds

    def make(**settings: Any) -> HttpModel:
        usual: dict[str, Any] = {
            "base_url": server.base_url,
            "dialect": Dialect.MINIMAX,
            "model_name": "M2-her",
            "needs_key": False,
            "gate": Gate(clock=clock, sleep=clock.sleep),
            "clock": clock,
            "sleep": sleep,
        }
        models.append(http_model(**(usual | settings)))
        return models[-1]

    yield make
    for model in models:
        await model.aclose()


async def heard(model: HttpModel, question: Question) -> str | ModelError:
    text = ""
    try:
        async with aclosing(model.stream(question)) as deltas:
            async for delta in deltas:
                text = delta.whole if delta.whole is not None else text + delta.text
    except ModelError as error:
        return error
    return text


async def kind(model: HttpModel, question: Question) -> ErrorKind:
    error = await asyncio.wait_for(heard(model, question), 10)
    assert isinstance(error, ModelError)
    return error.kind


# --- tries and patience ------------------------------------------------------------------------------


async def test_the_next_prompt_follows_a_refusal_at_once(
    server: M2her, make_model: MakeModel, sleeps: list[float]
) -> None:
    for answer in (NO_NAMES, TOO_LONG, "Well met."):
        server.say(answer)
    question = prompts()
    assert await heard(make_model(), question) == "Well met."
    assert asked(server) == [1, 2, 3]
    # A refusal costs nothing, an answer does.
    assert question.met == [(ErrorKind.BAD_REQUEST, False), (ErrorKind.OVERFLOW, False)]
    assert question.is_out
    assert sleeps == []


@pytest.mark.parametrize(
    "too_long",
    [
        Foreign({"error": {"message": "Your input exceeds the context window of this model."}}, status=400),
        Foreign({"error": {"message": "Your request exceeded model token limit: 32768"}}, status=400),
        Foreign({"error": {"code": "1261", "message": "Prompt 超长"}}, status=400),
        Foreign({"error": {"code": "1261", "message": "Prompt 超长"}}, status=200),
        Foreign({"error": {"message": "Your input exceeds the context window of this model."}}),
        Foreign({"message": "prompt is too long: 213462 tokens > 200000 maximum"}, event="error"),
    ],
    ids=repr,
)
async def test_a_prompt_that_is_too_long_in_other_words_is_asked_with_less(
    server: M2her, make_model: MakeModel, sleeps: list[float], too_long: Foreign
) -> None:
    for answer in (too_long, too_long, "Well met."):
        server.say(answer)
    question = prompts()
    assert await heard(make_model(), question) == "Well met."
    assert asked(server) == [1, 2, 3]
    assert question.met == [(ErrorKind.OVERFLOW, False)] * 2
    assert sleeps == []


async def test_a_window_that_is_full_before_the_first_word_is_asked_with_less(
    server: M2her, make_model: MakeModel
) -> None:
    server.say(finish="model_context_window_exceeded")
    server.say("Well met.")
    question = prompts()
    assert await heard(make_model(), question) == "Well met."
    assert asked(server) == [1, 2]


async def test_all_prompts_of_a_reply_share_its_tries(server: M2her, make_model: MakeModel) -> None:
    for answer in (Error(1002), Error(1002), NO_NAMES, Error(1002)):
        server.say(answer)
    assert await kind(make_model(), prompts(2)) is ErrorKind.RATE_LIMIT
    assert asked(server) == [1, 1, 1, 2]


@pytest.mark.parametrize(("seconds", "requests"), [(14.9, [1, 2]), (15.0, [1])])
async def test_no_other_prompt_is_begun_after_fifteen_seconds(
    server: M2her, make_model: MakeModel, clock: Clock, seconds: float, requests: list[int]
) -> None:
    server.say(gate := asyncio.Event(), NO_NAMES)
    server.say(Error(1008))
    reply = asyncio.create_task(kind(make_model(), question := prompts()))
    await server.received(1)
    clock.now += seconds
    gate.set()
    question.rest = question.rest[:2]
    assert await reply is (ErrorKind.BALANCE if len(requests) > 1 else ErrorKind.BAD_REQUEST)
    assert asked(server) == requests


async def test_a_dead_model_is_given_up_eighteen_seconds_after_it_was_first_asked(
    server: M2her, make_model: MakeModel, clock: Clock
) -> None:
    assert Policy().longest == 18.0

    async def wake_up_late(_: float) -> None:
        clock.now += 17.95

    server.say(Error(1013))
    server.say(End.STALL)
    assert await kind(make_model(sleep=wake_up_late), prompts(1)) is ErrorKind.TIMED_OUT
    assert asked(server) == [1, 1]


def test_a_slow_model_has_as_long_as_the_host_says() -> None:
    assert Policy(timeouts=Timeouts(first_token=300.0)).longest == 300.0
    assert Policy(timeouts=Timeouts(first_token=5.0)).longest == 18.0


# --- a limit of tokens -------------------------------------------------------------------------------


async def test_a_limit_of_tokens_that_is_met_again_is_a_prompt_that_is_too_long(
    server: M2her, make_model: MakeModel, sleeps: list[float]
) -> None:
    for answer in (Error(1039), Error(1039), Error(1039), "Well met."):
        server.say(answer)
    question = prompts()
    assert await heard(make_model(), question) == "Well met."
    assert asked(server) == [1, 1, 2, 3]
    assert question.met == [(ErrorKind.OVERFLOW, False)] * 2
    (pause,) = sleeps
    assert 4.5 <= pause <= 4.8


async def test_a_limit_of_tokens_that_passes_is_none(server: M2her, make_model: MakeModel) -> None:
    server.say(Error(1039))
    server.say("Well met.")
    question = prompts()
    assert await heard(make_model(), question) == "Well met."
    assert asked(server) == [1, 1]


async def test_a_limit_of_tokens_that_no_prompt_is_short_enough_for_is_told_as_a_limit(
    server: M2her, make_model: MakeModel
) -> None:
    for _ in range(9):
        server.say(Error(1039))
    assert await kind(make_model(), prompts(2)) is ErrorKind.RATE_LIMIT
    assert asked(server) == [1, 1, 2]


# --- the breaker ---------------------------------------------------------------------------------------


async def test_a_reply_counts_once_however_many_prompts_it_had(server: M2her, make_model: MakeModel) -> None:
    model = make_model(retries=0)
    for _ in range(15):
        server.say(Error(1002))
    for _ in range(4):
        assert await kind(model, prompts(3)) is ErrorKind.RATE_LIMIT
    assert await kind(model, prompts(3)) is ErrorKind.RATE_LIMIT
    assert await kind(model, prompts(3)) is ErrorKind.RESTING
    assert len(server.requests) == 15


async def fail_five_times(server: M2her, model: HttpModel) -> None:
    for _ in range(5):
        server.say(Error(1002))
        assert await kind(model, PlainQuestion(prompt("Prompt 9."))) is ErrorKind.RATE_LIMIT


async def test_each_prompt_that_was_sent_and_got_no_word_is_counted(
    server: M2her, make_model: MakeModel
) -> None:
    question = PlainQuestion(prompt("Prompt 1."))
    for answer in (End.CUT, End.CUT, "Well met."):
        server.say(answer)
    assert await heard(make_model(), question) == "Well met."
    assert (question.lost, question.is_out) == (2, True)
    question = PlainQuestion(prompt("Prompt 2."))
    server.say("Well ", End.CUT)  # what came has a cost of its own
    assert await kind(make_model(), question) is ErrorKind.CUT_SHORT
    assert (question.lost, question.is_out) == (0, False)
    for failure in (End.RESET, Error(1002), Error(1026)):
        server.say(failure)
        await kind(make_model(retries=0), question)
    assert (question.lost, question.is_out) == (0, False)


async def test_a_breaker_that_opens_between_two_prompts_keeps_the_second_from_being_asked(
    server: M2her, make_model: MakeModel
) -> None:
    model = make_model(retries=0)
    question = prompts()

    async def meanwhile() -> None:
        await fail_five_times(server, model)

    question.ready = meanwhile
    server.say(NO_NAMES)
    assert await kind(model, question) is ErrorKind.RESTING
    assert asked(server) == [1, 9, 9, 9, 9, 9]
    assert not question.is_out


async def test_a_look_at_a_model_that_rests_goes_on_to_another_prompt(
    server: M2her, make_model: MakeModel, clock: Clock
) -> None:
    model = make_model(retries=0)
    await fail_five_times(server, model)
    clock.now += 15
    for answer in (NO_NAMES, TOO_LONG, "Well met.", "Well met."):
        server.say(answer)
    assert await heard(model, prompts()) == "Well met."
    assert await heard(model, PlainQuestion(prompt("Prompt 8."))) == "Well met."
    assert asked(server)[5:] == [1, 2, 3, 8]


# --- what goes out -------------------------------------------------------------------------------------


async def test_stopped_while_another_is_asked_a_reply_has_sent_nothing(
    server: M2her, make_model: MakeModel, clock: Clock
) -> None:
    model = make_model(gate=Gate(at_once=1, per_minute=2, clock=clock, sleep=clock.sleep))
    server.say("Once ", gate := asyncio.Event(), "upon")
    first = asyncio.create_task(heard(model, PlainQuestion(prompt("Prompt 1."))))
    await server.received(1)
    question = PlainQuestion(prompt("Prompt 2."))
    waiting = asyncio.create_task(heard(model, question))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not question.is_out
    gate.set()
    assert await first == "Once upon"


async def test_a_stop_after_it_went_out_finds_it_there(server: M2her, make_model: MakeModel) -> None:
    server.say(End.STALL)
    question = PlainQuestion(prompt("Prompt 1."))
    reply = asyncio.create_task(heard(make_model(), question))
    await server.received(1)
    reply.cancel()
    await asyncio.wait([reply])
    assert question.is_out


async def test_a_stop_between_two_tries_has_nothing_out(
    server: M2her, make_model: MakeModel, clock: Clock
) -> None:
    server.say(Error(1002))
    question = PlainQuestion(prompt("Prompt 1."))
    reply = asyncio.create_task(heard(make_model(sleep=clock.sleep), question))
    async with asyncio.timeout(5):
        while not clock.sleeps:  # noqa: ASYNC110 -- the failure has to come back over the socket
            await asyncio.sleep(0)
    reply.cancel()
    await asyncio.wait([reply])
    assert not question.is_out


async def test_what_never_reached_the_server_is_none_of_the_minutes_requests(
    make_model: MakeModel, clock: Clock, sleeps: list[float]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gate = Gate(per_minute=1, clock=clock, sleep=clock.sleep)
    model = make_model(base_url=f"http://127.0.0.1:{port}", gate=gate)
    question = PlainQuestion(prompt("Prompt 1."))
    assert await kind(model, question) is ErrorKind.UNREACHABLE
    assert len(sleeps) == 2
    assert not question.is_out
