"""The watcher on real folders, with the system's own events; and when a change is told, by the numbers."""

import asyncio
import itertools
import logging
import os
import resource
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.files import watching
from bot.files.watching import PATIENCE, QUIET, STILL, Settling, Watch
from tests.wired import until

A, B = Path("a.yaml"), Path("b.yaml")

# When a change is told ---------------------------------------------------------------------------


def test_a_change_is_told_once_it_lies_still() -> None:
    settling = Settling(0)
    settling.note([A], 10)
    assert settling.due(10.1) == set()
    settling.note([A], 10.1)
    assert settling.due(10.2) == set()
    assert settling.due(10.25) == {A}
    assert settling.due(10.3) == set()


def test_one_file_does_not_wait_for_another() -> None:
    settling = Settling(0)
    settling.note([A], 10)
    settling.note([B], 10.1)
    assert settling.due(10.15) == {A}
    assert settling.due(10.25) == {B}


def test_a_file_that_never_lies_still_is_told_twice_a_second_and_once_more_at_its_end() -> None:
    settling = Settling(0)
    told = []
    for tenths in range(100, 121):
        settling.note([A], tenths / 10)
        if settling.due(tenths / 10):
            told.append(tenths / 10)
    assert told == [10.5, 11.0, 11.5, 12.0]
    assert settling.due(12.2) == {A}
    assert settling.due(12.9) == set()


def test_it_is_quiet_a_second_after_the_last_change() -> None:
    settling = Settling(0)
    assert [settling.quiet(0.9), settling.quiet(1)] == [False, True]
    settling.note([A], 10)
    settling.due(10.2)
    settling.note([], 10.9)  # nothing was found: that is no change
    assert [settling.quiet(10.9), settling.quiet(11)] == [False, True]


def test_it_is_not_quiet_before_all_is_told() -> None:
    settling = Settling(0)
    settling.note([A], 10)
    assert not settling.quiet(20)
    assert settling.due(20) == {A}
    assert settling.quiet(20)


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([None, A, B])), max_size=40))
def test_every_change_is_told_soon_and_none_is_forgotten(steps: list[tuple[float, Path | None]]) -> None:
    """A caller that asks at least every second learns of each change after it was made."""
    settling, at, untold = Settling(0), 0.0, dict[Path, float]()
    for pause, path in [*steps, (1.0, None)]:
        at += pause
        if path is not None:
            settling.note([path], at)
            untold.setdefault(path, at)
        for told in settling.due(at):
            untold.pop(told, None)
        assert all(at - since < max(STILL, PATIENCE) for since in untold.values())
    assert settling.due(at + QUIET) == set()
    assert settling.quiet(at + QUIET)


# On real folders --------------------------------------------------------------------------------


class Watched:
    """A watch that runs, and what it has told."""

    def __init__(self) -> None:
        self.told: list[frozenset[Path]] = []
        self._more = asyncio.Event()

    async def follow(self, watch: Watch) -> None:
        async for batch in watch.changes():
            self.told.append(batch)
            self._more.set()

    @property
    def names(self) -> set[str]:
        return {path.name for batch in self.told for path in batch}

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                self._more.clear()
                await self._more.wait()

    async def tells(self, *paths: Path) -> None:
        """Wait until these have been told, and nothing else; forget them."""
        await self.until(lambda: frozenset().union(*self.told) >= set(paths))
        assert frozenset().union(*self.told) == set(paths)
        self.told.clear()

    async def goes_quiet(self) -> None:
        seen = len(self.told)
        await self.until(lambda: frozenset() in self.told[seen:])


@asynccontextmanager
async def watching_(watch: Watch) -> AsyncIterator[Watched]:
    """Follow a watch whose seconds are short ones."""
    watched = Watched()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "LOOK", 0.03)
        patch.setattr(watching, "QUIET", 0.06)
        patch.setattr(watching, "STILL", 0.03)
        patch.setattr(watching, "_STEP", 30)
        task = asyncio.create_task(watched.follow(watch))
        try:
            await watched.goes_quiet()  # so the system's events are on
            yield watched
        finally:
            task.cancel()
            async with asyncio.timeout(5):
                await asyncio.wait([task])
    assert task.cancelled()


