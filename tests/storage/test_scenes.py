import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.scene import END, START, Ending, Participant, Place, Scene
from bot.storage.database import Database
from bot.storage.errors import StatementError
from bot.storage.history import History
from bot.storage.locations import Location
from bot.storage.people import People
from bot.storage.scenes import Greeting, Scenes
from tests.storage.cast import ALICE, BOB, CAROL, EVENING, TAVERN, Reply, Say, only_sqlite, opened, record

CELLAR = Place(channel_id=78, parent_id=77, guild_id=5)
HOUR = timedelta(hours=1)


async def test_the_first_visit_opens_a_scene_and_the_next_finds_it(scenes: Scenes) -> None:
    first = await scenes.active(TAVERN, EVENING)
    assert first == Scene(id=1, place=TAVERN, title="", window_start=START)
    assert await scenes.active(TAVERN, EVENING + timedelta(days=1)) == first


async def test_each_place_has_its_own(scenes: Scenes) -> None:
    cellar = Place(channel_id=78, parent_id=77, guild_id=5)
    upstairs = await scenes.active(TAVERN, EVENING)
    downstairs = await scenes.active(cellar, EVENING)
    assert downstairs.place == cellar
    assert upstairs.id != downstairs.id


async def test_many_at_once_open_one_scene(scenes: Scenes) -> None:
    found = await asyncio.gather(*(scenes.active(TAVERN, EVENING) for _ in range(20)))
    assert {scene.id for scene in found} == {1}


