"""Who waits for an answer, as the story keeps it."""

import asyncio
from dataclasses import replace

from bot.core.scene import Slice
from bot.story.reply import Reply
from bot.story.roleplay import Concern, Notice
from tests.story.test_revision import ALICE, DEAD, TAVERN, Stage, stage

__all__ = ["stage"]


async def owed(stage: Stage) -> list[str]:
    return [each.turn.text for each in await stage.history.owed()]


async def test_who_asks_waits_until_the_answer_stands_there(stage: Stage) -> None:
    reply = await stage.story.roleplay.hear(stage.message("Well?"))
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
    reply = await stage.story.roleplay.hear(stage.message("Well?"))
    stage.model.say(DEAD)
    assert isinstance(reply, Reply)
    async with reply:
        pass
    assert await owed(stage) == ["Well?"]  # until the frontend has said so
    assert reply.log is not None
    await reply.log.plan([Slice(0, 0, 0, "n")])
    await reply.log.note(0, 1900)
    assert await owed(stage) == []


async def test_who_asks_a_persona_that_is_gone_waits_until_they_are_told(stage: Stage) -> None:
    await stage.story.direction.bind("channel", TAVERN.channel_id, "ghost", ALICE.id)
    said = stage.message("Well?")
    assert await stage.story.roleplay.hear(said) == Notice(Concern.PERSONA_MISSING, "ghost")
    assert await owed(stage) == ["Well?"]
    await stage.story.roleplay.waive(said, "ghost")
    assert await owed(stage) == []


async def test_nobody_waits_who_only_speaks(stage: Stage) -> None:
    await stage.story.direction.bind("channel", TAVERN.channel_id, "marlow", ALICE.id)
    await stage.story.roleplay.hear(replace(stage.message("Foul weather."), mentions_bot=False))
    assert await stage.remembered() == ["Foul weather."]
    assert await owed(stage) == []
