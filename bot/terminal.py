"""The terminal frontend: a rehearsal with one persona, without Discord.

Law: the same story as on Discord (use cases, storage, streaming), shown differently. Only replies go to
standard output, so that a script can read them.
"""

import asyncio
import io
import re
import sys
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TextIO

from bot.core.dice import REASON_LIMIT, DiceError, read
from bot.core.memory.memory import MemoryRefusal, Unchanged
from bot.core.names import line_of
from bot.core.routing import ANSWERS, NoReply
from bot.core.scene import Ending, IncomingMessage, Lookup, Participant, Place
from bot.core.speech import out_of_character
from bot.core.transfer.chat import ENDINGS
from bot.texts import failures
from bot.texts.scenes import wording
from bot.texts.sentences import HOST, voice_for

if TYPE_CHECKING:  # the command line also says what needs no story
    from bot.core.persona import Persona
    from bot.story.reply import Reply
    from bot.story.story import Story

TERMINAL = Place(channel_id=0)
"""The only channel of this frontend; Discord's IDs are never 0."""

_CONTROLS = {code: None for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}
"""Control characters, which are removed so that text from a model or a file can't control the terminal."""


REHEARSED = frozenset(MemoryRefusal) - {MemoryRefusal.NO_SCENE, MemoryRefusal.ELSEWHERE}
"""The reasons for which something is not remembered that a rehearsal can meet."""

_COMMAND = re.compile(r"/[a-z]+", re.IGNORECASE)
_SEARCH = re.compile(r"search\b\s*(.*)", re.IGNORECASE)
_LEAVE = frozenset({"/quit", "/exit"})


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


