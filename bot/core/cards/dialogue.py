"""Example dialogue as cards write it: one text of blocks and labelled turns, and the way back.

Law: words of the persona stay words of the persona: no line is invented for a person, and what has no
speaker is no sample. Placeholders are only found where they label a turn, never filled in.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_BLOCKS: Final = re.compile(r"<START>", re.IGNORECASE)

_CHAR: Final = r"\{\{[ \t]*+char[ \t]*+\}\}|<(?:bot|char)>"
_USER: Final = r"\{\{[ \t]*+user[ \t]*+\}\}|<user>"

_LONGEST_NAME: Final = 200
"""Maximum characters of a name by which turns are labelled."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What example dialogue holds.

    Attributes:
        pairs: what a person says and what the persona answers.
        style: words of the persona's that answer nobody, and texts without a speaker.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    style: str = ""


@dataclass(slots=True)
class _Turn:
    is_persona: bool
    lines: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.lines).strip()


def dialogue_of(text: str, names: Collection[str]) -> Dialogue:
    """Return what a text of example dialogue holds; `names` are the persona's own, besides `{{char}}`."""
    label = _label(names)
    pairs: list[tuple[str, str]] = []
    style: list[str] = []
    for block in _BLOCKS.split(text):
        before, turns = _turns(block, label)
        if before:
            style.append(before)
        for first, second in _joined(turns):
            if first is None:
                style.append(second)
            else:
                pairs.append((first, second))
    return Dialogue(tuple(pairs), "\n\n".join(filter(None, style)))


def starts_dialogue(text: str, names: Collection[str]) -> int | None:
    """Return where the first labelled turn or `<START>` of a text is; None if there is none."""
    starts = rf"^(?:[ \t]*+<START>|{_label(names).pattern})"
    found = re.compile(starts, re.IGNORECASE | re.MULTILINE).search(text)
    return found.start() if found else None


def text_of(pairs: Sequence[tuple[str, str]], style: str) -> str:
    """Return example dialogue as one text, which `dialogue_of` reads."""
    if not pairs:
        return style
    blocks = [f"<START>\n{{{{user}}}}: {user}\n{{{{char}}}}: {reply}" for user, reply in pairs]
    return "\n".join([*blocks, *([f"<START>\n{style}"] if style else [])])


def _label(names: Collection[str]) -> re.Pattern[str]:
    known = sorted((name for name in names if 0 < len(name) <= _LONGEST_NAME), key=len, reverse=True)
    own = "".join(f"|{re.escape(name)}" for name in known)
    return re.compile(rf"[ \t]*+(?:(?P<char>{_CHAR}{own})|(?P<user>{_USER}))[ \t]*+:", re.IGNORECASE)


def _turns(block: str, label: re.Pattern[str]) -> tuple[str, list[_Turn]]:
    """Return the text before the first turn of a block, and its turns."""
    before: list[str] = []
    turns: list[_Turn] = []
    for line in block.split("\n"):
        found = label.match(line)
        if found is None:
            (turns[-1].lines if turns else before).append(line)
            continue
        words = line[found.end() :].strip()
        is_persona = found["char"] is not None
        if turns and turns[-1].is_persona == is_persona:
            turns[-1].lines.append(words)
        else:
            turns.append(_Turn(is_persona, [words]))
    return "\n".join(before).strip(), turns


def _joined(turns: Sequence[_Turn]) -> Iterator[tuple[str | None, str]]:
    """Yield pairs of what a person and the persona say; a persona's turn that answers nobody has None."""
    asked: str | None = None
    for turn in turns:
        if not turn.is_persona:
            asked = turn.text or None
        elif turn.text:
            yield asked, turn.text
            asked = None
