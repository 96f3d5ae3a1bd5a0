"""The bot on PostgreSQL from outside: a reply on Discord, and each command that touches the database."""

import asyncio
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.__main__ import main
from bot.storage.errors import StorageError, StorageErrorKind
from bot.storage.locations import Server
from bot.storage.scenes import Scenes
from tests.databases import open_database
from tests.postgres import as_nobody, needed_program, server_database
from tests.process import evening
from tests.storage.cast import EVENING, opened, record
from tests.storage.test_departures import HERE, play
from tests.wired import CAST


async def test_a_reply_is_written_where_the_configuration_says(tmp_path: Path) -> None:
    async with server_database() as server, evening(tmp_path, CAST) as (world, m2her, process):
        process.environment |= {
            "DRAMATIS_STORAGE__URL": server.url,
            "DRAMATIS_STORAGE__PASSWORD": "swordfish",
        }
        await process.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say("Number four.")
        world.say(world.add_member("Alice"), world.channel, f"{world.bot.mention} have you a room?")
        await world.wait_for(
            lambda: [post.content for post in world.posts(world.channel)][-1:] == ["Number four."]
        )
        process.signal(signal.SIGTERM)
        assert await process.ended(10) == 0
        async with opened(server) as db:
            rows = await db.read("SELECT name, text, ending FROM turn_with_speaker ORDER BY position")
            assert [tuple(row) for row in rows] == [
                ("Alice", "have you a room?", None),
                ("Marlow", "Number four.", "done"),
            ]
        assert "Traceback" not in process.output
        assert "Dramatis is on Discord" in process.output
        assert "swordfish" not in process.output
        assert server.url not in process.output
        assert not list((tmp_path / "data").glob("*.sqlite3"))


class Host:
    """Somebody's folder, a file with stories and an empty database on a server."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder = folder
        self.server = server

    def bot(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run a command; return its exit code and all that it has written."""
        given = {
            "DRAMATIS_STORAGE__URL": self.server.url,
            "DRAMATIS_STORAGE__PASSWORD": "swordfish",
            **environment,
        }
        ran = CliRunner().invoke(main, arguments, env=given, catch_exceptions=False)
        assert "swordfish" not in ran.output
        return ran.exit_code, ran.output


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        db = await open_database(tmp_path / "data" / "dramatis.sqlite3")
        await play(db, HERE, 61000)
        await record(db, await Scenes(db).active(HERE, EVENING), "Ale and bread.", message_id=62000)
        await db.close()

    (tmp_path / "data").mkdir()
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "marlow.yaml").write_text(CAST["marlow"])
    with asyncio.Runner() as runner:  # not running while a command runs, which has its own
        runner.run(fill())
        database = server_database()
        yield Host(tmp_path, runner.run(database.__aenter__()))
        runner.run(database.__aexit__(None, None, None))


def speakers(file: Path) -> dict[int | None, int]:
    """How many names each user has in a file."""
    with closing(sqlite3.connect(file)) as database:
        return dict(database.execute("SELECT user_id, count(*) FROM speaker GROUP BY user_id").fetchall())


