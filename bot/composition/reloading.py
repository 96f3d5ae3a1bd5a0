"""Files that take effect while the bot runs: personas, lorebooks, and the configuration.

Law: what is wrong in a file is reported and changes nothing; what held before holds on.
"""

import asyncio
import logging
from pathlib import Path

from bot.composition.diagnostics import doubts
from bot.composition.rules import rules_of
from bot.config.live import ConfigFile
from bot.files.watching import Wanted, Watch
from bot.personas.library import concerns_personas
from bot.personas.lorebooks import is_lore_file
from bot.personas.reloading import Tell, keep_up
from bot.story.places.casting import Casting

log = logging.getLogger(__name__)


def watch_files(settings: ConfigFile) -> Watch:
    """Watch the folders of personas and lorebooks, and the configuration's files, which may be in one."""
    folder, files = settings.current.personas.folder, {file.parent: set[str]() for file in settings.files}
    for file in settings.files:
        files[file.parent].add(file.name)
    wanted: dict[Path, Wanted] = {parent: names.__contains__ for parent, names in files.items()}
    names = files.get(folder, set())
    wanted[folder] = lambda name: concerns_personas(name) or name in names
    lore = settings.current.personas.lore
    if lore.is_dir() and lore not in wanted:  # a folder that may come would be looked for each second
        wanted[lore] = is_lore_file
    return Watch(wanted)


async def follow_files(settings: ConfigFile, casting: Casting, watch: Watch, tell: Tell) -> None:
    """Keep personas and settings up to date with their files, and report problems."""

    async def reread() -> list[str]:
        lines = await asyncio.to_thread(_reread, settings, casting)
        for line in lines:
            log.warning(line)
        return lines

    async def read_lore() -> list[str]:
        lines = [str(found) for found in await asyncio.to_thread(casting.library.lore.reread)]
        for line in lines:
            log.warning(line)
        return lines

    others = {settings.current.personas.lore: read_lore, **dict.fromkeys(settings.files, reread)}
    await keep_up(casting.library, watch, tell, others=others)


def _reread(settings: ConfigFile, casting: Casting) -> list[str]:
    """Read the configuration again, apply it to the story, and return the lines to report."""
    found = settings.reread()
    lines = list(found.lines)
    if found.changed:
        config, personas = settings.current, casting.library
        casting.rules = rules_of(config)
        lines += doubts(config, personas)
    return lines
