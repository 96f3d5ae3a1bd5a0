import asyncio
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.storage import schema
from bot.storage.errors import StatementError, StorageError, StorageErrorKind
from bot.storage.schema import MIGRATIONS, migrations_in, statements
from tests.storage.cast import failures_counted, kill_within, opened


async def refusal(path: Path, *, exclusive: bool = True, migrations: Path | None = None) -> StorageError:
    with pytest.raises(StorageError) as caught:
        async with opened(path, exclusive=exclusive, migrations=migrations or MIGRATIONS):
            pass
    return caught.value


async def make(path: Path, migrations: Path | None = None) -> None:
    async with opened(path, migrations=migrations or MIGRATIONS):
        pass


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def content(path: Path) -> bytes:
    return path.read_bytes()


def beside(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir())


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """A history of two versions: a table of songs, and later who sang them."""
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0001_songs.sql").write_text("CREATE TABLE song (title TEXT NOT NULL) STRICT;\n")
    return folder


def second_step(folder: Path, sql: str = "ALTER TABLE song ADD COLUMN singer TEXT;\n") -> None:
    (folder / "0002_singers.sql").write_text(sql)


async def test_a_first_start_makes_the_folder_and_a_file_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "data" / "dramatis.sqlite3"
    async with opened(path):
        modes = {entry.name: oct(entry.stat().st_mode & 0o777) for entry in path.parent.iterdir()}
    assert modes == {
        "dramatis.sqlite3": "0o600",
        "dramatis.sqlite3-shm": "0o600",
        "dramatis.sqlite3-wal": "0o600",
        "dramatis.sqlite3.lock": "0o600",
    }
    assert beside(path) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]


async def test_the_schema_of_a_new_file_is_the_newest_and_strict(file: Path) -> None:
    await make(file)
    newest = len(migrations_in(MIGRATIONS))
    assert ask(file, "PRAGMA user_version") == [(newest,)]
    assert ask(file, "PRAGMA application_id") == [(0x4472616D,)]
    assert ask(file, "PRAGMA journal_mode") == [("wal",)]
    tables = ask(
        file, "SELECT name, strict FROM pragma_table_list WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    )
    assert sorted(tables) == [
        ("ageing", 1),
        ("author_note", 1),
        ("binding", 1),
        ("block", 1),
        ("calibration", 1),
        ("cast_member", 1),
        ("debt", 1),
        ("deletion", 1),
        ("division", 1),
        ("erasure", 1),
        ("erasure_channel", 1),
        ("erasure_turn", 1),
        ("forgotten", 1),
        ("gap", 1),
        ("heard", 1),
        ("indexing", 1),
        ("mark", 1),
        ("notice", 1),
        ("pin", 1),
        ("place", 1),
        ("post", 1),
        ("preference", 1),
        ("process", 1),
        ("profile", 1),
        ("profile_choice", 1),
        ("proposal", 1),
        ("proxy_link", 1),
        ("recap", 1),
        ("reference", 1),
        ("reminder", 1),
        ("removal", 1),
        ("request", 1),
        ("scene", 1),
        ("server", 1),
        ("server_channel", 1),
        ("server_key", 1),
        ("server_lore", 1),
        ("server_persona", 1),
        ("server_picture", 1),
        ("setting", 1),
        ("speaker", 1),
        ("steering", 1),
        ("step", 1),
        ("swipe", 1),
        ("turn", 1),
        ("usage", 1),
        ("window_place", 1),
    ]


async def test_an_empty_file_counts_as_new(file: Path) -> None:
    file.touch()  # noqa: ASYNC240 - a test may block
    await make(file)
    assert ask(file, "SELECT count(*) FROM turn") == [(0,)]
    assert beside(file) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]


