"""What requests cost: stored with who is charged for them, added up, and told from old rows."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.core.budgets.charges import Charge, Purpose, Purse, purses_of
from bot.core.budgets.rule import Amount
from bot.core.completion import Usage
from bot.core.scene import Place
from bot.storage.costs import Costs, Row, Share, Spent, Use
from bot.storage.database import Database
from bot.storage.retention import Retention
from bot.storage.schema import MIGRATIONS
from bot.story.budgets.ledger import Ledger
from tests.storage.cast import ALICE, BOB, EVENING, only_sqlite, opened

TAVERN, CELLAR, MARKET = Place(77, None, 5), Place(78, 77, 5), Place(90, None, 6)
LATER = EVENING + timedelta(hours=5)

BEFORE = 42
"""The last migration before charges."""

AT = 1_773_519_330_250
"""EVENING, as the database has it."""

OLD = AT - 41 * 86_400_000

PLAYED = f"""
INSERT INTO place (channel_id, owner, parent_id, guild_id, scene_id) VALUES (77, 0, NULL, 5, 1), (78, 0, 77, 5, 2);
INSERT INTO scene (id, channel_id, title, created_at) VALUES (1, 77, '', {OLD}), (2, 78, '', {OLD});
INSERT INTO speaker (id, channel_id, owner, user_id, persona_key, display_name, name, created_at) VALUES
    (1, 77, 0, {ALICE}, NULL, 'Alice', 'Alice', 1), (2, 77, 0, NULL, 'marlow', NULL, 'Marlow', 1),
    (3, 78, 0, {BOB}, NULL, 'Bob', 'Bob', 1), (4, 78, 0, NULL, 'marlow', NULL, 'Marlow', 1);
INSERT INTO turn (id, scene_id, position, speaker_id, persona_key, text, tokens, created_at, ending) VALUES
    (1, 1, 10, 1, NULL, 'Hello', 1, {OLD}, NULL), (2, 1, 20, 2, 'marlow', 'Aye', 1, {OLD}, 'done'),
    (3, 1, 30, 2, 'marlow', 'Aye', 1, {AT}, 'done'), (4, 2, 40, 3, NULL, 'Psst', 1, {AT}, NULL),
    (5, 2, 50, 4, 'marlow', 'What', 1, {AT}, 'done');
INSERT INTO usage (id, turn_id, scene_id, total_tokens, model, reported, created_at) VALUES
    (1, 2, NULL, 10, 'M2-her', 1, {OLD}), (2, 3, NULL, 10, 'M2-her', 1, {AT}), (3, 5, NULL, 10, 'M2-her', 1, {AT}),
    (4, 5, NULL, 10, 'M2-her', 1, {AT}), (5, NULL, 2, 10, 'M3', 1, {AT}), (6, NULL, NULL, 10, 'M2-her', 1, {AT});
