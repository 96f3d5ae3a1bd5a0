"""Reloading of files while the bot runs, and reports about the result.

Law: a mistake is reported once, and only if it still exists after a quiet period, so a half-written file is
never reported. No error ends this task, and a slow recipient of reports never delays it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.files.watching import Watch
from bot.personas.library import Changes, PersonaLibrary
from bot.personas.reading import key_of
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

LONGEST: Final = 1800
"""Maximum characters of one report, below Discord's limit of 2,000 to leave room for a heading."""

PAUSE: Final = 5.0
"""Seconds until watching starts again after an internal error."""

Tell = Callable[[str], Awaitable[None]]
Act = Callable[[], Awaitable[Sequence[str]]]
"""Reloads a file that is not a persona's, and returns the lines to report."""


async def keep_up(
    personas: PersonaLibrary,
    watch: Watch,
    tell: Tell,
    *,
    others: Mapping[Path, Act] = MappingProxyType({}),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Reload files when `watch` reports changes, until cancelled.

    Problems of persona files that exist at the start are considered known and not reported again.

    Args:
        personas: the library to keep up to date; `watch` must have been created before it was loaded.
        watch: watches the personas folder and the files in `others`.
        tell: receives a report of at most 1,800 characters for the bot's owner; it may be slow.
        others: files that are not personas, and folders of these, each with the action for a change or
            deletion, run once if several changed files share it. Nothing else happens meanwhile, so an
            action must not block.
        sleep: waits some seconds after an internal error.
    """
    told: asyncio.Queue[str] = asyncio.Queue()
    keeper = _Keeper(personas, told.put_nowait, others)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_pass_on(told, tell), name="tell of files")
        while True:
            try:
                async with aclosing(watch.changes()) as batches:
                    async for batch in batches:
                        await keeper.take(batch)
            except Exception:
                log.exception("watching files failed; it begins again")
            await sleep(PAUSE)


async def _pass_on(told: asyncio.Queue[str], tell: Tell) -> None:
    while True:
        text = await told.get()
        try:
            await tell(text)
        except Exception:
            log.exception("nobody could be told of changed files")


class _Keeper:
    """What has been reported, and what waits for a quiet period."""

    def __init__(
        self, personas: PersonaLibrary, tell: Callable[[str], None], others: Mapping[Path, Act]
    ) -> None:
        self._personas = personas
        self._tell = tell
        self._others = others
        self._told = dict(personas.mistakes)
        self._doubted = frozenset(personas.warnings)
        self._waiting: frozenset[Path] = frozenset()

    async def take(self, batch: frozenset[Path]) -> None:
        """Process some changes, or a quiet period, which is an empty batch."""
        if not batch:
            await self._settle()
            return
        folder = self._personas.folder
        ours = frozenset(path for path in batch if folder in (path, path.parent))
        try:
            if ours:
                await self._reread(ours)
        finally:
            await self._act(batch)

    async def _reread(self, paths: frozenset[Path]) -> None:
        self._waiting |= paths  # read again in the next quiet period, if it fails now
        changes = await asyncio.to_thread(self._personas.reread, paths)
        self._waiting = (self._waiting - paths) | changes.gone
        _log(changes)

    async def _act(self, batch: frozenset[Path]) -> None:
        concerned = ((path, path.parent) for path in sorted(batch))
        found = (self._others.get(path) or self._others.get(folder) for path, folder in concerned)
        for act in dict.fromkeys(filter(None, found)):
            try:
                lines = await act()
            except Exception:
                log.exception("a changed file could not be followed")
            else:
                if lines:
                    self._tell(fitting(lines))

    async def _settle(self) -> None:
        changes = await asyncio.to_thread(self._personas.settle, self._waiting)
        self._waiting = changes.gone
        _log(changes)
        self._announce()

    def _announce(self) -> None:
        """Report new and fixed problems since the last report; new warnings are only logged."""
        doubted = frozenset(self._personas.warnings)
        for doubt in self._personas.warnings:
            if doubt not in self._doubted:
                log.warning(str(doubt))
        self._doubted = doubted
        now = dict(self._personas.mistakes)
        news = [(file, problems) for file, problems in now.items() if self._told.get(file) != problems]
        wrong = [line for file, problems in news for line in (*map(str, problems), *self._meaning(file))]
        right = [
            HOST.say("host.file_mended", file=file)
            if file.exists()
            else HOST.say("host.file_gone", file=file)
            for file in self._told
            if file not in now
        ]
        self._told = now
        for line in wrong:
            log.warning(line)
        for line in right:
            log.info(line)
        if wrong or right:
            self._tell(fitting([*wrong, *right]))

    def _meaning(self, file: Path) -> Iterator[str]:
        """Return a line about the effect on players if a file or the folder can't be read."""
        key = key_of(file.name)
        if file == self._personas.folder:
            if len(self._personas.at(None)):
                yield HOST.say("host.all_play_on")
        elif self._personas.at(None).path(key) == file:
            playing = self._personas.at(None).get(key) is not None
            yield HOST.say("host.plays_on" if playing else "host.cannot_play", key=key)


def _log(changes: Changes) -> None:
    for key in changes.came:
        log.info(HOST.say("host.persona_came", key=key))
    for key in changes.changed:
        log.info(HOST.say("host.persona_changed", key=key))
    for key in changes.left:
        log.info(HOST.say("host.persona_left", key=key))


def fitting(lines: Sequence[str]) -> str:
    """Return the first lines, up to `LONGEST` characters, and the number of omitted lines."""
    room = LONGEST
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < len(HOST.say("host.more_in_log", count=len(lines))):
            return "\n".join([*lines[:number], HOST.say("host.more_in_log", count=len(lines) - number)])
    return "\n".join(lines)
