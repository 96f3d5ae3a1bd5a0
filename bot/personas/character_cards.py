"""Character cards that were saved as a persona's file: where each of their keys belongs here.

Law: a card's keys are only explained, at their places; nothing of a card is read as if it were a persona's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Final

from bot.files.problems import PROBLEM_LIMIT, KeyPath, Problem, Spot, problem, short
from bot.files.yamlfile import Document
from bot.texts.sentences import HOST

_TEXTS: Final[Mapping[str, str]] = {
    # Character cards, version 1: spec_v1.md of https://github.com/malfoyslastname/character-card-spec-v2
    "first_mes": "greeting",
    # version 2: spec_v2.md there
    "system_prompt": "instructions",
    "post_history_instructions": "instructions",
    # version 3: https://github.com/kwaroran/character-card-spec-v3
    "nickname": "name",
    # Pygmalion's format, and text-generation-webui's (modules/chat.py, docs on custom characters)
    "char_name": "name",
    "char_persona": "description",
    "char_greeting": "greeting",
    "world_scenario": "scenario",
    "bot": "name",
    "name2": "name",
    "context": "description",
    "your_name": "user.name",
    "name1": "user.name",
    "user_bio": "user.description",
    "system_message": "instructions",
    "custom_system_message": "instructions",
    # Agnaistic (common/types: BaseCharacter, Character)
    "persona": "description",
    "appearance": "description",
    "systemPrompt": "instructions",
    "postHistoryInstructions": "instructions",
}
"""Keys of cards whose text has a key here."""

_PICTURES: Final = frozenset({"assets", "char_avatar"})
"""Keys of cards with pictures."""

_SAMPLES: Final = frozenset({"mes_example", "example_dialogue", "sampleChat"})
"""Keys of cards with example dialogues in one text."""

_LACKING: Final = frozenset(
    {
        "alternate_greetings",
        "group_only_greetings",
        "character_book",
        "extensions",
        "talkativeness",
        "depth_prompt",
        "alternateGreetings",
        "characterBook",
        "turn_template",
        "instruction_template",
        "chat_template_str",
    }
)
"""Keys of cards for what personas don't have."""

_NOTES: Final = frozenset(
    {
        "spec",
        "spec_version",
        "creator",
        "creator_notes",
        "creator_notes_multilingual",
        "character_version",
        "source",
        "creation_date",
        "modification_date",
        "metadata",
        # what SillyTavern adds at the top
        "creatorcomment",
        "create_date",
        "chat",
        "fav",
        "json_data",
        # Agnaistic
        "kind",
        "culture",
        "visualType",
        "sprite",
        "characterVersion",
    }
)
"""Keys of cards about the card itself, which the model never gets."""

_INNER: Final = "data"
"""The key below which V2 and V3 have all others."""

_KNOWN: Final = frozenset({_INNER, *_TEXTS, *_PICTURES, *_SAMPLES, *_LACKING, *_NOTES})


def explained(problems: Iterable[Problem], document: Document) -> tuple[Problem, ...]:
    """Return the problems of a persona's file, with those of a card's keys saying where they belong."""
    keys = dict(_keys(document.data))
    given = {_TEXTS.get(key, key) for key in keys.values()}
    others = [each for each in problems if each.path not in keys and not _is_given(each, given, document)]
    told = [_problem(key, path, document) for path, key in keys.items() if key in _KNOWN]
    found = sorted([*others, *told], key=lambda each: (each.line or 0, each.column or 0))
    return tuple(found[:PROBLEM_LIMIT])


def _keys(data: object) -> Iterator[tuple[KeyPath, str]]:
    """Yield the paths and names of a card's keys: those at the top, and all below `data`."""
    if not isinstance(data, dict):
        return
    for key in data:
        if key in _KNOWN:
            yield (key,), key
    inner = data.get(_INNER)
    for key in inner if isinstance(inner, dict) else ():
        yield (_INNER, key), key


def _is_given(found: Problem, given: set[str], document: Document) -> bool:
    """Return whether a key is missing only because the card has it elsewhere."""
    return len(found.path) == 1 and found.path[0] in given and found.path not in document.marks


def _problem(key: str, path: KeyPath, document: Document) -> Problem:
    spot = document.spot(path)
    # A key of cards is no misplaced secret, however long it is.
    subject = HOST.say("yaml.subject.key", keys=".".join(map(str, path)))
    if key in _TEXTS:
        return problem("persona.card_text", spot, path, subject=subject, ours=_TEXTS[key])
    if key in _SAMPLES:
        return problem("persona.card_samples", spot, path, subject=subject)
    if key in _PICTURES:
        return problem("persona.card_picture", spot, path, subject=subject)
    if key in _LACKING:
        return problem("persona.card_lacking", spot, path, subject=subject)
    return problem("persona.card_data" if key == _INNER else "persona.card_note", spot, path, subject=subject)


# Files ------------------------------------------------------------------------------------------


def is_mistaken(name: str) -> bool:
    """Return whether a file that isn't read was probably meant to be a persona's."""
    lower = name.lower()
    if lower.startswith(".") or lower.endswith(".schema.json"):
        return False
    return lower.endswith((".json", ".charx", ".yaml.txt", ".yml.txt"))


def unread(path: PurePath) -> Problem:
    """Return the warning about a file that isn't read, for which `is_mistaken` is true."""
    name = short(re.sub(r"(?i)(\.ya?ml)?\.\w+$", "", path.name) + ".yaml")
    if path.suffix.lower() == ".txt":
        return problem("persona.unread", Spot(str(path)), name=name)
    is_json = path.suffix.lower() == ".json"
    return problem("persona.unread_json" if is_json else "persona.archive", Spot(str(path)), name=name)
