"""Character cards that were saved as a persona's file: each key's way is named, at its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from bot.files.problems import PROBLEM_LIMIT
from bot.personas.library import PersonaLibrary

V1 = {
    "name": "Ada",
    "description": "An engineer.",
    "personality": "Dry.",
    "scenario": "A workshop.",
    "first_mes": "Hello.",
    "mes_example": "<START>\n{{user}}: hi\n{{char}}: hello",
}
V2 = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        **V1,
        "creator_notes": "For fun.",
        "system_prompt": "",
        "post_history_instructions": "",
        "alternate_greetings": [],
        "character_book": {"entries": [], "extensions": {}},
        "tags": ["sf"],
        "creator": "somebody",
        "character_version": "1",
        "extensions": {},
    },
}
V3_ONLY = {
    "assets": [{"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}],
    "nickname": "Ada",
    "creator_notes_multilingual": {"de": "Zum Spaß."},
    "source": [],
    "group_only_greetings": [],
    "creation_date": 1,
    "modification_date": 2,
}

SAMPLES = "write each exchange as an item of `samples`, with `user` and `reply`"
PICTURE = "write the address of its picture, or the name of one in the personas folder, as `avatar`"


def a_key(key: str) -> str:
    return f"`{key}` is a key of character cards"


def text(key: str, ours: str) -> str:
    return f"{a_key(key)}, put its text into `{ours}`"


def note(key: str) -> str:
    return f"{a_key(key)}, and nothing that the persona needs, delete it"


def lacking(key: str) -> str:
    return f"{a_key(key)} that personas don't have yet, delete it for now"


def told(folder: Path, card: object) -> list[str]:
    content = card if isinstance(card, str) else json.dumps(card, indent=1)
    (folder / "x.yaml").write_text(content, encoding="utf-8")
    return [str(each).removeprefix(f"{folder}/x.yaml:") for each in PersonaLibrary.load(folder).problems]


def test_a_card_of_the_first_version_is_explained(tmp_path: Path) -> None:
    assert told(tmp_path, V1) == [
        f"6:2: {text('first_mes', 'greeting')}",
        f"7:2: {a_key('mes_example')}, {SAMPLES}",
    ]


def test_a_card_of_the_second_version_is_explained(tmp_path: Path) -> None:
    assert told(tmp_path, V2) == [
        f"2:2: {note('spec')}",
        f"3:2: {note('spec_version')}",
        f"4:2: {a_key('data')}, move the keys below it one level up, and delete it",
        f"9:3: {text('data.first_mes', 'greeting')}",
        f"10:3: {a_key('data.mes_example')}, {SAMPLES}",
        f"11:3: {note('data.creator_notes')}",
        f"12:3: {text('data.system_prompt', 'instructions')}",
        f"13:3: {text('data.post_history_instructions', 'instructions')}",
        f"14:3: {lacking('data.alternate_greetings')}",
        f"15:3: {lacking('data.character_book')}",
        f"22:3: {note('data.creator')}",
        f"23:3: {note('data.character_version')}",
        f"24:3: {lacking('data.extensions')}",
    ]


@pytest.mark.parametrize(
    ("card", "lines"),
    [
        (json.dumps(V1, indent="\t"), ("6:2", "7:2")),
        (json.dumps(V1, indent="\t").replace("\n", "\r\n"), ("6:2", "7:2")),
        ("\n\t" + json.dumps(V1, indent=" \t").replace(": ", ":\t"), ("7:3", "8:3")),
        (json.dumps(V1, indent="\t").replace('"\n}', '",\t\n}\n'), ("6:2", "7:2")),  # as people edit them
        (json.dumps(V1, separators=("\t,\t", "\t:\t")), ("1:106", "1:131")),
    ],
)
def test_a_card_with_tabs_is_explained_too(tmp_path: Path, card: str, lines: tuple[str, str]) -> None:
    assert "\t" in card
    assert told(tmp_path, card) == [
        f"{lines[0]}: {text('first_mes', 'greeting')}",
        f"{lines[1]}: {a_key('mes_example')}, {SAMPLES}",
    ]


def test_what_the_third_version_added_is_explained(tmp_path: Path) -> None:
    found = told(tmp_path, {"spec": "chara_card_v3", "spec_version": "3.0", "data": {"name": "A", **V3_ONLY}})
    assert [each.partition(": ")[2] for each in found] == [
        note("spec"),
        note("spec_version"),
        f"{a_key('data')}, move the keys below it one level up, and delete it",
        f"{a_key('data.assets')}, {PICTURE}",
        text("data.nickname", "name"),
        note("data.creator_notes_multilingual"),
        note("data.source"),
        lacking("data.group_only_greetings"),
        note("data.creation_date"),
        note("data.modification_date"),
    ]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        # Pygmalion's, which text-generation-webui reads too
        (
            "char_name: Ada\nchar_persona: An engineer.\nchar_greeting: Hello.\nworld_scenario: A workshop.\nexample_dialogue: x\nmetadata: {version: 1}",
            [
                f"1:1: {text('char_name', 'name')}",
                f"2:1: {text('char_persona', 'description')}",
                f"3:1: {text('char_greeting', 'greeting')}",
                f"4:1: {text('world_scenario', 'scenario')}",
                f"5:1: {a_key('example_dialogue')}, {SAMPLES}",
                f"6:1: {note('metadata')}",
            ],
        ),
        # text-generation-webui's own, of several years
        ("name: Ada\ngreeting: Hello.\ncontext: An engineer.", [f"3:1: {text('context', 'description')}"]),
        (
            "bot: Ada\nyour_name: You\ncontext: An engineer.\nturn_template: x",
            [
                f"1:1: {text('bot', 'name')}",
                f"2:1: {text('your_name', 'user.name')}",
                f"3:1: {text('context', 'description')}",
                f"4:1: {lacking('turn_template')}",
            ],
        ),
        (
            "name2: Ada\nname1: You\nuser_bio: x\ncustom_system_message: y\nchat_template_str: z",
            [
                f"1:1: {text('name2', 'name')}",
                f"2:1: {text('name1', 'user.name')}",
                f"3:1: {text('user_bio', 'user.description')}",
                f"4:1: {text('custom_system_message', 'instructions')}",
                f"5:1: {lacking('chat_template_str')}",
            ],
        ),
        # what SillyTavern adds beside the first version's keys
        (
            "name: Ada\ncreatorcomment: x\ntalkativeness: 0.5\nfav: false\nchat: c\ncreate_date: d",
            [
                f"2:1: {note('creatorcomment')}",
                f"3:1: {lacking('talkativeness')}",
                f"4:1: {note('fav')}",
                f"5:1: {note('chat')}",
                f"6:1: {note('create_date')}",
            ],
        ),
        # Agnaistic's
        (
            "name: Ada\npersona: {kind: text, attributes: {text: [x]}}\ngreeting: a\nsampleChat: b\nappearance: c\nalternateGreetings: []",
            [
                f"2:1: {text('persona', 'description')}",
                f"4:1: {a_key('sampleChat')}, {SAMPLES}",
                f"5:1: {text('appearance', 'description')}",
                f"6:1: {lacking('alternateGreetings')}",
            ],
        ),
    ],
)
def test_other_cards_are_explained(tmp_path: Path, card: str, expected: list[str]) -> None:
    assert told(tmp_path, card) == expected


def test_other_mistakes_stay_beside_a_cards_keys(tmp_path: Path) -> None:
    assert told(tmp_path, "first_mes: Hello.\nnsfw: perhaps\ngreting: x\n") == [
        "1:1: `name` is missing, add a line `name: …`",
        f"1:1: {text('first_mes', 'greeting')}",
        "2:1: `nsfw` must be true or false, but found text, write true or false, without quotes",
        "3:1: unknown key `greting`, did you mean `greeting`?",
    ]
    assert told(tmp_path, "data: {foo: 1, name: 5}")[0] == (
        f"1:1: {a_key('data')}, move the keys below it one level up, and delete it"
    )


@pytest.mark.parametrize("data", ["x", "[1]", "5", ""])
def test_data_that_holds_no_keys_is_explained_too(tmp_path: Path, data: str) -> None:
    assert told(tmp_path, f"name: A\ndata: {data}") == [
        f"2:1: {a_key('data')}, move the keys below it one level up, and delete it"
    ]


def test_a_card_with_all_keys_of_all_formats_is_explained_by_the_first_twenty(tmp_path: Path) -> None:
    whole: dict[str, Any] = {**V1, **V2, "data": {**V2["data"], **V3_ONLY}}  # type: ignore[dict-item]  # a dict
    assert len(told(tmp_path, whole)) == PROBLEM_LIMIT


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ada.json", "because personas are .yaml files, if it is a persona or a card, rename it to ada.yaml: JSON is YAML too"),
        ("Ada.JSON", "because personas are .yaml files, if it is a persona or a card, rename it to Ada.yaml: JSON is YAML too"),
        ("ada.charx", "because archives of character cards can't be read yet, unpack it, and save its card.json here as ada.yaml"),
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
