"""The watch over the files in which the story is kept.

Law: what is in a file that was deleted or replaced is not kept, so nothing more is accepted then. The bot's
owner is told once; people who write are told each time, like after any failure of the storage.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bot.storage.database import Database
from bot.storage.errors import StorageError
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

LOOK: Final = 20.0
"""Seconds between two looks."""


async def watch(
    database: Database,
    tell: Callable[[str], Awaitable[bool]],
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Look at the files until one is lost, and report that to the log and by `tell`, until it is True."""
    while (lost := await _lost(database)) is None:
        await sleep(LOOK)
    line = HOST.say(f"{lost.family}.{lost.kind}", **lost.facts)
    log.error(line)
    while not await tell(line):
        await sleep(LOOK)


async def _lost(database: Database) -> StorageError | None:
    try:
        await database.check()
    except StorageError as error:
        return error
    return None
