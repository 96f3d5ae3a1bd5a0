"""The lorebooks of a folder: `lore/*.yaml`, and SillyTavern's world files as they are (`lore/*.json`).

Law: a broken file never affects another: it is a problem with its place, and its last working version stays
in use. Reading blocks: callers on the event loop use a thread.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol, Self

from pydantic import ValidationError

from bot.core.lore.importing import ImportedLore, NotLoreError, lorebook_of
from bot.core.lore.index import Index
from bot.core.lore.keys import is_key
from bot.core.lorebook import EVERY_PERSONA, Lorebook, LoreEntry
from bot.core.macros.filling import unfilled_in
from bot.core.persona import Persona
from bot.core.scene import Place
from bot.files.problems import PROBLEM_LIMIT, KeyPath, Problem, Spot, YamlError, problem, short
from bot.files.reading import FileRefusedError, read_regular
from bot.files.shapes import problems_of
from bot.files.yamlfile import read, read_bytes

LIMIT: Final = 4 * 1024 * 1024
"""Most bytes of a lorebook: 10,000 entries of 400 characters."""

DEPTH: Final = 40
"""Most levels of a JSON that is read; world files have five."""

SERVERS: Final = 1000
"""Most servers whose own books are remembered."""

YAMLS: Final = (".yaml", ".yml")
JSON: Final = ".json"

KEY: Final = re.compile(r"\w[\w-]{0,63}")


@dataclass(frozen=True, slots=True)
class BookReading:
    """A lorebook that was read, or the problems with it; and warnings."""

    index: Index | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


class LoreLibrary:
    """The lorebooks of a folder, by key: the name of the file without its ending.

    Attributes:
        folder: where they are; None without any.
        own: those that servers have of their own, of servers that were asked about.
    """

    def __init__(self, folder: Path | None = None, roots: Sequence[Path] = ()) -> None:
        """Create a library without any book; see `load`."""
        self.folder = folder
        self.own: dict[int, Mapping[str, Index]] = {}
        self._inside = (folder, *roots) if folder is not None else ()
        self._readings: dict[Path, BookReading] = {}
        self._prints: dict[Path, tuple[int, int, int]] = {}
        self._books: Mapping[str, Index] = MappingProxyType({})

    @classmethod
    def load(cls, folder: Path, roots: Sequence[Path] = ()) -> Self:
        """Return a library of the books in a folder, which may be missing.

        Files may be links to the folder itself or below one of the `roots`.
        """
        library = cls(folder, roots)
        library.reread()
        return library

    def reread(self) -> tuple[Problem, ...]:
        """Read the files that are new or changed; return what is wrong with these."""
        prints = self._look()
        new = sorted(path for path in prints if prints[path] != self._prints.get(path))
        readings = {path: each for path, each in self._readings.items() if path in prints}
        for path in new:
            found, before = read_book(path, self._inside), readings.get(path)
            if found.index is None and before is not None:
                found = BookReading(before.index, found.problems, found.warnings)
            readings[path] = found
        self._prints, self._readings = prints, dict(sorted(readings.items()))
        books: dict[str, Index] = {}
        for path, reading in self._readings.items():
            if reading.index is not None:
                books.setdefault(path.stem, reading.index)
        self._books = MappingProxyType(books)
        return tuple(found for path in new for found in readings[path].problems)

    def keep(self, server_id: int, books: Mapping[str, Index]) -> None:
        """Remember a server's own books; those of the server that came first go when there are too many."""
        self.own[server_id] = books
        if len(self.own) > SERVERS:
            del self.own[next(iter(self.own))]

    def drop(self, server_id: int) -> None:
        """Forget a server's own books: they have changed, or the server is gone."""
        self.own.pop(server_id, None)

    def drop_of(self, has: Callable[[int], bool]) -> None:
        """Forget the own books of the servers of which `has` is true."""
        for server_id in [each for each in self.own if has(each)]:
            self.drop(server_id)

    @property
    def books(self) -> Mapping[str, Index]:
        """The books in use, by key."""
        return self._books

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the files, in the order of their names."""
        return tuple(found for each in self._readings.values() for found in each.problems)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is probably not what was meant."""
        return tuple(found for each in self._readings.values() for found in each.warnings)

    def _look(self) -> dict[Path, tuple[int, int, int]]:
        """Return the files, each with what changes when it is written."""
        if self.folder is None:
            return {}
        found = {}
        try:
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    if is_lore_file(entry.name):
                        about = entry.stat()
                        print_ = (about.st_ino, about.st_size, about.st_mtime_ns)
                        found[self.folder / entry.name] = print_
        except OSError:  # the folder is missing, or a file has just gone
            return found
        return found


