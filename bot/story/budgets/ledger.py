"""The ledger: what was spent, added up while the bot runs.

Law: the rows of `costs` are the truth. A sum is read from them once; from then on each new row is added to
it, whichever process wrote it. What Forget takes a person's id from counts by another number, so that
nobody gets a budget back by it.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final

from bot.core.budgets.charges import Purse, purses_of
from bot.core.budgets.rule import Amount
from bot.storage.costs import Costs

KEPT: Final = 20_000
"""How many sums are kept; a further one takes the place of the one that was asked for longest ago."""


class Ledger:
    """The sums of what was spent of purses since times."""

    def __init__(self, costs: Costs) -> None:
        """Add up `costs`."""
        self._costs = costs
        self._sums: dict[tuple[Purse, datetime], Amount] = {}
        self._newest: int | None = None
        self._reading = asyncio.Lock()

    async def spent(self, wanted: Iterable[tuple[Purse, datetime]]) -> list[Amount]:
        """Return what was spent of each purse since a time."""
        async with self._reading:
            await self._follow()
            found = []
            for key in wanted:
                amount = self._sums.pop(key, None)
                if amount is None:
                    amount = await self._read(*key)
                self._sums[key] = amount
                found.append(amount)
            while len(self._sums) > KEPT:
                del self._sums[next(iter(self._sums))]
            return found

    async def _read(self, purse: Purse, since: datetime) -> Amount:
        """Return what the rows say: first those of a person, so that Forget meanwhile hides none."""
        found = await self._costs.spent(purse, since, newest=self._newest)
        alias = None if purse.user_id is None else await self._costs.alias(purse.user_id)
        if alias is None:
            return found
        return found + await self._costs.spent(replace(purse, user_id=alias), since, newest=self._newest)

    async def _follow(self) -> None:
        """Add what has been stored since the last look."""
        if self._newest is None:
            self._newest = await self._costs.newest()
            return
        sinces: dict[Purse, list[datetime]] = {}
        rows = await self._costs.after(self._newest)
        if any((row.charge.user_id or 0) < 0 for row in rows):  # forgotten before it was added
            self._sums = {key: amount for key, amount in self._sums.items() if key[0].user_id is None}
        for purse, since in self._sums if rows else ():
            sinces.setdefault(purse, []).append(since)
        for row in rows:
            for purse in purses_of(row.charge):
                for since in sinces.get(purse, ()):
                    if row.at >= since:
                        self._sums[purse, since] += row.amount
            self._newest = row.id
