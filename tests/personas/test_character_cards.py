"""Character cards in the personas folder: people are told to import them; their keys in a persona, what ours are called."""

import json
from pathlib import Path

import pytest

from bot.personas.library import PersonaLibrary
from tests.cards import V1, v2, v3

CARD = "this is a character card, and no persona, make a persona of it with `python -m bot import-card`"


def told(folder: Path, card: object) -> list[str]:
    content = card if isinstance(card, str) else json.dumps(card, indent=1)
    (folder / "x.yaml").write_text(content, encoding="utf-8")
    return [str(each).removeprefix(f"{folder}/x.yaml:") for each in PersonaLibrary.load(folder).problems]


def text(key: str, ours: str) -> str:
    return f"`{key}` is a key of character cards, put its text into `{ours}`"


@pytest.mark.parametrize(
    "card",
    [
        V1,
        v2(),
        v3(),
        json.dumps(v2(), indent="\t").replace("\n", "\r\n"),
        "char_name: Ada\nchar_persona: An engineer.\nchar_greeting: Hello.",
        "name: Ada\ngreeting: Hello.\ncontext: An engineer.",
        "name2: Ada\nname1: You\ncontext: x",
    ],
)
def test_a_card_saved_as_a_persona_is_to_be_imported(tmp_path: Path, card: object) -> None:
    assert told(tmp_path, card) == [f"1:1: {CARD}"]


def test_a_card_s_keys_in_a_persona_s_file_say_what_ours_are_called(tmp_path: Path) -> None:
    persona = "called: [Ada]\nchar_name: Ada\npost_history_instructions: Stay.\nnsfw: perhaps\ngreting: x\n"
    assert told(tmp_path, persona) == [
        f"2:1: {text('char_name', 'name')}",
        f"3:1: {text('post_history_instructions', 'reminders')}",
        "4:1: `nsfw` must be true or false, but found text, write true or false, without quotes",
        "5:1: unknown key `greting`, did you mean `greeting`?",
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ada.json", "because personas are .yaml files, if it is a character card, make a persona of it with `python -m bot import-card`"),
        ("Ada.CHARX", "because personas are .yaml files, if it is a character card, make a persona of it with `python -m bot import-card`"),
        ("ada.yaml.txt", "because personas are .yaml files, rename it to ada.yaml"),
        ("ada.yml.txt", "because personas are .yaml files, rename it to ada.yaml"),
        ("persona.schema.json", None),
        (".ada.json", None),
        ("notes.txt", None),
        ("ada.png", None),
    ],
)  # fmt: skip
def test_a_file_that_is_not_read_and_looks_like_a_card_is_doubted(
    tmp_path: Path, name: str, told: str | None
) -> None:
    (tmp_path / "fine.yaml").write_text("name: Ada\ndescription: x")
    personas = PersonaLibrary.load(tmp_path)
    assert personas.warnings == ()
    (tmp_path / name).write_text("{")
    personas.reread([tmp_path / name])
    expected = [f"{tmp_path}/{name}: this file isn't read, {told}"] if told else []
    for found in (personas, PersonaLibrary.load(tmp_path)):
        assert (len(found.at(None)), list(map(str, found.warnings))) == (1, expected)
    (tmp_path / name).unlink()
    personas.settle([tmp_path / name])
    assert personas.warnings == ()
