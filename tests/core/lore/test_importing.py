"""Import of lorebooks: each field's place, every trap of the wild, and that nothing is lost on the way back."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.lore.exporting import card_book, card_entry
from bot.core.lore.importing import LoreRemark, NotLoreError, lorebook_of, lorebook_of_card
from bot.core.lorebook import Lorebook


def entry_of(raw: dict[str, Any], **book: Any) -> dict[str, Any]:
    data, _ = lorebook_of_card({"entries": [raw], **book})
    Lorebook.model_validate(data)
    found: dict[str, Any] = data["entries"][0]
    return found


def remarks_of(*raw: dict[str, Any]) -> dict[LoreRemark, int]:
    _, report = lorebook_of_card({"entries": list(raw)})
    return {each.kind: each.entries for each in report}


CARD = {"keys": ["inn"], "content": "An inn.", "extensions": {}, "enabled": True, "insertion_order": 100}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, {}),
        ({"insertion_order": 0}, {"order": 0}),
        ({"insertion_order": 2.5}, {"order": 2.5}),
        ({"enabled": False}, {"enabled": False}),
        ({"constant": True}, {"constant": True}),
        ({"name": "The inn"}, {"name": "The inn"}),
        ({"comment": "The inn"}, {"name": "The inn", "card": {"comment": "The inn"}}),
        ({"priority": 0}, {"priority": 0}),
        ({"case_sensitive": True}, {"case_sensitive": True}),
        ({"case_sensitive": False}, {"case_sensitive": False}),
        ({"position": "before_char"}, {"position": "before"}),
        ({"position": "after_char"}, {"card": {"position": "after_char"}}),
        ({"selective": True, "secondary_keys": ["x"]}, {"secondary_keys": ["x"]}),
        (
            {"selective": False, "secondary_keys": ["x"]},
            {"card": {"selective": False, "secondary_keys": ["x"]}},
        ),
        ({"selective": True, "secondary_keys": [""]}, {"card": {"selective": True, "secondary_keys": [""]}}),
        ({"use_regex": True}, {"regex": True}),
        ({"id": 7}, {"card": {"id": 7}}),
        ({"new_in_v4": {"a": 1}}, {"card": {"new_in_v4": {"a": 1}}}),
        (
            {"extensions": {"probability": 30, "useProbability": True}},
            {"probability": 30, "card": {"extensions": {"useProbability": True}}},
        ),
        (
            {"extensions": {"probability": 30, "useProbability": False}},
            {"card": {"extensions": {"probability": 30, "useProbability": False}}},
        ),
        ({"extensions": {"sticky": 2, "cooldown": 3, "delay": 4}}, {"sticky": 2, "cooldown": 3, "delay": 4}),
        ({"extensions": {"scan_depth": 0}}, {"scan_depth": 0}),
        ({"extensions": {"match_whole_words": True}}, {"whole_words": True}),
        ({"extensions": {"prevent_recursion": True}}, {"prevent_recursion": True}),
        ({"extensions": {"group": "g", "group_weight": 5}}, {"group": "g", "group_weight": 5}),
        ({"extensions": {"agnai": [1]}}, {"card": {"extensions": {"agnai": [1]}}}),
        # Values of another kind are kept, and do nothing.
        ({"insertion_order": "7"}, {"card": {"insertion_order": "7"}}),
        ({"constant": "yes"}, {"card": {"constant": "yes"}}),
        ({"extensions": {"sticky": -1}}, {"card": {"extensions": {"sticky": -1}}}),
        ({"extensions": {"sticky": None}}, {"card": {"extensions": {"sticky": None}}}),
        ({"priority": float("inf")}, {"card": {"priority": float("inf")}}),
    ],
)
def test_a_field_has_its_place(raw: dict[str, Any], expected: dict[str, Any]) -> None:
    assert entry_of({**CARD, **raw}) == {"keys": ["inn"], "content": "An inn.", **expected}


def test_sillytavern_means_the_form_of_a_key_and_not_its_flag() -> None:
    exported = {**CARD, "use_regex": True, "extensions": {"display_index": 0, "selectiveLogic": 0}}
    assert "regex" not in entry_of(exported)
    assert card_entry(entry_of(exported))["use_regex"] is True


def test_logic_is_that_of_sillytavern() -> None:
    for number, logic in [(0, None), (1, "not_all"), (2, "not_any"), (3, "and_all"), (9, None), (True, None)]:
        raw = {**CARD, "selective": True, "secondary_keys": ["x"], "extensions": {"selectiveLogic": number}}
        assert entry_of(raw).get("logic") == logic


def test_the_books_own_fields() -> None:
    raw = {
        "name": "World",
        "description": "About it",
        "scan_depth": 10,
        "token_budget": 500,
        "recursive_scanning": True,
        "extensions": {"x": 1},
        "later": None,
        "entries": [],
    }
    data, report = lorebook_of_card(raw)
    assert data == {
        "name": "World",
        "description": "About it",
        "scan_depth": 10,
        "token_budget": 500,
        "recursive": True,
        "entries": [],
        "card": {"extensions": {"x": 1}, "later": None},
    }
    assert report == ()
    assert card_book(data) == raw


WORLD = {
    "entries": {
        "0": {
            "uid": 0,
            "key": ["eldoria", ""],
            "keysecondary": ["magic"],
            "comment": "eldoria",
            "content": '{{user}}: "What is Eldoria?"\n{{char}}: *smiles*',
            "constant": False,
            "vectorized": False,
            "selective": True,
            "selectiveLogic": 3,
            "addMemo": True,
            "order": 50,
            "position": 4,
            "disable": False,
            "excludeRecursion": True,
            "preventRecursion": False,
            "delayUntilRecursion": 2,
            "probability": 40,
            "useProbability": True,
            "depth": 6,
            "group": "",
            "groupOverride": False,
            "groupWeight": 100,
            "scanDepth": 3,
            "caseSensitive": None,
            "matchWholeWords": True,
            "useGroupScoring": None,
            "automationId": "",
            "role": 0,
            "sticky": 1,
            "cooldown": None,
            "delay": 0,
            "displayIndex": 0,
        },
        "1": {"uid": 1, "key": [], "keysecondary": [], "comment": "", "content": "x", "disable": True},
    }
}


def test_a_world_file() -> None:
    data, report = lorebook_of(WORLD)
    assert data == {
        "entries": [
            {
                "name": "eldoria",
                "keys": ["eldoria", ""],
                "secondary_keys": ["magic"],
                "logic": "and_all",
                "order": 50,
                "scan_depth": 3,
                "whole_words": True,
                "probability": 40,
                "exclude_recursion": True,
                "delay_until_recursion": True,
                "sticky": 1,
                "content": '{{user}}: "What is Eldoria?"\n{{char}}: *smiles*',
                "card": {
                    "extensions": {"position": 4, "delay_until_recursion": 2, "depth": 6},
                },
            },
            {"keys": [], "enabled": False, "content": "x"},
        ]
    }
    assert [(each.kind, each.names) for each in report] == [(LoreRemark.DEPTH, ("eldoria",))]
    Lorebook.model_validate(data)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda book: book,
        lambda book: {"spec": "lorebook_v3", "data": book},
        lambda book: {"spec": "chara_card_v2", "data": {"name": "x", "character_book": book}},
        lambda book: {"character_book": book},
    ],
)
def test_a_book_is_found_in_what_it_comes_in(wrapped: Any) -> None:
    assert lorebook_of(wrapped({"entries": [CARD]})).data["entries"][0]["keys"] == ["inn"]
    assert lorebook_of(wrapped({"entries": {"0": {**WORLD["entries"]["1"], "key": ["inn"]}}})).data[
        "entries"
    ][0]["keys"] == ["inn"]
    assert lorebook_of(wrapped({"entries": [{"key": ["inn"], "content": "x"}, 3, None]})).data["entries"] == [
        {"keys": ["inn"], "content": "x"}
    ]


def test_of_a_new_entry_of_sillytaverns_nothing_is_kept_that_nobody_chose() -> None:
    usual: dict[str, Any] = {
        "uid": 0,
        "key": ["inn"],
        "keysecondary": [],
        "comment": "",
        "content": "An inn.",
        "constant": False,
        "vectorized": False,
        "selective": True,
        "selectiveLogic": 0,
        "addMemo": True,
        "order": 100,
        "position": 0,
        "disable": False,
        "ignoreBudget": False,
        "excludeRecursion": False,
        "preventRecursion": False,
        "matchPersonaDescription": False,
        "matchScenario": False,
        "delayUntilRecursion": 0,
        "probability": 100,
        "useProbability": True,
        "depth": 4,
        "outletName": "",
        "group": "",
        "groupOverride": False,
        "groupWeight": 100,
        "scanDepth": None,
        "caseSensitive": None,
        "matchWholeWords": None,
        "useGroupScoring": None,
        "automationId": "",
        "role": None,
        "sticky": 0,
        "cooldown": 0,
        "delay": 0,
        "displayIndex": 0,
        "triggers": [],
        "characterFilter": {"isExclude": False, "names": [], "tags": []},
    }
    data, report = lorebook_of({"entries": {"0": usual, "1": {**usual, "position": 1}}})
    assert data["entries"] == [
        {"keys": ["inn"], "position": "before", "content": "An inn."},
        {"keys": ["inn"], "content": "An inn."},
    ]
    assert report == ()


def test_a_world_that_was_made_of_a_card_s_book_has_what_only_that_said_and_nothing_twice() -> None:
    original = {
        "name": "Harbour",
        "scan_depth": 7,
        "extensions": {"x_book": 1},
        "entries": [
            {**CARD, "id": 0, "content": "Old.", "priority": 3, "x_mine": [1], "extensions": {"x_more": 2}},
            {**CARD, "id": 1, "content": "Gone."},
            {**CARD, "case_sensitive": True, "enabled": False, "extensions": {"x_deep": 9, "sticky": 4}},
        ],
    }
    world = {
        "entries": {
            "0": {"uid": 0, "key": ["inn"], "comment": "The inn", "content": "An inn.", "depth": 4},
            "2": {"uid": 2, "key": ["sea"], "content": "The sea.", "caseSensitive": None, "sticky": 0},
            "3": {"uid": 3, "key": ["new"], "content": "New."},
        },
        "originalData": original,
    }
    data, _ = lorebook_of(world)
    assert data == {
        "name": "Harbour",
        "scan_depth": 7,
        "entries": [
            {
                "name": "The inn",
                "keys": ["inn"],
                "priority": 3,
                "content": "An inn.",
                "card": {"x_mine": [1], "extensions": {"x_more": 2}},
            },
            # What the world says goes before what the card said once; of the case it says nothing.
            {
                "keys": ["sea"],
                "case_sensitive": True,
                "content": "The sea.",
                "card": {"extensions": {"x_deep": 9}},
            },
            {"keys": ["new"], "content": "New."},
        ],
        "card": {"extensions": {"x_book": 1}},
    }
    assert lorebook_of({**world, "originalData": "?"}).data["card"] == {"originalData": "?"}


def test_entries_that_say_nothing_are_another_programs() -> None:
    novelai = {"lorebookVersion": 5, "entries": [{"text": "An inn.", "keys": ["inn"], "displayName": "Inn"}]}
    with pytest.raises(NotLoreError):
        lorebook_of(novelai)


def test_a_number_of_any_length_is_kept_and_does_nothing() -> None:
    assert entry_of({**CARD, "insertion_order": 10**400})["card"] == {"insertion_order": 10**400}


@pytest.mark.parametrize("raw", [None, [], "x", {}, {"entries": 3}, {"data": {"name": "x"}}, {"data": []}])
def test_what_is_no_lorebook_is_refused(raw: object) -> None:
    with pytest.raises(NotLoreError):
        lorebook_of(raw)


def test_what_is_told_otherwise_is_said() -> None:
    deep = {**CARD, "content": "@@depth 4\nDeep."}
    assert remarks_of(deep, {**CARD, "extensions": {"position": 4}}, CARD) == {LoreRemark.DEPTH: 2}
    assert remarks_of({**CARD, "keys": ["/(?=x)/"]}) == {LoreRemark.REGEX: 1}
    assert remarks_of({**CARD, "keys": ["", "\uf000folder:1"]}) == {LoreRemark.NEVER: 1}
    assert remarks_of({**CARD, "keys": [], "extensions": {"vectorized": True}}) == {LoreRemark.VECTORS: 1}
    assert remarks_of({**CARD, "extensions": {"sticky": 999}}) == {LoreRemark.LIMITED: 1}
    assert remarks_of({**CARD, "extensions": {"character_filter": {"names": ["A"], "tags": []}}}) == {
        LoreRemark.FILTER: 1
    }
    assert remarks_of({**CARD, "extensions": {"group": "g", "group_override": True}}) == {LoreRemark.GROUP: 1}
    assert remarks_of({**CARD, "extensions": {"automation_id": "x"}}) == {LoreRemark.KEPT: 1}
    assert remarks_of({**CARD, "keys": [], "constant": True}) == {}
    assert remarks_of({**CARD, "keys": [], "enabled": False}) == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 300) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=3,
)
FIELDS = st.sampled_from(
    [
        "keys",
        "content",
        "enabled",
        "insertion_order",
        "case_sensitive",
        "use_regex",
        "constant",
        "name",
        "priority",
        "id",
        "comment",
        "selective",
        "secondary_keys",
        "position",
        "extensions",
        "x_other",
        "key",
    ]
)
MORE = st.sampled_from(
    [
        "selectiveLogic",
        "probability",
        "useProbability",
        "sticky",
        "scan_depth",
        "match_whole_words",
        "group",
        "group_weight",
        "position",
        "depth",
        "delay_until_recursion",
        "exclude_recursion",
        "x_more",
    ]
)
WELL_FORMED = st.fixed_dictionaries(
    {
        "keys": st.lists(st.text(max_size=5), max_size=3),
        "content": st.text(max_size=10),
        "extensions": st.dictionaries(MORE, JSON, max_size=5),
        "enabled": st.booleans(),
        "insertion_order": st.integers(-1000, 1000),
        "use_regex": st.booleans(),
    },
    optional={
        "constant": st.booleans(),
        "name": st.text(max_size=5),
        "priority": st.integers(-1000, 1000),
        "id": st.integers(),
        "comment": st.text(max_size=5),
        "selective": st.booleans(),
        "secondary_keys": st.lists(st.text(max_size=5), max_size=2),
        "position": st.sampled_from(["before_char", "after_char"]),
        "case_sensitive": st.booleans(),
        "x_unknown": JSON,
    },
)


@settings(max_examples=150)
@given(st.lists(WELL_FORMED, max_size=2))
def test_a_card_comes_back_as_it_was(entries: list[dict[str, Any]]) -> None:
    data, _ = lorebook_of_card({"entries": entries, "extensions": {}})
    Lorebook.model_validate(data)
    assert card_book(data) == {"entries": entries, "extensions": {}}


def test_how_a_whole_book_looks_for_keys_is_said_in_each_entry_of_a_card() -> None:
    # Cards and SillyTavern have no such field of the book.
    book = {"whole_words": True, "entries": [{"keys": ["rope"]}, {"keys": ["Till"], "whole_words": False}]}
    again, _ = lorebook_of_card(card_book(book))
    assert [entry.whole_words for entry in Lorebook.model_validate(again).entries] == [True, False]
    again, _ = lorebook_of_card(card_book({"case_sensitive": True, "entries": [{"keys": ["Till"]}]}))
    assert [entry.case_sensitive for entry in Lorebook.model_validate(again).entries] == [True]


@given(st.dictionaries(FIELDS, JSON | st.dictionaries(MORE, JSON, max_size=4)))
def test_any_entry_is_taken(raw: dict[str, Any]) -> None:
    data, _ = lorebook_of_card({"entries": [raw]})
    Lorebook.model_validate(data)
    again, _ = lorebook_of_card(card_book(data))
    assert _told(again) == _told(data)


def _told(data: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: each[key] for key in each if key != "card"} for each in data["entries"]]
