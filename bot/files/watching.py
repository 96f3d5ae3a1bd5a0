"""Which files have changed, told soon and only once they lie still.

Law: the system's events only say when to look; what has changed is seen by looking, so an event
that is lost, or never sent on a network drive, costs a second and no change. Nothing is read here.
"""

import asyncio
import logging
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final

from watchfiles import awatch

from bot.texts.sentences import say

log = logging.getLogger(__name__)

LOOK: Final = 1.0
"""Seconds between two looks where no event asks for one."""

STILL: Final = 0.15
"""Seconds without a further change after which a save is taken to be whole."""

PATIENCE: Final = 0.5
"""Seconds after which a file that goes on changing is told of all the same, and again when it lies still."""

QUIET: Final = 1.0
"""Seconds without any change that make a quiet span."""

_TICK: Final = 150
"""Milliseconds until watchfiles comes back without an event, so that time can pass here."""

_STEP: Final = 30
"""Milliseconds for which watchfiles gathers events; it tells of them after one more without new ones."""

Wanted = Callable[[str], bool]
"""Whether a file of this name is to be watched."""

_Print = tuple[int, ...]
"""What differs once a file has been written, replaced, or made readable."""


class Settling:
    """When a change is told, and when nothing is going on. Times are seconds of a clock that only goes on."""

    def __init__(self, at: float) -> None:
        """Begin with everything still."""
        self._touched: dict[Path, tuple[float, float]] = {}
        self._last = at

    def note(self, paths: Collection[Path], at: float) -> None:
        """Take in that files were found changed."""
        for path in paths:
            self._touched[path] = (self._touched.get(path, (at, at))[0], at)
            self._last = at

    def due(self, at: float) -> frozenset[Path]:
        """Return what is to be told now: what lies still, and what has been changing for too long."""
        still = {path for path, (_, last) in self._touched.items() if at - last >= STILL}
        for path in still:
            del self._touched[path]
        waited = {path for path, (first, _) in self._touched.items() if at - first >= PATIENCE}
        for path in waited:
            self._touched[path] = (at, self._touched[path][1])
        return frozenset(still | waited)

    def quiet(self, at: float) -> bool:
        """Whether all has been told, and nothing has changed for a while."""
        return not self._touched and at - self._last >= QUIET


class Watch:
    """Files of some folders, by folder which names in it are wanted; folders below are left alone.

    What it is compared with is the state when this was made: make it before the files are read.
    """

    def __init__(
        self,
        folders: Mapping[Path, Wanted],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Look for the first time; a folder need not be there."""
        self._folders = dict(folders)
        self._clock = clock
        self._sleep = sleep
        self._identities: dict[Path, tuple[int, int] | None] = dict.fromkeys(folders)
        self._prints: dict[Path, dict[str, _Print]] = {folder: {} for folder in folders}
        self._settling = Settling(clock())
        self._warned = False
        self._look()

    async def changes(self) -> AsyncGenerator[frozenset[Path]]:
        """Yield, for ever, the files that are new, changed or gone, as `folder / name`.

        A folder that came, went or was replaced is itself among them; while it is away, its files do not
        count as gone. Nothing at all is yielded about once a second while it is quiet.
        """
        settling, looked = self._settling, float("-inf")
        async with aclosing(self._wakes()) as wakes:
            async for called in wakes:
                look = called or self._clock() - looked >= LOOK
                if look:
                    looked = self._clock()
                    settling.note(await asyncio.to_thread(self._look), self._clock())
                due = settling.due(self._clock())
                if due or (look and settling.quiet(self._clock())):
                    yield due

    async def _wakes(self) -> AsyncGenerator[bool]:
        """Wake up now and then, and soon when something happened: True if it is about a wanted file."""
        while True:
            watched = self._identities
            folders = [folder for folder, identity in watched.items() if identity is not None]
            own = _own_names(folders)
            yield True  # nobody watched until now
            try:
                async with aclosing(_events(folders)) as batches:
                    async for names in batches:
                        self._warned = False
                        yield any(wanted(name) for name in names for wanted in self._folders.values())
                        if self._identities != watched or names & own:
                            break
            except FileNotFoundError:
                await self._sleep(LOOK)
            except (OSError, RuntimeError) as error:
                if not self._warned:
                    log.warning(say("host.not_watched", reason=error))
                self._warned = True
                await self._sleep(LOOK)

    def _look(self) -> frozenset[Path]:
        """Look at every folder; return what differs from the last time."""
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
        return frozenset(found)


def _prints(folder: Path, wanted: Wanted) -> Iterator[tuple[str, _Print]]:
    """The wanted files of a folder; links are followed, for what they lead to may be replaced."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if wanted(entry.name):
                try:
                    about = entry.stat()
                except OSError as error:  # a link that leads nowhere, or a file that has just gone
                    yield entry.name, (error.errno or 0,)
                else:
                    times = (about.st_mtime_ns, about.st_ctime_ns)
                    yield entry.name, (about.st_dev, about.st_ino, about.st_size, *times)


async def _events(folders: Collection[Path]) -> AsyncGenerator[set[str]]:
    """The names of files to which something happened, and after `_TICK` without events none.

    Raises:
        OSError, RuntimeError: the system does not tell; FileNotFoundError if a folder is not there.
    """
    async with aclosing(
        awatch(
            *folders,
            watch_filter=None,
            recursive=False,
            step=_STEP,
            debounce=_TICK,
            rust_timeout=_TICK,
            yield_on_timeout=True,
        )
    ) as batches:
        async for batch in batches:
            yield {Path(path).name for _, path in batch}


def _own_names(folders: Collection[Path]) -> set[str]:
    """What events call the folders themselves when they go."""
    return {path.name for folder in folders for path in (folder.absolute(), folder.resolve())}
