"""Keeps what was read from files true to the files while the bot runs, and says what came of it.

Law: what is wrong is told once, and only when it has stayed so through a quiet span: nobody
hears of a half-written file. Nothing that goes wrong ends it, and whom it tells never holds it up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from types import MappingProxyType
from typing import Final

from bot.files.watching import Watch
from bot.personas.library import Changes, PersonaLibrary, key_of
from bot.texts.sentences import say

log = logging.getLogger(__name__)

LONGEST: Final = 1800
"""Characters told at once: less than Discord's 2,000 for a message, so that a heading fits beside them."""

PAUSE: Final = 5.0
"""Seconds before watching begins again after an error of our own."""

Tell = Callable[[str], Awaitable[None]]
Act = Callable[[], Awaitable[Sequence[str]]]
"""Follows a file that is nobody's persona, and returns the lines to be told of it."""


async def keep_up(
    personas: PersonaLibrary,
    watch: Watch,
    tell: Tell,
    *,
    others: Mapping[Path, Act] = MappingProxyType({}),
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Follow the files that `watch` sees, until it is cancelled.

    What is wrong with persona files when this begins is known and not told again.

    Args:
        personas: the cast to keep true; `watch` must have been made before it was loaded.
        watch: watches the cast's folder and whatever `others` names.
        tell: is given a few lines for whoever runs the bot, 1,800 characters at most; it may take its time.
        others: files that are nobody's persona, and what to do when one has changed or is gone; once, if
            several that share it have. Nothing else happens here meanwhile, so it must not wait for anybody.
        sleep: waits some seconds after an error of ours.
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
    """What has been told, and what waits for a quiet span."""

    def __init__(
        self, personas: PersonaLibrary, tell: Callable[[str], None], others: Mapping[Path, Act]
    ) -> None:
        self._personas = personas
        self._tell = tell
        self._others = others
        self._told = dict(personas.mistakes)
        self._waiting: frozenset[Path] = frozenset()

    async def take(self, batch: frozenset[Path]) -> None:
        """Follow some changes, or use a quiet span, which is an empty batch."""
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
        self._waiting |= paths  # to be read in the next quiet span, should it fail now
        changes = await asyncio.to_thread(self._personas.reread, paths)
        self._waiting = (self._waiting - paths) | changes.gone
        _log(changes)

    async def _act(self, batch: frozenset[Path]) -> None:
        for act in dict.fromkeys(self._others[path] for path in sorted(batch & self._others.keys())):
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
        """Tell what is wrong, and what no longer is, since this was last told."""
        now = dict(self._personas.mistakes)
        news = [(file, problems) for file, problems in now.items() if self._told.get(file) != problems]
        wrong = [line for file, problems in news for line in (*map(str, problems), *self._meaning(file))]
        right = [
            say("host.file_mended", file=file) if file.exists() else say("host.file_gone", file=file)
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
        """What it means for players that a file, or the folder, cannot be read."""
        key = key_of(file.name)
        if file == self._personas.folder:
            if len(self._personas.at(None)):
                yield say("host.all_play_on")
        elif self._personas.at(None).path(key) == file:
            playing = self._personas.at(None).get(key) is not None
            yield say("host.plays_on" if playing else "host.cannot_play", key=key)


def _log(changes: Changes) -> None:
    for key in changes.came:
        log.info(say("host.persona_came", key=key))
    for key in changes.changed:
        log.info(say("host.persona_changed", key=key))
    for key in changes.left:
        log.info(say("host.persona_left", key=key))


def fitting(lines: Sequence[str]) -> str:
    """Return the first of the lines, as many as may be told at once, and how many more there are."""
    room = LONGEST
    for number, line in enumerate(lines):
        room -= len(line) + 1
        if room < len(say("host.more_in_log", count=len(lines))):
            return "\n".join([*lines[:number], say("host.more_in_log", count=len(lines) - number)])
    return "\n".join(lines)
