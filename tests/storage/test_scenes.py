import asyncio
from datetime import timedelta
from pathlib import Path

from bot.core.scene import Place, Scene
from bot.storage.database import Database
from bot.storage.scenes import Scenes
from tests.storage.cast import EVENING, TAVERN, opened


async def test_the_first_visit_opens_a_scene_and_the_next_finds_it(scenes: Scenes) -> None:
    first = await scenes.active(TAVERN, EVENING)
    assert first == Scene(id=1, place=TAVERN, title="", window_start=0)
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


async def test_a_new_scene_takes_over_and_the_old_one_stays(scenes: Scenes, db: Database) -> None:
    old = await scenes.active(TAVERN, EVENING)
    new = await scenes.start(TAVERN, "The long night", EVENING)
    assert new == Scene(id=2, place=TAVERN, title="The long night", window_start=0)
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


async def test_all_of_it_is_there_after_a_restart(file: Path) -> None:
    async with opened(file) as before:
        scene = await Scenes(before).start(TAVERN, "The long night", EVENING)
        await Scenes(before).told(77, "recording", "", EVENING)
    async with opened(file) as after:
        assert await Scenes(after).active(TAVERN, EVENING) == scene
        assert await Scenes(after).told(77, "recording", "", EVENING) is False
