"""M2-her's stand-in: an HTTP server on a real socket that speaks both of her dialects, and her faults.

Written from what is known of the real API, so that whatever was seen of it can be switched on. A test
scripts answers part by part; unscripted requests get `reply`'s text.

    async with M2her() as server:
        server.say("Once ", "upon ", gate := asyncio.Event(), "a time")  # waits there for the test
        server.say(Error(1002))                # as the dialect does: in HTTP 200, or by status
        server.say("Once ", Error(1027))       # after text
        server.say("Once ", End.CUT)           # the stream ends, nobody says why
        server.shape.usage = "none"            # how streams look; also per answer: say("Hi", usage="none")
        server.rules.nameless_special = 1000   # what is refused
        server.leaks = [Leak.OWN_NAME]         # what slips into unscripted replies
        ... server.base_url ... server.requests[0].body["messages"] ...

`python -m tests.standins.m2her --port 8099` runs it by itself, for evenings with a whole bot.
"""

import argparse
import asyncio
import json
import re
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from itertools import pairwise
from typing import Any, Literal, Self

from aiohttp import web

NATIVE = "/v1/text/chatcompletion_v2"
OPENAI = "/v1/chat/completions"

MESSAGES = {
    1000: "unknown error, 999",
    1001: "request timeout",
    1002: "rate limit",
    1004: "login fail: Please carry the API secret key in the 'Authorization' field of the request header",
    1008: "insufficient balance",
    1013: "service internal error",
    1024: "internal error",
    1026: "input new_sensitive",
    1027: "output new_sensitive",
    1033: "system error",
    1039: "token limit",
    1041: "conn limit",
    1042: "invisible character ratio limit",
    2013: "invalid params",
    2044: "no permission for the endpoint",
    2045: "rate growth limit",
    2049: "invalid api key",
    2056: "usage limit exceeded",
}
STATUSES = {1002: 429, 1004: 401, 1008: 402, 1026: 422, 1027: 422, 1039: 429, 2013: 400, 2049: 401, 2056: 429}
ERROR_TYPES = {
    400: "bad_request_error",
    401: "authorized_error",
    402: "insufficient_balance_error",
    413: "invalid_request_error",
    422: "unprocessable_entity_error",
    429: "rate_limit_error",
}
SPECIAL_ROLES = {"user_system", "group", "sample_message_user", "sample_message_ai"}
KNOWN_FIELDS = {
    "model", "messages", "stream", "max_completion_tokens", "max_tokens", "temperature", "top_p", "stream_options",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Error:
    """A part of an answer: an error. With nothing sent yet it is the whole body, unless `as_frame`.

    Without a `status` it comes as the endpoint does it: the native one in HTTP 200, the other by status.
    """

    code: int
    message: str = ""
    status: int | None = None
    retry_after: str | None = None
    as_frame: bool = False
    page: bool = False  # a proxy's page instead of either shape

    @property
    def words(self) -> str:
        return self.message or MESSAGES.get(self.code, "unknown error")

    def base_resp(self) -> dict[str, Any]:
        return {"status_code": self.code, "status_msg": self.words}

    def envelope(self, status: int) -> dict[str, Any]:
        kind = ERROR_TYPES.get(status, "server_error")
        error = {"type": kind, "message": f"{self.words} ({self.code})", "http_code": str(status)}
        return {"type": "error", "error": error, "request_id": "0660ea98"}


@dataclass(frozen=True, slots=True)
class Foreign:
    """A part of an answer: an error as a gateway or another provider words it, as JSON or as it is.

    As the first part with a status it is the whole answer, else an event, which may have a name.
    """

    body: Any
    status: int | None = None
    event: str = ""
    retry_after: str | None = None

    @property
    def text(self) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)


class End(Enum):
    """A part of an answer: it ends here, and not well."""

    CUT = "the stream ends without a finish reason"
    RESET = "the connection is reset"
    STALL = "nothing more comes, and nobody hangs up"


