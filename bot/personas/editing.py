"""Changes of single keys in a persona's YAML that leave everything else as it is, to the byte.

Law: the parser's marks say where a value stands, and only that is replaced, in a form that suits it and the
file. Whatever is returned was read again: the keys that were set have their values, and all others theirs.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent, Event, MappingStartEvent, ScalarEvent

from bot.core.persona import PersonaSheet
from bot.files.problems import YamlError
from bot.files.yamlfile import SIZE_LIMIT, decoded, read, spaced

FIELDS: Final = ("name", "description", "personality", "scenario", "greeting")
"""The keys that a form sets, in its order."""

WIDTH: Final = 100
"""Characters of a line that is wrapped."""

_INDENT: Final = "  "
_BOM: Final = "\N{BYTE ORDER MARK}"
_ORDER: Final = tuple(PersonaSheet.model_fields)
_UNSEEN: Final = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|[\ud800-\udfff]")
"""What a text may not contain as it is, besides what JSON escapes anyway."""


class UneditableError(Exception):
    """A text in which a key can't be set without changing anything else."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key at the top of a file, by offsets in its text.

    Attributes:
        key: the key.
        column: where it begins, in characters from the left.
        key_start: its beginning.
        key_end: the end of the key.
        start: the beginning of its value.
        end: the end of its value, without what is blank there.
        style: how a text is written: "|", ">", "'", '"', or "" without any of these.
    """

    key: str
    column: int
    key_start: int
    key_end: int
    start: int
    end: int
    style: str


def edited(content: bytes, values: Mapping[str, str]) -> bytes:
    """Return a persona's YAML with other texts for some of its keys; blanks at their ends don't count.

    Raises:
        YamlError: the YAML can't be read.
        UneditableError: no way was found to write a text there.
    """
    for key in sorted(values, key=_ORDER.index):
        content = _with_value(content, key, _plain(values[key]))
    return content


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _with_value(content: bytes, key: str, value: str) -> bytes:
    before = read(content, key).data
    if not isinstance(before, dict):
        raise UneditableError(key)
    if isinstance(before.get(key), str) and _plain(before[key]) == value:
        return content
    if key not in before and not value:
        return content
    text = decoded(content, key)
    mark = _BOM if content.startswith(_BOM.encode()) else ""
    for candidate in _candidates(text, key, value):
        found = f"{mark}{candidate}".encode()
        if len(found) <= SIZE_LIMIT and _is_right(found, before | {key: value}, key):
            return found
    raise UneditableError(key)


def _is_right(content: bytes, wanted: Mapping[str, Any], key: str) -> bool:
    """Return whether a text is read as these data; at `key` blanks at the ends don't count."""
    try:
        found = read(content, key).data
    except YamlError:
        return False
    if not isinstance(found, dict) or not isinstance(found.get(key), str):
        return False
    return found | {key: _plain(found[key])} == wanted


def _candidates(text: str, key: str, value: str) -> Iterator[str]:
    """Yield the text with the value in each form that suits it, the best first."""
    entries, is_flow = _entries(text)
    newline = "\r\n" if "\r\n" in text else "\n"
    there = next((each for each in entries if each.key == key), None)
    if is_flow:
        yield from _in_brackets(text, entries, there, key, value)
        return
    for form in _forms(value, there.style if there else "", _indent_of(text, there)):
        lines = newline.join(form)
        if there is None:
            before = _before(entries, key)
            at = _line_end(text, before.end)
            pad = " " * before.column
            inserted = f"{pad}{key}: {lines.replace(newline, newline + pad)}"
            yield f"{text[:at]}{newline}{inserted}{text[at:]}"
            continue
        pad = " " * there.column
        lines = lines.replace(newline, newline + pad)
        colon = re.fullmatch(r"\s*:(\s*)", text[there.key_end : there.start])
        start = there.start - len(colon[1]) if colon else there.start
        header, _, rest = lines.partition(newline)
        # A comment behind a value stays on the line where it began.
        end, lead = _line_end(text, there.end), " " if colon else ""
        behind = text[there.end : end]
        body = f"{newline}{rest}" if rest else ""
        yield f"{text[:start]}{lead}{header}{behind}{body}{text[end:]}"


def _in_brackets(
    text: str, entries: list[_Entry], there: _Entry | None, key: str, value: str
) -> Iterator[str]:
    """Yield the text of a file such as JSON, where a value is always in quotes."""
    quoted = _double(value)
    if there is not None:
        lead = "" if text[there.start - 1 : there.start].isspace() else " "
        yield f"{text[: there.start]}{lead}{quoted}{text[there.end :]}"
        return
    before = _before(entries, key)
    gap = _gap_before(text, before)
    yield f"{text[: before.end]},{gap}{json.dumps(key)}: {quoted}{text[before.end :]}"


