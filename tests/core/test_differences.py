"""What changes between two texts, as people read it."""

import difflib
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import differences
from bot.core.differences import changed_lines, unified

TEXT = "name: Marlow\ndescription: x\nscenario: A storm.\ntags: [a]\nnsfw: false\nvoice: salty\n"


def test_what_changed_is_shown_with_a_line_around_it() -> None:
    assert changed_lines(TEXT, TEXT.replace("A storm.", "A calm.")) == [
        "…",
        "  description: x",
        "- scenario: A storm.",
        "+ scenario: A calm.",
        "  tags: [a]",
        "…",
    ]
    assert changed_lines(TEXT, f"# mine\n{TEXT}") == ["+ # mine", "  name: Marlow", "…"]
    assert changed_lines(TEXT, TEXT + "title: T\n") == ["…", "  voice: salty", "+ title: T"]


def test_places_far_from_each_other_have_one_gap_between_them() -> None:
    after = TEXT.replace("Marlow", "Marla").replace("salty", "sweet")
    assert changed_lines(TEXT, after) == [
        "- name: Marlow",
        "+ name: Marla",
        "  description: x",
        "…",
        "  nsfw: false",
        "- voice: salty",
        "+ voice: sweet",
    ]


def test_a_new_text_is_shown_whole_and_the_same_text_is_nothing() -> None:
    assert changed_lines("", "name: X\ndescription: y\n") == ["+ name: X", "+ description: y"]
    assert changed_lines(TEXT, TEXT) == []
    assert changed_lines(TEXT, TEXT.replace("\n", "\r\n")) == []


def test_of_long_lines_is_shown_what_differs() -> None:
    before = "description: " + "The harbour sleeps. " * 20
    after = before[:200] + "A bell! " + before[200:]
    assert changed_lines(before, after) == [
        "- …The harbour sleeps. The harbour sleeps. The harbour…",
        "+ …The harbour sleeps. The harA bell! bour sleeps. The harbour…",
    ]
    assert changed_lines(f"{'x' * 90}\na", f"{'x' * 90}\nb") == [f"  {'x' * 64}…", "- a", "+ b"]
    (line,) = changed_lines("", "y" * 1000)
    assert line == f"+ {'y' * 480}…"


@given(st.lists(st.sampled_from("abcde")), st.lists(st.sampled_from("abcde")))
def test_each_line_that_came_or_went_is_there(old: list[str], new: list[str]) -> None:
    lines = changed_lines("\n".join(old), "\n".join(new))
    went = [line[2:] for line in lines if line.startswith("- ")]
    came = [line[2:] for line in lines if line.startswith("+ ")]
    assert sorted([*old, *came]) == sorted([*new, *went])


@pytest.mark.parametrize(("kinds", "lines"), [(4, 20_000), (200, 20_000), (20_000, 20_000)])
def test_large_texts_of_any_kind_are_compared_in_bounded_work(kinds: int, lines: int) -> None:
    chance = Random(kinds)
    old = [f"  {chance.randrange(kinds)}" for _ in range(lines)]
    new = [line for pair in zip(old[1::2], old[::2], strict=True) for line in pair]
    found = changed_lines("\n".join(["first", *old, "last"]), "\n".join(["first", *new, "last"]))
    assert found[0] == "  first"
    went = Counter(line[2:] for line in found if line.startswith("- "))
    assert went == Counter(line[2:] for line in found if line.startswith("+ "))


def test_of_a_large_text_is_shown_what_differs_in_several_places() -> None:
    entries = [f"- keys: [word{number}]\n  content: x\n" for number in range(1000)]
    old = "".join(entries)
    entries[10] = entries[10].replace("content: x", "content: y")
    del entries[500]
    entries.insert(900, "- keys: [new]\n  content: x\n")
    assert changed_lines(old, "".join(entries)) == [
        "…",
        "  - keys: [word10]",
        "-   content: x",
        "+   content: y",
        "  - keys: [word11]",
        "…",
        "    content: x",
        "- - keys: [word500]",
        "-   content: x",
        "  - keys: [word501]",
        "…",
        "    content: x",
        "+ - keys: [new]",
        "+   content: x",
        "  - keys: [word901]",
        "…",
    ]


TEXTS = st.lists(st.sampled_from(["a", "b", "c", *map(str, range(30))]), max_size=30)


@given(TEXTS, TEXTS)
def test_what_anchors_find_is_what_both_texts_have(old: list[str], new: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(differences, "PAIRS", -1)
        lines = list(unified("\n".join(old), "\n".join(new), ("a", "b")))
        whole = [each[1:] for each in lines if each[:1] in " +-" and each[:3] not in {"---", "+++"}]
        assert set(whole) <= {*old, *new}
        assert [each for each in changed_lines("\n".join(old), "\n".join(new)) if each[0] in "+-"] == [
            f"{each[0]} {each[1:]}" for each in lines if each[:1] in "+-" and each[:3] not in {"---", "+++"}
        ]
    went = [line[1:] for line in lines[2:] if line.startswith("-")]
    came = [line[1:] for line in lines[2:] if line.startswith("+")]
    assert sorted([*old, *came]) == sorted([*new, *went])


@given(TEXTS, TEXTS)
def test_a_diff_for_programs_is_that_of_difflib(old: list[str], new: list[str]) -> None:
    lines = list(unified("\n".join(old), "\n".join(new), ("a", "b")))
    plain = difflib.unified_diff(old, new, "a", "b", lineterm="")
    assert [each for each in lines if each[:2] != "@@"] == [each for each in plain if each[:2] != "@@"]
