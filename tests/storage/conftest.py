import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from bot.core.scene import Scene, Slice, Turn
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.locations import Location
from bot.storage.people import People
from bot.storage.scenes import Scenes
from tests.databases import open_database
from tests.postgres import server_database
from tests.storage.cast import EVENING, REPOSITORY, TAVERN, Reply, Say, record


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "dramatis.sqlite3"


@pytest.fixture(params=["sqlite", "postgres"])
async def where(request: pytest.FixtureRequest, file: Path) -> AsyncIterator[Location]:
    """A place for the newest schema on each engine; `only_sqlite` is for what the other has not."""
    if request.param == "sqlite":
        yield file
        return
    async with server_database() as server:
        yield server


@pytest.fixture
async def db(where: Location) -> AsyncIterator[Database]:
    """The newest schema, as `tests/databases.py` and `tests/postgres.py` make it ready."""
    database = await open_database(where)
    yield database
    await database.close()


@pytest.fixture
def history(db: Database) -> History:
    return History(db)


@pytest.fixture
def scenes(db: Database) -> Scenes:
    return Scenes(db)


@pytest.fixture
def people(db: Database) -> People:
    return People(db)


@pytest.fixture
async def scene(scenes: Scenes) -> Scene:
    return await scenes.active(TAVERN, EVENING)


@pytest.fixture
def say(db: Database, scene: Scene) -> Say:
    """Alice says something; ten tokens."""

    async def say(text: str, message_id: int | None = None, tokens: int = 10) -> Turn:
        turn = await record(db, scene, text, message_id=message_id, tokens=tokens)
        assert turn is not None
        return turn

    return say


@pytest.fixture
def reply(history: History, scene: Scene) -> Reply:
    """Marlow is saying something, shown page by page in messages 900, 901 …; not yet finished."""

    async def reply(*pages: str, first_message: int = 900) -> int:
        turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
        text = ""
        for page, words in enumerate(pages):
            start, text = len(text), text + words
            await history.save_text(turn.id, text)
            await history.posts.plan(turn.id, Slice(page, start, len(text), f"{turn.id}-{page}"))
            await history.posts.posted(turn.id, page, first_message + page)
        return turn.id

    return reply


@pytest.fixture
def common_folder() -> Iterator[Path]:
    """A folder that everybody reaches: pytest's own are closed to all but their owner."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
        Path(folder).chmod(0o700)


Kill = Callable[[Path, str], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def writing() -> Iterator[Kill]:
    """Begins a process that writes up to a moment; it is killed with -9 when the context is left."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.storage.writer"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        @contextmanager
        def write(path: Path, moment: str) -> Iterator[None]:
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{path} at {moment}\n")
            process.stdin.flush()
            number = process.stdout.readline().strip()
            assert number, "the writer ended too soon"
            try:
                yield
            finally:
                os.kill(int(number), signal.SIGKILL)
                assert process.stdout.readline() == "\n"

        yield write
