"""Watching files: reports which ones have changed, soon and once they lie still.

Law: the system's events only say when to look; what has changed is found by looking. A lost or missing event
delays a change and never loses it: by a second where events may be incomplete, by ten where they should not
be. No file is read here.
"""

import asyncio
import logging
import math
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import aclosing
from enum import Enum, auto
from pathlib import Path
from typing import Final, NamedTuple

from watchfiles import Change, awatch

from bot.files.mounts import mounts_in, tells_all
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

LOOK: Final = 1.0
"""Seconds between two looks where events may be incomplete, and after a change."""

SLOW_LOOK: Final = 10.0
"""Seconds between two looks where events should be complete.

An event may be lost even there, and none tells that a folder above was replaced.
"""

STILL: Final = 0.15
"""Seconds without a further change after which a file counts as saved completely."""

PATIENCE: Final = 0.5
"""Seconds after which a file that keeps changing is reported, and again when it lies still."""

QUIET: Final = 1.0
"""Seconds without any change after which the folders count as quiet."""

_STEP: Final = 150
"""Milliseconds between two wake-ups of watchfiles' thread; it reports events at the second one after them.

This is nearly all of the cost at rest: 0.12 % of a core with 75, 0.07 % with 150.
"""

_AT_MOST: Final = 150
"""The most milliseconds for which watchfiles collects events that keep coming."""

_BACK: Final = 60_000
"""Milliseconds after which watchfiles' thread returns without an event; nothing here needs it to."""

_MOUNTS: Final = Path("/proc/self/mountinfo")
"""The list of mounts on Linux; other systems have no such file."""

_DISTRUST: Final = "WATCHFILES_FORCE_POLLING"
"""watchfiles' variable for systems with incomplete events: if set, files are looked at each second."""

Wanted = Callable[[str], bool]
"""Returns whether a file of this name is to be watched."""


class _Print(NamedTuple):
    """A file's fingerprint: it differs after the file was written, replaced, or made readable.

    Attributes:
        facts: device, inode, size and times; the error number if they cannot be read.
        elsewhere: whether it is a link or has another name, so that a change may cause no event here.
    """

    facts: tuple[int, ...]
    elsewhere: bool


class Settling:
    """The times at which changes are reported, in seconds of a monotonic clock."""

    def __init__(self, at: float) -> None:
        """Begin without any change."""
        self._touched: dict[Path, tuple[float, float]] = {}
        self._last = at

    def note(self, paths: Collection[Path], at: float) -> None:
        """Note that files were found changed."""
        for path in paths:
            self._touched[path] = (self._touched.get(path, (at, at))[0], at)
            self._last = at

    def due(self, at: float) -> frozenset[Path]:
        """Return the files to report now: those that lie still, and those that keep changing for too long."""
        still = {path for path, (_, last) in self._touched.items() if at - last >= STILL}
        for path in still:
            del self._touched[path]
        waited = {path for path, (first, _) in self._touched.items() if at - first >= PATIENCE}
        for path in waited:
            self._touched[path] = (at, self._touched[path][1])
        return frozenset(still | waited)

    def next_due(self) -> float:
        """Return the time of the next report if nothing else changes; infinity if there is none."""
        return min(
            (min(last + STILL, first + PATIENCE) for first, last in self._touched.values()), default=math.inf
        )

    def quiet(self, at: float) -> bool:
        """Return whether everything was reported and nothing has changed for `QUIET` seconds."""
        return not self._touched and at - self._last >= QUIET


