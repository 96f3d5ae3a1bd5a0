"""From a card to a persona and back: where each field belongs.

Law: `persona_of` and `data_of` are each other's opposite as far as both can say a thing. What a card says
and a persona can't is kept below `card`, and counts on the way back as long as the persona still says
what that means. So no field of a card gets lost, and nothing that an admin has changed is undone.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from bot.core.cards.card import FIELDS, Card, card_of
from bot.core.cards.dialogue import dialogue_of, starts_dialogue, text_of
from bot.core.cards.doubts import (
    LONG_NAME,
    REMINDERS_LIMIT,
    acts_for_player,
    adult_tags,
)
from bot.core.cards.report import Finding, Kind, Told
from bot.core.lore.exporting import card_book
from bot.core.lore.importing import LoreRemark, NotLoreError, lorebook_of_card, numbers_greetings
from bot.core.names import refused_word
from bot.core.persona import NAME_LIMIT, SHORT_NAME_LIMIT, Name, PersonaSheet, ShortName
from bot.core.safe_text import clusters_within

SAMPLES_LIMIT: Final = 3
"""Maximum examples that become samples: MiniMax advises one to three."""

NAMESPACE: Final = "dramatis"
"""The key in `extensions` below which a card has what only our personas have."""

BESIDE: Final = "top_level"
"""The key in `card` for what stands beside `data` in a card's file."""

DEPTH_PROMPT: Final = "depth_prompt"
"""SillyTavern's note at a depth of the chat (public/script.js); personas have no depth."""

PLAIN: Final[Mapping[str, str]] = {
    "description": "description",
    "personality": "personality",
    "scenario": "scenario",
    "system_prompt": "instructions",
}
"""Fields whose texts are a persona's as they are, and its keys."""

SAYS: Final[Sequence[tuple[tuple[str, ...], tuple[str, ...]]]] = (
    (("name",), ("name",)),
    (("nickname",), ("nickname",)),
    *(((field,), (key,)) for field, key in PLAIN.items()),
    (("first_mes", "alternate_greetings"), ("greeting", "greetings")),
    (("group_only_greetings",), ("group_greetings",)),
    (("mes_example",), ("samples", "style")),
    (("post_history_instructions", DEPTH_PROMPT), ("reminders",)),
    (("character_book",), ("lorebook",)),
    (("tags",), ("tags",)),
)
"""Fields, or keys of `extensions`, and the keys of a persona that say the same together."""

LORE: Final[Mapping[LoreRemark, Told]] = {
    LoreRemark.DEPTH: Told.LORE_DEPTH,
    LoreRemark.REGEX: Told.LORE_REGEX,
    LoreRemark.NEVER: Told.LORE_NEVER,
    LoreRemark.LIMITED: Told.LORE_LIMITED,
    LoreRemark.VECTORS: Told.LORE_VECTORS,
    LoreRemark.FILTER: Told.LORE_FILTER,
    LoreRemark.GROUP: Told.LORE_GROUP,
}
"""What is said about entries of a card's lorebook."""

_NOT_OURS: Final = frozenset({"avatar", "card", "servers"})
"""Keys of a persona that don't travel: its picture does, and servers have other numbers elsewhere."""


# --- to a persona ---------------------------------------------------------------------------------


