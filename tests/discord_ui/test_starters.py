"""The message that a thread was made of, asked of Discord on the wire: once, and never at the cost of the answer."""

import logging
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.discord_ui import starters
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
