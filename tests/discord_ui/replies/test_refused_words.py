"""Discord refuses the words of a post, not the place: what people are told, and what the story keeps."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.core.scene import Ending, Slice
from bot.core.settings import Face, Settings, Stream
from bot.storage.history import History
from tests.discord_ui.replies.test_faults import CUT, DONE, NONE, VARIANTS, begin, restart, stands, tracebacks
from tests.standins.discord_wire import Interaction, Permission
from tests.standins.discord_wire.faults import Fault
from tests.standins.discord_wire.interactions import LOADING
from tests.standins.m2her import M2her
from tests.tavern import MARLOW, RULES
from tests.wired import CAST, Wired, until, wire

TOLD = "Discord blocked words in this reply. Press Retry or mention the bot."
TOLD_UNDER = "Discord blocked words in this reply. Press Continue or mention the bot."
TOLD_AGAIN = "Discord blocked words in this reply. Press ↻ Again."
CODES = (240_000, 200_000, 20_009, 50_006, 999_999)
SECRET = "the words that are refused"


def refusal(code: int) -> dict[str, Any]:
    return {"code": code, "message": f"No: {SECRET}"}


INVALID = {
    "code": 50_035,
    "message": "Invalid Form Body",
    "errors": {"content": {"_errors": [{"code": "BASE_TYPE", "message": f"No: {SECRET}"}]}},
}


def answers() -> list[tuple[int, dict[str, Any]]]:
    return [
        *((400, refusal(code)) for code in CODES),
        (403, refusal(200_000)),
        (400, INVALID),
        (413, refusal(0)),
    ]


@pytest.fixture(params=[Face.BOT, Face.WEBHOOK])
async def faced(
    request: pytest.FixtureRequest, m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Wired, Face]]:
    rules = replace(RULES, defaults=Settings(face=request.param))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        yield wired, request.param


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


def path(face: Face, what: str) -> tuple[str, str]:
    """The request by which a face posts or edits."""
    if face is Face.WEBHOOK:
        return ("POST", "/webhooks/*") if what == "post" else ("PATCH", "/webhooks/*/messages/*")
    return ("POST", "/channels/*/messages") if what == "post" else ("PATCH", "/channels/*/messages/*")


def name(face: Face) -> str:
    return "Marlow" if face is Face.WEBHOOK else "Dramatis"


def small(face: Face) -> str:
    """Under the persona's name a notice alone would look like its words."""
    return "-# " if face is Face.WEBHOOK else ""


async def talk(wired: Wired, text: str) -> Interaction:
    await wired.world.wait_for(lambda: wired.world.interactions.commands)
    return wired.world.interactions.command(wired.person("Alice"), wired.bound, "talk", text=text)


def logged(caplog: pytest.LogCaptureFixture, status: int, code: int, times: int = 1) -> None:
    """The log names the code, gives no advice on permissions, and repeats no words."""
    assert caplog.text.count("Discord refused the words of a post in channel") == times
    assert f"({status}, error code {code})" in caplog.text
    assert "View Channel" not in caplog.text
    assert SECRET not in caplog.text
    assert tracebacks(caplog) == []


@pytest.mark.parametrize(("status", "answer"), answers())
async def test_the_first_post(
    faced: tuple[Wired, Face],
    m2her: M2her,
    caplog: pytest.LogCaptureFixture,
    status: int,
    answer: dict[str, Any],
) -> None:
    wired, face = faced
    fault = wired.world.faults.answer(*path(face, "post"), status, answer)
    m2her.say("See evil.example now.")
    wired.ask()
    await stands(wired, (f"{small(face)}{TOLD}", NONE), name=name(face))
    assert fault.caught == 1
    logged(caplog, status, answer["code"])
    assert await wired.remembered() == [("Alice", "well?")]
    m2her.say("Here I am.")
    wired.press("Retry")
    await stands(wired, ("Here I am.", DONE), name=name(face))
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Here I am.")]