class _Reading:
    """The persona that a card becomes, key by key, and what there is to tell."""

    def __init__(self, data: Mapping[str, Any], file_name: str) -> None:
        self._data = data
        self._file_name = file_name
        self.persona: dict[str, Any] = {}
        self.findings: list[Finding] = []

    def read(self) -> None:
        self._name()
        self._nickname()
        for field, key in PLAIN.items():
            self._put(key, self._data[field])
        self._greetings()
        self._samples()
        self._reminders()
        self._lore()
        self._tags()
        self._own()
        self._doubt()

    def _tell(self, kind: Kind, told: Told, key: str = "", **facts: object) -> None:
        self.findings.append(Finding(kind, told, key, facts))

    def _put(self, key: str, value: object) -> None:
        if value:
            self.persona[key] = value

    def _name(self) -> None:
        whole = self._data["name"]
        name = fitting_name(whole, NAME_LIMIT)
        if not name:
            name = fitting_name(self._file_name, NAME_LIMIT) or "Character"
            self._tell(Kind.WARNING, Told.NAME_FROM_FILE, "name", name=name)
        elif name != whole:
            self._tell(Kind.CHANGED, Told.NAME_CUT, "name", name=name)
        if len(name) > LONG_NAME:
            self._tell(Kind.WARNING, Told.NAME_SHORTEN, "name", length=len(name))
        if word := refused_word(name):
            self._tell(Kind.WARNING, Told.NAME_REFUSED, "name", word=word)
        self._put("name", name)

    def _nickname(self) -> None:
        nickname = self._data.get("nickname", "")
        short = fitting_name(nickname, SHORT_NAME_LIMIT)
        if nickname and short != nickname:
            self._tell(Kind.CHANGED, Told.NICKNAME_CUT, "nickname", name=short)
        self._put("nickname", short)

    def _greetings(self) -> None:
        first, rest = self._data["first_mes"], self._data["alternate_greetings"]
        # Where the card's lore names greetings by their numbers, each stays where it is.
        if not numbers_greetings(self._data.get("character_book")):
            first, rest = self._tidied(first, rest)
        self._put("greeting", first)
        self._put("greetings", rest)
        self._put("group_greetings", self._data["group_only_greetings"])

    def _tidied(self, first: str, others: list[str]) -> tuple[str, list[str]]:
        """Return the greetings with each once, and a first one if there are any."""
        rest = [each for each in others if each != first]
        if len(rest) < len(others) and first:
            self._tell(Kind.CHANGED, Told.GREETING_TWICE, "greetings", count=len(others) - len(rest))
        if first or not rest:
            return first, rest
        self._tell(Kind.CHANGED, Told.GREETING_PROMOTED, "greeting")
        return rest[0], rest[1:]

    def _samples(self) -> None:
        text = self._data["mes_example"]
        spoken = dialogue_of(text, (self._data["name"], self.persona["name"], self._data.get("nickname", "")))
        chosen = spoken.pairs[:SAMPLES_LIMIT]
        self._put("samples", [{"user": user, "reply": reply} for user, reply in chosen])
        self._put("style", spoken.style)
        if len(spoken.pairs) > SAMPLES_LIMIT:
            count = len(spoken.pairs)
            self._tell(Kind.CHANGED, Told.SAMPLES_FIRST, "samples", count=count, most=SAMPLES_LIMIT)
        if spoken.style:
            self._tell(Kind.CHANGED, Told.SAMPLES_STYLE, "style")
        if not text and starts_dialogue(self._data["description"], ()) is not None:
            self._tell(Kind.WARNING, Told.DIALOGUE_IN_DESCRIPTION, "description")

    def _reminders(self) -> None:
        own, deep = self._data["post_history_instructions"], depth_prompt(self._data["extensions"])
        if deep:
            depth = self._data["extensions"][DEPTH_PROMPT].get("depth")
            wished = depth if isinstance(depth, int) else 4  # SillyTavern's default
            self._tell(Kind.CHANGED, Told.DEPTH_PROMPT, "reminders", depth=wished)
        self._put("reminders", "\n\n".join(filter(None, [own, deep])))

    def _lore(self) -> None:
        book = self._data.get("character_book")
        if book is None:
            return
        try:
            found = lorebook_of_card(book)
        except NotLoreError:
            self._tell(Kind.IGNORED, Told.UNFIT, field="character_book")
            return
        if found.data["entries"] and _fits("lorebook", found.data):
            self._put("lorebook", found.data)
        for remark in found.report:
            told = LORE.get(remark.kind)
            if told is not None:
                facts = {"count": remark.entries, "names": remark.names or ("…",)}
                self._tell(Kind.WARNING, told, "lorebook", **facts)

    def _tags(self) -> None:
        tags = self._data["tags"]
        self._put("tags", tags)
        if adult := adult_tags(tags):
            self._put("nsfw", value=True)
            self._tell(Kind.WARNING, Told.ADULT, "nsfw", tags=adult)

    def _own(self) -> None:
        """Take what only personas have from a card that was exported from one."""
        taken = []
        for key, value in _ours(self._data["extensions"]).items():
            # A card may claim to be for adults, and not that its tags don't count.
            if key in only_ours() and _fits(key, value) and value is not False:
                self.persona[key] = value
                taken.append(key)
        if taken:
            self._tell(Kind.KEPT, Told.OURS, keys=tuple(taken))

    def _doubt(self) -> None:
        greetings = [self.persona.get("greeting", ""), *self._data["alternate_greetings"]]
        for number, text in enumerate(dict.fromkeys([*greetings, *self._data["group_only_greetings"]])):
            if words := acts_for_player(text):
                key = "greeting" if number == 0 else "greetings"
                self._tell(Kind.WARNING, Told.ACTS_FOR_PLAYER, key, words=words, number=number + 1)
        length = len(self.persona.get("reminders", ""))
        if length > REMINDERS_LIMIT:
            self._tell(Kind.WARNING, Told.LONG_REMINDERS, "reminders", length=length, most=REMINDERS_LIMIT)
        world = self._data["extensions"].get("world")
        if isinstance(world, str) and world.strip():
            self._tell(Kind.WARNING, Told.WORLD, "lorebooks", world=world.strip())


