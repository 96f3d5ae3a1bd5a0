"""The personas of a server, by key: those of the host's folder, and before them its own.

Law: a shelf is immutable, and replaced as a whole. A key whose text doesn't load keeps its last working
persona.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from bot.core.persona import Persona
from bot.files.problems import Problem, Spot, problem
from bot.files.reading import FileFault, FileRefusedError, read_regular
from bot.files.yamlfile import SIZE_LIMIT
from bot.personas.reading import Reading, key_of, read_text


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
        self._reading: Reading | None = None

    @property
    def is_read(self) -> bool:
        """Whether it has been read."""
        return self._reading is not None

    @property
    def reading(self) -> Reading:
        """The result of reading it, whatever its avatar is.

        The first time this takes milliseconds, and half a second for a large text: callers on the event loop
        let a thread do that before. Where two read it at once, they find the same, and neither waits.
        """
        found = self._reading
        if found is None:
            found = self._reading = read_text(self.content, self.key)
        return found


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

    def is_for_adults(self, key: str) -> bool:
        """Return whether what a key has, persona or text, is for age-restricted channels only."""
        persona = self.get(key)
        found = (each.for_adults for path, each in self.readings.items() if key_of(path.name) == key)
        return (persona is not None and persona.nsfw) or any(found)

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


def shelf_of(
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


def for_server(host: Shelf, server_id: int) -> Shelf:
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


def with_own(host: Shelf, ours: Shelf, texts: Mapping[str, OwnText]) -> Shelf:
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


def pictures_of(shelf: Shelf) -> Iterator[str]:
    """Yield the names of the pictures of the host's personas."""
    yield from (each.avatar for each in shelf.playing.values() if each.avatar and "://" not in each.avatar)