@pytest.mark.parametrize(("status", "answer"), answers())
async def test_the_last_edit(
    faced: tuple[Wired, Face],
    m2her: M2her,
    caplog: pytest.LogCaptureFixture,
    status: int,
    answer: dict[str, Any],
) -> None:
    wired, face = faced
    gate = await begin(wired)
    wired.world.faults.answer(*path(face, "edit"), status, answer)
    gate.set()
    await stands(wired, (f"The storm\n-# {TOLD_UNDER}", CUT), name=name(face))
    logged(caplog, status, answer["code"])
    turn = (await wired.turns())[-1]
    assert (turn.text.rstrip(), turn.ending) == ("The storm", Ending.CUT_SHORT)
    m2her.say("will pass.")
    wired.press("Continue")
    await stands(wired, ("The storm will pass.", DONE), name=name(face))


async def test_an_edit_while_the_model_writes_stops_it(faced: tuple[Wired, Face], m2her: M2her) -> None:
    wired, face = faced
    gate = await begin(wired, "will ", asyncio.Event())
    wired.world.faults.answer(*path(face, "edit"), 400, refusal(240_000))
    gate.set()
    await m2her.requests[0].hung_up.wait()  # nobody pays for more
    await stands(wired, (f"The storm\n-# {TOLD_UNDER}", CUT), name=name(face))
    assert (await wired.turns())[-1].text == "The storm "


@pytest.mark.parametrize("answer", [refusal(240_000), INVALID])
async def test_a_second_page(
    faced: tuple[Wired, Face], m2her: M2her, caplog: pytest.LogCaptureFixture, answer: dict[str, Any]
) -> None:
    wired, face = faced
    first = "a" * 1900 + "."
    gate = asyncio.Event()
    m2her.say(first, gate, "\n\n" + "b" * 200)
    wired.ask()
    await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == [first], 10)
    wired.world.faults.answer(*path(face, "post"), 400, answer)
    gate.set()
    await stands(wired, (f"{first}\n-# {TOLD_UNDER}", CUT), name=name(face))
    logged(caplog, 400, answer["code"])
    assert [turn.text.rstrip() for turn in await wired.turns()] == ["well?", first]
    m2her.say("c" * 200)
    wired.press("Continue")
    await stands(wired, (first, ()), ("c" * 200, DONE), name=name(face))


async def test_a_second_page_beneath_a_full_one(wired: Wired, m2her: M2her) -> None:
    first = "a" * 1974 + "."
    gate = asyncio.Event()
    m2her.say(first, gate, "\n\n" + "b" * 200)
    wired.ask()
    await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == [first], 10)
    wired.world.faults.answer("POST", "/channels/*/messages", 400, refusal(200_000))
    gate.set()
    await stands(wired, (first, ()), (f"-# {TOLD_UNDER}", CUT))
    assert [turn.text.rstrip() for turn in await wired.turns()] == ["well?", first]


@pytest.mark.parametrize("stream", [Stream.CALM, Stream.OFF])
async def test_a_reply_that_is_posted_when_it_is_finished(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: Stream
) -> None:
    rules = replace(RULES, defaults=Settings(face=Face.BOT, stream=stream))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        wired.world.faults.answer("POST", "/channels/*/messages", 400, refusal(240_000))
        m2her.say("See evil.example now.")
        wired.ask()
        await stands(wired, (TOLD, NONE))
        assert await wired.remembered() == [("Alice", "well?")]


async def test_another_variant_leaves_the_one_before(
    faced: tuple[Wired, Face], m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired, face = faced
    m2her.say("Number four.")
    wired.ask()
    await stands(wired, ("Number four.", DONE), name=name(face))
    wired.world.faults.answer(*path(Face.BOT, "edit"), 400, refusal(240_000))
    wired.world.faults.answer("PATCH", "/webhooks/*/messages/*", 400, refusal(240_000))
    m2her.say("See evil.example now.")
    wired.press("↻ Again")
    await stands(wired, (f"Number four.\n-# {TOLD_AGAIN}", DONE), name=name(face))
    logged(caplog, 400, 240_000)
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Number four.")]
    await restart(wired)
    await stands(wired, (f"Number four.\n-# {TOLD_AGAIN}", DONE), name=name(face))
    m2her.say("Number five.")
    wired.press("↻ Again")
    await stands(wired, ("Number five.", VARIANTS), name=name(face))


async def test_more_of_a_reply_leaves_what_it_goes_on_from(wired: Wired, m2her: M2her) -> None:
    m2her.say("The storm", finish="length")
    wired.ask()
    length = "-# The reply reached the length limit. Press Continue or mention the bot."
    await stands(wired, (f"The storm\n{length}", CUT))
    wired.world.faults.answer("PATCH", "/webhooks/*/messages/*", 400, refusal(240_000))
    m2her.say(" will pass.")
    wired.press("Continue")
    await stands(wired, (f"The storm\n-# {TOLD_UNDER}", CUT))
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "The storm")]


