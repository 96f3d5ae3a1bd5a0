"""Replies that nobody has closed: where they are, and how they are closed."""

from bot.core.scene import (
    START,
    Ending,
    Post,
    Scene,
    Slice,
    Unfinished,
)
from bot.storage.history import History
from tests.storage.cast import EVENING, TAVERN, Reply, Say


async def test_a_finished_reply_is_not_interrupted(history: History, reply: Reply) -> None:
    turn_id = await reply("Aye")
    await history.finish(turn_id, text="Aye", tokens=4, ending=Ending.DONE)
    await history.unfinished.close(turn_id, 99)
    turn = await history.turn_of(900)
    assert turn
    assert (turn.ending, turn.tokens) == (Ending.DONE, 4)


async def test_unfinished_replies_say_where_they_are_and_what_may_have_been_sent(
    history: History, scene: Scene, say: Say, reply: Reply
) -> None:
    await say("An ale!")
    done = await reply("Aye.")
    await history.finish(done, text="Aye.", tokens=4, ending=Ending.DONE)
    left = await reply("One. ", "Two. ", first_message=950)
    await history.save_text(left, "One. Two. Three.")
    await history.posts.plan(left, Slice(2, 10, 16, "n2"))
    (turn,) = await history.unfinished.all()
    assert (turn.turn.id, turn.turn.text) == (left, "One. Two. Three.")
    assert turn == Unfinished(
        turn=turn.turn,
        place=TAVERN,
        posts=(Post(950, left, 0, 0, 5), Post(951, left, 1, 5, 10)),
        planned=(Slice(2, 10, 16, "n2"),),
    )


async def test_a_reply_that_could_not_be_closed_counts_again_when_the_next_begins(
    history: History, scene: Scene, reply: Reply
) -> None:
    stale = await reply("The light went")
    turn = await history.begin_reply(scene.id, persona_key="marlow", name="Marlow", at=EVENING)
    [told] = await history.recent(scene.id, START, turn.position)
    assert (told.id, told.text, told.ending, told.tokens) == (stale, "The light went", Ending.CUT_SHORT, 14)
