"""When what a persona says reaches the channel, on Discord's real limits (scaled)."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bot.core.settings import Stream
from bot.story.places.rules import ChannelRule
from tests.standins.m2her import M2her
from tests.wired import SCALE, TEMPO, Wired, wire

Stage = Callable[..., AbstractAsyncContextManager[Wired]]


@pytest.fixture
def stage(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return partial(wire, m2her, tmp_path, monkeypatch)


@pytest.fixture
async def wired(stage: Stage) -> AsyncIterator[Wired]:
    async with stage() as wired:
        await wired.start()
        yield wired


# --- live, calm, off ----------------------------------------------------------------------------


async def half_said(wired: Wired, m2her: M2her) -> asyncio.Event:
    """Let both channels have half an answer, and return when the one that is live shows it."""
    gate = asyncio.Event()
    m2her.say("The storm ", gate, "will pass.")
    wired.ask()
    await m2her.received(1)
    m2her.say("The tide ", gate, "will turn.")
    wired.ask(channel=wired.elsewhere)
    await wired.shows("The tide", channel=wired.elsewhere)
    return gate


@pytest.mark.parametrize("stream", [Stream.CALM, Stream.OFF])
async def test_where_replies_do_not_grow_nothing_is_seen_before_the_whole(
    stage: Stage, m2her: M2her, stream: Stream
) -> None:
    async with stage(tempo=replace(TEMPO, calm=60.0)) as wired:
        wired.channels[wired.bound.id] = ChannelRule(("marlow",), stream=stream)
        await wired.start()
        gate = await half_said(wired, m2her)
        assert wired.posts() == []
        gate.set()
        await wired.shows("The storm will pass.")
        await wired.shows("The tide will turn.", channel=wired.elsewhere)
        assert ("POST", "The storm will pass.") in wired.sent()
        assert ("PATCH", "The storm will pass.") not in wired.sent()


async def test_a_calm_channel_that_has_waited_sees_the_reply_grow(stage: Stage, m2her: M2her) -> None:
    async with stage() as wired:
        wired.channels[wired.bound.id] = ChannelRule(("marlow",), stream=Stream.CALM)
        await wired.start()
        gate = await half_said(wired, m2her)
        await wired.shows("The storm")
        gate.set()
        await wired.shows("The storm will pass.")


# --- the last token -----------------------------------------------------------------------------


async def test_the_next_to_ask_need_not_wait_until_the_limit_of_edits_is_whole_again(
    wired: Wired, m2her: M2her
) -> None:
    """The library sleeps in the call that takes a bucket's last token."""
    wired.world.limits.rules["PATCH /channels/{channel}/messages/{message}"] = (2, 3600 / SCALE)
    gates = [asyncio.Event(), asyncio.Event()]
    m2her.say("The storm ", gates[0], "will pass, ", gates[1], "surely.")
    m2her.say("Sleep now.")
    wired.ask()
    await wired.shows("The storm")
    gates[0].set()
    await wired.shows("The storm will pass,")
    gates[1].set()
    await wired.shows("The storm will pass, surely.")
    wired.ask()
    await wired.shows("The storm will pass, surely.", "Sleep now.")
    assert wired.world.limits.given == 0


async def test_the_last_words_find_a_token_that_previews_have_left_them(wired: Wired, m2her: M2her) -> None:
    wired.world.limits.rules["PATCH /channels/{channel}/messages/{message}"] = (1, 3600 / SCALE)
    gate = asyncio.Event()
    m2her.say("One. ", gate, "Two.")
    wired.ask()
    await wired.shows("One.")
    gate.set()
    await wired.shows("One. Two.")
    assert wired.sent() == [("POST", "One."), ("PATCH", "One. Two.")]
