"""What was taken out of the story, and put back."""

import pytest

from bot.core.scene import END, START, Ending, Scene
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.removals import NOBODY, Removal, Removals, Removed
from bot.storage.scenes import Scenes
from bot.storage.steering import Steer, Steering, SteeringKind
from bot.storage.swipes import Swipes
from tests.storage.cast import ADA, ALICE, BOB, EVENING, TAVERN, Reply, Say, record


@pytest.fixture
def removals(db: Database) -> Removals:
    return Removals(db)


async def texts(history: History, scene: Scene) -> list[str]:
    return [turn.text for turn in await history.recent(scene.id, START, END)]


async def test_a_turn_leaves_the_story_with_all_it_has_and_comes_back_with_it(
    history: History, removals: Removals, scene: Scene, say: Say, reply: Reply
) -> None:
    await say("One", 500)
    two = await reply("Two")
    await history.finish(two, text="Two", tokens=3, ending=Ending.DONE)
    await say("Three", 501)
    removal = await removals.remove(two, Removed.TURN, BOB, EVENING)
    gone = await history.turn(two)
    assert gone
    assert removal == Removal(1, scene.id, Removed.TURN, BOB, EVENING, (gone,))
    assert (gone.text, gone.removal_id) == ("Two", 1)
    assert [post.message_id for post in await history.posts.of(two)] == [900]
    assert await texts(history, scene) == ["One", "Three"]
    assert await history.count_before(scene.id, END) == 2

    assert [turn.text for turn in await removals.put_back(1)] == ["Two"]
    assert await removals.put_back(1) == []
    assert await texts(history, scene) == ["One", "Two", "Three"]


async def test_all_that_came_after_a_turn_leaves_and_nothing_of_another_scene(
    history: History, removals: Removals, scenes: Scenes, scene: Scene, say: Say, reply: Reply, db: Database
) -> None:
    turns = [await say(text, 500 + number) for number, text in enumerate(("One", "Two", "Three"))]
    growing = await reply("Growing")
    other = await scenes.start(TAVERN, "Another", EVENING)
    await record(db, other, "Elsewhere")
    first = await removals.remove(turns[2].id, Removed.TURN, ALICE, EVENING)
    then = await removals.remove(turns[0].id, Removed.AFTER, ALICE, EVENING)
    assert first
    assert then
    # What was out already stays the other removal's, and so does who put it there.
    assert [turn.id for turn in then.turns] == [turns[1].id, growing]
    await history.finish(growing, text="Grown", tokens=5, ending=Ending.STOPPED)
    assert await texts(history, scene) == ["One"]
    assert await texts(history, other) == ["Elsewhere"]
    assert await removals.remove(turns[0].id, Removed.AFTER, ALICE, EVENING) is None
    await removals.put_back(then.id)
    assert await texts(history, scene) == ["One", "Two", "Grown"]
    await removals.put_back(first.id)
    assert await texts(history, scene) == ["One", "Two", "Three", "Grown"]


async def test_what_was_deleted_meanwhile_is_not_put_back(
    history: History, removals: Removals, scene: Scene, say: Say
) -> None:
    one, *_ = [await say(text, 500 + number) for number, text in enumerate(("One", "Two", "Three"))]
    removal = await removals.remove(one.id, Removed.AFTER, ALICE, EVENING)
    assert removal
    await history.retract([501])
    assert [turn.text for turn in await removals.put_back(removal.id)] == ["Three"]
    assert await texts(history, scene) == ["One", "Three"]


async def test_a_window_that_began_in_what_is_out_starts_again(
    history: History, removals: Removals, scenes: Scenes, scene: Scene, say: Say
) -> None:
    one, two, three = [await say(text) for text in ("One", "Two", "Three")]
    await history.move_window(scene.id, two.position, two.position)
    await removals.remove(three.id, Removed.TURN, ALICE, EVENING)
    assert (await scenes.active(TAVERN, EVENING)).window_start == two.position
    await removals.remove(one.id, Removed.AFTER, ALICE, EVENING)
    assert (await scenes.active(TAVERN, EVENING)).window_start == 0


async def test_what_is_out_is_not_revised(
    history: History, removals: Removals, db: Database, reply: Reply
) -> None:
    turn_id = await reply("Hm.")
    await history.finish(turn_id, text="Hm.", tokens=3, ending=Ending.DONE)
    removal = await removals.remove(turn_id, Removed.TURN, ALICE, EVENING)
    assert removal
    assert await Swipes(db).regenerate(turn_id) is None
    assert await Swipes(db).rewrite(turn_id, "Hm!", 3, ADA) is None
    assert await removals.remove(turn_id, Removed.TURN, BOB, EVENING) is None
    await removals.put_back(removal.id)
    assert await Swipes(db).rewrite(turn_id, "Hm!", 3, ADA) is not None


async def test_a_scene_can_be_deleted_with_what_was_taken_out_of_it(
    removals: Removals, scenes: Scenes, scene: Scene, say: Say, db: Database
) -> None:
    await removals.remove((await say("One")).id, Removed.TURN, ALICE, EVENING)
    await scenes.start(TAVERN, "Another", EVENING)
    async with db.transaction() as tx:
        await tx.run("DELETE FROM scene WHERE id = ?", (scene.id,))
    assert await removals.get(1) is None


async def test_there_is_nothing_to_take_out_of_what_is_gone(removals: Removals, say: Say) -> None:
    one = await say("One")
    assert await removals.remove(99, Removed.TURN, ALICE, EVENING) is None
    assert await removals.remove(one.id, Removed.AFTER, ALICE, EVENING) is None
    assert await removals.put_back(99) == []
    assert await removals.get(99) is None


async def begin(history: History, scene: Scene) -> int:
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    return turn.id


async def test_what_is_covered_tells_the_next_reply_unless_it_comes_back_before(
    history: History, removals: Removals, scene: Scene, reply: Reply, db: Database
) -> None:
    two, told = await reply("Two"), Steer(SteeringKind.STEP_BACK, "step back", 3, EVENING)
    await history.finish(two, text="Two", tokens=3, ending=Ending.DONE)
    removal = await removals.remove(two, Removed.COVERED, NOBODY, EVENING, told)
    assert removal
    assert (removal.kind, removal.by_user) == (Removed.COVERED, 0)
    assert [each.text for each in await Steering(db).pending(scene.id, "marlow")] == ["step back"]
    await removals.put_back(removal.id)
    assert await Steering(db).pending(scene.id, "marlow") == ()
    again = await removals.remove(two, Removed.COVERED, NOBODY, EVENING, told)
    assert again
    three = await begin(history, scene)
    await removals.put_back(again.id)
    assert [each.text for each in await Steering(db).told(three)] == ["step back"]  # it was said


async def test_what_went_with_all_after_another_can_be_covered_and_what_was_removed_alone_cannot(
    history: History, removals: Removals, scene: Scene, say: Say
) -> None:
    one = await say("One", 500)
    two, three = await begin(history, scene), await begin(history, scene)
    for turn_id in (two, three):
        await history.finish(turn_id, text="Two", tokens=3, ending=Ending.DONE)
    alone = await removals.remove(three, Removed.TURN, ALICE, EVENING)
    after = await removals.remove(one.id, Removed.AFTER, ALICE, EVENING)
    assert alone
    assert after
    covered = await removals.remove(two, Removed.COVERED, NOBODY, EVENING)
    assert covered
    assert [turn.id for turn in covered.turns] == [two]
    assert await removals.put_back(after.id) == []
    assert await removals.remove(three, Removed.COVERED, NOBODY, EVENING) is None
