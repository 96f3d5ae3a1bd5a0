"""The order of a story: each message where it was said, each reply after what it was built from."""

from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.scene import END, START, Ending, Scene
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Greeting, Scenes
from bot.storage.steering import Steer, Steering, SteeringKind
from bot.storage.swipes import Swipes
from tests.storage.cast import ALICE, EVENING, TAVERN, Say, record


async def texts(history: History, scene: Scene) -> list[str]:
    return [turn.text for turn in await history.recent(scene.id, START, END)]


async def answer(history: History, scene: Scene, text: str) -> int:
    """Marlow says something; returns where that stands."""
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.finish(turn.id, text=text, tokens=3, ending=Ending.DONE)
    return turn.position


async def test_a_message_heard_late_goes_to_its_place_in_the_story(
    history: History, scene: Scene, say: Say
) -> None:
    await say("One", 1000)
    await answer(history, scene, "Aye")
    await say("Three", 3000)
    late = await say("Two", 2000)
    assert late.position == 2000
    assert await texts(history, scene) == ["One", "Aye", "Two", "Three"]
    assert await history.count_before(scene.id, late.position) == 2
    assert await history.count_after(scene.id, late.position) == 1
    assert [turn.text for turn in await history.recent(scene.id, START, late.position)] == ["One", "Aye"]


async def test_a_reply_comes_right_after_what_it_was_built_from(
    history: History, scene: Scene, say: Say
) -> None:
    await say("One", 5000)
    assert await answer(history, scene, "Aye") == 5001
    assert await answer(history, scene, "And more") == 5002
    await say("On its way when he began to speak", 5001)  # as near as two messages can be
    assert await texts(history, scene) == ["One", "Aye", "And more", "On its way when he began to speak"]


async def test_a_wish_that_becomes_story_stands_before_the_reply_that_was_told_it(
    history: History, scene: Scene, db: Database, say: Say
) -> None:
    await say("One", 5000)
    wish = Steer(SteeringKind.OOC, "be quick", 3, EVENING, "marlow", message_id=6000)
    await Steering(db).add(scene.id, wish)
    assert await answer(history, scene, "Aye") == 6001
    await say("Two", 6000)
    assert await texts(history, scene) == ["One", "Two", "Aye"]


async def test_what_is_to_be_answered_comes_after_the_replies_that_did_not_hear_it(
    history: History, scene: Scene, db: Database, say: Say
) -> None:
    """A command's words stand in the channel before the story hears them."""
    await say("One", 5000)
    await answer(history, scene, "Aye")
    await record(db, scene, "Asked before", message_id=4000, owed_by=("marlow",))
    await say("Said before", 4001)
    assert await texts(history, scene) == ["Said before", "One", "Aye", "Asked before"]


async def test_what_is_no_message_of_discords_comes_in_the_order_it_was_said(
    history: History, scene: Scene, db: Database
) -> None:
    for number in range(5):
        await record(db, scene, f"line {number}", message_id=-1000 - number)
        await answer(history, scene, f"answer {number}")
    assert await texts(history, scene) == [f"{what} {n}" for n in range(5) for what in ("line", "answer")]


async def test_a_greeting_is_the_first_of_its_scene(scenes: Scenes, history: History, db: Database) -> None:
    scene = await scenes.start(TAVERN, "", EVENING, greeting=Greeting("marlow", "Marlow", "Come in.", 3))
    await record(db, scene, "Said as the scene began", message_id=2)
    assert await texts(history, scene) == ["Come in.", "Said as the scene began"]


async def test_what_comes_after_a_turn_is_what_stands_after_it(
    history: History, scene: Scene, say: Say, db: Database
) -> None:
    one = await say("One", 1000)
    reply = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    await history.finish(reply.id, text="Aye", tokens=3, ending=Ending.DONE)
    variants = await Swipes(db).variants(reply.id)
    assert variants is not None
    assert not variants.followed
    await say("Heard late", 500)
    again = await Swipes(db).variants(reply.id)
    assert again is not None
    assert not again.followed
    removal = await Removals(db).remove(one.id, Removed.AFTER, ALICE, EVENING)
    assert removal is not None
    assert [turn.text for turn in removal.turns] == ["Aye"]
    assert await texts(history, scene) == ["Heard late", "One"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.one_of(st.just(0), st.integers(1, 12)), max_size=16))
async def test_however_they_arrive_people_speak_in_their_order_and_a_reply_after_what_it_heard(
    history: History, scene: Scene, db: Database, events: list[int]
) -> None:
    async with db.transaction() as tx:  # one database serves all examples
        await tx.run("DELETE FROM turn")
    numbers, heard = count(), dict[str, list[str]]()
    for event in events:
        before = await texts(history, scene)
        if event:
            await record(db, scene, f"{event:02}", message_id=event * 1000)
        else:
            reply = f"reply {next(numbers)}"
            await answer(history, scene, reply)
            heard[reply] = before
    told = await texts(history, scene)
    people = [text for text in told if text not in heard]
    assert people == sorted({f"{event:02}" for event in events if event})
    for reply, before in heard.items():
        assert set(before) <= set(told[: told.index(reply)])
    positions = await db.read("SELECT position FROM turn ORDER BY position")
    assert len({row["position"] for row in positions}) == len(told)
