"""Echoes: notes of the bot's that a model repeats in its reply.

Law: only what the bot writes in just that form is an echo: a note of the prompt's people, `[to NAME …]` or
`[NAME's turn …]` with the name of somebody in the prompt, and, unless the persona's own texts have square
brackets, a note of what people do or of the world, as `[shows a picture: …]` and `[lore: …]` are, even if the
prompt has none like it. Any other text in brackets is the persona's, and so is `[NAME's turn]` without a stop
where words are around it.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import regex

from bot.core.greetings import Company, greetings_of
from bot.core.notes import forms, rounded
from bot.core.persona import Persona

LIMIT: Final = 400
"""Characters within which a note ends, unless the prompt has a longer one."""

_PLAIN: Final = str.maketrans("\u2019\u02bc\uff07", "'''")
_STOP: Final = regex.compile(r"[\[\]\n]")
_AFTER_TURN: Final = ".:]"
_AFTER_ADDRESS: Final = "]:,; '"


class Echo(NamedTuple):
    """What a text has at some index.

    Attributes:
        end: the index where the note ends; the text's end if it is open.
        is_open: whether the text ends before the note does.
        is_certain: whether it is a note, even if it is open.
        is_turn: whether it says whose turn it is, which nobody else ever writes.
    """

    end: int
    is_open: bool = False
    is_certain: bool = True
    is_turn: bool = False


class Run(NamedTuple):
    """Notes with nothing but blanks between them.

    Attributes:
        end: the index up to which they are whole, with the blanks behind them.
        is_followed: whether something else follows.
    """

    end: int
    is_followed: bool

    def moved(self, by: int) -> "Run":
        """Return them as they are in a text from which so many characters were taken at its beginning."""
        return Run(max(0, self.end - by), self.is_followed) if by and self.end else self


class Echoes:
    """The notes that a reply may echo."""

    def __init__(self, names: Iterable[str], notes: Iterable[str], *, with_forms: bool = True) -> None:
        """Know the notes about those with these names, and these `notes` in their brackets.

        `with_forms` says whether notes of what people do are echoes even if they aren't among those.
        """
        named = [rounded(name).translate(_PLAIN) for name in dict.fromkeys(names) if name.strip()]
        self._begun = [
            *((f"[{name}'s turn", _AFTER_TURN) for name in named),
            *((f"[to {name}", _AFTER_ADDRESS) for name in named),
            *(forms(named) if with_forms else ()),
        ]
        self._whole = [note.translate(_PLAIN) for note in notes]
        self._limit = max([LIMIT, *(len(note) + 1 for note in self._whole)])
        self._seconds = {text[1:2] for text in (*self._whole, *(beginning for beginning, _ in self._begun))}

    def at(self, text: str, start: int) -> Echo | None:
        """Return the note that begins at `start`, or may yet become one there; None if there is none."""
        second = text[start + 1 : start + 2].translate(_PLAIN)
        if not second or second not in self._seconds:  # nearly every bracket, at once
            is_open = bool(self._seconds and not second)
            return Echo(len(text), is_open=True, is_certain=False) if is_open else None
        said = text[start : start + self._limit].translate(_PLAIN)
        if any(said.startswith(note) for note in self._whole):
            return Echo(start + max(len(note) for note in self._whole if said.startswith(note)))
        for beginning, after in self._begun:
            if said.startswith(beginning) and said[len(beginning) :][:1] in after:
                is_turn = after is _AFTER_TURN and not said.startswith("]", len(beginning))
                return self._read(said, start, len(beginning), is_turn=is_turn)
        begins = any(note.startswith(said) for note in (*self._whole, *(each for each, _ in self._begun)))
        return Echo(len(text), is_open=True, is_certain=False) if begins else None

    def run(self, text: str, start: int, *, ended: bool) -> Run:
        """Return the notes from `start` on, to the text's end or what is no note; `ended` if that is all."""
        while True:
            start = len(text) - len(text[start:].lstrip())
            found = self.at(text, start) if text.startswith("[", start) else None
            if found is None or (ended and not found.is_certain):
                return Run(start, is_followed=start < len(text))
            if found.is_open:
                return Run(start, is_followed=False)
            start = found.end

    def _read(self, said: str, start: int, at: int, *, is_turn: bool) -> Echo | None:
        """Return the note whose beginning ends at `at`; None if its line or the limit ends before it."""
        stop = _STOP.search(said, at)
        end = stop.start() if stop else len(said)
        if said[end : end + 1] == "]":
            return Echo(start + end + 1, is_turn=is_turn)
        is_open = end == len(said) < self._limit
        return Echo(start + end, is_open=True, is_turn=is_turn) if is_open else None


def writes_brackets(persona: Persona) -> bool:
    """Return whether a persona may be meant to write square brackets, because its own texts have some."""
    told = (persona.description, persona.personality, persona.style, persona.instructions, persona.reminders)
    said = (*greetings_of(persona, Company.VISITOR), *(sample.reply for sample in persona.samples))
    return any("[" in text for text in (*told, *said))
