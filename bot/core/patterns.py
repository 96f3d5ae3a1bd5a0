"""Patterns: regular expressions that admins write, as JavaScript does: `/…/` with flags behind it.

Law: RE2 runs them, in time that grows with the text alone, whatever the pattern. What it doesn't take (a
look-around, a reference back) is an error that says so.
"""

from typing import Any, Final

import re2
import regex

_MEMORY: Final = 128 * 1024
"""Bytes that a pattern may take; with less, RE2 is slower, but still linear."""

_PATTERN: Final = regex.compile(r"/(?P<body>(?:\\.|[^/\\])+)/(?P<flags>[a-z]*)", regex.DOTALL)
_UNICODE: Final = regex.compile(r"\\u(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{4}))")
_FLAGS: Final = frozenset("gimsuy")
"""The flags of JavaScript's patterns; of these, i, m and s change what RE2 finds."""

_BYTE: Final = regex.compile(r"(?<!\\)(?:\\\\)*+\\C")
"""RE2's expression for a single byte, which may be half a character."""


class PatternError(ValueError):
    """RE2 doesn't take a pattern; the message is RE2's, in English."""


def is_pattern(text: str) -> bool:
    """Return whether a text looks like a pattern: `/…/`, with JavaScript's flags behind it."""
    found = _PATTERN.fullmatch(text)
    return found is not None and set(found["flags"]) <= _FLAGS


def source_of(pattern: str) -> tuple[str, str]:
    """Return a pattern for which `is_pattern` is true as RE2 writes it, and its flags among `ims`."""
    found = _PATTERN.fullmatch(pattern)
    assert found is not None
    return in_re2(found["body"]), "".join(each for each in "ims" if each in found["flags"])


def in_re2(body: str) -> str:
    """Return what stands between the slashes of a pattern as RE2 writes it."""
    return _UNICODE.sub(lambda found: rf"\x{{{found[1] or found[2]}}}", body.replace(r"\/", "/"))


def options_of(*, captures: bool = False) -> "re2.Options":
    """Return the options with which RE2 runs patterns; `captures` lets it tell their groups."""
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = not captures
    return options


def compiled(source: str, flags: str = "") -> Any:  # noqa: ANN401 - RE2 has no types
    """Return RE2's pattern for a source and flags among `ims`, which tells its groups.

    Raises:
        PatternError: RE2 doesn't take it.
    """
    if _BYTE.search(source):
        raise PatternError(r"\C")
    try:
        return re2.compile(f"(?{flags}){source}" if flags else source, options_of(captures=True))
    except (re2.error, ValueError) as error:
        reason = error.args[0] if error.args else ""
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise PatternError(text) from error


def size_of(source: str) -> int:
    """Return how large a pattern is, in RE2's instructions.

    Raises:
        PatternError: RE2 doesn't take it.
    """
    return int(compiled(source).programsize)
