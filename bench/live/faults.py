"""What goes wrong while a reply streams, on Discord's side and on the model's, and how long people wait."""

import asyncio
from collections.abc import Callable

from bench.live.counts import SMALL, final_after, finished_at, freeze, story
from bench.live.stage import Stage, clock
from bench.live.table import Played, Row
from tests.standins.discord_wire import Channel
from tests.standins.discord_wire.faults import Fault
from tests.standins.m2her import End, Error, Part

EDITS = "/*/messages/*"
"""The path of an edit, either face's."""

MOST_TRIES = 5
"""More than the bot makes: what is left over is taken back."""

PALS = "discord-pals "
LLMCORD = "llmcord "


async def discord_fails(stage: Stage) -> Played:
    """Edits that Discord refuses, drops or never answers."""
    name = "edits that fail"
    rows: list[Row] = []
    faults = stage.world.faults
    replies = []
    plans: tuple[tuple[str, Callable[[], Fault]], ...] = (
        ("three answers 503", lambda: faults.answer("PATCH", EDITS, 503, times=3)),
        ("three connections reset", lambda: faults.reset("PATCH", EDITS, times=3)),
        ("an edit without an answer", lambda: faults.hang("PATCH", EDITS)),
    )
    for what, plan in plans:
        (channel,) = stage.channels(1)
        script = stage.script(240)
        fault = plan()
        stage.ask(channel)
        await stage.whole([script])
        fault.release()
        (shown,) = stage.results([script])
        replies.append(shown)
        rows += [
            Row(name, f"{what}: final text after the last token", final_after(shown), reach=6.0),
            Row(name, f"{what}: longest time without new text", freeze(shown)),
        ]
        await asyncio.sleep(1.2)
    return Played(name, rows, replies)


async def last_edit_hangs(stage: Stage) -> Played:
    """The last preview before the end gets no answer: the last words must not wait for it for long."""
    name = "the last preview hangs"
    (channel,) = stage.channels(1)
    script = stage.script(180)
    stage.ask(channel)
    await stage.until(lambda: len(script.shown.tokens) > 0)
    await asyncio.sleep(1.2)
    fault = stage.world.faults.hang("PATCH", EDITS)
    await stage.whole([script])
    fault.release()
    replies = stage.results([script])
    return Played(
        name, [Row(name, "final text after the last token", final_after(replies[0]), reach=6.0)], replies
    )


async def model_fails(stage: Stage) -> Played:
    """A model that is dead, errs, breaks off or says nothing."""
    name = "the model fails"
    rows: list[Row] = []
    silent = await _ask_one_that_hangs(stage)
    whats: tuple[tuple[str, Part, str], ...] = (
        ("dead", End.RESET, ""),
        ("HTTP 500", Error(1000, status=500), LLMCORD + "never, " + PALS + "46.6 s"),
    )
    for what, part, peers in whats:
        (channel,) = stage.channels(1)
        for _ in range(MOST_TRIES):
            stage.m2her.say(part)
        asked, began = len(stage.m2her.requests), clock()
        stage.ask(channel)
        told = await _told(stage, channel, began)
        rows += [
            Row(name, f"{what}: words in the channel after", told, reach=20, peers=peers),
            Row(name, f"{what}: tries", len(stage.m2her.requests) - asked, ""),
        ]
        stage.m2her.take_back()
    rows += await _broken_off(stage, name)
    rows.append(
        Row(name, "no word for ever: words in the channel after", await _told(stage, *silent), reach=20)
    )
    return Played(name, rows)


async def _ask_one_that_hangs(stage: Stage) -> tuple[Channel, float]:
    (channel,) = stage.channels(1)
    asked = len(stage.m2her.requests)
    stage.m2her.say(End.STALL)
    began = clock()
    stage.ask(channel)
    await stage.m2her.received(asked + 1)
    return channel, began


async def _told(stage: Stage, channel: Channel, began: float) -> float:
    await stage.until(lambda: bool(stage.loose.get(channel.id)), 60)
    return stage.loose[channel.id][0].at - began if channel.id in stage.loose else float("inf")


async def _broken_off(stage: Stage, name: str) -> list[Row]:
    """Let a stream end in the middle: all that came is shown, with words beneath."""
    (channel,) = stage.channels(1)
    script = stage.script(100, then=[End.RESET])
    stage.ask(channel)
    seen = script.shown.seen
    await stage.until(lambda: bool(seen) and bool(SMALL.search(seen[-1].content)), 30)
    lost = len(story(script.shown.text)) - len(story(seen[-1].content))
    return [
        Row(name, "cut midway: characters lost", lost, "", 0, LLMCORD + "160 of 500, no notice"),
        Row(
            name,
            "cut midway: all of it and words, after the break",
            finished_at(script.shown) - script.shown.tokens[-1],
            reach=3,
        ),
    ]