def persona_of(card: Card, file_name: str = "") -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return the persona that a card becomes, with what else the card says below `card`, and what to tell.

    Args:
        card: the card.
        file_name: the name of its file without the ending, for a card without a name.
    """
    reading = _Reading(card.data, file_name)
    reading.read()
    persona, findings = reading.persona, reading.findings
    findings.append(Finding(Kind.KEPT, Told.TO, facts={"fields": tuple(_read(card, persona))}))
    kept = _kept(card, persona)
    if kept:
        persona["card"] = kept
        findings.append(Finding(Kind.KEPT, Told.KEPT, "card", {"fields": tuple(kept)}))
    return persona, tuple(findings)


def _read(card: Card, persona: Mapping[str, Any]) -> Iterator[str]:
    """Yield the fields that became keys of a persona, with these if they have other names."""
    for fields, keys in SAYS:
        made = [key for key in keys if key in persona]
        for field, key in zip(fields, keys, strict=False):
            if card.data.get(field) and made:
                ours = key if key in made else made[0]
                yield field if field == ours else f"{field} → {ours}"


def depth_prompt(extensions: Mapping[str, Any]) -> str:
    """Return the text of SillyTavern's note at a depth; "" if there is none."""
    found = extensions.get(DEPTH_PROMPT)
    prompt = found.get("prompt") if isinstance(found, dict) else None
    return prompt.replace("\r\n", "\n").strip() if isinstance(prompt, str) else ""


_UNFIT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_NAMES: Final = {NAME_LIMIT: TypeAdapter[str](Name), SHORT_NAME_LIMIT: TypeAdapter[str](ShortName)}


def fitting_name(whole: str, limit: int) -> str:
    """Return a name as personas can have it: one line, no tagline after `||`; "" if nothing is left."""
    line = " ".join(_UNFIT.sub(" ", whole[: 4 * limit].partition("||")[0]).split())
    if len(line) > limit:
        words = line[: limit + 1].rpartition(" ")[0]
        line = words or line[: clusters_within(line, limit) or limit]
    try:
        return _NAMES[limit].validate_python(line)
    except ValidationError:
        return ""


def _ours(extensions: Mapping[str, Any]) -> Mapping[str, Any]:
    found = extensions.get(NAMESPACE)
    return found if isinstance(found, dict) else {}


def only_ours() -> frozenset[str]:
    """Return the keys of a persona that no field of a card stands for."""
    mapped = {key for _, keys in SAYS for key in keys}
    return frozenset(PersonaSheet.model_fields) - mapped - _NOT_OURS


def _fits(key: str, value: object) -> bool:
    try:
        PersonaSheet.model_validate({"name": "x", key: value})
    except ValidationError:
        return False
    return value is not None


