"""What tokens cost, and how many a reply took where the API does not say.

Law: M2-her's list price, in US dollars; both vendors of it that were looked at ask the same. What another
model costs is not known here. What the API reported is taken as it is, and what is put beside it is marked.
"""

from dataclasses import dataclass

from bot.core.completion import Usage

INPUT_PER_MILLION = 0.30
OUTPUT_PER_MILLION = 1.20

MODEL = "m2-her"
"""What stands in the name of a model that this list is of, whoever serves it."""


@dataclass(frozen=True, slots=True)
class Bill:
    """The tokens of one reply; `reported` if none of the figures is ours."""

    prompt_tokens: int
    completion_tokens: int
    reported: bool


def bill(usage: Usage | None, prompt_guess: int, completion_guess: int) -> Bill:
    """Return what a reply took, by what the API reported and by guesses for what it did not.

    MiniMax's documented stream reports the total alone: the parts are ours then, their sum is not.
    """
    usage = usage or Usage()
    prompt, completion, total = usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
    known = sum(figure is not None for figure in (prompt, completion, total))
    if completion is None:
        completion = completion_guess
        if total is not None:
            completion = max(0, total - prompt) if prompt is not None else min(completion_guess, total)
    if prompt is None:
        prompt = prompt_guess if total is None else max(0, total - completion)
    return Bill(prompt, completion, reported=known > 1)


def price(prompt_tokens: int, completion_tokens: int) -> float:
    """Return the price of one reply in US dollars."""
    return (prompt_tokens * INPUT_PER_MILLION + completion_tokens * OUTPUT_PER_MILLION) / 1_000_000


def microdollars(model: str, prompt_tokens: int, completion_tokens: int) -> int | None:
    """Return one reply's price in millionths of a dollar, rounded up; None for a model not known here."""
    if MODEL not in model.lower():
        return None
    # In tenths of a millionth, in whole numbers: 0.30 and 1.20 are not exact as floats.
    return -(-(prompt_tokens * 3 + completion_tokens * 12) // 10)
