"""Characters of text-generation-webui and of Pygmalion, as a card.

Law: an old key means what the newest of its kind does; what isn't known is taken along as it is.

The keys: text-generation-webui's modules/chat.py (`load_character`, `build_pygmalion_style_context`).
"""

from collections.abc import Mapping
from typing import Any, Final

from bot.core.cards.card import clean_text
from bot.core.cards.dialogue import starts_dialogue
from bot.core.cards.mapping import NAMESPACE
from bot.core.cards.report import Finding, Kind, Told

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("name", "char_name", "bot", "name2"),
    "first_mes": ("greeting", "char_greeting"),
    "description": ("context", "char_persona"),
    "scenario": ("world_scenario",),
    "mes_example": ("example_dialogue",),
    "system_prompt": ("custom_system_message", "system_message"),
}
"""Fields of a card, and the keys that mean them; the first one that is filled counts."""

_PERSON: Final = (("your_name", "name1"), ("user_bio",))
"""The keys about the person: the name, and who that is."""

_START: Final = "<START>"
"""What begins an example in cards, and may be missing in a character."""

_TELLING: Final = frozenset({"context", "char_persona", "char_greeting"})
"""Keys that a persona of ours doesn't have, and such a character does."""


def is_character(data: object) -> bool:
    """Return whether data is such a character."""
    return isinstance(data, dict) and bool(_TELLING & data.keys()) and bool(_taken(data, _NAMES["name"])[1])


def card_of_character(data: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return a character as the JSON of a card, and what was changed."""
    rest = dict(data)
    fields: dict[str, Any] = {}
    for field, keys in _NAMES.items():
        key, text = _taken(rest, keys)
        fields[field] = text
        rest.pop(key, None)
    findings = []
    name = " ".join(fields["name"].split())
    if not fields["mes_example"] and (at := starts_dialogue(fields["description"], (name,))) is not None:
        context = fields["description"]
        fields["description"], fields["mes_example"] = context[:at].rstrip(), context[at:]
        findings.append(Finding(Kind.CHANGED, Told.CONTEXT_SPLIT, "samples"))
    if fields["mes_example"] and not fields["mes_example"].upper().startswith(_START):
        fields["mes_example"] = f"{_START}\n{fields['mes_example']}"
    (name_key, called), (bio_key, bio) = (_taken(rest, keys) for keys in _PERSON)
    if bio:
        rest.pop(bio_key, None)
        rest.pop(name_key, None)
        user = {"name": called, "description": bio} if called else {"description": bio}
        fields["extensions"] = {NAMESPACE: {"user": user}}
    return {**rest, **fields}, tuple(findings)


def _taken(data: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str, str]:
    """Return the first of some keys that has a text, and that text."""
    for key in keys:
        value = data.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and (text := clean_text(str(value))):
            return key, text
    return "", ""
