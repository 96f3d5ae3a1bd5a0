"""What a text with macros tells in any case, and in what of it keys of lore are looked for.

Law: words that no model reads bring nothing up, but for those that are hidden for just that. What chance, the
time or who plays decides brings nothing up either, so that it follows from the text and the persona alone.
"""

from collections.abc import Iterator
from typing import Final

from bot.core.macros.reading import Macro, Parts, read

_HIDDEN: Final = "hidden_key"
_SILENT: Final = frozenset({"//", "comment", _HIDDEN})
"""The macros of which nothing is told."""

_CERTAIN: Final = {"char": "{{char}}", "newline": "\n", "trim": "\n"}
"""What others are where keys are looked for; the rest is nothing there."""


def told_of(text: str) -> str:
    """Return a text without comments and hidden keys."""
    parts = read(text).parts
    if not any(isinstance(part, Macro) and part.name in _SILENT for part in parts):
        return text
    return "".join(
        part if isinstance(part, str) else part.written
        for part in parts
        if isinstance(part, str) or part.name not in _SILENT
    ).strip()


def sought_in(text: str) -> str:
    """Return that in which keys are looked for: what is told for certain, then each hidden key in a line.

    Of its macros only `{{char}}` is left.
    """
    template = read(text)
    if not template.macros:
        return text
    hidden = [_certain(macro.options[0]) for _, macro in template.macros if macro.name == _HIDDEN]
    return "\n".join([_certain(template.parts), *hidden])


def _certain(parts: Parts) -> str:
    return "".join(_words(parts))


def _words(parts: Parts) -> Iterator[str]:
    for part in parts:
        yield part if isinstance(part, str) else _CERTAIN.get(part.name, "")
