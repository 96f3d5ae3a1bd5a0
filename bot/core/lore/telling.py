"""What is told of lorebooks: the records of what decides it, and of what came of it.

Law: plain records. They know neither how keys are found nor what follows from which.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from bot.core.lore.index import Index, Ready
from bot.core.lorebook import Spot
from bot.core.scene import Position


class Heard(NamedTuple):
    """A turn as keys are looked for in it; `own` says that the persona said it."""

    name: str
    text: str
    position: Position
    own: bool = False

    @property
    def scanned(self) -> str:
        """The text with its speaker's name in front."""
        return f"{self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What else counts.

    Attributes:
        seed: the same for all replies of a story, and for no two stories.
        room: the most tokens of all entries together.
        count: returns the tokens of a text.
        persona: the name that `{{char}}` stands for.
        greeting: the number of the persona's greeting with which the story began; None if it was none.
    """

    seed: int
    room: int
    count: Callable[[str], int]
    persona: str = ""
    greeting: int | None = None


class Why(StrEnum):
    """Why an entry is told."""

    CONSTANT = "constant"
    SAID = "said"
    LORE = "lore"  # another entry brought it up
    STICKY = "sticky"


class Held(StrEnum):
    """Why an entry isn't told, although one of its keys was said or it needs none."""

    KEYS = "keys"  # its secondary keys
    GREETING = "greeting"  # the story began with another one, or with none
    CHANCE = "chance"
    REST = "rest"
    ONCE = "once"
    EARLY = "early"
    GROUP = "group"
    ROOM = "room"


class Cause(NamedTuple):
    """A key as it was written, and who said it: a speaker or an entry."""

    key: str = ""
    by: str = ""


NO_CAUSE: Final = Cause()


class Told(NamedTuple):
    """An entry that is told, and what it costs."""

    source: Index
    ready: Ready
    why: Why
    cause: Cause = NO_CAUSE
    tokens: int = 0


class Untold(NamedTuple):
    """An entry that isn't told, although there was a reason to."""

    source: Index
    ready: Ready
    why: Held
    cause: Cause = NO_CAUSE


@dataclass(frozen=True, slots=True)
class Activation:
    """What one reply is told, in the order in which it is, and what it isn't told."""

    told: tuple[Told, ...] = ()
    untold: tuple[Untold, ...] = ()

    def standing(self, spot: Spot) -> list[str]:
        """Return the texts that stand in `system`."""
        return [each.ready.marks.text for each in self.told if each.ready.spot is spot]

    @property
    def triggered(self) -> list[str]:
        """The texts that only this reply is told."""
        return [each.ready.marks.text for each in self.told if each.ready.spot is None]


NOTHING: Final = Activation()
