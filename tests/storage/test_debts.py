"""Who waits for an answer: known from the message on, until the answer or its notice stands in the channel."""

from pathlib import Path

import pytest

from bot.core.scene import END, START, Ending, Owed, Place, Scene, Slice
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.removals import Removals, Removed
from bot.storage.scenes import Scenes
from tests.storage.cast import ALICE, EVENING, TAVERN, opened, record
from tests.storage.conftest import Kill


async def ask(db: Database, scene: Scene, message_id: int, persona_key: str = "marlow") -> None:
    assert await record(db, scene, f"Question {message_id}", message_id=message_id, owed_by=(persona_key,))


async def waiting(history: History) -> list[tuple[int | None, str]]:
    return [(owed.turn.message_id, owed.persona_key) for owed in await history.debts.owed()]


async def begun(history: History, scene: Scene, persona_key: str = "marlow") -> int:
    turn = await history.begin_reply(scene.id, persona_key=persona_key, name="Marlow", at=EVENING)
    return turn.id


async def test_what_is_owed_is_known_with_its_place_and_persona(
    history: History, scene: Scene, db: Database
) -> None:
    said = await record(db, scene, "An ale!", message_id=500, owed_by=("marlow",))
    await record(db, scene, "Foul weather.", message_id=501)
    assert said is not None
    assert await history.debts.owed() == [Owed(said, TAVERN, "marlow")]


async def test_a_post_of_the_reply_is_the_answer(history: History, scene: Scene, db: Database) -> None:
    await ask(db, scene, 500)
    reply = await begun(history, scene)
    await history.save_text(reply, "Aye")
    await history.posts.plan(reply, Slice(0, 0, 3, "n"))
    assert await waiting(history) == [(500, "marlow")]
    await history.posts.posted(reply, 0, 900)
    assert await waiting(history) == []


async def test_words_that_need_no_post_are_the_answer(history: History, scene: Scene, db: Database) -> None:
    await ask(db, scene, 500)
    await history.finish(await begun(history, scene), text="Aye", tokens=1, ending=Ending.DONE)
    assert await waiting(history) == []


@pytest.mark.parametrize("ending", [Ending.FAILED, Ending.STOPPED, Ending.WITHDRAWN])
async def test_a_reply_without_words_is_no_answer_until_its_notice_is_posted(
    history: History, scene: Scene, db: Database, ending: Ending
) -> None:
    await ask(db, scene, 500)
    reply = await begun(history, scene)
    await history.finish(reply, text="", tokens=0, ending=ending)
    assert await waiting(history) == [(500, "marlow")]
    await history.posts.plan(reply, Slice(0, 0, 0, "n"))
    await history.posts.posted(reply, 0, 900)
    assert await waiting(history) == []


async def test_an_answer_is_for_those_who_asked_this_persona_before_it_began(
    history: History, scenes: Scenes, scene: Scene, db: Database
) -> None:
    for message_id, persona in ((500, "marlow"), (501, "isolde"), (502, "marlow")):
        await ask(db, scene, message_id, persona)
    reply = await begun(history, scene)
    await ask(db, scene, 600)
    other = await scenes.start(Place(TAVERN.channel_id + 1), "Another", EVENING)
    await ask(db, other, 400)
    await history.posts.plan(reply, Slice(0, 0, 0, "n"))
    await history.posts.posted(reply, 0, 900)
    assert await waiting(history) == [(501, "isolde"), (600, "marlow"), (400, "marlow")]


async def test_a_message_that_several_are_to_answer_waits_for_each_in_their_order(
    history: History, scene: Scene, db: Database
) -> None:
    await record(db, scene, "Both of you!", message_id=500, owed_by=("sabine", "marlow"))
    assert await waiting(history) == [(500, "sabine"), (500, "marlow")]
    reply = await begun(history, scene, "sabine")
    await history.posts.plan(reply, Slice(0, 0, 0, "n"))
    await history.posts.posted(reply, 0, 900)
    assert await waiting(history) == [(500, "marlow")]
    await history.debts.waive(500, "marlow")
    assert await waiting(history) == []


async def test_who_was_told_that_no_answer_comes_waits_no_more(
    history: History, scene: Scene, db: Database
) -> None:
    for message_id, persona in ((500, "marlow"), (501, "isolde"), (502, "marlow"), (503, "marlow")):
        await ask(db, scene, message_id, persona)
    await history.debts.waive(502, "marlow")
    await history.debts.waive(999, "marlow")  # no message of a story
    assert await waiting(history) == [(501, "isolde"), (503, "marlow")]


async def test_nothing_is_owed_for_what_was_deleted_or_taken_out(
    history: History, scene: Scene, db: Database
) -> None:
    for message_id in (500, 501):
        await ask(db, scene, message_id)
    await history.retract([500])
    turn = await history.turn_of(501)
    assert turn is not None
    removal = await Removals(db).remove(turn.id, Removed.TURN, ALICE, EVENING)
    assert removal is not None
    assert await waiting(history) == []
    await Removals(db).put_back(removal.id)
    assert await waiting(history) == []


async def test_what_was_asked_in_a_scene_that_rests_is_owed_no_more(
    history: History, scenes: Scenes, scene: Scene, db: Database
) -> None:
    await ask(db, scene, 500)
    other = await scenes.start(TAVERN, "Another", EVENING)
    assert await waiting(history) == []
    await ask(db, other, 501)
    elsewhere = await scenes.active(Place(TAVERN.channel_id, owner=71), EVENING)
    await ask(db, elsewhere, 502)
    await scenes.resume(TAVERN, scene.id)
    assert await waiting(history) == [(502, "marlow")]


async def test_a_message_delivered_twice_is_not_owed_again(
    history: History, scene: Scene, db: Database
) -> None:
    await ask(db, scene, 500)
    await history.debts.waive(500, "marlow")
    assert await record(db, scene, "Question 500", message_id=500, owed_by=("marlow",)) is None
    assert await waiting(history) == []


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("recorded", [(500, "marlow")]),
        ("begun", [(500, "marlow")]),
        ("saved", [(500, "marlow")]),
        ("planned", [(500, "marlow")]),
        ("posted", []),
    ],
)
async def test_a_killed_process_leaves_a_record_of_the_people_it_did_not_answer(
    writing: Kill, file: Path, moment: str, left: list[tuple[int, str]]
) -> None:
    with writing(file, moment):
        pass
    async with opened(file) as db:
        assert await waiting(History(db)) == left


async def test_a_message_that_asks_only_now_waits_where_it_is(
    history: History, scene: Scene, db: Database
) -> None:
    await record(db, scene, "Foul weather.", message_id=500)
    await record(db, scene, "It is.", message_id=501)
    assert await history.debts.owe(500, ["marlow"])
    assert await waiting(history) == [(500, "marlow")]
    turn = await history.turn_of(500)
    assert turn is not None
    assert turn.position == 500
    assert not await history.debts.owe(999, ["marlow"])


async def test_a_message_that_asks_only_now_comes_after_what_the_persona_said_meanwhile(
    history: History, scene: Scene, db: Database
) -> None:
    await record(db, scene, "And my horse?", message_id=500)
    await ask(db, scene, 501)
    await history.finish(await begun(history, scene), text="Aye", tokens=1, ending=Ending.DONE)
    await record(db, scene, "Good.", message_id=600)
    assert await history.debts.owe(500, ["marlow"])
    said = [turn.text for turn in await history.recent(scene.id, START, END)]
    assert said == ["Question 501", "Aye", "And my horse?", "Good."]
    assert await waiting(history) == [(500, "marlow")]
