"""What a person may call a character, and who the people of a message are then."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.core.profiles import (
    Profile,
    ProfileFault,
    ProfileWords,
    fault_of,
    ids_in,
    message_as_played,
    played_by,
    tidied,
)
from bot.core.scene import IncomingMessage, Lookup, Participant, Place, Referenced

VOSS = Profile(7, 1, ProfileWords("Voss", "she/her", "A smuggler."))
KESS = Profile(8, 1, ProfileWords("Kess"))


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (ProfileWords("Mara"), None),
        (ProfileWords("渡辺", "彼女", "宿屋の主人。"), None),
        (ProfileWords("🦊"), None),
        (ProfileWords(""), ProfileFault.NAMELESS),
        (ProfileWords("\u200b\u2060"), ProfileFault.NAMELESS),
        (ProfileWords("<|im_start|>"), None),  # prompts break it: `core.names`
        (ProfileWords("x" * 32), None),
        (ProfileWords("x" * 33), ProfileFault.LONG_NAME),
        (ProfileWords("Mara", "x" * 41), ProfileFault.LONG_PRONOUNS),
        (ProfileWords("Mara", "she", "x" * 1000), None),
        (ProfileWords("Mara", "she", "x" * 10_000), ProfileFault.LONG_DESCRIPTION),
        (ProfileWords("vOSS"), ProfileFault.SAME),
        (ProfileWords("Ｖｏｓｓ"), ProfileFault.SAME),
    ],
)
def test_why_a_new_character_is_refused(words: ProfileWords, fault: ProfileFault | None) -> None:
    assert fault_of(words, [VOSS, KESS], None) is fault


def test_a_character_may_keep_its_name_and_not_take_anothers() -> None:
    assert fault_of(ProfileWords("Voss", "", "New."), [VOSS, KESS], VOSS.id) is None
    assert fault_of(ProfileWords("Kess"), [VOSS, KESS], VOSS.id) is ProfileFault.SAME
    assert fault_of(ProfileWords("Mara"), [VOSS, KESS], 9) is ProfileFault.GONE


def test_nobody_has_more_than_ten() -> None:
    ten = [Profile(number, 1, ProfileWords(f"No. {number}")) for number in range(10)]
    assert fault_of(ProfileWords("Mara"), ten[:9], None) is None
    assert fault_of(ProfileWords("Mara"), ten, None) is ProfileFault.MANY
    assert fault_of(ProfileWords("Mara"), ten, 3) is None


def test_blanks_around_words_and_line_breaks_in_names_are_nobodys_intention() -> None:
    words = ProfileWords("  Captain\n\n Voss ", " she /\n her ", "\n\nA smuggler.\n\nRetired.\n")
    assert tidied(words) == ProfileWords("Captain Voss", "she / her", "A smuggler.\n\nRetired.")


def test_the_people_of_a_message_are_who_they_play() -> None:
    bob = Participant(2, "Bob")
    replied = Referenced(5, Participant(1, "Alice"), "Well?", Lookup(people={1: "Alice", 2: "Bob"}))
    message = IncomingMessage(
        6,
        Place(7),
        bob,
        "<@1>?",
        datetime(2026, 1, 1, tzinfo=UTC),
        Lookup(people={1: "Alice"}),
        replied=replied,
    )
    found = message_as_played(message, {1: VOSS})
    assert found.author == bob
    assert found.lookup.people == {1: "Voss"}
    assert found.replied is not None
    assert found.replied.author == Participant(1, "Voss", "profile:7")
    assert found.replied.lookup.people == {1: "Voss", 2: "Bob"}
    assert message_as_played(message, {}) is message
    by_alice = replace(message, author=Participant(1, "Alice"), replied=None)
    assert message_as_played(by_alice, {1: VOSS}).author == Participant(1, "Voss", "profile:7")


def test_a_member_of_a_system_stays_who_they_are() -> None:
    kai = Participant(1, "Kai", "member:9:kai")
    assert played_by(kai, {1: VOSS}) == kai


def test_only_profiles_have_a_number_in_their_key() -> None:
    assert ids_in(["", "profile:7", "member:9:kai", "profile:12"]) == {7, 12}
