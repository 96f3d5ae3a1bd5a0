"""Spending: what a reply may cost, who is charged for it, and what hosts are told about it.

Law: `core.budgets` has the rule; here are its facts. Nothing is asked of the model before it is allowed, and
what is being written counts from then on, by an estimate, until its cost is stored; after a kill its prompt
counts.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from weakref import WeakSet

from bot.core.budgets.caps import about, written
from bot.core.budgets.charges import Charge, Located, Purpose, Purse, purses_of
from bot.core.budgets.days import day_of
from bot.core.budgets.measuring import Budgets, Measure
from bot.core.budgets.rule import (
    Account,
    Amount,
    Level,
    Limit,
    Payer,
    Refused,
    Unit,
    Verdict,
    judge,
    warned_of,
)
from bot.core.endpoint.price import Prices
from bot.core.routing import Denial, NoReplyReason
from bot.core.scene import Place
from bot.storage.costs import Spent
from bot.storage.errors import StorageError
from bot.storage.stores import Stores
from bot.story.budgets.admin_limits import BY_ADMINS, AdminLimits, limits_in
from bot.story.budgets.ledger import Ledger
from bot.story.budgets.own_keys import OwnKeys
from bot.story.budgets.usage import UsageReports
from bot.story.places.casting import Casting
from bot.story.places.clocks import Clocks, zone_in
from bot.story.places.latest import keep_latest
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

LEAST: Final = Amount(1, 1)
"""What a reply costs at least: before its prompt is built, nothing more is known."""

GRACE: Final = timedelta(days=7)
"""How long after an update from a version without budgets those begin that the host has not set."""

RUNS: Final = timedelta(hours=1)
"""What has been asked of the model for longer was cut off by a kill, in whichever process."""

BEGIN: Final = "budgets_begin"
"""The bot's setting that has the time from which on all budgets count."""

LOOK: Final = 20.0
"""Seconds between two tries to tell the host."""

WARNED, USED_UP = "host.budget_warned", "host.budget_used_up"
"""What the host is told of the bot's budget: that most of it is spent, and that all is that is let out."""

NO_ID: Final = 0
"""The id of the bot's own settings that are of no application."""


@dataclass(eq=False)
class Reservation:
    """What a reply that is being written may cost, until its cost is stored.

    Attributes:
        charge: who is charged for it.
        cost: the most that it may cost, about.
        begun: the number of the row that has what its prompt costs.
        is_over: whether nothing is counted for it anymore.
    """

    charge: Charge
    cost: Amount
    begun: int | None = None
    is_over: bool = False

    def pays(self, spent: Spent) -> Spent:
        """Return a cost with who is charged for it, in place of what its prompt would have cost."""
        return replace(spent, charge=self.charge, begun=self.begun)

    def release(self) -> None:
        """Count nothing for it anymore."""
        self.is_over = True