class Leak(StrEnum):
    """What has been seen slipping into her replies."""

    OWN_NAME = "own_name"
    THOUGHTS = "thoughts"
    ESCAPES = "escapes"
    STATUS = "status"
    CONSTRAINT = "constraint"
    PLAYERS_TURN = "players_turn"
    PLAYERS_TURN_SPELT = "players_turn_spelt"
    NEXT_SPEAKER = "next_speaker"
    MARKERS = "markers"
    HISTORY = "history"


Part = str | asyncio.Event | Error | Foreign | End
"""What an answer is made of: a delta, a gate the test opens, an error, a bad end."""


@dataclass
class Shape:
    """How an answer looks on the wire. None means: as that endpoint does it."""

    final_message: bool | None = None  # the last event repeats the whole text; natively it does
    usage: Literal["full", "total", "zero", "null", "none"] = "full"
    done: bool | None = None  # a closing [DONE]; natively there is none
    finish: str = "stop"
    finish_on_text: bool = True  # the last delta has text and finish reason both
    plain: bool = False  # one JSON object although a stream was asked for
    space: bool = True  # `data: {`, not `data:{`
    comments: bool = False  # a `: ping` before every event
    events_per_write: int = 1
    bytes_per_write: int | None = None  # splits UTF-8, and everything else
    role: str = "assistant"  # "" has been seen
    last_delta: Literal["empty", "null", "absent"] = "empty"  # beside a finish reason that is not on text
    messages_array: bool = False  # the last event has `messages`, as with her siblings' tools
    reasoning: str = ""  # thoughts beside the text, as her siblings send them
    line_between: bool = True  # an empty line ends each event; without it only the last one
    flagged: bool = False  # output_sensitive, yet answered
    withdrawn: bool = False  # output_sensitive at the end, and the whole text is empty
    sensitive_type: int = 0
    characters_per_delta: int | None = None  # of unscripted answers; None is a word a delta
    raw: bool = True  # characters as they are; else as escapes, which may be halves of a pair
    parts: bool = False  # `content` is a list of parts
    first_token_after: float | None = None  # seconds; this and the next by the server's `sleep`
    tokens_per_second: float | None = None


@dataclass
class Rules:
    """What is refused. The defaults are what is sure enough of the real API."""

    nameless_special: int | None = None  # special roles without a name: 1000 or 2013
    no_special: int | None = None  # special roles at all: 1000 or 2013
    one_user_name: bool = False
    one_system: bool = True
    no_runs: bool = False  # people's turns, or the persona's, one behind the other
    empty_content: bool = True
    model: str = "M2-her"
    context_window: int = 65_536  # prompt and reply together, by `tokens`

    def refusal(self, body: dict[str, Any], prompt_tokens: int) -> Error | None:
        messages: list[dict[str, Any]] = body.get("messages") or []
        roles = [message.get("role") for message in messages]
        user_names = {message.get("name") for message in messages if message.get("role") == "user"}
        nameless = any(m.get("role") in SPECIAL_ROLES and not m.get("name") for m in messages)
        empty = "user" not in roles or not all(message.get("content") for message in messages)
        spoken = [role for role in roles if role in {"user", "assistant"}]
        runs = any(first == second for first, second in pairwise(spoken))
        needed = prompt_tokens + int(body.get("max_completion_tokens") or 0)
        broken = (
            (
                body.get("model") != self.model,
                Error(2013, f"invalid params, unknown model '{body.get('model')}'"),
            ),
            (nameless and self.nameless_special is not None, Error(self.nameless_special or 0)),
            (
                self.no_special is not None and not SPECIAL_ROLES.isdisjoint(roles),
                Error(self.no_special or 0),
            ),
            (
                self.one_system and roles.count("system") > 1,
                Error(2013, "invalid params, invalid chat setting"),
            ),
            (
                self.one_user_name and len(user_names) > 1,
                Error(2013, "invalid params, user name must be consistent"),
            ),
            (self.no_runs and runs, Error(2013, "invalid params, 400")),
            (self.empty_content and empty, Error(2013, "invalid params, chat content is empty")),
            (needed > self.context_window, Error(2013, "invalid params, context window exceeds limit")),
        )
        return next((error for is_broken, error in broken if is_broken), None)


