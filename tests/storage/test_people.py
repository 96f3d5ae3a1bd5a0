import asyncio
from collections.abc import Collection

import pytest

from bot.core.scene import Participant, Place
from bot.storage.locations import Location
from bot.storage.people import People
from tests.storage.cast import ALICE, BOB, CAROL, EVENING, opened


def first_free(name: str, taken: Collection[str]) -> str:
    """A simple rule for names: Alice, Alice (2), Alice (3) and so on."""
    names = [name, *(f"{name} ({number})" for number in range(2, 9))]
    return next(free for free in names if free not in taken)


async def name_of(
    people: People, user_id: int, display_name: str, channel_id: int = 77, character: str = ""
) -> str:
    def propose(taken: Collection[str]) -> str:
        return first_free(display_name.strip(), taken)

    person = Participant(user_id, display_name, character)
    return (await people.speaker(Place(channel_id), person, propose, EVENING)).name


async def test_two_of_one_name_are_told_apart_the_same_way_every_time(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, BOB, "Alice") == "Alice (2)"
    assert await name_of(people, BOB, "Alice") == "Alice (2)"
    assert await name_of(people, ALICE, "Alice") == "Alice"


async def test_nobody_is_asked_for_a_name_twice(people: People) -> None:
    await name_of(people, ALICE, "Alice")

    def never(taken: Collection[str]) -> str:
        raise AssertionError("asked again")

    assert (await people.speaker(Place(77), Participant(ALICE, "Alice"), never, EVENING)).name == "Alice"


async def test_a_new_nickname_is_a_new_name_and_the_old_one_comes_back_with_it(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, ALICE, "Captain Alice") == "Captain Alice"
    assert await name_of(people, BOB, "Alice") == "Alice (2)"
    assert await name_of(people, ALICE, "Alice") == "Alice"


async def test_one_person_may_have_one_name_from_two_display_names(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, ALICE, " Alice ") == "Alice"
    assert await name_of(people, BOB, "Alice ") == "Alice (2)"


async def test_each_character_of_a_person_has_names_of_its_own(people: People) -> None:
    alice = await people.speaker(Place(77), Participant(ALICE, "Alice"), lambda _: "Alice", EVENING)
    voss = Participant(ALICE, "Voss", "profile:7")
    played = await people.speaker(Place(77), voss, lambda _: "Voss", EVENING)
    assert played.id != alice.id
    assert (played.name, played.user_id, played.character) == ("Voss", ALICE, "profile:7")
    assert await people.speaker(Place(77), voss, lambda _: "?", EVENING) == played
    assert await people.speaker(Place(77), Participant(ALICE, "Alice"), lambda _: "?", EVENING) == alice
    assert await name_of(people, BOB, "Voss") == "Voss (2)"


async def test_who_plays_a_character_of_their_own_name_is_called_so_twice(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, ALICE, "Alice", character="profile:7") == "Alice"
    assert await name_of(people, BOB, "Alice", character="profile:8") == "Alice (2)"


async def test_the_members_of_a_system_are_people_of_their_own(people: People) -> None:
    assert await name_of(people, ALICE, "Kai") == "Kai"
    assert await name_of(people, ALICE, "Kai", character="member:9:kai") == "Kai (2)"
    assert await name_of(people, ALICE, "Kai!", character="member:9:kai!") == "Kai!"
    assert await name_of(people, ALICE, "Kai", character="profile:7") == "Kai"
    assert await name_of(people, BOB, "Kai") == "Kai (3)"


async def test_another_channel_is_another_room(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, BOB, "Alice", channel_id=78) == "Alice"


async def test_a_crowd_arriving_at_once_gets_different_names(people: People) -> None:
    crowd = [ALICE, BOB, CAROL, ALICE, BOB, CAROL]
    names = await asyncio.gather(*(name_of(people, user, "Alice") for user in crowd))
    assert sorted(set(names)) == ["Alice", "Alice (2)", "Alice (3)"]
    assert names[:3] == names[3:]


async def test_a_taken_name_is_refused_even_if_it_is_proposed(people: People) -> None:
    await name_of(people, ALICE, "Alice")
    with pytest.raises(ValueError, match="another person's"):
        await people.speaker(Place(77), Participant(BOB, "Bob"), lambda taken: "Alice", EVENING)
    assert await name_of(people, BOB, "Bob") == "Bob"


async def test_a_rule_that_fails_leaves_no_trace(people: People) -> None:
    def fails(taken: Collection[str]) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await people.speaker(Place(77), Participant(ALICE, "Alice"), fails, EVENING)
    assert await name_of(people, ALICE, "Alice") == "Alice"


async def test_names_are_the_same_after_a_restart(where: Location) -> None:
    async with opened(where) as before:
        for user in (ALICE, BOB, CAROL):
            await name_of(People(before), user, "Alice")
    async with opened(where) as after:
        names = [await name_of(People(after), user, "Alice") for user in (CAROL, BOB, ALICE)]
    assert names == ["Alice (3)", "Alice (2)", "Alice"]
