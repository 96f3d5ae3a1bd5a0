"""The client against M2-her's stand-in, over a real socket."""

import asyncio
import gzip
import json
import logging
import re
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

import pytest

from bot.core.completion import (
    NO_QUEUE,
    Delta,
    ErrorKind,
    Finish,
    Message,
    ModelError,
    Prompt,
    Queue,
    Sampling,
    Usage,
)
from bot.core.tokens import Size
from bot.llm.client import HttpModel
from bot.llm.dialects import Dialect
from bot.llm.gate import Gate
from bot.llm.tries import Timeouts
from tests.llm.clock import Clock
from tests.llm.models import http_model
from tests.llm.question import PlainQuestion
from tests.standins.m2her import End, Error, Foreign, M2her, Part

KEY = "sk-cp-0123456789abcdef"
SECRET = "The gold lies beneath the third oak."
PROMPT = Prompt(
    messages=(
        Message("system", "Marlow", "Marlow keeps the Anchor."),
        Message("user_system", "Alice", "A sailor."),
        Message("user", "Alice", SECRET),
    ),
    sampling=Sampling(temperature=1.0, top_p=0.95, max_completion_tokens=512),
    size=Size(30, 3),
)

MakeModel = Callable[..., HttpModel]


@pytest.fixture
async def server() -> AsyncIterator[M2her]:
    async with M2her() as server:
        yield server


@pytest.fixture
def sleeps() -> list[float]:
    return []


@pytest.fixture
async def make_model(server: M2her, sleeps: list[float]) -> AsyncIterator[MakeModel]:
    models = []

    async def sleep(seconds: float) -> None:
        sleeps.append(seconds)

    def make(**settings: Any) -> HttpModel:
        usual: dict[str, Any] = {
            "base_url": server.base_url,
            "dialect": Dialect.MINIMAX,
            "model_name": "M2-her",
            "api_key": KEY,
            "sleep": sleep,
        }
        models.append(http_model(**(usual | settings)))
        return models[-1]

    yield make
    for model in models:
        await model.aclose()


@pytest.fixture(params=list(Dialect))
def model(make_model: MakeModel, request: pytest.FixtureRequest) -> HttpModel:
    return make_model(dialect=request.param)


async def heard(
    model: HttpModel, opens: asyncio.Event | None = None, *, prompt: Prompt = PROMPT, queue: Queue = NO_QUEUE
) -> tuple[str, ModelError | None]:
    """Return what a reader of the stream holds in the end, and how it failed.

    `opens` is a gate the reader opens as soon as it has something.
    """
    text = ""
    try:
        async for delta in model.stream(PlainQuestion(prompt), queue=queue):
            text = delta.whole if delta.whole is not None else text + delta.text
            if opens is not None:
                opens.set()
    except ModelError as error:
        return text, error
    return text, None


async def failure(model: HttpModel, prompt: Prompt = PROMPT) -> ModelError:
    _, error = await heard(model, prompt=prompt)
    assert error is not None
    return error


# --- what is asked and what comes ------------------------------------------------------------------


async def test_native_reply_streams_and_ends_with_its_copy(server: M2her, make_model: MakeModel) -> None:
    server.say("Well ", "met")
    assert [delta async for delta in make_model().stream(PlainQuestion(PROMPT))] == [
        Delta(text="Well "),
        Delta(text="met", finish=Finish.STOP),
        Delta(whole="Well met", finish=Finish.STOP, usage=Usage(216, 3, 219)),
    ]


async def test_openai_reply_streams_and_ends_with_its_usage(server: M2her, make_model: MakeModel) -> None:
    server.say("Well ", "met", finish="length")
    assert [delta async for delta in make_model(dialect=Dialect.OPENAI).stream(PlainQuestion(PROMPT))] == [
        Delta(text="Well "),
        Delta(text="met", finish=Finish.LENGTH),
        Delta(usage=Usage(216, 3, 219)),
    ]


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_request_carries_key_and_body_to_the_dialects_path(
    server: M2her, make_model: MakeModel, ending: str
) -> None:
    server.key = KEY
    for dialect in Dialect:
        await heard(make_model(base_url=server.base_url + ending, dialect=dialect))
    native, openai = server.requests
    assert (native.path, openai.path) == ("/v1/text/chatcompletion_v2", "/v1/chat/completions")
    assert native.headers["authorization"] == "Bearer ***"
    assert native.body["messages"][1] == {"role": "user_system", "name": "Alice", "content": "A sailor."}
    assert native.body["max_completion_tokens"] == openai.body["max_tokens"] == 512


