"""What becomes of an answer when a proxy posts the message that it answers again, at every moment of it.

Each row says when the copy comes, and what people see, what is stored and what the model is asked in the end.
The rules of `tests/core/test_holds.py` have all orders of events; these are played on the wire.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.composition.story import now
from bot.core.catching_up import Bounds
from bot.core.proxies import PLURALKIT, ProxyRules, character_of
from bot.core.settings import Face
from bot.storage.members import Member
from bot.storage.people import People
from tests.discord_ui.gateway.test_catch_up import killed
from tests.proxied import FOREVER
from tests.standins.discord_wire import Message
from tests.standins.m2her import M2her
from tests.tavern import RULES, SETTINGS
from tests.wired import Wired, until, wire

PLAYED = replace(
    RULES, proxies=ProxyRules(settle=FOREVER), catch_up=Bounds(hours=24, messages=200, answer_minutes=10)
)


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch, rules=PLAYED) as wired:
        yield wired


def copied(wired: Wired, text: str, name: str = "Luna") -> Message:
    return wired.world.proxy_say(name, wired.bound, text, application=PLURALKIT)


async def know(wired: Wired, who: str, name: str = "Luna") -> None:
    """Let the bot have seen whose this member is."""
    member = Member(wired.world.guild.id, PLURALKIT, character_of(PLURALKIT, name))
    await People(wired.database).members.see(member, wired.person(who).id, now())


async def asked(wired: Wired, requests: int) -> None:
    async def were() -> bool:
        return len(wired.m2her.requests) == requests

    await until(were)


async def told(wired: Wired) -> None:
    """Wait until the bot was told of all that has happened, and has looked at it."""
    last = wired.world.sockets.last_sequence

    async def was() -> bool:
        return (wired.clients[-1].ws.sequence or 0) >= last  # what the bot does itself may have come already

    await until(was)
    for _ in range(20):
        await wired.database.read("SELECT 1")


async def ends(wired: Wired, answer: str, requests: int) -> None:
    """Luna has her answer, once, and nothing is left of what was Alice's."""
    await wired.shows(answer)
    await wired.quiet()
    assert await wired.remembered() == [("Luna", "a room?"), ("Marlow", answer)]
    assert wired.heard == [("Luna", "a room?")]
    assert len(wired.m2her.requests) == requests
    assert [turn.user_id for turn in await wired.turns()] == [wired.person("Alice").id, None]
    assert [row["total"] for row in await wired.database.read("SELECT count(*) AS total FROM turn")] == [2]


@pytest.mark.parametrize(
    "gone_first", [False, True], ids=["the copy is told first", "the deletion is told first"]
)
@pytest.mark.parametrize("when", ["held", "before the first post", "while it is written", "after its end"])
async def test_there_is_one_answer_and_it_is_the_copys(
    wired: Wired, m2her: M2her, when: str, *, gone_first: bool
) -> None:
    await wired.start()
    gate, is_held = asyncio.Event(), when == "held"
    if is_held:
        await know(wired, "Alice")
    else:
        m2her.say(*{"before the first post": (gate, "A room, Alice."),
                    "while it is written": ("A room, ", gate, "Alice."),
                    "after its end": ("A room, Alice.",)}[when])  # fmt: skip
    m2her.say("Up the stairs, Luna.")
    original = wired.ask("a room?")
    if is_held:
        await told(wired)
        assert (m2her.requests, wired.posts()) == ([], [])
    else:
        await asked(wired, 1)
    if when == "while it is written":
        await wired.shows("A room,")
    if when == "after its end":
        await wired.shows("A room, Alice.")
        await wired.quiet()
    if gone_first:
        wired.world.delete(original)
        await told(wired)
    copied(wired, f"{wired.mention} a room?")
    if not gone_first:
        await told(wired)
        wired.world.delete(original)
    gate.set()
    await ends(wired, "Up the stairs, Luna.", requests=1 if is_held else 2)


async def test_an_answer_that_answers_others_too_is_written_again_for_all(wired: Wired, m2her: M2her) -> None:
    await wired.start()
    first = asyncio.Event()
    m2her.say("Wait", first, ".")
    m2her.say("For Bob and Alice.")
    m2her.say("For Bob and Luna.")
    wired.ask("it rains", "Carol")
    await wired.shows("Wait")
    of_bob = wired.ask("a bed?", "Bob")
    original = wired.ask("a room?")
    await told(wired)
    first.set()
    await until(lambda: _posted(wired, "For Bob and Alice."))
    await wired.quiet()
    copy = copied(wired, f"{wired.mention} a room?")
    await told(wired)
    wired.world.delete(original)
    await until(lambda: _posted(wired, "For Bob and Luna."))
    await wired.quiet()
    posts = wired.posts()
    assert [text.rpartition("\n")[2] for text in posts] == ["Wait.", "For Bob and Luna."]
    assert [str(each) in posts[1] for each in (of_bob.id, original.id, copy.id)] == [True, False, True]
    assert [name for name, _ in await wired.remembered()] == ["Carol", "Marlow", "Bob", "Luna", "Marlow"]
    assert len(m2her.requests) == 3


