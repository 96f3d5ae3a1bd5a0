"""The upkeep of the search's index, beside everything else.

Law: it works in pieces of some milliseconds, with a rest after each in which others write. It can end at any
moment, and goes on from there at the next start.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from bot.storage.errors import StorageError
from bot.storage.search import Searches
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

REST: Final = 0.1
"""Seconds after each piece: five times as long as it takes."""

SOON: Final = 600.0
"""Seconds after a start, or after a failure of the storage, until traces of deleted words are removed."""

DAY: Final = 86_400.0
"""Seconds until that is done again."""

Sleep = Callable[[float], Awaitable[None]]


async def keep(searches: Searches, sleep: Sleep) -> None:
    """Index what was stored before there was an index, and remove traces of deleted words once a day."""
    await _all(searches.fill, sleep)
    await sleep(SOON)
    while True:
        await _all(searches.clean, sleep)
        await sleep(DAY)


async def _all(piece: Callable[[], Awaitable[bool]], sleep: Sleep) -> None:
    """Do a work piece by piece; after a failure of the storage, go on later."""
    while True:
        try:
            done = await piece()
        except StorageError as error:
            log.warning(HOST.say(f"{error.family}.{error.kind}", **error.facts))
            await sleep(SOON)
            continue
        if done:
            return
        await sleep(REST)
