"""The persona library: a folder of YAML files, one file per persona, the file's name its key.

Law: a broken file never affects another. It becomes a problem with its place, and its persona is missing, or
its last working version is used. Files are read only when a caller asks, and only the files concerned.
Reading blocks: callers on the event loop use a thread. What a server has of its own stands before the host's
there, and is nowhere else; nothing in it leads to a file.
"""

import os
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import groupby, islice
from operator import itemgetter
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import ValidationError

from bot.core.calling import is_sayable
from bot.core.lore.index import Index
from bot.core.macros.filling import unfilled
from bot.core.names import key_of as name_key
from bot.core.names import refused_word
from bot.core.output import substitutions
from bot.core.patterns import PatternError
from bot.core.persona import Persona, PersonaSheet, UserMacro
from bot.files import lookalikes
from bot.files.problems import PROBLEM_LIMIT, KeyPath, Problem, Spot, YamlError, lookalike, problem, short
from bot.files.reading import FileFault, FileRefusedError, read_regular
from bot.files.shapes import problems_of
from bot.files.yamlfile import SIZE_LIMIT, Document, read, read_file
from bot.personas import addresses, character_cards
from bot.personas.lorebooks import LoreLibrary, doubts_of

ENDINGS: Final = (".yaml", ".yml")

TEXT_LIMIT: Final = SIZE_LIMIT
"""Maximum bytes of a persona's YAML."""

PICTURES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
"""File types that Discord accepts for an avatar or an emoji."""

SAMPLES_ADVISED: Final = 3
"""Recommended number of samples: MiniMax advises one to three; with more, M2-her repeats them."""

_KEY = re.compile(r"\w[\w-]{0,63}")


class PersonasError(YamlError):
    """The personas folder can't be read at all."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading one file: a persona with its `file:line:column`, or problems; and warnings.

    `lacks` is the avatar's file if its absence is the only problem. `unpictured` is the warning that counts
    where the picture that a text names is not known.
    """

    persona: Persona | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    place: str = ""
    lacks: Path | None = None
    unpictured: Problem | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes found by a reload, by key, and the deleted files whose personas are still in use."""

    came: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    gone: frozenset[Path] = frozenset()


class OwnText:
    """A server's own persona: the bytes of its YAML, read when its personas are first asked for.

    Attributes:
        key: the persona's key.
        version: the number of this version.
        content: the bytes of the YAML.
    """

    def __init__(self, key: str, version: int, content: bytes) -> None:
        """Keep a text that may not have been read yet."""
        self.key = key
        self.version = version
        self.content = content

    @cached_property
    def reading(self) -> Reading:
        """The result of reading it, whatever its avatar is; the first time this takes milliseconds."""
        return read_text(self.content, self.key)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The personas of a server, by key; immutable, and replaced as a whole.

    Attributes:
        readings: the result of reading each file, ordered by file name.
        playing: the personas, as in their files or in the last working versions of these.
        places: the place of each persona, as `file:line:column`.
        paths: the file of each key, whether it loads or not.
        inside: the folders of which one has to contain every file after all links.
        nobody: the problem if there is no file at all.
        own: the texts of the server's own personas; those of all other keys are the host's.
    """

    readings: Mapping[Path, Reading]
    playing: Mapping[str, Persona]
    places: Mapping[str, str]
    paths: Mapping[str, Path]
    inside: tuple[Path, ...]
    nobody: tuple[Problem, ...] = ()
    own: Mapping[str, OwnText] = field(default_factory=dict)

    def get(self, key: str) -> Persona | None:
        """Return the persona with this key, spelled exactly like its file; None if there is none."""
        return self.playing.get(unicodedata.normalize("NFC", key))

    def path(self, key: str) -> Path | None:
        """Return the file of a key, whether it loads or not; None if there is none."""
        return self.paths.get(unicodedata.normalize("NFC", key))

    def source(self, key: str) -> bytes:
        """Return the bytes of a key's file or own text, whether it loads or not; this blocks.

        Raises:
            FileRefusedError: it is not read: gone, too large, outside the folders, or no regular file.
        """
        own, path = self.own.get(unicodedata.normalize("NFC", key)), self.path(key)
        if own is not None:
            return own.content
        if path is None:
            raise FileRefusedError(FileFault.MISSING)
        content = read_regular(path, limit=SIZE_LIMIT, inside=self.inside)
        if len(content) > SIZE_LIMIT:
            raise FileRefusedError(FileFault.UNREADABLE)
        return content

    def doubts(self, key: str) -> tuple[Problem, ...]:
        """Return the warnings about a key's file or own text."""
        found = (each for path, each in self.readings.items() if key_of(path.name) == key)
        return tuple(doubt for reading in found for doubt in reading.warnings)

    @property
    def broken(self) -> Mapping[str, tuple[Problem, ...]]:
        """The problems of files that don't load, by key; a last working version may still be in use."""
        found: dict[str, tuple[Problem, ...]] = {}
        for path, reading in self.readings.items():
            if reading.problems:
                found[key_of(path.name)] = found.get(key_of(path.name), ()) + reading.problems
        return MappingProxyType(found)

    def __iter__(self) -> Iterator[Persona]:
        return iter(self.playing.values())

    def __len__(self) -> int:
        return len(self.playing)


