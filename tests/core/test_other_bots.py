"""Other bots: after three turns of personas a person has to speak."""

from datetime import UTC, datetime

import pytest

from bot.core.other_bots import LOOKED_AT, is_chained
from bot.core.scene import MEMBER, Participant, Position, Speaker, Turn

AT = datetime(2026, 11, 30, tzinfo=UTC)
WHO = {
    "p": Speaker(1, "Alice", user_id=11),
    "b": Speaker(2, "Rook", user_id=99),
    "m": Speaker(3, "Marlow", persona_key="marlow"),
    "f": Speaker(4, "Someone"),  # who was forgotten, or came with an import
    "u": Speaker(5, "Luna", user_id=99, character=f"{MEMBER}99:luna"),  # of the proxy that is listed itself
    "s": Speaker(3, "Marlow", persona_key="marlow"),  # as Alice speaks him
    "a": Speaker(3, "Marlow", persona_key="marlow"),  # who answers what Alice said out of character
}


def turns(spoken: str) -> list[Turn]:
    alice = Participant(11, "Alice")
    return [
        Turn(at, 1, Position(at), WHO[who], "…", 1, AT, spoken_by=alice if who == "s" else None)
        for at, who in enumerate(spoken, 1)
    ]


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
        ("bmbmbmfb", False),
        ("bmbmbmub", False),
        ("bmbmbmsb", False),
        ("bmbmbmab", False),
        ("bmbmbmabmb", False),
        ("bmbmbmabmbmb", True),
    ],
)  # fmt: skip
def test_a_person_has_to_speak_after_three_turns_of_personas(spoken: str, chained: bool) -> None:
    asked = {at for at, who in enumerate(spoken, 1) if who == "a"}
    assert is_chained(turns(spoken)[-LOOKED_AT:], {99}, asked) is chained
