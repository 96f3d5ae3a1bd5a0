"""Text that a server tears between two deltas within a character, joined again.

Law: pure. What comes out can be stored and sent: a half that stays alone is U+FFFD. A gateway in JavaScript
cuts a surrogate pair into two escapes; one that hands on a model's byte tokens cuts UTF-8, and the bytes come
as Python's `surrogateescape` writes them (see `Escaper`).
"""

import codecs
import re
from typing import Final

_BYTES: Final = re.compile(r"(?<![\ud800-\udbff])[\udc80-\udcff]+")
"""Bytes that are no UTF-8 by themselves; the second half of a pair looks the same."""

_OPEN: Final = re.compile(
    r"[\ud800-\udbff]\Z"
    r"|(?<![\ud800-\udbff])(?:"
    r"[\udcc2-\udcdf]|[\udce0-\udcef][\udc80-\udcbf]?|[\udcf0-\udcf4][\udc80-\udcbf]{0,2}"
    r"|\udced[\udca0-\udcaf][\udc80-\udcbf](?:\udced[\udcb0-\udcbf]?)?"  # CESU-8
    r")\Z"
)
"""The beginning of a character at the end of a text; Java writes a surrogate pair as six bytes (CESU-8)."""

_LONGEST: Final = 6
"""Maximum units of such a beginning, and the one before it."""


class Joiner:
    """The text of one answer while it comes in pieces."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, text: str) -> str:
        """Return a piece with what the last one left open, without what it leaves open itself."""
        if not self._held and text.isascii():
            return text
        text = self._held + text
        opened = _OPEN.search(text, max(0, len(text) - _LONGEST))
        end = opened.start() if opened else len(text)
        self._held = text[end:]
        return sound(text[:end])

    def rest(self) -> str:
        """Return what was left open and stays so."""
        held, self._held = self._held, ""
        return sound(held)


def sound(text: str) -> str:
    """Return a text that can be sent and stored, with halves of characters joined or replaced by U+FFFD."""
    if text.isascii():
        return text
    text = _BYTES.sub(_decoded, text)
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Escaper:
    """Bytes that become ASCII escapes where they are no UTF-8, so that the JSON around them can be read."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def escape(self, piece: bytes) -> bytes:
        """Return a piece of an answer; what may go on in the next one is held back until then."""
        return self._decoder.decode(piece).encode("utf-8", "backslashreplace")


def _decoded(run: re.Match[str]) -> str:
    data = run[0].encode("utf-8", "surrogateescape")
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")
