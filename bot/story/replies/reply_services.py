"""What every reply needs: the model, the stores, and what the reply costs.

Law: what a reply may cost is reserved before the model is asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Protocol

from bot.core.budgets.charges import Charge
from bot.core.budgets.rule import Refused
from bot.core.completion import ChatModel, Prompt, Question
from bot.core.output.answer import Answer
from bot.endpoint.meter import TokenMeter
from bot.storage.costs import Spent
from bot.storage.history import History
from bot.storage.preferences import Preferences
from bot.storage.swipes import Swipes
from bot.story.budgets.spending import Reservation, Spending


class Dear(Question, Protocol):
    """A question whose prompt can be made cheaper."""

    async def grow_cheaper(self) -> bool:
        """Build the prompt again as a thrifty one; return False if it is one already."""
        ...


@dataclass(frozen=True, slots=True)
class ReplyServices:
    """The dependencies of every reply: the model, the meter, the stores of turns, variants and wishes.

    `spending` knows what replies may cost, `clock` returns aware UTC times.
    """

    model: ChatModel
    history: History
    swipes: Swipes
    meter: TokenMeter
    preferences: Preferences
    spending: Spending
    clock: Callable[[], datetime]

    async def reserve(self, charge: Charge, question: Dear) -> Reservation | Refused:
        """Reserve what a reply costs at most, about; before that is refused, its prompt grows cheaper."""
        reserved = await self._reserve(charge, question.prompt)
        if isinstance(reserved, Refused) and await question.grow_cheaper():
            reserved = await self._reserve(charge, question.prompt)
        return reserved

    async def _reserve(self, charge: Charge, prompt: Prompt) -> Reservation | Refused:
        prices = self.spending.prices
        asked = self.meter.asked(prompt, self.clock(), prices)
        return await self.spending.reserve(charge, self.meter.estimate(prompt, prices), asked)

    def spent(self, question: Question, answer: Answer) -> Spent | None:
        """Return the cost of an answer; None for a refusal, which is free.

        What was cut costs what came of it, or its prompt if that had been sent.
        """
        prompt, prices, now = question.prompt, self.spending.prices, self.clock()
        asked = [self.meter.asked(prompt, now, prices)] * question.lost
        if answer.came or answer.usage is not None or question.is_out:
            asked.append(self.meter.spent(prompt, answer.came, answer.usage, now, prices))
        return reduce(Spent.__add__, asked) if asked else None
