"""The message that a thread was made from, for the first message of the thread's story.

Law: Discord is asked once, when the story needs it. Without an answer, all goes on as if there were no such
message.
"""

import asyncio
import logging
from functools import partial
from typing import Final

import aiohttp
import discord

from bot.core.scene import IncomingMessage, Referenced
from bot.discord_ui import inbound
from bot.story.incoming.referring import FetchStarter
from bot.texts.sentences import HOST

log = logging.getLogger(__name__)

UNREADABLE: Final = (AttributeError, LookupError, TypeError, ValueError)
"""What the library raises for an answer that is no message."""

FAILED: Final = (discord.DiscordException, aiohttp.ClientError, OSError, *UNREADABLE)
"""What goes wrong must not cost the person an answer. A timeout is an `OSError`."""

PATIENCE: Final = 2.0
"""Seconds that a message waits for the one its thread was made from."""


def starter_of(message: IncomingMessage, channel: object) -> FetchStarter | None:
    """Return how to fetch the message that a thread was made from; None if the channel is no such thread.

    `message` is one that was written in `channel`.
    """
    # A private thread is made from no message; the first message of a forum's post is the starter itself.
    if not isinstance(channel, discord.Thread) or channel.is_private() or message.id == channel.id:
        return None
    return partial(_fetch, channel, message.lookup.bot_id or 0)


async def _fetch(thread: discord.Thread, bot_id: int) -> Referenced | None:
    """Return the starter of a thread, which has its id; None if there is none, or none can be read."""
    parent = thread.parent
    if parent is None:
        return None
    # The post of a forum holds its starter, a channel has it beside the thread.
    home = thread if isinstance(parent, discord.ForumChannel) else parent
    try:
        async with asyncio.timeout(PATIENCE):
            return inbound.read_referenced(await home.fetch_message(thread.id), bot_id)
    except discord.NotFound:
        return None
    except FAILED as error:
        reason = error if isinstance(error, discord.DiscordException) else type(error).__name__
        log.info(HOST.say("host.no_starter", channel=thread.id, reason=reason))
        return None
