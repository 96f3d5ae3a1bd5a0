"""A server's archive: one zip of its personas, their pictures, its lorebooks, settings and what plays where.

Law: nothing in a file is trusted. It is read whole or refused, and nothing of it is written to
a disk: only members with names of ours are read, each up to its limit, whatever the file says of itself.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.core.casts import MOST, PERCENT, CastMember, ordered
from bot.core.pictures import SIZE_LIMIT as PICTURE_LIMIT
from bot.core.pictures import kind_of
from bot.files.zips import DAMAGED, entries_in
from bot.personas.reading import KEY_LIMIT, TEXT_LIMIT, is_own_key

SIZE_LIMIT: Final = 10 * 1024 * 1024
"""Most bytes of an archive: what Discord takes of anybody (its page "Uploading Files")."""

UNPACKED: Final = 64_000_000
"""Most bytes of everything in it."""

MEMBERS: Final = 500
"""Most files in it: a server's personas and their pictures, and as much again."""

MANIFEST: Final = "dramatis.json"
_MANIFEST_LIMIT: Final = 1_000_000
_PLACES: Final = 1_500
"""Channels and categories in it; a server of Discord's has up to 500, and up to 1,000 active threads."""

_MEMBER: Final = re.compile(
    r"(?:personas|lore)/(?P<text>[^/.]+)\.yaml|pictures/(?P<picture>[^/.]+)\.(?:png|jpg|gif|webp)"
)
_LIMITS: Final[Mapping[str, int]] = {
    "personas": TEXT_LIMIT,
    "pictures": PICTURE_LIMIT,
    "lore": 1024 * 1024,
}
"""Folder → most bytes of a file in it; a lorebook's as for one that is uploaded by itself."""

_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED: Final = 1
_PIECE: Final = 1 << 16


class Fault(StrEnum):
    """Why an archive is refused."""

    SIZE = "size"
    ZIP = "zip"  # it is none, or damaged
    MEMBERS = "members"  # too many
    NAME = "name"  # a member is called like nothing of ours
    TWICE = "twice"
    ENCRYPTED = "encrypted"
    UNPACKED = "unpacked"  # unpacked it is too large
    NONE = "none"  # it has no manifest: another program made it
    MANIFEST = "manifest"


class ArchiveError(Exception):
    """An archive that is refused.

    Attributes:
        fault: why.
        about: the member or the limit it is about; empty for none.
    """

    def __init__(self, fault: Fault, about: str | int = "") -> None:
        """Give the reason."""
        super().__init__(fault)
        self.fault = fault
        self.about = about


class _Sheet(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


class MemberSheet(_Sheet):
    """How a persona of a channel's cast plays there."""

    persona: str = Field(max_length=KEY_LIMIT)
    talkativeness: int | None = Field(default=None, ge=0, le=PERCENT)
    muted: bool = False


class PlaceSheet(_Sheet):
    """What is set for a place.

    `plays` says that a persona is set there, or none if `persona` is None; `cast` has all that play in a
    channel, if there are several or anything is set for one.
    """

    kind: Literal["server", "category", "channel"]
    id: int = Field(ge=0, lt=2**63)
    name: str = Field(default="", max_length=100)
    settings: dict[str, str] = Field(default_factory=dict, max_length=50)
    plays: bool = False
    persona: str | None = Field(default=None, max_length=KEY_LIMIT)
    cast: tuple[MemberSheet, ...] = Field(default=(), max_length=MOST, strict=False)

    @property
    def members(self) -> tuple[CastMember, ...]:
        """Who plays there, the lead first."""
        if self.persona is None:
            return ()
        cast = (CastMember(each.persona, each.talkativeness, each.muted) for each in self.cast)
        return ordered(self.persona, cast)[:MOST]


class ManifestSheet(_Sheet):
    """What is in an archive besides files; `dramatis` is the version of the format."""

    dramatis: Literal[1]
    places: tuple[PlaceSheet, ...] = Field(default=(), max_length=_PLACES, strict=False)


@dataclass(frozen=True, slots=True)
class Archive:
    """The content of an archive: texts, pictures and lorebooks by their keys, and what is set where."""

    personas: Mapping[str, bytes] = field(default_factory=dict)
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    books: Mapping[str, bytes] = field(default_factory=dict)
    places: tuple[PlaceSheet, ...] = ()


def packed(archive: Archive) -> bytes:
    """Return an archive as a file; the same content makes the same bytes."""
    manifest = ManifestSheet(dramatis=1, places=archive.places)
    members = {MANIFEST: manifest.model_dump_json(indent=1).encode()}
    members |= {f"personas/{key}.yaml": text for key, text in sorted(archive.personas.items())}
    members |= {
        f"pictures/{key}.{kind_of(file) or 'png'}": file for key, file in sorted(archive.pictures.items())
    }
    members |= {f"lore/{key}.yaml": text for key, text in sorted(archive.books.items())}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return made.getvalue()


def unpacked(content: bytes) -> Archive:
    """Return what is in a file; this takes up to a second.

    Raises:
        ArchiveError: it is no archive, or one that must not be read.
    """
    if len(content) > SIZE_LIMIT:
        raise ArchiveError(Fault.SIZE, SIZE_LIMIT // 1024 // 1024)
    if entries_in(content) > MEMBERS:
        raise ArchiveError(Fault.MEMBERS, MEMBERS)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            return _read(source)
    except DAMAGED as error:
        raise ArchiveError(Fault.ZIP) from error


def _read(source: zipfile.ZipFile) -> Archive:
    left = UNPACKED
    manifest: ManifestSheet | None = None
    kept: dict[str, dict[str, bytes]] = {folder: {} for folder in _LIMITS}
    for info in source.infolist():
        if info.is_dir() and info.filename in {f"{folder}/" for folder in _LIMITS}:
            continue  # a program that packs again adds them
        name = unicodedata.normalize("NFC", info.filename)
        folder, key = _place(name)
        limit = _MANIFEST_LIMIT if name == MANIFEST else _LIMITS.get(folder)
        if limit is None:
            raise ArchiveError(Fault.NAME, info.filename[:100])
        content = _member(source, info, min(limit, left))
        left -= len(content)
        if name == MANIFEST:
            if manifest is not None:
                raise ArchiveError(Fault.TWICE, name)
            manifest = _manifest(content)
            continue
        if key.casefold() in map(str.casefold, kept[folder]):
            raise ArchiveError(Fault.TWICE, name)
        kept[folder][key] = content
    if manifest is None:
        raise ArchiveError(Fault.NONE)
    return Archive(kept["personas"], kept["pictures"], kept["lore"], manifest.places)


def _place(name: str) -> tuple[str, str]:
    """Return the folder and the key that a member's name tells; empty if it is none of ours."""
    found = _MEMBER.fullmatch(name)
    key = (found["text"] or found["picture"]) if found is not None else ""
    return (name.partition("/")[0], key) if is_own_key(key) else ("", "")


def _member(source: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """Return the content of a member of at most `limit` bytes, of which not much more are ever unpacked."""
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveError(Fault.ENCRYPTED, info.filename[:100])
    if info.compress_type not in _METHODS:
        raise ArchiveError(Fault.ZIP)
    pieces: list[bytes] = []
    room = limit
    with source.open(info) as member:
        while piece := member.read(_PIECE):
            room -= len(piece)
            if room < 0:
                raise ArchiveError(Fault.UNPACKED, info.filename[:100])
            pieces.append(piece)
    return b"".join(pieces)


def _manifest(content: bytes) -> ManifestSheet:
    try:
        return ManifestSheet.model_validate_json(content)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise ArchiveError(Fault.MANIFEST, where[:100]) from error
