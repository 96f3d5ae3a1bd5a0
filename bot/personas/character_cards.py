"""Character cards in the personas folder, and their keys in a persona's file: what to do with them.

Law: nothing of a card is read as if it were a persona's; a card has to be imported.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Final

from bot.core.cards.card import is_card
from bot.core.cards.webui import is_character
from bot.files.problems import PROBLEM_LIMIT, Problem, Spot, problem, short
from bot.files.yamlfile import Document
from bot.texts.sentences import Sentence

_TEXTS: Final[Mapping[str, str]] = {
    # spec_v1.md and spec_v2.md of github.com/malfoyslastname/character-card-spec-v2
    "first_mes": "greeting",
    "mes_example": "samples",
    "system_prompt": "instructions",
    "post_history_instructions": "reminders",
    # The keys that text-generation-webui reads, its own and those of Pygmalion: modules/chat.py.
    "char_name": "name",
    "char_persona": "description",
    "char_greeting": "greeting",
    "world_scenario": "scenario",
    "context": "description",
    "example_dialogue": "samples",
}
"""Keys of cards that people write into a persona's file, and what they are called there."""


def explained(problems: Iterable[Problem], document: Document) -> tuple[Problem, ...]:
    """Return the problems of a persona's file; of a card there is one, and a card's key says what is ours."""
    data = document.data
    if is_card(data) or is_character(data):
        return (problem("persona.card", document.spot(())),)
    keys = [key for key in data if key in _TEXTS] if isinstance(data, dict) else []
    given = {_TEXTS[key] for key in keys}
    others = [each for each in problems if each.path not in {(key,) for key in keys}]
    kept = [each for each in others if not _is_given(each, given, document)]
    found = sorted([*kept, *(_problem(key, document) for key in keys)], key=_place)
    return tuple(found[:PROBLEM_LIMIT])


def _place(found: Problem) -> tuple[int, int]:
    return found.line or 0, found.column or 0


def _is_given(found: Problem, given: set[str], document: Document) -> bool:
    """Return whether a key is missing only because the file has it under a card's name."""
    return len(found.path) == 1 and found.path[0] in given and found.path not in document.marks


def _problem(key: str, document: Document) -> Problem:
    # A key of cards is no misplaced secret, however long it is.
    subject = Sentence("yaml.subject.key", keys=key)
    return problem("persona.card_text", document.spot((key,)), (key,), subject=subject, ours=_TEXTS[key])


# Files ------------------------------------------------------------------------------------------


_CARDS: Final = (".json", ".charx")
"""Endings of files that are probably cards."""


def is_mistaken(name: str) -> bool:
    """Return whether a file that isn't read was probably meant to be a persona's."""
    lower = name.lower()
    if lower.startswith(".") or lower.endswith(".schema.json"):
        return False
    return lower.endswith((*_CARDS, ".yaml.txt", ".yml.txt"))


def unread(path: PurePath) -> Problem:
    """Return the warning about a file that isn't read, for which `is_mistaken` is true."""
    if path.suffix.lower() in _CARDS:
        return problem("persona.unread_card", Spot(str(path)))
    name = short(re.sub(r"(?i)(\.ya?ml)?\.\w+$", "", path.name) + ".yaml")
    return problem("persona.unread", Spot(str(path)), name=name)
