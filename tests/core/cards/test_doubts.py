"""What an admin is warned of in a card."""

import pytest

from bot.core.cards.doubts import acts_for_player, adult_tags


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        ("*{{user}} wakes up in a cell.*", "{{user}} wakes"),
        ("You nod and follow her.", "You nod"),
        ("She waits. {{ user }} slowly opens the door.", "{{ user }} slowly opens"),
        ("The storm is near, and you decided to stay.", "you decided"),
        ("<USER> smiled.", "<USER> smiled"),
        ("{{char}}: Hello.\n{{user}}: Hello you!", "{{user}}:"),
        ("*Aqua looks at you.* You just stare at her.", "You just stare"),
    ],
)
def test_a_greeting_that_plays_the_player_is_noticed(greeting: str, words: str) -> None:
    assert acts_for_player(greeting) == words


@pytest.mark.parametrize(
    "greeting",
    [
        '"You look tired," *she says.* "You said you would come."',
        "“You nod too much.” Marlow laughs.",
        "*Marlow looks at {{user}} and grins.*",
        "*{{user}}'s shadow falls on the door.*",
        "A path lies before you.",
        "*He waits to see whether you come in.*",
        "If you open the door, the cold comes in. What do you say?",
        "*She lets you sit down.* Will you stay?",
        "In or out, the fire won't heat the whole bay.",
        "",
    ],
)
def test_a_greeting_that_leaves_the_player_alone_is_not(greeting: str) -> None:
    assert acts_for_player(greeting) == ""


def test_tags_for_adults_are_known_in_the_ways_libraries_write_them() -> None:
    tags = [
        "NSFW",
        "nsfw ",
        "#R-18",
        "🔞",
        "Dead Dove",
        "dead_dove",
        "Fantasy",
        "Essex",
        "mature",
        "adulting",
        "18+",
    ]
    assert adult_tags(tags) == ("NSFW", "nsfw ", "#R-18", "🔞", "Dead Dove", "dead_dove", "mature", "18+")
