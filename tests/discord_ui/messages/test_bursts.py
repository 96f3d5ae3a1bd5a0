"""Several messages in a row get one answer; a lone one isn't waited for."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.catching_up import Bounds
from bot.story.places.rules import HostLimits
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.wired import Wired, told, until, wire

FOREVER = 10.0
"""A wait that no test sits out."""


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(
        m2her, tmp_path, monkeypatch, rules=replace(RULES, catch_up=Bounds(settle=FOREVER))
    ) as wired:
        await wired.start()
        yield wired


async def known(wired: Wired) -> None:
    """Wait until the bot was told of all that has happened, and has looked at it."""
    last = wired.world.sockets.last_sequence

    async def was_told() -> bool:
        return (wired.clients[-1].ws.sequence or 0) >= last  # what the bot does itself may have come already

    await until(was_told)
    for _ in range(20):
        await wired.database.read("SELECT 1")  # tasks that read what is stored get as far


async def holds(wired: Wired, text: str) -> bool:
    return bool(await wired.database.read("SELECT 1 FROM turn WHERE text = ?", (text,)))


def settle(wired: Wired, seconds: float) -> None:
    """Let the host change `catch_up.settle` while the bot runs."""
    casting = wired.clients[-1].services.story.casting
    casting.rules = replace(casting.rules, catch_up=Bounds(settle=seconds))


async def asked(wired: Wired, requests: int) -> None:
    """Wait until the model was asked so many times."""

    async def were() -> bool:
        return len(wired.m2her.requests) == requests

    await until(were)


def hang(m2her: M2her, text: str = "Never seen.") -> asyncio.Event:
    """Let the next answer not come before the event."""
    gate = asyncio.Event()
    m2her.say(gate, text)
    return gate


@pytest.mark.parametrize("second", ["and a bed?", "{bot} and a bed?", "Marlow, and a bed?"])
async def test_a_message_before_the_first_post_is_answered_together_with_the_one_before(
    wired: Wired, m2her: M2her, second: str
) -> None:
    hang(m2her)
    m2her.say("Both.")
    wired.ask("a room?")
    await asked(wired, 1)
    last = wired.say("Alice", second.format(bot=wired.mention))
    await wired.shows("Both.")
    await wired.quiet()
    assert wired.heard == [("Alice", "a room?\n" + second.format(bot="").strip())]
    assert [text for _, text in await wired.remembered()][-1] == "Both."
    assert (wired.last_post().reply_to, len(m2her.requests)) == (last, 2)


async def test_a_paste_in_pieces_gets_one_answer_and_what_was_spent_is_noted(
    wired: Wired, m2her: M2her
) -> None:
    for _ in range(3):
        hang(m2her)
    m2her.say("Quite a letter.")
    wired.ask("Read this: one")
    for number, piece in enumerate(("two", "three", "four")):
        await asked(wired, number + 1)
        wired.say("Alice", piece)
    await wired.shows("Quite a letter.")
    await wired.quiet()
    assert wired.heard == [("Alice", "Read this: one\ntwo\nthree\nfour")]
    spent = await wired.database.read("SELECT * FROM usage ORDER BY id")
    assert [(row["turn_id"] is None, row["reported"]) for row in spent] == [(True, 0)] * 3 + [(False, 1)]


async def test_an_answer_waits_for_somebody_who_types_on_and_then_answers_all(
    wired: Wired, m2her: M2her
) -> None:
    gate = hang(m2her)
    m2her.say("Both.")
    wired.ask("a room?")
    await asked(wired, 1)
    wired.world.type(wired.person("Alice"), wired.bound)
    await known(wired)
    gate.set()
    wired.say("Alice", "and a bed?")
    await wired.shows("Both.")
    await wired.quiet()
    assert wired.heard == [("Alice", "a room?\nand a bed?")]
    assert "Never seen." not in [text for _, text in wired.sent()]


async def test_who_types_on_and_says_nothing_is_waited_for_no_longer_than_that(
    wired: Wired, m2her: M2her
) -> None:
    settle(wired, 0.2)
    gate = hang(m2her, "A room.")
    wired.ask("a room?")
    await asked(wired, 1)
    before = time.monotonic()
    wired.world.type(wired.person("Alice"), wired.bound)
    await known(wired)
    gate.set()
    await wired.shows("A room.")
    assert wired.last_post().written[0] - before >= 0.2


async def test_a_lone_message_is_answered_at_once(wired: Wired, m2her: M2her) -> None:
    wired.world.type(wired.person("Alice"), wired.bound)  # before it
    gate = hang(m2her, "A room.")
    wired.ask("a room?")
    await asked(wired, 1)
    wired.world.type(wired.person("Bob"), wired.bound)
    wired.world.type(wired.person("Alice"), wired.elsewhere)
    await known(wired)
    gate.set()
    await wired.shows("A room.")


async def test_typing_after_the_first_words_holds_nothing_up_and_the_next_message_is_another(
    wired: Wired, m2her: M2her
) -> None:
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    m2her.say("A bed.")
    wired.ask("a room?")
    await wired.shows("The storm")
    wired.world.type(wired.person("Alice"), wired.bound)
    wired.ask("and a bed?")
    await until(lambda: holds(wired, "and a bed?"))
    gate.set()
    await wired.shows("The storm will pass.", "A bed.")
    assert len(m2her.requests) == 2


async def test_other_people_and_other_personas_have_answers_of_their_own(wired: Wired, m2her: M2her) -> None:
    gate = hang(m2her, "One.")
    m2her.say("Two.")
    wired.ask("a room?")
    await asked(wired, 1)
    wired.say("Bob", "Foul weather.")
    wired.ask("and for me?", "Bob")
    await until(lambda: holds(wired, "and for me?"))
    gate.set()
    await wired.shows("One.", "Two.")
    assert len(m2her.requests) == 2


async def test_a_burst_goes_into_the_answer_that_waits_behind_it(wired: Wired, m2her: M2her) -> None:
    hang(m2her)
    m2her.say("For all of you.")
    wired.ask("a room?")
    await asked(wired, 1)
    wired.ask("and for me?", "Bob")
    await until(lambda: holds(wired, "and for me?"))
    last = wired.say("Alice", "and a bed?")
    await wired.world.wait_for(wired.posts)
    await wired.quiet()
    (post,) = wired.posts()
    arrow, _, answer = post.partition("\n")
    assert answer == "For all of you."
    assert [name in arrow for name in ("Bob", "Alice", str(last.id))] == [True, True, True]
    assert [text for _, text in wired.heard] == ["a room?", "and for me?", "and a bed?"]
    assert len(m2her.requests) == 2


async def test_it_is_off_at_zero_and_back_without_a_restart(wired: Wired, m2her: M2her) -> None:
    settle(wired, 0)
    gate = hang(m2her, "A room.")
    m2her.say("A bed.")
    wired.ask("a room?")
    await asked(wired, 1)
    wired.world.type(wired.person("Alice"), wired.bound)
    wired.ask("and a bed?")
    await until(lambda: holds(wired, "and a bed?"))
    gate.set()
    await wired.shows("A room.", "A bed.")
    await wired.quiet()
    settle(wired, FOREVER)
    hang(m2her)
    m2her.say("Both.")
    wired.ask("a stable?")
    await asked(wired, 3)
    wired.ask("and oats?")
    await wired.shows("A room.", "A bed.", "Both.")


async def test_what_is_out_of_character_steers_the_answer_that_has_begun(wired: Wired, m2her: M2her) -> None:
    hang(m2her)
    m2her.say("Briefly.")
    wired.ask("a room?")
    await asked(wired, 1)
    wired.say("Alice", f"{wired.mention} ((keep it short))")
    await wired.shows("Briefly.")
    assert wired.heard[0][1].startswith("a room?")
    assert "keep it short" in str(told(m2her)[-1])
    assert "keep it short" not in str(told(m2her)[0])


async def test_who_asks_the_bot_to_stop_is_not_answered_anew(wired: Wired, m2her: M2her) -> None:
    hang(m2her)
    wired.ask("a room?")
    await asked(wired, 1)
    wired.say("Alice", f"{wired.mention} ((stop))")
    await wired.world.wait_for(wired.posts)
    await wired.quiet()
    assert len(m2her.requests) == 1


async def test_where_only_messages_to_the_persona_are_stored_others_are_no_part_of_it(
    wired: Wired, m2her: M2her
) -> None:
    gate = hang(m2her, "A room.")
    wired.ask("a room?", channel=wired.elsewhere)
    await asked(wired, 1)
    wired.say("Alice", "lol", wired.elsewhere)
    await known(wired)
    gate.set()
    await wired.shows("A room.", channel=wired.elsewhere)
    await wired.quiet()
    assert len(m2her.requests) == 1
    assert await wired.remembered(wired.elsewhere) == [("Alice", "a room?"), ("Marlow", "A room.")]


async def test_a_burst_counts_once_for_the_limit(wired: Wired, m2her: M2her) -> None:
    casting = wired.clients[-1].services.story.casting
    casting.rules = replace(casting.rules, limits=HostLimits(replies_per_minute=1))
    hang(m2her)
    m2her.say("Both.")
    wired.ask("a room?")
    await asked(wired, 1)
    wired.ask("and a bed?")
    await wired.shows("Both.")
    await wired.quiet()
    wired.ask("and a stable?")
    await wired.quiet()
    assert len(m2her.requests) == 2


async def test_who_asks_on_while_people_read_the_answer_is_limited_as_ever(
    wired: Wired, m2her: M2her
) -> None:
    casting = wired.clients[-1].services.story.casting
    casting.rules = replace(casting.rules, limits=HostLimits(replies_per_minute=1))
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask("a room?")
    await wired.shows("The storm")
    wired.ask("and a bed?")
    await until(lambda: holds(wired, "and a bed?"))
    gate.set()
    await wired.quiet()
    assert len(m2her.requests) == 1


async def test_a_reply_that_is_replaced_leaves_nothing_and_no_warning(
    wired: Wired, m2her: M2her, caplog: pytest.LogCaptureFixture
) -> None:
    hang(m2her)
    m2her.say("Both.")
    caplog.clear()
    wired.ask("a room?")
    await asked(wired, 1)
    wired.say("Alice", "and a bed?")
    await wired.shows("Both.")
    await wired.quiet()
    assert [text for _, text in await wired.remembered()] == ["a room?", "and a bed?", "Both."]
    assert await wired.database.read("SELECT 1 FROM debt") == []
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


async def test_a_message_deleted_from_a_burst_is_not_answered(wired: Wired, m2her: M2her) -> None:
    hang(m2her)
    gate = hang(m2her, "A room.")
    first = wired.ask("a room?")
    await asked(wired, 1)
    second = wired.say("Alice", "and a bed?")
    await asked(wired, 2)
    wired.world.delete(second)
    await known(wired)
    gate.set()
    await wired.shows("A room.")
    await wired.quiet()
    assert await wired.remembered() == [("Alice", "a room?"), ("Marlow", "A room.")]
    assert first.deleted is False
