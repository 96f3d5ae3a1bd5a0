"""Reading of an answer's body: an event stream or one JSON object, regardless of its content type.

Law: sends no request; the caller decides how long to wait. What was yielded stays valid.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from http import HTTPStatus

import httpx
from httpx_sse import EventSource, ServerSentEvent

from bot.core.completion import Delta, ErrorKind, ModelError
from bot.llm.dialects import as_objects, decode

BODY_LIMIT = 8 * 2**20
"""Maximum bytes of one answer, our own limit: eight times the longest reply (2,048 tokens of 500 bytes)."""

_EVENT_STREAM = {"content-type": "text/event-stream"}
_BLANK = b"\xef\xbb\xbf \t\r\n"  # white space and the byte order mark


async def read_reply(pieces: AsyncIterator[bytes]) -> AsyncGenerator[Delta, None]:
    """Yield the deltas of an answer's body: an event stream or one JSON object, whatever its content type.

    Raises:
        ModelError: see `decode`; `CUT_SHORT` after everything received if there was no finish
            reason; `UNREACHABLE` if a proxy's page comes instead of an answer.
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
