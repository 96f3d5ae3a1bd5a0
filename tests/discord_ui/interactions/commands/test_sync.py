"""What Discord is told of the commands, and when: only if they have changed since it was told."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.standins.discord_wire import Interaction
from tests.standins.discord_wire.components import TEXT, walk
from tests.standins.m2her import M2her
from tests.wired import Wired, until, wire

COMMANDS = "/applications/*/commands"


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    """A server; the bot is not started yet."""
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        yield wired


def told(wired: Wired) -> int:
    """How often Discord was told of the commands."""
    return sum(
        request.method == "PUT" and request.path.endswith("/commands") for request in wired.world.requests
    )


async def settled(wired: Wired) -> None:
    """Wait until the bot is done with telling Discord."""

    async def done() -> bool:
        return not any(task.get_name() == "commands" for task in asyncio.all_tasks())

    await until(done)


async def start(wired: Wired) -> None:
    await wired.start()
    await settled(wired)


async def restart(wired: Wired) -> None:
    await wired.end()
    await start(wired)


async def answers(wired: Wired) -> bool:
    """Whether the bot answers people."""
    wired.m2her.say("Yes?")
    wired.ask()
    await wired.world.wait_for(lambda: wired.posts()[-1:] == ["Yes?"])
    return True


async def helps(wired: Wired) -> Interaction:
    """Use a command; the bot must answer it."""
    alice = wired.world.add_member("Alice")
    used = wired.world.interactions.command(alice, wired.bound, "help")
    await wired.world.wait_for(lambda: used.message is not None)
    return used


def read(used: Interaction) -> str:
    """The texts of a panel."""
    assert used.message is not None
    return "\n".join(part["content"] for part in walk(used.message.components) if part["type"] == TEXT)


async def set_digest(wired: Wired, digest: str) -> None:
    async with wired.database.transaction() as tx:
        await tx.run("UPDATE setting SET value = ? WHERE key = 'commands'", (digest,))


# --- when -------------------------------------------------------------------------------------------


async def test_discord_is_told_at_the_first_start_and_not_again(wired: Wired) -> None:
    await start(wired)
    assert told(wired) == 1
    used = await helps(wired)
    ids = {each["name"]: each["id"] for each in wired.world.interactions.commands[None]}
    text = read(used)
    assert text.startswith("## Talk to Marlow")
    assert f"</talk:{ids['talk']}>" in text
    assert f"</scene new:{ids['scene']}>" in text
    await restart(wired)
    await restart(wired)
    assert told(wired) == 1
    assert read(await helps(wired)) == text
    assert await answers(wired)


@pytest.mark.parametrize(
    "stored", ["9f86d081884c7d65", '{"digest": 1}', "[]", "null", '{"digest": "x", "ids": 5}']
)
async def test_what_an_older_version_knew_of_the_commands_is_told_anew(wired: Wired, stored: str) -> None:
    await start(wired)
    await set_digest(wired, stored)
    await restart(wired)
    assert told(wired) == 2


async def test_discord_is_told_again_when_the_commands_have_changed(wired: Wired) -> None:
    await start(wired)
    await set_digest(wired, "that of an older version")
    await restart(wired)
    await wired.world.wait_for(lambda: told(wired) == 2)
    await restart(wired)
    assert told(wired) == 2


async def test_another_application_on_the_same_database_is_told_of_its_own(wired: Wired) -> None:
    await start(wired)
    async with wired.database.transaction() as tx:
        await tx.run("UPDATE setting SET scope_id = 1 WHERE key = 'commands'")
    await restart(wired)
    assert told(wired) == 2


@pytest.mark.parametrize("status", [400, 403, 404, 503])
async def test_a_refusal_is_logged_and_tried_again_at_the_next_start_and_the_bot_works(
    wired: Wired, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    fault = wired.world.faults.answer("PUT", COMMANDS, status, {"code": 30034, "message": "Not today"})
    await start(wired)
    assert fault.caught == 1
    (line,) = [
        record.getMessage()
        for record in caplog.records
        if "didn't accept the commands" in record.getMessage()
    ]
    assert line == "Discord didn't accept the commands (Not today); the bot tries again at the next start"
    assert await answers(wired)
    await restart(wired)
    assert told(wired) == 2
    assert "</talk:" in read(await helps(wired))


async def test_a_broken_connection_is_no_reason_to_stay_away(
    wired: Wired, caplog: pytest.LogCaptureFixture
) -> None:
    wired.world.faults.reset("PUT", COMMANDS, times=10)
    await start(wired)
    assert any("didn't accept the commands" in record.getMessage() for record in caplog.records)
    assert len(wired.clients) == 1
    assert await answers(wired)


async def test_a_discord_that_takes_its_time_with_the_commands_keeps_nobody_waiting(wired: Wired) -> None:
    hold = wired.world.faults.hang("PUT", COMMANDS)
    await wired.start()
    assert await answers(wired)
    hold.release()
    await settled(wired)
    assert told(wired) == 1
    assert (await helps(wired)).message is not None


async def test_the_bot_stops_in_time_while_discord_takes_its_time_with_the_commands(wired: Wired) -> None:
    wired.world.faults.hang("PUT", COMMANDS)
    await wired.start()
    await wired.end()
    await restart(wired)
    assert told(wired) == 2


# --- what -------------------------------------------------------------------------------------------

GUILD, GUILD_INSTALL = 0, 0
MANAGE_CHANNELS, MANAGE_GUILD, MANAGE_MESSAGES = 1 << 4, 1 << 5, 1 << 13

MESSAGE = 3
"""Discord's number for an entry in the menu of a message."""

