"""YAML as its writer means it, and every mistake with its place.

Law: bytes in, plain data and the place of every key out; nothing is executed, guessed or
expanded. The language is YAML 1.2's core with less in it: `true`, `false`, `null`, `~` and
decimal numbers are special, all else is text. Anchors, aliases and tags are refused (so no
file can grow beyond its size), and `<<` is a key like any other.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from bot.texts import say

SIZE_LIMIT: Final = 256 * 1024
"""Bytes in a file; a persona of this size would be beyond any model's window."""

DEPTH_LIMIT: Final = 20
"""Levels of nesting; our own shapes need four."""

PROBLEM_LIMIT: Final = 20
"""Problems told of one file; nobody mends more in one go."""

KeyPath = tuple[str | int, ...]
"""Keys, and positions in lists from 0, from the top of a file down."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something stands: a file with line and column from 1, or a variable's name alone."""

    file: str
    line: int | None = None
    column: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong somewhere and what to do about it. As text: `file:line: message, hint`."""

    file: str
    line: int | None
    column: int | None
    path: KeyPath
    message: str
    hint: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}, {self.hint}"


class YamlError(Exception):
    """A file that cannot be used, with all that was found wrong in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, slots=True)
class Document:
    """A file's plain data (dict, list, str, int, float, bool, None) and where its keys stand."""

    file: str
    data: Any
    marks: Mapping[KeyPath, tuple[int, int]]

    def spot(self, path: KeyPath) -> Spot:
        """Where a key stands; for one that is missing, where its parent does."""
        while path not in self.marks:
            path = path[:-1]
        return Spot(self.file, *self.marks[path])


# Reading ---------------------------------------------------------------------------------------


def read_file(path: Path, *, limit: int = SIZE_LIMIT) -> Document:
    """Read a file of at most `limit` bytes; problems call it what `path` says.

    Raises:
        YamlError: it is missing, unreadable, not a plain file, or `read` refuses it.
    """
    return read(read_bytes(path, limit=limit), str(path), limit=limit)


def read_bytes(path: Path, *, limit: int = SIZE_LIMIT) -> bytes:
    """A plain file's first `limit` + 1 bytes: one more than allowed shows that it is too big.

    Raises:
        YamlError: it is missing, unreadable, or not a plain file (a pipe would never end).
    """
    spot = Spot(str(path))
    try:
        if path.exists() and not path.is_file():
            raise YamlError([problem("yaml.not_a_file", spot)])
        with path.open("rb") as file:
            return file.read(limit + 1)
    except FileNotFoundError:
        raise YamlError([problem("yaml.missing_file", spot)]) from None
    except OSError as error:
        raise YamlError([problem("yaml.unreadable", spot, reason=error.strerror or error)]) from None


def read(source: bytes | str, file: str, *, limit: int = SIZE_LIMIT) -> Document:
    """Read one YAML document; an empty one is None. `file` is its name in problems.

    Raises:
        YamlError: it is too big, not UTF-8, no YAML, or YAML beyond what this module takes.
    """
    text = decoded(source, file, limit=limit)
    document = _quickly(text, file)
    return _closely(text, file) if document is None else document


def _quickly(text: str, file: str) -> Document | None:
    """Read with PyYAML's parser in C, ten times as fast; None where the other one is to judge.

    The other has the better errors, and says what YAML is where the two differ: at `_UNLIKE`, and at a
    question mark inside brackets, which only the one in C takes for a part of a text.
    """
    if _CLoader is None or _UNLIKE.search(text):
        return None
    loader = _CLoader(text)
    tree = _Tree(loader, file, text)
    try:
        return tree.document()
    except (yaml.YAMLError, _StoppedError, ValueError, OverflowError):
        return None
    finally:
        loader.dispose()


def _closely(text: str, file: str) -> Document:
    """Read with PyYAML's parser in Python.

    Raises:
        YamlError: it is no YAML, or YAML beyond what this module takes.
    """
    loader = yaml.SafeLoader(text)
    tree = _Tree(loader, file)
    try:
        return tree.document()
    except yaml.MarkedYAMLError as error:
        found = _syntax_problem(error, text, file)
    except _StoppedError as error:
        found = error.problem
    except (ValueError, OverflowError):  # PyYAML at "\UFFFFFFFF", or at a version of 5,000 digits
        found = problem("yaml.no_character", _spot(file, loader.get_mark()))
    finally:
        loader.dispose()
    raise YamlError([*tree.problems, found])


