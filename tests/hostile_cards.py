"""Files that were made to do harm when they are read as cards: each with the fault that refuses it, or None if it may be read."""

import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO

from tests.cards import (
    END,
    HEADER,
    SIGNATURE,
    V1,
    as_json,
    charx,
    chunk,
    coded,
    png,
    text_chunk,
    v2,
    v3,
)

MIB = 1024 * 1024


@cache
def bomb(size: int) -> bytes:
    """Zeros, packed by zlib as tightly as it can."""
    packing = zlib.compressobj(9)
    piece = bytes(MIB)
    return b"".join([*(packing.compress(piece) for _ in range(size // MIB)), packing.flush()])


def _raw_archive(
    name: str, packed: bytes, size: int, *, kind: int = zipfile.ZIP_DEFLATED, flags: int = 0
) -> bytes:
    """An archive of one file whose head says what it likes."""
    head = struct.pack("<HHHHHIIIHH", 20, flags, kind, 0, 0, 0, len(packed), size, len(name), 0)
    local = b"PK\x03\x04" + head + name.encode() + packed
    central = (
        b"PK\x01\x02" + struct.pack("<H", 20) + head + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name.encode()
    )
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


@cache
def _deflated(size: int) -> bytes:
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = b" " * MIB
    return b"".join([*(packing.compress(piece) for _ in range(size // MIB)), packing.flush()])


def _many_files(count: int) -> bytes:
    into = BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}", b"")
    return into.getvalue()


def _deep(levels: int) -> bytes:
    return b'{"name": "Ada", "first_mes": "", "first_mes": "", "x": ' + b"[" * levels + b"]" * levels + b"}"


def _wrong_sum(content: bytes) -> bytes:
    at = content.index(b"tEXt") + 20
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


LAUGHS = "\n".join(
    [
        "a0: &a0 [ha, ha]",
        *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 60)),
        "name: x",
        "context: y",
    ]
)


def hostile() -> Iterator[tuple[str, str, bytes, str | None]]:
    """Yield a name, a file's name, its bytes, and the fault; None where it is read after all."""
    good = png(text_chunk("chara", coded(v2())))
    yield "nothing", "x.png", b"", "empty"
    yield "zeros", "x.json", bytes(1000), "empty"
    yield "noise", "x.json", bytes(range(256)) * 40, "other_file"
    for cut in (8, 20, len(good) // 2, len(good) - 13, len(good) - 1):
        yield f"a PNG cut at {cut}", "x.png", good[:cut], "torn"
    yield "a PNG with a wrong sum", "x.png", _wrong_sum(good), "wrong_sum"
    yield (
        "a chunk longer than its file",
        "x.png",
        SIGNATURE + HEADER + struct.pack(">I", 2**32 - 1) + b"tEXt",
        "torn",
    )
    yield (
        "a PNG of a million chunks",
        "x.png",
        SIGNATURE + HEADER + chunk(b"tEXt", b"") * 800_000 + END,
        "torn",
    )
    yield "no pixels, no card", "x.png", SIGNATURE + HEADER + END, "picture_only"
    yield "10 MB in 10 KB", "x.png", png(chunk(b"zTXt", b"chara\0\0" + bomb(10 * MIB))), "inflates"
    yield "100 MB in 100 KB", "x.png", png(chunk(b"zTXt", b"ccv3\0\0" + bomb(100 * MIB))), "inflates"
    yield "a bomb in iTXt", "x.png", png(chunk(b"iTXt", b"chara\0\1\0\0\0" + bomb(100 * MIB))), "inflates"
    yield (
        "zlib that ends early",
        "x.png",
        png(chunk(b"zTXt", b"chara\0\0" + zlib.compress(coded(v2()))[:-20])),
        "torn",
    )
    yield "no zlib", "x.png", png(chunk(b"zTXt", b"chara\0\0" + b"\xff" * 90)), "torn"
    yield "no base64", "x.png", png(text_chunk("chara", b"!!!!")), "coding"
    yield "base64 of noise", "x.png", png(text_chunk("chara", b"/////w==")), "coding"
    yield "base64 of half JSON", "x.png", png(text_chunk("chara", coded(v2())[:100])), "not_json"
    yield "an iTXt without its parts", "x.png", png(chunk(b"iTXt", b"chara\0")), "not_json"
    yield "a zip bomb", "x.charx", _raw_archive("card.json", _deflated(64 * MIB), 64 * MIB), "inflates"
    yield "a zip bomb that lies", "x.charx", _raw_archive("card.json", _deflated(64 * MIB), 10), "archive"
    yield "a bomb as icon", "x.charx", charx({"card.json": as_json(v3(assets=[{"type": "icon", "uri": "embeded://i", "name": "main", "ext": "png"}])), "i": bytes(16 * MIB)}), "inflates"  # fmt: skip
    yield "6,000 files", "x.charx", _many_files(6_000), "too_many"
    for name in ("../card.json", "/etc/passwd", "a/../../b", "..\\b", "C:\\b", "C:b"):
        yield f"the name {name}", "x.charx", charx({"card.json": as_json(V1), name: b"x"}), "paths"
    yield "a file without a name", "x.charx", _raw_archive("", b"", 0), "no_card_file"
    yield "an encrypted archive", "x.charx", _raw_archive("card.json", b"x", 1, flags=1), "locked"
    yield (
        "an unusual packing",
        "x.charx",
        charx({"card.json": as_json(V1)}, packing=zipfile.ZIP_LZMA),
        "archive",
    )
    yield "an archive cut short", "x.charx", charx({"card.json": as_json(V1)})[:-30], "archive"
    yield "an archive without a card", "x.charx", charx({"data.json": as_json(V1)}), "no_card_file"
    yield "JSON 100,000 deep", "x.json", _deep(100_000), "too_deep"
    yield "JSON 5,000,000 deep", "x.json", b"[" * 5_000_000, "too_many"
    yield "JSON 18 deep", "x.json", _deep(18), "too_deep"
    yield "a million lists", "x.json", b'{"name": [' + b"[]," * 1_000_000 + b"[]]}", "too_many"
    yield (
        "a number of a million digits",
        "x.json",
        b'{"name": "Ada", "first_mes": "", "x": ' + b"9" * 1_000_000 + b"}",
        "number",
    )
    yield "a number beyond all", "x.json", b'{"name": "Ada", "first_mes": "", "x": 1e999}', "number"
    yield "half a pair", "x.json", b'{"name": "Ada", "first_mes": "\\ud83d\\u0000"}', None
    yield "not a number", "x.json", b'{"name": "Ada", "first_mes": "", "x": NaN}', None
    yield "half JSON", "x.json", as_json(v2())[:200], "not_json"
    yield "no UTF-8", "x.json", '{"name": "Adä"}'.encode("latin-1"), "coding"
    yield "aliases that multiply", "x.yaml", LAUGHS.encode(), "yaml"
    yield "YAML 10,000 deep", "x.yaml", b"name: x\ncontext: " + b"[" * 10_000, "yaml"
    yield "YAML of 8 MiB", "x.yaml", b"name: x\ncontext: y\n" + b"# z\n" * (2 * MIB), "yaml"
    yield "YAML with a tag", "x.yaml", b"name: !!python/object/apply:os.system [id]\ncontext: y", "yaml"
    yield "text beyond a persona's file", "x.json", as_json(v2(description="word " * 60_000)), "too_long"
    yield "a name of a megabyte", "x.json", as_json(v2(name="x" * MIB)), "too_long"
    yield "a file beyond the limit", "x.json", b'{"name": "' + b"x" * (10 * MIB), "too_big"
    yield from _slow()


def _slow() -> Iterator[tuple[str, str, bytes, str | None]]:
    """Yield texts by which careless patterns take forever."""
    size = 100_000
    for name, text in {
        "you": "you " * (size // 4),
        "adverbs": "you quickly " * (size // 12),
        "blanks": "you" + " " * size,
        "tabs": "\t" * (size // 2) + "x",
        "opened quotes": "“" * (size // 3),
        "guillemets": "«" * (size // 2),
        "quotes": '"' * size,
        "braces": "{" * size,
        "blanks in braces": "{{" + " " * size,
        "users": "{{user}} " * (size // 9),
        "lines": "\n".join([" " * 100 + "{{user}}"] * (size // 110)),
        "stars": "*" * size,
    }.items():
        yield f"a greeting of {name}", "x.json", as_json(v2(first_mes=text)), None
        yield f"examples of {name}", "x.json", as_json(v2(mes_example=text)), None
        yield f"a character of {name}", "x.json", json.dumps({"name": "x", "context": text}).encode(), None
    yield "examples of markers", "x.json", as_json(v2(mes_example="<START>" * (size // 7))), None
    yield (
        "examples of labels",
        "x.json",
        as_json(v2(mes_example="{{char}}:\n{{user}}:\n" * (size // 20))),
        None,
    )
    yield "80,000 tags", "x.json", as_json(v2(tags=["a"] * 80_000)), "too_long"