@pytest.mark.parametrize(
    "shape",
    [
        {"final_message": True},
        {"final_message": False},
        {"usage": "total"},
        {"usage": "zero"},
        {"usage": "null"},
        {"usage": "none"},
        {"done": True},
        {"done": False},
        {"finish_on_text": False},
        {"finish_on_text": False, "last_delta": "null"},
        {"finish_on_text": False, "last_delta": "absent"},
        {"final_message": True, "messages_array": True},
        {"reasoning": "They ask."},
        {"line_between": False},
        {"plain": True},
        {"space": False},
        {"comments": True},
        {"events_per_write": 2},
        {"events_per_write": 99},
        {"bytes_per_write": 1},
        {"bytes_per_write": 7, "comments": True, "space": False},
        {"role": ""},
        {"flagged": True},
    ],
    ids=str,
)
async def test_every_shape_of_stream_says_the_same(
    server: M2her, model: HttpModel, shape: dict[str, Any]
) -> None:
    server.say("“Well”,\n", "said\u2028Марлоу", "\u0085 — 你好 🙂", **shape)
    assert await heard(model) == ("“Well”,\nsaid\u2028Марлоу\u0085 — 你好 🙂", None)


async def test_words_are_handed_on_while_the_model_still_writes(server: M2her, model: HttpModel) -> None:
    server.say("Well ", gate := asyncio.Event(), "met")
    stream = model.stream(PlainQuestion(PROMPT))
    assert await anext(stream) == Delta(text="Well ")
    gate.set()
    assert "met" in [delta.text async for delta in stream]


async def test_closing_the_stream_hangs_up_at_once(server: M2her, model: HttpModel) -> None:
    server.say("Well ", End.STALL)
    async with aclosing(model.stream(PlainQuestion(PROMPT))) as stream:
        await anext(stream)
    await server.requests[0].hung_up.wait()


async def test_cancelled_while_waiting_for_the_first_word_it_hangs_up(
    server: M2her, model: HttpModel
) -> None:
    server.say(End.STALL)
    task = asyncio.create_task(heard(model))
    await server.received(1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.requests[0].hung_up.wait()


async def test_connection_is_used_again(server: M2her, model: HttpModel) -> None:
    for _ in range(3):
        await heard(model)
    assert len({request.peer for request in server.requests}) == 1


async def test_server_on_this_machine_is_not_asked_through_a_proxy(
    server: M2her, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    server.say("Well met")
    assert await heard(make_model()) == ("Well met", None)


async def test_moderation_withdraws_what_was_shown(server: M2her, make_model: MakeModel) -> None:
    server.say("Once ", "upon", withdrawn=True, sensitive_type=6)
    text, error = await heard(make_model())
    assert text == "Once upon"
    assert error is not None
    assert (error.kind, error.detail) == (ErrorKind.OUTPUT_REFUSED, "output_sensitive type=6")


# --- failures, and what is tried again ---------------------------------------------------------------

FAILURES: list[tuple[Part, ErrorKind, int | None, int]] = [
    # a script's only part, family, code, requests made
    (Error(1000), ErrorKind.OVERLOADED, 1000, 2),
    (Error(1001), ErrorKind.TIMED_OUT, 1001, 3),
    (Error(1002), ErrorKind.RATE_LIMIT, 1002, 3),
    (Error(1004), ErrorKind.BAD_KEY, 1004, 1),
    (Error(1008), ErrorKind.BALANCE, 1008, 1),
    (Error(1013), ErrorKind.OVERLOADED, 1013, 3),
    (Error(1024), ErrorKind.OVERLOADED, 1024, 3),
    (Error(1026), ErrorKind.INPUT_REFUSED, 1026, 1),
    (Error(1027), ErrorKind.OUTPUT_REFUSED, 1027, 1),
    (Error(1033), ErrorKind.OVERLOADED, 1033, 3),
    (Error(1039), ErrorKind.RATE_LIMIT, 1039, 2),
    (Error(1041), ErrorKind.RATE_LIMIT, 1041, 3),
    (Error(1042), ErrorKind.BAD_REQUEST, 1042, 1),
    (Error(2013), ErrorKind.BAD_REQUEST, 2013, 1),
    (Error(2013, "invalid params, context window exceeds limit"), ErrorKind.OVERFLOW, 2013, 1),
    (Error(2044), ErrorKind.BAD_KEY, 2044, 1),
    (Error(2045), ErrorKind.RATE_LIMIT, 2045, 3),
    (Error(2049), ErrorKind.BAD_KEY, 2049, 1),
    (Error(2056), ErrorKind.BALANCE, 2056, 1),
    (End.CUT, ErrorKind.CUT_SHORT, None, 3),
    (End.RESET, ErrorKind.UNREACHABLE, None, 3),
]


@pytest.mark.parametrize("failing", FAILURES, ids=str)
async def test_failure_before_the_first_word(
    server: M2her, model: HttpModel, failing: tuple[Part, ErrorKind, int | None, int]
) -> None:
    part, kind, code, requests = failing
    for _ in range(9):
        server.say(part)
    error = await failure(model)
    assert (error.kind, error.code) == (kind, code)
    assert len(server.requests) == requests


@pytest.mark.parametrize("code", [1000, 1002, 1008, 2013])
@pytest.mark.parametrize("as_frame", [False, True])
@pytest.mark.parametrize("status", [None, 400, 429, 500])
async def test_error_means_the_same_however_it_is_wrapped(
    server: M2her, model: HttpModel, code: int, as_frame: bool, status: int | None
) -> None:
    for _ in range(9):
        server.say(Error(code, status=status, as_frame=as_frame))
    error = await failure(model)
    assert (error.kind, error.code) == next(row[1:3] for row in FAILURES if row[2] == code)
    assert error.status in {200, 400, 402, 429, 500}


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (Error(1002), ErrorKind.RATE_LIMIT),
        (Error(1027), ErrorKind.OUTPUT_REFUSED),
        (End.CUT, ErrorKind.CUT_SHORT),
        (End.RESET, ErrorKind.CUT_SHORT),
    ],
)
async def test_after_the_first_word_nothing_is_tried_again(
    server: M2her, model: HttpModel, part: Part, kind: ErrorKind
) -> None:
    # The gate, because a reset may overtake what was sent just before.
    server.say("Once ", gate := asyncio.Event(), part)
    text, error = await heard(model, opens=gate)
    assert error is not None
    assert (text, error.kind, len(server.requests)) == ("Once ", kind, 1)


