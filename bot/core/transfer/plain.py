"""A scene as plain text and as Markdown: who says what, and when.

Law: the words stand as they were written. In Markdown a name cannot become markup.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.core.transfer.chat import Head, Line, words_of

_MARKUP: Final = re.compile(r"[\\`*_{}\[\]<>()#+!|~&-]")
"""The signs that begin markup in CommonMark and in the dialects around it."""


def escaped(text: str) -> str:
    """Return a text in one line, in which nothing is Markdown."""
    return _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))


class TextWriter:
    """Writes plain text: a line with speaker and time, then the words."""

    def __init__(self, head: Head) -> None:
        self._head = head

    def begin(self) -> str:
        """Return the title, and what the file is."""
        title = " ".join(self._head.title.split())
        return f"{title}\n{'=' * len(title)}\n{self._head.wording.subtitle}\n"

    def write(self, lines: Sequence[Line]) -> str:
        """Return lines, with a blank one before each."""
        return "".join(
            f"\n{' '.join(line.name.split())} ({_moment(line.at)})\n{words_of(line)}\n" for line in lines
        )

    def end(self) -> str:
        """Return the small print."""
        return f"\n--\n{self._head.wording.footer}\n"


class MarkdownWriter:
    """Writes Markdown; Discord's own marks stay, which most readers of Markdown know."""

    def __init__(self, head: Head) -> None:
        self._head = head
        self._day = ""

    def begin(self) -> str:
        """Return the title, and what the file is."""
        return f"# {escaped(self._head.title)}\n\n{escaped(self._head.wording.subtitle)}\n"

    def write(self, lines: Sequence[Line]) -> str:
        """Return lines, with a heading before the first of each day."""
        return "".join(map(self._line, lines))

    def end(self) -> str:
        """Return the small print."""
        return f"\n---\n\n{escaped(self._head.wording.footer)}\n"

    def _line(self, line: Line) -> str:
        day = self._head.wording.day(line.at)
        heading = f"\n## {escaped(day)}\n" if day != self._day else ""
        self._day = day
        # A single line break joins lines in Markdown; Discord shows it.
        words = words_of(line).replace("\n", "  \n")
        return f"{heading}\n**{escaped(line.name)}** · {line.at:%H:%M}\n\n{words}\n"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
