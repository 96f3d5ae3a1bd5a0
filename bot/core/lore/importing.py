"""Import of lorebooks: those of character cards (versions 2 and 3), and SillyTavern's world files.

Law: what a book says is kept: under our keys where there is one, else untouched under `card`, so that an
export gives it back. What is told otherwise here than its writer meant is said. Nothing is guessed from a
value of another kind than it should be: it is kept, and does nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from bot.core.lore.decorators import decorated
from bot.core.lore.exporting import USUAL_ORDER, card_book, card_entry, stands_before
from bot.core.lore.keys import faults_of, is_key
from bot.core.lorebook import COUNT_LIMIT, DEPTH_LIMIT, TIMER_LIMIT, Logic

NAMED: Final = 3
"""Entries that a remark names."""


class LoreRemark(StrEnum):
    """What is said of an import, about one entry or more."""

    DEPTH = "depth"  # it wants a place between the messages, and stands in the note on the newest
    REGEX = "regex"  # RE2 doesn't take its pattern
    NEVER = "never"  # nothing brings it up
    LIMITED = "limited"  # a number above our limits
    VECTORS = "vectors"  # it is to be found by likeness
    FILTER = "filter"  # it is for some characters only
    GROUP = "group"  # its group chooses in another way
    KEPT = "kept"  # fields that do nothing here


class Remark(NamedTuple):
    """A remark, with how many entries it is about, the names of the first, and what they said."""

    kind: LoreRemark
    entries: int
    names: tuple[str, ...]
    said: str = ""


class ImportedLore(NamedTuple):
    """A lorebook as the data of our YAML, and what is to be said of it."""

    data: dict[str, Any]
    report: tuple[Remark, ...]


class NotLoreError(ValueError):
    """What was to be imported is no lorebook."""


def lorebook_of(content: object) -> ImportedLore:
    """Return the lorebook of a JSON: a world file, a book by itself, or a card with one.

    Raises:
        NotLoreError: it is none of these.
    """
    found = content
    for key in ("data", "character_book"):
        if isinstance(found, dict) and "entries" not in found and key in found:
            found = found[key]
    if not isinstance(found, dict):
        raise NotLoreError
    imported = lorebook_of_card(found)
    entries = imported.data["entries"]
    if entries and not any(entry["content"].strip() for entry in entries):
        raise NotLoreError  # other programs have entries too, and other names for what these say
    return imported


def lorebook_of_card(book: Mapping[str, Any]) -> ImportedLore:
    """Return a card's `character_book`; entries in the form of world files are taken too.

    Raises:
        NotLoreError: it has no entries, not even none.
    """
    if not isinstance(book.get("entries"), dict | list):
        raise NotLoreError
    book, originals = _with_original(book)
    written = [_as_card(each, originals) for each in _listed(book["entries"])]
    is_tavern = any(_TAVERNS & each["extensions"].keys() for each in written)
    remarks = _Remarks()
    data: dict[str, Any] = {}
    _take(data, "name", _text(book.get("name")))
    _take(data, "description", _text(book.get("description")))
    _take(data, "scan_depth", _count(book.get("scan_depth")))
    _take(data, "token_budget", _count(book.get("token_budget")))
    _take(data, "recursive", book.get("recursive_scanning") is True)
    data["entries"] = [_entry(each, remarks, is_tavern=is_tavern) for each in written]
    _take(data, "card", _left({key: book[key] for key in book if key != "entries"}, card_book(data)))
    return ImportedLore(data, remarks.all)


def numbers_greetings(book: object) -> bool:
    """Return whether an entry of a card's `character_book` names a greeting by its number."""
    entries = _listed(book.get("entries")) if isinstance(book, dict) else ()
    return any(decorated(_text(each.get("content"))).greeting is not None for each in entries)


def _listed(entries: object) -> list[Mapping[str, Any]]:
    """Return the entries of a list, or of a world file, which numbers them."""
    listed = entries.values() if isinstance(entries, dict) else entries if isinstance(entries, list) else ()
    return [each for each in listed if isinstance(each, dict)]


def _with_original(book: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[object, Mapping[str, Any]]]:
    """Return a world file with what else the card's book says that it was made of, and the entries of that.

    SillyTavern keeps that book whole (`originalData`) for exports, so that most of it is there twice.
    """
    original = book.get(_ORIGINAL)
    if not isinstance(original, dict) or not isinstance(original.get("entries"), dict | list):
        return book, {}
    entries = {each.get("id", number): each for number, each in enumerate(_listed(original["entries"]))}
    return {**original, **{key: book[key] for key in book if key != _ORIGINAL}}, entries


@dataclass
class _Remarks:
    """The remarks so far, in the order of their kinds."""

    found: dict[tuple[LoreRemark, str], list[str]] = field(default_factory=dict)

    def add(self, kind: LoreRemark, entry: str, said: str = "") -> None:
        self.found.setdefault((kind, said), []).append(entry)

    @property
    def all(self) -> tuple[Remark, ...]:
        order = list(LoreRemark)
        items = sorted(self.found.items(), key=lambda each: order.index(each[0][0]))
        return tuple(
            Remark(kind, len(names), tuple(filter(None, names))[:NAMED], said)
            for (kind, said), names in items
        )


