"""The meter: how many tokens a prompt may hold and what a reply has cost, learnt from one model's answers.

Law: one meter for each model and counter, in memory and in the database. It has no rules of its own: what
follows from a report is in `core.endpoint.calibration`, what it costs in `core.endpoint.price`.
"""

import logging
from contextlib import suppress
from datetime import datetime
from typing import Self

from bot.core.budgets.rule import Amount
from bot.core.completion import ChatModel, Prompt, Usage
from bot.core.endpoint.calibration import Calibration
from bot.core.endpoint.price import LIST_PRICES, Bill, Prices, bill
from bot.core.tokens import BY_SCRIPT, Counter
from bot.storage.calibrations import Calibrations
from bot.storage.costs import Spent
from bot.storage.errors import StorageError

log = logging.getLogger(__name__)


class TokenMeter:
    """What has been learnt about a model's token counts.

    Attributes:
        counter: counts the tokens of all texts.
        known: what has been learnt; replaced with every report.
    """

    def __init__(self, store: Calibrations, model: ChatModel, counter: Counter, known: Calibration) -> None:
        """Start from what is known; `open` reads that from the store."""
        self.counter = counter
        self.known = known
        self._store = store
        self._model = model

    @classmethod
    async def open(cls, store: Calibrations, model: ChatModel, counter: Counter = BY_SCRIPT) -> Self:
        """Return the meter of a model, with what was learnt of it before.

        Raises:
            StorageError: the store cannot be read.
        """
        state = await store.get(model.endpoint, model.name, counter.name)
        return cls(store, model, counter, Calibration.from_json(state or "", counter.margin))

    def spent(
        self, prompt: Prompt, text: str, usage: Usage | None, at: datetime, prices: Prices = LIST_PRICES
    ) -> Spent:
        """Return the cost of a reply: as the API reported it, or by the bot's own count if it did not."""
        counted = self._bill(prompt, text, usage)
        total = usage.total_tokens if usage and usage.total_tokens else None
        parts = counted.prompt_tokens, counted.completion_tokens
        return Spent(
            usage=Usage(*parts, total or sum(parts)),
            model=self._model.name,
            at=at,
            reported=counted.reported,
            microdollars=prices.microdollars(self._model.name, *parts),
        )

    def asked(self, prompt: Prompt, at: datetime, prices: Prices) -> Spent:
        """Return what a prompt costs by the bot's own count, without any answer."""
        return self.spent(prompt, "", None, at, prices)

    def estimate(self, prompt: Prompt, prices: Prices) -> Amount:
        """Return what a reply to a prompt costs at most, by what is known of the model's counts."""
        read, written = self.known.expected(prompt.size), prompt.sampling.max_completion_tokens
        return Amount(read + written, prices.microdollars(self._model.name, read, written) or 0)

    async def learn(self, prompt: Prompt, text: str, usage: Usage | None, at: datetime) -> None:
        """Learn from the usage that the API reported for a prompt, if it did."""
        if usage is not None and (usage.prompt_tokens or usage.total_tokens):
            truth = self._bill(prompt, text, usage).prompt_tokens
            cap = prompt.sampling.max_completion_tokens
            await self._keep(self.known.after_reply(prompt.size, truth, cap), at)

    async def overflowed(self, prompt: Prompt, at: datetime) -> None:
        """Learn from a prompt that the API refused as too long."""
        await self._keep(self.known.after_overflow(prompt.size, prompt.sampling.max_completion_tokens), at)

    def _bill(self, prompt: Prompt, text: str, usage: Usage | None) -> Bill:
        completion = round(self.known.rates[0] * self.counter.count(text))
        return bill(usage, self.known.expected(prompt.size), completion)

    async def _keep(self, known: Calibration, at: datetime) -> None:
        self.known = known
        model = self._model
        # A state that could not be stored is still in memory, and is stored with the next one.
        with suppress(StorageError):
            await self._store.put(model.endpoint, model.name, self.counter.name, known.to_json(), at)