@pytest.mark.parametrize("seen", [True, False])
async def test_talk(wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, *, seen: bool) -> None:
    if not seen:
        wired.world.deny(wired.bound, Permission.VIEW_CHANNEL)
    wired.world.faults.answer("POST", "/webhooks/*", 400, refusal(200_000))
    m2her.say("See evil.example now.")
    await talk(wired, "Well?")
    said = ("**Alice:** Well?", ())
    await stands(wired, said, (TOLD, NONE))
    logged(caplog, 400, 200_000)
    assert await wired.remembered() == [("Alice", "Well?")]
    m2her.say("Here I am.")
    wired.press("Retry")
    await stands(wired, said, ("Here I am.", DONE))


@pytest.mark.parametrize("answer", [refusal(240_000), refusal(200_000), refusal(20_009), INVALID])
async def test_what_a_person_says_by_talk_is_refused_to_them_alone(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, answer: dict[str, Any]
) -> None:
    wired.world.faults.answer("POST", "/interactions/*", 400, answer)
    used = await talk(wired, "See evil.example.")
    told = await wired.answers(used)
    assert told.content == "Discord blocked those words. Try again with other words."
    await wired.quiet()
    assert m2her.requests == []
    assert await wired.remembered() == []
    assert SECRET not in caplog.text
    assert f"error code {answer['code']}" in caplog.text


async def test_an_edit_of_a_reply_that_is_refused_changes_nothing(wired: Wired, m2her: M2her) -> None:
    m2her.say("Number four.")
    wired.ask()
    await stands(wired, ("Number four.", DONE))
    opened = wired.menu("Edit reply", wired.last_post())
    await wired.opens(opened)
    wired.world.faults.answer("PATCH", "/channels/*/messages/*", 400, refusal(240_000))
    used = wired.submit(opened, {"What the persona says": "See evil.example."})
    told = await wired.answers(used)
    assert told.content == "Discord blocked those words. Try again with other words."
    await stands(wired, ("Number four.", DONE))
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Number four.")]


async def test_where_the_notice_is_refused_too_nobody_waits_for_an_answer(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    wired.world.faults.answer("POST", "/channels/*/messages", 400, refusal(200_000), times=2)
    m2her.say("See evil.example now.")
    wired.ask()
    await m2her.received(1)
    await wired.quiet()
    await stands(wired)
    logged(caplog, 400, 200_000, times=2)
    await restart(wired)
    await stands(wired)
    m2her.say("Here I am.")
    wired.ask("again")
    await stands(wired, ("Here I am.", DONE))


async def test_where_the_notice_under_it_is_refused_too_the_buttons_are_right(wired: Wired) -> None:
    gate = await begin(wired)
    wired.world.faults.answer("PATCH", "/channels/*/messages/*", 400, refusal(200_000), times=3)
    gate.set()
    await stands(wired, ("The storm", CUT))


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (403, 50_013, "Missing Permissions"),
        (400, 50_083, "Thread is archived"),
        (400, 40_004, "Switched off"),
    ],
)
async def test_other_refusals_are_not_called_words(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, status: int, code: int, text: str
) -> None:
    wired.world.faults.answer(
        "POST", "/channels/*/messages", status, {"code": code, "message": text}, times=50
    )
    m2her.say("Here I am.")
    wired.ask()
    await m2her.received(1)
    await wired.quiet()
    await stands(wired)
    assert f"error code: {code}" in caplog.text
    assert ("Give the bot View Channel and Send Messages there" in caplog.text) is (code == 50_013)
    assert ("permissions don't change that" in caplog.text) is (code == 50_083)
    assert "refused the words" not in caplog.text


