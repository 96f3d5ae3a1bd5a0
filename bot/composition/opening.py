"""What the configuration names, opened: personas, lorebooks, the database, and the story on it.

Law: what is opened here is closed here, in the reverse order, however it ends.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import Enum, auto

from bot.composition.background import in_background
from bot.composition.models import Chosen
from bot.composition.story import story_on
from bot.config.schema import Config
from bot.endpoint.exact_counter import choose_counter
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.personas.lorebooks import LoreLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.locations import Location, location_of
from bot.story.places.rules import Rules
from bot.story.story import Story
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)


class NoPersona(Exception):  # noqa: N818 - it says what is wrong
    """There is no persona to talk to; the text says what to do."""


def library_of(config: Config) -> PersonaLibrary:
    """Return the personas.

    Raises:
        PersonasError: there is no folder of personas.
    """
    roots = config.personas.roots or ()
    personas = PersonaLibrary.load(config.personas.folder, roots)
    personas.lore = LoreLibrary.load(config.personas.lore, roots)
    return personas


def location_of_stories(config: Config) -> Location:
    """Return where the stories are."""
    url, password = (
        each and each.get_secret_value() for each in (config.storage.url, config.storage.password)
    )
    return location_of(config.storage.path, url or None, password or None)


class Use(Enum):
    """What a story is opened for."""

    RUN = auto()  # where the configuration lets others be beside
    ALONE = auto()
    REHEARSE = auto()  # beside a bot that runs
    LOOK = auto()  # so that nothing changes


async def _database(config: Config, use: Use) -> Database:
    place = location_of_stories(config)
    if use is Use.LOOK:
        return await Database.look(place)
    joins = use is Use.RUN and config.storage.processes == "several"
    return await Database.open(place, exclusive=use is not Use.REHEARSE, joins=joins)


@asynccontextmanager
async def open_story(
    config: Config, personas: PersonaLibrary, chosen: Chosen, rules: Rules, use: Use
) -> AsyncIterator[tuple[Story, Database]]:
    """Open the storage, and build the story on it."""
    model, chronicler = chosen.model, chosen.chronicler or chosen.model
    try:
        counting = await asyncio.to_thread(choose_counter)
        database = await _database(config, use)
        chosen.together.processes = database.cluster
        if database.backup is not None:
            log.info(HOST.say("host.backed_up", file=database.backup))
        try:
            meter = await TokenMeter.open(Calibrations(database), model, counting.counter)
            story = story_on(database, personas, model, rules, meter)
            story.memory.recaps.model = chronicler
            story.records.spending.keys.equipment = chosen.equipment
            await story.records.spending.keys.check()
            await story.records.workshop.open()
            await story.records.pictures.open()
            try:
                async with AsyncExitStack() as beside:
                    if use is not Use.LOOK:
                        indexing = story.records.looking_back.keep_index(asyncio.sleep)
                        await beside.enter_async_context(in_background(indexing, "keep up the index"))
                    reading = story.records.workshop.read_ahead()
                    await beside.enter_async_context(in_background(reading, "read servers' personas"))
                    yield story, database
            finally:
                await story.memory.recaps.close()
                await story.records.spending.keys.close()
        finally:
            await database.close()
    finally:
        if chronicler is not model:
            await chronicler.aclose()
        await model.aclose()
