"""A card's lorebook becomes the persona's, with what real books have set as traps, and comes out again."""

from typing import Any

import pytest

from bot.core.greetings import number_of
from bot.core.persona import PersonaSheet
from bot.files.yamlfile import read
from bot.personas.cards import export_card, read_card
from bot.personas.cards.bounded import parsed
from bot.texts.sentences import voice_for
from tests.cards import as_json, v2


def entry(**fields: Any) -> dict[str, Any]:
    usual = {
        "keys": ["loom"],
        "content": "It counts.",
        "extensions": {},
        "enabled": True,
        "insertion_order": 100,
    }
    return {**usual, **fields}


def book(*entries: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return v2(character_book={"extensions": {}, "entries": [*entries], **fields})


def out(text: str) -> Any:
    return parsed(export_card(text, None, "v3", "json"))["data"].get("character_book")


def test_a_book_becomes_the_persona_s() -> None:
    card = book(
        entry(name="Loom", constant=True, position="before_char", insertion_order=5, priority=3),
        entry(keys=["engine", "mill"], secondary_keys=["steam"], selective=True, case_sensitive=True),
        name="Machines",
        scan_depth=3,
        token_budget=500,
        recursive_scanning=True,
    )
    text = read_card(as_json(card), "x.json").text
    assert read(text, "x").data["lorebook"] == {
        "name": "Machines",
        "scan_depth": 3,
        "token_budget": 500,
        "recursive": True,
        "entries": [
            {
                "name": "Loom",
                "keys": ["loom"],
                "constant": True,
                "position": "before",
                "order": 5,
                "priority": 3,
                "content": "It counts.",
            },
            {
                "keys": ["engine", "mill"],
                "secondary_keys": ["steam"],
                "case_sensitive": True,
                "content": "It counts.",
            },
        ],
    }
    assert out(text)["entries"][1]["secondary_keys"] == ["steam"]


@pytest.mark.parametrize(
    "strange",
    [
        entry(keys=["", "  "], content="Never."),
        entry(keys=["\uf000folder"]),
        entry(
            use_regex=True, extensions={"position": 4, "depth": 2, "selectiveLogic": 0, "probability": 100}
        ),
        entry(keys=["/lo+m/i"], content="@@depth 4\n@@role system\nIt counts."),
        entry(id="a", comment="the loom", strange=[1, None], enabled=False),
        entry(content="{{user}}: What?\r\n{{char}}: That."),
        entry(insertion_order="7", keys="loom"),
    ],
)
def test_what_stands_in_an_entry_comes_out_as_it_came_in(strange: dict[str, Any]) -> None:
    card = book(strange, entry())
    text = read_card(as_json(card), "x.json").text
    came, went = card["data"]["character_book"]["entries"][0], out(text)["entries"][0]
    assert {name: went[name] for name in came} == came


def test_a_book_as_a_world_file_has_it_is_understood() -> None:
    world = {
        "entries": {"0": {"uid": 0, "key": ["loom"], "keysecondary": [], "content": "It counts.", "order": 5}}
    }
    text = read_card(as_json(v2(character_book=world)), "x.json").text
    assert read(text, "x").data["lorebook"]["entries"][0]["keys"] == ["loom"]


def test_a_book_without_entries_is_left_out() -> None:
    found = read_card(as_json(v2(character_book={"name": "x"})), "x.json")
    assert "lorebook" not in read(found.text, "x").data
    assert [voice_for().render(each) for each in found.report.ignored] == [
        "`character_book` isn't what cards have there, so it was left out, or in part."
    ]


def test_a_book_that_is_too_large_for_a_persona_s_file_is_left_out_and_told() -> None:
    card = book(*(entry(keys=[f"key {n}"], content="word " * 100) for n in range(300)))
    found = read_card(as_json(card), "x.json")
    assert "lorebook" not in read(found.text, "x").data
    assert [voice_for().render(each) for each in found.report.warnings] == [
        (
            "The card's lorebook is too large for a persona's file (161 KiB), so it was left out. Add the card's JSON as a "
            "lorebook of its own, and name that in `lorebooks`."
        )
    ]


def test_what_comes_up_in_another_way_here_is_told() -> None:
    card = book(
        entry(keys=[""], name="Folder"),
        entry(name="Deep", extensions={"position": 4, "depth": 2}),
    )
    told = [voice_for().render(each) for each in read_card(as_json(card), "x.json").report.warnings]
    assert told == [
        "Lore entries that want a place among the messages are told with the newest one (1): Deep.",
        "Lore entries without a key never come up (1): Folder.",
    ]


@pytest.mark.parametrize(
    ("first", "others"), [("Hello.", ["Hello.", "A storm!"]), ("", ["Hello.", "A storm!"])]
)
def test_greetings_that_lore_numbers_stay_where_they_are(first: str, others: list[str]) -> None:
    card = book(entry(content="@@is_greeting 2\nA storm rages."))
    card["data"] |= {"first_mes": first, "alternate_greetings": others}
    text = read_card(as_json(card), "x.json").text
    data = read(text, "x").data
    assert (data.get("greeting", ""), data["greetings"]) == (first, others)
    assert number_of(PersonaSheet.model_validate(data), "A storm!") == 2
    back = parsed(export_card(text, None, "v3", "json"))["data"]
    assert (back["first_mes"], back["alternate_greetings"]) == (first, others)
