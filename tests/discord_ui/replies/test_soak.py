"""Many replies at once on a Discord that fails now and then: all are answered, and nothing is left behind."""

import asyncio
import random
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.settings import Face, Settings
from tests.standins.discord_wire import Channel
from tests.standins.m2her import M2her
from tests.tavern import RULES
from tests.wired import Wired, wire

CHANNELS, ROUNDS = 6, 5

POSTS, EDITS = "/channels/*/messages", "/channels/*/messages/*"
HOOK_POSTS, HOOK_EDITS = "/webhooks/*/*", "/webhooks/*/*/messages/*"


def trouble(wired: Wired, dice: random.Random) -> None:
    """Let one or two of the next requests go wrong, each in a way that Discord has been seen to."""
    faults = wired.world.faults
    for method, path in (("POST", POSTS), ("PATCH", EDITS), ("POST", HOOK_POSTS), ("PATCH", HOOK_EDITS)):
        match dice.randrange(4):
            case 0:
                faults.answer(method, path, 503)
            case 1:
                faults.reset(method, path, applied=dice.random() < 0.5)
            case _:
                pass


def said(wired: Wired, channel: Channel) -> list[str]:
    """What the persona has said in a channel, under any name."""
    return [shown.text for shown in wired.shown(channel)]


@pytest.mark.parametrize("face", [Face.BOT, Face.WEBHOOK])
async def test_thirty_replies_in_six_channels_while_requests_fail(
    m2her: M2her,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    face: Face,
) -> None:
    dice = random.Random(20261122)
    rules = replace(RULES, defaults=Settings(face=face))
    async with wire(m2her, tmp_path, monkeypatch, rules=rules) as wired:
        await wired.start()
        channels = [wired.world.add_channel(f"room-{number}") for number in range(CHANNELS)]
        for round_ in range(ROUNDS):
            trouble(wired, dice)
            for number, channel in enumerate(channels):
                m2her.say(f"Answer {round_} ", "comes ", "in parts.", tokens_per_second=400)
                wired.ask(f"question {round_}", f"Guest {number}", channel)
            whole = [f"Answer {each} comes in parts." for each in range(round_ + 1)]
            await wired.world.wait_for(lambda: all(said(wired, each) == whole for each in channels), 20)  # noqa: B023 - used at once
        await wired.quiet()
        for channel in channels:
            turns = await wired.remembered(channel)
            assert [text for name, text in turns if name == "Marlow"] == [
                f"Answer {each} comes in parts." for each in range(ROUNDS)
            ]
        assert wired.world.limits.given == 0
        assert not [record for record in caplog.records if record.levelname == "ERROR" or record.exc_info]
        assert not [task for task in asyncio.all_tasks() if task.get_name().startswith(("reply ", "typing"))]
