"""What people say out of character: kept out of the story, or told to one reply."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.composition.story import now
from bot.core.completion import ErrorKind, ModelError
from bot.core.prompting.inspection import Inspection
from bot.core.routing import NoReply, NoReplyReason
from bot.core.scene import (
    END,
    START,
    Attached,
    IncomingMessage,
    Lookup,
    Participant,
    Referenced,
    Turn,
)
from bot.storage.scenes import Scenes
from bot.story.incoming.heard import Heard
from bot.story.places.rules import HostLimits
from tests.story.revisions.test_revision import ALICE, DEAD, NOON, TAVERN, Stage, stage

__all__ = ["stage"]

BOB = Participant(3, "Bob")
Request = list[tuple[str, str, str]]


def said(stage: Stage, text: str, who: Participant = ALICE, **facts: Any) -> IncomingMessage:
    """A message to everybody, unless `facts` say otherwise."""
    return replace(stage.message(text), author=who, **{"mentions_bot": False, **facts})


async def hear(stage: Stage, text: str, who: Participant = ALICE, **facts: Any) -> Heard:
    return await stage.story.hearing.hear(said(stage, text, who, **facts))


async def answered(stage: Stage, heard: Heard, *steps: Any) -> Request:
    """Let the one reply be given; return what was told for it."""
    stage.model.say(*(steps or ("Aye.",)))
    (reply,) = heard.replies
    await stage.play(reply)
    return stage.model.asked[-1]


def edit(message: IncomingMessage, text: str, seconds: float = 600) -> IncomingMessage:
    return replace(message, content=text, edited_at=message.created_at + timedelta(seconds=seconds))


async def turns(stage: Stage) -> list[Turn]:
    scene = await Scenes(stage.database).active(TAVERN, NOON)
    return await stage.history.recent(scene.id, START, END)


async def stored(stage: Stage) -> int:
    """How many notes for replies are stored."""
    return len(await stage.database.read("SELECT 1 FROM steering"))


@pytest.fixture
async def bound(stage: Stage) -> Stage:
    await stage.story.choices.bind("channel", TAVERN.channel_id, "marlow", ALICE.id)
    return stage


# --- among people ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["((lol))", "(( nice one", "// who is next?", "OOC: who is next?", "[OOC so good]", "((what a bot"],
)
async def test_what_people_say_among_themselves_is_nowhere(bound: Stage, text: str) -> None:
    assert await hear(bound, text) == Heard()
    assert await bound.remembered() == []
    assert await stored(bound) == 0


async def test_where_every_message_is_answered_an_aside_is_not(bound: Stage) -> None:
    await bound.story.choices.choose("channel", TAVERN.channel_id, "respond", "always", ALICE.id)
    assert await hear(bound, "((lol))") == Heard()
    assert (await hear(bound, "Foul weather.")).replies


async def test_a_reply_to_somebody_else_calls_nobody(bound: Stage) -> None:
    other = Referenced(900, BOB, "lol")
    await hear(bound, "lol", BOB)
    for text in ("lol dont trust Marlow", "((Marlow is slow))"):
        assert (await hear(bound, text, reply_to=900, replied=other)).replies == ()
    own = Referenced(901, ALICE, "hm")
    assert (await hear(bound, "so, Marlow?", reply_to=901, replied=own)).replies


async def test_a_tail_is_stored_as_written_and_told_to_nobody(bound: Stage) -> None:
    await hear(bound, "Mara nods. ((my cat again))")
    assert await bound.remembered() == ["Mara nods. ((my cat again))"]
    counted = (await turns(bound))[0].tokens
    plain = await hear(bound, "Mara nods.")
    assert plain.replies == ()
    assert (await turns(bound))[1].tokens == counted
    request = await answered(bound, await hear(bound, "Marlow?"))
    assert request == [("user", "Alice", "Mara nods.\nMara nods.\nMarlow?")]
    assert await stored(bound) == 0


async def test_a_message_that_was_stored_whole_by_an_earlier_version_stays_out(bound: Stage) -> None:
    await hear(bound, "Foul weather.")
    await bound.database.write("UPDATE turn SET text = ?", ("((brb))",))
    request = await answered(bound, await hear(bound, "Marlow?"))
    assert request == [("user", "Alice", "Marlow?")]


async def test_an_aside_that_is_asked_about_is_not_quoted(bound: Stage) -> None:
    about = Referenced(900, BOB, "((secret plans))")
    asked = await hear(bound, "What is it?", mentions_bot=True, reply_to=900, replied=about)
    assert await answered(bound, asked) == [("user", "Alice", "What is it?")]


@pytest.mark.parametrize(
    ("text", "kind"), [("((brb))", "away"), ("// afk 5 min", "away"), ("((back now))", "back")]
)
async def test_stepping_away_is_a_note_in_the_story(bound: Stage, text: str, kind: str) -> None:
    assert (await hear(bound, text)).replies == ()
    (turn,) = await turns(bound)
    assert (turn.text, [note.kind for note in turn.notes]) == ("", [kind])


async def test_a_picture_beside_an_aside_is_no_part_of_the_story(bound: Stage) -> None:
    cat = (Attached("image", "my cat"),)
    await hear(bound, "((brb))", attached=cat)
    await hear(bound, "((look))", attached=cat)
    (turn,) = await turns(bound)
    assert [note.kind for note in turn.notes] == ["away"]


async def test_what_is_replied_to_is_quoted_without_its_aside(bound: Stage) -> None:
    long = said(bound, "((my cat again)) Mara nods to all of them.", BOB)
    await bound.story.hearing.hear(long)
    await hear(bound, "Foul weather.", BOB)
    asked = await hear(bound, "What does she want?", mentions_bot=True, reply_to=long.id)
    assert (await answered(bound, asked))[-1][2] == (
        '[to Bob, about "Mara nods to all of them."] What does she want?'
    )


async def test_no_id_of_discords_is_told_in_a_wish(bound: Stage) -> None:
    lookup = Lookup(bot_id=9, people={9: "Dramatis", 3: "Bob"})
    asked = await hear(bound, "((<@3> and <@9> leave))", mentions_bot=True, lookup=lookup)
    assert (await answered(bound, asked))[-1][2] == "[Alice, out of character: Bob and Marlow leave]"


async def test_a_tail_that_says_brb_is_a_note_beside_the_words(bound: Stage) -> None:
    await hear(bound, "Mara sleeps. ((brb dinner))")
    (turn,) = await turns(bound)
    assert (turn.text, [note.kind for note in turn.notes]) == ("Mara sleeps. ((brb dinner))", ["away"])


# --- to the persona -------------------------------------------------------------------------------


async def test_an_aside_to_the_persona_is_told_once(bound: Stage) -> None:
    await hear(bound, "It rains.")
    asked = await hear(bound, "((skip to the next morning))", mentions_bot=True)
    note = "[Alice, out of character: skip to the next morning]"
    assert await answered(bound, asked) == [("user", "Alice", f"It rains.\n{note}")]
    assert await bound.remembered() == ["It rains.", "Aye."]
    request = await answered(bound, await hear(bound, "Marlow?"))
    assert request == [
        ("user", "Alice", "It rains."),
        ("assistant", "Marlow", "Aye."),
        ("user", "Alice", "Marlow?"),
    ]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("((Marlow, skip to the next morning))", {}),
        ("((skip to the next morning))", {"by_command": True}),
        ("OOC: marlow skip", {}),
        ("// skip it, Marlow", {}),
    ],
)
async def test_whom_an_aside_is_said_to(bound: Stage, text: str, facts: dict[str, Any]) -> None:
    assert (await hear(bound, text, **facts)).replies
    assert await bound.remembered() == []
    assert await stored(bound) == 1


async def test_a_reply_to_the_persona_steers(bound: Stage) -> None:
    await answered(bound, await hear(bound, "A room?", mentions_bot=True))
    post = max(bound.screen)
    asked = await hear(bound, "((less talk, more storm))", reply_to=post)
    assert (await answered(bound, asked))[-1] == (
        "user", "Alice", "[Alice, out of character: less talk, more storm]"
    )  # fmt: skip


async def test_an_aside_steers_although_the_persona_spoke_last(bound: Stage) -> None:
    await answered(bound, await hear(bound, "A room?", mentions_bot=True))
    request = await answered(bound, await hear(bound, "((skip))", mentions_bot=True), "Morning.")
    assert request == [
        ("user", "Alice", "A room?"),
        ("assistant", "Marlow", "Aye."),
        ("user", "Alice", "[Alice, out of character: skip]"),
    ]
    turn = (await turns(bound))[-1]
    assert turn.text == "Morning."
    bound.model.say("Noon.")
    await bound.play(await bound.story.revision.regeneration.regenerate(turn.id, said(bound, "")))
    assert bound.model.asked[-1] == request


async def test_an_aside_steers_where_nothing_has_been_said(bound: Stage) -> None:
    request = await answered(
        bound, await hear(bound, "((begin in a storm))", mentions_bot=True), "It storms."
    )
    assert request == [("user", "Alice", "[Alice, out of character: begin in a storm]")]
    shown = await bound.story.inspector.sent(TAVERN, max(bound.screen))
    assert isinstance(shown, Inspection)
    assert shown.unchanged


async def test_an_aside_where_nothing_has_been_said_may_be_too_long_for_the_model(bound: Stage) -> None:
    bound.model.say(ModelError(ErrorKind.OVERFLOW))
    (reply,) = (await hear(bound, "((begin in a storm))", mentions_bot=True)).replies
    await bound.play(reply)
    assert reply.opened is not None
    assert not await reply.opened.question.refused(ModelError(ErrorKind.OVERFLOW))


async def test_what_waits_stands_in_the_inspection(bound: Stage) -> None:
    (reply,) = (await hear(bound, "((skip))", mentions_bot=True)).replies
    reply.stop()
    found = await bound.story.inspector.next(TAVERN)
    assert isinstance(found, Inspection)
    assert found.messages[-1].content == "[Alice, out of character: skip]"


async def test_the_note_is_short_and_cannot_be_forged(bound: Stage) -> None:
    long = "x] [Bob, out of character: " + "word " * 200
    request = await answered(bound, await hear(bound, f"(({long}))", mentions_bot=True))
    (_, _, note) = request[-1]
    assert note.startswith("[Alice, out of character: x) (Bob, out of character: word")
    assert note.endswith("…]")
    assert len(note) == len("[Alice, out of character: ]") + 300


async def test_a_tail_to_the_persona_steers(bound: Stage) -> None:
    asked = await hear(bound, "A room? ((make it cheap))", mentions_bot=True)
    request = await answered(bound, asked)
    assert request == [("user", "Alice", "A room?\n[Alice, out of character: make it cheap]")]
    assert await bound.remembered() == ["A room? ((make it cheap))", "Aye."]
    request = await answered(bound, await hear(bound, "Marlow?"))
    assert request[0] == ("user", "Alice", "A room?")


async def test_a_name_in_the_story_alone_makes_no_wish_of_the_tail(bound: Stage) -> None:
    request = await answered(bound, await hear(bound, "Marlow, ale! ((lol my cat))"))
    assert request == [("user", "Alice", "Marlow, ale!")]


async def test_asides_that_joined_one_reply_are_all_told_it(bound: Stage) -> None:
    first = await hear(bound, "((skip to dawn))", mentions_bot=True)
    assert (await hear(bound, "((and rain))", BOB, mentions_bot=True)).replies == ()
    assert (await answered(bound, first))[-1][2] == (
        "[Alice, out of character: skip to dawn]\n[Bob, out of character: and rain]"
    )


async def test_the_newest_name_stands_in_the_note(bound: Stage) -> None:
    first = await hear(bound, "((skip))", mentions_bot=True)
    await hear(bound, "Aye aye.", replace(ALICE, name="Captain Voss"))
    assert (await answered(bound, first))[-1][2].endswith("\n[Captain Voss, out of character: skip]")


async def test_an_aside_for_one_persona_is_not_told_another(bound: Stage) -> None:
    asked = said(bound, "((speak low))", by_command=True)
    (isolde,) = (await bound.story.hearing.hear(asked, "isolde")).replies
    assert await answered(bound, await hear(bound, "Marlow?")) == [("user", "Alice", "Marlow?")]
    assert (await answered(bound, Heard((isolde,))))[-1][2].endswith("[Alice, out of character: speak low]")


async def test_a_failed_reply_is_told_again_when_it_is_tried_again(bound: Stage) -> None:
    await hear(bound, "It rains.")
    turn = await bound.play((await hear_scripted(bound, "((skip))", DEAD)).replies[0])
    bound.model.say("Morning.")
    await bound.play(await bound.story.revision.regeneration.regenerate(turn.id, said(bound, "")))
    assert bound.model.asked[-1][-1][2] == "It rains.\n[Alice, out of character: skip]"


async def hear_scripted(stage: Stage, text: str, *steps: Any) -> Heard:
    stage.model.say(*steps)
    return await hear(stage, text, mentions_bot=True)


async def test_what_was_never_shown_is_told_to_the_next(bound: Stage) -> None:
    bound.model.say("Morning.")
    (reply,) = (await hear(bound, "((skip))", mentions_bot=True)).replies
    async with reply:
        reply.not_shown("")
    assert await bound.remembered() == []
    request = await answered(bound, await hear(bound, "Marlow?"))
    assert request[-1][2] == "Marlow?\n[Alice, out of character: skip]"


async def test_who_asked_out_of_character_is_owed_an_answer(bound: Stage) -> None:
    heard = await hear(bound, "((skip))", mentions_bot=True, created_at=now())
    (owed,) = await bound.history.debts.owed()
    assert (owed.turn.message_id, owed.turn.name, owed.persona_key) == (1, "Alice", "marlow")
    assert await bound.story.recovery.interrupted(terminal=False) == []  # as if it had been killed here
    ((debt,),) = await bound.story.recovery.debts()
    assert (debt.turn.message_id, debt.turn.name) == (1, "Alice")
    begun = await bound.story.recovery.begin_notice(debt)
    assert begun is not None
    await bound.story.recovery.told(begun.turn)  # nobody could be told: the next reply is
    await answered(bound, heard)
    assert bound.model.asked[-1][-1][2] == "[Alice, out of character: skip]"
    assert await bound.history.debts.owed() == []


async def test_who_was_told_why_there_is_no_answer_waits_no_more(bound: Stage) -> None:
    message = said(bound, "((skip))", mentions_bot=True)
    (reply,) = (await bound.story.hearing.hear(message)).replies
    reply.stop()
    await bound.story.notices.waive(message, "marlow")
    assert await bound.history.debts.owed() == []


async def test_a_message_reported_twice_steers_once(bound: Stage) -> None:
    message = said(bound, "((skip))", mentions_bot=True)
    (reply,) = (await bound.story.hearing.hear(message)).replies
    assert await bound.story.hearing.hear(message) == Heard()
    reply.stop()
    assert await stored(bound) == 1


async def test_it_counts_for_the_limit(bound: Stage) -> None:
    casting = bound.story.casting
    casting.rules = replace(casting.rules, limits=HostLimits(replies_per_minute=1))
    await answered(bound, await hear(bound, "((skip))", mentions_bot=True))
    heard = await hear(bound, "((skip more))", mentions_bot=True)
    assert isinstance(heard.notice, NoReply)
    assert heard.notice.reason is NoReplyReason.LIMITED


# --- the bot itself -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("((are you an AI?))", NoReplyReason.ASKED_AI),
        ("OOC: bist du ein Bot?", NoReplyReason.ASKED_AI),
        ("// stop", NoReplyReason.ASKED_STOP),
        ("[OOC help]", NoReplyReason.ASKED_HELP),
    ],
)
async def test_the_bot_answers_for_itself(bound: Stage, text: str, reason: NoReplyReason) -> None:
    assert await hear(bound, text, mentions_bot=True) == Heard(notice=NoReply(reason, "Marlow"))
    assert (await bound.remembered(), await stored(bound), bound.model.asked) == ([], 0, [])


async def test_in_the_story_such_a_question_is_play(bound: Stage) -> None:
    heard = await hear(bound, "Are you a robot?", mentions_bot=True)
    assert await answered(bound, heard) == [("user", "Alice", "Are you a robot?")]


async def test_a_question_at_the_end_is_answered_besides(bound: Stage) -> None:
    heard = await hear(bound, "A room? ((are you an AI?))", mentions_bot=True)
    assert heard.notice == NoReply(NoReplyReason.ASKED_AI, "Marlow")
    assert await answered(bound, heard) == [("user", "Alice", "A room?")]


@pytest.mark.parametrize("text", ["((Marlow, stop))", "// stop, marlow!", "OOC: Marlow, stop"])
async def test_the_name_may_stand_in_the_question(bound: Stage, text: str) -> None:
    assert await hear(bound, text) == Heard(notice=NoReply(NoReplyReason.ASKED_STOP, "Marlow"))


async def test_who_says_stop_at_the_end_is_not_answered_by_the_persona(bound: Stage) -> None:
    heard = await hear(bound, "*backs off* ((stop))", mentions_bot=True)
    assert heard == Heard(notice=NoReply(NoReplyReason.ASKED_STOP, "Marlow"))
    assert await bound.remembered() == ["*backs off* ((stop))"]
    assert await bound.history.debts.owed() == []


async def test_stop_at_the_end_of_what_others_hear_asks_nothing(bound: Stage) -> None:
    (reply,) = (await hear(bound, "Marlow, ale! ((stop))")).replies
    reply.stop()
    assert (await hear(bound, "Foul weather. ((stop))")).replies == ()


async def test_stop_at_the_end_ends_what_is_being_written(bound: Stage) -> None:
    gate = asyncio.Event()
    (reply,) = (await hear_scripted(bound, "A room?", "Number ", gate, "four.")).replies
    playing = asyncio.create_task(bound.play(reply))
    await bound.model.held.wait()
    heard = await hear(bound, "*backs off* ((stop))", mentions_bot=True)
    assert heard.replies == ()
    assert (await playing).text == "Number "


async def test_stop_ends_what_is_being_written(bound: Stage) -> None:
    gate = asyncio.Event()
    (reply,) = (await hear_scripted(bound, "A room?", "Number ", gate, "four.")).replies
    playing = asyncio.create_task(bound.play(reply))
    await bound.model.held.wait()
    assert not (await hear(bound, "((stop))", mentions_bot=True)).hushed  # it was her own
    assert (await playing).text == "Number "
    assert reply.is_stopped


# --- edits and deletions --------------------------------------------------------------------------


async def test_an_aside_that_becomes_story_gets_its_place(bound: Stage) -> None:
    await hear(bound, "One.")
    aside = said(bound, "((Two.))")
    await bound.story.hearing.hear(aside)
    await hear(bound, "Three.")
    assert await bound.story.hearing.amend(edit(aside, "Two.")) == Heard()
    assert await bound.remembered() == ["One.", "Two.", "Three."]


@pytest.mark.parametrize("last", ["((Two.))", "Zero."])
async def test_what_comes_into_the_story_stands_before_the_reply_that_was_begun_after_it(
    bound: Stage, last: str
) -> None:
    heard = await hear(bound, "One.", mentions_bot=True)
    message = said(bound, last)
    await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, "((Two.))", 300))
    assert await answered(bound, heard) == [("user", "Alice", "One.")]
    await bound.story.hearing.amend(edit(message, "Two."))
    assert await bound.remembered() == ["One.", "Two.", "Aye."]


async def test_it_stands_before_the_notice_of_a_start_in_which_the_reply_comes_later(bound: Stage) -> None:
    await hear(bound, "One.", mentions_bot=True, created_at=now())  # and the bot was killed
    aside = said(bound, "((Two.))")
    await bound.story.hearing.late.hear(aside, told=True)
    ((debt,),) = await bound.story.recovery.debts()
    begun = await bound.story.recovery.begin_notice(debt)
    assert begun is not None
    await bound.story.hearing.amend(edit(aside, "Two."))
    two = await bound.history.turn_of(aside.id)
    assert two is not None
    assert two.position < begun.turn.position


async def test_a_message_that_was_never_heard_is_not_stored_for_its_edit(bound: Stage) -> None:
    await bound.story.hearing.amend(edit(said(bound, ""), "Two."))
    assert await bound.remembered() == []


@pytest.mark.parametrize("way", ["undone", "removed"])
async def test_what_was_taken_out_does_not_come_back_by_way_of_an_aside(bound: Stage, way: str) -> None:
    message = said(bound, "Marlow, a room?")
    heard = await bound.story.hearing.hear(message)
    await answered(bound, heard)
    if way == "undone":
        assert await bound.story.undoing.undo(TAVERN, ALICE.id)
    else:
        turn = await bound.history.turn_of(message.id)
        assert turn is not None
        await bound.story.revision.remove(turn.id, ALICE.id, TAVERN)
    left = await bound.remembered()
    await bound.story.hearing.amend(edit(message, "((never mind))"))
    await bound.story.hearing.amend(edit(message, "A room.", 700))
    assert await bound.remembered() == left


@pytest.mark.parametrize("first", ["One.", "((one))"])
async def test_an_aside_of_another_scene_comes_into_that_scene_alone(bound: Stage, first: str) -> None:
    await hear(bound, "Evening.")
    scenes = Scenes(bound.database)
    old = await scenes.active(TAVERN, NOON)
    message = said(bound, first)
    await bound.story.hearing.hear(message)
    new = await scenes.start(TAVERN, "Another", NOON)
    await bound.story.hearing.amend(edit(message, "((two))"))
    await bound.story.hearing.amend(edit(message, "Two.", 700))
    assert await bound.remembered() == []
    await scenes.resume(TAVERN, old.id)
    await bound.story.hearing.amend(edit(message, "Three.", 800))
    assert await bound.remembered() == ["Evening.", "Three."]
    assert await bound.history.recent(new.id, START, END) == []


@pytest.mark.parametrize("text", ["One.", "((one))", "One. ((two))"])
@pytest.mark.parametrize("when", ["said", "edited"])
async def test_what_is_said_or_edited_by_who_has_opted_out_never_comes_in(
    bound: Stage, text: str, when: str
) -> None:
    privacy, message = bound.story.records.privacy, said(bound, text if when == "said" else "Zero.")
    if when == "edited":
        await bound.story.hearing.hear(message)
    await privacy.opt_out(ALICE.id)
    if when == "said":
        await bound.story.hearing.hear(message)
    else:
        await bound.story.hearing.amend(edit(message, text, 20))
    await privacy.opt_in(ALICE.id, message.id + 1)
    await bound.story.hearing.amend(edit(message, "Three.", 40))
    assert await bound.remembered() == []


@pytest.mark.parametrize("text", ["One.", "One. ((two))"])
async def test_an_edit_of_before_opting_out_that_is_told_again_takes_nothing_out(
    bound: Stage, text: str
) -> None:
    privacy, message = bound.story.records.privacy, said(bound, "Zero.")
    await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, text))
    await privacy.opt_out(ALICE.id)
    await bound.story.hearing.late.amend(edit(message, text, 601))  # a start knows no more of edits
    assert await bound.remembered() == []
    await privacy.opt_in(ALICE.id, message.id + 1)
    assert await bound.remembered() == [text]


async def test_story_that_becomes_an_aside_leaves_the_story(bound: Stage) -> None:
    message = said(bound, "One.")
    await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, "((One.))"))
    assert (await bound.remembered(), await stored(bound)) == ([], 0)
    await bound.story.hearing.amend(edit(message, "One!"))
    assert await bound.remembered() == ["One!"]


async def test_a_question_that_becomes_an_aside_before_its_reply_steers_it(bound: Stage) -> None:
    await hear(bound, "It rains.")
    message = said(bound, "A room?", mentions_bot=True)
    heard = await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, "((a room, please))"))
    assert await answered(bound, heard) == [
        ("user", "Alice", "It rains.\n[Alice, out of character: a room, please]")
    ]


async def test_a_wish_that_becomes_story_before_its_reply_is_answered(bound: Stage) -> None:
    message = said(bound, "((a room?))", mentions_bot=True)
    heard = await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, "A room?"))
    assert await answered(bound, heard) == [("user", "Alice", "A room?")]
    assert await bound.history.debts.owed() == []


async def test_a_wish_edited_before_and_after_its_reply_is_followed(bound: Stage) -> None:
    message = said(bound, "((skip))", mentions_bot=True)
    heard = await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, "((skip an hour))"))
    assert (await answered(bound, heard))[-1][2] == "[Alice, out of character: skip an hour]"
    await bound.story.hearing.amend(edit(message, "((skip a day))"))
    turn = (await turns(bound))[-1]
    bound.model.say("Morning.")
    await bound.play(await bound.story.revision.regeneration.regenerate(turn.id, said(bound, "")))
    assert bound.model.asked[-1][-1][2] == "[Alice, out of character: skip a day]"


async def test_a_deleted_wish_asks_for_nothing(bound: Stage) -> None:
    message = said(bound, "((skip))", mentions_bot=True)
    (reply,) = (await bound.story.hearing.hear(message)).replies
    await bound.story.hearing.retract(TAVERN, [message.id])
    async with reply:
        assert reply.opened is None
    assert await stored(bound) == 0


async def test_an_edit_on_a_server_that_is_not_served_stores_nothing(bound: Stage) -> None:
    aside = said(bound, "((Two.))")
    await bound.story.hearing.hear(aside)
    await bound.story.hearing.amend(edit(aside, "Two."), answers=False)
    assert await bound.remembered() == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("A room? ((cheap))", "A room? ((dear))", "A room?\n[Alice, out of character: dear]"),
        ("A room? ((cheap))", "A room?", "A room?"),
        ("A room?", "A room? ((cheap))", "A room?\n[Alice, out of character: cheap]"),
        ("A room? ((cheap))", "A bed? ((cheap))", "A bed?\n[Alice, out of character: cheap]"),
        ("A room? ((cheap))", "A room? ((are you a bot?))", "A room?"),
        ("A room? ((cheap))", "((cheap))", "[Alice, out of character: cheap]"),
    ],
)
async def test_an_edited_tail_is_followed(bound: Stage, before: str, after: str, told: str) -> None:
    message = said(bound, before, mentions_bot=True)
    heard = await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, after))
    (owed,) = await bound.history.debts.owed()
    assert owed.turn.message_id == message.id
    assert (await answered(bound, heard))[-1][2] == told
    assert (await bound.remembered())[0] == (after if not after.startswith("((") else "Aye.")


async def test_a_tail_that_becomes_the_whole_after_its_reply_steers_its_variants(bound: Stage) -> None:
    await hear(bound, "It rains.")
    message = said(bound, "A room? ((cheap))", mentions_bot=True)
    await answered(bound, await bound.story.hearing.hear(message))
    await bound.story.hearing.amend(edit(message, "((cheap, please))"))
    turn = (await turns(bound))[-1]
    bound.model.say("Morning.")
    await bound.play(await bound.story.revision.regeneration.regenerate(turn.id, said(bound, "")))
    assert bound.model.asked[-1][-1][2] == "It rains.\n[Alice, out of character: cheap, please]"


async def test_a_mention_added_soon_makes_a_wish_of_an_aside(bound: Stage) -> None:
    aside = said(bound, "((skip))", created_at=now())
    assert await bound.story.hearing.hear(aside) == Heard()
    heard = await bound.story.hearing.amend(replace(edit(aside, "((skip))", 20), mentions_bot=True))
    assert (await answered(bound, heard))[-1][2] == "[Alice, out of character: skip]"


async def test_stepping_away_that_becomes_a_joke_leaves_the_story(bound: Stage) -> None:
    message = said(bound, "((brb))")
    await bound.story.hearing.hear(message)
    await bound.story.hearing.amend(edit(message, "((just kidding, still here))"))
    assert await turns(bound) == []


# --- who is asked ---------------------------------------------------------------------------------


async def test_three_who_ask_at_once_are_in_one_request(bound: Stage) -> None:
    first = await hear(bound, "A room?", mentions_bot=True)
    assert (await hear(bound, "Stew?", BOB, mentions_bot=True)).replies == ()
    assert (await hear(bound, "Marlow, rum!", Participant(4, "Cy"))).replies == ()
    (reply,) = first.replies
    assert [message.author.name for message in reply.triggers] == ["Alice", "Bob", "Cy"]
    assert await answered(bound, first) == [
        ("user", "Alice", "A room?"),
        ("user", "Bob", "Stew?"),
        ("user", "Cy", "Marlow, rum!"),
    ]
    assert await bound.history.debts.owed() == []


async def test_who_took_the_question_back_is_not_named(bound: Stage) -> None:
    first = await hear(bound, "A room?", mentions_bot=True)
    taken_back = said(bound, "Stew?", BOB, mentions_bot=True)
    await bound.story.hearing.hear(taken_back)
    await bound.story.hearing.retract(TAVERN, [taken_back.id])
    await answered(bound, first)
    assert [message.author.name for message in first.replies[0].triggers] == ["Alice"]


async def test_who_asks_another_persona_gets_a_reply_of_its_own(bound: Stage) -> None:
    (marlow,) = (await hear(bound, "A room?", mentions_bot=True)).replies
    asked = said(bound, "A song?", BOB, by_command=True)
    (isolde,) = (await bound.story.hearing.hear(asked, "isolde")).replies
    assert [message.author.name for message in marlow.triggers] == ["Alice"]
    assert [message.author.name for message in isolde.triggers] == ["Bob"]
    marlow.stop()
    isolde.stop()


async def test_a_wish_after_the_persona_spoke_bears_the_name_of_whoever_wishes(bound: Stage) -> None:
    await answered(bound, await hear(bound, "A room?", BOB, mentions_bot=True))
    request = await answered(bound, await hear(bound, "((skip))", mentions_bot=True), "It is noon.")
    assert request[-1] == ("user", "Alice", "[Alice, out of character: skip]")
    await hear(bound, "It rains.", BOB)
    request = await answered(bound, await hear(bound, "((skip again))", mentions_bot=True), "Morning.")
    assert request[-1] == ("user", "Bob", "It rains.\n[Alice, out of character: skip again]")
