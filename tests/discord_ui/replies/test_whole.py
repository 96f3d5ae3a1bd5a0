"""Whole replies: who wishes it gets replies in one piece, and nothing of them is edited."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.composition.story import now
from bot.core.settings import Wish
from bot.storage.preferences import Preferences
from bot.storage.settings import SettingsStore
from tests.discord_ui.interactions.common.test_pressing import have_buttons
from tests.standins.m2her import M2her
from tests.wired import Wired, wire

LONG = " ".join(["word"] * 700)


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


async def wish(wired: Wired, who: str) -> None:
    await Preferences(wired.database).put(wired.person(who).id, Wish.WHOLE_REPLIES)


def changes(wired: Wired) -> list[str]:
    """What the bot did to its posts: posted or edited, in this order."""
    return [
        request.method
        for request in wired.world.requests
        if request.method in {"POST", "PATCH"}
        and request.path.startswith(f"/channels/{wired.bound.id}/messages")
    ]


async def test_a_reply_to_who_wishes_it_is_posted_once_and_whole(wired: Wired, m2her: M2her) -> None:
    await wish(wired, "Alice")
    held = asyncio.Event()
    m2her.say("The lamp. ", held, "It is out.")
    wired.ask()
    await m2her.received(1)
    await wired.world.wait_for(lambda: any(each.path.endswith("/typing") for each in wired.world.requests))
    assert wired.posts() == []
    held.set()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    assert wired.posts() == ["The lamp. It is out."]
    assert changes(wired) == ["POST"]


async def test_a_long_one_comes_in_order_and_no_part_of_it_is_edited(wired: Wired, m2her: M2her) -> None:
    await wish(wired, "Alice")
    m2her.say(LONG)
    wired.ask()
    await have_buttons(wired, (), ("↻ Again", "⋯ More"))
    assert " ".join(wired.posts()) == LONG
    assert changes(wired) == ["POST", "POST"]


async def test_one_who_wishes_it_is_enough_and_others_still_see_their_own_grow(
    wired: Wired, m2her: M2her
) -> None:
    await wish(wired, "Carol")
    held, further = asyncio.Event(), asyncio.Event()
    m2her.say("Wait, ", held, "Alice.")
    wired.ask("one", "Alice")
    await wired.shows("Wait,")
    wired.ask("two", "Bob")
    wired.ask("three", "Carol")
    await wired.world.wait_for(lambda: wired.clients[-1].ws.sequence == wired.world.sockets.last_sequence)
    m2her.say("For both. ", further, "Indeed.")
    held.set()
    await m2her.received(2)
    assert wired.posts() == ["Wait, Alice."]
    further.set()
    await have_buttons(wired, (), ("↻ Again", "⋯ More"))
    assert wired.posts()[-1].endswith("For both. Indeed.")


async def test_another_variant_takes_the_place_of_the_first_by_one_edit(wired: Wired, m2her: M2her) -> None:
    await wish(wired, "Alice")
    m2her.say("One.")
    wired.ask()
    await have_buttons(wired, ("↻ Again", "⋯ More"))
    m2her.say("Two. ", "And ", "more.")
    wired.press("↻ Again")
    await have_buttons(wired, ("◀", "↻ Again", "⋯ More"))
    told = [
        each for each in wired.world.requests if each.method == "PATCH" and "content" in (each.json or {})
    ]
    assert [each.json["content"] for each in told] == ["Two. And more."]


async def test_it_is_stopped_by_telling_the_persona(wired: Wired, m2her: M2her) -> None:
    await wish(wired, "Alice")
    m2her.say("The lamp. ", asyncio.Event())
    wired.ask()
    await m2her.received(1)
    wired.say("Alice", f"{wired.mention} ((stop))")
    stopped = "The lamp.\n-# The reply was stopped. Press Continue or mention the bot."
    await wired.world.wait_for(lambda: stopped in wired.posts(), 10)


async def test_the_log_tells_who_stopped_a_reply_to_others_by_telling_the_persona(
    wired: Wired, m2her: M2her
) -> None:
    hall, guild = wired.world.add_channel("mods"), wired.world.guild
    await SettingsStore(wired.database).put("server", guild.id, "log", str(hall.id), by_user=1, at=now())
    m2her.say("The lamp. ", asyncio.Event())
    wired.ask()
    await m2her.received(1)
    said = wired.say("Bob", f"{wired.mention} ((stop))")
    link = f"https://discord.com/channels/{guild.id}/{wired.bound.id}/{said.id}"
    await wired.shows(f"<@{wired.person('Bob').id}> stopped a reply: {link}", channel=hall)


async def test_the_wish_is_made_and_taken_back_by_its_button_and_leaves_nothing(
    wired: Wired,
) -> None:
    asked = wired.world.interactions.command(wired.person("Alice"), wired.bound, "myself")
    told = await wired.answers(wired.press("Whole replies for me", await wired.answers(asked)))
    rows = await wired.database.read("SELECT user_id, key, value FROM preference")
    assert [tuple(row) for row in rows] == [(wired.person("Alice").id, "whole_replies", "true")]
    await wired.answers(wired.press("Growing replies for me", told, who="Alice"))
    assert await wired.database.read("SELECT * FROM preference") == []
