"""Server-sent events, taken out of a body as it comes.

Law: no I/O. The format is that of HTML's section "Server-sent events"; of its fields only `data` counts here.
"""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Events:
    """The events of one body; what it may begin with, a byte order mark, is the caller's."""

    def __init__(self) -> None:
        """Begin a body."""
        self._held = b""  # a carriage return at the end, which may be half of a line's end
        self._line: list[bytes] = []
        self._data: list[bytes] = []

    def take(self, piece: bytes) -> list[str]:
        """Return the data of the events that a further piece completes."""
        piece, self._held = self._held + piece, b""
        if piece.endswith(b"\r"):
            piece, self._held = piece[:-1], b"\r"
        if b"\r" in piece:
            piece = piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        rest, *others = piece.split(b"\n")
        found = []
        for begun in others:
            self._line.append(rest)
            line, self._line, rest = b"".join(self._line), [], begun
            if line:
                self._field(line)
            elif self._data:
                # Not before here: a character may be cut in two by the pieces, but not by lines.
                found.append(b"\n".join(self._data).decode("utf-8", "replace"))
                self._data.clear()
        self._line.append(rest)
        return found

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        if name == b"data":
            self._data.append(value.removeprefix(b" "))
