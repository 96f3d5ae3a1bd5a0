"""Other bots: after three turns of personas a person has to speak."""

from datetime import UTC, datetime

import pytest

from bot.core.other_bots import LOOKED_AT, is_chained
from bot.core.scene import Position, Speaker, Turn

AT = datetime(2026, 11, 30, tzinfo=UTC)
WHO = {
    "p": Speaker(1, "Alice", user_id=11),
    "b": Speaker(2, "Rook", user_id=99),
    "m": Speaker(3, "Marlow", persona_key="marlow"),
}


def turns(spoken: str) -> list[Turn]:
    return [Turn(at, 1, Position(at), WHO[who], "…", 1, AT) for at, who in enumerate(spoken, 1)]


@pytest.mark.parametrize(
    ("spoken", "chained"),
    [
        ("", False),
        ("b", False),
        ("pbmbm", False),
        ("pbmbmbm", True),
        ("pbmbmbmb", True),
        ("pbmbmbmpb", False),
        ("pmmm", True),  # they talked to each other, a bot need not add to that
        ("bmbmb", False),
        ("bmbmbm", True),
        ("p" + "b" * LOOKED_AT, True),  # it talks on and on, and no person is near
        ("pm" + "b" * 5, False),
    ],
)  # fmt: skip
def test_a_person_has_to_speak_after_three_turns_of_personas(spoken: str, chained: bool) -> None:
    assert is_chained(turns(spoken)[-LOOKED_AT:], {99}) is chained
