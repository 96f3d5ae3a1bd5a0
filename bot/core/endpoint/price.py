"""Prices of tokens, and the token counts of a reply where the API doesn't report them.

Law: list prices in US dollars: M2-her's, which is the same at both providers that were checked, and that of
MiniMax's text model, which writes recaps. Other models' prices are unknown. The API's figures are used
unchanged, and estimates are marked.
"""

from dataclasses import dataclass

from bot.core.completion import Usage

INPUT_PER_MILLION = 0.30
OUTPUT_PER_MILLION = 1.20

MODEL = "m2-her"
"""The part of a model's name that shows it is M2-her, at any provider."""

TEXT_MODEL = "minimax-m3"
"""The name of MiniMax's text model, without a provider's. For up to 512,000 tokens it costs what M2-her does
(platform.minimax.io/docs/guides/pricing-paygo, September 2026: half of 0.60 and 2.40, for good)."""


@dataclass(frozen=True, slots=True)
class Bill:
    """The tokens of one reply; `reported` if no figure is an estimate."""

    prompt_tokens: int
    completion_tokens: int
    reported: bool


def bill(usage: Usage | None, prompt_guess: int, completion_guess: int) -> Bill:
    """Return a reply's tokens from the API's report, with estimates for what it doesn't contain.

    MiniMax's documented stream only reports the total: then the parts are estimates, but their sum isn't.
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
    """Return one request's price in millionths of a dollar, rounded up; None for an unknown model."""
    name = model.lower()
    if MODEL not in name and name.rpartition("/")[2] != TEXT_MODEL:
        return None
    # Whole numbers of tenths of a millionth, because 0.30 and 1.20 are not exact as floats.
    return -(-(prompt_tokens * 3 + completion_tokens * 12) // 10)