@only_sqlite
async def test_a_scene_and_its_first_words_are_kept_at_once_or_not_at_all(
    scenes: Scenes, history: History, db: Database
) -> None:
    old = await scenes.active(TAVERN, EVENING)
    greeting = Greeting("marlow", "Marlow", "Wet out there?", 7)
    async with db.transaction() as tx:
        await tx.run("CREATE TRIGGER t BEFORE INSERT ON turn BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(StatementError):
        await scenes.start(TAVERN, "", EVENING, greeting=greeting)
    assert await scenes.playing(TAVERN) == old
    async with db.transaction() as tx:
        await tx.run("DROP TRIGGER t")
    new = await scenes.start(TAVERN, "", EVENING, greeting=greeting)
    (turn,) = await history.recent(new.id, START, END)
    assert (turn.persona_key, turn.name, turn.text, turn.tokens) == ("marlow", "Marlow", "Wet out there?", 7)
    assert (turn.ending, turn.created_at) == (Ending.DONE, EVENING)


async def test_a_new_scene_takes_over_and_the_old_one_stays(scenes: Scenes, db: Database) -> None:
    old = await scenes.active(TAVERN, EVENING)
    new = await scenes.start(TAVERN, "The long night", EVENING)
    assert new == Scene(id=2, place=TAVERN, title="The long night", window_start=START)
    assert await scenes.active(TAVERN, EVENING) == new
    kept = await db.read("SELECT id FROM scene WHERE channel_id = ? ORDER BY id", (TAVERN.channel_id,))
    assert [row["id"] for row in kept] == [old.id, new.id]


async def test_a_place_may_begin_with_a_scene_of_its_own(scenes: Scenes) -> None:
    new = await scenes.start(TAVERN, "Prologue", EVENING)
    assert await scenes.active(TAVERN, EVENING) == new


async def test_what_is_learned_about_a_place_later_is_added_and_never_lost(scenes: Scenes) -> None:
    bare = Place(channel_id=90)
    assert (await scenes.active(bare, EVENING)).place == bare
    known = Place(channel_id=90, parent_id=77, guild_id=5)
    assert (await scenes.active(known, EVENING)).place == known
    assert (await scenes.active(bare, EVENING)).place == known
    assert (await scenes.start(bare, "Again", EVENING)).place == known


async def test_a_thing_is_told_once_in_each_channel(scenes: Scenes) -> None:
    told = [
        await scenes.told(77, "persona_gone", "marlow", EVENING),
        await scenes.told(77, "persona_gone", "marlow", EVENING + timedelta(days=9)),
        await scenes.told(77, "persona_gone", "vesper", EVENING),
        await scenes.told(77, "recording", "", EVENING),
        await scenes.told(78, "persona_gone", "marlow", EVENING),
    ]
    assert told == [True, False, True, True, True]


async def test_all_of_it_is_there_after_a_restart(where: Location) -> None:
    async with opened(where) as before:
        scene = await Scenes(before).start(TAVERN, "The long night", EVENING)
        await Scenes(before).told(77, "recording", "", EVENING)
    async with opened(where) as after:
        assert await Scenes(after).active(TAVERN, EVENING) == scene
        assert await Scenes(after).told(77, "recording", "", EVENING) is False


async def test_any_of_several_channels_may_have_been_told(scenes: Scenes) -> None:
    await scenes.told(77, "recording", "", EVENING)
    assert await scenes.was_told([78, 77], ["recording"])
    assert not await scenes.was_told([78, 79], ["recording"])
    assert not await scenes.was_told([77], ["persona_gone"])
    assert await scenes.was_told([77], ["persona_gone", "recording"])
    assert not await scenes.was_told([], ["recording"])


# --- starter and persona ------------------------------------------------------------------------


async def test_a_scene_knows_its_starter_and_its_persona(scenes: Scenes) -> None:
    scene = await scenes.start(TAVERN, "Maps", EVENING, starter_id=ALICE, persona_key="isolde")
    assert scene == Scene(1, TAVERN, "Maps", window_start=START, starter_id=ALICE, persona_key="isolde")
    assert await scenes.playing(TAVERN) == scene


async def test_the_first_to_speak_has_begun_a_scene_that_nobody_had(scenes: Scenes) -> None:
    scene = await scenes.active(TAVERN, EVENING)
    await scenes.begun_by(scene, BOB)
    await scenes.begun_by(scene, ALICE)
    found = await scenes.playing(TAVERN)
    assert found is not None
    assert found.starter_id == BOB


async def test_only_the_running_scene_is_left_to_the_persona_of_its_place(scenes: Scenes) -> None:
    resting = await scenes.start(TAVERN, "Before", EVENING, persona_key="isolde")
    await scenes.start(TAVERN, "Now", EVENING, persona_key="isolde")
    beneath = await scenes.start(CELLAR, "Beneath", EVENING, persona_key="isolde")
    await scenes.leave_to_place(TAVERN)
    now = await scenes.playing(TAVERN)
    assert now is not None
    assert now.persona_key is None
    assert await scenes.playing(CELLAR) == beneath
    assert await scenes.of_place(TAVERN, resting.id) == resting


async def test_nothing_is_played_where_nobody_has_been(scenes: Scenes) -> None:
    assert await scenes.playing(TAVERN) is None
    await scenes.leave_to_place(TAVERN)  # and no harm is done


async def test_a_scene_is_resumed_in_its_own_place_only(scenes: Scenes) -> None:
    first = await scenes.start(TAVERN, "First", EVENING)
    second = await scenes.start(TAVERN, "Second", EVENING)
    assert await scenes.resume(CELLAR, first.id) is None
    assert await scenes.resume(TAVERN, 99) is None
    assert await scenes.playing(TAVERN) == second
    assert await scenes.resume(TAVERN, first.id) == first
    assert await scenes.playing(TAVERN) == first
    assert await scenes.playing(CELLAR) is None
    assert await scenes.of_place(CELLAR, first.id) is None


# --- from outside -------------------------------------------------------------------------------


async def test_outlines_count_what_was_said_and_name_when_it_was_last(
    scenes: Scenes, history: History, say: Say, reply: Reply
) -> None:
    await say("Evening.")
    done = await reply("Evening, ", "traveller.")
    await history.finish(done, text="Evening, traveller.", tokens=5, ending=Ending.DONE)
    await reply("I am still", first_message=950)  # being written: it does not count yet
    (outline,) = await scenes.outlines(TAVERN, 9)
    assert (outline.turns, outline.last, outline.playing) == (2, EVENING, True)
    assert outline.scene == await scenes.active(TAVERN, EVENING)


async def test_the_running_scene_comes_first_then_the_latest_and_empty_ones_not_at_all(
    scenes: Scenes, db: Database
) -> None:
    async def play(title: str, *hours: int) -> None:
        scene = await scenes.start(TAVERN, title, EVENING - 9 * HOUR)
        for hour in hours:
            await record(db, scene, "Hm.", at=EVENING + hour * HOUR)

    await play("latest", 1, 5)
    await play("empty")
    await play("older", 3, 2)
    await play("now")
    await scenes.start(CELLAR, "elsewhere", EVENING)
    found = await scenes.outlines(TAVERN, 9)
    assert [(outline.scene.title, outline.turns, outline.last) for outline in found] == [
        ("now", 0, EVENING - 9 * HOUR),  # nothing was said: when it began
        ("latest", 2, EVENING + 5 * HOUR),
        ("older", 2, EVENING + 3 * HOUR),
    ]
    assert [outline.playing for outline in found] == [True, False, False]
    assert [outline.scene.title for outline in await scenes.outlines(TAVERN, 2)] == [
        "now",
        "latest",
    ]
    assert await scenes.outlines(Place(99), 9) == []


async def test_people_are_named_in_the_order_they_first_spoke_each_once_by_their_newest_name(
    scenes: Scenes, history: History, scene: Scene, reply: Reply, db: Database
) -> None:
    for user, name in ((BOB, "Bob"), (ALICE, "Alice"), (BOB, "Bob"), (ALICE, "Alice the Bold")):
        await record(db, scene, "Hm.", Participant(user, name))
    await history.finish(await reply("Hm."), text="Hm.", tokens=1, ending=Ending.DONE)
    assert await scenes.speakers(scene.id) == ["Bob", "Alice the Bold"]
    await record(db, scene, "Aye.", Participant(ALICE, "Voss", "profile:7"), message_id=905)
    assert await scenes.speakers(scene.id) == ["Bob", "Alice the Bold", "Voss"]


async def test_personas_are_named_in_the_order_they_first_spoke(
    scenes: Scenes, history: History, scene: Scene
) -> None:
    assert await scenes.personas(scene.id) == []
    for key in ("sabine", "marlow", "sabine"):
        turn = await history.begin_reply(scene.id, persona_key=key, name=key.title(), at=EVENING)
        await history.finish(turn.id, text="Hm.", tokens=1, ending=Ending.DONE)
    assert await scenes.personas(scene.id) == ["sabine", "marlow"]


async def test_a_scene_begins_with_its_first_message_that_is_there(
    scenes: Scenes, history: History, scene: Scene, say: Say
) -> None:
    assert await scenes.beginning(scene.id) is None
    await say("Said in the terminal.", message_id=-1)
    assert await scenes.beginning(scene.id) is None
    await say("Evening.", message_id=20)
    await say("Rain.", message_id=30)
    assert await scenes.beginning(scene.id) == (TAVERN.channel_id, 20)
    await history.retract([20])
    assert await scenes.beginning(scene.id) == (TAVERN.channel_id, 30)


async def test_a_scene_that_a_persona_opened_begins_with_its_first_post(
    scenes: Scenes, history: History, reply: Reply, scene: Scene, say: Say
) -> None:
    await history.finish(await reply("Wet ", "out."), text="Wet out.", tokens=1, ending=Ending.DONE)
    await say("Soaked.", message_id=2000)
    assert await scenes.beginning(scene.id) == (TAVERN.channel_id, 900)


async def test_others_are_those_who_spoke_since_then_and_are_not_oneself_nor_the_persona(
    scenes: Scenes, history: History, scene: Scene, say: Say, reply: Reply
) -> None:
    await say("Evening.", message_id=1)
    await history.finish(await reply("Hm."), text="Hm.", tokens=1, ending=Ending.DONE)
    millisecond = timedelta(milliseconds=1)
    assert await scenes.others_spoke(scene.id, BOB, EVENING)
    assert not await scenes.others_spoke(scene.id, BOB, EVENING + millisecond)
    assert not await scenes.others_spoke(scene.id, ALICE, EVENING)
    assert not await scenes.others_spoke(scene.id + 1, CAROL, EVENING)
    await history.retract([1])
    assert not await scenes.others_spoke(scene.id, BOB, EVENING)


# --- one's own ----------------------------------------------------------------------------------


async def test_a_person_may_have_a_story_of_their_own_where_the_room_has_another(
    scenes: Scenes, history: History, people: People, db: Database
) -> None:
    own, hers = replace(TAVERN, owner=ALICE), replace(TAVERN, owner=BOB)
    shared = await scenes.active(TAVERN, EVENING)
    mine = await scenes.start(own, "Mine", EVENING)
    assert (await scenes.active(own, EVENING)).place == own
    assert await scenes.playing(TAVERN) == shared
    assert await scenes.playing(hers) is None
    await record(db, shared, "Hello, all.", message_id=1)
    await record(db, mine, "Dear diary.", message_id=2)
    assert [turn.text for turn in await history.recent(mine.id, START, END)] == ["Dear diary."]
    assert [outline.scene.title for outline in await scenes.outlines(own, 9)] == ["Mine"]
    assert [outline.scene.id for outline in await scenes.outlines(TAVERN, 9)] == [shared.id]
    assert await scenes.of_place(TAVERN, mine.id) is None
    assert await scenes.resume(TAVERN, mine.id) is None
    # And the person called Alice in the room is still unknown there.
    bob = await people.speaker(own, Participant(BOB, "Alice"), lambda taken: str(sorted(taken)), EVENING)
    assert bob.name == "['Alice']"
    bob = await people.speaker(hers, Participant(BOB, "Alice"), lambda taken: str(sorted(taken)), EVENING)
    assert bob.name == "[]"


async def test_the_persona_of_an_own_story_is_left_to_its_place_alone(scenes: Scenes) -> None:
    own = replace(TAVERN, owner=ALICE)
    await scenes.start(TAVERN, "Ours", EVENING, persona_key="isolde")
    await scenes.start(own, "Mine", EVENING, persona_key="isolde")
    await scenes.leave_to_place(TAVERN)
    ours, mine = await scenes.playing(TAVERN), await scenes.playing(own)
    assert ours is not None
    assert mine is not None
    assert (ours.persona_key, mine.persona_key) == (None, "isolde")
