"""The moderation log where Discord fails: lines wait, are posted once and in their order, and losses are told."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.composition.story import now
from bot.core.moderation import Act, Entry
from bot.core.scene import Place
from bot.discord_ui.replies.moderation_log import PAUSE
from bot.storage.settings import SettingsStore
from tests.standins.discord_wire import Channel
from tests.standins.m2her import M2her
from tests.wired import Pauses, Wired, until, wire


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


class Halted(Pauses):
    """The log's own pause lasts until the test ends it."""

    async def sleep(self, seconds: float) -> None:
        if seconds == PAUSE:
            self.over.clear()
        await super().sleep(seconds)


async def logged(wired: Wired) -> Channel:
    """Open a channel for the log and choose it."""
    hall = wired.world.add_channel("mods")
    settings = SettingsStore(wired.database)
    await settings.put("server", wired.world.guild.id, "log", str(hall.id), by_user=1, at=now())
    return hall


def note(wired: Wired, act: Act, user_id: int) -> None:
    place = Place(wired.bound.id, guild_id=wired.world.guild.id)
    wired.clients[-1].services.moderation.note(Entry(act, place, user_id))


async def test_lines_wait_while_discord_fails_and_come_once(wired: Wired) -> None:
    hall = await logged(wired)
    await wired.start()
    path = f"/channels/{hall.id}/messages"
    lost = wired.world.faults.reset("POST", path, applied=True, times=8)  # posted, but nobody is told
    wired.pauses.over.clear()
    note(wired, Act.UNDONE, 1)
    await until(lambda: _is(lost.caught == 1))
    note(wired, Act.REDONE, 2)
    wired.pauses.over.set()
    here = f"<#{wired.bound.id}>"
    await wired.shows(
        f"<@1> undid the last exchange in {here}",
        f"<@2> put an undone exchange back in {here}",
        channel=hall,
    )


async def test_lines_that_could_not_be_posted_come_by_the_next_client(wired: Wired) -> None:
    hall, wired.pauses = await logged(wired), Halted()
    await wired.start()
    wired.world.faults.answer("POST", f"/channels/{hall.id}/messages", 503, times=8)
    note(wired, Act.UNDONE, 1)
    await until(lambda: _is(PAUSE in wired.pauses.taken))
    await wired.clients[-1].close()
    wired.pauses.over.set()
    await wired.shows(f"<@1> undid the last exchange in <#{wired.bound.id}>", channel=hall)
    assert len(wired.clients) == 2


async def test_lines_that_a_stop_takes_are_counted_in_the_hosts_log(
    wired: Wired, caplog: pytest.LogCaptureFixture
) -> None:
    hall, wired.pauses = await logged(wired), Halted()
    await wired.start()
    wired.world.faults.answer("POST", f"/channels/{hall.id}/messages", 503, times=8)
    note(wired, Act.UNDONE, 1)
    note(wired, Act.REDONE, 2)
    await until(lambda: _is(PAUSE in wired.pauses.taken))
    with caplog.at_level(logging.WARNING):
        await wired.end()
    told = [record.message for record in caplog.records if "line(s)" in record.message]
    assert told == [f"2 line(s) for the moderation log of the server {wired.world.guild.id} are lost"]


async def _is(true: bool) -> bool:
    return true
