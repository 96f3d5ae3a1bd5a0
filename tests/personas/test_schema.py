"""The JSON Schema beside the personas, held against the models, the loader and the samples."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, ValidationError

from bench.schema import EXAMPLES, FILE, rendered
from bot.core.lorebook import Lorebook, LoreEntry
from bot.core.persona import DefaultProfile, PersonaSampling, PersonaSheet, Sample
from bot.files.yamlfile import read
from bot.personas.reading import read_persona

ROOT = Path(__file__).parents[2]
SCHEMA: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
PAGE = (ROOT / "docs" / "personas.md").read_text(encoding="utf-8")


def marked(text: str) -> bool:
    """Whether an editor that follows the schema marks something in a file."""
    return not VALIDATOR.is_valid(read(text, "x.yaml").data)


def refused(text: str, folder: Path) -> bool:
    """Whether the bot leaves a file out."""
    (folder / "x.yaml").write_text(text, encoding="utf-8")
    return read_persona(folder / "x.yaml", [folder]).persona is None


def test_the_shipped_schema_is_what_the_models_say() -> None:
    # If this fails because a model has changed: make schema
    assert FILE.read_bytes() == rendered().encode()


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    ("model", "part"),
    [
        (PersonaSheet, SCHEMA),
        (Sample, SCHEMA["$defs"]["Sample"]),
        (Lorebook, SCHEMA["$defs"]["Lorebook"]),
        (LoreEntry, SCHEMA["$defs"]["LoreEntry"]),
        (DefaultProfile, SCHEMA["$defs"]["DefaultProfile"]),
        (PersonaSampling, SCHEMA["$defs"]["PersonaSampling"]),
    ],
)
def test_every_key_has_a_description_and_an_example_and_no_other_key_is_known(
    model: type[BaseModel], part: dict[str, Any]
) -> None:
    assert list(part["properties"]) == list(model.model_fields)
    assert part["additionalProperties"] is False
    for key, field in part["properties"].items():
        assert field["description"] == model.model_fields[key].description
        assert field["examples"]


def test_the_examples_are_right() -> None:
    whole = {key: values[0] for key, values in EXAMPLES.items() if "." not in key}
    assert list(whole) == list(PersonaSheet.model_fields)
    PersonaSheet.model_validate(whole)
    for key, values in EXAMPLES.items():
        model, _, field = key.rpartition(".")
        properties = SCHEMA["$defs"][model]["properties"] if model else SCHEMA["properties"]
        for value in values:
            assert Draft202012Validator({**properties[field], "$defs": SCHEMA["$defs"]}).is_valid(value)


def patterned(part: object) -> Iterator[dict[str, Any]]:
    """Everything in the schema that a pattern is asked of."""
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part
        for inner in part.values():
            yield from patterned(inner)


def test_an_editor_says_what_a_pattern_wants_in_words() -> None:
    said = {pattern["patternErrorMessage"] for pattern in patterned(SCHEMA)}
    assert said == {
        "Write it on one line, with at least one visible character and no control characters.",
        "Write it as https://…, or use the name of a picture in this folder.",
        "Give it a value.",
    }


def test_patterns_use_only_what_every_language_of_patterns_has() -> None:
    patterns = {part["pattern"] for part in patterned(SCHEMA)}
    assert len(patterns) == 3
    for pattern in patterns:
        assert not re.search(r"\\[pPxAZzUN]|\(\?[^:=!]|--|&&", pattern)


# What both refuse, and what both take -----------------------------------------------------------


FAULTS = [
    "{}",
    "[]",
    "Hamlet",
    "nmae: Hamlet",
    "{name: Hamlet, greting: hi}",
    "{name: Hamlet, key: hamlet}",
    "{name: Hamlet, Description: A prince.}",
    "description: A prince.",
    "name:",
    "name: ''",
    "name: '  '",
    "name: 7",
    "name: true",
    "name: [Hamlet]",
    f"name: {'x' * 81}",
    'name: "Ham\\nlet"',
    'name: "Ham\\tlet"',
    'name: "Ham\\u202elet"',
    'name: "\\u200b"',
    'name: "\\u3164"',
    'name: "\\u2800 \\u115f"',
    "{name: Hamlet, description: 7}",
    "{name: Hamlet, description: }",
    "{name: Hamlet, greeting: [hi]}",
    "{name: Hamlet, nsfw: 'yes'}",
    "{name: Hamlet, nsfw: 1}",
    "{name: Hamlet, nsfw: }",
    "{name: Hamlet, called: Ham}",
    "{name: Hamlet, called: ['']}",
    "{name: Hamlet, called: [7]}",
    "{name: Hamlet, called: [a, b, c, d, e, f, g, h, i]}",
    f"{{name: Hamlet, called: [{'x' * 33}]}}",
    "{name: Hamlet, tags: sample}",
    "{name: Hamlet, tags: ['']}",
    "{name: Hamlet, tags: [' ']}",
    "{name: Hamlet, tags: [7]}",
    "{name: Hamlet, tags: }",
    "{name: Hamlet, avatar: ''}",
    "{name: Hamlet, avatar: 'http://example.com/x.png'}",
    "{name: Hamlet, avatar: 'ftp://example.com/x.png'}",
    "{name: Hamlet, avatar: 'https://'}",
    "{name: Hamlet, avatar: 'https://example.com/a b.png'}",
    "{name: Hamlet, avatar: hamlet.svg}",
    "{name: Hamlet, avatar: hamlet}",
    "{name: Hamlet, samples: {user: a, reply: b}}",
    "{name: Hamlet, samples: [a, b]}",
    "{name: Hamlet, samples: [{user: a}]}",
    "{name: Hamlet, samples: [{reply: b}]}",
    "{name: Hamlet, samples: [{user: a, reply: ''}]}",
    "{name: Hamlet, samples: [{user: ' ', reply: b}]}",
    "{name: Hamlet, samples: [{user: a, reply: b, name: c}]}",
    "{name: Hamlet, samples: }",
    "{name: Hamlet, user: a courtier}",
    "{name: Hamlet, user: {}}",
    "{name: Hamlet, user: {name: a courtier}}",
    "{name: Hamlet, user: {description: ''}}",
    "{name: Hamlet, user: {description: x, role: y}}",
    f"{{name: Hamlet, user: {{description: x, name: {'x' * 81}}}}}",
    "{name: Hamlet, sampling: 0.5}",
    "{name: Hamlet, sampling: }",
    "{name: Hamlet, sampling: {temperature: 0}}",
    "{name: Hamlet, sampling: {temperature: 1.01}}",
    "{name: Hamlet, sampling: {temperature: hot}}",
    "{name: Hamlet, sampling: {temperature: '0.5'}}",
    "{name: Hamlet, sampling: {temperature: true}}",
    "{name: Hamlet, sampling: {temprature: 0.5}}",
    "{name: Hamlet, sampling: {top_p: 0}}",
    "{name: Hamlet, sampling: {top_p: 2}}",
    "{name: Hamlet, sampling: {max_completion_tokens: 0}}",
    "{name: Hamlet, sampling: {max_completion_tokens: 2049}}",
    "{name: Hamlet, sampling: {max_completion_tokens: 1.5}}",
    "{name: Hamlet, sampling: {max_completion_tokens: many}}",
]


@pytest.mark.parametrize("text", FAULTS)
def test_what_the_bot_refuses_an_editor_marks(tmp_path: Path, text: str) -> None:
    assert refused(text, tmp_path)
    assert marked(text)


@pytest.mark.parametrize(
    "text",
    [
        "name: Hamlet",
        "name: '  Hamlet '",
        "name: |\n  Hamlet\n",
        "name: '7'",
        "name: 阿渡",
        "name: 👩\u200d🚀",
        "name: '...'",
        "name: Łukasz “L.” O'Neill",
        f"name: {'x' * 80}",
        f"name: {'😀' * 80}",
        "{name: Hamlet, description: '', personality: '', scenario: '', instructions: '', greeting: ''}",
        "{name: Hamlet, avatar: , user: , samples: [], tags: []}",
        "{name: Hamlet, called: }",
        "{name: Hamlet, called: []}",
        "{name: Hamlet, called: [Prince, my lord, 阿渡]}",
        "{name: Hamlet, avatar: 'https://example.com/hamlet'}",
        "{name: Hamlet, avatar: HTTPS://example.com}",
        "{name: Hamlet, avatar: Hamlet.PNG}",
        "{name: Hamlet, avatar: './Hamlet.PNG'}",
        "{name: Hamlet, user: {name: , description: x}}",
        "{name: Hamlet, sampling: {}}",
        "{name: Hamlet, sampling: {temperature: 1, top_p: 1, max_completion_tokens: 1}}",
        "{name: Hamlet, sampling: {temperature: , top_p: 0.01, max_completion_tokens: 2048}}",
        "{name: Hamlet, nsfw: true}",
    ],
)
def test_what_the_bot_takes_no_editor_marks(tmp_path: Path, text: str) -> None:
    (tmp_path / "Hamlet.PNG").touch()
    assert not refused(text, tmp_path)
    assert not marked(text)


def taken(data: object) -> bool:
    try:
        PersonaSheet.model_validate(data)
    except ValidationError:
        return False
    return True


@given(st.text(max_size=80))
def test_no_editor_marks_a_name_that_the_bot_takes(name: str) -> None:
    assert VALIDATOR.is_valid({"name": name}) or not taken({"name": name})


@given(
    st.dictionaries(
        st.sampled_from([*PersonaSheet.model_fields, "key"]),
        st.recursive(
            st.none() | st.booleans() | st.integers(-1, 2049) | st.floats(0, 2) | st.text(max_size=3),
            lambda inner: (
                st.lists(inner, max_size=2)
                | st.dictionaries(
                    st.sampled_from(
                        [*Sample.model_fields, *DefaultProfile.model_fields, *PersonaSampling.model_fields]
                    ),
                    inner,
                    max_size=3,
                )
            ),
            max_leaves=6,
        ),
    )
)
def test_no_editor_marks_a_file_that_the_models_take(data: dict[str, object]) -> None:
    data.pop("avatar", None)  # where the loader asks for more than the model
    data.setdefault("name", "Hamlet")
    assert VALIDATOR.is_valid(data) or not taken(data)


# Where it is named --------------------------------------------------------------------------------


SAMPLES = sorted((ROOT / "personas").glob("*.yaml"))
MODELINE = "# yaml-language-server: $schema="


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_names_the_schema_first_and_follows_it(path: Path) -> None:
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    assert first.startswith(MODELINE)
    assert (path.parent / first.removeprefix(MODELINE)).resolve() == FILE
    assert [error.message for error in VALIDATOR.iter_errors(read(text, path.name).data)] == []


# The page that teaches ----------------------------------------------------------------------------


def grown(before: object, after: object) -> bool:
    """Whether all that stood there stands there still: texts go on, lists are longer, keys more."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(key in after and grown(value, after[key]) for key, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return after[: len(before)] == before
    return isinstance(before, str) and isinstance(after, str) and after.startswith(before.strip())