class PersonaLibrary:
    """All personas of a folder, by key, ordered by file name."""

    def __init__(self, folder: Path, roots: Sequence[Path] = ()) -> None:
        """Create a library of a folder without reading it; see `load`."""
        self.folder = folder
        self.inside = (folder, *roots)
        self.lore = LoreLibrary()
        self._shelf = Shelf({}, {}, {}, {}, self.inside)
        self._unread: tuple[Problem, ...] = ()
        self._own: dict[int, dict[str, OwnText]] = {}
        self._at: dict[int, tuple[Shelf, Shelf]] = {}

    @classmethod
    def load(cls, folder: Path, roots: Sequence[Path] = ()) -> Self:
        """Return a library of every `*.yaml` and `*.yml` in a folder; other files and folders aren't read.

        Files may be links, and have pictures, to the folder itself or below one of the `roots`.

        Raises:
            PersonasError: the folder is missing, is a file or can't be listed.
        """
        personas = cls(folder, roots)
        names = personas._list()
        personas._shelf = _shelf_of(personas.inside, _read_all(names, personas.inside))
        return personas

    def reread(self, paths: Collection[Path]) -> Changes:
        """Reload the files that have the same keys as `paths`, and no others.

        If a file doesn't load, the last working version of its persona stays in use. The same is true for a
        deleted file until `settle` is called, because many editors delete a file before they write it again.
        If the folder can't be listed, all personas stay in use, and all `paths` count as deleted.
        """
        return self._read_anew(paths, settled=False)

    def settle(self, gone: Collection[Path]) -> Changes:
        """Remove personas whose files are still missing, and reload files whose missing avatar now exists."""
        lacking = [path for path, each in self._shelf.readings.items() if each.lacks and _is_file(each.lacks)]
        if not gone and not lacking:
            return Changes()
        return self._read_anew({*gone, *lacking}, settled=True)

    def _read_anew(self, paths: Collection[Path], *, settled: bool) -> Changes:
        before = self._shelf
        try:
            names = self._list()
        except PersonasError as error:
            self._shelf = replace(before, nobody=error.problems)
            return Changes(gone=frozenset(paths) - {self.folder})
        groups = {_group(path.name) for path in paths if is_persona_file(path.name)}
        there = [name for name in names if _group(name) in groups]
        known = {path for path in before.readings if _group(path.name) in groups}
        gone = known - {self.folder / name for name in there}
        readings = {path: each for path, each in before.readings.items() if path not in known}
        readings |= _read_all(there, self.inside)
        if not settled:
            keys = {key_of(name) for name in there}
            gone = {path for path in gone if key_of(path.name) not in keys}
            readings |= {path: before.readings[path] for path in gone}
        self._shelf = now = _shelf_of(self.inside, readings, before)
        return _changes(before, now, frozenset() if settled else frozenset(gone))

    def _list(self) -> list[str]:
        """Return the names of the persona files, sorted, and note others that may be meant as such.

        Raises:
            PersonasError: the folder can't be listed.
        """
        names = _names(self.folder)
        self._unread = tuple(
            character_cards.unread(self.folder / name) for name in names if character_cards.is_mistaken(name)
        )
        return [name for name in names if is_persona_file(name)]

    def at(self, server_id: int | None) -> Shelf:
        """Return the personas of a server, or of a rehearsal if None, which has those of the whole folder."""
        if server_id is None:
            return self._shelf
        known = self._at.get(server_id)
        if known is None or known[0] is not self._shelf:
            known = self._at[server_id] = self._shelf, self._overlaid(server_id)
        return known[1]

    def host(self, server_id: int) -> Shelf:
        """Return the personas of the host's that are for a server, also those that it has covered."""
        return _for_server(self._shelf, server_id)

    def put(self, server_id: int, own: OwnText) -> None:
        """Let a server have a persona of its own, in place of the one with this key."""
        self._own.setdefault(server_id, {})[own.key] = own
        self._at.pop(server_id, None)

    def drop(self, server_id: int, key: str | None = None) -> None:
        """Let a server have no persona of its own with this key anymore, or nothing at all."""
        if key is None:
            self._own.pop(server_id, None)
            self.lore.drop(server_id)
        else:
            self._own.get(server_id, {}).pop(key, None)
        self._at.pop(server_id, None)

    def with_picture(self, server_id: int, reading: Reading) -> Reading:
        """Return what was read of a server's text, without a picture if it can't be shown there."""
        return with_picture(reading, frozenset(_pictures(self.host(server_id))))

    def own(self) -> list[OwnText]:
        """Return what all servers have of their own."""
        return [own for texts in self._own.values() for own in texts.values()]

    def _overlaid(self, server_id: int) -> Shelf:
        """Return the host's personas for a server, and before them its own."""
        host, texts = self.host(server_id), self._own.get(server_id, {})
        if not texts:
            return host
        pictures = frozenset(_pictures(host))
        readings = {Path(file_name(key)): with_picture(own.reading, pictures) for key, own in texts.items()}
        return _before(host, _shelf_of(host.inside, readings), texts)

    def picture(self, path: Path, limit: int) -> bytes:
        """Return the first `limit` + 1 bytes of a picture; this blocks.

        Raises:
            FileRefusedError: it is not read: gone, outside the folders, or no regular file.
        """
        return read_regular(path, limit=limit, inside=self.inside)

    @property
    def mistakes(self) -> Mapping[Path, tuple[Problem, ...]]:
        """The current problems by file; the folder itself may be among them."""
        shelf = self._shelf
        nobody = {self.folder: shelf.nobody} if shelf.nobody else {}
        files = {path: each.problems for path, each in shelf.readings.items() if each.problems}
        return MappingProxyType(nobody | files)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All current problems, ordered by file name."""
        return tuple(found for problems in self.mistakes.values() for found in problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings about files that load, or aren't read, and are probably not what was intended."""
        doubts = (found for each in self._shelf.readings.values() for found in each.warnings)
        return (*doubts, *self._unread)


