"""The whole database goes to a server and comes back, and nothing of it is lost or left half."""

import asyncio
import resource
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.core.memory.words import search_of
from bot.storage.database import Database
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.history import History
from bot.storage.locations import Server
from bot.storage.maintenance import Abandoned, NotTheSame, Phase
from bot.storage.move import to_file, to_server
from bot.storage.scenes import Scenes
from bot.storage.stores import Stores
from tests.databases import older_migrations, open_database, tables_of
from tests.postgres import ask, end_connections, server_database
from tests.storage.cast import EVENING, TAVERN, opened, record
from tests.storage.test_departures import HERE, THREAD, play


class Progress:
    """Hears how far it is, and ends it after so many pieces."""

    def __init__(self, pieces: int = 10_000) -> None:
        self.heard: list[tuple[Phase, int, int]] = []
        self._pieces = pieces

    def at(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        self.heard.append((phase, done, total))

    @property
    def stops(self) -> bool:
        return len(self.heard) >= self._pieces


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with server_database() as found:
        yield found


@pytest.fixture
async def played(file: Path) -> Path:
    """A file with rows in most tables, a text that only SQLite can hold, and a newest turn that is gone."""
    db = await open_database(file)
    await play(db, HERE, 61000)
    await play(db, THREAD, 62000)
    scene = await Scenes(db).active(TAVERN, EVENING)
    await record(db, scene, "Ale and bread.", message_id=63000)
    await db.write("UPDATE turn SET notes = ? WHERE message_id = 63000", ("[a\0b]",))
    await record(db, scene, "Never mind.", message_id=63001)
    await History(db).retract([63001])
    await db.close()
    return file


async def rows_of(db: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = [name for name in await tables_of(db) if name != "indexing"]
    return {
        name: [tuple(row) for row in await db.read(f"SELECT * FROM {name} ORDER BY 1, 2")] for name in tables
    }


async def test_all_goes_to_the_server_and_comes_back(played: Path, server: Server, tmp_path: Path) -> None:
    async with opened(played) as db:
        before = await rows_of(db)
        newest = max(row["id"] for row in await db.read("SELECT id FROM turn"))
    progress = Progress()
    counts = await to_server(played, server, progress)
    assert counts["turn"] == len(before["turn"]) > 5
    assert counts == {name: len(rows) for name, rows in before.items()} | {"indexing": 1}
    assert sum(1 for rows in before.values() if rows) >= 15
    assert progress.heard[-1] == (Phase.COMPARING, sum(counts.values()), sum(counts.values()))
    expected = {
        name: [tuple(str(v).replace("\0", "?") if isinstance(v, str) else v for v in row) for row in rows]
        for name, rows in before.items()
    }
    async with opened(server) as db:
        assert await rows_of(db) == expected
        stores = Stores.on(db)
        scene = await stores.scenes.playing(TAVERN)
        assert scene is not None
        while not await stores.searches.fill():
            pass
        found = await stores.searches.find(scene.id, search_of("bread"), 0, 5)
        assert [turn.text for turn in found.turns] == ["Ale and bread."]
        turn = await record(db, scene, "Who is there?", message_id=63002)
        assert turn is not None
        assert turn.id == newest + 2  # of one that is gone the id is not given again
        await db.write("DELETE FROM turn WHERE id = ?", (turn.id,))
    back = tmp_path / "back.sqlite3"
    await to_file(server, back, Progress())
    async with opened(back) as db:
        found_rows = await rows_of(db)
        assert {**found_rows, "speaker": expected["speaker"]} == expected
        scene = await Scenes(db).active(TAVERN, EVENING)
        turn = await record(db, scene, "Who is it?", message_id=63003)
        assert turn is not None
        assert turn.id == newest + 3


@pytest.mark.parametrize("pieces", [1, 12, 24])
async def test_ended_half_way_the_server_is_empty_and_the_file_as_it_was(
    played: Path, server: Server, pieces: int
) -> None:
    with pytest.raises(Abandoned):
        await to_server(played, server, Progress(pieces))
    async with opened(server) as db:
        assert not any((await rows_of(db)).values())
    await to_server(played, server, Progress())


async def test_cut_off_half_way_the_server_is_empty(played: Path, server: Server) -> None:
    class Cut(Progress):
        def at(self, phase: Phase, done: int = 0, total: int = 0) -> None:
            super().at(phase, done, total)
            if len(self.heard) == 10:
                with ThreadPoolExecutor(1) as beside:  # before anything more is sent
                    beside.submit(asyncio.run, end_connections(server)).result()

    with pytest.raises(StorageError, match="cut"):
        await to_server(played, server, Cut())
    async with opened(server) as db:
        assert not any((await rows_of(db)).values())


async def test_a_target_that_has_something_is_refused_and_left_as_it_was(
    played: Path, server: Server
) -> None:
    async with opened(server) as db:
        await db.write("INSERT INTO notice VALUES (1, 'recording', '', 3)")
    with pytest.raises(StorageError) as caught:
        await to_server(played, server, Progress())
    assert caught.value.kind == StorageErrorKind.NOT_EMPTY
    with pytest.raises(StorageError) as caught:
        await to_file(server, played, Progress())
    assert caught.value.kind == StorageErrorKind.EXISTS
    async with opened(server) as db:
        assert [row["kind"] for row in await db.read("SELECT kind FROM notice")] == ["recording"]


async def test_nothing_moves_while_a_bot_runs_or_without_a_file(played: Path, server: Server) -> None:
    for place in (played, server):
        async with opened(place):
            with pytest.raises(StorageError, match="in_use"):
                await to_server(played, server, Progress())
    with pytest.raises(StorageError, match="missing"):
        await to_server(played.with_name("nothing.sqlite3"), server, Progress())


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        each.name: each.read_bytes()
        for each in folder.iterdir()
        if each.is_file() and each.suffix != ".lock"  # which is held while one is read
    }


async def test_a_source_is_left_as_it_was_to_the_byte(
    played: Path, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = files_in(played.parent)
    await to_server(played, server, Progress())
    assert files_in(played.parent) == before
    older = tmp_path_factory.mktemp("older") / "dramatis.sqlite3"
    async with opened(older, migrations=older_migrations(tmp_path_factory.mktemp("steps"))):
        pass
    (played.parent / "empty").touch()
    before, before_older = files_in(played.parent), files_in(older.parent)
    for source, kind in (
        (older, "older"),
        (played.parent / "empty", "missing"),
        (played.parent, "is_a_folder"),
    ):
        with pytest.raises(StorageError) as caught:
            await to_server(source, server, Progress())
        assert caught.value.kind == kind
    assert (files_in(played.parent), files_in(older.parent)) == (before, before_older)


async def test_a_server_with_nothing_in_it_or_of_an_older_version_is_not_moved_back(tmp_path: Path) -> None:
    async with server_database("template0") as server:
        with pytest.raises(StorageError, match="missing"):
            await to_file(server, tmp_path / "back.sqlite3", Progress())
        (tmp_path / "steps").mkdir()
        async with opened(server, migrations=older_migrations(tmp_path / "steps")):
            pass
        with pytest.raises(StorageError, match="older"):
            await to_file(server, tmp_path / "back.sqlite3", Progress())
    assert files_in(tmp_path) == {}


async def test_a_server_with_somebody_elses_tables_is_refused(played: Path) -> None:
    async with server_database("template0") as server:
        await ask(server, "CREATE TABLE recipes (cake TEXT)")
        with pytest.raises(StorageError, match="foreign"):
            await to_server(played, server, Progress())
        assert await ask(
            server, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ) == [("recipes",)]


async def test_back_into_what_is_there_is_refused_and_it_stays_as_it_was(
    server: Server, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with opened(
        tmp_path / "older", migrations=older_migrations(tmp_path_factory.mktemp("steps"))
    ) as db:
        await db.write("INSERT INTO notice VALUES (1, 'a', '', 0)")
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    before = files_in(tmp_path)
    for name, kind in (
        ("older", "exists"),
        ("empty", "exists"),
        ("folder", "is_a_folder"),
        ("nowhere/back.sqlite3", "not_a_folder"),
    ):
        with pytest.raises(StorageError) as caught:
            await to_file(server, tmp_path / name, Progress())
        assert caught.value.kind == kind
    assert files_in(tmp_path) == before


class Limited(Progress):
    """Lets no file grow anymore once something is copied."""

    def at(self, phase: Phase, done: int = 0, total: int = 0) -> None:
        super().at(phase, done, total)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


async def test_back_without_room_or_given_up_leaves_no_file(
    played: Path, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await to_server(played, server, Progress())
    folder = tmp_path_factory.mktemp("back")
    back, limit = folder / "back.sqlite3", resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(StorageError) as caught:
            await to_file(server, back, Limited())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert (caught.value.kind, caught.value.path) == (StorageErrorKind.IO, back)
    for pieces in (1, 12):
        with pytest.raises(Abandoned):
            await to_file(server, back, Progress(pieces))
    assert list(folder.iterdir()) == []
    await to_file(server, back, Progress())
    assert [each.name for each in folder.iterdir()] == ["back.sqlite3"]


async def test_what_differs_is_not_kept(played: Path) -> None:
    async with server_database("template") as server:
        await differs(played, server)


async def differs(played: Path, server: Server) -> None:
    async with opened(server) as db:
        trigger = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.text = ''x''; RETURN NEW; END'"
        await db.write(trigger)
        await db.write("CREATE TRIGGER t BEFORE INSERT ON turn FOR EACH ROW EXECUTE FUNCTION f()")
    with pytest.raises(NotTheSame, match="turn"):
        await to_server(played, server, Progress())
    async with opened(server) as db:
        assert not any((await rows_of(db)).values())
