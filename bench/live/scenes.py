"""What is played on the stage, and the figures that come of it.

The limits are those that the project set itself; the peers' figures were measured on a like bench: the same
round trip, the same buckets, the same scripts (a first token after 0.4 s, then 60 a second).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from bench.live.counts import (
    Seen,
    Shown,
    begins_with_a_phrase,
    edits,
    final_after,
    finished_at,
    first_text_after,
    freeze,
    median,
    previews_ahead,
    typing_after,
)
from bench.live.faults import discord_fails, last_edit_hangs, model_fails
from bench.live.stage import RTT, Script, Stage, clock
from bench.live.table import Played, Row
from tests.standins.discord_wire import Kind

LLMCORD = "llmcord "
FEW = 8
"""So many replies at once are each as quick as one alone."""

PALS = "discord-pals "

DELTAS = 12
"""Deltas a second of scenes in which that says something."""

Scene = Callable[[Stage], Awaitable[Played]]


async def _one_by_one(stage: Stage, lengths: Sequence[int], pause: float = 0.6) -> list[Shown]:
    """Have replies one after another in one channel, as in a talk."""
    (channel,) = stage.channels(1)
    scripts = []
    for length in lengths:
        scripts.append(stage.script(length))
        stage.ask(channel)
        await stage.whole(scripts[-1:])
        await asyncio.sleep(pause)
    return stage.results(scripts)


async def _at_once(stage: Stage, scripts: Sequence[Script]) -> list[Shown]:
    """Have one reply in each of many channels, all asked for at once."""
    for channel in stage.channels(len(scripts)):
        stage.ask(channel)
    await stage.whole(scripts)
    return stage.results(scripts)


def _finals(
    scene: str, replies: list[Shown], reach: tuple[float, float] | None, peers: str = ""
) -> list[Row]:
    late = [final_after(shown) for shown in replies]
    half, worst = reach or (None, None)
    return [
        Row(scene, "final text after the last token, median", median(late), reach=half, peers=peers),
        Row(scene, "the same, worst", max(late), reach=worst),
    ]


def _first(stage: Stage, scene: str, replies: list[Shown], peers: str) -> list[Row]:
    reach = 0.3 if stage.face == "bot" and len(replies) <= FEW else None
    return [
        Row(
            scene,
            "first text after the first token, median",
            median([first_text_after(shown) for shown in replies]),
            reach=reach,
            peers=peers,
        ),
        Row(
            scene,
            "first texts that are no phrase",
            sum(not begins_with_a_phrase(shown) for shown in replies),
            "",
            0,
            "all",
        ),
    ]


async def single(stage: Stage) -> Played:
    """One reply at a time, of varied length."""
    name = "one reply, 25 to 300 tokens"
    replies = await _one_by_one(stage, (200, 25, 100, 300, 50, 200, 150, 200))
    typing = [typing_after(shown) for shown in replies]
    rows = [
        Row(name, "typing after the mention, median", median(typing), reach=0.1, peers=LLMCORD + "0.04 s"),
        *_first(stage, name, replies, LLMCORD + "0.19 s, one word"),
        *_finals(name, replies, (0.25, 0.6), LLMCORD + "1.1 to 1.3 s"),
        Row(name, "edits of 200 tokens, most", max(map(edits, replies[::5])), "", peers=LLMCORD + "4"),
        Row(name, "longest time without new text", max(map(freeze, replies)), peers=LLMCORD + "1.1 s"),
    ]
    return Played(name, rows, replies)


async def long(stage: Stage) -> Played:
    """600 tokens at 40 a second, three times."""
    name = "600 tokens at 40/s"
    replies = await _at_once(stage, [stage.script(600, 40) for _ in range(3)])
    rows = [
        Row(
            name,
            "longest time without new text, median",
            median([freeze(shown) for shown in replies]),
            reach=1.5 if stage.face == "bot" else 3.0,
            peers=LLMCORD + "1.7 s",
        ),
        *_finals(name, replies, (0.25, 0.6), LLMCORD + "0.5 s"),
        Row(name, "edits, most", max(map(edits, replies)), ""),
    ]
    return Played(name, rows, replies)


def _channels(number: int, peers: str, *, lag_reach: float | None = None, deltas: int | None = None) -> Scene:
    async def scene(stage: Stage) -> Played:
        name = f"{number} channels, 200 tokens in {deltas or 200} deltas"
        before = stage.cpu()
        replies = await _at_once(stage, [stage.script(200, deltas=deltas) for _ in range(number)])
        spent = (stage.cpu() - before) / number * 1000
        typing = [typing_after(shown) for shown in replies]
        rows = [
            Row(name, "typing after the mention, worst", max(typing), peers=peers),
            *_first(stage, name, replies, LLMCORD + "1.1 s" if number == 24 else ""),  # noqa: PLR2004
            *_finals(name, replies, (0.25, 0.6) if number <= FEW else None, LLMCORD + "1.2 s"),
            Row(name, "longest time without new text", max(map(freeze, replies))),
            Row(
                name, "CPU a reply", spent, "ms", 60, LLMCORD + "210 ms, discord-pals 20 to 60 ms unstreamed"
            ),
        ]
        return Played(name, rows, replies, lag_reach=lag_reach)

    return scene


async def short(stage: Stage) -> Played:
    """Replies that are there at once, one by one."""
    name = "short reply, 0.1 s of model"
    (channel,) = stage.channels(1)
    scripts = []
    for _ in range(5):
        scripts.append(_short(stage))
        stage.ask(channel)
        await stage.whole(scripts[-1:])
        await asyncio.sleep(1.2)
    return Played(name, _short_rows(name, stage.results(scripts), 0.3), stage.results(scripts))


async def thirty(stage: Stage) -> Played:
    """Thirty short replies at once."""
    name = "30 short replies at once"
    replies = await _at_once(stage, [_short(stage) for _ in range(30)])
    return Played(name, _short_rows(name, replies, 1.5), replies)


def _short(stage: Stage) -> Script:
    return stage.script(10, 200, first=0.05)


def _short_rows(name: str, replies: list[Shown], reach: float) -> list[Row]:
    whole = [finished_at(shown) - shown.asked[0] for shown in replies]
    many = len(replies) > 5  # noqa: PLR2004 - those that come one by one
    return [
        Row(
            name,
            "whole text after the mention, " + ("worst" if many else "median"),
            max(whole) if many else median(whole),
            reach=reach,
            peers=LLMCORD + ("2.0 to 2.9 s" if many else "≥ 1.1 s"),
        ),
        Row(
            name, "posts and edits of one reply, most", max(1 + edits(shown) for shown in replies), "", 1, "2"
        ),
        Row(
            name,
            "typing after the mention, worst",
            max(typing_after(shown) for shown in replies),
            peers=LLMCORD + "0.4 to 0.8 s" if many else "",
        ),
    ]


def _mentions(number: int, apart: float, peers: str, peers_freeze: str) -> Scene:
    async def scene(stage: Stage) -> Played:
        name = f"{number} mentions within {(number - 1) * apart:g} s in one channel, 2,000 characters"
        (channel,) = stage.channels(1)
        scripts = [stage.script(400) for _ in range(number)]
        began, heard = clock(), len(stage.m2her.requests)
        for who in range(number):
            stage.ask(channel, who, f"what of you, number {who}?")
            await asyncio.sleep(apart)
        used = await stage.as_many_as_come(scripts)
        replies = stage.results(used)
        said = sum(shown.model_time for shown in replies)
        asked = [request.body["messages"] for request in stage.m2her.requests[heard:]]
        answered = {who for who in range(number) if any(f"number {who}?" in str(prompt) for prompt in asked)}
        rows = [
            Row(name, "mentions without an answer", number - len(answered), "", 0),
            Row(name, "replies that answer them", len(asked), ""),
            Row(
                name,
                "mention to the last final, beyond the model's own time",
                max(map(finished_at, replies)) - began - said,
                reach=1.5,
                peers=peers,
            ),
            Row(name, "final text after the last token, worst", max(map(final_after, replies))),
            Row(name, "longest time without new text", max(map(freeze, replies)), peers=peers_freeze),
        ]
        return Played(name, rows, replies)

    return scene


async def pages(stage: Stage) -> Played:
    """6,000 characters: four posts, for a page is never quite full."""
    name = "6,000 characters"
    replies = await _at_once(stage, [stage.script(1200, 120)])
    rows = [
        *_finals(name, replies, (0.25, 0.6), LLMCORD + "0.7 s in 2 embeds, " + PALS + "1.9 s"),
        Row(name, "edits", edits(replies[0]), "", peers=LLMCORD + "9"),
        Row(name, "longest time without new text", freeze(replies[0])),
    ]
    return Played(name, rows, replies)


async def coarse(stage: Stage) -> Played:
    """M2-her's own rhythm: a few large deltas within two seconds."""
    name = "5 large deltas in 2 s"
    replies = []
    for _ in range(4):
        replies += await _at_once(stage, [stage.script(200, 100, deltas=5)])
    rows = [*_first(stage, name, replies, ""), *_finals(name, replies, (0.25, 0.6))]
    return Played(name, [*rows, Row(name, "edits, most", max(map(edits, replies)), "")], replies)


