"""Prices of tokens, and the token counts of a reply where the API doesn't report them.

Law: the host's own prices come first, then list prices in US dollars: M2-her's, which is the same at both
providers that were checked, and that of MiniMax's text model, which writes recaps. No price of other models
is known. The API's figures are used unchanged, and estimates are marked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Final

from bot.core.completion import Usage

MODEL = "m2-her"
"""The part of a model's name that shows it is M2-her, at any provider."""

TEXT_MODEL = "minimax-m3"
"""The name of MiniMax's text model, without a provider's. For up to 512,000 tokens it costs what M2-her does
(platform.minimax.io/docs/guides/pricing-paygo, September 2026: half of 0.60 and 2.40, for good)."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost in US dollars: those that a model reads, and those that it writes."""

    input: Decimal
    output: Decimal

    def microdollars(self, prompt_tokens: int, completion_tokens: int) -> int:
        """Return the price of a request in millionths of a dollar, rounded up."""
        exact = prompt_tokens * self.input + completion_tokens * self.output
        return int(exact.to_integral_value(ROUND_CEILING))


LIST: Final = Price(Decimal("0.30"), Decimal("1.20"))
"""The list price of M2-her and of MiniMax's text model."""

FREE: Final = Price(Decimal(0), Decimal(0))
"""The price of a model on the host's own computer."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The prices of models; `named` are those that the host sets, by the models' names in lower case."""

    named: Mapping[str, Price] = field(default_factory=dict)

    def of(self, model: str) -> Price | None:
        """Return the price of a model; None if it isn't known."""
        name = model.lower()
        if (found := self.named.get(name)) is not None:
            return found
        return LIST if MODEL in name or name.rpartition("/")[2] == TEXT_MODEL else None

    def microdollars(self, model: str, prompt_tokens: int, completion_tokens: int) -> int | None:
        """Return one request's price in millionths of a dollar, rounded up; None for an unknown model."""
        price = self.of(model)
        return None if price is None else price.microdollars(prompt_tokens, completion_tokens)


LIST_PRICES: Final = Prices()
"""The prices where the host sets none."""


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