async def test_reply_comes_after_failures_that_pass(
    server: M2her, model: HttpModel, sleeps: list[float]
) -> None:
    server.say(Error(1002))
    server.say(End.CUT)
    server.say("Well met")
    assert await heard(model) == ("Well met", None)
    first, second = sleeps
    assert 0.5 <= first <= 0.8
    assert 1.0 <= second <= 1.3


@pytest.mark.parametrize("status", [200, 429])
async def test_server_is_not_asked_before_the_time_it_names(
    server: M2her, model: HttpModel, sleeps: list[float], status: int
) -> None:
    server.say(Error(1002, status=status, retry_after="7"))
    server.say("Well met")
    assert await heard(model) == ("Well met", None)
    assert len(sleeps) == 1
    assert 7.5 <= sleeps[0] <= 7.8


async def test_server_that_asks_for_a_long_wait_is_not_asked_again(
    server: M2her, model: HttpModel, sleeps: list[float]
) -> None:
    server.say(Error(1002, status=429, retry_after="60"))
    error = await failure(model)
    assert (error.kind, error.retry_after, sleeps) == (ErrorKind.RATE_LIMIT, 60.0, [])


async def test_number_of_retries_is_a_setting(server: M2her, make_model: MakeModel) -> None:
    for _ in range(9):
        server.say(Error(1013))
    await failure(make_model(retries=0))
    assert len(server.requests) == 1
    await failure(make_model(retries=4))
    assert len(server.requests) == 6


async def test_dead_server_is_given_up_after_a_few_seconds_of_waiting(
    make_model: MakeModel, sleeps: list[float]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = await failure(make_model(base_url=f"http://127.0.0.1:{port}"))
    assert (error.kind, error.status) == (ErrorKind.UNREACHABLE, None)
    assert error.__suppress_context__, "a traceback shows our words, not the libraries'"
    assert len(sleeps) == 2
    assert sum(sleeps) <= 2.5


async def test_refusals_of_the_real_api_are_told_apart(server: M2her, model: HttpModel) -> None:
    server.rules.nameless_special = 1000
    server.rules.one_user_name = True
    assert await heard(model) == ("*Marlow looks at Alice.* I heard you well.", None)
    server.rules.context_window = 600
    assert (await failure(model)).kind is ErrorKind.OVERFLOW
    server.rules.model = "MiniMax-M2"
    assert (await failure(model)).kind is ErrorKind.UNKNOWN_MODEL


STREAM_BEGINS = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"


@asynccontextmanager
async def raw_server(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """Serve what no decent server would; the request's head is read already."""

    async def after_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await serve(reader, writer)

    async with await asyncio.start_server(after_head, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


# --- gateways ----------------------------------------------------------------------------------------

NO_CREDIT = {"error": {"message": "user quota is not enough", "code": "insufficient_user_quota"}}


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        (Foreign(NO_CREDIT, status=403), ErrorKind.BALANCE),
        (
            Foreign({"error": {"message": "Key limit exceeded (total limit)", "code": 403}}, 403),
            ErrorKind.BALANCE,
        ),
        (
            Foreign({"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试"}}, 429),
            ErrorKind.BALANCE,
        ),
        (Foreign({"code": 30001, "message": "账户余额不足"}, status=200), ErrorKind.BALANCE),
        (Foreign("用户额度不足", status=403), ErrorKind.BALANCE),
        (Foreign("Insufficient credits", status=200), ErrorKind.BALANCE),
        (Foreign(NO_CREDIT), ErrorKind.BALANCE),
        (Foreign("Insufficient credits", event="error"), ErrorKind.BALANCE),
        (Foreign([{"error": {"message": "API key not valid", "code": 400}}], status=400), ErrorKind.BAD_KEY),
        (Foreign({"error": "当前分组 default 下对于模型 M2-her 无可用渠道"}, 503), ErrorKind.UNKNOWN_MODEL),
        (Foreign({"error": {"message": "Content Exists Risk"}}, status=400), ErrorKind.INPUT_REFUSED),
        (Foreign({"error": {"message": "x" * 10**7}}, status=403), ErrorKind.BAD_KEY),
    ],
    ids=repr,
)
async def test_what_a_gateway_refuses_is_asked_once_and_is_nothing_for_the_breaker(
    server: M2her, model: HttpModel, part: Foreign, kind: ErrorKind
) -> None:
    for number in range(1, 8):
        server.say(part)
        assert (await failure(model)).kind is kind
        assert len(server.requests) == number


