"""Profiles, and who is played where: each person changes their own, and the nearest choice holds."""

import pytest

from bot.core.profiles import Profile, ProfileFault, ProfileWords
from bot.core.scene import Place
from bot.storage.database import Database
from bot.storage.departures import Departures
from bot.storage.profiles import WHOLE_SERVER, Chosen, ProfileStore
from tests.storage.cast import ALICE, BOB, EVENING

CHANNEL, THREAD = Place(77, None, 5), Place(78, 77, 5)
WORDS = ProfileWords("Voss", "she/her", "A smuggler.")


@pytest.fixture
def store(db: Database) -> ProfileStore:
    return ProfileStore(db)


def fine(_: object) -> None:
    """Everything may be stored."""


async def made(store: ProfileStore, user_id: int = ALICE, name: str = "Voss") -> Profile:
    found = await store.add(user_id, ProfileWords(name), fine, EVENING)
    assert isinstance(found, Profile)
    return found


async def test_a_profile_is_kept_changed_and_deleted(store: ProfileStore) -> None:
    voss = await store.add(ALICE, WORDS, fine, EVENING)
    assert isinstance(voss, Profile)
    assert await store.of(ALICE) == [voss] == [Profile(voss.id, ALICE, WORDS)]
    assert await store.get([voss.id, 999]) == [voss]
    newer = ProfileWords("Captain Voss", "", "")
    assert await store.change(ALICE, voss.id, newer, fine) == Profile(voss.id, ALICE, newer)
    assert await store.delete(ALICE, voss.id)
    assert not await store.delete(ALICE, voss.id)
    assert (await made(store)).id > voss.id  # the turns of a deleted one are nobody else's


async def test_what_is_refused_changes_nothing(store: ProfileStore) -> None:
    voss = await made(store)

    def no(own: object) -> ProfileFault:
        assert own == [voss]
        return ProfileFault.SAME

    assert await store.add(ALICE, WORDS, no, EVENING) is ProfileFault.SAME
    assert await store.change(ALICE, voss.id, WORDS, no) is ProfileFault.SAME
    assert await store.of(ALICE) == [voss]


async def test_nobody_reaches_what_is_anothers(store: ProfileStore) -> None:
    voss = await made(store)
    assert await store.change(BOB, voss.id, WORDS, fine) is ProfileFault.GONE
    assert not await store.delete(BOB, voss.id)
    assert not await store.choose(BOB, 5, WHOLE_SERVER, voss.id)
    assert await store.chosen(CHANNEL, [BOB]) == {}
    assert await store.of(ALICE) == [voss]


async def test_the_nearest_choice_comes_first(store: ProfileStore) -> None:
    voss, kess = await made(store), await made(store, name="Kess")
    await store.choose(ALICE, 5, WHOLE_SERVER, voss.id)
    assert await store.chosen(THREAD, [ALICE, BOB]) == {ALICE: [Chosen(0, voss)]}
    await store.choose(ALICE, 5, 77, None)
    await store.choose(ALICE, 5, 78, kess.id)
    assert await store.chosen(THREAD, [ALICE]) == {
        ALICE: [Chosen(78, kess), Chosen(77, None), Chosen(0, voss)]
    }
    assert await store.chosen(CHANNEL, [ALICE]) == {ALICE: [Chosen(77, None), Chosen(0, voss)]}
    assert await store.chosen(Place(77, None, 6), [ALICE]) == {}
    await store.choose(ALICE, 5, 78, voss.id)
    await store.leave(ALICE, 5, 77)
    assert await store.chosen(THREAD, [ALICE]) == {ALICE: [Chosen(78, voss), Chosen(0, voss)]}


async def test_a_deleted_profile_is_chosen_nowhere(store: ProfileStore, db: Database) -> None:
    voss, kess = await made(store), await made(store, name="Kess")
    await store.choose(ALICE, 5, WHOLE_SERVER, kess.id)
    await store.choose(ALICE, 5, 77, voss.id)
    await store.delete(ALICE, voss.id)
    assert await store.chosen(CHANNEL, [ALICE]) == {ALICE: [Chosen(0, kess)]}
    assert [row["profile_id"] for row in await db.read("SELECT profile_id FROM profile_choice")] == [kess.id]


async def test_choices_go_with_their_channel_and_their_server_and_profiles_stay(
    store: ProfileStore, db: Database
) -> None:
    voss, departures = await made(store), Departures(db)
    for server, channel in ((5, WHOLE_SERVER), (5, 77), (5, 79), (6, WHOLE_SERVER), (0, WHOLE_SERVER)):
        await store.choose(ALICE, server, channel, voss.id)
    await departures.delete_channel(77, EVENING)
    left = "SELECT server_id, channel_id FROM profile_choice ORDER BY server_id, channel_id"
    assert [tuple(row) for row in await db.read(left)] == [(0, 0), (5, 0), (5, 79), (6, 0)]
    await departures.now_on([6], EVENING)  # a rehearsal is on no server
    assert await departures.left_by(EVENING) == [(5, EVENING)]
    await departures.delete_server(5, EVENING)
    assert [tuple(row) for row in await db.read(left)] == [(0, 0), (6, 0)]
    assert await store.of(ALICE) == [voss]
