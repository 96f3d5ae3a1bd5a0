"""Pictures that people send for personas: which kinds there are, and for how long Discord's addresses work.

Law: pure. A file is what its first bytes say, whatever it is called.
"""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

SIZE_LIMIT: Final = 8_000_000
"""Most bytes of a picture: it has to fit one message, for which Discord takes ten million."""

_KINDS: Final = (
    ("png", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("jpg", re.compile(rb"\xff\xd8\xff")),
    ("gif", re.compile(rb"GIF8[79]a")),
    ("webp", re.compile(rb"RIFF.{4}WEBP", re.DOTALL)),
)


def kind_of(content: bytes) -> str | None:
    """Return the ending for a picture that Discord shows: png, jpg, gif or webp; None for others."""
    return next((kind for kind, begins in _KINDS if begins.match(content)), None)


def expires_at(address: str) -> float | None:
    """Return when an attachment's address stops working, in seconds since 1970; None if it does not say.

    Discord's reference, "Signed Attachment CDN URLs": `ex` is the time in hexadecimal digits.
    """
    (found,) = parse_qs(urlsplit(address).query).get("ex", [""])[:1]
    try:
        return float(int(found, 16))
    except ValueError:
        return None
