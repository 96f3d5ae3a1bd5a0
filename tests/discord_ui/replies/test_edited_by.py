"""The person who rewrote a reply is named under it, whatever is done with it then."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.settings import Face, Settings, Stream
from tests.discord_ui.replies.test_refused_words import path, refusal
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.wired import Wired, wire

EDITED = "-# edited by Alice"


@pytest.fixture(params=[Face.BOT, Face.WEBHOOK])
async def faced(
    request: pytest.FixtureRequest, m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Wired, Face]]:
    rules = replace(RULES, defaults=Settings(face=request.param, stream=Stream.LIVE))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        yield wired, request.param


def text_of(wired: Wired) -> str:
    """All that people read under the reply's name."""
    return "\n".join(each.text for each in wired.shown())


async def edited(wired: Wired, text: str) -> None:
    """Let Alice rewrite a reply that was cut."""
    wired.m2her.say("Short.", finish="length")
    wired.ask()
    await wired.world.wait_for(lambda: wired.shown() and "Continue" in wired.shown()[-1].buttons, 10)
    await wired.quiet()
    opened = wired.menu("Edit reply", list(wired.bound.messages.values())[-1])
    await wired.opens(opened)
    wired.submit(opened, {"What the persona says": text})
    await wired.world.wait_for(lambda: EDITED in text_of(wired), 10)
    await wired.quiet()


async def going_on(wired: Wired, more: str) -> asyncio.Event:
    """Press Continue, and wait until the words that come then are shown."""
    gate = asyncio.Event()
    wired.m2her.say(more, gate, " and that is all.")
    wired.press("Continue")
    await wired.world.wait_for(lambda: more.strip()[-20:] in text_of(wired), 10)
    return gate


LONG = "Forged rules. " + "x" * 1900
TWO = "Forged rules. " + "x " * 900 + "\n\n" + "z" * 600


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("Forged rules.", "y " * 60),
        (LONG, "y" * 60),
        ("Forged rules. " + "x " * 800, "y " * 175),
        (LONG, "y " * 900),
        (TWO, "y " * 60),
    ],
)
async def test_it_stays_while_more_is_written_and_after_a_stop(
    faced: tuple[Wired, Face], text: str, more: str
) -> None:
    wired, _ = faced
    await edited(wired, text)
    await going_on(wired, more)
    assert EDITED in wired.shown()[-1].text
    assert wired.shown()[-1].buttons == ("Stop",)
    wired.press("Stop")
    await wired.world.wait_for(lambda: "Continue" in wired.shown()[-1].buttons, 10)
    await wired.quiet()
    assert text_of(wired).count(EDITED) == 1
    assert EDITED in wired.shown()[-1].text
    assert more.split() == [word for word in text_of(wired).split() if word.strip("y") == ""]


@pytest.mark.parametrize("number", [-1, -2])
async def test_it_is_shown_again_when_a_post_is_deleted(faced: tuple[Wired, Face], number: int) -> None:
    wired, _ = faced
    await edited(wired, TWO)
    await going_on(wired, "y" * 60)
    wired.world.delete(list(wired.bound.messages.values())[number])
    await wired.world.wait_for(lambda: "Continue" in wired.shown()[-1].buttons, 10)
    await wired.quiet()
    assert EDITED in wired.shown()[-1].text
    assert len(wired.shown()) == 1


async def test_it_stays_where_discord_refuses_more(faced: tuple[Wired, Face]) -> None:
    wired, face = faced
    await edited(wired, LONG)
    gate = await going_on(wired, "y" * 60)
    wired.world.faults.answer(*path(face, "edit"), 400, refusal(240_000))
    wired.world.faults.answer(*path(face, "post"), 400, refusal(240_000), times=9)
    gate.set()
    await wired.world.wait_for(lambda: "Continue" in wired.shown()[-1].buttons, 10)
    await wired.quiet()
    assert EDITED in wired.shown()[-1].text


@pytest.mark.parametrize("number", [-1, -2])
@pytest.mark.parametrize("newest", [True, False])
async def test_it_is_shown_again_when_a_post_is_deleted_long_after(
    faced: tuple[Wired, Face], number: int, newest: bool
) -> None:
    wired, _ = faced
    await edited(wired, TWO)
    post = list(wired.bound.messages.values())[number]
    if not newest:
        wired.m2her.say("And on.")
        wired.ask("and then?", "Bob")
        await wired.world.wait_for(lambda: wired.shown()[-1].text == "And on.", 10)
        await wired.quiet()
    wired.world.delete(post)
    await wired.world.wait_for(lambda: EDITED in text_of(wired), 10)
    await wired.quiet()
    left = wired.shown()[0]
    assert left.text.startswith("Forged" if number == -1 else "zzz")
    assert left.text.splitlines()[-2] == EDITED  # above how the reply ended
    assert ("Continue" in left.buttons) == newest
    assert text_of(wired).count(EDITED) == 1
    assert len(wired.shown()) == (1 if newest else 2)


@pytest.mark.parametrize("how", ["one by one", "together"])
async def test_nothing_is_shown_of_a_reply_whose_posts_are_all_deleted(
    faced: tuple[Wired, Face], how: str
) -> None:
    wired, _ = faced
    await edited(wired, TWO)
    posts = list(wired.bound.messages.values())[-2:]
    if how == "together":
        wired.world.bulk_delete(posts)
    else:
        for post in posts:
            wired.world.delete(post)
    await wired.quiet()
    assert wired.shown() == []
    assert [name for name, _ in await wired.remembered()] == ["Alice"]
