"""As plain a discord.py as there is, set upon the stand-in that it judges; and somebody without manners."""

import asyncio
import importlib.util
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.standins.discord_wire import WireDiscord

MENTIONS = discord.AllowedMentions.none()


class Bot(discord.Client):
    """As plain a client as there is; it keeps what it hears."""

    def __init__(self, intents: discord.Intents | None = None) -> None:
        super().__init__(
            intents=intents or discord.Intents(guilds=True, guild_messages=True, message_content=True),
            guild_ready_timeout=0.05,
            max_messages=None,
            allowed_mentions=MENTIONS,
        )
        self.tree = app_commands.CommandTree(self)
        self.heard: asyncio.Queue[discord.Message] = asyncio.Queue()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait the five seconds between two IDENTIFYs."""

    async def on_message(self, message: discord.Message) -> None:
        if self.user is not None and message.author.id != self.user.id:
            self.heard.put_nowait(message)

    async def next_message(self) -> discord.Message:
        return await asyncio.wait_for(self.heard.get(), 5)


def point_at(world: WireDiscord, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", world.api_base)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(world.gateway))
    monkeypatch.setattr("discord.client.DiscordWebSocket", DiscordWebSocket)  # the bot has one of its own


def zlib_context(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the library itself uses where zstandard is not installed."""
    monkeypatch.setitem(sys.modules, "zstandard", None)
    spec = importlib.util.spec_from_file_location("discord.utils_without_zstandard", discord.utils.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._ActiveDecompressionContext


@asynccontextmanager
async def running(world: WireDiscord, bot: Bot | None = None) -> AsyncIterator[Bot]:
    bot = bot or Bot()
    async with bot:
        await bot.login(world.token)
        life = asyncio.create_task(bot.connect())
        await asyncio.wait_for(bot.wait_until_ready(), 5)
        yield bot
        await bot.close()
        await life


@asynccontextmanager
async def raw(world: WireDiscord) -> AsyncIterator[Callable[..., Awaitable[tuple[int, Any]]]]:
    """Somebody else with the bot's token and no manners."""
    async with aiohttp.ClientSession(headers={"Authorization": f"Bot {world.token}"}) as session:

        async def ask(method: str, path: str, **kwargs: Any) -> tuple[int, Any]:
            async with session.request(method, world.api_base + path, **kwargs) as answer:
                return answer.status, await answer.json() if answer.status != 204 else None

        yield ask


def partial(bot: Bot, channel_id: int) -> discord.PartialMessageable:
    return bot.get_partial_messageable(channel_id)