@pytest.mark.parametrize(("asked", "told"), [("7200", 3600.0), ("61", 61.0), ("soon", None)])
async def test_pause_over_an_hour_is_an_hour(
    server: M2her, make_model: MakeModel, asked: str, told: float | None
) -> None:
    server.say(Foreign("slow down", status=429, retry_after=asked))
    error = await failure(make_model(retries=0))
    assert (error.kind, error.retry_after) == (ErrorKind.RATE_LIMIT, told)


async def test_reply_in_parts_and_torn_between_them_is_whole(server: M2her, model: HttpModel) -> None:
    server.say("Well \ud83d", "\ude00 met", parts=True, raw=False)
    assert await heard(model) == ("Well 😀 met", None)
    server.say("Well \ud83d", finish="MAX_TOKENS", raw=False)
    assert await heard(model) == ("Well \ufffd", None)


@pytest.mark.parametrize("start", [0, 280, 290, 299])
@pytest.mark.parametrize("length", [5, 11, 12, 36])
async def test_quote_that_is_cut_off_by_our_own_limit_is_hidden_too(
    server: M2her, make_model: MakeModel, start: int, length: int
) -> None:
    server.say(Foreign({"error": {"message": f"{'x' * start} '{SECRET[:length]}…' {SECRET}"}}, status=400))
    error = await failure(make_model())
    assert SECRET[:5] not in error.detail
    assert len(error.detail) <= 300


async def test_of_words_that_end_with_a_quote_only_the_quote_is_hidden(
    server: M2her, make_model: MakeModel
) -> None:
    server.say(Foreign({"error": {"message": f"wrong: {SECRET}"}}, status=400))
    assert (await failure(make_model())).detail == "wrong: …"


@pytest.mark.parametrize("times", [1, 100, 20_000])
@pytest.mark.parametrize(
    "quote", [json.dumps(SECRET * 9), json.dumps("我把金子埋在第三棵橡树下面了你知道吗")]
)
async def test_quote_in_escapes_and_of_any_length_is_hidden(
    server: M2her, make_model: MakeModel, quote: str, times: int
) -> None:
    said = Message("user", "Bob", "我把金子埋在第三棵橡树下面了你知道吗\n")
    prompt = Prompt((*PROMPT.messages, said), PROMPT.sampling, PROMPT.size)
    server.say(Foreign({"error": {"message": json.dumps({"input": quote * times})}}, status=400))
    error = await failure(make_model(), prompt)
    assert 'input": "' in error.detail
    assert not re.search(r"gold|third|oak|金子|橡树|u6211", error.detail)


async def test_quotes_are_searched_while_others_go_on(server: M2her, make_model: MakeModel) -> None:
    long = Message("user", "Bob", "word after word, " * 20_000 + SECRET)
    prompt = Prompt((*PROMPT.messages, long), PROMPT.sampling, PROMPT.size)
    server.say(Foreign({"error": {"message": f"wrong: {SECRET} {'word after word, ' * 20_000}"}}, status=400))
    server.rules.context_window = 10**7
    before = set(threading.enumerate())
    error = await failure(make_model(), prompt)
    assert error.detail == '{"error": {"message": "wrong: ……'
    assert set(threading.enumerate()) - before


# --- time --------------------------------------------------------------------------------------------


