"""What starts the bot in tests: a fork is like the interpreter that somebody starts."""

import asyncio
import os
import signal
from pathlib import Path
from subprocess import PIPE

import pytest

from tests.starts import PLAIN, Fork, Running, Start


async def begin(folder: Path, *words: str, real: bool = False, **env: str) -> Running:
    env = {"PATH": os.defpath, "HOME": str(folder), "PYTHONPATH": PLAIN, **env}
    return await Start(words, folder, env, stdin=PIPE, real=real).begin()


@pytest.mark.parametrize("words", [["nothing", "--of", "that"], ["health"]], ids=" ".join)
async def test_a_fork_says_what_an_interpreter_says(tmp_path: Path, words: list[str]) -> None:
    fork, real = await begin(tmp_path, *words), await begin(tmp_path, *words, real=True)
    assert isinstance(fork, Fork)
    assert not isinstance(real, Fork)
    assert await fork.communicate() == await real.communicate()
    assert fork.returncode == real.returncode


async def test_a_fork_has_the_variables_the_folder_and_the_number_of_what_is_started(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "sitecustomize.py").write_text(
        "import os, sys\n"
        "sys.exit(f'{os.getcwd()} {os.getpid()} {os.environ[\"TZ\"]} {sys.argv[1:]} {sorted(os.environ)}')\n"
    )
    fork = await begin(
        tmp_path, "check", PYTHONPATH=f"{tmp_path / 'first'}{os.pathsep}{PLAIN}", TZ="Asia/Tokyo"
    )
    assert await fork.communicate() == (
        b"",
        f"{tmp_path} {fork.pid} Asia/Tokyo ['check'] ['HOME', 'PATH', 'PYTHONPATH', 'TZ']\n".encode(),
    )
    assert fork.returncode == 1


async def test_what_is_piped_in_may_be_long_and_a_fork_may_end_before_it_has_read_it(tmp_path: Path) -> None:
    fork = await begin(tmp_path, "--version")
    out, err = await fork.communicate(b"Hello\n" * 100_000)
    assert (out, err, fork.returncode) == (b"dramatis, version 0.1.0\n", b"", 0)


async def test_a_signal_ends_a_fork_as_it_ends_a_process(tmp_path: Path) -> None:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "marlow.yaml").write_text("name: Marlow\n")
    for number in (signal.SIGKILL, signal.SIGTERM):
        fork = await begin(tmp_path, "chat", "--offline")
        fork.send_signal(number)
        assert await fork.wait() == -number
        with pytest.raises(ProcessLookupError):
            fork.kill()


async def test_two_forks_run_at_the_same_time(tmp_path: Path) -> None:
    forks = [await begin(tmp_path, "health") for _ in range(3)]
    assert len({fork.pid for fork in forks}) == 3
    assert [await fork.wait() for fork in reversed(forks)] == [1, 1, 1]
    for fork in forks:
        await asyncio.wait_for(fork.communicate(), 60)
