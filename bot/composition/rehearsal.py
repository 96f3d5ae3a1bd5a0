"""A rehearsal: personas play in the terminal, with the configured model, a local one, or rules.

Law: one person is there, so nothing is limited, and nothing is asked of Discord.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from bot.composition.models import (
    Chosen,
    configured_model,
    reaches_a_model,
)
from bot.composition.opening import NoPersona, Use, library_of, open_story
from bot.composition.rules import rules_of
from bot.composition.story import now
from bot.config.schema import Config, Model
from bot.core.casts import MOST
from bot.core.completion import Naming
from bot.core.persona import Persona
from bot.core.routing import Respond
from bot.llm.client import HttpModel, Server
from bot.llm.dialects import Dialect
from bot.llm.local import USUAL, find_server
from bot.llm.offline import OfflineModel
from bot.llm.tries import Policy, Timeouts
from bot.personas.library import PersonaLibrary
from bot.story.places.casting import SAMPLE, default_among
from bot.story.places.rules import ChannelRule, HostLimits
from bot.terminal.console import Console
from bot.terminal.rehearsal import Rehearsal
from bot.terminal.stage import TERMINAL, Options, Stage
from bot.texts.sentences import HOST


async def chat(config: Config, console: Console, options: Options, servers: Sequence[str] = USUAL) -> None:
    """Run a rehearsal on the terminal until the input ends; local models are looked for at `servers`.

    Raises:
        NoPersona, PersonasError, StorageError, WrongVariableError: it cannot start.
    """
    personas = library_of(config)
    for problem in (*config.misspelt, *(personas.problems if len(personas.at(None)) else ())):
        console.tell(str(problem))
    cast = [choose_persona(config, personas, key) for key in dict.fromkeys(options.personas)]
    cast = cast[:MOST] or [choose_persona(config, personas, None)]
    if options.all_ages and (adult := next((each for each in cast if each.nsfw), None)) is not None:
        raise NoPersona(HOST.say("chat.for_adults", persona=adult.name))
    chosen = await choose_model(config, console, offline=options.offline, servers=servers)
    console.tell(chosen.announcement)
    others = [each.key for each in personas.at(None) if each != cast[0]]
    if others and not options.personas:
        console.tell(HOST.say("chat.others", others=", ".join(others)))
    alone = {TERMINAL.channel_id: ChannelRule(tuple(each.key for each in cast), Respond.ALWAYS)}
    rules = rules_of(config)
    unlimited = HostLimits(prices=rules.limits.prices)
    rules = replace(rules, channels=alone, limits=unlimited)
    rules = replace(rules, defaults=rules.defaults.unpaced)  # only one person is there
    rules = replace(rules, forms=replace(rules.forms, richest=chosen.naming))
    if isinstance(chosen.model, OfflineModel):
        rules = replace(rules, recap=None)
    async with open_story(config, personas, chosen, rules, Use.REHEARSE) as (story, _):
        story.casting.is_age_restricted = lambda _: not options.all_ages
        await story.recovery.interrupted(terminal=True)
        await Rehearsal(Stage(story, cast, console, options.speaker, now)).run()


def choose_persona(config: Config, personas: PersonaLibrary, key: str | None) -> Persona:
    """Return a rehearsal's persona: the requested one, the default, else the first by file name.

    Raises:
        NoPersona: the requested one does not exist, or there is none.
    """
    known = [persona.key for persona in sorted(personas.at(None), key=lambda persona: SAMPLE in persona.tags)]
    if not known:
        # An empty folder is a problem too.
        raise NoPersona("\n".join(map(str, personas.problems)))
    key = key or default_among(personas.at(None), config.default_persona) or known[0]
    persona = personas.at(None).get(key)
    if persona is None:
        folder = config.personas.folder
        raise NoPersona(HOST.say("chat.unknown_persona", key=key, folder=folder, known=", ".join(known)))
    return persona


async def choose_model(config: Config, console: Console, *, offline: bool, servers: Sequence[str]) -> Chosen:
    """Return a rehearsal's model: the configured one, a local server if the person agrees, or rules."""
    if not offline and reaches_a_model(config):
        return configured_model(config)
    # Without a person at the keyboard the question would not be answered.
    server = await find_server(servers) if console.live and not offline else None
    if server is not None:
        question = HOST.say("chat.local_found", address=server.address, model=server.model)
        if await console.ask(question):
            http = HttpModel(
                Server(server.address, Dialect.OPENAI, server.model, needs_key=False),
                policy=Policy(timeouts=Timeouts(first_token=Model(preset="local").first_token_timeout)),
            )
            return Chosen(http, Naming.FOLDED, HOST.say("chat.model", model=server.model))

    async def pause() -> None:
        await asyncio.sleep(0.03 if console.live else 0)

    return Chosen(OfflineModel(pause=pause), Naming.NAMED, HOST.say("chat.offline"))
