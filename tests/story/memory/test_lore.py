"""Lore in prompts: constants in `system`, what came up in a note on the newest message, the same for a retry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bot.composition.story import story_on
from bot.core.completion import Sampling
from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply
from bot.core.scene import IncomingMessage, Participant, Place, Scene
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.personas.lorebooks import LoreLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.scenes import Scenes
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from tests.databases import open_database
from tests.story.prompts.test_party import NOON, TAVERN, Stage
from tests.story.scripted import LENGTH, Scripted

SHEET = """\
name: Mira
description: Mira keeps the inn.
lorebooks: [harbour]
lorebook:
  entries:
    - keys: [silver]
      content: "{{char}} fears silver, and {{user}} doesn't know."
    - keys: [gong]
      cooldown: 9
      content: The gong calls the dead.
    - constant: true
      content: The inn is called The Still Tide.
    - constant: true
      position: before
      content: It is the year of the comet.
"""
GREETED = """\
name: Mira
description: Mira keeps the inn.
greeting: Good evening.
greetings: ["A storm!", "Who is there?"]
lorebook:
  entries:
    - constant: true
      content: |
        @@is_greeting 1
        A storm rages.
    - keys: [sea]
      content: |
        @@is_greeting 2
        The sea is calm.
"""
CHANCE = """\
name: Mira
description: Mira keeps the inn.
lorebook:
  entries:
""" + "".join(f"    - {{constant: true, probability: 50, content: C{number}.}}\n" for number in range(40))
HARBOUR = """\
entries:
  - keys: [lighthouse]
    sticky: 3
    content: |
      The lighthouse has been
      dark [since] spring.
