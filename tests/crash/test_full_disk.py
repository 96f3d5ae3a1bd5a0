"""A disk that is full in the middle of an evening: what people and the host see, and that nothing is lost."""

import asyncio
import resource
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.storage.errors import StorageError, StorageErrorKind
from tests.crash.whole import SCALE
from tests.process import Process, evening
from tests.standins.discord_wire import WireDiscord
from tests.storage.cast import opened
from tests.wired import CAST, until

UNKEPT = (
    "The bot couldn't save what was written here, so it can't reply. The bot's owner can find the reason in the log. "
    "Mention the bot to try again."
)


def posts(world: WireDiscord) -> list[str]:
    return [post.content for post in world.posts(world.channel) if post.content]


@contextmanager
def no_file_grows_beyond(size: int, process: int = 0) -> Iterator[None]:
    """Let no file of a process grow beyond so many bytes, as a quota does; by default, of this one."""
    soft, hard = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_whole_bot_whose_files_cannot_grow_says_so_and_goes_on_when_they_can(tmp_path: Path) -> None:
    async with evening(tmp_path, CAST, scale=SCALE) as (world, m2her, bot):
        alice = world.add_member("Alice")
        await bot.start()
        await world.wait_for(lambda: world.sockets.connected)
        m2her.say("Here you are.")
        world.say(alice, world.channel, "Marlow, an ale!")
        await world.wait_for(lambda: posts(world) == ["Here you are."])

        async def stored() -> bool:
            return bot.stored("SELECT ending FROM turn WHERE persona_key IS NOT NULL") == [("done",)]

        await until(stored)
        journal = tmp_path / "data" / "dramatis.sqlite3-wal"
        with no_file_grows_beyond(journal.stat().st_size, bot.pid):
            world.say(alice, world.channel, "Marlow, another!")
            await world.wait_for(lambda: posts(world) == ["Here you are.", UNKEPT])
            world.say(alice, world.channel, "Marlow, do you hear?")
            await world.wait_for(lambda: posts(world) == ["Here you are.", UNKEPT, UNKEPT])
        # Once for the channel; what is noted besides may fail meanwhile, and is told of on its own.
        told = [line for line in bot.output.splitlines() if f"in channel {world.channel.id}: " in line]
        assert len(told) == 1
        assert (
            "dramatis.sqlite3 can't be read or written (disk I/O error). Check that the disk isn't full"
            in told[0]
        )
        assert len(m2her.requests) == 1
        m2her.say("And another.")
        world.say(alice, world.channel, "Marlow, and now?")
        await world.wait_for(lambda: posts(world)[-1] == "And another.")
        await until(stored_all(bot))
        await bot.kill()
        await bot.start()
        await until(stored_all(bot))
        assert "Traceback" not in bot.output


def stored_all(bot: Process) -> Callable[[], Awaitable[bool]]:
    async def all_of_it() -> bool:
        told = bot.stored("SELECT text FROM turn ORDER BY position")
        return told == [("Marlow, an ale!",), ("Here you are.",), ("Marlow, and now?",), ("And another.",)]

    return all_of_it


async def test_a_start_on_a_full_disk_says_so_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dramatis.sqlite3"
    with no_file_grows_beyond(8192), pytest.raises(StorageError) as caught:
        async with opened(path):
            pass
    assert caught.value.kind in {StorageErrorKind.IO, StorageErrorKind.FULL}
    assert caught.value.path == path
    async with opened(path) as db:
        assert [tuple(row) for row in await db.read("PRAGMA integrity_check")] == [("ok",)]
        assert [tuple(row) for row in await db.read("SELECT count(*) FROM turn")] == [(0,)]


async def test_an_update_of_the_schema_on_a_full_disk_leaves_the_old_version_whole(tmp_path: Path) -> None:
    path, steps = tmp_path / "dramatis.sqlite3", tmp_path / "steps"
    steps.mkdir()
    (steps / "0001_songs.sql").write_text("CREATE TABLE song (title TEXT NOT NULL) STRICT;\n")
    async with opened(path, migrations=steps) as db:
        await db.write("INSERT INTO song SELECT hex(randomblob(2000)) FROM (VALUES (1), (2), (3), (4))")
    (steps / "0002_twice.sql").write_text("INSERT INTO song SELECT hex(randomblob(500000)) FROM song;\n")
    with no_file_grows_beyond(100_000), pytest.raises(StorageError) as caught:
        async with opened(path, migrations=steps):
            pass
    assert caught.value.kind in {StorageErrorKind.IO, StorageErrorKind.FULL}
    for count in (8, 8):
        async with opened(path, migrations=steps) as db:
            assert [tuple(row) for row in await db.read("SELECT count(*) FROM song")] == [(count,)]


def names_in(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


async def test_a_copy_before_an_update_for_which_there_is_no_room_is_not_left_half(tmp_path: Path) -> None:
    """It would take what room is left."""
    path, steps = tmp_path / "dramatis.sqlite3", tmp_path / "steps"
    steps.mkdir()
    (steps / "0001_songs.sql").write_text("CREATE TABLE song (title TEXT NOT NULL) STRICT;\n")
    async with opened(path, migrations=steps) as db:
        await db.write("INSERT INTO song SELECT hex(randomblob(100000)) FROM (VALUES (1), (2), (3), (4))")
    (steps / "0002_singers.sql").write_text("ALTER TABLE song ADD COLUMN singer TEXT;\n")
    before = names_in(tmp_path)
    with no_file_grows_beyond(200_000), pytest.raises(StorageError):
        async with opened(path, migrations=steps):
            pass
    assert names_in(tmp_path) == before
    async with opened(path, migrations=steps) as db:
        assert [tuple(row) for row in await db.read("SELECT count(*) FROM song")] == [(4,)]


async def test_writes_that_wait_together_on_a_full_disk_all_fail_and_none_is_half(tmp_path: Path) -> None:
    path = tmp_path / "dramatis.sqlite3"
    async with opened(path) as db:
        much = "INSERT INTO notice SELECT ?, hex(randomblob(4000)), '', 0"
        with no_file_grows_beyond(path.with_name(f"{path.name}-wal").stat().st_size):
            found = await asyncio.gather(
                *(db.write(much, (each,)) for each in range(9)), return_exceptions=True
            )
        assert {type(each) for each in found} == {StorageError}
        assert [tuple(row) for row in await db.read("SELECT count(*) FROM notice")] == [(0,)]
        await db.write(much, (1,))
    async with opened(path) as db:
        assert [tuple(row) for row in await db.read("SELECT count(*) FROM notice")] == [(1,)]
