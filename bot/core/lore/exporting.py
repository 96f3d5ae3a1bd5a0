"""Export of lorebooks: our data as a card's `character_book`, by version 3 of the cards.

Law: what the book says now goes before what a card once said (`card`); what the card said and we have no key
for comes back untouched.
"""

from collections.abc import Mapping
from typing import Any, Final

from bot.core.lorebook import Logic

USUAL_ORDER: Final = 100
"""The order of an entry that names none."""

Data = Mapping[str, Any]
"""A lorebook or entry as the plain data of our YAML, which the model has taken."""


def card_book(data: Data) -> dict[str, Any]:
    """Return a lorebook as a card has it, with all of its entries.

    How keys are looked for stands in each entry: cards have no such field of the whole book.
    """
    made: dict[str, Any] = {
        theirs: data[ours] for ours, theirs in _BOOK.items() if data.get(ours) not in (None, "")
    }
    left = data.get("card") or {}
    book = {**left, **made, "extensions": dict(left.get("extensions") or {})}
    shared = {key: True for key in _SHARED if data.get(key)}
    book["entries"] = [card_entry({**shared, **each}) for each in data.get("entries") or ()]
    return book


def card_entry(data: Data) -> dict[str, Any]:
    """Return an entry as a card has it."""
    left = data.get("card") or {}
    made: dict[str, Any] = {
        "keys": list(data.get("keys") or ()),
        "content": data.get("content", ""),
        "enabled": data.get("enabled", True),
        **({"insertion_order": data["order"]} if "order" in data else {}),
    }
    if data.get("secondary_keys"):
        made |= {"selective": True, "secondary_keys": list(data["secondary_keys"])}
    if data.get("name") and not _is_comment(data, left):
        made["name"] = data["name"]
    made |= {theirs: data[ours] for ours, theirs in _ENTRY.items() if data.get(ours) is not None}
    more = {theirs: data[ours] for ours, theirs in _MORE.items() if data.get(ours) is not None}
    if logic := data.get("logic"):
        more["selectiveLogic"] = _LOGIC[Logic(logic)]
    theirs = dict(left.get("extensions") or {})
    if more.get(_LEVEL) and type(theirs.get(_LEVEL)) is int and theirs[_LEVEL] > 0:
        del more[_LEVEL]  # SillyTavern counts at which step, too
    if "case_sensitive" in made and theirs.get("case_sensitive") is made["case_sensitive"]:
        del made["case_sensitive"]
    if "probability" in more and theirs.get("useProbability") is False:
        more["useProbability"] = True
    is_before = data.get("position") == "before"
    if is_before != stands_before(left):
        made["position"] = "before_char" if is_before else "after_char"
        if type(theirs.get("position")) is int:
            theirs["position"] = 0 if is_before else 1
    entry = {**left, **made, "extensions": {**theirs, **more}}
    entry.setdefault("insertion_order", USUAL_ORDER)
    entry.setdefault("use_regex", False)
    return entry


def stands_before(entry: Data) -> bool:
    """Return whether a card's entry stands before the description; SillyTavern goes by its own number."""
    position = (entry.get("extensions") or {}).get("position")
    return position == 0 if type(position) is int else entry.get("position") == "before_char"


def _is_comment(data: Data, left: Data) -> bool:
    """Return whether an entry's name is what its card calls a comment, and still is."""
    return left.get("comment") == data.get("name") and not left.get("name")


_BOOK: Final[Mapping[str, str]] = {
    "name": "name",
    "description": "description",
    "scan_depth": "scan_depth",
    "token_budget": "token_budget",
    "recursive": "recursive_scanning",
}
_ENTRY: Final[Mapping[str, str]] = {
    "constant": "constant",
    "case_sensitive": "case_sensitive",
    "priority": "priority",
    "regex": "use_regex",
}
_SHARED: Final = ("case_sensitive", "whole_words")
"""What a book says for those of its entries that say nothing about it."""

_LEVEL: Final = "delay_until_recursion"
_MORE: Final[Mapping[str, str]] = {
    "probability": "probability",
    "scan_depth": "scan_depth",
    "whole_words": "match_whole_words",
    "exclude_recursion": "exclude_recursion",
    "prevent_recursion": "prevent_recursion",
    "delay_until_recursion": "delay_until_recursion",
    "sticky": "sticky",
    "cooldown": "cooldown",
    "delay": "delay",
    "group": "group",
    "group_weight": "group_weight",
}
"""Our keys, and those of SillyTavern's extensions."""

_LOGIC: Final = {Logic.AND_ANY: 0, Logic.NOT_ALL: 1, Logic.NOT_ANY: 2, Logic.AND_ALL: 3}
