"""Commands that only look change no database: none that is empty, and none that an older version wrote."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.storage.places import Place, Server
from tests.databases import older_migrations
from tests.postgres import ask, server_database
from tests.storage.cast import opened
from tests.wired import CAST

COMMANDS = (["check"], ["doctor"], ["usage"], ["prompt", "--channel", "1"])


@asynccontextmanager
async def place(engine: str, folder: Path) -> AsyncIterator[Place]:
    if engine == "sqlite":
        yield folder / "data" / "dramatis.sqlite3"
        return
    async with server_database("template0") as server:
        yield server


async def state_of(place: Place) -> object:
    if isinstance(place, Path):
        return {each.name: each.read_bytes() for each in place.parent.glob("*")}
    files = "SELECT relname, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    return [
        tuple(row) for row in await ask(place, files, "SELECT * FROM pg_tables WHERE schemaname = 'public'")
    ]


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
@pytest.mark.parametrize("is_older", [False, True])
def test_each_says_what_is_there_or_why_it_cannot_and_changes_nothing(
    engine: str, is_older: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "marlow.yaml").write_text(CAST["marlow"])
    monkeypatch.chdir(tmp_path)
    told: dict[str, tuple[int, str]] = {}
    with asyncio.Runner() as runner:  # not running while a command runs, which has its own
        context = place(engine, tmp_path)
        where = runner.run(context.__aenter__())
        if is_older:
            (tmp_path / "steps").mkdir()

            async def fill() -> None:
                async with opened(where, migrations=older_migrations(tmp_path / "steps")) as db:
                    await db.write("INSERT INTO notice VALUES (1, 'a', '', 0)")

            runner.run(fill())
        before = runner.run(state_of(where))
        environment = {"DRAMATIS_STORAGE__URL": where.url} if isinstance(where, Server) else {}
        for command in COMMANDS:
            ran = CliRunner().invoke(main, command, env=environment, catch_exceptions=False)
            told[command[0]] = ran.exit_code, ran.output
            assert runner.run(state_of(where)) == before, command
        runner.run(context.__aexit__(None, None, None))
    assert told["check"][0] == 0
    for each in ("usage", "prompt") if engine == "sqlite" and is_older else ("usage", "prompt", "doctor"):
        code, words = told[each]
        why = "was written by an older Dramatis (schema 44;" if is_older else "There "
        assert (code, why in words, "Traceback" in words) == (1, True, False), words
    if engine == "sqlite" and is_older:  # a file can be looked through whatever its version is
        assert told["doctor"][0] == 0
        assert "schema 44" in told["doctor"][1]
