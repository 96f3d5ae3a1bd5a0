"""A process that has imported all of the bot, and forks for each start of it: a fork costs a tenth of a start.

`python -m tests.nursery NUMBER` listens at the socket with that number. Who connects sends one line of JSON (`Wish`) with
the files for standard input, output and error, and reads the fork's number and, when it has died, its status. A fork whose
connection is closed is killed, and without any connection the nursery ends. `tests/starts.py` speaks to it.

The fork runs the whole `python -m bot` just as Python itself would, with its folder, environment, files and signals, and
ends as an interpreter ends. Only what the bot imports is there already, and of Python's own variables it obeys PYTHONPATH.
"""

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Self

READ: Final = 1 << 20

IMPORTED: Final = (
    "bot.app",
    "bot.discord_ui.gateway.client",
    "bot.maintenance",
    "bot.ops.logs",
    "bot.ops.server",
    "bot.personas.cards.folder",
    "bot.terminal.console",
    "bot.usage",
)
"""What `bot.__main__` imports sooner or later; not itself, as it is run, and looks at its environment first."""


@dataclass(frozen=True)
class Wish:
    """What a fork is to be.

    Attributes:
        module: what is run: `bot`, or a module of the tests' that is the bot with a difference.
        words: what stands behind `python -m bot`.
        folder: where it is started.
        environment: all of its variables.
        new_session: whether it leads a session of its own, as what a terminal starts.
    """

    module: str
    words: list[str]
    folder: str
    environment: dict[str, str]
    new_session: bool

    def written(self) -> bytes:
        return f"{json.dumps(asdict(self))}\n".encode()

    @classmethod
    def read(cls, line: bytes) -> Self:
        return cls(**json.loads(line))


class Nursery:
    """Forks as it is asked to."""

    def __init__(self, listener: socket.socket) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)
        self._woken, waker = socket.socketpair()
        for end in (self._woken, waker):
            end.setblocking(False)
        self._waker = waker
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._children: dict[int, socket.socket] = {}
        self._connections: set[socket.socket] = set()

    def serve(self) -> Wish | None:
        """Return what to be, in a fork; None in the nursery, once nobody is connected anymore."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waker.fileno())
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    connection, _ = self._listener.accept()
                    self._connections.add(connection)
                    self._selector.register(connection, selectors.EVENT_READ)
                elif key.fileobj is self._woken:
                    self._woken.recv(READ)
                    self._bury()
                elif (wish := self._hear(key.fileobj)) is not None:  # type: ignore[arg-type]
                    return wish
            if not self._connections:
                return None

    def _leave(self) -> None:
        """Have nothing of the nursery anymore, in a fork."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for end in (self._listener, self._woken, self._waker, *self._connections):
            end.close()

    def _bury(self) -> None:
        """Tell of those that have died."""
        while self._children:
            number, status = os.waitpid(-1, os.WNOHANG)
            if not number:
                return
            connection = self._children.pop(number)
            if connection in self._connections:
                _say(connection, status)

    def _hear(self, connection: socket.socket) -> Wish | None:
        """Fork if that is asked; return what to be, in the fork."""
        line, files, _, _ = socket.recv_fds(connection, READ, 3)
        if not line:
            self._selector.unregister(connection)
            self._connections.remove(connection)
            connection.close()
            for number, other in self._children.items():
                if other is connection:
                    os.kill(number, signal.SIGKILL)
            return None
        while not line.endswith(b"\n"):
            line += connection.recv(READ)
        child = os.fork()
        if child == 0:
            self._leave()
            wish = Wish.read(line)
            _begin(wish, files)
            return wish
        for file in files:
            os.close(file)
        self._children[child] = connection
        _say(connection, child)
        return None


def _say(connection: socket.socket, fact: int) -> None:
    try:
        connection.sendall(f"{fact}\n".encode())
    except OSError:  # nobody wants to know anymore, as will be heard
        return


def _begin(wish: Wish, files: list[int]) -> None:
    """Make a fork what a new interpreter is."""
    if wish.new_session:
        os.setsid()
    for number, file in enumerate(files):
        os.dup2(file, number)
    for file in set(files):
        os.close(file)
    # A job in a shell's background ignores it, which children inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(wish.folder)
    os.environ.clear()
    os.environ.update(wish.environment)
    time.tzset()
    sys.argv[1:] = wish.words
    own = wish.environment["PYTHONPATH"].split(os.pathsep)
    sys.path[0:2] = [wish.folder, *own]
    for folder in own:
        custom = Path(folder, "sitecustomize.py")
        if custom.exists():
            runpy.run_path(str(custom))
            break
    errors = sys.stdin.errors
    for number, name, mode in ((0, "stdin", "rb"), (1, "stdout", "wb"), (2, "stderr", "wb")):
        stream = _stream(number, mode, errors if number < 2 else "backslashreplace")
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _stream(number: int, mode: str, errors: str | None) -> io.TextIOWrapper:
    """Return a standard stream as Python makes it."""
    raw = os.fdopen(number, mode, closefd=False)
    at_once = number == 2 or raw.isatty()
    return io.TextIOWrapper(raw, "utf-8", errors, "\n", line_buffering=at_once)


def _be(module: str) -> None:
    """Run it, and end as Python does; but what a fork has in common with the nursery is not taken apart."""
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int):
            threading._shutdown()  # type: ignore[attr-defined]
            atexit._run_exitfuncs()
            with contextlib.suppress(OSError):  # which Python tells of in its own way
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(ended.code)
        raise


def main() -> None:
    os.setsid()  # Ctrl-C is for the test run
    listener = socket.socket(fileno=int(sys.argv[1]))
    for name in IMPORTED:
        importlib.import_module(name)
    assert "bot.config.keylog" not in sys.modules
    # A fork has no other thread, and none that holds a lock forever.
    assert threading.active_count() == 1
    gc.collect()
    gc.freeze()
    if (wish := Nursery(listener).serve()) is not None:
        _be(wish.module)


if __name__ == "__main__":
    main()