async def test_opening_again_keeps_everything_and_copies_nothing(file: Path) -> None:
    await make(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO notice VALUES (1, 'recording', '', 3)")
    await make(file)
    assert ask(file, "SELECT * FROM notice") == [(1, "recording", "", 3)]
    assert beside(file) == ["dramatis.sqlite3", "dramatis.sqlite3.lock"]


async def test_the_settings_that_keep_and_hide_what_people_said(file: Path) -> None:
    async with opened(file) as db, db.transaction() as tx:
        answers = {
            name: (await tx.run(f"PRAGMA {name}"))[0][0]
            for name in ("foreign_keys", "synchronous", "secure_delete", "busy_timeout", "journal_mode")
        }
    assert answers == {
        "foreign_keys": 1,
        "synchronous": 2,
        "secure_delete": 1,
        "busy_timeout": 2000,
        "journal_mode": "wal",
    }


async def test_an_older_database_is_copied_and_then_migrated(file: Path, steps: Path) -> None:
    await make(file, steps)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO song VALUES ('Greensleeves')")
    second_step(steps)
    await make(file, steps)
    copy = file.with_name("dramatis.sqlite3.before-0002.bak")
    assert ask(file, "SELECT * FROM song") == [("Greensleeves", None)]
    assert ask(file, "PRAGMA user_version") == [(2,)]
    assert ask(copy, "SELECT * FROM song") == [("Greensleeves",)]
    assert ask(copy, "PRAGMA user_version") == [(1,)]
    assert oct(copy.stat().st_mode & 0o777) == "0o600"
    assert [name for name in beside(file) if ".bak" in name] == ["dramatis.sqlite3.before-0002.bak"]


@pytest.mark.parametrize(
    "broken",
    [
        "ALTER TABLE song ADD COLUMN singer TEXT;\nINSERT INTO nowhere VALUES (1);\n",
        "ALTER TABLE song ADD COLUMN singer TEXT;\nCREATE TABLE",
        "ALTER TABLE song ADD COLUMN verse INTEGER REFERENCES song (rowid_);\nUPDATE song SET verse = 9;\n",
    ],
)
async def test_a_migration_that_fails_half_way_leaves_the_old_version_whole(
    file: Path, steps: Path, broken: str
) -> None:
    await make(file, steps)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO song VALUES ('Greensleeves')")
    second_step(steps, broken)
    with pytest.raises((StatementError, ValueError)):
        await make(file, steps)
    assert ask(file, "SELECT * FROM song") == [("Greensleeves",)]
    assert ask(file, "PRAGMA user_version") == [(1,)]
    second_step(steps)
    await make(file, steps)
    assert ask(file, "SELECT * FROM song") == [("Greensleeves", None)]


SONGS = (
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) "
    "INSERT INTO song (title) SELECT hex(randomblob(40)) FROM n"
)


@pytest.mark.parametrize("exclusive", [True, False])
async def test_a_kill_within_a_migration_is_undone_at_the_next_start(
    file: Path, steps: Path, exclusive: bool
) -> None:
    await make(file, steps)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE UNIQUE INDEX titles ON song (title)")
        connection.execute(SONGS.format(500))
    kill_within(file, "DELETE FROM song", SONGS.format(700), "PRAGMA user_version = 2")
    torn = f"{file.as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(torn, uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check(1)").fetchall() != [("ok",)]  # without its journal
    second_step(steps)
    async with opened(file, migrations=steps, exclusive=exclusive) as db:
        assert len(await db.read("SELECT title, singer FROM song")) == 500
    assert ask(file, "PRAGMA user_version") == [(2,)]


async def test_references_to_nothing_stop_a_migration(file: Path, steps: Path) -> None:
    second_step(
        steps,
        "CREATE TABLE singer (id INTEGER PRIMARY KEY, song INTEGER REFERENCES hit (id)) STRICT;\n"
        "CREATE TABLE hit (id INTEGER PRIMARY KEY) STRICT;\n"
        "INSERT INTO singer VALUES (1, 99);\n",
    )
    with pytest.raises(ValueError, match="references to nothing"):
        await make(file, steps)
    assert ask(file, "PRAGMA user_version") == [(1,)]


async def test_a_newer_database_is_refused_and_left_as_it_was(file: Path, steps: Path) -> None:
    second_step(steps)
    await make(file, steps)
    before = content(file)
    (steps / "0002_singers.sql").unlink()
    error = await refusal(file, migrations=steps)
    assert (error.kind, error.path, error.found, error.known) == (StorageErrorKind.NEWER, file, "2", "1")
    assert content(file) == before
    assert beside(file) == ["dramatis.sqlite3", "dramatis.sqlite3.lock", "steps"]


async def test_a_newer_database_is_recognised_by_what_its_journal_says(file: Path, steps: Path) -> None:
    await make(file, steps)
    with closing(sqlite3.connect(file)) as newer:
        newer.execute("PRAGMA user_version = 8")
        newer.execute("CREATE TABLE tomorrow (x)")
        newer.commit()
        before = content(file)
        assert b"tomorrow" not in before
        error = await refusal(file, migrations=steps)
        assert (error.kind, error.found) == (StorageErrorKind.NEWER, "8")
        assert content(file) == before


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE recipes (cake TEXT)")