class Watch:
    """The wanted files of some folders, without their subfolders.

    Changes are relative to the moment this was made: make it before the files are read.
    """

    def __init__(
        self,
        folders: Mapping[Path, Wanted],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Look for the first time; a folder may be missing."""
        self._folders = dict(folders)
        self._clock = clock
        self._sleep = sleep
        self._identities: dict[Path, tuple[int, int] | None] = dict.fromkeys(folders)
        self._prints: dict[Path, dict[str, _Print]] = {folder: {} for folder in folders}
        self._settling = Settling(clock())
        self._looked = -math.inf
        self._at_rest = False
        self._tells_all = False
        self._warned = False
        self._look()

    async def changes(self) -> AsyncGenerator[frozenset[Path]]:
        """Yield, forever, the files that are new, changed or gone, as `folder / name`.

        A folder that was created, deleted or replaced is yielded itself; while it is missing, its files do
        not count as gone. An empty set is yielded at each look that finds everything quiet, for the first
        time within two seconds after something happened.
        """
        settling = self._settling
        async with aclosing(self._wakes()) as wakes:
            async for wake in wakes:
                self._at_rest = self._at_rest and wake is _Wake.TIME
                look = wake is _Wake.WANTED or self._clock() >= self._next_look()
                if look:
                    await self._take_a_look()
                due = settling.due(self._clock())
                quiet = look and not due and settling.quiet(self._clock())
                self._at_rest = self._at_rest or quiet
                if due or quiet:
                    yield due

    async def _take_a_look(self) -> None:
        self._looked = self._clock()
        found = await asyncio.to_thread(self._look)
        self._at_rest = self._at_rest and not found
        self._settling.note(found, self._clock())

    def _next_look(self) -> float:
        """Return the time of the next look if no event comes before."""
        return self._looked + (SLOW_LOOK if self._at_rest and self._tells_all else LOOK)

    def _rest(self) -> float:
        """Return the seconds until there is something to do if no event comes."""
        return max(min(self._next_look(), self._settling.next_due()) - self._clock(), 0.0)

    async def _wakes(self) -> AsyncGenerator["_Wake"]:
        """Yield when it is time to look, and soon after something happened in the folders."""
        while True:
            watched = self._identities
            folders = [folder for folder, identity in watched.items() if identity is not None]
            own = _own_names(folders)
            yield _Wake.WANTED  # nothing was watched until now
            self._at_rest = False  # and a file may have changed before its event comes
            try:
                async with aclosing(_Events(folders)) as events:
                    while self._identities == watched:
                        names = await events.wait(self._rest())
                        self._warned = False
                        yield self._wake(names)
                        if names & own:
                            break
            except FileNotFoundError:
                await self._sleep(LOOK)
            except (OSError, RuntimeError) as error:
                if not self._warned:
                    log.warning(HOST.say("host.not_watched", reason=error))
                self._warned = True
                await self._sleep(LOOK)

    def _wake(self, names: Collection[str]) -> "_Wake":
        if not names:
            return _Wake.TIME
        wanted = any(wanted(name) for name in names for wanted in self._folders.values())
        return _Wake.WANTED if wanted else _Wake.OTHER

    def _look(self) -> frozenset[Path]:
        """Look at every folder; return what differs from the last look."""
        found: set[Path] = set()
        identities = dict(self._identities)
        for folder, wanted in self._folders.items():
            before = self._prints[folder]
            try:
                about = folder.stat()
                now = dict(_prints(folder, wanted))
            except OSError:
                identity, now = None, before
            else:
                identity = (about.st_dev, about.st_ino)
            if identity != identities[folder]:
                found.add(folder)
            names = before.keys() | now.keys() if before != now else ()
            found |= {folder / name for name in names if before.get(name) != now.get(name)}
            identities[folder], self._prints[folder] = identity, now
        self._identities = identities
        if found:
            self._tells_all = self._judge()
        return frozenset(found)

    def _judge(self) -> bool:
        """Return whether the system reports every change to the wanted files by an event."""
        if os.environ.get(_DISTRUST, "").lower() not in {"", "false", "disable", "disabled"}:
            return False
        try:
            mounts = tuple(mounts_in(os.fsdecode(_MOUNTS.read_bytes())))
        except OSError:  # not Linux
            return False
        return all(
            identity is not None
            and folder.resolve() == Path(os.path.abspath(folder))  # noqa: PTH100 - `absolute` keeps ".."
            and not any(each.elsewhere for each in self._prints[folder].values())
            and tells_all(folder.resolve(), self._prints[folder], mounts)
            for folder, identity in self._identities.items()
        )


class _Wake(Enum):
    """The reason for a wake-up."""

    TIME = auto()
    OTHER = auto()
    """Something happened to a file that is not wanted."""
    WANTED = auto()


def _prints(folder: Path, wanted: Wanted) -> Iterator[tuple[str, _Print]]:
    """Yield the wanted files of a folder; links are followed, because their target may be replaced."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if wanted(entry.name):
                try:
                    about = entry.stat()
                except OSError as error:  # a broken link, or a file that has just gone
                    yield entry.name, _Print((error.errno or 0,), entry.is_symlink())
                else:
                    times = (about.st_mtime_ns, about.st_ctime_ns)
                    facts = (about.st_dev, about.st_ino, about.st_size, *times)
                    yield entry.name, _Print(facts, entry.is_symlink() or about.st_nlink > 1)


class _Events:
    """The system's events for some folders."""

    def __init__(self, folders: Collection[Path]) -> None:
        """Start listening at the first `wait`."""
        self._batches = awatch(
            *folders,
            watch_filter=None,
            recursive=False,
            step=_STEP,
            debounce=_AT_MOST,
            rust_timeout=_BACK,
            force_polling=False,  # `LOOK` does that
        )
        self._next: asyncio.Task[set[tuple[Change, str]]] | None = None

    async def wait(self, seconds: float) -> set[str]:
        """Return the names of files to which something happened; an empty set after `seconds`.

        Raises:
            OSError, RuntimeError: the system cannot report events; FileNotFoundError if a folder is missing.
        """
        self._next = self._next or asyncio.create_task(anext(self._batches), name="events of files")
        done, _ = await asyncio.wait([self._next], timeout=seconds)
        if not done:
            return set()
        told, self._next = self._next, None
        return {Path(path).name for _, path in told.result()}

    async def aclose(self) -> None:
        """Stop listening."""
        if self._next is not None:
            self._next.cancel()
            await asyncio.gather(self._next, return_exceptions=True)
        await self._batches.aclose()


def _own_names(folders: Collection[Path]) -> set[str]:
    """Return the names under which events report the folders themselves."""
    return {path.name for folder in folders for path in (folder.absolute(), folder.resolve())}
