"""The casts of channels: who plays there, in which order, and how."""

from bot.core.casts import CastMember
from bot.storage.database import Database
from bot.storage.settings import Binding, Playing, SettingsStore
from tests.storage.cast import ALICE, EVENING

HERE, THERE = 7700, 7701


async def cast_of(store: SettingsStore, channel_id: int) -> list[CastMember]:
    return [each.member for each in (await store.casts([HERE, THERE])).get(channel_id, [])]


async def lead_of(store: SettingsStore, channel_id: int) -> Binding | None:
    return await store.binding([("channel", channel_id)])


async def test_a_cast_and_its_lead_are_stored_together(db: Database) -> None:
    store, cast = (
        SettingsStore(db),
        [CastMember("sabine", 30), CastMember("marlow", muted=True), CastMember("ada", 0)],
    )
    await store.put_cast(HERE, cast, by_user=ALICE, at=EVENING)
    assert await cast_of(store, HERE) == cast
    assert await lead_of(store, HERE) == Binding("channel", HERE, "sabine")
    assert await cast_of(store, THERE) == []
    await store.put_cast(HERE, cast[:0:-1], by_user=ALICE, at=EVENING)
    assert await cast_of(store, HERE) == [CastMember("ada", 0), CastMember("marlow", muted=True)]
    assert await lead_of(store, HERE) == Binding("channel", HERE, "ada")
    await store.put_cast(HERE, [], by_user=ALICE, at=EVENING)
    assert (await cast_of(store, HERE), await lead_of(store, HERE)) == ([], Binding("channel", HERE, None))


async def test_a_binding_is_all_of_the_cast(db: Database) -> None:
    store = SettingsStore(db)
    for channel_id in (HERE, THERE):
        await store.put_cast(channel_id, [CastMember("sabine"), CastMember("ada")], by_user=ALICE, at=EVENING)
    await store.bind("channel", HERE, "marlow", by_user=ALICE, at=EVENING)
    assert await cast_of(store, HERE) == []
    await store.bind("category", THERE, "marlow", by_user=ALICE, at=EVENING)
    await store.unbind("category", THERE)
    assert len(await cast_of(store, THERE)) == 2
    await store.unbind("channel", THERE)
    assert (await cast_of(store, THERE), await lead_of(store, THERE)) == ([], None)


async def test_how_a_persona_plays_that_the_host_has_chosen_makes_no_cast(db: Database) -> None:
    store = SettingsStore(db)
    await store.tune(HERE, CastMember("sabine", 30))
    await store.tune(HERE, CastMember("sabine", 30, muted=True))
    assert (await store.casts([HERE]))[HERE] == [
        Playing(CastMember("sabine", 30, muted=True), is_chosen=False)
    ]
    assert await lead_of(store, HERE) is None
    assert await store.casts([]) == {}
