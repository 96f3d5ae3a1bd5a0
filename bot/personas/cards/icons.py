"""The picture of a card: which of its icons, and whether Discord shows it.

Law: a picture comes out of the card's own file or nowhere; no address is asked. It is judged by its first
bytes.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.core.cards.report import Finding, Kind, Told
from bot.personas.cards import png
from bot.personas.cards.errors import CardError
from bot.personas.cards.opening import Opened

DATA_LIMIT: Final = 2048
"""Characters of a file that is written into a card as an address (`data:`) up to which it is kept."""

DEFAULT: Final = "ccdefault:"
"""The address of the file itself (SPEC_V3.md, `assets`)."""

ICON: Final[Mapping[str, str]] = {"type": "icon", "uri": DEFAULT, "name": "main", "ext": "png"}
"""What a card's `assets` are if it has none."""

_INSIDE: Final = ("embeded://", "embedded://", "__asset:")
"""Addresses of what is in the same file; the first one is the specification's spelling."""

_ENDINGS: Final[Sequence[tuple[bytes, int, str]]] = (
    (png.SIGNATURE, 0, ".png"),
    (b"\xff\xd8\xff", 0, ".jpg"),
    (b"GIF8", 0, ".gif"),
    (b"WEBP", 8, ".webp"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, and the ending of its file."""

    content: bytes
    ending: str


def icon_of(opened: Opened, assets: object) -> tuple[Picture | None, tuple[Finding, ...]]:
    """Return the main icon of a card, or else its file's own picture; and what there is to tell."""
    findings: list[Finding] = []
    for content in _candidates(opened, assets, findings):
        picture = picture_in(content)
        if picture is None:
            findings.append(Finding(Kind.WARNING, Told.PICTURE_ODD))
            continue
        findings.append(Finding(Kind.KEPT, Told.PICTURE, "avatar"))
        return picture, tuple(findings)
    return None, tuple(findings)


def _candidates(opened: Opened, assets: object, findings: list[Finding]) -> Iterator[bytes]:
    main = _main_icon(assets if isinstance(assets, list) else ())
    uri = main["uri"].strip() if main else DEFAULT
    if uri.lower().startswith(("http://", "https://")):
        findings.append(Finding(Kind.IGNORED, Told.REMOTE, facts={"address": uri}))
    elif uri.lower().startswith("data:"):
        if content := _written(uri):
            yield content
    else:
        for start in _INSIDE:
            if uri.startswith(start) and (content := opened.asset(uri.removeprefix(start))):
                yield content
    if opened.picture is not None:
        yield opened.picture


def _main_icon(assets: Sequence[Any]) -> Mapping[str, Any] | None:
    """Return the icon named main, or else the first one."""
    icons = [
        each
        for each in assets
        if isinstance(each, dict) and each.get("type") == "icon" and isinstance(each.get("uri"), str)
    ]
    return next((each for each in icons if each.get("name") == "main"), icons[0] if icons else None)


def _written(uri: str) -> bytes | None:
    """Return the file that is written into an address; None if it isn't in base64."""
    head, _, coded = uri.partition(",")
    try:
        return base64.b64decode(coded, validate=True) if head.lower().endswith(";base64") else None
    except (binascii.Error, ValueError):
        return None


def picture_in(content: bytes) -> Picture | None:
    """Return a picture without a card in it; None if it is none that Discord shows."""
    for start, at, ending in _ENDINGS:
        if not content.startswith(start, at):
            continue
        if ending != ".png":
            return Picture(content, ending)
        try:
            return Picture(png.read_png(content).picture, ending)
        except CardError:
            return None
    return None


def address(picture: Picture) -> str:
    """Return a picture written as an address."""
    kind = {".jpg": "jpeg"}.get(picture.ending, picture.ending.removeprefix("."))
    return f"data:image/{kind};base64,{base64.b64encode(picture.content).decode()}"


def without_files(assets: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], int]:
    """Return a card's assets without large files written into their addresses, and how many these are.

    The main icon is the persona's picture afterwards, so its address becomes that of the file itself.
    """
    main = _main_icon(assets)
    kept: list[Mapping[str, Any]] = []
    for each in assets:
        uri = each.get("uri")
        if not isinstance(uri, str) or not uri.lower().startswith("data:"):
            kept.append(each)
        elif each is main and (content := _written(uri)) and picture_in(content):
            kept.append({**each, "uri": DEFAULT})
        elif len(uri) <= DATA_LIMIT:
            kept.append(each)
    return kept, len(assets) - len(kept)
