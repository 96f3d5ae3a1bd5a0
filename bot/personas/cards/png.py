"""Cards in PNG and APNG: texts in chunks, read and written.

Law: a picture is a row of chunks, each with its sum; it is read whole or refused, and never decoded. What
is kept of it as a picture has no texts.

The chunks: PNG specification, third edition, 5.3 and 11.3.3. The keywords: `chara` (spec_v1.md and
spec_v2.md), `ccv3` and `chara-ext-asset_:` (SPEC_V3.md).
"""

import base64
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.personas.cards.bounded import TEXT_LIMIT, decoded, inflated
from bot.personas.cards.errors import CardError, CardFault

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"

V3_KEYWORD: Final = "ccv3"
V2_KEYWORD: Final = "chara"
ASSET_KEYWORD: Final = "chara-ext-asset_"

CHUNKS_LIMIT: Final = 20_000
"""Chunks of a picture; programs write them with 8 KiB or more."""

_TEXTS: Final = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_PICTURE: Final = frozenset(
    {
        *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"pHYs"),
        *(b"acTL", b"fcTL", b"fdAT"),
    }
)
"""Chunks that make the picture, and an APNG's animation."""

_HEADER: Final = 13
"""Bytes of IHDR."""


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG.

    Attributes:
        cards: the texts that hold a card, as they stand there, version 3 first.
        assets: other files in it, by name, as base64.
        picture: the picture without its texts.
    """

    cards: tuple[bytes, ...]
    assets: Mapping[str, bytes]
    picture: bytes


def read_png(content: bytes) -> Png:
    """Return what a PNG holds.

    Raises:
        CardError: it is torn or damaged, or unpacks to too much.
    """
    cards: dict[str, bytes] = {}
    assets: dict[str, bytes] = {}
    kept = [SIGNATURE]
    for kind, chunk in _chunks(content):
        if kind in _PICTURE:
            kept.append(chunk)
        elif kind in _TEXTS:
            keyword, _, rest = chunk[8:-4].partition(b"\0")
            name = keyword.decode("latin-1").strip()
            if name.casefold() in {V2_KEYWORD, V3_KEYWORD}:
                cards.setdefault(name.casefold(), _text(kind, rest))
            elif name.casefold().startswith(ASSET_KEYWORD):
                assets.setdefault(name[len(ASSET_KEYWORD) :].removeprefix(":"), _text(kind, rest))
    found = tuple(cards[keyword] for keyword in (V3_KEYWORD, V2_KEYWORD) if keyword in cards)
    return Png(found, assets, b"".join(kept))


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kind of each chunk, and the chunk with its length and sum."""
    at, number, kind = len(SIGNATURE), 0, b""
    while kind != b"IEND":
        if at + 12 > len(content) or number == CHUNKS_LIMIT:
            raise CardError(CardFault.TORN)
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content) or (number == 0) != (kind == b"IHDR") or (number == 0 and length != _HEADER):
            raise CardError(CardFault.TORN)
        (told,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(memoryview(content)[at + 4 : end - 4]) != told:
            raise CardError(CardFault.WRONG_SUM)
        yield kind, content[at:end]
        at, number = end, number + 1


def _text(kind: bytes, rest: bytes) -> bytes:
    """Return a chunk's text after its keyword."""
    if kind == b"tEXt":
        text = rest
    elif kind == b"zTXt":
        text = inflated(rest[1:])
    else:
        # Whether it is packed and how, a language, the keyword in that language, and the text.
        text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
        text = inflated(text) if rest[:1] == b"\1" else text
    if len(text) > TEXT_LIMIT:
        raise CardError(CardFault.INFLATES, most=TEXT_LIMIT // 2**20)
    return text


def with_cards(picture: bytes, cards: Mapping[str, bytes]) -> bytes:
    """Return a PNG that holds cards, by keyword, instead of those it had.

    Raises:
        CardError: the picture is damaged.
    """
    bare = read_png(picture).picture
    texts = [_chunk(b"tEXt", name.encode() + b"\0" + base64.b64encode(card)) for name, card in cards.items()]
    end = len(bare) - 12
    return b"".join([bare[:end], *texts, bare[end:]])


def plain_picture(width: int = 256, height: int = 384, grey: int = 0x6B) -> bytes:
    """Return a PNG in one grey, for a persona without a picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes([grey]) * width for _ in range(height)), 9)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", rows), _chunk(b"IEND", b""))
    return b"".join([SIGNATURE, *parts])


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def asset(png: Png, name: str) -> bytes | None:
    """Return a file that a PNG holds; None if it has none of this name."""
    coded = png.assets.get(name)
    return None if coded is None else decoded(coded)
