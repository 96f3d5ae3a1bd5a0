r"""A character card's data: the versions 1, 2 and 3 of the specification in one form.

Law: what a field of the specification holds has the specification's type afterwards, whatever a program
wrote; all else is neither read nor changed. Texts have `\n` as line ends, and no blanks around them.

The specifications: spec_v1.md and spec_v2.md of github.com/malfoyslastname/character-card-spec-v2,
SPEC_V3.md of github.com/kwaroran/character-card-spec-v3.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bot.core.cards.report import Finding, Kind, Told

V1_TEXTS: Final = ("name", "description", "personality", "scenario", "first_mes", "mes_example")
"""The fields of version 1, all of them texts."""

V2_TEXTS: Final = (
    "creator_notes",
    "system_prompt",
    "post_history_instructions",
    "creator",
    "character_version",
)
V2_LISTS: Final = ("alternate_greetings", "tags")
V3_LISTS: Final = ("group_only_greetings",)

SPECS: Final[Mapping[str, str]] = {"v2": "chara_card_v2", "v3": "chara_card_v3"}
"""The versions that can be written, and their names in `spec`."""

SPEC_VERSIONS: Final[Mapping[str, str]] = {"v2": "2.0", "v3": "3.0"}

COPIES: Final = frozenset({*V1_TEXTS, "tags", "creatorcomment", "avatar"})
"""Fields that SillyTavern writes beside `data` once more (src/endpoints/characters.js); `data` counts."""


@dataclass(frozen=True, slots=True)
class Card:
    """A card.

    Attributes:
        data: its fields: each mandatory one of version 3, others if the card has them, unknown ones as
        they are. beside: what stands beside `data`, at the top of the file, and is no copy of it.
    """

    data: Mapping[str, Any]
    beside: Mapping[str, Any] = field(default_factory=dict)


_OWN: Final = frozenset({"first_mes", "mes_example"})
"""Fields of version 1, which names itself nowhere, that no persona has."""


class NoCardError(ValueError):
    """The data is no character card."""


def is_card(raw: object) -> bool:
    """Return whether data is a character card of any version."""
    if not isinstance(raw, dict):
        return False
    fields = _fields(raw)
    is_told = raw.get("spec") in SPECS.values() or fields is not raw or not _OWN.isdisjoint(fields)
    return is_told and isinstance(fields.get("name"), str | int)


def _fields(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    inner = raw.get("data")
    return inner if isinstance(inner, dict) else raw


def card_of(raw: Mapping[str, Any]) -> tuple[Card, tuple[Finding, ...]]:
    """Return the card in parsed JSON, and what was ignored in it.

    Raises:
        NoCardError: it is none.
    """
    if not is_card(raw):
        raise NoCardError
    fields = _fields(raw)
    outside = {key: raw[key] for key in raw if key not in {"spec", "spec_version"}}
    if fields is raw:
        beside = {key: value for key, value in outside.items() if key not in FIELDS}
        fields = {key: value for key, value in outside.items() if key in FIELDS}
        if "creator_notes" not in fields and "creatorcomment" in beside:
            fields = {**fields, "creator_notes": beside.pop("creatorcomment")}
        copies: tuple[str, ...] = ()
    else:
        copies = tuple(key for key in outside if key in COPIES)
        beside = {key: value for key, value in outside.items() if key not in {"data", *COPIES}}
    found = [Finding(Kind.IGNORED, Told.COPIES, facts={"fields": copies})] if copies else []
    if newer := _newer(raw.get("spec_version")):
        found.append(Finding(Kind.WARNING, Told.NEWER, facts={"version": newer}))
    data: dict[str, Any] = {}
    for name, conform in FIELDS.items():
        value, is_fit = conform(fields.get(name))
        if value is not None:
            data[name] = value
        if not is_fit:
            found.append(Finding(Kind.IGNORED, Told.UNFIT, facts={"field": name}))
    unknown = {name: value for name, value in fields.items() if name not in FIELDS}
    return Card({**data, **unknown}, beside), tuple(found)


def _newer(version: object) -> str:
    """Return the version of a card's specification if it is later than 3.0; else ""."""
    try:
        return str(version) if float(str(version)[:8]) > float(SPEC_VERSIONS["v3"]) else ""
    except ValueError:
        return ""


