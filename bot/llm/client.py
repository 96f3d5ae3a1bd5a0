"""A chat model over HTTP: one reply, retried while nothing of it has been shown.

Law: what was yielded stays valid; after the first delta nothing is retried. The API key, people's words and
names never reach an error, and reach the log only if the bot's owner wants it. Limits and the breaker are in
`llm.gate`, tries in `llm.tries`; the question chooses the next prompt.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import httpx
from socksio.exceptions import SOCKSError

from bot.core.completion import (
    NO_QUEUE,
    Delta,
    ErrorKind,
    Finish,
    ModelError,
    Prompt,
    Question,
    Queue,
    Usage,
)
from bot.core.endpoint.ladder import explained
from bot.core.endpoint.redaction import ECHO, unquoted
from bot.core.telemetry import Timed, telemetry
from bot.llm.connection import Connection, connection_to
from bot.llm.dialects import Dialect, encode, endpoint
from bot.llm.faults import CUT, one_line, refusal, retry_after
from bot.llm.gate import Gate
from bot.llm.reading import head, read_reply
from bot.llm.tries import Policy, Tries, is_unwell

logger = logging.getLogger("bot.llm")

TRACE_HEADERS = ("trace-id", "minimax-request-id")
"""Headers that MiniMax's support asks for."""

DETAIL_LIMIT = 300
"""Maximum characters of a server's words in errors and logs; our own limit, to keep logs readable."""

UNCODED = frozenset({"", "identity", "none", "utf-8"})
"""Content codings that leave a body as it is; the last two aren't codings, but servers name them.

A compressed body isn't read: nothing bounds its size before it is unpacked, and the bot asks for none.
"""

LONG = 20_000
"""Characters of words and prompt from which quotes are searched in a thread: below, it is a matter of ms."""

_BROKEN_OFF = frozenset({ErrorKind.TIMED_OUT, ErrorKind.CUT_SHORT})
"""The failures after which nobody knows whether the model has read the prompt, if it was sent.

Where a connection ends without any answer, as one does that was kept for too long, it hasn't.
"""

