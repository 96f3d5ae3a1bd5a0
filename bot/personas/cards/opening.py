"""What a file is, by its bytes, and the card in it as JSON.

Law: the name of a file says nothing; its first bytes do. What is no card is refused with the way out.
Nothing that a card names elsewhere is fetched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

from pydantic import ValidationError

from bot.core.cards.card import is_card
from bot.core.cards.report import Finding, Kind, Told
from bot.core.cards.webui import card_of_character, is_character
from bot.core.persona import PersonaSheet
from bot.files import yamlfile
from bot.files.problems import YamlError
from bot.personas.cards import png
from bot.personas.cards.archive import Archive, has_archive
from bot.personas.cards.bounded import FILE_LIMIT, decoded, parsed
from bot.personas.cards.errors import CardError, CardFault

_ZIP: Final = b"PK\x03\x04"
_JPEG: Final = b"\xff\xd8\xff"

LOREBOOK: Final = "lorebook_v3"
"""The `spec` of a lorebook in a file of its own (SPEC_V3.md)."""

_PICTURES: Final[Sequence[tuple[bytes, int, str]]] = (
    (b"GIF8", 0, "GIF"),
    (b"ftypavif", 4, "AVIF"),
    (b"ftypheic", 4, "HEIC"),
    (b"BM", 0, "BMP"),
    (b"II*\0", 0, "TIFF"),
    (b"MM\0*", 0, "TIFF"),
)
"""Pictures that hold no card: their first bytes, where these stand, and what people call them."""


def _nothing(_: str) -> bytes | None:
    return None


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that holds a card.

    Attributes:
        raw: the card's JSON.
        picture: the file itself as a picture, without the card; None if it is none.
        asset: returns another file in it by its path; None if there is none.
        files: how many other files are in it.
        findings: what there is to tell.
    """

    raw: Mapping[str, Any]
    picture: bytes | None = None
    asset: Callable[[str], bytes | None] = _nothing
    files: int = 0
    findings: tuple[Finding, ...] = ()


def opened(content: bytes, file_name: str) -> Opened:
    """Return the card in a file.

    Raises:
        CardError: it holds none, or may not be read.
    """
    if len(content) > FILE_LIMIT:
        raise CardError(CardFault.TOO_BIG, most=FILE_LIMIT // 2**20)
    if not content.strip(b"\0 \t\r\n"):
        raise CardError(CardFault.EMPTY)
    if content.startswith(png.SIGNATURE):
        return _png(content)
    if content.startswith(_JPEG):
        return _jpeg(content)
    if content.startswith(_ZIP):
        return _archive(content, None)
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        raise CardError(CardFault.WEBP)
    for start, at, name in _PICTURES:
        if content.startswith(start, at):
            raise CardError(CardFault.OTHER_PICTURE, kind=name)
    return _text(content, file_name)


def _png(content: bytes) -> Opened:
    found = png.read_png(content)
    if not found.cards:
        raise CardError(CardFault.PICTURE_ONLY, kind="PNG")
    findings: tuple[Finding, ...] = ()
    try:
        raw = _card(parsed(decoded(found.cards[0])))
    except CardError:
        if len(found.cards) == 1:
            raise
        raw = _card(parsed(decoded(found.cards[1])))
        findings = (Finding(Kind.WARNING, Told.DAMAGED_COPY),)
    return Opened(raw, found.picture, lambda path: png.asset(found, path), len(found.assets), findings)


def _jpeg(content: bytes) -> Opened:
    if not has_archive(content):
        raise CardError(CardFault.PICTURE_ONLY, kind="JPEG")
    return _archive(content, content)


def _archive(content: bytes, before: bytes | None) -> Opened:
    """Return the card of an archive, which may begin behind a picture."""
    archive = Archive(content)
    picture = None if before is None else before[: archive.start]
    raw = _card(parsed(archive.card()))
    return Opened(raw, picture, lambda path: archive.file(path, FILE_LIMIT), archive.files - 1)


def _text(content: bytes, file_name: str) -> Opened:
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start in {b"{", b"["}:
        return _data(parsed(content))
    if b"\0" in content:
        raise CardError(CardFault.OTHER_FILE)
    try:
        return _data(yamlfile.read(content, file_name).data)
    except YamlError as error:
        if PurePath(file_name).suffix.lower() not in {".yaml", ".yml"}:
            raise CardError(CardFault.OTHER_FILE) from None
        raise CardError(CardFault.YAML, problem=error.problems[0].placed) from None


def _data(data: object) -> Opened:
    """Return the card that data is, a character of another program too."""
    if isinstance(data, dict) and is_character(data):
        raw, findings = card_of_character(data)
        return Opened(raw, findings=findings)
    return Opened(_card(data))


def _card(raw: object) -> Mapping[str, Any]:
    if isinstance(raw, dict) and is_card(raw):
        return raw
    if isinstance(raw, dict) and ("entries" in raw or raw.get("spec") == LOREBOOK):
        raise CardError(CardFault.LOREBOOK)
    try:
        PersonaSheet.model_validate(raw)
    except ValidationError:
        raise CardError(CardFault.NOT_A_CARD) from None
    raise CardError(CardFault.PERSONA)