class Jump:
    """The loop's clock, which a test moves on: what was due meanwhile comes at once."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        loop, self.gone_by = asyncio.get_running_loop(), 0.0
        clock = loop.time
        patch.setattr(loop, "time", lambda: clock() + self.gone_by)

    async def by(self, seconds: float) -> None:
        """Let so many seconds go by, after everything that is on its way has come."""
        for _ in range(20):
            await asyncio.sleep(0)
        self.gone_by += seconds


@pytest.fixture
async def jump(monkeypatch: pytest.MonkeyPatch) -> Jump:
    return Jump(monkeypatch)


@pytest.mark.parametrize("parts", [(End.STALL,), ("", End.STALL)], ids=["no answer", "no word"])
async def test_no_first_word_in_time(
    server: M2her, make_model: MakeModel, jump: Jump, parts: tuple[Part, ...]
) -> None:
    server.say(*parts)
    failing = asyncio.create_task(failure(make_model(timeouts=Timeouts(first_token=90), retries=0)))
    await server.received(1)
    await jump.by(91)
    assert (await failing).kind is ErrorKind.TIMED_OUT
    await server.requests[0].hung_up.wait()


PINGS = [
    b': ping\n\ndata: {"choices":[{"delta":{"content":""}}]}\n\n',
    b'data: {"choices":[],"usage":{"prompt_tokens":7}}\n\n',
    b'data: {"choices":[{"delta":{}}],"usage":{"completion_tokens":7,"total_tokens":9}}\n\n',
    b'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n',
    b'data: {"choices":[]}\n\n',
]
"""What a server may send for ever without a word."""


@pytest.mark.parametrize("ping", PINGS)
@pytest.mark.parametrize("word", ["", "Once "])
async def test_pings_do_not_pass_for_words(make_model: MakeModel, jump: Jump, ping: bytes, word: str) -> None:
    async def go_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM_BEGINS)
        if word:
            writer.write(b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % word.encode())
        gone = asyncio.create_task(reader.read())
        while jump.gone_by < 500 and not gone.done():
            writer.write(ping)
            await jump.by(5)
        writer.close()
        await asyncio.gather(gone, return_exceptions=True)
        ended.set()

    ended = asyncio.Event()
    async with raw_server(go_on) as address:
        model = make_model(base_url=address, timeouts=Timeouts(first_token=90, between_tokens=20), retries=0)
        text, error = await heard(model)
        await ended.wait()
    assert text == word
    assert error is not None
    assert error.kind is ErrorKind.TIMED_OUT


async def test_usage_that_comes_first_is_no_word_and_what_fails_behind_it_is_tried_again(
    make_model: MakeModel,
) -> None:
    usage = b'data: {"choices":[],"usage":{"prompt_tokens":7}}\n\n'
    limit = b'data: {"base_resp":{"status_code":1002,"status_msg":"rate limit"}}\n\n'
    words = b'data: {"choices":[{"delta":{"content":"Well met"},"finish_reason":"stop"}]}\n\n'
    answers = [usage + limit, usage + words]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        writer.write(STREAM_BEGINS + answers.pop(0))
        writer.close()

    async with raw_server(answer) as address:
        model = make_model(base_url=address)
        async with aclosing(model.stream(PlainQuestion(PROMPT))) as deltas:
            came = [delta async for delta in deltas]
    assert came == [Delta(usage=Usage(7)), Delta(text="Well met", finish=Finish.STOP)]


async def test_stall_between_words_keeps_what_came(server: M2her, make_model: MakeModel) -> None:
    server.say("Once ", End.STALL)
    text, error = await heard(make_model(timeouts=Timeouts(between_tokens=0.05)))
    assert text == "Once "
    assert error is not None
    assert error.kind is ErrorKind.TIMED_OUT
    assert len(server.requests) == 1


async def test_time_the_reader_takes_is_not_the_models(
    server: M2her, make_model: MakeModel, jump: Jump
) -> None:
    server.say("Once ", gate := asyncio.Event(), "upon")
    stream = make_model(timeouts=Timeouts(between_tokens=20)).stream(PlainQuestion(PROMPT))
    assert await anext(stream) == Delta(text="Once ")
    await jump.by(30)  # while the reader has the word
    await jump.by(0)
    gate.set()
    assert (await anext(stream)).text == "upon"
    await stream.aclose()


@pytest.mark.parametrize(
    ("closing", "timeouts"), [(b"data: [DONE]\n\n", Timeouts()), (b"", Timeouts(between_tokens=0.05))]
)
async def test_server_that_says_its_last_word_and_stays_is_done(
    make_model: MakeModel, closing: bytes, timeouts: Timeouts
) -> None:
    async def linger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        event = b'data: {"choices":[{"delta":{"content":"Well met"},"finish_reason":"stop"}]}\n\n'
        writer.write(STREAM_BEGINS + event + closing)
        await reader.read()
        writer.close()

    async with raw_server(linger) as address:
        model = make_model(base_url=address, timeouts=timeouts)
        assert await heard(model) == ("Well met", None)


# --- the key, and what people wrote --------------------------------------------------------------------


async def test_without_a_key_nobody_is_asked(server: M2her, make_model: MakeModel) -> None:
    for key in (None, "", "  "):
        error = await failure(make_model(api_key=key))
        assert (error.kind, error.status) == (ErrorKind.BAD_KEY, None)
    assert server.requests == []


async def test_server_at_home_needs_no_key(server: M2her, make_model: MakeModel) -> None:
    await heard(make_model(api_key=None, needs_key=False))
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize("key", ["schlüssel", "two\nlines", "nul\0"])
async def test_key_no_header_can_carry_is_a_bad_key(make_model: MakeModel, key: str) -> None:
    error = await failure(make_model(api_key=key))
    assert error.kind is ErrorKind.BAD_KEY
    assert key not in str(error)


async def test_key_pasted_with_a_line_end_works(server: M2her, make_model: MakeModel) -> None:
    server.key = KEY
    assert (await heard(make_model(api_key=f" {KEY}\n")))[1] is None


async def test_wrong_key_is_told_by_both_endpoints(server: M2her, model: HttpModel) -> None:
    server.key = "another"
    error = await failure(model)
    assert (error.kind, error.code) == (ErrorKind.BAD_KEY, 2049)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "quoted",
    [KEY, f"key {KEY[:9]}*** is wrong", f"no {SECRET} here", f"at {SECRET[:20]}…", f"{SECRET[8:].upper()} {SECRET[5:30]}"],
)  # fmt: skip
async def test_neither_key_nor_words_reach_errors_or_logs(
    server: M2her, model: HttpModel, caplog: pytest.LogCaptureFixture, quoted: str
) -> None:
    caplog.set_level(logging.DEBUG)
    server.say(Error(2013, f"invalid params: {quoted}"))
    error = await failure(model)
    shown = f"{error} {error.detail} {error!r} {model!r} {vars(error)} {caplog.text}"
    assert "invalid params: " in error.detail
    assert error.__cause__ is None
    assert KEY[:9] not in shown
    assert SECRET[5:20] not in shown


async def test_names_reach_neither_errors_nor_logs_and_hide_nothing_from_the_rules(
    server: M2her, model: HttpModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    messages = (*PROMPT.messages, Message("user", "must be", "Aye."))
    prompt = Prompt(messages, PROMPT.sampling, PROMPT.size, speakers=("Alice", "Bob Roe", "must be"))
    server.say(Error(2013, "invalid params, user name must be consistent: Alice, Bob Roe, Alicent"))
    error = await failure(model, prompt)
    assert error.detail.removeprefix("bad_request_error: ").removesuffix(" (2013)") == (
        "invalid params, user name … consistent: …, …, Alicent"
    )
    assert error.of_form
    for name in ("Alice,", "Roe"):
        assert name not in f"{error} {vars(error)} {caplog.text}"


async def test_who_is_called_like_a_refusal_keeps_nobody_from_understanding_it(
    server: M2her, model: HttpModel
) -> None:
    prompt = Prompt(PROMPT.messages, PROMPT.sampling, PROMPT.size, speakers=("chat setting",))
    server.say(Error(2013, "invalid params, invalid chat setting"))
    error = await failure(model, prompt)
    assert "invalid params, invalid …" in error.detail
    assert error.of_form


async def test_failed_try_is_one_line_in_the_log(
    server: M2her, make_model: MakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.llm")
    server.say(Error(1002))
    server.say("Once ", Error(1000))
    await failure(make_model())
    assert logged(caplog) == [
        f"a try failed: kind=rate_limit code=1002 status=200 {TRACES} (rate limit)",
        f"a try failed: kind=overloaded code=1000 status=200 {TRACES} (unknown error, 999)",
    ]


TRACES = "trace-id=trace-0660ea98 minimax-request-id=request-0660ea98"


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "bot.llm"]


async def test_answer_is_one_line_in_the_log_too_and_no_word_of_it(
    server: M2her, make_model: MakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.say("Well ", "met")
    server.say("Well ", "met", usage="none", finish="length")
    model = make_model()
    await heard(model)
    await heard(model)
    assert logged(caplog) == [
        f"answered: {TRACES} finish=stop prompt_tokens=216 completion_tokens=3",
        f"answered: {TRACES} finish=length prompt_tokens=None completion_tokens=None",
    ]
    assert "Well" not in caplog.text
    assert SECRET[:12] not in caplog.text


async def test_words_are_in_the_log_if_the_host_turns_it_on_and_the_key_never(
    server: M2her, make_model: MakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.say("Well\n", "met")
    server.say("Once ", Error(1000))
    model = make_model(log_messages=True)
    await heard(model)
    await heard(model)
    asked, answered, words, again, failed, part = logged(caplog)
    assert asked == again
    assert json.loads(asked.removeprefix("asked: "))[2] == {
        "role": "user",
        "name": "Alice",
        "content": SECRET,
    }
    assert words == r'heard: "Well\nmet"'
    assert answered.startswith("answered: trace-id=")
    assert part == 'heard: "Once "'
    assert failed.startswith("a try failed: ")
    assert KEY not in caplog.text


async def test_two_replies_at_once_do_not_mix(server: M2her, model: HttpModel) -> None:
    server.say(Error(1000))
    server.say("one ", gate := asyncio.Event(), "one")
    server.say("two ", gate, "two")
    replies = [asyncio.create_task(heard(model)) for _ in range(2)]
    await server.received(3)
    gate.set()
    assert sorted([await reply for reply in replies], key=str) == [("one one", None), ("two two", None)]


# --- limits and the breaker ----------------------------------------------------------------------------

PLAIN = Prompt((Message("user", "Alice", "Hello."),), PROMPT.sampling, Size(1, 1))
"""A prompt without M2-her's own roles."""


