"""What was heard: up to where, and which messages a channel's stories know."""

import pytest

from bot.core.catching_up import Gap, Missed
from bot.core.scene import Place, Position, Reference, Scene, Target
from bot.core.sharding import WHOLE, Shard
from bot.storage.catching_up import CatchUpStore, Played
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.people import People
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Scenes
from bot.storage.steering import Steer, Steering, SteeringKind
from tests.storage.cast import ADA, ALICE, EVENING, TAVERN, Reply, record


@pytest.fixture
def heard(db: Database) -> CatchUpStore:
    return CatchUpStore(db)


async def played(heard: CatchUpStore) -> Played:
    (found,) = await heard.played()
    return found


async def known(heard: CatchUpStore, since: int = 0, most: int = 200) -> set[int]:
    return set(await heard.messages(await played(heard), since, most))


async def test_up_to_where_all_was_heard_only_rises(heard: CatchUpStore) -> None:
    assert await heard.last(WHOLE) is None
    for message, last in ((500, 500), (900, 900), (700, 900)):
        await heard.note(WHOLE, message)
        assert await heard.last(WHOLE) == last


async def test_each_shard_has_its_own(heard: CatchUpStore) -> None:
    first, second = Shard(0, 2), Shard(1, 2)
    await heard.note(first, 500)
    await heard.note(second, 900)
    await heard.note(first, 600)
    assert (await heard.last(first), await heard.last(second)) == (600, 900)


async def test_more_shards_or_fewer_go_on_where_all_was_heard(heard: CatchUpStore, db: Database) -> None:
    await heard.note(WHOLE, 500)
    first, second = Shard(0, 2), Shard(1, 2)
    assert await heard.last(first) == 500
    await heard.note(first, 700)
    assert await heard.last(second) == 500  # not 700: that is of other servers
    await heard.note(second, 600)
    assert await heard.last(WHOLE) == 600
    found = await db.read("SELECT shards, shard, message_id FROM heard ORDER BY shards, shard")
    assert [tuple(row) for row in found] == [(1, 0, 600)]


async def test_the_newest_that_is_stored_is_a_message_or_a_post(
    heard: CatchUpStore, db: Database, scene: Scene, reply: Reply
) -> None:
    assert await heard.newest() == 0
    await record(db, scene, "Well?", message_id=500)
    assert await heard.newest() == 500
    await reply("Aye.")
    assert await heard.newest() == 900
    await record(db, scene, "Good.", message_id=950)
    assert await heard.newest() == 950


async def test_running_scenes_of_servers_are_played(
    heard: CatchUpStore, db: Database, scenes: Scenes, scene: Scene
) -> None:
    assert await heard.played() == [Played(TAVERN, scene.id, Position(0), Position(0))]
    await record(db, scene, "Well?", message_id=500)
    other = await scenes.start(TAVERN, "The morning", EVENING)
    await scenes.active(Place(78), EVENING)  # a rehearsal, or a direct message
    await scenes.active(Place(79, guild_id=5, owner=ALICE), EVENING)
    assert await heard.played() == [Played(TAVERN, other.id, Position(0), Position(0))]
    await record(db, other, "Morning!", message_id=700)
    assert (await played(heard)).newest == 700


async def test_a_channel_knows_messages_posts_references_and_what_steers(
    heard: CatchUpStore, db: Database, scene: Scene, history: History, people: People, reply: Reply
) -> None:
    ada = await people.speaker(TAVERN, ADA, lambda _: "Ada", EVENING)
    tide = Reference(400, ada, "The tide turns.", 4)
    starter = Reference(TAVERN.channel_id, ada, "Of another channel.", 4)  # what a thread was made from
    await record(db, scene, "So?", message_id=500, references=(tide, starter), target=Target(400, ada))
    await reply("Aye.", " And no.")
    await record(db, scene, "A rehearsed line.", message_id=-7)
    gone = await record(db, scene, "Out of the story.", message_id=950)
    assert gone is not None
    await Removals(db).remove(gone.id, Removed.TURN, ALICE, EVENING)
    steer = Steer(SteeringKind.OOC, "skip", 1, EVENING, "marlow", ada, 960)
    await Steering(db).add(scene.id, steer)
    assert await known(heard) == {400, 500, 900, 901, 950, 960}


async def test_only_the_window_counts_and_of_it_the_newest_turns(
    heard: CatchUpStore, db: Database, scene: Scene, history: History
) -> None:
    for number in range(500, 510):
        await record(db, scene, str(number), message_id=number)
    assert await known(heard, most=3) == {507, 508, 509}
    await history.move_window(scene.id, Position(505), Position(509))
    assert await known(heard) == {505, 506, 507, 508, 509}


async def test_of_scenes_that_rest_only_what_is_young_counts(
    heard: CatchUpStore, db: Database, scene: Scene, scenes: Scenes
) -> None:
    for number in (500, 600, 700):
        await record(db, scene, str(number), message_id=number)
    later = await scenes.start(TAVERN, "", EVENING)
    await record(db, later, "800", message_id=800)
    assert await known(heard, since=600) == {600, 700, 800}


async def test_what_other_channels_know_is_theirs(
    heard: CatchUpStore, db: Database, scene: Scene, scenes: Scenes
) -> None:
    await record(db, scene, "500", message_id=500)
    elsewhere = await scenes.active(Place(78, guild_id=5), EVENING)
    await record(db, elsewhere, "600", message_id=600)
    found = {each.place.channel_id: await heard.messages(each, 0, 200) for each in await heard.played()}
    assert found == {77: {500}, 78: {600}}


async def test_more_turns_than_a_statement_takes_are_read(
    heard: CatchUpStore, db: Database, scene: Scene
) -> None:
    for number in range(1, 502):
        await record(db, scene, "x", message_id=number)
    assert len(await known(heard, most=1000)) == 501


async def test_people_have_the_name_that_was_seen_last(
    heard: CatchUpStore, db: Database, people: People
) -> None:
    for name in ("Ada", "Ada of the Docks"):
        person = type(ADA)(ADA.id, name)
        await people.speaker(TAVERN, person, lambda _, name=name: name, EVENING)  # type: ignore[misc]
    assert await heard.names(TAVERN) == {ADA.id: "Ada of the Docks"}
    assert await heard.names(Place(78, guild_id=5)) == {}


async def test_gaps_stay_until_they_are_caught_up_or_too_old(heard: CatchUpStore) -> None:
    room, cellar = Missed(5, 7700, Gap(100, 200, 200)), Missed(5, 7701, Gap(150, 250, 250))
    server = Missed(5, None, Gap(300, 0))
    await heard.miss([cellar, room])
    await heard.miss([room, server])
    assert await heard.missed() == [server, room, cellar]
    await heard.miss([Missed(5, 7700, Gap(300, 400, 400))], instead_of=[5])
    assert await heard.missed() == [room, Missed(5, 7700, Gap(300, 400, 400)), cellar]
    await heard.caught_up(5, 7700)
    assert await heard.missed() == [cellar]
    await heard.miss([server])
    await heard.forget_gaps(250)
    assert await heard.missed() == [server, cellar]
    await heard.forget_gaps(251)  # what goes on is never too old
    assert await heard.missed() == [server]
    await heard.forget_gaps()
    assert await heard.missed() == []
