"""What changes between two texts, in lines that people read.

Law: every line that changed is shown, long ones by the part that differs; what stayed is shown around them.
The time it takes is bounded, whatever the texts are.
"""

import difflib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile, zip_longest
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

CONTEXT: Final = 3
"""Lines that stayed around those that changed, in a diff for programs."""

PAIRS: Final = 250_000
"""Pairs of lines that `difflib` compares: its time grows faster than their number."""


def changed_lines(before: str, after: str) -> list[str]:
    """Return the lines that went (`- `), came (`+ `) and stayed around those (two blanks).

    `…` stands for lines that stayed and are left out; there is no line if only line ends differ.
    """
    old, new = before.splitlines(), after.splitlines()
    lines: list[str] = []
    for group in _Matcher(old, new).get_grouped_opcodes(AROUND):
        lines += [GAP] if group[0][1] > 0 or lines else []
        for tag, start, end, to_start, to_end in group:
            if tag == "equal":
                lines += [f"  {_short(line, 0, 0, LONG)}" for line in old[start:end]]
            else:
                lines += _replaced(old[start:end], new[to_start:to_end])
        lines += [GAP] if group[-1][2] < len(old) else []
    return [line for at, line in enumerate(lines) if line != GAP or lines[at - 1 : at] != [GAP]]


def unified(before: str, after: str, names: tuple[str, str]) -> Iterator[str]:
    """Yield what changes between two texts with these names, as programs read it; not line ends."""
    old, new = before.splitlines(), after.splitlines()
    for number, group in enumerate(_Matcher(old, new).get_grouped_opcodes(CONTEXT)):
        if number == 0:
            yield from (f"--- {names[0]}", f"+++ {names[1]}")
        (_, start, _, to_start, _), (_, _, end, _, to_end) = group[0], group[-1]
        yield f"@@ -{_range(start, end)} +{_range(to_start, to_end)} @@"
        for tag, start, end, to_start, to_end in group:
            if tag == "equal":
                yield from (f" {line}" for line in old[start:end])
            else:
                yield from (f"-{line}" for line in old[start:end])
                yield from (f"+{line}" for line in new[to_start:to_end])


def _range(start: int, end: int) -> str:
    """Return lines as the head of a hunk has them."""
    return f"{start + 1 if end > start else start},{end - start}"


class _Matcher(difflib.SequenceMatcher[str]):
    """Finds the lines that two texts share; in large ones from those on that each has exactly once."""

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__(None, old, new, autojunk=False)
        self._old, self._new = old, new

    def get_matching_blocks(self) -> list[difflib.Match]:
        """Return where the texts are the same, and how far."""
        if len(self._old) * len(self._new) <= PAIRS:
            return super().get_matching_blocks()
        found: list[difflib.Match] = []
        for at, to in _pairs(self._old, self._new):
            if found and (found[-1].a + found[-1].size, found[-1].b + found[-1].size) == (at, to):
                found[-1] = found[-1]._replace(size=found[-1].size + 1)
            else:
                found.append(difflib.Match(at, to, 1))
        return [*found, difflib.Match(len(self._old), len(self._new), 0)]


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield lines that stand for each other: those that are there once, and the same ones around them."""
    ends = [(-1, -1), *_anchors(old, new), (len(old), len(new))]
    for (start, to_start), (end, to_end) in pairwise(ends):
        most = min(end - start, to_end - to_start) - 1
        down = 0
        while down < most and old[start + 1 + down] == new[to_start + 1 + down]:
            down += 1
        up = 0
        while up < most - down and old[end - 1 - up] == new[to_end - 1 - up]:
            up += 1
        yield from ((start + 1 + step, to_start + 1 + step) for step in range(down))
        yield from ((end - step, to_end - step) for step in range(up, 0, -1))
        if end < len(old):
            yield end, to_end


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the most lines that both texts have once each, in the order of both (patience sorting)."""
    once = {line for line, count in Counter(old).items() if count == 1}
    once &= {line for line, count in Counter(new).items() if count == 1}
    where = {line: at for at, line in enumerate(new) if line in once}
    pairs = [(at, where[line]) for at, line in enumerate(old) if line in once]
    tops: list[int] = []  # the smallest end of a run of each length, and which pair that is
    which: list[int] = []
    before: list[int] = []
    for number, (_, to) in enumerate(pairs):
        length = bisect_left(tops, to)
        before.append(which[length - 1] if length else -1)
        tops[length : length + 1], which[length : length + 1] = [to], [number]
    run: list[tuple[int, int]] = []
    number = which[-1] if which else -1
    while number >= 0:
        run.append(pairs[number])
        number = before[number]
    return run[::-1]


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
