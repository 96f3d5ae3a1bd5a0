"""The console: what is typed, what is shown, and what is told beside it.

Law: text from a model or a file never controls the terminal.
"""

import asyncio
import io
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TextIO

_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
"""Control characters, which are removed so that text from a model or a file can't control the terminal."""


def harmless(text: str) -> str:
    """Return a text without control characters; what can't be encoded is replaced."""
    return text.translate(_CONTROLS).encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Console:
    """Input and output. `live` means that a person is watching: replies grow on the screen."""

    lines: AsyncIterator[str]
    out: TextIO
    err: TextIO
    live: bool

    def write(self, text: str, end: str = "\n") -> None:
        """Write a part of the story."""
        print(text.translate(_CONTROLS), end=end, file=self.out, flush=True)

    def tell(self, text: str) -> None:
        """Write a message that isn't part of the story."""
        print(text.translate(_CONTROLS), file=self.err, flush=True)

    async def ask(self, question: str) -> bool:
        """Ask a yes-or-no question; no answer means no."""
        self.prompt(question)
        return (await anext(self.lines, "")).strip().lower() in {"y", "yes"}

    def prompt(self, text: str) -> None:
        """Show whose turn it is, if a person is watching."""
        if self.live:
            print(text.translate(_CONTROLS), end="", file=self.err, flush=True)


async def read_lines(stream: TextIO) -> AsyncIterator[str]:
    """Yield the lines of a stream until its end.

    A daemon thread waits for them, so that Ctrl-C doesn't need another Enter.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def pump() -> None:
        with suppress(RuntimeError):  # the loop is closed: the rehearsal has ended
            with suppress(OSError, ValueError):  # the terminal was closed
                for line in stream:
                    loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)

    threading.Thread(target=pump, name="terminal", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line.rstrip("\r\n")


def standard_console() -> Console:
    """Return the process's own input and output; a closed stream is replaced by an empty one."""
    lines, out, err = (stream or io.StringIO() for stream in (sys.stdin, sys.stdout, sys.stderr))
    for stream in (lines, out, err):
        if isinstance(stream, io.TextIOWrapper):
            # Invalid bytes, or characters that the locale lacks, must not end the rehearsal.
            stream.reconfigure(errors="replace")
    return Console(read_lines(lines), out, err, live=lines.isatty() and out.isatty())