_STRANGE = (SOCKSError, AssertionError, OverflowError, ValueError, httpx.InvalidURL)
"""What httpx lets through of a proxy that speaks no SOCKS, and of a host or login that can't be sent."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Server:
    """A model on a server, and how to be let in.

    Attributes:
        base_url: the server's address, with or without `/v1` at the end.
        dialect: the API of the endpoint.
        model_name: the API's name of the model, case-sensitive, such as `M2-her`.
        api_key: sent as a bearer token if given.
        needs_key: whether to fail with `BAD_KEY` instead of asking without a key.
        connection: the way to it; None: directly.
    """

    base_url: str = field(repr=False)
    dialect: Dialect
    model_name: str
    api_key: str | None = field(default=None, repr=False)
    needs_key: bool = True
    connection: Connection | None = None


DEFAULT_POLICY = Policy()


class HttpModel:
    """A `ChatModel` over HTTP, in either dialect.

    Args:
        server: the model on its server.
        gate: the endpoint's gate with its limits; without one there is a breaker and no limits.
        policy: the tries of one reply, and their times.
        log_messages: whether prompts and answers are logged word for word.
    """

    def __init__(
        self,
        server: Server,
        *,
        gate: Gate | None = None,
        policy: Policy = DEFAULT_POLICY,
        log_messages: bool = False,
    ) -> None:
        self._url = httpx.URL(endpoint(server.base_url, server.dialect))
        self._dialect = server.dialect
        self.name = server.model_name
        self._key = (server.api_key or "").strip()
        self._needs_key = server.needs_key
        self._gate = gate or Gate()
        self._policy = policy
        self._log_messages = log_messages
        way = server.connection or connection_to(server.base_url, {})
        self._proxied_by = way.variable
        self._client = httpx.AsyncClient(
            verify=way.certificates,
            proxy=way.proxy,
            trust_env=False,  # what the environment asks for is in `way`
            timeout=httpx.Timeout(None, connect=policy.timeouts.connect),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=60),
        )

    @property
    def endpoint(self) -> str:
        """The endpoint: host, port if it isn't the default, and path."""
        port = "" if self._url.port is None else f":{self._url.port}"
        return f"{self._url.host}{port}{self._url.path}"

    def __repr__(self) -> str:
        """Return the model's name only; an address may contain a password."""
        return f"HttpModel({self.name!r}, {self._dialect.value}, {self._url.host})"

    async def stream(self, question: Question, *, queue: Queue = NO_QUEUE) -> AsyncGenerator[Delta, None]:
        """Yield the reply as it arrives; see `ChatModel`. Closing the generator closes the connection."""
        self._check_key()
        with self._gate.reply(queue, lambda error: is_unwell(error, question.prompt)) as way:
            tries = Tries(self._policy, way)

            async def begin(prompt: Prompt) -> tuple[list[Delta], AsyncGenerator[Delta, None]]:
                deltas = self._attempt(prompt, question, tries)
                came = [await anext(deltas)]
                while not (came[-1].text or came[-1].whole or came[-1].finish):
                    came.append(await anext(deltas))  # usage alone isn't shown
                return came, deltas

            first, rest = await tries.asked(question, begin)
            async with aclosing(rest):
                for delta in first:
                    yield delta
                async for delta in rest:
                    yield delta

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    def _check_key(self) -> None:
        if self._needs_key and not self._key:
            raise ModelError(ErrorKind.BAD_KEY, "no API key is set")
        if not (self._key.isascii() and self._key.isprintable()):
            raise ModelError(ErrorKind.BAD_KEY, "the API key holds characters no key has")

    async def _attempt(self, prompt: Prompt, question: Question, tries: Tries) -> AsyncGenerator[Delta, None]:
        """Send one request when it is its turn, and yield the answer."""
        async with self._gate.request(tries.way) as ticket:

            def sent() -> None:
                ticket.sent = question.is_out = True

            is_answered = False
            try:
                async with aclosing(self._ask(prompt, tries.left, sent)) as deltas:
                    async for delta in deltas:
                        is_answered = is_answered or bool(delta.text or delta.whole)
                        yield delta
            except ModelError as error:
                question.lost += ticket.sent and not is_answered and error.kind in _BROKEN_OFF
                question.is_out = False
                raise

    async def _ask(
        self, prompt: Prompt, seconds: float, sent: Callable[[], None]
    ) -> AsyncGenerator[Delta, None]:
        """Send one request whose first words must come within `seconds`; translate, redact and log errors."""
        response: httpx.Response | None = None
        heard = _Heard()
        self._log_request(prompt)
        try:
            began = asyncio.get_running_loop().time()
            deadline = began + seconds
            response = await _by(deadline, self._send(prompt, sent))
            await _by(deadline, _accepted(response))
            body = read_reply(response.aiter_raw())
            deltas = _timed(body, deadline, self._policy.timeouts.between_tokens)
            async with aclosing(deltas):
                async for delta in deltas:
                    if not heard.parts and delta.text:
                        telemetry.time(Timed.MODEL_FIRST, asyncio.get_running_loop().time() - began)
                    heard.take(delta)
                    yield delta
            logger.info("answered: %s%s", _traces(response), heard)
        except httpx.HTTPError as error:
            kind = ErrorKind.UNREACHABLE if response is None else ErrorKind.CUT_SHORT
            through = f", through the proxy in {self._proxied_by}" if self._proxied_by else ""
            words = one_line(f"{type(error).__name__}: {error}", DETAIL_LIMIT) + through
            raise await self._reported(ModelError(kind, words), response, prompt) from None
        except ModelError as error:
            raise await self._reported(error, response, prompt) from None
        finally:
            if self._log_messages and heard.parts:
                logger.info("heard: %s", json.dumps("".join(heard.parts), ensure_ascii=False))
            if response is not None:
                await response.aclose()

    def _log_request(self, prompt: Prompt) -> None:
        if self._log_messages:
            messages = encode(self._dialect, prompt, self.name)["messages"]
            logger.info("asked: %s", json.dumps(messages, ensure_ascii=False))

    async def _send(self, prompt: Prompt, sent: Callable[[], None]) -> httpx.Response:
        content = encode(self._dialect, prompt, self.name)
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

        async def outgoing() -> AsyncGenerator[bytes, None]:
            sent()  # called when the connection is open
            yield body

        request = self._client.build_request(
            "POST",
            self._url,
            content=outgoing(),
            headers={
                "Accept": "text/event-stream, application/json",
                "Accept-Encoding": "identity",
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }
            | ({"Authorization": f"Bearer {self._key}"} if self._key else {}),
        )
        try:
            return await self._client.send(request, stream=True)
        except _STRANGE as error:
            words = ": ".join(filter(None, [type(error).__name__, str(error)]))
        # Outside the handler: that error holds the socket, which nobody closes while something holds it.
        raise httpx.ConnectError(words)

    async def _reported(
        self, error: ModelError, response: httpx.Response | None, prompt: Prompt
    ) -> ModelError:
        """Log a failed try in one line; return the error without secrets and with the status."""
        detail = await self._shown(error.detail, prompt)
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
            retry_after=None if response is None else retry_after(response.headers),
            objection=error.objection,
            of_form=explained(error),
        )

    async def _shown(self, words: str, prompt: Prompt) -> str:
        """Return a server's words without quotes of the prompt and the key, short enough to be read.

        They are cut last, because the beginning of a quote says less than the whole that it is one.
        """
        texts = [message.content for message in prompt.messages]
        names = [*prompt.speakers, *(message.name for message in prompt.messages)]
        hide = partial(unquoted, words, texts, names=names, key=self._key)
        long = len(words) + sum(map(len, texts)) > LONG
        shown = await asyncio.to_thread(hide) if long else hide()
        if words.endswith(CUT) and not shown.endswith(
            CUT * 2
        ):  # a quote cut off there is too short to be known
            shown = shown[: -len(CUT) - ECHO] + CUT
        return one_line(shown, DETAIL_LIMIT)