def test_each_command_works_on_a_server_or_says_what_to_do_instead(host: Host) -> None:
    assert host.bot("move", DRAMATIS_STORAGE__URL="") == (
        1,
        "Set storage.url to the address of the server's database first.\n",
    )
    code, told = host.bot("move")
    assert re.fullmatch(
        r"\d turns \(\d+ rows\) of data/dramatis.sqlite3 are now in postgresql:///\w+, and compared\. .*\n",
        told,
    ), told
    assert code == 0
    code, told = host.bot("move")
    assert (code, "already has stories in it and was not changed" in told) == (1, True)

    code, told = host.bot("doctor")
    assert code == 0, told
    assert re.search(r"^database: PostgreSQL \d+.*, [\d.]+ MB, schema \d+$", told, re.MULTILINE)
    assert re.search(r"^rows: .*\bspeaker 3,.*\bturn [2-9]\b", told, re.MULTILINE), told
    assert not re.search(
        "postgresql:|host=|dramatis@|damage", told.partition("\n")[2]
    )  # nobody looked for damage
    code, told = host.bot("usage")
    assert code == 0
    assert re.match(r"Used in \d{4}-\d\d \(UTC\):\nlimits\.bot, \$20 a month: \$0\.00 of", told), told
    code, told = host.bot("prompt", "--channel", str(HERE.channel_id), DRAMATIS_DEFAULT_PERSONA="marlow")
    assert (code, "Ale and bread." in told, "Marlow" in told) == (0, True, True)
    code, told = host.bot("forget", "1002")
    assert code == 0
    assert told.startswith("Deleted: 1 messages, and the text of 1 replies that answered or repeated them.\n")
    assert told.count(f"https://discord.com/channels/{HERE.guild_id}/{HERE.channel_id}/") == 2
    assert [host.bot(*each) for each in (("backup", "copy"), ("restore", "copy"), ("vacuum",))] == [
        (1, "The database is on a server: back it up with `pg_dump --format=custom` (docs/postgresql.md).\n"),
        (1, "The database is on a server: restore it with `pg_restore --clean` (docs/postgresql.md).\n"),
        (1, "The database is on a server, which makes room again by itself (autovacuum).\n"),
    ]

    code, told = host.bot("move", "--back", "back.sqlite3")
    assert (code, "are now in back.sqlite3, and compared" in told) == (0, True)
    assert speakers(host.folder / "data" / "dramatis.sqlite3") == {None: 1, 1001: 1, 1002: 1}
    assert speakers(host.folder / "back.sqlite3") == {None: 1, 1001: 1}
    code, told = host.bot("usage", DRAMATIS_STORAGE__URL="postgresql://ann:swordfish@127.0.0.1:1/stories")
    assert (code, told.startswith("postgresql://127.0.0.1:1/stories doesn't answer (")) == (1, True)


@pytest.fixture
def common_folder() -> Iterator[Path]:
    """A folder that everybody reaches: pytest's own are closed to all but their owner."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@asynccontextmanager
async def pooled(server: Server, folder: Path, mode: str) -> AsyncIterator[Server]:
    """A server behind PgBouncer."""
    name = server.url.partition("@/")[2].partition("?")[0]
    host = server.url.partition("host=")[2]
    folder.mkdir()  # noqa: ASYNC240 - a test may block
    folder.chmod(0o777)  # noqa: ASYNC240
    (folder / "users").write_text('"dramatis" ""\n')
    (folder / "ini").write_text(
        f"[databases]\n{name} = host={host} dbname={name}\n[pgbouncer]\nlisten_addr =\nlisten_port = 6432\n"
        f"unix_socket_dir = {folder}\nauth_type = trust\nauth_file = {folder}/users\npool_mode = {mode}\n"
    )
    process = await asyncio.create_subprocess_exec(
        needed_program("pgbouncer"), "-q", str(folder / "ini"), stderr=subprocess.DEVNULL, **as_nobody()
    )
    try:
        async with asyncio.timeout(20):
            while not (folder / ".s.PGSQL.6432").exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.01)
        yield Server(f"postgresql://dramatis@/{name}?host={folder}&port=6432")
    finally:
        process.kill()
        await process.wait()


async def test_a_pooler_that_would_take_the_locks_away_is_refused(common_folder: Path) -> None:
    async with server_database() as server:
        async with pooled(server, common_folder / "transaction", "transaction") as behind:
            with pytest.raises(StorageError) as caught:
                async with opened(behind):
                    pass
            assert caught.value.kind == StorageErrorKind.POOLER
        async with pooled(server, common_folder / "session", "session") as behind, opened(behind) as db:
            await db.write("INSERT INTO notice VALUES (1, 'a', '', 0)")
            assert len(await db.read("SELECT * FROM notice")) == 1


@pytest.mark.parametrize("command", ["move", "usage", "check", "doctor"])
def test_without_the_library_each_command_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "marlow.yaml").write_text(CAST["marlow"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    for name in ("postgres", "move"):
        monkeypatch.delitem(sys.modules, f"bot.storage.{name}", raising=False)
        monkeypatch.delattr(f"bot.storage.{name}", raising=False)
    environment = {"DRAMATIS_STORAGE__URL": "postgresql://ann@127.0.0.1:1/stories"}
    ran = CliRunner().invoke(main, [command], env=environment)
    assert (ran.exit_code, "Install it with `python -m pip install 'asyncpg" in ran.output) == (1, True)
    assert isinstance(ran.exception, SystemExit)
