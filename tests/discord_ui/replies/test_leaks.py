"""What people see of a model that writes more than the persona's words, and what the story keeps of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.scene import Ending
from bot.texts.catalogue.players import PLAYERS
from tests.standins.m2her import Error, M2her
from tests.tavern import Tavern
from tests.wired import Wired, until, wire


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


# --- shown and remembered -----------------------------------------------------------------------


async def test_what_leaks_is_neither_shown_nor_remembered_nor_told_to_the_model_again(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say(
        "<thi", "nk>She is ", "lying.</think>\n", "\nMar", "low: ", '"Welcome."', "\\n\\n*nods*", "[e~["
    )
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ['"Welcome."\n\n*nods*']
    await tavern.say("Alice", f"{tavern.mention} thanks")
    assert tavern.heard == [
        ("Alice", "good evening"),
        ("Marlow", '"Welcome."\n\n*nods*'),
        ("Alice", "thanks"),
    ]


async def test_the_markers_of_other_models_leak_no_more(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("<mm:thi", "nk>She is lying.</mm:", "think>Welc", "ome.]<]mini", "max[>[")
    await tavern.say("Alice", f"{tavern.mention} good ]<]minimax[>[evening")
    assert tavern.posts(tavern.bound) == ["Welcome."]
    await tavern.say("Alice", f"{tavern.mention} thanks")
    assert tavern.heard == [
        ("Alice", "good ) <)minimax(>(evening"),
        ("Marlow", "Welcome."),
        ("Alice", "thanks"),
    ]


async def test_an_answer_that_comes_in_one_piece_is_cleaned_too(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("<think>Hm.</think>Marlow: Welcome.\n\nAlice: I shrug.", plain=True)
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ["Welcome."]
    assert await tavern.remembered(tavern.bound) == [("Alice", "good evening"), ("Marlow", "Welcome.")]


async def test_a_line_for_somebody_in_the_room_ends_the_reply_well(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("*nods*\n\n", "Harbourmaster: Evening.\n", "Bob: *leaves*\n", "Marlow: So long.")
    await tavern.say("Bob", "I had better go.")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ["*nods*\n\nHarbourmaster: Evening."]
    turn = (await tavern.turns(tavern.bound))[-1]
    assert (turn.text, turn.ending) == ("*nods*\n\nHarbourmaster: Evening.", Ending.DONE)


async def test_who_has_not_been_heard_here_is_nobody(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("*nods*\n", "Bob: *leaves*")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ["*nods*\nBob: *leaves*"]


async def test_people_are_heard_under_the_names_the_model_knows(tavern: Tavern, m2her: M2her) -> None:
    tavern.join("Marlow")
    m2her.say("*nods*\n", "Marlow (player): *leaves*")
    await tavern.say("Marlow", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ["*nods*"]


async def test_a_nickname_cuts_nothing(tavern: Tavern, m2her: M2her) -> None:
    tavern.join("Note")
    m2her.say("Note: the cellar ", "is shut.")
    await tavern.say("Note", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ["Note: the cellar is shut."]


async def test_a_reply_all_for_somebody_else_is_none(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    m2her.say("Alice: ", "*shrugs*")
    m2her.say("Alice: ", "*shrugs again*")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert len(m2her.requests) == 2
    assert tavern.posts(tavern.bound) == ["The reply was cut off. Press Retry or mention the bot."]
    assert await tavern.remembered(tavern.bound) == [("Alice", "good evening")]
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.endswith("(the whole reply was written for other people)")


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("Alice: *shrugs*", "the whole reply was written for other people"),
        ("user name=Alice *I shrug*", "the whole reply was written for other people"),
        ("<think>She is lying, so", "the reply had no words of the persona"),
    ],
)
@pytest.mark.parametrize("plain", [False, True])
async def test_where_nothing_of_a_reply_is_the_personas_the_model_is_asked_once_more(
    tavern: Tavern, m2her: M2her, caplog: pytest.LogCaptureFixture, first: str, why: str, plain: bool
) -> None:
    caplog.set_level(logging.INFO, "bot.story.replies.reply")
    m2her.say(first, plain=plain)
    m2her.say('Marlow: "Welcome."')
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ['"Welcome."']
    assert await tavern.remembered(tavern.bound) == [("Alice", "good evening"), ("Marlow", '"Welcome."')]
    again, asked = m2her.requests
    assert again.body["messages"] == asked.body["messages"]
    lines = [record.getMessage() for record in caplog.records if record.name == "bot.story.replies.reply"]
    assert lines == [f"in channel {tavern.bound.id}: {why}; asking one more time"]


async def test_an_empty_answer_is_not_asked_for_again(tavern: Tavern, m2her: M2her) -> None:
    m2her.say(" ")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert len(m2her.requests) == 1
    assert tavern.posts(tavern.bound) == ["The reply was cut off. Press Retry or mention the bot."]


async def test_an_error_of_the_second_answer_is_what_people_are_told(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Alice: *shrugs*")
    m2her.say(Error(1008))
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == [PLAYERS["player.balance"]]


async def test_a_letter_is_shown_whole(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Alice:\n", "\nMeet me ", "at noon.")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    assert tavern.posts(tavern.bound) == ["Alice:\n\nMeet me at noon."]


async def test_a_reply_that_reaches_its_limit_shows_what_was_held_back(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("I <think> so. ", "Alice", finish="length")
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert tavern.posts(tavern.bound) == [
        "I <think> so. Alice\n-# The reply reached the length limit. Press Continue or mention the bot."
    ]


async def test_a_reply_that_breaks_off_shows_what_was_held_back(tavern: Tavern, m2her: M2her) -> None:
    m2her.say("Well.\n", "Alice", Error(1000, as_frame=True))
    await tavern.say("Alice", f"{tavern.mention} well?")
    assert tavern.posts(tavern.bound)[0].startswith("Well.\nAlice\n-# ")
    assert (await tavern.remembered(tavern.bound))[-1] == ("Marlow", "Well.\nAlice")


# --- while it is written ------------------------------------------------------------------------


async def test_the_model_is_hung_up_on_where_it_begins_to_speak_for_somebody_else(
    wired: Wired, m2her: M2her
) -> None:
    never = asyncio.Event()
    m2her.say("*nods*\n\n", "Alice: I ", never, "shrug.")
    wired.ask()
    await wired.shows("*nods*")
    await asyncio.wait_for(m2her.requests[0].hung_up.wait(), 5)
    await wired.quiet()
    assert wired.posts() == ["*nods*"]
    assert [turn.ending for turn in await wired.turns()] == [None, Ending.DONE]


async def test_a_thought_shows_at_no_time(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("Well. ", "<think>She is", gate, " lying.</think>", "Welcome.")
    wired.ask()
    await wired.shows("Well.")
    gate.set()
    await wired.quiet()
    assert wired.sent() == [("POST", "Well."), ("PATCH", "Well. Welcome.")]


async def test_a_thought_that_is_known_only_at_its_end_is_taken_back(wired: Wired, m2her: M2her) -> None:
    gate = asyncio.Event()
    m2her.say("She is lying to me. " * 150, gate, "\n</th", "ink>\n\n", "Welcome.")
    wired.ask()
    await until(lambda: posted(wired, 2))
    gate.set()
    await wired.quiet()
    assert wired.posts() == ["Welcome."]
    assert (await wired.remembered())[-1] == ("Marlow", "Welcome.")


async def posted(wired: Wired, count: int) -> bool:
    return len(wired.posts()) == count


async def test_a_stop_shows_what_was_held_back(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.discord_ui.gateway.client.DRAIN", 0.05)
    m2her.say("Well.\n", "Alice", asyncio.Event())
    wired.ask()
    await wired.shows("Well.")
    await wired.end()
    assert (await wired.remembered())[-1] == ("Marlow", "Well.\nAlice")