def test_the_page_about_personas_teaches_by_three_that_grow(tmp_path: Path) -> None:
    steps = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(steps) == 3
    for text in steps:
        assert not refused(text, tmp_path)
        assert not marked(text)
    smallest, voiced, whole = (read(text, "x.yaml").data for text in steps)
    assert list(smallest) == ["name", "description"]
    assert set(voiced) - set(smallest) == {"personality", "scenario", "samples"}
    assert grown(smallest, voiced)
    assert grown(voiced, whole)
    assert not grown(whole, voiced)
    left_out = {
        *("lorebook", "lorebooks"),
        *("instructions", "servers", "style", "reminders", "nickname", "card"),
        *("lorebook", "lorebooks"),
        *("greetings", "group_greetings", "user_macro", "length", "language", "substitutions"),
    }
    assert set(PersonaSheet.model_fields) - set(whole) == left_out
    assert steps[2].startswith(f"{MODELINE}{FILE.name}\n")


def test_the_page_about_personas_names_the_line_and_every_sample() -> None:
    assert f"```text\n{MODELINE}{FILE.name}\n```" in PAGE
    table = re.findall(r"^\| `(\w+)` \|", PAGE.partition("\n## ")[0], re.MULTILINE)
    assert sorted(table) == [path.stem for path in SAMPLES]