async def test_no_more_requests_at_once_than_allowed_and_channels_take_turns(
    server: M2her, make_model: MakeModel
) -> None:
    model = make_model(gate=Gate(at_once=1))
    gates = []
    for _ in range(4):
        gates.append(asyncio.Event())
        server.say("Well ", gates[-1], "met")
    replies = []
    for queue, name in [((9, 1), "one"), ((9, 1), "one again"), ((9, 1), "one once more"), ((9, 2), "two")]:
        prompt = Prompt((Message("user", name, "Hello."),), PROMPT.sampling, Size(1, 1))
        replies.append(asyncio.create_task(heard(model, prompt=prompt, queue=queue)))
        await asyncio.sleep(0)
    for number, gate in enumerate(gates, 1):
        await server.received(number)
        assert len(server.requests) == number
        gate.set()
    assert [await reply for reply in replies] == [("Well met", None)] * 4
    names = [request.body["messages"][0]["name"] for request in server.requests]
    assert names == ["one", "one again", "two", "one once more"]


async def test_each_try_counts_against_the_requests_of_a_minute_and_waiting_costs_no_patience(
    server: M2her, make_model: MakeModel
) -> None:
    clock = Clock()
    gate = Gate(per_minute=1, clock=clock, sleep=clock.sleep)
    model = make_model(gate=gate, clock=clock, patience=15)
    for part in (Error(1013), Error(1013), "Well met"):
        server.say(part)
    reply = asyncio.create_task(heard(model))
    for number in (1, 2):
        await server.received(number)
        while not clock.sleeps:  # noqa: ASYNC110 -- the failure has to come back over the socket
            await asyncio.sleep(0)
        assert len(server.requests) == number
        await clock.advance(61)
    assert await reply == ("Well met", None)


