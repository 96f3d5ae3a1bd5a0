"""Settings and personas of channels: the nearest setting counts, and everything is there tomorrow."""

from datetime import timedelta

import pytest

from bot.storage.database import Database
from bot.storage.locations import Location
from bot.storage.settings import Binding, SettingsStore
from tests.storage.cast import ALICE, BOB, EVENING, opened


@pytest.fixture
def store(db: Database) -> SettingsStore:
    return SettingsStore(db)


async def put(store: SettingsStore, scope: str, scope_id: int, key: str, value: str) -> None:
    assert scope in {"bot", "server", "channel"}
    await store.put(scope, scope_id, key, value, by_user=ALICE, at=EVENING)  # type: ignore[arg-type]


async def test_what_is_set_is_found_and_replaced_by_what_is_set_later(store: SettingsStore) -> None:
    assert await store.of("channel", 77) == {}
    await put(store, "channel", 77, "respond", "always")
    await put(store, "channel", 77, "language", "\u4e2d\u6587")
    await put(store, "channel", 77, "respond", "never")
    assert await store.of("channel", 77) == {"respond": "never", "language": "\u4e2d\u6587"}


async def test_who_set_it_and_when_is_kept(store: SettingsStore, db: Database) -> None:
    await put(store, "channel", 77, "respond", "always")
    await store.put("channel", 77, "respond", "never", by_user=BOB, at=EVENING + timedelta(seconds=1))
    (row,) = await db.read("SELECT by_user, created_at FROM setting")
    assert tuple(row) == (BOB, 1_773_519_331_250)


async def test_a_key_that_is_cleared_leaves_the_others(store: SettingsStore) -> None:
    await put(store, "channel", 77, "respond", "always")
    await put(store, "channel", 77, "language", "Deutsch")
    await put(store, "channel", 78, "respond", "never")
    await put(store, "server", 77, "respond", "mention")  # in servers of 2016 a channel has its server's id
    await store.clear("channel", 77, "respond")
    await store.clear("channel", 99, "respond")
    assert await store.of("channel", 77) == {"language": "Deutsch"}
    assert await store.of("channel", 78) == {"respond": "never"}
    assert await store.of("server", 77) == {"respond": "mention"}


async def test_layers_come_in_the_order_they_are_asked_for_with_nothing_where_nothing_is_set(
    store: SettingsStore,
) -> None:
    await put(store, "server", 5, "paused", "true")
    await put(store, "channel", 77, "respond", "never")
    found = await store.layers([("channel", 77), ("channel", 78), ("server", 5), ("channel", 5)])
    assert found == [{"respond": "never"}, {}, {"paused": "true"}, {}]
    assert await store.layers([]) == []


async def test_the_first_binding_in_the_order_asked_for_counts(store: SettingsStore) -> None:
    await store.bind("server", 5, "marlow", by_user=ALICE, at=EVENING)
    await store.bind("category", 60, "isolde", by_user=ALICE, at=EVENING)
    near = [("channel", 78), ("channel", 77), ("category", 60), ("server", 5)]
    assert await store.binding(near) == Binding("category", 60, "isolde")  # type: ignore[arg-type]
    assert await store.binding([("server", 5), ("category", 60)]) == Binding("server", 5, "marlow")
    assert await store.binding([("channel", 5), ("category", 5)]) is None
    assert await store.binding([]) is None


async def test_nobody_by_choice_is_something_else_than_no_choice(store: SettingsStore) -> None:
    await store.bind("server", 5, "marlow", by_user=ALICE, at=EVENING)
    await store.bind("channel", 77, "isolde", by_user=ALICE, at=EVENING)
    await store.bind("channel", 77, None, by_user=ALICE, at=EVENING)
    assert await store.binding([("channel", 77), ("server", 5)]) == Binding("channel", 77, None)
    await store.unbind("channel", 77)
    assert await store.binding([("channel", 77), ("server", 5)]) == Binding("server", 5, "marlow")


async def test_all_of_it_is_there_after_a_restart(where: Location) -> None:
    async with opened(where) as before:
        await put(SettingsStore(before), "server", 5, "paused", "true")
        await SettingsStore(before).bind("channel", 77, None, by_user=ALICE, at=EVENING)
    async with opened(where) as after:
        assert await SettingsStore(after).of("server", 5) == {"paused": "true"}
        assert await SettingsStore(after).binding([("channel", 77)]) == Binding("channel", 77, None)
