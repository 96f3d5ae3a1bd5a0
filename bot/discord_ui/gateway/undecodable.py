"""Events and frames of the gateway that the library cannot read.

Law: such an event is lost, and nothing else is: the session goes on. Each kind is logged once, by what failed
and where, and never with a word of the event. The exceptions are what no session is without: READY begins it,
and without HELLO, or with a compression that broke, nothing more can be heard on the connection. A READY that
cannot be read ends the client; for the other two, the session is resumed on another connection.
"""

import json
import logging
import math
import re
import traceback
from collections.abc import Callable, Mapping, MutableSet
from pathlib import Path
from typing import Any, Final, NoReturn

import aiohttp
import discord
from discord.gateway import DiscordWebSocket

from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

Parser = Callable[[Any], None]
"""Reads the data of one kind of event."""

Lost = Callable[[str, Any, Exception], None]
"""Takes the kind and the data of an event that its parser could not read, and the error."""

NEEDED: Final = frozenset({"READY"})
"""The kinds without which there is no session."""

MISREAD: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""The errors of a library that reads something of another shape than it expects."""


HIGHEST_ID: Final = 2**63 - 1
"""The largest number that a database stores; Discord's ids (its page "Reference") stay below until 2084."""

_NEVER_STORED: Final = frozenset({"permission_overwrites"})
"""Lists with ids that no database gets, which are the most of a large server."""

_NO_SNOWFLAKES: Final = frozenset({"custom_id", "session_id"})


UNNAMED: Final = "frame"
"""The kind of what is no event, or has no name as Discord's events have."""

_EVENT_NAME: Final = re.compile(r"[A-Z][A-Z_]{,60}")


class Undecodable(Exception):  # noqa: N818 - says what it is
    """The library cannot read an event without which there is no session."""


class _Garbled(Exception):  # noqa: N818 - says what it is
    """The bytes of a connection cannot be decompressed."""


_NO_FRAME: Final = (_Garbled, json.JSONDecodeError)
"""The errors of bytes that are no frame: where a compression has gone astray, all that follow are none."""


class Socket(DiscordWebSocket):
    """A connection to the gateway on which a frame that the library cannot read is lost, and nothing else.

    Before it hands an event to the event's parser, the library looks into the frame itself.
    """

    @property
    def latency(self) -> float:
        """The seconds that the gateway took to answer the last heartbeat; infinity before that.

        A quick answer comes before the library has noted when it asked, and counts from the heartbeat before.
        """
        found, keeping = super().latency, self._keep_alive
        between = keeping.interval if keeping is not None else None
        return found - between if between is not None and between < found < math.inf else found

    async def received_message(self, msg: Any, /) -> None:  # noqa: ANN401 - the library's own
        """Read a frame; if that fails, dispatch `misread` with its kind and the error.

        Raises:
            ClientPayloadError: nothing more can be read on this connection; the library resumes on another.
        """
        text, before = msg, self.sequence
        try:
            if isinstance(msg, bytes):
                text = self._inflated(msg)
            if text is not None:  # else a further part of it follows
                await super().received_message(text)
        except _NO_FRAME as error:
            if isinstance(msg, bytes):
                await self._give_up(error)
            self._dispatch("misread", UNNAMED, error)
        except MISREAD as error:
            operation, kind = _read_kind(text)
            if operation == self.DISPATCH and kind in NEEDED:
                raise
            if operation == self.HELLO:
                await self._give_up(error)
            self._dispatch("misread", kind, error)
        finally:
            if not _is_sequence(self.sequence):  # a heartbeat with it would end the session
                self.sequence = before

    def _inflated(self, data: bytes) -> str | None:
        try:
            return self._decompressor.decompress(data)
        except Exception as error:
            raise _Garbled from error  # zlib's error, or that of whichever zstd is installed

    async def _give_up(self, error: Exception) -> NoReturn:
        await self.close()
        raise aiohttp.ClientPayloadError(where(error)) from None  # the error may quote an event


def tolerant(parsers: Mapping[str, Parser], lost: Lost) -> dict[str, Parser]:
    """Return parsers that hand what they cannot read to `lost`, except of `NEEDED` kinds."""
    return {
        kind: parser if kind in NEEDED else _tolerant(kind, parser, lost) for kind, parser in parsers.items()
    }


_ANSWERED: Final = ("id", "type", "token", "application_id", "guild_id")
"""The keys of an interaction that an answer takes."""


def answerable(data: Any, state: Any) -> discord.Interaction | None:  # noqa: ANN401 - the library's
    """Return what an answer takes of an interaction that could not be read; None if that cannot be either."""
    try:
        few = {key: data[key] for key in _ANSWERED if key in data}
        _require_ids(few)
        if not isinstance(few["token"], str):
            return None
        rest: Any = {"version": 1, "attachment_size_limit": 0, "data": {}}
        return discord.Interaction(data=few | rest, state=state)
    except Exception:  # noqa: BLE001 - the library raises whatever it stumbles over
        return None


def where(error: BaseException) -> str:
    """Return what failed and where, without the error's text, which may quote an event."""
    steps = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(steps[-1].filename).name}:{steps[-1].lineno}" if steps else ""
    return f"{type(error).__name__}{place}"


def _require_ids(data: object) -> None:
    """Raise ValueError if an event has an id that is none: the library takes any number."""
    todo = [data]
    while todo:
        found = todo.pop()
        if isinstance(found, list):
            todo += found
        elif isinstance(found, dict):
            todo += (value for key, value in found.items() if key not in _NEVER_STORED)
            for key, value in found.items():
                is_id = key == "id" or (key.endswith("_id") and key not in _NO_SNOWFLAKES)
                if is_id and not _is_id(value):
                    raise ValueError


def _is_id(value: object) -> bool:
    if isinstance(value, float):
        return False
    if isinstance(value, str) and not value.isdecimal():
        return True  # ids of sessions, for example; the library reads those that must be numbers
    return not isinstance(value, int | str) or 0 <= int(value) <= HIGHEST_ID


def _is_sequence(value: object) -> bool:
    """Return whether a value can be the number of a session's latest event; before the first it is None."""
    return value is None or (type(value) is int and 0 <= value <= HIGHEST_ID)


def _read_kind(text: str) -> tuple[object, str]:
    """Return the operation of a frame, None if it has none, and the kind of its event."""
    try:
        frame = json.loads(text)
    except MISREAD:
        return None, UNNAMED
    if not isinstance(frame, dict):
        return None, UNNAMED
    kind = frame.get("t")
    return frame.get("op"), kind if isinstance(kind, str) and _EVENT_NAME.fullmatch(kind) else UNNAMED


def log_lost(kind: str, error: Exception, known: MutableSet[str]) -> None:
    """Log that an event was lost, unless its kind is in `known`, and add it there."""
    if kind not in known:
        known.add(kind)
        log.warning(HOST.say("host.unreadable_event", event=kind, reason=where(error)))


def _tolerant(kind: str, parser: Parser, lost: Lost) -> Parser:
    def parse(data: Any) -> None:  # noqa: ANN401 - whatever Discord has sent
        try:
            _require_ids(data)
            parser(data)
        except Exception as error:  # noqa: BLE001 - the library raises whatever it stumbles over
            lost(kind, data, error)

    return parse