def _entry(raw: Mapping[str, Any], remarks: _Remarks, *, is_tavern: bool) -> dict[str, Any]:
    """Return an entry in the form of the cards as ours, without what is usual."""
    more, data = raw["extensions"], dict[str, Any]()
    _take(data, "name", _text(raw.get("name")) or _text(raw.get("comment")))
    data["keys"] = _texts(raw.get("keys"))
    # SillyTavern writes `use_regex` on every entry, and means the form of the key.
    regex = raw.get("use_regex") is True and not is_tavern
    secondary = _texts(raw.get("secondary_keys")) if raw.get("selective") is True and not regex else []
    if any(map(is_key, secondary)):
        data["secondary_keys"] = secondary
        logic = more.get("selectiveLogic")
        _take(data, "logic", _LOGIC.get(logic) if type(logic) is int else None)
    _take(data, "regex", regex)
    if raw.get("enabled") is False:
        data["enabled"] = False
    _take(data, "constant", raw.get("constant") is True)
    _take(data, "position", "before" if stands_before(raw) else None)
    order = _number(raw.get("insertion_order"))
    _take_known(data, "order", order if order != USUAL_ORDER else None)
    _take_known(data, "priority", _number(raw.get("priority")))
    _take_known(data, "scan_depth", _count(more.get("scan_depth")))
    sensitive = more.get("case_sensitive") if raw.get("case_sensitive") is None else raw.get("case_sensitive")
    _take_known(data, "case_sensitive", sensitive if isinstance(sensitive, bool) else None)
    whole = more.get("match_whole_words")
    _take_known(data, "whole_words", whole if isinstance(whole, bool) else None)
    _take_known(data, "probability", _probability(more))
    for key in _FLAGS:
        value = more.get(key)
        _take(data, key, value is True or (key == _DELAYED and type(value) is int and value > 0))
    for key in ("sticky", "cooldown", "delay"):
        _take(data, key, _count(more.get(key)))
    if (group := _text(more.get("group"))).strip():
        data["group"] = group
        _take_known(data, "group_weight", _count(more.get("group_weight")))
    data["content"] = _text(raw.get("content"))
    _remark(data, raw, remarks)
    left = _left(raw, card_entry(data))
    if raw.get("name") and raw.get("name") == raw.get("comment"):
        left["name"] = raw["name"]  # else it would count as no more than a comment
    _take(data, "card", left)
    return data


def _remark(data: Mapping[str, Any], raw: Mapping[str, Any], remarks: _Remarks) -> None:
    """Note what is told otherwise here than the entry's writer meant."""
    more, name = raw["extensions"], data.get("name") or next(iter(data["keys"]), "")
    position, marks = more.get("position"), decorated(data["content"])
    if (type(position) is int and position in _DEPTHS) or marks.wishes:
        remarks.add(LoreRemark.DEPTH, name)
    for fault in faults_of(data["keys"], regex=data.get("regex", False)):
        remarks.add(LoreRemark.REGEX, name, f"{fault.key}: {fault.reason}")
    needs_none = data.get("constant") or marks.activate
    if not needs_none and not any(map(is_key, data["keys"])) and data.get("enabled", True):
        remarks.add(LoreRemark.VECTORS if more.get("vectorized") is True else LoreRemark.NEVER, name)
    depths = (data.get("scan_depth", 0), DEPTH_LIMIT)
    timers = ((data.get(key, 0), TIMER_LIMIT) for key in ("sticky", "cooldown", "delay"))
    if any(value > most for value, most in (depths, *timers)):
        remarks.add(LoreRemark.LIMITED, name)
    if _filters(more.get("character_filter")):
        remarks.add(LoreRemark.FILTER, name)
    if data.get("group") and (more.get("group_override") is True or more.get("use_group_scoring") is True):
        remarks.add(LoreRemark.GROUP, name)
    for key in _NOT_HERE:
        if more.get(key):
            remarks.add(LoreRemark.KEPT, name, key)


def _as_card(entry: Mapping[str, Any], originals: Mapping[object, Mapping[str, Any]]) -> dict[str, Any]:
    """Return an entry of either form in that of the cards, with `extensions` that are a mapping.

    One of a world file has what else the entry of the card's book says that it was made of.
    """
    more = entry.get("extensions")
    if "key" not in entry or "keys" in entry:
        return {**entry, "extensions": more if isinstance(more, dict) else {}}
    known: dict[str, Any] = {}
    rest: dict[str, Any] = dict(more) if isinstance(more, dict) else {}
    for key, value in entry.items():
        if any(_is_same(value, usual) for usual in (*_NOTHING, _USUAL.get(key))):
            continue
        if key == "characterFilter" and not _filters(value):
            continue
        if key in _CARD_FIELDS:
            known[_CARD_FIELDS[key]] = value
        elif key not in _UNSAID:
            rest[_snake(key)] = value
    if "secondary_keys" not in known:
        known.pop("selective", None)
    if type(rest.get("position")) is int and rest["position"] in _BESIDE_DESCRIPTION:
        known["position"] = _BESIDE_DESCRIPTION[rest.pop("position")]
    known["enabled"] = entry.get("disable") is not True
    uid = entry.get("uid")
    original = originals.get(uid) if isinstance(uid, int | str) else None
    if original is not None:
        said = {_snake(key) for key in entry if entry[key] is not None}
        known = {**_without(original, said | _SAID), **known}
        rest = {**_without(original.get("extensions"), said), **rest}
    return {**known, "use_regex": False, "extensions": rest}


