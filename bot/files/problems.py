"""Problems: the mistakes in a file or a variable, each with its place, its key and the way to fix it.

Law: a problem says what is wrong, what was found and what is allowed, and never repeats anything that may be
a secret.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Protocol

from bot.files import lookalikes
from bot.texts.sentences import HOST, printable

PROBLEM_LIMIT: Final = 20
"""Maximum problems reported for one file."""

KeyPath = tuple[str | int, ...]
"""A path of keys, and of list indices from 0, from the top of a file."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: a file with line and column from 1, or only a file or a variable.

    Columns count characters. As text it is `file:line:column`, a format that editors can jump to.
    """

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        file = printable(self.file)
        return file if self.line is None else f"{file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake, its place and how to fix it. As text: `file:line:column: message, hint`."""

    file: str
    line: int | None
    column: int | None
    path: KeyPath = field(repr=False)  # as written: a key may be a misplaced secret
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{Spot(self.file, self.line, self.column)}: {self.message}, {self.hint}"


class YamlError(Exception):
    """A file that can't be used, with all mistakes found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class Locate(Protocol):
    """Returns the place of a key, or of a character at or after it, as `Document.spot` does."""

    def __call__(self, path: KeyPath, character: str = "") -> Spot:
        """Return the place."""


def problem(sentence: str, spot: Spot, path: KeyPath = (), /, **facts: object) -> Problem:
    """Return a problem with the sentence `sentence` of `bot.texts`, and the fix `sentence`.fix.

    Both may name the key at `path` as `{subject}`.
    """
    facts = {"subject": subject_of(path), **facts}
    message, hint = HOST.say(sentence, **facts), HOST.say(f"{sentence}.fix", **facts)
    return Problem(spot.file, spot.line, spot.column, path, message, hint)


_STEPS: Final = 6
"""Maximum keys and items named in a sentence; our own files have at most four in a row."""


def subject_of(path: KeyPath) -> str:
    """Return how a sentence names a key or an item (counted from 1): “`reply` in item 2 of `samples`”."""
    told = "…" if len(path) > _STEPS else ""
    for is_key, steps in groupby(path[-_STEPS:], key=lambda step: isinstance(step, str)):
        if is_key:
            key = HOST.say("yaml.subject.key", keys=".".join(shown(str(step)) for step in steps))
            told = HOST.say("yaml.subject.inside", inner=key, outer=told) if told else key
        else:
            for step in steps:
                outer = told or HOST.say("yaml.subject.file")
                told = HOST.say("yaml.subject.item", number=int(step) + 1, outer=outer)
    return told or HOST.say("yaml.subject.file")


def nearest(word: str, known: Iterable[str], prefix: str = "") -> str:
    """Return the hint for an unknown word: the nearest known word, or else all of them.

    A common prefix of all words is ignored in the comparison, because it makes any two of them similar.
    """
    known = sorted(known)
    close = close_to(word, known, prefix)
    if close is not None:
        return HOST.say("yaml.did_you_mean", known=close)
    return HOST.say("yaml.known_here", known=", ".join(known))


def close_to(word: str, known: Iterable[str], prefix: str = "") -> str | None:
    """Return the nearest known word, without regard to a common prefix; None if none is near."""
    by_form = {each.removeprefix(prefix).casefold(): each for each in known}
    close = difflib.get_close_matches(word.removeprefix(prefix).casefold(), by_form, 1)
    return by_form[close[0]] if close else None


_SHORT: Final = 40


def short(text: str) -> str:
    """Return a word from a file for a sentence: one line, at most 40 characters."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= _SHORT else f"{line[:_SHORT]}…"


_LONGEST_WORD: Final = 24
"""Characters in the longest key of ours; tokens and API keys are longer."""
_SECRET_LOOKING = re.compile(
    r"[\w-]+\.[\w-]+\.[\w-]+.*|(?:sk-|eyJ|Bearer |Bot ).*|(?=\S*[0-9])(?=\S*[A-Za-z])[^\s_]{16,}", re.DOTALL
)
"""Texts that look like secrets: three parts with dots, known prefixes, long runs of letters and digits."""


def shown(word: str, longest: int = _LONGEST_WORD) -> str:
    """Return a key or choice from a file for a sentence, or a placeholder if it may be a misplaced secret.

    A text of more than `longest` characters may be a secret.
    """
    secret = len(word) > longest or _SECRET_LOOKING.fullmatch(word.strip("'\" :="))
    return HOST.say("yaml.withheld") if secret else short(word)


def lookalike(character: str, spot: Spot, path: KeyPath = (), *, instead: str | None = None) -> Problem:
    """Return the problem of a look-alike, with what to write instead; see `bot.files.lookalikes`.

    Args:
        character: the look-alike.
        spot: its place.
        path: the key it belongs to.
        instead: the text to write in its place; None is the character of YAML's structure that it looks like.
    """
    text = lookalikes.ordinary(character) if instead is None else instead
    if text in {"", " "}:
        fix = HOST.say("yaml.instead.blank" if text else "yaml.instead.nothing")
    elif instead is None and text in {":", "-"}:
        fix = HOST.say("yaml.instead.spaced", ordinary=text)
    else:
        fix = HOST.say("yaml.instead.other", ordinary=text)
    return problem("yaml.lookalike", spot, path, character=lookalikes.described(character), instead=fix)


def kind_of(found: object) -> str:
    """Return how a sentence names a value without repeating it."""
    if isinstance(found, bool):
        return value_of(found)
    return HOST.say(next(word for kind, word in _KINDS if isinstance(found, kind)))


def value_of(found: object) -> str:
    """Return how a sentence repeats a value, as far as `shown` allows."""
    if isinstance(found, bool):
        return "true" if found else "false"
    return shown(str(found)) if isinstance(found, str | int | float) else kind_of(found)


_KINDS: tuple[tuple[type, str], ...] = (
    (type(None), "yaml.kind.nothing"),
    (int, "yaml.kind.whole"),
    (float, "yaml.kind.number"),
    (str, "yaml.kind.text"),
    (list, "yaml.kind.list"),
    (dict, "yaml.kind.keys"),
    (object, "yaml.kind.other"),
)