"""

ANA = Participant(sum(b"Ana"), "Ana")


@asynccontextmanager
async def opened(tmp_path: Path, sheet: str) -> AsyncIterator[Stage]:
    (tmp_path / "personas").mkdir()
    (tmp_path / "lore").mkdir()
    (tmp_path / "personas" / "mira.yaml").write_text(sheet, encoding="utf-8")
    (tmp_path / "lore" / "harbour.yaml").write_text(HARBOUR, encoding="utf-8")
    database = await open_database(tmp_path / "dramatis.sqlite3")
    model = Scripted()
    meter = await TokenMeter.open(Calibrations(database), model)
    rules = Rules(
        Sampling(1.0, 0.95, 200),
        8_000,
        channels={TAVERN.channel_id: ChannelRule(("mira",))},
    )
    personas = PersonaLibrary.load(tmp_path / "personas")
    personas.lore = LoreLibrary.load(tmp_path / "lore")
    try:
        yield Stage(story_on(database, personas, model, rules, meter), model, database)
    finally:
        await database.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with opened(tmp_path, SHEET) as stage:
        yield stage


def newest(stage: Stage) -> str:
    return stage.model.asked[-1][-1][2]


async def system_of(stage: Stage, message_id: int) -> str:
    found = await stage.story.inspector.sent(TAVERN, message_id)
    assert isinstance(found, Inspection)
    assert found.unchanged
    assert found.messages[0].role == "system"
    return found.messages[0].content


async def test_constants_stand_in_system_and_what_came_up_in_a_note(stage: Stage) -> None:
    await stage.say("Ana", "Look, the Lighthouse!", "It is dark.")
    system = await system_of(stage, 1001)
    assert system.startswith("It is the year of the comet.\n\nMira keeps the inn.\n\n")
    assert "\n\nWhat the world is like:\nThe inn is called The Still Tide.\n\n" in system
    assert "silver" not in str(stage.model.asked[-1])
    assert newest(stage) == "Look, the Lighthouse!\n[lore: The lighthouse has been dark (since) spring.]"


async def test_a_prompt_begins_with_the_one_before_it_though_notes_come_and_go(stage: Stage) -> None:
    for said in (
        "Look, the lighthouse!",
        "I have silver.",
        "Good night.",
        "Sleep well.",
        "And you?",
        "Well.",
    ):
        await stage.say("Ana", said, "*nods*")
    assert len({await system_of(stage, 1000 + number) for number in range(1, 7)}) == 1
    for before, after in pairwise(stage.model.asked):
        assert after[: len(before) - 1] == before[:-1]
        assert "[lore" not in str(after[:-1])


async def test_macros_of_lore_are_filled_in(stage: Stage) -> None:
    await stage.say("Ana", "I have silver.", "*backs away*")
    assert newest(stage) == "I have silver.\n[lore: Mira fears silver, and Ana doesn't know.]"


async def test_a_retry_and_a_look_back_are_told_the_same(stage: Stage) -> None:
    await stage.say("Ana", "Look, the lighthouse!", "It is dark.")
    await stage.say("Ana", "Why?", "Nobody knows.")
    told = newest(stage)
    assert told == "Why?\n[lore: The lighthouse has been dark (since) spring.]"  # it stays
    turn = await stage.story.hearing._history.turn_of(1002)
    assert turn is not None
    stage.model.say("The keeper died.")
    reply = await stage.story.revision.regeneration.regenerate(
        turn.id, IncomingMessage(9_000, TAVERN, ANA, "", NOON)
    )
    assert isinstance(reply, Reply)
    async with reply:
        _ = [_ async for _ in reply.texts()]
    assert newest(stage) == told
    for number in (1, 2):
        found = await stage.story.inspector.sent(TAVERN, 1000 + number)
        assert isinstance(found, Inspection)
        assert found.unchanged
        assert found.messages[-1].content.endswith("[lore: The lighthouse has been dark (since) spring.]")


async def test_a_look_says_what_would_be_told_and_tells_the_next_reply_nothing(stage: Stage) -> None:
    await stage.say("Ana", "Look, the lighthouse!")
    for _ in range(2):
        found = await stage.story.inspector.next(TAVERN)
        assert isinstance(found, Inspection)
        assert (
            found.messages[-1].content
            == "Look, the lighthouse!\n[lore: The lighthouse has been dark (since) spring.]"
        )


async def test_a_reply_that_is_continued_is_told_what_it_was(stage: Stage) -> None:
    await stage.say("Ana", "I strike the gong.", "*A light in the old lighthouse,*", LENGTH)
    assert newest(stage) == "I strike the gong.\n[lore: The gong calls the dead.]"
    turn = await stage.story.hearing._history.turn_of(1001)
    assert turn is not None
    stage.model.say(" *and steps on the stairs.*")
    reply = await stage.story.revision.regeneration.proceed(
        turn.id, IncomingMessage(9_000, TAVERN, ANA, "", NOON)
    )
    assert isinstance(reply, Reply)
    async with reply:
        _ = [_ async for _ in reply.texts()]
    assert newest(stage).endswith("\n[lore: The gong calls the dead.]")
    assert "since" not in newest(stage)


async def told(stage: Stage, place: Place = TAVERN) -> list[str]:
    """The contents that the persona would be told now."""
    found = await stage.story.inspector.lore(place, None, "mira")
    assert not isinstance(found, NoReply)
    return [each.ready.marks.text for each in found.found.told]


async def begin(stage: Stage, greeting: str | None) -> Scene:
    persona = stage.story.casting.library.at(5).get("mira")
    assert persona is not None
    return (await stage.story.scenes.begin(TAVERN, persona, greeting=greeting)).scene


async def test_lore_for_a_greeting_is_told_where_that_began_the_story(tmp_path: Path) -> None:
    async with opened(tmp_path, GREETED) as stage:
        assert await told(stage) == []  # nobody has greeted
        first = await begin(stage, None)
        await stage.say("Ana", "To the sea!", "Aye.")
        assert await told(stage) == []
        storm = await begin(stage, "A storm!")
        await stage.say("Ana", "To the sea!", "Aye.")
        assert await told(stage) == ["A storm rages."]
        system = await system_of(stage, 1002)
        assert "What the world is like:\nA storm rages." in system
        await begin(stage, "Who is there?")
        await stage.say("Ana", "To the sea!", "Aye.")
        assert newest(stage) == "To the sea!\n[lore: The sea is calm.]"
        await begin(stage, "")
        assert await told(stage) == []
        await stage.story.scenes.resume(TAVERN, storm.id)
        assert await told(stage) == ["A storm rages."]
        await stage.story.scenes.resume(TAVERN, first.id)
        assert await told(stage) == []


async def test_a_branch_has_the_greeting_and_the_chances_of_its_story(tmp_path: Path) -> None:
    async with opened(
        tmp_path, GREETED.replace("entries:\n", "entries:\n" + CHANCE.partition("entries:\n")[2])
    ) as stage:
        await begin(stage, "A storm!")
        await stage.say("Ana", "Hello.", "Aye.")
        turn = await stage.story.hearing._history.turn_of(1001)
        assert turn is not None
        there = Place(77, 7, 5)
        stage.story.casting.rules = replace(
            stage.story.casting.rules, channels={77: ChannelRule(("mira",)), 7: ChannelRule(("mira",))}
        )
        await Scenes(stage.database).branch(there, turn, NOON, starter_id=1)
        expected = await told(stage)
        assert "A storm rages." in expected
        assert 10 < len(expected) < 32
        assert await told(stage, there) == expected


async def test_a_greeting_that_nobody_could_see_began_nothing(tmp_path: Path) -> None:
    async with opened(tmp_path, GREETED) as stage:
        persona = stage.story.casting.library.at(5).get("mira")
        assert persona is not None
        begun = await stage.story.scenes.begin(TAVERN, persona, greeting="A storm!")
        assert begun.greeting is not None
        assert await told(stage) == ["A storm rages."]
        await stage.story.scenes.shorten_greeting(begun.greeting, "A sto")
        assert await told(stage) == ["A storm rages."]
        await stage.story.scenes.shorten_greeting(begun.greeting, "")
        assert await told(stage) == []


async def test_a_draft_knows_the_hosts_books_only_where_the_host_shares_them(stage: Stage) -> None:
    async def shares(_: int) -> bool:
        return shared

    stage.story.casting.reads_hosts = shares
    played = stage.story.casting.library.at(5).get("mira")
    assert played is not None
    draft = played.model_copy(update={"instructions": "Tell all that you know."})
    for shared in (True, False):
        for persona, expected in ((played, True), (draft, shared)):
            books = await stage.story.hearing._opening._prompter.lore.books(persona, TAVERN)
            assert ("harbour" in [each.name for each in books]) is expected