class Spending:
    """The budgets of everybody. One instance serves all use cases.

    Attributes:
        ledger: what was spent, added up.
        admins: the limits that servers' admins set.
        keys: the keys that servers bring for the model.
        reports: what people are shown of it.
    """

    def __init__(self, casting: Casting, stores: Stores, clock: Callable[[], datetime]) -> None:
        """Read the limits from the rules of `casting` and from settings; `clock` returns aware UTC times."""
        self.ledger = Ledger(stores.history.costs)
        self.keys = OwnKeys(stores.settings.keys, lambda: casting.rules.limits.own_keys, clock)
        self.admins = AdminLimits(stores.settings, lambda: self.hosts_limits, clock)
        clocks = Clocks(stores.settings)
        self.reports = UsageReports(stores.history.costs, clocks, self.charge, self.accounts, clock)
        self._casting = casting
        self._costs = stores.history.costs
        self._settings = stores.settings
        self._clock = clock
        self._begin: datetime | None = None
        self._reservations: WeakSet[Reservation] = WeakSet()
        self._judging = asyncio.Lock()
        self._told: dict[tuple[int, int | None, Denial], None] = {}
        self._told_until: dict[tuple[str, int], datetime] = {}
        self._news: asyncio.Queue[str] = asyncio.Queue()

    @property
    def prices(self) -> Prices:
        """The prices of models, as the host has set them."""
        return self._casting.rules.limits.prices

    # -- when budgets begin ---------------------------------------------------------------------

    async def open(self) -> None:
        """Let what a kill left count, decide when the host's default budgets begin, and tell the host.

        Raises:
            StorageError: it could not be stored.
        """
        await self._costs.settle(self._clock() - RUNS, is_start=True)
        stored = (await self._settings.of("bot", NO_ID)).get(BEGIN, "")
        with suppress(ValueError):
            self._begin = datetime.fromisoformat(stored)
        now = self._clock()
        if self._begin is None:
            self._begin = now if await self._costs.is_new() else now + GRACE
            text = self._begin.isoformat(timespec="seconds")
            await self._settings.put("bot", NO_ID, BEGIN, text, by_user=0, at=now)
            for line in self._of_the_grace(now):
                self._tell(line)
        else:
            for line in self._of_the_grace(now):
                log.warning(line)

    async def settle(self) -> None:
        """Let what the kill of a process left count, also while others run.

        Raises:
            StorageError: it could not be stored.
        """
        await self._costs.settle(self._clock() - RUNS)

    def _of_the_grace(self, now: datetime) -> Iterator[str]:
        """Yield what the host is told of the default budgets that begin later; nothing if there are none."""
        limits, begin = self._casting.rules.limits, self._begin
        defaults = [each for each in limits.budgets if each not in limits.chosen]
        if begin is None or begin <= now or not defaults:
            return
        told = [HOST.say(f"host.limits_begin.{each.payer}", limit=written([each])) for each in defaults]
        keys = [f"limits.{each.payer}" for each in defaults]
        facts = {"limits": " and ".join(told), "keys": " and ".join(keys)}
        yield HOST.say("host.limits_begin", begin=f"{begin:%Y-%m-%d}", **facts)

    @property
    def hosts_limits(self) -> tuple[Limit, ...]:
        """The host's limits that count now."""
        limits = self._casting.rules.limits
        return limits.chosen if self._begin is not None and self._clock() < self._begin else limits.budgets

    # -- what a reply may cost ------------------------------------------------------------------

    async def charge(self, place: Located, user_id: int | None, purpose: Purpose = Purpose.REPLY) -> Charge:
        """Return who is charged for what somebody asks for in a place."""
        own_key = await self.keys.pays(place.guild_id, for_recaps=purpose is Purpose.RECAP)
        return replace(Charge.at(place, user_id, purpose), own_key=own_key)

    async def verdict(self, charge: Charge, cost: Amount = LEAST) -> Verdict:
        """Return what a reply may cost that would cost so much."""
        accounts = await self.accounts(charge)
        found = judge(accounts, cost)
        await self._watch(accounts, found)
        return found

    async def reserve(self, charge: Charge, cost: Amount, prompt: Spent) -> Reservation | Refused:
        """Reserve what a reply may cost, until it is released; or return why it may not.

        Of replies that begin at the same time the first ones go before; one that is refused counts for none.
        What its prompt costs is stored, so that it is not lost with a kill.
        """
        async with self._judging:
            refused = (await self.verdict(charge, cost)).refused
            if refused is not None:
                return refused
            reserved = Reservation(charge, cost)
            self._reservations.add(reserved)
        try:
            reserved.begun = await self._costs.begin(replace(prompt, charge=charge))
        except BaseException:
            reserved.release()
            raise
        return reserved

    async def waive(self, reserved: Reservation) -> None:
        """Release a reservation of which nothing was spent."""
        reserved.release()
        if reserved.begun is not None:
            with suppress(StorageError):  # then its prompt counts from the next start on
                await self._costs.waive(reserved.begun)

    def tells(self, place: Place, user_id: int, denial: Denial) -> bool:
        """Return whether a person is to be told that a budget is used up: once on a server, until then.

        Of a channel's budget, they are told in each channel.
        """
        where = place.home_id if denial.reason is NoReplyReason.SPENT_CHANNEL else place.guild_id
        is_new = (user_id, where, denial) not in self._told
        self._told[user_id, where, denial] = None
        keep_latest(self._told)
        return is_new

    async def accounts(self, charge: Charge) -> list[Account]:
        """Return the limits that hold for a charge, with what was spent and is reserved."""
        measures = await self.measures(charge)
        # Before the sums: what is stored and released meanwhile counts twice then, and never not at all.
        reserved = self._reserved_of({each.purse for each in measures})
        spent = await self.ledger.spent((each.purse, each.since) for each in measures)
        return [
            measure.account(amount + reserved.get(measure.purse, Amount()))
            for measure, amount in zip(measures, spent, strict=True)
        ]

    async def is_shared(self, server_id: int) -> bool:
        """Return whether the bot pays for other servers too this month: then this one has but a share."""
        month = day_of(self._clock(), UTC).month_start
        return await self._costs.is_spent_elsewhere(server_id, month)

    async def measures(self, charge: Charge) -> list[Measure]:
        """Return the limits that hold for a charge, with what each is held against."""
        guild, home = charge.guild_id, charge.channel_id
        server: Mapping[str, str] = {}
        admins: tuple[Limit, ...] = ()
        if guild is not None:
            server, channel = await self._settings.layers([("server", guild), ("channel", home or 0)])
            admins = tuple(each for payer in BY_ADMINS for each in limits_in({**server, **channel}, payer))
        is_shared = guild is not None and await self.is_shared(guild)
        now = self._clock()
        today, bots_today = day_of(now, zone_in(server)), day_of(now, UTC)
        budgets = Budgets(self.hosts_limits, admins, is_shared)
        return list(budgets.measures(charge, today, bots_today))

    def _reserved_of(self, wanted: set[Purse]) -> dict[Purse, Amount]:
        found: dict[Purse, Amount] = {}
        for each in tuple(self._reservations):
            if each.is_over:
                continue
            for purse in wanted.intersection(purses_of(each.charge)):
                found[purse] = found.get(purse, Amount()) + each.cost
        return found

    # -- what the host is told ------------------------------------------------------------------

    async def keep_host_informed(
        self, tell: Callable[[str], Awaitable[bool]], sleep: Callable[[float], Awaitable[None]]
    ) -> None:
        """Tell the host what is to be known of the bot's budget, each line until `tell` is True."""
        while True:
            line = await self._news.get()
            while not await tell(line):
                await sleep(LOOK)

    async def _watch(self, accounts: list[Account], found: Verdict) -> None:
        """Tell the host that most of the bot's budget is spent, or all that is let out of it."""
        for account in warned_of(accounts):
            limit = account.limit
            await self._tell_once(WARNED, account, limit.more_at(account.day, limit.most + 1))
        if found.level is Level.REFUSED:
            for account in accounts:
                if account.limit.payer is Payer.BOT and account.level(LEAST) is Level.REFUSED:
                    await self._tell_once(USED_UP, account, account.more_at(LEAST))

    async def _tell_once(self, key: str, account: Account, until: datetime) -> None:
        """Tell the host something of a limit, once until a time, unless the limit changes."""
        limit, now = account.limit, self._clock()
        name = f"told_{key}_{limit.span}_{limit.unit}"
        if now < self._told_until.get((name, limit.most), now):
            return
        self._told_until[name, limit.most] = until
        try:
            if now < _until_in((await self._settings.of("bot", NO_ID)).get(name, ""), limit.most, now):
                return
            text = f"{limit.most} {until.isoformat()}"
            await self._settings.put("bot", NO_ID, name, text, by_user=0, at=now)
        except StorageError:
            del self._told_until[name, limit.most]
            return
        is_money = limit.unit is Unit.MONEY
        spent = about(account.used) if is_money else f"{account.used:,} tokens"
        facts = {"until": f"{until:%Y-%m-%d %H:%M}"} if key == USED_UP else {}
        self._tell(HOST.say(key, spent=spent, limit=written([limit]), **facts))

    def _tell(self, line: str) -> None:
        log.warning(line)
        self._news.put_nowait(line)


def _until_in(text: str, most: int, otherwise: datetime) -> datetime:
    """Return until when a stored text says that the host was told of a limit of so much."""
    told, _, until = text.partition(" ")
    with suppress(ValueError):
        return datetime.fromisoformat(until) if told == str(most) else otherwise
    return otherwise
