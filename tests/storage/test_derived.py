"""An index of the story is given words that have settled, in their transaction, and no previews."""

import pytest

from bot.core.scene import Ending, Scene
from bot.storage.database import Database, Transaction
from bot.storage.history import History
from bot.storage.rows import TURN
from bot.storage.scenes import Greeting, Scenes
from bot.storage.swipes import Swipes
from tests.storage.cast import ADA, EVENING, TAVERN, Reply, Say

Told = list[str | None]


@pytest.fixture
def told(db: Database) -> Told:
    """The texts that an index would hold, as it is told of them; None for a turn that is gone."""
    found: Told = []

    async def observe(tx: Transaction, turn_id: int) -> None:
        rows = await tx.run(TURN, (turn_id,))
        found.append(rows[0]["text"] if rows else None)

    db.observers.append(observe)
    return found


def news(told: Told) -> Told:
    """What was told since."""
    found = told[:]
    told.clear()
    return found


async def test_what_a_person_says_settles_at_once_and_with_each_edit(
    told: Told, history: History, say: Say
) -> None:
    await say("An ael", 500)
    assert news(told) == ["An ael"]
    await history.amend(500, "An ale", [], 3)
    await history.amend(501, "of nobody", [], 3)
    assert news(told) == ["An ale"]
    await history.retract([500])
    assert news(told) == [None]


async def test_a_reply_settles_as_it_ends_and_not_before(told: Told, history: History, reply: Reply) -> None:
    turn_id = await reply("One. ", "Two.")
    await history.posts.set_slices(turn_id, [(0, 0, 9)])
    assert news(told) == []
    await history.finish(turn_id, text="One. Two.", tokens=5, ending=Ending.DONE)
    assert news(told) == ["One. Two."]
    await history.finish(turn_id, text="Too late.", tokens=5, ending=Ending.DONE)
    assert news(told) == []
    await history.retract([901])
    assert news(told) == ["One. "]
    await history.drop(turn_id)
    assert news(told) == [None]


async def test_a_reply_that_was_left_settles_as_it_is_closed(
    told: Told, history: History, scene: Scene, reply: Reply
) -> None:
    left = await reply("The light")
    await history.unfinished.close(left, 3)
    assert news(told) == ["The light"]
    await history.unfinished.close(left, 3)
    assert news(told) == []
    await reply("went out", first_message=950)
    await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    assert news(told) == ["went out"]


async def test_a_revision_settles_with_what_comes_of_it(
    told: Told, history: History, db: Database, reply: Reply
) -> None:
    swipes, turn_id = Swipes(db), await reply("One.")
    await history.finish(turn_id, text="One.", tokens=5, ending=Ending.DONE)
    news(told)
    await swipes.regenerate(turn_id)
    await history.save_text(turn_id, "Tw")
    assert news(told) == []
    await history.finish(turn_id, text="Two.", tokens=5, ending=Ending.DONE)
    assert news(told) == ["Two."]
    await swipes.choose(turn_id, 1)
    assert news(told) == ["One."]
    await swipes.revert(turn_id)
    assert news(told) == ["Two."]
    await swipes.rewrite(turn_id, "Three.", 5, ADA)
    assert news(told) == ["Three."]
    await swipes.proceed(turn_id)
    assert news(told) == []
    await history.finish(turn_id, text="", tokens=0, ending=Ending.FAILED)
    assert news(told) == ["Three."]


async def test_a_greeting_settles_with_its_scene(told: Told, scenes: Scenes) -> None:
    await scenes.start(TAVERN, "", EVENING, greeting=Greeting("marlow", "Marlow", "Come in.", 3))
    assert news(told) == ["Come in."]


async def test_what_an_index_cannot_take_is_not_stored(db: Database, history: History, say: Say) -> None:
    async def fail(tx: Transaction, turn_id: int) -> None:
        raise ZeroDivisionError

    db.observers.append(fail)
    with pytest.raises(ZeroDivisionError):
        await say("An ale!", 500)
    assert await history.turn_of(500) is None
