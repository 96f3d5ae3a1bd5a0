"""`python -m bot usage`: what each server has used, for the host.

Law: it reads the database, which the bot may be using, and changes nothing. Days and months are those of UTC,
as in the bot's own limits. There are ids in it, and no names.
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from bot.core.budgets.caps import about, read_caps, written
from bot.core.budgets.charges import Purse
from bot.core.budgets.days import Day, day_of
from bot.core.budgets.rule import NOTHING, Amount, Limit, Payer, Unit
from bot.storage.costs import Costs, ServerUse, Use
from bot.storage.database import Database
from bot.storage.places import Place
from bot.texts.sentences import HOST

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Report:
    """What was used in a month.

    Attributes:
        day: today, or the last day of an earlier month.
        is_now: whether it is the month that runs.
        servers: what each server used, the dearest first.
        today: what each used today.
        uses: what it was for.
        limits: the limits of the whole bot, each with what was used of it.
    """

    day: Day
    is_now: bool
    servers: tuple[ServerUse, ...]
    today: tuple[ServerUse, ...]
    uses: tuple[Use, ...]
    limits: tuple[tuple[Limit, Amount], ...]


def last_day(month: str) -> Day:
    """Return the last day of a month such as `2026-03`.

    Raises:
        ValueError: it is no month.
    """
    first = Day(date.fromisoformat(f"{month}-01"), UTC)
    last = Day(first.date.replace(day=first.days_in_month), UTC)
    if last.date == date.max:
        raise ValueError(month)  # no day follows, which would end it
    return last


async def report(place: Place, now: datetime, caps: str, month: Day | None = None) -> Report:
    """Return what was used in this month, or in another one; `caps` are the limits of the whole bot.

    Raises:
        StorageError: the database cannot be read.
    """
    today = day_of(now, UTC)
    day = month or today
    database = await Database.look(place)
    try:
        costs = Costs(database)
        since, until = day.month_start, day.in_month(day.days_in_month + 1)
        is_now = since <= now < until
        hosts = [
            (each, await costs.spent(Purse(hosts=True), each.window(day)))
            for each in read_caps(Payer.BOT, caps) or ()
        ]
        return Report(
            day,
            is_now,
            tuple(await costs.servers(since, until)),
            tuple(await costs.servers(today.start, today.end)) if is_now else (),
            tuple(await costs.purposes(None, since, until)),
            tuple(hosts) if is_now else (),
        )
    finally:
        await database.close()


def lines_above(found: Report) -> list[str]:
    """Return what stands above the tables: the month, and how much of the bot's limits is used."""
    lines = [HOST.say("spend.month", month=found.day.date.isoformat()[: len("2026-03")])]
    for limit, used in found.limits:
        let_out = limit.let_out(found.day)
        share = 100 * used.of(limit.unit) // max(1, let_out)
        facts = {"limit": written([limit]), "used": _said(used, limit.unit), "share": share}
        lines.append(HOST.say("spend.limit", **facts, let_out=_said_number(let_out, limit.unit)))
    return lines


def show(found: Report) -> None:
    """Print the tables: the servers, and what it was for."""
    from rich.console import Console  # noqa: PLC0415 - most runs have no use for it

    console = Console(file=sys.stdout, highlight=False)
    console.print(_of_servers(found))
    console.print(_of_purposes(found))


def _of_servers(found: Report) -> "Table":
    today = {(each.guild_id, each.own_key): each.amount for each in found.today}
    columns = ["server", *(["today"] if found.is_now else []), "month", "tokens", "requests"]
    rows = []
    for each in found.servers:
        spent, now = each.amount, today.get((each.guild_id, each.own_key), NOTHING)
        amounts = [about(now.microdollars)] if found.is_now else []
        rows.append(
            [_named(each), *amounts, about(spent.microdollars), f"{spent.tokens:,}", f"{each.times:,}"]
        )
    return _table(columns, rows)


def _of_purposes(found: Report) -> "Table":
    rows = [
        [
            HOST.say(f"spend.for.{each.purpose}"),
            about(each.amount.microdollars),
            f"{each.amount.tokens:,}",
            f"{each.times:,}",
        ]
        for each in found.uses
    ]
    return _table(["for", "month", "tokens", "requests"], rows)


def _named(use: ServerUse) -> str:
    name = HOST.say("spend.elsewhere") if use.guild_id is None else str(use.guild_id)
    return HOST.say("spend.own_key", server=name) if use.own_key else name


def _said(amount: Amount, unit: Unit) -> str:
    return _said_number(amount.of(unit), unit)


def _said_number(number: int, unit: Unit) -> str:
    return about(number) if unit is Unit.MONEY else HOST.say("spend.tokens", tokens=number)


def _table(names: Iterable[str], rows: Iterable[list[str]]) -> "Table":
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD)
    for number, name in enumerate(names):
        heading = HOST.say(f"spend.column.{name}")
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
