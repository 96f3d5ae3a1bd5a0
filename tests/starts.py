"""How tests start `python -m bot`.

Law: a test can't tell a fork from an interpreter of its own, but by Python's own variables and the time it takes. Within a
test run, a start is a fork (`tests/nursery.py`); it is an interpreter if `real` says so, if Python's own variables are not
those of the nursery, and everywhere else: what a bench measures is a whole process.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Final

from filelock import FileLock

from tests.nursery import Wish

ROOT: Final = Path(__file__).parent.parent
PLAIN: Final = f"{ROOT / 'tests' / 'plain'}{os.pathsep}{ROOT}"
"""The PYTHONPATH of a host without the extra `[exact]`."""

_OBEYED: Final = {"PYTHONPATH", "PYTHONWARNINGS"}
"""Python's own variables that make no difference between a fork and an interpreter; nobody would see the warnings."""
_FOLDER: Final = Path(tempfile.gettempdir())
_RUN: Final = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
_SOCKET: Final = _FOLDER / f"dramatis-nursery-{_RUN}"


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let children that start inside take Ctrl-C as one at a terminal does.

    A test run that `nohup` or a shell's background job started ignores SIGINT, which children inherit. A
    handler is not inherited: with one in place they begin with the default action.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Fork:
    """A fork that runs, with what is used here of `asyncio.subprocess.Process`."""

    def __init__(
        self, pid: int, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], ends: "Ends"
    ) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout, self.stderr = ends.readers
        self._stdin = ends.stdin
        self._death = asyncio.create_task(self._die(connection))

    async def _die(self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> int:
        reader, writer = connection
        self.returncode = os.waitstatus_to_exitcode(int(await reader.readline()))
        writer.close()
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._death)

    def send_signal(self, number: int) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def communicate(self, said: bytes | None = None) -> tuple[bytes, bytes]:
        """Pipe something in, and wait for the end; return both outputs."""
        _, out, err, _ = await asyncio.gather(
            asyncio.to_thread(self._tell, said or b""),
            _all_of(self.stdout),
            _all_of(self.stderr),
            self.wait(),
        )
        return out, err

    def _tell(self, said: bytes) -> None:
        if self._stdin is not None:
            with contextlib.suppress(BrokenPipeError), os.fdopen(self._stdin, "wb", buffering=0) as pipe:
                pipe.write(said)


async def _all_of(stream: asyncio.StreamReader | None) -> bytes:
    return b"" if stream is None else await stream.read()


@dataclass
class Ends:
    """Both ends of a start's files.

    Attributes:
        given: its own ends: standard input, output and error.
        stdin: ours of a pipe.
        readers: what reads from ours, of standard output and error.
    """

    given: list[int] = field(default_factory=list)
    stdin: int | None = None
    readers: tuple[asyncio.StreamReader | None, asyncio.StreamReader | None] = (None, None)
    _opened: list[int] = field(default_factory=list)

    @classmethod
    async def of(cls, start: "Start") -> "Ends":
        ends = cls()
        if start.stdin == PIPE:
            theirs, ends.stdin = os.pipe()
            ends._give(theirs)
        else:
            ends._give_file(start.stdin)
        ends.readers = (await ends._give_output(start.stdout), await ends._give_output(start.stderr))
        return ends

    def _give(self, number: int) -> None:
        self.given.append(number)
        self._opened.append(number)

    def _give_file(self, file: int) -> None:
        if file == DEVNULL:
            self._give(os.open(os.devnull, os.O_RDWR))
        else:
            self.given.append(self.given[1] if file == STDOUT else file)

    async def _give_output(self, file: int) -> asyncio.StreamReader | None:
        if file != PIPE:
            self._give_file(file)
            return None
        ours, theirs = os.pipe()
        self._give(theirs)
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(ours, "rb"))
        return reader

    def close(self) -> None:
        """Close its own ends, once it has them."""
        for number in self._opened:
            os.close(number)


Running = asyncio.subprocess.Process | Fork


@dataclass(frozen=True)
class Start:
    """A start of `python -m bot`.

    Attributes:
        module: what is started instead, if it is the bot with a difference.
        words: what stands behind that.
        folder: where it is started.
        environment: all of its variables.
        stdin: a file's number, `PIPE` or `DEVNULL`; so are `stdout` and `stderr`, which may be `STDOUT` too.
        new_session: whether it leads a session of its own, as what a terminal starts.
        real: whether it has to be an interpreter of its own.
    """

    words: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    stdin: int = DEVNULL
    stdout: int = PIPE
    stderr: int = PIPE
    new_session: bool = False
    real: bool = False
    module: str = "bot"

    async def begin(self) -> Running:
        own = {name for name in self.environment if name.startswith("PYTHON")}
        if _forking and not self.real and own <= _OBEYED:
            return await self._fork()
        return await self._interpreter()

    async def _interpreter(self) -> asyncio.subprocess.Process:
        with interruptible():
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", self.module, *self.words,
                cwd=self.folder,
                env=self.environment,
                stdin=self.stdin,
                stdout=self.stdout,
                stderr=self.stderr,
                start_new_session=self.new_session,
            )  # fmt: skip

    async def _fork(self) -> Fork:
        wish = Wish(self.module, list(self.words), str(self.folder), dict(self.environment), self.new_session)
        ends = await Ends.of(self)
        connection = _connected()
        socket.send_fds(connection, [wish.written()], ends.given)
        ends.close()
        connection.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=connection)
        return Fork(int(await reader.readline()), (reader, writer), ends)


_forking = False
_lifeline = socket.socket(socket.AF_UNIX)


def fork() -> None:
    """Let starts be forks from now on."""
    global _forking  # noqa: PLW0603
    _forking = True


def _connected() -> socket.socket:
    """Return a connection to the nursery of this run, which one connection of this process's keeps alive."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(str(_nursery()))
    return connection


@cache
def _nursery() -> Path:
    """Return the socket of this run's nursery, which is there as long as any process of the run."""
    with FileLock(_SOCKET.with_suffix(".lock")):
        try:
            _lifeline.connect(str(_SOCKET))
        except (FileNotFoundError, ConnectionRefusedError):
            _SOCKET.unlink(missing_ok=True)
            _begin()
            _lifeline.connect(str(_SOCKET))
    return _SOCKET


def _begin() -> None:
    """Start the nursery of this run."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(_SOCKET))
        listener.listen(64)
        listener.set_inheritable(True)
        os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", "tests.nursery", str(listener.fileno())],
            {"PATH": os.defpath, "HOME": str(_FOLDER), "PYTHONPATH": str(ROOT)},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            ],
        )


def end() -> None:
    """Let the nursery go; without anybody of the run, it ends."""
    _lifeline.close()
    if os.getpid() == _RUN:
        for path in (_SOCKET, _SOCKET.with_suffix(".lock")):
            path.unlink(missing_ok=True)