def is_yaml(name: str) -> bool:
    return name.endswith(".yaml")


async def test_what_is_new_changed_replaced_and_gone_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    async with watching_(Watch({tmp_path: is_yaml})) as watched:
        path.write_text("new")
        await watched.tells(path)
        path.write_text("changed")
        await watched.tells(path)
        (tmp_path / "draft").write_text("replaced")
        (tmp_path / "draft").replace(path)
        await watched.tells(path)
        path.rename(tmp_path / "b.yaml")
        await watched.tells(path, tmp_path / "b.yaml")
        (tmp_path / "b.yaml").chmod(0)
        await watched.tells(tmp_path / "b.yaml")
        (tmp_path / "b.yaml").unlink()
        await watched.tells(tmp_path / "b.yaml")


async def test_events_alone_are_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With an hour between two looks, only the system can say that there is something to see."""
    missing = tmp_path / "missing"  # a folder of no event
    async with watching_(Watch({tmp_path: is_yaml, missing: is_yaml})) as watched:
        monkeypatch.setattr(watching, "LOOK", 3600.0)
        for text in ("new", "changed"):
            (tmp_path / "a.yaml").write_text(text)
            await watched.tells(tmp_path / "a.yaml")
        (tmp_path / "a.yaml").unlink()
        await watched.tells(tmp_path / "a.yaml")


async def test_what_no_event_tells_of_is_seen_by_looking(tmp_path: Path) -> None:
    """As on a network drive: the folder with the links is watched, and what they lead to lies elsewhere."""
    (tmp_path / "watched").mkdir()
    (tmp_path / "old").mkdir()
    (tmp_path / "current").symlink_to("old")
    path = tmp_path / "watched" / "a.yaml"
    path.symlink_to("../current/a.yaml")
    async with watching_(Watch({tmp_path / "watched": is_yaml})) as watched:
        (tmp_path / "old" / "a.yaml").write_text("there at last")
        await watched.tells(path)
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "a.yaml").write_text("another")
        (tmp_path / "next").symlink_to("new")
        (tmp_path / "next").replace(tmp_path / "current")
        await watched.tells(path)


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is on a local file system, as far as the watch can know."""
    mountinfo = tmp_path / "mountinfo"
    mountinfo.write_text("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n")
    monkeypatch.setattr(watching, "_MOUNTS", mountinfo)
    monkeypatch.delenv("WATCHFILES_FORCE_POLLING", raising=False)
    monkeypatch.setattr(watching, "SLOW_LOOK", 3600.0)
    folder = tmp_path / "cast"
    folder.mkdir()
    (folder / "a.yaml").write_text("x")
    return folder


async def looks_on(folder: Path) -> bool:
    """Tell whether a folder at rest is looked at again and again, as one that is missing has to be."""
    async with (
        watching_(Watch({folder: is_yaml})) as watched,
        watching_(Watch({folder / "missing": is_yaml})) as other,
    ):
        seen = len(watched.told)
        for _ in range(4):
            await other.goes_quiet()
        return len(watched.told) > seen


async def test_at_rest_nobody_looks_where_the_system_tells_of_each_change(local: Path) -> None:
    assert not await looks_on(local)