@pytest.mark.parametrize(("seconds", "requests"), [(13.9, 2), (14.6, 1)])
async def test_no_try_begins_after_fifteen_seconds(
    server: M2her, make_model: MakeModel, seconds: float, requests: int
) -> None:
    clock = Clock()
    server.say(gate := asyncio.Event(), Error(1000))
    server.say(Error(1008))
    reply = asyncio.create_task(failure(make_model(clock=clock)))
    await server.received(1)
    clock.now += seconds
    gate.set()
    await reply
    assert len(server.requests) == requests


async def test_a_request_under_way_is_over_when_its_reader_leaves(
    server: M2her, make_model: MakeModel
) -> None:
    model = make_model(gate=Gate(at_once=1))
    server.say("Once ", End.STALL)
    async with aclosing(model.stream(PlainQuestion(PROMPT))) as stream:
        await anext(stream)
    server.say("Well met")
    assert await heard(model) == ("Well met", None)


@pytest.mark.parametrize(
    "failing",
    [
        (Error(1000),),
        (Error(1002),),
        (Error(1001),),
        (End.RESET,),
        (End.CUT,),
        ("Once ", End.CUT),
    ],
    ids=str,
)
async def test_five_replies_failed_in_a_row_and_the_model_is_left_alone_for_fifteen_seconds(
    server: M2her, make_model: MakeModel, failing: tuple[Part, ...]
) -> None:
    clock = Clock()
    model = make_model(gate=Gate(clock=clock, sleep=clock.sleep), retries=0)
    for _ in range(5):
        server.say(*failing)
        assert (await failure(model, PLAIN)).kind is not ErrorKind.RESTING
    clock.now += 5
    resting = await failure(model, PLAIN)
    assert (resting.kind, resting.retry_after) == (ErrorKind.RESTING, 10.0)
    assert len(server.requests) == 5
    clock.now += 10
    server.say("Well met")
    assert await heard(model, prompt=PLAIN) == ("Well met", None)
    assert (await heard(model, prompt=PLAIN))[1] is None


async def test_tries_are_no_replies(server: M2her, make_model: MakeModel) -> None:
    for _ in range(12):
        server.say(Error(1002))
    model = make_model(retries=2)
    for _ in range(4):
        await failure(model)
    assert len(server.requests) == 12
    server.say("Well met")
    assert await heard(model) == ("Well met", None)


async def test_a_reply_that_was_left_early_has_not_failed(server: M2her, make_model: MakeModel) -> None:
    clock = Clock()
    model = make_model(gate=Gate(clock=clock, sleep=clock.sleep), retries=0)

    async def leave_early() -> None:
        server.say("Once ", End.STALL)
        async with aclosing(model.stream(PlainQuestion(PLAIN))) as stream:
            await anext(stream)

    async def fail(replies: int) -> None:
        for _ in range(replies):
            server.say(Error(1002))
            assert (await failure(model, PLAIN)).kind is ErrorKind.RATE_LIMIT

    await fail(4)
    await leave_early()
    await fail(5)
    clock.now += 15
    await leave_early()
    server.say("Well met")
    assert await heard(model, prompt=PLAIN) == ("Well met", None)


