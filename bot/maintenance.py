"""What hosts do with the database from the command line: `backup`, `restore`, `vacuum`, `doctor`.

Law: `bot.storage.maintenance` does it; here it is told, while it goes on and when it is done. Ctrl-C ends
it, and leaves everything as it was. What `doctor` says can be pasted in public: no name, word, id, key or
address, and no folder by which somebody could be known.
"""

import asyncio
import os
import platform
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

from bot import __version__
from bot.core.endpoint.calibration import Calibration
from bot.storage import maintenance as engine
from bot.storage.columns import from_ms
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.journal import journal_of
from bot.storage.maintenance import Examined, Phase
from bot.storage.places import Place, Server
from bot.storage.servers import describe
from bot.texts.sentences import HOST

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

Result = TypeVar("Result")

BETWEEN: Final = 10.0
"""Seconds between two lines about an act's progress where no bar can be drawn."""

ABOUT_COPIES: Final = frozenset(
    {
        StorageErrorKind.MISSING,
        StorageErrorKind.EXISTS,
        StorageErrorKind.ITSELF,
        StorageErrorKind.FOREIGN,
        StorageErrorKind.NOT_A_DATABASE,
        StorageErrorKind.CORRUPT,
        StorageErrorKind.JOURNAL,
        StorageErrorKind.NEWER,
        StorageErrorKind.READ_ONLY,
        StorageErrorKind.FULL,
        StorageErrorKind.IO,
        StorageErrorKind.NOT_A_FOLDER,
        StorageErrorKind.IS_A_FOLDER,
        StorageErrorKind.NOT_A_FILE,
    }
)
"""What is said otherwise of a backup than of the database."""

_LIBRARIES: Final = (
    "aiosqlite",
    "asyncpg",
    "discord.py",
    "filelock",
    "httpx",
    "pydantic",
    "PyYAML",
    "tokenizers",
)
_MUCH_JOURNAL: Final = 100_000_000
"""Bytes of a journal that something keeps from being brought into the file."""
_THOUSAND: Final = 1000
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


class Failed(Exception):  # noqa: N818 - it says what happened
    """It was not done; the text says why."""


class Progress:
    """Shows how far an act is, on standard error: as a bar to a person, else as a line now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.stops = False
        self._clock = clock
        self._told = clock()
        self._bars: Bars | None = None
        self._phase: Phase | None = None
        self._left = ExitStack()

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._left.callback(signal.signal, number, signal.signal(number, self._stop))
        if sys.stderr.isatty():
            self._bars = self._left.enter_context(_bars())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._left.close()

    def at(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        """Show that so much of a phase is done."""
        words = HOST.say(f"phase.{phase}")
        if self._bars is not None:
            if phase is not self._phase:
                for each in self._bars.task_ids:
                    self._bars.remove_task(each)
                self._bars.add_task(words, total=total or None)
            self._bars.update(self._bars.task_ids[-1], completed=done, total=total or None)
        elif (now := self._clock()) - self._told >= BETWEEN:
            self._told = now
            if total:
                words = HOST.say("maintenance.percent", phase=words, share=100 * done // total)
            sys.stderr.write(f"{words}\n")
            sys.stderr.flush()
        self._phase = phase

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.stops = True


def _bars() -> "Bars":
    from rich.console import Console  # noqa: PLC0415 - most runs have no use for it
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn  # noqa: PLC0415
    from rich.progress import Progress as Bars  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    return Bars(*columns, console=Console(stderr=True), transient=True)


def back_up(path: Path, target: Path, *, replace: bool) -> list[str]:
    """Copy the database at `path` to `target`, and return the lines to tell.

    Raises:
        Failed: it was not done, and `target` is what it was.
    """
    found = _done(lambda progress: engine.back_up(path, target, progress, replace=replace), target)
    size = said_size(target.stat().st_size)
    return [HOST.say("backup.done", path=target, size=size, turns=found.turns)]


def restore(path: Path, copy: Path, now: datetime) -> list[str]:
    """Put a backup in the place of the database at `path`, and return the lines to tell.

    Raises:
        Failed: it was not done, and the database is what it was.
    """
    path = path.resolve()
    aside = path.with_name(f"{path.name}.before-restore-{now:%Y%m%d-%H%M%S}.bak")
    found = _done(lambda progress: engine.restore(path, copy, aside, progress), copy)
    lines = [HOST.say("restore.done", file=copy, turns=found.turns)]
    if found.version < found.known:
        lines.append(HOST.say("restore.migrated", version=found.version, newest=found.known))
    if aside.exists():
        lines.append(HOST.say("restore.kept", aside=aside))
    return lines


def vacuum(path: Path) -> list[str]:
    """Shrink the database at `path`, and return the lines to tell.

    Raises:
        Failed: it was not done.
    """
    before, after = _done(lambda progress: engine.vacuum(path, progress))
    return [HOST.say("vacuum.done", before=said_size(before), after=said_size(after))]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What `doctor` says: facts, and what needs a host's hand."""

    facts: tuple[str, ...]
    problems: tuple[str, ...]


