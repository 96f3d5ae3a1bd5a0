"""Shapes: what a pydantic model allows, and its validation errors as problems.

Law: every error has a sentence of the catalogue and the place of its key, and no error repeats what may be a
misplaced secret.
"""

import heapq
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from bot.files import lookalikes
from bot.files.problems import (
    PROBLEM_LIMIT,
    KeyPath,
    Locate,
    Problem,
    close_to,
    kind_of,
    lookalike,
    nearest,
    problem,
    shown,
    value_of,
)
from bot.files.yamlfile import meaning
from bot.texts.sentences import Sentence

_OURS: Final = "ours"
"""The error type of our own validators, to distinguish it from Pydantic's."""


def wrong(sentence: str, /, **facts: object) -> PydanticCustomError:
    """Return the error that a validator raises for a sentence of the catalogue; see `problem`."""
    return PydanticCustomError(_OURS, "{sentence}", {"sentence": sentence, "facts": facts})


def problems_of(error: ValidationError, model: type[BaseModel], spot: Locate) -> list[Problem]:
    """Return a model's validation errors as problems, in the order of the file.

    Values are never repeated, so that a misplaced secret stays secret. The only exceptions are keys, unknown
    choices (as far as `shown` allows) and numbers out of range.
    """
    shape = _shape(model)

    def place(detail: ErrorDetails) -> tuple[str, int, int]:
        found = spot(_path_of(detail))
        return found.file, found.line or 0, found.column or 0

    first = heapq.nsmallest(PROBLEM_LIMIT, error.errors(include_url=False), place)
    meant = {_meant(_path_of(detail)) for detail in first if _character_at_fault(detail, shape)}
    return [
        _shape_problem(detail, shape, spot)
        for detail in first
        if detail["type"] != "missing" or _path_of(detail) not in meant
    ]


