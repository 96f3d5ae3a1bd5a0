"""What `python -m bot check` finds in configuration, personas and environment, without network.

Law: it judges and words the result, and changes nothing.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec

from bot.composition.diagnostics import nobody, of_money, unknown, unusable
from bot.composition.models import reaches_a_model
from bot.composition.opening import library_of
from bot.composition.rules import usual_sampling
from bot.config.doubts import warnings
from bot.config.schema import Config
from bot.core.budgets.caps import MICRO
from bot.core.completion import Naming, Sampling
from bot.core.endpoint.calibration import Calibration
from bot.core.endpoint.price import LIST
from bot.core.lengths import sampling_of
from bot.core.prompting.prompt import fixed_size
from bot.core.prompting.transcript import PROFILED_LIMIT
from bot.core.tokens import BY_SCRIPT, Counter
from bot.endpoint.exact_counter import Chosen as Counting
from bot.endpoint.exact_counter import choose_counter
from bot.llm.connection import WrongVariableError, connection_to, trusted
from bot.ops.opening import missing
from bot.personas.library import PersonaLibrary
from bot.texts.sentences import HOST


@dataclass(frozen=True, slots=True)
class Findings:
    """Lines for the bot's owner: facts, warnings and errors."""

    facts: tuple[str, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]


def check(
    personas: PersonaLibrary, sampling: Sampling, context_window: int, counter: Counter = BY_SCRIPT
) -> Findings:
    """Return the cost of each persona, the maximum cost of a reply, and every problem with its place.

    The costs are those expected before a model has answered.
    """
    known = Calibration(counter.margin)
    facts, errors = [], [str(problem) for problem in (*personas.problems, *personas.lore.problems)]
    caps = []
    shelf = personas.at(None)
    for persona in shelf:
        fixed = fixed_size(persona, Naming.NAMED, participants=PROFILED_LIMIT, counter=counter)
        tokens = known.expected(fixed)
        caps.append(sampling_of(persona, sampling).max_completion_tokens)
        facts.append(HOST.say("check.persona", key=persona.key, name=persona.name, tokens=tokens))
        if known.upper(fixed) >= known.room(context_window, caps[-1]):
            place = shelf.places[persona.key]
            errors.append(HOST.say("check.too_big", place=place, tokens=tokens, window=context_window))
    # Output tokens cost more than input tokens, so the longest possible reply is the most expensive.
    completion = max(caps, default=sampling.max_completion_tokens)
    prompt = context_window - completion
    dollars = LIST.microdollars(prompt, completion) / MICRO
    facts.append(HOST.say("check.price", price=dollars, prompt=prompt, completion=completion))
    doubts = (*personas.warnings, *personas.lore.warnings)
    return Findings(tuple(facts), tuple(map(str, doubts)), tuple(errors))


def check_all(
    config: Config, counting: Counting | None = None, environ: Mapping[str, str] = os.environ
) -> Findings:
    """Check configuration, personas and environment without network; `counting` is the best counter if None.

    Raises:
        PersonasError: there is no folder of personas.
    """
    personas = library_of(config)
    counting = counting or choose_counter()
    found = check(personas, usual_sampling(config), config.model.context_window, counting.counter)
    doubts = [
        *map(str, warnings(config)),
        *nobody(config, personas),
        *of_money(config),
    ]
    if config.discord.token is None:
        doubts.append(HOST.say("host.no_token"))
    if not reaches_a_model(config):
        doubts.append(HOST.say("host.no_key"))
    errors = [*unknown(config, personas), *_no_way_out(config, environ)]
    if config.ops.address and (lack := missing()):
        errors.append(lack)
    if config.storage.url is not None and find_spec("asyncpg") is None:
        errors.append(HOST.say("postgres.no_driver"))
    if config.storage.url is None and config.storage.processes == "several":
        errors.append(HOST.say("storage.alone", path=config.storage.path))
    return Findings((*found.facts, counting.sentence), (*found.warnings, *doubts), (*found.errors, *errors))


def _no_way_out(config: Config, environ: Mapping[str, str]) -> list[str]:
    """Return the variable of the environment that keeps the bot from the model or from Discord."""
    try:
        if config.discord.token is not None:
            trusted(environ)
        if reaches_a_model(config):
            connection_to(config.model.base_url, environ)
    except WrongVariableError as error:
        return [unusable(error)]
    return []
