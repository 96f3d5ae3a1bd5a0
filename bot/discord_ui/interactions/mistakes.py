"""Mistakes in a file that somebody sent: each with its line and column, what to do, and the line itself.

Law: people see them in the same way, whatever the file is. Nothing in a line can leave its block.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from bot.core.posts.pages import excerpt
from bot.discord_ui.interactions import panel
from bot.discord_ui.interactions.cards import in_code
from bot.texts.sentences import Voice, printable

TOLD: Final = 5
"""Mistakes of one file that are told."""

LINE_LIMIT: Final = 64
"""Characters of a line with a mistake."""

SENTENCE_LIMIT: Final = 400
"""Characters of what is said about a mistake."""

FENCE: Final = "```"
"""What begins and ends a block of code."""


class Mistake(Protocol):
    """A mistake in a text, at a place if it has one."""

    @property
    def line(self) -> int | None: ...

    @property
    def column(self) -> int | None: ...

    @property
    def message(self) -> str: ...

    @property
    def hint(self) -> str: ...


def blocks(name: str, text: str, mistakes: Sequence[Mistake], voice: Voice) -> list[panel.Block]:
    """Return what is wrong in a text, which came as a file of this name."""
    lines = text.splitlines()
    title = voice.say("draft.mistakes", file=in_code(name))
    found: list[panel.Block] = [
        panel.text(title, panel.small(voice.say("draft.mistakes.nothing", count=len(mistakes))))
    ]
    for each in mistakes[:TOLD]:
        what = excerpt(f"{each.message}, {each.hint}", SENTENCE_LIMIT)
        found += [panel.line(), panel.text(*_told(each, what, lines, voice))]
    if len(mistakes) > TOLD:
        more = voice.say("draft.mistakes.more", count=len(mistakes) - TOLD)
        found += [panel.line(), panel.text(panel.small(more))]
    return found


def listed(text: str, mistakes: Sequence[Mistake]) -> list[str]:
    """Return the lines of a file that says what is wrong in a text."""
    lines = text.splitlines()
    return [
        line for each in mistakes for line in [str(each), *(f"    {part}" for part in _shown(each, lines))]
    ]


def _told(each: Mistake, what: str, lines: Sequence[str], voice: Voice) -> list[str]:
    if each.line is None or each.column is None:
        return [what]
    place = voice.say("draft.mistake", line=each.line, column=each.column, what=what)
    shown = [in_block(part) or " " for part in _shown(each, lines)]
    return [place, "\n".join([f"{FENCE}yaml", *shown, FENCE])] if shown else [place]


def _shown(each: Mistake, lines: Sequence[str]) -> list[str]:
    """Return the line of a mistake, or what is around its place, and a mark beneath it."""
    if each.line is None or each.column is None or not 0 < each.line <= len(lines):
        return []
    line, start = lines[each.line - 1].replace("\t", " "), 0
    if len(line) > LINE_LIMIT:
        start = max(0, each.column - LINE_LIMIT // 2)
        line = line[start : start + LINE_LIMIT]
    return [line, " " * (each.column - 1 - start) + "^"]


def in_block(line: str) -> str:
    """Return a line for a block of code, which it can't close."""
    return printable(line).replace(FENCE, "`\u200b``")