def move(path: Path, server: Server, back: Path | None) -> list[str]:
    """Copy the file at `path` to a server, or a server's database `back` to a file; return the lines to tell.

    Raises:
        Failed: it was not done, and the target is empty.
    """
    try:
        from bot.storage import move as moving  # noqa: PLC0415 - it needs the extra [postgres]
    except ImportError as error:
        raise Failed(HOST.say("postgres.no_driver")) from error

    if back is not None:
        copied = _done(lambda progress: asyncio.run(moving.to_file(server, back, progress)), back)
        return [HOST.say("move.back", path=back, turns=copied["turn"], rows=sum(copied.values()))]
    copied = _done(lambda progress: asyncio.run(moving.to_server(path, server, progress)))
    facts = {"path": path, "turns": copied["turn"], "rows": sum(copied.values())}
    return [HOST.say("move.done", server=server, **facts)]


def diagnose(place: Place, heartbeat: Path, now: datetime) -> Diagnosis:
    """Look through a database and what lies beside it; nothing is changed.

    Raises:
        Failed: it cannot be read at all.
    """
    if isinstance(place, Server):
        return Diagnosis(tuple(_of_the_server(place)), ())
    path = place
    found = _done(lambda progress: engine.examine(path, progress))
    path = path.resolve()
    return Diagnosis(
        (*_of_the_file(path, found), *_of_the_contents(found), _of_the_bot(heartbeat, found, now)),
        tuple(_problems(path, found)),
    )


def versions() -> list[str]:
    """Return the lines about this program and what it stands on."""
    libraries = [f"{name} {number}" for name in _LIBRARIES if (number := _version(name))]
    return [
        HOST.say(
            "doctor.versions",
            bot=__version__,
            python=platform.python_version(),
            sqlite=sqlite3.sqlite_version,
            system=f"{platform.system()} {platform.machine()}",
        ),
        HOST.say("doctor.libraries", libraries=", ".join(libraries)),
    ]


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


def _done(act: Callable[[Progress], Result], copy: Path | None = None) -> Result:
    try:
        with Progress() as progress:
            return act(progress)
    except engine.NotTheSame as error:
        raise Failed(HOST.say("move.not_the_same", table=error)) from error
    except engine.Abandoned:
        raise Failed(HOST.say("maintenance.abandoned")) from None
    except StorageError as error:
        raise Failed(_sentence(error, copy)) from error


def _sentence(error: StorageError, copy: Path | None) -> str:
    """Return what to say of an error, which may be about a copy of the database."""
    if copy is not None and error.kind in ABOUT_COPIES and error.path in _around(copy):
        return HOST.say(f"backup.{error.kind}", **error.facts)
    return HOST.say(f"{error.family}.{error.kind}", **error.facts)


def _around(copy: Path) -> set[Path]:
    return {
        found for file in (copy.absolute(), copy.resolve()) for found in (file, journal_of(file), file.parent)
    }


