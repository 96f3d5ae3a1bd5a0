"""The terminal as a frontend: a rehearsal with one persona, without Discord.

Law: the same story as on Discord (roleplay, storage, streaming), another way of showing it. Replies
go to standard output and nothing else does, so that a script can read them.
"""

import asyncio
import sys
import threading
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from bot.core.persona import Persona
from bot.core.scene import IncomingMessage, Participant, Place
from bot.reply import Reply
from bot.roleplay import Roleplay
from bot.texts import say

TERMINAL = Place(channel_id=0)
"""The one channel of this frontend; Discord's ids are never 0."""


@dataclass(frozen=True, slots=True)
class Console:
    """Where lines come from and go to. `live` means a person is watching: replies grow on the screen."""

    lines: AsyncIterator[str]
    out: TextIO
    err: TextIO
    live: bool

    def tell(self, text: str) -> None:
        """Say something beside the story."""
        print(text, file=self.err, flush=True)

    async def ask(self, question: str) -> bool:
        """Put a yes-or-no question; no answer is a no."""
        self.prompt(question)
        return (await anext(self.lines, "")).strip().lower() in {"y", "yes"}

    def prompt(self, text: str) -> None:
        """Show whose turn it is, to a person who is watching."""
        if self.live:
            print(text, end="", file=self.err, flush=True)


async def read_lines(stream: TextIO) -> AsyncIterator[str]:
    """Yield the lines of a stream until its end.

    A thread of its own waits for them: it is a daemon, so that Ctrl-C needs no further Enter.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue()

    def pump() -> None:
        try:
            for line in stream:
                loop.call_soon_threadsafe(queue.put_nowait, line)
            loop.call_soon_threadsafe(queue.put_nowait, None)
        except (RuntimeError, ValueError, OSError):
            return  # the rehearsal is over

    threading.Thread(target=pump, name="terminal", daemon=True).start()
    while (line := await queue.get()) is not None:
        yield line.rstrip("\r\n")


def standard_console() -> Console:
    """Return the process's own input and output."""
    live = sys.stdin.isatty() and sys.stdout.isatty()
    return Console(read_lines(sys.stdin), sys.stdout, sys.stderr, live)


class Rehearsal:
    """One run of `chat`: a new scene with one persona, spoken to by one person under any names."""

    def __init__(
        self,
        roleplay: Roleplay,
        persona: Persona,
        console: Console,
        *,
        speaker: str,
        clock: Callable[[], datetime],
    ) -> None:
        """Prepare a rehearsal; `speaker` is the name the first lines come under."""
        self._roleplay = roleplay
        self._persona = persona
        self._console = console
        self._speaker = speaker
        self._clock = clock
        # Ids are Discord's for its messages and negative here, so the two never meet in the database.
        self._next_id = -int(clock().timestamp() * 1000)

    async def run(self) -> None:
        """Converse until the input ends."""
        console = self._console
        greeting = await self._roleplay.open_scene(TERMINAL, self._persona, greet=console.live)
        console.tell(say("chat.opened", persona=self._persona.name, name=self._speaker))
        if greeting is not None:
            console.prompt(f"{self._persona.name}: ")
            print(greeting.text, file=console.out, flush=True)
        console.prompt(f"{self._speaker}: ")
        async for line in console.lines:
            await self._line(line.strip())
            console.prompt(f"{self._speaker}: ")

    async def _line(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        if command == "/as":
            if rest.strip():
                self._speaker = rest.strip()
            self._console.tell(say("chat.now", name=self._speaker) if rest.strip() else say("chat.as_usage"))
        elif line:
            outcome = await self._roleplay.hear(self._message(line))
            if isinstance(outcome, Reply):
                await self._show(outcome)

    def _message(self, line: str) -> IncomingMessage:
        self._next_id -= 1
        author = Participant(-zlib.crc32(self._speaker.encode()) - 1, self._speaker)
        return IncomingMessage(
            id=self._next_id,
            place=TERMINAL,
            author=author,
            content=line,
            created_at=self._clock(),
            mentions_bot=True,
        )

    async def _show(self, reply: Reply) -> None:
        console, shown = self._console, ""
        console.prompt(f"{self._persona.name}: ")
        async with reply:
            async for text in reply.texts():
                if console.live:
                    # A text that does not continue what stands there (the model's final word) starts anew.
                    new = text[len(shown) :] if text.startswith(shown) else f"\n{text}"
                    print(new, end="", file=console.out, flush=True)
                    shown = text
        if not console.live and reply.text:
            print(reply.text, end="", file=console.out)
        if reply.text:
            print(file=console.out, flush=True)
        if reply.error is not None:
            detail = f" ({reply.error.detail})" if reply.error.detail else ""
            console.tell(say(f"host.{reply.error.kind}") + detail)
