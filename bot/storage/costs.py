"""What requests to the model cost, and in whose budgets that counts.

Law: a cost stays when its turn, its scene or its channel is gone: it is paid for. It holds no words. Sums are
read from the rows; nothing is added up in a table. A request that runs has a row of its own, for what its
prompt costs: without `completion_tokens`, and in no sum. It is replaced by the cost of the request, or counts
later, if a kill came before that.
"""

from dataclasses import astuple, dataclass, field, replace
from datetime import datetime
from typing import Final, Self

from bot.core.budgets.charges import Charge, Purpose, Purse
from bot.core.budgets.rule import Amount
from bot.core.completion import Usage
from bot.core.telemetry import Counted, telemetry
from bot.storage.aliases import known_alias
from bot.storage.columns import from_ms, to_ms
from bot.storage.database import Database, Transaction
from bot.storage.engine import Value

QUARTER: Final = 15 * 60 * 1000
"""Milliseconds of a quarter of an hour: in every time zone of today a day begins with one."""

_COLUMNS: Final = """
    prompt_tokens, completion_tokens, total_tokens, model, reported, price_microdollars, created_at,
    purpose, user_id, guild_id, channel_id, own_key
"""

_SPEND: Final = f"""
INSERT INTO usage (turn_id, {_COLUMNS})
VALUES ((SELECT id FROM turn WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - ours

_SPEND_ON_RECAP: Final = f"""
INSERT INTO usage (scene_id, {_COLUMNS})
VALUES ((SELECT id FROM scene WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - ours

_SPEND_APART: Final = f"""
INSERT INTO usage ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""  # noqa: S608 - ours

_BEGIN: Final = f"{_SPEND_APART} RETURNING id"

_WAIVE: Final = "DELETE FROM usage WHERE id = ? AND completion_tokens IS NULL"

_LEFT: Final = """
completion_tokens IS NULL AND (created_at < ? OR (? = 1 AND NOT EXISTS (SELECT 1 FROM process)))
"""

_SETTLE: Final = f"""
INSERT INTO usage ({_COLUMNS}) SELECT {_COLUMNS.replace("completion_tokens", "0", 1)} FROM usage WHERE {_LEFT}
"""  # noqa: S608 - ours

_TOKENS: Final = "coalesce(total_tokens, coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0))"

_SUMS: Final = f"""
CAST(coalesce(sum({_TOKENS}), 0) AS BIGINT) AS tokens,
CAST(coalesce(sum(price_microdollars), 0) AS BIGINT) AS microdollars
"""

_KNOWN: Final = ", ".join(f"'{each}'" for each in Purpose)

_PURPOSE: Final = f"CASE WHEN purpose IN ({_KNOWN}) THEN purpose ELSE '{Purpose.REPLY}' END"
"""What a cost was for; what only a newer version of the bot knows counts as a reply."""

_AFTER: Final = f"""
SELECT id, {_TOKENS} AS tokens, coalesce(price_microdollars, 0) AS microdollars, {_PURPOSE} AS what, user_id,
    guild_id, channel_id, own_key, created_at
FROM usage WHERE id > ? AND completion_tokens IS NOT NULL ORDER BY id
"""  # noqa: S608 - ours

_QUARTERS: Final = f"""
SELECT created_at / {QUARTER} AS quarter, {_SUMS} FROM usage WHERE {{condition}}
GROUP BY created_at / {QUARTER} ORDER BY quarter
"""  # noqa: S608 - ours

# What members' stand-ins spent is nobody's: `bot.core.proxies.stand_in`.
_PEOPLE: Final = f"""
SELECT user_id AS id, {_SUMS} FROM usage
WHERE guild_id = ? AND created_at >= ? AND user_id > 0 AND completion_tokens IS NOT NULL
GROUP BY user_id ORDER BY microdollars DESC, tokens DESC, id LIMIT ?
"""  # noqa: S608 - ours

_PURPOSES: Final = f"""
SELECT {_PURPOSE} AS what, count(*) AS times, {_SUMS} FROM usage WHERE {{condition}}
GROUP BY {_PURPOSE} ORDER BY microdollars DESC, tokens DESC, what
"""  # noqa: S608 - ours

# From server to server by the index, however many rows each has.
_ELSEWHERE: Final = """
WITH RECURSIVE other (id) AS (
    SELECT min(guild_id) FROM usage WHERE guild_id > 0
    UNION ALL
    SELECT (SELECT min(guild_id) FROM usage WHERE guild_id > other.id) FROM other WHERE other.id IS NOT NULL
)
SELECT 1 FROM other WHERE id IS NOT NULL AND id <> ? AND id NOT IN (SELECT server.id FROM server) AND EXISTS (
    SELECT 1 FROM usage WHERE guild_id = other.id AND created_at >= ? AND own_key = 0
) LIMIT 1
"""

_SERVERS: Final = f"""
SELECT guild_id, own_key, count(*) AS times, {_SUMS} FROM usage
WHERE created_at >= ? AND created_at < ? AND completion_tokens IS NOT NULL
GROUP BY guild_id, own_key ORDER BY microdollars DESC, tokens DESC, guild_id NULLS FIRST
"""  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class Spent:
    """The cost of a request; `reported` is False if any of it is the bot's estimate.

    The price is in millionths of a US dollar; None if the model's price is not known. `begun` is the number
    of the row that stands for the request while it runs.
    """

    usage: Usage
    model: str
    at: datetime
    reported: bool = True
    microdollars: int | None = None
    charge: Charge = field(default_factory=Charge)
    begun: int | None = None

    def __add__(self, other: Self) -> "Spent":
        """Return the cost of both requests."""
        usages = astuple(self.usage), astuple(other.usage)
        usage = Usage(*(sum(each or 0 for each in pair) for pair in zip(*usages, strict=True)))
        prices = self.microdollars, other.microdollars
        known = [each for each in prices if each is not None]
        return replace(
            self,
            usage=usage,
            reported=self.reported and other.reported,
            microdollars=sum(known) if len(known) == len(prices) else None,
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One stored cost: its number, which grows, what it was, when, and in whose budgets it counts."""

    id: int
    amount: Amount
    at: datetime
    charge: Charge


@dataclass(frozen=True, slots=True)
class Quarter:
    """What was spent in a quarter of an hour, and when that began."""

    at: datetime
    amount: Amount


@dataclass(frozen=True, slots=True)
class Share:
    """What one person of a server spent."""

    user_id: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class ServerUse:
    """What a server spent by one key, in how many requests; None is what belongs to no server."""

    guild_id: int | None
    own_key: bool
    times: int
    amount: Amount


@dataclass(frozen=True, slots=True)
class Use:
    """What was spent for one purpose, in how many requests."""

    purpose: str
    times: int
    amount: Amount


class Costs:
    """The costs of all requests."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def begin(self, spent: Spent) -> int:
        """Store what the prompt of a request costs that is about to be sent; return the row's number."""
        asked = replace(spent, usage=Usage(spent.usage.prompt_tokens), reported=False)
        (row,) = await self._db.write(_BEGIN, _bill(asked))
        number: int = row["id"]
        return number

    async def waive(self, begun: int) -> None:
        """Delete the row of a request that cost nothing."""
        await self._db.write(_WAIVE, (begun,))

    async def settle(self, before: datetime, *, is_start: bool = False) -> None:
        """Let what a kill left count: the prompts of requests that were sent before a time.

        At a start that is all, unless other processes run. It counts as new, so that they all see it.
        """
        values = (to_ms(before), int(is_start))
        async with self._db.transaction() as tx:
            await tx.run(_SETTLE, values)
            await tx.run(f"DELETE FROM usage WHERE {_LEFT}", values)  # noqa: S608 - ours

    async def spend(self, turn_id: int, spent: Spent) -> None:
        """Store the cost of a request for a reply, of which nothing else is stored with it."""
        async with self._db.transaction() as tx:
            await spend_on_reply(tx, turn_id, spent)

    async def spend_on_recap(self, scene_id: int, spent: Spent) -> None:
        """Store the cost of a request for a scene's recap."""
        async with self._db.transaction() as tx:
            await _store(tx, _SPEND_ON_RECAP, (scene_id,), spent)

    async def spend_apart(self, spent: Spent) -> None:
        """Store the cost of a request that belongs to no story."""
        async with self._db.transaction() as tx:
            await _store(tx, _SPEND_APART, (), spent)

    async def last_word(self, turn_id: int) -> datetime | None:
        """Return when the last reply that wrote a turn ended, as its cost was noted then; else None."""
        sql = "SELECT max(created_at) AS at FROM usage WHERE turn_id = ?"
        at = (await self._db.read(sql, (turn_id,)))[0]["at"]
        return None if at is None else from_ms(at)

    async def newest(self) -> int:
        """Return the number of the newest row; 0 if there is none."""
        newest: int = (await self._db.read("SELECT coalesce(max(id), 0) AS id FROM usage"))[0]["id"]
        return newest

    async def after(self, number: int) -> list[Row]:
        """Return the rows with higher numbers, the oldest first."""
        return [
            Row(
                row["id"],
                Amount(row["tokens"], row["microdollars"]),
                from_ms(row["created_at"]),
                Charge(
                    Purpose(row["what"]),
                    row["user_id"],
                    row["guild_id"],
                    row["channel_id"],
                    bool(row["own_key"]),
                ),
            )
            for row in await self._db.read(_AFTER, (number,))
        ]

    async def spent(
        self, purse: Purse, since: datetime, until: datetime | None = None, newest: int | None = None
    ) -> Amount:
        """Return what was spent of a purse since a time, before another, up to the row of a number."""
        condition, values = _within(purse, since, until)
        if newest is not None:
            condition, values = f"{condition} AND id <= ?", [*values, newest]
        sql = f"SELECT {_SUMS} FROM usage WHERE {condition}"  # noqa: S608 - columns and marks
        (row,) = await self._db.read(sql, values)
        return Amount(row["tokens"], row["microdollars"])

    async def alias(self, user_id: int) -> int | None:
        """Return the number by which what a person used counts who was forgotten; None if nobody was."""
        return await known_alias(self._db, user_id)

    async def quarters(self, purse: Purse, since: datetime, until: datetime) -> list[Quarter]:
        """Return what was spent of a purse in each quarter of an hour between two times, the oldest first."""
        condition, values = _within(purse, since, until)
        return [
            Quarter(from_ms(row["quarter"] * QUARTER), Amount(row["tokens"], row["microdollars"]))
            for row in await self._db.read(_QUARTERS.format(condition=condition), values)
        ]

    async def is_spent_elsewhere(self, guild_id: int, since: datetime) -> bool:
        """Return whether the host has paid since a time for another server, which the bot has not left."""
        return bool(await self._db.read(_ELSEWHERE, (guild_id, to_ms(since))))

    async def people(self, guild_id: int, since: datetime, most: int) -> list[Share]:
        """Return who spent the most on a server since a time, at most so many people."""
        rows = await self._db.read(_PEOPLE, (guild_id, to_ms(since), most))
        return [Share(row["id"], Amount(row["tokens"], row["microdollars"])) for row in rows]

    async def servers(self, since: datetime, until: datetime) -> list[ServerUse]:
        """Return what each server spent between two times, the dearest first."""
        rows = await self._db.read(_SERVERS, (to_ms(since), to_ms(until)))
        return [
            ServerUse(
                row["guild_id"],
                bool(row["own_key"]),
                row["times"],
                Amount(row["tokens"], row["microdollars"]),
            )
            for row in rows
        ]

    async def purposes(
        self, guild_id: int | None, since: datetime, until: datetime | None = None
    ) -> list[Use]:
        """Return what a server, or None for all, spent for each purpose since a time, the dearest first."""
        conditions, values = ["created_at >= ?", "completion_tokens IS NOT NULL"], [to_ms(since)]
        if until is not None:
            conditions.append("created_at < ?")
            values.append(to_ms(until))
        if guild_id is not None:
            conditions.append("guild_id = ?")
            values.append(guild_id)
        rows = await self._db.read(_PURPOSES.format(condition=" AND ".join(conditions)), values)
        return [Use(row["what"], row["times"], Amount(row["tokens"], row["microdollars"])) for row in rows]

    async def is_new(self) -> bool:
        """Return whether no request was ever paid for."""
        return not await self._db.read("SELECT 1 FROM usage LIMIT 1")


def _within(purse: Purse, since: datetime, until: datetime | None) -> tuple[str, list[int]]:
    """Return the condition on what was spent of a purse between two times, and its values."""
    conditions, values = ["created_at >= ?", "completion_tokens IS NOT NULL"], [to_ms(since)]
    for column in ("user_id", "guild_id", "channel_id"):
        if (wanted := getattr(purse, column)) is not None:
            conditions.append(f"{column} = ?")
            values.append(wanted)
    if purse.hosts:
        conditions.append("own_key = 0")
    if until is not None:
        conditions.append("created_at < ?")
        values.append(to_ms(until))
    return " AND ".join(conditions), values


async def spend_on_reply(tx: Transaction, turn_id: int, spent: Spent) -> None:
    """Store the cost of a request for a reply."""
    await _store(tx, _SPEND, (turn_id,), spent)


async def _store(tx: Transaction, sql: str, of: tuple[int, ...], spent: Spent) -> None:
    """Store and report a cost in place of its request's row, without what was forgotten or deleted since."""
    if spent.begun is not None:
        whose = await tx.run(f"{_WAIVE} RETURNING user_id, guild_id, channel_id", (spent.begun,))
        if whose:
            spent = replace(spent, charge=replace(spent.charge, **dict(whose[0])))
    await tx.run(sql, (*of, *_bill(spent)))
    telemetry.count(Counted.TOKENS, "read", by=spent.usage.prompt_tokens or 0)
    telemetry.count(Counted.TOKENS, "written", by=spent.usage.completion_tokens or 0)
    telemetry.count(Counted.DOLLARS, by=(spent.microdollars or 0) / 1_000_000)


def _bill(spent: Spent) -> tuple[Value, ...]:
    usage, charge = spent.usage, spent.charge
    counted = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
    paid = (spent.model, int(spent.reported), spent.microdollars, to_ms(spent.at))
    where = (charge.guild_id, charge.channel_id, int(charge.own_key))
    return (*counted, *paid, charge.purpose, charge.user_id, *where)