async def test_what_may_be_over_soon_is_tried_again(wired: Wired, m2her: M2her) -> None:
    off = {"code": 40_004, "message": "Send messages has been temporarily disabled"}
    gate = await begin(wired)
    fault = wired.world.faults.answer("PATCH", "/channels/*/messages/*", 400, off, times=3)
    gate.set()
    await stands(wired, ("The storm will pass.", DONE))
    assert fault.caught == 3


@pytest.mark.parametrize("field", ["username", "avatar_url"])
async def test_a_refused_name_or_picture_is_left_out_and_the_words_stay(
    m2her: M2her,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    field: str,
) -> None:
    rules = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        errors = {field: {"_errors": [{"code": "X", "message": "No content of this kind."}]}}
        wired.world.faults.answer(
            "POST", "/webhooks/*", 400, {"code": 50_035, "message": "Invalid Form Body", "errors": errors}
        )
        m2her.say("Here I am.")
        wired.ask()
        await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == ["Here I am."], 10)
        assert "refused the words" not in caplog.text


@pytest.mark.parametrize("field", ["nonce", "components"])
async def test_a_refused_form_is_no_matter_of_permissions(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture, field: str
) -> None:
    errors = {field: {"_errors": [{"code": "X", "message": "No."}]}}
    answer = {"code": 50_035, "message": "Invalid Form Body", "errors": errors}
    fault = wired.world.faults.answer("POST", "/channels/*/messages", 400, answer, times=50)
    m2her.say("Here I am.")
    wired.ask()
    await m2her.received(1)
    await wired.quiet()
    assert fault.caught == 1  # the same form again would be refused again
    assert f"In {field}: No." in caplog.text
    assert "View Channel" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 160_002, "message": "Cannot reply without permission to read message history"},
        {
            "code": 50_035,
            "message": "Invalid Form Body",
            "errors": {"message_reference": {"_errors": [{"code": "X", "message": "System message"}]}},
        },
    ],
)
async def test_a_post_that_may_not_point_at_its_message_is_made_without(
    wired: Wired, m2her: M2her, answer: dict[str, Any]
) -> None:
    wired.world.faults.answer("POST", "/channels/*/messages", 400, answer)
    m2her.say("Here I am.")
    wired.ask()
    await stands(wired, ("Here I am.", DONE))