def text(path: Path) -> None:
    path.write_text("Dear diary, today I was taken for a database.\n" * 40)


def truncated(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA application_id = 0x4472616D")
        connection.execute("CREATE TABLE a (x)")
        connection.execute("CREATE TABLE b (x)")
    path.write_bytes(path.read_bytes()[:4096])


@pytest.mark.parametrize(
    ("put", "kind"),
    [
        (foreign, StorageErrorKind.FOREIGN),
        (text, StorageErrorKind.NOT_A_DATABASE),
        (truncated, StorageErrorKind.CORRUPT),
    ],
)
@pytest.mark.parametrize("exclusive", [True, False])
async def test_a_file_that_is_no_database_of_ours_is_refused_and_left_as_it_was(
    file: Path, put: Callable[[Path], None], kind: StorageErrorKind, exclusive: bool
) -> None:
    put(file)
    before = content(file)
    error = await refusal(file, exclusive=exclusive)
    assert (error.kind, error.path) == (kind, file)
    assert content(file) == before
    assert set(beside(file)) <= {"dramatis.sqlite3", "dramatis.sqlite3.lock"}


HEADER: dict[str, tuple[int, bytes, StorageErrorKind]] = {
    "its first byte": (0, b"X", StorageErrorKind.NOT_A_DATABASE),
    "the last byte of its name": (15, b"4", StorageErrorKind.NOT_A_DATABASE),
    "a page size": (16, b"\xff\xff", StorageErrorKind.NOT_A_DATABASE),
    "a version for writing": (18, b"\xff", StorageErrorKind.CORRUPT),
    "a version for reading": (19, b"\xff", StorageErrorKind.NOT_A_DATABASE),
    "a number of pages": (28, b"\x7f\xff\xff\xff", StorageErrorKind.CORRUPT),
    "a format of the schema": (44, b"\0\0\0\xff", StorageErrorKind.CORRUPT),
    "an encoding": (56, b"\xff\xff\xff\xff", StorageErrorKind.CORRUPT),
    "no version of ours": (60, b"\0\0\0\0", StorageErrorKind.CORRUPT),
    "a negative version of ours": (60, b"\xff\0\0\0", StorageErrorKind.CORRUPT),
    "an earlier version of ours": (60, b"\0\0\0\x0c", StorageErrorKind.CORRUPT),
    "a later version of ours": (60, b"\x7f\0\0\0", StorageErrorKind.NEWER),
    "another program": (68, b"GPKG", StorageErrorKind.FOREIGN),
    "nothing but zeros": (0, bytes(100), StorageErrorKind.NOT_A_DATABASE),
}


@pytest.mark.parametrize("damage", HEADER)
async def test_a_damaged_header_is_told_and_the_file_left_as_it_was(file: Path, damage: str) -> None:
    await make(file)
    at, put, kind = HEADER[damage]
    whole = content(file)
    file.write_bytes(whole[:at] + put + whole[at + len(put) :])  # noqa: ASYNC240 - a test may block
    before = content(file)
    for exclusive in (True, False):
        error = await refusal(file, exclusive=exclusive)
        assert (error.kind, error.path) == (kind, file)
        assert content(file) == before


async def test_the_copy_before_a_migration_is_known(file: Path, steps: Path) -> None:
    async with opened(file, migrations=steps) as db:
        assert db.backup is None
    second_step(steps)
    async with opened(file, migrations=steps) as db:
        assert db.backup == file.with_name(f"{file.name}.before-0002.bak")
    async with opened(file, migrations=steps) as db:
        assert db.backup is None


@pytest.mark.parametrize("lost", ["dramatis.sqlite3", "dramatis.sqlite3.lock", "dramatis.sqlite3-wal"])
async def test_where_a_file_was_lost_nothing_is_read_or_written(file: Path, lost: str) -> None:
    async with opened(file) as db:
        await db.check()
        file.with_name(lost).rename(file.with_name("elsewhere"))
        await db.write("INSERT INTO notice VALUES (1, 'recording', '', 3)")  # it is not known yet
        for _ in range(2):
            with pytest.raises(StorageError) as caught, failures_counted() as counted:
                await db.check()
            assert counted == ["lost"]
            assert (caught.value.kind, caught.value.path) == (StorageErrorKind.LOST, file.with_name(lost))
            with pytest.raises(StorageError, match="lost"):
                await db.write("DELETE FROM notice")
            with pytest.raises(StorageError, match="lost"):
                await db.read("SELECT * FROM notice")
            with pytest.raises(StorageError, match="lost"):
                async with db.transaction():
                    pass
            file.with_name(lost).touch()  # another file of that name changes nothing


async def test_a_rehearsal_needs_its_journal(file: Path) -> None:
    async with opened(file, exclusive=False) as db:
        file.with_name(f"{file.name}-wal").unlink()
        with pytest.raises(StorageError, match="lost"):
            await db.check()


async def test_the_journal_of_a_database_that_was_opened_before_is_watched_from_the_start(file: Path) -> None:
    await make(file)
    async with opened(file) as db:
        file.with_name(f"{file.name}-wal").unlink()
        with pytest.raises(StorageError, match="lost"):
            await db.check()


async def test_what_is_written_without_the_journals_index_is_there_after_a_kill(file: Path) -> None:
    async with opened(file) as db:
        file.with_name(f"{file.name}-shm").unlink()
        await db.write("INSERT INTO notice VALUES (1, 'recording', '', 3)")
        await db.check()
        killed = file.with_name("killed.sqlite3")  # what is on the disk now
        for end in ("", "-wal"):
            shutil.copy(f"{file}{end}", f"{killed}{end}")
    assert ask(killed, "SELECT * FROM notice") == [(1, "recording", "", 3)]


async def test_a_rehearsal_does_not_need_the_lock(file: Path) -> None:
    async with opened(file, exclusive=False) as db:
        file.with_name(f"{file.name}.lock").unlink(missing_ok=True)
        await db.check()


async def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("not a folder")
    error = await refusal(tmp_path / "data" / "dramatis.sqlite3")
    assert (error.kind, error.path) == (StorageErrorKind.NOT_A_FOLDER, tmp_path / "data")
    deeper = await refusal(tmp_path / "data" / "more" / "dramatis.sqlite3")
    assert deeper.kind == StorageErrorKind.NOT_A_FOLDER


async def test_a_folder_in_the_place_of_the_file(file: Path) -> None:
    file.mkdir()  # noqa: ASYNC240 - a test may block
    error = await refusal(file)
    assert (error.kind, error.path) == (StorageErrorKind.IS_A_FOLDER, file)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [pipe, device])
