"""What a host is told about configuration and personas together: where the bot answers, and what is missing.

Law: it judges and words the result, and changes nothing.
"""

from dataclasses import dataclass

from bot.composition.models import (
    prices_of,
    reaches_a_model,
    unpriced,
)
from bot.composition.rules import usual_sampling
from bot.config.doubts import starving, unknown_personas, unplayed, warnings
from bot.config.schema import Config
from bot.core.routing import Respond
from bot.llm.connection import WrongVariableError
from bot.personas.library import PersonaLibrary
from bot.story.places.casting import default_among
from bot.texts.sentences import HOST


@dataclass(frozen=True, slots=True)
class Startup:
    """The start-up lines of the log: where the bot answers, and what is missing."""

    listens: str
    lacks: tuple[str, ...]


def startup(config: Config, personas: PersonaLibrary) -> Startup:
    """Return the start-up lines."""
    default = default_among(personas.at(None), config.default_persona)
    keys = ", ".join(persona.key for persona in personas.at(None))
    listens = HOST.say("host.listens", channels=_played(config, personas, default), personas=keys)
    return Startup(listens, tuple(_lacks(config, personas)))


def unusable(error: WrongVariableError) -> str:
    """Return what is wrong with a variable of the environment, and what to do."""
    return HOST.say(f"environment.{error.fault}", variable=error.variable)


def _lacks(config: Config, personas: PersonaLibrary) -> list[str]:
    """Return what a host should know is missing."""
    lore = personas.lore
    found = (*personas.problems, *personas.warnings, *lore.problems, *lore.warnings)
    lacks = [*map(str, found), *doubts(config, personas)]
    if not reaches_a_model(config):
        lacks.append(HOST.say("host.no_key"))
    return lacks


def doubts(config: Config, personas: PersonaLibrary) -> list[str]:
    """Return what is doubtful about the configuration beside these personas."""
    return [
        *map(str, warnings(config)),
        *nobody(config, personas),
        *unknown(config, personas),
        *of_money(config),
    ]


def unknown(config: Config, personas: PersonaLibrary) -> list[str]:
    """Return the problems of personas that the configuration names and no file has."""
    return [
        str(problem) for problem in unknown_personas(config, [persona.key for persona in personas.at(None)])
    ]


def nobody(config: Config, personas: PersonaLibrary) -> list[str]:
    """Return the problems of channels without a persona, and of a missing default.

    A folder without any persona is reported elsewhere.
    """
    if not len(personas.at(None)):
        return []
    default = default_among(personas.at(None), config.default_persona)
    found = [str(problem) for problem in unplayed(config, default)]
    if default is None and not config.channels:
        found.append(HOST.say("host.nobody_default"))
    return found


def _played(config: Config, personas: PersonaLibrary, default: str | None) -> int:
    """Return the number of configured channels whose persona can answer."""
    usual = () if default is None else (default,)
    casts = [
        usual if channel.cast is None else channel.cast
        for channel in config.channels.values()
        if (channel.respond or config.defaults.respond) is not Respond.NEVER
    ]
    shelf = personas.at(None)
    return sum(any(shelf.get(key) is not None for key in cast) for cast in casts)


def of_money(config: Config) -> list[str]:
    """Return what is doubtful about limits and prices."""
    reply = usual_sampling(config).max_completion_tokens
    return [*map(str, starving(config, prices_of(config), reply)), *unpriced(config)]
