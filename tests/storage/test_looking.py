"""Looking at a database changes nothing of it, whatever there is, on either engine."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.places import Place, Server
from bot.storage.schema import MIGRATIONS
from tests.databases import older_migrations, open_database
from tests.postgres import ask, server_database
from tests.storage.cast import opened


@pytest.fixture(params=["sqlite", "postgres"])
async def fresh(request: pytest.FixtureRequest, file: Path) -> AsyncIterator[Place]:
    """A place with nothing in it."""
    if request.param == "sqlite":
        yield file
        return
    async with server_database("template0") as server:
        yield server


async def all_of(place: Place) -> object:
    """What would be different if anything was changed."""
    if isinstance(place, Server):
        tables = "SELECT relname, relkind::text, relfilenode FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        return [tuple(row) for row in await ask(place, tables)]
    return {each.name: each.read_bytes() for each in place.parent.iterdir() if each.is_file()}


async def refusal(place: Place) -> StorageError:
    before = await all_of(place)
    with pytest.raises(StorageError) as caught:
        await Database.look(place)
    assert await all_of(place) == before
    return caught.value


async def test_where_nothing_is_nothing_is_made(fresh: Place) -> None:
    assert (await refusal(fresh)).kind is StorageErrorKind.MISSING
    if isinstance(fresh, Path):
        fresh.touch()
        assert (await refusal(fresh)).kind is StorageErrorKind.MISSING


async def test_what_an_older_version_wrote_is_not_brought_up_to_date(
    fresh: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with opened(fresh, migrations=older_migrations(tmp_path_factory.mktemp("older"))):
        pass
    error = await refusal(fresh)
    newest = sum(each.name.endswith(".sql") and ".pg." not in each.name for each in MIGRATIONS.iterdir())
    assert (error.kind, error.found, error.known) == (StorageErrorKind.OLDER, "44", str(newest))


async def test_beside_a_bot_it_sees_what_is_written_and_cannot_write(where: Place) -> None:
    database = await open_database(where)
    await database.write("INSERT INTO notice VALUES (1, 'a', '', 0)")
    seen = await Database.look(where)
    await database.write("INSERT INTO notice VALUES (2, 'a', '', 0)")
    assert len(await seen.read("SELECT * FROM notice")) == 2
    with pytest.raises(StorageError) as caught:
        await seen.write("DELETE FROM notice")
    assert caught.value.kind is StorageErrorKind.READ_ONLY
    await seen.close()
    await database.close()


async def test_a_database_of_another_program_with_a_table_meta_is_told_from_ours(tmp_path: Path) -> None:
    for table in (
        "CREATE TABLE meta (key TEXT, value TEXT)",
        "CREATE TABLE meta (version TEXT)",
        "CREATE VIEW meta AS SELECT 50 AS version, 'x' AS name",
        "CREATE TABLE meta AS SELECT 3::bigint AS version",
    ):
        async with server_database("template0") as server:
            await ask(server, table)
            before = await all_of(server)
            for act in (Database.look(server), Database.open(server, exclusive=True)):
                with pytest.raises(StorageError) as caught:
                    await act
                assert caught.value.kind is StorageErrorKind.FOREIGN
            assert await all_of(server) == before


@pytest.mark.parametrize("rows", [[], ["NULL"], ["44", "45"]])
async def test_a_schema_without_a_number_is_damage(rows: list[str]) -> None:
    async with server_database("template0") as server:
        await ask(server, "CREATE TABLE meta (version BIGINT)")
        for each in rows:
            await ask(server, f"INSERT INTO meta VALUES ({each})")
        assert (await refusal(server)).kind is StorageErrorKind.CORRUPT


@pytest.mark.parametrize("number", [1, 44, -1])
async def test_a_file_with_a_number_and_no_tables_is_damage(file: Path, number: int) -> None:
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA application_id = 1148346733")
        database.execute(f"PRAGMA user_version = {number}")
        database.execute("VACUUM")
    assert (await refusal(file)).kind is StorageErrorKind.CORRUPT
    with pytest.raises(StorageError) as caught:
        await Database.open(file, exclusive=True)
    assert caught.value.kind is StorageErrorKind.CORRUPT


async def test_a_name_that_may_make_no_tables_is_told_so() -> None:
    async with server_database("template0") as server:
        await ask(server, "DROP SCHEMA public CASCADE")
        with pytest.raises(StorageError) as caught:
            await Database.open(server, exclusive=True)
        assert caught.value.kind is StorageErrorKind.READ_ONLY


async def test_a_folder_is_no_database(file: Path) -> None:
    file.mkdir()  # noqa: ASYNC240 - a test may block
    assert (await refusal(file)).kind is StorageErrorKind.IS_A_FOLDER
