"""Events of the gateway that the library cannot read.

Law: such an event is lost, and nothing else is: the session goes on. Each kind is logged once, by what failed
and where, and never with a word of the event.
"""

import logging
import traceback
from collections.abc import Callable, Mapping, MutableSet
from pathlib import Path
from typing import Any, Final

from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

Parser = Callable[[Any], None]
"""Reads the data of one kind of event."""

NEEDED: Final = frozenset({"READY"})
"""The kinds without which there is no session."""

MISREAD: Final = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""The errors of a library that reads something of another shape than it expects."""


HIGHEST_ID: Final = 2**63 - 1
"""The largest number that a database stores; Discord's ids (its page "Reference") stay below until 2084."""

_NEVER_STORED: Final = frozenset({"permission_overwrites"})
"""Lists with ids that no database gets, which are the most of a large server."""

_NO_SNOWFLAKES: Final = frozenset({"custom_id", "session_id"})


class Unreadable(Exception):  # noqa: N818 - says what it is
    """The library cannot read an event without which there is no session."""


def tolerant(parsers: Mapping[str, Parser], known: MutableSet[str]) -> dict[str, Parser]:
    """Return parsers that skip what they cannot read, except of `NEEDED` kinds.

    `known` gets the kinds that were logged.
    """
    return {
        kind: parser if kind in NEEDED else _tolerant(kind, parser, known) for kind, parser in parsers.items()
    }


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


def _tolerant(kind: str, parser: Parser, known: MutableSet[str]) -> Parser:
    def parse(data: Any) -> None:  # noqa: ANN401 - whatever Discord has sent
        try:
            _require_ids(data)
            parser(data)
        except Exception as error:  # noqa: BLE001 - the library raises whatever it stumbles over
            if kind not in known:
                known.add(kind)
                log.warning(HOST.say("host.unreadable_event", event=kind, reason=where(error)))

    return parse