@pytest.mark.parametrize("variable", ["1", "true", "anything"])
async def test_a_host_may_say_that_the_system_does_not(
    local: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", variable)
    assert await looks_on(local)


@pytest.mark.parametrize("variable", ["", "false", "Disabled"])
async def test_or_that_it_does(local: Path, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", variable)
    assert not await looks_on(local)


async def test_files_are_looked_at_on_a_network_drive_and_where_nothing_is_known(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    local.with_name("mountinfo").write_text("27 1 0:40 / / rw,relatime - nfs4 10.0.0.1:/export rw\n")
    assert await looks_on(local)
    monkeypatch.setattr(watching, "_MOUNTS", local / "not-linux")
    assert await looks_on(local)


async def test_files_are_looked_at_where_one_is_a_link_or_has_another_name(local: Path) -> None:
    (local / "b.yaml").symlink_to(local.parent / "nowhere.yaml")
    assert await looks_on(local)
    (local / "b.yaml").unlink()
    assert not await looks_on(local)
    (local.parent / "other").hardlink_to(local / "a.yaml")
    assert await looks_on(local)


async def test_files_are_looked_at_where_the_way_to_them_is_a_link(local: Path) -> None:
    (local.parent / "link").symlink_to(local)
    assert await looks_on(local.parent / "link")
    (local / "below").mkdir()
    assert await looks_on(local.parent / "link" / "below")


async def test_a_link_that_comes_while_it_is_watched_is_looked_at_from_then_on(local: Path) -> None:
    target = local.parent / "target.yaml"
    target.write_text("x")
    async with watching_(Watch({local: is_yaml})) as watched:
        (local / "b.yaml").symlink_to(target)
        await watched.tells(local / "b.yaml")
        for text in ("longer", "longer still"):
            target.write_text(text)
            await watched.tells(local / "b.yaml")


async def test_what_happens_to_a_neighbour_makes_a_quiet_span(local: Path) -> None:
    """A picture that a persona lacked has come, for instance."""
    async with watching_(Watch({local: is_yaml})) as watched:
        for name in ("a.png", "b.png"):
            seen = len(watched.told)
            (local / name).write_text("x")
            await watched.until(lambda seen=seen: len(watched.told) > seen)  # type: ignore[misc]
            assert watched.told[seen] == frozenset()


async def test_what_the_system_should_have_told_is_seen_by_the_slow_look(
    local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder above is replaced: the one that is watched goes on existing, under another path."""
    above = local / "above"
    (above / "cast").mkdir(parents=True)
    (above / "cast" / "a.yaml").write_text("x")
    (local / "next" / "cast").mkdir(parents=True)
    (local / "next" / "cast" / "a.yaml").write_text("another")
    monkeypatch.setattr(watching, "SLOW_LOOK", 0.3)
    async with watching_(Watch({above / "cast": is_yaml})) as watched:
        above.rename(local / "old")
        (local / "next").rename(above)
        await watched.tells(above / "cast", above / "cast" / "a.yaml")
        monkeypatch.setattr(watching, "SLOW_LOOK", 3600.0)
        await watched.goes_quiet()
        (above / "cast" / "a.yaml").write_text("with events again")
        await watched.tells(above / "cast" / "a.yaml")


async def test_other_files_and_folders_below_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    async with watching_(Watch({tmp_path: is_yaml})) as watched:
        for name in ("a.txt", ".a.yaml.swp", "below/b.yaml"):
            (tmp_path / name).write_text("x")
        await watched.goes_quiet()
        (tmp_path / "a.yaml").write_text("x")
        await watched.tells(tmp_path / "a.yaml")


async def test_each_folder_has_wishes_of_its_own_and_may_be_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cast").mkdir()
    async with watching_(Watch({Path("cast"): is_yaml, Path(): {".env"}.__contains__})) as watched:
        for name in ("a.yaml", "cast/.env", "cast/a.yaml", ".env"):
            (tmp_path / name).write_text("x")
        await watched.tells(Path("cast/a.yaml"), Path(".env"))
        for name in ("cast/a.yaml", ".env"):
            (tmp_path / name).write_text("y")
            await watched.tells(Path(name))


async def test_what_changed_before_anybody_watched_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("before")
    (tmp_path / "b.yaml").write_text("before")
    watch = Watch({tmp_path: is_yaml})
    (tmp_path / "a.yaml").write_text("since")
    async with watching_(watch) as watched:
        await watched.tells(tmp_path / "a.yaml")


async def test_a_busy_neighbour_holds_nothing_up(tmp_path: Path) -> None:
    """A log or a database in the same folder makes events without end."""

    async def write_on() -> None:
        for number in itertools.count():
            await asyncio.to_thread((tmp_path / f"{number % 7}.log").write_text, str(number))

    async with watching_(Watch({tmp_path: is_yaml})) as watched:
        busy = asyncio.create_task(write_on())
        (tmp_path / "a.yaml").write_text("x")
        await watched.tells(tmp_path / "a.yaml")
        await watched.goes_quiet()
        busy.cancel()
        await asyncio.wait([busy])


async def test_a_folder_may_go_and_come_back(tmp_path: Path) -> None:
    folder = tmp_path / "cast"
    folder.mkdir()
    for name in ("a.yaml", "b.yaml"):
        (folder / name).write_text("x")
    async with watching_(Watch({folder: is_yaml})) as watched:
        folder.rename(tmp_path / "away")
        await watched.tells(folder)  # its files are not gone, they are out of sight
        (tmp_path / "away" / "a.yaml").write_text("y")
        (tmp_path / "away").rename(folder)
        await watched.tells(folder, folder / "a.yaml")
        (folder / "b.yaml").unlink()
        await watched.tells(folder / "b.yaml")


async def test_a_folder_that_was_made_again_is_watched_with_events_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cast"
    folder.mkdir()
    async with watching_(Watch({folder: is_yaml})) as watched:
        folder.rmdir()
        await watched.tells(folder)
        folder.mkdir()
        await watched.tells(folder)
        await watched.goes_quiet()
        monkeypatch.setattr(watching, "LOOK", 3600.0)
        (folder / "a.yaml").write_text("x")
        await watched.tells(folder / "a.yaml")


async def test_a_folder_need_not_be_there_at_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "cast"
    async with watching_(Watch({folder: is_yaml})) as watched:
        folder.mkdir()
        (folder / "a.yaml").write_text("x")
        await watched.until(lambda: folder / "a.yaml" in frozenset().union(*watched.told))


async def test_a_system_that_does_not_tell_is_named_once_and_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pauses = 0

    async def sleep(_: float) -> None:
        nonlocal pauses
        pauses += 1
        await asyncio.sleep(0.01)

    (tmp_path / "draft").write_text("x")
    watch = Watch({tmp_path: is_yaml}, sleep=sleep)
    await until(no_watcher_is_left)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    held = all_descriptors()
    try:
        os.close(held.pop())  # enough for a look into the folder, too little for the system's events
        async with watching_(watch) as watched:
            (tmp_path / "draft").rename(tmp_path / "a.yaml")  # which takes no descriptor
            await watched.tells(tmp_path / "a.yaml")
            (line,) = [record.message for record in caplog.records if record.levelno == logging.WARNING]
            assert line == (
                "the system doesn't report which files change (Error creating recommended watcher: Too many "
                "open files (os error 24)), so the bot checks once a second. On Linux, raise "
                "fs.inotify.max_user_instances and fs.inotify.max_user_watches, or the limit of open files"
            )
            while held:
                os.close(held.pop())
            await watched.goes_quiet()
            taken = pauses
            (tmp_path / "a.yaml").write_text("y")
            await watched.tells(tmp_path / "a.yaml")
            assert pauses == taken > 0
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def no_watcher_is_left() -> bool:
    """Those of earlier tests give their descriptors back when their threads end, a moment later."""
    return not any(name.startswith("notify-rs") for name in threads())


def threads() -> set[str]:
    """The names of this process's threads, on Linux."""
    found = set()
    for path in Path("/proc/self/task").glob("*/comm"):
        with suppress(OSError):  # ended meanwhile
            found.add(path.read_text())
    return found


def all_descriptors() -> list[int]:
    """Open files until the system gives no more."""
    held: list[int] = []
    with pytest.raises(OSError, match="Too many open files"):
        held.extend(iter(lambda: os.open(os.devnull, os.O_RDONLY), None))
    return held
