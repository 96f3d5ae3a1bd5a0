"""YAML files as their writers mean them, with a place for every mistake.

Law: bytes in, plain data and the place of every key out; nothing is executed, guessed or expanded. The
language is a subset of YAML 1.2's core schema: `true`, `false`, `null`, `~` and decimal numbers are special,
everything else is text. Anchors, aliases and tags are refused (so data can't grow beyond the file's size),
and `<<` is an ordinary key. A mistake names its place, its key, what was found and what is allowed, and
never repeats anything that may be a secret.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml
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

from bot.files import lookalikes
from bot.files.problems import (
    PROBLEM_LIMIT,
    KeyPath,
    Problem,
    Spot,
    YamlError,
    lookalike,
    problem,
    subject_of,
)
from bot.files.reading import FileRefusedError, read_regular
from bot.texts.sentences import Sentence

SIZE_LIMIT: Final = 256 * 1024
"""Maximum bytes in a file; a persona of this size would exceed any model's window."""

DEPTH_LIMIT: Final = 20
"""Maximum levels of nesting; our own files need four."""

NODE_LIMIT: Final = 20_000
"""Maximum keys and items of a file of at most `SIZE_LIMIT`, and of larger ones in proportion: a file of ours
with so many would be larger."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's plain data (dict, list, str, int, float, bool, None) and the places of its keys."""

    file: str
    data: Any
    marks: Mapping[KeyPath, tuple[int, int]]
    text: str = field(default="", repr=False)

    def spot(self, path: KeyPath, character: str = "") -> Spot:
        """Return the place of a key, or of its parent if the key is missing.

        With a character, it is the place where that first stands at or after the key.
        """
        while path not in self.marks:
            path = path[:-1]
        line, column = self.marks[path]
        if character:
            start = _offset_of(self.text, line, column)
            found = self.text.find(character, start)
            return _spot_after(self.text[: max(found, start)], self.file)
        return Spot(self.file, line, column)

    def spots_within(self, path: KeyPath, words: Sequence[str]) -> Iterator[Spot]:
        """Yield the places of words that a key's text contains in this order.

        Words that the file spells otherwise (with escapes, for example) have the key's own place.
        """
        begins = self.marks.get(path, (1, 1))
        at = _offset_of(self.text, *begins)
        end = _offset_of(
            self.text, *min((mark for mark in self.marks.values() if mark > begins), default=(2**31, 1))
        )
        for each in words:
            # A line break in the file may be a blank in the text.
            spelling = re.compile(r"\s+".join(map(re.escape, each.split())))
            if found := spelling.search(self.text, at, end):
                at = found.end()
                yield _spot_after(self.text[: found.start()], self.file)
            else:
                yield self.spot(path)


def read_file(path: Path, *, limit: int = SIZE_LIMIT, inside: Sequence[Path] = ()) -> Document:
    """Read a file of at most `limit` bytes; problems name it as `path` does.

    Raises:
        YamlError: see `read_bytes`, or `read` refuses it.
    """
    return read(read_bytes(path, limit=limit, inside=inside), str(path), limit=limit)


def read_bytes(path: Path, *, limit: int = SIZE_LIMIT, inside: Sequence[Path] = ()) -> bytes:
    """Return a file's bytes as `read_regular` does.

    Raises:
        YamlError: it is missing, unreadable, not a regular file, or outside the folders `inside`.
    """
    try:
        return read_regular(path, limit=limit, inside=inside)
    except FileRefusedError as error:
        raise YamlError([problem(f"yaml.{error.fault}", Spot(str(path)), reason=str(error))]) from None


