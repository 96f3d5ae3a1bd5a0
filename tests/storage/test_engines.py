"""What PostgreSQL has to be so that nobody above the storage sees which engine it is."""

import ast
import asyncio
import importlib
import logging
import pkgutil
import re
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import asyncpg
import pytest

import bot.storage
from bot.core.scene import Participant
from bot.storage.database import Database
from bot.storage.engine import Values
from bot.storage.errors import StatementError, StorageError, StorageErrorKind
from bot.storage.history import History
from bot.storage.places import Server
from bot.storage.postgres import Postgres, numbered
from bot.storage.postgres_schema import in_its_words, steps_in
from bot.storage.scenes import Scenes
from bot.storage.schema import MIGRATIONS
from tests.databases import open_database
from tests.postgres import ask, end_connections, server_database
from tests.storage.cast import ALICE, EVENING, TAVERN, failures_counted, opened, record

SECRET = "the password is swordfish"


async def refusal(server: Server, *, exclusive: bool = True, migrations: Path | None = None) -> StorageError:
    with pytest.raises(StorageError) as caught:
        async with opened(server, exclusive=exclusive, migrations=migrations or MIGRATIONS):
            pass
    return caught.value


# --- one text for both ----------------------------------------------------------------------------

ENGINES_OWN = {
    "fts5",
    "maintenance",
    "migrations",
    "move",
    "postgres",
    "postgres_cluster",
    "postgres_schema",
    "schema",
    "sqlite",
}
VERBS = ("SELECT ", "SELECT\n", "INSERT ", "UPDATE ", "DELETE ", "WITH ")
FRAGMENTS = re.compile(r"(WHERE|FROM line|undone\n\s+FROM line\n\s+\) AS whole|SELECT :erasure,|\n\))\s*$")
"""How the beginnings of statements end that are put together elsewhere."""
HOLES = {"{condition}": "guild_id = ?", "{nearest}": "max", "{order}": "DESC", "{0}": "0"}


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from strings([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from strings(each)


def statements_of(module: ModuleType) -> set[str]:
    """The statements of a module: its constants as they are, and what stands within its functions."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    inline = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
    ]
    found = {text.strip() for text in [*strings(list(vars(module).values())), *inline]}
    return {text for text in found if text.startswith(VERBS) and not FRAGMENTS.search(text)}


def filled(sql: str) -> str:
    for hole, words in HOLES.items():
        sql = sql.replace(hole, words)
    return re.sub(r"\{\w*\}", "?", sql)


async def test_postgresql_understands_every_statement_and_answers_with_numbers_and_texts_only() -> None:
    """Those that are put together as they are needed run in the tests of their stores, on both engines."""
    names = [each.name for each in pkgutil.iter_modules(bot.storage.__path__) if each.name not in ENGINES_OWN]
    told = {name: statements_of(importlib.import_module(f"bot.storage.{name}")) for name in names}
    assert sum(map(len, told.values())) > 400
    refused, types = [], set()
    async with server_database() as server:
        connection = await asyncpg.connect(server.url)
        for name, each in [(name, each) for name, found in told.items() for each in sorted(found)]:
            try:
                prepared = await connection.prepare(numbered(filled(each))[0])
            except asyncpg.PostgresError as error:
                refused.append(f"{name}: {error}\n{each}")
            else:
                types |= {column.type.name for column in prepared.get_attributes()}
        await connection.close()
    assert "\n\n".join(refused) == ""
    assert types <= {"int4", "int8", "text"}  # a sum would be a Decimal, a comparison a bool


@pytest.mark.parametrize(
    ("sql", "expected", "names"),
    [
        ("SELECT ?, ? FROM turn", "SELECT $1, $2 FROM turn", ("", "")),
        ("SELECT :user, :at, :user", "SELECT $1, $2, $1", ("user", "at")),
        ("SELECT '?', ':a', 'it''s ?', ?", "SELECT '?', ':a', 'it''s ?', $1", ("",)),
        ("SELECT 1 -- what?\n, ?", "SELECT 1 -- what?\n, $1", ("",)),
        ("SELECT a::text, ?", "SELECT a::text, $1", ("",)),
        ("SELECT 1", "SELECT 1", ()),
    ],
)
def test_values_get_numbers(sql: str, expected: str, names: tuple[str, ...]) -> None:
    assert numbered(sql) == (expected, names)


# --- one schema -----------------------------------------------------------------------------------


def plain(expression: str) -> str:
    """A condition as both write it: without what PostgreSQL puts around it."""
    text = re.sub(r"::(?:text|bigint|integer)(?:\[\])?|\(|\)|\"|\s+|COLLATE \"C\"", "", expression.lower())
    text = re.sub(r"=anyarray\[([^\]]*)\]", r"in\1", text)
    text = re.sub(r"(\w+)between(\d+)and(\d+)", r"\1>=\2and\1<=\3", text)
    return text.removeprefix("check")


def parts(body: str) -> Iterator[str]:
    """What stands between the commas of a table's definition."""
    depth, part = 0, ""
    for sign in re.sub(r"--[^\n]*", "", body):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            yield part
            part = ""
        else:
            part += sign
    yield part


def checks_in(sql: str) -> set[str]:
    found = set()
    for part in parts(sql[sql.index("(") + 1 : sql.rindex(")")]):
        for begins in re.finditer(r"\bCHECK \(", part):
            depth = 0
            for at in range(begins.end() - 1, len(part)):
                depth += (part[at] == "(") - (part[at] == ")")
                if not depth:
                    found.add(plain(part[begins.end() : at]))
                    break
    return found


async def in_sqlite(db: Database) -> dict[str, object]:
    found: dict[str, object] = {}
    tables = await db.read(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        " AND name NOT LIKE 'turn_words%'"
    )
    for name, sql in tables:
        columns = await db.read(f"PRAGMA table_xinfo({name})")
        keys = [row["name"] for row in sorted(columns, key=lambda row: row["pk"]) if row["pk"]]
        found[f"{name}: columns"] = {
            row["name"]: (
                row["type"],
                bool(row["notnull"] or row["pk"]),
                None if row["dflt_value"] is None else str(row["dflt_value"]),
            )
            for row in columns
        }
        found[f"{name}: key"] = keys
        found[f"{name}: checks"] = checks_in(sql)
        references: dict[int, list[tuple[str, str]]] = {}
        targets: dict[int, tuple[str, str]] = {}
        for row in await db.read(f"PRAGMA foreign_key_list({name})"):
            references.setdefault(row["id"], []).append((row["from"], row["to"]))
            targets[row["id"]] = (row["table"], row["on_delete"])
        found[f"{name}: references"] = {
            (*targets[at], tuple(sorted(each))) for at, each in references.items()
        }
        indexes = set()
        for row in await db.read(f"PRAGMA index_list({name})"):
            if row["origin"] == "pk":
                continue
            of = [each["name"] for each in await db.read(f"PRAGMA index_info({row['name']})")]
            made = await db.read("SELECT sql FROM sqlite_schema WHERE name = ?", (row["name"],))
            where = (made[0]["sql"] or "").partition("WHERE")[2]
            indexes.add((bool(row["unique"]), tuple(of), plain(where)))
        found[f"{name}: indexes"] = indexes
    for name, sql in await db.read("SELECT name, sql FROM sqlite_schema WHERE type = 'view'"):
        found[f"{name}: view"] = [row["name"] for row in await db.read(f"PRAGMA table_xinfo({name})")]
        assert sql
    return found


TYPES = {"bigint": "INTEGER", "text": "TEXT"}
ACTIONS = {"a": "NO ACTION", "c": "CASCADE", "n": "SET NULL"}


async def in_postgres(db: Database) -> dict[str, object]:
    found: dict[str, object] = {}
    tables = await db.read("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    for (name,) in tables:
        if name in ("meta", "turn_words"):
            continue
        columns = await db.read(
            "SELECT column_name, data_type, is_nullable, column_default, collation_name"
            " FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
            (name,),
        )
        assert all(row["collation_name"] == "C" for row in columns if row["data_type"] == "text")
        found[f"{name}: columns"] = {
            row["column_name"]: (
                TYPES[row["data_type"]],
                row["is_nullable"] == "NO",
                None if row["column_default"] is None else row["column_default"].removesuffix("::text"),
            )
            for row in columns
        }
        constraints = await db.read(
            "SELECT contype::text AS kind, pg_get_constraintdef(oid) AS said, confrelid::regclass::text AS target,"
            " confdeltype::text AS on_delete, coalesce(array_to_string(ARRAY(SELECT attname FROM unnest(conkey)"
            " WITH ORDINALITY AS k (n, at) JOIN pg_attribute ON attrelid = conrelid AND attnum = k.n ORDER BY k.at),"
            " ','), '') AS own, coalesce(array_to_string(ARRAY(SELECT attname FROM unnest(confkey) WITH ORDINALITY"
            " AS k (n, at) JOIN pg_attribute ON attrelid = confrelid AND attnum = k.n ORDER BY k.at), ','), '') AS other"
            " FROM pg_constraint WHERE conrelid = to_regclass(?)",
            (name,),
        )
        found[f"{name}: key"] = next(row["own"].split(",") for row in constraints if row["kind"] == "p")
        found[f"{name}: checks"] = {plain(row["said"]) for row in constraints if row["kind"] == "c"}
        found[f"{name}: references"] = {
            (
                row["target"],
                ACTIONS[row["on_delete"]],
                tuple(sorted(zip(row["own"].split(","), row["other"].split(","), strict=True))),
            )
            for row in constraints
            if row["kind"] == "f"
        }
        indexes = await db.read(
            "SELECT indisunique AS is_unique, pg_get_indexdef(indexrelid) AS said,"
            " coalesce(pg_get_expr(indpred, indrelid), '') AS part FROM pg_index"
            " WHERE indrelid = to_regclass(?) AND NOT indisprimary",
            (name,),
        )
        found[f"{name}: indexes"] = {
            (
                row["is_unique"],
                tuple(
                    re.findall(
                        r"\w+", row["said"].partition(" USING ")[2].partition("(")[2].partition(")")[0]
                    )
                ),
                plain(row["part"]),
            )
            for row in indexes
        }
    for (name,) in await db.read("SELECT viewname FROM pg_views WHERE schemaname = current_schema()"):
        columns = await db.read(
            "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position",
            (name,),
        )
        found[f"{name}: view"] = [row["column_name"] for row in columns]
    return found


async def test_both_have_the_same_tables_columns_keys_checks_indexes_and_references(file: Path) -> None:
    sqlite = await open_database(file)
    async with server_database() as server, opened(server) as postgres:
        try:
            one, other = await in_sqlite(sqlite), await in_postgres(postgres)
        finally:
            await sqlite.close()
    assert other == one


def test_a_step_has_one_text_as_far_as_it_can() -> None:
    script = (
        "CREATE TABLE song (\n    id INTEGER PRIMARY KEY AUTOINCREMENT,\n    title TEXT NOT NULL\n) STRICT;\n"
    )
    assert in_its_words(script) == (
        "CREATE TABLE song (\n    id BIGINT PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY,\n"
        '    title TEXT COLLATE "C" NOT NULL\n);\n'
    )
    assert in_its_words(") STRICT, WITHOUT ROWID;") == ");"
    first, *rest = [step.number for step in steps_in(MIGRATIONS)]
    assert first == 44
    assert rest == [*range(45, 45 + len(rest))]


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0001_songs.sql").write_text("CREATE TABLE song (title TEXT NOT NULL) STRICT;\n")
    return folder


async def test_a_new_database_gets_each_step_once_and_a_twin_goes_before(steps: Path) -> None:
    (steps / "0001_songs.pg.sql").write_text("CREATE TABLE song (title TEXT NOT NULL);\n")
    async with server_database("template0") as server:
        async with opened(server, migrations=steps) as db:
            await db.write("INSERT INTO song (title) VALUES ('Alma')")
        (steps / "0002_singers.sql").write_text("this is SQLite's\n;\n")
        (steps / "0002_singers.pg.sql").write_text("ALTER TABLE song ADD COLUMN singer TEXT;\n")
        for _ in range(2):
            async with opened(server, migrations=steps, exclusive=False) as db:
                assert [tuple(row) for row in await db.read("SELECT * FROM song")] == [("Alma", None)]
                assert [row["version"] for row in await db.read("SELECT version FROM meta")] == [2]


async def test_a_step_that_fails_leaves_the_database_as_it_was(steps: Path) -> None:
    async with server_database("template0") as server:
        async with opened(server, migrations=steps):
            pass
        (steps / "0002_a.sql").write_text(
            "CREATE TABLE a (x INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);\n"
        )
        with pytest.raises(StatementError, match="42P01"):
            async with opened(server, migrations=steps):
                pass
        (steps / "0002_a.sql").write_text("CREATE TABLE a (x INTEGER) STRICT;\n")
        async with opened(server, migrations=steps) as db:
            assert await db.read("SELECT * FROM a") == []


async def test_many_at_once_open_a_new_database(steps: Path) -> None:
    async def rehearsal(server: Server) -> list[int]:
        async with opened(server, exclusive=False, migrations=steps) as db:
            return [row["version"] for row in await db.read("SELECT version FROM meta")]

    async with server_database("template0") as server:
        assert await asyncio.gather(*(rehearsal(server) for _ in range(4))) == [[1]] * 4


async def test_a_rehearsal_does_not_change_the_schema_under_a_running_bot(steps: Path) -> None:
    async with server_database("template0") as server, opened(server, migrations=steps):
        (steps / "0002_singers.sql").write_text("ALTER TABLE song ADD COLUMN singer TEXT;\n")
        assert (await refusal(server, exclusive=False, migrations=steps)).kind == StorageErrorKind.IN_USE


# --- what is refused ------------------------------------------------------------------------------


async def test_a_newer_database_and_another_programs_are_refused(steps: Path) -> None:
    async with server_database("template0") as server:
        async with opened(server, migrations=steps) as db:
            await db.write("UPDATE meta SET version = 9")
        error = await refusal(server, migrations=steps)
        assert (error.kind, error.found, error.known) == (StorageErrorKind.NEWER, "9", "1")
    async with server_database("template0") as server:
        await ask(server, "CREATE TABLE recipes (cake TEXT)")
        assert (await refusal(server)).kind == StorageErrorKind.FOREIGN


async def test_a_second_bot_is_refused_and_a_rehearsal_is_not() -> None:
    async with server_database() as server:
        async with opened(server):
            error = await refusal(server)
            assert (error.kind, error.path) == (StorageErrorKind.IN_USE, server)
            async with opened(server, exclusive=False) as rehearsal:
                await rehearsal.write("INSERT INTO notice VALUES (1, 'a', '', 0)")
        async with opened(server):
            pass


async def test_a_server_that_cannot_be_reached_or_used_says_why_and_no_password() -> None:
    async with server_database() as server:
        elsewhere = Server("postgresql://ann:swordfish@127.0.0.1:1/tavern")
        missing = Server(server.url.replace("/main", "/gone").replace("/gw", "/gone"), "swordfish")
        wrong = Server(server.url.replace("postgresql://dramatis@", "postgresql://stranger@"), "swordfish")
        found = [await refusal(each) for each in (elsewhere, missing, wrong, Server("postgresql://h:x/y"))]
    assert [each.kind for each in found] == ["unreachable", "no_database", "login", "address"]
    assert all("swordfish" not in f"{each} {each!r} {each.path!r} {each.facts}" for each in found)
    assert str(found[0].path) == "postgresql://127.0.0.1:1/tavern"


async def test_an_encoding_that_cannot_hold_every_text_is_refused() -> None:
    async with server_database("template0 ENCODING 'LATIN1'") as server:
        error = await refusal(server)
    assert (error.kind, error.found) == (StorageErrorKind.ENCODING, "LATIN1")


# --- what people write ----------------------------------------------------------------------------


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with server_database() as found:
        yield found


async def test_texts_that_postgresql_cannot_hold_are_held_as_sqlite_holds_them(db: Database) -> None:
    scene = await Scenes(db).active(TAVERN, EVENING)
    turn = await record(db, scene, "a\0b \ud83d c", Participant(ALICE, "Al\0ice\ud800"))
    assert turn is not None
    assert (turn.text, turn.name) == ("a?b ? c", "Al?ice?")
    assert await History(db).turn(turn.id) == turn


async def test_no_word_of_anybody_is_in_an_error(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    wrong: list[tuple[str, Values]] = [
        ("INSERT INTO notice VALUES (1, ?, '', 0), (1, ?, '', 0)", (SECRET, SECRET)),  # twice the same key
        ("INSERT INTO preference VALUES (?, 'a', 'b')", (SECRET,)),  # a text where a number should be
        ("INSERT INTO binding VALUES (?, 1, NULL, 1, 1)", (SECRET,)),  # a check
        ("INSERT INTO turn (text) VALUES (?)", (SECRET,)),  # not null
        ("INSERT INTO notice VALUES (CAST(? AS BIGINT), 'a', '', 0)", (2**70,)),  # more than fits
        ("SELECT CAST(CAST(? AS TEXT) AS BIGINT)", (SECRET,)),
    ]
    told = []
    async with opened(server) as db:
        for sql, values in wrong:
            with pytest.raises(StatementError) as caught:
                await db.write(sql, values)
            told.append("".join(traceback.format_exception(caught.value)))
        assert "23505 notice_pkey notice" in told[0]
    assert "swordfish" not in "".join(told) + caplog.text


# --- connections ----------------------------------------------------------------------------------


async def test_after_a_restart_of_the_server_it_goes_on(server: Server) -> None:
    async with opened(server) as db:
        assert await db.read("SELECT * FROM notice") == []
        await end_connections(server)
        await db.write("INSERT INTO notice VALUES (1, 'a', '', 0)")
        assert len(await db.read("SELECT * FROM notice")) == 1
        assert (await refusal(server)).kind == StorageErrorKind.IN_USE  # it has its lock again


async def test_a_transaction_that_loses_its_connection_writes_nothing(server: Server) -> None:
    async def cut_off(db: Database) -> None:
        async with db.transaction() as tx:
            await tx.run("INSERT INTO notice VALUES (1, 'a', '', 0)")
            await end_connections(server)
            await tx.run("INSERT INTO notice VALUES (2, 'a', '', 0)")

    async with opened(server) as db:
        with pytest.raises(StorageError, match="cut"):
            await cut_off(db)
        await db.write("INSERT INTO notice VALUES (3, 'a', '', 0)")
        assert [row["channel_id"] for row in await db.read("SELECT * FROM notice")] == [3]


async def test_where_another_bot_has_taken_over_nothing_more_is_read_or_written(server: Server) -> None:
    async with opened(server) as db:
        assert isinstance(db._engine, Postgres)
        db._engine._writer.terminate()
        with failures_counted() as counted:
            async with opened(server):
                with pytest.raises(StorageError, match="in_use"):
                    await db.check()
            with pytest.raises(StorageError, match="in_use"):
                await db.write("DELETE FROM notice")
            with pytest.raises(StorageError, match="in_use"):
                await db.read("SELECT * FROM notice")
        assert counted == ["in_use"] * 3


async def test_one_writes_in_the_whole_cluster(server: Server) -> None:
    order: list[str] = []

    async def write(db: Database, name: str) -> None:
        async with db.transaction() as tx:
            (row,) = await tx.run("SELECT count(*) AS number FROM notice")
            order.append(name)
            await asyncio.sleep(0.02)
            order.append(name)
            await tx.run(
                "INSERT INTO notice VALUES (?, 'a', '', 0)", (row["number"],)
            )  # read in order to write

    async with opened(server) as one, opened(server, exclusive=False) as other:
        await asyncio.gather(*(write(db, name) for db, name in [(one, "a"), (other, "b")] * 3))
        assert len(await one.read("SELECT * FROM notice")) == 6
    assert all(order[at] == order[at + 1] for at in range(0, 12, 2))


async def test_who_writes_for_too_long_is_not_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(server) as one, opened(server, exclusive=False) as other:
        async with one.transaction():
            assert isinstance(other._engine, Postgres)
            await other._engine._writer.execute("SET lock_timeout = '20ms'")
            with pytest.raises(StorageError, match="busy"):
                await other.write("DELETE FROM notice")
        await other.write("DELETE FROM notice")


async def test_one_of_several_that_hangs_while_it_writes_loses_its_turn_before_the_others_give_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bot.storage.postgres.HUNG_SECONDS < bot.storage.postgres.OTHERS_SECONDS
    monkeypatch.setattr("bot.storage.postgres.HUNG_SECONDS", 0.05)
    hung, other = [await Database.open(server, exclusive=True, joins=True) for _ in range(2)]

    async def hang() -> None:
        async with hung.transaction() as tx:
            await tx.run("DELETE FROM notice")
            # This waits until the server has ended who hangs.
            await other.write("INSERT INTO notice VALUES (1, 'a', '', 0)")
            await tx.run("DELETE FROM notice")

    with pytest.raises(StorageError) as lost:
        await hang()
    assert lost.value.kind is StorageErrorKind.CUT
    assert len(await hung.read("SELECT * FROM notice")) == 1
    await hung.close()
    await other.close()


async def test_what_is_deleted_is_not_in_the_tables_after_a_rewrite(server: Server) -> None:
    async with opened(server) as db:
        scene = await Scenes(db).active(TAVERN, EVENING)
        await record(db, scene, SECRET, message_id=500)
        await History(db).retract([500])
        assert await db.rewrite(1) is False
        assert await db.rewrite() is True
        assert await db.wipe() is True
        await db.discard_copies()
        where = await db.read(
            "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('turn') AS file"
        )
    assert b"swordfish" not in Path(where[0]["file"]).read_bytes()  # noqa: ASYNC240 - a test may block
