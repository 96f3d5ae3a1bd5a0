"""What was said long ago and is asked for: it stands in the prompt, once found the same for every variant."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.composition.story import story_on
from bot.core.completion import Sampling
from bot.core.names import NAME_LIMIT
from bot.core.notes import bracketed, earlier
from bot.core.output.echoes import LIMIT
from bot.core.prompting.inspection import Inspection
from bot.core.scene import END, START, IncomingMessage, Participant, Position
from bot.core.tokens import BY_SCRIPT
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.removals import Removals, Removed
from bot.storage.stores import Stores
from bot.story.memory.reminding import LENGTHS, Reminding
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from tests.databases import open_database
from tests.story.prompts.test_party import NOON, SHEET, TAVERN, Stage
from tests.story.scripted import Scripted

SAMPLING = Sampling(1.0, 0.95, 200)
FACT = "My brother keeps the [silver] key under the third beehive."
ASKED = "Where did your brother keep the silver key?"
NOTE = '[earlier, Ana said: "My brother keeps the (silver) key under the third beehive."]'


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    (tmp_path / "personas").mkdir()
    (tmp_path / "personas" / "mira.yaml").write_text(SHEET, encoding="utf-8")
    database = await open_database(tmp_path / "dramatis.sqlite3")
    model = Scripted()
    meter = await TokenMeter.open(Calibrations(database), model)
    rules = Rules(SAMPLING, 2_000, channels={TAVERN.channel_id: ChannelRule(("mira",))})
    personas = PersonaLibrary.load(tmp_path / "personas")
    yield Stage(story_on(database, personas, model, rules, meter), model, database)
    await database.close()


async def long_ago(stage: Stage) -> None:
    """Ana's fact, and so much talk since that it is not in the window anymore."""
    await stage.say("Ana", FACT)
    for number in range(40):
        await stage.say("Bob", f"Where did your wind go, and does it keep to the hour {number}? " * 5)
    await stage.say("Bob", "Well?", "Well.")
    assert not any("beehive" in content for _, _, content in stage.model.asked[-1])


def newest(stage: Stage) -> str:
    return stage.model.asked[-1][-1][2]


async def again(stage: Stage, message_id: int) -> None:
    """Let the reply to a message be written again."""
    turn = await stage.story.hearing._history.turn_of(message_id)
    assert turn is not None
    stage.model.say("Under a hive.")
    asked = IncomingMessage(9_000, TAVERN, Participant(1, "Bob"), "", NOON)
    reply = await stage.story.revision.regeneration.regenerate(turn.id, asked)
    assert isinstance(reply, Reply)
    async with reply:
        _ = [_ async for _ in reply.texts()]


async def test_what_is_asked_for_stands_at_the_end_of_the_prompt_and_in_no_other(stage: Stage) -> None:
    await long_ago(stage)
    await stage.say("Bob", ASKED, "Under the third.")
    assert newest(stage) == f"{ASKED}\n{NOTE}"
    assert BY_SCRIPT.count(NOTE) <= 300
    await stage.say("Bob", "Thank you, and good night.", "Sleep well.")
    assert all("earlier" not in content for _, _, content in stage.model.asked[-1])


async def test_each_persona_that_is_asked_is_told_though_another_has_answered_first(stage: Stage) -> None:
    await long_ago(stage)
    await stage.say("Bob", ASKED, "Under the third.")
    stores = Stores.on(stage.database)
    scene = await stores.scenes.active(TAVERN, NOON)
    answer = (await stores.history.recent(scene.id, START, END))[-1]
    found = {}
    for key in ("tamar", "mira"):
        told = Reminding(stores).remind(scene, None, Position(answer.position + 1), key, BY_SCRIPT)
        found[key] = [each.turn.name for each in await told]
    assert found == {"tamar": ["Ana"], "mira": []}


async def test_a_variant_and_an_inspection_are_told_the_same_although_more_was_said(stage: Stage) -> None:
    await long_ago(stage)
    await stage.say("Bob", ASKED, "Under the third.")
    asked, number = stage.model.asked[-1], stage.said
    await stage.inspected(number)
    await stage.say("Ana", "The silver key of my brother? Not the beehive, no.")
    await again(stage, 1000 + number)
    assert stage.model.asked[-1] == asked


async def test_what_was_removed_is_not_told_again(stage: Stage) -> None:
    await long_ago(stage)
    await stage.say("Bob", ASKED, "Under the third.")
    turn = await stage.story.hearing._history.turn_of(1)
    assert turn is not None
    await Removals(stage.database).remove(turn.id, Removed.TURN, 1, NOON)
    found = await stage.story.inspector.sent(TAVERN, 1000 + stage.said)
    assert isinstance(found, Inspection)
    assert not found.unchanged
    assert found.messages[-1].content == ASKED
    await stage.story.hearing._history.retract([1])
    assert await stage.database.read("SELECT * FROM reminder") == []


async def test_the_host_may_switch_it_off(stage: Stage) -> None:
    await long_ago(stage)
    stage.story.casting.rules = Rules(
        SAMPLING,
        2_000,
        channels={TAVERN.channel_id: ChannelRule(("mira",))},
        look_back=False,
    )
    await stage.say("Bob", ASKED, "Under the third.")
    assert newest(stage) == ASKED


async def test_a_name_taken_since_is_the_one_that_is_told(stage: Stage) -> None:
    await long_ago(stage)
    stage.said += 1
    ana = Participant(sum(b"Ana"), "Anastasia")
    await stage.story.hearing.hear(IncomingMessage(stage.said, TAVERN, ana, "Hello again.", NOON))
    await stage.say("Bob", ASKED, "Under the third.")
    assert newest(stage).endswith(NOTE.replace("Ana", "Anastasia"))


def test_what_a_reply_is_told_is_short_enough_to_be_known_when_it_repeats_it() -> None:
    assert len(bracketed(earlier("M" * NAME_LIMIT, "x" * max(LENGTHS)))) < LIMIT


async def test_what_is_asked_in_one_of_several_messages_counts(stage: Stage) -> None:
    await long_ago(stage)
    await stage.say("Bob", ASKED)
    await stage.say("Alice", "Good evening to you all!")
    await stage.say("Bob", "Well?", "Under the third.")
    assert newest(stage).endswith(f"Well?\n{NOTE}")
    await stage.say("Bob", "Well?", "I said so.")
    assert newest(stage).endswith("Well?")