MENUS = {"Regenerate from here", "Edit reply", "Remove from story", "Remember this", "Branch from here"}

TREE: Mapping[str, int | None] = {
    "talk": None,
    "roll": None,
    "undo": None,
    "scene new": None,
    "scene list": None,
    "scene export": None,
    "scene resume": None,
    "scene info": None,
    "memory": None,
    "persona use": MANAGE_CHANNELS,
    "persona clear": MANAGE_CHANNELS,
    "persona add": MANAGE_CHANNELS,
    "persona remove": MANAGE_CHANNELS,
    "persona list": MANAGE_CHANNELS,
    "persona show": MANAGE_CHANNELS,
    "persona new": MANAGE_CHANNELS,
    "persona upload": MANAGE_CHANNELS,
    "lore list": MANAGE_GUILD,
    "lore upload": MANAGE_GUILD,
    "lore test": MANAGE_GUILD,
    "dramatis settings": MANAGE_MESSAGES,
    "dramatis inspect": MANAGE_MESSAGES,
    "dramatis pause": MANAGE_MESSAGES,
    "dramatis block": MANAGE_MESSAGES,
    "usage": None,
    "help": None,
    "myself": None,
    "privacy": None,
    **dict.fromkeys(MENUS),
}
"""Every command, and the permission without which Discord does not show it."""


@pytest.fixture
async def commands(wired: Wired) -> list[dict[str, Any]]:
    """The commands as Discord has been told of them."""
    await start(wired)
    found: list[dict[str, Any]] = wired.world.interactions.commands[None]
    return found


def leaves(command: dict[str, Any], path: str = "") -> Iterator[str]:
    name = f"{path} {command['name']}".strip()
    below = [option for option in command.get("options", []) if option["type"] in {1, 2}]
    for option in below:
        yield from leaves(option, name)
    if not below:
        yield name


def nodes(command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield command
    for option in command.get("options", []):
        yield from nodes(option)


async def test_these_are_the_commands_and_who_is_shown_them(commands: list[dict[str, Any]]) -> None:
    found = {
        leaf: int(command["default_member_permissions"]) if command["default_member_permissions"] else None
        for command in commands
        for leaf in leaves(command)
    }
    assert found == TREE
    assert {command["name"] for command in commands if command["type"] == MESSAGE} == MENUS


async def test_they_are_for_servers_only_and_no_one_elses_to_install(commands: list[dict[str, Any]]) -> None:
    for command in commands:
        assert (command["contexts"], command["integration_types"]) == ([GUILD], [GUILD_INSTALL])


async def test_they_keep_to_discords_limits(commands: list[dict[str, Any]]) -> None:
    assert len(commands) <= 100
    menus = [command for command in commands if command["type"] == MESSAGE]
    assert len(menus) <= 5  # as many as the library takes
    assert all(1 <= len(menu["name"]) <= 32 for menu in menus)
    for command in commands:
        if command in menus:
            continue
        size = 0
        for node in nodes(command):
            assert 1 <= len(node["name"]) <= 32
            assert node["name"] == node["name"].lower()
            assert 1 <= len(node["description"]) <= 100
            assert len(node.get("options", [])) <= 25
            assert len(node.get("choices", [])) <= 25
            assert all(1 <= len(choice["name"]) <= 100 for choice in node.get("choices", []))
            assert not (node.get("autocomplete") and node.get("choices"))
            needed = [bool(option.get("required")) for option in node.get("options", [])]
            assert needed == sorted(needed, reverse=True)  # what must be given comes first
            size += len(node["name"]) + len(node["description"])
            size += sum(len(choice["name"]) + len(str(choice["value"])) for choice in node.get("choices", []))
        assert size <= 8000


async def test_once_somebody_used_a_command_that_is_not_ours_the_next_start_tells_of_ours_again(
    wired: Wired,
) -> None:
    await start(wired)
    wired.world.interactions.commands[None].append({"id": "1", "type": 1, "name": "vanished"})
    used = wired.world.interactions.command(wired.world.add_member("Alice"), wired.bound, "vanished")
    await wired.world.wait_for(lambda: used.message is not None)
    assert "`/talk` says" in read(await helps(wired))  # its id may be another's by now
    await restart(wired)
    assert told(wired) == 2
    await restart(wired)
    assert told(wired) == 2
