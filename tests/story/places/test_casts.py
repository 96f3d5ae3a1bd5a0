"""Two personas and three people in one channel: who answers, what each persona is told, and what ends their talk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.composition.story import story_on
from bot.core.casts import CastMember
from bot.core.catching_up import Bounds
from bot.core.completion import Message, Naming, Sampling
from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply, NoReplyReason, Respond
from bot.core.scene import IncomingMessage, Participant, Place, Slice
from bot.core.settings import PersonaTalk
from bot.endpoint.meter import TokenMeter
from bot.personas.library import PersonaLibrary
from bot.storage.calibrations import Calibrations
from bot.storage.database import Database
from bot.storage.history import History
from bot.storage.settings import SettingsStore
from bot.story.incoming.heard import Heard
from bot.story.places.casts import CastChange
from bot.story.places.rules import ChannelRule, Forms, Rules
from bot.story.replies.reply import Reply
from bot.story.story import Story
from tests.databases import open_database
from tests.story.scripted import Scripted

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAVERN, MARKET = Place(7, guild_id=5), Place(8, guild_id=5)
PEOPLE = {"Alice": 1, "Bob": 2, "Carol": 3, "Rook": 9}
SHEETS = {
    "marlow": "name: Marlow\ndescription: Marlow keeps the Drowned Bell. He limps.\nscenario: A storm over the harbour.\n",
    "sabine": "name: Sabine\ndescription: Sabine robs only thieves.\nscenario: A ball.\n",
    "iskra": "name: Iskra\ndescription: Iskra tells what is seen.\n",
}
RULES = Rules(Sampling(1.0, 0.95, 64), context_window=65_536, default_persona="iskra")


@dataclass
class Stage:
    """A channel of Marlow's and Sabine's, without a frontend."""

    story: Story
    model: Scripted
    database: Database
    said: int = 100
    shown: list[tuple[str, str]] = field(default_factory=list)
    posts: dict[str, int] = field(default_factory=dict)
    post: int = 0

    def message(self, who: str, text: str, **more: Any) -> IncomingMessage:
        self.said += 10
        more = {"from_bot": who == "Rook", **more}
        return IncomingMessage(self.said, TAVERN, Participant(PEOPLE[who], who), text, NOON, **more)

    async def hear(self, who: str, text: str, key: str | None = None, **more: Any) -> Heard:
        return await self.story.hearing.hear(self.message(who, text, **more), key)

    async def play(self, reply: Reply) -> None:
        """Enter a reply and show its posts, as a frontend would."""
        async with reply:
            async for _ in reply.texts():
                pass
        if reply.opened is None or reply.is_page_deleted:
            await self.story.notices.waive(reply.trigger, reply.persona.key)
            return
        assert reply.record is not None
        self.shown.append((reply.persona.name, reply.text))
        self.post = self.posts[reply.text] = self.said + len(self.shown) % 10
        await reply.record.plan([Slice(0, 0, len(reply.text), "n")])
        await reply.record.note(0, self.post)

    async def perform(self, heard: Heard) -> list[tuple[str, str]]:
        """Play what a message brings about; return what people see of it."""
        before = len(self.shown)
        await self.story.hearing.chains.play(heard.replies, self.play)
        return self.shown[before:]

    async def says(self, who: str, text: str, *answers: str, **more: Any) -> list[str]:
        """Let somebody say something; return who answers, with one of these answers each."""
        for answer in answers:
            self.model.say(answer)
        found = [name for name, _ in await self.perform(await self.hear(who, text, **more))]
        assert self.model.answers == []
        return found

    async def owed(self) -> list[tuple[str, str]]:
        return [(each.turn.text, each.persona_key) for each in await History(self.database).debts.owed()]

    async def cast(self, *members: CastMember) -> None:
        await SettingsStore(self.database).put_cast(TAVERN.channel_id, members, by_user=1, at=NOON)

    def settings(self, **values: Any) -> None:
        casting = self.story.casting
        casting.rules = replace(casting.rules, defaults=replace(casting.rules.defaults, **values))

    async def asked(self) -> list[Message]:
        """The prompt of the newest reply."""
        found = await self.story.inspector.sent(TAVERN, self.post)
        assert isinstance(found, Inspection)
        assert found.unchanged
        return [*found.messages]


@asynccontextmanager
async def staged(folder: Path, rules: Rules = RULES) -> AsyncIterator[Stage]:
    """The channel, after whatever has happened there before."""
    for key, sheet in SHEETS.items():
        (folder / f"{key}.yaml").write_text(sheet, encoding="utf-8")
    model, database = Scripted(), await open_database(folder / "story.sqlite3")
    meter = await TokenMeter.open(Calibrations(database), model)
    try:
        yield Stage(story_on(database, PersonaLibrary.load(folder), model, rules, meter), model, database)
    finally:
        await database.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with staged(tmp_path) as stage:
        await stage.cast(CastMember("marlow"), CastMember("sabine"))
        yield stage


async def test_an_evening_of_two_personas_and_three_people(stage: Stage) -> None:
    # A name wakes its persona alone; the other one hears it.
    assert await stage.says("Alice", "Marlow, have you a room?", "Number four.") == ["Marlow"]
    assert await stage.says("Bob", "Foul weather tonight.") == []
    # A mention is for who spoke last.
    assert await stage.says("Bob", "And my horse?", "In the stable.", mentions_bot=True) == ["Marlow"]
    # Both, in the order in which they are named; the second one has heard the first.
    both = await stage.says("Carol", "Sabine! Marlow! Whose purse is this?", "Mine.", "Hers.")
    assert both == ["Sabine", "Marlow"]
    assert stage.model.asked[-1][-2:] == [
        ("user", "Carol", "Sabine! Marlow! Whose purse is this?"),
        ("user", "Sabine", "Mine."),
    ]
    # A reply is for the one that said what it replies to, and goes before a mention.
    sabines = stage.posts["Mine."]
    more = {"reply_to": sabines, "mentions_bot": True}
    assert await stage.says("Alice", "Is it?", "It is now.", **more) == ["Sabine"]
    # What is said among people is answered by nobody.
    assert await stage.says("Bob", "I know that purse.") == []
    assert await stage.owed() == []


async def test_each_persona_is_told_of_the_other_and_plays_in_the_leads_world(stage: Stage) -> None:
    await stage.says("Alice", "Sabine?", "Yes?")
    (system, *said) = await stage.asked()
    assert system.name == "Sabine"
    assert "Sabine robs only thieves." in system.content
    assert "Marlow is played by somebody else: Marlow keeps the Drowned Bell." in system.content
    assert "Scenario: A storm over the harbour." in system.content
    assert "A ball" not in system.content
    assert "guest" not in system.content
    assert [(each.role, each.name) for each in said] == [
        ("group", "A storm over the harbour"),
        ("user", "Alice"),
    ]
    await stage.says("Alice", "Marlow?", "Aye?")
    (system, *_) = await stage.asked()
    assert "Sabine is played by somebody else: Sabine robs only thieves." in system.content
    assert "limps" in system.content
    # A guest is told of both, and that it is one.
    assert await stage.says("Bob", "Go on.", "Lightning.", by_command=True, key="iskra") == ["Iskra"]
    (system, *_) = await stage.asked()
    assert "Marlow is played by somebody else" in system.content
    assert "Sabine is played by somebody else" in system.content
    assert "Iskra is a guest in this scene" in system.content


@pytest.mark.parametrize("naming", [Naming.PREFIXED, Naming.FOLDED])
async def test_the_other_forms_of_prompts_have_the_cast_too(tmp_path: Path, naming: Naming) -> None:
    async with staged(tmp_path, replace(RULES, forms=Forms(naming, is_pinned=True))) as stage:
        await stage.cast(CastMember("marlow"), CastMember("sabine"))
        await stage.says("Alice", "Marlow, Sabine?", "Aye?", "Yes?")
        (system, *_, last) = await stage.asked()
        assert "Marlow is played by somebody else: Marlow keeps the Drowned Bell." in system.content
        assert last.content == "Alice: Marlow, Sabine?\nMarlow: Aye?"


# Chance ----------------------------------------------------------------------------------------


async def test_unasked_they_take_part_as_often_as_admins_want(stage: Stage) -> None:
    await stage.cast(CastMember("marlow"), CastMember("sabine", 100))
    assert await stage.says("Bob", "Foul weather tonight.", "Is it?") == ["Sabine"]
    assert await stage.says("Bob", "((brb))") == []
    await stage.cast(CastMember("marlow", 100, muted=True), CastMember("sabine", 0))
    assert await stage.says("Bob", "Very foul.") == []


async def test_where_every_message_is_answered_one_of_them_answers(stage: Stage) -> None:
    stage.settings(respond=Respond.ALWAYS)
    found = [await stage.says("Bob", f"Foul weather, I say {number}.", "Aye.") for number in range(12)]
    assert {len(each) for each in found} == {1}
    assert {name for (name,) in found} == {"Marlow", "Sabine"}


async def test_further_words_of_somebody_go_to_the_one_that_answers_them(stage: Stage) -> None:
    stage.settings(respond=Respond.ALWAYS)
    stage.story.casting.rules = replace(stage.story.casting.rules, catch_up=Bounds(settle=10.0))
    for number in range(6):
        first = await stage.hear("Bob", f"Foul weather, I say {number}.")
        assert (await stage.hear("Bob", "And cold.")).replies == ()
        stage.model.say("Aye.")
        assert len(await stage.perform(first)) == 1
    assert await stage.owed() == []


# Those who say nothing -------------------------------------------------------------------------


async def test_one_that_is_muted_speaks_only_by_command(stage: Stage) -> None:
    await stage.says("Alice", "Sabine?", "Yes?")
    await stage.cast(CastMember("marlow"), CastMember("sabine", muted=True))
    assert await stage.says("Alice", "Sabine, are you there?") == []
    assert await stage.says("Alice", "Sabine, Marlow?", "Aye?") == ["Marlow"]
    heard = await stage.hear("Alice", "Sabine?", mentions_bot=True)
    assert (heard.replies, heard.notice) == ((), NoReply(NoReplyReason.MUTED, "Sabine"))
    heard = await stage.hear("Alice", "You?", reply_to=stage.posts["Yes?"])
    assert (heard.replies, heard.notice) == ((), NoReply(NoReplyReason.MUTED, "Sabine"))
    assert await stage.says("Alice", "Sabine!", "Very well.", by_command=True, key="sabine") == ["Sabine"]
    await stage.cast(CastMember("marlow", muted=True), CastMember("sabine", muted=True))
    heard = await stage.hear("Alice", "Anybody?", mentions_bot=True)
    assert (heard.replies, heard.notice) == ((), NoReply(NoReplyReason.MUTED, "Marlow"))
    assert await stage.owed() == []


# Personas among themselves ---------------------------------------------------------------------


async def test_one_that_another_calls_answers_and_their_talk_ends(stage: Stage) -> None:
    for answer in ("Ask Sabine!", "Marlow lies.", "Sabine!", "Marlow!", "Sabine!"):
        stage.model.say(answer)
    shown = await stage.perform(await stage.hear("Alice", "Marlow, whose purse is this?"))
    assert [name for name, _ in shown][:2] == ["Marlow", "Sabine"]
    assert 2 <= len(shown) <= 4
    names = [name for name, _ in shown]
    assert all(one != other for one, other in pairwise(names))
    # A name that is only thought or narrated calls nobody.
    stage.model.answers.clear()
    assert await stage.says("Alice", "Marlow?", "*looks at Sabine*") == ["Marlow"]
    # Nor does one where admins don't want it, or of one that is muted.
    stage.settings(persona_talk=PersonaTalk.OFF)
    assert await stage.says("Alice", "Marlow?", "Ask Sabine.") == ["Marlow"]
    stage.settings(persona_talk=PersonaTalk.ON)
    await stage.cast(CastMember("marlow"), CastMember("sabine", 100, muted=True))
    assert await stage.says("Alice", "Marlow?", "Ask Sabine.") == ["Marlow"]
    assert await stage.owed() == []


async def test_one_that_talks_much_joins_uncalled(stage: Stage) -> None:
    await stage.cast(CastMember("marlow"), CastMember("sabine", 100))
    assert await stage.says("Alice", "Marlow?", "Aye?", "And me.") == ["Marlow", "Sabine"]


async def test_a_persons_message_ends_their_talk_and_comes_first(stage: Stage) -> None:
    heard = await stage.hear("Alice", "Marlow, whose purse is this?")
    gate = asyncio.Event()
    stage.model.say("Ask ", gate, "Sabine.")
    playing = asyncio.create_task(stage.perform(heard))
    await stage.model.held.wait()
    assert (await stage.hear("Bob", "Nobody's.")).replies == ()
    gate.set()
    assert [name for name, _ in await playing] == ["Marlow"]


async def test_one_that_is_about_to_go_on_gives_way(stage: Stage) -> None:
    heard = await stage.hear("Alice", "Marlow, whose purse is this?")
    (first,) = heard.replies
    played: list[str] = []

    async def play(reply: Reply) -> None:
        played.append(reply.persona.key)
        if reply is not first:  # before it has the floor
            await stage.hear("Bob", "Mine.")
        await stage.play(reply)

    stage.model.say("Ask Sabine.")
    await stage.story.hearing.chains.play(heard.replies, play)
    assert (played, [name for name, _ in stage.shown]) == (["marlow", "sabine"], ["Marlow"])


async def test_a_stop_ends_what_the_others_would_say_too(stage: Stage) -> None:
    heard = await stage.hear("Alice", "Marlow, Sabine, whose purse is this?")
    gate = asyncio.Event()
    stage.model.say("Ask ", gate)
    playing = asyncio.create_task(stage.perform(heard))
    await stage.model.held.wait()
    stops = await stage.hear("Bob", "((stop))", mentions_bot=True)
    assert isinstance(stops.notice, NoReply)
    assert stops.notice.reason is NoReplyReason.ASKED_STOP
    assert stops.hushed
    assert await playing == [("Marlow", "Ask ")]
    assert await stage.owed() == []


# Several people at once ------------------------------------------------------------------------


async def test_several_people_and_personas_at_once_are_all_answered_and_each_once(stage: Stage) -> None:
    heard = await stage.hear("Alice", "Marlow, Sabine, dinner?")
    gate = asyncio.Event()
    stage.model.say(gate, "Stew.")
    playing = asyncio.create_task(stage.perform(heard))
    await stage.model.held.wait()
    assert await stage.owed() == [
        ("Marlow, Sabine, dinner?", "marlow"),
        ("Marlow, Sabine, dinner?", "sabine"),
    ]
    # Sabine has yet to speak, and will answer Bob with Alice; Marlow answers Carol by himself.
    assert (await stage.hear("Bob", "Sabine, for me too?")).replies == ()
    carols = await stage.hear("Carol", "And wine, Marlow?")
    assert [reply.persona.key for reply in carols.replies] == ["marlow"]
    gate.set()
    for answer in ("Wine.", "For both of you."):
        stage.model.say(answer)
    shown = await playing + await stage.perform(carols)
    assert sorted(name for name, _ in shown) == ["Marlow", "Marlow", "Sabine"]
    assert await stage.owed() == []
    assert stage.model.answers == []


async def test_words_that_follow_before_anybody_has_answered_are_answered_with_them(stage: Stage) -> None:
    stage.story.casting.rules = replace(stage.story.casting.rules, catch_up=Bounds(settle=10.0))
    heard = await stage.hear("Alice", "Marlow, Sabine, dinner?")
    gate = asyncio.Event()
    stage.model.say(gate, "Never seen.")
    playing = asyncio.create_task(stage.perform(heard))
    await stage.model.held.wait()
    again = await stage.hear("Alice", "And wine.")
    assert [reply.persona.key for reply in again.replies] == ["marlow"]
    for answer in ("Stew and wine.", "Wine for me."):
        stage.model.say(answer)
    await stage.perform(again)
    await playing
    assert sorted(stage.shown) == [("Marlow", "Stew and wine."), ("Sabine", "Wine for me.")]
    assert all("And wine." in asked[-1][2] or asked[-1][1] != "Alice" for asked in stage.model.asked[1:])
    assert await stage.owed() == []


# Second thoughts -------------------------------------------------------------------------------


async def test_undo_takes_out_all_that_answered_one_message(stage: Stage) -> None:
    await stage.says("Alice", "Marlow?", "Aye?")
    await stage.says("Alice", "Both of you, Marlow and Sabine?", "Aye.", "Yes.")
    removal = await stage.story.undoing.undo(TAVERN, 1)
    assert removal is not None
    assert [turn.text for turn in removal.turns] == ["Both of you, Marlow and Sabine?", "Aye.", "Yes."]


async def test_undo_while_one_of_them_writes_keeps_the_other_from_beginning(stage: Stage) -> None:
    heard = await stage.hear("Alice", "Marlow, Sabine, dinner?")
    gate = asyncio.Event()
    stage.model.say("Stew", gate)
    playing = asyncio.create_task(stage.perform(heard))
    await stage.model.held.wait()
    assert await stage.story.undoing.undo(TAVERN, 1) is not None
    assert [name for name, _ in await playing] == ["Marlow"]
    assert await stage.owed() == []


async def test_another_variant_is_told_of_the_cast_as_the_first(stage: Stage) -> None:
    await stage.says("Alice", "Marlow, Sabine?", "Aye?", "Yes?")
    (system, *_) = await stage.asked()
    turn = await stage.story.revision.turns.turn_of(stage.post)
    assert turn is not None
    stage.model.say("No?")
    reply = await stage.story.revision.regeneration.regenerate(turn.id, stage.message("Alice", ""))
    assert isinstance(reply, Reply)
    await stage.play(reply)
    assert (await stage.asked())[0] == system


# The end of the bot ----------------------------------------------------------------------------


async def test_a_kill_between_two_replies_leaves_the_second_owed(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await stage.cast(CastMember("marlow"), CastMember("sabine"))
        heard = await stage.hear("Alice", "Marlow, Sabine, dinner?")
        stage.model.say("Stew.")
        await stage.play(heard.replies[0])
        assert await stage.owed() == [("Marlow, Sabine, dinner?", "sabine")]
    async with staged(tmp_path) as stage:
        assert await stage.story.recovery.interrupted(terminal=False) == []
        assert await stage.owed() == [("Marlow, Sabine, dinner?", "sabine")]
        said = await History(stage.database).debts.owed()
        cast = await stage.story.recovery.still_waits(said[0], None, addressed=False)
        assert cast is not None  # nobody mentioned the bot, and Sabine isn't the lead


# Who plays -------------------------------------------------------------------------------------


async def test_the_host_may_choose_the_cast(tmp_path: Path) -> None:
    async with staged(tmp_path, replace(RULES, channels={7: ChannelRule(("marlow", "sabine"))})) as stage:
        assert await stage.says("Alice", "Sabine?", "Yes?") == ["Sabine"]
        heard = await stage.hear("Alice", "Iskra?", "iskra", by_command=True)
        assert [reply.persona.name for reply in heard.replies] == ["Iskra"]  # a guest, for one reply
        await stage.play(heard.replies[0])
        assert [*(await stage.story.casting.lookup(TAVERN)).keys] == ["marlow", "sabine"]
        fixed = NoReply(NoReplyReason.PERSONA_FIXED, "channels.7.personas")
        assert await stage.story.hearing.answerers.of_command(TAVERN, "iskra", new_scene=True) == fixed
        assert await stage.story.choices.casts.mute(TAVERN, "sabine", 1) is CastChange.DONE
        assert await stage.says("Alice", "Sabine?") == []
        stage.story.casting.rules = replace(RULES, channels={7: ChannelRule(())})
        nobody = NoReply(NoReplyReason.PERSONA_FIXED, "channels.7.personas")
        assert (await stage.hear("Alice", "Sabine?", mentions_bot=True)).notice == nobody
        assert (await stage.hear("Alice", "Sabine?", "sabine", by_command=True)).notice == nobody


async def test_where_the_cast_was_cleared_a_command_may_ask_a_guest(stage: Stage) -> None:
    await stage.story.choices.bind("channel", 7, None, 1)
    heard = await stage.hear("Alice", "Iskra?", "iskra", by_command=True)
    assert [reply.persona.name for reply in heard.replies] == ["Iskra"]
    await stage.play(heard.replies[0])
    assert (await stage.hear("Alice", "Anyone?", mentions_bot=True)).notice == NoReply(
        NoReplyReason.NO_PERSONA
    )
    none = await stage.story.hearing.answerers.of_command(TAVERN, "iskra", new_scene=True)
    assert none == NoReply(NoReplyReason.NO_PERSONA)


async def test_a_scene_has_a_lead_of_its_own_and_the_others_stay(stage: Stage) -> None:
    await stage.cast(CastMember("marlow"), CastMember("sabine", 30))
    for key, names in (("sabine", ["sabine", "marlow"]), ("iskra", ["iskra", "sabine"])):
        persona = stage.story.casting.library.at(5).get(key)
        assert persona is not None
        await stage.story.scenes.begin(TAVERN, persona, chosen=True)
        cast = await stage.story.casting.lookup(TAVERN)
        assert ([*cast.keys], cast.source) == (names, "scene")
        assert [member.talkativeness for member in cast.members if member.key == "sabine"] == [30]


async def test_admins_choose_the_cast_one_by_one(stage: Stage) -> None:
    casts, casting = stage.story.choices.casts, stage.story.casting
    await stage.story.choices.unbind("channel", TAVERN.channel_id)

    async def keys(place: Place = TAVERN) -> list[str]:
        return [*(await casting.lookup(place)).keys]

    assert await keys() == ["iskra"]  # the default one
    assert await casts.join(TAVERN, "marlow", 1) is CastChange.USED
    assert await casts.join(TAVERN, "sabine", 1) is CastChange.DONE
    assert await casts.join(TAVERN, "sabine", 1) is CastChange.ALREADY
    assert await keys() == ["marlow", "sabine"]
    # A thread has its channel's until it is changed.
    cellar = Place(70, TAVERN.channel_id, 5)
    assert await keys(cellar) == ["marlow", "sabine"]
    assert await casts.join(cellar, "iskra", 1) is CastChange.DONE
    assert (await keys(cellar), await keys()) == (["marlow", "sabine", "iskra"], ["marlow", "sabine"])
    assert await casts.leave(TAVERN, "marlow", 1) is CastChange.DONE
    assert await keys() == ["sabine"]
    assert await casts.leave(TAVERN, "marlow", 1) is CastChange.ABSENT
    assert await casts.leave(TAVERN, "sabine", 1) is CastChange.EMPTY
    assert (await casting.lookup(TAVERN)).key is None
    await stage.story.choices.bind("server", 5, "marlow", 1)
    assert await casts.tune(MARKET, "marlow", 30, 1) is CastChange.ELSEWHERE
    for number in range(9):
        await casts.join(MARKET, f"extra{number}", 1)
    assert len(await keys(MARKET)) == 8
    assert await casts.join(MARKET, "one more", 1) is CastChange.FULL


async def test_where_two_play_a_scene_begins_with_a_greeting_for_company(
    stage: Stage, tmp_path: Path
) -> None:
    sheet = SHEETS["marlow"] + "greeting: In or out?\ngroup_greetings: [The two of us are closed.]\n"
    (tmp_path / "marlow.yaml").write_text(sheet, encoding="utf-8")
    library = stage.story.casting.library
    library.settle(library.reread([tmp_path / "marlow.yaml"]).gone)
    marlow = library.at(5).get("marlow")
    assert marlow is not None
    begun = await stage.story.scenes.begin(TAVERN, marlow)
    assert begun.greeting is not None
    assert begun.greeting.text == "The two of us are closed."
    await stage.cast(CastMember("marlow"))
    begun = await stage.story.scenes.begin(TAVERN, marlow)
    assert begun.greeting is not None
    assert begun.greeting.text == "In or out?"


async def test_a_bot_gets_three_turns_of_all_personas_together_until_a_person_says_something(
    stage: Stage,
) -> None:
    stage.settings(bots=frozenset({9}))
    assert await stage.says("Alice", "Marlow?", "Aye?") == ["Marlow"]
    assert await stage.says("Rook", "Marlow, caw!", "Hm?") == ["Marlow"]
    # Both are asked before the third has spoken.
    assert await stage.says("Rook", "Marlow, Sabine, caw!", "Hush.") == ["Marlow"]
    assert await stage.says("Rook", "Sabine, caw!") == []
    # What a person says out of character counts, though it is no turn.
    assert await stage.says("Alice", "((let them talk))", "As you wish.", mentions_bot=True) == ["Marlow"]
    assert await stage.says("Rook", "Sabine, caw!", "Caw yourself.") == ["Sabine"]