@dataclass(slots=True)
class _Heard:
    """What an answer contained, for the log."""

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
    """Return the headers that MiniMax's support asks for, each followed by a space."""
    headers = response.headers if response is not None else {}
    return "".join(
        f"{name}={one_line(headers[name], DETAIL_LIMIT)} " for name in TRACE_HEADERS if name in headers
    )


async def _accepted(response: httpx.Response) -> None:
    """Read the error in an answer that is one; of a compressed error only the status counts.

    Raises:
        ModelError: see `refusal`; `CUT_SHORT` if the answer is compressed.
    """
    coding = response.headers.get("content-encoding", "").strip().lower()
    if not response.is_success:
        body = await head(response.aiter_raw()) if coding in UNCODED else b""
        raise refusal(response.status_code, body, response.headers)
    if coding not in UNCODED:
        words = f"the answer is compressed, which the bot didn't ask for: content-encoding={coding}"
        raise ModelError(ErrorKind.CUT_SHORT, words)


async def _timed(
    deltas: AsyncGenerator[Delta, None], deadline: float, between: float
) -> AsyncGenerator[Delta, None]:
    """Yield the deltas, words within their time limits; the consumer's own time isn't counted.

    Usage alone is no word: a server could go on with it for ever.
    A server that sends nothing more after the finish reason and doesn't close the connection has finished.
    There is one timeout for all, because one a delta costs more than its parsing; it belongs to the task that
    takes the first delta.
    """
    clock = asyncio.get_running_loop().time
    finished = False
    try:
        async with aclosing(deltas), asyncio.timeout_at(deadline) as limit:
            async for delta in deltas:
                finished = finished or delta.finish is not None
                is_usage = not (delta.text or delta.whole or delta.finish)
                left = (limit.when() or 0.0) - clock() if is_usage else between
                limit.reschedule(None)
                yield delta
                limit.reschedule(clock() + left)
    except TimeoutError:
        if not finished:
            raise _too_late() from None


async def _by(deadline: float, awaitable: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout_at(deadline):
            return await awaitable
    except TimeoutError:
        raise _too_late() from None


def _too_late() -> ModelError:
    return ModelError(ErrorKind.TIMED_OUT, "the model said nothing in time")
