"""One request to a chat model over HTTP, tried again while nothing has been shown.

Law: what was yielded stays valid; after the first delta nothing is retried. The API key and
what people wrote reach neither an error nor, unless the host turns it on, the log. Limits and
the breaker are the gate's (`llm.gate`); which naming step applies is decided around this class.
"""

import asyncio
import json
import logging
import re
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import TypeVar

import httpx
from httpx_sse import EventSource, ServerSentEvent
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    wait_exponential,
    wait_random,
)

from bot.core.completion import OWN_ROLES, Delta, ErrorKind, Finish, ModelError, Prompt, Usage
from bot.llm.dialects import Dialect, as_objects, decode, encode, endpoint, one_line, refusal
from bot.llm.gate import Gate, Way

logger = logging.getLogger("bot.llm")

BODY_LIMIT = 8 * 2**20
"""Bytes of one answer; ours. The longest reply, 2,048 tokens at some 500 bytes an event, is an eighth."""

RETRIED = frozenset(
    {
        ErrorKind.RATE_LIMIT,
        ErrorKind.OVERLOADED,
        ErrorKind.UNREACHABLE,
        ErrorKind.TIMED_OUT,
        ErrorKind.CUT_SHORT,
    }
)
"""Failures by the server's state, which may pass. What is refused for the request, the key or the balance
is refused in good health: asking again brings the same, and leaving the model alone would hide why."""

UNKNOWN_ERROR = 1000
"""M2-her's answer to a fault of her own, and at times to her own roles."""

ANSWERS = frozenset(
    {ErrorKind.BAD_REQUEST, ErrorKind.OVERFLOW, ErrorKind.INPUT_REFUSED, ErrorKind.OUTPUT_REFUSED}
)
"""Refusals of what was asked: a model that gives them is well."""

TRACE_HEADERS = ("trace-id", "minimax-request-id")
"""What MiniMax's support asks for."""

ECHO = 12
"""Characters in a row that count as quoting the prompt; fewer are chance."""

SHORTEST_ECHO = 4
"""Characters of the shortest message that is looked for as a whole."""

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

T = TypeVar("T")
_EVENT_STREAM = {"content-type": "text/event-stream"}
_BLANK = b"\xef\xbb\xbf \t\r\n"  # white space and the byte order mark
_BACKOFF = wait_exponential(multiplier=0.5, max=4) + wait_random(0, 0.3)
"""Seconds between tries: jittered, and yet each clearly longer than the one before."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, for the first words, and from then on for the next."""

    connect: float = 5.0
    first_token: float = 30.0
    between_tokens: float = 20.0


DEFAULT_TIMEOUTS = Timeouts()


