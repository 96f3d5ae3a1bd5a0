"""What changes between two texts, as people read it."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.differences import changed_lines

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
