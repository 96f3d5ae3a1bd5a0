"""Reading of an answer's body: an event stream or one JSON object, regardless of its content type.

Law: sends no request; the caller decides how long to wait. What was yielded stays valid.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from http import HTTPStatus

import httpx
from httpx_sse import EventSource, ServerSentEvent

from bot.core.completion import Delta, ErrorKind, ModelError
from bot.llm.dialects import as_objects, decode

BODY_LIMIT = 8 * 2**20
"""Maximum bytes of one answer, our own limit: eight times the longest reply (2,048 tokens of 500 bytes)."""

EAGER = 0.3
"""Seconds from the first piece on in which a short answer may be whole, and be posted as one."""

AT_ONCE = 0.001
"""Seconds within which a piece comes that was there already."""

_EVENT_STREAM = {"content-type": "text/event-stream"}
_BLANK = b"\xef\xbb\xbf \t\r\n"  # white space and the byte order mark


class Gulps:
    """The rule for leaving a stream alone, so that what arrives meanwhile is read at once."""

    def __init__(self, rest: float = 0.0) -> None:
        """Create the rule for a stream that is left alone for `rest` seconds at a time."""
        self._rest = rest
        self._first: float | None = None
        self._last = -math.inf

    def rest_after(self, asked: float, came: float) -> float:
        """Return the seconds to wait after a piece, from when it was requested and when it arrived.

        It is 0 at first, so that a short answer is complete as soon as possible; after a piece that was
        already there, because others may be; and after a late one, because waiting would gather nothing.
        """
        self._first = came if self._first is None else self._first
        late = came - self._last >= self._rest
        self._last = came
        return 0.0 if late or came - asked <= AT_ONCE or came - self._first <= EAGER else self._rest

    def end(self) -> None:
        """Note that no more words follow, so that the rest need not be gathered."""
        self._rest = 0.0


async def read_reply(pieces: AsyncIterator[bytes], rest: float = 0.0) -> AsyncGenerator[Delta, None]:
    """Yield the deltas of an answer's body: an event stream or one JSON object, whatever its content type.

    Args:
        pieces: the body.
        rest: seconds for which it is left alone between two readings; see `Gulps`.

    Raises:
        ModelError: see `decode`; `CUT_SHORT` after everything received if there was no finish
            reason; `UNREACHABLE` if a proxy's page comes instead of an answer.
    """
    finished = False
    gulps = Gulps(rest)
    async with aclosing(_events(_in_gulps(pieces, gulps))) as events:
        async for data in events:
            for event in as_objects(data):
                if event is None and not finished:
                    raise ModelError(ErrorKind.CUT_SHORT, "a part of the answer was no JSON object")
                for delta in decode(event or {}):
                    if delta.finish is not None:
                        finished = True
                        gulps.end()
                    yield delta
    if not finished:
        raise ModelError(ErrorKind.CUT_SHORT, "the answer ended without a finish reason")


async def _events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
    """Yield the data of each event up to `[DONE]`; a plain JSON body is one event.

    The body's first characters decide, because content types were seen to be wrong both ways.
    """
    async with aclosing(capped(pieces)) as body:
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
    """Return a body as an event stream, including a last event without its closing empty line."""

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
    """Read the rest of the body if it has arrived already, so that the connection can be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            async for _ in events:
                pass


async def _in_gulps(pieces: AsyncIterator[bytes], gulps: Gulps) -> AsyncGenerator[bytes, None]:
    """Yield a body's pieces, and read on when `gulps` says so."""
    clock = asyncio.get_running_loop().time
    asked = clock()
    async for piece in pieces:
        came = clock()
        yield piece
        if rest := gulps.rest_after(asked, came):
            await asyncio.sleep(rest)
        asked = clock()


async def capped(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield a body's pieces.

    Raises:
        ModelError: `CUT_SHORT` beyond `BODY_LIMIT`.
    """
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > BODY_LIMIT:
            raise ModelError(ErrorKind.CUT_SHORT, f"the answer is over {BODY_LIMIT} bytes")
        yield piece