def _is_file(path: Path) -> bool:
    """Return whether a file is there; not if that can't be asked, as with a name that is too long."""
    try:
        return path.is_file()
    except OSError:
        return False


def is_key(key: str) -> bool:
    """Return whether a persona can have this key: it is the name of no other folder's file."""
    return _KEY.fullmatch(key) is not None


def file_name(key: str) -> str:
    """Return the name under which a text with this key is a persona's file."""
    return f"{key}.yaml"


def is_persona_file(name: str) -> bool:
    """Return whether a file of this name is read; hidden files and editors' copies (`x.yaml~`) aren't."""
    return name.lower().endswith(ENDINGS) and not name.startswith(".")


def concerns_personas(name: str) -> bool:
    """Return whether a change of a file of this name may change the personas or the warnings."""
    return is_persona_file(name) or character_cards.is_mistaken(name)


def read_persona(path: Path, inside: Sequence[Path]) -> Reading:
    """Return the result of reading one file of the first of the folders `inside`.

    After all links, the file and its avatar have to be in one of them.
    """
    key = key_of(path.name)
    if not is_key(key):
        return Reading(None, (problem("persona.bad_key", Spot(str(path))),))
    try:
        document = read_file(path, inside=inside)
    except YamlError as error:
        return Reading(None, error.problems)
    reading = _read(key, document)
    persona = reading.persona
    fault = _avatar_fault(persona.avatar, inside) if persona else None
    if persona is None or fault is None:
        return reading
    lacks = inside[0] / persona.avatar if persona.avatar and fault == "persona.avatar_missing" else None
    wrong = _avatar_problem(fault, persona, document, lambda plain: _avatar_fault(plain, inside))
    return Reading(None, (wrong,), reading.warnings, lacks=lacks)


