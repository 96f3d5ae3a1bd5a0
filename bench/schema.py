"""The JSON Schema of persona files, with which editors complete and check what is being written.

    python -m bench.schema    # writes personas/persona.schema.json again; so does `make schema`

Law: it follows the models of `bot.core.persona`, and a test holds the shipped file to them. It never
marks what the bot takes; of what the bot refuses it may let the oddest cases pass, which `check` finds.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot.core.persona import PersonaSheet
from bot.personas.reading import PICTURES
from bot.texts.sentences import HOST

FILE: Final = Path(__file__).parent.parent / "personas" / "persona.schema.json"
"""Beside the files it describes: so it goes where they are copied, and its address is its name."""

_UNFIT: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_UNSEEN: Final = r"\s\u00ad\u034f\u115f\u1160\u180e\u200b-\u200f\u2060-\u2064\u2800\u3164\ufeff\uffa0"
_NAME: Final = rf"^\s*(?=[^{_UNFIT}]*[^{_UNSEEN}{_UNFIT}])[^{_UNFIT}]*\s*$"
"""The model's pattern in the few signs that every editor's language of patterns knows."""

_ENDINGS: Final = "|".join(
    "".join(f"[{letter}{letter.upper()}]" for letter in ending.removeprefix("."))
    for ending in sorted(PICTURES)
)
_AVATAR: Final = rf"^\s*(?:[hH][tT][tT][pP][sS]://[^\s/]\S*|(?!.*://).*\.(?:{_ENDINGS}))\s*$"
"""An https address, or a picture's name: what the loader asks for beyond the model."""

EXAMPLES: Final[Mapping[str, list[Any]]] = {
    "name": ["Brindle"],
    "called": [["Brin", "the clockmaker"]],
    "nickname": ["Brin"],
    "avatar": ["https://example.com/brindle.png", "avatars/brindle.png"],
    "description": [
        "Brindle is a retired court jester who mends clocks in a cellar. He owes the watch two favours.",
    ],
    "personality": [
        "Brindle is kind, forgetful, and answers most questions with a better one. He hums while he works."
    ],
    "voice": ["short questions, a hum between them"],
    "style": [
        "Speech in plain sentences; what he does stands between asterisks, never longer than his words."
    ],
    "scenario": [
        "On the eve of the fair every clock in town has stopped, and all come down to Brindle's cellar."
    ],
    "title": ["The night the clocks stopped"],
    "instructions": ["1. Write only what Brindle says, does and perceives. 2. Answer in five lines at most."],
    "reminders": ["Brindle never sells a clock before it runs."],
    "greeting": [
        '*Forty clocks tick, none of them together.* "Mind the cuckoo. Which of you is in a hurry?"'
    ],
    "greetings": [['"Hush." *Brindle listens to a wall.* "This one has been slow since the flood."']],
    "group_greetings": [['"All of you at once? Then somebody can hold the ladder."']],
    "samples": [
        [
            {
                "user": '"Can you mend my watch?"',
                "reply": '*Brindle holds it to his ear.* "It isn\'t broken. It is sulking."',
            },
        ],
    ],
    "length": ["short"],
    "language": ["español"],
    "substitutions": [[{"find": "/\\*{2,}/", "replace": "*"}]],
    "user": [
        {"name": "the customer", "description": "Somebody from the town, with a clock that has stopped."}
    ],
    "user_macro": ["party"],
    "sampling": [{"temperature": 0.9, "max_completion_tokens": 400}],
    "lorebook": [
        {"entries": [{"keys": ["cuckoo"], "content": "The cuckoo in clock 40 says what time it was."}]}
    ],
    "lorebooks": [["harbour", "gods"]],
    "tags": [["fantasy", "cosy"]],
    "nsfw": [False],
    "servers": [[123456789012345678]],
    "card": [{"creator": "somebody", "character_version": "1.2"}],
    "Lorebook.name": ["The harbour"],
    "Lorebook.description": ["Places and people between the mole and the tavern."],
    "Lorebook.personas": [["all"], ["brindle"]],
    "Lorebook.channels": [[123456789012345678]],
    "Lorebook.servers": [[123456789012345678]],
    "Lorebook.scan_depth": [4],
    "Lorebook.token_budget": [500],
    "Lorebook.recursive": [True],
    "Lorebook.case_sensitive": [False],
    "Lorebook.whole_words": [True],
    "Lorebook.entries": [[{"keys": ["cuckoo"], "content": "The cuckoo in clock 40 says what time it was."}]],
    "Lorebook.card": [{"extensions": {}}],
    "LoreEntry.name": ["The cuckoo"],
    "LoreEntry.content": ["The cuckoo in clock 40 says what time it was."],
    "LoreEntry.enabled": [True],
    "LoreEntry.constant": [True],
    "LoreEntry.position": ["before"],
    "LoreEntry.order": [100],
    "LoreEntry.priority": [10],
    "LoreEntry.exclude_recursion": [True],
    "LoreEntry.prevent_recursion": [True],
    "LoreEntry.delay_until_recursion": [True],
    "LoreEntry.card": [{"id": 7}],
    "LoreEntry.probability": [50],
    "LoreEntry.sticky": [4],
    "LoreEntry.cooldown": [10],
    "LoreEntry.delay": [20],
    "LoreEntry.group": ["weather"],
    "LoreEntry.group_weight": [100],
    "LoreEntry.keys": [["cuckoo", "/clock (no\\. )?40/i"]],
    "LoreEntry.secondary_keys": [["night", "midnight"]],
    "LoreEntry.logic": ["and_all"],
    "LoreEntry.scan_depth": [2],
    "LoreEntry.case_sensitive": [True],
    "LoreEntry.whole_words": [True],
    "LoreEntry.regex": [True],
    "Sample.user": ['"Can you mend my watch?"'],
    "Sample.reply": ['*Brindle holds it to his ear.* "It isn\'t broken. It is sulking."'],
    "Substitution.find": ["an AI", "/\\bcolou?r\\b/i"],
    "Substitution.replace": ["a clock"],
    "DefaultProfile.name": ["the customer"],
    "DefaultProfile.description": ["Somebody from the town, with a clock that has stopped."],
    "PersonaSampling.temperature": [0.9],
    "PersonaSampling.top_p": [0.95],
    "PersonaSampling.max_completion_tokens": [400],
}
"""What an editor shows beside a key, for each key of the file and of what stands in it."""


