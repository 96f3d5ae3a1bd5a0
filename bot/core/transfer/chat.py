"""A scene as a file holds it: its lines with names, words and times, and what stands at its head.

Law: plain records, without ids of Discord's. What a file holds is what people saw: notices, words out of
character and turns that were taken out of the story are no lines.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

import regex

from bot.core.names import clean_title


class Format(StrEnum):
    """The formats of an export; the values are those of the command's choices."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    SILLYTAVERN = "sillytavern"


ENDINGS: Final[Mapping[Format, str]] = {
    Format.HTML: "html",
    Format.MARKDOWN: "md",
    Format.TEXT: "txt",
    Format.SILLYTAVERN: "jsonl",
}
"""The ending of a file's name."""

_NOT_IN_NAMES: Final = regex.compile(r"[^\p{L}\p{M}\p{N}]+")

_NAME_LIMIT: Final = 60
"""Characters of a file's name without its ending."""


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of a scene.

    Attributes:
        name: who speaks.
        text: the words on screen.
        at: when they were said.
        is_person: whether a person speaks, and not a persona.
        variants: all variants of a persona's turn in order, with the one on screen; empty for only one.
        shown: the index of the variant on screen.
        notes: what stands beside a person's words, such as a roll of dice.
        by_hand: whether a person spoke as the persona.
    """

    name: str
    text: str
    at: datetime
    is_person: bool
    variants: tuple[str, ...] = ()
    shown: int = 0
    notes: tuple[str, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """The words that a file holds besides the story's, in the language of its reader.

    Attributes:
        language: the language's tag.
        subtitle: the line below the title.
        ai: what marks a persona.
        footer: the small print at the end.
        day: returns a date in words.
    """

    language: str
    subtitle: str
    ai: str
    footer: str
    day: Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a scene before its lines.

    Attributes:
        title: its title, never empty.
        begun: the time of its first line.
        people: the people in it, in the order they first spoke.
        personas: the personas in it, in the same order.
        wording: the words besides the story's.
        pictures: the pictures of personas by name, as `data:` addresses.
    """

    title: str
    begun: datetime
    people: Sequence[str]
    personas: Sequence[str]
    wording: Wording
    pictures: Mapping[str, str] = field(default_factory=dict)


class Writer(Protocol):
    """Writes a scene piece by piece; what it returns, put together, is the file."""

    def begin(self) -> str:
        """Return the beginning of the file."""
        ...

    def write(self, lines: Sequence[Line]) -> str:
        """Return further lines of the scene."""
        ...

    def end(self) -> str:
        """Return the end of the file."""
        ...


def words_of(line: Line) -> str:
    """Return a line's words, with its notes below them in square brackets."""
    return "\n".join(filter(None, [line.text, *(f"[{note}]" for note in line.notes)]))


def file_name(title: str, ending: str) -> str:
    """Return the name of a file for a scene: letters and digits of any script, and its ending."""
    stem = _NOT_IN_NAMES.sub("-", clean_title(title)).strip("-")[:_NAME_LIMIT].strip("-")
    return f"{stem or 'scene'}.{ending}"
