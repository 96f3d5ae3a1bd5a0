"""The commands of a rehearsal that are typed instead of a line.

Law: a command is no part of the story, whatever follows it; what it says goes beside the story.
"""

import asyncio
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path, PurePath

from bot.core.dice import REASON_LIMIT, DiceError, read
from bot.core.message_text import line_of
from bot.core.scene import Lookup
from bot.core.speech import out_of_character
from bot.core.transfer.chat import ENDINGS
from bot.terminal.memory import MemoryCommand
from bot.terminal.myself import MyselfCommand
from bot.terminal.opening import open_scene
from bot.terminal.stage import TERMINAL, Stage, first_word
from bot.texts.scenes import wording
from bot.texts.sentences import HOST, voice_for

_COMMAND = re.compile(r"/[a-z]+")


class Commands:
    """The commands by name."""

    def __init__(self, stage: Stage) -> None:
        """Serve a rehearsal."""
        self._stage = stage
        self._story = stage.story
        self._console = stage.console
        self._undone: list[int] = []
        self._by_name: Mapping[str, Callable[[str], Awaitable[None]]] = {
            "/as": self._be,
            "/speak": self._speak_as_persona,
            "/new": self._new,
            "/roll": self._roll,
            "/undo": self._undo,
            "/redo": self._redo,
            "/memory": MemoryCommand(stage).run,
            "/myself": MyselfCommand(stage).run,
            "/export": self._export,
        }

    async def obey(self, line: str) -> bool:
        """Do what a line commands; return False if it is no command."""
        name, words = first_word(line)
        act = self._by_name.get(name)
        if act is not None:
            await act(words)
        elif _COMMAND.fullmatch(name) and not out_of_character(line):
            self._console.tell(HOST.say("chat.no_command"))
        else:
            return False
        return True

    async def _be(self, name: str) -> None:
        """Speak under another name from now on."""
        if not name:
            self._console.tell(HOST.say("chat.as_usage"))
            return
        self._stage.speaker = name
        self._console.tell(HOST.say("chat.now", name=name))

    async def _speak_as_persona(self, words: str) -> None:
        """Say something as the persona, word for word."""
        speaking = self._story.by_hand.speaking
        turn = await speaking.speak(self._stage.message(words), self._stage.persona)
        if turn is None:
            self._console.tell(HOST.say("chat.speak_usage"))
            return
        await speaking.shown(turn)
        self._console.tell(f"{turn.name}: {turn.text}")

    async def _new(self, number: str) -> None:
        """Begin another scene, with the greeting of a number if one is given."""
        greetings = await self._story.scenes.greetings(TERMINAL, self._stage.persona)
        chosen = int(number) if number.isdecimal() else 0
        if number and not 1 <= chosen <= len(greetings):
            self._console.tell(HOST.say("chat.no_greeting", count=len(greetings)))
            return
        self._undone.clear()
        self._console.tell(HOST.say("chat.new"))
        usual = None if self._console.live else ""  # as at the start
        await open_scene(self._stage, greetings[chosen - 1] if number else usual)

    async def _roll(self, line: str) -> None:
        """Roll dice, and tell it to the story."""
        try:
            written = read(line)
        except DiceError as error:
            self._console.tell(HOST.say("chat.no_dice", about=error.about or line))
            return
        roller = self._stage.participant()
        rolled = self._story.by_hand.rolls.roll(roller.id, written.formula)
        told = rolled.told(line_of(written.reason, Lookup(), self._stage.persona.name, REASON_LIMIT))
        self._console.tell(HOST.say("chat.rolled", name=roller.name, roll=told))
        await self._story.hearing.hear(replace(self._stage.message(""), mentions_bot=False, roll=told))

    async def _undo(self, _: str) -> None:
        """Take the last exchange out of the story."""
        removal = await self._story.undoing.undo(TERMINAL, self._stage.participant().id)
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

    async def _export(self, name: str) -> None:
        """Write the scene into a new file; its ending is the format's."""
        file, transfer = PurePath(name), self._story.records.transfer
        form = next((each for each, ending in ENDINGS.items() if file.suffix.lower() == f".{ending}"), None)
        if form is None:
            self._console.tell(HOST.say("chat.export_usage"))
            return
        scene = await transfer.scene(TERMINAL, None)
        extent = await transfer.extent(scene) if scene else None
        if scene is None or extent is None:
            self._console.tell(HOST.say("chat.export_nothing"))
            return
        channel = HOST.say("chat.channel")
        about = wording(voice_for(), channel, extent.turns, extent.begun, extent.ended)
        title = scene.title or self._stage.persona.name
        found = await transfer.export(scene, extent, title, about, form=form, most=sys.maxsize)
        try:
            await asyncio.to_thread(_write_new, name, found.content)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self._console.tell(HOST.say("chat.export_failed", file=file, reason=reason))
        else:
            self._console.tell(HOST.say("chat.exported", file=file))


def _write_new(name: str, content: bytes) -> None:
    """Write a file that does not exist yet; nothing is left of one for which there is no room."""
    path = Path(name)
    file = path.open("xb")
    try:
        with file:  # what was not written yet is now
            file.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise
