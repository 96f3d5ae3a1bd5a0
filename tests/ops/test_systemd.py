"""What systemd hears, on a real socket."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.ops import systemd


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.setblocking(False)
        yield ear


async def heard(ear: socket.socket) -> str:
    return (await asyncio.wait_for(asyncio.get_running_loop().sock_recv(ear, 100), 10)).decode()


def ready() -> bool:
    return True


def status() -> str:
    return "all is well"


async def test_it_hears_of_the_start_of_life_and_of_the_stop(ear: socket.socket) -> None:
    environ = {"NOTIFY_SOCKET": ear.getsockname(), "WATCHDOG_USEC": "2000", "WATCHDOG_PID": str(os.getpid())}
    stop = asyncio.Event()
    async with systemd.told(stop, ready, status, environ):
        first = [await heard(ear) for _ in range(4)]
        assert first == ["READY=1", "STATUS=all is well", "WATCHDOG=1", "WATCHDOG=1"]
        stop.set()
        while await heard(ear) != "STOPPING=1":
            pass
    # A slow stop is alive too, and a dead one is not.
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("systemd")]


async def test_until_the_bot_is_ready_it_is_asked_to_wait_for_another_minute(
    ear: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "LOOK", 0)
    looks = 0

    def is_ready() -> bool:
        nonlocal looks
        looks += 1
        return looks > 2

    async with systemd.told(asyncio.Event(), is_ready, status, {"NOTIFY_SOCKET": ear.getsockname()}):
        wait = "EXTEND_TIMEOUT_USEC=60000000"
        assert [await heard(ear) for _ in range(4)] == [wait, "STATUS=all is well", wait, "READY=1"]


async def test_how_it_is_is_told_again_once_it_has_changed(
    ear: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "LOOK", 0)
    looks = iter(["one", "one", "two", "two"])
    told = systemd.told(
        asyncio.Event(), ready, lambda: next(looks, "three"), {"NOTIFY_SOCKET": ear.getsockname()}
    )
    async with told:
        assert [await heard(ear) for _ in range(4)] == ["READY=1", "STATUS=one", "STATUS=two", "STATUS=three"]


async def test_a_bot_that_stops_before_it_was_ready_never_is(
    ear: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemd, "LOOK", 0)
    stop, is_there = asyncio.Event(), False
    async with systemd.told(stop, lambda: is_there, status, {"NOTIFY_SOCKET": ear.getsockname()}):
        stop.set()
        while await heard(ear) != "STOPPING=1":
            pass
        is_there = True
        for _ in range(3):
            await asyncio.sleep(0)
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "systemd: start"]
    with suppress(BlockingIOError):
        while True:
            assert b"READY" not in ear.recv(100)


async def test_an_abstract_socket_will_do() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(f"\0dramatis-test-{os.getpid()}")
        ear.setblocking(False)
        environ = {"NOTIFY_SOCKET": f"@dramatis-test-{os.getpid()}"}
        async with systemd.told(asyncio.Event(), ready, status, environ):
            assert await heard(ear) == "READY=1"


async def test_without_a_socket_nothing_happens_and_without_an_ear_nothing_fails(tmp_path: Path) -> None:
    async with systemd.told(asyncio.Event(), ready, status, {}):
        assert len(asyncio.all_tasks()) == 1
    async with systemd.told(asyncio.Event(), ready, status, {"NOTIFY_SOCKET": str(tmp_path / "nobody")}):
        pass


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),  # another process's
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_signs_of_life_come_twice_as_often_as_they_must(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert systemd.period(environ) == seconds