class HttpModel:
    """A `ChatModel` behind HTTP, in either dialect.

    Args:
        base_url: the server's address, with or without `/v1` at its end.
        dialect: which of the two endpoints to use.
        model_name: the API's name of the model, case-sensitive, as in `M2-her`.
        api_key: sent as a bearer token if given.
        needs_key: whether to fail with `BAD_KEY` rather than ask without a key.
        gate: the way to this endpoint, with its limits; without one there are none, but a breaker.
        timeouts: see there.
        retries: further tries after the first, while nothing has been yielded.
        patience: seconds after which no further try begins, not counting those spent waiting at the
            gate; a server that asks us to wait longer is not asked again, and the error carries its
            `retry_after`.
        log_messages: whether what is asked and what comes goes into the log, word for word.
        clock: seconds that never go backwards, for patience.
        sleep: waits between tries.
    """

    def __init__(
        self,
        *,
        base_url: str,
        dialect: Dialect,
        model_name: str,
        api_key: str | None = None,
        needs_key: bool = True,
        gate: Gate | None = None,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        retries: int = 2,
        patience: float = 15.0,
        log_messages: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._url = httpx.URL(endpoint(base_url, dialect))
        self._dialect = dialect
        self.name = model_name
        self._key = (api_key or "").strip()
        self._needs_key = needs_key
        self._gate = gate or Gate()
        self._timeouts = timeouts
        self._retries = retries
        self._patience = patience
        self._log_messages = log_messages
        self._clock = clock
        self._sleep = sleep
        self._client = httpx.AsyncClient(
            verify=_certificates(),
            trust_env=self._url.host not in LOOPBACK,  # the environment's proxies are for the world outside
            timeout=httpx.Timeout(None, connect=timeouts.connect),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=60),
        )

    @property
    def endpoint(self) -> str:
        """Where it is asked: host, port if it is not the usual one, and path."""
        port = "" if self._url.port is None else f":{self._url.port}"
        return f"{self._url.host}{port}{self._url.path}"

    def __repr__(self) -> str:
        """Tell which model; an address may hold a password, and the key is nobody's business."""
        return f"HttpModel({self.name!r}, {self._dialect.value}, {self._url.host})"

    async def stream(self, prompt: Prompt, *, place: int = 0) -> AsyncGenerator[Delta, None]:
        """Yield the reply as it comes; see `ChatModel`. Closing the generator closes the connection."""
        self._check_key()
        gate = self._gate.reply(
            place,
            lambda error: _is_unwell(error, prompt),
            well=lambda error: error.kind in ANSWERS,
            unsure=lambda error: _may_be_the_form(error, prompt),
        )
        with gate as way:
            begun: tuple[Delta, AsyncGenerator[Delta, None]]
            begun = await self._retrying(way, prompt)(self._begin, prompt, way)
            first, rest = begun
            async with aclosing(rest):
                yield first
                async for delta in rest:
                    yield delta

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    def _check_key(self) -> None:
        if self._needs_key and not self._key:
            raise ModelError(ErrorKind.BAD_KEY, "no API key is set")
        if not (self._key.isascii() and self._key.isprintable()):
            raise ModelError(ErrorKind.BAD_KEY, "the API key holds characters no key has")

    def _retrying(self, way: Way, prompt: Prompt) -> AsyncRetrying:
        began = self._clock()

        def is_over(state: RetryCallState) -> bool:
            spent = self._clock() - began - way.waited + state.upcoming_sleep
            error = state.outcome.exception() if state.outcome else None
            # One further try tells a passing fault from a form of prompt that this endpoint does not take.
            retries = min(1, self._retries) if _may_be_the_form(error, prompt) else self._retries
            return state.attempt_number > retries or spent >= self._patience

        # A fresh one each time: tenacity keeps a call's state on the object.
        return AsyncRetrying(
            sleep=self._sleep,
            stop=is_over,
            wait=_pause,
            retry=retry_if_exception(_may_pass),
            reraise=True,
        )

    async def _begin(self, prompt: Prompt, way: Way) -> tuple[Delta, AsyncGenerator[Delta, None]]:
        """Ask once and wait for the first delta: the part that may be done again."""
        deltas = self._attempt(prompt, way)
        return await anext(deltas), deltas

    async def _attempt(self, prompt: Prompt, way: Way) -> AsyncGenerator[Delta, None]:
        """One request when it is its turn."""
        async with self._gate.request(way), aclosing(self._ask(prompt)) as deltas:
            async for delta in deltas:
                yield delta

    async def _ask(self, prompt: Prompt) -> AsyncGenerator[Delta, None]:
        """One request, its failures translated, made private and logged."""
        response: httpx.Response | None = None
        heard = _Heard()
        self._log_request(prompt)
        try:
            start = asyncio.get_running_loop().time()
            response = await _by(start + self._timeouts.first_token, self._send(prompt))
            deltas = _timed(_read_response(response), start, self._timeouts)
            async with aclosing(deltas):
                async for delta in deltas:
                    heard.take(delta)
                    yield delta
            logger.info("answered: %s%s", _traces(response), heard)
        except httpx.HTTPError as error:
            kind = ErrorKind.UNREACHABLE if response is None else ErrorKind.CUT_SHORT
            words = one_line(f"{type(error).__name__}: {error}")
            raise self._reported(ModelError(kind, words), response, prompt) from None
        except ModelError as error:
            raise self._reported(error, response, prompt) from None
        finally:
            if self._log_messages and heard.parts:
                logger.info("heard: %s", json.dumps("".join(heard.parts), ensure_ascii=False))
            if response is not None:
                await response.aclose()

    def _log_request(self, prompt: Prompt) -> None:
        if self._log_messages:
            messages = encode(self._dialect, prompt, self.name)["messages"]
            logger.info("asked: %s", json.dumps(messages, ensure_ascii=False))

    async def _send(self, prompt: Prompt) -> httpx.Response:
        request = self._client.build_request(
            "POST",
            self._url,
            json=encode(self._dialect, prompt, self.name),
            headers={"Accept": "text/event-stream, application/json"}
            | ({"Authorization": f"Bearer {self._key}"} if self._key else {}),
        )
        return await self._client.send(request, stream=True)

    def _reported(self, error: ModelError, response: httpx.Response | None, prompt: Prompt) -> ModelError:
        """Log a failed try in one line; return the error without secrets and with the status."""
        detail = _unquoted(error.detail, [self._key], least=6)
        detail = _unquoted(detail, (message.content for message in prompt.messages), least=ECHO)
        status = response.status_code if response is not None else None
        logger.warning(
            "a try failed: kind=%s code=%s status=%s %s(%s)",
            error.kind,
            error.code,
            status,
            _traces(response),
            detail,
        )
        return ModelError(
            error.kind,
            detail,
            code=error.code,
            status=status,
            retry_after=error.retry_after,
            objection=error.objection,
        )