class _Shape:
    """The values that a model allows, according to its JSON Schema."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._whole = model.model_json_schema()

    def keys(self, path: KeyPath) -> set[str]:
        """Return the keys that are allowed below a path."""
        return {key for node in self._at(path) for key in node.get("properties", {})}

    def needs(self, path: KeyPath) -> bool:
        """Return whether a key is required."""
        return any(path[-1] in node.get("required", []) for node in self._at(path[:-1]))

    def choices(self, path: KeyPath) -> list[str]:
        """Return the texts that are allowed at a path, in the model's order."""
        return [str(choice) for node in self._at(path) for choice in node.get("enum", [])]

    def range(self, path: KeyPath) -> Sentence:
        """Return the range of numbers that are allowed at a path."""
        ends = {end: node[name] for node in self._at(path) for name, end in _ENDS.items() if name in node}
        which = "_".join(ends)
        return Sentence(f"yaml.range.{which}", **ends)

    def _at(self, path: KeyPath) -> list[dict[str, Any]]:
        nodes = self._plain(self._whole)
        for step in path:
            nodes = [inner for node in nodes for inner in self._plain(_below(node, step))]
        return nodes

    def _plain(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        """Return a node without references and alternatives, such as those of an optional value."""
        if "$ref" in node:
            return self._plain(self._whole["$defs"][node["$ref"].rpartition("/")[2]])
        if "anyOf" in node:
            return [plain for inner in node["anyOf"] for plain in self._plain(inner)]
        return [node]


def _below(node: dict[str, Any], step: str | int) -> dict[str, Any]:
    found: object = node.get("items")
    if isinstance(step, str):
        found = node.get("properties", {}).get(step, node.get("additionalProperties"))
    return found if isinstance(found, dict) else {}


@cache
def _shape(model: type[BaseModel]) -> _Shape:
    """Return a model's shape, which takes Pydantic longer than all the rest."""
    return _Shape(model)


_ENDS: Final[Mapping[str, str]] = {"exclusiveMinimum": "above", "minimum": "least", "maximum": "most"}
"""JSON Schema's names for the ends of a range, and those in the keys of our sentences for ranges."""


def _path_of(detail: ErrorDetails) -> KeyPath:
    return tuple(step for step in detail["loc"] if step != "[key]")


def _shape_problem(detail: ErrorDetails, shape: _Shape, spot: Locate) -> Problem:
    path = _path_of(detail)
    sentence = _sentence_of(detail)
    if character := _character_at_fault(detail, shape):
        return lookalike(character, spot(path, character), path, instead=_instead(character, sentence))
    if detail["type"] == _OURS:
        return problem(sentence, spot(path), path, **detail["ctx"]["facts"])
    if sentence in _WANTED and not path:
        sentence = "yaml.no_keys"
    told = problem(sentence, spot(path), path, **_shape_facts(detail, shape, sentence))
    if sentence in _WANTED and detail["input"] is None:
        return replace(told, hint=Sentence("yaml.give_value" if shape.needs(path) else "yaml.give_or_drop"))
    return told


def _shape_facts(detail: ErrorDetails, shape: _Shape, sentence: str) -> dict[str, object]:
    """Return the facts that a sentence names."""
    path, found, context = _path_of(detail), detail["input"], detail.get("ctx", {})
    facts: dict[str, object] = {"found": kind_of(found)}
    match sentence:
        case "yaml.unknown_key":
            facts["nearest"] = nearest(str(path[-1]), shape.keys(path[:-1]))
        case "yaml.missing_key":
            facts["key"] = shown(str(path[-1]))
        case "yaml.too_long":
            facts |= {"length": len(str(found).strip()), "most": context["max_length"]}
        case "yaml.too_many":
            facts |= {"length": context["actual_length"], "most": context["max_length"]}
        case "yaml.no_choice":
            facts |= {"value": value_of(found), "choices": _choices(found, shape.choices(path))}
        case "yaml.out_of_range":
            facts |= {"value": value_of(found), "range": shape.range(path)}
        case "yaml.other":
            facts["message"] = detail["msg"].lower()
    return facts


def _instead(character: str, sentence: str) -> str | None:
    """Return what to write instead of a look-alike in a value; None if it isn't in one."""
    ordinary = lookalikes.ordinary(character)
    if sentence in _MEANT:
        return ordinary.strip("'\"")
    return ordinary if sentence == "yaml.no_choice" else None


def _sentence_of(detail: ErrorDetails) -> str:
    if detail["type"] == _OURS:
        return str(detail["ctx"]["sentence"])
    return _SHAPES.get(detail["type"], "yaml.other")


def _meant(path: KeyPath) -> KeyPath:
    """Return the path of the key that the last key of a path looks like."""
    return (*path[:-1], lookalikes.bare(str(path[-1]))) if path else path


def _character_at_fault(detail: ErrorDetails, shape: _Shape) -> str:
    """Return the look-alike that is the reason for a mistake; "" if there is none."""
    sentence, path, found = _sentence_of(detail), _path_of(detail), detail["input"]
    if sentence == "yaml.unknown_key":
        return lookalikes.at_fault_in_key(str(path[-1]), shape.keys(path[:-1]))
    if not isinstance(found, str):
        return ""
    if sentence == "yaml.want_keys":
        return lookalikes.at_fault_in_place_of_keys(found, shape.keys(path))
    if sentence == "yaml.want_list":
        return lookalikes.at_fault_in_place_of_list(found)
    if sentence == "yaml.no_choice":
        return lookalikes.at_fault_in_value(found, shape.choices(path).__contains__)
    kinds = _MEANT.get(sentence)
    return (
        lookalikes.at_fault_in_value(found, lambda plain: isinstance(meaning(plain), kinds)) if kinds else ""
    )


_MEANT: Final[Mapping[str, tuple[type, ...]]] = {
    "yaml.want_whole": (int,),
    "yaml.want_number": (int, float),
    "yaml.want_bool": (bool,),
    "config.bad_channel": (int,),
}
"""What a text would have to mean where our sentences want something else."""

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
    "too_long": "yaml.too_many",
    "string_pattern_mismatch": "yaml.bad_name",
    "literal_error": "yaml.no_choice",
    "enum": "yaml.no_choice",
    "greater_than": "yaml.out_of_range",
    "greater_than_equal": "yaml.out_of_range",
    "less_than_equal": "yaml.out_of_range",
}
"""Pydantic's error types, and our sentences for them."""

_WANTED: Final = frozenset(sentence for sentence in _SHAPES.values() if sentence.startswith("yaml.want_"))
"""Our sentences about a value of the wrong type."""


def _choices(found: object, known: list[str]) -> Sentence:
    """Return all choices in words, and the nearest one if one is similar."""
    words = Sentence("yaml.or", words=known[:-1], last=known[-1])
    close = close_to(found, known) if isinstance(found, str) else None
    return words if close is None else Sentence("yaml.choices", words=words, nearest=close)