def _of_the_server(server: Server) -> Iterator[str]:
    found = _done(lambda _: asyncio.run(describe(server)))
    size = said_size(found.size)
    yield HOST.say("doctor.server", number=found.number, size=size, version=found.version)
    yield HOST.say("doctor.rows", rows=", ".join(f"{name} {count}" for name, count in found.rows.items()))


def _of_the_file(path: Path, found: Examined) -> Iterator[str]:
    yield HOST.say(
        "doctor.file",
        path=shareable(path),
        size=said_size(found.size),
        free=said_size(found.free),
        version=found.version,
        known=found.known,
        mode=found.mode,
    )
    copies = [each.stat().st_size for each in path.parent.glob(f"{path.name}.*.bak")]
    yield HOST.say(
        "doctor.beside",
        journal=said_size(_size_of(journal_of(path))),
        copies=len(copies),
        size=said_size(sum(copies)),
        free=said_size(shutil.disk_usage(path.parent).free),
    )
    yield HOST.say("doctor.rights", file=f"{_mode_of(path):03o}", folder=f"{_mode_of(path.parent):03o}")


def _of_the_contents(found: Examined) -> Iterator[str]:
    yield HOST.say("doctor.rows", rows=", ".join(f"{name} {count}" for name, count in found.rows.items()))
    counted = found.counted
    if counted is None:
        return
    if counted.oldest is not None and counted.newest is not None:
        yield HOST.say("doctor.turns", oldest=_said_time(counted.oldest), newest=_said_time(counted.newest))
    yield HOST.say("doctor.owed", owed=counted.owed, unfinished=counted.unfinished)
    for naming, until in counted.steps:
        yield HOST.say("doctor.step", naming=naming, until=_said_time(until))
    for state in counted.calibrations:
        known = Calibration.from_json(state)
        text, message, request = known.rates
        yield HOST.say(
            "doctor.calibration",
            replies=len(known.observed),
            text=text,
            message=message,
            request=request,
            overflow="-" if known.overflow is None else known.upper(known.overflow.size),
        )


def _of_the_bot(heartbeat: Path, found: Examined, now: datetime) -> str:
    if not found.running:
        return HOST.say("doctor.stopped")
    try:
        age = now.timestamp() - heartbeat.stat().st_mtime
    except OSError:
        return HOST.say("doctor.running_unheard")
    return HOST.say("doctor.running", seconds=age)


def _problems(path: Path, found: Examined) -> Iterator[str]:
    for line in found.faults:
        yield HOST.say("doctor.damaged", detail=line)
    if found.journal:
        yield HOST.say("doctor.journal_damaged", detail=found.journal)
    if found.version > found.known:
        yield HOST.say("doctor.newer", version=found.version, known=found.known)
    if _mode_of(path) & 0o077:
        yield HOST.say("doctor.open_file")
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
        yield HOST.say("doctor.read_only")
    if _size_of(journal_of(path)) > _MUCH_JOURNAL:
        yield HOST.say("doctor.long_journal")
    if shutil.disk_usage(path.parent).free < 2 * found.size:
        yield HOST.say("doctor.little_space")


def shareable(path: Path) -> str:
    """Return a path in which `~` stands for a home, and for each folder that has its owner's name."""
    here, home = Path.cwd(), Path.home()
    if path.is_relative_to(here):
        path = path.relative_to(here)
    elif path.is_relative_to(home):
        path = "~" / path.relative_to(home)
    people = {home.name, os.environ.get("USER", "")} - {"", "root"}
    parts = list(path.parts)
    for above, name in enumerate(parts[1:]):
        if name in people or parts[above] in {"home", "Users"}:
            parts[above + 1] = "~"
    return str(Path(*["~" if each in people else each for each in parts]))


def _mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def said_size(number: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in _UNITS:
        if number < _THOUSAND or unit == _UNITS[-1]:
            break
        number /= _THOUSAND
    return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"


def _said_time(ms: int) -> str:
    return f"{from_ms(ms):%Y-%m-%d %H:%M} UTC"
