"""A disk that forgets in a power cut what was never synchronised, below a real SQLite (by `apsw`).

The file system below is real; each write, truncation and synchronisation is noted. From the notes up to any moment follows
what the disk may hold after a cut then: all that was synchronised, and of the rest any part, each write torn between
sectors. That is what POSIX promises of `fsync`, and no more.

apsw has an SQLite of its own; the file's format is the same.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

import apsw

SECTOR: Final = 512
"""Bytes that a disk writes whole or not at all."""


@dataclass(frozen=True, slots=True)
class Write:
    file: str
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    file: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    file: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit has returned: from now on people rely on it."""

    number: int


Note = Write | Truncate | Sync | Commit


class Disk(apsw.VFS):
    """A file system that takes notes; SQLite uses it by `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "")
        self.name = name
        self.notes: list[Note] = []

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "File":  # noqa: N802
        return File(name, flags, self.notes)


class File(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], notes: list[Note]) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name if path else ""
        self._notes = notes

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        super().xWrite(data, offset)
        self._notes.append(Write(self._name, offset, bytes(data)))

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._notes.append(Truncate(self._name, size))

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._notes.append(Sync(self._name))


def after_cut(before: dict[str, bytes], notes: Iterable[Note], dice: random.Random) -> dict[str, bytes]:
    """Return what the files may hold if the power was cut after these notes; `before` is what they held at first."""
    safe = defaultdict(bytearray, {name: bytearray(held) for name, held in before.items()})
    pending: dict[str, list[Write | Truncate]] = defaultdict(list)
    for note in notes:
        match note:
            case Sync(file):
                for each in pending.pop(file, []):
                    _apply(safe[file], each)
            case Write(file) | Truncate(file):
                pending[file].append(note)
    for file, left in pending.items():
        share = dice.choice((0.0, 0.5, 1.0))
        for each in left:
            for part in _parts(each):
                if dice.random() < share:
                    _apply(safe[file], part)
    return {name: bytes(held) for name, held in safe.items()}


def _parts(note: Write | Truncate) -> list[Write | Truncate]:
    if isinstance(note, Truncate):
        return [note]
    edges = [0, *range(SECTOR - note.at % SECTOR, len(note.data), SECTOR), len(note.data)]
    return [Write(note.file, note.at + a, note.data[a:b]) for a, b in pairwise(edges)]


def _apply(held: bytearray, note: Write | Truncate) -> None:
    if isinstance(note, Truncate):
        del held[note.size :]
        return
    held.extend(bytes(max(0, note.at - len(held))))
    held[note.at : note.at + len(note.data)] = note.data