async def _posted(wired: Wired, words: str) -> bool:
    return any(words in text for text in wired.posts())


async def test_an_answer_that_waits_for_its_turn_waits_for_the_copy(wired: Wired, m2her: M2her) -> None:
    await wired.start()
    first = asyncio.Event()
    m2her.say("Wait", first, ".")
    m2her.say("Up the stairs, Luna.")
    wired.ask("it rains", "Bob")
    await wired.shows("Wait")
    original = wired.ask("a room?")
    await told(wired)
    copied(wired, f"{wired.mention} a room?")
    await told(wired)
    wired.world.delete(original)
    first.set()
    await wired.shows("Wait.", "Up the stairs, Luna.")
    await wired.quiet()
    assert [name for name, _ in await wired.remembered()] == ["Bob", "Marlow", "Luna", "Marlow"]
    assert len(m2her.requests) == 2


async def test_the_posts_of_a_face_are_deleted_too(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = replace(PLAYED, defaults=replace(SETTINGS, face=Face.WEBHOOK))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        m2her.say("A room, Alice.")
        m2her.say("Up the stairs, Luna.")
        original = wired.ask("a room?")
        await wired.world.wait_for(
            lambda: [post.content for post in wired.webhook_posts()] == ["A room, Alice."]
        )
        await wired.quiet()
        copied(wired, f"{wired.mention} a room?")
        wired.world.delete(original)
        await wired.world.wait_for(lambda: len(m2her.requests) == 2)
        await wired.quiet()
        assert [post.content.rpartition("\n")[2] for post in wired.webhook_posts()][
            -1
        ] == "Up the stairs, Luna."
        assert not any("Alice" in post.content for post in wired.webhook_posts())


@pytest.mark.parametrize("is_told_first", [True, False])
async def test_what_was_said_while_the_bot_was_off_is_the_members(
    wired: Wired, m2her: M2her, *, is_told_first: bool
) -> None:
    await wired.start()
    m2her.say("Take number four.")
    wired.ask("have you a room?", "Bob")
    await wired.shows("Take number four.")
    await wired.quiet()
    await wired.end()
    gone = wired.say("Alice", "luna: Good evening.")
    copied(wired, "Good evening.")
    wired.world.delete(gone)
    still_there = wired.say("Alice", f"luna: {wired.mention} a room?")
    copied(wired, f"{wired.mention} a room?")
    m2her.say("Up the stairs, Luna.")
    listing = wired.world.faults.hang("GET", f"/channels/{wired.bound.id}/messages", applied=True)
    await wired.start(connected=False)
    await wired.world.wait_for(lambda: listing.caught, 10)
    if not is_told_first:
        listing.release()
    wired.world.delete(still_there)
    await told(wired)
    listing.release()
    await wired.shows("Take number four.", "Up the stairs, Luna.")
    await wired.quiet()
    assert (await wired.remembered())[2:] == [
        ("Luna", "Good evening."),
        ("Luna", "a room?"),
        ("Marlow", "Up the stairs, Luna."),
    ]
    assert len(m2her.requests) == 2
    turns = await wired.turns()
    assert {turn.user_id for turn in turns[2:4]} == {wired.person("Alice").id}


@pytest.mark.parametrize("leave", ["ended", "killed"])
async def test_a_message_that_is_held_when_the_bot_ends_is_caught_up(
    wired: Wired, m2her: M2her, monkeypatch: pytest.MonkeyPatch, leave: str
) -> None:
    monkeypatch.setattr("bot.discord_ui.gateway.client.DRAIN", 0.05)
    await wired.start()
    await know(wired, "Alice")
    wired.ask("a room?")
    await told(wired)
    wired.say("Bob", "It rains.")  # it is stored, and newer
    await until(lambda: _stored(wired, "It rains."))
    assert await wired.remembered() == [("Bob", "It rains.")]
    await (wired.end() if leave == "ended" else killed(wired))
    m2her.say("Up the stairs.")
    await wired.start()
    await wired.shows("Up the stairs.")
    await wired.quiet()
    assert ("Alice", "a room?") in await wired.remembered()
    assert len(m2her.requests) == 1


async def _stored(wired: Wired, words: str) -> bool:
    return any(text == words for _, text in await wired.remembered())


async def test_a_copy_that_is_deleted_before_its_answer_was_seen_gets_none(
    wired: Wired, m2her: M2her
) -> None:
    await wired.start()
    await know(wired, "Alice")
    gate = asyncio.Event()
    m2her.say(gate, "Up the stairs, Luna.")
    original = wired.ask("a room?")
    wired.world.delete(original)  # by a moderator
    copy = copied(wired, f"{wired.mention} a room?")
    await asked(wired, 1)
    wired.world.delete(copy)  # by the proxy, therefore
    await told(wired)
    gate.set()
    await wired.quiet()
    assert (wired.posts(), await wired.remembered()) == ([], [])
