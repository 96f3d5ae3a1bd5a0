"""Ages that macros make: `{{random:15,16}} years old`, `{{roll:d17}}`, `{{getvar::age}}`.

Law: what a macro may yield is judged in every choice, with the words around it. Two macros in a row are
judged in all choices of both together; others each by itself, beside the first choices of the rest. Of dice,
the lowest and the highest roll count.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Final

import regex

from bot.core import dice
from bot.core.macros.reading import Macro, Parts, formula_of, read

AROUND: Final = 80
"""Characters before and after a macro with which its choices are read."""

TOGETHER: Final = 64
"""Most choices of macros in a row that are tried together."""

_SET: Final = regex.compile(
    r"\{\{\s*+(?:set|add)(?:global)?var\s*+::\s*+(?P<name>[^:{}]++)::(?P<value>(?:[^{}]|\{\{[^{}]*+\}\})*+)\}\}",
    regex.IGNORECASE,
)
_GET: Final = regex.compile(r"\{\{\s*+get(?:global)?var\s*+::\s*+(?P<name>[^:{}]++)\}\}", regex.IGNORECASE)

_CUT: Final = regex.compile(r"^(?:[A-Za-z0-9]+|[零〇一二三四五六七八九十百千万]+)")
"""The rest of a word or number that was cut: of 116 it mustn't leave 16."""

Choices = Sequence[str]


def variables_of(texts: Iterable[str]) -> Mapping[str, Choices]:
    """Return all values that a persona's texts give to each variable, as other programs fill them in."""
    found: dict[str, list[str]] = {}
    for text in texts:
        for each in _SET.finditer(text):
            found.setdefault(each["name"].strip().casefold(), []).append(each["value"])
    return found


def minor_choice(
    text: str, variables: Mapping[str, Choices], judge: Callable[[str], str | None]
) -> str | None:
    """Return the macro that can make an age under 18 of a text, as it is written; None if none does.

    `judge` returns the words of a text without macros that give such an age.
    """
    if "{{" not in text:
        return None

    def value(found: "regex.Match[str]") -> str:
        values = variables.get(found["name"].strip().casefold())
        return found[0] if values is None else "{{pick::" + "::".join(values) + "}}"

    parts = read(_GET.sub(value, _SET.sub("", text))).parts
    choices = [_choices(part) for part in parts]
    for place, part in enumerate(parts):
        if isinstance(part, str) or part.name in _SPOKEN:
            continue
        if any(judge(reading) is not None for reading in _readings(parts, choices, place)):
            return _written(text, part)
    return None


_FIXED: Final = {"newline": "\n", **dict.fromkeys(("noop", "//", "comment", "hidden_key", "trim"), "")}
_SPOKEN: Final = frozenset({"char", "user"})


def _written(text: str, macro: Macro) -> str:
    """Return a macro as a text has it; the reading of a variable by what it is there."""
    variable = _GET.search(text)
    return macro.written if macro.written in text or variable is None else variable[0]


def _readings(parts: Parts, choices: Sequence[Choices], place: int) -> Iterator[str]:
    """Yield what can stand where a macro does, with the words around."""
    following = place + 1
    near = following
    while near < len(parts) and isinstance(parts[near], str) and len(str(parts[near])) <= AROUND:
        near += 1
    others = choices[near] if near < len(parts) and isinstance(parts[near], Macro) else ("",)
    between = "".join(each[0] for each in choices[following:near])
    before = "".join(each[0] for each in choices[max(0, place - 8) : place])
    if len(before) > AROUND:
        before = _CUT.sub("", before[-AROUND:])
    after = "".join(each[0] for each in choices[near + 1 : near + 9])[:AROUND]
    if len(choices[place]) * len(others) > TOGETHER:
        others = others[:1]
    for one, other in product(choices[place], others):
        yield before + one + between + other + after


def _choices(part: str | Macro) -> Choices:
    """Return all that a part of a text can stand for; one at least."""
    found = part if isinstance(part, str) else _FIXED.get(part.name, part.written)
    match part:
        case Macro("random" | "pick"):
            return [each for option in part.options for each in _joined(option)]
        case Macro("reverse"):
            return [each[::-1] for each in _joined(part.options[0])]
        case Macro("roll"):
            formula = formula_of(part.argument)
            assert formula is not None
            return [str(dice.roll(formula, chance).total) for chance in (lambda _: 1, lambda sides: sides)]
        case _:
            return (found,)


def _joined(option: Parts) -> list[str]:
    """Return what an option can stand for, with the macros in it."""
    return ["".join(each) for each in islice(product(*map(_choices, option)), TOGETHER)]
