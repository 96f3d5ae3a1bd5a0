"""The people named for `{{user}}` in a scene: those who played when the window last moved, so that prompts stay alike."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.composition.story import now, story_on
from bot.core.completion import ErrorKind, ModelError, Sampling
from bot.core.prompting.inspection import Inspection
from bot.core.scene import END, START, IncomingMessage, Participant, Place, Slice
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.scenes import Scenes
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from bot.story.story import Story
from tests.databases import open_database
from tests.story.scripted import Scripted, Step

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAVERN = Place(7, guild_id=5)
SHEET = """\
name: Mira Vale
instructions: Play.
greeting: '*{{char}} nods to {{user}}.* {{mood}}'
samples:
  - {user: '{{user}}?', reply: '{{char}} waits.'}
"""
LONG = "word " * 500
TOO_LONG = ModelError(ErrorKind.OVERFLOW)


@dataclass
class Stage:
    """A channel of Mira's, without a frontend."""

    story: Story
    model: Scripted
    database: Database
    said: int = 0

    async def say(self, who: str, text: str, *answer: Step) -> None:
        """Let somebody write; with an answer, they ask for it."""
        self.said += 1
        author = Participant(sum(who.encode()), who)
        message = IncomingMessage(self.said, TAVERN, author, text, NOON, mentions_bot=bool(answer))
        if answer:
            self.model.say(*answer)
        for reply in (await self.story.hearing.hear(message)).replies:
            async with reply:
                _ = [_ async for _ in reply.texts()]
            assert reply.record is not None
            await reply.record.plan([Slice(0, 0, 1, "n")])
            await reply.record.note(0, 1000 + self.said)

    @property
    def user(self) -> str:
        """What `{{user}}` was in the last prompt."""
        return self.model.asked[-1][0][2].removesuffix("?")

    async def inspected(self, number: int) -> str:
        """What `{{user}}` was in the prompt for the reply to a message, built again."""
        found = await self.story.inspector.sent(TAVERN, 1000 + number)
        assert isinstance(found, Inspection)
        assert found.unchanged
        return found.messages[1].content.removesuffix("?")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    (tmp_path / "mira.yaml").write_text(SHEET, encoding="utf-8")
    model, database = Scripted(), await open_database(tmp_path / "story.sqlite3")
    channels = {TAVERN.channel_id: ChannelRule(("mira",))}
    rules = Rules(Sampling(1.0, 0.95, 64), context_window=4096, default_persona="mira", channels=channels)
    meter = await TokenMeter.open(Calibrations(database), model)
    yield Stage(story_on(database, PersonaLibrary.load(tmp_path), model, rules, meter), model, database)
    await database.close()


async def test_between_two_steps_of_the_window_it_is_who_it_was(stage: Stage) -> None:
    await stage.say("Alice", "A room?", "Four.")
    assert stage.user == "Alice"
    before = stage.model.asked[-1]
    await stage.say("Bob", "And I?", "Five.")
    assert stage.user == "Alice"
    assert stage.model.asked[-1][: len(before)] == before  # it begins with the whole previous one
    number = 0
    while stage.user == "Alice":  # until the window moves
        number += 1
        assert number < 30
        await stage.say("Bob" if number % 2 else "Carol", f"{number} {LONG}", "Hm.")
        if stage.user == "Alice":
            assert stage.model.asked[-1][: len(before)] == before
    assert stage.model.asked[-1][2] != before[2]  # it begins later by now
    moved = await Scenes(stage.database).playing(TAVERN)
    assert moved is not None
    assert moved.window_start > 0
    assert stage.user in {"Bob and Carol", "Carol and Bob"}  # Alice's only words are left out
    now = stage.user
    await stage.say("Dave", "Hi.", "Hm.")
    assert stage.user == now
    assert await stage.inspected(1) == "Alice"
    assert await stage.inspected(2) == "Alice"
    assert await stage.inspected(stage.said) == now


async def test_those_who_spoke_before_she_was_asked_play(stage: Stage) -> None:
    await stage.say("Bob", "What a night.")
    await stage.say("Alice", "A room?", "Four.")
    assert stage.user == "Bob and Alice"


async def test_looking_decides_nothing(stage: Stage) -> None:
    await stage.say("Bob", "What a night.")
    look = await stage.story.inspector.next(TAVERN)
    assert isinstance(look, Inspection)
    assert look.messages[1].content == "Bob?"
    await stage.say("Alice", "A room?", "Four.")
    assert stage.user == "Bob and Alice"


async def test_people_cannot_be_mistaken_for_placeholders(stage: Stage) -> None:
    await stage.say("{{user}}", "I am {{char}}.", "Are you?")
    await stage.say("<BOT>", "{{user}}!", "Hm.")
    assert stage.user == "{{user}}"
    assert stage.model.asked[-1][2:] == [
        ("user", "{{user}}", "I am {{char}}."),
        ("assistant", "Mira Vale", "Are you?"),
        ("user", "<BOT>", "{{user}}!"),
    ]


async def test_what_the_model_writes_is_not_filled_in(stage: Stage) -> None:
    await stage.say("Alice", "Who am I?", "You are {{ user }} to me.")
    await stage.say("Alice", "And you?", "Hm.")
    assert ("assistant", "Mira Vale", "You are {{ user }} to me.") in stage.model.asked[-1]


async def test_a_prompt_that_was_too_long_names_the_same_people_as_far_as_they_are_in_it(
    stage: Stage,
) -> None:
    await stage.say("Bob", f"1 {LONG}")
    await stage.say("Alice", f"2 {LONG}", "Four.")
    assert stage.user == "Bob and Alice"
    stage.model.say("Five.")  # to the shorter one
    await stage.say("Carol", "3", TOO_LONG)
    assert stage.user == "Bob and Alice"


