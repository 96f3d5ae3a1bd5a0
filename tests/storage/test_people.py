import asyncio
import sqlite3
from collections.abc import Collection
from pathlib import Path

import pytest

from bot.storage.database import Database
from bot.storage.people import People
from tests.storage.cast import ALICE, BOB, CAROL, EVENING, opened


def first_free(name: str, taken: Collection[str]) -> str:
    """A simple rule for names: Alice, Alice (2), Alice (3) and so on."""
    names = [name, *(f"{name} ({number})" for number in range(2, 9))]
    return next(free for free in names if free not in taken)


async def name_of(people: People, user_id: int, display_name: str, channel_id: int = 77) -> str:
    return await people.alias(
        channel_id, user_id, display_name, lambda taken: first_free(display_name.strip(), taken), EVENING
    )


async def test_two_of_one_name_are_told_apart_the_same_way_every_time(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, BOB, "Alice") == "Alice (2)"
    assert await name_of(people, BOB, "Alice") == "Alice (2)"
    assert await name_of(people, ALICE, "Alice") == "Alice"


async def test_nobody_is_asked_for_a_name_twice(people: People) -> None:
    await name_of(people, ALICE, "Alice")

    def never(taken: Collection[str]) -> str:
        raise AssertionError("asked again")

    assert await people.alias(77, ALICE, "Alice", never, EVENING) == "Alice"


async def test_a_new_nickname_is_a_new_name_and_the_old_one_comes_back_with_it(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, ALICE, "Captain Alice") == "Captain Alice"
    assert await name_of(people, BOB, "Alice") == "Alice (2)"
    assert await name_of(people, ALICE, "Alice") == "Alice"


async def test_one_person_may_have_one_name_from_two_display_names(people: People) -> None:
    assert await name_of(people, ALICE, "Alice") == "Alice"
    assert await name_of(people, ALICE, " Alice ") == "Alice"
    assert await name_of(people, BOB, "Alice ") == "Alice (2)"


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
    with pytest.raises(sqlite3.IntegrityError, match="another person's"):
        await people.alias(77, BOB, "Bob", lambda taken: "Alice", EVENING)
    assert await name_of(people, BOB, "Bob") == "Bob"


async def test_a_rule_that_fails_leaves_no_trace(people: People) -> None:
    def fails(taken: Collection[str]) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await people.alias(77, ALICE, "Alice", fails, EVENING)
    assert await name_of(people, ALICE, "Alice") == "Alice"


async def test_names_are_the_same_after_a_restart(file: Path) -> None:
    async with opened(file) as before:
        for user in (ALICE, BOB, CAROL):
            await name_of(People(before), user, "Alice")
    async with opened(file) as after:
        names = [await name_of(People(after), user, "Alice") for user in (CAROL, BOB, ALICE)]
    assert names == ["Alice (3)", "Alice (2)", "Alice"]


# Wishes -----------------------------------------------------------------------------------------


async def test_nobody_is_pinged_who_has_not_asked_for_it(people: People, db: Database) -> None:
    assert not await people.wants_ping(ALICE)
    await people.set_ping(ALICE, True)
    await people.set_ping(ALICE, True)
    assert await people.wants_ping(ALICE)
    assert not await people.wants_ping(BOB)
    await people.set_ping(BOB, True)
    await people.set_ping(ALICE, False)
    await people.set_ping(CAROL, False)
    assert [await people.wants_ping(user) for user in (ALICE, BOB, CAROL)] == [False, True, False]
    # Whoever takes it back has left nothing behind.
    assert [tuple(row) for row in await db.read("SELECT * FROM preference")] == [(BOB, "ping", "on")]


async def test_the_wish_to_be_pinged_is_there_after_a_restart(file: Path) -> None:
    async with opened(file) as before:
        await People(before).set_ping(ALICE, True)
    async with opened(file) as after:
        assert await People(after).wants_ping(ALICE)
