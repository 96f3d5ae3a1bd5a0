"""Cards in archives: CHARX, and a JPEG with such an archive behind it.

Law: nothing is unpacked but the card and its picture, both into memory and bounded; an archive with a
name that leads out of a folder is refused, though nothing would be written there.
"""

import re
import zipfile
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final

from bot.files.zips import DAMAGED, entries_in
from bot.personas.cards.bounded import TEXT_LIMIT
from bot.personas.cards.errors import CardError, CardFault

CARD_FILE: Final = "card.json"

ENTRIES_LIMIT: Final = 5_000
"""Files of an archive."""

_ENCRYPTED: Final = 0x1
"""The bit of an entry's flags that says it is encrypted (APPNOTE.TXT, 4.4.4)."""


class Archive:
    """An archive in memory."""

    def __init__(self, content: bytes) -> None:
        """Open an archive.

        Raises:
            CardError: it is damaged or encrypted, has too many files, or names that lead out of a folder.
        """
        if entries_in(content) > ENTRIES_LIMIT:
            raise CardError(CardFault.TOO_MANY)
        try:
            self._zip = zipfile.ZipFile(BytesIO(content))
            entries = self._zip.infolist()
            self.start = min((entry.header_offset for entry in entries), default=0)
        except DAMAGED:
            raise CardError(CardFault.ARCHIVE) from None
        if any(not _stays_inside(entry.filename) for entry in entries):
            raise CardError(CardFault.PATHS)
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise CardError(CardFault.LOCKED)
        self._entries = {entry.filename: entry for entry in entries}
        self.files = sum(not entry.filename.endswith("/") for entry in entries)

    def card(self) -> bytes:
        """Return the card's JSON.

        Raises:
            CardError: there is none, or it is damaged or too large.
        """
        found = self.file(CARD_FILE, TEXT_LIMIT)
        if found is None:
            raise CardError(CardFault.NO_CARD_FILE)
        return found

    def file(self, path: str, limit: int) -> bytes | None:
        """Return a file of at most `limit` bytes; None if there is none at this path.

        Raises:
            CardError: it is damaged, too large, or packed in an unusual way.
        """
        entry = self._entries.get(path)
        if entry is None:
            return None
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise CardError(CardFault.ARCHIVE)
        try:
            with self._zip.open(entry) as file:
                found = file.read(limit + 1)
        except DAMAGED:
            raise CardError(CardFault.ARCHIVE) from None
        if len(found) > limit:
            raise CardError(CardFault.INFLATES, most=limit // 2**20)
        return found


def has_archive(content: bytes) -> bool:
    """Return whether a file ends with an archive."""
    try:
        return zipfile.is_zipfile(BytesIO(content))
    except DAMAGED:
        return False


def _stays_inside(name: str) -> bool:
    """Return whether a name of an archive is one of a folder below it."""
    if "\\" in name or "\0" in name or re.match(r"[A-Za-z]:", name):
        return False
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts
