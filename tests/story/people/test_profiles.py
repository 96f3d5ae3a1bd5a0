"""Who people play: what the model knows them as, in every way in which their words come into the story."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import story_on
from bot.core.completion import Sampling
from bot.core.profiles import Profile, ProfileFault, ProfileWords
from bot.core.prompting.inspection import Inspection
from bot.core.scene import END, START, IncomingMessage, Lookup, Participant, Place, Referenced, Scene, Slice
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.story.places.rules import ChannelRule, Rules
from bot.story.replies.reply import Reply
from bot.story.story import Story
from tests.databases import open_database
from tests.story.scenes.test_transfer import HEAD, rows, say
from tests.story.scripted import Scripted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAVERN, MARKET, THREAD = Place(7, guild_id=5), Place(8, guild_id=5), Place(9, 7, 5)
ALICE, BOB = Participant(1, "Alice"), Participant(2, "Bob")
VOSS = ProfileWords("Voss", "she/her", "A retired smuggler.")
VOSS_IS = ("user_system", "Voss", "Voss (she/her): A retired smuggler.")
SHEET = """\
name: Mira
instructions: Play.
greeting: '*nods to {{user}}*'
user:
  description: A traveller.
"""


@dataclass
class Stage:
    """A channel of Mira's, without a frontend."""

    story: Story
    model: Scripted
    database: Database
    said: int = 0

    def message(
        self, text: str, who: Participant = ALICE, place: Place = TAVERN, **more: Any
    ) -> IncomingMessage:
        self.said += 1
        return IncomingMessage(self.said, place, who, text, NOON, **more)

    async def say(self, text: str, who: Participant = ALICE, place: Place = TAVERN, **more: Any) -> None:
        """Let somebody say something that nobody answers."""
        await self.story.hearing.hear(self.message(text, who, place, **more))

    async def ask(self, text: str, who: Participant = ALICE, **more: Any) -> int:
        """Let somebody ask; return the id of Mira's turn."""
        self.model.say(f"So {self.said} it is, by all that is {'holy' * self.said}.")
        (reply,) = (await self.story.hearing.hear(self.message(text, who, mentions_bot=True, **more))).replies
        return await self.shown(reply)

    async def shown(self, reply: Reply) -> int:
        async with reply:
            _ = [_ async for _ in reply.texts()]
            assert reply.opened is not None
            assert reply.record is not None
            await reply.record.plan([Slice(0, 0, 1, "n")])
            await reply.record.note(0, 1000 + self.said)
            return reply.opened.turn.id

    async def play(
        self, words: ProfileWords = VOSS, place: Place = TAVERN, who: Participant = ALICE
    ) -> Profile:
        """Let somebody make a character, which they play on the server if it is their first."""
        made = await self.story.myself.profiles.save(place, who.id, words)
        assert isinstance(made, Profile)
        return made

    async def turns(self, place: Place = TAVERN) -> list[tuple[str, str]]:
        scene = await self.story.scenes._scenes.playing(place)
        assert scene is not None
        turns = await History(self.database).recent(scene.id, START, END)
        return [(turn.name, turn.text) for turn in turns]

    @property
    def prompt(self) -> list[tuple[str, str, str]]:
        """The last request without `system`."""
        return self.model.asked[-1]

    @property
    def heard(self) -> list[tuple[str, str]]:
        return [(name, text) for role, name, text in self.prompt if role in {"user", "assistant"}]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    (tmp_path / "mira.yaml").write_text(SHEET, encoding="utf-8")
    model, database = Scripted(), await open_database(tmp_path / "story.sqlite3")
    channels = {place.channel_id: ChannelRule(("mira",)) for place in (TAVERN, MARKET)}
    rules = Rules(Sampling(1.0, 0.95, 64), context_window=65_536, default_persona="mira", channels=channels)
    meter = await TokenMeter.open(Calibrations(database), model)
    yield Stage(story_on(database, PersonaLibrary.load(tmp_path), model, rules, meter), model, database)
    await database.close()


# --- in the prompt ----------------------------------------------------------------------------------


async def test_who_plays_a_character_is_known_as_it_and_what_was_said_before_keeps_its_name(
    stage: Stage,
) -> None:
    await stage.ask("Evening.", BOB)
    await stage.ask("Evening, Bob.")
    voss = await stage.play()
    before = stage.prompt
    await stage.ask("*draws the hood*")
    assert [each for each in stage.prompt if each[0] != "assistant"] == [
        VOSS_IS,
        (
            "user_system",
            "the others",
            "Here are also Bob, Alice and whoever else speaks. Unless they say otherwise, each of them is this: A traveller.",
        ),
        ("user", "Bob", "Evening."),
        ("user", "Alice", "Evening, Bob."),
        ("user", "Voss", "[Alice now plays Voss]\n*draws the hood*"),
    ]
    # The brief has changed once; from here on each prompt begins with the one before it.
    assert before[0][1] == "the others"
    former = stage.prompt
    await stage.ask("Well?", BOB)
    await stage.ask("Aye.")
    assert stage.prompt[: len(former)] == former
    await stage.story.myself.profiles.choose(TAVERN, ALICE.id, None, here=False)
    await stage.ask("Enough.")
    assert stage.heard[-1] == ("Alice", "[Alice no longer plays Voss]\nEnough.")
    assert stage.prompt[0] == VOSS_IS  # still one of those who spoke last
    await stage.story.myself.profiles.save(TAVERN, ALICE.id, replace(VOSS, name="Captain Voss"), voss.id)
    await stage.story.myself.profiles.choose(TAVERN, ALICE.id, voss.id, here=False)
    await stage.ask("I am back.")
    assert stage.heard[-1] == (
        "Captain Voss",
        "[Alice now plays Captain Voss]\n[Captain Voss was called Voss until now]\nI am back.",
    )
    assert ("Captain Voss", "[Alice now plays Captain Voss]\n*draws the hood*") in stage.heard


async def test_what_is_told_of_a_character_is_what_its_profile_says_now(stage: Stage) -> None:
    voss = await stage.play()
    turn_id = await stage.ask("Evening.")
    sent = await stage.story.inspector.sent(TAVERN, 1000 + stage.said)
    assert isinstance(sent, Inspection)
    assert sent.unchanged
    assert sent.parts["profiles"] > 10
    await stage.story.myself.profiles.save(TAVERN, ALICE.id, ProfileWords("Voss", "", "A spy."), voss.id)
    stage.model.say("Another.")
    again = await stage.story.revision.regeneration.regenerate(turn_id, stage.message(""))
    assert isinstance(again, Reply)
    await stage.shown(again)
    assert stage.prompt[0] == ("user_system", "Voss", "Voss: A spy.")
    look = await stage.story.inspector.next(TAVERN)
    assert isinstance(look, Inspection)
    assert look.messages[1].content == "Voss: A spy."
    await stage.story.myself.profiles.delete(ALICE.id, voss.id)
    await stage.ask("Am I Alice?")
    assert stage.prompt[0][1] == "the others"
    assert stage.heard[0] == ("Voss", "Evening.")
    assert stage.heard[-1] == ("Alice", "[Alice no longer plays Voss]\nAm I Alice?")


async def test_the_nearest_choice_says_who_speaks(stage: Stage) -> None:
    profiles = stage.story.myself.profiles
    voss, kess = await stage.play(), await stage.play(ProfileWords("Kess"))
    await profiles.choose(TAVERN, ALICE.id, kess.id, here=True)
    for place in (TAVERN, MARKET, THREAD):
        await stage.say("Evening.", place=place, mentions_bot=place is THREAD)
    await profiles.choose(THREAD, ALICE.id, None, here=True)
    await stage.say("It is me.", place=THREAD, mentions_bot=True)
    await profiles.leave(TAVERN, ALICE.id)
    await stage.say("And now?")
    assert await stage.turns() == [("Kess", "Evening."), ("Voss", "And now?")]
    assert await stage.turns(MARKET) == [("Voss", "Evening.")]
    assert await stage.turns(THREAD) == [("Kess", "Evening."), ("Alice", "It is me.")]
    view = await profiles.view(THREAD, ALICE.id)
    assert (view.now, view.elsewhere, view.own) == (None, voss, (voss, kess))
    assert not await profiles.choose(TAVERN, BOB.id, voss.id, here=True)


async def test_a_character_called_like_a_persona_or_somebody_here_is_told_apart(stage: Stage) -> None:
    await stage.say("Evening.", BOB)
    mira, bob = await stage.play(ProfileWords("Mira")), await stage.play(ProfileWords("bob"))
    await stage.say("I am Mira.")
    await stage.story.myself.profiles.choose(TAVERN, ALICE.id, bob.id, here=False)
    await stage.say("I am Bob.")
    assert [name for name, _ in await stage.turns()] == ["Bob", "Mira (player)", "bob (2)"]
    assert mira.name == "Mira"


# --- every way in -----------------------------------------------------------------------------------


async def test_rolls_asides_and_what_was_missed_are_the_characters(stage: Stage) -> None:
    await stage.play()
    await stage.say("", roll="2d6: 7")
    late = stage.message("I was here.")
    await stage.story.hearing.late.hear(late, told=True)
    await stage.ask("((skip to the morning))")
    assert stage.heard == [
        ("Voss", "[rolls 2d6: 7]\nI was here.\n[Voss, out of character: skip to the morning]")
    ]


async def test_an_edit_that_asks_and_one_that_becomes_story_are_the_characters(stage: Stage) -> None:
    await stage.play()
    aside = stage.message("((wait))")
    await stage.story.hearing.hear(aside)
    now = aside.created_at + timedelta(seconds=1)
    await stage.story.hearing.amend(replace(aside, content="I wait.", edited_at=now))
    assert await stage.turns() == [("Voss", "I wait.")]


async def test_the_line_above_a_reply_names_the_character(stage: Stage) -> None:
    await stage.play()
    stage.model.say("Hm.")
    (reply,) = (await stage.story.hearing.hear(stage.message("Evening.", mentions_bot=True))).replies
    assert reply.trigger.author == Participant(ALICE.id, "Voss", "profile:1")
    await stage.shown(reply)


async def test_who_is_mentioned_or_quoted_is_who_they_play(stage: Stage) -> None:
    await stage.play()
    quoted = Referenced(900, ALICE, "At nine.")
    lookup = Lookup(people={ALICE.id: "Alice", BOB.id: "Bob"})
    await stage.ask("<@1>, is that so? Ask <@2>.", BOB, lookup=lookup, reply_to=900, replied=quoted)
    assert stage.heard == [("Voss", "At nine."), ("Bob", "[to Voss] Voss, is that so? Ask Bob.")]


async def test_the_message_that_a_thread_was_made_from_is_the_characters(stage: Stage) -> None:
    await stage.play()

    async def starter() -> Referenced:
        return Referenced(9, ALICE, "Who comes along?")

    message = stage.message("I do.", BOB, THREAD, mentions_bot=True)
    stage.model.say("So be it.")
    (reply,) = (await stage.story.hearing.hear(message, fetch_starter=starter)).replies
    await stage.shown(reply)
    assert stage.heard == [("Voss", "Who comes along?"), ("Bob", "I do.")]


async def test_a_greeting_greets_the_character(stage: Stage) -> None:
    await stage.play()
    mira = stage.story.casting.library.at(5).playing["mira"]
    opened = await stage.story.scenes.begin(TAVERN, mira, starter=ALICE)
    assert opened.greeting is not None
    assert opened.greeting.text == "*nods to Voss*"
    assert opened.scene.starter_id == ALICE.id


async def test_a_chat_that_somebody_imports_has_their_lines_as_the_characters(stage: Stage) -> None:
    await stage.play()
    transfer = stage.story.records.transfer
    plan = await transfer.read(TAVERN, rows(HEAD, say("Alice", "I too."), say("Bob", "And I.")))
    scene = await transfer.bring(TAVERN, plan, "", ALICE, as_name="Alice")
    turns = await History(stage.database).recent(scene.id, START, END)
    assert [(turn.name, turn.speaker.character) for turn in turns] == [("Voss", "profile:1"), ("Bob", "")]
    again = await transfer.bring(TAVERN, plan, "", ALICE, as_name="Alice")
    assert isinstance(again, Scene)
    await stage.say("And here.")
    named = "SELECT count(*) AS count FROM speaker WHERE character = 'profile:1'"
    assert [row["count"] for row in await stage.database.read(named)] == [1]


# --- whose it is ------------------------------------------------------------------------------------


async def test_the_first_is_played_at_once_and_a_further_one_when_it_is_chosen(stage: Stage) -> None:
    profiles = stage.story.myself.profiles
    voss = await stage.play()
    kess = await stage.play(ProfileWords("Kess"))
    view = await profiles.view(TAVERN, ALICE.id)
    assert (view.now, view.own) == (voss, (voss, kess))
    assert view.costs[voss.id] > view.costs[kess.id] > 0
    assert (await profiles.view(Place(70, guild_id=6), ALICE.id)).now is None
    assert (await profiles.view(TAVERN, BOB.id)).own == ()


async def test_what_is_refused_is_told_and_changes_nothing(stage: Stage) -> None:
    profiles = stage.story.myself.profiles
    voss = await stage.play()
    long = ProfileWords("Kess", "", "x" * 10_000)
    assert await profiles.save(TAVERN, ALICE.id, long) is ProfileFault.LONG_DESCRIPTION
    assert await profiles.save(TAVERN, ALICE.id, ProfileWords("VOSS")) is ProfileFault.SAME
    assert await profiles.save(TAVERN, BOB.id, VOSS, voss.id) is ProfileFault.GONE
    assert (await profiles.view(TAVERN, ALICE.id)).own == (voss,)
    assert not await profiles.delete(BOB.id, voss.id)


async def test_of_who_opts_out_no_character_is_told(stage: Stage) -> None:
    await stage.play()
    await stage.ask("Evening.")
    await stage.story.records.privacy.opt_out(ALICE.id)
    lookup = Lookup(people={ALICE.id: "Alice"})
    await stage.ask("<@1>?", BOB, lookup=lookup)
    assert stage.prompt == [
        (
            "user_system",
            "the others",
            "Here are Bob and whoever else speaks. Unless they say otherwise, each of them is this: A traveller.",
        ),
        ("assistant", "Mira", "So 0 it is, by all that is ."),
        ("user", "Bob", "@someone?"),
    ]
