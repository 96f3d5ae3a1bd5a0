"""What was used by a person, a channel and a server, today and this month, and how much of each limit it is.

Law: it reads and changes nothing. Amounts are what is stored; limits also count what is being written, and
what a person had forgotten.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.budgets.charges import Charge, Purse
from bot.core.budgets.days import Day, day_of
from bot.core.budgets.rule import Account, Amount, Payer
from bot.core.scene import Place
from bot.storage.costs import Costs, Share, Use
from bot.story.places.clocks import Clocks

MOST_PEOPLE: Final = 10
"""How many of the people who used most are named."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a payer used today and this month, and the limits on it."""

    payer: Payer
    today: Amount
    month: Amount
    accounts: tuple[Account, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What was used in a place.

    Attributes:
        used: of the person, the channel and the server, as far as there is one.
        bots: the limits of the whole bot, by which anybody may be refused.
        day: today, in the server's time zone.
        is_paid_by_server: whether the server's own key pays.
    """

    used: tuple[Used, ...]
    bots: tuple[Account, ...]
    day: Day
    is_paid_by_server: bool


@dataclass(frozen=True, slots=True)
class ServerOverview:
    """Who on a server used most this month, and what it was for."""

    people: tuple[Share, ...]
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class ServerSpend:
    """What a server spent today and this month by one key; its id is None for what belongs to no server."""

    guild_id: int | None
    own_key: bool
    today: Amount
    month: Amount


@dataclass(frozen=True, slots=True)
class MonthByDay:
    """What each day of this month cost on a server, up to today: all of it, and what a person used."""

    all: tuple[Amount, ...]
    own: tuple[Amount, ...]
    today: Day


class UsageReports:
    """The reports of what was used. One instance serves all frontends."""

    def __init__(
        self,
        costs: Costs,
        clocks: Clocks,
        charge: Callable[[Place, int], Awaitable[Charge]],
        accounts: Callable[[Charge], Awaitable[list[Account]]],
        clock: Callable[[], datetime],
    ) -> None:
        """Read `costs`; `charge` and `accounts` are those of `Spending`, `clock` returns aware UTC times."""
        self._costs = costs
        self._clocks = clocks
        self._charge = charge
        self._accounts = accounts
        self._clock = clock

    async def of(self, place: Place, user_id: int) -> Overview:
        """Return what a person, the channel and the server used; the person's on all servers together."""
        charge, day = await self._charge(place, user_id), await self._today(place.guild_id)
        accounts = await self._accounts(charge)
        purses = {Payer.PERSON: Purse(user_id=user_id), Payer.CHANNEL: Purse(channel_id=place.home_id)}
        if place.guild_id is not None:
            purses[Payer.SERVER] = Purse(guild_id=place.guild_id)
        used = [
            Used(
                payer,
                await self._costs.spent(purse, day.start),
                await self._costs.spent(purse, day.month_start),
                tuple(each for each in accounts if each.limit.payer is payer),
            )
            for payer, purse in purses.items()
        ]
        bots = tuple(each for each in accounts if each.limit.payer is Payer.BOT)
        return Overview(tuple(used), bots, day, charge.own_key)

    async def of_server(self, guild_id: int) -> ServerOverview:
        """Return what a server's admins see."""
        day = await self._today(guild_id)
        since = day.month_start
        people = await self._costs.people(guild_id, since, MOST_PEOPLE)
        uses = await self._costs.purposes(guild_id, since)
        return ServerOverview(tuple(people), tuple(uses))

    async def of_servers(self) -> list[ServerSpend]:
        """Return what each server spent this month and today, the dearest first, for the host."""
        day = await self._today(None)
        today = {
            (each.guild_id, each.own_key): each.amount
            for each in await self._costs.servers(day.start, day.end)
        }
        return [
            ServerSpend(
                each.guild_id, each.own_key, today.get((each.guild_id, each.own_key), Amount()), each.amount
            )
            for each in await self._costs.servers(day.month_start, day.end)
        ]

    async def by_day(self, guild_id: int, user_id: int) -> MonthByDay:
        """Return what each day of this month cost on a server, and what a person used there."""
        today = await self._today(guild_id)
        everybody, own = Purse(guild_id=guild_id), Purse(user_id, guild_id)
        return MonthByDay(await self._days(everybody, today), await self._days(own, today), today)

    async def _days(self, purse: Purse, today: Day) -> tuple[Amount, ...]:
        found = [Amount()] * today.number
        for quarter in await self._costs.quarters(purse, today.month_start, today.end):
            number = day_of(quarter.at, today.zone).number
            found[number - 1] += quarter.amount
        return tuple(found)

    async def _today(self, guild_id: int | None) -> Day:
        return day_of(self._clock(), await self._clocks.zone(guild_id))
