"""Which keys a text has: words anywhere or whole, patterns in linear time, and none that can't be seen."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.lore.keys import Keys, faults_of, folded, is_key
from bot.core.patterns import is_pattern


def has(key: str, text: str, *, regex: bool = False, case: bool = False, whole: bool = False) -> bool:
    keys = Keys()
    keys.add("another", regex=False, case_sensitive=False, whole=False)
    number = keys.add(key, regex=regex, case_sensitive=case, whole=whole)
    keys.close()
    return number in keys.matches(text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("lighthouse", "The LIGHTHOUSE is dark"),
        ("elf", "himself"),
        ("Straße", "in der STRASSE"),
        ("幽灵", "那个幽灵来了"),
        ("café", "the cafe\u0301 door"),
        ("king's", "the king’s men"),
        ("half-elf", "a half\u2011elf"),
        ("/to/be/", "is it /to/be/ or not"),  # a stroke inside: no pattern
        ("/dark\\s+elf/i", "a DARK   elf"),
        ("/caf\\u00e9/", "café"),
        ("/^Alice: go/m", "x\nAlice: go"),
        ("/(a+)+$/", "aaaaab a"),
    ],
)
def test_a_text_has_a_key(key: str, text: str) -> None:
    assert has(key, text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("", "anything"),
        ("  ", "a  b"),
        ("\u200b", "a\u200bb"),
        ("\ue000", "a\ue000b"),
        ("\uf000folder:9f3c", "\uf000folder:9f3c"),
        ("/dark elf/", "Dark Elf"),
        ("/(?=x)x/", "x"),  # RE2 has no look-ahead
        ("/(/", "("),
        ("x" * 201, "x" * 201),
    ],
)
def test_a_text_lacks_a_key(key: str, text: str) -> None:
    assert not has(key, text)


def test_a_key_of_one_word_is_a_whole_word_if_asked() -> None:
    assert not has("elf", "himself", whole=True)
    assert has("elf", "an elf.", whole=True)
    assert has("elf", "Elf", whole=True)
    assert has("elf", "himself and an elf", whole=True)
    assert not has("elf", "elf_2", whole=True)
    assert has("dark el", "the dark elf", whole=True)  # two words have edges enough
    assert has("幽灵", "那个幽灵来了", whole=True)  # no blanks, no edges


def test_case_counts_if_asked() -> None:
    assert has("Rose", "a Rose", case=True)
    assert not has("Rose", "she rose", case=True)
    assert has("r.se", "ROSE", regex=True)
    assert not has("r.se", "ROSE", regex=True, case=True)


def test_patterns_that_cannot_be_used_are_named() -> None:
    faults = faults_of(["plain", "/(?=x)/", "/ok/"])
    assert [(fault.key, fault.reason) for fault in faults] == [("/(?=x)/", "invalid perl operator: (?=")]
    assert faults_of(["(?=x)"]) == []
    assert [fault.key for fault in faults_of(["(?=x)"], regex=True)] == ["(?=x)"]
    assert [each.reason for each in faults_of([f"/{n}/" for n in range(1001)])] == [""]


def test_patterns_of_a_book_have_a_size_together() -> None:
    large = [f"/.*a.{{{n}}}[bc]/" for n in range(100, 200)]  # each of some 500 instructions
    (first, *others) = faults_of([*large, "/dark elf/"])
    assert (first.reason, len(others)) in {("", count) for count in range(50, 90)}
    assert "/dark elf/" not in [each.key for each in others]  # a small one still has room


@pytest.mark.parametrize("at", [0, 250, 255, 256, 511, 7_990])
def test_a_key_is_found_wherever_it_stands_in_a_long_text(at: int) -> None:
    assert has("dragon", f"{'x' * at}dragon", whole=at == 0)
    assert has("dragon", f"{'x' * (at - 1)} dragon, ", whole=True)


def test_keys_within_each_other_are_found_and_end_the_search_of_a_text() -> None:
    nested = ["a" * length for length in range(1, 201)]
    keys = Keys()
    for key in [*nested, "dragon"]:
        keys.add(key, regex=False, case_sensitive=False, whole=False)
    keys.close()
    assert len(keys.matches("a dragon in a house")) == 2
    assert len(keys.matches("dragon " + "a" * 7_000)) == 201
    assert len(keys.matches("a" * 7_000 + " dragon")) == 200  # a million places: the rest isn't read


@pytest.mark.parametrize(
    ("key", "found"),
    [("/a/", True), ("/a/gi", True), ("/a/x", False), ("/", False), ("//", False), ("a/b/", False)],
)
def test_a_pattern_is_known_by_its_strokes(key: str, found: bool) -> None:
    assert is_pattern(key) is found


@given(st.lists(st.text(max_size=4), max_size=12), st.text(max_size=40))
def test_all_keys_that_a_text_has_are_found(words: list[str], text: str) -> None:
    keys = Keys()
    numbers = {word: keys.add(word, regex=False, case_sensitive=False, whole=False) for word in words}
    keys.close()
    found = keys.matches(text)
    for word, number in numbers.items():
        expected = is_key(word) and not is_pattern(word) and folded(word) in folded(text)
        assert (number in found) is expected or is_pattern(word)
