"""A persona's plain data as YAML that people read and change.

Law: what is written is read back equal by `bot.files.yamlfile`, whatever characters it has, and a text of
several lines or of a sentence stands below its key as it is. Only plain data is written: dict with texts as
keys, list, str, int, float, bool, None.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bot.files.yamlfile import meaning

LONG: Final = 90
"""Characters from which on a text or a list has lines of its own."""

_STEP: Final = "  "
"""What stands before what belongs to a key."""

_KEY_LIMIT: Final = 1000
"""Characters of a key on the line of its value; YAML allows 1,024."""

_UNSEEN: Final = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff"
"""Characters that only stand in quotes, as their numbers: YAML forbids them, or reads them as line ends."""

_WORD: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
_PLAIN: Final = re.compile(rf"[^\W_](?:[^{_UNSEEN}\t\n:#\"\\]|:(?=\w))*")
_IN_BRACKETS: Final = re.compile(r"[\w '’.-]+")  # noqa: RUF001
_BLOCK: Final = re.compile(rf"[^{_UNSEEN}]+")
_NUMBERED: Final = re.compile(rf"[{_UNSEEN}]")


def written(data: Mapping[str, Any], comments: Mapping[str, Sequence[str]] | None = None) -> str:
    """Return a file of YAML; `comments` stand above the keys that they are about."""
    lines: list[str] = []
    for key, value in data.items():
        lines += [f"# {line}" for text in (comments or {}).get(key, ()) for line in _wrapped(text)]
        lines += _entry(key, value, "")
    return "".join(f"{line}\n" for line in lines) or "{}\n"


def _wrapped(text: str) -> Iterator[str]:
    """Yield the lines of a comment."""
    line = ""
    for word in "".join(each if each.isprintable() else " " for each in text).split():
        if line and len(line) + len(word) >= LONG:
            yield line
            line = ""
        line = f"{line} {word}".strip()
    yield line


def _entry(key: str, value: object, pad: str) -> list[str]:
    """Return the lines of a key with its value, `pad` before each."""
    name = key if _WORD.fullmatch(key) and meaning(key) == key else _quoted(key)
    head, below = _value(value, pad)
    if len(name) > _KEY_LIMIT:
        return [f"{pad}? {name}", f"{pad}:{head}", *below]
    return [f"{pad}{name}:{head}", *below]


def _value(value: object, pad: str) -> tuple[str, list[str]]:
    """Return what stands after a key or a dash, with a blank before it, and the lines below."""
    inner = pad + _STEP
    if isinstance(value, str) and (start := _block(value)):
        return f" {start}", [
            f"{inner}{line}" if line else "" for line in value.removesuffix("\n").split("\n")
        ]
    if isinstance(value, Mapping) and value:
        return "", [line for key, each in value.items() for line in _entry(key, each, inner)]
    if isinstance(value, list | tuple) and value and (short := _in_brackets(value)) is None:
        return "", [line for each in value for line in _item(each, inner)]
    if isinstance(value, list | tuple) and value:
        return f" {short}", []
    return f" {_inline(value)}", []


def _item(value: object, pad: str) -> list[str]:
    """Return the lines of an item of a list."""
    if isinstance(value, Mapping | list | tuple) and value and _value(value, pad)[1]:
        lines = _value(value, pad)[1]
        return [f"{pad}- {lines[0].removeprefix(pad + _STEP)}", *lines[1:]]
    head, below = _value(value, pad)
    return [f"{pad}-{head}", *below]


def _block(text: str) -> str:
    """Return the sign with which a text stands on lines of its own; "" if it has to stand in one line."""
    body = text.removesuffix("\n")
    if not _BLOCK.fullmatch(body) or body.endswith("\n") or ("\n" not in body and len(body) < LONG):
        return ""
    if not body.strip():
        return ""
    # Blanks at the beginning would be taken for indentation.
    indented = str(len(_STEP)) if body[0] in " \t\n" else ""
    return f"|{indented}{'' if text != body else '-'}"


def _in_brackets(items: Sequence[object]) -> str | None:
    """Return a list of short words in one line; None if it has to stand on several."""
    words = [
        each
        for each in items
        if isinstance(each, str) and _IN_BRACKETS.fullmatch(each) and _is_plain(each) and len(each) < LONG
    ]
    line = f"[{', '.join(words)}]"
    return line if len(words) == len(items) and len(line) < LONG else None


def _inline(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return value if _is_plain(value) else _quoted(value)
        case int() | float():
            return repr(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def _is_plain(text: str) -> bool:
    """Return whether a text needs no quotes in its line."""
    return _PLAIN.fullmatch(text) is not None and text == text.strip() and meaning(text) == text


def _quoted(text: str) -> str:
    """Return a text in quotes, in one line, as JSON has it."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _NUMBERED.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
