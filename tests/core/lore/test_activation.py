"""Which entries are told: each rule by itself, and what is true of all."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.lore.activation import activate, turns_needed
from bot.core.lore.index import Index
from bot.core.lore.telling import Activation, Circumstances, Heard, Held, Why
from bot.core.lorebook import REACH, Lorebook, Spot
from bot.core.scene import Position


def book(*entries: dict[str, Any], name: str = "book", **keys: Any) -> Index:
    return Index(Lorebook.model_validate({"name": name, "entries": list(entries), **keys}))


def entry(*keys: str, content: str = "", **more: Any) -> dict[str, Any]:
    name = keys[0] if keys else more.get("name", "")
    return {"name": name, "keys": list(keys), "content": content or f"About {name}.", **more}


def heard(*texts: str) -> list[Heard]:
    """Turns: those that begin with a star are the persona's."""
    return [
        Heard(
            "Marlow" if text.startswith("*") else "Alice",
            text,
            Position(at * 1000 + 1000),
            text.startswith("*"),
        )
        for at, text in enumerate(texts)
    ]


def told(
    books: Index | Sequence[Index], *texts: str, seed: int = 1, room: int = 1000, greeting: int | None = None
) -> Activation:
    found = [books] if isinstance(books, Index) else books
    return activate(found, heard(*texts), Circumstances(seed, room, len, greeting=greeting))


def names(found: Activation) -> list[str]:
    return [each.ready.name for each in found.told]


def held(found: Activation) -> dict[str, Held]:
    return {each.ready.name: each.why for each in found.untold}


SECOND = {"secondary_keys": ["rain", "night"]}


@pytest.mark.parametrize(
    ("more", "said", "is_told"),
    [
        ({}, "the harbour", True),
        ({}, "the town", False),
        (SECOND, "the harbour", False),
        (SECOND, "the harbour at night", True),
        (SECOND | {"logic": "and_all"}, "the harbour at night", False),
        (SECOND | {"logic": "and_all"}, "the harbour at night, in rain", True),
        (SECOND | {"logic": "not_any"}, "the harbour at night", False),
        (SECOND | {"logic": "not_any"}, "the harbour", True),
        (SECOND | {"logic": "not_all"}, "the harbour at night", True),
        (SECOND | {"logic": "not_all"}, "the harbour at night, in rain", False),
        (SECOND, "rain at night", False),  # none of its keys
        ({"secondary_keys": ["", " "]}, "the harbour", True),  # none at all
        ({"enabled": False}, "the harbour", False),
        ({"enabled": False, "constant": True}, "the harbour", False),
        ({"probability": 0}, "the harbour", False),
        ({"content": "@@dont_activate\nNo."}, "the harbour", False),
        ({"content": "@@dont_activate\n@@activate\nYes."}, "the town", True),
        ({"content": "@@activate\nYes."}, "", True),
        ({"content": "@@additional_keys rain,fog\nYes."}, "the harbour", False),
        ({"content": "@@additional_keys rain,fog\nYes."}, "fog in the harbour", True),
        ({"content": "@@exclude_keys war\nYes."}, "war in the harbour", False),
        ({"content": "@@exclude_keys war\nYes.", "regex": True}, "war in the harbour", True),
        ({"content": "@@additional_keys r[ai]+n\nYes.", "regex": True}, "rain in the harbour", True),
        ({"content": "@@depth 4"}, "the harbour", False),  # nothing to say
        ({"content": "  "}, "the harbour", False),
        ({"constant": True}, "", True),
        ({"delay_until_recursion": True}, "the harbour", False),
        ({"case_sensitive": True}, "the Harbour", False),
        ({"delay": 2}, "the harbour", False),
        ({"delay": 1}, "the harbour", True),
    ],
)
def test_an_entry_is_told(more: dict[str, Any], said: str, is_told: bool) -> None:
    found = told(book({**entry("harbour"), **more}), *([said] if said else []))
    assert bool(found.told) is is_told


