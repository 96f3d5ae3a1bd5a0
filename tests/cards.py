"""Character cards as other programs write them: each container built byte by byte, after its specification."""

import base64
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

V1: dict[str, Any] = {
    "name": "Ada",
    "description": "An engineer of the first machines.",
    "personality": "Dry.",
    "scenario": "A workshop at night.",
    "first_mes": "Hello. Mind the wheels.",
    "mes_example": "<START>\n{{user}}: What is it?\n{{char}}: A loom that counts.",
}
"""The six texts of version 1."""

V2_DATA: dict[str, Any] = {
    **V1,
    "creator_notes": "<b>For evenings.</b>",
    "system_prompt": "Write as a play.",
    "post_history_instructions": "Keep to the year 1843.",
    "alternate_greetings": ["You are late.", "Sit."],
    "tags": ["history", "machines"],
    "creator": "somebody",
    "character_version": "1.2",
    "extensions": {"talkativeness": "0.5", "fav": False, "agnai/voice": {"service": None}},
}

V3_DATA: dict[str, Any] = {
    **V2_DATA,
    "nickname": "Countess",
    "group_only_greetings": ["So many of you."],
    "creator_notes_multilingual": {"de": "Für Abende."},
    "source": ["https://example.com/ada"],
    "creation_date": 1720000000,
    "modification_date": 1720000000123,
    "assets": [
        {"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"},
        {"type": "background", "uri": "https://example.com/b.png", "name": "room", "ext": "png"},
    ],
}


def v2(**fields: Any) -> dict[str, Any]:
    """A card of version 2, with other fields or values."""
    return {"spec": "chara_card_v2", "spec_version": "2.0", "data": {**V2_DATA, **fields}}


def v3(**fields: Any) -> dict[str, Any]:
    """A card of version 3, with other fields or values."""
    return {"spec": "chara_card_v3", "spec_version": "3.0", "data": {**V3_DATA, **fields}}


def as_json(card: object) -> bytes:
    return json.dumps(card, ensure_ascii=False).encode()


def coded(card: object) -> bytes:
    """A card as chunks hold it: JSON in UTF-8 in base64."""
    return base64.b64encode(as_json(card))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_chunk(keyword: str, text: bytes) -> bytes:
    return chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text)


def packed_chunk(keyword: str, text: bytes) -> bytes:
    return chunk(b"zTXt", keyword.encode("latin-1") + b"\0\0" + zlib.compress(text, 9))


def international_chunk(keyword: str, text: bytes, *, packed: bool = False) -> bytes:
    body = zlib.compress(text) if packed else text
    return chunk(b"iTXt", keyword.encode("latin-1") + b"\0" + bytes([packed]) + b"\0en\0Karte\0" + body)


SIGNATURE = b"\x89PNG\r\n\x1a\n"
HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 2, 0, 0, 0))
PIXELS = chunk(b"IDAT", zlib.compress(b"\0\xff\0\0\0\xff\0" * 2))
END = chunk(b"IEND", b"")
PICTURE = SIGNATURE + HEADER + PIXELS + END
"""A whole picture of four pixels, without any text."""

ANIMATION = chunk(b"acTL", struct.pack(">II", 2, 0))


def png(*chunks: bytes, behind: bool = False) -> bytes:
    """A PNG with chunks before or behind its pixels."""
    texts = b"".join(chunks)
    return SIGNATURE + HEADER + (PIXELS + texts if behind else texts + PIXELS) + END


JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0" + b"\x12" * 40 + b"\xff\xd9"
"""The beginning and end of a JPEG."""


def charx(files: Mapping[str, bytes], *, packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive with these files."""
    into = BytesIO()
    with zipfile.ZipFile(into, "w", packing) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, packing)
    return into.getvalue()
