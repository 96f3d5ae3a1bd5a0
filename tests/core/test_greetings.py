"""Which greetings a persona has, and in which order."""

from typing import Any

import pytest

from bot.core.greetings import Company, greetings_of, number_of
from bot.core.persona import PersonaSheet


@pytest.mark.parametrize(
    ("keys", "alone", "with_a_visitor", "in_a_cast"),
    [
        ({}, [], [], []),
        ({"greeting": "a"}, ["a"], ["a"], ["a"]),
        (
            {"greeting": "a", "greetings": ("b", "c"), "group_greetings": ("d",)},
            ["a", "b", "c"],
            ["a", "b", "c", "d"],
            ["d", "a", "b", "c"],
        ),
        # Without a first one, the next is the first.
        ({"greetings": ("b",)}, ["b"], ["b"], ["b"]),
        ({"group_greetings": ("d", "e")}, [], ["d", "e"], ["d", "e"]),
        # Cards repeat them, with other blanks too.
        (
            {"greeting": "a b", "greetings": ("a  b", "c", "c"), "group_greetings": ("c", "a\nb")},
            ["a b", "c"],
            ["a b", "c"],
            ["c", "a\nb"],
        ),
    ],
)
def test_each_is_there_once_and_those_for_company_come_last_or_first(
    keys: dict[str, Any], alone: list[str], with_a_visitor: list[str], in_a_cast: list[str]
) -> None:
    sheet = PersonaSheet(name="Mira", **keys)
    assert list(greetings_of(sheet, Company.NONE)) == alone
    assert list(greetings_of(sheet, Company.VISITOR)) == with_a_visitor
    assert list(greetings_of(sheet, Company.CAST)) == in_a_cast


def test_greetings_are_numbered_as_cards_count_them() -> None:
    sheet = PersonaSheet(name="Mira", greeting="a", greetings=("b\nb", "a", "c"), group_greetings=("d",))
    texts = ("a", "b b", "c", "d", "e", "")
    assert [number_of(sheet, text) for text in texts] == [0, 1, 3, 4, None, None]
    assert number_of(PersonaSheet(name="Mira", greetings=("b",)), "b") == 1