def _gap_before(text: str, entry: _Entry) -> str:
    """Return the line break and the blanks before a key in brackets, so that the next one stands below it."""
    begin = text.rfind("\n", 0, entry.key_start)
    blank = text[begin + 1 : entry.key_start]
    return " " if begin < 0 or blank.strip() else f"\n{blank}"


def _before(entries: list[_Entry], key: str) -> _Entry:
    """Return the entry after which a new key stands, in the order of the keys that people know."""
    earlier = [each for each in entries if each.key in _ORDER and _ORDER.index(each.key) < _ORDER.index(key)]
    return earlier[-1] if earlier else entries[0]


def _forms(value: str, style: str, indent: str) -> list[list[str]]:
    """Return the lines of a value in each form, the best first."""
    literal = ["|", *(indent + line if line else "" for line in value.split("\n"))]
    folded = [">", *(indent + line if line else "" for line in _wrapped(value, WIDTH - len(indent)))]
    single, double, plain = ["'" + value.replace("'", "''") + "'"], [_double(value)], [value]
    is_long = len(value) > WIDTH - 20
    blocks = [folded, literal] if style == ">" or (style != "|" and "\n" not in value) else [literal, folded]
    lines = {"'": [single, double], '"': [double]}.get(style, [plain, single, double])
    if not value:
        return [single, double]
    if "\n" in value:
        return [*blocks, double]
    return [*blocks, *lines] if is_long or style in {"|", ">"} else [*lines, *blocks]


def _wrapped(value: str, width: int) -> list[str]:
    """Return a text in lines as YAML folds them: a line break in the text is an empty line."""
    lines: list[str] = []
    for number, paragraph in enumerate(value.split("\n")):
        lines += [""] if number else []
        words = paragraph.split(" ")
        line = words[0]
        for last, word in pairwise(words):
            # Blanks in a row stay within a line: those around a fold would count as one.
            if word and last and len(line) + 1 + len(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}"
        lines += [line] if line else []
    return lines


def _double(value: str) -> str:
    """Return a text in quotes as JSON and YAML have them."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))


def _line_end(text: str, at: int) -> int:
    """Return where the line ends that contains an offset, before its line break."""
    found = re.compile(r"\r?\n|\Z").search(text, at)
    assert found is not None
    return found.start()


def _indent_of(text: str, there: _Entry | None) -> str:
    """Return how far a block's lines stand to the right of their key: as far as they did."""
    if there is not None and there.style in {"|", ">"}:
        first = re.compile(r"[^\n]*\n(?:[ ]*\r?\n)*([ ]*)").match(text, there.start)
        if first and len(first[1]) > there.column:
            return first[1][there.column :]
    return _INDENT


def _entries(text: str) -> tuple[list[_Entry], bool]:
    """Return the keys at the top of a text, and whether they stand in brackets."""
    try:
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError:
        events = list(yaml.parse(spaced(text), Loader=yaml.SafeLoader))
    start, top = next((at, each) for at, each in enumerate(events) if isinstance(each, MappingStartEvent))
    found: list[_Entry] = []
    at = start + 1
    while not isinstance(events[at], CollectionEndEvent):
        key, value, last = events[at], events[at + 1], _last_of(events, at + 1)
        assert isinstance(key, ScalarEvent)
        end = _index(events[last].end_mark)
        begin = _index(value.start_mark)
        end = begin + len(text[begin:end].rstrip(" \t\r\n"))
        style = (value.style or "") if isinstance(value, ScalarEvent) else ""
        column = _column(key.start_mark)
        whole = (_index(key.start_mark), _index(key.end_mark), begin, end)
        found.append(_Entry(key.value, column, *whole, style))
        at = last + 1
    return found, bool(top.flow_style)


def _last_of(events: list[Event], at: int) -> int:
    """Return which event ends the value that one begins."""
    depth = 0
    while True:
        depth += isinstance(events[at], CollectionStartEvent) - isinstance(events[at], CollectionEndEvent)
        if depth == 0:
            return at
        at += 1


def _column(mark: Any) -> int:  # noqa: ANN401 (PyYAML's type for it is private)
    return int(mark.column)


def _index(mark: Any) -> int:  # noqa: ANN401 (PyYAML's type for it is private)
    return int(mark.index)
