"""Substitutions: what an admin wants replaced in a persona's words, while these still grow.

Law: shown text is never taken back, and the result is the same however the stream is cut: what may yet become
a match is held back until that is certain. Each substitution reads what those before it have left, line by
line, in time that grows with the text alone.

How much is held back depends on what is looked for: for plain text, and for a pattern of limited length, as
much as may still become a match; for any other pattern, the line from where a match may begin.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any, Final, NamedTuple

import regex

from bot.core.patterns import compiled, is_pattern, source_of
from bot.core.persona import Substitution

GROWTH: Final = 4000
"""By how many characters one substitution may lengthen a reply; from there on, matches stay as they are."""

SIZE_LIMIT: Final = 2_000
"""The largest size of a persona's patterns together, in RE2's instructions: `/dark (elf|elves)/i` has 20. A
line of 8,000 characters takes up to 60 ms then, and there is none longer."""

MOST: Final = 500
"""How often one substitution replaces something in a reply; from there on, matches stay as they are."""

_NOTHING_IN: Final = " a.b-C_9é\u5b57 "
"""A text in which a pattern that can find nothing does find nothing, wherever that may be."""

_PIECES: Final = regex.compile(
    r"""(?P<escape>\\.)|(?P<set>\[\^?+\]?+(?:\\.|[^\]\\])*+\])|(?P<open>[*+]|\{\d++,\})
    |\{(?:\d*+,)?+(?P<most>\d++)\}|(?P<either>\|)|.""",
    regex.DOTALL | regex.VERBOSE,
)
"""What a pattern consists of, as far as it says how long a match may be."""

_EMPTY: Final = frozenset({r"\b", r"\B", r"\A", r"\z", "^", "$"})
"""The pieces of a pattern that are no character of a match."""

_FIRST: Final = regex.compile(
    r"(?P<anchor>\^?+)(?:\\(?P<sign>[^\w\s])|(?P<plain>[^\\\[\](){}*+?^$|.]))(?![*?]|\{0)"
)
"""The beginning of a pattern whose matches all begin with one character."""

_GROUP: Final = regex.compile(r"\$(?:(?P<sign>[$&])|(?P<number>\d{1,2})|<(?P<name>\w++)>)")
"""What stands for a part of the match in a replacement, as in JavaScript."""


class _Match(NamedTuple):
    start: int
    end: int
    replacement: str


@dataclass(frozen=True, slots=True)
class _Rule:
    """One substitution as it is looked for.

    Attributes:
        find: yields the matches in a line from a place on, in order.
        reach: how many characters decide whether a match begins at one of them; infinite if a line does.
        begins: whether a match may begin with this part of a line, which reaches to its end.
        anchored: whether matches begin only where a line does.
    """

    find: Callable[[str, int], Iterator[_Match]]
    reach: float
    begins: Callable[[str, int], bool]
    anchored: bool = False

    def undecided(self, line: str, at: int) -> int:
        """Return the first place from `at` on where more text may decide whether a match begins."""
        begin = at if self.reach == inf else max(at, len(line) - int(self.reach) + 1)
        end = min(1, len(line)) if self.anchored else len(line)
        return next((place for place in range(begin, end) if self.begins(line, place)), len(line))


@lru_cache(512)
def _rule(find: str, replace: str) -> _Rule:
    """Return the rule of a substitution.

    Raises:
        PatternError: what it looks for is a pattern that can't be used.
    """
    if not is_pattern(find):
        return _Rule(_plain(find, replace), len(find), lambda line, at: find.startswith(line[at:]))
    source, flags = source_of(find)
    first = None if _alternates(source) else _FIRST.match(source)
    return _Rule(
        _patterned(compiled(source, flags), replace),
        _longest(source) + 1,  # what follows decides too whether a word or the line ends
        _beginning_with((first["sign"] or first["plain"] if first else None), folds="i" in flags),
        bool(first and first["anchor"]),
    )


def _beginning_with(first: str | None, *, folds: bool) -> Callable[[str, int], bool]:
    """Return whether a match may begin with a character; `folds` if capitals make no difference."""
    if first is None:
        return lambda _, __: True
    folded = first.casefold()
    return lambda line, at: line[at] == first or (folds and line[at].casefold() == folded)


def _plain(find: str, replace: str) -> Callable[[str, int], Iterator[_Match]]:
    def found(line: str, at: int) -> Iterator[_Match]:
        while (start := line.find(find, at)) >= 0:
            at = start + len(find)
            yield _Match(start, at, replace)

    return found


def _patterned(pattern: Any, replace: str) -> Callable[[str, int], Iterator[_Match]]:  # noqa: ANN401
    def found(line: str, at: int) -> Iterator[_Match]:
        for match in pattern.finditer(line, at):
            if match.end() > match.start():  # nothing is replaced where nothing is found
                yield _Match(match.start(), match.end(), _expanded(match, replace))

    return found


def _expanded(match: Any, replace: str) -> str:  # noqa: ANN401
    def part(found: "regex.Match[str]") -> str:
        if found["sign"]:
            return "$" if found["sign"] == "$" else str(match.group(0))
        group = found["name"] or int(found["number"])
        try:
            return match.group(group) or ""
        except (IndexError, KeyError, ValueError):
            return found[0]

    return _GROUP.sub(part, replace)


def _longest(source: str) -> float:
    """Return a bound of the characters that a match may have; infinite if there is none."""
    length = 0.0
    for found in _PIECES.finditer(source):
        if found["open"]:
            return inf
        length += found[0] not in _EMPTY
    for found in _PIECES.finditer(source):
        length *= max(1, int(found["most"] or 1))
    return length


def _alternates(source: str) -> bool:
    return any(found["either"] for found in _PIECES.finditer(source))


def size_of(find: str) -> int:
    """Return how large the pattern of a substitution is, in RE2's instructions; 0 for plain text.

    Raises:
        PatternError: it is a pattern that can't be used.
    """
    _rule(find, "")
    return int(compiled(*source_of(find)).programsize) if is_pattern(find) else 0


def finds_nothing(find: str) -> bool:
    """Return whether a pattern also matches where there is nothing; there it replaces nothing."""
    if not is_pattern(find):
        return not find
    pattern = compiled(*source_of(find))
    return any(not found[0] for text in ("", _NOTHING_IN) for found in pattern.finditer(text))


class _Stage:
    """One substitution at work; what comes in are the lines that those before it have left."""

    def __init__(self, rule: _Rule, line: str) -> None:
        self._rule = rule
        self._line = line[-1:]  # what is decided is only looked at for where words end
        self._at = len(self._line)
        self._grown = 0
        self._count = 0

    def take(self, text: str, *, ended: bool) -> str:
        """Add the next piece, and return what is certain by then."""
        *whole, last = text.split("\n")
        found = []
        for each in whole:
            self._line += each
            found += [*self._decided(ended=True), "\n"]
            self._line, self._at = "", 0
        self._line += last
        found += self._decided(ended=ended)
        done = max(0, self._at - 1)
        self._line, self._at = self._line[done:], self._at - done
        return "".join(found)

    def _decided(self, *, ended: bool) -> Iterator[str]:
        line, rule = self._line, self._rule
        until = len(line) if ended else rule.undecided(line, self._at)
        matches = rule.find(line, self._at) if until > self._at and self._count < MOST else iter(())
        for match in matches:
            if match.start >= until or self._count == MOST:
                break
            yield line[self._at : match.start]
            yield self._replaced(line, match)
            self._at = match.end
            # What follows a match is decided from its end on.
            until = len(line) if ended else max(until, rule.undecided(line, self._at))
        yield line[self._at : until]
        self._at = max(self._at, until)

    def _replaced(self, line: str, match: _Match) -> str:
        grown = self._grown + len(match.replacement) - (match.end - match.start)
        if grown > GROWTH:
            return line[match.start : match.end]
        self._grown, self._count = grown, self._count + 1
        return match.replacement


class Substituted:
    """A reply with its substitutions, while it grows.

    Attributes:
        text: what is certain of it.
    """

    def __init__(self, substitutions: Iterable[Substitution] = (), before: str = "") -> None:
        """Prepare for a reply that goes on from `before`, which is shown already."""
        self._rules = [_rule(each.find, each.replace) for each in substitutions]
        self._line = before.rpartition("\n")[2]
        self._begin()

    def _begin(self) -> None:
        self._stages: Sequence[_Stage] = [_Stage(rule, self._line) for rule in self._rules]
        self._taken = ""
        self._ended = False
        self.text = ""

    def take(self, text: str, *, ended: bool = False) -> None:
        """Take the whole reply so far; `ended` says that nothing follows.

        One that doesn't begin with what was taken is another reply.
        """
        if not self._rules:
            self.text = text
            return
        if not text.startswith(self._taken) or (self._ended and text != self._taken):
            self._begin()
        if self._ended:
            return
        piece = text[len(self._taken) :].encode("utf-8", "replace").decode()
        for stage in self._stages:
            piece = stage.take(piece, ended=ended)
        self.text += piece
        self._taken, self._ended = text, ended