def test_keys_count_in_the_newest_turns() -> None:
    turns = ("the harbour", "b", "c", "d")
    assert names(told(book(entry("harbour")), *turns)) == ["harbour"]  # four turns
    assert names(told(book(entry("harbour")), *turns, "e")) == []
    assert names(told(book(entry("harbour"), scan_depth=1), *turns)) == []
    assert names(told(book(entry("harbour", scan_depth=9), scan_depth=1), *turns, "e")) == ["harbour"]
    deep = entry("harbour", content="@@scan_depth 9\nYes.", scan_depth=1)
    assert names(told(book(deep), *turns, "e")) == ["harbour"]
    assert names(told(book(entry("harbour", scan_depth=0)), "the harbour")) == []


def test_a_speakers_name_is_a_part_of_what_they_say() -> None:
    assert names(told(book(entry("alice")), "hello")) == ["alice"]
    (found,) = told(book(entry("/^alice: he/i")), "hello").told
    assert (found.why, found.cause.key, found.cause.by) == (Why.SAID, "/^alice: he/i", "Alice")


def test_lower_orders_are_told_first() -> None:
    found = told(book(entry("a", order=5), entry("b", order=-1), entry("c", order=5)), "a b c")
    assert names(found) == ["b", "a", "c"]


def test_constants_stand_in_system_and_others_in_a_note() -> None:
    always = [
        entry("x", constant=True),
        entry("y", constant=True, position="before"),
        entry("z", constant=True, probability=99.9),
        entry("w", content="@@position before_desc\nW.", constant=True),
    ]
    found = told(book(*always, entry("said")), "said")
    assert found.standing(Spot.BEFORE) == ["About y.", "W."]
    assert found.standing(Spot.AFTER) == ["About x."]
    assert found.triggered == ["About z.", "About said."]


def test_a_key_that_is_said_and_told_too_was_said() -> None:
    library = book(entry("b", content="A tower."), entry("tower"), recursive=True)
    found = activate([library], [Heard("", "the tower, b", Position(1))], Circumstances(1, 1000, len))
    assert [(each.ready.name, each.why, each.cause.by) for each in found.told] == [
        ("b", Why.SAID, ""),
        ("tower", Why.SAID, ""),
    ]


def test_lore_brings_up_what_it_tells_or_hides_and_nothing_else() -> None:
    others = [entry(key) for key in ("sun", "moon", "star", "marlow", "user", "random", "sand")]
    contents = {
        "{{// the sun }}A tower.{{comment: sun}}": [],
        "A tower.{{hidden_key: moon}}": ["moon"],
        "{{char}}'s tower, where {{user}} is.": ["marlow"],
        "A tower with a {{random:star,sun}}.": [],
        "A tower of s{{// a note }}and.": ["sand"],
    }
    for content, brought_up in contents.items():
        library = book(entry("tower", content=content), *others, recursive=True)
        around = Circumstances(1, 1000, len, persona="Marlow")
        assert names(activate([library], heard("A tower!"), around)) == ["tower", *brought_up]


def test_what_is_always_told_but_waits_for_other_lore_is_told_with_it() -> None:
    waiting = entry("dusk", constant=True, delay_until_recursion=True)
    library = book(entry("tower", content="A tower at night."), entry("night"), waiting, recursive=True)
    assert names(told(library, "the tower")) == ["tower", "night", "dusk"]
    assert names(told(library, "the harbour")) == []


def test_a_note_of_the_writers_is_no_content_and_costs_nothing() -> None:
    note = "{{// " + "a long story " * 100 + "}}"
    library = book(entry("tower", content=note), entry("door", content=f"{note}\nA red door."))
    found = told(library, "the tower's door", room=11)
    assert found.triggered == ["A red door."]
    assert not found.untold


