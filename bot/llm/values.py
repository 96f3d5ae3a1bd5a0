"""JSON values of an answer, of whatever shape a server sends them.

Law: pure, and no value makes these functions fail. Numbers that nothing on this side can hold are no numbers.
"""

import json
import re
from contextlib import suppress
from typing import Any, cast

LONG = 100
"""Digits from which an integer is none, where one in the same text has too many for Python; our own limit."""

LINES = 100
"""Maximum lines, or items of a list, of an event's data that are read by themselves; our own limit."""

COUNT_LIMIT = 10**9
"""Counts from here on are no report; our own limit: no model's window holds as many tokens, and a database's
63 bits hold the sums and prices of what is below."""


def parsed(text: str) -> object:
    """Return the JSON value in a text, without integers of thousands of digits; None if there is none."""
    try:
        return cast(object, json.loads(text))
    except (json.JSONDecodeError, RecursionError):
        return None
    except ValueError:  # Python reads no integers of more than 4,300 digits
        with suppress(ValueError, RecursionError):
            return cast(object, json.loads(text, parse_int=_integer))
    return None


def as_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object in a text; None if it is anything else."""
    value = parsed(text)
    return value if isinstance(value, dict) else None


def as_objects(data: str) -> list[dict[str, Any] | None]:
    """Return the JSON objects in an event's data, with None for each line that isn't one.

    There is almost always one. Gemini puts errors into a list. If the empty line between two events is
    missing, a parser of event streams makes one event of them, with one line each. What is beyond `LINES` of
    either is one None.
    """
    value = parsed(data)
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list) and value:
        objects = [each if isinstance(each, dict) else None for each in value[:LINES]]
        return objects if len(value) <= LINES else [*objects, None]
    return [as_object(line) for line in data.split("\n", LINES)]


def as_dict(value: object) -> dict[str, Any]:
    """Return a value that is an object; an empty one for any other."""
    return value if isinstance(value, dict) else {}


def as_text(value: object) -> str:
    """Return a value that is a text; an empty one for any other."""
    return value if isinstance(value, str) else ""


def as_number(value: object) -> int | None:
    """Return a code; MiniMax writes some as strings, such as `http_code`."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value):
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def as_count(value: object) -> int | None:
    """Return a count; None if it is no whole number from 1 to below `COUNT_LIMIT`."""
    number = as_number(value)
    return number if number is not None and 0 < number < COUNT_LIMIT else None


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) < LONG else None
