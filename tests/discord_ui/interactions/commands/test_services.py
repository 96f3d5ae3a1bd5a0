"""Everybody who uses a command or a control is told something, whatever happens."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

import bot.storage.sqlite
from bot.storage.schema import BUSY_SECONDS
from tests.discord_ui.interactions.commands.panels import open_panel, said
from tests.standins.m2her import M2her
from tests.tavern import Tavern, open_tavern
from tests.wired import wire

NOT_KEPT = "The bot couldn't save this. The bot's owner can find the reason in the log. Try again later."
NOT_TAKEN = "Discord didn't accept that. Check that the bot can post here, then try again."
UNKNOWN = "This command is out of date. Reload Discord and try again."


@contextmanager
def locked(tavern: Tavern) -> Iterator[None]:
    """Another process writes into the database and does not come to an end."""
    with closing(sqlite3.connect(tavern.personas.parent / "story.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# --- the database -----------------------------------------------------------------------------------


def test_a_database_that_is_busy_is_given_up_while_discord_still_waits_for_an_answer() -> None:
    assert BUSY_SECONDS <= 2.5  # Discord's are three, and the answer takes its time too


@pytest.fixture
async def busy(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server whose bot waits next to no time for the database."""
    monkeypatch.setattr(bot.storage.sqlite, "BUSY_SECONDS", 0.05)
    async with open_tavern(m2her, tmp_path) as tavern:
        tavern.staff("Ada", manage_guild=True, manage_channels=True, manage_messages=True)
        await tavern.say("Ada", f"{tavern.mention} evening!", tavern.elsewhere)
        yield tavern


@pytest.mark.parametrize(
    ("command", "options"),
    [
        ("persona use", {"persona": "isolde"}),
        ("persona use", {"persona": "isolde", "where": "server"}),
        ("persona clear", {}),
        ("dramatis pause", {}),
        ("scene new", {"title": "Anew"}),
    ],
)
async def test_what_cannot_be_kept_is_said_to_be_not_kept_and_is_not_done(
    busy: Tavern, command: str, options: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    ada = busy.people["Ada"]
    before = (await open_panel(ada, busy.elsewhere)).text
    with locked(busy):
        used = await ada.slash(busy.elsewhere, command, **options)
        assert (used.ephemeral, used.response.content) == (True, NOT_KEPT)
        assert used.followups == []
    assert (await open_panel(ada, busy.elsewhere)).text == before
    assert [record.levelname for record in caplog.records if record.levelno >= 40] == ["ERROR"]
    await ada.slash(busy.elsewhere, command, **options)  # and then it is


async def test_a_choice_in_the_panel_that_cannot_be_kept_leaves_the_panel_as_it_was(busy: Tavern) -> None:
    panel = await open_panel(busy.people["Ada"], busy.elsewhere)
    before = panel.text
    with locked(busy):
        for key, value in (("language", "Deutsch"), ("persona", "isolde")):
            used = await panel.choose(key, value)
            assert (used.ephemeral, used.response.content) == (True, NOT_KEPT)
    assert panel.text == before
    await panel.choose("language", "Deutsch")
    assert panel.setting("language") == "Deutsch (set for this channel)"


@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("help", "## Talk to Marlow"),
        ("persona list", "## Personas: 2"),
        ("dramatis settings", "## Settings for <#"),
        ("scene info", "## Scene #1"),
        ("scene list", "▶ **#1 untitled**"),
    ],
)
async def test_what_only_reads_is_answered_while_the_database_is_busy(
    busy: Tavern, command: str, first: str
) -> None:
    with locked(busy):
        used = await busy.people["Ada"].slash(busy.elsewhere, command)
        assert said(used)[0].startswith(first)


# --- Discord ----------------------------------------------------------------------------------------


async def test_an_answer_that_discord_refuses_is_replaced_by_a_plain_line(tavern: Tavern) -> None:
    tavern.env.inject_error(
        "POST", "/interactions/*/callback", status=400, code=50035, message="Invalid", times=1
    )
    used = await tavern.people["Alice"].slash(tavern.bound, "help")
    assert (used.ephemeral, used.response.content) == (True, NOT_TAKEN)


async def test_an_answer_that_comes_too_late_for_discord_is_no_error(
    tavern: Tavern, caplog: pytest.LogCaptureFixture
) -> None:
    tavern.env.inject_error(
        "POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction", times=None
    )
    caplog.set_level("INFO")
    await tavern.people["Alice"].slash(tavern.bound, "help")
    kay = tavern.staff("Kay", manage_channels=True)
    await kay.slash(tavern.elsewhere, "persona use", persona="isolde")
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("bot")]
    assert lines.count("the answer to /help came too late for Discord") == 1
    assert not any(record.levelno >= 40 for record in caplog.records)


# --- what this version does not have ----------------------------------------------------------------


@pytest.mark.parametrize("path", ["vanished", "persona vanished", "persona use"])
async def test_a_command_of_another_version_says_so(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        await wired.world.wait_for(lambda: wired.world.interactions.commands)
        wired.world.interactions.commands[None].append({"id": "1", "type": 1, "name": "vanished"})
        alice = wired.world.add_member("Alice")
        used = wired.world.interactions.command(alice, wired.bound, path)
        await wired.world.wait_for(lambda: used.message is not None)
        assert used.message is not None
        assert (used.message.content, bool(used.message.flags & 64)) == (UNKNOWN, True)
        wired.ask()
        await wired.world.wait_for(lambda: len(wired.posts()) == 1)
