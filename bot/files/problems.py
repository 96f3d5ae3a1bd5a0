"""Problems: the mistakes in a file or a variable, each with its place, its key and the way to fix it.

Law: a problem says what is wrong, what was found and what is allowed, and never repeats anything that may be
a secret. It is sentences, said when it is shown: on Discord in the reader's language, as text in English.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from typing import Final, Protocol

from bot.files import lookalikes
from bot.texts.sentences import HOST, Sentence, printable

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
    """A mistake, its place and how to fix it. As text, in English: `file:line:column: message, hint`."""

    file: str
    line: int | None
    column: int | None
    path: KeyPath = field(repr=False)  # as written: a key may be a misplaced secret
    message: Sentence = field(hash=False)
    hint: Sentence = field(hash=False)

    @property
    def place(self) -> str:
        """The place, as `Spot` has it."""
        return str(Spot(self.file, self.line, self.column))

    @property
    def sentence(self) -> Sentence:
        """What is wrong, and what to do."""
        return Sentence("yaml.mistake", message=self.message, hint=self.hint)

    @property
    def placed(self) -> Sentence:
        """The same after its place."""
        return Sentence("yaml.placed", place=self.place, mistake=self.sentence)

    def __str__(self) -> str:
        return HOST.render(self.placed)


class YamlError(Exception):
    """A file that can't be used, with all mistakes found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


class Locate(Protocol):
    """Returns the place of a key, or of a character at or after it, as `Document.spot` does."""

    def __call__(self, path: KeyPath, character: str = "") -> Spot:
        """Return the place."""


def problem(sentence: str, spot: Spot, path: KeyPath = (), /, **facts: object) -> Problem:
    """Return a problem with the sentence `sentence` of `bot.texts`, and the fix `sentence`.fix.

    Both may name the key at `path` as `{subject}`.
    """
    facts = {"subject": subject_of(path), **facts}
    message, hint = Sentence(sentence, **facts), Sentence(f"{sentence}.fix", **facts)
    return Problem(spot.file, spot.line, spot.column, path, message, hint)


_STEPS: Final = 6
"""Maximum keys and items named in a sentence; our own files have at most four in a row."""


def subject_of(path: KeyPath) -> Sentence:
    """Return how a sentence names a key or an item (counted from 1): “`reply` in item 2 of `samples`”."""
    told: Sentence | str | None = "…" if len(path) > _STEPS else None
    for is_key, steps in groupby(path[-_STEPS:], key=lambda step: isinstance(step, str)):
        if is_key:
            key = Sentence("yaml.subject.key", keys=reduce(_below, [shown(str(step)) for step in steps]))
            told = Sentence("yaml.subject.inside", inner=key, outer=told) if told else key
            continue
        for step in steps:
            number = int(step) + 1
            told = (
                Sentence("yaml.subject.item", number=number, outer=told)
                if told
                else Sentence("yaml.subject.item_of_file", number=number)
            )
    return told if isinstance(told, Sentence) else Sentence("yaml.subject.file")


def _below(outer: Sentence | str, inner: Sentence | str) -> Sentence:
    return Sentence("yaml.subject.below", outer=outer, inner=inner)


def nearest(word: str, known: Iterable[str], prefix: str = "") -> Sentence:
    """Return the hint for an unknown word: the nearest known word, or else all of them.

    A common prefix of all words is ignored in the comparison, because it makes any two of them similar.
    """
    known = sorted(known)
    close = close_to(word, known, prefix)
    if close is not None:
        return Sentence("yaml.did_you_mean", known=close)
    return Sentence("yaml.known_here", known=known)


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


def shown(word: str, longest: int = _LONGEST_WORD) -> Sentence | str:
    """Return a key or choice from a file for a sentence, or a placeholder if it may be a misplaced secret.

    A text of more than `longest` characters may be a secret.
    """
    secret = len(word) > longest or _SECRET_LOOKING.fullmatch(word.strip("'\" :="))
    return Sentence("yaml.withheld") if secret else short(word)


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
        fix = Sentence("yaml.instead.blank" if text else "yaml.instead.nothing")
    elif instead is None and text in {":", "-"}:
        fix = Sentence("yaml.instead.spaced", ordinary=text)
    else:
        fix = Sentence("yaml.instead.other", ordinary=text)
    return problem("yaml.lookalike", spot, path, character=lookalikes.described(character), instead=fix)


def kind_of(found: object) -> Sentence | str:
    """Return how a sentence names a value without repeating it."""
    if isinstance(found, bool):
        return value_of(found)
    return Sentence(next(word for kind, word in _KINDS if isinstance(found, kind)))


def value_of(found: object) -> Sentence | str:
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
