"""Reading of an answer's body: an event stream or one JSON object, regardless of its content type.

Law: sends no request; the caller decides how long to wait. What was yielded stays valid.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx
from httpx_sse import EventSource, ServerSentEvent

from bot.core.completion import Delta, ErrorKind, Finish, ModelError
from bot.llm.dialects import decode
from bot.llm.faults import BLANK, complaint_in
from bot.llm.split_characters import Escaper, Joiner, sound
from bot.llm.values import as_objects

BODY_LIMIT = 8 * 2**20
"""Maximum bytes of one answer, our own limit: eight times the longest reply (2,048 tokens of 500 bytes)."""

EVENT_LIMIT = 2**19
"""Maximum bytes or characters of one event: our own limit, because reading JSON holds up everything else."""

SLICE = 8 * 2**10
"""Bytes of an answer that are read at once; our own limit, so that no answer holds up the others."""

ERROR_LIMIT = 2**16
"""Bytes of an error's body that are read; our own limit, far above any error that was seen."""

WORDS_LIMIT = 4 * 2**10
"""Bytes of an answer without any event in which an error's words are looked for; our own limit."""

_EVENT_STREAM = {"content-type": "text/event-stream"}
_BLANK = BLANK.encode()


async def read_reply(pieces: AsyncIterator[bytes]) -> AsyncGenerator[Delta, None]:
    """Yield the deltas of an answer's body: an event stream or one JSON value, whatever its content type.

    Raises:
        ModelError: see `decode`; `CUT_SHORT` after everything received if there was no finish
            reason; `UNREACHABLE` if a proxy's page comes instead of an answer.
    """
    reading = _Reading()
    try:
        async with aclosing(_events(pieces)) as events:
            async for event in events:
                for delta in reading.deltas(event):
                    yield delta
    except ModelError:
        if rest := reading.joiner.rest():
            yield Delta(rest)
        raise
    if rest := reading.joiner.rest():
        yield Delta(rest)
    if not reading.finished:
        raise ModelError(ErrorKind.CUT_SHORT, "the answer ended without a finish reason")


@dataclass(slots=True)
class _Reading:
    """What an answer has brought so far."""

    finished: bool = False
    has_words: bool = False
    joiner: Joiner = field(default_factory=Joiner)

    def deltas(self, event: ServerSentEvent) -> Iterator[Delta]:
        """Return the deltas of one event.

        Raises:
            ModelError: see `read_reply`.
        """
        if event.event == "error":
            unread = ModelError(ErrorKind.OVERLOADED, "an error without words")
            yield from self._ended(complaint_in(event.data, certain=True) or unread)
            return
        for each in as_objects(event.data):
            if each is None:
                if self.finished:
                    return
                unread = ModelError(ErrorKind.CUT_SHORT, "a part of the answer was no JSON object")
                raise complaint_in(event.data) or unread
            try:
                for delta in decode(each):
                    yield from self._joined(delta)
            except ModelError as error:
                yield from self._ended(error)
                return

    def _ended(self, error: ModelError) -> Iterator[Delta]:
        """Raise an error; if the model's window is full of a reply, that is the reply's length."""
        if error.kind is not ErrorKind.OVERFLOW or not self.has_words:
            raise error
        yield from self._joined(Delta(finish=Finish.LENGTH))

    def _joined(self, delta: Delta) -> Iterator[Delta]:
        text = self.joiner.join(delta.text)
        if delta.whole is not None or delta.finish is not None:
            text += self.joiner.rest()
        whole = None if delta.whole is None else sound(delta.whole)
        self.finished = self.finished or delta.finish is not None
        self.has_words = self.has_words or bool(text or whole)
        if text or whole or delta.finish or delta.usage:
            yield Delta("" if whole else text, whole, delta.finish, delta.usage)


async def _events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[ServerSentEvent, None]:
    """Yield the events up to `[DONE]`; a plain JSON body is one event.

    The body's first characters decide, because content types were seen to be wrong both ways.
    """
    async with aclosing(capped(pieces)) as body:
        start = b""
        while not start and (piece := await anext(body, None)) is not None:
            start = piece.lstrip(_BLANK)
        if start.startswith((b"{", b"[")):
            plain = bytearray(start)
            async for piece in body:
                plain += piece
                _bounded(len(plain))
            yield ServerSentEvent(data=plain.decode("utf-8", "replace"))
        elif start.startswith(b"<"):
            raise ModelError(ErrorKind.UNREACHABLE, "a web page came instead of an answer")
        else:
            beginning = bytearray()
            async with aclosing(_event_source(start, body, beginning).aiter_sse()) as events:
                came = False
                async for event in events:
                    _bounded(len(event.data))
                    if event.data.strip() == "[DONE]":
                        await _drain(events)
                        return
                    if event.data.strip():
                        came = True
                        yield event
            error = None if came else complaint_in(beginning.decode("utf-8", "replace"))
            if error is not None:
                raise error


def _event_source(start: bytes, rest: AsyncIterator[bytes], beginning: bytearray) -> EventSource:
    """Return a body as an event stream, including a last event without its closing empty line.

    Its first bytes are also put into `beginning`.
    """
    escaper = Escaper()

    async def content() -> AsyncGenerator[bytes, None]:
        beginning.extend(start)
        yield escaper.escape(start)
        async for piece in rest:
            if len(beginning) < WORDS_LIMIT:
                beginning.extend(piece)
            yield escaper.escape(piece)
        yield b"\n\n"

    # Event streams are UTF-8 by definition, whatever charset a proxy declares.
    return EventSource(
        httpx.Response(HTTPStatus.OK, headers=_EVENT_STREAM, content=content(), default_encoding="utf-8")
    )


async def _drain(events: AsyncGenerator[ServerSentEvent, None]) -> None:
    """Read the rest of the body if it has arrived already, so that the connection can be used again."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.1):
            async for _ in events:
                pass


async def capped(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield a body's pieces, in slices between which others may go on.

    Raises:
        ModelError: `CUT_SHORT` beyond `BODY_LIMIT`.
    """
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > BODY_LIMIT:
            raise ModelError(ErrorKind.CUT_SHORT, f"the answer is over {BODY_LIMIT} bytes")
        for start in range(0, len(piece), SLICE):
            if start:
                await asyncio.sleep(0)
            yield piece[start : start + SLICE]


def _bounded(size: int) -> None:
    if size > EVENT_LIMIT:
        raise ModelError(ErrorKind.CUT_SHORT, f"a part of the answer is over {EVENT_LIMIT} bytes")


async def head(pieces: AsyncIterator[bytes]) -> bytes:
    """Return the beginning of an error's body, as much as is judged; the rest isn't read."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) >= ERROR_LIMIT:
            break
    return bytes(body[:ERROR_LIMIT])