def test_where_there_is_no_room_constants_stay_then_what_was_said() -> None:
    entries = [
        entry("low", content="l" * 10, priority=1),
        entry("high", content="h" * 10, priority=9),
        entry("always", content="a" * 10, constant=True, priority=-5),
        entry("further", content="f" * 10, priority=99),
        entry("small", content="s", priority=0),
    ]
    entries[1]["content"] = "hh further"
    library = book(*entries, recursive=True)
    assert sorted(names(told(library, "low high small", room=50))) == [
        "always",
        "further",
        "high",
        "low",
        "small",
    ]
    found = told(library, "low high small", room=31)
    assert sorted(names(found)) == ["always", "high", "low", "small"]
    assert held(found) == {"further": Held.ROOM}
    assert sorted(names(told(library, "low high small", room=21))) == ["always", "high", "small"]
    assert names(told(library, "low high small", room=0)) == []


def test_a_book_has_a_budget_of_its_own_and_the_first_comes_first() -> None:
    first = book(
        entry("a", content="1" * 10), entry("b", content="2" * 10, order=200), name="one", token_budget=10
    )
    second = book(entry("a", content="3" * 10), name="two")
    assert [each.ready.marks.text[0] for each in told([first, second], "a b").told] == ["3", "2"]
    found = told([second, first], "a b", room=10)
    assert [each.source.name for each in found.told] == ["two"]


def test_what_goes_first_without_room_says_so_itself() -> None:
    yields = entry("a", content="@@ignore_on_max_context\n" + "a" * 10, priority=50)
    found = told(book(yields, entry("b", content="b" * 10)), "a b", room=10)
    assert names(found) == ["b"]


def test_the_same_text_is_told_once() -> None:
    found = told([book(entry("a", content="X.")), book(entry("b", content="X."))], "a b")
    assert names(found) == ["a"]


def test_what_is_told_brings_up_more() -> None:
    chain = [entry(f"k{at}", content=f"see k{at + 1}") for at in range(9)]
    assert names(told(book(*chain), "k0")) == ["k0"]
    found = told(book(*chain, recursive=True), "k0")
    assert names(found) == ["k0", "k1", "k2", "k3", "k4", "k5"]  # five steps
    assert [each.why for each in found.told[:2]] == [Why.SAID, Why.LORE]
    assert (found.told[1].cause.key, found.told[1].cause.by) == ("k1", "k0")


@pytest.mark.parametrize(
    ("first", "second", "is_told"),
    [
        ({}, {}, True),
        ({"prevent_recursion": True}, {}, False),
        ({}, {"exclude_recursion": True}, False),
        ({}, {"delay_until_recursion": True}, True),
        ({"constant": True}, {}, True),
        ({"probability": 0}, {}, False),
    ],
)
def test_recursion(first: dict[str, Any], second: dict[str, Any], is_told: bool) -> None:
    library = book(entry("one", content="leads to two", **first), entry("two", **second), recursive=True)
    assert ("two" in names(told(library, "one"))) is is_told


def test_other_books_are_brought_up_only_if_both_allow_it() -> None:
    one, two = entry("one", content="leads to two"), entry("two")
    for first, second, expected in [(True, True, 2), (True, False, 1), (False, True, 1)]:
        found = told([book(one, recursive=first), book(two, recursive=second)], "one")
        assert len(found.told) == expected


STAYS = entry("key", sticky=3, cooldown=3)


@pytest.mark.parametrize(
    ("turns", "is_told"),
    [
        (["key"], True),
        (["key", "*a"], True),
        (["key", "*a", "b"], True),  # two messages later
        (["key", "*a", "b", "*c", "d"], False),  # four
        (["key", "*a", "b", "*c", "key"], False),  # it rests
        (["key", "*a", "b", "*c", "d", "key"], False),  # five
        (["key", "*a", "b", "*c", "d", "*e", "key"], True),  # six
        (["key", "b"], False),  # scanned one turn, and nobody was told before
        (["key", "*a", "b", "key", "*c", "d", "e"], False),  # its time isn't begun again
    ],
)
def test_what_was_told_stays_and_then_rests(turns: list[str], is_told: bool) -> None:
    assert bool(told(book(STAYS, scan_depth=1), *turns).told) is is_told