"""


def spent(tokens: int, charge: Charge, price: int | None = 7, at: timedelta = timedelta()) -> Spent:
    usage = Usage(tokens - 1, 1, tokens)
    return Spent(usage, "M2-her", EVENING + at, microdollars=price, charge=charge)


async def test_old_rows_are_charged_as_far_as_their_turns_tell(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "before"
    folder.mkdir()
    for step in MIGRATIONS.iterdir():
        if step.name.endswith(".sql") and int(step.name[:4]) <= BEFORE:
            shutil.copy(str(step), folder)
    async with opened(file, migrations=folder):
        pass
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(f"BEGIN;{PLAYED}COMMIT;")
    async with opened(file) as db:
        rows = await db.read(
            "SELECT purpose, user_id, guild_id, channel_id, own_key, total_tokens FROM usage ORDER BY id"
        )
        assert [tuple(row) for row in rows] == [
            ("reply", None, 5, 77, 0, 10),  # too old to say who asked
            ("reply", None, 5, 77, 0, 10),  # the persona had gone on
            ("reply", BOB, 5, 77, 0, 10),
            ("again", None, 5, 77, 0, 10),
            ("recap", None, 5, 77, 0, 10),
            ("reply", None, None, None, 0, 10),  # its turn is gone
        ]


async def test_sums_are_of_a_person_a_channel_with_its_threads_a_server_or_all(db: Database) -> None:
    costs = Costs(db)
    for tokens, place, who in (
        (1, TAVERN, ALICE),
        (10, CELLAR, ALICE),
        (100, TAVERN, BOB),
        (1000, MARKET, ALICE),
    ):
        await costs.spend_apart(spent(tokens, Charge.at(place, who)))
    await costs.spend_on_recap(1, spent(10_000, Charge.at(CELLAR, None, Purpose.RECAP)))
    own = Charge(Purpose.REPLY, ALICE, 5, 77, own_key=True)
    await costs.spend(1, spent(100_000, own, price=None, at=timedelta(hours=5)))
    sums = {
        Purse(): 111_111,
        Purse(hosts=True): 11_111,
        Purse(user_id=ALICE): 101_011,
        Purse(user_id=ALICE, hosts=True): 1011,
        Purse(user_id=ALICE, guild_id=5): 100_011,
        Purse(channel_id=77): 110_111,
        Purse(channel_id=78): 0,
        Purse(guild_id=5, hosts=True): 10_111,
        Purse(guild_id=7): 0,
    }
    assert {purse: (await costs.spent(purse, EVENING)).tokens for purse in sums} == sums
    assert await costs.spent(Purse(), EVENING) == Amount(111_111, 5 * 7)  # the last one's price isn't known
    assert (await costs.spent(Purse(), LATER)).tokens == 100_000
    assert (await costs.spent(Purse(), EVENING, LATER)).tokens == 11_111
    assert (await costs.spent(Purse(), EVENING, newest=2)).tokens == 11
    assert await costs.spent(Purse(), LATER + timedelta(seconds=1)) == Amount()


async def test_the_rows_say_what_the_sums_say(db: Database) -> None:
    costs = Costs(db)
    charges = [
        Charge.at(TAVERN, ALICE),
        Charge.at(MARKET, None, Purpose.RECAP),
        Charge(Purpose.TRY, BOB, None, 9),
        Charge(Purpose.AGAIN, BOB, 5, 77, own_key=True),
    ]
    assert await costs.newest() == 0
    for number, charge in enumerate(charges):
        await costs.spend_apart(spent(10**number, charge))
    rows = await costs.after(1)
    assert rows == [Row(id_, Amount(10 ** (id_ - 1), 7), EVENING, charges[id_ - 1]) for id_ in (2, 3, 4)]
    assert await costs.newest() == 4
    added: dict[Purse, int] = {}
    for row in await costs.after(0):
        for purse in purses_of(row.charge):
            added[purse] = added.get(purse, 0) + row.amount.tokens
    assert added == {purse: (await costs.spent(purse, EVENING)).tokens for purse in added}
    assert added[Purse(BOB, 5)] == 1000


async def test_a_server_sees_who_spent_and_on_what(db: Database) -> None:
    costs = Costs(db)
    for tokens, price, charge in (
        (10, 5, Charge.at(TAVERN, ALICE)),
        (20, 5, Charge.at(CELLAR, ALICE, Purpose.AGAIN)),
        (5, 90, Charge.at(TAVERN, BOB)),
        (7, 1, Charge.at(TAVERN, None, Purpose.RECAP)),
        (7, 1, Charge.at(MARKET, ALICE)),
    ):
        await costs.spend_apart(spent(tokens, charge, price))
    assert await costs.people(5, EVENING, 9) == [Share(BOB, Amount(5, 90)), Share(ALICE, Amount(30, 10))]
    assert await costs.people(5, EVENING, 1) == [Share(BOB, Amount(5, 90))]
    assert await costs.people(5, LATER, 9) == []
    assert await costs.purposes(5, EVENING) == [
        Use("reply", 2, Amount(15, 95)),
        Use("again", 1, Amount(20, 5)),
        Use("recap", 1, Amount(7, 1)),
    ]


async def test_who_asked_goes_before_what_it_cost(db: Database) -> None:
    costs = Costs(db)
    await costs.spend_apart(spent(10, Charge.at(TAVERN, ALICE)))
    await costs.spend_apart(spent(10, Charge.at(TAVERN, ALICE), at=timedelta(hours=5)))
    await Retention(db).delete_askers(LATER)
    assert await costs.spent(Purse(user_id=ALICE), EVENING) == Amount(10, 7)
    assert await costs.spent(Purse(guild_id=5), EVENING) == Amount(20, 14)


@only_sqlite
async def test_no_sum_reads_the_whole_table(db: Database) -> None:
    plans = {
        "SELECT sum(total_tokens) FROM usage WHERE created_at >= 1 AND own_key = 0": "usage_by_time",
        "SELECT sum(total_tokens) FROM usage WHERE created_at >= 1 AND user_id = 1": "usage_by_user",
        "SELECT sum(total_tokens) FROM usage WHERE created_at >= 1 AND user_id = 1 AND guild_id = 5": "usage_by_",
        "SELECT sum(total_tokens) FROM usage WHERE created_at >= 1 AND channel_id = 1": "usage_by_channel",
        "SELECT sum(total_tokens) FROM usage WHERE created_at >= 1 AND guild_id = 1": "usage_by_guild",
        "SELECT id FROM usage WHERE id > 9 ORDER BY id": "PRIMARY KEY (rowid>?)",
    }
    for sql, index in plans.items():
        (plan,) = [row["detail"] for row in await db.read(f"EXPLAIN QUERY PLAN {sql}")]
        assert plan.startswith("SEARCH"), plan
        assert index in plan


async def test_what_another_process_asks_for_counts_once_and_what_a_kill_left_in_an_hour(
    db: Database,
) -> None:
    costs, everybody, hour = Costs(db), Purse(hosts=True), timedelta(hours=1)
    ledger, begun = Ledger(costs), spent(10, Charge())
    await db.write("INSERT INTO process (id, since, beat) VALUES (1, 0, 0)")  # which asks, and runs
    first = await costs.begin(begun)
    await costs.settle(EVENING - hour, is_start=True)
    await costs.spend_apart(replace(begun, begun=first))
    assert await ledger.spent([(everybody, EVENING - hour)]) == [Amount(10, 7)]
    await costs.begin(begun)
    await costs.settle(EVENING)
    assert await ledger.spent([(everybody, EVENING - hour)]) == [Amount(10, 7)]
    await costs.settle(EVENING + timedelta(seconds=1))
    assert await ledger.spent([(everybody, EVENING - hour)]) == [Amount(19, 14)]
    await db.write("DELETE FROM process")
    await costs.begin(begun)
    await costs.settle(EVENING - hour, is_start=True)
    assert await ledger.spent([(everybody, EVENING - hour)]) == [Amount(28, 21)]
