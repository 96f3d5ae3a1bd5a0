"""The row under a reply: who may press when, what leafing costs, and what the rarer buttons do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import let_pass
from tests.discord_ui.interactions.common.test_pressing import have_buttons
from tests.discord_ui.interactions.revisions.test_controls import (
    FIRST,
    SECOND,
    ask,
    labels,
    last,
    plant,
    press,
    private,
)
from tests.standins.m2her import M2her
from tests.tavern import Tavern
from tests.wired import Wired, wire

APART = (
    "Only people who wrote one of this story's latest 20 messages can do that. Say something in the story, then "
    "you can too."
)
ONCE_DONE = "This reply is still being written for someone else. You can do that a minute after it's done."
LATER = "For a minute, only the people this reply answers can do that. You can <t:"


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


def told(used: Any) -> str:
    """What the person alone is told by a press."""
    assert used.ephemeral
    return str(used.response.content)


# --- leafing ----------------------------------------------------------------------------------------


async def test_an_old_arrow_at_the_last_variant_asks_nobody_and_gets_the_row_right(
    tavern: Tavern, m2her: M2her
) -> None:
    post = await ask(tavern, m2her)
    m2her.say(SECOND)
    await press(tavern, "↻ Again")
    turn = (await tavern.turns(tavern.bound))[-1]
    plant(tavern, post, f"rp:next:{turn.id}")  # as the row of an older version has it
    asked = len(m2her.requests)
    used = await tavern.people["Alice"].click(post, custom_id=f"rp:next:{turn.id}")
    assert used.acknowledged
    assert len(m2her.requests) == asked
    assert labels(tavern, post) == ["◀", "(2/2)", "↻ Again", "⋯ More"]
    assert tavern.posts(tavern.bound) == [SECOND]


async def test_two_who_leaf_at_once_pay_nothing(tavern: Tavern, m2her: M2her) -> None:
    post = await ask(tavern, m2her)
    m2her.say(SECOND)
    await press(tavern, "↻ Again")
    await press(tavern, "◀")
    turn, asked = (await tavern.turns(tavern.bound))[-1], len(m2her.requests)
    for _ in range(2):
        await tavern.forge(tavern.people["Alice"], post, f"rp:next:{turn.id}")
    assert len(m2her.requests) == asked
    assert labels(tavern, post) == ["◀", "(2/2)", "↻ Again", "⋯ More"]


# --- whose reply it is ------------------------------------------------------------------------------


async def test_who_plays_waits_a_minute_and_who_does_not_is_told_to_join(
    tavern: Tavern, m2her: M2her
) -> None:
    m2her.say("Evening.")
    await tavern.say("Alice", f"{tavern.mention} good evening")
    await tavern.say("Bob", "Hm.")
    m2her.say(FIRST)
    await tavern.say("Carol", f"{tavern.mention} what now?")
    post = last(tavern)
    assert told(await press(tavern, "↻ Again", post, "Bob")).startswith(LATER)
    tavern.join("Dora")
    assert told(await press(tavern, "↻ Again", post, "Dora")) == APART
    await tavern.restart()  # what is known of it is stored
    assert told(await press(tavern, "↻ Again", post, "Bob")).startswith(LATER)
    await let_pass(tavern.database)
    m2her.say(SECOND)
    await press(tavern, "↻ Again", post, "Bob")
    assert tavern.posts(tavern.bound)[-1] == SECOND
    assert told(await press(tavern, "◀", post, "Dora")) == APART
    await tavern.say("Dora", "May I?")
    assert told(await press(tavern, "◀", post, "Dora")).startswith(LATER)  # Bob's variant is new
    await press(tavern, "◀", post, "Carol")
    await press(tavern, "▶", post, "Alice")  # it is her scene
    assert tavern.posts(tavern.bound)[-1] == SECOND


async def test_who_asked_and_who_joined_may_stop_a_reply_and_others_may_not(
    wired: Wired, m2her: M2her
) -> None:
    held = asyncio.Event()
    m2her.say("Wait", held)
    wired.ask("one", "Zoe")
    await wired.shows("Wait")
    wired.say("Bob", "Hm.")
    wired.ask("two", "Alice")
    wired.ask("three", "Carol")
    await wired.world.wait_for(lambda: wired.clients[-1].ws.sequence == wired.world.sockets.last_sequence)
    m2her.say("For both", asyncio.Event())
    held.set()
    await have_buttons(wired, ("↻ Again", "⋯ More"), ("Stop",))
    post = wired.last_post()
    assert (await wired.answers(wired.press("Stop", post, who="Bob"))).content == ONCE_DONE
    assert (await wired.answers(wired.press("Stop", post, who="Dora"))).content == APART
    wired.press("Stop", post, who="Alice")
    await have_buttons(wired, (), ("↻ Again", "Continue", "⋯ More"))
    m2her.say("!")
    wired.press("Continue", who="Dora")  # what broke off is everybody's
    await have_buttons(wired, (), ("↻ Again", "⋯ More"))
    assert wired.posts()[-1].endswith("\nFor both!")


async def test_who_has_a_reply_written_again_may_stop_that(wired: Wired, m2her: M2her) -> None:
    m2her.say(FIRST)
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    wired.say("Bob", "Hm.")
    await wired.quiet()
    await let_pass(wired.database)
    m2her.say("The lamp still", asyncio.Event())
    wired.press("↻ Again", who="Bob")
    await wired.shows("The lamp still")
    await have_buttons(wired, ("Stop",))
    wired.press("Stop", who="Bob")
    await wired.shows("The lamp still\n-# The reply was stopped. Press Continue or mention the bot.")


# --- going on ---------------------------------------------------------------------------------------


async def test_the_story_goes_on_from_the_private_menu_as_by_an_empty_talk(
    tavern: Tavern, m2her: M2her
) -> None:
    await ask(tavern, m2her)
    opened = await press(tavern, "⋯ More", who="Bob")
    assert private(opened) == ["▷ Go on", "Not this", "Report"]
    m2her.say("Outside, a bell.")
    used = await tavern.people["Bob"].click(opened.response, label="▷ Go on")
    assert not used.ephemeral
    assert tavern.posts(tavern.bound) == [FIRST, "-# Bob lets the story continue.", "Outside, a bell."]
    by_button = tavern.heard[-1]
    assert labels(tavern, last(tavern)) == ["↻ Again", "⋯ More"]
    m2her.say("It tolls.")
    await tavern.people["Bob"].slash(tavern.bound, "talk")
    assert tavern.heard[-1] == by_button
