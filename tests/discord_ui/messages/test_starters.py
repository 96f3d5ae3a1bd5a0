"""The message that a thread was made of, asked of Discord on the wire: once, and never at the cost of the answer."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.core.scene import Referenced
from bot.discord_ui import inbound, starters
from tests.standins.discord_wire import Channel, Message
from tests.standins.discord_wire.faults import Fault
from tests.standins.m2her import M2her
from tests.wired import Wired, wire

MESSAGE = "/channels/*/messages/*"


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


def fetched(wired: Wired) -> int:
    return sum(each.method == "GET" and "/messages/" in each.path for each in wired.world.requests)


async def test_the_message_of_a_thread_is_fetched_once(wired: Wired, m2her: M2her) -> None:
    m2her.say("Aye.")
    m2her.say("No.")
    bob = wired.say("Bob", "The tide turns at nine.", wired.elsewhere)
    thread = wired.world.create_thread("The tide", wired.elsewhere, made_of=bob)
    wired.ask("true?", channel=thread)
    await wired.shows("Aye.", channel=thread)
    assert wired.heard == [("Bob", "The tide turns at nine."), ("Alice", "true?")]
    wired.ask("sure?", channel=thread)
    await wired.shows("Aye.", "No.", channel=thread)
    assert wired.heard[:2] == [("Bob", "The tide turns at nine."), ("Alice", "true?")]
    assert fetched(wired) == 1


FAILURES: dict[str, tuple[Callable[[Wired], object], bool]] = {
    "a thread of no message": (lambda wired: wired.world.faults.answer("GET", MESSAGE, 404), False),
    "a refusal": (lambda wired: wired.world.faults.answer("GET", MESSAGE, 403), True),
    "something else": (
        lambda wired: wired.world.faults.answer("GET", MESSAGE, 200, {"id": "The tide turns"}),
        True,
    ),
    "rubbish": (lambda wired: wired.world.faults.answer("GET", MESSAGE, 400, {"code": "x"}), True),
    "a long silence": (lambda wired: wired.world.faults.hang("GET", MESSAGE, times=9), True),
    "broken connections": (lambda wired: wired.world.faults.reset("GET", MESSAGE, times=99), True),
    "a broken Discord": (lambda wired: wired.world.faults.answer("GET", MESSAGE, 502, times=99), True),
}
"""What may go wrong, and whether the log tells of it."""


@pytest.mark.parametrize(("fail", "logged"), FAILURES.values(), ids=FAILURES)
async def test_without_it_the_question_is_answered_all_the_same(
    wired: Wired,
    m2her: M2her,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    fail: Callable[[Wired], object],
    logged: bool,
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(starters, "PATIENCE", 0.1)
    m2her.say("Aye.")
    m2her.say("No.")
    bob = wired.say("Bob", "The tide turns at nine.", wired.elsewhere)
    thread = wired.world.create_thread("The tide", wired.elsewhere, made_of=bob)
    fail(wired)
    wired.ask("true?", channel=thread)
    await wired.shows("Aye.", channel=thread)
    wired.world.faults.release_all()
    asked = fetched(wired)
    wired.ask("sure?", channel=thread)
    await wired.shows("Aye.", "No.", channel=thread)
    assert wired.heard == [("Alice", "true?"), ("Marlow", "Aye."), ("Alice", "sure?")]
    assert fetched(wired) == asked
    told = f"the message that thread {thread.id} was made from could not be read: "
    assert (told in caplog.text) is logged
    assert "The tide turns" not in caplog.text


async def made_of_bobs(wired: Wired) -> tuple[Message, Channel]:
    """Bob's message, and the thread that was made from it."""
    bob = wired.say("Bob", "The tide turns at nine.", wired.elsewhere)
    await wired.quiet()
    return bob, wired.world.create_thread("The tide", wired.elsewhere, made_of=bob)


async def caught(fault: Fault) -> None:
    """Wait until a request has met the fault."""
    async with asyncio.timeout(5):
        while not fault.caught:  # noqa: ASYNC110 - the stand-in tells nobody
            await asyncio.sleep(0)


async def test_a_question_deleted_while_it_is_fetched_is_not_stored(wired: Wired, m2her: M2her) -> None:
    _, thread = await made_of_bobs(wired)
    silence = wired.world.faults.hang("GET", MESSAGE)
    question = wired.ask("true?", channel=thread)
    await caught(silence)
    wired.world.delete(question)
    await asyncio.sleep(0.1)  # time enough to overtake it
    silence.release()
    await wired.quiet()
    assert await wired.database.read("SELECT * FROM turn") == []
    assert m2her.requests == []


async def test_a_question_edited_while_it_is_fetched_is_told_as_it_is_now(wired: Wired, m2her: M2her) -> None:
    m2her.say("Aye.")
    m2her.say("No.")
    _, thread = await made_of_bobs(wired)
    silence = wired.world.faults.hang("GET", MESSAGE)
    question = wired.ask("true?", channel=thread)
    await caught(silence)
    wired.world.edit(question, f"{wired.mention} is it so?")
    await asyncio.sleep(0.1)
    silence.release()
    await wired.quiet()
    assert (await wired.remembered(thread))[0] == ("Alice", "is it so?")
    assert len(m2her.requests) == 1


async def test_the_second_question_waits_for_the_first(wired: Wired, m2her: M2her) -> None:
    m2her.say("Aye.")
    m2her.say("No.")
    _, thread = await made_of_bobs(wired)
    silence = wired.world.faults.hang("GET", MESSAGE)
    wired.ask("true?", channel=thread)
    await caught(silence)
    wired.say("Carol", f"{wired.mention} sure?", thread)
    await asyncio.sleep(0.1)
    silence.release()
    await wired.quiet()
    assert wired.heard[:3] == [("Bob", "The tide turns at nine."), ("Alice", "true?"), ("Carol", "sure?")]
    assert fetched(wired) == 1


@pytest.mark.parametrize(("change", "left"), [("delete", []), ("edit", ["At ten."])])
async def test_what_happens_to_it_while_it_is_fetched_is_not_lost(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch, change: str, left: list[str]
) -> None:
    m2her.say("Aye.")
    bob, thread = await made_of_bobs(wired)
    read = inbound.read_referenced

    def read_and_change(message: discord.Message, bot_id: int, *more: Any) -> Referenced:
        if message.id == bob.id and not changed:
            changed.append(True)
            if change == "delete":
                wired.world.delete(bob)
            else:
                wired.world.edit(bob, "At ten.")
        return read(message, bot_id, *more)

    changed: list[bool] = []
    monkeypatch.setattr(inbound, "read_referenced", read_and_change)
    wired.ask("true?", channel=thread)
    await wired.quiet()
    assert changed
    rows = await wired.database.read("SELECT text FROM reference")
    assert [row["text"] for row in rows] == left


async def test_a_first_question_that_comes_by_an_edit_knows_it_too(wired: Wired, m2her: M2her) -> None:
    m2her.say("Aye.")
    _, thread = await made_of_bobs(wired)
    said = wired.say("Alice", "true?", thread)
    await wired.quiet()
    assert fetched(wired) == 0
    wired.world.edit(said, f"{wired.mention} true?")
    await wired.shows("Aye.", channel=thread)
    assert wired.heard == [("Bob", "The tide turns at nine."), ("Alice", "true?")]