def _kept(card: Card, persona: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a card that the persona alone doesn't bring back."""
    back = data_of(canonical(persona))
    kept: dict[str, Any] = {}
    for field, value in card.data.items():
        if field == "extensions":
            if rest := _rest_of_extensions(value, back["extensions"]):
                kept[field] = rest
        elif field == "character_book" and _is_within(value, back.get(field)):
            continue
        elif field != BESIDE:
            kept |= _rest({field: value}, back)
    if card.beside:
        kept[BESIDE] = dict(card.beside)
    return kept


def _rest(whole: Mapping[str, Any], back: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of some fields is not the same, or not there, on the way back."""
    return {key: each for key, each in whole.items() if key not in back or not _same(back[key], each)}


def _rest_of_extensions(whole: Mapping[str, Any], back: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same of a card's extensions, of ours key by key."""
    rest = _rest(whole, back)
    if ours := _ours(rest):
        rest[NAMESPACE] = _rest(ours, _ours(back))
        if not rest[NAMESPACE]:
            del rest[NAMESPACE]
    return rest


def _same(one: object, other: object) -> bool:
    """Return whether two values are the same in JSON, where 1 and true differ."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _is_within(part: object, whole: object) -> bool:
    """Return whether a value has all that another one has, and perhaps keys that say what is usual."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and _is_within(each, whole[key]) for key, each in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(_is_within, part, whole))
    return _same(part, whole)


# --- to a card ------------------------------------------------------------------------------------


def data_of(persona: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of version 3 that a persona fills, without what it keeps of a card."""
    data: dict[str, Any] = {field: conform(None)[0] for field, conform in FIELDS.items()}
    data["name"] = persona["name"]
    for field, key in PLAIN.items():
        data[field] = persona.get(key, "")
    data["first_mes"] = persona.get("greeting", "")
    data["alternate_greetings"] = list(persona.get("greetings", ()))
    data["group_only_greetings"] = list(persona.get("group_greetings", ()))
    samples = [(each["user"], each["reply"]) for each in persona.get("samples", ())]
    data["mes_example"] = text_of(samples, persona.get("style", ""))
    data["post_history_instructions"] = persona.get("reminders", "")
    if lorebook := persona.get("lorebook"):
        data["character_book"] = card_book(lorebook)
    data["tags"] = list(persona.get("tags", ()))
    ours = {key: persona[key] for key in sorted(only_ours()) if persona.get(key) is not None}
    if adult_tags(data["tags"]):
        ours.pop("nsfw", None)
    data["extensions"] = {NAMESPACE: ours} if ours else {}
    data["nickname"] = persona.get("nickname")
    return {field: value for field, value in data.items() if value is not None}


def card_from(persona: Mapping[str, Any]) -> Card:
    """Return the card of a persona, with what it keeps of the card that it came from."""
    kept = dict(persona.get("card") or {})
    said = canonical({key: value for key, value in persona.items() if key != "card"})
    beside, others = kept.pop(BESIDE, {}), kept.pop("extensions", {})
    data = data_of(said)
    others = others if isinstance(others, dict) else {}
    extensions = {**others, **data["extensions"]}
    if ours := {**_ours(others), **_ours(data["extensions"])}:
        extensions[NAMESPACE] = ours
    # An admin may have written anything below `card`.
    conformed, _ = card_of({"data": {**data, **kept, "extensions": extensions}})
    whole = dict(conformed.data)
    extensions = whole["extensions"] = dict(whole["extensions"])
    again = canonical(persona_of(Card(whole), said["name"])[0])
    for fields, keys in SAYS:
        if not all(_same(again.get(key), said.get(key)) for key in keys):
            for field in fields:
                if field == DEPTH_PROMPT:
                    extensions.pop(field, None)
                elif field in data:
                    whole[field] = data[field]
                else:
                    whole.pop(field, None)
    return Card(whole, beside if isinstance(beside, dict) else {})


def canonical(persona: Mapping[str, Any]) -> dict[str, Any]:
    """Return a persona's plain data as the model has it, without what is usual.

    Raises:
        ValidationError: it doesn't load.
    """
    sheet = PersonaSheet.model_validate(persona)
    found: dict[str, Any] = sheet.model_dump(mode="json", exclude_defaults=True)
    return {key: each if key == "card" else _whole(each) for key, each in found.items()}


def _whole(value: Any) -> Any:  # noqa: ANN401 (plain data)
    """Return a value with whole numbers as such: the model makes `1.0` of an order of 1."""
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
