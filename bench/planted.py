"""A long story with facts planted in it, and whether a text still has one, word for word or in its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Final

from tests.plays import read_play

FACTS: Final = 40
PLAYS: Final = ("tragedies/hamlet", "tragedies/macbeth")
THINGS: Final = ("bell", "ring", "key", "ferry", "violin", "letter", "lamp", "crown")
PEOPLE: Final = ("Alice", "Bob", "Carol", "Dave", "Erin")

_SENTENCES: Final = re.compile(r"(?<=[.!?])\s+|\n+")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence that nobody else says: each number is one fact's."""

    number: int

    @property
    def who(self) -> str:
        """Whose promise it is."""
        return PEOPLE[self.number % len(PEOPLE)]

    @property
    def thing(self) -> str:
        """What is to be found."""
        return THINGS[self.number % len(THINGS)]

    def __str__(self) -> str:
        return f"{self.who} swears to find the {self.thing} of room {self.number}."

    def is_told_in(self, text: str) -> bool:
        """Return whether a sentence of a text has who, what and which room, in whatever words."""
        return self._is_in(text, self.who, self.thing)

    def is_touched_in(self, text: str) -> bool:
        """Return whether a sentence of a text has what and which room, no matter who swears."""
        return self._is_in(text, self.thing)

    def _is_in(self, text: str, *words: str) -> bool:
        wanted = {word.casefold() for word in (*words, str(self.number))}
        return any(
            wanted <= set(re.findall(r"\w+", sentence.casefold())) for sentence in _SENTENCES.split(text)
        )


@dataclass(frozen=True, slots=True)
class Line:
    """What somebody says, and the fact in it."""

    words: str
    fact: Fact | None = None

    def __str__(self) -> str:
        return f"{self.words} {self.fact}" if self.fact else self.words


def story(turns: int) -> Iterator[Line]:
    """Yield the lines of plays over and over, with the facts at even distances."""
    spoken = [line.text.replace("\n", " ") for play in PLAYS for line in read_play(play)]
    for number, words in enumerate(islice(cycle(spoken), turns)):
        nth, between = divmod(number, max(1, turns // FACTS))
        yield Line(words, Fact(nth) if between == 0 and nth < FACTS else None)
