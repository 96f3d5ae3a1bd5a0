"""Which limits a charge is measured by, and over which purses and days.

Law: pure. What a server's own key pays counts for none of the host's limits; what admins set counts for it
too, since it's their money then.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.core.budgets.charges import Charge, Purse
from bot.core.budgets.days import Day
from bot.core.budgets.rule import Account, Amount, Limit, Payer, shares


@dataclass(frozen=True, slots=True)
class Measure:
    """A limit with what it is held against: a purse, and the day of its time zone."""

    limit: Limit
    purse: Purse
    day: Day

    @property
    def since(self) -> datetime:
        """The first moment of what counts."""
        return self.limit.window(self.day)

    def account(self, spent: Amount) -> Account:
        """Return the limit with what was spent."""
        return Account(self.limit, self.day, spent)


@dataclass(frozen=True, slots=True)
class Budgets:
    """All limits of one place.

    Attributes:
        hosts: those of the bot's host.
        admins: those of the server's admins.
        is_shared: whether the bot serves several servers, of which none takes more than its share.
    """

    hosts: tuple[Limit, ...] = ()
    admins: tuple[Limit, ...] = ()
    is_shared: bool = True

    def measures(self, charge: Charge, today: Day, bots_today: Day) -> Iterator[Measure]:
        """Yield what a charge is measured by.

        `today` is the day of the charge's server, `bots_today` the bot's own.
        """
        if not charge.own_key:
            yield from _held(self.hosts, charge, today, bots_today)
            if self.is_shared:
                for share in shares(self.hosts):
                    yield from _held([share], charge, bots_today, bots_today)
        for limit in self.admins:
            purse = _admins_purse(limit.payer, charge)
            if purse is not None:
                yield Measure(limit, purse, today)


def _held(limits: Iterable[Limit], charge: Charge, today: Day, bots_today: Day) -> Iterator[Measure]:
    for limit in limits:
        purse = hosts_purse(limit.payer, charge)
        if purse is not None:
            yield Measure(limit, purse, bots_today if limit.payer is Payer.BOT else today)


def hosts_purse(payer: Payer, charge: Charge) -> Purse | None:
    """Return the purse that a host's limit of a payer holds against; None if the charge has no such payer."""
    if payer is Payer.BOT:
        return Purse(hosts=True)
    wanted = {
        Payer.PERSON: ("user_id", charge.user_id),
        Payer.CHANNEL: ("channel_id", charge.channel_id),
        Payer.SERVER: ("guild_id", charge.guild_id),
    }
    name, id_ = wanted[payer]
    return None if id_ is None else Purse(**{name: id_}, hosts=True)


def _admins_purse(payer: Payer, charge: Charge) -> Purse | None:
    """Return the same for a limit that a server's admins set: of a person only what they spend there."""
    if charge.guild_id is None or payer is Payer.BOT:
        return None
    if payer is Payer.SERVER:
        return Purse(guild_id=charge.guild_id)
    if payer is Payer.CHANNEL:
        return None if charge.channel_id is None else Purse(channel_id=charge.channel_id)
    return None if charge.user_id is None else Purse(charge.user_id, charge.guild_id)