@dataclass(slots=True)
class _Heard:
    """What an answer has brought, for the log."""

    parts: list[str] = field(default_factory=list)
    finish: Finish | None = None
    usage: Usage | None = None

    def take(self, delta: Delta) -> None:
        if delta.whole is not None:
            self.parts = [delta.whole]
        elif delta.text:
            self.parts.append(delta.text)
        self.finish = delta.finish or self.finish
        self.usage = delta.usage or self.usage

    def __str__(self) -> str:
        usage = self.usage or Usage()
        return (
            f"finish={self.finish} prompt_tokens={usage.prompt_tokens} "
            f"completion_tokens={usage.completion_tokens}"
        )


def _traces(response: httpx.Response | None) -> str:
    """The headers that MiniMax's support asks for, each with a blank behind it."""
    headers = response.headers if response is not None else {}
    return "".join(f"{name}={one_line(headers[name])} " for name in TRACE_HEADERS if name in headers)


@cache
def _certificates() -> ssl.SSLContext:
    """Load the trusted certificates once: it takes some 40 ms."""
    return httpx.create_ssl_context()


async def read_reply(pieces: AsyncIterator[bytes]) -> AsyncGenerator[Delta, None]:
    """Read an answer's body, be it an event stream or one JSON object, whatever it calls itself.

    Raises:
        ModelError: see `decode`; `CUT_SHORT` after everything received if there was no finish
            reason; `UNREACHABLE` if a proxy's page stands where the answer should be.
    """
    finished = False
    async with aclosing(_events(pieces)) as events:
        async for data in events:
            for event in as_objects(data):
                if event is None and not finished:
                    raise ModelError(ErrorKind.CUT_SHORT, "a part of the answer was no JSON object")
                for delta in decode(event or {}):
                    finished = finished or delta.finish is not None
                    yield delta
    if not finished:
        raise ModelError(ErrorKind.CUT_SHORT, "the answer ended without a finish reason")


async def _read_response(response: httpx.Response) -> AsyncGenerator[Delta, None]:
    if not response.is_success:
        body = b"".join([piece async for piece in _capped(response.aiter_bytes())])
        raise refusal(response.status_code, body, response.headers)
    async with aclosing(read_reply(response.aiter_bytes())) as deltas:
        async for delta in deltas:
            yield delta


