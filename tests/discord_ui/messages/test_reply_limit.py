"""How often one person gets an answer: what is counted, what is said, and what the story keeps."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.core.routing import Respond
from bot.story.places.rules import ChannelRule, HostLimits
from tests.clocks import Clock, stopped
from tests.databases import let_pass
from tests.standins.discord_wire import Interaction, Message
from tests.standins.m2her import Error, M2her
from tests.tavern import RULES
from tests.wired import Wired, wire

EPHEMERAL = 64


def line(seconds: int = 60) -> str:
    return (
        "-# The bot has answered you as often as it can within a minute. What you wrote is in the story. Ask again in "
        f"{seconds} s."
    )


def private(seconds: int = 60) -> str:
    return f"The bot has answered you as often as it can within a minute. Try again in {seconds} s."


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped(monkeypatch, datetime.now(UTC))


@pytest.fixture
async def wired(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> AsyncIterator[Wired]:
    """A bot that answers each person twice a minute."""
    rules = replace(RULES, limits=HostLimits(replies_per_minute=2))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        yield wired


async def asks(wired: Wired, m2her: M2her, text: str, who: str = "Alice", **options: object) -> bool:
    """Let somebody say something, and wait until all is quiet; return whether the model was asked."""
    before = len(m2her.requests)
    m2her.say(f"Answer {before + 1}.")
    wired.say(who, text, **options)  # type: ignore[arg-type]  # what `say` takes
    await wired.quiet()
    return len(m2her.requests) > before


async def spends(wired: Wired, m2her: M2her, who: str = "Alice") -> Message:
    """Let somebody ask as often as they may; return the last post."""
    for text in ("one", "two"):
        assert await asks(wired, m2her, f"{wired.mention} {text}", who)
    return wired.last_post()


# --- messages -----------------------------------------------------------------------------------------


async def test_one_too_many_is_told_once_in_small_print_and_stays_in_the_story(
    wired: Wired, m2her: M2her, clock: Clock
) -> None:
    await spends(wired, m2her)
    clock.forward(10)
    asked = wired.ask("three")
    await wired.shows("Answer 1.", "Answer 2.", line(50))
    await wired.quiet()
    assert wired.last_post().reply_to is asked
    assert not await asks(wired, m2her, f"{wired.mention} four")
    assert wired.posts() == ["Answer 1.", "Answer 2.", line(50)]
    assert await wired.remembered() == [
        ("Alice", "one"),
        ("Marlow", "Answer 1."),
        ("Alice", "two"),
        ("Marlow", "Answer 2."),
        ("Alice", "three"),
        ("Alice", "four"),
    ]
    assert await wired.database.read("SELECT 1 FROM debt") == []
    clock.forward(50)
    assert await asks(wired, m2her, f"{wired.mention} five")
    assert wired.heard[-1] == ("Alice", "three\nfour\nfive")


async def test_others_are_answered_meanwhile_and_hear_what_was_refused(wired: Wired, m2her: M2her) -> None:
    await spends(wired, m2her)
    assert not await asks(wired, m2her, f"{wired.mention} three")
    assert await asks(wired, m2her, f"{wired.mention} and me?", "Bob")
    assert wired.heard[-2:] == [("Alice", "three"), ("Bob", "and me?")]


async def test_it_counts_in_all_channels_and_servers_together(wired: Wired, m2her: M2her) -> None:
    other = wired.world.add_channel("tavern", wired.world.add_guild("Another"))
    assert await asks(wired, m2her, f"{wired.mention} one", channel=other)
    assert await asks(wired, m2her, f"{wired.mention} two", channel=wired.elsewhere)
    assert not await asks(wired, m2her, f"{wired.mention} three")
    assert wired.posts() == [line()]
    assert not await asks(wired, m2her, f"{wired.mention} four", channel=other)
    assert line() not in wired.posts(other)  # once a minute, wherever


@pytest.mark.parametrize("respond", [Respond.NAME, Respond.ALWAYS])
async def test_names_replies_and_every_message_count_like_mentions(
    wired: Wired, m2her: M2her, respond: Respond
) -> None:
    wired.channels[wired.bound.id] = ChannelRule(("marlow",), respond)
    assert await asks(wired, m2her, "Marlow, one")
    assert await asks(wired, m2her, "two", reply_to=wired.last_post(), ping=False)
    assert not await asks(wired, m2her, "Marlow, three")
    assert not await asks(wired, m2her, "four", reply_to=wired.last_post(), ping=False)
    assert [text for _, text in await wired.remembered()][-2:] == ["Marlow, three", "four"]
    assert wired.posts()[2:] == [line()]


async def test_words_to_nobody_are_no_question(wired: Wired, m2her: M2her) -> None:
    await spends(wired, m2her)
    assert not await asks(wired, m2her, "Foul weather.")
    assert wired.posts() == ["Answer 1.", "Answer 2."]


async def test_what_joins_a_waiting_reply_counts_once(wired: Wired, m2her: M2her) -> None:
    held = asyncio.Event()
    m2her.say("Wait", held, ".")
    m2her.say("All of it.")
    wired.ask("one")
    await wired.shows("Wait")
    for text in ("two", "three", "four", "five"):
        wired.ask(text)
    await wired.world.wait_for(lambda: wired.clients[-1].ws.sequence == wired.world.sockets.last_sequence)
    held.set()
    await wired.shows("Wait.", "All of it.")
    await wired.quiet()
    assert wired.heard[-1] == ("Alice", "two\nthree\nfour\nfive")
    assert not await asks(wired, m2her, f"{wired.mention} six")


async def test_zero_is_no_limit_and_a_change_counts_at_once(wired: Wired, m2her: M2her) -> None:
    casting = wired.clients[-1].services.story.casting
    casting.rules = replace(casting.rules, limits=HostLimits(replies_per_minute=0))
    for text in ("one", "two", "three", "four"):
        assert await asks(wired, m2her, f"{wired.mention} {text}")
    casting.rules = replace(casting.rules, limits=HostLimits(replies_per_minute=4))
    assert not await asks(wired, m2her, f"{wired.mention} five")


async def test_an_answer_that_failed_was_asked_for_too(wired: Wired, m2her: M2her) -> None:
    for text in ("one", "two"):
        m2her.say(Error(1004))
        wired.ask(text)
        await wired.quiet()
    assert not await asks(wired, m2her, f"{wired.mention} three")


# --- commands and buttons -------------------------------------------------------------------------------


async def told(wired: Wired, used: Interaction) -> str:
    await wired.answers(used)
    await wired.quiet()
    text = used.further[-1] if used.further else await wired.answers(used)
    assert text.flags & EPHEMERAL
    return text.content


@pytest.mark.parametrize("who", ["Alice", "Moderator"])
async def test_each_way_to_another_variant_is_refused_privately_and_changes_nothing(
    wired: Wired, m2her: M2her, who: str
) -> None:
    post = await spends(wired, m2her, who)
    asked, before = len(m2her.requests), await wired.turns()
    for used in (
        wired.press("↻ Again", post, who=who),
        wired.menu("Regenerate from here", post, who=who),
        wired.press("↻ Again", post, who=who),  # each press is answered
    ):
        assert await told(wired, used) == private()
    assert len(m2her.requests) == asked
    assert (await wired.turns(), wired.posts()) == (before, ["Answer 1.", "Answer 2."])
    wired.say("Bob", "Hm.")
    await wired.quiet()
    await let_pass(wired.database)
    m2her.say("Bob's.")
    wired.press("↻ Again", post, who="Bob")
    await wired.shows("Answer 1.", "Bob's.")


async def test_further_variants_are_counted_and_leafing_is_not(wired: Wired, m2her: M2her) -> None:
    m2her.say("First.")
    wired.ask("one")
    await wired.shows("First.")
    await wired.quiet()
    m2her.say("Second.")
    wired.press("↻ Again")
    await wired.shows("Second.")
    await wired.quiet()
    assert await told(wired, wired.press("↻ Again")) == private()
    wired.press("◀")
    await wired.shows("First.")
    await wired.quiet()
    wired.press("▶")
    await wired.shows("Second.")


async def test_continue_and_retry_are_counted(wired: Wired, m2her: M2her, clock: Clock) -> None:
    m2her.say("The lamp", finish="length")
    wired.ask("one")
    await wired.world.wait_for(lambda: wired.posts() and "limit" in wired.posts()[0])
    await wired.quiet()
    m2her.say(" is", finish="length")
    wired.press("Continue")
    await wired.world.wait_for(lambda: wired.posts()[0].startswith("The lamp is"))
    await wired.quiet()
    assert await told(wired, wired.press("Continue")) == private()
    clock.forward(60)
    for _ in range(2):
        m2her.say(Error(1004))
        wired.ask("and?")
        await wired.quiet()
    assert await told(wired, wired.press("Retry")) == private()


async def test_what_follows_stays_where_regenerating_is_refused(wired: Wired, m2her: M2her) -> None:
    await spends(wired, m2her)
    first = wired.world.posts(wired.bound)[0]
    question = await wired.answers(wired.menu("Regenerate from here", first))
    used = wired.press("Regenerate from here", question)
    await wired.world.wait_for(lambda: used.further or used.message)
    await wired.quiet()
    assert [text for _, text in await wired.remembered()] == ["one", "Answer 1.", "two", "Answer 2."]


async def test_words_of_a_command_stay_and_their_speaker_is_told_privately(
    wired: Wired, m2her: M2her
) -> None:
    await spends(wired, m2her)
    alice = wired.person("Alice")
    used = wired.world.interactions.command(alice, wired.bound, "talk", text="Good evening.")
    assert await told(wired, used) == line().removeprefix("-# ")
    assert wired.posts()[-1] == "**Alice:** Good evening."
    assert (await wired.remembered())[-1] == ("Alice", "Good evening.")
    used = wired.world.interactions.command(alice, wired.bound, "talk")
    assert await told(wired, used) == private()
    assert wired.posts()[-1] == "**Alice:** Good evening."
    assert (await wired.remembered())[-1] == ("Alice", "Good evening.")
    assert len(m2her.requests) == 2


async def test_a_reply_by_command_counts(wired: Wired, m2her: M2her) -> None:
    alice = wired.person("Alice")
    for number in (1, 2):
        m2her.say(f"Answer {number}.")
        wired.world.interactions.command(alice, wired.elsewhere, "talk", text="well?", persona="isolde")
        await m2her.received(number)
        await wired.quiet()
    assert not await asks(wired, m2her, f"{wired.mention} three")
