"""Our client before a judge that is not ours: llmock goes wrong on purpose, and says how a client took it.

Its clock and ours are one, on which waiting takes no time.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any

import pytest
from llmock.pytest_plugin import LLMock

from bot.core.completion import ErrorKind, Message, ModelError, Prompt, Sampling
from bot.core.tokens import Size
from bot.llm.client import HttpModel
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.llm.tries import Timeouts
from tests.llm.models import http_model
from tests.llm.question import PlainQuestion

UNHURRIED = 40
"""Milliseconds between chunks: all in one, the judge would not see that we hang up at a broken one."""
ANSWER = "*nods* Well met, traveller."


class Time:
    """A clock that goes on by itself, and jumps over whatever our client would sleep."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    async def sleep(self, seconds: float) -> None:
        self._skipped += seconds
        await asyncio.sleep(0)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> Time:
    shared = Time()
    for module in ("middleware", "ratelimit"):  # by name, as they take half a second to import
        monkeypatch.setattr(f"llmock.{module}.time", SimpleNamespace(monotonic=shared.monotonic))
    return shared


MakeModel = Callable[..., HttpModel]


@pytest.fixture
async def make_model(llmock: LLMock, shared: Time) -> AsyncIterator[MakeModel]:
    models = []

    def make(per_minute: int | None = None, **settings: Any) -> HttpModel:
        usual: dict[str, Any] = {
            "base_url": llmock.url,
            "dialect": Dialect.OPENAI,
            "model_name": "minimax/minimax-m2-her",
            "api_key": "key",
            "gate": Gate(per_minute=per_minute, clock=shared.monotonic, sleep=shared.sleep),
            "clock": shared.monotonic,
            "sleep": shared.sleep,
        }
        models.append(http_model(**(usual | settings)))
        return models[-1]

    llmock.reply(ANSWER, times=None)
    yield make
    for model in models:
        await model.aclose()


async def heard(model: HttpModel, line: object = "Well met.") -> tuple[str, ErrorKind | None]:
    """Answer a line. The judge takes requests with the same one for tries of one reply."""
    prompt = Prompt((Message("user", "Alice", str(line)),), Sampling(1.0, 0.95, 512), Size(9, 1))
    text = ""
    try:
        async for delta in model.stream(PlainQuestion(prompt)):
            text = delta.whole if delta.whole is not None else text + delta.text
    except ModelError as error:
        return text, error.kind
    return text, None


def statuses(llmock: LLMock) -> list[int]:
    return [request.status for request in llmock.requests]


async def test_a_judge_that_would_find_something_finds_it(llmock: LLMock, make_model: MakeModel) -> None:
    """Else a clean verdict below would say nothing."""

    async def not_at_all(_: float) -> None:
        await asyncio.sleep(0)

    llmock.rate_limit(retry_after=5)
    llmock.fail(500, times=3)
    model = make_model(sleep=not_at_all, retries=4)
    assert await heard(model) == (ANSWER, None)
    llmock.truncate(after_chunks=3)
    assert (await heard(model, "And then?"))[1] is ErrorKind.CUT_SHORT
    found = {finding.code for finding in llmock.verdict().findings}
    assert found == {"retry_after_ignored", "no_backoff", "truncated_stream_accepted"}


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_failures_that_pass_are_tried_again_further_and_further_apart(
    llmock: LLMock, make_model: MakeModel, status: int
) -> None:
    llmock.fail(status, times=2)
    assert await heard(make_model()) == (ANSWER, None)
    assert statuses(llmock) == [status, status, 200]
    llmock.assert_resilient(strict=True)


async def test_a_dead_provider_gets_no_storm(llmock: LLMock, make_model: MakeModel) -> None:
    llmock.outage()
    model = make_model()
    told = [(await heard(model, number))[1] for number in range(20)]
    assert told == [ErrorKind.OVERLOADED] * 5 + [ErrorKind.RESTING] * 15
    assert statuses(llmock) == [503] * 15
    llmock.assert_resilient()


