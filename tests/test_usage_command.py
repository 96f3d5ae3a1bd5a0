"""`python -m bot usage`: what each server has used, as a host reads it."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.core.budgets.charges import Charge, Purpose
from bot.core.completion import Usage
from bot.storage.costs import Costs, Spent
from tests.databases import open_database

pytestmark = pytest.mark.usefixtures("plain")

NOW = datetime.now(UTC)
THIS_MONTH = NOW.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
LAST_MONTH = THIS_MONTH - timedelta(days=3)
FIRST, SECOND = 111111111111111111, 222222222222222222


def lines(ran: Result) -> list[str]:
    assert (ran.exit_code, ran.stderr) == (0, "")
    return [" ".join(line.split()) for line in ran.stdout.splitlines() if line.strip(" ─")]


async def fill(path: Path) -> None:
    database = await open_database(path)
    for at, server, dollars, purpose, own in (
        (NOW, FIRST, 0.5, Purpose.REPLY, False),
        (NOW, FIRST, 0.004, Purpose.AGAIN, False),
        (THIS_MONTH, SECOND, 2, Purpose.RECAP, False),
        (THIS_MONTH, SECOND, 7, Purpose.REPLY, True),
        (NOW, None, 0.25, Purpose.TRY, False),
        (LAST_MONTH, FIRST, 11, Purpose.REPLY, False),
    ):
        price = round(dollars * 1_000_000)
        charge = Charge(purpose, 7, server, 9, own)
        spent = Spent(Usage(1000, 234, 1234), "M2-her", at, microdollars=price, charge=charge)
        await Costs(database).spend_apart(spent)
    await database.close()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    asyncio.run(fill(tmp_path / "data" / "dramatis.sqlite3"))
    return CliRunner()


def test_it_says_what_each_server_used_today_and_this_month_and_what_for(host: CliRunner) -> None:
    found = lines(host.invoke(main, ["usage"]))
    assert found[0] == f"Used in {NOW:%Y-%m} (UTC):"
    assert found[1].startswith("limits.bot, $20 a month: $2.75 of $")
    assert found[1].endswith(" %)")
    tables = found[2:]
    first_today = "$2.00" if THIS_MONTH.date() == NOW.date() else "$0.00"
    own_today = "$7.00" if THIS_MONTH.date() == NOW.date() else "$0.00"
    assert tables == [
        "server today month tokens requests",
        f"{SECOND} (own key) {own_today} $7.00 1,234 1",
        f"{SECOND} {first_today} $2.00 1,234 1",
        f"{FIRST} $0.50 $0.50 2,468 2",
        "no server (terminal) $0.25 $0.25 1,234 1",
        "for month tokens requests",
        "replies $7.50 2,468 2",
        "recaps $2.00 1,234 1",
        "tries of personas $0.25 1,234 1",
        "other versions of replies $0.0040 1,234 1",
    ]


def test_another_month_has_no_today_and_no_limits(host: CliRunner) -> None:
    assert lines(host.invoke(main, ["usage", "--month", f"{LAST_MONTH:%Y-%m}"])) == [
        f"Used in {LAST_MONTH:%Y-%m} (UTC):",
        "server month tokens requests",
        f"{FIRST} $11.00 1,234 1",
        "for month tokens requests",
        "replies $11.00 1,234 1",
    ]


@pytest.mark.parametrize("month", ["2026-13", "March", "2026-3", "2026-03-01", "9999-12", "0001-00"])
def test_what_is_no_month_is_said(host: CliRunner, month: str) -> None:
    ran = host.invoke(main, ["usage", "--month", month])
    assert (ran.exit_code, ran.stderr) == (1, "--month must be a month such as 2026-03\n")


def test_without_a_database_it_says_so_and_makes_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(main, ["usage"])
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert ran.stderr == "There is no database at data/dramatis.sqlite3 yet.\n"
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_all_months_has_four_digits(host: CliRunner) -> None:
    assert lines(host.invoke(main, ["usage", "--month", "0001-01"]))[0] == "Used in 0001-01 (UTC):"


def test_what_only_a_newer_version_pays_for_counts_as_replies(host: CliRunner, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "data" / "dramatis.sqlite3") as database:
        database.execute("UPDATE usage SET purpose = 'dream' WHERE purpose = 'recap'")
        database.execute("UPDATE usage SET purpose = 'song' WHERE purpose = 'try'")
    assert lines(host.invoke(main, ["usage"]))[-3:] == [
        "for month tokens requests",
        "replies $9.75 4,936 4",
        "other versions of replies $0.0040 1,234 1",
    ]