class Rehearsal:
    """One run of `chat`: a new scene with one persona and one person, who may use several names."""

    def __init__(
        self,
        story: "Story",
        persona: "Persona",
        console: Console,
        *,
        speaker: str,
        clock: Callable[[], datetime],
    ) -> None:
        """Create a rehearsal; `speaker` is the name of the first lines."""
        self._story = story
        self._persona = persona
        self._console = console
        self._speaker = speaker
        self._clock = clock
        # IDs are negative here, so they never collide with Discord's in the database.
        self._next_id = -int(clock().timestamp() * 1000)
        self._undone: list[int] = []
        self._commands: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "/as": self._speak_as,
            "/roll": self._roll,
            "/undo": self._undo,
            "/redo": self._redo,
            "/memory": self._memory,
            "/export": self._export,
        }

    async def run(self) -> None:
        """Converse until the input ends."""
        console = self._console
        starter = self._participant()
        opened = await self._story.scenes.begin(TERMINAL, self._persona, greet=console.live, starter=starter)
        console.tell(HOST.say("chat.opened", persona=self._persona.name, name=self._speaker))
        if opened.greeting is not None:
            console.prompt(f"{self._persona.name}: ")
            console.write(opened.greeting.text)
        console.prompt(f"{self._speaker}: ")
        async for line in console.lines:
            if line.strip().lower() in _LEAVE:
                return
            await self._line(line.strip())
            console.prompt(f"{self._speaker}: ")
        console.prompt("\n")

    async def _line(self, line: str) -> None:
        command, _, rest = line.partition(" ")
        act = self._commands.get(command.lower())
        if act is not None:
            await act(rest.strip())
        elif _COMMAND.fullmatch(command) and not out_of_character(line):
            self._console.tell(HOST.say("chat.no_command"))
        elif line:
            await self._say(line)

    async def _say(self, line: str) -> None:
        """Say a line, and show the replies."""
        heard = await self._story.hearing.hear(self._message(line))
        for reply in heard.replies:
            await self._show(reply)
        if isinstance(heard.notice, NoReply) and heard.notice.reason in ANSWERS.values():
            self._console.tell(HOST.say(f"chat.{heard.notice.reason}", persona=heard.notice.about))

    async def _speak_as(self, name: str) -> None:
        """Speak under another name from now on."""
        self._speaker = name or self._speaker
        self._console.tell(HOST.say("chat.now", name=self._speaker) if name else HOST.say("chat.as_usage"))

    async def _roll(self, line: str) -> None:
        """Roll dice, and tell it to the story."""
        try:
            written = read(line)
        except DiceError as error:
            self._console.tell(HOST.say("chat.no_dice", about=error.about or line))
            return
        roller = self._participant()
        rolled = self._story.rolls.roll(roller.id, written.formula)
        told = rolled.told(line_of(written.reason, Lookup(), self._persona.name, REASON_LIMIT))
        self._console.tell(HOST.say("chat.rolled", name=roller.name, roll=told))
        await self._story.hearing.hear(replace(self._message(""), mentions_bot=False, roll=told))

    async def _look(self, words: str) -> None:
        """Show what was said with these words, the newest first."""
        found = await self._story.records.looking_back.search(TERMINAL, words)
        for hit in found.hits:
            said = "".join(part.text for part in hit.excerpt)
            self._console.tell(
                HOST.say("chat.look.hit", at=hit.turn.created_at, name=hit.turn.name, words=said)
            )
        if not found.asks:
            self._console.tell(HOST.say("chat.look.usage"))
        elif not found.hits:
            self._console.tell(HOST.say("chat.look.nothing"))
        elif found.more:
            self._console.tell(HOST.say("chat.look.more"))

    async def _export(self, name: str) -> None:
        """Write the scene into a new file; its ending is the format's."""
        file, transfer, console = PurePath(name), self._story.records.transfer, self._console
        form = next((each for each, ending in ENDINGS.items() if file.suffix.lower() == f".{ending}"), None)
        if form is None:
            console.tell(HOST.say("chat.export_usage"))
            return
        scene = await transfer.scene(TERMINAL, None)
        extent = await transfer.extent(scene) if scene else None
        if scene is None or extent is None:
            console.tell(HOST.say("chat.export_nothing"))
            return
        channel = HOST.say("chat.channel")
        about = wording(voice_for(), channel, extent.turns, extent.begun, extent.ended)
        title = scene.title or self._persona.name
        found = await transfer.export(scene, extent, title, about, form=form, most=sys.maxsize)
        try:
            await asyncio.to_thread(_write_new, name, found.content)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            console.tell(HOST.say("chat.export_failed", file=file, reason=reason))
        else:
            console.tell(HOST.say("chat.exported", file=file))

    async def _memory(self, line: str) -> None:
        """Show what the story remembers, after the change that a line asks for; or search it."""
        if words := _SEARCH.fullmatch(line):
            await self._look(words[1])
            return
        act, _, text = line.partition(" ")
        memory, who = self._story.memory, self._participant().id
        view = await memory.view(TERMINAL)
        pins = view.pins if view else ()
        done: object = None
        if act == "pin":
            done = await memory.pin_words(TERMINAL, text, who)
        elif act == "note":
            done = await memory.write_note(TERMINAL, text, who)
        elif act == "recap":
            recap = view.recap.told if view else None
            done = Unchanged(MemoryRefusal.RECAP_GONE)
            if not text:
                done = await memory.make_recap(TERMINAL)
            elif recap is not None:
                done = await memory.write_recap(TERMINAL, recap.id, text, who)
        elif act == "unpin" and text.isdecimal() and 0 < int(text) <= len(pins):
            done = await memory.edit_pin(TERMINAL, pins[int(text) - 1].id, "", who)
        elif act:
            self._console.tell(HOST.say("chat.memory.usage"))
            return
        if isinstance(done, Unchanged):
            reason = done.reason if done.reason in REHEARSED else MemoryRefusal.GONE
            self._console.tell(HOST.say(f"chat.memory.{reason}", most=done.most))
            return
        await self._show_memory()

    async def _show_memory(self) -> None:
        view = await self._story.memory.view(TERMINAL)
        if view is None:
            return
        pins = [
            HOST.say("chat.memory.pin", number=number, text=pin.text)
            for number, pin in enumerate(view.pins, 1)
        ]
        if view.recap.told is not None:
            told = view.recap.told
            self._console.tell(HOST.say("chat.memory.recap", text=told.text, tokens=told.tokens))
        self._console.tell(HOST.say("chat.memory.pins", count=len(pins), tokens=view.pins_tokens))
        for line in pins:
            self._console.tell(line)
        self._console.tell(HOST.say("chat.memory.note", text=view.note or "-", tokens=view.note_tokens))

    async def _undo(self, _: str) -> None:
        """Take the last exchange out of the story."""
        removal = await self._story.undoing.undo(TERMINAL, self._participant().id)
        if removal is None:
            self._console.tell(HOST.say("chat.undo_nothing"))
            return
        self._undone.append(removal.id)
        for turn in removal.turns:
            await self._story.undoing.shown(turn.id)
        self._console.tell(HOST.say("chat.undone", count=len(removal.turns)))

    async def _redo(self, _: str) -> None:
        """Put back what was undone last."""
        if not self._undone:
            self._console.tell(HOST.say("chat.redo_nothing"))
            return
        found = await self._story.undoing.redo(self._undone[-1], TERMINAL)
        if not isinstance(found, list):  # something was said since
            self._undone.clear()
            self._console.tell(HOST.say("chat.redo_followed"))
            return
        self._undone.pop()
        for turn in found:
            await self._story.undoing.shown(turn.id)
            self._console.tell(f"{turn.name}: {turn.text}")
        self._console.tell(HOST.say("chat.redone"))

    def _message(self, line: str) -> IncomingMessage:
        self._next_id -= 1
        return IncomingMessage(
            id=self._next_id,
            place=TERMINAL,
            author=self._participant(),
            content=line,
            created_at=self._clock(),
            mentions_bot=True,
        )

    def _participant(self) -> Participant:
        return Participant(-zlib.crc32(self._speaker.encode()) - 1, self._speaker)

    async def _show(self, reply: "Reply") -> None:
        console, shown = self._console, ""
        console.prompt(f"{self._persona.name}: ")
        async with reply:
            async for text in reply.texts():
                if console.live:
                    # A text that doesn't continue the shown one (the model's final copy) is written again.
                    console.write(text[len(shown) :] if text.startswith(shown) else f"\n{text}", end="")
                    shown = text
        if shown or reply.text:
            console.write("" if shown else reply.text)
        else:
            console.prompt("\n")
        await self._story.notices.waive(reply.trigger, self._persona.key)
        if reply.outcome and reply.outcome.error:
            console.tell(HOST.say("chat.failed", reason=failures.to_host(reply.outcome.error)))
        elif reply.outcome and reply.outcome.ending is Ending.LENGTH:
            console.tell(HOST.say("chat.length"))


def _write_new(name: str, content: bytes) -> None:
    """Write a file that does not exist yet."""
    with Path(name).open("xb") as file:
        file.write(content)