def _without(data: object, keys: Collection[str]) -> dict[str, Any]:
    return {key: data[key] for key in data if key not in keys} if isinstance(data, dict) else {}


def _snake(key: str) -> str:
    """Return a name of world files as cards have it: `scanDepth` is `scan_depth`, but two keep their own."""
    if key in {"selectiveLogic", "useProbability"}:
        return key
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in key)


def _left(raw: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an export wouldn't give back."""
    left: dict[str, Any] = {}
    for key, value in raw.items():
        if key == "extensions":
            theirs, ours = value if isinstance(value, dict) else {}, made.get(key, {})
            if more := {name: each for name, each in theirs.items() if not _has(ours, name, each)}:
                left[key] = more
        elif key not in _IN_EACH and not _has(made, key, value):
            left[key] = value
    return left


def _has(made: Mapping[str, Any], key: str, value: object) -> bool:
    return key in made and _is_same(value, made[key])


def _is_same(one: object, other: object) -> bool:
    """Return whether two values are the same, of the same kind."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _take(data: dict[str, Any], key: str, value: object) -> None:
    """Write a value that says something."""
    if value:
        data[key] = value


def _take_known(data: dict[str, Any], key: str, value: object) -> None:
    if value is not None:
        data[key] = value


def _probability(more: Mapping[str, Any]) -> float | None:
    value = more.get("probability")
    if more.get("useProbability") is False or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < _ALWAYS else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _number(value: object) -> float | int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) <= COUNT_LIMIT else None


def _count(value: object) -> int | None:
    found = _number(value)
    return int(found) if found is not None and found >= 0 and int(found) == found else None


def _filters(value: object) -> bool:
    return isinstance(value, dict) and any(value.get(key) for key in ("names", "tags"))


_ALWAYS: Final = 100
_DELAYED: Final = "delay_until_recursion"
_LOGIC: Final = {0: None, 1: Logic.NOT_ALL.value, 2: Logic.NOT_ANY.value, 3: Logic.AND_ALL.value}
"""SillyTavern's numbers; the first is the usual one."""

_FLAGS: Final = ("exclude_recursion", "prevent_recursion", _DELAYED)

_BESIDE_DESCRIPTION: Final[Mapping[int, str]] = {0: "before_char"}
"""SillyTavern's positions that cards have too; after the description is the usual one."""

_DEPTHS: Final = frozenset({2, 3, 4, 5, 6, 7})
"""SillyTavern's positions in an author's note, between messages, around examples, and by name."""

_NOT_HERE: Final = (
    "automation_id",
    "ignore_budget",
    "outlet_name",
    "triggers",
    "match_persona_description",
    "match_character_description",
    "match_character_personality",
    "match_character_depth_prompt",
    "match_scenario",
    "match_creator_notes",
)

_UNSAID: Final = frozenset({"uid", "extensions", "disable", "displayIndex", "addMemo"})
"""Fields of world files that say where an entry stands in a list, or that are read by themselves."""

_ORIGINAL: Final = "originalData"
_SAID: Final = frozenset(
    {
        *("keys", "secondary_keys", "comment", "name", "content", "constant", "selective", "enabled"),
        *("insertion_order", "position", "use_regex", "extensions", "id"),
    }
)
"""Fields of cards' entries that those of world files have too, under these names or others."""

_NOTHING: Final[tuple[object, ...]] = (None, "", [], {}, False)
_USUAL: Final[Mapping[str, object]] = {
    "probability": 100,
    "useProbability": True,
    "depth": 4,
    "groupWeight": 100,
    "role": 0,
    "selectiveLogic": 0,
    "sticky": 0,
    "cooldown": 0,
    "delay": 0,
    "delayUntilRecursion": 0,
    "position": 1,
}
"""What SillyTavern writes where nobody has chosen anything; world files are full of it."""

_IN_EACH: Final = frozenset({"keys", "content", "enabled"})
"""Fields that every entry has, so that a value of another kind is no entry's."""

_TAVERNS: Final = frozenset({"selectiveLogic", "exclude_recursion", "display_index", "useProbability"})
"""Extensions by which an export of SillyTavern's is known."""

_CARD_FIELDS: Final[Mapping[str, str]] = {
    "key": "keys",
    "keysecondary": "secondary_keys",
    "order": "insertion_order",
    "comment": "name",
    "content": "content",
    "constant": "constant",
    "selective": "selective",
    "priority": "priority",
}
"""The fields of world files, and those of cards."""
