"""The format of a server's archive, and files that must not be read."""

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.personas import archives
from bot.personas.archives import Archive, ArchiveError, Fault, PlaceSheet, packed, unpacked

PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
WREN = b"# Ours.\nname: Wren\n"
WHOLE = Archive(
    {"wren": WREN, "marlow-2": b"name: Marlow\r\n"},
    {"wren": PNG},
    {"reef": b"entries: []\n"},
    (
        PlaceSheet(kind="server", id=5, name="Harbour", settings={"language": "Deutsch"}),
        PlaceSheet(kind="channel", id=7, name="tavern", plays=True, persona="wren"),
        PlaceSheet(kind="category", id=8, name="Port", plays=True),
    ),
)
MANIFEST = json.dumps({"dramatis": 1}).encode()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as target:
        for name, content in members:
            target.writestr(zipfile.ZipInfo(name), content, method)
    return made.getvalue()


def refused(content: bytes) -> tuple[Fault, str | int]:
    with pytest.raises(ArchiveError) as found:
        unpacked(content)
    return found.value.fault, found.value.about


def test_what_is_packed_comes_back_byte_for_byte_and_is_the_same_each_time() -> None:
    assert unpacked(packed(WHOLE)) == WHOLE
    assert packed(WHOLE) == packed(WHOLE)
    with zipfile.ZipFile(io.BytesIO(packed(WHOLE))) as file:
        assert file.namelist() == [
            "dramatis.json",
            "personas/marlow-2.yaml",
            "personas/wren.yaml",
            "pictures/wren.png",
            "lore/reef.yaml",
        ]


@pytest.mark.parametrize(
    "name",
    [
        "../personas/wren.yaml",
        "/personas/wren.yaml",
        "personas/../../etc/passwd",
        "personas/wren.yaml/x",
        "personas\\wren.yaml",
        "C:\\personas\\wren.yaml",
        "personas/.wren.yaml",
        "personas/wren.yml",
        "personas/wren.yaml\n",
        "pictures/wren.svg",
        "people.json",
        "lore/reef.json",
        "personas/" + "w" * 65 + ".yaml",
        "personas/" + "\U0001d52b" * 33 + ".yaml",
        "lore/" + "\U0001d52b" * 33 + ".yaml",
    ],
)
def test_names_that_are_none_of_ours_are_refused(name: str) -> None:
    fault, about = refused(zipped(("dramatis.json", MANIFEST), (name, b"x")))
    assert fault is Fault.NAME
    assert str(about).replace("\\", "/") == name.replace("\\", "/")[:100]


def bomb() -> bytes:
    """20 MB of blanks in 20 KB, which say of themselves that they are 5 bytes."""
    content = bytearray(zipped(("dramatis.json", MANIFEST), ("personas/wren.yaml", b" " * 20_000_000)))
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 5)
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(zipped(("dramatis.json", MANIFEST)))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark)
        content[at + offset] |= 1
    return bytes(content)


def damaged() -> bytes:
    content = bytearray(zipped(("dramatis.json", MANIFEST), method=zipfile.ZIP_STORED))
    content[content.index(b'{"dramatis"') + 2] ^= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: b"", (Fault.ZIP, "")),
        (lambda: b"PK\x03\x04" + bytes(100), (Fault.ZIP, "")),
        (lambda: packed(WHOLE)[:-40], (Fault.ZIP, "")),
        (damaged, (Fault.ZIP, "")),
        (encrypted, (Fault.ENCRYPTED, "dramatis.json")),
        (
            lambda: zipped(("dramatis.json", MANIFEST), method=zipfile.ZIP_LZMA),
            (Fault.ZIP, ""),
        ),
        (lambda: bytes(archives.SIZE_LIMIT + 1), (Fault.SIZE, 10)),
        (lambda: zipped(*((f"personas/p{n}.yaml", b"") for n in range(501))), (Fault.MEMBERS, 500)),
        (
            lambda: zipped(("dramatis.json", MANIFEST), ("personas/a.yaml", b""), ("personas/A.yaml", b"")),
            (Fault.TWICE, "personas/A.yaml"),
        ),
        (
            lambda: zipped(("dramatis.json", MANIFEST), ("personas/a.yaml", b" " * 20_000_000)),
            (Fault.UNPACKED, "personas/a.yaml"),
        ),
        (
            lambda: zipped(
                ("dramatis.json", MANIFEST), *((f"pictures/p{n}.png", bytes(7_900_000)) for n in range(9))
            ),
            (Fault.UNPACKED, "pictures/p8.png"),
        ),
        (lambda: zipped(("personas/wren.yaml", WREN)), (Fault.NONE, "")),
        (lambda: zipped(("dramatis.json", b"[" * 900_000)), (Fault.MANIFEST, "")),
        (lambda: zipped(("dramatis.json", b'{"dramatis": 2}')), (Fault.MANIFEST, "dramatis")),
        (
            lambda: zipped(("dramatis.json", b'{"dramatis": 1, "places": [{"kind": "host", "id": 1}]}')),
            (Fault.MANIFEST, "places.0.kind"),
        ),
    ],
)
def test_files_that_must_not_be_read_are_refused(
    made: Callable[[], bytes], expected: tuple[Fault, str | int]
) -> None:
    assert refused(made()) == expected


def test_a_bomb_that_lies_about_its_size_takes_little_memory() -> None:
    content = bomb()
    tracemalloc.start()
    try:
        assert refused(content)[0] in {Fault.UNPACKED, Fault.ZIP}
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_broken_archive_is_refused_or_read_and_never_more(data: st.DataObject) -> None:
    content = bytearray(packed(WHOLE))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = unpacked(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except ArchiveError:
        return
    assert set(found.personas) <= set(WHOLE.personas) or found.personas


@pytest.mark.parametrize(("name", "offset"), [(b"dramatis.json", 2**62), (b"dramatis.json", 2**63), (b"", 0)])
def test_a_directory_that_leads_beyond_the_file_or_has_no_names_is_refused(name: bytes, offset: int) -> None:
    extra = struct.pack("<HHQ", 1, 8, offset)
    about = (45, 3, 45, 0, 0, 0, 0, 0, 0, 5, 5, len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF)
    entry = struct.pack("<4s4B4H3L5H2L", b"PK\1\2", *about) + name + extra
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, len(entry), 0, 0)
    assert refused(entry + end)[0] is Fault.ZIP