def written(card: Card, spec: str) -> dict[str, Any]:
    """Return the JSON of a card in a version of `SPECS`.

    Version 2 takes the fields of version 3 along as unknown ones, which its programs have to keep.
    """
    data = dict(card.data)
    if spec == "v2" and not data.get("group_only_greetings"):
        data.pop("group_only_greetings", None)
    return {**card.beside, "spec": SPECS[spec], "spec_version": SPEC_VERSIONS[spec], "data": data}


# --- the specification's types ---------------------------------------------------------------------

_LINE_ENDS: Final = re.compile(r"\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")

Conformed = tuple[Any, bool]
"""A value of the specification's type, None if there is to be none; and whether nothing was ignored."""


def clean_text(text: str) -> str:
    r"""Return a text with `\n` as line ends and without blanks around it."""
    return _LINE_ENDS.sub("\n", text).strip()


def _text(value: object) -> Conformed:
    match value:
        case None:
            return "", True
        case str():
            return clean_text(value), True
        case bool():
            return "", False
        case int() | float():  # a version may be a number
            return str(value), True
        case list() if all(isinstance(each, str) for each in value):
            return clean_text("\n".join(value)), True
    return "", False


def _optional_text(value: object) -> Conformed:
    text, is_fit = _text(value)
    return text or None, is_fit


def _texts(value: object) -> Conformed:
    """Return a list of texts that aren't empty."""
    if value is None:
        return [], True
    if isinstance(value, str):
        return list(filter(None, [clean_text(value)])), True
    if not isinstance(value, list):
        return [], False
    texts = [_text(each) for each in value if not isinstance(each, list)]
    is_fit = len(texts) == len(value) and all(fit for _, fit in texts)
    return [text for text, _ in texts if text], is_fit


def _tags(value: object) -> Conformed:
    """Return a list of tags, which some programs write in one text, with commas."""
    return _texts(value.split(",") if isinstance(value, str) else value)


def _optional_texts(value: object) -> Conformed:
    return (None, True) if value is None else _texts(value)


def _notes(value: object) -> Conformed:
    """Return texts by language."""
    if not isinstance(value, dict):
        return None, value is None
    texts = {language: _text(text) for language, text in value.items()}
    return {language: text for language, (text, _) in texts.items()}, all(fit for _, fit in texts.values())


def _time(value: object) -> Conformed:
    """Return a time in seconds or milliseconds, as the card has it."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,16}", value):
        return int(value), True
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value, True
    return None, value is None


def _assets(value: object) -> Conformed:
    if not isinstance(value, list):
        return None, value is None
    kept = [each for each in value if isinstance(each, dict)]
    return kept, len(kept) == len(value)


def _mapping(value: object) -> Conformed:
    return (value, True) if isinstance(value, dict) else ({}, value is None)


def _book(value: object) -> Conformed:
    return (value, True) if isinstance(value, dict) else (None, value is None)


FIELDS: Final[Mapping[str, Callable[[object], Conformed]]] = {
    **dict.fromkeys((*V1_TEXTS, *V2_TEXTS), _text),
    "alternate_greetings": _texts,
    "tags": _tags,
    "extensions": _mapping,
    "character_book": _book,
    "nickname": _optional_text,
    "group_only_greetings": _texts,
    "creator_notes_multilingual": _notes,
    "source": _optional_texts,
    "creation_date": _time,
    "modification_date": _time,
    "assets": _assets,
}
"""The fields of all versions, and what makes a value of each field's type."""


def strings_in(data: object) -> Iterator[str]:
    """Yield all texts in parsed JSON, keys too."""
    waiting = [data]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            yield from each
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