@pytest.mark.parametrize(
    ("part", "prompt"),
    [
        (Error(1004), PLAIN),
        (Error(2049), PLAIN),
        (Error(1008), PLAIN),
        (Error(2056), PLAIN),
        (Error(2013, "invalid params, user name must be consistent"), PROMPT),
        (Error(2013, "invalid params, invalid chat setting"), PROMPT),
        (Error(2013, "invalid params, context window exceeds limit"), PLAIN),
        (Error(1026), PLAIN),
        (Error(1027), PLAIN),
        # M2-her has answered so to her own roles: a plainer prompt tells whether she is well.
        (Error(1000), PROMPT),
    ],
    ids=str,
)
async def test_refusals_for_what_was_asked_the_key_or_the_balance_never_open_the_breaker(
    server: M2her, make_model: MakeModel, part: Part, prompt: Prompt
) -> None:
    model = make_model(retries=0)
    for _ in range(9):
        server.say(part)
        assert (await failure(model, prompt)).kind is not ErrorKind.RESTING
    assert len(server.requests) == 9


async def test_a_missing_key_is_said_even_while_the_model_is_left_alone(
    server: M2her, make_model: MakeModel
) -> None:
    gate = Gate()
    for _ in range(5):
        server.say(Error(1002))
        await failure(make_model(gate=gate, retries=0))
    assert (await failure(make_model(gate=gate))).kind is ErrorKind.RESTING
    assert (await failure(make_model(gate=gate, api_key=None))).kind is ErrorKind.BAD_KEY


# --- compressed answers ----------------------------------------------------------------------------

HELLO = b'data: {"choices": [{"delta": {"content": "Well met"}, "finish_reason": "stop"}]}\n\n'


@asynccontextmanager
async def answering(head: str, body: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """Answer every request with a head and a body; yield the address, and the heads of the requests."""
    heads = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", heads


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip", "aws-chunked"])  # fmt: skip
async def test_a_compressed_answer_is_never_unpacked(make_model: MakeModel, coding: str) -> None:
    body = gzip.compress(gzip.compress(HELLO) if "," in coding else HELLO)
    async with answering(f"200 OK\r\nContent-Encoding: {coding}", body) as (address, heads):
        text, error = await heard(make_model(base_url=address, retries=0))
    assert error is not None
    assert (text, error.kind) == ("", ErrorKind.CUT_SHORT)
    assert (
        error.detail
        == f"the answer is compressed, which the bot didn't ask for: content-encoding={coding.lower()}"
    )
    assert b"accept-encoding: identity\r\n" in heads[0].lower()


@pytest.mark.parametrize("coding", ["identity", "Identity", "", "none", "UTF-8"])
async def test_an_answer_with_a_coding_that_changes_nothing_is_read(
    make_model: MakeModel, coding: str
) -> None:
    async with answering(f"200 OK\r\nContent-Encoding: {coding}", HELLO) as (address, _):
        assert await heard(make_model(base_url=address)) == ("Well met", None)


@pytest.mark.parametrize(
    ("status", "kind"),
    [("401 No", ErrorKind.BAD_KEY), ("402 No", ErrorKind.BALANCE), ("413 No", ErrorKind.OVERFLOW)],
)
async def test_of_a_compressed_error_the_status_counts(
    make_model: MakeModel, status: str, kind: ErrorKind
) -> None:
    body = gzip.compress(b" " * 50_000_000)
    async with answering(f"{status}\r\nContent-Encoding: gzip", body) as (address, _):
        error = await failure(make_model(base_url=address, retries=0))
    assert (error.kind, error.detail) == (kind, f"HTTP {status[:3]}, no content type")


@pytest.mark.parametrize("rest", [[7] * 250, [{}] * 250, [7, {"choices": [{"delta": {"content": "!"}}]}]])
async def test_after_the_end_nothing_is_read_beyond_what_is_no_object(
    make_model: MakeModel, rest: list[object]
) -> None:
    body = HELLO + f"data: {json.dumps(rest)}\n\n".encode()
    async with answering("200 OK", body) as (address, _):
        assert await heard(make_model(base_url=address)) == ("Well met", None)


async def test_a_list_without_an_end_is_no_answer(make_model: MakeModel) -> None:
    body = f"data: {json.dumps([{}] * 170_000)}\n\n".encode() + HELLO
    async with answering("200 OK", body) as (address, _):
        text, error = await heard(make_model(base_url=address, retries=0))
    assert error is not None
    assert (text, error.kind) == ("", ErrorKind.CUT_SHORT)


@pytest.mark.parametrize(
    "body",
    [
        b'{"choices": [{"message": {"content": "Well met"}, "finish_reason": "network_error"}]}',
        b'data: {"choices": [{"delta": {"content": "Well met"}, "finish_reason": "OTHER"}]}\n\n',
    ],
)
async def test_words_with_which_a_reply_broke_off_are_heard(make_model: MakeModel, body: bytes) -> None:
    async with answering("200 OK", body) as (address, _):
        text, error = await heard(make_model(base_url=address))
    assert error is not None
    assert (text, error.kind) == ("Well met", ErrorKind.CUT_SHORT)