async def test_what_is_no_file_in_the_place_of_the_file(file: Path, make: Callable[[Path], None]) -> None:
    make(file)
    error = await refusal(file)
    assert error.kind == StorageErrorKind.NOT_A_FILE


async def test_the_file_may_be_a_link(tmp_path: Path) -> None:
    target = tmp_path / "there" / "story.sqlite3"
    target.parent.mkdir()
    (tmp_path / "story.sqlite3").symlink_to(target)
    async with opened(tmp_path / "story.sqlite3"):
        pass
    assert target.read_bytes().startswith(b"SQLite format 3")


@contextmanager
def ordinary_rights(folder: Path, *, folder_mode: int, file_mode: int) -> Iterator[None]:
    """The rights of the folder's owner, who is not root: root may write everywhere."""
    for path in folder.iterdir():
        path.chmod(file_mode)
    folder.chmod(folder_mode)
    if os.geteuid() != 0:
        yield
        return
    nobody = 65534
    for path in (folder, *folder.iterdir()):
        os.chown(path, nobody, nobody)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_a_file_that_may_not_be_written(common_folder: Path) -> None:
    path = common_folder / "dramatis.sqlite3"
    await make(path)
    with ordinary_rights(common_folder, folder_mode=0o700, file_mode=0o400):
        error = await refusal(path)
    assert (error.kind, error.path) == (StorageErrorKind.READ_ONLY, path)


@pytest.mark.parametrize("mode", [0o500, 0o600, 0o000])
@pytest.mark.parametrize("name", ["dramatis.sqlite3", "new.sqlite3"])
async def test_a_folder_that_may_not_be_written_or_entered(common_folder: Path, name: str, mode: int) -> None:
    await make(common_folder / "dramatis.sqlite3")
    with ordinary_rights(common_folder, folder_mode=mode, file_mode=0o600):
        error = await refusal(common_folder / name)
    assert (error.kind, error.path) == (StorageErrorKind.READ_ONLY, common_folder)


async def test_a_folder_that_may_not_be_made(common_folder: Path) -> None:
    with ordinary_rights(common_folder, folder_mode=0o500, file_mode=0o600):
        error = await refusal(common_folder / "data" / "dramatis.sqlite3")
    assert (error.kind, error.path) == (StorageErrorKind.READ_ONLY, common_folder / "data")