async def _events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """Yield the data of each event, up to `[DONE]`; a plain JSON body is one event.

    The body's first characters decide, since content types have been seen wrong both ways.
    """
    async with aclosing(_capped(pieces)) as body:
        start = b""
        while not start.lstrip(_BLANK) and (piece := await anext(body, None)) is not None:
            start += piece
        if start.lstrip(_BLANK).startswith(b"{"):
            yield (start + b"".join([piece async for piece in body])).decode("utf-8-sig", "replace")
        elif start.lstrip(_BLANK).startswith(b"<"):
            raise ModelError(ErrorKind.UNREACHABLE, "a web page came instead of an answer")
        else:
            async with aclosing(_event_source(start, body).aiter_sse()) as events:
                async for event in events:
                    if event.data.strip() == "[DONE]":
                        await _drain(events)
                        return
                    if event.data.strip():
                        yield event.data


def _event_source(start: bytes, rest: AsyncIterator[bytes]) -> EventSource:
    """Return a body as a stream of events, the last one also if its closing empty line is missing."""

    async def content() -> AsyncGenerator[bytes, None]:
        yield start
        async for piece in rest:
            yield piece
        yield b"\n\n"

    # Event streams are UTF-8 by definition, whatever charset a proxy declares.
    return EventSource(
        httpx.Response(HTTPStatus.OK, headers=_EVENT_STREAM, content=content(), default_encoding="utf-8-sig")
    )


async def _drain(events: AsyncGenerator[ServerSentEvent, None]) -> None:
    """Read to the body's end if it is there already: then the connection can be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            async for _ in events:
                pass


async def _capped(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > BODY_LIMIT:
            raise ModelError(ErrorKind.CUT_SHORT, f"the answer is over {BODY_LIMIT} bytes")
        yield piece


async def _timed(
    deltas: AsyncGenerator[Delta, None], start: float, timeouts: Timeouts
) -> AsyncGenerator[Delta, None]:
    """Yield the deltas, each within its time; what the consumer does in between costs none.

    A server that says nothing more after the finish reason, and does not hang up either, is done.
    """
    clock = asyncio.get_running_loop().time
    deadline, finished = start + timeouts.first_token, False
    async with aclosing(deltas):
        while True:
            try:
                delta = await _by(deadline, anext(deltas, None))
            except ModelError as error:
                if finished and error.kind is ErrorKind.TIMED_OUT:
                    return
                raise
            if delta is None:
                return
            finished = finished or delta.finish is not None
            yield delta
            deadline = clock() + timeouts.between_tokens


async def _by(deadline: float, awaitable: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout_at(deadline):
            return await awaitable
    except TimeoutError:
        raise ModelError(ErrorKind.TIMED_OUT, "the model said nothing in time") from None


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ModelError) and error.kind in RETRIED


def _is_unwell(error: ModelError, prompt: Prompt) -> bool:
    """Whether a failed reply says that the model is unwell, rather than what was asked of it."""
    return error.kind in RETRIED and not _may_be_the_form(error, prompt)


def _may_be_the_form(error: BaseException | None, prompt: Prompt) -> bool:
    """Whether a fault may be M2-her's way to refuse her own roles: what a plainer prompt gets will tell."""
    special = any(message.role in OWN_ROLES for message in prompt.messages)
    return isinstance(error, ModelError) and error.code == UNKNOWN_ERROR and special


def _pause(state: RetryCallState) -> float:
    """Wait as long as the server asked, and a jittered, growing while longer."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, ModelError) else None
    return (asked or 0.0) + _BACKOFF(state)


def _unquoted(detail: str, sources: Iterable[str], least: int) -> str:
    """Replace what a server quotes from the sources, whole or by pieces of `least` characters."""
    quoted = [False] * len(detail)
    for source in (" ".join(source.split()) for source in sources):
        length = min(least, len(source))
        if length < SHORTEST_ECHO:
            continue
        for start in range(len(detail) - length + 1):
            if detail[start : start + length] in source:
                quoted[start : start + length] = [True] * length
    kept = ("\0" if hidden else character for character, hidden in zip(detail, quoted, strict=True))
    return re.sub("\0+", "…", "".join(kept))