def read_text(content: bytes, key: str, file: str = "") -> Reading:
    """Return the result of reading a text that is no file, in whose problems it is called `file`.

    Its avatar may be anything: `with_picture` leaves those out that are neither an address nor known.
    """
    file = file or file_name(key)
    if not is_key(key):
        return Reading(None, (problem("persona.bad_key", Spot(file)),))
    try:
        document = read(content, file)
    except YamlError as error:
        return Reading(None, error.problems)
    reading = _read(key, document)
    persona = reading.persona
    if persona is None or persona.avatar is None:
        return reading
    if (fault := _address_fault(persona.avatar)) is not None:
        wrong = _avatar_problem(fault, persona, document, _address_fault)
        return Reading(None, (wrong,), reading.warnings)
    return replace(reading, unpictured=_at("persona.avatar_not_here", document, ("avatar",)))


def with_picture(reading: Reading, pictures: Collection[str]) -> Reading:
    """Return what was read of a server's own text, without a picture if that is not one of the host's here.

    `pictures` are the names of those that the server sees anyway.
    """
    persona = reading.persona
    if persona is None or persona.avatar is None or "://" in persona.avatar or persona.avatar in pictures:
        return reading
    doubts = () if reading.unpictured is None else (reading.unpictured,)
    plain = persona.model_copy(update={"avatar": None})
    return replace(reading, persona=plain, warnings=(*reading.warnings, *doubts))


def _read(key: str, document: Document) -> Reading:
    """Return the result of reading a document, whatever its avatar is."""
    try:
        sheet = PersonaSheet.model_validate(document.data)
    except ValidationError as error:
        return Reading(
            None, character_cards.explained(problems_of(error, PersonaSheet, document.spot), document)
        )
    warnings = tuple(_doubts(sheet, document))
    if refused := (*_misnamed(sheet, document), *_unusable(sheet, document)):
        return Reading(None, refused, warnings)
    fields = {name: getattr(sheet, name) for name in PersonaSheet.model_fields}
    return Reading(Persona(key=key, **fields), (), warnings, str(document.spot(())))


def _names(folder: Path) -> list[str]:
    """Return the names of everything in a folder, sorted.

    Raises:
        PersonasError: the folder can't be listed.
    """
    spot = Spot(str(folder))
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        # The absolute path shows where the bot looked if it was started in another folder.
        raise PersonasError([problem("persona.no_folder", Spot(str(folder.absolute())))]) from None
    except NotADirectoryError:
        raise PersonasError([problem("persona.not_a_folder", spot)]) from None
    except OSError as error:
        reason = error.strerror or error
        raise PersonasError([problem("persona.unreadable_folder", spot, reason=reason)]) from None
    return sorted(names)


@lru_cache(4096)
def key_of(name: str) -> str:
    """Return the key of a file with this name."""
    # macOS returns file names with decomposed accents.
    return unicodedata.normalize("NFC", Path(name).stem)


@lru_cache(4096)
def _group(name: str) -> str:
    """Return the group of a file: some systems can't distinguish files whose keys differ only in case."""
    return key_of(name).casefold()


def _read_all(names: Sequence[str], inside: Sequence[Path]) -> dict[Path, Reading]:
    """Return the results for files, of which each group must be complete."""
    grouped: dict[str, list[str]] = {}
    for name in names:
        grouped.setdefault(_group(name), []).append(name)
    readings = [_read_group(group, inside) for group in grouped.values()]
    return {path: each for group in readings for path, each in group.items()}


