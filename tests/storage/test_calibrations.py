"""What was learnt of a model is kept, each model's apart; and what the step that brings it does to the rest."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.schema import MIGRATIONS
from tests.storage.cast import EVENING, opened


async def test_a_state_comes_back_and_the_next_takes_its_place(db: Database, file: Path) -> None:
    known = Calibrations(db)
    assert await known.get("api.minimax.io", "M2-her", "script") is None
    await known.put("api.minimax.io", "M2-her", "script", "one", EVENING)
    await known.put("api.minimax.io", "M2-her", "script", "two", EVENING)
    assert await known.get("api.minimax.io", "M2-her", "script") == "two"
    rows = await db.read("SELECT count(*) AS rows, min(updated_at) AS at FROM calibration")
    assert tuple(rows[0]) == (1, 1773519330250)


async def test_endpoints_models_and_counters_are_apart(db: Database) -> None:
    known = Calibrations(db)
    await known.put("api.minimax.io", "M2-her", "script", "theirs", EVENING)
    assert await known.get("127.0.0.1:8080", "M2-her", "script") is None
    assert await known.get("api.minimax.io", "m2-her", "script") is None
    assert await known.get("api.minimax.io", "M2-her", "minimax") is None


async def test_a_state_outlives_a_restart(file: Path) -> None:
    async with opened(file) as db:
        await Calibrations(db).put("api.minimax.io", "M2-her", "script", "learnt", EVENING)
    async with opened(file) as db:
        assert await Calibrations(db).get("api.minimax.io", "M2-her", "script") == "learnt"


async def test_counts_stored_with_a_margin_lose_it_and_what_was_spent_gets_its_price(
    file: Path, tmp_path: Path
) -> None:
    for step in sorted(MIGRATIONS.iterdir(), key=lambda step: step.name):
        if step.name < "0004":
            (tmp_path / step.name).write_text(step.read_text(encoding="utf-8"), encoding="utf-8")
    async with opened(file, migrations=tmp_path):
        pass
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO place (channel_id, scene_id) VALUES (7, 1)")
        connection.execute("INSERT INTO scene (id, channel_id, title, created_at) VALUES (1, 7, '', 0)")
        connection.executemany(
            "INSERT INTO turn (scene_id, persona_key, name, text, tokens, created_at, ending)"
            " VALUES (1, 'marlow', 'Marlow', 'Aye.', ?, 0, ?)",
            [(130, "done"), (14, "done"), (1, "done"), (0, None)],
        )
        connection.executemany(
            "INSERT INTO usage (prompt_tokens, completion_tokens, total_tokens, model, reported, created_at)"
            " VALUES (?, ?, ?, ?, 1, 0)",
            [
                (60_000, 500, 60_500, "M2-her"),
                (181, 23, 204, "minimax/minimax-m2-her"),
                (None, None, 412, "M2-her"),
                (60_000, 500, 60_500, "llama"),
            ],
        )
    async with opened(file) as db:
        # 130 was 100 with its margin of 1.3, and one is the name's; a turn being written has no count yet.
        assert [row["tokens"] for row in await db.read("SELECT tokens FROM turn ORDER BY id")] == [
            99,
            10,
            1,
            0,
        ]
        # 60,000 * $0.30 + 500 * $1.20, a million; 54.3 + 27.6 = 81.9, rounded up.
        prices = [row[0] for row in await db.read("SELECT price_microdollars FROM usage ORDER BY id")]
        assert prices == [18_600, 82, None, None]
