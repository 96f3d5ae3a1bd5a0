"""Who waits for an answer, as the story keeps it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.core.catching_up import Bounds
from bot.core.routing import NoReply, NoReplyReason
from bot.core.scene import IncomingMessage, Participant, Slice
from bot.storage.removals import Removal
from bot.story.places.answering import Answerer
from bot.story.replies.reply import Reply
from bot.story.revisions.refusals import RefusalReason
from tests.clocks import stopped
from tests.story.revisions.test_revision import ALICE, DEAD, NOON, TAVERN, Stage, stage

__all__ = ["stage"]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped(monkeypatch, NOON)  # quiet hours go by the time of the day


async def owed(stage: Stage) -> list[str]:
    return [each.turn.text for each in await stage.history.debts.owed()]


async def hear(stage: Stage, message: IncomingMessage) -> Reply:
    (reply,) = (await stage.story.hearing.hear(message)).replies
    return reply


async def test_who_asks_waits_until_the_answer_stands_there(stage: Stage) -> None:
    reply = await hear(stage, stage.message("Well?"))
    assert await owed(stage) == ["Well?"]
    gate = asyncio.Event()
    stage.model.say(gate, "Aye.")
    playing = asyncio.create_task(stage.play(reply))
    await stage.model.held.wait()
    assert await owed(stage) == ["Well?"]
    gate.set()
    await playing
    assert await owed(stage) == []


async def test_who_hears_why_there_are_no_words_waits_no_more(stage: Stage) -> None:
    reply = await hear(stage, stage.message("Well?"))
    stage.model.say(DEAD)
    async with reply:
        assert reply.opened is not None
        async for _ in reply.texts():
            pass
    assert await owed(stage) == ["Well?"]  # until the frontend has said so
    record = stage.story.scenes.record(reply.opened.turn)
    await record.plan([Slice(0, 0, 0, "n")])
    await record.note(0, 1900)
    assert await owed(stage) == []


async def test_a_reply_that_waits_while_quiet_hours_begin_says_so_and_so_does_a_button(stage: Stage) -> None:
    turn = await stage.ask("A room?", "Aye.")
    revised = await stage.story.revision.regeneration.regenerate(turn.id, stage.message())
    reply = await hear(stage, stage.message("Well?"))
    await stage.story.choices.choose("channel", TAVERN.channel_id, "quiet_hours", "11:00-13:00", ALICE.id)
    async with reply:
        assert reply.opened is None
    why = stage.story.hearing.why_unopened(reply)
    assert why is not None
    assert why.reason is NoReplyReason.QUIET
    assert isinstance(revised, Reply)
    async with revised:
        assert revised.opened is None
    refused = await stage.story.revision.regeneration.why_unopened(revised, turn.id, TAVERN)
    assert refused is not None
    assert refused.reason is RefusalReason.QUIET


async def test_who_is_blocked_while_a_reply_waits_is_left_out_of_it(stage: Stage) -> None:
    here, bob = replace(TAVERN, guild_id=5), Participant(12, "Bob")
    asked = [stage.message(text, here) for text in ("A room?", "A bed?", "Well?")]
    reply = await hear(stage, replace(asked[0], author=bob))
    assert (await stage.story.hearing.hear(asked[1])).replies == ()
    await stage.story.choices.block(5, bob.id, 1)
    stage.model.say("Aye.")
    await stage.play(reply)
    assert [each.author for each in reply.triggers] == [ALICE]
    reply = await hear(stage, asked[2])
    await stage.story.choices.block(5, ALICE.id, 1)
    assert await stage.story.recovery.debts() == []  # nor is she answered or told after a restart
    async with reply:
        assert reply.opened is None
    assert len(stage.model.asked) == 1
    assert stage.story.hearing.why_unopened(reply) is None


async def test_who_asks_a_persona_that_is_gone_waits_until_they_are_told(stage: Stage) -> None:
    await stage.story.choices.bind("channel", TAVERN.channel_id, "ghost", ALICE.id)
    said = stage.message("Well?")
    heard = await stage.story.hearing.hear(said)
    assert heard.notice == NoReply(NoReplyReason.PERSONA_MISSING, "ghost")
    assert await owed(stage) == ["Well?"]
    await stage.story.notices.waive(said, "ghost")
    assert await owed(stage) == []


async def test_nobody_waits_who_only_speaks(stage: Stage) -> None:
    await stage.story.choices.bind("channel", TAVERN.channel_id, "marlow", ALICE.id)
    await stage.story.hearing.hear(replace(stage.message("Foul weather."), mentions_bot=False))
    assert await stage.remembered() == ["Foul weather."]
    assert await owed(stage) == []


async def test_what_was_asked_in_a_scene_that_is_left_is_owed_no_more(stage: Stage) -> None:
    await hear(stage, stage.message("Well?"))
    assert await owed(stage) == ["Well?"]
    found = await stage.story.hearing.answerers.of_command(TAVERN)
    assert isinstance(found, Answerer)
    await stage.story.scenes.begin(TAVERN, found.persona)
    assert await owed(stage) == []


async def test_what_was_taken_out_and_put_back_is_owed_no_more(stage: Stage) -> None:
    reply = await hear(stage, stage.message("Well?"))
    (waiting,) = await stage.history.debts.owed()
    removal = await stage.story.revision.remove(waiting.turn.id, ALICE.id, TAVERN)
    assert isinstance(removal, Removal)
    await stage.story.revision.put_back(removal.id, TAVERN)
    assert await owed(stage) == []
    reply.stop()


async def test_two_owners_of_one_channel_wait_each_for_their_own_answer(stage: Stage) -> None:
    one, other = (replace(stage.message("Well?"), place=replace(TAVERN, owner=owner)) for owner in (71, 72))
    assert (await hear(stage, one)) is not (await hear(stage, other))


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ({"content": "Well?", "mentions_bot": True}, True),
        ({"content": "", "mentions_bot": True}, True),
        ({"content": "Foul weather.", "mentions_bot": False}, False),
        ({"content": "", "mentions_bot": False}, False),
        ({"content": "Well?", "mentions_bot": True, "from_bot": True}, False),
    ],
)
async def test_whether_somebody_waits_is_what_routing_says(
    stage: Stage, said: dict[str, Any], *, wanted: bool
) -> None:
    await stage.story.choices.choose("channel", TAVERN.channel_id, "respond", "always", ALICE.id)
    message = replace(stage.message(), **said)
    assert await stage.story.hearing.wants_answer(message) is wanted


async def test_a_reply_that_is_begun_again_and_refused_then_counts_for_nothing(stage: Stage) -> None:
    casting = stage.story.casting
    limits, settle = replace(casting.rules.limits, replies_per_minute=1), Bounds(settle=5.0)
    casting.rules = replace(casting.rules, limits=limits, catch_up=settle)
    await stage.story.choices.choose("channel", TAVERN.channel_id, "person_cooldown", "30", ALICE.id)
    stage.model.say(asyncio.Event(), "Never seen.")
    async with await hear(stage, stage.message("A room?")):
        again = await hear(stage, stage.message("And a bed?"))
    choose = stage.story.choices.choose
    await choose("channel", TAVERN.channel_id, "quiet_hours", "11:00-13:00", ALICE.id)
    async with again:
        assert again.opened is None
    await choose("channel", TAVERN.channel_id, "quiet_hours", None, ALICE.id)
    await hear(stage, stage.message("And now?"))  # neither the limit nor the pause keeps it waiting