def read(source: bytes | str, file: str, *, limit: int = SIZE_LIMIT) -> Document:
    """Read one YAML document; an empty one is None. `file` is its name in problems.

    Raises:
        YamlError: it is too big, not UTF-8, not YAML, or YAML outside this module's subset.
    """
    text = decoded(source, file, limit=limit)
    nodes = NODE_LIMIT * max(1, limit // SIZE_LIMIT)
    return _quickly(text, file, nodes) or _closely(text, file, nodes)


def _quickly(text: str, file: str, nodes: int) -> Document | None:
    """Read with PyYAML's C parser, which is ten times as fast; None if the Python parser has to decide.

    The Python parser has better error messages, and is right where the two differ: at `_UNLIKE`, and at a
    question mark inside brackets, which only the C parser takes for a part of a text.
    """
    if _CLoader is None or _UNLIKE.search(text):
        return None
    loader = _CLoader(text)
    tree = _Tree(loader, file, text, nodes, doubted=True)
    try:
        return tree.document()
    except (yaml.YAMLError, _StoppedError, ValueError, OverflowError):
        return None
    finally:
        loader.dispose()


def _closely(text: str, file: str, nodes: int) -> Document:
    """Read with PyYAML's Python parser.

    Raises:
        YamlError: it is not YAML, or YAML outside this module's subset.
    """
    loader = yaml.SafeLoader(text)
    tree = _Tree(loader, file, text, nodes)
    try:
        return tree.document()
    except yaml.MarkedYAMLError as error:
        if repr("\t") in str(error.problem) and (plain := spaced(text)) != text:
            return _quickly(plain, file, nodes) or _closely(plain, file, nodes)
        found = _near(_syntax_problem(error, text, file, loader.marks), tree.here)
        found = _lookalike_above(text, file) or found
    except _StoppedError as error:
        found = error.problem
    except (ValueError, OverflowError):  # PyYAML at "\UFFFFFFFF", or at a version of 5,000 digits
        found = _near(problem("yaml.no_character", _spot(file, loader.get_mark())), tree.here)
    finally:
        loader.dispose()
    raise YamlError({str(each): each for each in [*tree.problems, found]}.values())


def spaced(text: str) -> str:
    """Return a text in brackets, such as JSON, with blanks for the tabs outside its quotes.

    YAML 1.2.2 takes those tabs (6.2, "Separation Spaces"), and PyYAML does not.
    """
    if not text.lstrip().startswith(("{", "[")):
        return text
    return _QUOTED_OR_TAB.sub(lambda found: " " if found[0] == "\t" else found[0], text)


def decoded(source: bytes | str, file: str, *, limit: int = SIZE_LIMIT) -> str:
    """Return the text of a file, without a byte-order mark.

    Raises:
        YamlError: it is larger than `limit` bytes, not UTF-8, or contains characters that no text needs.
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
        raise YamlError([problem("yaml.strange", spot, code=lookalikes.described(strange[0]))])
    return text


_STRANGE = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that YAML forbids, and the three Unicode line ends that editors don't show as such."""

_QUOTED_OR_TAB: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\t')
"""A text in quotes within its line, or a tab."""

_CLoader: Final = yaml.CSafeLoader if yaml.__with_libyaml__ else None
_UNLIKE: Final = re.compile("[\\t\N{BYTE ORDER MARK}]|[|>][-+0-9]*#")
"""Texts where the C parser is too lenient or differs: tabs, an inner byte-order mark, `|#`."""

_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], object]], ...] = (
    (re.compile(r"|~|null"), lambda _: None),
    (re.compile(r"true|false"), "true".__eq__),
    # Python refuses to convert thousands of digits; no number here has as many as forty.
    (re.compile(r"[-+]?[0-9]{1,40}"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?"), float),
)
"""What a text without quotes may stand for; a text that matches none of these is itself."""


class _StoppedError(Exception):
    """A mistake after which the rest of the file can't be interpreted."""

    def __init__(self, found: Problem) -> None:
        super().__init__(found)
        self.problem = found


class _Tree:
    """Builds the data of one document from parser events; collects mistakes that don't stop it.

    `doubted` says that brackets must be checked; see `_quickly`.
    """

    def __init__(
        self,
        loader: yaml.SafeLoader | yaml.CSafeLoader,
        file: str,
        source: str,
        nodes: int,
        *,
        doubted: bool = False,
    ) -> None:
        self._loader: Any = loader  # the stubs are incomplete
        self._file = file
        self._source = source
        self._nodes = nodes
        self._doubted = doubted
        self._end = 0
        self._marks: dict[KeyPath, tuple[int, int]] = {(): (1, 1)}
        self.problems: list[Problem] = []
        self.here: KeyPath = ()
        """The key or item that began last, for mistakes that can't be assigned with certainty."""

    def document(self) -> Document:
        data = None
        self._next()
        if isinstance(self._next(), DocumentStartEvent):
            data = self._node(self._next(), ())
            self.here = ()
            self._next()
            if not isinstance(event := self._next(), StreamEndEvent):
                self._stop("yaml.second_document", event)
        if self.problems:
            raise _StoppedError(self.problems.pop())
        return Document(self._file, data, self._marks, self._source)

    def _next(self) -> Event:
        event: Event = self._loader.get_event()
        self._end = _offset(event.end_mark)
        return event

    def _node(self, event: Event, path: KeyPath) -> object:
        self._refuse_extras(event)
        if isinstance(event, ScalarEvent):
            text = self._text(event)
            return meaning(text) if event.implicit[0] else text
        if len(path) >= DEPTH_LIMIT:
            self._stop("yaml.too_deep", event, limit=DEPTH_LIMIT)
        found = self._list(path) if isinstance(event, SequenceStartEvent) else self._mapping(path)
        bracketed = isinstance(event, CollectionStartEvent) and event.flow_style
        if bracketed and self._doubted and "?" in self._source[_offset(event.start_mark) : self._end]:
            self._stop("yaml.open_bracket", event)
        return found

    def _list(self, path: KeyPath) -> list[object]:
        items: list[object] = []
        while not isinstance(event := self._next(), CollectionEndEvent):
            here = (*path, len(items))
            self._begin(here, event)
            items.append(self._node(event, here))
        return items

    def _mapping(self, path: KeyPath) -> dict[str, object]:
        result: dict[str, object] = {}
        while not isinstance(event := self._next(), CollectionEndEvent):
            key = self._key(event)
            here = (*path, key)
            quoted = isinstance(event, ScalarEvent) and event.style
            if not quoted and (character := lookalikes.at_fault_around_key(key)):
                self._add(lookalike(character, _spot_in(self._source, event, character, self._file), here))
            elif key in result:
                self._note("yaml.second_key", event, here, first=self._marks[here][0])
            self._begin(here, event)
            result[key] = self._node(self._next(), here)
        return result

    def _begin(self, path: KeyPath, event: Event) -> None:
        if len(self._marks) > self._nodes:  # final at once: the slower parser would only find the same
            found = problem("yaml.too_large", _spot(self._file, event.start_mark), limit=self._nodes)
            raise YamlError([*self.problems, _near(found, self.here)])
        self._marks[path] = _line_and_column(event.start_mark)
        self.here = path

    def _key(self, event: Event) -> str:
        self._refuse_extras(event)
        if not isinstance(event, ScalarEvent):
            self._stop("yaml.odd_key", event)
        text = self._text(event)
        # Channel IDs are whole numbers, which people write with and without quotes.
        if event.implicit[0] and type(meaning(text)) not in {str, int}:
            self._stop("yaml.odd_key", event)
        return text

    def _text(self, event: ScalarEvent) -> str:
        """Return a text with escaped surrogate pairs joined, as JSON writes them."""
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
        self._add(problem(sentence, _spot(self._file, event.start_mark), path, **facts))

    def _add(self, found: Problem) -> None:
        if len(self.problems) + 1 == PROBLEM_LIMIT:
            raise _StoppedError(found)
        self.problems.append(found)

    def _stop(self, sentence: str, event: Event, /, **facts: object) -> NoReturn:
        found = problem(sentence, _spot(self._file, event.start_mark), **facts)
        raise _StoppedError(_near(found, self.here))


def meaning(text: str) -> object:
    """Return what a plain text means: true, false, null, a number, or the text itself."""
    return next((convert(text) for pattern, convert in _PLAIN if pattern.fullmatch(text)), text)


def _offset(mark: Any) -> int:  # noqa: ANN401 (PyYAML's type for it is private)
    return int(mark.index)


def _line_and_column(mark: Any) -> tuple[int, int]:  # noqa: ANN401 (the same)
    return mark.line + 1, mark.column + 1


def _spot(file: str, mark: Any) -> Spot:  # noqa: ANN401 (the same)
    return Spot(file, *_line_and_column(mark))


def _spot_after(text: str, file: str) -> Spot:
    return Spot(file, text.count("\n") + 1, len(text) - text.rfind("\n"))


def _spot_in(text: str, event: Event, character: str, file: str) -> Spot:
    """Return the place of a character that an event's text begins with or contains."""
    return _spot_after(text[: text.find(character, _offset(event.start_mark))], file)


def _offset_of(text: str, line: int, column: int) -> int:
    """Return the offset of a line and column from 1."""
    lines = text.splitlines(keepends=True)
    return sum(map(len, lines[: line - 1])) + column - 1


# PyYAML's messages and our sentences for them. The second mark is where the construct began:
# PyYAML often notices a mistake only some lines below it.
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
    ("expected the node content", "yaml.bad_start", False),
    ("that cannot start any token", "yaml.bad_start", False),
    ("<document start>", "yaml.misfit", False),
)


def _syntax_problem(error: yaml.MarkedYAMLError, text: str, file: str, opened: list[Any]) -> Problem:
    """Return PyYAML's error as a problem; `opened` are the starts of lists and maps that are not closed."""
    said = f"{error.context}: {error.problem}"
    key, at_start = next(
        ((key, first) for part, key, first in _SYNTAX if part in said), ("yaml.no_yaml", False)
    )
    noticed = _spot(file, error.problem_mark or error.context_mark)
    began = _spot(file, error.context_mark or error.problem_mark)
    if (
        "while parsing a flow node" in said
    ):  # the context is an item; the list or map it belongs to began before
        began = _spot(file, opened[-1])
    if repr("\t") in said:
        return problem("yaml.tab", noticed)
    if key == "yaml.after_quote" and not _line_before(text, noticed).strip():
        key = "yaml.misfit"
    return problem(key, began if at_start else noticed)


def _lookalike_above(text: str, file: str) -> Problem | None:
    """Return the look-alike because of which the text can't be read, if one is to blame; see `lookalikes`."""
    if not lookalikes.SUSPICIOUS.search(text):
        return None
    parser, mistake = next(
        (
            (each, found)
            for each in (_CLoader, yaml.SafeLoader)
            if each and (found := _mistake_in(f"{text}\n", each)) is not None
        ),
        (None, 0),
    )
    if parser is None:
        return None

    def reads(lines: Sequence[str]) -> bool:
        again = _mistake_in("".join(f"{line}\n" for line in lines), parser)
        return again is None or again > mistake

    # Line ends are those of YAML; `decoded` lets no others pass.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[: mistake + 1]
    place = lookalikes.at_fault_in_lines(lines, reads)
    if place is None:
        return None
    line, column = place
    spot, character = Spot(file, line + 1, column + 1), lines[line][column]
    if lookalikes.is_fence(lines[line]):
        return problem("yaml.fence", spot, character=lookalikes.described(character))
    return lookalike(character, spot)


def _mistake_in(text: str, parser: Any) -> int | None:  # noqa: ANN401 (the stubs are incomplete)
    """Return the line, from 0, at which a parser can't read on; None if it can read everything."""
    try:
        for _ in yaml.parse(text, Loader=parser):
            pass
    except yaml.MarkedYAMLError as error:
        # A line without a colon is noticed only on a later line.
        late = "could not find expected ':'" in str(error.problem)
        mark = error.context_mark if late and error.context_mark else error.problem_mark
        return int(mark.line) if mark else 0
    except (yaml.YAMLError, ValueError, OverflowError):
        return 0
    return None


def _near(found: Problem, path: KeyPath) -> Problem:
    """Return the problem with the nearest key, as far as that is known in a file that isn't valid YAML."""
    if not path:
        return found
    message = Sentence("yaml.near", message=found.message, subject=subject_of(path))
    return replace(found, path=path, message=message)


def _line_before(text: str, spot: Spot) -> str:
    """Return the text before a place in its line, with the indentation."""
    lines = text.splitlines()
    line, column = spot.line or 1, spot.column or 1
    return lines[line - 1][: column - 1] if line <= len(lines) else ""
