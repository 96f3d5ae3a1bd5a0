"""Mistakes in a file that somebody sent: each with its line and column, what to do, and the line itself.

Law: people see them in the same way, whatever the file is. Nothing in a line can leave its block.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from bot.core.posts.pages import excerpt
from bot.discord_ui.interactions.common import panel
from bot.texts.sentences import Sentence, Voice, printable

TOLD: Final = 5
"""Mistakes of one file that are told."""

LINE_LIMIT: Final = 64
"""Characters of a line with a mistake."""

SENTENCE_LIMIT, BRIEF_LIMIT = 400, 160
"""Characters of what is said about a mistake; where little is said."""

FENCE: Final = "```"
"""What begins and ends a block of code."""


class Mistake(Protocol):
    """A mistake in a text, at a place if it has one."""

    @property
    def line(self) -> int | None: ...

    @property
    def column(self) -> int | None: ...

    @property
    def place(self) -> str: ...

    @property
    def sentence(self) -> Sentence: ...

    @property
    def placed(self) -> Sentence: ...


def blocks(name: str, text: str, mistakes: Sequence[Mistake], voice: Voice) -> list[panel.Block]:
    """Return what is wrong in a text, which came as a file of this name."""
    lines = text.splitlines()
    title = voice.say("draft.mistakes", file=in_code(name))
    found: list[panel.Block] = [
        panel.text(title, panel.small(voice.say("draft.mistakes.nothing", count=len(mistakes))))
    ]
    for each in mistakes[:TOLD]:
        what = excerpt(voice.render(each.sentence), SENTENCE_LIMIT)
        found += [panel.line(), panel.text(*_told(each, what, lines, voice))]
    if len(mistakes) > TOLD:
        more = voice.say("draft.mistakes.more", count=len(mistakes) - TOLD)
        found += [panel.line(), panel.text(panel.small(more))]
    return found


def listed(text: str, mistakes: Sequence[Mistake], voice: Voice) -> list[str]:
    """Return the lines of a file that says what is wrong in a text."""
    lines = text.splitlines()
    return [
        line
        for each in mistakes
        for line in [voice.render(each.placed), *(f"    {part}" for part in _shown(each, lines))]
    ]


def in_short(mistake: Mistake, voice: Voice) -> str:
    """Return a mistake as admins may see it: with the file's name, not its path."""
    place = f"`{in_code(mistake.place.rsplit('/', 1)[-1])}`"
    what = excerpt(voice.render(mistake.sentence), BRIEF_LIMIT)
    return voice.say("yaml.placed", place=place, mistake=what)


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


def in_code(name: str) -> str:
    """Return the name of a file between backticks, which it can't close."""
    return printable(name).replace("`", "'")


def in_block(line: str) -> str:
    """Return a line for a block of code, which it can't close."""
    return printable(line).replace(FENCE, "`\u200b``")
