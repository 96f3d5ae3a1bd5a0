"""Rolls of dice: who may roll, and chance.

Law: chance comes from outside. A roll knows nothing of the story, which hears of it like of a message.
"""

from collections.abc import Callable
from datetime import datetime
from math import ceil
from typing import Final

from bot.core.allowance import Allowance
from bot.core.dice import Formula, Rolled, roll

ROLLS_PER_MINUTE: Final = 20
"""How often one person may roll within a minute: more than a table needs, and too little to flood it."""


class Rolls:
    """The rolls of everybody, in all channels and on all servers together."""

    def __init__(self, chance: Callable[[int], int], clock: Callable[[], datetime]) -> None:
        """Roll with `chance`, the face of a die by its sides; `clock` returns aware UTC times."""
        self._chance = chance
        self._clock = clock
        self._allowance = Allowance()

    def wait(self, user_id: int) -> int:
        """Return the whole seconds until a person may roll again; 0 if at once."""
        return ceil(self._allowance.wait(user_id, self._clock().timestamp(), ROLLS_PER_MINUTE))

    def roll(self, user_id: int, formula: Formula) -> Rolled:
        """Roll for a person."""
        self._allowance.take(user_id, self._clock().timestamp())
        return roll(formula, self._chance)
