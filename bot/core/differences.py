"""What changes between two texts, in lines that people read.

Law: every line that changed is shown, long ones by the part that differs; what stayed is shown around them.
"""

import difflib
from collections.abc import Iterator
from itertools import takewhile, zip_longest
from typing import Final

AROUND: Final = 1
"""Lines that stayed, shown before and after those that changed."""

LONG: Final = 64
"""Characters of a line that is shown whole: so many stand beside each other in a block of Discord's."""

NEAR: Final = 24
"""Characters shown of what stayed in a long line, before and after what differs."""

WORD: Final = 16
"""Characters of a word that is not cut."""

MOST: Final = 480
"""Characters shown of a line that is new."""

GAP: Final = "…"


def changed_lines(before: str, after: str) -> list[str]:
    """Return the lines that went (`- `), came (`+ `) and stayed around those (two blanks).

    `…` stands for lines that stayed and are left out; there is no line if only line ends differ.
    """
    old, new = before.splitlines(), after.splitlines()
    lines: list[str] = []
    for group in difflib.SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(AROUND):
        lines += [GAP] if group[0][1] > 0 or lines else []
        for tag, start, end, to_start, to_end in group:
            if tag == "equal":
                lines += [f"  {_short(line, 0, 0, LONG)}" for line in old[start:end]]
            else:
                lines += _replaced(old[start:end], new[to_start:to_end])
        lines += [GAP] if group[-1][2] < len(old) else []
    return [line for at, line in enumerate(lines) if line != GAP or lines[at - 1 : at] != [GAP]]


def _replaced(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield lines in place of others; of two long ones that stand for each other, what differs."""
    spans = [_differing(a, b) for a, b in zip_longest(old, new, fillvalue="")]
    yield from (f"- {_short(line, start, end)}" for line, (start, end, _) in zip(old, spans, strict=False))
    yield from (f"+ {_short(line, start, end)}" for line, (start, _, end) in zip(new, spans, strict=False))


def _differing(old: str, new: str) -> tuple[int, int, int]:
    """Return where two lines begin to differ, and where that ends in each."""
    start = _shared(old, new)
    same = _shared(old[start:][::-1], new[start:][::-1])
    return start, len(old) - same, len(new) - same


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _short(line: str, start: int, end: int, near: int = NEAR) -> str:
    """Return a line, if it is long without what is far from the part that differs."""
    if len(line) <= LONG:
        return line
    if start == 0 and end == len(line):
        return line if end <= MOST else f"{line[:MOST]}{GAP}"
    begin, stop = max(0, start - near), min(len(line), max(end, start) + near)
    begin = line.rfind(" ", max(0, begin - WORD), begin) + 1 or begin  # whole words, if they are short
    stop = line.find(" ", stop, stop + WORD) if " " in line[stop : stop + WORD] else stop
    return f"{GAP if begin else ''}{line[begin:stop]}{GAP if stop < len(line) else ''}"