async def test_where_only_buttons_change_no_words_are_blamed(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    m2her.say("Number four.")
    wired.ask()
    await stands(wired, ("Number four.", DONE))
    wired.world.faults.answer("PATCH", "/channels/*/messages/*", 400, refusal(999_999))
    m2her.say("Here I am.")
    wired.ask("again")
    await wired.world.wait_for(lambda: len(wired.shown()) == 2, 10)
    await wired.quiet()
    assert "refused the words" not in caplog.text
    assert tracebacks(caplog) == []


async def told_of_all(wired: Wired) -> bool:
    """Whether the bot has heard of all that happened."""
    return wired.clients[-1].ws.sequence == wired.world.sockets.last_sequence


@pytest.mark.parametrize("refused", [2, 3])
async def test_where_the_line_above_may_be_the_reason_the_notice_goes_without_it(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    rules = replace(RULES, defaults=Settings(face=Face.WEBHOOK))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        gate = asyncio.Event()
        m2her.say(gate, "Here I am.")
        wired.ask()
        await m2her.received(1)
        wired.say("Bob", "so what?")
        await until(partial(told_of_all, wired))
        fault = wired.world.faults.answer("POST", "/webhooks/*", 400, refusal(200_000), times=refused)
        gate.set()
        if refused == 2:
            await stands(wired, (f"-# {TOLD}", NONE), name="Marlow")
        else:
            await wired.world.wait_for(lambda: fault.caught == 3, 10)
            await wired.quiet()
            await stands(wired)


# --- the repair after a crash ---------------------------------------------------------------------


async def killed(wired: Wired, text: str, *slices: int) -> None:
    """Leave what a kill leaves while a page is sent or edited: an open turn, and slices as planned."""
    history = History(wired.database)
    turn = (await history.unfinished.all())[0].turn
    shown = {id_: (post.content, post.components) for id_, post in wired.bound.messages.items()}
    wired.press("Stop")  # what it changes is put back
    await wired.end()
    for id_ in list(wired.bound.messages):
        if id_ not in shown:
            del wired.bound.messages[id_]
    for id_, (content, components) in shown.items():
        wired.bound.messages[id_].content = content
        wired.bound.messages[id_].components = components
    await wired.database.write("UPDATE turn SET ending = NULL, text = ? WHERE id = ?", (text, turn.id))
    await wired.database.write("DELETE FROM post WHERE turn_id = ? AND page > 0", (turn.id,))
    edges = [0, *slices]
    for page, (start, end) in enumerate(pairwise(edges)):
        hook_id = next((post.hook_id for post in await history.posts.of(turn.id)), None)
        planned = Slice(page, start, end, f"{page}:crashed" if hook_id is None else "", hook_id)
        await history.posts.plan(turn.id, planned)


RESTARTED = "The bot restarted during this reply. Press Continue or mention the bot."


@pytest.mark.parametrize("seen", ["The storm", "The **storm**"])
async def test_refused_at_the_repair_the_story_keeps_what_stands_there(
    faced: tuple[Wired, Face], m2her: M2her, caplog: pytest.LogCaptureFixture, seen: str
) -> None:
    wired, face = faced
    begun = seen.removesuffix("**")  # a page closes what is open
    m2her.say(f"{begun} ", asyncio.Event())
    wired.ask()
    await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == [seen], 10)
    await until(partial(noted, wired))
    await killed(wired, f"{begun} will see evil.example", len(f"{begun} will see evil.example"))
    wired.world.faults.answer(*path(face, "edit"), 400, refusal(240_000))
    await wired.start()
    await stands(wired, (f"{seen}\n-# {RESTARTED}", CUT), name=name(face))
    turn = (await wired.turns())[-1]
    assert (turn.text.rstrip(), turn.ending) == (begun, Ending.INTERRUPTED)
    logged(caplog, 400, 240_000)


async def test_a_page_that_is_refused_at_the_repair(faced: tuple[Wired, Face], m2her: M2her) -> None:
    wired, face = faced
    first = "a" * 1800 + "."
    m2her.say(first, asyncio.Event())
    wired.ask()
    await wired.world.wait_for(lambda: [each.text for each in wired.shown()] == [first], 10)
    await until(partial(noted, wired))
    text = f"{first}\n\n" + "b" * 300
    await killed(wired, text, len(first) + 2, len(text))
    wired.world.faults.answer(*path(face, "post"), 400, refusal(240_000))
    await wired.start()
    await stands(wired, (f"{first}\n-# {RESTARTED}", CUT), name=name(face))
    turn = (await wired.turns())[-1]
    assert (turn.text.rstrip(), turn.ending) == (first, Ending.INTERRUPTED)


async def test_where_the_notice_is_refused_at_the_repair_too_the_buttons_are_right(wired: Wired) -> None:
    await begin(wired, "will ", asyncio.Event())
    await killed(wired, "The storm will see", len("The storm will see"))
    wired.world.faults.answer("PATCH", "/channels/*/messages/*", 400, refusal(240_000), times=2)
    await wired.start()
    await stands(wired, ("The storm", CUT))
    assert (await wired.turns())[-1].text == "The storm"


async def noted(wired: Wired) -> bool:
    """Whether the bot knows its last post."""
    post = wired.bound.messages[max(wired.bound.messages)]
    return await History(wired.database).turn_of(int(post.id)) is not None


# --- presses and commands -------------------------------------------------------------------------

KEPT = "Discord blocked words in that reply, so what was there before stays."


async def told(used: Interaction, wired: Wired) -> str:
    """What the person who pressed or typed is told."""
    await wired.world.wait_for(
        lambda: used.further or (used.message and not used.message.flags & LOADING), 10
    )
    await wired.quiet()
    return [*([used.message] if used.message else []), *used.further][-1].content


def refuse_edits(wired: Wired, times: int) -> None:
    """Refuse the next edits by the press, by the webhook and by the bot itself."""
    for where in ("/webhooks/*/messages/*", "/channels/*/messages/*"):
        wired.world.faults.answer("PATCH", where, 400, refusal(240_000), times=times)


async def test_an_undone_removal_that_is_refused_stays_removed(
    faced: tuple[Wired, Face], m2her: M2her
) -> None:
    wired, face = faced
    m2her.say("Number four.")
    wired.ask()
    await stands(wired, ("Number four.", DONE), name=name(face))
    post = list(wired.bound.messages.values())[-1]
    wired.press("Remove", await wired.answers(wired.menu("Remove from story", post)))
    await wired.world.wait_for(lambda: wired.shown()[-1].buttons == ("Undo, back into the story",), 10)
    await wired.quiet()
    blank = wired.shown()[-1].text
    wired.world.faults.answer("PATCH", "/webhooks/*/messages/*", 400, refusal(240_000))
    assert await told(wired.press("Undo, back into the story"), wired) == KEPT
    await stands(wired, (blank, ("Undo, back into the story",)), name=name(face))
    assert await wired.remembered() == [("Alice", "well?")]
    wired.press("Undo, back into the story")
    await stands(wired, ("Number four.", DONE), name=name(face))
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Number four.")]


async def test_a_variant_that_is_refused_when_it_is_shown_again(wired: Wired, m2her: M2her) -> None:
    m2her.say("One.")
    wired.ask()
    await stands(wired, ("One.", DONE))
    m2her.say("Two.")
    wired.press("↻ Again")
    await stands(wired, ("Two.", VARIANTS))
    wired.world.faults.answer("PATCH", "/webhooks/*/messages/*", 400, refusal(240_000))
    assert await told(wired.press("◀"), wired) == KEPT
    assert [each.text for each in wired.shown()] == ["Two."]
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Two.")]


async def test_a_press_whose_notice_is_refused_too_is_not_about_permissions(
    wired: Wired, m2her: M2her
) -> None:
    m2her.say("Number four.")
    wired.ask()
    await stands(wired, ("Number four.", DONE))
    refuse_edits(wired, 2)
    m2her.say("See evil.example now.")
    assert await told(wired.press("↻ Again"), wired) == KEPT
    await stands(wired, ("Number four.", DONE))
    assert await wired.remembered() == [("Alice", "well?"), ("Marlow", "Number four.")]


@pytest.mark.parametrize("refused", [1, 2])
async def test_a_greeting_of_which_a_page_is_refused(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: int
) -> None:
    first, second = "a" * 1900 + ".", "b" * 900
    cast = CAST | {"marlow": f"{MARLOW}greeting: {first}  {second}\n"}
    async with wire(m2her, tmp_path, monkeypatch, personas=cast) as wired:
        await wired.start()
        await wired.world.wait_for(lambda: wired.world.interactions.commands)
        faults, posts = wired.world.faults, 0
        plain = faults.catch

        def catch(method: str, where: str) -> Fault | None:
            nonlocal posts
            posts += method == "POST" and where.startswith("/webhooks/")
            if posts == refused and method == "POST":
                faults.answer("POST", "/webhooks/*", 400, refusal(240_000))
            return plain(method, where)

        monkeypatch.setattr(faults, "catch", catch)
        alice = wired.person("Alice")
        used = wired.world.interactions.command(alice, wired.bound, "scene new", title="x")
        await wired.world.wait_for(lambda: len(used.further) >= refused, 10)
        await wired.quiet()
        blocked = "Discord blocked words in the greeting. The story keeps what you can see of it."
        assert used.further[-1].content == blocked
        assert [text.rstrip() for _, text in await wired.remembered()] == [first] * (refused - 1)