@dataclass
class BookShelf:
    """The books of a server: the host's, and before them its own."""

    hosts: Mapping[str, Index]
    own: Mapping[str, Index] = field(default_factory=dict)

    @property
    def books(self) -> Mapping[str, Index]:
        """All by key; a server's own stand for the host's of the same key."""
        return {**self.hosts, **self.own}

    def known_to(self, persona: Persona, place: Place, *, by_hosts: bool = True) -> list[Index]:
        """Return the books besides its own that a persona knows in a place, in the order of precedence.

        Those of the host's are known by their own wish for everybody or a channel, and `by_hosts` also if the
        persona names them, or they name it.
        """
        books = self.here(place.guild_id)
        closed = {key: each for key, each in books.items() if by_hosts or key in self.own}
        named = [closed[key] for key in persona.lorebooks if key in closed]
        ids = {place.channel_id, place.parent_id, place.category_id}
        theirs = [each for each in closed.values() if persona.key in each.book.personas]
        channels = [each for each in books.values() if ids & {*each.book.channels}]
        everybody = [each for each in books.values() if EVERY_PERSONA in each.book.personas]
        return list({id(each): each for each in (*named, *theirs, *channels, *everybody)}.values())

    def here(self, server_id: int | None) -> dict[str, Index]:
        """Return the books that are for a server, by key."""
        books = self.books.items()
        return {key: each for key, each in books if key in self.own or _is_for(each, server_id)}


def _is_for(index: Index, server_id: int | None) -> bool:
    return not index.book.servers or server_id in index.book.servers


def is_lore_file(name: str) -> bool:
    """Return whether a file of this name is read as a lorebook; hidden files aren't."""
    return name.lower().endswith((*YAMLS, JSON)) and not name.startswith(".")


def read_book(path: Path, inside: Sequence[Path]) -> BookReading:
    """Return the result of reading a file of one of the folders `inside`."""
    if not KEY.fullmatch(path.stem):
        return BookReading(None, (problem("lore.bad_key", Spot(str(path))),))
    if path.name.lower().endswith(JSON):
        try:
            content = read_regular(path, limit=LIMIT, inside=inside)
        except FileRefusedError as error:
            return BookReading(None, (problem(f"yaml.{error.fault}", Spot(str(path)), reason=str(error)),))
        return read_json(content, str(path), path.stem)
    try:
        content = read_bytes(path, limit=LIMIT, inside=inside)
    except YamlError as error:
        return BookReading(None, error.problems)
    return read_yaml(content, str(path), path.stem)


def read_yaml(content: bytes | str, file: str, key: str) -> BookReading:
    """Return the result of reading a lorebook's YAML; `file` is its name in problems."""
    try:
        document = read(content, file, limit=LIMIT)
    except YamlError as error:
        return BookReading(None, error.problems)
    try:
        book = Lorebook.model_validate(document.data)
    except ValidationError as error:
        return BookReading(None, tuple(problems_of(error, Lorebook, document.spot)))
    index = Index(book, key)
    return BookReading(index, (), tuple(doubts_of(index, document)))


def data_of(content: bytes, file: str) -> dict[str, object]:
    """Return the data of a lorebook's YAML that `read_yaml` takes."""
    data: dict[str, object] = read(content, file, limit=LIMIT).data
    return data


def read_json(content: bytes, file: str, key: str) -> BookReading:
    """Return the result of reading a world file, or a book or card in JSON."""
    try:
        index = Index(Lorebook.model_validate(world_of(content).data), key)
    except (NotLoreError, ValidationError):
        return BookReading(None, (problem("lore.not_json", Spot(file)),))
    return BookReading(index, (), tuple(doubts_of(index, _Unplaced(file))))