async def test_the_time_a_provider_asks_for_is_waited(llmock: LLMock, make_model: MakeModel) -> None:
    llmock.rate_limit(times=2, retry_after=4)
    assert await heard(make_model()) == (ANSWER, None)
    assert statuses(llmock) == [429, 429, 200]
    llmock.assert_resilient(strict=True)


async def test_what_will_fail_again_is_not_tried_again(llmock: LLMock, make_model: MakeModel) -> None:
    kinds = {
        400: ErrorKind.BAD_REQUEST,
        401: ErrorKind.BAD_KEY,
        403: ErrorKind.BAD_KEY,
        404: ErrorKind.BAD_REQUEST,
        422: ErrorKind.BAD_REQUEST,
    }
    for status, kind in kinds.items():
        llmock.fail(status)
        assert await heard(make_model(), status) == ("", kind)
    llmock.context_overflow()
    assert await heard(make_model(), "a long story") == ("", ErrorKind.OVERFLOW)
    assert statuses(llmock) == [*kinds, 400]
    llmock.assert_resilient()


# --- streams -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["truncate", "disconnect", "corrupt"])
async def test_a_stream_broken_before_its_first_word_is_asked_for_again(
    llmock: LLMock, make_model: MakeModel, fault: str
) -> None:
    llmock.pace(UNHURRIED)
    getattr(llmock, fault)(after_chunks=1)  # the first chunk has a role and no word
    assert await heard(make_model()) == (ANSWER, None)
    assert len(llmock.requests) == 2
    # A corrupt event is a warning to the judge unless it sees us hang up before it has sent the rest: a race.
    llmock.assert_resilient(strict=fault != "corrupt")


@pytest.mark.parametrize("fault", ["truncate", "disconnect", "corrupt"])
async def test_a_stream_broken_after_words_were_shown_is_never_taken_for_whole(
    llmock: LLMock, make_model: MakeModel, fault: str
) -> None:
    llmock.pace(UNHURRIED)
    model = make_model()
    getattr(llmock, fault)(after_chunks=3)
    assert await heard(model) == ("*nods* Well ", ErrorKind.CUT_SHORT)
    assert len(llmock.requests) == 1
    # The judge sees requests only, so whether we noticed shows in what the reader does, once told: ask again.
    assert await heard(model) == (ANSWER, None)
    llmock.assert_resilient(strict=fault != "corrupt")


@pytest.mark.parametrize(
    ("after_chunks", "timeouts", "shown"),
    [
        (0, Timeouts(first_token=0.3), ""),
        (3, Timeouts(between_tokens=0.5), "*nods* Well "),
    ],
)
async def test_a_stream_that_hangs_is_given_up(
    llmock: LLMock, make_model: MakeModel, after_chunks: int, timeouts: Timeouts, shown: str
) -> None:
    llmock.stall(after_chunks=after_chunks, seconds=30)
    assert await heard(make_model(timeouts=timeouts, retries=0)) == (shown, ErrorKind.TIMED_OUT)
    assert await heard(make_model()) == (ANSWER, None)
    llmock.assert_resilient(strict=True)


# --- quotas --------------------------------------------------------------------------------------------


async def test_our_limit_keeps_us_under_the_servers_by_its_own_count(
    llmock: LLMock, make_model: MakeModel
) -> None:
    llmock.limits(rpm=3)
    model = make_model(per_minute=3)
    assert [await heard(model, number) for number in range(10)] == [(ANSWER, None)] * 10
    assert statuses(llmock) == [200] * 10
    llmock.assert_resilient(strict=True)


async def test_without_a_limit_of_ours_the_servers_is_waited_for(
    llmock: LLMock, make_model: MakeModel
) -> None:
    llmock.limits(rpm=6)
    model = make_model()
    assert [await heard(model, number) for number in range(10)] == [(ANSWER, None)] * 10
    assert statuses(llmock).count(429) == 4
    llmock.assert_resilient(strict=True)