def _read_group(names: Sequence[str], inside: Sequence[Path]) -> dict[Path, Reading]:
    """Return the results for the files of one group, in this order; of equal keys the first is used."""
    firsts: dict[str, str] = {}
    readings: dict[Path, Reading] = {}
    for name in names:
        path, first = inside[0] / name, firsts.setdefault(key_of(name), name)
        if first != name:
            refused = problem("persona.two_files", Spot(str(path)), first=short(first))
            readings[path] = Reading(None, (refused,))
            continue
        reading = read_persona(path, inside)
        if len(firsts) > 1:
            # On a case-insensitive system, a clone of this folder lacks one of the two.
            doubt = problem("persona.twin", Spot(str(path)), first=short(names[0]))
            reading = replace(reading, warnings=(*reading.warnings, doubt))
        readings[path] = reading
    return readings


def _shelf_of(
    inside: tuple[Path, ...], readings: Mapping[Path, Reading], before: Shelf | None = None
) -> Shelf:
    """Return the shelf for these results; a key whose file doesn't load keeps its previous persona."""
    readings = dict(sorted(readings.items(), key=lambda each: each[0].name))
    paths: dict[str, Path] = {}
    playing: dict[str, Persona] = {}
    places: dict[str, str] = {}
    for path, reading in readings.items():
        key = key_of(path.name)
        if paths.setdefault(key, path) is not path:
            continue
        if reading.persona is not None:
            playing[key], places[key] = reading.persona, reading.place
        elif before is not None and key in before.playing:
            playing[key], places[key] = before.playing[key], before.places[key]
    nobody = () if readings else (problem("persona.no_personas", Spot(str(inside[0]))),)
    return Shelf(readings, playing, places, paths, inside, nobody)


def _for_server(host: Shelf, server_id: int) -> Shelf:
    """Return the host's personas without those that its files keep for other servers."""
    elsewhere = {
        key
        for key, each in host.playing.items()
        if each.servers is not None and server_id not in each.servers
    }
    return _without(host, elsewhere) if elsewhere else host


def _without(shelf: Shelf, keys: Collection[str]) -> Shelf:
    return replace(
        shelf,
        readings={path: each for path, each in shelf.readings.items() if key_of(path.name) not in keys},
        playing={key: each for key, each in shelf.playing.items() if key not in keys},
        places={key: each for key, each in shelf.places.items() if key not in keys},
        paths={key: each for key, each in shelf.paths.items() if key not in keys},
    )


def _before(host: Shelf, ours: Shelf, texts: Mapping[str, OwnText]) -> Shelf:
    """Return a server's own personas, and those of the host whose keys these do not have, all by key."""
    rest = _without(host, texts.keys())
    return replace(
        rest,
        readings=dict(
            sorted([*rest.readings.items(), *ours.readings.items()], key=lambda each: each[0].name)
        ),
        playing=dict(sorted([*rest.playing.items(), *ours.playing.items()])),
        places={**rest.places, **ours.places},
        paths={**rest.paths, **ours.paths},
        own=dict(texts),
    )


def _pictures(shelf: Shelf) -> Iterator[str]:
    """Yield the names of the pictures of the host's personas."""
    yield from (each.avatar for each in shelf.playing.values() if each.avatar and "://" not in each.avatar)


def _changes(before: Shelf, now: Shelf, gone: frozenset[Path]) -> Changes:
    return Changes(
        came=tuple(key for key in now.playing if key not in before.playing),
        changed=tuple(
            key
            for key, persona in now.playing.items()
            if key in before.playing and persona is not before.playing[key] and persona != before.playing[key]
        ),
        left=tuple(key for key in before.playing if key not in now.playing),
        gone=gone,
    )


def _avatar_fault(avatar: str | None, inside: Sequence[Path]) -> str | None:
    """Return the key of the sentence for a problem with an avatar; None if there is none."""
    if avatar is None or "://" in avatar:
        return _address_fault(avatar)
    try:
        picture = (inside[0] / avatar).resolve()
        is_inside = any(picture.is_relative_to(folder.resolve()) for folder in inside)
        exists = picture.is_file()
    except (OSError, ValueError, RuntimeError):  # the name is too long, or links form a ring
        return "persona.avatar_missing"
    if not is_inside:
        return "persona.avatar_outside"
    if not exists:
        return "persona.avatar_missing"
    return None if picture.suffix.lower() in PICTURES else "persona.avatar_kind"


