"""What a persona is told besides the turns: the recap, the pins and the author's note.

Law: players and models wrote these words, so that they are told as the story's and never as rules: square
brackets and template markers, which only the bot writes, are taken out of them, and no macro is filled in.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from bot.core.notes import content_of, rounded
from bot.core.posts.pages import excerpt
from bot.core.safe_text import defuse
from bot.core.scene import Turn

MOST_PINS: Final = 20
"""Pins of one scene: every reply reads them all, and a panel's menu shows no more than 25."""

PIN_LENGTH: Final = 300
"""UTF-16 units of one pin: a fact is a sentence or two."""

NOTE_LENGTH: Final = 1000
"""UTF-16 units of an author's note: what is read last weighs most, so that a long one drowns the persona."""

_SHORTEST_PIN: Final = 9
"""UTF-16 units below which nothing would be left of a pin."""

PINS_SHARE, PINS_TOKENS = 16, 1000
"""All pins together take at most this part of the model's window, and no more tokens: each reply pays."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What `system` says of a story, as it was written; what is empty is left out.

    Attributes:
        recap: what happened before the window's turns.
        pins: the facts that never leave the prompt, in order.
        note: what the players want of the next replies, told after all of that.
    """

    recap: str = ""
    pins: tuple[str, ...] = ()
    note: str = ""


NOTHING: Final = Memory()


class MemoryRefusal(StrEnum):
    """The reasons for which something is not remembered."""

    NO_SCENE = "no_scene"
    ELSEWHERE = "elsewhere"  # the message is of another scene, or was taken out of the story
    EMPTY = "empty"
    LONG = "long"
    MANY = "many"
    FULL = "full"  # all pins together would take too many tokens
    SAME = "same"
    GONE = "gone"
    PAUSED = "paused"  # no recaps are made
    ALL_THERE = "all_there"  # nothing has left the window that is not in the recap
    RECAP_GONE = "recap_gone"
    RECAP_LONG = "recap_long"  # in tokens
    UNPAID = "unpaid"  # a budget is used up


@dataclass(frozen=True, slots=True)
class Unchanged:
    """Nothing was changed: the reason, and the number that it is about (a limit or a length)."""

    reason: MemoryRefusal
    most: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """Which memory a prompt told: the ids of a recap and of pins, and whether a note."""

    recap: int | None = None
    pins: tuple[int, ...] = ()
    note: bool = False

    def to_json(self) -> str | None:
        """Return it for the database; None for nothing."""
        if self == NOTHING_TOLD:
            return None
        return json.dumps({"recap": self.recap, "pins": self.pins, "note": self.note})

    @classmethod
    def from_json(cls, stored: str | None) -> Self:
        """Return what was stored, as far as this version knows it."""
        try:
            found = json.loads(stored or "{}")
            recap, pins = found.get("recap"), found.get("pins") or ()
            return cls(None if recap is None else int(recap), tuple(map(int, pins)), bool(found.get("note")))
        except (ValueError, TypeError, AttributeError):
            return cls()


NOTHING_TOLD: Final = Told()

_GAP: Final = re.compile(r"\n\s*\n\s*|\n[ \t]+")


@lru_cache(maxsize=256)
def clean(text: str) -> str:
    """Return words for `system`: one paragraph, with round brackets and without template markers.

    A gap between paragraphs would end the part that they are told in. Each prompt has the same words again,
    so that the latest are kept.
    """
    return _GAP.sub("\n", rounded(defuse(text))).strip()


def indented(text: str) -> str:
    """Return words with their further lines indented, so that none of them begins like somebody's turn."""
    return "  ".join(text.splitlines(keepends=True))


def clean_line(text: str) -> str:
    """Return words for `system` in one line."""
    return " ".join(clean(text).split())


def fact_of(turn: Turn) -> str:
    """Return the words of a turn as a pin, after its speaker's name; "" if it has none."""
    words = clean_line(content_of(turn))
    return excerpt(f"{clean_line(turn.name)}: {words}", PIN_LENGTH) if words else ""


def pins_room(context_window: int) -> int:
    """Return the tokens that all pins of a scene may take together, for a model with this window."""
    return min(PINS_TOKENS, context_window // PINS_SHARE)


def within(pins: Sequence[str], room: int, cost: Callable[[str], int]) -> tuple[str, ...]:
    """Return pins as they take at most `room` tokens by `cost` together: all, but the long ones shorter.

    They were pinned within it; but those that follow messages grow with them, and windows may shrink.
    """
    length, told = PIN_LENGTH, tuple(pins)
    # No text has more tokens than bytes.
    while len((listed := itemized(told)).encode("utf-8", "replace")) > room and length > _SHORTEST_PIN:
        if cost(listed) <= room:
            break
        length //= 2
        told = tuple(excerpt(clean_line(pin), length) for pin in pins)
    return told


def itemized(pins: Iterable[str]) -> str:
    """Return pins as they are told: a list, one in each line."""
    return "\n".join(f"- {line}" for pin in pins if (line := clean_line(pin)))
