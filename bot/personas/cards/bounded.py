"""Bounded decoding: whatever a file says, only so much is unpacked, and only so deep.

Law: each limit is checked before the work that it bounds.
"""

import base64
import binascii
import json
import math
import re
import zlib
from typing import Any, Final

from bot.personas.cards.errors import CardError, CardFault

FILE_LIMIT: Final = 10 * 1024 * 1024
"""Bytes of a file: Discord's limit for an attachment without Nitro."""

TEXT_LIMIT: Final = 8 * 1024 * 1024
"""Bytes of a card's JSON, and of its coding as base64; those that people share have less than one million."""

NODES_LIMIT: Final = 300_000
"""Signs in JSON that may begin a value: a list of two bytes takes 60 in memory."""

DEPTH_LIMIT: Final = 17
"""Levels of nesting: below `card` there is one more, and a persona's file has at most 20."""

DIGITS_LIMIT: Final = 40
"""Digits of a whole number; a persona's file has no longer ones."""

_UNSOUND: Final = re.compile("[\0\ud800-\udfff]")
"""What no YAML file holds: NUL, and halves of surrogate pairs, which are no characters."""


def inflated(packed: bytes, limit: int = TEXT_LIMIT) -> bytes:
    """Return what zlib has packed.

    Raises:
        CardError: it is damaged, or larger than `limit` bytes.
    """
    unpacking = zlib.decompressobj()
    try:
        found = unpacking.decompress(packed, limit + 1)
    except zlib.error:
        raise CardError(CardFault.TORN) from None
    if len(found) > limit:
        raise CardError(CardFault.INFLATES, most=limit // 2**20)
    if not unpacking.eof:
        raise CardError(CardFault.TORN)
    return found


def decoded(coded: bytes) -> bytes:
    """Return what base64 stands for; JSON that isn't coded at all stays as it is.

    Raises:
        CardError: it is no base64.
    """
    if coded.lstrip()[:1] == b"{":
        return coded
    plain = b"".join(coded.split())
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        raise CardError(CardFault.CODING) from None


def parsed(source: bytes) -> Any:  # noqa: ANN401 (JSON)
    """Return the data in JSON, of which no text has NUL or half a surrogate pair.

    Raises:
        CardError: it is no JSON, or too large, deep or odd to be a card.
    """
    if len(source) > TEXT_LIMIT:
        raise CardError(CardFault.INFLATES, most=TEXT_LIMIT // 2**20)
    if sum(map(source.count, (b"[", b"{", b","))) > NODES_LIMIT:
        raise CardError(CardFault.TOO_MANY)
    try:
        data = json.loads(
            source.decode("utf-8-sig"), parse_int=_whole, parse_float=_real, parse_constant=lambda _: None
        )
    except UnicodeDecodeError:
        raise CardError(CardFault.CODING) from None
    except json.JSONDecodeError as error:
        raise CardError(CardFault.NOT_JSON, line=error.lineno, column=error.colno) from None
    except RecursionError:
        raise CardError(CardFault.TOO_DEEP, most=DEPTH_LIMIT) from None
    return _sound(data, 0)


def _whole(digits: str) -> int:
    if len(digits) > DIGITS_LIMIT:
        raise CardError(CardFault.NUMBER)
    return int(digits)


def _real(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise CardError(CardFault.NUMBER)
    return number


def _sound(data: Any, depth: int) -> Any:  # noqa: ANN401 (JSON)
    if isinstance(data, str):
        return _UNSOUND.sub("\N{REPLACEMENT CHARACTER}", data)
    if not isinstance(data, dict | list):
        return data
    if depth > DEPTH_LIMIT:
        raise CardError(CardFault.TOO_DEEP, most=DEPTH_LIMIT)
    if isinstance(data, list):
        return [_sound(each, depth + 1) for each in data]
    return {_sound(key, depth + 1): _sound(each, depth + 1) for key, each in data.items()}
