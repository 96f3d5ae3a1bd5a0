"""The checks of `python -m bot check` on the personas, without network.

Law: it judges and words the result, and changes nothing.
"""

from dataclasses import dataclass

from bot.core.budgets.caps import MICRO
from bot.core.completion import Naming, Sampling
from bot.core.endpoint.calibration import Calibration
from bot.core.endpoint.price import LIST
from bot.core.lengths import sampling_of
from bot.core.prompting.prompt import fixed_size
from bot.core.prompting.transcript import PROFILED_LIMIT
from bot.core.tokens import BY_SCRIPT, Counter
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
