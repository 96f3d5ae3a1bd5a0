"""The journal's frames, read as SQLite reads them, to notice what SQLite passes over in silence.

Law: nothing is written. SQLite takes the journal (`-wal`) to end at the first frame whose checksum is
wrong, because a power cut leaves such an end. Overwritten bytes look the same to it, and every change after
them would be gone without a word. What follows tells the two apart: each commit is on the medium before the
next one begins (FULL), so beyond a cut there is at most one. Damage to the newest commit can't be told from
a cut.

The format is https://www.sqlite.org/fileformat2.html#walformat.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_HEADER: Final = struct.Struct(">8I")
"""Magic number, version, page size, checkpoint, two salts, two checksums."""

_FRAME: Final = struct.Struct(">6I")
"""Page number, size of the database after a commit (else 0), two salts, two checksums."""

_MAGIC: Final = 0x377F0682
"""With checksums of little-endian words; the next number has big-endian ones."""

_TORN: Final = 1
"""Commits that a power cut can leave beyond the point where the journal ends."""

Sums = tuple[int, int]


def journal_of(path: Path) -> Path:
    """Return the journal's path of a database."""
    return path.with_name(f"{path.name}-wal")


def rollback_journal_of(path: Path) -> Path:
    """Return the path of the journal that SQLite keeps of a database that is not in WAL mode.

    A new or restored one is not until its migrations are done. What was cut off within a transaction is
    undone from it by the next process that opens the file and may write.
    """
    return path.with_name(f"{path.name}-journal")


def damage(path: Path) -> str:
    """Return what is wrong with the journal of a database that nobody writes to; empty if nothing is.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with journal_of(path).open("rb") as journal:
            return _damage(journal)
    except FileNotFoundError:
        return ""


def _damage(journal: BinaryIO) -> str:
    start = journal.read(_HEADER.size)
    if not start.strip(b"\0"):  # empty, or never on the medium
        return "" if not journal.read().strip(b"\0") else "its header is gone"
    if len(start) < _HEADER.size:
        return ""
    magic, _, page, _, *salts, first, second = _HEADER.unpack(start)
    order = ">" if magic & 1 else "<"
    if magic & ~1 != _MAGIC or _sums((0, 0), start[:24], order) != (first, second):
        return "its header is damaged"
    valid, lost = 0, 0
    for frame, whole, ends in _frames(journal, page, order, tuple(salts), (first, second)):
        if whole:
            valid = frame
        elif ends:
            lost += 1
    return f"{lost} changes after its frame {valid} can't be read" if lost > _TORN else ""


def _frames(
    journal: BinaryIO, page: int, order: str, salts: tuple[int, ...], sums: Sums
) -> Iterator[tuple[int, bool, bool]]:
    """Yield each frame's number, whether it and all before it are whole, and whether it ends a commit."""
    frame, whole = 0, True
    while len(read := journal.read(_FRAME.size + page)) == _FRAME.size + page:
        number, commits, *theirs, first, second = _FRAME.unpack_from(read)
        ours = tuple(theirs) == salts
        if whole:
            sums = _sums(_sums(sums, read[:8], order), read[_FRAME.size :], order)
            whole = ours and number > 0 and sums == (first, second)
        frame += 1
        # What has other salts was left from an earlier run of the journal.
        yield frame, whole, ours and commits > 0


def _sums(sums: Sums, words: bytes, order: str) -> Sums:
    """Return the checksums of more words, whose number is even."""
    first, second = sums
    for one, other in struct.iter_unpack(f"{order}2I", words):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second