def _address_fault(avatar: str | None) -> str | None:
    """Return the same for an avatar that is an address; None for a file's name."""
    is_address = avatar is not None and "://" in avatar
    return "persona.avatar_address" if avatar is not None and is_address and not _is_https(avatar) else None


def _avatar_problem(
    fault: str, sheet: PersonaSheet, document: Document, fault_of: Callable[[str], str | None]
) -> Problem:
    """Return the problem with an avatar, which may be a look-alike in it."""
    path: KeyPath = ("avatar",)
    character = lookalikes.at_fault_in_value(sheet.avatar or "", lambda plain: not fault_of(plain))
    if not character:
        return _at(fault, document, path)
    instead = lookalikes.ordinary(character)
    return lookalike(character, document.spot(path, character), path, instead=instead)


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        _ = parts.port  # raises if it is invalid
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and not re.search(r"\s", address)


def _misnamed(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield the problems of names in `called` that nobody types, or that are there twice."""
    seen: set[str] = set()
    for number, name in enumerate(sheet.called or ()):
        key = name_key(name)
        if not is_sayable(name):
            yield _at("persona.called", document, ("called", number))
        elif key in seen:
            yield _at("persona.called_twice", document, ("called", number))
        seen.add(key)


def _unusable(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield the problems of substitutions that could replace nothing."""
    for number, each in enumerate(sheet.substitutions):
        path: KeyPath = ("substitutions", number, "find")
        try:
            substitutions.check(each.find)
        except PatternError as error:
            yield _at("persona.bad_pattern", document, path, reason=short(str(error)))
            continue
        if substitutions.finds_nothing(each.find):
            yield _at("persona.finds_nothing", document, path)
        elif "\n" in each.find or "\r" in each.find:
            yield _at("persona.finds_lines", document, path)


def _doubts(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    if word := refused_word(sheet.name):
        yield _at("persona.refused_name", document, ("name",), word=word)
    yield from _quoted_names(sheet, document)
    if sheet.avatar and _is_https(sheet.avatar):
        yield from _address_doubts(sheet.avatar, document)
    if not sheet.description:
        yield _at("persona.no_description", document, ("description",))
    if len(sheet.samples) > SAMPLES_ADVISED:
        yield _at("persona.many_samples", document, ("samples",), count=len(sheet.samples))
    if sheet.user_macro is UserMacro.FIXED and not (sheet.user and sheet.user.name):
        yield _at("persona.nobody_fixed", document, ("user_macro",))
    if sheet.lorebook is not None:
        yield from doubts_of(Index(sheet.lorebook), document, ("lorebook",))
    yield from islice(_unfilled(sheet, document), PROBLEM_LIMIT)


def _unfilled(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield a warning about each macro that stays as it is, at its place."""
    for path, found in groupby(unfilled(sheet), key=itemgetter(0)):
        macros = [macro for _, macro in found]
        spots = document.spots_within(path, macros)
        for spot, macro in zip(spots, macros, strict=True):
            yield problem("persona.macro", spot, path, macro=short(macro))


def _address_doubts(address: str, document: Document) -> Iterator[Problem]:
    """Yield why Discord may not show the avatar at an https address."""
    path: KeyPath = ("avatar",)
    if addresses.expires(address):
        yield _at("persona.avatar_expires", document, path)
    if len(address) > addresses.LENGTH_LIMIT:
        most = addresses.LENGTH_LIMIT
        yield _at("persona.avatar_long", document, path, length=len(address), most=most)
    host = addresses.host_of(address)
    if not addresses.is_public(host):
        yield _at("persona.avatar_private", document, path, host=short(host))


def _quoted_names(sheet: PersonaSheet, document: Document) -> Iterator[Problem]:
    """Yield the names within quotation marks of a kind that YAML keeps as a part of the name."""
    names: dict[KeyPath, str | None] = {("name",): sheet.name}
    names["user", "name"] = sheet.user.name if sheet.user else None
    for path, name in names.items():
        if name and lookalikes.is_quoted(name):
            spot = document.spot(path, name[0])
            yield problem("persona.quoted_name", spot, path, character=lookalikes.described(name[0]))


def _at(sentence: str, document: Document, path: KeyPath, /, **facts: object) -> Problem:
    return problem(sentence, document.spot(path), path, **facts)