def decoded(source: bytes | str, file: str, *, limit: int = SIZE_LIMIT) -> str:
    """The text of a file, without a byte-order mark.

    Raises:
        YamlError: it is over `limit` bytes, not UTF-8, or holds characters no text needs.
    """
    raw = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
    if len(raw) > limit:
        raise YamlError([problem("yaml.too_big", Spot(file, 1, 1), limit=limit // 1024)])
    try:
        text = raw.decode("utf-8").removeprefix("\N{BYTE ORDER MARK}")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8", "replace")
        raise YamlError([problem("yaml.not_utf8", _spot_after(before, file))]) from None
    if strange := _STRANGE.search(text):
        spot = _spot_after(text[: strange.start()], file)
        raise YamlError([problem("yaml.strange", spot, code=f"U+{ord(strange[0]):04X}")])
    return text


_STRANGE = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML forbids, and the three line ends of Unicode, which editors show as none."""

_CLoader: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else None
_UNLIKE: Final = re.compile("[\\t\N{BYTE ORDER MARK}]|[|>][-+0-9]*#")
"""Tabs, a byte-order mark inside, `|#`: the parser in C takes them, or takes them otherwise."""

_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"|~|null"), lambda _: None),
    (re.compile(r"true|false"), "true".__eq__),
    # Python refuses to convert thousands of digits; no number here has forty.
    (re.compile(r"[-+]?[0-9]{1,40}"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?"), float),
)
"""What a text without quotes may stand for; whatever fits none of these is itself."""


class _StoppedError(Exception):
    """Nothing that follows in the file can be trusted."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found)
        self.problem = found


class _Tree:
    """The events of one document, put together; mistakes that need not stop it are collected.

    `doubted` is the text, if what stands in brackets is to be doubted; see `_quickly`.
    """

    def __init__(self, loader: yaml.SafeLoader | yaml.CSafeLoader, file: str, doubted: str = "") -> None:
        self._loader: Any = loader  # the stubs know less of it
        self._file = file
        self._doubted = doubted
        self._end = 0
        self._marks: dict[KeyPath, tuple[int, int]] = {(): (1, 1)}
        self.problems: list[Problem] = []

    def document(self) -> Document:
        data = None
        self._next()
        if isinstance(self._next(), DocumentStartEvent):
            data = self._node(self._next(), ())
            self._next()
            if not isinstance(event := self._next(), StreamEndEvent):
                self._stop("yaml.second_document", event)
        if self.problems:
            raise _StoppedError(self.problems.pop())
        return Document(self._file, data, self._marks)

    def _next(self) -> Event:
        event: Event = self._loader.get_event()
        self._end = _offset(event.end_mark)
        return event

    def _node(self, event: Event, path: KeyPath) -> object:
        self._refuse_extras(event)
        if isinstance(event, ScalarEvent):
            text = self._text(event)
            return _meaning(text) if event.implicit[0] else text
        if len(path) >= DEPTH_LIMIT:
            self._stop("yaml.too_deep", event, limit=DEPTH_LIMIT)
        found = self._list(path) if isinstance(event, SequenceStartEvent) else self._mapping(path)
        bracketed = isinstance(event, CollectionStartEvent) and event.flow_style
        if bracketed and "?" in self._doubted[_offset(event.start_mark) : self._end]:
            self._stop("yaml.open_bracket", event)
        return found

    def _list(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next(), CollectionEndEvent):
            here = (*path, len(items))
            self._marks[here] = _line_and_column(event.start_mark)
            items.append(self._node(event, here))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        result: dict[str, object] = {}
        while not isinstance(event := self._next(), CollectionEndEvent):
            key = self._key(event)
            here = (*path, key)
            if key in result:
                self._note("yaml.second_key", event, here, key=shown(key), first=self._marks[here][0])
            self._marks[here] = _line_and_column(event.start_mark)
            result[key] = self._node(self._next(), here)
        return result

    def _key(self, event: Event) -> str:
        self._refuse_extras(event)
        if not isinstance(event, ScalarEvent):
            self._stop("yaml.odd_key", event)
        text = self._text(event)
        # Whole numbers are for the ids of channels, which people write with and without quotes.
        if event.implicit[0] and type(_meaning(text)) not in {str, int}:
            self._stop("yaml.odd_key", event)
        return text

    def _text(self, event: ScalarEvent) -> str:
        """The text with escaped halves of one character joined, as JSON writes them."""
        text: str = event.value
        try:
            whole = text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            whole = "\0"
        if "\0" in whole:
            self._stop("yaml.no_character", event)
        return whole

    def _refuse_extras(self, event: Event) -> None:
        if isinstance(event, AliasEvent):
            self._stop("yaml.alias", event)
        if isinstance(event, NodeEvent) and event.anchor:
            self._stop("yaml.anchor", event)
        if getattr(event, "tag", None):
            self._stop("yaml.tag", event)

    def _note(self, sentence: str, event: Event, path: KeyPath, /, **facts: object) -> None:
        found = problem(sentence, _spot(self._file, event.start_mark), path, **facts)
        if len(self.problems) + 1 == PROBLEM_LIMIT:
            raise _StoppedError(found)
        self.problems.append(found)

    def _stop(self, sentence: str, event: Event, /, **facts: object) -> NoReturn:
        raise _StoppedError(problem(sentence, _spot(self._file, event.start_mark), **facts))


def _meaning(text: str) -> object:
    return next((convert(text) for pattern, convert in _PLAIN if pattern.fullmatch(text)), text)


def _offset(mark: Any) -> int:  # noqa: ANN401 (PyYAML's type for it is private)
    return int(mark.index)


def _line_and_column(mark: Any) -> tuple[int, int]:  # noqa: ANN401 (the same)
    return mark.line + 1, mark.column + 1


def _spot(file: str, mark: Any) -> Spot:  # noqa: ANN401 (the same)
    return Spot(file, *_line_and_column(mark))


def _spot_after(text: str, file: str) -> Spot:
    return Spot(file, text.count("\n") + 1, len(text) - text.rfind("\n"))


# What PyYAML says, and which of our sentences fits it. The second mark is where the construct began:
# where PyYAML noticed is often lines below the mistake.
_SYNTAX: tuple[tuple[str, str, bool], ...] = (
    ("scanning an alias", "yaml.alias", True),
    ("scanning an anchor", "yaml.anchor", True),
    ("scanning a tag", "yaml.tag", True),
    ("parsing a tag", "yaml.tag", True),
    ("undefined tag handle", "yaml.tag", True),
    ("scanning a block scalar", "yaml.block_start", True),
    ("found unexpected end of stream", "yaml.open_quote", True),
    ("found unexpected document separator", "yaml.open_quote", True),
    ("double-quoted scalar", "yaml.bad_escape", False),
    ("could not find expected ':'", "yaml.no_colon", True),
    ("mapping values are not allowed", "yaml.stray_colon", False),
    ("expected <block end>, but found '<scalar>'", "yaml.after_quote", False),
    ("expected <block end>", "yaml.misfit", False),
    ("sequence entries are not allowed", "yaml.stray_item", False),
    ("are not allowed here", "yaml.misfit", False),
    ("while parsing a flow", "yaml.open_bracket", True),
    ("that cannot start any token", "yaml.bad_start", False),
    ("<document start>", "yaml.misfit", False),
)


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    said = f"{error.context}: {error.problem}"
    key, at_start = next(
        ((key, first) for part, key, first in _SYNTAX if part in said), ("yaml.no_yaml", False)
    )
    noticed = _spot(file, error.problem_mark or error.context_mark)
    began = _spot(file, error.context_mark or error.problem_mark)
    if repr("\t") in said:
        return problem("yaml.tab", noticed)
    if key == "yaml.after_quote" and not _line_before(text, noticed).strip():
        key = "yaml.misfit"
    return problem(key, began if at_start else noticed)


def _line_before(text: str, spot: Spot) -> str:
    """The indentation and what else stands before a spot in its line."""
    lines = text.splitlines()
    line, column = spot.line or 1, spot.column or 1
    return lines[line - 1][: column - 1] if line <= len(lines) else ""


# Shapes ----------------------------------------------------------------------------------------


_OURS: Final = "ours"
"""The type of a validator's own error, beside Pydantic's."""


def wrong(sentence: str, /, **facts: object) -> PydanticCustomError:
    """What a validator raises so that `problems_of` says a sentence of its own; see `problem`."""
    return PydanticCustomError(_OURS, "{sentence}", {"sentence": sentence, "facts": facts})


def problems_of(
    error: ValidationError, model: type[BaseModel], spot: Callable[[KeyPath], Spot]
) -> list[Problem]:
    """Translate what a model found wrong in plain data, in the order of the file.

    Never repeats a text it found, so a secret in the wrong place stays secret; only a key, a
    choice that does not exist (as far as `shown` allows) and a number out of range are named.
    """
    problems = [_shape_problem(detail, model, spot) for detail in error.errors(include_url=False)]
    problems.sort(key=lambda found: (found.file, found.line or 0, found.column or 0))
    return problems[:PROBLEM_LIMIT]


def problem(sentence: str, spot: Spot, path: KeyPath = (), /, **facts: object) -> Problem:
    """What `bot.texts` says under `sentence` and, as the way out, under `sentence`.fix, about one place."""
    message, hint = say(sentence, **facts), say(f"{sentence}.fix", **facts)
    return Problem(spot.file, spot.line, spot.column, path, message, hint)


def nearest(word: str, known: Iterable[str], prefix: str = "") -> str:
    """The hint after an unknown word: the nearest right one, else all there are.

    A prefix that all words share is left aside, for it makes any two of them look alike.
    """
    known = {each.removeprefix(prefix): each for each in sorted(known)}
    close = difflib.get_close_matches(word.removeprefix(prefix), known, 1)
    if close:
        return say("yaml.did_you_mean", known=known[close[0]])
    return say("yaml.known_here", known=", ".join(known.values()))


_SHORT: Final = 40


def short(text: str) -> str:
    """A word of theirs inside a sentence of ours: one line, 40 characters at most."""
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[:_SHORT]}…"


_LONGEST_WORD: Final = 24
"""No key of ours is longer; tokens and keys are."""
_SECRET_LOOKING = re.compile(
    r"[\w-]+\.[\w-]+\.[\w-]+.*|(?:sk-|eyJ|Bearer |Bot ).*|(?=\S*[0-9])(?=\S*[A-Za-z])[^\s_]{16,}", re.DOTALL
)
"""Three parts with dots between, how providers' keys begin, or letters and digits in a long row."""


def shown(word: str) -> str:
    """A key or a choice of theirs inside a sentence of ours, unless it may be a secret in the wrong place."""
    secret = len(word) > _LONGEST_WORD or _SECRET_LOOKING.fullmatch(word.strip("'\" :="))
    return say("yaml.withheld") if secret else short(word)


def _shape_problem(detail: ErrorDetails, model: type[BaseModel], spot: Callable[[KeyPath], Spot]) -> Problem:
    path = tuple(step for step in detail["loc"] if step != "[key]")
    found, context = detail["input"], detail.get("ctx", {})
    if detail["type"] == _OURS:
        return problem(context["sentence"], spot(path), path, **context["facts"])
    sentence = _SHAPES.get(detail["type"], "yaml.other")
    if sentence in _WANTED and not path:
        sentence = "yaml.no_keys"
    elif sentence in _WANTED and found is None:
        sentence = "yaml.no_value"
    facts = {
        "subject": _subject(path),
        "key": shown(str(path[-1])) if path else "",
        "found": _kind_of(found),
        "value": _value(found),
        "length": len(str(found).strip()),
        "nearest": nearest(str(path[-1]), _keys_at(model, path[:-1]))
        if sentence == "yaml.unknown_key"
        else "",
        "message": detail["msg"].lower(),
        **context,
    }
    return problem(sentence, spot(path), path, **facts)


_SHAPES: Mapping[str, str] = {
    "extra_forbidden": "yaml.unknown_key",
    "missing": "yaml.missing_key",
    "string_type": "yaml.want_text",
    "path_type": "yaml.want_text",
    "int_type": "yaml.want_whole",
    "int_from_float": "yaml.want_whole",
    "float_type": "yaml.want_number",
    "bool_type": "yaml.want_bool",
    "model_type": "yaml.want_keys",
    "dict_type": "yaml.want_keys",
    "tuple_type": "yaml.want_list",
    "string_too_short": "yaml.blank",
    "string_too_long": "yaml.too_long",
    "string_pattern_mismatch": "yaml.bad_name",
    "literal_error": "yaml.no_choice",
    "greater_than": "yaml.too_low",
    "greater_than_equal": "yaml.below_least",
    "less_than_equal": "yaml.above_most",
}
"""Pydantic's name of a mistake, and the sentence of ours."""

_WANTED: Final = frozenset(sentence for sentence in _SHAPES.values() if sentence.startswith("yaml.want_"))
"""The sentences about a value of the wrong kind."""


def _kind_of(found: object) -> str:
    return say(next(word for kind, word in _KINDS if isinstance(found, kind)))


def _value(found: object) -> str:
    if isinstance(found, str):
        return shown(found)
    return short(str(found)) if isinstance(found, int | float) else _kind_of(found)


_KINDS: tuple[tuple[type, str], ...] = (
    (type(None), "yaml.kind.nothing"),
    (bool, "yaml.kind.bool"),
    (int, "yaml.kind.whole"),
    (float, "yaml.kind.number"),
    (str, "yaml.kind.text"),
    (list, "yaml.kind.list"),
    (dict, "yaml.kind.keys"),
    (object, "yaml.kind.other"),
)


def _subject(path: KeyPath) -> str:
    keys = ".".join(shown(step) for step in path if isinstance(step, str))
    if not path:
        return say("yaml.subject.file")
    if isinstance(path[-1], int):
        return say("yaml.subject.item", number=path[-1] + 1, keys=keys)
    return say("yaml.subject.key", keys=keys)


def _keys_at(model: type[BaseModel], path: KeyPath) -> set[str]:
    """The keys that may stand below a path; ids and positions lead no deeper."""
    models = [model]
    for step in path:
        fields = [at.model_fields[step] for at in models if step in at.model_fields]
        models = [inner for field in fields for inner in _models_in(field.annotation)] or models
    return {key for at in models for key in at.model_fields}


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