def _tokens(number: int, times: int, peers: str) -> Scene:
    async def scene(stage: Stage) -> Played:
        name = f"{number} tokens at {DELTAS} deltas a second"
        (channel,) = stage.channels(1)
        with stage.unwatched():
            at_rest = await _cpu_at_rest(stage)
            scripts, began, before = [], clock(), stage.cpu()
            for _ in range(times):
                scripts.append(stage.script(number, deltas=number * DELTAS // 60))
                stage.ask(channel)
                await stage.whole(scripts[-1:])
                await asyncio.sleep(0.6)
            spent, took = stage.cpu() - before, clock() - began
        replies = stage.results(scripts)
        rows = [
            Row(
                name,
                "CPU a reply, without what is spent at rest",
                (spent - at_rest * took) / times * 1000,
                "ms",
            ),
            Row(name, "the same, with it", spent / times * 1000, "ms", peers=peers),
            Row(name, "spent at rest, of a core", at_rest * 100, "%"),
            Row(name, "edits, most", max(map(edits, replies)), ""),
            *_finals(name, replies, (0.25, 0.6)),
        ]
        return Played(name, rows, replies)

    return scene


async def _cpu_at_rest(stage: Stage) -> float:
    """Return the share of a core that is spent while nothing happens."""
    before, seconds = stage.cpu(), 5.0
    await asyncio.sleep(seconds)
    return (stage.cpu() - before) / seconds


async def large_deltas(stage: Stage) -> Played:
    """Replies that come in three to eight large deltas."""
    name = "3 to 8 large deltas"
    replies = []
    for deltas in (3, 5, 8):
        for _ in range(4):
            replies += await _at_once(stage, [stage.script(200, 100, deltas=deltas)])
            await asyncio.sleep(0.6)
    rows = [*_finals(name, replies, (0.12, 0.6)), Row(name, "edits, most", max(map(edits, replies)), "")]
    return Played(name, rows, replies)


def _ending(number: int, worst: float) -> Scene:
    async def scene(stage: Stage) -> Played:
        name = f"{number} channels that stream and end together"
        ends, tokens = clock() + 7.0, 240
        scripts = [stage.script(tokens, deltas=tokens * DELTAS // 60, ends=ends) for _ in range(number)]
        replies = await _at_once(stage, scripts)
        rows = [
            *_finals(name, replies, (0.25, worst), LLMCORD + "0.8 to 3 s"),
            Row(name, "longest time without new text, median", median([freeze(shown) for shown in replies])),
            Row(name, "edits, median", median([edits(shown) for shown in replies]), ""),
        ]
        return Played(name, rows, replies)

    return scene


async def proxy(stage: Stage) -> Played:
    """A channel in which a proxy bot speaks for people by its webhook, 20 times a minute."""
    name = "a channel with a proxy bot, 20 posts a minute"
    (channel,) = stage.channels(1)
    end, scripts = clock() + (66 if stage.face == "webhook" else 18), []

    async def chatter() -> None:
        while clock() < end:
            stage.world.proxy_say("Wren", channel, "The rain again.")
            await asyncio.sleep(3)

    talk = asyncio.create_task(chatter())
    while clock() < end:
        scripts.append(stage.script(150))
        stage.ask(channel)
        await stage.whole(scripts[-1:])
        await asyncio.sleep(3)
    await talk
    replies = stage.results(scripts)
    rows = [
        *_finals(name, replies, (0.25, 0.6)),
        Row(name, "longest time without new text", max(map(freeze, replies))),
        Row(name, "replies", len(replies), ""),
    ]
    return Played(name, rows, replies)


async def memory(stage: Stage) -> Played:
    """A thousand short replies in fifty channels."""
    name = "1,000 short replies"
    channels = stage.channels(50)
    at_first = stage.memory()
    after: list[float] = []
    began = stage.cpu()
    for _ in range(20):
        scripts = [_short(stage) for _ in channels]
        for number, channel in enumerate(channels):
            stage.ask(channel)
            if number % 10 == 9:  # noqa: PLR2004
                await asyncio.sleep(0.5)
        await stage.whole(scripts)
        after.append(stage.memory())
    rows = [
        Row(name, "memory after the first reply", at_first, "MB"),
        Row(name, "memory after 200", after[3], "MB", peers=LLMCORD + "252 MB"),
        Row(name, "memory at the end", after[-1], "MB", 110, PALS + "88 to 90 MB"),
        Row(name, "growth after 200", (after[-1] / after[3] - 1) * 100, "%", 5),
        Row(name, "growth after 500", (after[-1] / after[9] - 1) * 100, "%", 1.5),
        Row(name, "CPU a reply", (stage.cpu() - began), "ms"),
    ]
    return Played(name, rows)


SCENES: dict[str, Scene] = {
    "single": single,
    "long": long,
    "8": _channels(8, LLMCORD + "0.04 s"),
    "24": _channels(24, LLMCORD + "0.56 s"),
    "50": _channels(50, "", lag_reach=20),
    "50-coarse": _channels(50, "", lag_reach=20, deltas=18),
    "short": short,
    "30": thirty,
    "2-mentions": _mentions(2, 0, LLMCORD + "0.6 s", LLMCORD + "4.0 s"),
    "4-mentions": _mentions(4, 0.25, LLMCORD + "0.8 s, 4.7 s", LLMCORD + "6.3 s"),
    "pages": pages,
    "coarse": coarse,
    "tokens200": _tokens(200, 8, LLMCORD + "115 ms"),
    "tokens600": _tokens(600, 4, LLMCORD + "177 ms"),
    "large-deltas": large_deltas,
    "ending40": _ending(40, 0.55),
    "ending50": _ending(50, 1.05),
    "proxy": proxy,
    "edits-fail": discord_fails,
    "edit-hangs": last_edit_hangs,
    "model-fails": model_fails,
    "memory": memory,
}

CHANNELS = {
    "single": 1,
    "long": 3,
    "8": 8,
    "24": 24,
    "50": 50,
    "50-coarse": 50,
    "short": 1,
    "30": 30,
    "coarse": 4,
    "large-deltas": 12,
    "ending40": 40,
    "ending50": 50,
    "memory": 50,
    "edits-fail": 3,
    "model-fails": 4,
}
"""How many channels a scene takes; one where it is not named."""

ASIDE = {"memory"}
"""Played only when asked for by name."""


async def play(stage: Stage, name: str) -> Played:
    """Play one scene, with what counts in each of them."""
    refused = dict(stage.world.limits.by_kind)
    began = clock()
    played = await SCENES[name](stage)
    played.began, played.ended = began, clock()
    given = {kind: stage.world.limits.by_kind[kind] - refused.get(kind, 0) for kind in Kind}
    kinds = ", ".join(f"{kind}: {number}" for kind, number in given.items() if number)
    figure = f"429s ({kinds})" if kinds else "429s"
    played.rows.append(Row(played.scene, figure, sum(given.values()), "", 0, "0"))
    if played.replies:
        ahead = sum(
            previews_ahead(shown, _beside(shown, played.replies), way=RTT / 2) for shown in played.replies
        )
        played.rows.append(Row(played.scene, "previews sent ahead of a waiting final", ahead, "", 0))
    return played


def _beside(shown: Shown, replies: Sequence[Shown]) -> list[Seen]:
    """Return what others showed in a reply's channel."""
    others = (each for each in replies if each is not shown and each.channel == shown.channel)
    return [seen for each in others for seen in each.seen]