def world_of(content: bytes) -> ImportedLore:
    """Return the lorebook of a JSON, of which no text has NUL or half a surrogate pair.

    Raises:
        NotLoreError: it is too large or too deep, no JSON, or no lorebook.
    """
    if len(content) > LIMIT or _depth(content) > DEPTH:
        raise NotLoreError
    try:
        found = json.loads(content.decode("utf-8-sig"), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise NotLoreError from None
    return lorebook_of(_sound(found))


def _sound(data: Any) -> Any:  # noqa: ANN401 (JSON)
    """Return data from JSON without what is no character, which no request to a model could hold."""
    if isinstance(data, str):
        return _UNSOUND.sub("\N{REPLACEMENT CHARACTER}", data)
    if isinstance(data, list):
        return [_sound(each) for each in data]
    if isinstance(data, dict):
        return {_sound(key): _sound(each) for key, each in data.items()}
    return data


class Places(Protocol):
    """What knows where the keys of a file stand, as a `Document` does."""

    def spot(self, path: KeyPath) -> Spot:
        """Return the place of a key."""

    def spots_within(self, path: KeyPath, words: Sequence[str]) -> Iterator[Spot]:
        """Yield the places of words in a key's text."""


@dataclass(frozen=True, slots=True)
class _Unplaced:
    """A JSON, of which nothing has a place but the file."""

    file: str

    def spot(self, _path: KeyPath) -> Spot:
        return Spot(self.file)

    def spots_within(self, _path: KeyPath, words: Sequence[str]) -> Iterator[Spot]:
        return (Spot(self.file) for _ in words)


def doubts_of(index: Index, places: Places, path: KeyPath = ()) -> Iterator[Problem]:
    """Yield what is probably not meant in a book that stands at `path` of a file.

    These are personas that can't be, patterns that are never found, entries that nothing brings up, and
    macros that stay as they are.
    """
    entries = (*path, "entries")
    yield from islice(_nobody(index, places, (*path, "personas")), PROBLEM_LIMIT)
    yield from islice(_bad_patterns(index, places, entries), PROBLEM_LIMIT)
    yield from islice(_keyless(index, places, entries), PROBLEM_LIMIT)
    yield from islice(_unfilled(index, places, entries), PROBLEM_LIMIT)


def _nobody(index: Index, places: Places, personas: KeyPath) -> Iterator[Problem]:
    for number, name in enumerate(index.book.personas):
        if not KEY.fullmatch(name):
            where = (*personas, number)
            yield problem("lore.nobody", places.spot(where), where, name=short(name))


def _bad_patterns(index: Index, places: Places, entries: KeyPath) -> Iterator[Problem]:
    for number, fault in index.faults:
        where = (*entries, number, "keys")
        key, spot = short(fault.key), places.spot(where)
        if fault.reason:
            yield problem("lore.bad_pattern", spot, where, key=key, reason=short(fault.reason))
        else:
            yield problem("lore.many_patterns", spot, where, key=key)


def _keyless(index: Index, places: Places, entries: KeyPath) -> Iterator[Problem]:
    for ready in index.entries.values():
        if not ready.is_constant and not any(map(is_key, ready.entry.keys)):
            where = (*entries, ready.number)
            yield problem("lore.no_keys", places.spot(where), where)


def _unfilled(index: Index, places: Places, entries: KeyPath) -> Iterator[Problem]:
    """Yield a warning about each macro that stays as it is."""
    for ready in index.entries.values():
        for part, path, text in _texts_of(ready.entry):
            macros = list(unfilled_in(text, (part,))) if "{" in text else []
            where = (*entries, ready.number, *path)
            for spot, macro in zip(places.spots_within(where, macros), macros, strict=True) if macros else ():
                yield problem("lore.macro", spot, where, macro=short(macro))


def _texts_of(entry: LoreEntry) -> Iterator[tuple[str, KeyPath, str]]:
    """Yield the texts of an entry, each with what it is to macros, and its path."""
    for name, keys in (("keys", entry.keys), ("secondary_keys", entry.secondary_keys)):
        for number, key in enumerate(keys):
            yield "keys", (name, number), key
    yield "lore", ("content",), entry.content


def _depth(content: bytes) -> int:
    """Return the most brackets that are open at once, those in texts included."""
    depth = most = 0
    for found in _BRACKET.finditer(content):
        depth += 1 if found[0] in b"[{" else -1
        most = max(most, depth)
    return most


def _refuse(word: str) -> float:
    """Refuse numbers that JSON doesn't have.

    Raises:
        ValueError: always.
    """
    raise ValueError(word)


_BRACKET: Final = re.compile(rb"[][{}]")
_UNSOUND: Final = re.compile("[\0\ud800-\udfff]")
