"""A model that does not stop: how much of it is posted, and who can end it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.completion import Sampling
from bot.core.scene import Ending
from bot.core.settings import Face, Settings, Stream
from bot.story.places.rules import Rules
from tests.discord_ui.replies.test_faults import CUT, stands
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.wired import Wired, until, wire

MOST, SHORT = 2048, 200
LENGTH = "-# The reply reached the length limit. Press Continue or mention the bot."
STOPPED = "-# The reply was stopped. Press Continue or mention the bot."
SENTENCE = "And on it went. "


def rules(cap: int, stream: Stream = Stream.LIVE, face: Face = Face.BOT) -> Rules:
    return replace(RULES, sampling=Sampling(1.0, 0.95, cap), defaults=Settings(face=face, stream=stream))


@pytest.fixture
async def wired(
    request: pytest.FixtureRequest, m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Wired]:
    cap, *more = getattr(request, "param", (MOST,))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules(cap, *more)) as wired:
        await wired.start()
        yield wired


def shown(wired: Wired) -> list[str]:
    return [each.text for each in wired.shown()]


async def ended(wired: Wired, ending: Ending) -> None:
    async def is_so() -> bool:
        turns = await wired.turns()
        return bool(turns) and turns[-1].ending is ending

    await until(is_so, 20)
    await wired.quiet()


def made(wired: Wired) -> int:
    return len([1 for method, _ in wired.sent() if method == "POST"])


CAPPED = pytest.mark.parametrize(
    "wired",
    [(SHORT, Stream.LIVE), (SHORT, Stream.OFF), (SHORT, Stream.LIVE, Face.WEBHOOK)],
    indirect=True,
)


@CAPPED
@pytest.mark.parametrize(
    "parts",
    [
        ["x" * 500_000],
        ["x" * 500_000] * 3,
        ["word "] * 5_000,
        ["\n\nA paragraph."] * 1_000,
        ["\u6d6a" * 100] * 500,
        ["x" * 1600, "y"],
    ],
    ids=["at once", "three at once", "by words", "by paragraphs", "in Chinese", "one too many"],
)
async def test_no_more_than_eight_characters_a_token_are_taken(
    wired: Wired, m2her: M2her, parts: list[str]
) -> None:
    m2her.say(*parts)
    wired.ask()
    await ended(wired, Ending.LENGTH)
    (turn,) = [turn for turn in await wired.turns() if turn.persona_key]
    assert turn.text == "".join(parts)[: 8 * SHORT]
    assert shown(wired)[-1].endswith(LENGTH)
    assert wired.shown()[-1].buttons == CUT


@pytest.mark.parametrize("wired", [(SHORT,)], indirect=True)
async def test_as_much_as_it_may_write_is_whole(wired: Wired, m2her: M2her) -> None:
    m2her.say("x" * 800, "y" * 800)
    wired.ask()
    await ended(wired, Ending.DONE)
    assert shown(wired) == ["x" * 800 + "y" * 800]


@pytest.mark.parametrize("wired", [(SHORT,)], indirect=True)
async def test_what_is_cut_goes_on(wired: Wired, m2her: M2her) -> None:
    m2her.say(SENTENCE * 1000)
    wired.ask()
    await ended(wired, Ending.LENGTH)
    m2her.say("The end.")
    wired.press("Continue")
    await ended(wired, Ending.DONE)
    assert shown(wired) == [f"{(SENTENCE * 100).strip()} The end."]


@pytest.mark.parametrize("wired", [(SHORT,)], indirect=True)
async def test_the_stream_is_closed(wired: Wired, m2her: M2her) -> None:
    m2her.say("x" * 2000, asyncio.Event(), "never sent")
    wired.ask()
    await m2her.received(1)
    await m2her.requests[0].hung_up.wait()
    await ended(wired, Ending.LENGTH)


@pytest.mark.parametrize("wired", [(SHORT,)], indirect=True)
async def test_thoughts_count_too_and_nobody_asks_again(wired: Wired, m2her: M2her) -> None:
    m2her.say("<think>", *["On and on. "] * 1000)
    wired.ask()
    await ended_without_words(wired)
    assert len(m2her.requests) == 1


async def ended_without_words(wired: Wired) -> None:
    await wired.world.wait_for(lambda: wired.shown() and wired.shown()[-1].buttons == ("Retry",), 10)
    await wired.quiet()


async def test_a_word_now_and_then_ends_after_five_minutes(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [datetime(2026, 3, 1, tzinfo=UTC)]
    monkeypatch.setattr("bot.composition.story.now", lambda: clock[0])
    gates = [asyncio.Event() for _ in range(200)]
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        m2her.say(*(part for gate in gates for part in ("word ", gate)))
        wired.ask()
        for number, gate in enumerate(gates):
            if m2her.requests and m2her.requests[0].hung_up.is_set():
                break
            wanted = "word " * (number + 1)

            async def is_there(wanted: str = wanted) -> bool:
                is_over = bool(m2her.requests) and m2her.requests[0].hung_up.is_set()
                return is_over or wanted.strip() in "".join(shown(wired))

            await until(is_there)
            clock[0] += timedelta(seconds=2)
            gate.set()
        await ended(wired, Ending.LENGTH)
        # The word at 0 s, one every two seconds, and the one at 300 s is the last.
        assert shown(wired) == [("word " * 151).strip() + f"\n{LENGTH}"]


@pytest.mark.parametrize(
    ("wired", "parts"),
    [
        ((MOST, Stream.LIVE), [f"{'w' * 1100}\n\n"] * 14),
        ((MOST, Stream.OFF), [f"{'w' * 1100}\n\n"] * 14),
        ((MOST, Stream.LIVE, Face.WEBHOOK), [f"{'w' * 1100}\n\n"] * 14),
        ((MOST, Stream.LIVE), ["```\nx\n```\n" + "w" * 1400 + ".\n\n"] * 11),
    ],
    indirect=["wired"],
)
async def test_no_more_than_ten_posts(wired: Wired, m2her: M2her, parts: list[str]) -> None:
    m2her.say(*parts)
    wired.ask()
    await ended(wired, Ending.LENGTH)
    assert len(wired.shown()) == made(wired) == 10
    assert shown(wired)[-1].endswith(LENGTH)
    assert [each.buttons for each in wired.shown()] == [()] * 9 + [CUT]
    text = (await wired.turns())[-1].text
    assert "".join(parts).startswith(text)
    assert text.count("w" * 1100) == sum(each.count("w" * 1100) for each in shown(wired)) == 10


async def test_one_page_goes_on_in_ten_more(wired: Wired, m2her: M2her) -> None:
    m2her.say("Number four.", finish="length")
    wired.ask()
    await ended(wired, Ending.LENGTH)
    m2her.say(*[f"\n\n{'w' * 1100}"] * 14)
    wired.press("Continue")
    await wired.world.wait_for(lambda: len(wired.shown()) == 11, 20)
    await ended(wired, Ending.LENGTH)
    assert len(wired.shown()) == 11


@pytest.mark.parametrize("wired", [(MOST, Stream.OFF), (MOST, Stream.LIVE)], indirect=True)
@pytest.mark.parametrize("by", ["Stop", "pause"])
async def test_posts_not_yet_made_are_not_made(wired: Wired, m2her: M2her, by: str) -> None:
    pages = [f"{letter * 1500}.\n\n" for letter in "abcdefgh"]
    m2her.say("".join(pages))
    await wired.world.wait_for(lambda: wired.world.interactions.commands)
    wired.ask()
    await wired.world.wait_for(lambda: len(wired.shown()) >= 2, 10)
    assert buttons(wired) == ("Stop",)
    if by == "Stop":
        wired.press("Stop")
    else:
        wired.world.interactions.command(wired.world.guild.owner, wired.bound, "dramatis pause")
    await ended(wired, Ending.STOPPED)
    posts = [each for each in wired.shown() if "paused" not in each.text]
    assert 2 <= len(posts) < 8
    assert posts[-1].text.endswith(STOPPED)
    assert [each.buttons for each in posts] == [()] * (len(posts) - 1) + [CUT]
    # The story keeps what people saw.
    assert (await wired.turns())[-1].text.split() == "".join(pages[: len(posts)]).split()


@pytest.mark.parametrize("wired", [(MOST, Stream.OFF), (MOST, Stream.LIVE)], indirect=True)
async def test_stop_stands_until_the_last_post_is_made(wired: Wired, m2her: M2her) -> None:
    m2her.say("".join(f"{letter * 1500}.\n\n" for letter in "abcdefgh"))
    wired.ask()
    seen: list[tuple[int, tuple[str, ...]]] = []

    def is_whole() -> bool:
        seen.append((len(wired.shown()), buttons(wired)))
        return seen[-1][0] == 8

    await wired.world.wait_for(is_whole, 20)
    assert {labels for count, labels in seen if 0 < count < 8} == {("Stop",)}
    await ended(wired, Ending.DONE)
    assert buttons(wired) == ("↻ Again", "⋯ More")


def buttons(wired: Wired) -> tuple[str, ...]:
    return tuple(label for each in wired.shown() for label in each.buttons)


@pytest.mark.parametrize("wired", [(MOST, Stream.OFF)], indirect=True)
async def test_a_post_that_waits_when_stop_is_pressed_is_not_made(wired: Wired, m2her: M2her) -> None:
    m2her.say("a" * 1500 + ".\n\n" + "b" * 1500)
    held = wired.world.faults.hang("POST", "/channels/*/messages", applied=True)
    wired.ask()
    await wired.world.wait_for(lambda: held.caught, 10)
    wired.press("Stop")
    await wired.world.wait_for(lambda: any(r.path.endswith("/callback") for r in wired.world.requests), 10)
    held.release()
    await ended(wired, Ending.STOPPED)
    await stands(wired, ("a" * 1500 + f".\n{STOPPED}", CUT))