@dataclass
class Recorded:
    """A request as it came. The headers are without the key's value."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    peer: tuple[str, int]  # the client's end: the same means the same connection
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)  # the client left before the end


@dataclass(frozen=True, slots=True)
class _Answer:
    parts: tuple[Part, ...]
    shape: Shape


def tokens(text: str) -> int:
    """Count tokens the stand-in's own way, near to the real thing: Han characters 0.7, others 0.3 each."""
    han = 0 if text.isascii() else sum("\u4e00" <= character <= "\u9fff" for character in text)
    return round(0.7 * han + 0.3 * (len(text) - han)) + 1 if text else 0


def persona_in(body: dict[str, Any]) -> str:
    """Return who answers: the system message's name, or the name the API gives by itself."""
    names = [message.get("name") for message in body["messages"] if message.get("role") == "system"]
    return next(filter(None, names), "MiniMax AI")


def default_reply(body: dict[str, Any]) -> str:
    """Answer in the persona's name; asked for `6000 characters` or so, with that many."""
    persona = persona_in(body)
    heard = body["messages"][-1]
    long = re.search(r"(\d+) characters", heard.get("content", ""))
    if long:
        line = f"And so the story of {persona} goes on, for the night is young.\n\n"
        return (line * (int(long[1]) // len(line) + 1))[: int(long[1])].rstrip().ljust(int(long[1]), ".")
    return f"*{persona} looks at {heard.get('name', 'you')}.* I heard you well."


def leaky(text: str, leak: Leak, body: dict[str, Any]) -> str:
    """Return a reply with what slips into it."""
    persona = persona_in(body)
    names = [message.get("name") for message in body["messages"] if message.get("role") == "user"]
    player = next(filter(None, reversed(names)), "user")
    history = [{"role": each.get("role"), "content": each.get("content")} for each in body["messages"][-2:]]
    return {
        Leak.OWN_NAME: f"{persona}: {text}",
        Leak.THOUGHTS: f"<think>{player} waits for an answer.</think>\n{text}",
        Leak.ESCAPES: f"{text}\\n\\n*A pause.*",
        Leak.STATUS: f"{text}\n\n[Status]\nMood: wary\n[Time] dusk",
        Leak.CONSTRAINT: f"{text}\n\n(Write only what {persona} says and does.)",
        Leak.PLAYERS_TURN: f"{text}\nuser name={player} *I shrug* As you say.",
        Leak.PLAYERS_TURN_SPELT: f"{text}\nUser name: {player} *shrugs* As you say.",
        Leak.NEXT_SPEAKER: f"{text}\n{player}: As you say.",
        Leak.MARKERS: f"{text}<end_of_sentence>\n<beginning_of_sentence>ai name={persona}\n",
        Leak.HISTORY: f"{text}\n{json.dumps(history, ensure_ascii=False)}",
    }[leak]


class M2her:
    """The server; see the module. `key` makes it ask for one; `address` is this machine's address, as the bot reaches it."""

    def __init__(
        self, *, key: str | None = None, address: str = "127.0.0.1", port: int = 0, overhead: int = 171
    ) -> None:
        self.key = key
        self.overhead = overhead  # prompt tokens of the hidden template
        self.shape = Shape()
        self.rules = Rules()
        self.reply: Callable[[dict[str, Any]], str] = default_reply
        self.leaks: list[Leak] = []
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.requests: list[Recorded] = []
        self._address = address
        self._port = port
        self._answers: deque[_Answer] = deque()
        self._arrivals = asyncio.Condition()

    @property
    def base_url(self) -> str:
        return f"http://{self._address}:{self._port}"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post(NATIVE, self._handle)
        app.router.add_post(OPENAI, self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.01, access_log=None)
        await self._runner.setup()
        listening = socket.create_server((self._address, self._port))
        self._port = listening.getsockname()[1]
        await web.SockSite(self._runner, listening).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def say(self, *parts: Part, **shape: Any) -> None:
        """Queue one answer, for the next request no answer is queued for."""
        self._answers.append(_Answer(parts, replace(self.shape, **shape)))

    def forget(self) -> None:
        """Forget the answers that nobody has asked for."""
        self._answers.clear()

    async def received(self, count: int) -> None:
        """Wait until that many requests have come in all."""
        async with self._arrivals:
            await self._arrivals.wait_for(lambda: len(self.requests) >= count)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        recorded = self._record(request, body)
        async with self._arrivals:
            self._arrivals.notify_all()
        prompt_tokens = self.overhead + sum(
            tokens(message.get("content") or "") + tokens(message.get("name") or "") + 4
            for message in body.get("messages") or []
        )
        refused = self._key_refusal(request) or self.rules.refusal(body, prompt_tokens)
        answer = _Answer((refused,), self.shape) if refused else self._next_answer(body)
        try:
            return await _Exchange(request, body, answer, prompt_tokens, self.sleep).run()
        except (asyncio.CancelledError, ConnectionError):
            recorded.hung_up.set()
            raise

    def _record(self, request: web.Request, body: dict[str, Any]) -> Recorded:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if "authorization" in headers:
            headers["authorization"] = "Bearer ***"
        assert request.transport is not None
        peer = request.transport.get_extra_info("peername")
        recorded = Recorded(request.path, headers, body, peer)
        self.requests.append(recorded)
        return recorded

    def _key_refusal(self, request: web.Request) -> Error | None:
        sent = request.headers.get("Authorization")
        if self.key is None or sent == f"Bearer {self.key}":
            return None
        return Error(1004) if sent is None else Error(2049)

    def _next_answer(self, body: dict[str, Any]) -> _Answer:
        if self._answers:
            return self._answers.popleft()
        text, size = self.reply(body), self.shape.characters_per_delta
        for leak in self.leaks:
            text = leaky(text, leak, body)
        pattern = r"\s*\S+\s*$|\s*\S+" if size is None else rf"(?s).{{1,{size}}}"
        return _Answer(tuple(re.findall(pattern, text)), replace(self.shape))


class _Exchange:
    """One request being answered."""

    def __init__(
        self,
        request: web.Request,
        body: dict[str, Any],
        answer: _Answer,
        prompt_tokens: int,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._request = request
        self._body = body
        self._parts = answer.parts
        self._shape = answer.shape
        self._prompt_tokens = prompt_tokens
        self._sleep = sleep
        self._native = request.path == NATIVE
        self._text = ""
        self._wire: _Wire | None = None

    async def run(self) -> web.StreamResponse:
        if self._shape.first_token_after:
            await self._sleep(self._shape.first_token_after)
        if self._shape.plain or not self._body.get("stream"):
            return await self._plain()
        for number, part in enumerate(self._parts, 1):
            match part:
                case asyncio.Event():
                    await self._flush()
                    await part.wait()
                case Error() | Foreign():
                    return await self._fail(part)
                case End():
                    return await self._end_badly(part)
                case str():
                    await self._delta(part, last=number == len(self._parts))
        return await self._end_well()

    async def _plain(self) -> web.StreamResponse:
        for part in self._parts:
            match part:
                case asyncio.Event():
                    await part.wait()
                case Error() | Foreign():
                    return self._error(part) if isinstance(part, Error) else self._foreign(part)
                case End():
                    return await self._end_badly(part)
                case str():
                    self._text += part
        return web.json_response(self._final_event(), headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {"trace-id": "trace-0660ea98", "minimax-request-id": "request-0660ea98"}

    def _error(self, error: Error) -> web.Response:
        headers = self._headers()
        if error.retry_after is not None:
            headers["Retry-After"] = error.retry_after
        if error.page:
            page = f"<!DOCTYPE html><html><head><title>{error.words}</title></head></html>"
            return web.Response(
                text=page, content_type="text/html", status=error.status or 502, headers=headers
            )
        if self._native and error.status is None:
            return web.json_response({"base_resp": error.base_resp()}, headers=headers)
        status = error.status or STATUSES.get(error.code, 500)
        return web.json_response(error.envelope(status), status=status, headers=headers)

    async def _fail(self, error: Error | Foreign) -> web.StreamResponse:
        """Answer with an error alone while nothing is sent, else with an event."""
        if isinstance(error, Error):
            if self._wire is None and not error.as_frame:
                return self._error(error)
            await self._event(self._error_frame(error))
        else:
            if self._wire is None and error.status is not None:
                return self._foreign(error)
            await self._event(error.text, error.event)
        return await self._close()

    def _foreign(self, error: Foreign) -> web.Response:
        waits = {} if error.retry_after is None else {"Retry-After": error.retry_after}
        return web.Response(text=error.text, status=error.status or 200, headers=self._headers() | waits)

    def _error_frame(self, error: Error) -> dict[str, Any]:
        if self._native:
            return {"choices": None, "base_resp": error.base_resp()}
        return error.envelope(error.status or STATUSES.get(error.code, 500))

    async def _delta(self, text: str, *, last: bool) -> None:
        self._text += text
        content = self._content(text)
        choice: dict[str, Any] = {"index": 0, "delta": {"content": content, "role": self._shape.role}}
        if self._shape.reasoning:
            choice["delta"]["reasoning_content"] = self._shape.reasoning
        if last and self._shape.finish_on_text:
            choice["finish_reason"] = self._shape.finish
        await self._event(self._chunk([choice]))
        if self._shape.tokens_per_second:
            await self._sleep(tokens(text) / self._shape.tokens_per_second)

    def _content(self, text: str) -> Any:
        if not self._shape.parts:
            return text
        return [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": text}]

    async def _end_well(self) -> web.StreamResponse:
        shape = self._shape
        if not (self._parts and isinstance(self._parts[-1], str) and shape.finish_on_text):
            deltas: dict[str, dict[str, Any]] = {
                "empty": {"delta": {"content": "", "role": shape.role}},
                "null": {"delta": None},
                "absent": {},
            }
            choice = {"finish_reason": shape.finish, "index": 0} | deltas[shape.last_delta]
            await self._event(self._chunk([choice]))
        if self._native if shape.final_message is None else shape.final_message:
            await self._event(self._final_event())
        elif not self._native and (self._body.get("stream_options") or {}).get("include_usage"):
            await self._event(self._chunk([]) | self._usage() | {"base_resp": self._base_resp()})
        if not self._native if shape.done is None else shape.done:
            await self._event("[DONE]")
        return await self._close()

    async def _end_badly(self, end: End) -> web.StreamResponse:
        if end is End.STALL:
            await self._flush()
            await asyncio.Event().wait()
        if end is End.RESET:
            await self._flush()
            assert self._request.transport is not None
            connection = self._request.transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._request.transport.abort()
        return await self._close()

    def _chunk(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        chunk = self._frame("chat.completion.chunk", choices) | {"output_sensitive": self._shape.flagged}
        if self._shape.usage == "zero":
            chunk["usage"] = {"total_tokens": 0, "total_characters": 0}
        elif not self._native:
            chunk["usage"] = None
        return chunk

    def _final_event(self) -> dict[str, Any]:
        withdrawn = self._shape.withdrawn
        message = {
            "content": self._content("" if withdrawn else self._text),
            "role": "assistant",
            "name": persona_in(self._body),
            "audio_content": "",
        }
        said: dict[str, Any] = {"message": message}
        if self._shape.messages_array:
            said = {"messages": [{"content": "", "role": "user"}, message]}
        choice = {"finish_reason": self._shape.finish, "index": 0} | said
        return (
            self._frame("chat.completion", [choice])
            | self._usage()
            | {
                "input_sensitive": False,
                "output_sensitive": self._shape.flagged or withdrawn,
                "base_resp": self._base_resp(),
            }
        )

    def _frame(self, kind: str, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": "05b81ca0cde9e60c3ae4ce7f60103250",
            "choices": choices,
            "created": 1768483232,
            "model": self._body.get("model"),
            "object": kind,
            "input_sensitive_type": 0,
            "output_sensitive_type": self._shape.sensitive_type,
        }

    def _base_resp(self) -> dict[str, Any]:
        """A field the native endpoint does not know is told in a note, and no error."""
        unknown = sorted(self._body.keys() - KNOWN_FIELDS)
        note = f'Invalid parameters detected, json: unknown field "{unknown[0]}"' if unknown else ""
        return {"status_code": 0, "status_msg": note}

    def _usage(self) -> dict[str, Any]:
        completion = tokens(self._text)
        full = {
            "total_tokens": self._prompt_tokens + completion,
            "total_characters": 0,
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": completion,
        }
        shapes: dict[str, dict[str, Any]] = {
            "full": {"usage": full},
            "total": {"usage": {"total_tokens": full["total_tokens"]}},
            "zero": {"usage": {"total_tokens": 0, "total_characters": 0}},
            "null": {"usage": None},
            "none": {},
        }
        return shapes[self._shape.usage]

    async def _event(self, event: dict[str, Any] | str, name: str = "") -> None:
        if self._wire is None:
            headers = {"Content-Type": "text/event-stream; charset=utf-8", **self._headers()}
            response = web.StreamResponse(headers=headers)
            await response.prepare(self._request)
            self._wire = _Wire(response, self._shape)
        data = event if isinstance(event, str) else json.dumps(event, ensure_ascii=not self._shape.raw)
        await self._wire.event(data, name)

    async def _flush(self) -> None:
        if self._wire is not None:
            await self._wire.flush()

    async def _close(self) -> web.StreamResponse:
        if self._wire is None:
            return web.Response(headers={"Content-Type": "text/event-stream"})
        await self._wire.flush()
        return self._wire.response


class _Wire:
    """Events as bytes, cut and joined as the shape says."""

    def __init__(self, response: web.StreamResponse, shape: Shape) -> None:
        self.response = response
        self._shape = shape
        self._pending: list[bytes] = []

    async def event(self, data: str, name: str = "") -> None:
        named = f"event: {name}\n" if name else ""
        comment = ": ping\n\n" if self._shape.comments else ""
        end = "\n\n" if self._shape.line_between else "\n"
        self._pending.append(f"{comment}{named}data:{' ' if self._shape.space else ''}{data}{end}".encode())
        if len(self._pending) >= self._shape.events_per_write:
            await self.flush()

    async def flush(self) -> None:
        for piece in self._pieces(b"".join(self._pending)):
            await self.response.write(piece)
        self._pending.clear()

    def _pieces(self, data: bytes) -> Iterator[bytes]:
        size = self._shape.bytes_per_write or len(data) or 1
        return (data[start : start + size] for start in range(0, len(data), size))


async def _serve(options: argparse.Namespace) -> None:
    async with M2her(key=options.key, port=options.port) as server:
        server.shape.tokens_per_second = options.tokens_per_second
        server.shape.first_token_after = options.first_token_after
        server.shape.characters_per_delta = options.characters_per_delta
        server.rules.nameless_special = options.nameless_special
        server.rules.one_user_name = options.one_user_name
        server.rules.no_runs = options.no_runs
        server.leaks = [Leak(leak) for leak in options.leak]
        print(f"M2-her's stand-in listens at {server.base_url}", flush=True)  # noqa: T201 -- a command prints
        await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser(description="M2-her's stand-in, until it is interrupted.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", help="the API key to ask for; without it any will do")
    parser.add_argument("--tokens-per-second", type=float)
    parser.add_argument("--first-token-after", type=float, metavar="SECONDS")
    parser.add_argument("--characters-per-delta", type=int, help="without it a word each")
    parser.add_argument(
        "--nameless-special", type=int, choices=(1000, 2013), help="how to refuse those roles"
    )
    parser.add_argument("--one-user-name", action="store_true", help="refuse people of several names")
    parser.add_argument("--no-runs", action="store_true", help="refuse turns of one role in a row")
    parser.add_argument("--leak", action="append", choices=list(Leak), default=[])
    options = parser.parse_args()
    try:
        asyncio.run(_serve(options))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
