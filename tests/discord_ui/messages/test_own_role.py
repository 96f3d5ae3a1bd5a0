"""The role that Discord makes for the bot: people are offered it under the bot's name, and mean the bot."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.routing import Respond
from bot.story.places.rules import ChannelRule
from tests.standins.m2her import M2her
from tests.wired import Wired, wire

UNREADABLE = "The bot can't read this message. Mention the bot itself (not its role), or turn on the mention (@) of your reply."


@pytest.fixture
async def wired(m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Wired]:
    async with wire(m2her, tmp_path, monkeypatch) as wired:
        await wired.start()
        yield wired


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("{role} have you a room?", "have you a room?"),
        ("Have you a room, {role}", "Have you a room"),
        ("Does {role} have a room?", "Does Marlow have a room?"),
        ("{bot} {role} a room?", "a room?"),
        ("{role}", "[turns to Marlow and waits]"),
    ],
)
@pytest.mark.parametrize("bound", [True, False])
async def test_a_ping_of_its_role_is_a_mention(
    wired: Wired, m2her: M2her, text: str, heard: str, bound: bool
) -> None:
    wired.channels[wired.bound.id] = ChannelRule(("marlow",), Respond.MENTION)
    place = wired.bound if bound else wired.elsewhere
    m2her.say("Number four.")
    role = wired.world.guild.bot_role.mention
    wired.say("Alice", text.format(role=role, bot=wired.mention), place)
    await wired.world.wait_for(lambda: "Number four." in wired.posts(place))
    assert wired.heard == [("Alice", heard)]


async def test_other_roles_and_everyone_are_no_mention(wired: Wired, m2her: M2her) -> None:
    knights = wired.world.add_role("Dramatis")  # has its name, and is not made for it
    another = wired.world.add_role("Another bot's")
    another.bot = wired.world.add_member("Helper", bot=True)
    for text in (knights.mention, another.mention, "@everyone", "@here"):
        wired.say("Alice", f"{text} have you a room?", wired.elsewhere)
    await wired.quiet()
    assert (m2her.requests, wired.posts(wired.elsewhere)) == ([], [])


async def test_each_server_has_a_role_of_its_own(wired: Wired, m2her: M2her) -> None:
    other = wired.world.add_channel("inn", wired.world.add_guild("Another"))
    wired.say("Alice", f"{wired.world.guild.bot_role.mention} a room?", other)
    await wired.quiet()
    assert m2her.requests == []
    m2her.say("Number five.")
    wired.say("Alice", f"{other.guild.bot_role.mention} a room?", other)
    await wired.world.wait_for(lambda: "Number five." in wired.posts(other))


async def test_where_discord_withholds_the_words_the_bot_says_so(
    m2her: M2her, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with wire(m2her, tmp_path, monkeypatch, message_content=False) as deaf:
        await deaf.start()
        deaf.say("Alice", f"{deaf.world.guild.bot_role.mention} a room?")
        await deaf.shows(UNREADABLE)
        await deaf.quiet()
        assert (m2her.requests, await deaf.remembered()) == ([], [])


async def test_in_a_command_the_role_is_the_persona_too(wired: Wired, m2her: M2her) -> None:
    m2her.say("Number four.")
    role = wired.world.guild.bot_role.mention
    wired.world.interactions.command(
        wired.person("Alice"), wired.bound, "talk", text=f"{role} have you a room, and where is {role}'s dog?"
    )
    await m2her.received(1)
    assert wired.heard == [("Alice", "have you a room, and where is Marlow's dog?")]
