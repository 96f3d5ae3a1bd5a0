"""Macros as they are written: which a text has, which of them are known, and where.

Law: a text is read once from its beginning to its end, however many braces it has. A macro that is not known
is text, with those that are known within it.

The macros are those of the cards' specifications (versions 1 to 3), and of SillyTavern's those that need
neither a chat's variables nor a program's state.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

import regex

from bot.core import dice
from bot.core.macros.times import FURTHEST

NESTED: Final = 8
"""How deep macros may stand within each other; the outer ones of more stay as they are."""

# Version 3 of the cards' specification has `{{…}}`, `<char>` and `<bot>`; `<USER>` is as old as SillyTavern's
# first cards. `<CHR>` is in no specification, but in cards that SillyTavern comes with.
_ANGLED: Final = r"<(?P<angled>char|bot|chr|user)>"
_NAMES: Final = regex.compile(rf"\{{\{{\s*+(?P<braced>char|user)\s*+\}}\}}|{_ANGLED}", regex.IGNORECASE)
_TOKEN: Final = regex.compile(rf"(?P<open>\{{{{2,}})|(?P<close>\}}{{2,}})|{_ANGLED}", regex.IGNORECASE)
_WIDE: Final = regex.compile(r"[{｛]{2}[^{}｛｝]*+[}｝]{2}")  # noqa: RUF001 - Chinese keyboards type them

_WITHOUT_ARGUMENT: Final = frozenset(
    {
        *("char", "user", "original", "newline", "trim", "noop"),
        *("time", "date", "weekday", "isotime", "isodate"),
    }
)
_TIME_AT: Final = regex.compile(r"time_utc(?P<hours>[+-][0-9]{1,2})", regex.IGNORECASE)
_WITH_ARGUMENT: Final = regex.compile(
    r"""
    \s*+(?:(?P<name>//)
        |(?P<name>random|pick|reverse|comment|hidden_key)\s*+::?
        |(?P<name>roll|datetimeformat)\s*+(?:::?|(?<=\s))
    )
    """,
    regex.IGNORECASE | regex.VERBOSE,
)
_PLAIN: Final = frozenset({"roll", "datetimeformat"})
"""The macros whose argument holds no other macro."""

_COMMA: Final = regex.compile(r"(?<!\\),")


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro that is known.

    Attributes:
        name: its name, in small letters; `//` for a comment.
        written: how it stands in the text.
        number: its number in the text, from 0.
        options: what it chooses among, or its argument alone.
        argument: the argument of one that takes no text, such as dice.
    """

    name: str
    written: str
    number: int
    options: "tuple[Parts, ...]" = ()
    argument: str = ""


Parts = tuple[str | Macro, ...]


class Unknown(NamedTuple):
    """A macro that stays as it is: where it begins in the text, and how it is written as far as it is one."""

    start: int
    written: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text that was read.

    Attributes:
        parts: the text and its macros in order.
        macros: all macros that are known, also those within others, each with where it begins.
        unknown: those that are not known.
    """

    parts: Parts
    macros: tuple[tuple[int, Macro], ...]
    unknown: tuple[Unknown, ...]


class _Open:
    """A macro whose end has not come yet."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.parts: list[str | Macro] = []
        self.nested: int | None = None  # where the first macro within it begins

    def add(self, part: "str | Macro") -> None:
        if part:
            self.parts.append(part)


@lru_cache(2048)
def read(text: str) -> Template:
    """Return a text with its macros; it is read once, however many braces it has."""
    return _Reader(text).template


class _Reader:
    """Reads one text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._whole = _Open(0)
        self._opened: list[_Open] = []
        self._macros: list[tuple[int, Macro]] = []
        self._unknown: list[Unknown] = []
        at = 0
        for found in _TOKEN.finditer(text):
            self._inner.add(text[at : found.start()])
            at = self._token(found)
        self._inner.add(text[at:])
        for each in self._opened:
            self._flatten(each)
        self._unknown += (
            Unknown(found.start(), found[0])
            for found in _WIDE.finditer(text)
            if any(character in "｛｝" for character in found[0])  # noqa: RUF001
        )
        self.template = Template(
            tuple(self._whole.parts), tuple(sorted(self._macros, key=_start)), tuple(sorted(self._unknown))
        )

    @property
    def _inner(self) -> _Open:
        return self._opened[-1] if self._opened else self._whole

    def _token(self, found: "regex.Match[str]") -> int:
        """Take braces or a name in angle brackets; return where to read on."""
        start, end = found.span()
        if found["angled"]:
            name = "user" if found["angled"].casefold() == "user" else "char"
            self._found(name, start, end)
        elif found["open"]:
            # Of three braces the inner two belong together, as in `{{{user}}}`.
            self._inner.add("{" * ((end - start) % 2))
            for at in range(start + (end - start) % 2, end, 2):
                self._open(at)
        else:
            for at in range(start, end - 1, 2):
                if not self._opened:
                    self._inner.add(self._text[at:end])
                    return end
                self._close(at + 2)
            self._inner.add("}" * ((end - start) % 2))
        return end

    def _open(self, at: int) -> None:
        if len(self._opened) == NESTED:
            self._flatten(self._opened.pop(0))
        self._opened.append(_Open(at))

    def _flatten(self, unclosed: _Open) -> None:
        self._whole.parts += ["{{", *unclosed.parts]

    def _close(self, end: int) -> None:
        closed = self._opened.pop()
        if self._inner.nested is None:
            self._inner.nested = closed.start
        name, options, argument = _meant(closed.parts)
        if name:
            self._found(name, closed.start, end, options, argument)
            return
        self._inner.parts += ["{{", *closed.parts, "}}"]
        if closed.nested is None:
            self._unknown.append(Unknown(closed.start, self._text[closed.start : end]))
        elif self._text[closed.start + 2 : closed.nested].strip():
            self._unknown.append(Unknown(closed.start, self._text[closed.start : closed.nested].rstrip()))

    def _found(
        self, name: str, start: int, end: int, options: tuple[Parts, ...] = (), argument: str = ""
    ) -> None:
        macro = Macro(name, self._text[start:end], len(self._macros), options, argument)
        self._macros.append((start, macro))
        self._inner.add(macro)


def _start(found: tuple[int, Macro]) -> int:
    return found[0]


def _meant(parts: Sequence[str | Macro]) -> tuple[str, tuple[Parts, ...], str]:
    """Return the name of the macro with this inside, its options and its argument; no name if none has."""
    head = parts[0] if parts and isinstance(parts[0], str) else ""
    plain = head.strip() if len(parts) == 1 else ""
    name = plain.casefold()
    if name in _WITHOUT_ARGUMENT:
        return name, (), ""
    zone = _TIME_AT.fullmatch(plain)
    if zone is not None and abs(int(zone["hours"])) <= FURTHEST:
        return "time_utc", (), zone["hours"]
    found = _WITH_ARGUMENT.match(head)
    if found is None:
        return _NOTHING
    name = found["name"].casefold()
    inside: Parts = (head[found.end() :], *parts[1:])
    if name in {"random", "pick"}:
        options = _options(inside)
        return (name, options, "") if any(options) else _NOTHING
    if name in _PLAIN:
        argument = head[found.end() :].strip() if len(parts) == 1 else ""
        is_one = bool(argument) if name == "datetimeformat" else formula_of(argument) is not None
        return (name, (), argument) if is_one else _NOTHING
    return name, (inside,), ""


_NOTHING: Final[tuple[str, tuple[Parts, ...], str]] = ("", (), "")


def _options(inside: Parts) -> tuple[Parts, ...]:
    """Return what a macro chooses among: what `::` parts, else what commas do, without blanks around."""
    texts = [part for part in inside if isinstance(part, str)]
    by_colons = any("::" in text for text in texts)
    options: list[list[str | Macro]] = [[]]
    for part in inside:
        if isinstance(part, Macro):
            options[-1].append(part)
            continue
        first, *others = part.split("::") if by_colons else _COMMA.split(part)
        options[-1].append(first)
        options += ([other] for other in others)
    return tuple(tuple(filter(None, each if by_colons else _trimmed(each))) for each in options)


def _trimmed(option: list[str | Macro]) -> Iterator[str | Macro]:
    for number, part in enumerate(option):
        if isinstance(part, str):
            text = part.lstrip() if number == 0 else part
            text = text.rstrip() if number == len(option) - 1 else text
            yield text.replace(r"\,", ",")
        else:
            yield part


@lru_cache(256)
def formula_of(text: str) -> dice.Formula | None:
    """Return the dice of a roll: a number of sides, or dice as people write them; None if it is neither."""
    text = text.strip()
    try:
        read = dice.read(f"d{text}" if text.isdecimal() else text)
    except dice.DiceError:
        return None
    return None if read.reason else read.formula


def with_names(text: str, char: str, user: str) -> str:
    """Return a text with only the names filled in, in one pass."""

    def name(found: "regex.Match[str]") -> str:
        return user if (found["braced"] or found["angled"]).casefold() == "user" else char

    return _NAMES.sub(name, text)