async def test_a_full_disk_while_the_tables_are_made(file: Path, steps: Path) -> None:
    # SQLite's own limit on the size of a file stands in for the disk's: the error is the same.
    second_step(
        steps,
        "PRAGMA max_page_count = 3;\nCREATE TABLE big (x);\nINSERT INTO big VALUES (zeroblob(90000));\n",
    )
    error = await refusal(file, migrations=steps)
    assert (error.kind, error.path) == (StorageErrorKind.FULL, file)
    assert ask(file, "PRAGMA user_version") == [(1,)]
    second_step(steps)
    await make(file, steps)


async def test_an_sqlite_that_lacks_what_we_use(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "OLDEST_SQLITE", (99, 1, 0))
    error = await refusal(file)
    assert (error.kind, error.found, error.known) == (
        StorageErrorKind.OLD_SQLITE,
        sqlite3.sqlite_version,
        "99.1.0",
    )
    assert beside(file) == []


async def test_a_second_bot_is_refused_and_a_rehearsal_is_not(file: Path) -> None:
    async with opened(file):
        error = await refusal(file)
        assert (error.kind, error.path) == (StorageErrorKind.IN_USE, file)
        async with opened(file, exclusive=False):
            pass
        assert (await refusal(file)).kind == StorageErrorKind.IN_USE
    await make(file)


async def test_a_bot_may_start_beside_a_rehearsal(file: Path) -> None:
    async with opened(file, exclusive=False):
        await make(file)


async def test_another_way_to_the_same_file_is_refused_too(file: Path, tmp_path: Path) -> None:
    async with opened(file):
        (tmp_path / "link.sqlite3").symlink_to(file)
        error = await refusal(tmp_path / "link.sqlite3")
    assert error.kind == StorageErrorKind.IN_USE


async def test_two_rehearsals_may_begin_at_once_on_a_new_file(file: Path) -> None:
    async def rehearsal() -> list[int]:
        async with opened(file, exclusive=False) as database:
            return [row[0] for row in await database.read("PRAGMA user_version")]

    newest = len(migrations_in(MIGRATIONS))
    assert await asyncio.gather(*(rehearsal() for _ in range(4))) == [[newest]] * 4


async def test_a_rehearsal_does_not_change_the_schema_under_a_running_bot(
    file: Path, steps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "BUSY_SECONDS", 0.05)
    async with opened(file, migrations=steps) as bot:
        second_step(steps)
        error = await refusal(file, exclusive=False, migrations=steps)
        assert error.kind == StorageErrorKind.IN_USE
        assert [row[0] for row in await bot.read("PRAGMA user_version")] == [1]
    async with opened(file, exclusive=False, migrations=steps) as rehearsal:
        assert [row[0] for row in await rehearsal.read("PRAGMA user_version")] == [2]
        await make(file, steps)  # it has let go of the lock again


async def test_an_opening_that_fails_lets_go_of_the_lock(file: Path, steps: Path) -> None:
    second_step(steps, "INSERT INTO nowhere VALUES (1);\n")
    with pytest.raises(StatementError):
        await make(file, steps)
    second_step(steps)
    await make(file, steps)


@pytest.mark.parametrize("name", ["what? 100%#1.sqlite3", "Café ☕.sqlite3", "a&mode=memory.sqlite3"])
async def test_a_path_is_a_path_and_no_address(tmp_path: Path, name: str) -> None:
    await make(tmp_path / name)
    assert beside(tmp_path / name) == sorted([name, f"{name}.lock"])


def test_the_shipped_steps_are_numbered_without_a_gap(tmp_path: Path) -> None:
    assert [step.number for step in migrations_in(MIGRATIONS)] == [*range(1, 48)]
    (tmp_path / "0001_a.sql").write_text("")
    (tmp_path / "0003_c.sql").write_text("")
    with pytest.raises(ValueError, match="0003_c"):
        migrations_in(tmp_path)


def test_a_script_falls_into_its_statements() -> None:
    script = """-- why; and how
CREATE TABLE a (x); -- with a remark;

CREATE TRIGGER t AFTER INSERT ON a
BEGIN
    DELETE FROM a;
    SELECT ';';
END;
-- the end
"""
    assert [statement.split()[-1] for statement in statements(script)] == ["remark;", "END;"]
    with pytest.raises(ValueError, match="within a statement: SELECT 1"):
        list(statements("SELECT 0;\nSELECT 1"))