def test_sticky_says_so_and_falls_back_with_its_turn() -> None:
    library = book(STAYS, scan_depth=1)
    (found,) = told(library, "key", "*a", "b").told
    assert found.why is Why.STICKY
    assert told(library, "*a", "b").told == ()  # the turn with the key was deleted


def test_cooldown_without_sticky() -> None:
    library = book(entry("key", cooldown=2))
    assert names(told(library, "key")) == ["key"]
    found = told(library, "key", "*a")
    assert held(found) == {"key": Held.REST}
    assert names(told(library, "key", "*a", "key")) == ["key"]


def test_for_good_and_only_once() -> None:
    keeps = book(entry("key", content="@@keep_activate_after_match\nYes."), scan_depth=1)
    once = book(entry("key", content="@@dont_activate_after_match\nYes."))
    long = ["*a", "b"] * 50
    assert names(told(keeps, "key", *long)) == ["key"]
    assert names(told(keeps, "b", *long)) == []
    assert names(told(once, "key")) == ["key"]
    assert held(told(once, "key", "*a", "key")) == {"key": Held.ONCE}


def test_after_and_every_count_the_personas_own_turns() -> None:
    after = book(entry("key", content="@@activate_only_after 2\nYes."))
    every = book(entry("key", content="@@activate_only_every 2\nYes."))
    assert held(told(after, "a", "*a", "key")) == {"key": Held.EARLY}
    assert names(told(after, "a", "*a", "b", "*b", "key")) == ["key"]
    assert names(told(after, *(["b"] * REACH), "key")) == ["key"]  # nobody counts further
    assert [bool(told(every, *(["*a"] * own), "key").told) for own in range(4)] == [True, False, True, False]


@pytest.mark.parametrize("greeting", [None, 0, 1, 2])
def test_an_entry_for_a_greeting_is_told_where_that_began_the_story(greeting: int | None) -> None:
    marks = "@@is_greeting 1\n"
    library = book(
        entry("key", content=f"{marks}A."),
        entry("stays", content=f"{marks}B.", sticky=9),
        entry("always", content=f"{marks}C.", constant=True),
        entry("forced", content=f"@@activate\n{marks}D."),
        entry("other"),
    )
    found = told(library, "key stays other", greeting=greeting)
    mine = {"key", "stays", "always", "forced"} if greeting == 1 else set()
    assert set(names(found)) == {"other", *mine}
    assert found.standing(Spot.AFTER) == (["C.", "D."] if mine else [])
    assert set(held(found).values()) == (set() if mine else {Held.GREETING})
    assert held(told(library, "nothing")).keys() == {"always", "forced"}  # nothing else came up


def test_what_comes_up_by_thousands_is_found_with_what_is_rare() -> None:
    common = [entry("the", content=f"T{at}.", order=at % 7) for at in range(3_000)]
    library = book(*common, entry("dragon", content="A dragon.", order=99, sticky=2))
    found = told(library, "the dragon", room=30)
    assert found.told[-1].ready.name == "dragon"
    assert {each.ready.entry.order for each in found.told[:-1]} == {6}  # the most important of the others


def test_where_hundreds_come_up_each_time_only_the_newest_turns_count_for_timers() -> None:
    once = entry("dragon", content="@@dont_activate_after_match\nA dragon.", order=999)
    turns = ["a dragon", *["*the", "the"] * 40, "dragon"]
    assert held(told(book(once), *turns)) == {"dragon": Held.ONCE}
    many = book(once, *[entry("the", content=f"T{at}.", cooldown=2) for at in range(1_000)])
    assert "dragon" in names(told(many, *turns))
    assert held(told(many, *turns[-6:-1], "dragon", "*the", "dragon"))["dragon"] is Held.ONCE