def schema() -> dict[str, Any]:
    """Return the schema (JSON Schema 2020-12) of one persona file."""
    made = PersonaSheet.model_json_schema()
    found = made.pop("$defs")
    choices = {name: part["enum"] for name, part in found.items() if "enum" in part}
    made, found = _inlined(made, choices), _inlined(found, choices)
    parts = {name: _model(part, f"{name}.") for name, part in found.items() if name not in choices}
    whole = _model(made, "")
    whole["properties"]["avatar"] |= _pattern(_AVATAR, HOST.say("persona.avatar_address.fix"))
    for name in ("DefaultProfile", "Lorebook"):  # `user:` may stand there without a value
        parts[name]["type"] = ["object", "null"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A persona of Dramatis",
        **whole,
        "$defs": parts,
    }


def rendered() -> str:
    """Return the file as it is shipped."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _inlined(part: Any, choices: Mapping[str, list[str]]) -> Any:  # noqa: ANN401 (any part of a schema)
    """Return a part of a schema with the choices of a key beside the key; one may stand without a value."""
    if isinstance(part, list):
        return [_inlined(each, choices) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {key: value for key, value in part.items() if key not in {"anyOf", "$ref"}}
    if (name := _referred(part)) in choices:
        return {**kept, "enum": choices[name]}
    for each in part.get("anyOf", []):
        if (name := _referred(each)) in choices:
            return {**kept, "enum": [*choices[name], None]}
    return {key: _inlined(value, choices) for key, value in part.items()}


def _referred(part: Mapping[str, Any]) -> str:
    reference: str = part.get("$ref", "")
    return reference.rpartition("/")[2]


def _model(part: Mapping[str, Any], above: str) -> dict[str, Any]:
    described = {
        key: {**_field(field), "examples": EXAMPLES[above + key]} for key, field in part["properties"].items()
    }
    kept = {
        key: part[key] for key in ("description", "type", "additionalProperties", "required") if key in part
    }
    return {**kept, "properties": described}


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    """One key's rules, without what Pydantic adds for programs: titles, and defaults that say nothing."""
    plain = {key: value for key, value in field.items() if key not in {"title", "default", "anyOf"}}
    if field.get("default") is False:
        plain["default"] = False
    if any(each.get("type") == "null" for each in field.get("anyOf", ())):  # it may have no value
        (value, _null) = field["anyOf"]
        plain |= {**value, "type": [value["type"], "null"]} if "type" in value else value
    elif "anyOf" in field:
        plain["anyOf"] = [_field(each) for each in field["anyOf"]]
    if "items" in plain:
        plain["items"] = _field(plain["items"])
    return _text(plain) if "minLength" in plain else plain


def _text(field: dict[str, Any]) -> dict[str, Any]:
    """Text that must show something: the bot takes blanks around it away before it looks."""
    del field["minLength"]  # the pattern says it, and one mistake is told once
    if "pattern" in field:
        return field | _pattern(_NAME, HOST.say("yaml.bad_name.fix"))
    return field | _pattern(r"\S", HOST.say("yaml.blank.fix"))


def _pattern(pattern: str, message: str) -> dict[str, str]:
    """A pattern, and what the YAML language server says instead of showing it."""
    return {"pattern": pattern, "patternErrorMessage": f"{message[0].upper()}{message[1:]}."}


def main() -> None:
    """Write the file."""
    FILE.write_text(rendered(), encoding="utf-8", newline="\n")
    print(FILE.name)


if __name__ == "__main__":
    main()