async def test_another_variant_of_an_older_reply_forgets_nobody_who_came_since(stage: Stage) -> None:
    rules = stage.story.casting.rules
    for number in range(4):
        await stage.say("Alice", f"{number} {LONG}")
    await stage.say("Alice", "A room?", "Four.")
    older = stage.said
    stage.story.casting.rules = replace(rules, context_window=3000)
    await stage.say("Bob", "And I?", "Five.")
    moved = await Scenes(stage.database).playing(TAVERN)
    assert moved is not None
    assert (0 < moved.window_start < older < moved.party_until, stage.user) == (True, "Alice and Bob")
    # The host has made the window smaller, so that it moves for the older reply too.
    stage.story.casting.rules = replace(rules, context_window=1000)
    (turn_id,) = [
        row["turn_id"]
        for row in await stage.database.read("SELECT * FROM post WHERE message_id = ?", (1000 + older,))
    ]
    stage.model.say("Nine.")
    trigger = IncomingMessage(0, TAVERN, Participant(1, "Alice"), "", NOON)
    again = await stage.story.revision.regeneration.regenerate(turn_id, trigger)
    assert isinstance(again, Reply)
    async with again:
        _ = [_ async for _ in again.texts()]
    assert again.text == "Nine."
    after = await Scenes(stage.database).playing(TAVERN)
    assert after is not None
    assert after.window_start > moved.window_start
    assert after.party_until == moved.party_until


@pytest.mark.parametrize(
    ("name", "greeted"),
    [
        ("Alice", "*Mira Vale nods to Alice.* {{mood}}"),
        ("{{char}}", "*Mira Vale nods to {{char}}.* {{mood}}"),
        ("{{user}}", "*Mira Vale nods to {{user}}.* {{mood}}"),
        ("A\u202eb\nc", "*Mira Vale nods to Ab c.* {{mood}}"),
        ("\u200b", "*Mira Vale nods to someone.* {{mood}}"),
        (None, "*Mira Vale nods to someone.* {{mood}}"),
    ],
)
async def test_a_greeting_greets_who_begins_the_scene(stage: Stage, name: str | None, greeted: str) -> None:
    mira = stage.story.casting.library.at(None).get("mira")
    assert mira is not None
    starter = Participant(9, name) if name is not None else None
    opened = await stage.story.scenes.begin(TAVERN, mira, starter=starter)
    assert opened.greeting is not None
    assert opened.greeting.text == greeted
    assert opened.scene.starter_id == (9 if name is not None else None)
    # It was said, and nothing in it changes when others come.
    await stage.say("Bob", "Hello.", "Hm.")
    assert stage.model.asked[-1][0] == ("sample_message_user", "Guest", "Bob?")
    assert stage.model.asked[-1][2] == ("assistant", "Mira Vale", greeted)


DICE = """\
name: Mira Vale
instructions: Play.
greeting: 'It is {{isodate}}. {{random:Ah,Oh,Eh}}!'
user_macro: speaker
samples:
  - {user: '{{user}}?', reply: '{{pick:a,b,c,d,e,f,g,h}} {{roll:1000}} {{isotime}}'}
"""


async def test_what_chance_and_clocks_say_moves_with_the_window_and_a_pick_lasts(
    stage: Stage, tmp_path: Path
) -> None:
    library = stage.story.casting.library
    (tmp_path / "mira.yaml").write_text(DICE, encoding="utf-8")
    library.reread([tmp_path / "mira.yaml"])
    await stage.say("Bob", "What a night.")
    await stage.say("Alice", "A room?", "Four.")
    sample = stage.model.asked[-1][:2]
    assert sample[0][2] == "Alice?"  # the one who spoke last when she was first asked
    pick, roll, clock = sample[1][2].split()
    assert clock == "12:00"
    await stage.say("Carol", "And I?", "Five.")
    assert stage.model.asked[-1][:2] == sample
    assert await stage.inspected(2) == await stage.inspected(3) == "Alice"
    number = 0
    while stage.model.asked[-1][:2] == sample:  # until the window moves
        number += 1
        assert number < 30
        await stage.say("Dave", f"{number} {LONG}", "Hm.")
    moved = stage.model.asked[-1][1][2].split()
    assert stage.user == "Dave"
    assert (moved[0], moved[2]) == (pick, clock)  # everything here is said at noon
    assert moved[1] != roll


async def test_a_branch_keeps_what_its_story_picked(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "mira.yaml").write_text(DICE, encoding="utf-8")
    stage.story.casting.library.reread([tmp_path / "mira.yaml"])
    await stage.say("Alice", "A room?", "Four.")
    picked = stage.model.asked[-1][1]
    turn = (await stage.story.casting.lookup(TAVERN)).scene
    assert turn is not None
    said = await History(stage.database).recent(turn.id, START, END, 1)
    await Scenes(stage.database).branch(TAVERN, said[0], NOON, starter_id=1)
    await stage.say("Alice", "And a key?", "Here.")
    assert stage.model.asked[-1][1] == picked


async def test_a_greeting_has_todays_date_and_another_word_in_another_scene(
    stage: Stage, tmp_path: Path
) -> None:
    (tmp_path / "mira.yaml").write_text(DICE, encoding="utf-8")
    library = stage.story.casting.library
    library.reread([tmp_path / "mira.yaml"])
    mira = library.at(None).get("mira")
    assert mira is not None
    opened = [await stage.story.scenes.begin(TAVERN, mira) for _ in range(12)]
    said = [each.greeting.text for each in opened if each.greeting is not None]
    assert {text.partition(". ")[0] for text in said} == {f"It is {now():%Y-%m-%d}"}
    assert {text.partition(". ")[2] for text in said} == {"Ah!", "Oh!", "Eh!"}
