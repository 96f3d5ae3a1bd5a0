"""What all parts of a rehearsal share: the story, its persona, the console, and who speaks.

Law: people and messages have negative ids here, so that they are never Discord's.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.scene import IncomingMessage, Participant, Place
from bot.terminal.console import Console

if TYPE_CHECKING:  # the command line also says what needs no story
    from bot.core.persona import Persona
    from bot.story.story import Story

TERMINAL = Place(channel_id=0)
"""The only channel of this frontend; Discord's IDs are never 0."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks of a rehearsal.

    Attributes:
        personas: the keys of those that play, the lead first; none for the default one.
        speaker: the name under which the person speaks; empty for the one that the computer knows.
        offline: whether built-in rules answer in place of a model.
        all_ages: whether it is played as where Discord doesn't restrict the age.
    """

    personas: Sequence[str] = ()
    speaker: str = ""
    offline: bool = False
    all_ages: bool = False


@dataclass
class Stage:
    """A rehearsal as it is played now.

    `cast` are the personas that play, the lead first; `speaker` is the name under which the person speaks.
    """

    story: "Story"
    cast: "Sequence[Persona]"
    console: Console
    speaker: str
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        """Begin to count messages."""
        self._next_id = -int(self.clock().timestamp() * 1000)

    @property
    def persona(self) -> "Persona":
        """The lead."""
        return self.cast[0]

    def participant(self) -> Participant:
        """Return the person under the name that is spoken now: each name is somebody of their own."""
        return Participant(-zlib.crc32(self.speaker.encode()) - 1, self.speaker)

    def message(self, content: str) -> IncomingMessage:
        """Return what the person says now."""
        self._next_id -= 1
        return IncomingMessage(
            id=self._next_id,
            place=TERMINAL,
            author=self.participant(),
            content=content,
            created_at=self.clock(),
            mentions_bot=True,
        )


def first_word(line: str) -> tuple[str, str]:
    """Return the first word of a line in small letters, and the words after it; both may be empty."""
    word, *rest = line.split(maxsplit=1) or [""]
    return word.lower(), "".join(rest).strip()
