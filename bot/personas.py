"""The cast: a folder of YAML, one file a persona, the file's name its key.

Law: a bad file never takes another down; it is a problem with its place, and its persona is
not there. A `Personas` does not change once it is read.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.core.persona import Persona, PersonaSheet
from bot.yamlfile import (
    Document,
    KeyPath,
    Problem,
    Spot,
    YamlError,
    problem,
    problems_of,
    read_file,
    short,
)

ENDINGS: Final = frozenset({".yaml", ".yml"})

PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
"""What Discord takes for an avatar or an emoji."""

SAMPLES_ADVISED: Final = 3
"""MiniMax advises one to three example exchanges; more make M2-her repeat them."""

_KEY = re.compile(r"\w[\w-]{0,63}")
_REFUSED_WORDS: Final = ("clyde", "discord")
_REFUSED_NAMES: Final = ("everyone", "here")


class PersonasError(YamlError):
    """There is no cast to read at all."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one file: a persona and its `file:line:column`, or problems; warnings in either case."""

    persona: Persona | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    place: str = ""


class Personas:
    """All personas of a folder by key, in the order of their files' names."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        readings = tuple(readings)
        good = [(reading.persona, reading.place) for reading in readings if reading.persona]
        self._by_key: Mapping[str, Persona] = MappingProxyType({each.key: each for each, _ in good})
        self.places: Mapping[str, str] = MappingProxyType({each.key: place for each, place in good})
        self.problems = tuple(found for reading in readings for found in reading.problems)
        self.warnings = tuple(found for reading in readings for found in reading.warnings)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read every `*.yaml` and `*.yml` of a folder; other files and folders are left alone.

        Raises:
            PersonasError: the folder is missing, is a file or cannot be listed.
        """
        paths = _persona_files(folder)
        if not paths:
            return cls([Reading(None, (problem("persona.no_personas", Spot(str(folder))),))])
        return cls(
            [_clash(path, paths) or _with_twin(read_persona(path, folder), path, paths) for path in paths]
        )

    def get(self, key: str) -> Persona | None:
        """The persona of a file `key`.yaml, spelt as the file is."""
        return self._by_key.get(unicodedata.normalize("NFC", key))

    @property
    def broken(self) -> Mapping[str, tuple[Problem, ...]]:
        """Personas whose file does not load now, and why."""
        return {}

    def path(self, key: str) -> Path | None:
        """The file of a persona."""
        return Path(self.places[key].rsplit(":", 2)[0]) if key in self.places else None

    def __iter__(self) -> Iterator[Persona]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)


def read_persona(path: Path, folder: Path) -> Reading:
    """Read one file. Its avatar, if it is a picture of ours, lies somewhere below `folder`."""
    key = _key(path)
    if not _KEY.fullmatch(key):
        return Reading(None, (problem("persona.bad_key", Spot(str(path))),))
    try:
        document = read_file(path)
    except YamlError as error:
        return Reading(None, error.problems)
    try:
        sheet = PersonaSheet.model_validate(document.data)
    except ValidationError as error:
        return Reading(None, tuple(problems_of(error, PersonaSheet, document.spot)))
    warnings = tuple(_doubts(sheet, document))
    if fault := _avatar_fault(sheet.avatar, folder):
        return Reading(None, (_at(fault, document, ("avatar",)),), warnings)
    fields = {name: getattr(sheet, name) for name in PersonaSheet.model_fields}
    return Reading(Persona(key=key, **fields), (), warnings, str(document.spot(())))


def _persona_files(folder: Path) -> list[Path]:
    """Hidden files and editors' copies (`x.yaml~`, `.x.yaml.swp`) are no personas."""
    spot = Spot(str(folder))
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        # Whoever started the bot elsewhere sees by the whole path where it looked.
        raise PersonasError([problem("persona.no_folder", Spot(str(folder.absolute())))]) from None
    except NotADirectoryError:
        raise PersonasError([problem("persona.not_a_folder", spot)]) from None
    except OSError as error:
        reason = error.strerror or error
        raise PersonasError([problem("persona.unreadable_folder", spot, reason=reason)]) from None
    return [
        folder / name for name in names if Path(name).suffix.lower() in ENDINGS and not name.startswith(".")
    ]


def _key(path: Path) -> str:
    # macOS hands out names with their accents split off.
    return unicodedata.normalize("NFC", path.stem)


def _clash(path: Path, paths: Iterable[Path]) -> Reading | None:
    """Two files for one key: the first plays."""
    first = next(each for each in paths if _key(each) == _key(path))
    if first == path:
        return None
    return Reading(None, (problem("persona.two_files", Spot(str(path)), first=short(first.name)),))


def _with_twin(reading: Reading, path: Path, paths: Iterable[Path]) -> Reading:
    """Capitals do not tell files apart on every system: a clone of this folder may lack one of the two."""
    first = next(each for each in paths if _key(each).casefold() == _key(path).casefold())
    if _key(first) == _key(path):
        return reading
    doubt = problem("persona.twin", Spot(str(path)), first=short(first.name))
    return replace(reading, warnings=(*reading.warnings, doubt))


def _avatar_fault(avatar: str | None, folder: Path) -> str | None:
    """The sentence that says what is wrong with an avatar."""
    if avatar is None:
        return None
    if "://" in avatar:
        return None if _is_https(avatar) else "persona.avatar_address"
    try:
        root, picture = folder.resolve(), (folder / avatar).resolve()
        inside, exists = picture.is_relative_to(root), picture.is_file()
    except (OSError, ValueError, RuntimeError):  # too long a name, a ring of links
        return "persona.avatar_missing"
    if not inside:
        return "persona.avatar_outside"
    if not exists:
        return "persona.avatar_missing"
    return None if picture.suffix.lower() in PICTURES else "persona.avatar_kind"


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises if it is none
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not re.search(r"\s", address)


def _doubts(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    name = sheet.name.casefold()
    refused = [word for word in _REFUSED_WORDS if word in name] + [
        word for word in _REFUSED_NAMES if word == name
    ]
    if refused:
        yield _at("persona.refused_name", document, ("name",), word=refused[0])
    if not sheet.description:
        yield _at("persona.no_description", document, ("description",))
    if len(sheet.samples) > SAMPLES_ADVISED:
        yield _at("persona.many_samples", document, ("samples",), count=len(sheet.samples))


def _at(sentence: str, document: Document, path: KeyPath, /, **facts: object) -> Problem:
    return problem(sentence, document.spot(path), path, **facts)