def test_of_a_group_one_is_told() -> None:
    group = [entry(name, group="weather") for name in ("sun", "rain", "snow")]
    library = book(*group, entry("other"))
    chosen = [names(told(library, "sun rain snow other", seed=seed)) for seed in range(60)]
    assert all(len(each) == 2 and "other" in each for each in chosen)
    assert {each[0] for each in chosen} == {"sun", "rain", "snow"}
    assert set(held(told(library, "sun rain snow")).values()) == {Held.GROUP}
    never = book(entry("sun", group="g", probability=0), entry("rain", group="g"))
    assert names(told(never, "sun rain")) == ["rain"]
    weighty = book(entry("sun", group="g", group_weight=0), entry("rain", group="g"))
    assert all(names(told(weighty, "sun rain", seed=seed)) == ["rain"] for seed in range(20))


def test_chance_is_the_same_for_each_try_and_fair_over_scenes() -> None:
    library = book(entry("key", probability=30))
    tries = [bool(told(library, "key", seed=seed).told) for seed in range(1000)]
    assert tries == [bool(told(library, "key", seed=seed).told) for seed in range(1000)]
    assert 250 < sum(tries) < 350
    assert held(told(book(entry("key", probability=0)), "key")) == {"key": Held.CHANCE}


def test_only_as_many_turns_are_needed_as_matter() -> None:
    assert turns_needed([]) == 0
    assert turns_needed([book(entry("a")), book(entry("b", scan_depth=7))]) == 7
    assert turns_needed([book(entry("a", scan_depth=10**6))]) == 100
    assert turns_needed([book(entry("a", sticky=1))]) == REACH


def test_times_do_not_shift_when_the_oldest_turns_leave() -> None:
    library = book(entry("key", cooldown=5))
    turns = heard(*[text for at in range(700) for text in (f"key {at}", f"*{at}")])
    around = Circumstances(1, 100, len)
    whole = [
        bool(activate([library], turns[max(0, at - REACH) : at], around).told) for at in range(801, 1001, 2)
    ]
    runs = "".join("x" if each else "." for each in whole)
    assert runs.count("x") in range(30, 36)  # one of three
    assert max(map(len, runs.split("x"))) <= 4


SOME = st.fixed_dictionaries(
    {
        "keys": st.lists(st.sampled_from(["a", "b", "c", "", "/a|b/"]), max_size=2),
        "content": st.sampled_from(["a", "b c", "", "x"]),
    },
    optional={
        "constant": st.booleans(),
        "probability": st.integers(0, 100),
        "sticky": st.integers(0, 4),
        "cooldown": st.integers(0, 4),
        "delay": st.integers(0, 4),
        "group": st.sampled_from(["", "g"]),
        "secondary_keys": st.lists(st.sampled_from("abc"), max_size=2),
        "logic": st.sampled_from(["and_any", "and_all", "not_any", "not_all"]),
        "exclude_recursion": st.booleans(),
        "delay_until_recursion": st.booleans(),
    },
)


@settings(max_examples=100)
@given(
    st.lists(SOME, max_size=6),
    st.booleans(),
    st.lists(st.sampled_from(["a", "b", "*c", "*a b"]), max_size=12),
    st.integers(0, 12),
)
def test_of_any_book(entries: list[dict[str, Any]], recursive: bool, turns: list[str], room: int) -> None:
    library = book(*entries, recursive=recursive)
    found = told(library, *turns, room=room)
    assert found == told(library, *turns, room=room)
    again = told(book(*entries, recursive=recursive), *turns, room=room)
    assert [each.ready.number for each in again.told] == [each.ready.number for each in found.told]
    texts = [each.ready.marks.text for each in found.told]
    assert len(texts) == len(set(texts))
    assert sum(map(len, texts)) <= room
    assert all(texts)
    numbers = {each.ready.number for each in found.told}
    assert not numbers & {each.ready.number for each in found.untold}
    orders = [each.ready.entry.order for each in found.told]
    assert orders == sorted(orders)
    groups = [
        each.ready.entry.group for each in found.told if each.ready.entry.group and each.why is not Why.STICKY
    ]
    assert len(groups) <= 1
