"""The persona library: a folder of YAML files, one file per persona, the file's name its key.

Law: a broken file never affects another. It becomes a problem with its place, and its persona is missing, or
its last working version is used. Files are read only when a caller asks, and only the files concerned.
Reading blocks: callers on the event loop use a thread. What a server has of its own stands before the host's
there, and is nowhere else; nothing in it leads to a file.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Self

from bot.files.problems import Problem, Spot, YamlError, problem, short
from bot.files.reading import read_regular
from bot.personas import character_cards
from bot.personas.lorebooks import LoreLibrary
from bot.personas.reading import Reading, file_name, is_persona_file, key_of, read_persona, with_picture
from bot.personas.shelf import OwnText, Shelf, for_server, pictures_of, shelf_of, with_own


class PersonasError(YamlError):
    """The personas folder can't be read at all."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes found by a reload, by key, and the deleted files whose personas are still in use."""

    came: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    gone: frozenset[Path] = frozenset()


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
        personas._shelf = shelf_of(personas.inside, _read_all(names, personas.inside))
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
        self._shelf = now = shelf_of(self.inside, readings, before)
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
        return for_server(self._shelf, server_id)

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
        return with_picture(reading, frozenset(pictures_of(self.host(server_id))))

    def own(self) -> list[OwnText]:
        """Return what all servers have of their own."""
        return [own for texts in self._own.values() for own in texts.values()]

    def versions(self) -> dict[tuple[int, str], int]:
        """Return the number of the version of each persona that a server has of its own."""
        return {(id_, key): own.version for id_, owns in self._own.items() for key, own in owns.items()}

    def unread(self, server_id: int) -> list[OwnText]:
        """Return what a server has of its own and nobody has read yet."""
        return [own for own in self._own.get(server_id, {}).values() if not own.is_read]

    def _overlaid(self, server_id: int) -> Shelf:
        """Return the host's personas for a server, and before them its own."""
        host, texts = self.host(server_id), self._own.get(server_id, {})
        if not texts:
            return host
        pictures = frozenset(pictures_of(host))
        readings = {Path(file_name(key)): with_picture(own.reading, pictures) for key, own in texts.items()}
        return with_own(host, shelf_of(host.inside, readings), texts)

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


def concerns_personas(name: str) -> bool:
    """Return whether a change of a file of this name may change the personas or the warnings."""
    return is_persona_file(name) or character_cards.is_mistaken(name)


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
        reason = error.strerror or str(error)
        raise PersonasError([problem("persona.unreadable_folder", spot, reason=reason)]) from None
    return sorted(names)


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
